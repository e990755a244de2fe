# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The entries that hold, as a stream in order of time: for what leaves the ledger, however long it is
(design/ledger.md#append-only).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from . import archived_months, totals, transaction
from .dimension_sets import DIMENSIONS
from .transaction import Transaction, read_by_name

#: What entries of one kind have in common, the number of their dimension set first, and what each has of its
#: own: a row of stream().
OF_A_KIND = (
    "dimension_set_id", "source", "metric", "resource_id", "resource_name", "resource_type", "unit",
    "description",
)  # fmt: skip
OF_EACH = ("key", "version", "period_begin", "period_end", "quantity", "amount_nano")
_COLUMNS = ", ".join(f'entry."{name}"' for name in (*OF_A_KIND, *OF_EACH))
_DIMENSIONS = f"SELECT {', '.join(DIMENSIONS)} FROM dimension_set WHERE id = :number"  # noqa: S608


def stream(
    connection: Transaction, selection: totals.Selection, as_of: datetime | None = None
) -> Iterator[Sequence[Any]]:
    """Every valid entry of the selection, OF_A_KIND and then OF_EACH, in order of its begin; few are held at
    a time.

    as_of: what was valid then, None for now. Raises LedgerError where entries of the window are archived.
    """
    archived_months.refuse_window(connection, selection.window)
    chosen, values = totals.selected(selection, as_of)
    statement = (
        f"SELECT {_COLUMNS} FROM entry"  # noqa: S608
        " JOIN dimension_set ON dimension_set.id = entry.dimension_set_id"
        f" WHERE {chosen} AND {totals.valid(as_of)} ORDER BY entry.period_begin, entry.id"
    )
    return transaction.stream(connection, statement, values)


def dimensions(connection: Transaction) -> Callable[[int], Mapping[str, Any]]:
    """What tells the columns of a dimension set by its number, also while stream() is read."""

    def of_number(number: int) -> Mapping[str, Any]:
        (found,) = read_by_name(connection, DIMENSIONS, _DIMENSIONS, {"number": number})
        return found

    return of_number
