# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Bringing an older ledger to the present tables, in the transaction of the first writer that meets it (rule L3 of docs/rules.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.finops.cloud.plugins.module_utils._store import dimension_sets, roll_up
from ansible_collections.finops.cloud.plugins.module_utils._store.schema import SCHEMA_VERSION, tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: How many rows are moved at once.
_BATCH = 500


def upgrade(connection: Connection, version: int) -> None:
    """Bring a ledger of that version to SCHEMA_VERSION. What fails leaves it as it was: the transaction is not committed."""
    if version == 1:
        _widen_budgets_and_feeds(connection)
        _split_dimension_sets_off(connection)
        _tell_what_feeds_carried(connection)
    connection.execute(tables().ledger_schema.update().values(version=SCHEMA_VERSION))


def _widen_budgets_and_feeds(connection: Connection) -> None:
    """Schema 1 knew no scopes and no thresholds, and a run rate only as a whole."""
    for statement in (
        "ALTER TABLE budget ADD COLUMN categories TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE budget ADD COLUMN projects TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE budget ADD COLUMN tags TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE budget ADD COLUMN thresholds TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE feed ADD COLUMN tags_imported BOOLEAN NOT NULL DEFAULT 0",
        "ALTER TABLE feed DROP COLUMN run_rate_nano",
    ):
        connection.exec_driver_sql(statement)


def _tell_what_feeds_carried(connection: Connection) -> None:
    """The categories of each feed, and the cost of its newest period by them, from the entries that it brought."""
    of_feed = (
        " FROM feed JOIN entry ON entry.source = 'cloudkitty ' || feed.auth_url || ' ' || feed.region || ' ' || feed.project_id"
        " JOIN dimension_set ON dimension_set.id = entry.dimension_set_id"
    )
    connection.exec_driver_sql(
        "INSERT INTO feed_carried (feed_id, kind, name) SELECT DISTINCT feed.id, 'category', dimension_set.category"
        + of_feed
    )
    connection.exec_driver_sql(
        "INSERT INTO feed_rate (feed_id, category, tags, amount_nano)"
        " SELECT feed.id, dimension_set.category, '{}', sum(entry.amount_nano)"
        + of_feed
        + " WHERE entry.period_end = feed.rated_through GROUP BY feed.id, dimension_set.category"
    )


def _split_dimension_sets_off(connection: Connection) -> None:
    """Entries refer to their dimension set, and there is a roll-up. Rows keep their ids. Schema 1 was on SQLite only."""
    for statement in (
        "ALTER TABLE entry RENAME TO entry_of_schema_1",
        "DROP INDEX entry_once",
        "DROP INDEX entry_by_time",
    ):
        connection.exec_driver_sql(statement)
    tables().metadata.create_all(connection)
    after: int | None = 0
    while after is not None:
        after = _move_batch(connection, after)
    connection.exec_driver_sql("DROP TABLE entry_of_schema_1")


def _move_batch(connection: Connection, after: int) -> int | None:
    """Move the next rows behind that id; the last one's id, None where there was none left."""
    found = connection.exec_driver_sql(
        "SELECT * FROM entry_of_schema_1 WHERE id > ? ORDER BY id LIMIT ?", (after, _BATCH)
    )
    rows = [dict(row) for row in found.mappings()]
    if not rows:
        return None
    sets = dimension_sets.ids_of(connection, rows)
    kept = [name for name in rows[0] if name not in dimension_sets.DIMENSIONS]
    moved = [
        {**{name: row[name] for name in kept}, "dimension_set_id": number}
        for number, row in zip(sets, rows, strict=True)
    ]
    connection.execute(tables().entry.insert(), moved)
    signs = [1 if row["reverses"] is None else -1 for row in rows]
    told = zip(sets, rows, signs, strict=True)
    roll_up.add(connection, ((number, row["period_begin"], row["amount_nano"], sign) for number, row, sign in told))
    last: int = rows[-1]["id"]
    return last
