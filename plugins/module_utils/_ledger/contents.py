# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How large the ledger is, and what each source has brought. All entries are read."""

from __future__ import annotations

from typing import Any

from .._core.periods import iso, moment_of
from . import commit_clock, in_force
from .transaction import Transaction, read

_SIZE_IN_SQLITE = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
#: With their indexes and what is stored beside them; a partition is a table of its own.
_SIZE_IN_POSTGRESQL = (
    "SELECT coalesce(sum(pg_catalog.pg_total_relation_size(pg_class.oid)), 0) FROM pg_catalog.pg_class"
    " JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace"
    " WHERE relkind = 'r' AND relpersistence <> 't' AND nspname <> 'pg_catalog'"
    " AND pg_catalog.pg_table_is_visible(pg_class.oid)"
)
_SOURCES = (
    "SELECT source, count(*), min(period_begin), max(period_end),"  # noqa: S608
    f" max({in_force.recorded_at('entry')}) FROM entry WHERE {in_force.counts('entry')} GROUP BY source"
)


def size_bytes(transaction: Transaction) -> int:
    """What the ledger takes on disk with its indexes; of SQLite's file, without its log of writes."""
    ((size,),) = read(transaction, _SIZE_IN_POSTGRESQL if transaction.on_postgresql else _SIZE_IN_SQLITE)
    return int(size)


def of_sources(transaction: Transaction) -> list[dict[str, Any]]:
    """What each source of entries has brought, as a result, in the order of their names."""
    return [
        {
            "source": source,
            "row_count": int(row_count),
            "first_begin": iso(moment_of(first)),
            "last_end": iso(moment_of(last)),
            "newest_entry": iso(commit_clock.from_microseconds(newest)),
        }
        for source, row_count, first, last, newest in sorted(read(transaction, _SOURCES))
    ]
