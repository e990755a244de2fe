# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What is made of measures: coarser ones, several metrics in one, a summary, the use of CPUs.

A gap is never a zero (design/reading-a-cloud.md#unknown-is-not-zero).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from statistics import quantiles

from .._core.periods import Window, ceil_to
from .._openstack.metric import MeasuredResource, Series

#: Aggregation method -> how measures that were aggregated by it are aggregated again. A mean of means weighs
#: every granule alike, as Gnocchi does; deviations, counts and percentiles cannot be had from those of parts.
AGGREGATE: Mapping[str, Callable[[Sequence[float]], float]] = {
    "mean": lambda values: math.fsum(values) / len(values),
    "sum": math.fsum,
    "min": min,
    "max": max,
    "first": lambda values: values[0],
    "last": lambda values: values[-1],
}
REAGGREGATIONS = ("mean", "sum", "min", "max")
NANOSECONDS = 10**9
#: Two granules are compared where one has at least so many samples for each of the other's: 11 for 12.
ALIKE = 0.9


@dataclass(frozen=True)
class Summary:
    """What a series comes to; last is its newest value, of the granule that began at last_at."""

    min: float
    mean: float
    max: float
    p95: float
    last: float
    last_at: datetime
    count: int


@dataclass(frozen=True)
class AggregatedMeasure:
    """Several metrics' measures of one granule: how many there are, and how many metrics have a gap there.

    value None: a sum that lacks something, so it is unknown.
    """

    moment: datetime
    value: float | None
    count: int
    missing: int


def summarized(series: Series) -> Summary | None:
    """The summary; None where there is no measure. p95 is the 95th percentile, between two values by a
    straight line.
    """
    values = series.values
    if not values:
        return None
    return Summary(
        min=min(values),
        mean=AGGREGATE["mean"](values),
        max=max(values),
        p95=values[0] if len(values) == 1 else quantiles(values, n=20, method="inclusive")[-1],
        last=values[-1],
        last_at=series.moments[-1],
        count=len(values),
    )


def method_of(aggregation: str) -> str:
    """The method behind a rate: rate:mean is a mean of changes."""
    return aggregation.removeprefix("rate:")


def resampled(series: Series, aggregation: str, seconds: int) -> Series:
    """The measures by coarser granules, which begin at whole multiples of the seconds since 1970, UTC.

    One without a measure is left out.

    aggregation: how the measures were aggregated, rate: or not, and a key of AGGREGATE.
    """
    combine, found = AGGREGATE[method_of(aggregation)], Series()
    rows = zip(series.moments, series.values, strict=True)
    for moment, some in groupby(rows, lambda row: granule_of(row[0], seconds)):
        found.moments.append(moment)
        found.values.append(combine([value for _moment, value in some]))
    return found


def granule_of(moment: datetime, seconds: int) -> datetime:
    """When the granule of that length begins that the moment is in."""
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC)


def gaps(
    series: Series, window: Window, granularity_s: int, resource: MeasuredResource | None, now: datetime
) -> set[datetime]:
    """The granules of the window that are over and have no measure, those before the resource came and after
    it went left out.

    The window begins on an edge of the granularity.
    """
    begin, end = window.begin, min(window.end, now)
    if resource is not None and resource.started_at is not None:
        begin = max(begin, ceil_to(resource.started_at, granularity_s))
    if resource is not None and resource.ended_at is not None:
        end = min(end, resource.ended_at)
    step, measured, found = timedelta(seconds=granularity_s), set(series.moments), set()
    while begin + step <= end:
        if begin not in measured:
            found.add(begin)
        begin += step
    return found


def aggregated(some: Sequence[tuple[Series, set[datetime]]], method: str) -> list[AggregatedMeasure]:
    """Several metrics in one, granule by granule. some: each one's measures and gaps. method:
    one of REAGGREGATIONS.
    """
    values: dict[datetime, list[float]] = {}
    missing: dict[datetime, int] = {}
    for series, without in some:
        for moment, value in zip(series.moments, series.values, strict=True):
            values.setdefault(moment, []).append(value)
        for moment in without:
            missing[moment] = missing.get(moment, 0) + 1
    return [
        AggregatedMeasure(
            moment=moment,
            value=None if method == "sum" and moment in missing else AGGREGATE[method](values[moment]),
            count=len(values[moment]),
            missing=missing.get(moment, 0),
        )
        for moment in sorted(values)
    ]


def cpu_utilization(
    cpu: Series, samples: Series | None, vcpus: Series, granularity_s: int, now: datetime
) -> Series:
    """Which part of its CPUs a server used between a granule and the one before it, from 0 to 1.

    Arguments: the mean of `cpu`, nanoseconds of work since the server was started, how many samples that is
    of, None where the archive policy does not say, and the mean of `vcpus`; all of one granularity. What the
    counter rises by is asked of means, not of rate:mean, which is per sample, however often Ceilometer takes
    one. Left out is what is not over, has a gap on either side or a tenth fewer samples on one of them, so
    that its mean is of another time; no number of CPUs; or a counter that was reset.
    """
    step, found = timedelta(seconds=granularity_s), Series()
    counts = dict.fromkeys(cpu.moments, 1.0) if samples is None else _by_moment(samples)
    cpus = _by_moment(vcpus)
    rows = zip(cpu.moments, cpu.values, strict=True)
    for (before, at_first), (moment, at_last) in pairwise(rows):
        fewer, more = sorted((counts.get(before, 0), counts.get(moment, 0)))
        if moment - before != step or moment + step > now or at_last < at_first or fewer < ALIKE * more:
            continue
        if counts.get(moment, 0) > 0 and cpus.get(moment, 0) > 0:
            found.moments.append(moment)
            found.values.append((at_last - at_first) / (NANOSECONDS * granularity_s * cpus[moment]))
    return found


def _by_moment(series: Series) -> dict[datetime, float]:
    return dict(zip(series.moments, series.values, strict=True))
