# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a gate stands on, read once for any number of budgets (design/gate.md#what-counts,
design/reservations.md#never-counted-twice).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from .._core.periods import Window
from .._core.rates import Rates
from .._ledger import feeds, holds
from .._ledger.budgets import Budget, Scope
from .._ledger.dimension_sums import by_dimensions
from .._ledger.feeds import Feed
from .._ledger.holds import BY_ENTRY, COMMITTED, HELD, Hold, HoldLine
from .._ledger.overrides import Override
from .asked_periods import asked_periods
from .request import Request

if TYPE_CHECKING:
    from .._ledger.totals import Total
    from .._ledger.transaction import Transaction

#: What sums have to be told by, for budgets to find those in their scope.
BY = ("category", "project_id", "project_name", "tags")


@dataclass(frozen=True)
class Cost:
    """What the ledger's entries of one category, project (its id and name), tag set and currency sum up to,
    in 1e-9 units.

    What no scope goes by is not told apart, and empty.
    """

    category: str
    projects: frozenset[str]
    tags: frozenset[tuple[str, str]]
    currency: str
    amount_nano: int


@dataclass(frozen=True)
class OutstandingHold:
    """A line of a hold that counts now, as no cost has taken its place yet."""

    name: str
    line: HoldLine
    counts_at: datetime
    held_at: datetime


@dataclass(frozen=True)
class Snapshot:
    """The moment, the ledger's sums of a window, its feeds, the rates, what is promised, and overrides that
    the one who asks may use.

    costs: told apart by all that the scope goes by; KeyError for a window or a scope that was not read.
    settled: the holds whose place an import has taken, which count no more.
    """

    now: datetime
    costs: Callable[[Window, Scope], Sequence[Cost]]
    feeds: Sequence[Feed]
    rates: Rates
    promises: Sequence[OutstandingHold] = ()
    overrides: Sequence[Override] = ()
    settled: Sequence[Hold] = ()


def read(
    transaction: Transaction,
    rates: Rates,
    now: datetime,
    budgets: Sequence[Budget],
    request: Request,
    without: tuple[str, int] | None = None,
) -> Snapshot:
    """Snapshot read from the ledger for these budgets and that request: all sums with one statement, feeds
    and holds once.

    without: name and generation of the hold that is left out, because it is the one that asks.
    """
    known = feeds.read_all(transaction)
    found = [hold for hold in holds.counting(transaction, now) if (hold.name, hold.generation) != without]
    promised = {hold: promises(hold, known, now) for hold in found}
    return Snapshot(
        now=now,
        costs=_costs(
            transaction, _segments(budgets, request, rates, now), [budget.scope for budget in budgets]
        ),
        feeds=known,
        rates=rates,
        promises=tuple(promise for each in promised.values() for promise in each),
        settled=tuple(hold for hold, each in promised.items() if not each),
    )


def _segments(budgets: Iterable[Budget], request: Request, rates: Rates, now: datetime) -> list[Window]:
    """Every window whose sum will be asked for. Budgets share few calendars."""
    calendars = {budget.calendar for budget in budgets}
    periods = {window for calendar in calendars for window in asked_periods(calendar, request, now)}
    return sorted(
        {segment for period in periods for segment in rates.segments(period)}, key=lambda one: one.begin
    )


def _costs(
    transaction: Transaction, windows: Sequence[Window], scopes: Iterable[Scope]
) -> Callable[[Window, Scope], Sequence[Cost]]:
    """The ledger's sums of these windows, told apart by what these scopes go by: fewer sums to look at for
    each budget.
    """
    told_by = {name for scope in scopes for name in _goes_by(scope)}
    columns = ["currency", *sorted(told_by)]
    found = {
        window: [
            _cost(dict(zip(columns, values, strict=True)), amount_nano)
            for values, amount_nano in each.items()
        ]
        for window, each in zip(windows, by_dimensions(transaction, windows, columns), strict=True)
    }

    def costs(window: Window, scope: Scope) -> Sequence[Cost]:
        if missing := _goes_by(scope) - told_by:
            raise KeyError(*missing)
        return found[window]

    return costs


def _goes_by(scope: Scope) -> set[str]:
    """The columns that costs in the scope are found by."""
    of_kinds = (
        (scope.categories, {"category"}),
        (scope.projects, {"project_id", "project_name"}),
        (scope.tags, {"tags"}),
    )
    return {name for wanted, names in of_kinds if wanted for name in names}


def cost_of(total: Total) -> Cost:
    """A sum that is told by BY, ready for scopes."""
    return _cost({**total.keys, "currency": total.currency}, total.amount_nano)


def _cost(keys: Mapping[str, str | None], amount_nano: int) -> Cost:
    return Cost(
        category=keys.get("category") or "",
        projects=frozenset(filter(None, (keys.get("project_id"), keys.get("project_name")))),
        tags=_tags(keys.get("tags") or "{}"),
        currency=str(keys["currency"]),
        amount_nano=amount_nano,
    )


@lru_cache(maxsize=4096)
def _tags(stored: str) -> frozenset[tuple[str, str]]:
    """The tags of a set as the ledger holds them; a set comes once for every category, project and window."""
    return frozenset(json.loads(stored).items())


def empty(rates: Rates, now: datetime) -> Snapshot:
    """The snapshot of a ledger that is not there yet."""
    return Snapshot(now, lambda _window, _scope: (), (), rates)


def promises(hold: Hold, known: Sequence[Feed], now: datetime) -> list[OutstandingHold]:
    """What of a hold counts at that moment.

    All of it until it expires. Committed, nothing of one that its entry settles; of one that an import
    settles each line until every feed of the line's project has rated one collect period beyond the commit:
    from then on the run rate contains it (design/reservations.md#never-counted-twice).
    """
    lines: Sequence[HoldLine] = ()
    if hold.state == HELD and not hold.expired(now):
        lines = hold.lines
    elif (
        hold.state == COMMITTED
        and hold.settled_by != BY_ENTRY
        and not hold.settled
        and hold.committed_at is not None
    ):
        lines = [line for line in hold.lines if not _is_rated(line, hold.committed_at, known)]
    return [OutstandingHold(hold.name, line, hold.counts_at, hold.held_at) for line in lines]


def _is_rated(line: HoldLine, committed_at: datetime, known: Sequence[Feed]) -> bool:
    carrying = [
        feed
        for feed in known
        if not feed.retired
        and (line.project is None or line.project in (feed.key.project_id, feed.project_name))
    ]
    # No feed at all: nothing will ever take the line's place, so it stays.
    return bool(carrying) and all(
        feed.rated_through >= committed_at + timedelta(seconds=feed.collect_period_s) for feed in carrying
    )
