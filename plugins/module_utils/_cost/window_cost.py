# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the cloud says that a window has cost, each question asked as seldom as it can be
(design/reading-a-cloud.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .._core.errors import UnknownAmount
from .._core.forecast import DAYS, Forecast, forecast
from .._core.money import EXACT, exact_sum
from .._core.periods import Window, ceil_to, previous_part, rounded_up
from .._core.rows_file import RowsFile
from .._core.spans import from_to
from .._infomaniak import free_tier
from .._openstack.connection import Service
from .._openstack.rating import api as rating
from .._openstack.rating import points as rated_points
from .._openstack.rating.differences import difference
from .._openstack.rating.metrics import RatedMetric, rated_metrics
from . import grouping
from .free_traffic import read_free_tier
from .point_rows import PointRows

_DAY_S = 86_400

Sums = tuple[rating.RatedSum, ...]


@dataclass(frozen=True)
class Question:
    """What is asked of the cloud.

    window None: the last rated hour. named: the window's name, None where it was given by begin and end.
    rows: how points are told; file: what takes the points instead of the result. shares_free_tier: whether
    the project's traffic of other regions counts too, so that the free tier cannot be told from this one
    alone.
    """

    window: Window | None
    named: str | None
    zone: ZoneInfo
    rating_api: str
    collect_period_s: int
    rows: PointRows
    with_rated_through: bool
    group_by: tuple[str, ...]
    dataframes: bool
    file: RowsFile | None
    with_metrics: bool
    with_previous: bool
    with_forecast: bool
    with_free_tier: bool
    shares_free_tier: bool = False

    @property
    def looks_back(self) -> bool:
        """Whether the newest rated periods are needed."""
        return self.with_rated_through or self.window is None or self.with_previous or self.with_forecast

    @property
    def by_time(self) -> bool:
        """Whether the cost of each period is needed."""
        return any(name in grouping.TIMES for name in self.group_by)

    @property
    def periods_per_day(self) -> int:
        """How many collect periods a day has."""
        return max(_DAY_S // self.collect_period_s, 1)

    def begun(self, begin: datetime, end: datetime) -> int:
        """How many collect periods begin in [begin, end); 0 where that is no window."""
        span = ceil_to(end, self.collect_period_s) - ceil_to(begin, self.collect_period_s)
        return max(int(span.total_seconds()) // self.collect_period_s, 0)


@dataclass(frozen=True)
class Previous:
    """The period before: the part of ours that has elapsed, the part that it is compared with, and what that
    cost by type.

    missing: the parts of it of which nothing is rated, None where not all of it was looked at.
    """

    compared: Window
    window: Window
    by_type: Sums
    missing: tuple[Window, ...] | None


@dataclass(frozen=True)
class Estimate:
    """What ran since the newest rated period, if each period that has begun since costs what that one did.

    In no sum.
    """

    run_rate: Decimal
    periods: int
    amount: Decimal


@dataclass(frozen=True)
class PassedPoints:
    """What was kept of the points that passed by: sums, and the rows where they were asked for and no file
    took them.
    """

    sums: grouping.PointSums
    rows: list[dict[str, Any]] | None


@dataclass(frozen=True)
class WindowCost:
    """What the cloud said of a window, in its rating currency.

    api: None for several clouds that answered by different ones. window: as asked. rated: the part of it that
    was read. rated_through: the end of the newest rated period, None where it was not looked for, or there is
    none. periods: the rated ones of the window, None where they were not all looked at. missing: the parts of
    the window before the newest rated period of which nothing is rated, None where that is not known.
    differences: our own sums less the cloud's.
    """

    api: str | None
    window: Window
    rated: Window
    by_type: Sums
    rated_through: datetime | None
    periods: rating.RatedPeriods | None
    missing: tuple[Window, ...] | None
    by_resource: Mapping[str, grouping.Sum] | None
    points: PassedPoints | None
    differences: tuple[Decimal, ...]
    previous: Previous | None
    metrics: tuple[RatedMetric, ...] | None
    free: free_tier.FreeTier | None
    estimate: Estimate | None
    forecast: Forecast | None

    @property
    def total(self) -> Decimal:
        """The cloud's own sum of what is rated of the window."""
        return exact_sum(row.amount for row in self.by_type)


def read_window_cost(service: Service, question: Question, now: datetime) -> WindowCost:
    """Ask the cloud. Raises CloudError, also where our own sums are not the cloud's
    (design/reading-a-cloud.md#the-clouds-own-sums); UnknownAmount, InvalidOption.

    Requests: one for the newest rated periods, one for the sums by type; then one (and one more per 1000
    rows) each for `resource`, for times of a window that reaches back further than those periods, for the
    period before, for metrics; the points as rated_points says. Each read after the first one looks at the
    same rated periods, so that an hour that is rated meanwhile is in none of them.
    """
    api, recent = _recent(service, question, now)
    window = _window(service, question, recent)
    rated = _rated_part(window, recent, question)
    api, by_type = _by_type(service, api, rated)
    metrics = rated_metrics(service) if question.with_metrics else None
    free, of_free = _free(service, api, rated, by_type, metrics, question)
    previous = _previous(service, api, window, recent, question)
    by_resource, of_resources = _by_resource(service, api, rated, by_type, question)
    periods, of_periods = _periods(service, api, rated, by_type, recent, question)
    points, of_points = _points(service, api, rated, by_type, periods, question)
    if periods is None and points is not None:
        periods = rating.RatedPeriods(rated, points.sums.by_period, question.collect_period_s)
    return WindowCost(
        api=api,
        window=window,
        rated=rated,
        by_type=by_type,
        rated_through=None if recent is None else recent.rated_through,
        periods=periods,
        missing=_missing(periods, recent),
        by_resource=by_resource
        if points is None or by_resource is not None
        else points.sums.by_key.get("resource"),
        points=points,
        differences=(*of_free, *of_resources, *of_periods, *of_points),
        previous=previous,
        metrics=metrics,
        free=free,
        estimate=_estimate(window, recent, question, now),
        forecast=_forecast(window, by_type, recent, question),
    )


def _recent(service: Service, question: Question, now: datetime) -> tuple[str, rating.RatedPeriods | None]:
    if not question.looks_back:
        return question.rating_api, None
    wanted = DAYS * question.periods_per_day if question.with_forecast else 1
    return rating.recent_periods(service, question.rating_api, now, question.collect_period_s, wanted)


def _window(service: Service, question: Question, recent: rating.RatedPeriods | None) -> Window:
    """The window as asked; the last rated hour where none was given.

    Raises UnknownAmount where there is none.
    """
    if question.window is not None:
        return question.window
    newest = None if recent is None else recent.rated_through
    if newest is None:
        raise UnknownAmount(
            f"{service.url} has rated nothing of the project lately; there is no last rated hour."
        )
    return Window(newest - timedelta(seconds=question.collect_period_s), newest)


def _rated_part(window: Window, recent: rating.RatedPeriods | None, question: Question) -> Window:
    """The part of the window to read: on the edges of collect periods, up to the newest rated one where that
    is known.
    """
    sent = rounded_up(window, question.collect_period_s)
    newest = None if recent is None else recent.rated_through
    if newest is None:
        return sent
    return from_to(sent.begin, min(sent.end, newest))


def _by_type(service: Service, api: str, window: Window) -> tuple[str, Sums]:
    if window.begin == window.end:
        return api, ()
    told_by, by_type = rating.summary_by_type(service, api, window)
    return told_by, tuple(by_type)


def _missing(
    periods: rating.RatedPeriods | None, recent: rating.RatedPeriods | None
) -> tuple[Window, ...] | None:
    """Where periods is not rated although a later one is; None where one of the two was not looked at."""
    newest = None if periods is None else periods.rated_through
    if recent is not None:
        newest = recent.rated_through or newest
    return None if periods is None or newest is None else tuple(periods.missing_until(newest))


def _previous(
    service: Service, api: str, window: Window, recent: rating.RatedPeriods | None, question: Question
) -> Previous | None:
    """None where it was not asked for, or how much of the window has elapsed is not known."""
    if not question.with_previous or recent is None or recent.rated_through is None:
        return None
    elapsed = from_to(window.begin, min(window.end, recent.rated_through))
    before = previous_part(question.named, elapsed, window.length, question.zone)
    sent = rounded_up(before, question.collect_period_s)
    _api, by_type = _by_type(service, api, sent)
    return Previous(
        elapsed, before, by_type, _missing(recent.within(sent) if recent.covers(sent) else None, recent)
    )


def _free(
    service: Service,
    api: str,
    rated: Window,
    by_type: Sums,
    metrics: tuple[RatedMetric, ...] | None,
    question: Question,
) -> tuple[free_tier.FreeTier | None, list[Decimal]]:
    """None without traffic that costs, and where no tier is promised."""
    traffic = next((row for row in by_type if row.type == free_tier.METRIC and row.amount), None)
    if traffic is None or not question.with_free_tier:
        return None, []
    return read_free_tier(service, api, rated, traffic, metrics, question.collect_period_s)


def _by_resource(
    service: Service, api: str, rated: Window, by_type: Sums, question: Question
) -> tuple[dict[str, grouping.Sum] | None, list[Decimal]]:
    """By the cloud's own grouping, which v1 does not have; None where it was not asked for, or points have to
    tell it.
    """
    if "resource" not in question.group_by or (api != "v2" and by_type):
        return None, []
    rows = list(rating.summary_by_resource(service, rated)) if by_type else []
    own = (row.amount for _resource, row in rows)
    noise = difference(service, "the cost of each resource", own, exact_sum(row.amount for row in by_type))
    return grouping.summed(rows), [noise]


def _periods(
    service: Service,
    api: str,
    rated: Window,
    by_type: Sums,
    recent: rating.RatedPeriods | None,
    question: Question,
) -> tuple[rating.RatedPeriods | None, list[Decimal]]:
    """The cost of each period of the window, from what is read already where it reaches that far; None where
    points have to tell it.
    """
    if recent is not None and recent.covers(rated):
        found = recent.within(rated)
    elif question.by_time and api == "v2":
        found = rating.periods(service, rated, question.collect_period_s)
    else:
        return None, []
    cloud = exact_sum(row.amount for row in by_type)
    return found, [difference(service, "the rated periods", found.amounts.values(), cloud)]


def _points(
    service: Service,
    api: str,
    rated: Window,
    by_type: Sums,
    periods: rating.RatedPeriods | None,
    question: Question,
) -> tuple[PassedPoints | None, list[Decimal]]:
    """Let the points pass by, once for all that needs them; None where nothing does."""
    asked = [name for name in question.group_by if name in grouping.OF_POINTS]
    if api != "v2" and "resource" in question.group_by:
        asked.append("resource")
    by_time = question.by_time and periods is None
    file = question.file
    if not (asked or by_time or question.dataframes or file):
        return None, []
    sums = grouping.PointSums(asked)
    rows: list[dict[str, Any]] | None = [] if question.dataframes and file is None else None
    # The sums by type say whether there is anything to read at all.
    for point in rated_points.points(service, api, rated, question.collect_period_s) if by_type else ():
        sums.add(point)
        if file is not None:
            file.add_values(question.rows.values(point))
        elif rows is not None:
            rows.append(question.rows.row(point))
    return PassedPoints(sums, rows), [_difference_by_type(service, sums, by_type)]


def _difference_by_type(service: Service, sums: grouping.PointSums, by_type: Sums) -> Decimal:
    cloud = {row.type: row.amount for row in by_type}
    nothing = Decimal(0)
    differences = [
        difference(
            service,
            f"the rated points of {kind}",
            [sums.by_type[kind].amount if kind in sums.by_type else nothing],
            cloud.get(kind, nothing),
        )
        for kind in sorted({*cloud, *sums.by_type})
    ]
    return exact_sum(differences)


def _estimate(
    window: Window, recent: rating.RatedPeriods | None, question: Question, now: datetime
) -> Estimate | None:
    """None where it is not known how far the cloud has rated."""
    if recent is None or recent.rated_through is None:
        return None
    run_rate = recent.amounts[max(recent.amounts)]
    periods = question.begun(max(recent.rated_through, window.begin), min(window.end, now))
    return Estimate(run_rate, periods, EXACT.multiply(run_rate, Decimal(periods)))


def _forecast(
    window: Window, by_type: Sums, recent: rating.RatedPeriods | None, question: Question
) -> Forecast | None:
    if not question.with_forecast or recent is None or recent.rated_through is None:
        return None
    return forecast(
        rated=list(recent.amounts.values()),
        periods_per_day=question.periods_per_day,
        actual=exact_sum(row.amount for row in by_type),
        remaining=question.begun(max(recent.rated_through, window.begin), window.end),
    )
