# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The ledger's tables of bills (design/imports.md#a-bill-is-a-delivery). tables.py says what stands in
braces.
"""

from __future__ import annotations

#: Name of a table -> what makes it and its indexes.
BILL_TABLES = {
    # What was delivered of a source: an account's billing period, a key, or the time that its charges begin
    # in. Its entries' keys begin with bill/<id>/. period_begin, period_end: NULL of a key. first_begin,
    # last_begin: between them begin all entries that it ever had.
    "bill": (
        """
        CREATE TABLE bill (
            id {id} NOT NULL,
            source TEXT NOT NULL,
            account TEXT NOT NULL,
            "key" TEXT NOT NULL,
            period_begin BIGINT,
            period_end BIGINT,
            first_begin BIGINT NOT NULL,
            last_begin BIGINT NOT NULL,
            PRIMARY KEY (id)
        )""",
        'CREATE INDEX bill_by_source ON bill (source, account, "key")',
    ),
    # A delivery whose entries are written by many transactions. recorded_at: what they have as theirs, and
    # nothing else has. after_id: all of them have higher ids. effective_at: since when they count, all at
    # once; NULL of one that is being written, or whose task was killed.
    "delivery": (
        """
        CREATE TABLE delivery (
            recorded_at BIGINT NOT NULL,
            source TEXT NOT NULL,
            after_id BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            effective_at BIGINT,
            PRIMARY KEY (recorded_at)
        )""",
    ),
    # What deliveries add to the roll-up: they count once the delivery does, and are moved into roll_up then.
    # recorded_at: that of the delivery.
    "roll_up_waiting": (
        """
        CREATE TABLE roll_up_waiting (
            bucket_s INTEGER NOT NULL,
            bucket_begin BIGINT NOT NULL,
            dimension_set_id BIGINT NOT NULL,
            amount_whole BIGINT NOT NULL,
            amount_rest_nano BIGINT NOT NULL,
            entry_count BIGINT NOT NULL,
            recorded_at BIGINT NOT NULL,
            PRIMARY KEY (bucket_s, bucket_begin, dimension_set_id, recorded_at),
            FOREIGN KEY(dimension_set_id) REFERENCES dimension_set (id)
        ){without_rowid}""",
    ),
    # The files that a bill was delivered in. content: the sum of the hashes of its rows, in hexadecimal.
    # totals: JSON, currency -> 1e-9 units as text.
    "bill_part": (
        """
        CREATE TABLE bill_part (
            id {id} NOT NULL,
            bill_id BIGINT NOT NULL,
            content TEXT NOT NULL,
            row_count BIGINT NOT NULL,
            totals TEXT NOT NULL,
            PRIMARY KEY (id),
            FOREIGN KEY(bill_id) REFERENCES bill (id)
        )""",
        "CREATE INDEX bill_part_of ON bill_part (bill_id)",
    ),
}
