# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What servers use of their CPUs and memory, from Gnocchi in few requests (design/savings.md#measures)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from .._core.periods import HOUR, Window
from .._openstack import metric
from .._openstack.compute import Server
from .._openstack.connection import Reader, Service
from .._openstack.metric import MeasuredResource, Metric, Series
from .._usage.measures import CPU, VCPUS, Found, Measured, MetricOptions, read_measures

HOUR_S, FINE_S, FINE_DAYS = 3600, 300, 7
MEMORY, MEMORY_USED = "memory", "memory.usage"
#: What is listed: one request for each, of 1000 servers.
METRICS = (CPU, VCPUS, MEMORY, MEMORY_USED)
_MEAN, _MAX = "mean", "max"
_ASKED = MetricOptions(
    resources=(),
    children=False,
    resource_type="instance",
    metrics=METRICS,
    window=None,
    granularity_s=None,
    aggregation=_MEAN,
    resample_s=None,
    reaggregation=None,
    with_measures=False,
    with_summary=True,
    on_error="fail",
)


@dataclass(frozen=True)
class ServerLoad:
    """What a server used since its size last changed. cpu, cpu_fine: part of its CPUs, by the hour and by
    five minutes, while it ran. ram_max_mb: None where memory is not measured; ram_hours: of how many hours.
    since: from when on its measures are of its present size.
    """

    cpu: Series = field(default_factory=Series)
    cpu_fine: Series = field(default_factory=Series)
    ram_max_mb: float | None = None
    ram_hours: int = 0
    since: datetime | None = None


def list_readers(window: Window) -> dict[str, tuple[str, Reader]]:
    """The lists of what is measured."""
    found: dict[str, tuple[str, Reader]] = {
        "measured": ("metric", partial(_resources, window=window)),
    }
    for name in METRICS:
        found[f"metrics {name}"] = ("metric", partial(metric.metrics, wanted={"name": name}))
    return found


def _resources(gnocchi: Service, window: Window) -> list[MeasuredResource]:
    return metric.resources(gnocchi, "instance", (), False, window)


def measure_readers(
    listed: Mapping[str, Any], window: Window, now: datetime
) -> dict[str, tuple[str, Reader]]:
    """The readings of measures: a request for each granularity and 250000 of them. None where a list is
    missing.
    """
    lists = [listed[f"metrics {name}"] for name in METRICS]
    if listed["measured"] is None or None in lists:
        return {}
    resources = {one.id: one for one in listed["measured"]}
    metrics = [one for some in lists for one in some if one.resource_id in resources]
    fine = Window(max(window.begin, now - timedelta(days=FINE_DAYS)), window.end)
    asked: dict[str, tuple[tuple[str, ...], int, Window, str]] = {
        "hours": ((CPU, VCPUS, MEMORY), HOUR_S, window, _MEAN),
        "fine": ((CPU, VCPUS), FINE_S, fine, _MEAN),
        "memory": ((MEMORY_USED,), HOUR_S, window, _MAX),
    }
    return {
        name: ("metric", partial(_read, resources=resources, metrics=metrics, asked=one, now=now))
        for name, one in asked.items()
    }


def _read(
    gnocchi: Service,
    resources: Mapping[str, MeasuredResource],
    metrics: Sequence[Metric],
    asked: tuple[tuple[str, ...], int, Window, str],
    now: datetime,
) -> tuple[list[Measured], dict[str, Series]]:
    """The measures of metrics that are kept at that granularity and by that method: of a mean of memory by
    the hour no peak can be told.
    """
    names, granularity_s, window, method = asked
    chosen = [
        one
        for one in metrics
        if one.name in names
        and method in one.policy.aggregation_methods
        and granularity_s in [kept.granularity_s for kept in one.policy.definition]
    ]
    options = replace(_ASKED, window=window, aggregation=method, with_summary=method == _MEAN)
    return read_measures(gnocchi, Found(resources, chosen), {granularity_s: chosen}, options, now)


def server_loads(
    readings: Mapping[str, Any], servers: Iterable[Server], window: Window
) -> dict[str, ServerLoad]:
    """What each of these servers used; one without measures is in no result."""
    hours, fine, memory = (readings[name] for name in ("hours", "fine", "memory"))
    sizes: dict[str, dict[str, Series]] = {}
    for one in hours[0]:
        sizes.setdefault(one.metric.resource_id, {})[one.metric.name] = one.series
    used_mb = {one.metric.resource_id: one.series for one in memory[0]}
    found = {}
    for server in servers:
        known = sizes.get(server.id, {})
        if server.id not in hours[1] or VCPUS not in known:
            continue
        since = _since(server, known, window)
        used = _values_since(used_mb.get(server.id, Series()), since)
        found[server.id] = ServerLoad(
            cpu=_running_since(hours[1][server.id], since),
            cpu_fine=_running_since(fine[1].get(server.id, Series()), since),
            ram_max_mb=max(used) if used else None,
            ram_hours=len(used),
            since=since,
        )
    return found


def _since(server: Server, known: Mapping[str, Series], window: Window) -> datetime:
    """The hour behind the last one in which it was of another size than now."""
    since = window.begin
    for name, size in ((VCPUS, server.vcpus), (MEMORY, server.ram_mb)):
        series = known.get(name, Series())
        others = [
            moment for moment, value in zip(series.moments, series.values, strict=True) if value != size
        ]
        since = max([since, *(moment + HOUR for moment in others[-1:])])
    return since


def _values_since(series: Series, since: datetime) -> list[float]:
    return [value for moment, value in zip(series.moments, series.values, strict=True) if moment >= since]


def _running_since(series: Series, since: datetime) -> Series:
    """The measures from then on at which it worked: one that runs always does."""
    rows = [
        (moment, value)
        for moment, value in zip(series.moments, series.values, strict=True)
        if moment >= since and value > 0
    ]
    return Series([moment for moment, _value in rows], [value for _moment, value in rows])
