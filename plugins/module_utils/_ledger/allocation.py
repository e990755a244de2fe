# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Shared costs, given to those who use them by the splits of the owner's policy
(design/ledger.md#shared-costs). Nothing of it is stored: entries stay where they were recorded.

Every entry is divided for itself, so that each sum over parts is the same however it is grouped.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise
from math import lcm
from typing import Any, NamedTuple, TypeAlias

from .._core.errors import UnknownAmount
from .._core.periods import Calendar, Window, period_at
from .._core.rates import Rates, SplitRules
from .._core.spans import overlap
from . import totals
from .dimension_sets import canonical_tags
from .policy import split_rules
from .policy_history import read_history
from .totals import Selection, Total
from .transaction import Transaction, read

BY_SHARES, BY_COST, EVENLY = METHODS = ("shares", "cost", "even")
TO_PROJECT = "project"
#: What entries of a shared cost are told apart by.
_DIMENSIONS = ("charge_category", "category", "cloud", "region", "project_id", "project_name", "tags")
_BY = (*_DIMENSIONS, *totals.OF_ENTRIES, "amount", "reversal")
#: A condition of a selection -> the keys of which one has to be in its list.
_CONDITIONS: Mapping[str, tuple[str, ...]] = {
    "categories": ("category",),
    "charge_categories": ("charge_category",),
    "clouds": ("cloud",),
    "regions": ("region",),
    "projects": ("project_id", "project_name"),
    "sources": ("source",),
    "metrics": ("metric",),
    "resources": ("resource", "resource_name"),
}
CONDITIONS = (*_CONDITIONS, "tags")
Keys: TypeAlias = Mapping[str, Any]


class Receiver(NamedTuple):
    """Who gets a part of a cost. id: of the project, None where only its name is known; of a tag its value.
    weight: its part of the sum of all weights, 1 or more.
    """

    id: str | None
    name: str | None
    weight: int


@dataclass(frozen=True)
class Split:
    """A shared cost, and how it is divided, as the policy has it.

    cost, of: conditions of a selection by name. by: of METHODS. shares: receiver -> weight. to: project, or
    tag: and a name. budgets: the names of those that count the parts.
    """

    name: str
    cost: Mapping[str, Any]
    by: str
    shares: Mapping[str, str] = field(default_factory=dict)
    of: Mapping[str, Any] = field(default_factory=dict)
    to: str = TO_PROJECT
    budgets: Sequence[str] = ()

    def given_to(self, keys: Keys, receiver: Receiver) -> dict[str, Any]:
        """The keys of a part of an entry with these keys."""
        if self.to == TO_PROJECT:
            return {**keys, "project_id": receiver.id, "project_name": receiver.name}
        tags = {**json.loads(keys["tags"]), self.to.removeprefix(totals.TAG): receiver.id}
        return {**keys, "tags": canonical_tags(tags)}


class Move(NamedTuple):
    """What a division changes: so much more, in 1e-9 of the currency, of a cost with these keys."""

    keys: Keys
    currency: str
    amount_nano: int
    split: str


class _Cell(NamedTuple):
    """Entries of a shared cost that are alike. entry_count: of reversals below zero."""

    keys: Keys
    currency: str
    each_nano: int
    entry_count: int


def divided(amount: int, weights: Sequence[int]) -> list[int]:
    """Parts of an amount by weights: each less than one unit from its exact share, and their sum the amount.

    The parts of a reversal are those of what it reverses, turned. weights: 0 or more, not all of them 0.
    """
    sign, whole = (-1 if amount < 0 else 1), sum(weights)
    ends = [abs(amount) * upto // whole for upto in accumulate(weights, initial=0)]
    return [sign * (end - begin) for begin, end in pairwise(ends)]


def matches(conditions: Mapping[str, Any], keys: Keys) -> bool:
    """Whether an entry with these keys meets every condition, as it is asked of the database."""
    for name, of_keys in _CONDITIONS.items():
        wanted = conditions.get(name)
        if wanted is not None and not any(keys.get(key) in wanted for key in of_keys):
            return False
    tags = conditions.get("tags")
    return not tags or tags.items() <= json.loads(keys["tags"]).items()


class Allocation:
    """Divides the shared costs of a ledger while it is open."""

    def __init__(
        self,
        transaction: Transaction,
        rates: Rates,
        as_of: datetime | None = None,
        names: Collection[str] | None = None,
    ) -> None:
        """rates: in force, with the splits of the same policy. names: the splits that count, None for all; an
        entry belongs to the first split of the policy that it matches, also to one that does not count.
        """
        self._transaction, self._rates, self._as_of = transaction, rates, as_of
        rules = rates.splits if as_of is None else _rules_then(transaction, as_of)
        self._all = tuple(Split(**row) for row in rules.rows)
        self.splits = tuple(one for one in self._all if names is None or one.name in names)
        self._calendar = Calendar("monthly", rules.zone)
        self._receivers: dict[tuple[str, Window], list[Receiver]] = {}
        self._shared: dict[Window, list[_Cell]] = {}
        #: Why a shared cost is not divided, one sentence each.
        self.problems: dict[str, None] = {}

    def split_of(self, keys: Keys) -> Split | None:
        """The split that an entry with these keys is divided by; None for one that is nobody else's."""
        first = self._first(keys)
        return first if first in self.splits else None

    def receivers(self, split: Split, moment: datetime) -> list[Receiver]:
        """Who gets the cost of a split that falls at that moment, and how much of it by the costs of its
        month; nobody where that is not known.
        """
        month = self._month(moment)
        known = self._receivers.get((split.name, month))
        if known is None:
            known = self._receivers[split.name, month] = self._weighed(split, month)
        if not known:
            self.problems[
                f"The shared cost '{split.name}' of {month.begin:%Y-%m} is not divided, as nobody has a cost"
                " to divide it by."
            ] = None
        return known

    def moves(self, windows: Sequence[Window]) -> list[list[Move]]:
        """For each window what is taken from where it was recorded, and what is given to whom."""
        parts = [(number, part) for number, window in enumerate(windows) for part in self._by_month(window)]
        found: list[list[Move]] = [[] for _window in windows]
        for split in self.splits:
            cells = self._cells(split, [part for _number, part in parts])
            for (number, part), of_part in zip(parts, cells, strict=True):
                receivers = self.receivers(split, part.begin) if of_part else []
                for cell in of_part if receivers else ():
                    found[number] += _moves_of(split, cell, receivers)
        return found

    def _month(self, moment: datetime) -> Window:
        month = period_at(self._calendar, moment)
        if month is None:
            raise ValueError("months have no gaps")
        return month

    def _by_month(self, window: Window) -> list[Window]:
        found, begin = [], window.begin
        while begin < window.end:
            part = overlap(Window(begin, window.end), self._month(begin))
            found.append(part)
            begin = part.end
        return found

    def _cells(self, split: Split, windows: Sequence[Window]) -> list[list[_Cell]]:
        """What of each window belongs to the split, by one statement."""
        if not windows:
            return []
        whole = Window(min(one.begin for one in windows), max(one.end for one in windows))
        selection = _selection(split.cost, whole)
        asked = totals.by_time(self._transaction, selection, windows, _BY, self._as_of)
        return [
            [cell for cell in map(_cell, of_window) if cell.each_nano and self._first(cell.keys) is split]
            for of_window in asked
        ]

    def _first(self, keys: Keys) -> Split | None:
        return next((one for one in self._all if matches(one.cost, keys)), None)

    def _weighed(self, split: Split, month: Window) -> list[Receiver]:
        """The receivers with their weights; none if nobody has a weight, or one is not known."""
        if split.by == BY_SHARES:
            return self._by_shares(split)
        sums, names = self._costs(split, month)
        try:
            weights = {
                one: Fraction(1) if split.by == EVENLY else amount
                for one, amount in self._comparable(sums, month.begin).items()
            }
        except UnknownAmount as error:
            self.problems[str(error)] = None
            return []
        multiple = lcm(*(weight.denominator for weight in weights.values()))
        return [
            Receiver(*names[one], int(weight * multiple))
            for one, weight in sorted(weights.items())
            if weight > 0
        ]

    def _by_shares(self, split: Split) -> list[Receiver]:
        weights = {name: Fraction(text) for name, text in split.shares.items()}
        multiple = lcm(*(weight.denominator for weight in weights.values()))
        return [
            Receiver(*self._project(split, name), int(weight * multiple))
            for name, weight in sorted(weights.items())
        ]

    def _project(self, split: Split, name: str) -> tuple[str | None, str | None]:
        """ID and name of the project that a share names by one of them, as far as the ledger knows it."""
        if split.to != TO_PROJECT:
            return name, None
        known = [one for one in self._projects if name in one]
        ids = {number for number, _name in known if number is not None}
        if len(ids) > 1:
            self.problems[
                f"The shared cost '{split.name}' names project {name}, of which there are {len(ids)}; name"
                " their IDs."
            ] = None
        if not ids:
            return None, name
        number = name if name in ids else min(ids)
        return number, next((label for one, label in known if one == number and label is not None), None)

    @cached_property
    def _projects(self) -> list[tuple[str | None, str | None]]:
        """ID and name of every project that the ledger has."""
        asked = "SELECT DISTINCT project_id, project_name FROM dimension_set ORDER BY 1, 2"
        return [(row[0], row[1]) for row in read(self._transaction, asked)]

    def _costs(
        self, split: Split, month: Window
    ) -> tuple[dict[str, dict[str, int]], dict[str, tuple[str | None, str | None]]]:
        """The costs that a split is divided by, and by receiver its ID and name: by currency in 1e-9. What is
        shared itself is none of them.
        """
        by = ("project_id", "project_name") if split.to == TO_PROJECT else (split.to,)
        found = totals.totals(self._transaction, _selection(split.of, month), by, self._as_of)
        shared = [
            Total(
                _keys_by(cell.keys, by),
                cell.currency,
                -cell.each_nano * abs(cell.entry_count),
                -cell.entry_count,
            )
            for cell in self._shared_of(month)
            if matches(split.of, cell.keys)
        ]
        sums: dict[str, dict[str, int]] = {}
        counts: dict[str, int] = {}
        names: dict[str, tuple[str | None, str | None]] = {}
        for total in (*found, *shared):
            number, name = (*total.keys.values(), None)[:2]
            one = number or name
            if one is not None:
                of_one = sums.setdefault(one, {})
                of_one[total.currency] = of_one.get(total.currency, 0) + total.amount_nano
                counts[one] = counts.get(one, 0) + total.entry_count
                names[one] = (number, name or names.get(one, (None, None))[1])
        return {one: of_one for one, of_one in sums.items() if counts[one]}, names

    def _shared_of(self, month: Window) -> list[_Cell]:
        """What any split of the policy divides in a month."""
        known = self._shared.get(month)
        if known is None:
            known = [cell for one in self._all for cell in self._cells(one, [month])[0]]
            self._shared[month] = known
        return known

    def _comparable(self, sums: Mapping[str, Mapping[str, int]], moment: datetime) -> dict[str, Fraction]:
        """Costs by currency as numbers that can be compared: as they are where all are in one currency.

        Raises UnknownAmount.
        """
        currencies = {currency for of_one in sums.values() for currency, nano in of_one.items() if nano}
        worth = (
            dict.fromkeys(currencies, Fraction(1))
            if len(currencies) < 2
            else {currency: Fraction(self._rates.at(currency, moment)) for currency in currencies}
        )
        return {
            one: sum((nano * worth[currency] for currency, nano in of_one.items() if nano), Fraction(0))
            for one, of_one in sums.items()
        }


def by_time(
    allocation: Allocation | None,
    transaction: Transaction,
    selection: Selection,
    windows: Sequence[Window],
    by: Sequence[str] = (),
    as_of: datetime | None = None,
) -> list[list[Total]]:
    """totals.by_time() where shared costs are those of who gets them; as they were recorded without an
    allocation. What is moved counts as no entry.
    """
    found = totals.by_time(transaction, selection, windows, by, as_of)
    if allocation is None:
        return found
    conditions = {name: getattr(selection, name) for name in CONDITIONS}
    cut = [overlap(one, selection.window) for one in windows]
    for of_window, moves in zip(found, allocation.moves(cut), strict=True):
        of_window += [
            Total(_keys_by(move.keys, by), move.currency, move.amount_nano, 0)
            for move in moves
            if matches(conditions, move.keys)
        ]
    return found


def _rules_then(transaction: Transaction, as_of: datetime) -> SplitRules:
    """The splits of the policy that was in force at a moment."""
    versions, _rates = read_history(transaction)
    then = [one.rules for one in versions if one.recorded_at <= as_of]
    return split_rules(then[-1] if then else None)


def _selection(conditions: Mapping[str, Any], window: Window) -> Selection:
    lists: dict[str, Any] = {
        name: value if name == "tags" else tuple(value)
        for name, value in conditions.items()
        if value is not None
    }
    return Selection(window, **lists)


def _cell(total: Total) -> _Cell:
    """Entries that are alike, of which the ledger tells the sum."""
    keys = {name: value for name, value in total.keys.items() if name not in ("amount", "reversal")}
    return _Cell(keys, total.currency, int(total.keys["amount"] or 0), total.entry_count)


def _moves_of(split: Split, cell: _Cell, receivers: Sequence[Receiver]) -> list[Move]:
    count = abs(cell.entry_count)
    parts = divided(cell.each_nano, [one.weight for one in receivers])
    return [
        Move(cell.keys, cell.currency, -cell.each_nano * count, split.name),
        *(
            Move(split.given_to(cell.keys, one), cell.currency, part * count, split.name)
            for one, part in zip(receivers, parts, strict=True)
        ),
    ]


def _keys_by(keys: Keys, by: Iterable[str]) -> dict[str, str | None]:
    """What a sum is grouped by, of an entry with these keys."""
    tags: dict[str, str] = json.loads(keys["tags"])
    known = {**keys, "project": keys["project_id"] or keys["project_name"]}
    return {
        name: tags.get(name.removeprefix(totals.TAG)) if name.startswith(totals.TAG) else known[name]
        for name in by
    }
