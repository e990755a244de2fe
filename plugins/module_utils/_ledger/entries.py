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
from typing import TYPE_CHECKING, Any, TypeVar

from .._core.money import from_nano
from .._core.periods import Window, moment_of
from . import dimension_sets, entry_rows, roll_up
from .entry_rows import Row, reversal, row_of
from .schema import tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

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
class Written:
    """What writing did (recorded, corrected, reversed or unchanged), and the version that the key has
    reached; 0 for one never written.
    """

    outcome: str
    version: int


_One = TypeVar("_One")

#: What an entry and its stored row call and say alike.
_ALIKE = tuple(one.name for one in fields(Entry) if one.name not in ("period", "tags"))


def write(connection: Connection, entry: Entry, now: datetime, recorded_by: str) -> Written:
    """Record an entry, correct the one of that source and key, or find it unchanged."""
    return write_all(connection, [entry], now, recorded_by)[0]


def write_all(
    connection: Connection, wanted: Iterable[Entry], now: datetime, recorded_by: str
) -> list[Written]:
    """write() for many entries, with few statements; one that has the source and key of an earlier one is
    written over that.
    """
    return [
        written for batch in _batches(wanted) for written in _write_batch(connection, batch, now, recorded_by)
    ]


def take_back(connection: Connection, source: str, key: str, now: datetime, recorded_by: str) -> Written:
    """Reverse what is valid under that source and key; unchanged where nothing is.

    The key can be written again later.
    """
    before = current(connection, source, key)
    if before is None:
        return Written(UNCHANGED, last_versions(connection, [(source, key)]).get((source, key), 0))
    append(connection, [reversal(before)], now, recorded_by)
    return Written(REVERSED, before["version"] + 1)


def next_version(before: Mapping[str, Any] | None, entry: Entry) -> tuple[int, str]:
    """The version and the outcome of writing an entry over the valid row of its source and key (None: there
    is none).
    """
    if before is None:
        return 1, RECORDED
    if row_of(before).content == row_of(columns(entry)).content:
        return before["version"], UNCHANGED
    return before["version"] + 1, CORRECTED


def current(connection: Connection, source: str, key: str) -> dict[str, Any] | None:
    """The row now valid for that source and key: the one that no other reverses."""
    return current_all(connection, [(source, key)]).get((source, key))


def current_all(
    connection: Connection, names: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], dict[str, Any]]:
    """(source, key) -> the row now valid under it, for those of these names that have one."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for among in _named(names):
        rows = (row._asdict() for row in connection.execute(_valid(among)))
        found |= {(row["source"], row["key"]): row for row in rows}
    return found


def stored_columns() -> list[ColumnElement[Any]]:
    """What a stored row is read as: the columns of its entry and of its dimension set."""
    entry, dimension_set = tables().entry, tables().dimension_set
    of_entry: list[ColumnElement[Any]] = [
        column for column in entry.columns if column.name != "dimension_set_id"
    ]
    return [*of_entry, *(dimension_set.c[name] for name in dimension_sets.DIMENSIONS)]


def _valid(*conditions: ColumnElement[bool]) -> Select[Any]:
    """The rows that meet the conditions and that no other reverses."""
    from sqlalchemy import select

    entry, reversal = tables().entry, tables().entry.alias()
    return (
        select(*stored_columns())
        .join_from(entry, tables().dimension_set)
        .outerjoin(reversal, reversal.c.reverses == entry.c.id)
        .where(*conditions, entry.c.reverses.is_(None), reversal.c.id.is_(None))
    )


def last_versions(connection: Connection, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """(source, key) -> its newest version, for those of these names that were ever written."""
    from sqlalchemy import func, select

    entry = tables().entry
    newest = select(entry.c.source, entry.c.key, func.max(entry.c.version)).group_by(
        entry.c.source, entry.c.key
    )
    found = (row for among in _named(names) for row in connection.execute(newest.where(among)))
    return {(source, key): version for source, key, version in found}


def _named(names: Iterable[tuple[str, str]]) -> Iterator[ColumnElement[bool]]:
    """Conditions that together choose the entries of these names, each for as many as one statement carries."""
    from sqlalchemy import and_

    entry = tables().entry
    keys: dict[str, list[str]] = {}
    for source, key in names:
        keys.setdefault(source, []).append(key)
    for source, of_source in keys.items():
        for batch in _slices(of_source):
            yield and_(entry.c.source == source, entry.c.key.in_(batch))


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
    connection: Connection, batch: Sequence[Entry], now: datetime, recorded_by: str
) -> list[Written]:
    names = [(entry.source, entry.key) for entry in batch]
    valid = current_all(connection, names)
    # A key that was taken back goes on counting.
    taken_back = last_versions(connection, [name for name in names if name not in valid])
    written, rows = list[Written](), list[Row]()
    for name, entry in zip(names, batch, strict=True):
        before = valid.get(name)
        version, outcome = next_version(before, entry)
        version += taken_back.get(name, 0)
        written.append(Written(outcome, version))
        if outcome == UNCHANGED:
            continue
        if before is not None:
            rows.append(reversal(before))
        rows.append(row_of(columns(entry), version))
    append(connection, rows, now, recorded_by)
    return written


def append(connection: Connection, rows: Sequence[Row], now: datetime, recorded_by: str) -> None:
    """Insert rows and add them to the roll-up: the only way into the ledger."""
    if not rows:
        return
    numbers = dimension_sets.ids_of(connection, {row.dimensions for row in rows})
    entry_rows.insert(connection, rows, numbers, int(now.timestamp()), recorded_by)
    roll_up.add(
        connection,
        (
            (numbers[row.dimensions], row.period_begin, row.amount_nano, 1 if row.reverses is None else -1)
            for row in rows
        ),
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
