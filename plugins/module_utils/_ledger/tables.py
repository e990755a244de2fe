# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The ledger's tables (design/ledger.md, design/money.md#amounts-in-the-ledger).

Moments are seconds since the epoch in UTC, of when an entry was recorded microseconds. Amounts are integers
of 1e-9 units. Both compare and sum exactly on every database. What databases spell each in their own way
stands in braces.
"""

from __future__ import annotations

from . import commit_clock, triggers, views
from .act_tables import ACT_TABLES
from .archive_tables import ARCHIVE_TABLES
from .bill_schema import BILL_TABLES
from .entry_tables import ENTRY_TABLES, ENTRY_VIEW, MOMENT_ON_POSTGRESQL, MOMENT_ON_SQLITE, STEP
from .policy_tables import POLICY_TABLES
from .schema import LEDGER_SCHEMA, SCHEMA_VERSION
from .transaction import Transaction, define, execute, insert, table_names

_IN_BOTH = {
    "step": STEP,
}
_IN_SQLITE = {
    # Row ids are given only to a column of exactly this type.
    "id": "INTEGER",
    "series_id": "INTEGER",
    "bytes": "BLOB",
    "moment": MOMENT_ON_SQLITE,
    # An integer of any size, as text.
    "sum": "TEXT",
    "without_rowid": " WITHOUT ROWID",
    **_IN_BOTH,
}
_IN_POSTGRESQL = {
    "id": "BIGSERIAL",
    # A trigger numbers them.
    "series_id": "INTEGER",
    "bytes": "BYTEA",
    "moment": MOMENT_ON_POSTGRESQL,
    "sum": "NUMERIC",
    "without_rowid": "",
    **_IN_BOTH,
}
#: Name of a table -> what makes it and its indexes; a table after those that it refers to.
_TABLES = {
    # The number of the tables.
    "ledger_schema": (
        """
        CREATE TABLE ledger_schema (
            version INTEGER NOT NULL
        )""",
    ),
    **ENTRY_TABLES,
    # What may be spent per period (design/gate.md#budgets). limit_nano: larger than what one entry may be.
    # categories, projects, regions, tags, thresholds: JSON.
    "budget": (
        """
        CREATE TABLE budget (
            name TEXT NOT NULL,
            limit_nano {sum} NOT NULL,
            currency TEXT NOT NULL,
            period TEXT NOT NULL,
            timezone TEXT NOT NULL,
            first_day INTEGER NOT NULL,
            anchor_day INTEGER NOT NULL,
            anchor_month INTEGER NOT NULL,
            period_begin BIGINT,
            period_end BIGINT,
            fed_by TEXT NOT NULL,
            basis TEXT NOT NULL,
            max_staleness_s BIGINT NOT NULL,
            categories TEXT NOT NULL,
            projects TEXT NOT NULL,
            regions TEXT DEFAULT '[]' NOT NULL,
            tags TEXT NOT NULL,
            untagged TEXT DEFAULT 'unknown' NOT NULL,
            tax TEXT DEFAULT 'excluded' NOT NULL,
            thresholds TEXT NOT NULL,
            PRIMARY KEY (name)
        )""",
    ),
    # What was imported, from where (design/imports.md). told_by: cloudkitty or vergeos. auth_url, cloud:
    # of the login that imported last. retired: it ended and brings no more cost. credit_due_from: begin of
    # the first month whose free tier is to be reckoned anew. flow_hours: how many rated periods the means
    # of flows are of. rating_regions: JSON, each region with a rating service and the one whose feed
    # brings its cost. empty, unrated: JSON, windows that were imported as empty, and that the cloud has
    # not rated. revision: goes up with every change, so that a writer sees with one look whether another
    # one came in between.
    "feed": (
        """
        CREATE TABLE feed (
            id {id} NOT NULL,
            told_by TEXT NOT NULL,
            auth_url TEXT NOT NULL,
            region TEXT NOT NULL,
            project_id TEXT NOT NULL,
            cloud TEXT,
            project_name TEXT NOT NULL,
            currency TEXT NOT NULL,
            collect_period_s INTEGER NOT NULL,
            rated_through BIGINT NOT NULL,
            retired BOOLEAN NOT NULL,
            credit_due_from BIGINT,
            flow_hours INTEGER,
            flow_metrics TEXT,
            retired_at BIGINT,
            retired_by TEXT,
            retired_reason TEXT,
            rating_regions TEXT DEFAULT '{{}}' NOT NULL,
            empty TEXT DEFAULT '[]' NOT NULL,
            unrated TEXT DEFAULT '[]' NOT NULL,
            revision INTEGER NOT NULL,
            PRIMARY KEY (id),
            UNIQUE (region, project_id)
        )""",
    ),
    # What was imported completely, and in which layout; windows of one feed and layout that touch are
    # one row.
    "feed_window": (
        """
        CREATE TABLE feed_window (
            feed_id BIGINT NOT NULL,
            "begin" BIGINT NOT NULL,
            "end" BIGINT NOT NULL,
            resolution TEXT NOT NULL,
            grouping TEXT NOT NULL,
            tagged BOOLEAN NOT NULL,
            PRIMARY KEY (feed_id, "begin"),
            FOREIGN KEY(feed_id) REFERENCES feed (id)
        )""",
    ),
    # What a feed's resources were called and tagged when they were last seen: a deleted one is in no
    # list any more (design/imports.md#tags).
    "feed_resource": (
        """
        CREATE TABLE feed_resource (
            feed_id BIGINT NOT NULL,
            resource_id TEXT NOT NULL,
            type TEXT NOT NULL,
            name TEXT NOT NULL,
            tags TEXT NOT NULL,
            PRIMARY KEY (feed_id, resource_id),
            FOREIGN KEY(feed_id) REFERENCES feed (id)
        )""",
    ),
    # What a collect period of the feed is expected to cost, by category and tag set
    # (design/imports.md#run-rate): the sum of so many rated periods. is_flow: of metrics of flow.
    "feed_rate": (
        """
        CREATE TABLE feed_rate (
            feed_id BIGINT NOT NULL,
            category TEXT NOT NULL,
            tags TEXT NOT NULL,
            amount_nano {sum} NOT NULL,
            hours INTEGER NOT NULL,
            is_flow BOOLEAN NOT NULL,
            PRIMARY KEY (feed_id, category, tags, is_flow),
            FOREIGN KEY(feed_id) REFERENCES feed (id)
        )""",
    ),
    # Every category and tag key that the feed ever carried (design/gate.md#coverage). kind: category or
    # tag.
    "feed_carried": (
        """
        CREATE TABLE feed_carried (
            feed_id BIGINT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            PRIMARY KEY (feed_id, kind, name),
            FOREIGN KEY(feed_id) REFERENCES feed (id)
        )""",
    ),
    # What the feed's newest rated periods cost each, by category and tag set
    # (design/alerts.md#forecast). amounts: JSON in 1e-9, oldest first, of every row as many and of the
    # same periods.
    "feed_hours": (
        """
        CREATE TABLE feed_hours (
            feed_id BIGINT NOT NULL,
            category TEXT NOT NULL,
            tags TEXT NOT NULL,
            amounts TEXT NOT NULL,
            PRIMARY KEY (feed_id, category, tags),
            FOREIGN KEY(feed_id) REFERENCES feed (id)
        )""",
    ),
    # Money promised to a name; each time that the name is used anew is a generation
    # (design/reservations.md). ttl_s: as it was last given, which made expires_at. forced_verdicts: JSON,
    # what it passed against, NULL of a hold that an older version forced. lines_sha256: of the lines as the
    # task wrote them. hold_counting: a gate reads those that can still count, however many there were.
    "hold": (
        """
        CREATE TABLE hold (
            id {id} NOT NULL,
            name TEXT NOT NULL,
            generation INTEGER NOT NULL,
            state TEXT NOT NULL,
            settled_by TEXT NOT NULL,
            held_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL,
            ttl_s BIGINT NOT NULL,
            committed_at BIGINT,
            forced_verdicts TEXT,
            settled BOOLEAN NOT NULL,
            recorded_by TEXT NOT NULL,
            lines_sha256 TEXT,
            plan_sha256 TEXT,
            PRIMARY KEY (id),
            UNIQUE (name, generation)
        )""",
        "CREATE INDEX hold_counting ON hold (state, settled, expires_at)",
    ),
    # What a hold is made of. stage: held or committed, a commit's lines stand beside those that were held;
    # or removed, for what it takes away. hourly: amount_nano is what an hour costs. at: moment of a one-off
    # line. until: end of a running line, NULL for good. project: id or name.
    "hold_line": (
        """
        CREATE TABLE hold_line (
            hold_id BIGINT NOT NULL,
            stage TEXT NOT NULL,
            number INTEGER NOT NULL,
            amount_nano BIGINT NOT NULL,
            currency TEXT NOT NULL,
            category TEXT,
            project TEXT,
            tags TEXT NOT NULL,
            hourly BOOLEAN NOT NULL,
            "at" BIGINT,
            "until" BIGINT,
            region TEXT,
            name TEXT,
            metric TEXT,
            PRIMARY KEY (hold_id, stage, number),
            CONSTRAINT amount_is_not_negative CHECK (amount_nano >= 0),
            FOREIGN KEY(hold_id) REFERENCES hold (id)
        )""",
    ),
    # A limit raised once, for one reservation in one period (design/gate.md#overrides). login: the one of
    # PostgreSQL that may use it, NULL for any that holds the reservation.
    "limit_override": (
        """
        CREATE TABLE limit_override (
            budget TEXT NOT NULL,
            period_id TEXT NOT NULL,
            reservation TEXT NOT NULL,
            amount_nano {sum} NOT NULL,
            reason TEXT NOT NULL,
            approved_by TEXT NOT NULL,
            until BIGINT NOT NULL,
            login TEXT,
            recorded_at BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            PRIMARY KEY (budget, period_id, reservation)
        )""",
    ),
    # Which generation of its reservation used an override up: apart, so that who may only add rows
    # cannot undo it (design/gate.md#separation-of-duty).
    "override_use": (
        """
        CREATE TABLE override_use (
            budget TEXT NOT NULL,
            period_id TEXT NOT NULL,
            reservation TEXT NOT NULL,
            generation INTEGER NOT NULL,
            consumed_at BIGINT NOT NULL,
            PRIMARY KEY (budget, period_id, reservation)
        )""",
    ),
    # A threshold that was reached (design/alerts.md#when-an-alert-fires). As long as it is not re-armed
    # it is the row that keeps the next one from being fired. round: goes up with every re-arming in
    # one period. amount and limit_amount: exact text, in the currency, as they were.
    "alert": (
        """
        CREATE TABLE alert (
            id TEXT NOT NULL,
            budget TEXT NOT NULL,
            period_id TEXT NOT NULL,
            basis TEXT NOT NULL,
            threshold TEXT NOT NULL,
            round INTEGER NOT NULL,
            period_begin BIGINT NOT NULL,
            period_end BIGINT NOT NULL,
            amount TEXT NOT NULL,
            limit_amount TEXT NOT NULL,
            currency TEXT NOT NULL,
            at_least BOOLEAN NOT NULL,
            message TEXT NOT NULL,
            fired_at BIGINT NOT NULL,
            rearmed_at BIGINT,
            recorded_by TEXT NOT NULL,
            PRIMARY KEY (id),
            UNIQUE (budget, period_id, basis, threshold, round)
        )""",
        "CREATE INDEX ix_alert_fired_at ON alert (fired_at)",
    ),
    # Which alerts a consumer took care of (design/alerts.md#delivery).
    "alert_acknowledged": (
        """
        CREATE TABLE alert_acknowledged (
            alert_id TEXT NOT NULL,
            consumer TEXT NOT NULL,
            acknowledged_at BIGINT NOT NULL,
            acknowledged_by TEXT NOT NULL,
            PRIMARY KEY (alert_id, consumer),
            FOREIGN KEY(alert_id) REFERENCES alert (id)
        )""",
    ),
    # What a project or a system used at one moment (design/records.md#taking-a-record): rows are only
    # ever added. key: its number in its system, NULL where that has none and the id is its number.
    "usage_record": (
        """
        CREATE TABLE usage_record (
            id {id} NOT NULL,
            source TEXT NOT NULL,
            system TEXT NOT NULL,
            region TEXT,
            project_id TEXT,
            project_name TEXT,
            "key" BIGINT,
            created BIGINT NOT NULL,
            content TEXT NOT NULL,
            recorded_at BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            PRIMARY KEY (id)
        )""",
        "CREATE INDEX usage_record_by_time ON usage_record (created)",
        'CREATE UNIQUE INDEX usage_record_once ON usage_record (source, system, "key")',
    ),
    **BILL_TABLES,
    **POLICY_TABLES,
    **ACT_TABLES,
    **ARCHIVE_TABLES,
}
TABLE_NAMES = tuple(_TABLES)


def make(transaction: Transaction) -> None:
    """Make all tables in a database that has none."""
    make_missing(transaction)
    commit_clock.start(transaction)
    triggers.make(transaction)
    views.make(transaction)
    insert(transaction, LEDGER_SCHEMA, [{"version": SCHEMA_VERSION}])


def make_missing(transaction: Transaction) -> None:
    """Make those tables that are not there, with their indexes."""
    words = _IN_POSTGRESQL if transaction.on_postgresql else _IN_SQLITE
    there = table_names(transaction)
    for statement in (text for name, texts in _TABLES.items() if name not in there for text in texts):
        execute(transaction, statement.format(**words).strip())
    if "entry_row" not in there:
        define(transaction, ENTRY_VIEW.format(**words).strip())
