# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What budgets had spent by a moment that may be past, and since when a limit is passed: for reports of a
window (design/reports.md#of-its-window).

The ledger keeps no earlier definitions of a budget: its limit is the one that it has now.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from .._core.money import ROUNDING
from .._core.periods import Calendar, Window, period_at
from .._core.spans import covers
from .._ledger.budgets import Budget, Scope
from .cost_sums import CostSum, columns_of, read_costs
from .coverage import problems
from .request import Request
from .snapshot import Snapshot, shared_costs
from .sums import period_sum

if TYPE_CHECKING:
    from decimal import Decimal

    from .._core.rates import Rates
    from .._ledger.feeds import Feed
    from .._ledger.transaction import Transaction
    from .shared_costs import SharedCosts

#: Of a period that is longer, the day is looked for; of others the hour.
_BY_DAY = timedelta(days=3)


class SpentUntil(NamedTuple):
    """A budget's period, up to a moment in it. spent: from entries alone, a lower bound if there are
    problems. over_by: how much more than the limit that is, None where it is not more. over_since: the
    begin of the day or hour in which the limit was passed.
    """

    budget: Budget
    period: Window
    spent: Decimal
    problems: tuple[str, ...]
    over_by: Decimal | None
    over_since: datetime | None


def spent_until(
    transaction: Transaction, budgets: Sequence[Budget], feeds: Sequence[Feed], rates: Rates, end: datetime
) -> list[SpentUntil]:
    """Of each budget the period that holds the moment before `end`, up to there; none of a budget whose
    custom period does not hold it.
    """
    periods = [
        (budget, period)
        for budget in budgets
        if (period := period_at(budget.calendar, end - timedelta(seconds=1))) is not None
    ]
    untils = {budget.name: Window(period.begin, min(period.end, end)) for budget, period in periods}
    segments = {segment for until in untils.values() for segment in rates.segments(until)}
    columns = columns_of(budget.scope for budget, _period in periods)
    costs = read_costs(transaction, sorted(segments, key=lambda one: one.begin), columns)
    shared = shared_costs(transaction, rates, end, [budget for budget, _period in periods], segments, feeds)
    # A feed that is rated beyond that moment knows all up to it.
    feeds = [replace(feed, rated_through=min(feed.rated_through, end)) for feed in feeds]
    found = []
    for budget, period in periods:
        until = untils[budget.name]
        snapshot = Snapshot(until.end, costs, feeds, rates, shared=shared)
        spent = period_sum(budget, until, Request(), snapshot).spent
        over = ROUNDING.subtract(spent, budget.amount)
        why = tuple(problems(budget, until, snapshot))
        found.append(SpentUntil(budget, period, spent, why, over if over > 0 else None, None))
    return _with_since(transaction, found, untils, feeds, rates)


def _with_since(
    transaction: Transaction,
    found: Sequence[SpentUntil],
    untils: Mapping[str, Window],
    feeds: Sequence[Feed],
    rates: Rates,
) -> list[SpentUntil]:
    """The same with over_since: one statement for all budgets of the same days."""
    alike: dict[tuple[Window, str], list[SpentUntil]] = {}
    for one in found:
        if one.over_by is not None:
            alike.setdefault((untils[one.budget.name], one.budget.calendar.zone), []).append(one)
    since: dict[str, datetime] = {}
    for (until, zone), each in alike.items():
        parts = [part for step in _steps(zone, until) for part in rates.segments(step)]
        costs = read_costs(transaction, parts, columns_of(one.budget.scope for one in each))
        budgets = [one.budget for one in each]
        shared = _shared_within(parts, shared_costs(transaction, rates, until.end, budgets, parts, feeds))
        snapshot = Snapshot(until.end, _within(parts, costs), feeds, rates, shared=shared)
        since |= {one.budget.name: _passed(one.budget, parts, snapshot) for one in each}
    return [one._replace(over_since=since.get(one.budget.name)) for one in found]


def _passed(budget: Budget, parts: Sequence[Window], snapshot: Snapshot) -> datetime:
    """The begin of the first day, or hour, at whose end the spend is more than the limit."""

    def is_over(part: Window) -> bool:
        window = Window(parts[0].begin, part.end)
        return period_sum(budget, window, Request(), snapshot).spent > budget.amount

    # A credit may bring it below the limit again: then this finds one of the times at which it was passed.
    return parts[bisect_left(parts, True, key=is_over)].begin


def _steps(zone: str, until: Window) -> Iterator[Window]:
    """The days of a zone in a window, or the hours of a short one."""
    calendar = Calendar("daily" if until.length > _BY_DAY else "hourly", zone)
    begin = until.begin
    while begin < until.end:
        period = period_at(calendar, begin)
        end = until.end if period is None else min(period.end, until.end)
        yield Window(begin, end)
        begin = end


def _within(
    parts: Sequence[Window], read: Callable[..., Sequence[CostSum]]
) -> Callable[..., Sequence[CostSum]]:
    """The costs of a window that is made of some of the parts, and of a scope where read() asks for one."""

    def costs(window: Window, *scope: Scope) -> Sequence[CostSum]:
        return [one for part in parts if covers(window, part) for one in read(part, *scope)]

    return costs


def _shared_within(
    parts: Sequence[Window], read: Callable[[str], SharedCosts | None]
) -> Callable[[str], SharedCosts | None]:
    """The same of what shared costs change."""

    def shared(name: str) -> SharedCosts | None:
        one = read(name)
        return None if one is None else replace(one, costs=_within(parts, one.costs))

    return shared
