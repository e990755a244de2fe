# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a budget's period will have cost when it is over, and when its limit will be reached
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
from .scope import feeds_of, reach
from .snapshot import Snapshot
from .sums import PeriodSum, to_come

#: What is kept of the feeds' newest hours.
HoursOfFeeds: TypeAlias = Mapping[FeedKey, Sequence[FeedHours]]

_DAY = timedelta(days=1)
_LEDGER_UNIT = Decimal("1e-9")
#: From how many rated hours on a rate is more than a guess.
_ENOUGH = {"hourly": 3 * HOUR, "daily": 3 * HOUR}


@dataclass(frozen=True)
class Known:
    """Amounts at the period's end in the budget's currency. rated_periods: of the feed that has fewest.

    runs_out_at: when the actual spend comes to the limit; None where it does not within the period, or
    enough_data is false.
    """

    low: Decimal
    expected: Decimal
    high: Decimal
    enough_data: bool
    rated_periods: int
    runs_out_at: datetime | None


@dataclass(frozen=True)
class Unknown:
    """Why nobody can tell."""

    reason: str


def of_period(budget: Budget, period: PeriodSum, snapshot: Snapshot, hours: HoursOfFeeds) -> Known | Unknown:
    """The forecast of the budget's current period: what is spent and runs, and the mean of the last 168 rated
    hours for what is to come.

    Entries that were written by hand are in it once: nothing says that they come again. Where the spend
    itself is not known, it is unknown.
    """
    if period.spend_problems:
        return Unknown("; ".join(period.spend_problems))
    feeds = feeds_of(budget.scope, snapshot.feeds)
    rated = {feed.key: _rated(budget, feed, snapshot, hours.get(feed.key, ())) for feed in feeds}
    if not feeds or (budget.fed_by != FED_BY_CLOUD and not any(map(any, rated.values()))):
        return Unknown("no rated hours are in its scope, and what was recorded by hand is not extrapolated")
    try:
        streams = [_stream(budget, feed, rated[feed.key], period, snapshot) for feed in feeds]
    except UnknownAmount as error:
        return Unknown(str(error).rstrip("."))
    enough_data = all(one.rate.enough_data for one in streams)
    return Known(
        low=_at_end(period, [(one, one.rate.low) for one in streams]),
        expected=_at_end(period, [(one, one.rate.expected) for one in streams]),
        high=_at_end(period, [(one, one.rate.high) for one in streams]),
        enough_data=enough_data,
        rated_periods=min(one.rate.periods for one in streams),
        runs_out_at=_runs_out_at(period, streams, snapshot.now) if enough_data else None,
    )


@dataclass(frozen=True)
class _Stream:
    """What one feed costs per collect period, times factor in the budget's currency, and in how many of them
    until the period's end.
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
    """Raises UnknownAmount where nothing of the feed is kept, or a rate is missing."""
    # The forecast of a single period is its rate: what is to come is counted here.
    rate = forecast(rated, _DAY // _period(feed), Decimal(0), 1, _enough(budget, feed))
    if rate is None:
        raise UnknownAmount(f"no rated hours of project {feed.project_name} are kept; run cost_import")
    factor = _factor(feed.currency, budget, period, snapshot)
    return _Stream(feed, rate, factor, to_come(feed, period.window, snapshot.now))


def reached(budget: Budget, found: Known | Unknown) -> tuple[Decimal, ...]:
    """The thresholds that the expected spend comes to; none where that is unknown, or from too little data."""
    if isinstance(found, Unknown) or not found.enough_data or found.expected <= 0:
        return ()
    limit = budget.amount or found.expected
    return tuple(part for part in budget.thresholds if found.expected >= ROUNDING.multiply(part, limit))


def _rated(budget: Budget, feed: Feed, snapshot: Snapshot, hours: Sequence[FeedHours]) -> list[Decimal]:
    """What each of the feed's rated periods cost within the budget's scope, oldest first."""
    covered = reach(budget.scope, snapshot.feeds)
    whose = frozenset({feed.key.project_id, feed.project_name})
    inside = [one.amounts_nano for one in hours if covered.covers_cost(one.category, whose, one.tags)]
    if not inside:
        return [Decimal(0)] * len(hours[0].amounts_nano) if hours else []
    return [from_nano(sum(each)) for each in zip(*inside, strict=True)]


def _period(feed: Feed) -> timedelta:
    return timedelta(seconds=feed.collect_period_s)


def _enough(budget: Budget, feed: Feed) -> int:
    return -(-_ENOUGH.get(budget.calendar.kind, _DAY) // _period(feed))


def _factor(currency: str, budget: Budget, period: PeriodSum, snapshot: Snapshot) -> Decimal:
    """What one unit of a feed's currency is in the budget's, at the rates that its accrued cost is told by.

    Raises UnknownAmount.
    """
    if currency == budget.currency:
        return Decimal(1)
    rates = snapshot.rates
    return ROUNDING.divide(rates.at(currency, snapshot.now), rates.at(budget.currency, period.window.begin))


def _at_end(period: PeriodSum, rates: Sequence[tuple[_Stream, Decimal]]) -> Decimal:
    """The actual spend and what is to come at these amounts per collect period. In the ledger's units."""
    total = period.actual
    for stream, amount in rates:
        total = ROUNDING.add(total, ROUNDING.multiply(stream.worth(amount), Decimal(stream.periods_to_come)))
    return ROUNDING.quantize(total, _LEDGER_UNIT)


def _runs_out_at(period: PeriodSum, streams: Sequence[_Stream], now: datetime) -> datetime | None:
    """What is spent at the expected rate from the end of the collect period that runs now, which is in the
    actual spend as a whole.
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
