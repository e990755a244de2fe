# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""An entry as it goes into the ledger (design/ledger.md#layout, design/ledger.md#append-only): a tuple, as
there are millions of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from . import archived_months, commit_clock
from .dimension_sets import Dimensions
from .entry_keys import key_of
from .series import CostSeries, EntryKey, NumberedSeries, Placed, key_ids, numbered_ids
from .transaction import Transaction, copy_tuples, execute, insert_tuples, read


class EntryRow(NamedTuple):
    """What an entry says, and as which version. reverses: the id of the row that this one takes back."""

    series: CostSeries
    key: EntryKey
    period_begin: int
    quantity: str | None
    amount_nano: int
    version: int = 1
    reverses: int | None = None

    @property
    def content(self) -> tuple[Any, ...]:
        """What it says, whoever wrote it and when: any difference in that is a correction."""
        return self[:-2]

    @property
    def name(self) -> tuple[EntryKey, int | None]:
        """What stands for its source and key."""
        return self.key, self.period_begin if self.key.moment_length else None


class ChargeRow(NamedTuple):
    """A first entry of a delivery, whose key stands whole and whose dimension set is told by number."""

    series: NumberedSeries
    key: EntryKey
    period_begin: int
    quantity: str | None
    amount_nano: int
    version: int


#: The columns in the order in which rows are inserted. On PostgreSQL a trigger adds when they were recorded.
_INSERTED = (
    "series_id", "key_id", "period_begin", "quantity", "amount_nano", "version", "reverses",
)  # fmt: skip
_RECORD = "INSERT INTO recording ({columns}) VALUES (:{values}) ON CONFLICT DO NOTHING"
_of_dimensions, _of_series = itemgetter(*Dimensions._fields), itemgetter(*CostSeries._fields[2:])


def row_of(columns: Mapping[str, Any], version: int = 1, reverses: int | None = None) -> EntryRow:
    """The row of an entry's columns, as entries.columns() tells them or as they are stored."""
    begin = columns["period_begin"]
    return EntryRow(
        CostSeries(Dimensions(*_of_dimensions(columns)), columns["period_end"] - begin, *_of_series(columns)),
        key_of(columns["source"], columns["key"], begin),
        begin,
        columns["quantity"],
        columns["amount_nano"],
        version,
        reverses,
    )


def reversal(before: Mapping[str, Any]) -> EntryRow:
    """The row that takes a stored one back: its amount turned, in the same category, tags and time, so that
    every sum stays right.
    """
    return row_of({**before, "amount_nano": -before["amount_nano"]}, before["version"] + 1, before["id"])


def append(
    transaction: Transaction,
    rows: Sequence[EntryRow],
    placed: Mapping[CostSeries, Placed],
    now: datetime,
    recorded_by: str,
) -> None:
    """Insert rows. placed: the ids of their series. now: when the task began."""
    keys = _checked_keys(transaction, rows)
    numbered = [(placed[row.series].series_id, keys[row.key], *row[2:]) for row in rows]
    if transaction.on_postgresql:
        record(transaction, None, recorded_by)
        # One statement for all of them, as triggers run once for each.
        copy_tuples(transaction, "entry_row", _INSERTED, numbered)
        return
    moment = commit_clock.of_transaction(transaction, now)
    record(transaction, moment, recorded_by)
    signed = [(*row, moment) for row in numbered]
    _insert(transaction, signed)


def append_of_delivery(
    transaction: Transaction,
    rows: Iterable[EntryRow | ChargeRow],
    series: Mapping[Any, int],
    delivery: int,
) -> None:
    """Insert rows of a delivery that does not count yet (deliveries.py). series: the ids of theirs."""
    rows = list(rows)
    keys = _checked_keys(transaction, rows)
    numbered = [
        (
            series[row.series],
            keys[row.key],
            row.period_begin,
            row.quantity,
            row.amount_nano,
            row.version,
            row.reverses if isinstance(row, EntryRow) else None,
            delivery,
        )
        for row in rows
    ]
    if transaction.on_postgresql:
        copy_tuples(transaction, "entry_row", (*_INSERTED, "recorded_at"), numbered)
    else:
        _insert(transaction, numbered)


def append_charges(transaction: Transaction, rows: Sequence[ChargeRow], delivery: int) -> None:
    """Insert charges of a delivery that does not count yet, without their sums."""
    append_of_delivery(transaction, rows, numbered_ids(transaction, {row.series for row in rows}), delivery)


def record(transaction: Transaction, moment: int | None, recorded_by: str) -> None:
    """Say who records what has that moment. None: on PostgreSQL, where a trigger sets that of the
    transaction.
    """
    values: dict[str, Any] = {"recorded_by": recorded_by}
    if moment is not None:
        values["recorded_at"] = moment
    statement = _RECORD.format(columns=", ".join(values), values=", :".join(values))
    execute(transaction, statement, values)


def _checked_keys(transaction: Transaction, rows: Sequence[EntryRow | ChargeRow]) -> dict[EntryKey, int]:
    """The ids of the rows' keys. Raises LedgerError where others of their month or key are archived."""
    keys = key_ids(transaction, {row.key for row in rows})
    archived_months.refuse_rows(transaction, (row.period_begin for row in rows), keys.values())
    return keys


def _insert(transaction: Transaction, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows on SQLite, which gives each the id behind the highest one that is there: behind that of
    entries that are archived, too, as those come back with theirs.
    """
    columns = (*_INSERTED, "recorded_at")
    archived = archived_months.last_id(transaction)
    if archived:
        ((highest,),) = read(transaction, "SELECT coalesce(max(id), 0) FROM entry_row")
        if highest < archived:
            insert_tuples(transaction, "entry_row", ("id", *columns), [(archived + 1, *rows[0])])
            rows = rows[1:]
    insert_tuples(transaction, "entry_row", columns, rows)
