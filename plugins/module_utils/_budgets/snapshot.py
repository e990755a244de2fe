# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a gate rests on, read once for any number of budgets (design/gate.md#what-counts,
design/reservations.md#never-counted-twice).

What few gates need is imported where it is needed, as in budgets.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from math import gcd
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.errors import LedgerError
from .._core.periods import Window, is_far, iso, moment_of
from .._core.rates import Rates
from .._ledger import feeds, holds
from .._ledger.budgets import TAX_INCLUDED, Budget, Scope
from .._ledger.dimension_sums import IS_TAX, TAX_CHARGE, by_dimensions
from .._ledger.feeds import Feed
from .._ledger.holds import Hold
from .._ledger.later_entries import later_entries
from .asked_periods import asked_periods, asked_until
from .outstanding_holds import OutstandingHold, added_up, outstanding_lines
from .request import Request

if TYPE_CHECKING:
    from .._ledger.entries import Entry
    from .._ledger.overrides import Override
    from .._ledger.seen_values import SeenValues
    from .._ledger.totals import Total
    from .._ledger.transaction import Transaction

#: The columns that sums are grouped by, so that every scope can find its own.
COST_DIMENSIONS = ("category", "project_id", "project_name", "region", "tags", "charge_category")


class CostSum(NamedTuple):
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


def _nothing_seen() -> SeenValues:
    from .._ledger.seen_values import SeenValues

    return SeenValues()


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
    seen: Callable[[], SeenValues] = _nothing_seen
    #: When entries begin behind the next period of a budget, and of which dimensions they are.
    later: Sequence[tuple[datetime, CostSum]] = ()


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
        (moment_of(begin), _cost(dict(zip(columns, values, strict=True)), 0))
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
    )


def read_known_names(transaction: Transaction, rates: Rates, now: datetime) -> Snapshot:
    """A snapshot without costs and holds, for the warnings of a definition."""
    seen = cache(lambda: _read_seen(transaction))
    return replace(empty_snapshot(rates, now), feeds=feeds.read_all(transaction), seen=seen)


def columns_of(scopes: Iterable[Scope]) -> list[str]:
    """The columns that these scopes use."""
    return ["currency", IS_TAX, *sorted({name for scope in scopes for name in _goes_by(scope)})]


def read_costs(
    transaction: Transaction, windows: Sequence[Window], columns: Sequence[str]
) -> Callable[[Window, Scope], Sequence[CostSum]]:
    """The ledger's sums of these windows, grouped only by the columns that the scopes use: so each budget has
    fewer sums to look at.
    """
    found = {
        window: [
            _cost(dict(zip(columns, values, strict=True)), amount_nano)
            for values, amount_nano in each.items()
        ]
        for window, each in zip(windows, by_dimensions(transaction, windows, columns), strict=True)
    }
    without_tax = {window: [one for one in sums if not one.is_tax] for window, sums in found.items()}

    def costs(window: Window, scope: Scope) -> Sequence[CostSum]:
        if missing := _goes_by(scope) - set(columns):
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


def cost_sum_of_entry(entry: Entry, sign: int = 1) -> CostSum:
    """The CostSum of one entry; of sign -1 what takes it back."""
    return CostSum(
        category=entry.category,
        projects=frozenset(filter(None, (entry.project_id, entry.project_name))),
        tags=frozenset(entry.tags.items()),
        currency=entry.currency,
        amount_nano=sign * entry.amount_nano,
        region=entry.region,
        is_tax=entry.charge_category == TAX_CHARGE,
    )


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
