# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The ledger's tables of entries and their sums (design/ledger.md). tables.py says what stands in braces."""

from __future__ import annotations

#: Name of a table -> what makes it and its indexes; a table after those that it refers to.
ENTRY_TABLES = {
    # What costs are told apart by, tags included: entries share few of them, so that sums group by one
    # small number. fingerprint: of all the other columns; a unique index over them would not hold where
    # one is NULL, nor for long tags. tags: canonical JSON.
    "dimension_set": (
        """
        CREATE TABLE dimension_set (
            id {id} NOT NULL,
            fingerprint TEXT NOT NULL,
            charge_category TEXT NOT NULL,
            category TEXT NOT NULL,
            cloud TEXT,
            region TEXT,
            project_id TEXT,
            project_name TEXT,
            currency TEXT NOT NULL,
            tags TEXT NOT NULL,
            PRIMARY KEY (id),
            UNIQUE (fingerprint)
        )""",
    ),
    # The tags of a dimension set once more, one by one: to choose and to group by.
    "tag": (
        """
        CREATE TABLE tag (
            dimension_set_id BIGINT NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (dimension_set_id, name),
            FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
        )""",
    ),
    # Append-only: a row is never changed. reverses: the id of the row that a negative row takes back.
    # recorded_at: in microseconds, one moment for all rows of a transaction (design/ledger.md#as-of).
    # entry_once: one reversal and one new row per version; the first has `reverses`, the second has
    # none. entry_reversed_once: partial on SQLite, which would otherwise look a key up among all the
    # rows that reverse nothing. entry_by_time: all that a sum over rows needs, so that it reads the
    # index alone; rows of one time lie anywhere in a large table.
    "entry": (
        """
        CREATE TABLE entry (
            id {id} NOT NULL,
            source TEXT NOT NULL,
            "key" TEXT NOT NULL,
            version INTEGER NOT NULL,
            reverses BIGINT,
            dimension_set_id BIGINT NOT NULL,
            metric TEXT,
            resource_id TEXT,
            resource_name TEXT,
            resource_type TEXT,
            period_begin BIGINT NOT NULL,
            period_end BIGINT NOT NULL,
            quantity TEXT,
            unit TEXT,
            amount_nano BIGINT NOT NULL,
            description TEXT,
            recorded_at BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            PRIMARY KEY (id),
            FOREIGN KEY(reverses) REFERENCES entry (id),
            FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
        )""",
        "CREATE INDEX entry_by_time"
        " ON entry (period_begin, id, dimension_set_id, amount_nano, reverses, recorded_at)",
        'CREATE UNIQUE INDEX entry_once ON entry (source, "key", version, {is_first})',
        "CREATE UNIQUE INDEX entry_reversed_once ON entry (reverses){where_reversing}",
    ),
    # When the newest entries were recorded, in one row, which whoever writes entries locks until the commit
    # (design/ledger.md#as-of).
    "ledger_clock": (
        """
        CREATE TABLE ledger_clock (
            recorded_at BIGINT NOT NULL
        )""",
    ),
    # The entries' sums per bucket of UTC time and dimension set (design/ledger.md#roll-up). A sum is
    # amount_whole units of its currency and amount_rest_nano of 1e-9: neither is ever beyond 64 bits, where
    # SQLite's addition would go on as a float without a word. entry_count: valid entries, a reversal
    # counts -1.
    "roll_up": (
        """
        CREATE TABLE roll_up (
            bucket_s INTEGER NOT NULL,
            bucket_begin BIGINT NOT NULL,
            dimension_set_id BIGINT NOT NULL,
            amount_whole BIGINT NOT NULL,
            amount_rest_nano BIGINT NOT NULL,
            entry_count BIGINT NOT NULL,
            PRIMARY KEY (bucket_s, bucket_begin, dimension_set_id),
            FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
        ){without_rowid}""",
    ),
}
