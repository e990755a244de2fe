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

from .._core.errors import UnknownAmount
from .._core.forecast import DAYS, Forecast, forecast
from .._core.money import EXACT, exact_sum
from .._core.named_windows import previous_part
from .._core.periods import Window, rounded_up
from .._core.spans import from_to
from .._infomaniak import free_tier
from .._openstack.rating.answers import RatedMetric, RatedPeriods, RatedSum
from .._openstack.rating.api import V2, Rating
from . import grouping
from .formatter import PointOutput
from .free_traffic import read_free_tier
from .options import CostOptions, Row

Sums = tuple[RatedSum, ...]


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
class UnratedEstimate:
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
    rows: list[Row] | None


@dataclass(frozen=True)
class WindowCost:
    """What the cloud said of a window, in its rating currency.

    api: None for several clouds that answered by different ones. window: as asked. rated: the part of it that
    was read. rated_through: the end of the newest rated period, None where it was not looked for, or there is
    none. periods: the rated ones of the window, None where they were not all looked at. missing: the parts of
    the window before the newest rated period of which nothing is rated, None where that is not known.
    differences: our own sums less the cloud's, none where it has none to believe. never_rated: nothing was
    found rated, neither lately nor of the window, so that its sum of 0 is no cost.
    """

    api: str | None
    window: Window
    rated: Window
    by_type: Sums
    rated_through: datetime | None
    periods: RatedPeriods | None
    missing: tuple[Window, ...] | None
    by_resource: Mapping[str, grouping.Sum] | None
    points: PassedPoints | None
    differences: tuple[Decimal, ...]
    previous: Previous | None
    metrics: tuple[RatedMetric, ...] | None
    free: free_tier.FreeTier | None
    estimate: UnratedEstimate | None
    forecast: Forecast | None
    never_rated: bool

    @property
    def total(self) -> Decimal:
        """The cloud's own sum of what is rated of the window."""
        return exact_sum(row.amount for row in self.by_type)


def read_window_cost(rating: Rating, options: CostOptions, output: PointOutput, now: datetime) -> WindowCost:
    """Ask the cloud. Raises CloudError, also where our own sums are not the cloud's
    (design/reading-a-cloud.md#the-clouds-own-sums); UnknownAmount, InvalidOption.

    Requests: one for the newest rated periods, one for the sums by type; then one (and one more per 1000
    rows) each for `resource`, for times of a window that reaches back further than those periods, for the
    period before, for metrics; the points as Rating.points() says. Each read after the first one looks at the
    same rated periods, so that an hour that is rated meanwhile is in none of them.
    """
    recent = _recent(rating, options, now)
    window = _window(rating, options, recent)
    rated = _rated_part(window, recent, options)
    by_type = _by_type(rating, rated)
    metrics = rating.metrics() if options.with_metrics else None
    free, of_free = _free(rating, rated, by_type, metrics, options)
    previous = _previous(rating, window, recent, options)
    by_resource, of_resources = _by_resource(rating, rated, by_type, options)
    periods, of_periods = _periods(rating, rated, by_type, recent, options)
    points, of_points = _points(rating, rated, by_type, periods, options, output)
    if periods is None and points is not None:
        periods = RatedPeriods(rated, points.sums.by_period, rating.collect_period_s)
    if by_resource is None and points is not None:
        by_resource = points.sums.by_key.get("resource")
    return WindowCost(
        api=rating.version,
        window=window,
        rated=rated,
        by_type=by_type,
        rated_through=None if recent is None else recent.rated_through,
        periods=periods,
        missing=_missing(periods, recent),
        by_resource=by_resource,
        points=points,
        differences=(*of_free, *of_resources, *of_periods, *of_points) if rating.has_own_sums else (),
        previous=previous,
        metrics=metrics,
        free=free,
        estimate=_estimate(window, recent, options, now),
        forecast=_forecast(window, by_type, recent, options),
        never_rated=recent is not None and recent.rated_through is None and not by_type,
    )


def _recent(rating: Rating, options: CostOptions, now: datetime) -> RatedPeriods | None:
    if not options.looks_back:
        return None
    wanted = DAYS * options.periods_per_day if options.with_forecast else 1
    return rating.recent_periods(now, wanted)


def _window(rating: Rating, options: CostOptions, recent: RatedPeriods | None) -> Window:
    """The window as asked; the last rated hour where none was given.

    Raises UnknownAmount where there is none.
    """
    if options.window is not None:
        return options.window
    newest = None if recent is None else recent.rated_through
    if newest is None:
        raise UnknownAmount(
            f"{rating.url} has rated nothing of the project lately; there is no last rated hour."
        )
    return Window(newest - timedelta(seconds=rating.collect_period_s), newest)


def _rated_part(window: Window, recent: RatedPeriods | None, options: CostOptions) -> Window:
    """The part of the window to read: on the edges of collect periods, up to the newest rated one where that
    is known.
    """
    sent = rounded_up(window, options.collect_period_s)
    newest = None if recent is None else recent.rated_through
    if newest is None:
        return sent
    return from_to(sent.begin, min(sent.end, newest))


def _by_type(rating: Rating, window: Window) -> Sums:
    return () if window.begin == window.end else tuple(rating.summary_by_type(window))


def _total(by_type: Sums) -> Decimal:
    return exact_sum(row.amount for row in by_type)


def _missing(periods: RatedPeriods | None, recent: RatedPeriods | None) -> tuple[Window, ...] | None:
    """Where periods is not rated although a later one is; None where one of the two was not looked at."""
    newest = None if periods is None else periods.rated_through
    if recent is not None:
        newest = recent.rated_through or newest
    return None if periods is None or newest is None else tuple(periods.missing_until(newest))


def _previous(
    rating: Rating, window: Window, recent: RatedPeriods | None, options: CostOptions
) -> Previous | None:
    """None where it was not asked for, or how much of the window has elapsed is not known."""
    if not options.with_previous or recent is None or recent.rated_through is None:
        return None
    elapsed = from_to(window.begin, min(window.end, recent.rated_through))
    before = previous_part(options.named, elapsed, window.length, options.zone)
    sent = rounded_up(before, rating.collect_period_s)
    missing = _missing(recent.within(sent) if recent.covers(sent) else None, recent)
    return Previous(elapsed, before, _by_type(rating, sent), missing)


def _free(
    rating: Rating,
    rated: Window,
    by_type: Sums,
    metrics: tuple[RatedMetric, ...] | None,
    options: CostOptions,
) -> tuple[free_tier.FreeTier | None, list[Decimal]]:
    """None without traffic that costs, and where no tier is promised."""
    traffic = next((row for row in by_type if row.type == free_tier.METRIC and row.amount), None)
    if traffic is None or not options.promises_free_tier:
        return None, []
    return read_free_tier(rating, rated, traffic, metrics)


def _by_resource(
    rating: Rating, rated: Window, by_type: Sums, options: CostOptions
) -> tuple[dict[str, grouping.Sum] | None, list[Decimal]]:
    """By the cloud's own grouping; None where it was not asked for, or the cloud has none and points have to
    say it.
    """
    if "resource" not in options.group_by:
        return None, []
    rows = rating.summary_by_resource(rated) if by_type else []
    if rows is None:
        return None, []
    own = (row.amount for _resource, row in rows)
    noise = rating.difference("the cost of each resource", own, _total(by_type))
    return grouping.summed(rows), [noise]


def _periods(
    rating: Rating, rated: Window, by_type: Sums, recent: RatedPeriods | None, options: CostOptions
) -> tuple[RatedPeriods | None, list[Decimal]]:
    """The cost of each period of the window, from what is read already where it reaches that far; None where
    points have to say it.
    """
    if recent is not None and recent.covers(rated):
        found = recent.within(rated)
    elif options.by_time and rating.version == V2:
        found = rating.periods(rated)
    else:
        return None, []
    return found, [rating.difference("the rated periods", found.amounts.values(), _total(by_type))]


def _points(
    rating: Rating,
    rated: Window,
    by_type: Sums,
    periods: RatedPeriods | None,
    options: CostOptions,
    output: PointOutput,
) -> tuple[PassedPoints | None, list[Decimal]]:
    """Let the points pass by, once for all that needs them; None where nothing does."""
    asked = [name for name in options.group_by if name in grouping.OF_POINTS]
    if rating.version != V2 and "resource" in options.group_by:
        asked.append("resource")
    by_time = options.by_time and periods is None
    if not (asked or by_time or output.wanted):
        return None, []
    sums = grouping.PointSums(asked)
    # The sums by type say whether there is anything to read at all.
    for point in rating.points(rated) if by_type else ():
        sums.add(point)
        output.add(point)
    return PassedPoints(sums, output.rows), [_difference_by_type(rating, sums, by_type)]


def _difference_by_type(rating: Rating, sums: grouping.PointSums, by_type: Sums) -> Decimal:
    cloud = {row.type: row.amount for row in by_type}
    nothing = Decimal(0)
    differences = [
        rating.difference(
            f"the rated points of {kind}",
            [sums.by_type[kind].amount if kind in sums.by_type else nothing],
            cloud.get(kind, nothing),
        )
        for kind in sorted({*cloud, *sums.by_type})
    ]
    return exact_sum(differences)


def _estimate(
    window: Window, recent: RatedPeriods | None, options: CostOptions, now: datetime
) -> UnratedEstimate | None:
    """None where it is not known how far the cloud has rated."""
    if recent is None or recent.rated_through is None:
        return None
    run_rate = recent.amounts[max(recent.amounts)]
    periods = options.periods_begun(max(recent.rated_through, window.begin), min(window.end, now))
    return UnratedEstimate(run_rate, periods, EXACT.multiply(run_rate, Decimal(periods)))


def _forecast(
    window: Window, by_type: Sums, recent: RatedPeriods | None, options: CostOptions
) -> Forecast | None:
    if not options.with_forecast or recent is None or recent.rated_through is None:
        return None
    return forecast(
        rated=list(recent.amounts.values()),
        periods_per_day=options.periods_per_day,
        actual=_total(by_type),
        remaining=options.periods_begun(max(recent.rated_through, window.begin), window.end),
    )
