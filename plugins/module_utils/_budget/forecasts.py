# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a budget's period will have cost when it is over, and when its limit will be reached (rule A3 of docs/rules.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from ansible_collections.finops.cloud.plugins.module_utils._budget.ground import Ground
from ansible_collections.finops.cloud.plugins.module_utils._budget.scope import feeds_of, reach
from ansible_collections.finops.cloud.plugins.module_utils._budget.sums import PeriodSum, to_come
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import UnknownAmount
from ansible_collections.finops.cloud.plugins.module_utils._core.money import ROUNDING, from_nano
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import HOUR, ceil_to
from ansible_collections.finops.cloud.plugins.module_utils._pricing.forecast import forecast
from ansible_collections.finops.cloud.plugins.module_utils._store.budgets import FED_BY_CLOUD, Budget
from ansible_collections.finops.cloud.plugins.module_utils._store.feed_hours import Hours
from ansible_collections.finops.cloud.plugins.module_utils._store.feeds import Feed, FeedKey

#: What is kept of the feeds' newest hours.
HoursOfFeeds: TypeAlias = "Mapping[FeedKey, Sequence[Hours]]"

_DAY = timedelta(days=1)
_LEDGER_UNIT = Decimal("1e-9")
#: From how many rated hours on a rate is more than a guess.
_ENOUGH = {"hourly": 3 * HOUR, "daily": 3 * HOUR}


@dataclass(frozen=True)
class Known:
    """Amounts at the period's end in the budget's currency. rated_periods: of the feed that has fewest.

    runs_out_at: when the actual spend comes to the limit; None where it does not within the period, or enough_data is false.
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


def of_period(budget: Budget, period: PeriodSum, ground: Ground, hours: HoursOfFeeds) -> Known | Unknown:
    """The forecast of the budget's current period: what is spent and runs, and the mean of the last 168 rated hours for what is to come.

    Entries that were written by hand are in it once: nothing says that they come again. Where the spend itself is not known, it is unknown.
    """
    if period.spend_problems:
        return Unknown("; ".join(period.spend_problems))
    feeds = feeds_of(budget.scope, ground.feeds)
    rated = {feed.key: _rated(budget, feed, ground, hours.get(feed.key, ())) for feed in feeds}
    if not feeds or (budget.fed_by != FED_BY_CLOUD and not any(map(any, rated.values()))):
        return Unknown("no rated hours are in its scope, and what was recorded by hand is not extrapolated")
    rates, expected_rate = [], Decimal(0)
    try:
        for feed in feeds:
            found = forecast(rated[feed.key], _DAY // _period(feed), Decimal(0), 1, _enough(budget, feed))
            if found is None:
                return Unknown(f"no rated hours of project {feed.project_name} are kept; run cost_import")
            factor = _factor(feed.currency, budget, period, ground)
            rates.append((found, factor, to_come(feed, period.window, ground.now)))
            per_second = ROUNDING.divide(found.expected, Decimal(feed.collect_period_s))
            expected_rate = ROUNDING.add(expected_rate, ROUNDING.multiply(per_second, factor))
    except UnknownAmount as error:
        return Unknown(str(error).rstrip("."))
    enough_data = all(found.enough_data for found, _factor_, _periods in rates)
    return Known(
        low=_at_end(period, [(one.low, factor, count) for one, factor, count in rates]),
        expected=_at_end(period, [(one.expected, factor, count) for one, factor, count in rates]),
        high=_at_end(period, [(one.high, factor, count) for one, factor, count in rates]),
        enough_data=enough_data,
        rated_periods=min(one.periods for one, _factor_, _count in rates),
        runs_out_at=_runs_out_at(period, expected_rate, ground.now, feeds) if enough_data else None,
    )


def reached(budget: Budget, found: Known | Unknown) -> tuple[Decimal, ...]:
    """The thresholds that the expected spend comes to; none where that is unknown, or from too little data."""
    if isinstance(found, Unknown) or not found.enough_data or found.expected <= 0:
        return ()
    limit = budget.amount or found.expected
    return tuple(part for part in budget.thresholds if found.expected >= ROUNDING.multiply(part, limit))


def _rated(budget: Budget, feed: Feed, ground: Ground, hours: Sequence[Hours]) -> list[Decimal]:
    """What each of the feed's rated periods cost within the budget's scope, oldest first."""
    covered = reach(budget.scope, ground.feeds)
    whose = frozenset({feed.key.project_id, feed.project_name})
    inside = [one.amounts_nano for one in hours if covered.covers_cost(one.category, whose, one.tags)]
    if not inside:
        return [Decimal(0)] * len(hours[0].amounts_nano) if hours else []
    return [from_nano(sum(each)) for each in zip(*inside, strict=True)]


def _period(feed: Feed) -> timedelta:
    return timedelta(seconds=feed.collect_period_s)


def _enough(budget: Budget, feed: Feed) -> int:
    return -(-_ENOUGH.get(budget.calendar.kind, _DAY) // _period(feed))


def _factor(currency: str, budget: Budget, period: PeriodSum, ground: Ground) -> Decimal:
    """What one unit of a feed's currency is in the budget's, at the rates that its accrued cost is told by. Raises UnknownAmount."""
    if currency == budget.currency:
        return Decimal(1)
    rates = ground.rates
    return ROUNDING.divide(rates.at(currency, ground.now), rates.at(budget.currency, period.window.begin))


def _at_end(period: PeriodSum, to_come_: Sequence[tuple[Decimal, Decimal, int]]) -> Decimal:
    """The actual spend and what is to come: amounts per rated period, their factors and counts. In the ledger's units."""
    total = period.actual
    for amount, factor, count in to_come_:
        total = ROUNDING.add(total, ROUNDING.multiply(ROUNDING.multiply(amount, factor), Decimal(count)))
    return ROUNDING.quantize(total, _LEDGER_UNIT)


def _runs_out_at(period: PeriodSum, per_second: Decimal, now: datetime, feeds: Sequence[Feed]) -> datetime | None:
    """What is spent at the present rate from the end of the collect period that runs now, which is in the actual spend as a whole."""
    left = ROUNDING.subtract(period.limit, period.actual)
    if left <= 0 and (period.actual > 0 or per_second > 0):
        return now
    if per_second <= 0:
        return None
    begin = max(ceil_to(now, feed.collect_period_s) for feed in feeds)
    seconds = ROUNDING.divide(left, per_second)
    # Compared as numbers: a moment thousands of years ahead has no date.
    if seconds >= Decimal(int((period.window.end - begin).total_seconds())):
        return None
    return begin + timedelta(seconds=int(seconds))
