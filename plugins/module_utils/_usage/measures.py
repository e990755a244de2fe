# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Measures of many metrics: at which granularity to ask for them, in how few requests, and what is missing
(design/reading-a-cloud.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from .._core.errors import InvalidOption
from .._core.periods import Window, ceil_to
from .._core.spans import from_to
from .._openstack import metric
from .._openstack.connection import Service
from .._openstack.metric import ArchivePolicy, MeasuredResource, Metric, Reference, Series
from . import series as of_series

#: So many measures of a metric are enough to choose a granularity by; a day of five minutes has 288.
ENOUGH_MEASURES = 1000
#: So many are asked for at once, which is about 12 MB of JSON and 100 MB while it is read.
MEASURES_PER_REQUEST = 250_000
#: The metrics of the use of CPUs: nanoseconds of work, and how many there are; of both the mean, and of
#: how many samples that is.
CPU, VCPUS, MEAN, COUNT = "cpu", "vcpus", "mean", "count"


@dataclass(frozen=True)
class MetricOptions:
    """resources and metrics: ids and names, empty for all. children: also what an id begins. window: of
    measures, None for none.

    granularity_s None: the archive policy decides. resample_s, reaggregation: None for none. on_error: fail
    or warn.
    """

    resources: tuple[str, ...]
    children: bool
    resource_type: str
    metrics: tuple[str, ...]
    window: Window | None
    granularity_s: int | None
    aggregation: str
    resample_s: int | None
    reaggregation: str | None
    with_measures: bool
    with_summary: bool
    on_error: str


@dataclass(frozen=True)
class Found:
    """What exists: the resources by their id, and the metrics that were chosen."""

    resources: Mapping[str, MeasuredResource]
    metrics: Sequence[Metric]


@dataclass(frozen=True)
class Measured:
    """The measures of a metric: with their granularity and the part of the window that was asked for, and
    with their gaps.
    """

    metric: Metric
    granularity_s: int
    window: Window
    series: Series
    gaps: set[datetime]


def planned(found: Found, options: MetricOptions, window: Window, now: datetime) -> dict[int, list[Metric]]:
    """The metrics by the granularity at which their measures are asked for. Raises InvalidOption."""
    plan: dict[int, list[Metric]] = {}
    for one in found.metrics:
        _refuse_what_is_not_kept(one, options)
        plan.setdefault(_granularity_s(one.policy, options, window, now), []).append(one)
    if options.reaggregation is not None:
        _refuse_mixtures(plan)
    return plan


def _refuse_what_is_not_kept(one: Metric, options: MetricOptions) -> None:
    policy, asked = one.policy, options.granularity_s
    about = f"metric {one.name} ({one.id}) is stored by archive policy {policy.name}"
    if options.aggregation not in policy.aggregation_methods:
        methods = ", ".join(sorted(policy.aggregation_methods))
        raise InvalidOption("aggregation", f"{about}, which has {methods}, not {options.aggregation}.")
    kept = [one.granularity_s for one in policy.definition]
    choices = " or ".join(f"{seconds}" for seconds in kept)
    if asked is not None and asked not in kept:
        raise InvalidOption("granularity", f"{about}, which keeps {choices} seconds, not {asked}.")
    wanted, read = options.resample_s, kept if asked is None else [asked]
    if wanted is not None and not any(wanted % seconds == 0 for seconds in read):
        choices = " or ".join(f"{seconds}" for seconds in read)
        raise InvalidOption(
            "resample", f"{wanted} seconds are not a multiple of the granularity, {choices} for {about}."
        )


def _refuse_mixtures(plan: Mapping[int, list[Metric]]) -> None:
    """Raise InvalidOption where metrics of one name would be aggregated at two granularities."""
    seen: dict[str, int] = {}
    for seconds, some in plan.items():
        for one in some:
            if seen.setdefault(one.name, seconds) != seconds:
                problem = (
                    f"metrics named {one.name} are kept at different ones ({seen[one.name]} and {seconds});"
                    " name one."
                )
                raise InvalidOption("granularity", problem)


def _granularity_s(policy: ArchivePolicy, options: MetricOptions, window: Window, now: datetime) -> int:
    """What was asked for; else the finest granularity that is kept for as long as the window goes back, and
    has not too many measures.
    """
    if options.granularity_s is not None:
        return options.granularity_s
    fitting = [
        one
        for one in policy.definition
        if options.resample_s is None or options.resample_s % one.granularity_s == 0
    ]
    back_s, length_s = (now - window.begin).total_seconds(), window.length.total_seconds()
    kept = [one for one in fitting if one.timespan_s >= back_s] or [
        max(fitting, key=lambda one: one.timespan_s)
    ]
    few = [one.granularity_s for one in kept if length_s <= ENOUGH_MEASURES * one.granularity_s]
    return min(few) if few else max(one.granularity_s for one in kept)


def read_measures(
    gnocchi: Service, found: Found, plan: Mapping[int, list[Metric]], options: MetricOptions, now: datetime
) -> tuple[list[Measured], dict[str, Series]]:
    """The measures of all metrics in the order of the plan, and the use of CPUs by resource.

    One request for each granularity and 250000 measures.
    """
    measured, used = [], {}
    for granularity_s, some in plan.items():
        window = _on_edges(options.window, granularity_s)
        counted = _counted(some) if options.with_summary else {}
        wanted = [(one.id, options.aggregation) for one in some]
        wanted += [one for references in counted.values() for one in references if one is not None]
        references = list(dict.fromkeys(wanted))
        series_of = _in_parts(gnocchi, references, window, granularity_s)
        for one in some:
            series = series_of[one.id, options.aggregation]
            of_resource = None if one.resource_id is None else found.resources[one.resource_id]
            without = of_series.gaps(series, window, granularity_s, of_resource, now)
            measured.append(Measured(one, granularity_s, window, series, without))
        for resource_id, (cpu, samples, vcpus) in counted.items():
            sampled = None if samples is None else series_of[samples]
            used[resource_id] = of_series.cpu_utilization(
                series_of[cpu], sampled, series_of[vcpus], granularity_s, now
            )
    return measured, used


def _on_edges(window: Window | None, granularity_s: int) -> Window:
    """The granules that begin in the window: adjacent windows share none
    (design/reading-a-cloud.md#windows-sent-to-the-cloud).
    """
    if window is None:
        raise ValueError("measures are read in a window")
    begin = ceil_to(window.begin, granularity_s)
    return from_to(begin, window.end)


def _counted(some: Iterable[Metric]) -> dict[str, tuple[Reference, Reference | None, Reference]]:
    """The resources whose use of CPUs is measured, and by what: the work, how many samples that is
    of, the CPUs.
    """
    by_resource: dict[str, dict[str, Metric]] = {}
    for one in some:
        if (
            one.resource_id is not None
            and one.name in (CPU, VCPUS)
            and MEAN in one.policy.aggregation_methods
        ):
            by_resource.setdefault(one.resource_id, {})[one.name] = one
    return {
        resource_id: (
            (pair[CPU].id, MEAN),
            (pair[CPU].id, COUNT) if COUNT in pair[CPU].policy.aggregation_methods else None,
            (pair[VCPUS].id, MEAN),
        )
        for resource_id, pair in by_resource.items()
        if CPU in pair and VCPUS in pair
    }


def _in_parts(
    gnocchi: Service, references: Sequence[Reference], window: Window, granularity_s: int
) -> dict[Reference, Series]:
    granules = -(-int(window.length.total_seconds()) // granularity_s)
    if granules == 0:
        return {one: Series() for one in references}
    size = max(MEASURES_PER_REQUEST // granules, 1)
    found: dict[Reference, Series] = {}
    for first in range(0, len(references), size):
        found |= metric.measures(gnocchi, references[first : first + size], window, granularity_s)
    return found
