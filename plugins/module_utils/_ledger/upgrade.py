# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Bringing an older ledger to the present tables, in the transaction of the first writer that meets it
(design/ledger.md#upgrades).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .._core.periods import moment_of
from . import commit_clock, dimension_sets, entry_moving, feed_merging, roll_up, triggers, views
from .schema import LEDGER_SCHEMA, SCHEMA_VERSION
from .tables import make_missing
from .transaction import Transaction, execute, insert, read, read_by_name

#: How many rows are moved at once.
_BATCH = 500
#: What was different in schema 1; a table after those that refer to it.
_OF_SCHEMA_1 = ("entry", "budget")
_OF_FEED = (
    " FROM feed JOIN entry"
    " ON entry.source = 'cloudkitty ' || feed.auth_url || ' ' || feed.region || ' ' || feed.project_id"
    " JOIN dimension_set ON dimension_set.id = entry.dimension_set_id"
)
_OF_BUDGET_1 = (
    "name, limit_nano, currency, period, timezone, first_day, anchor_day, anchor_month, period_begin,"
    " period_end, fed_by, basis, max_staleness_s"
)
#: Schemas 1 and 2 knew one form of import, by the hour and type, and no end of a feed.
_FEEDS_OF_ONE_FORM = (
    "ALTER TABLE feed ADD COLUMN retired BOOLEAN DEFAULT false NOT NULL",
    "ALTER TABLE feed ADD COLUMN credit_due_from BIGINT",
    "ALTER TABLE feed ADD COLUMN revision INTEGER DEFAULT 0 NOT NULL",
    "ALTER TABLE feed_window ADD COLUMN resolution TEXT DEFAULT 'hour' NOT NULL",
    "ALTER TABLE feed_window ADD COLUMN \"grouping\" TEXT DEFAULT 'type' NOT NULL",
    "ALTER TABLE feed_window ADD COLUMN tagged BOOLEAN DEFAULT false NOT NULL",
)
_LEAVE_SCHEMA_2 = (*_FEEDS_OF_ONE_FORM, "ALTER TABLE feed DROP COLUMN tags_imported")
#: Schema 3 knew feeds of CloudKitty only, and no usage records.
_LEAVE_SCHEMA_3 = ("ALTER TABLE feed ADD COLUMN told_by TEXT DEFAULT 'cloudkitty' NOT NULL",)
#: Schema 1 knew no scopes, no thresholds and no tags, and a run rate only as a whole: its parts are told from
#: the entries.
_MOVE_BUDGETS_AND_FEEDS = (
    f"INSERT INTO budget ({_OF_BUDGET_1}, categories, projects, tags, thresholds)"  # noqa: S608
    f" SELECT {_OF_BUDGET_1}, '[]', '[]', '{{}}', '[]' FROM budget_of_schema_1",
    *_FEEDS_OF_ONE_FORM,
    *_LEAVE_SCHEMA_3,
    "INSERT INTO feed_carried (feed_id, kind, name)"
    f" SELECT DISTINCT feed.id, 'category', dimension_set.category{_OF_FEED}",
    "INSERT INTO feed_rate (feed_id, category, tags, amount_nano, hours, is_flow)"
    f" SELECT feed.id, dimension_set.category, '{{}}', sum(entry.amount_nano), 1, 0{_OF_FEED}"
    " WHERE entry.period_end = feed.rated_through GROUP BY feed.id, dimension_set.category",
)
#: What schema 4 lacks of budgets, of feeds, of holds, of entries and of the owner's policy.
_BUDGETS_LEAVE_SCHEMA_4: tuple[str, ...] = (
    "ALTER TABLE budget ADD COLUMN regions TEXT DEFAULT '[]' NOT NULL",
    "ALTER TABLE budget ADD COLUMN untagged TEXT DEFAULT 'unknown' NOT NULL",
    "ALTER TABLE budget ADD COLUMN tax TEXT DEFAULT 'excluded' NOT NULL",
)
_HOLDS_LEAVE_SCHEMA_4: tuple[str, ...] = (
    "ALTER TABLE hold ADD COLUMN lines_sha256 TEXT",
    "ALTER TABLE hold ADD COLUMN plan_sha256 TEXT",
    "ALTER TABLE hold DROP COLUMN counts_at",
    "DROP TABLE hold_line",
)
_OF_LINE_4 = ("hold_id", "stage", "number", "amount_nano", "currency", "category", "project", "tags")
_READ_LINES_4 = (
    f"SELECT {', '.join(_OF_LINE_4)}, period, counts_at"  # noqa: S608
    " FROM hold_line JOIN hold ON hold.id = hold_line.hold_id"
)
#: The sums of schema 4 were of one number, which a large currency could overflow, and entries were recorded
#: by the second.
_ENTRIES_LEAVE_SCHEMA_4: tuple[str, ...] = (
    "DROP TABLE roll_up",
    "UPDATE entry SET recorded_at = recorded_at * 1000000",
)
_OVERRIDES_LEAVE_SCHEMA_4 = ("ALTER TABLE limit_override ADD COLUMN login TEXT",)
_LEAVE_SCHEMA_4 = (
    *_BUDGETS_LEAVE_SCHEMA_4,
    *_HOLDS_LEAVE_SCHEMA_4,
    *_ENTRIES_LEAVE_SCHEMA_4,
    *_OVERRIDES_LEAVE_SCHEMA_4,
)
#: Limits of schema 5 were of 64 bits.
_LIMITS = (("budget", "limit_nano"), ("limit_override", "amount_nano"))
_LIMITS_LEAVE_SCHEMA_5_ON_POSTGRESQL = tuple(
    f"ALTER TABLE {table} ALTER COLUMN {column} TYPE NUMERIC" for table, column in _LIMITS
)
#: SQLite changes no type of a column that is there.
_LIMITS_LEAVE_SCHEMA_5_ON_SQLITE = tuple(
    statement
    for table, column in _LIMITS
    for statement in (
        f"ALTER TABLE {table} RENAME COLUMN {column} TO of_schema_5",
        f"ALTER TABLE {table} ADD COLUMN {column} TEXT DEFAULT '0' NOT NULL",
        f"UPDATE {table} SET {column} = of_schema_5",  # noqa: S608
        f"ALTER TABLE {table} DROP COLUMN of_schema_5",
    )
)
#: Holds of schema 5 said when they end and not by what ttl, and that they were forced and not against what.
_HOLDS_LEAVE_SCHEMA_5 = (
    "ALTER TABLE hold ADD COLUMN ttl_s BIGINT DEFAULT 0 NOT NULL",
    "ALTER TABLE hold ADD COLUMN forced_verdicts TEXT",
    "UPDATE hold SET ttl_s = expires_at - held_at",
    "UPDATE hold SET forced_verdicts = '[]' WHERE NOT forced",
    "ALTER TABLE hold DROP COLUMN forced",
)
#: The first schema whose sums, clock, feeds and lines of holds are those of today.
_FIRST_OF_TODAY = 5
#: The first schema whose entries are of series and keys.
_FIRST_OF_SERIES = 9
#: Schema -> what has to be done to a ledger that is of it, beside the tables that it lacks; on SQLite, and on
#: PostgreSQL.
_LEAVE = {
    2: (_LEAVE_SCHEMA_2, _LEAVE_SCHEMA_2),
    3: (_LEAVE_SCHEMA_3, _LEAVE_SCHEMA_3),
    4: (_LEAVE_SCHEMA_4, _LEAVE_SCHEMA_4),
    5: (
        (*_LIMITS_LEAVE_SCHEMA_5_ON_SQLITE, *_HOLDS_LEAVE_SCHEMA_5),
        (*_LIMITS_LEAVE_SCHEMA_5_ON_POSTGRESQL, *_HOLDS_LEAVE_SCHEMA_5),
    ),
    # Schema 6 knew no deliveries of several transactions.
    6: ((), ()),
    # Schema 7 knew no acts.
    7: ((), ()),
    # Schema 8 told all of each entry with it (entry_moving.py).
    8: ((), ()),
    # Schema 9 knew no archived months.
    9: ((), ()),
}


def upgrade(transaction: Transaction, version: int) -> None:
    """Bring a ledger of that version to SCHEMA_VERSION.

    What fails leaves it as it was: the transaction is not committed.
    """
    views.remove(transaction)
    triggers.remove(transaction)
    lines = _lines_of_schema_4(transaction) if 1 < version < _FIRST_OF_TODAY else []
    if version == 1:
        _leave_schema_1(transaction)
    else:
        for schema in range(version, SCHEMA_VERSION):
            for statement in _LEAVE[schema][transaction.on_postgresql]:
                execute(transaction, statement)
        if version < _FIRST_OF_SERIES:
            entry_moving.set_aside(transaction)
        # Schema 2 knew no alerts and no rated hours, schema 3 no usage records; what those tables tell begins
        # with the next task.
        make_missing(transaction)
        if version < _FIRST_OF_SERIES:
            entry_moving.move(transaction)
    if 1 < version < _FIRST_OF_TODAY:
        roll_up.rebuild(transaction)
    if version < _FIRST_OF_TODAY:
        commit_clock.start(transaction)
    if transaction.on_postgresql:
        # Of functions that name a column which feeds get below.
        execute(transaction, "SET LOCAL check_function_bodies = off")
    triggers.make(transaction)
    if version < _FIRST_OF_TODAY:
        feed_merging.merge(transaction)
        insert(transaction, "hold_line", lines)
    views.make(transaction)
    statement = f"UPDATE {LEDGER_SCHEMA} SET version = :version"  # noqa: S608
    execute(transaction, statement, {"version": SCHEMA_VERSION})


def _lines_of_schema_4(transaction: Transaction) -> list[dict[str, Any]]:
    """The lines of holds as rows of the present table.

    Schema 4 knew one-off lines only, in the period of the hold's moment or in each budget's next one: the
    latter fall at the begin of the next month in UTC.
    """
    rows = read_by_name(transaction, (*_OF_LINE_4, "period", "counts_at"), _READ_LINES_4)
    return [
        {
            **{name: row[name] for name in _OF_LINE_4},
            "hourly": False,
            "at": row["counts_at"] if row["period"] == "this" else _next_month(row["counts_at"]),
            **dict.fromkeys(("until", "region", "name", "metric")),
        }
        for row in rows
    ]


def _next_month(seconds: int) -> int:
    first = moment_of(seconds).replace(day=1, hour=0, minute=0, second=0)
    return int((first + timedelta(days=32)).replace(day=1).timestamp())


def _leave_schema_1(transaction: Transaction) -> None:
    """Make the present tables beside the old ones, and move all rows with their ids.

    Schema 1 was on SQLite only.
    """
    for statement in (
        *(f"ALTER TABLE {name} RENAME TO {name}_of_schema_1" for name in _OF_SCHEMA_1),
        "DROP INDEX entry_once",
        "DROP INDEX entry_by_time",
    ):
        execute(transaction, statement)
    entry_moving.make_old(transaction)
    make_missing(transaction)
    columns = [str(row[1]) for row in read(transaction, "PRAGMA table_info(entry_of_schema_1)")]
    after: int | None = 0
    while after is not None:
        after = _move_batch(transaction, columns, after)
    entry_moving.move(transaction)
    for statement in (*_MOVE_BUDGETS_AND_FEEDS, *(f"DROP TABLE {name}_of_schema_1" for name in _OF_SCHEMA_1)):
        execute(transaction, statement)


def _move_batch(transaction: Transaction, columns: list[str], after: int) -> int | None:
    """Move the next rows behind that id; the last one's id, None where there was none left."""
    rows = read_by_name(
        transaction,
        columns,
        "SELECT * FROM entry_of_schema_1 WHERE id > :after ORDER BY id LIMIT :batch",
        {"after": after, "batch": _BATCH},
    )
    if not rows:
        return None
    of_rows = [dimension_sets.Dimensions(*(row[name] for name in dimension_sets.DIMENSIONS)) for row in rows]
    ids = dimension_sets.ids_of(transaction, of_rows)
    sets = [ids[one] for one in of_rows]
    kept = [name for name in columns if name not in dimension_sets.DIMENSIONS]
    moved = [
        {
            **{name: row[name] for name in kept},
            "recorded_at": row["recorded_at"] * 1_000_000,
            "dimension_set_id": number,
        }
        for number, row in zip(sets, rows, strict=True)
    ]
    insert(transaction, entry_moving.OLD, moved)
    signs = [1 if row["reverses"] is None else -1 for row in rows]
    signed_rows = zip(sets, rows, signs, strict=True)
    roll_up.add(
        transaction,
        ((number, row["period_begin"], row["amount_nano"], sign) for number, row, sign in signed_rows),
    )
    last: int = rows[-1]["id"]
    return last
