# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The ledger's sums by dimensions: what every gate asks for (design/ledger.md#roll-up).

totals.py tells sums of all kinds; it adds up the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from . import in_force, roll_up
from .transaction import Transaction, read

if TYPE_CHECKING:
    from .._core.periods import Window

#: The charge category of a tax, and a column of dimension_set for by_dimensions: whether it is one.
TAX_CHARGE = "tax"
IS_TAX = f"charge_category = '{TAX_CHARGE}'"
#: A part of the window of that number.
NumberedPart: TypeAlias = tuple[int, roll_up.RollUpPart]
_OF_BUCKETS = """
    SELECT part.column1 AS window_number, dimension_set_id, amount_whole * part.column5 AS whole,
        amount_rest_nano * part.column5 AS rest_nano, entry_count * part.column5 AS entry_count
    FROM {joined}"""
_IN_BUCKETS = "bucket_s = part.column2 AND bucket_begin >= part.column3 AND bucket_begin < part.column4"
_OF_ENTRIES = f"""
    SELECT part.column1 AS window_number, dimension_set_id, {{keys}}{roll_up.WHOLE} * part.column5 AS whole,
        ({roll_up.REST_NANO}) * part.column5 AS rest_nano,
        CASE WHEN reverses IS NULL THEN part.column5 ELSE -part.column5 END AS entry_count
    FROM {{joined}}"""  # noqa: S608
_IN_ENTRIES = f"period_begin >= part.column3 AND period_begin < part.column4 AND {in_force.counts()}"
_JOINED = "(VALUES {parts}) AS part JOIN {table} ON {condition}"
#: By its statistics PostgreSQL would rather read a whole table for few buckets, or once for each of many
#: short windows. The entries of one window it reads faster by a join, in parallel.
_LOOKED_UP = (
    "(VALUES {parts}) AS part CROSS JOIN LATERAL (SELECT * FROM {table} WHERE {condition} OFFSET 0) AS inside"
)
_PER_SET = """
    SELECT window_number, dimension_set_id, {keys}SUM(whole) AS whole, SUM(rest_nano) AS rest_nano,
        SUM(entry_count) AS entry_count
    FROM ({sources}
    ) AS added
    GROUP BY {groups}"""
_BY_SET = """
SELECT window_number, summed.whole, summed.rest_nano, {columns}
FROM ({summed}
) AS summed
JOIN dimension_set ON dimension_set.id = dimension_set_id
WHERE summed.entry_count <> 0"""


def by_dimensions(
    transaction: Transaction, windows: Sequence[Window], columns: Sequence[str]
) -> list[dict[tuple[Any, ...], int]]:
    """For each of these windows: values of these columns of dimension_set (or of IS_TAX) -> sum in 1e-9 of
    all entries that begin there; one statement. Raises LedgerError where an edge of a window is none of a
    bucket, and the entries there are archived.

    Sums of dimension sets are added up here and not by the database, which takes longer to
    compare their texts.
    """
    found: list[dict[tuple[Any, ...], int]] = [{} for _window in windows]
    parts = [
        (number, part)
        for number, window in enumerate(windows)
        for part in roll_up.parts(int(window.begin.timestamp()), int(window.end.timestamp()))
    ]
    if parts:
        refuse_archived(transaction, parts)
        asked = statement(parts, columns, transaction.on_postgresql)
        for number, whole, rest_nano, *values in read(transaction, asked):
            sums, key = found[number], tuple(values)
            sums[key] = sums.get(key, 0) + roll_up.in_nano(whole, rest_nano)
    return found


def refuse_archived(transaction: Transaction, parts: Sequence[NumberedPart]) -> None:
    """Raise LedgerError where a part is told from entries that are archived."""
    spans = [(part.begin, part.end) for _number, part in parts if part.bucket_s == roll_up.NO_BUCKET]
    if spans:
        # Here, as most windows need no entries, and a task compiles what it imports.
        from .archived_months import refuse_spans

        refuse_spans(transaction, spans)


def statement(parts: Sequence[NumberedPart], columns: Sequence[str], in_postgresql: bool) -> str:
    """Window's number, sum (whole units, rest), and these columns, of every dimension set that has entries
    there.
    """
    return _BY_SET.format(columns=", ".join(columns), summed=per_set(parts, in_postgresql))


def per_set(
    parts: Sequence[NumberedPart],
    in_postgresql: bool,
    entry_keys: Sequence[tuple[str, str]] = (),
    of_entries: Sequence[str] = (),
) -> str:
    """A SELECT of window_number, dimension_set_id, whole, rest_nano and entry_count, summed up over these
    parts.

    entry_keys: name and SQL of what entries are told apart by besides; of_entries: conditions that they have
    to meet. With one of these all parts are of entries. Only numbers of our own are in its text.
    """
    in_buckets = [each for each in parts if each[1].bucket_s != roll_up.NO_BUCKET]
    in_entries = [each for each in parts if each[1].bucket_s == roll_up.NO_BUCKET]
    key_columns = "".join(f"{column} AS {name}, " for name, column in entry_keys)
    sources = [
        source.format(
            keys=key_columns,
            joined=(_LOOKED_UP if in_postgresql and (table != "entry" or len(each) > 1) else _JOINED).format(
                parts=_values(each), table=table, condition=condition
            ),
        )
        for source, each, table, condition in (
            (_OF_BUCKETS, in_buckets, "roll_up", _IN_BUCKETS),
            (_OF_BUCKETS, in_buckets, "roll_up_waiting", f"{_IN_BUCKETS} AND {in_force.counts()}"),
            (_OF_ENTRIES, in_entries, "entry", " AND ".join([_IN_ENTRIES, *of_entries])),
        )
        if each
    ]
    names = [name for name, _column in entry_keys]
    return _PER_SET.format(
        keys="".join(f"{name}, " for name in names),
        groups=", ".join(["window_number", "dimension_set_id", *names]),
        sources="\n    UNION ALL".join(sources),
    )


def _values(parts: Iterable[NumberedPart]) -> str:
    """VALUES has no limit where UNION has one."""
    return ", ".join(
        f"({number}, {part.bucket_s}, {part.begin}, {part.end}, {part.sign})" for number, part in parts
    )
