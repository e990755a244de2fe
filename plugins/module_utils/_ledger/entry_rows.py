# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""An entry as it goes into the ledger (design/ledger.md#what-an-entry-carries, design/ledger.md#append-only):
a tuple, as there are millions of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from .dimension_sets import Dimensions
from .schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Row(NamedTuple):
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


_SIGNED = ("recorded_at", "recorded_by")
#: The columns in the order in which rows are inserted: a row's own but for its dimensions, which are told by
#: number.
_INSERTED = (*Row._fields[1:], "dimension_set_id", *_SIGNED)
#: How many rows an INSERT takes: with 17 values each as many as the oldest SQLite allows, which is 999.
_AT_ONCE = 50
_of_dimensions, _of_entry = itemgetter(*Dimensions._fields), itemgetter(*Row._fields[1:-2])


def row_of(columns: Mapping[str, Any], version: int = 1, reverses: int | None = None) -> Row:
    """The row of an entry's columns, as entries.columns() tells them or as they are stored."""
    dimensions = Dimensions(*_of_dimensions(columns))
    return Row._make((dimensions, *_of_entry(columns), version, reverses))


def reversal(before: Mapping[str, Any]) -> Row:
    """The row that takes a stored one back: its amount turned, in the same category, tags and time, so that
    every sum stays right.
    """
    return row_of({**before, "amount_nano": -before["amount_nano"]}, before["version"] + 1, before["id"])


def insert(
    connection: Connection,
    rows: Sequence[Row],
    numbers: Mapping[Dimensions, int],
    recorded_at: int,
    recorded_by: str,
) -> None:
    """Insert rows. numbers: the ids of their dimension sets.

    As the driver takes them, many at once: through SQLAlchemy a million of them take twice as long.
    """
    ends = {dimensions: (number, recorded_at, recorded_by) for dimensions, number in numbers.items()}
    values = [row[1:] + ends[row.dimensions] for row in rows]
    in_groups = len(values) // _AT_ONCE * _AT_ONCE
    groups = [tuple(chain.from_iterable(values[at : at + _AT_ONCE])) for at in range(0, in_groups, _AT_ONCE)]
    for row_count, inserted in ((_AT_ONCE, groups), (1, values[in_groups:])):
        if inserted:
            connection.exec_driver_sql(_insert_text(connection.dialect.paramstyle, row_count), inserted)


@lru_cache(maxsize=4)
def _insert_text(paramstyle: str, row_count: int) -> str:
    """SQL that takes so many rows by position; of the names, `key` is a word of SQL to some databases."""
    names = ", ".join(f'"{name}"' for name in _INSERTED)
    row = ", ".join(["?" if paramstyle == "qmark" else "%s"] * len(_INSERTED))
    rows = ", ".join([f"({row})"] * row_count)
    return f"INSERT INTO {tables().entry.name} ({names}) VALUES {rows}"  # noqa: S608
