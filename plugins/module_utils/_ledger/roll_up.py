# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The entries' sums per bucket of UTC time, kept as they are written (design/ledger.md#roll-up)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .transaction import Transaction, execute_many

#: Lengths of the buckets in seconds, the longest first: with these, a month in any zone is some dozen of
#: buckets. The offsets of today's zones are whole quarters of an hour.
BUCKETS_S = (8 * 86_400, 86_400, 3 * 3_600, 900)
_COLUMNS = ("bucket_s", "bucket_begin", "dimension_set_id", "amount_nano", "entry_count")
_ADD = (
    f"INSERT INTO roll_up ({', '.join(_COLUMNS)}) VALUES (:{', :'.join(_COLUMNS)})"  # noqa: S608
    " ON CONFLICT (bucket_s, bucket_begin, dimension_set_id) DO UPDATE"
    " SET amount_nano = roll_up.amount_nano + excluded.amount_nano,"
    " entry_count = roll_up.entry_count + excluded.entry_count"
)
#: Stands for the entries themselves where a part of a window is told apart from buckets.
NO_BUCKET = 0


@dataclass(frozen=True)
class RollUpPart:
    """What is read for a window: the buckets of one length in [begin, end), added (sign 1) or taken off again
    (-1).
    """

    bucket_s: int
    begin: int
    end: int
    sign: int = 1


def add(transaction: Transaction, rows: Iterable[tuple[int, int, int, int]]) -> None:
    """Add entries to their buckets: tuples of dimension set id, begin of the period, amount in nano units,
    and 1 or, for a reversal, -1.
    """
    shortest = BUCKETS_S[-1]
    # The many rows of an hour once for the shortest buckets, then these few for the longer ones, which are
    # whole multiples of them.
    small: dict[tuple[int, int], list[int]] = {}
    for dimension_set_id, begin, amount_nano, count in rows:
        at = (dimension_set_id, begin // shortest * shortest)
        known = small.get(at)
        if known is None:
            small[at] = [amount_nano, count]
        else:
            known[0] += amount_nano
            known[1] += count
    sums: dict[tuple[int, int, int], tuple[int, int]] = {}
    for (dimension_set_id, begin), (amount_nano, count) in small.items():
        for bucket_s in BUCKETS_S:
            bucket = (bucket_s, begin // bucket_s * bucket_s, dimension_set_id)
            amount_before, count_before = sums.get(bucket, (0, 0))
            sums[bucket] = (amount_before + amount_nano, count_before + count)
    # In the order of the index, and never two writers at once: no deadlock on any database.
    ordered = [dict(zip(_COLUMNS, (*bucket, *sums[bucket]), strict=True)) for bucket in sorted(sums)]
    execute_many(transaction, _ADD, ordered)


def parts(begin: int, end: int, buckets_s: Sequence[int] = BUCKETS_S) -> list[RollUpPart]:
    """What adds up to [begin, end) with few rows to read: buckets of the longest length between the edges
    nearest to its ends.

    What that leaves out is added, and what it has too much is taken off, by shorter buckets; by the entries
    (NO_BUCKET) in the end.
    """
    if begin >= end:
        return []
    if not buckets_s:
        return [RollUpPart(NO_BUCKET, begin, end)]
    longest, shorter = buckets_s[0], buckets_s[1:]
    first, last = ((at + longest // 2) // longest * longest for at in (begin, end))
    if first >= last:
        return parts(begin, end, shorter)
    return [*_way(begin, first, shorter), RollUpPart(longest, first, last), *_way(last, end, shorter)]


def _way(origin: int, target: int, buckets_s: Sequence[int]) -> list[RollUpPart]:
    """The parts of [origin, target), or those of [target, origin) taken off where that lies
    the other way round.
    """
    if origin <= target:
        return parts(origin, target, buckets_s)
    return [replace(part, sign=-part.sign) for part in parts(begin=target, end=origin, buckets_s=buckets_s)]
