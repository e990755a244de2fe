# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The ledger's rows: append-only and safe to replay (design/ledger.md#what-an-entry-carries,
design/ledger.md#append-only, design/money.md#amounts-in-the-ledger).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from .._core.money import from_nano
from .._core.periods import Window, moment_of
from . import archived_months, dimension_sets, entry_keys, entry_rows, in_force, roll_up, series
from .entry_rows import EntryRow, reversal, row_of
from .transaction import Transaction, read, read_by_name

_OF_ENTRY = (
    "id", "source", "key", "version", "reverses", "metric", "resource_id", "resource_name", "resource_type",
    "period_begin", "period_end", "quantity", "unit", "amount_nano", "description", "recorded_at",
    "recorded_by",
)  # fmt: skip
#: What a stored row is read as: the columns of its entry and of its dimension set.
STORED = (*_OF_ENTRY, *dimension_sets.DIMENSIONS)
STORED_COLUMNS = ", ".join(
    [
        *(
            in_force.recorded_at("entry") if name == "recorded_at" else f'entry."{name}"'
            for name in _OF_ENTRY
        ),
        *(f"dimension_set.{name}" for name in dimension_sets.DIMENSIONS),
    ]
)
#: Rows that no other reverses.
_VALID = (
    f"SELECT {STORED_COLUMNS} FROM entry"  # noqa: S608
    " JOIN dimension_set ON dimension_set.id = entry.dimension_set_id"
    " LEFT JOIN entry_row AS reversal ON reversal.reverses = entry.id"
    " WHERE entry.reverses IS NULL AND reversal.id IS NULL"
)
_VERSIONS = 'SELECT source, "key", version FROM entry WHERE id IN ({chosen})'
_BY_IDS = (
    f"SELECT {STORED_COLUMNS} FROM entry"  # noqa: S608
    " JOIN dimension_set ON dimension_set.id = entry.dimension_set_id WHERE entry.id IN ({ids})"
)
#: Only these may be negative (design/money.md#net-amounts).
MAY_BE_NEGATIVE = ("credit", "adjustment")

RECORDED, CORRECTED, REVERSED, UNCHANGED = "recorded", "corrected", "reversed", "unchanged"
OUTCOMES = (RECORDED, CORRECTED, REVERSED, UNCHANGED)
#: How many keys one statement looks up, and how many entries are written at once.
_BATCH = 500


@dataclass(frozen=True)
class Entry:
    """One cost. (source, key) names it for ever; moments are aware, amount_nano is in 1e-9 of the currency,
    quantity exact text.
    """

    source: str
    key: str
    charge_category: str
    category: str
    period: Window
    amount_nano: int
    currency: str
    cloud: str | None = None
    region: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    metric: str | None = None
    resource_id: str | None = None
    resource_name: str | None = None
    resource_type: str | None = None
    quantity: str | None = None
    unit: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None

    @property
    def amount(self) -> Decimal:
        """What it cost, in its currency."""
        return from_nano(self.amount_nano)

    @property
    def occurred_at(self) -> datetime:
        """The moment whose period it counts in."""
        return self.period.begin


@dataclass(frozen=True)
class WrittenEntry:
    """What writing did (recorded, corrected, reversed or unchanged), and the version that the key has
    reached; 0 for one never written.
    """

    outcome: str
    version: int


_One = TypeVar("_One")

#: What an entry and its stored row call and say alike.
_ALIKE = tuple(one.name for one in fields(Entry) if one.name not in ("period", "tags"))


def write(transaction: Transaction, entry: Entry, now: datetime, recorded_by: str) -> WrittenEntry:
    """Record an entry, correct the one of that source and key, or find it unchanged."""
    return write_all(transaction, [entry], now, recorded_by)[0]


def write_all(
    transaction: Transaction, wanted: Iterable[Entry], now: datetime, recorded_by: str
) -> list[WrittenEntry]:
    """write() for many entries, with few statements; one that has the source and key of an earlier one is
    written over that.
    """
    return [
        written
        for batch in _batches(wanted)
        for written in _write_batch(transaction, batch, now, recorded_by)
    ]


def take_back(
    transaction: Transaction, source: str, key: str, now: datetime, recorded_by: str
) -> WrittenEntry:
    """Reverse what is valid under that source and key; unchanged where nothing is.

    The key can be written again later.
    """
    before = current(transaction, source, key)
    if before is None:
        return WrittenEntry(UNCHANGED, last_versions(transaction, [(source, key)]).get((source, key), 0))
    append(transaction, [reversal(before)], now, recorded_by)
    return WrittenEntry(REVERSED, before["version"] + 1)


def next_version(before: Mapping[str, Any] | None, entry: Entry) -> tuple[int, str]:
    """The version and the outcome of writing an entry over the valid row of its source and key (None: there
    is none).
    """
    if before is None:
        return 1, RECORDED
    if row_of(before).content == row_of(columns(entry)).content:
        return before["version"], UNCHANGED
    return before["version"] + 1, CORRECTED


def current(transaction: Transaction, source: str, key: str) -> dict[str, Any] | None:
    """The row now valid for that source and key: the one that no other reverses."""
    return current_all(transaction, [(source, key)]).get((source, key))


def current_all(
    transaction: Transaction, names: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], dict[str, Any]]:
    """(source, key) -> the row now valid under it, for those of these names that have one.

    Raises LedgerError where entries of one are archived.
    """
    return _valid(transaction, _named(transaction, names))


def last_versions(transaction: Transaction, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """(source, key) -> its newest version, for those of these names that were ever written.

    Raises LedgerError where entries of one are archived.
    """
    return _versions(transaction, _named(transaction, names))


def _named(transaction: Transaction, names: Iterable[tuple[str, str]]) -> list[entry_keys.NamedKey]:
    """How these names are stored. Without the entries that are archived their versions would begin anew."""
    keys = [*entry_keys.named(transaction, names)]
    begins = (key.period_begin for key in keys if key.period_begin is not None)
    archived_months.refuse_rows(transaction, begins, (key.key_id for key in keys))
    return keys


def _valid(
    transaction: Transaction, keys: list[entry_keys.NamedKey]
) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for chosen in _chosen(keys):
        rows = read_by_name(transaction, STORED, f"{_VALID} AND entry.id IN ({chosen})")
        found |= {(row["source"], row["key"]): row for row in rows}
    return found


def _versions(transaction: Transaction, keys: list[entry_keys.NamedKey]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for chosen in _chosen(keys):
        for source, key, version in read(transaction, _VERSIONS.format(chosen=chosen)):
            found[source, key] = max(version, found.get((source, key), version))
    return found


def reversals(transaction: Transaction, ids: Sequence[int]) -> Iterator[list[EntryRow]]:
    """The rows that take these entries back, some at a time."""
    for some in _slices(list(ids)):
        asked = _BY_IDS.format(ids=", ".join(map(str, some)))
        yield [reversal(row) for row in read_by_name(transaction, STORED, asked)]


def _chosen(keys: list[entry_keys.NamedKey]) -> Iterator[str]:
    """SELECTs of the ids of all entries of these keys, each for as many as one statement carries."""
    for some in _slices(keys):
        yield from entry_keys.chosen(some)


def _batches(wanted: Iterable[Entry]) -> Iterator[list[Entry]]:
    """The entries in their order, in lists in which no source and key comes twice."""
    batch: dict[tuple[str, str], Entry] = {}
    for entry in wanted:
        name = (entry.source, entry.key)
        if name in batch or len(batch) == _BATCH:
            yield list(batch.values())
            batch = {}
        batch[name] = entry
    if batch:
        yield list(batch.values())


def _slices(rows: list[_One]) -> Iterator[list[_One]]:
    return (rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH))


def _write_batch(
    transaction: Transaction, batch: Sequence[Entry], now: datetime, recorded_by: str
) -> list[WrittenEntry]:
    names = [(entry.source, entry.key) for entry in batch]
    keys = _named(transaction, names)
    valid = _valid(transaction, keys)
    # A key that was taken back goes on counting.
    taken_back = _versions(transaction, [one for one in keys if one.name not in valid])
    written, rows = list[WrittenEntry](), list[EntryRow]()
    for name, entry in zip(names, batch, strict=True):
        before = valid.get(name)
        version, outcome = next_version(before, entry)
        version += taken_back.get(name, 0)
        written.append(WrittenEntry(outcome, version))
        if outcome == UNCHANGED:
            continue
        if before is not None:
            rows.append(reversal(before))
        rows.append(row_of(columns(entry), version))
    append(transaction, rows, now, recorded_by)
    return written


def append(transaction: Transaction, rows: Sequence[EntryRow], now: datetime, recorded_by: str) -> None:
    """Insert rows and add them to the roll-up: the only way into the ledger.

    The ledger's own clock says when they were recorded (commit_clock.py).
    """
    if not rows:
        return
    placed = series.series_ids(transaction, {row.series for row in rows})
    entry_rows.append(transaction, rows, placed, now, recorded_by)
    if transaction.on_postgresql:
        # A trigger keeps the roll-up (triggers.py).
        return
    roll_up.add(transaction, _of_roll_up(rows, placed))


def append_of_delivery(transaction: Transaction, rows: Sequence[EntryRow], delivery: int) -> None:
    """append() for rows of a delivery that does not count yet."""
    placed = series.series_ids(transaction, {row.series for row in rows})
    numbers = {one: ids.series_id for one, ids in placed.items()}
    entry_rows.append_of_delivery(transaction, rows, numbers, delivery)
    if not transaction.on_postgresql:
        roll_up.add(transaction, _of_roll_up(rows, placed), delivery)


def _of_roll_up(
    rows: Iterable[EntryRow], placed: Mapping[series.CostSeries, series.Placed]
) -> Iterator[tuple[int, int, int, int]]:
    return (
        (
            placed[row.series].dimension_set_id,
            row.period_begin,
            row.amount_nano,
            1 if row.reverses is None else -1,
        )
        for row in rows
    )


def columns(entry: Entry) -> dict[str, Any]:
    """An entry as the columns of its row, without version and signature."""
    row = {**vars(entry)}
    period: Window = row.pop("period")
    return {
        **row,
        "period_begin": int(period.begin.timestamp()),
        "period_end": int(period.end.timestamp()),
        "tags": dimension_sets.canonical_tags(entry.tags),
    }


def stored(row: Mapping[str, Any]) -> Entry:
    """The entry that a stored row says."""
    kept = {name: row[name] for name in _ALIKE}
    return Entry(**kept, period=period_of(row), tags=tags_of(row))


def period_of(row: Mapping[str, Any]) -> Window:
    """The window of a stored row."""
    return Window(moment_of(row["period_begin"]), moment_of(row["period_end"]))


def tags_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a row, by name."""
    tags: dict[str, str] = json.loads(row["tags"])
    return tags
