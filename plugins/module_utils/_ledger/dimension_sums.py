# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The ledger's sums told by dimensions: what every gate asks for (design/ledger.md#roll-up); totals.py tells
sums of all kinds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from . import roll_up
from .rows import Transaction, on_postgresql, read

if TYPE_CHECKING:
    from .._core.periods import Window

#: What is told of a part, in this order: the number of its window, and what is added for it or taken off.
_OF_BUCKETS = """
    SELECT part.column1 AS window_number, dimension_set_id, amount_nano * part.column5 AS amount_nano,
        entry_count * part.column5 AS entry_count
    FROM {joined}"""
_IN_BUCKETS = "bucket_s = part.column2 AND bucket_begin >= part.column3 AND bucket_begin < part.column4"
_OF_ENTRIES = """
    SELECT part.column1 AS window_number, dimension_set_id, amount_nano * part.column5 AS amount_nano,
        CASE WHEN reverses IS NULL THEN part.column5 ELSE -part.column5 END AS entry_count
    FROM {joined}"""
_IN_ENTRIES = "period_begin >= part.column3 AND period_begin < part.column4"
_JOINED_IN_SQLITE = "(VALUES {parts}) AS part JOIN {table} ON {condition}"
#: PostgreSQL takes a range whose ends stand in another table for a large one, and would read all rows; OFFSET
#: keeps it from joining.
_JOINED_IN_POSTGRESQL = (
    "(VALUES {parts}) AS part CROSS JOIN LATERAL (SELECT * FROM {table} WHERE {condition} OFFSET 0) AS inside"
)
#: Where everything was taken back, or moved elsewhere, nothing is.
_BY_SET = """
SELECT window_number, summed.amount_nano, {columns}
FROM (
    SELECT window_number, dimension_set_id, SUM(amount_nano) AS amount_nano, SUM(entry_count) AS entry_count
    FROM ({sources}
    ) AS added
    GROUP BY window_number, dimension_set_id
) AS summed
JOIN dimension_set ON dimension_set.id = dimension_set_id
WHERE summed.entry_count <> 0"""
#: A part of a window with the window's number.
_Numbered = tuple[int, roll_up.Part]


def by_dimensions(
    transaction: Transaction, windows: Sequence[Window], columns: Sequence[str]
) -> list[dict[tuple[str | None, ...], int]]:
    """For each of these windows: values of these columns of dimension_set -> sum in 1e-9 of all entries that
    begin there; one statement.

    Sums of dimension sets are added up here and not by the database, which takes longer to compare their
    texts.
    """
    found: list[dict[tuple[str | None, ...], int]] = [{} for _window in windows]
    parts = [
        (number, part)
        for number, window in enumerate(windows)
        for part in roll_up.parts(int(window.begin.timestamp()), int(window.end.timestamp()))
    ]
    if parts:
        for number, amount_nano, *values in read(
            transaction, statement(parts, columns, on_postgresql(transaction))
        ):
            sums, key = found[number], tuple(values)
            sums[key] = sums.get(key, 0) + int(amount_nano)
    return found


def statement(parts: Sequence[_Numbered], columns: Sequence[str], in_postgresql: bool) -> str:
    """Window's number, sum, and these columns, of every dimension set that has entries there.

    Only numbers of our own are in its text.
    """
    in_buckets = [each for each in parts if each[1].bucket_s != roll_up.NO_BUCKET]
    in_entries = [each for each in parts if each[1].bucket_s == roll_up.NO_BUCKET]
    joined = _JOINED_IN_POSTGRESQL if in_postgresql else _JOINED_IN_SQLITE
    sources = [
        source.format(joined=joined.format(parts=_values(each), table=table, condition=condition))
        for source, each, table, condition in (
            (_OF_BUCKETS, in_buckets, "roll_up", _IN_BUCKETS),
            (_OF_ENTRIES, in_entries, "entry", _IN_ENTRIES),
        )
        if each
    ]
    return _BY_SET.format(columns=", ".join(columns), sources="\n    UNION ALL".join(sources))


def _values(parts: Iterable[_Numbered]) -> str:
    """VALUES has no limit where UNION has one."""
    return ", ".join(
        f"({number}, {part.bucket_s}, {part.begin}, {part.end}, {part.sign})" for number, part in parts
    )
