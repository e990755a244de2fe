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
from functools import cache
from typing import TYPE_CHECKING, Any

from .._core.periods import Window, moment_of
from . import entries
from .entry_rows import Row, reversal, row_of
from .schema import tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

_Stored = dict[str, Any]


@dataclass(frozen=True)
class Replacement:
    """What replacing takes: how many entries it records, corrects, reverses and finds unchanged, and the rows
    that do so.
    """

    counts: dict[str, int]
    rows: Sequence[Row]


def plan(connection: Connection, source: str, window: Window, wanted: Sequence[Row]) -> Replacement:
    """What makes the entries of the source that begin in the window exactly these: one statement, and nothing
    is written.

    wanted: first versions, all of that source, each with a key of its own that never leaves its window. One
    that is in the ledger and not wanted any more is taken back by a reversal.
    """
    valid, versions = _stored(connection, source, window)
    if not versions:
        return of_nothing(wanted)
    counts = dict.fromkeys(entries.OUTCOMES, 0)
    rows: list[Row] = []
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


def of_nothing(wanted: Sequence[Row]) -> Replacement:
    """plan() where nothing was ever written: all is recorded as it is."""
    return Replacement({**dict.fromkeys(entries.OUTCOMES, 0), entries.RECORDED: len(wanted)}, wanted)


def carry_out(connection: Connection, planned: Replacement, now: datetime, recorded_by: str) -> None:
    """Write what was planned in the same transaction."""
    entries.append(connection, planned.rows, now, recorded_by)


def sums(connection: Connection, source: str, window: Window) -> dict[datetime, int]:
    """Begin of a period -> what the source's entries that begin then sum up to, in 1e-9 units."""
    from sqlalchemy import func, select

    entry = tables().entry
    statement = select(entry.c.period_begin, func.sum(entry.c.amount_nano)).where(*_inside())
    found = connection.execute(statement.group_by(entry.c.period_begin), _asked(source, window))
    return {moment_of(begin): int(amount_nano) for begin, amount_nano in found}


def _stored(connection: Connection, source: str, window: Window) -> tuple[dict[str, _Stored], dict[str, int]]:
    """The window's valid rows by key, and the newest version of every key that was ever written there."""
    rows: Sequence[Any] = connection.execute(_written_inside(), _asked(source, window)).all()
    gone = {row.reverses for row in rows}
    versions: dict[str, int] = {}
    for row in rows:
        versions[row.key] = max(row.version, versions.get(row.key, 0))
    return {row.key: row._asdict() for row in rows if row.reverses is None and row.id not in gone}, versions


@cache
def _written_inside() -> Select[Any]:
    """Made once for all hours of an import."""
    from sqlalchemy import select

    return (
        select(*entries.stored_columns()).join_from(tables().entry, tables().dimension_set).where(*_inside())
    )


def _inside() -> list[ColumnElement[bool]]:
    """What begins in a window, of one source: those that _asked() names."""
    from sqlalchemy import bindparam

    entry = tables().entry
    # Joined to nothing, as SQLite would otherwise look the source up, which has the rows of all time, and not
    # the time.
    of_source = entry.c.source + "" == bindparam("of_source")
    return [
        of_source,
        entry.c.period_begin >= bindparam("first"),
        entry.c.period_begin < bindparam("behind_last"),
    ]


def _asked(source: str, window: Window) -> dict[str, Any]:
    begin, end = (int(moment.timestamp()) for moment in (window.begin, window.end))
    return {"of_source": source, "first": begin, "behind_last": end}
