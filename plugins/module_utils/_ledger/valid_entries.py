# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The entries that hold, as a stream in order of time: for what leaves the ledger, however long it is
(design/ledger.md#append-only).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from . import dimension_sets, totals
from .schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: What entries of one kind have in common, the number of their dimension set first, and what each has of its
#: own: a row of stream().
OF_A_KIND = (
    "dimension_set_id", "source", "metric", "resource_id", "resource_name", "resource_type", "unit", "description",
)  # fmt: skip
OF_EACH = ("key", "version", "period_begin", "period_end", "quantity", "amount_nano")
#: Many, as a database elsewhere is asked for each of so many.
_ROWS_AT_ONCE = 2_000


def stream(
    connection: Connection, selection: totals.Selection, as_of: datetime | None = None
) -> Iterator[Sequence[Any]]:
    """Every valid entry of the selection, OF_A_KIND and then OF_EACH, in order of its begin; few are held at
    a time.

    as_of: what was valid then, None for now.
    """
    from sqlalchemy import select

    entry = tables().entry
    statement = (
        select(*(entry.c[name] for name in (*OF_A_KIND, *OF_EACH)))
        .join_from(entry, tables().dimension_set)
        .where(*totals.selected(selection, as_of), *totals.valid(as_of))
        .order_by(entry.c.period_begin, entry.c.id)
    )
    streamed = connection.execution_options(stream_results=True, yield_per=_ROWS_AT_ONCE).execute(statement)
    for rows in streamed.partitions():
        yield from rows


def dimensions(connection: Connection) -> Callable[[int], Mapping[str, Any]]:
    """What tells the columns of a dimension set by its number, also while stream() is read."""
    from sqlalchemy import select

    table = tables().dimension_set
    columns = [table.c[name] for name in dimension_sets.DIMENSIONS]
    return lambda number: connection.execute(select(*columns).where(table.c.id == number)).one()._asdict()
