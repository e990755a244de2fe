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
from typing import Any

from .._core.periods import Window, moment_of
from . import entries, roll_up
from .entry_rows import EntryRow, reversal, row_of
from .transaction import Transaction, read

_Stored = dict[str, Any]
#: Joined to nothing, as SQLite would otherwise look the source up, which has the rows of all time, and not
#: the time.
_INSIDE = "(entry.source || '') = :of_source AND period_begin >= :first AND period_begin < :behind_last"
_WRITTEN_INSIDE = (
    f"SELECT {entries.STORED_COLUMNS} FROM entry"  # noqa: S608
    f" JOIN dimension_set ON dimension_set.id = entry.dimension_set_id WHERE {_INSIDE}"
)
_SUMS_INSIDE = (
    f"SELECT period_begin, sum({roll_up.WHOLE}), sum({roll_up.REST_NANO}) FROM entry"  # noqa: S608
    f" WHERE {_INSIDE} GROUP BY period_begin"
)
_ID, _KEY, _VERSION, _REVERSES = (entries.STORED.index(name) for name in ("id", "key", "version", "reverses"))


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
    that is in the ledger and not wanted any more is taken back by a reversal.
    """
    valid, versions = _stored(transaction, source, window)
    if not versions:
        return of_nothing(wanted)
    counts = dict.fromkeys(entries.OUTCOMES, 0)
    rows: list[EntryRow] = []
    for row in wanted:
        before = valid.pop(row.key, None)
        if before is None:
            version, outcome = versions.get(row.key, 0) + 1, entries.RECORDED
        elif row_of(before).content == row.content:
            counts[entries.UNCHANGED] += 1
            continue
        else:
            version, outcome = before["version"] + 1, entries.CORRECTED
            rows.append(reversal(before))
        counts[outcome] += 1
        rows.append(row._replace(version=version))
    counts[entries.REVERSED] = len(valid)
    rows += [reversal(before) for before in valid.values()]
    return Replacement(counts, rows)


def of_nothing(wanted: Sequence[EntryRow]) -> Replacement:
    """plan() where nothing was ever written: all is recorded as it is."""
    return Replacement({**dict.fromkeys(entries.OUTCOMES, 0), entries.RECORDED: len(wanted)}, wanted)


def carry_out(transaction: Transaction, planned: Replacement, now: datetime, recorded_by: str) -> None:
    """Write what was planned in the same transaction."""
    entries.append(transaction, planned.rows, now, recorded_by)


def sums(transaction: Transaction, source: str, window: Window) -> dict[datetime, int]:
    """Begin of a period -> what the source's entries that begin then sum up to, in 1e-9 units."""
    found = read(transaction, _SUMS_INSIDE, _asked(source, window))
    return {moment_of(begin): roll_up.in_nano(whole, rest_nano) for begin, whole, rest_nano in found}


def _stored(
    transaction: Transaction, source: str, window: Window
) -> tuple[dict[str, _Stored], dict[str, int]]:
    """The window's valid rows by key, and the newest version of every key that was ever written there."""
    rows = read(transaction, _WRITTEN_INSIDE, _asked(source, window))
    gone = {row[_REVERSES] for row in rows}
    versions: dict[str, int] = {}
    for row in rows:
        versions[row[_KEY]] = max(row[_VERSION], versions.get(row[_KEY], row[_VERSION]))
    valid = {
        row[_KEY]: dict(zip(entries.STORED, row, strict=True))
        for row in rows
        if row[_REVERSES] is None and row[_ID] not in gone
    }
    return valid, versions


def _asked(source: str, window: Window) -> dict[str, Any]:
    begin, end = (int(moment.timestamp()) for moment in (window.begin, window.end))
    return {"of_source": source, "first": begin, "behind_last": end}
