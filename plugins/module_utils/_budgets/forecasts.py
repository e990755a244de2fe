# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The expected cost of a budget's period at its end, and when the limit is reached
(design/alerts.md#forecast).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from .._core.errors import UnknownAmount
from .._core.forecast import Forecast, forecast
from .._core.money import ROUNDING, from_nano
from .._core.periods import HOUR, ceil_to
from .._ledger.budgets import FED_BY_CLOUD, Budget
from .._ledger.feed_hours import FeedHours
from .._ledger.feeds import Feed, FeedKey
from .scope import feeds_of, scope_matcher
from .snapshot import Snapshot
from .sums import PeriodSum, to_come

#: The newest rated hours of each feed.
HoursOfFeeds: TypeAlias = Mapping[FeedKey, Sequence[FeedHours]]

_DAY = timedelta(days=1)
_LEDGER_UNIT = Decimal("1e-9")
#: The rated time that a forecast needs; a day for longer periods.
_ENOUGH = {"hourly": 3 * HOUR, "daily": 3 * HOUR}


@dataclass(frozen=True)
class KnownForecast:
    """Amounts at the period's end in the budget's currency.

    rated_periods: those of the feed that has fewest. runs_out_at: when the actual spend reaches the limit;
    None if it does not within the period, or if enough_data is false.
    """

    low: Decimal
    expected: Decimal
    high: Decimal
    enough_data: bool
    rated_periods: int
    runs_out_at: datetime | None


@dataclass(frozen=True)
class UnknownForecast:
    """The reason why there is no forecast."""

    reason: str


def of_period(
    budget: Budget, period: PeriodSum, snapshot: Snapshot, hours: HoursOfFeeds
) -> KnownForecast | UnknownForecast:
    """The forecast of the budget's current period: the actual spend, and for the rest of the period the mean
    of the last 168 rated hours.

    Entries recorded by hand count once: nothing says that they come again. If the spend is unknown, the
    forecast is unknown.
    """
    if period.spend_problems:
        return UnknownForecast("; ".join(period.spend_problems))
    feeds = feeds_of(budget.scope, snapshot.feeds)
    rated = {feed.key: _rated(budget, feed, snapshot, hours.get(feed.key, ())) for feed in feeds}
    if not feeds or (budget.fed_by != FED_BY_CLOUD and not any(map(any, rated.values()))):
        return UnknownForecast(
            "no rated hours are in its scope, and what was recorded by hand is not extrapolated"
        )
    try:
        streams = [_stream(budget, feed, rated[feed.key], period, snapshot) for feed in feeds]
    except UnknownAmount as error:
        return UnknownForecast(str(error).rstrip("."))
    enough_data = all(one.rate.enough_data for one in streams)
    return KnownForecast(
        low=_at_end(period, [(one, one.rate.low) for one in streams]),
        expected=_at_end(period, [(one, one.rate.expected) for one in streams]),
        high=_at_end(period, [(one, one.rate.high) for one in streams]),
        enough_data=enough_data,
        rated_periods=min(one.rate.periods for one in streams),
        runs_out_at=_runs_out_at(period, streams, snapshot.now) if enough_data else None,
    )


@dataclass(frozen=True)
class _Stream:
    """The cost of one feed per collect period, the factor into the budget's currency, and the number of
    collect periods until the period's end.
    """

    feed: Feed
    rate: Forecast
    factor: Decimal
    periods_to_come: int

    def worth(self, amount: Decimal) -> Decimal:
        """An amount of the feed in the budget's currency."""
        return ROUNDING.multiply(amount, self.factor)


def _stream(
    budget: Budget, feed: Feed, rated: Sequence[Decimal], period: PeriodSum, snapshot: Snapshot
) -> _Stream:
    """Raises UnknownAmount if the ledger has no hours of the feed, or if a rate is missing."""
    # The forecast of a single collect period is its rate. _at_end() multiplies it.
    rate = forecast(rated, _DAY // _period(feed), Decimal(0), 1, _enough(budget, feed))
    if rate is None:
        raise UnknownAmount(f"no rated hours of project {feed.project_name} are kept; run cost_import")
    factor = _factor(feed.currency, budget, period, snapshot) if any(rated) else Decimal(0)
    return _Stream(feed, rate, factor, to_come(feed, period.window, snapshot.now))


def reached(budget: Budget, found: KnownForecast | UnknownForecast) -> tuple[Decimal, ...]:
    """The thresholds that the expected spend reaches; none if it is unknown or has too little data."""
    if isinstance(found, UnknownForecast) or not found.enough_data or found.expected <= 0:
        return ()
    limit = budget.amount or found.expected
    return tuple(part for part in budget.thresholds if found.expected >= ROUNDING.multiply(part, limit))


def _rated(budget: Budget, feed: Feed, snapshot: Snapshot, hours: Sequence[FeedHours]) -> list[Decimal]:
    """The cost of each of the feed's rated periods within the budget's scope, oldest first."""
    covered = scope_matcher(budget.scope, snapshot.feeds)
    whose = frozenset({feed.key.project_id, feed.project_name})
    region = feed.key.region
    inside = [one.amounts_nano for one in hours if covered.covers_cost(one.category, whose, one.tags, region)]
    if not inside:
        return [Decimal(0)] * len(hours[0].amounts_nano) if hours else []
    return [from_nano(sum(each)) for each in zip(*inside, strict=True)]


def _period(feed: Feed) -> timedelta:
    return timedelta(seconds=feed.collect_period_s)


def _enough(budget: Budget, feed: Feed) -> int:
    return -(-_ENOUGH.get(budget.calendar.kind, _DAY) // _period(feed))


def _factor(currency: str, budget: Budget, period: PeriodSum, snapshot: Snapshot) -> Decimal:
    """The value of one unit of a feed's currency in the budget's, at the rates of its accrued cost.

    Raises UnknownAmount.
    """
    if currency == budget.currency:
        return Decimal(1)
    rates = snapshot.rates
    return ROUNDING.divide(rates.at(currency, snapshot.now), rates.at(budget.currency, period.window.begin))


def _at_end(period: PeriodSum, rates: Sequence[tuple[_Stream, Decimal]]) -> Decimal:
    """The actual spend plus these amounts for each collect period to come, in the ledger's units."""
    total = period.actual
    for stream, amount in rates:
        total = ROUNDING.add(total, ROUNDING.multiply(stream.worth(amount), Decimal(stream.periods_to_come)))
    return ROUNDING.quantize(total, _LEDGER_UNIT)


def _runs_out_at(period: PeriodSum, streams: Sequence[_Stream], now: datetime) -> datetime | None:
    """When the limit is reached at the expected rate. The rate counts from the end of the current collect
    period, which is wholly in the actual spend.
    """
    per_second = Decimal(0)
    for one in streams:
        share = ROUNDING.divide(one.worth(one.rate.expected), Decimal(one.feed.collect_period_s))
        per_second = ROUNDING.add(per_second, share)
    left = ROUNDING.subtract(period.limit, period.actual)
    if left <= 0 and (period.actual > 0 or per_second > 0):
        return now
    if per_second <= 0:
        return None
    begin = max(ceil_to(now, one.feed.collect_period_s) for one in streams)
    seconds = ROUNDING.divide(left, per_second)
    # Compared as numbers: a moment thousands of years ahead has no date.
    if seconds >= Decimal(int((period.window.end - begin).total_seconds())):
        return None
    return begin + timedelta(seconds=int(seconds))
