# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""An entry as it goes into the ledger (design/ledger.md#what-an-entry-carries, design/ledger.md#append-only):
a tuple, as there are millions of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from . import commit_clock
from .dimension_sets import Dimensions
from .transaction import Transaction, copy_tuples, insert_tuples


class EntryRow(NamedTuple):
    """What an entry says, and as which version. reverses: the id of the row that this one takes back.

    First what the entries of a resource have in common, last what is no part of the content; in between what
    each says of its own.
    """

    dimensions: Dimensions
    source: str
    metric: str | None
    resource_id: str | None
    resource_name: str | None
    resource_type: str | None
    description: str | None
    key: str
    period_begin: int
    period_end: int
    unit: str | None
    quantity: str | None
    amount_nano: int
    version: int = 1
    reverses: int | None = None

    @property
    def content(self) -> tuple[Any, ...]:
        """What it says, whoever wrote it and when: any difference in that is a correction."""
        return self[:-2]


#: The columns in the order in which rows are inserted: a row's own but for its dimensions, which are told by
#: number. On PostgreSQL a trigger adds when they were recorded.
_INSERTED = (*EntryRow._fields[1:], "dimension_set_id", "recorded_by")
_of_dimensions, _of_entry = itemgetter(*Dimensions._fields), itemgetter(*EntryRow._fields[1:-2])


def row_of(columns: Mapping[str, Any], version: int = 1, reverses: int | None = None) -> EntryRow:
    """The row of an entry's columns, as entries.columns() tells them or as they are stored."""
    dimensions = Dimensions(*_of_dimensions(columns))
    return EntryRow._make((dimensions, *_of_entry(columns), version, reverses))


def reversal(before: Mapping[str, Any]) -> EntryRow:
    """The row that takes a stored one back: its amount turned, in the same category, tags and time, so that
    every sum stays right.
    """
    return row_of({**before, "amount_nano": -before["amount_nano"]}, before["version"] + 1, before["id"])


def append(
    transaction: Transaction,
    rows: Sequence[EntryRow],
    numbers: Mapping[Dimensions, int],
    now: datetime,
    recorded_by: str,
) -> None:
    """Insert rows. numbers: the ids of their dimension sets. now: when the task began."""
    columns: tuple[str, ...]
    more: tuple[int, ...] = ()
    insert_rows: Callable[[Transaction, str, tuple[str, ...], list[tuple[Any, ...]]], None]
    if transaction.on_postgresql:
        # One statement for all of them, as triggers run once for each.
        insert_rows, columns = copy_tuples, _INSERTED
    else:
        insert_rows, columns = insert_tuples, (*_INSERTED, "recorded_at")
        more = (commit_clock.of_transaction(transaction, now),)
    ends = {dimensions: (number, recorded_by, *more) for dimensions, number in numbers.items()}
    insert_rows(transaction, "entry", columns, [row[1:] + ends[row.dimensions] for row in rows])


def append_of_delivery(
    transaction: Transaction, rows: Iterable[tuple[Any, ...]], delivery: int, recorded_by: str
) -> None:
    """Insert rows of a delivery that does not count yet (deliveries.py).

    rows: an EntryRow's columns without its dimensions, and then the id of its dimension set.
    """
    signature = (recorded_by, delivery)
    insert_rows = copy_tuples if transaction.on_postgresql else insert_tuples
    insert_rows(transaction, "entry", (*_INSERTED, "recorded_at"), [row + signature for row in rows])
