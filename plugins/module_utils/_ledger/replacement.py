# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Making the entries of a source in a window exactly those of a complete answer
(design/imports.md#an-hour-is-replaced-whole, design/ledger.md#append-only).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from .._core.periods import Window, moment_of
from . import archived_months, entries, roll_up, series
from .entry_rows import EntryRow
from .transaction import Transaction, read

#: The moments at which anything of all that is in the ledger begins in the window: one look at the index for
#: each.
_BEGINS = """
WITH RECURSIVE begins(begin) AS (
    SELECT min(period_begin) FROM entry_row WHERE period_begin >= :first AND period_begin < :behind_last
    UNION ALL
    SELECT (SELECT min(period_begin) FROM entry_row
        WHERE period_begin > begins.begin AND period_begin < :behind_last)
    FROM begins WHERE begins.begin IS NOT NULL
)"""
#: The entries of a source that begin in the window, by their keys: those of all other sources that begin
#: there, of which there can be thousands of times as many, are not read.
_INSIDE_ON_SQLITE = """
SELECT {columns} FROM begins CROSS JOIN entry_key CROSS JOIN entry_row
WHERE entry_key.source = :of_source AND entry_key.moment_length > 0
    AND entry_row.period_begin = begins.begin AND entry_row.key_id = entry_key.id
UNION ALL
SELECT {columns} FROM entry_key CROSS JOIN entry_row
WHERE entry_key.source = :of_source AND entry_key.moment_length = 0
    AND entry_row.key_id < 0 AND entry_row.key_id = entry_key.id
    AND entry_row.period_begin >= :first AND entry_row.period_begin < :behind_last"""
_INSIDE_ON_POSTGRESQL = """
SELECT {columns} FROM begins CROSS JOIN entry_key CROSS JOIN LATERAL (
    SELECT * FROM entry_row WHERE period_begin = begins.begin AND key_id = entry_key.id OFFSET 0
) AS entry_row
WHERE entry_key.source = :of_source AND entry_key.moment_length > 0
UNION ALL
SELECT {columns} FROM entry_key CROSS JOIN LATERAL (
    SELECT * FROM entry_row WHERE key_id < 0 AND key_id = entry_key.id OFFSET 0
) AS entry_row
WHERE entry_key.source = :of_source AND entry_key.moment_length = 0
    AND entry_row.period_begin >= :first AND entry_row.period_begin < :behind_last"""
_OF_PERIOD = f"period_begin, {roll_up.WHOLE} AS whole, {roll_up.REST_NANO} AS rest_nano"


class _Stored(NamedTuple):
    """What is compared of a stored row."""

    id: int
    key_id: int
    moment_length: int
    version: int
    reverses: int | None
    series_id: int
    period_begin: int
    quantity: str | None
    amount_nano: int

    @property
    def name(self) -> _Name:
        """What stands for its key."""
        return self.key_id, self.period_begin if self.moment_length else None


#: The id of a key, and the begin of the period that it holds.
_Name: TypeAlias = "tuple[int | None, int | None]"
_STORED = (
    "entry_row.id, key_id, moment_length, version, reverses, series_id, period_begin, quantity, amount_nano"
)


@dataclass(frozen=True)
class Replacement:
    """What replacing takes: how many entries it records, corrects, reverses and finds unchanged, and the rows
    that do so.
    """

    counts: dict[str, int]
    rows: Sequence[EntryRow]


def plan(transaction: Transaction, source: str, window: Window, wanted: Sequence[EntryRow]) -> Replacement:
    """What makes the entries of the source that begin in the window exactly these: one statement, and nothing
    is written.

    wanted: first versions, all of that source, each with a key of its own that never leaves its window. One
    that is in the ledger and not wanted any more is taken back by a reversal. Raises LedgerError where
    entries of the window are archived.
    """
    archived_months.refuse_window(transaction, window)
    valid, versions = _stored(transaction, source, window)
    if not versions:
        return of_nothing(wanted)
    keys = series.key_ids(transaction, {row.key for row in wanted}, make=False)
    placed = series.series_ids(transaction, {row.series for row in wanted}, make=False)
    counts = dict.fromkeys(entries.OUTCOMES, 0)
    rows: list[EntryRow] = []
    gone: list[int] = []
    for row in wanted:
        key, begin = row.name
        name = keys.get(key), begin
        before = valid.pop(name, None)
        if before is None:
            version, outcome = versions.get(name, 0) + 1, entries.RECORDED
        elif _says(before, row, placed.get(row.series)):
            counts[entries.UNCHANGED] += 1
            continue
        else:
            version, outcome = before.version + 1, entries.CORRECTED
            gone.append(before.id)
        counts[outcome] += 1
        rows.append(row._replace(version=version))
    counts[entries.REVERSED] = len(valid)
    gone += [before.id for before in valid.values()]
    taken_back = [row for some in entries.reversals(transaction, gone) for row in some]
    return Replacement(counts, [*taken_back, *rows])


def of_nothing(wanted: Sequence[EntryRow]) -> Replacement:
    """plan() where nothing was ever written: all is recorded as it is."""
    return Replacement({**dict.fromkeys(entries.OUTCOMES, 0), entries.RECORDED: len(wanted)}, wanted)


def carry_out(transaction: Transaction, planned: Replacement, now: datetime, recorded_by: str) -> None:
    """Write what was planned in the same transaction."""
    entries.append(transaction, planned.rows, now, recorded_by)


def sums(transaction: Transaction, source: str, window: Window) -> dict[datetime, int]:
    """Begin of a period -> what the source's entries that begin then sum up to, in 1e-9 units.

    Raises LedgerError where entries of the window are archived.
    """
    archived_months.refuse_window(transaction, window)
    inside = _inside(transaction, _OF_PERIOD)
    summed = "SELECT period_begin, sum(whole), sum(rest_nano) FROM"
    asked = f"{_BEGINS} {summed} ({inside}) AS inside GROUP BY 1"
    found = read(transaction, asked, _asked(source, window))
    return {moment_of(begin): roll_up.in_nano(whole, rest_nano) for begin, whole, rest_nano in found}


def _stored(
    transaction: Transaction, source: str, window: Window
) -> tuple[dict[_Name, _Stored], dict[_Name, int]]:
    """The window's valid rows by key, and the newest version of every key that was ever written there."""
    asked = f"{_BEGINS} {_inside(transaction, _STORED)}"
    rows = [_Stored._make(row) for row in read(transaction, asked, _asked(source, window))]
    gone = {row.reverses for row in rows}
    versions: dict[_Name, int] = {}
    for row in rows:
        versions[row.name] = max(row.version, versions.get(row.name, row.version))
    return {row.name: row for row in rows if row.reverses is None and row.id not in gone}, versions


def _says(before: _Stored, row: EntryRow, placed: series.Placed | None) -> bool:
    """Whether a stored row says the same."""
    said = None if placed is None else placed.series_id, row.period_begin, row.quantity, row.amount_nano
    return before[-4:] == said


def _inside(transaction: Transaction, columns: str) -> str:
    return (_INSIDE_ON_POSTGRESQL if transaction.on_postgresql else _INSIDE_ON_SQLITE).format(columns=columns)


def _asked(source: str, window: Window) -> dict[str, Any]:
    begin, end = (int(moment.timestamp()) for moment in (window.begin, window.end))
    return {"of_source": source, "first": begin, "behind_last": end}
