# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The entries' sums per bucket of UTC time, kept as they are written (design/ledger.md#roll-up).

A sum is kept and added in two numbers, whole units of the currency and a rest in 1e-9: no sum of either
leaves 64 bits, however large the currency's amounts are (design/money.md#amounts-in-the-ledger).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .._core.money import NANO_PER_UNIT
from .transaction import Transaction, execute, execute_many

#: Lengths of the buckets in seconds, the longest first: with these, a month in any zone is some dozen of
#: buckets. The offsets of today's zones are whole quarters of an hour.
BUCKETS_S = (8 * 86_400, 86_400, 3 * 3_600, 900)
#: The columns of roll_up.
COLUMNS = (
    "bucket_s", "bucket_begin", "dimension_set_id", "amount_whole", "amount_rest_nano", "entry_count",
)  # fmt: skip
#: What an INSERT of COLUMNS does with a bucket that is there.
_ON_CONFLICT = (
    " ON CONFLICT ({key}) DO UPDATE"
    " SET amount_whole = {table}.amount_whole + excluded.amount_whole,"
    " amount_rest_nano = {table}.amount_rest_nano + excluded.amount_rest_nano,"
    " entry_count = {table}.entry_count + excluded.entry_count"
)
_KEY = "bucket_s, bucket_begin, dimension_set_id"
ADD_TO_BUCKET = _ON_CONFLICT.format(table="roll_up", key=_KEY)
INSERT = f"INSERT INTO roll_up ({', '.join(COLUMNS)})"
_ADD = f"{INSERT} VALUES (:{', :'.join(COLUMNS)}){ADD_TO_BUCKET}"
#: Of a delivery that does not count yet.
_INSERT_WAITING = f"INSERT INTO roll_up_waiting ({', '.join(COLUMNS)}, recorded_at)"
_ADD_TO_WAITING = _ON_CONFLICT.format(table="roll_up_waiting", key=f"{_KEY}, recorded_at")
_ADD_WAITING = f"{_INSERT_WAITING} VALUES (:{', :'.join(COLUMNS)}, :recorded_at){_ADD_TO_WAITING}"
#: SQL of an entry's amount in the two numbers. Both databases cut a division's result towards zero.
WHOLE = f"amount_nano / {NANO_PER_UNIT}"
REST_NANO = f"amount_nano - amount_nano / {NANO_PER_UNIT} * {NANO_PER_UNIT}"
#: A multiple of every bucket's length, from before the first year to the epoch: with it added no moment is
#: negative, of which a division would not give the bucket's begin.
_BEFORE_THE_EPOCH_S = 100_000 * BUCKETS_S[0]
_BUCKET_BEGIN = f"({{moment}} + {_BEFORE_THE_EPOCH_S}) / {{bucket_s}} * {{bucket_s}} - {_BEFORE_THE_EPOCH_S}"
_OF_ENTRIES = f"""
SELECT bucket.column1 AS bucket_s,
    {_BUCKET_BEGIN.format(moment="shortest_begin", bucket_s="bucket.column1")} AS bucket_begin,
    dimension_set_id, SUM(whole) AS amount_whole, SUM(rest_nano) AS amount_rest_nano,
    SUM(shortest.entry_count) AS entry_count
FROM (
    SELECT {_BUCKET_BEGIN.format(moment="period_begin", bucket_s=BUCKETS_S[-1])} AS shortest_begin,
        dimension_set_id, SUM({WHOLE}) AS whole, SUM({REST_NANO}) AS rest_nano,
        SUM(CASE WHEN reverses IS NULL THEN 1 ELSE -1 END) AS entry_count
    FROM {{entries}}
    GROUP BY 1, 2
) AS shortest
CROSS JOIN (VALUES {", ".join(f"({bucket_s})" for bucket_s in BUCKETS_S)}) AS bucket
GROUP BY 1, 2, 3"""  # noqa: S608
#: Stands for the entries themselves where a part of a window is told apart from buckets.
NO_BUCKET = 0


class RollUpPart(NamedTuple):
    """What is read for a window: the buckets of one length in [begin, end), added (sign 1) or taken off again
    (-1).
    """

    bucket_s: int
    begin: int
    end: int
    sign: int = 1


def add(
    transaction: Transaction, rows: Iterable[tuple[int, int, int, int]], delivery: int | None = None
) -> None:
    """Add entries to their buckets: tuples of dimension set id, begin of the period, amount in nano units,
    and 1 or, for a reversal, -1. delivery: of one that does not count yet, what its rows have as recorded_at.

    On SQLite only: on PostgreSQL a trigger does it, by adding().
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
    more = {} if delivery is None else {"recorded_at": delivery}
    ordered = [
        dict(zip(COLUMNS, (*bucket, *divmod(amount_nano, NANO_PER_UNIT), count), strict=True)) | more
        for bucket, (amount_nano, count) in sorted(sums.items())
    ]
    execute_many(transaction, _ADD if delivery is None else _ADD_WAITING, ordered)


def of_entries(entries: str = "entry") -> str:
    """A SELECT of the rows that the roll-up has of these entries, with its COLUMNS."""
    return _OF_ENTRIES.format(entries=entries)


def bucket_begin(moment: str, bucket_s: str) -> str:
    """SQL of the begin of the bucket that a moment lies in; both are SQL, in seconds."""
    return _BUCKET_BEGIN.format(moment=moment, bucket_s=bucket_s)


def adding(entries: str = "entry", delivery: str | None = None) -> str:
    """The statement that adds the rows of a table of entries to their buckets, in the order of the index.
    delivery: SQL of what a delivery's rows have as recorded_at, which do not count yet.
    """
    more = "" if delivery is None else f", {delivery}"
    # SQLite would take ON CONFLICT for a part of the SELECT.
    rows = f"SELECT *{more} FROM ({of_entries(entries)}) AS added WHERE 1 = 1 ORDER BY 1, 2, 3"  # noqa: S608
    return (
        f"{INSERT} {rows}{ADD_TO_BUCKET}"
        if delivery is None
        else f"{_INSERT_WAITING} {rows}{_ADD_TO_WAITING}"
    )


def rebuild(transaction: Transaction) -> None:
    """Fill the empty roll-up from the entries."""
    execute(transaction, adding())


def in_nano(whole: int, rest_nano: int) -> int:
    """The sum in 1e-9 of the currency that these two numbers are."""
    return int(whole) * NANO_PER_UNIT + int(rest_nano)


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
    return [part._replace(sign=-part.sign) for part in parts(begin=target, end=origin, buckets_s=buckets_s)]
