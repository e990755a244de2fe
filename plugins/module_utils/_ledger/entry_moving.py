# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Up to schema 8 each entry told all that it says. This moves them to the present tables, by statements over
all of them, so that memory has no part in it (design/ledger.md#layout, design/ledger.md#upgrades).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .._core.errors import LedgerError
from .entry_keys import DAY_S, OF_FEEDS, TO_THE_DAY, TO_THE_SECOND
from .entry_tables import MOMENT_ON_POSTGRESQL, MOMENT_ON_SQLITE
from .series import NumberedSeries, fingerprint_on_postgresql
from .transaction import Transaction, define

if TYPE_CHECKING:
    import sqlite3

# ruff: noqa: S608 (what is put together here is all our own)
#: Where the rows lie until they are moved, and what they are once it is known of which series and key.
OLD = "entry_of_schema_8"
_COLUMNS = """
    id BIGINT PRIMARY KEY, source TEXT NOT NULL, "key" TEXT NOT NULL, version INTEGER NOT NULL,
    reverses BIGINT, dimension_set_id BIGINT NOT NULL, metric TEXT, resource_id TEXT, resource_name TEXT,
    resource_type TEXT, period_begin BIGINT NOT NULL, period_end BIGINT NOT NULL, quantity TEXT, unit TEXT,
    amount_nano BIGINT NOT NULL, description TEXT, recorded_at BIGINT NOT NULL, recorded_by TEXT NOT NULL"""
#: How many times what the old file holds the upgrade may take beside it.
_SIZES_NEEDED = 2
_NUMBER_ON = "SELECT setval(pg_get_serial_sequence('entry_row', 'id'), max(id)) FROM entry_row"
_TEXTS = NumberedSeries._fields[2:]
_FINGERPRINT_ON_SQLITE = (
    f"series_fingerprint(dimension_set_id, period_end - period_begin, {', '.join(_TEXTS)})"
)
_FINGERPRINT_ON_POSTGRESQL = fingerprint_on_postgresql("(period_end - period_begin)")
_OF_FEED = " OR ".join(f"substr(source, 1, {len(start)}) = '{start}'" for start in OF_FEEDS)
#: How many characters of the moment a key holds.
_MOMENT_LENGTH = f"""
    CASE WHEN {_OF_FEED} THEN
        CASE WHEN substr("key", 1, {TO_THE_SECOND + 1}) = {{moment}} || '/' THEN {TO_THE_SECOND}
            WHEN period_begin - period_begin / {DAY_S} * {DAY_S} = 0
                AND substr("key", 1, {TO_THE_DAY + 1}) = substr({{moment}}, 1, {TO_THE_DAY}) || '/'
                THEN {TO_THE_DAY}
            ELSE 0 END
        ELSE 0 END"""
#: The old rows, and how they are named now.
_NAMED = f"""
    SELECT old.*, substr("key", moment_length + 1) AS stem FROM (
        SELECT {OLD}.*, {_MOMENT_LENGTH} AS moment_length FROM {OLD}
    ) AS old"""
#: Up to schema 4 a moment was a second, in which several could record: each of them gets a moment of its own.
_RECORDERS = f"""
    SELECT recorded_at, recorded_by, recorded_at - 1 + row_number()
        OVER (PARTITION BY recorded_at ORDER BY min(id)) AS moment
    FROM {OLD} GROUP BY recorded_at, recorded_by"""
_MOVE = (
    # By the order in which they were first written, as the index of entries by time is.
    f"""
    INSERT INTO series (id, fingerprint, {", ".join(NumberedSeries._fields)})
    SELECT row_number() OVER (ORDER BY min(id)), {{fingerprint}}, dimension_set_id, period_end - period_begin,
        {", ".join(_TEXTS)}
    FROM {OLD} GROUP BY dimension_set_id, period_end - period_begin, {", ".join(_TEXTS)}""",
    f"""
    INSERT INTO entry_key (id, source, stem, moment_length)
    SELECT row_number() OVER (PARTITION BY sign ORDER BY first_id) * sign, source, stem, moment_length FROM (
        SELECT min(id) AS first_id, source, stem, moment_length,
            CASE WHEN moment_length = 0 THEN -1 ELSE 1 END AS sign
        FROM ({_NAMED}) AS named GROUP BY source, stem, moment_length
    ) AS keys""",
    f"CREATE TABLE recorder_of_schema_8 AS {_RECORDERS}",
    "INSERT INTO recording (recorded_at, recorded_by) SELECT moment, recorded_by FROM recorder_of_schema_8",
    f"""
    INSERT INTO entry_row (
        id, period_begin, amount_nano, recorded_at, reverses, series_id, key_id, version, quantity
    )
    SELECT named.id, period_begin, amount_nano, moment, reverses, series.id, entry_key.id, version, quantity
    FROM (SELECT named.*, {{fingerprint}} AS fingerprint FROM ({_NAMED}) AS named) AS named
    JOIN series ON series.fingerprint = named.fingerprint
    JOIN entry_key ON entry_key.source = named.source AND entry_key.stem = named.stem
        AND entry_key.moment_length = named.moment_length
    JOIN recorder_of_schema_8 AS recorder ON recorder.recorded_at = named.recorded_at
        AND recorder.recorded_by = named.recorded_by
    ORDER BY named.id""",
    "DROP TABLE recorder_of_schema_8",
    f"DROP TABLE {OLD}",
)


def set_aside(transaction: Transaction) -> None:
    """Rename the table of entries of schemas 2 to 8.

    Raises LedgerError where the disk has no room for what move() writes.
    """
    if not transaction.on_postgresql:
        _refuse_full_disk(cast("sqlite3.Connection", transaction.driver))
    define(transaction, f"ALTER TABLE entry RENAME TO {OLD}")


def make_old(transaction: Transaction) -> None:
    """Make an empty table of entries of schema 8, for those of schema 1, which was on SQLite only."""
    define(transaction, f"CREATE TABLE {OLD} ({_COLUMNS})")


def move(transaction: Transaction) -> None:
    """Move all entries to the present tables, with their ids, and drop the old one."""
    if transaction.on_postgresql:
        moment, fingerprint = MOMENT_ON_POSTGRESQL, _FINGERPRINT_ON_POSTGRESQL
    else:
        moment, fingerprint = MOMENT_ON_SQLITE, _FINGERPRINT_ON_SQLITE
        cast("sqlite3.Connection", transaction.driver).create_function(
            "series_fingerprint", -1, _fingerprint, deterministic=True
        )
    for statement in _MOVE:
        define(transaction, statement.format(moment=moment, fingerprint=fingerprint))
    if transaction.on_postgresql:
        define(transaction, _NUMBER_ON)


def _fingerprint(*columns: Any) -> bytes:
    return NumberedSeries(*columns).fingerprint


def _refuse_full_disk(driver: sqlite3.Connection) -> None:
    """Raise LedgerError where the folder has no room for the new tables, which stand in the log of writes and
    in the file at once.
    """
    file = next(path for _number, name, path in driver.execute("PRAGMA database_list") if name == "main")
    pages, free_pages, page_size = (
        driver.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    needed = _SIZES_NEEDED * (pages - free_pages) * page_size
    free = shutil.disk_usage(Path(file).parent).free
    if free < needed:
        raise LedgerError(
            f"The ledger {file} is of an older schema and its upgrade needs up to {needed / 1e6:.0f} MB"
            f" beside it, of which {free / 1e6:.0f} are free; make room there, or move it to a larger disk."
        )
