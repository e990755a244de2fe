# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a gate rests on, read once for any number of budgets (design/gate.md#what-counts,
design/reservations.md#never-counted-twice).

What few gates need is imported where it is needed, as in budgets.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from math import gcd
from typing import TYPE_CHECKING

from .._core.errors import LedgerError
from .._core.periods import Window, is_far, iso, moment_of
from .._core.rates import Rates
from .._ledger import feeds, holds
from .._ledger.budgets import Budget, Scope
from .._ledger.feeds import Feed
from .._ledger.holds import Hold
from .._ledger.later_entries import later_entries
from .asked_periods import asked_periods, asked_until
from .cost_sums import CostSum, columns_of, cost_sum, read_costs
from .outstanding_holds import OutstandingHold, added_up, outstanding_lines
from .request import Request

if TYPE_CHECKING:
    from .._ledger.overrides import Override
    from .._ledger.seen_values import SeenValues
    from .._ledger.transaction import Transaction
    from .shared_costs import SharedCosts


def _nothing_seen() -> SeenValues:
    from .._ledger.seen_values import SeenValues

    return SeenValues()


def _nothing_shared(_name: str) -> None:
    return None


def _read_seen(transaction: Transaction) -> SeenValues:
    from .._ledger.seen_values import read_seen

    return read_seen(transaction)


@dataclass(frozen=True)
class Snapshot:
    """What a gate rests on: the moment, the ledger's sums, its feeds, the rates, outstanding holds
    and usable overrides.

    costs: the sums of a window, grouped by the columns that the scope uses, without tax unless the scope
    counts it; KeyError for a window or a scope that was not read. settled: holds that count no more, as
    imported costs have taken their place. projects: ids and names that feeds carry or budgets name; None: not
    read. seen: reads what entries were ever told apart by, while the ledger is open. shared: by name, what
    shared costs change of the budgets that count their parts.
    """

    now: datetime
    costs: Callable[[Window, Scope], Sequence[CostSum]]
    feeds: Sequence[Feed]
    rates: Rates
    outstanding: Sequence[OutstandingHold] = ()
    overrides: Sequence[Override] = ()
    settled: Sequence[Hold] = ()
    projects: frozenset[str] | None = None
    seen: Callable[[], SeenValues] = _nothing_seen
    #: When entries begin behind the next period of a budget, and of which dimensions they are.
    later: Sequence[tuple[datetime, CostSum]] = ()
    shared: Callable[[str], SharedCosts | None] = _nothing_shared


def read_snapshot(
    transaction: Transaction,
    rates: Rates,
    now: datetime,
    budgets: Sequence[Budget],
    request: Request,
    without: tuple[str, int] | None = None,
    counted: Hold | None = None,
) -> Snapshot:
    """The snapshot for these budgets and that request. It reads all sums with one statement, and another one
    each for what lies ahead, for feeds and for holds.

    without: name and generation of a hold to leave out, as it is the one that is decided; counted: what
    counts in its place.
    """
    known = feeds.read_all(transaction)
    # A running line counts from the begin of a collect period: as one are those that begin in the same one of
    # every feed.
    step_s = gcd(3600, *(feed.collect_period_s for feed in known))
    counting = (*holds.awaiting(transaction), *holds.open_with_removals(transaction, now))
    found = [hold for hold in counting if (hold.name, hold.generation) != without]
    found += [] if counted is None else [counted]
    lines_of = {hold: outstanding_lines(hold, known, now, budgets) for hold in found}
    outstanding = (
        *(
            OutstandingHold((alike.name,), alike.line, alike.held_at, more=alike.hold_count - 1)
            for alike in holds.open_lines(transaction, now, step_s, without)
        ),
        *added_up([line for each in lines_of.values() for line in each], step_s),
    )
    for one in outstanding:
        if is_far(one.line.at) or is_far(one.line.until):
            raise LedgerError(
                f"A line of the hold '{one.name}' lies beyond the year 9000; release that hold."
            )
    columns = columns_of(budget.scope for budget in budgets)
    ahead = min((asked_until(budget.calendar, now) for budget in budgets), default=now)
    later = [
        (moment_of(begin), cost_sum(dict(zip(columns, values, strict=True)), 0))
        for begin, *values in later_entries(transaction, ahead, columns)
    ]
    if later and is_far(later[-1][0]):
        raise LedgerError(f"An entry of {iso(later[-1][0])} lies beyond the year 9000; take it back.")
    periods = {
        window
        for budget in budgets
        for window in asked_periods(budget, request, now, known, outstanding, later)
    }
    segments = {segment for period in periods for segment in rates.segments(period)}
    return Snapshot(
        now=now,
        costs=read_costs(transaction, sorted(segments, key=lambda one: one.begin), columns),
        feeds=known,
        rates=rates,
        outstanding=outstanding,
        settled=tuple(hold for hold, each in lines_of.items() if not each),
        projects=frozenset(
            name
            for names in (
                *((feed.key.project_id, feed.project_name) for feed in known),
                *(budget.scope.projects for budget in budgets),
            )
            for name in names
        ),
        seen=cache(lambda: _read_seen(transaction)),
        later=later,
        shared=shared_costs(transaction, rates, now, budgets, segments, known),
    )


def shared_costs(
    transaction: Transaction,
    rates: Rates,
    now: datetime,
    budgets: Sequence[Budget],
    windows: Collection[Window],
    feeds: Sequence[Feed],
) -> Callable[[str], SharedCosts | None]:
    """What tells by its name what shared costs change of one of these budgets; None where no split of the
    policy names it. It is read, while the ledger is open, of each once it is asked for: a gate that asks none
    of them reads nothing.
    """
    named = {name for row in rates.splits.rows for name in row["budgets"]}
    asking = {budget.name: budget for budget in budgets if budget.name in named}
    in_order = sorted(windows, key=lambda one: one.begin)

    @cache
    def of_budget(name: str) -> SharedCosts | None:
        if name not in asking:
            return None
        from .shared_costs import read_shared

        return read_shared(transaction, rates, now, asking[name], in_order, feeds)

    return of_budget


def read_known_names(transaction: Transaction, rates: Rates, now: datetime) -> Snapshot:
    """A snapshot without costs and holds, for the warnings of a definition."""
    seen = cache(lambda: _read_seen(transaction))
    return replace(empty_snapshot(rates, now), feeds=feeds.read_all(transaction), seen=seen)


def empty_snapshot(rates: Rates, now: datetime) -> Snapshot:
    """The snapshot of a ledger that does not exist yet."""
    return Snapshot(now, lambda _window, _scope: (), (), rates)
