# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The ledger's tables of archived months (design/ledger.md#archived-months). tables.py says what stands in
braces.
"""

from __future__ import annotations

#: Name of a table -> what makes it and its indexes; a table after those that it refers to.
ARCHIVE_TABLES = {
    # A month of UTC whose entries are in a file and not in the ledger. state: archived, restoring while they
    # are written back, or restored, which stays to tell of it. last_id: no entry behind it was of the file,
    # and no later one gets an id up to it. file_sha256: of its bytes. rows_sha256: of what the entries say.
    # entry_count: those that are valid. archived_at, restored_at: in microseconds.
    "archived_month": (
        """
        CREATE TABLE archived_month (
            id {id} NOT NULL,
            month TEXT NOT NULL,
            month_begin BIGINT NOT NULL,
            month_end BIGINT NOT NULL,
            state TEXT NOT NULL,
            file TEXT NOT NULL,
            file_sha256 TEXT NOT NULL,
            file_bytes BIGINT NOT NULL,
            row_count BIGINT NOT NULL,
            entry_count BIGINT NOT NULL,
            last_id BIGINT NOT NULL,
            rows_sha256 TEXT NOT NULL,
            archived_at BIGINT NOT NULL,
            archived_by TEXT NOT NULL,
            restored_at BIGINT,
            restored_by TEXT,
            PRIMARY KEY (id),
            CONSTRAINT known_state CHECK (state IN ('archived', 'restoring', 'restored'))
        )""",
        "CREATE UNIQUE INDEX archived_month_once ON archived_month (month_begin) WHERE state <> 'restored'",
    ),
    # The sums of what was archived, by UTC day and dimension set, as roll_up has them: to check that by.
    "archived_sum": (
        """
        CREATE TABLE archived_sum (
            archived_id BIGINT NOT NULL,
            bucket_begin BIGINT NOT NULL,
            dimension_set_id BIGINT NOT NULL,
            amount_whole BIGINT NOT NULL,
            amount_rest_nano BIGINT NOT NULL,
            entry_count BIGINT NOT NULL,
            PRIMARY KEY (archived_id, bucket_begin, dimension_set_id),
            FOREIGN KEY(archived_id) REFERENCES archived_month (id),
            FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
        ){without_rowid}""",
    ),
    # What each source has in the archive. newest_at: when its newest entry was recorded, in microseconds.
    "archived_source": (
        """
        CREATE TABLE archived_source (
            archived_id BIGINT NOT NULL,
            source TEXT NOT NULL,
            row_count BIGINT NOT NULL,
            first_begin BIGINT NOT NULL,
            last_end BIGINT NOT NULL,
            newest_at BIGINT NOT NULL,
            PRIMARY KEY (archived_id, source),
            FOREIGN KEY(archived_id) REFERENCES archived_month (id)
        ){without_rowid}""",
    ),
    # The keys that stand whole and have entries in the archive: nothing else says that they do, as their
    # period may change. Removed when the month is restored.
    "archived_key": (
        """
        CREATE TABLE archived_key (
            key_id INTEGER NOT NULL,
            archived_id BIGINT NOT NULL,
            PRIMARY KEY (key_id, archived_id),
            FOREIGN KEY(key_id) REFERENCES entry_key (id),
            FOREIGN KEY(archived_id) REFERENCES archived_month (id)
        ){without_rowid}""",
    ),
}
