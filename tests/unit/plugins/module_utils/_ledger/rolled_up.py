# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the roll-up has to hold, by the rows (design/ledger.md#roll-up)."""

from __future__ import annotations

from collections import Counter

from ansible_collections.finops.cloud.plugins.module_utils._ledger.roll_up import BUCKETS_S
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import Transaction, read

ENTRIES = "SELECT period_begin, dimension_set_id, amount_nano, reverses FROM entry"
ROLL_UP = (
    "SELECT bucket_s, bucket_begin, dimension_set_id, amount_whole, amount_rest_nano, entry_count"
    " FROM roll_up"
)


def assert_roll_up_equals_the_rows(transaction: Transaction) -> None:
    """Every bucket of every length, rebuilt from the rows, and no other."""
    amounts: Counter[tuple[int, int, int]] = Counter()
    counts: Counter[tuple[int, int, int]] = Counter()
    for begin, dimension_set_id, amount_nano, reverses in read(transaction, ENTRIES):
        for bucket_s in BUCKETS_S:
            bucket = (bucket_s, begin - begin % bucket_s, dimension_set_id)
            amounts[bucket] += amount_nano
            counts[bucket] += 1 if reverses is None else -1
    kept = {
        tuple(bucket): (whole * 10**9 + rest_nano, count)
        for *bucket, whole, rest_nano, count in read(transaction, ROLL_UP)
    }
    assert kept == {bucket: (amounts[bucket], counts[bucket]) for bucket in amounts}
