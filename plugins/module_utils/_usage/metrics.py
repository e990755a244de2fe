# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What is measured of a project's resources, and what it comes to (design/reading-a-cloud.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from .._core.errors import CloudError, NotFound
from .._core.periods import iso
from .._openstack import metric
from .._openstack.connection import Cloud, Readings, Service, raise_errors, read_all
from .._openstack.metric import ArchivePolicy, MeasuredResource, Metric, Series
from . import series as of_series
from .measures import Found, Measured, MetricOptions, planned, read_measures
from .series import Summary, summarized

#: Up to so many names or ids are looked for one by one, each in one list; beyond, in the list of all metrics.
MOST_LISTS = 4

Row = dict[str, Any]


def read_metrics(cloud: Cloud, options: MetricOptions, now: datetime) -> Row:
    """The result of infomaniak_metric_info: resources, metrics and archive policies; measures of them where
    there is a window.

    Requests without the login: one list of resources and one of metrics, or one for each of up to 4 names, of
    1000 a page; measures one for each granularity and 250000 of them. Raises InvalidOption for a granularity,
    aggregation or resampling that a metric's archive policy does not have, and CloudError for what was not
    read or is not there, unless on_error is warn.
    """
    listed = read_all(cloud, _lists(options), required=("metric",))
    if options.on_error == "fail":
        raise_errors(listed.errors)
    found = _found(cloud, listed, options)
    missing = _not_found(found, options)
    if found is not None and any(missing.values()) and options.on_error == "fail":
        raise _nothing_of(cloud.service("metric"), missing)
    readings, measured = listed, None
    if found is not None and options.window is not None:
        plan = planned(found, options, options.window, now)
        read = partial(read_measures, found=found, plan=plan, options=options, now=now)
        readings = read_all(cloud, {"measures": ("metric", read)})
        if options.on_error == "fail":
            raise_errors(readings.errors)
        measured = readings.values["measures"]
    return {
        "services": {name: status.to_result() for name, status in readings.services.items()},
        "complete": readings.complete and not any(missing.values()),
        "not_found": missing,
        "period_start": None if options.window is None else iso(options.window.begin),
        "period_end": None if options.window is None else iso(options.window.end),
        "aggregation": options.aggregation,
        "resample_s": options.resample_s,
        **_result(found, measured, options),
    }


def _lists(options: MetricOptions) -> dict[str, tuple[str, Any]]:
    """The readings of what there is, which run side by side."""
    # What is named counts whenever it lived; other resources only where they lived in the window.
    alive = None if options.resources else options.window
    named = (options.resource_type, options.resources, options.children, alive)
    readings: dict[str, tuple[str, Any]] = {
        "resources": ("metric", lambda gnocchi: metric.resources(gnocchi, *named))
    }
    wanted = [{"id" if _is_id(one) else "name": one} for one in options.metrics]
    if not 0 < len(wanted) <= MOST_LISTS:
        wanted = [{}]
    for number, one in enumerate(wanted):
        readings[f"metrics {number}"] = ("metric", partial(metric.metrics, wanted=one))
    return readings


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _found(cloud: Cloud, listed: Readings, options: MetricOptions) -> Found | None:
    """What exists and was asked for; None where a list of it is missing."""
    lists = dict(listed.values)
    if any(one is None for one in lists.values()):
        return None
    resources = {one.id: one for one in lists.pop("resources")}
    everything = not options.resources and options.resource_type == metric.GENERIC
    chosen = {}
    for one in (one for some in lists.values() for one in some):
        # A login that may see other projects' metrics gets them too.
        of_none = one.resource_id is None and one.created_by_project_id == cloud.identity.project_id
        ours = one.resource_id in resources or (everything and of_none)
        if ours and (not options.metrics or one.name in options.metrics or one.id in options.metrics):
            chosen[one.id] = one
    return Found(
        resources, sorted(chosen.values(), key=lambda one: (one.resource_id or "", one.name, one.id))
    )


def _not_found(found: Found | None, options: MetricOptions) -> dict[str, list[str]]:
    """What the user named and nothing is, which is another thing than having no measures."""
    if found is None:
        return {"resources": [], "metrics": []}
    known = {one.name for one in found.metrics} | {one.id for one in found.metrics}
    return {
        "resources": [
            one
            for one in options.resources
            if not any(
                metric.is_named(resource, (one,), options.children) for resource in found.resources.values()
            )
        ],
        "metrics": [one for one in options.metrics if one not in known],
    }


def _nothing_of(gnocchi: Service, missing: Mapping[str, list[str]]) -> CloudError:
    said = [f"no {kind[:-1]} {', '.join(names)}" for kind, names in missing.items() if names]
    return NotFound("metrics", gnocchi.url, f"this project has {' and '.join(said)}", 404)


def _result(
    found: Found | None, measured: tuple[list[Measured], dict[str, Series]] | None, options: MetricOptions
) -> Row:
    """The lists of the result, null where they were not read; measures and summaries null where they were not
    asked for either.
    """
    if found is None:
        return dict.fromkeys(("resources", "metrics", "archive_policies", "reaggregated"))
    series, used = measured or ([], {})
    by_metric = {one.metric.id: one for one in series}
    policies = {one.policy.name: one.policy for one in found.metrics}
    return {
        "resources": [
            _resource(one, used.get(one.id)) for one in sorted(found.resources.values(), key=_order)
        ],
        "metrics": [_metric(one, by_metric.get(one.id), options) for one in found.metrics],
        "archive_policies": [_policy(policies[name]) for name in sorted(policies)],
        "reaggregated": _reaggregated(series, options.reaggregation, options)
        if measured and options.reaggregation
        else None,
    }


def _order(one: MeasuredResource) -> tuple[str, str]:
    return one.original_id, one.id


def _resource(one: MeasuredResource, used: Series | None) -> Row:
    return {
        "id": one.id,
        "original_resource_id": one.original_id,
        "type": one.type,
        "name": one.attributes.get("display_name") or one.attributes.get("name"),
        "started_at": None if one.started_at is None else iso(one.started_at),
        "ended_at": None if one.ended_at is None else iso(one.ended_at),
        "attributes": dict(one.attributes),
        "metrics": dict(one.metrics),
        "cpu_utilization": None if used is None else _summary(summarized(used)),
    }


def _metric(one: Metric, measured: Measured | None, options: MetricOptions) -> Row:
    series = None if measured is None else _resampled(measured, options)
    return {
        "id": one.id,
        "name": one.name,
        "unit": one.unit,
        "resource_id": one.resource_id,
        "archive_policy": one.policy.name,
        "granularity_s": None if measured is None else measured.granularity_s,
        "measures": _rows(series) if series is not None and options.with_measures else None,
        "missing": None if measured is None else len(measured.gaps),
        "summary": _summary(summarized(series)) if series is not None and options.with_summary else None,
    }


def _resampled(measured: Measured, options: MetricOptions) -> Series:
    if options.resample_s is None:
        return measured.series
    return of_series.resampled(measured.series, options.aggregation, options.resample_s)


def _resampled_gaps(measured: Measured, options: MetricOptions) -> set[datetime]:
    """The granules that lack a measure, or, of coarser ones, any of their parts."""
    if options.resample_s is None:
        return measured.gaps
    return {of_series.granule_of(one, options.resample_s) for one in measured.gaps}


def _rows(series: Series) -> list[Row]:
    moments = zip(series.moments, series.values, strict=True)
    return [{"timestamp": iso(moment), "value": value} for moment, value in moments]


def _summary(summary: Summary | None) -> Row | None:
    return None if summary is None else {**asdict(summary), "last_at": iso(summary.last_at)}


def _policy(one: ArchivePolicy) -> Row:
    return {
        "name": one.name,
        "aggregation_methods": sorted(one.aggregation_methods),
        "back_window": one.back_window,
        "definition": [asdict(kept) for kept in one.definition],
    }


def _reaggregated(measured: Iterable[Measured], method: str, options: MetricOptions) -> list[Row]:
    """One series for all metrics of a name, instead of each one's."""
    by_name: dict[str, list[Measured]] = {}
    for one in measured:
        by_name.setdefault(one.metric.name, []).append(one)
    return [
        {
            "name": name,
            "unit": some[0].metric.unit,
            "granularity_s": some[0].granularity_s,
            "measures": [
                {"timestamp": iso(row.moment), "value": row.value, "count": row.count, "missing": row.missing}
                for row in of_series.aggregated(
                    [(_resampled(one, options), _resampled_gaps(one, options)) for one in some], method
                )
            ],
        }
        for name, some in sorted(by_name.items())
    ]
