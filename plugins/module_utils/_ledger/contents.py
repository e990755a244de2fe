# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How large the ledger is, and what each source has brought. All entries are read."""

from __future__ import annotations

from typing import Any

from .._core.periods import iso, moment_of
from . import archived_months, commit_clock, in_force
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
    f" max({in_force.recorded_at('entry')}) FROM entry"
    f" WHERE {in_force.counts('entry')} AND NOT {archived_months.out('entry.period_begin')} GROUP BY source"
)
_ARCHIVED = (
    "SELECT source, sum(s.row_count), min(first_begin), max(last_end), max(newest_at)"  # noqa: S608
    " FROM archived_source AS s"
    f" JOIN archived_month ON archived_month.id = archived_id WHERE {archived_months.OUT} GROUP BY source"
)


def size_bytes(transaction: Transaction) -> int:
    """What the ledger takes on disk with its indexes; of SQLite's file, without its log of writes."""
    ((size,),) = read(transaction, _SIZE_IN_POSTGRESQL if transaction.on_postgresql else _SIZE_IN_SQLITE)
    return int(size)


def of_sources(transaction: Transaction) -> list[dict[str, Any]]:
    """What each source of entries has brought, as a result, in the order of their names: what is in the
    ledger, and what archives of it recorded.
    """
    found: dict[str, tuple[int, int, int, int]] = {}
    for source, *told in [*read(transaction, _SOURCES), *read(transaction, _ARCHIVED)]:
        count, first, last, newest = map(int, told)
        known = found.get(source, (0, first, last, newest))
        found[source] = (
            known[0] + count, min(known[1], first), max(known[2], last), max(known[3], newest)
        )  # fmt: skip
    return [
        {
            "source": source,
            "row_count": row_count,
            "first_begin": iso(moment_of(first)),
            "last_end": iso(moment_of(last)),
            "newest_entry": iso(commit_clock.from_microseconds(newest)),
        }
        for source, (row_count, first, last, newest) in sorted(found.items())
    ]


def of_archives(transaction: Transaction) -> list[dict[str, Any]]:
    """The months whose entries are archived, as a result, in their order."""
    return [archive_to_result(one) for one in archived_months.read_archived(transaction)]


#: The names of what is told of an archived month.
OF_ARCHIVE = (
    "month", "state", "file", "sha256", "size_bytes", "row_count", "entry_count", "archived_at",
    "archived_by", "restored_at", "restored_by",
)  # fmt: skip


def archive_to_result(one: archived_months.ArchivedMonth) -> dict[str, Any]:
    """An archived month as results show it."""
    restored_at = one.restored_at and iso(commit_clock.from_microseconds(one.restored_at))
    return {
        "month": one.month,
        "state": one.state,
        "file": one.file,
        "sha256": one.file_sha256,
        "size_bytes": one.file_bytes,
        "row_count": one.row_count,
        "entry_count": one.entry_count,
        "archived_at": iso(commit_clock.from_microseconds(one.archived_at)),
        "archived_by": one.archived_by,
        "restored_at": restored_at,
        "restored_by": one.restored_by,
    }
