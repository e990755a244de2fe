# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The ledger's tables of entries and their sums (design/ledger.md). tables.py says what stands in braces."""

from __future__ import annotations

#: SQL of the version of an entry, and below zero that of a reversal.
STEP = "(CASE WHEN reverses IS NULL THEN version ELSE -version END)"
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
    # What a cost is of, told once for all of its entries (series.py). fingerprint: of the columns behind it.
    # length_s: of the period of each entry.
    "series": (
        """
        CREATE TABLE series (
            id {series_id} NOT NULL,
            fingerprint {bytes} NOT NULL,
            dimension_set_id BIGINT NOT NULL,
            length_s BIGINT NOT NULL,
            metric TEXT,
            resource_id TEXT,
            resource_name TEXT,
            resource_type TEXT,
            unit TEXT,
            description TEXT,
            PRIMARY KEY (id),
            UNIQUE (fingerprint),
            FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
        )""",
    ),
    # The keys of entries. moment_length: how many characters of the begin of the period come before the stem,
    # so that all hours of a resource have one row; 0 of a key that stands whole, whose id is below zero.
    "entry_key": (
        """
        CREATE TABLE entry_key (
            id {series_id} NOT NULL,
            source TEXT NOT NULL,
            stem TEXT NOT NULL,
            moment_length INTEGER NOT NULL,
            PRIMARY KEY (id),
            UNIQUE (source, stem, moment_length),
            CONSTRAINT whole_below_zero CHECK ((id < 0) = (moment_length = 0) AND id <> 0)
        )""",
    ),
    # Who recorded entries, by the moment that all of a transaction or of a delivery have in common.
    "recording": (
        """
        CREATE TABLE recording (
            recorded_at BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            PRIMARY KEY (recorded_at)
        ){without_rowid}""",
    ),
    # Append-only: a row is never changed. reverses: the id of the row that a negative row takes back.
    # recorded_at: in microseconds, one moment for all rows of a transaction (design/ledger.md#as-of).
    # entry_row_by_time: of a key that holds its moment one reversal and one new row per version; the first
    # has `reverses`, the second has none. entry_row_of_whole_key: the same of a key whose period may change.
    # The columns stand in this order as PostgreSQL leaves gaps in front of the longer ones otherwise.
    "entry_row": (
        """
        CREATE TABLE entry_row (
            id {id} NOT NULL,
            period_begin BIGINT NOT NULL,
            amount_nano BIGINT NOT NULL,
            recorded_at BIGINT NOT NULL,
            reverses BIGINT,
            series_id INTEGER NOT NULL,
            key_id INTEGER NOT NULL,
            version INTEGER NOT NULL,
            quantity TEXT,
            PRIMARY KEY (id),
            FOREIGN KEY(reverses) REFERENCES entry_row (id),
            FOREIGN KEY(series_id) REFERENCES series (id),
            FOREIGN KEY(key_id) REFERENCES entry_key (id)
        )""",
        "CREATE UNIQUE INDEX entry_row_by_time ON entry_row (period_begin, key_id, {step})",
        "CREATE UNIQUE INDEX entry_row_of_whole_key ON entry_row (key_id, {step}) WHERE key_id < 0",
        "CREATE UNIQUE INDEX entry_row_reversed ON entry_row (reverses) WHERE reverses IS NOT NULL",
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
#: SQL of the begin of an entry's period as keys hold it.
MOMENT_ON_SQLITE = "(replace(datetime(period_begin, 'unixepoch'), ' ', 'T') || 'Z')"
MOMENT_ON_POSTGRESQL = (
    "to_char(to_timestamp(period_begin) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
)
#: What an entry says, whole. A column that nobody asks for costs nothing: its table is not read then.
ENTRY_VIEW = """
CREATE VIEW entry AS
SELECT entry_row.id AS id, entry_key.source AS source,
    CASE WHEN entry_key.moment_length = 0 THEN entry_key.stem
        ELSE substr({moment}, 1, entry_key.moment_length) || entry_key.stem END AS "key",
    entry_row.version AS version, entry_row.reverses AS reverses,
    series.dimension_set_id AS dimension_set_id, series.metric AS metric, series.resource_id AS resource_id,
    series.resource_name AS resource_name, series.resource_type AS resource_type,
    entry_row.period_begin AS period_begin, entry_row.period_begin + series.length_s AS period_end,
    entry_row.quantity AS quantity, series.unit AS unit, entry_row.amount_nano AS amount_nano,
    series.description AS description, entry_row.recorded_at AS recorded_at,
    recording.recorded_by AS recorded_by
FROM entry_row
LEFT JOIN series ON series.id = entry_row.series_id
LEFT JOIN entry_key ON entry_key.id = entry_row.key_id
LEFT JOIN recording ON recording.recorded_at = entry_row.recorded_at"""
