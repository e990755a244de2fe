# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a gate rests on, read once for any number of budgets (design/gate.md#what-counts,
design/reservations.md#never-counted-twice).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from .._core.periods import Window
from .._core.rates import Rates
from .._ledger import feeds, holds
from .._ledger.budgets import TAX_INCLUDED, Budget, Scope
from .._ledger.dimension_sums import IS_TAX, TAX_CHARGE, by_dimensions
from .._ledger.feeds import Feed
from .._ledger.holds import BY_ENTRY, COMMITTED, HELD, Hold, HoldLine
from .._ledger.overrides import Override
from .._ledger.seen_values import SeenValues, read_seen
from .asked_periods import asked_periods
from .request import Request

if TYPE_CHECKING:
    from .._ledger.totals import Total
    from .._ledger.transaction import Transaction

#: The columns that sums are grouped by, so that every scope can find its own.
COST_DIMENSIONS = ("category", "project_id", "project_name", "region", "tags", "charge_category")


@dataclass(frozen=True)
class CostSum:
    """The sum of the ledger's entries of one category, project (its ID and name), tag set, region and
    currency, in units of 1e-9. is_tax: of entries that are a tax.

    A column that no scope uses is not grouped by, and empty.
    """

    category: str
    projects: frozenset[str]
    tags: frozenset[tuple[str, str]]
    currency: str
    amount_nano: int
    region: str | None = None
    is_tax: bool = False


@dataclass(frozen=True)
class OutstandingHold:
    """A line of a hold that still counts, as no cost has taken its place."""

    name: str
    line: HoldLine
    counts_at: datetime
    held_at: datetime


@dataclass(frozen=True)
class Snapshot:
    """What a gate rests on: the moment, the ledger's sums, its feeds, the rates, outstanding holds
    and usable overrides.

    costs: the sums of a window, grouped by the columns that the scope uses, without tax unless the scope
    counts it; KeyError for a window or a scope that was not read. settled: holds that count no more, as
    imported costs have taken their place. projects: ids and names that feeds carry or budgets name; None: not
    read. seen: reads what entries were ever told apart by, while the ledger is open.
    """

    now: datetime
    costs: Callable[[Window, Scope], Sequence[CostSum]]
    feeds: Sequence[Feed]
    rates: Rates
    outstanding: Sequence[OutstandingHold] = ()
    overrides: Sequence[Override] = ()
    settled: Sequence[Hold] = ()
    projects: frozenset[str] | None = None
    seen: Callable[[], SeenValues] = SeenValues


def read_snapshot(
    transaction: Transaction,
    rates: Rates,
    now: datetime,
    budgets: Sequence[Budget],
    request: Request,
    without: tuple[str, int] | None = None,
) -> Snapshot:
    """The snapshot for these budgets and that request. It reads all sums with one statement,
    feeds and holds once.

    without: name and generation of a hold to leave out, as it is the one that is decided.
    """
    known = feeds.read_all(transaction)
    found = [hold for hold in holds.counting(transaction, now) if (hold.name, hold.generation) != without]
    lines_of = {hold: outstanding_lines(hold, known, now) for hold in found}
    return Snapshot(
        now=now,
        costs=_costs(
            transaction, _segments(budgets, request, rates, now), [budget.scope for budget in budgets]
        ),
        feeds=known,
        rates=rates,
        outstanding=tuple(line for each in lines_of.values() for line in each),
        settled=tuple(hold for hold, each in lines_of.items() if not each),
        projects=frozenset(
            name
            for names in (
                *((feed.key.project_id, feed.project_name) for feed in known),
                *(budget.scope.projects for budget in budgets),
            )
            for name in names
        ),
        seen=cache(lambda: read_seen(transaction)),
    )


def read_known_names(transaction: Transaction, rates: Rates, now: datetime) -> Snapshot:
    """A snapshot without costs and holds, for the warnings of a definition."""
    seen = cache(lambda: read_seen(transaction))
    return replace(empty_snapshot(rates, now), feeds=feeds.read_all(transaction), seen=seen)


def _segments(budgets: Iterable[Budget], request: Request, rates: Rates, now: datetime) -> list[Window]:
    """Every window whose sum a budget needs. Budgets share few calendars."""
    calendars = {budget.calendar for budget in budgets}
    periods = {window for calendar in calendars for window in asked_periods(calendar, request, now)}
    return sorted(
        {segment for period in periods for segment in rates.segments(period)}, key=lambda one: one.begin
    )


def _costs(
    transaction: Transaction, windows: Sequence[Window], scopes: Iterable[Scope]
) -> Callable[[Window, Scope], Sequence[CostSum]]:
    """The ledger's sums of these windows, grouped only by the columns that these scopes use: so each budget
    has fewer sums to look at.
    """
    told_by = {name for scope in scopes for name in _goes_by(scope)}
    columns = ["currency", IS_TAX, *sorted(told_by)]
    found = {
        window: [
            _cost(dict(zip(columns, values, strict=True)), amount_nano)
            for values, amount_nano in each.items()
        ]
        for window, each in zip(windows, by_dimensions(transaction, windows, columns), strict=True)
    }
    without_tax = {window: [one for one in sums if not one.is_tax] for window, sums in found.items()}

    def costs(window: Window, scope: Scope) -> Sequence[CostSum]:
        if missing := _goes_by(scope) - told_by:
            raise KeyError(*missing)
        return (found if scope.tax == TAX_INCLUDED else without_tax)[window]

    return costs


def _goes_by(scope: Scope) -> set[str]:
    """The columns that the scope uses."""
    of_kinds = (
        (scope.categories, {"category"}),
        (scope.projects, {"project_id", "project_name"}),
        (scope.regions, {"region"}),
        (scope.tags, {"tags"}),
    )
    return {name for wanted, names in of_kinds if wanted for name in names}


def cost_sum_of(total: Total) -> CostSum:
    """The CostSum of a total that is grouped by COST_DIMENSIONS."""
    keys = {**total.keys, "currency": total.currency, IS_TAX: total.keys["charge_category"] == TAX_CHARGE}
    return _cost(keys, total.amount_nano)


def _cost(keys: Mapping[str, Any], amount_nano: int) -> CostSum:
    return CostSum(
        category=keys.get("category") or "",
        projects=frozenset(filter(None, (keys.get("project_id"), keys.get("project_name")))),
        tags=_tags(keys.get("tags") or "{}"),
        currency=str(keys["currency"]),
        amount_nano=amount_nano,
        region=keys.get("region"),
        is_tax=bool(keys.get(IS_TAX)),
    )


@lru_cache(maxsize=4096)
def _tags(stored: str) -> frozenset[tuple[str, str]]:
    """The tags of a set as the ledger holds them; a set comes once for every category, project and window."""
    return frozenset(json.loads(stored).items())


def empty_snapshot(rates: Rates, now: datetime) -> Snapshot:
    """The snapshot of a ledger that does not exist yet."""
    return Snapshot(now, lambda _window, _scope: (), (), rates)


def outstanding_lines(hold: Hold, known: Sequence[Feed], now: datetime) -> list[OutstandingHold]:
    """The lines of a hold that count at that moment.

    All lines count until the hold expires. A commit that an entry settles has none. Of a commit that an
    import settles, a line counts until every feed of its project has rated one collect period after the
    commit: from then on the run rate contains it (design/reservations.md#never-counted-twice).
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
    # Without a feed no cost ever takes the line's place, so it stays.
    return bool(carrying) and all(
        feed.rated_through >= committed_at + timedelta(seconds=feed.collect_period_s) for feed in carrying
    )
