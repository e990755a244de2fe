# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Stores of a program's costs and budgets: in memory or in the ledger (design/ledger.md#from-python)."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeAlias

from .._budgets.cost_sums import COST_DIMENSIONS, CostSum, cost_sum_of, cost_sum_of_entry
from .._budgets.definitions import refuse_lookalike
from .._budgets.known_budgets import find
from .._budgets.policy import refuse_frozen, refuse_untagged
from .._budgets.request import Request
from .._budgets.snapshot import Snapshot, read_snapshot
from .._budgets.verdict import touched
from .._core.errors import InvalidOption
from .._core.periods import LAST_YEAR, Window, now_utc, refuse_far_moment
from .._core.rates import Rates
from .._core.writer import recorded_by
from .._ledger import budgets, entries, holds, sql, totals
from .._ledger.budgets import Budget, Scope
from .._ledger.dimension_sets import canonical_tags
from .._ledger.entries import Entry as CostEntry
from .._ledger.policy import rates_of, read_policy
from .._ledger.totals import Selection, Total
from .guarded import guarded

#: How many entries are read at once.
_PAGE = 1000

#: The snapshot that a verdict on a request rests on.
SnapshotFor: TypeAlias = Callable[[Request], Snapshot]


@guarded
class CostStore(ABC):
    """A store of costs. A subclass gets checked entries only, and must be safe for threads."""

    @abstractmethod
    def save_entry(self, entry: CostEntry) -> str:
        """Store the entry in place of the one with its source and key. Returns `recorded`, `corrected`, or
        `unchanged` if both are equal.
        """

    @abstractmethod
    def get_entry(self, source: str, key: str) -> CostEntry | None:
        """The entry of that source and key."""

    @abstractmethod
    def get_entries(self, start: datetime, end: datetime, category: str | None = None) -> list[CostEntry]:
        """The entries from start (inclusive) to end (exclusive) in order of time, then of source and key."""

    def get_totals(self, start: datetime, end: datetime, by: Sequence[str] = ()) -> list[Total]:
        """The sums of those entries by currency and any of category, charge_category, project_id,
        project_name, region, resource and tags (JSON, sorted).

        In integers of 1e-9, so exact. A store that can sum by itself does so.
        """
        sums: dict[tuple[str | None, ...], tuple[int, int]] = {}
        for entry in self.get_entries(start, end):
            key = (*(_KEYS[name](entry) for name in by), entry.currency)
            amount_nano, count = sums.get(key, (0, 0))
            sums[key] = (amount_nano + entry.amount_nano, count + 1)
        return [
            Total(dict(zip(by, key[:-1], strict=True)), str(key[-1]), amount_nano, count)
            for key, (amount_nano, count) in sums.items()
        ]

    @abstractmethod
    def add_budget(self, budget: Budget) -> None:
        """Store a new budget. An equal one may exist already.

        Raises InvalidOption if a different one has its name.
        """

    @abstractmethod
    def get_budgets(self) -> list[Budget]:
        """Every budget, by name."""

    def rates_in_force(self, rates: Rates) -> Rates:
        """The rates that convert costs, for a program that has these; those, unless the store holds rates."""
        return rates

    @contextmanager
    def deciding(self, rates: Rates, now: datetime) -> Iterator[tuple[list[Budget], SnapshotFor]]:
        """The budgets and the snapshot for a request, as of one moment.

        A store that knows more than entries overrides this.
        """

        def costs(window: Window, scope: Scope) -> list[CostSum]:
            sums = map(cost_sum_of, self.get_totals(window.begin, window.end, COST_DIMENSIONS))
            return [one for one in sums if not one.is_tax or scope.tax == budgets.TAX_INCLUDED]

        found = self.get_entries(now, datetime(LAST_YEAR, 12, 31, 23, 59, 59, tzinfo=UTC))
        later = [(one.period.begin, cost_sum_of_entry(one)) for one in found if one.period.begin >= now]
        yield self.get_budgets(), lambda _request: Snapshot(now, costs, (), rates, later=later)


_KEYS: Mapping[str, Callable[[CostEntry], str | None]] = {
    "category": lambda entry: entry.category,
    "charge_category": lambda entry: entry.charge_category,
    "project_id": lambda entry: entry.project_id,
    "project_name": lambda entry: entry.project_name,
    "region": lambda entry: entry.region,
    "resource": lambda entry: entry.resource_id if entry.resource_id is not None else entry.resource_name,
    "tags": lambda entry: canonical_tags(entry.tags),
}


@guarded
class InMemoryCostStore(CostStore):
    """Costs in the memory of this process. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[tuple[str, str], CostEntry] = {}
        self._budgets: dict[str, Budget] = {}

    def save_entry(self, entry: CostEntry) -> str:
        """As CostStore says."""
        with self._lock:
            before = self._entries.get((entry.source, entry.key))
            self._entries[entry.source, entry.key] = entry
        if before is None:
            return entries.RECORDED
        return entries.UNCHANGED if before == entry else entries.CORRECTED

    def get_entry(self, source: str, key: str) -> CostEntry | None:
        """As CostStore says."""
        with self._lock:
            return self._entries.get((source, key))

    def get_entries(self, start: datetime, end: datetime, category: str | None = None) -> list[CostEntry]:
        """As CostStore says."""
        window = window_of(start, end)
        with self._lock:
            found = list(self._entries.values())
        return _in_order(
            entry
            for entry in found
            if window.contains(entry.period.begin) and (category is None or entry.category == category)
        )

    def add_budget(self, budget: Budget) -> None:
        """As CostStore says."""
        with self._lock:
            if _is_new(budget, list(self._budgets.values())):
                self._budgets[budget.name] = budget

    def get_budgets(self) -> list[Budget]:
        """As CostStore says."""
        with self._lock:
            return sorted(self._budgets.values(), key=lambda budget: budget.name)


@guarded
class SqlCostStore(CostStore):
    """The ledger that the modules of this collection use: durable, and shared by any number of
    programs and playbooks.

    url: as their option `ledger`; None for $FINOPS_LEDGER or the default file. The first cost makes a ledger
    that is missing; asking one that is missing, or cannot be read, raises LedgerError. timeout_seconds: how
    long to wait for another writer.
    """

    def __init__(self, url: str | None = None, timeout_seconds: int = sql.DEFAULT_TIMEOUT_SECONDS) -> None:
        self._options = sql.LedgerOptions(url, timeout_seconds)

    def save_entry(self, entry: CostEntry) -> str:
        """As CostStore says. A correction is a reversal and a new row: nothing is overwritten."""
        with sql.writing(self._options) as ledger:
            return entries.write(ledger.connection, entry, now_utc(), recorded_by()).outcome

    def get_entry(self, source: str, key: str) -> CostEntry | None:
        """As CostStore says; None too where there is no ledger yet."""
        if not sql.exists(self._options):
            return None
        with sql.reading(self._options) as ledger:
            row = entries.current(ledger.connection, source, key)
        return None if row is None else entries.stored(row)

    def get_entries(self, start: datetime, end: datetime, category: str | None = None) -> list[CostEntry]:
        """As CostStore says."""
        selection = Selection(
            window_of(start, end), categories=None if category is None else (str(category),)
        )
        found: list[CostEntry] = []
        after: int | None = None
        with sql.reading(self._options) as ledger:
            while page := totals.rows(ledger.connection, selection, _PAGE, after, valid_only=True):
                found += [entries.stored(row) for row in page]
                after = page[-1]["id"]
        return _in_order(found)

    def get_totals(self, start: datetime, end: datetime, by: Sequence[str] = ()) -> list[Total]:
        """As CostStore says, summed by the database."""
        with sql.reading(self._options) as ledger:
            return totals.totals(ledger.connection, Selection(window_of(start, end)), by)

    def add_budget(self, budget: Budget) -> None:
        """As CostStore says. It is a budget of the ledger, for playbooks too."""
        with sql.writing(self._options) as ledger:
            if _is_new(budget, budgets.read_all(ledger.connection)):
                budgets.save(ledger.connection, budget)

    def get_budgets(self) -> list[Budget]:
        """As CostStore says."""
        with sql.reading(self._options) as ledger:
            return budgets.read_all(ledger.connection)

    def rates_in_force(self, rates: Rates) -> Rates:
        """As CostStore says: the ledger's. Raises InvalidOption where the program may not have its own."""
        if not sql.exists(self._options):
            return rates
        with sql.reading(self._options) as ledger:
            return rates_of(ledger.connection, rates)

    @contextmanager
    def deciding(self, rates: Rates, now: datetime) -> Iterator[tuple[list[Budget], SnapshotFor]]:
        """As CostStore says; imported cost and what playbooks hold count as they do in a playbook, and so do
        the owner's rates and required tags.
        """
        with sql.reading(self._options) as ledger:
            connection = ledger.connection
            policy = read_policy(connection)
            in_force = policy.rates_in_force(rates)
            stored, moment = budgets.read_all(connection), holds.database_now(connection, now)

            def snapshot_for(request: Request) -> Snapshot:
                refuse_untagged(policy, request.lines)
                snapshot = read_snapshot(connection, in_force, moment, stored, request)
                refuse_frozen(policy, (one.name for one in touched(stored, request.lines, snapshot)))
                return snapshot

            yield stored, snapshot_for


def _is_new(budget: Budget, stored: Sequence[Budget]) -> bool:
    """Whether the budget does not exist yet.

    Raises InvalidOption if a different one has its name, or one whose name looks the same.
    """
    refuse_lookalike(budget.name, stored)
    before = find(stored, budget.name)
    if before is not None and before != budget:
        raise InvalidOption(
            "name", f"there is a different budget '{budget.name}'; use it as it is, or another name."
        )
    return before is None


def _in_order(found: Iterable[CostEntry]) -> list[CostEntry]:
    return sorted(found, key=lambda entry: (entry.period.begin, entry.source, entry.key))


def aware(moment: datetime, option: str) -> datetime:
    """The moment in UTC, to the second.

    Raises InvalidOption for a moment without a time zone, and for one before 1970 or after 9000.
    """
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise InvalidOption(option, f"{moment} has no time zone; give it one, as datetime.now(UTC) has.")
    refuse_far_moment(moment, option)
    return moment.astimezone(UTC).replace(microsecond=0)


def window_of(start: datetime, end: datetime) -> Window:
    """[start, end). Raises InvalidOption for a naive moment, or an end before the start."""
    begin, finish = aware(start, "start"), aware(end, "end")
    if finish < begin:
        raise InvalidOption("end", f"{finish} is before start, {begin}.")
    return Window(begin, finish)
