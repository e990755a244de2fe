# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the cloud says that a window has cost, each question asked as seldom as it can be (rules R3, R5, R7 to R9 of docs/rules.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ansible_collections.finops.cloud.plugins.module_utils._cloud import rated_points, rating
from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import Service
from ansible_collections.finops.cloud.plugins.module_utils._cloud.rated_metrics import RatedMetric, rated_metrics
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import Malformed, UnknownAmount
from ansible_collections.finops.cloud.plugins.module_utils._core.money import EXACT, ROUNDING, exact_sum, plain
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import (
    Window,
    ceil_to,
    previous_part,
    rounded_up,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.rows_file import Columns, RowsFile, writing
from ansible_collections.finops.cloud.plugins.module_utils._pricing import free_tier, grouping
from ansible_collections.finops.cloud.plugins.module_utils._pricing.forecast import DAYS, Forecast, forecast

#: Rule R9: a cloud's own sums carry the noise of floats (v2) or have five decimals (v1). More than that is another sum.
_NOISE, _NOISE_OF_SUM = Decimal("1e-4"), Decimal("1e-9")
_DAY_S = 86_400

POINT_COLUMNS = Columns(
    ("begin", "end", "type", "resource_id", "quantity", "unit", "amount", "currency", "metadata"), nested=("metadata",)
)
PointRow = Callable[[rated_points.RatedPoint], dict[str, Any]]
Sums = tuple[rating.RatedSum, ...]


@dataclass(frozen=True)
class Question:
    """What is asked of the cloud.

    window None: the last rated hour. named: the window's name, None where it was given by begin and end. row: how a point is told;
    dest: the file that takes the points instead of the result.
    """

    window: Window | None
    named: str | None
    zone: ZoneInfo
    rating_api: str
    collect_period_s: int
    row: PointRow
    with_rated_through: bool
    group_by: tuple[str, ...]
    dataframes: bool
    dest: Path | None
    check_mode: bool
    with_metrics: bool
    with_previous: bool
    with_forecast: bool
    with_free_tier: bool

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
    """The period before: the part of ours that has elapsed, the part that it is compared with, and what that cost by type.

    periods: None where not all of it was looked at.
    """

    compared: Window
    window: Window
    by_type: Sums
    periods: rating.RatedPeriods | None


@dataclass(frozen=True)
class Estimate:
    """What ran since the newest rated period, if each period that has begun since costs what that one did. In no sum."""

    run_rate: Decimal
    periods: int

    @property
    def amount(self) -> Decimal:
        """All of it, in the cloud's rating currency."""
        return EXACT.multiply(self.run_rate, Decimal(self.periods))


@dataclass(frozen=True)
class PassedPoints:
    """What was kept of the points that passed by: sums, and the rows or the file where they were asked for."""

    sums: grouping.PointSums
    rows: list[dict[str, Any]] | None
    file: RowsFile | None


@dataclass(frozen=True)
class WindowCost:
    """What the cloud said of a window, in its rating currency.

    window: as asked. rated: the part of it that was read. recent: the newest rated periods of the project, None where they were not
    looked for. periods: those of `rated`, None where they were not all looked at. differences: our own sums less the cloud's.
    """

    api: str
    window: Window
    rated: Window
    by_type: Sums
    recent: rating.RatedPeriods | None
    periods: rating.RatedPeriods | None
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

    @property
    def rated_through(self) -> datetime | None:
        """The end of the newest rated period; None where it was not looked for, or there is none."""
        return None if self.recent is None else self.recent.rated_through


def read_window_cost(service: Service, question: Question, now: datetime) -> WindowCost:
    """Ask the cloud. Raises CloudError, also where our own sums are not the cloud's (rule R9); UnknownAmount, InvalidOption.

    Requests: one for the newest rated periods, one for the sums by type; then one (and one more per 1000 rows) each for `resource`,
    for times of a window that reaches back further than those periods, for the period before, for metrics; the points as rated_points
    says. Each read after the first one looks at the same rated periods, so that an hour that is rated meanwhile is in none of them.
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
        recent=recent,
        periods=periods,
        by_resource=by_resource if points is None or by_resource is not None else points.sums.by_key.get("resource"),
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
    """The window as asked; the last rated hour where none was given. Raises UnknownAmount where there is none."""
    if question.window is not None:
        return question.window
    newest = None if recent is None else recent.rated_through
    if newest is None:
        raise UnknownAmount(f"{service.url} has rated nothing of the project lately; there is no last rated hour.")
    return Window(newest - timedelta(seconds=question.collect_period_s), newest)


def _rated_part(window: Window, recent: rating.RatedPeriods | None, question: Question) -> Window:
    """The part of the window to read: on the edges of collect periods, up to the newest rated one where that is known."""
    sent = rounded_up(window, question.collect_period_s)
    newest = None if recent is None else recent.rated_through
    if newest is None:
        return sent
    return Window(sent.begin, max(sent.begin, min(sent.end, newest)))


def _by_type(service: Service, api: str, window: Window) -> tuple[str, Sums]:
    if window.begin == window.end:
        return api, ()
    told_by, by_type = rating.summary_by_type(service, api, window)
    return told_by, tuple(by_type)


def _previous(
    service: Service, api: str, window: Window, recent: rating.RatedPeriods | None, question: Question
) -> Previous | None:
    """None where it was not asked for, or how much of the window has elapsed is not known."""
    if not question.with_previous or recent is None or recent.rated_through is None:
        return None
    elapsed = Window(window.begin, max(window.begin, min(window.end, recent.rated_through)))
    before = previous_part(question.named, elapsed, window.length, question.zone)
    sent = rounded_up(before, question.collect_period_s)
    _api, by_type = _by_type(service, api, sent)
    return Previous(elapsed, before, by_type, recent.within(sent) if recent.covers(sent) else None)


def _free(
    service: Service,
    api: str,
    rated: Window,
    by_type: Sums,
    metrics: tuple[RatedMetric, ...] | None,
    question: Question,
) -> tuple[free_tier.FreeTier | None, list[Decimal]]:
    """The free tier; None without traffic that costs.

    One request for its unit; one more, by the hour, where the window begins within a month or has more traffic than is free.
    """
    traffic = next((row for row in by_type if row.type == free_tier.METRIC and row.amount), None)
    if traffic is None or not question.with_free_tier:
        return None, []
    known = rated_metrics(service) if metrics is None else metrics
    unit = next((metric.unit for metric in known if metric.name == free_tier.METRIC), None)
    unit_bytes = free_tier.bytes_in(unit)
    if unit_bytes is None:
        return free_tier.FreeTier(unit, traffic.amount, None, None), []
    if traffic.quantity is not None and free_tier.all_free(rated, traffic.quantity, unit_bytes):
        used = ROUNDING.multiply(traffic.quantity, unit_bytes)
        return free_tier.FreeTier(unit, traffic.amount, used, traffic.amount), []
    since = Window(ceil_to(free_tier.month_begin(rated.begin), question.collect_period_s), rated.end)
    frames = list(rating.frames_of_type(service, api, since, free_tier.METRIC, question.collect_period_s))
    inside = [frame.cost for frame in frames if rated.contains(frame.window.begin)]
    difference = _difference(service, "the traffic of each period", (one.amount for one in inside), traffic.amount)
    used = ROUNDING.multiply(exact_sum(one.quantity for one in inside if one.quantity is not None), unit_bytes)
    credit = free_tier.credit_of(frames, rated, unit_bytes)
    return free_tier.FreeTier(unit, traffic.amount, used, credit), [difference]


def _by_resource(
    service: Service, api: str, rated: Window, by_type: Sums, question: Question
) -> tuple[dict[str, grouping.Sum] | None, list[Decimal]]:
    """By the cloud's own grouping, which v1 does not have; None where it was not asked for, or points have to tell it."""
    if "resource" not in question.group_by or (api != "v2" and by_type):
        return None, []
    rows = list(rating.summary_by_resource(service, rated)) if by_type else []
    own = (row.amount for _resource, row in rows)
    difference = _difference(service, "the cost of each resource", own, exact_sum(row.amount for row in by_type))
    return grouping.summed(rows), [difference]


def _periods(
    service: Service, api: str, rated: Window, by_type: Sums, recent: rating.RatedPeriods | None, question: Question
) -> tuple[rating.RatedPeriods | None, list[Decimal]]:
    """The cost of each period of the window, from what is read already where it reaches that far; None where points have to tell it."""
    if recent is not None and recent.covers(rated):
        found = recent.within(rated)
    elif question.by_time and api == "v2":
        found = rating.periods(service, rated, question.collect_period_s)
    else:
        return None, []
    cloud = exact_sum(row.amount for row in by_type)
    return found, [_difference(service, "the rated periods", found.amounts.values(), cloud)]


def _points(
    service: Service,
    api: str,
    rated: Window,
    by_type: Sums,
    periods: rating.RatedPeriods | None,
    question: Question,
) -> tuple[PassedPoints | None, list[Decimal]]:
    """Let the points pass by, once for all that needs them; None where nothing does. A file is put in place only if R9 holds."""
    asked = [name for name in question.group_by if name in grouping.OF_POINTS]
    if api != "v2" and "resource" in question.group_by:
        asked.append("resource")
    by_time = question.by_time and periods is None
    if not (asked or by_time or question.dataframes or question.dest):
        return None, []
    sums = grouping.PointSums(asked)
    rows: list[dict[str, Any]] | None = [] if question.dataframes and question.dest is None else None
    with (
        nullcontext(None)
        if question.dest is None
        else writing(question.dest, POINT_COLUMNS, question.check_mode) as file
    ):
        # The sums by type say whether there is anything to read at all.
        for point in rated_points.points(service, api, rated, question.collect_period_s) if by_type else ():
            sums.add(point)
            if file is not None:
                file.add(question.row(point))
            elif rows is not None:
                rows.append(question.row(point))
        difference = _difference_by_type(service, sums, by_type)
    return PassedPoints(sums, rows, file), [difference]


def _difference_by_type(service: Service, sums: grouping.PointSums, by_type: Sums) -> Decimal:
    cloud = {row.type: row.amount for row in by_type}
    nothing = Decimal(0)
    differences = [
        _difference(
            service,
            f"the rated points of {kind}",
            [sums.by_type[kind].amount if kind in sums.by_type else nothing],
            cloud.get(kind, nothing),
        )
        for kind in sorted({*cloud, *sums.by_type})
    ]
    return exact_sum(differences)


def _difference(service: Service, reading: str, own: Iterable[Decimal], cloud: Decimal) -> Decimal:
    """Our own sum less the cloud's. Raises Malformed where that is more than noise (rule R9)."""
    total = exact_sum(own)
    difference = EXACT.subtract(total, cloud)
    if abs(difference) > max(_NOISE, ROUNDING.multiply(_NOISE_OF_SUM, abs(cloud))):
        problem = f"they add up to {plain(total)}, but the cloud's own sum is {plain(cloud)}"
        raise Malformed(reading, service.url, problem)
    return difference


def _estimate(window: Window, recent: rating.RatedPeriods | None, question: Question, now: datetime) -> Estimate | None:
    """None where it is not known how far the cloud has rated."""
    if recent is None or recent.rated_through is None:
        return None
    run_rate = recent.amounts[max(recent.amounts)]
    return Estimate(run_rate, question.begun(max(recent.rated_through, window.begin), min(window.end, now)))


def _forecast(window: Window, by_type: Sums, recent: rating.RatedPeriods | None, question: Question) -> Forecast | None:
    if not question.with_forecast or recent is None or recent.rated_through is None:
        return None
    return forecast(
        rated=list(recent.amounts.values()),
        periods_per_day=question.periods_per_day,
        actual=exact_sum(row.amount for row in by_type),
        remaining=question.begun(max(recent.rated_through, window.begin), window.end),
    )
