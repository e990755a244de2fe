# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Reading a month whole, taking its entries out of the ledger, and writing them back
(design/ledger.md#archived-months).

The roll-up stays as it is all the time. From the transaction on that records a month as archived nobody reads
or writes its entries, so removing them, and writing them back, takes as many transactions as it needs.
"""

# ruff: noqa: S608 (what is put together here is all our own)
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .._core.money import NANO_PER_UNIT
from .._core.spans import DAY_S
from . import commit_clock, in_force, roll_up
from .archived_months import ARCHIVED, RESTORED, RESTORING, ArchivedMonth, newest_of
from .dimension_sets import DIMENSIONS
from .entry_tables import STEP
from .transaction import Transaction, copy_tuples, execute, insert_numbered, insert_tuples, read, stream

#: The columns of a row of entries, which bring it back, and what the other tables say of it.
OF_ROW = (
    "id", "period_begin", "amount_nano", "recorded_at", "reverses", "series_id", "key_id", "version",
    "quantity",
)  # fmt: skip
_TOLD = (
    "source", "key", "dimension_set_id", "metric", "resource_id", "resource_name", "resource_type",
    "period_end", "unit", "description", "recorded_by",
)  # fmt: skip
#: What an archive tells of each entry: all that the ledger does. counts_since: as recorded_at, for entries of
#: a bill when all of it counted.
COLUMNS = (*OF_ROW, "counts_since", *_TOLD, *DIMENSIONS)
_SELECTED = ", ".join(
    [
        *(f"stored.{name}" for name in OF_ROW),
        in_force.recorded_at("stored"),
        *(f'entry."{name}"' for name in _TOLD),
        *(f"dimension_set.{name}" for name in DIMENSIONS),
    ]
)
_ROWS = (
    f"SELECT {_SELECTED}"
    " FROM entry_row AS stored JOIN entry ON entry.id = stored.id"
    " JOIN dimension_set ON dimension_set.id = entry.dimension_set_id"
    " WHERE stored.period_begin >= :first AND stored.period_begin < :behind_last"
    " ORDER BY stored.period_begin, stored.id"
)
_IN_TIME = "period_begin >= :first AND period_begin < :behind_last"
_COUNT = f"SELECT count(*), coalesce(max(id), 0) FROM entry_row WHERE {_IN_TIME}"
_NEXT = "SELECT min(period_begin) FROM entry_row WHERE period_begin >= :first AND period_begin < :behind_last"
_UNFINISHED = (
    f"SELECT source FROM delivery WHERE effective_at IS NULL AND EXISTS (SELECT 1 FROM entry_row"
    f" WHERE entry_row.recorded_at = delivery.recorded_at AND {_IN_TIME}) ORDER BY source LIMIT 1"
)
_DAY = roll_up.bucket_begin("bucket_begin", str(DAY_S))
_BUCKETS = "bucket_s, bucket_begin, dimension_set_id, amount_whole, amount_rest_nano, entry_count"
_IN_BUCKETS = "bucket_s <= :longest AND bucket_begin >= :first AND bucket_begin < :behind_last"
_KEPT = f"""
SELECT bucket_s, {_DAY}, dimension_set_id, SUM(amount_whole), SUM(amount_rest_nano), SUM(entry_count) FROM (
    SELECT {_BUCKETS} FROM roll_up WHERE {_IN_BUCKETS}
    UNION ALL SELECT {_BUCKETS} FROM roll_up_waiting WHERE {_IN_BUCKETS} AND {in_force.counts()}
) AS kept GROUP BY 1, 2, 3"""
#: In the order of an index: the first of the rows of a key are its reversals, so none of what is left
#: reverses one that is gone.
_SOME = (
    "SELECT id FROM entry_row WHERE period_begin >= {first} AND period_begin < {behind_last}"
    f" ORDER BY period_begin, key_id, {STEP} LIMIT {{at_most}}"
)
#: The trigger of PostgreSQL has this statement too.
DROP = f"DELETE FROM entry_row WHERE id IN ({_SOME})"
_SET_STATE = "UPDATE archived_month SET state = :state WHERE id = :id"
_SET_RESTORED = (
    "UPDATE archived_month SET state = :state, restored_at = :now, restored_by = :by WHERE id = :id"
)
#: How many ids one statement looks up.
_AT_ONCE = 900


@dataclass
class MonthSums:
    """What is recorded of a month besides its file. sums: (UTC day, dimension set) -> 1e-9 and number of
    valid entries. sources: name -> rows, first begin, last end, newest moment. keys: ids of those that stand
    whole.
    """

    sums: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    sources: dict[str, list[int]] = field(default_factory=dict)
    keys: set[int] = field(default_factory=set)
    row_count: int = 0
    entry_count: int = 0
    last_id: int = 0

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Take in rows of COLUMNS."""
        for row in rows:
            number, begin, amount_nano, _recorded, reverses, _series, key_id = row[:7]
            sign = 1 if reverses is None else -1
            known = self.sums.setdefault((begin // DAY_S * DAY_S, row[_SET]), [0, 0])
            known[0] += amount_nano
            known[1] += sign
            self._of_source(row, begin)
            if key_id < 0:
                self.keys.add(key_id)
            self.entry_count += sign
            self.last_id = max(self.last_id, number)
        self.row_count += len(rows)

    def _of_source(self, row: Sequence[Any], begin: int) -> None:
        end, newest = row[_END], row[_COUNTS_SINCE]
        known = self.sources.get(row[_SOURCE])
        if known is None:
            self.sources[row[_SOURCE]] = [1, begin, end, newest]
        else:
            known[:] = known[0] + 1, min(known[1], begin), max(known[2], end), max(known[3], newest)


_SET, _END, _SOURCE, _COUNTS_SINCE = (
    COLUMNS.index(name) for name in ("dimension_set_id", "period_end", "source", "counts_since")
)


def first_begin(transaction: Transaction, begin: int, end: int) -> int | None:
    """When the first entry of a span begins, all in seconds; None where none does."""
    ((found,),) = read(transaction, _NEXT, _asked(begin, end))
    return None if found is None else int(found)


def count(transaction: Transaction, begin: int, end: int) -> tuple[int, int]:
    """The number of rows of entries that begin in a span, and the highest id of them, 0 without one. Rows are
    only ever added, so that as many up to the same id are the same.
    """
    ((rows, highest),) = read(transaction, _COUNT, _asked(begin, end))
    return int(rows), int(highest)


def unfinished_source(transaction: Transaction, begin: int, end: int) -> str | None:
    """A source of which a bill is being written, or its task was killed, with rows that begin in a span."""
    found = read(transaction, _UNFINISHED, _asked(begin, end))
    return found[0][0] if found else None


def rows(transaction: Transaction, begin: int, end: int) -> Iterator[tuple[Any, ...]]:
    """All rows of entries that begin in a span, with COLUMNS, in order of time and then of their ids."""
    yield from stream(transaction, _ROWS, _asked(begin, end))


def kept_days(transaction: Transaction, begin: int, end: int) -> Iterator[dict[tuple[int, int], list[int]]]:
    """What the roll-up says of each UTC day of a span and of each dimension set, in 1e-9 and valid entries;
    once for each length of buckets up to a day. What is nothing is left out.
    """
    by_length: dict[int, dict[tuple[int, int], list[int]]] = {
        bucket_s: {} for bucket_s in roll_up.BUCKETS_S if bucket_s <= DAY_S
    }
    for bucket_s, day, number, whole, rest, valid in read(
        transaction, _KEPT, {**_asked(begin, end), "longest": DAY_S}
    ):
        by_length[bucket_s][int(day), number] = [roll_up.in_nano(whole, rest), int(valid)]
    for kept in by_length.values():
        yield {place: sums for place, sums in kept.items() if sums != [0, 0]}


def record(
    transaction: Transaction, month: ArchivedMonth, sums: MonthSums, by: str, now: datetime
) -> ArchivedMonth:
    """Record a month as archived, with its sums, sources and keys; from this transaction on its entries are
    not read. The month as it was recorded, with its id.
    """
    row = {**month._asdict(), "month_begin": month.begin, "month_end": month.end}
    for name in ("id", "begin", "end"):
        del row[name]
    transaction.archived.clear()
    # On PostgreSQL a trigger says who and when.
    number = insert_numbered(
        transaction, "archived_month",
        {**row, "archived_at": commit_clock.to_microseconds(now), "archived_by": by},
    )  # fmt: skip
    _insert(
        transaction, "archived_sum",
        (
            "archived_id", "bucket_begin", "dimension_set_id", "amount_whole", "amount_rest_nano",
            "entry_count",
        ),
        [(number, *place, *divmod(nano, NANO_PER_UNIT), valid) for place, (nano, valid) in sums.sums.items()],
    )  # fmt: skip
    _insert(
        transaction, "archived_source",
        ("archived_id", "source", "row_count", "first_begin", "last_end", "newest_at"),
        [(number, source, *told) for source, told in sums.sources.items()],
    )  # fmt: skip
    keys = [(key_id, number) for key_id in sorted(sums.keys, reverse=True)]
    _insert(transaction, "archived_key", ("key_id", "archived_id"), keys)
    return _as_recorded(transaction, month.month)


def drop(transaction: Transaction, month: ArchivedMonth, at_most: int) -> bool:
    """Remove so many rows of an archived month; whether there were any."""
    if transaction.on_postgresql:
        asked = {"id": month.id, "at_most": at_most}
        ((gone,),) = read(transaction, "SELECT finops_drop_archived(:id, :at_most)", asked)
        return bool(gone)
    statement = DROP.format(first=":first", behind_last=":behind_last", at_most=":at_most")
    return bool(execute(transaction, statement, {**_asked(month.begin, month.end), "at_most": at_most}))


def set_restoring(transaction: Transaction, month: ArchivedMonth, restoring: bool) -> None:
    """Say that the rows of an archived month are written back, or that they are not any more."""
    transaction.archived.clear()
    execute(transaction, _SET_STATE, {"id": month.id, "state": RESTORING if restoring else ARCHIVED})


def write_back(transaction: Transaction, wanted: Sequence[Sequence[Any]], some_are_there: bool) -> None:
    """Insert rows of COLUMNS as they were, without any sum. some_are_there: a task before wrote back some."""
    there = _there(transaction, [row[0] for row in wanted]) if some_are_there else set()
    missing = [tuple(row[: len(OF_ROW)]) for row in wanted if row[0] not in there]
    _insert(transaction, "entry_row", OF_ROW, missing)


def finish_restoring(transaction: Transaction, month: ArchivedMonth, by: str, now: datetime) -> ArchivedMonth:
    """Say that all rows of a month are back, so that everybody reads them; the month as it was recorded."""
    asked = {"id": month.id, "state": RESTORED, "now": commit_clock.to_microseconds(now), "by": by}
    transaction.archived.clear()
    execute(transaction, _SET_RESTORED, asked)
    if not transaction.on_postgresql:
        # There a trigger does that, and says who and when.
        execute(transaction, "DELETE FROM archived_key WHERE archived_id = :id", {"id": month.id})
    return _as_recorded(transaction, month.month)


def _as_recorded(transaction: Transaction, month: str) -> ArchivedMonth:
    found = newest_of(transaction, month)
    if found is None:
        raise ValueError(f"{month} was recorded in this transaction")
    return found


def _there(transaction: Transaction, ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(ids), _AT_ONCE):
        listed = ", ".join(map(str, ids[start : start + _AT_ONCE]))
        asked = f"SELECT id FROM entry_row WHERE id IN ({listed})"
        found |= {number for (number,) in read(transaction, asked)}
    return found


def _insert(
    transaction: Transaction, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    if rows:
        (copy_tuples if transaction.on_postgresql else insert_tuples)(transaction, table, columns, rows)


def _asked(begin: int, end: int) -> dict[str, int]:
    return {"first": begin, "behind_last": end}
