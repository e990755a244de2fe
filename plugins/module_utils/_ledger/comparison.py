# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Whether the roll-up is what the entries add up to (design/ledger.md#roll-up). All entries are read; those
of archived months are counted by what their archives recorded.
"""

# ruff: noqa: S608 (what is put together here is all our own)
from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .._core.money import format_exact, from_nano
from .._core.periods import iso, moment_of
from .._core.spans import DAY_S
from . import archived_months, commit_clock, contents, in_force, roll_up, sql
from .dimension_sets import DIMENSIONS
from .schema import SCHEMA_VERSION
from .transaction import read

#: How many differences are told.
MOST_TOLD = 100
_KEPT = "amount_whole AS kept_whole, amount_rest_nano AS kept_rest_nano, entry_count AS kept_count"
_ADDED = "amount_whole AS whole, amount_rest_nano AS rest_nano, entry_count"
_BUCKET = "bucket_s, bucket_begin, dimension_set_id"
_IN_LEDGER = f"{in_force.counts()} AND NOT {archived_months.out('period_begin')}"
_COUNTED = f"(SELECT * FROM entry WHERE {_IN_LEDGER}) AS counted"
_COUNT = f"SELECT count(*) FROM {_COUNTED}"
_KEPT_NOW = f"SELECT {_BUCKET}, {_KEPT} FROM roll_up"
_KEPT_WAITING = f"SELECT {_BUCKET}, {_KEPT} FROM roll_up_waiting WHERE {in_force.counts()}"
#: What archives recorded, by days; the longer buckets are whole days, of which others may not be archived.
_LONGER = [bucket_s for bucket_s in roll_up.BUCKETS_S if bucket_s >= DAY_S]
_BEGIN = roll_up.bucket_begin("s.bucket_begin", "length.column1")
_SHORTER = [bucket_s for bucket_s in roll_up.BUCKETS_S if bucket_s < DAY_S]
_ARCHIVED = f"""
SELECT length.column1 AS bucket_s, {{begin}} AS bucket_begin,
    s.dimension_set_id, s.amount_whole AS whole, s.amount_rest_nano AS rest_nano, s.entry_count
FROM archived_sum AS s
JOIN archived_month ON archived_month.id = s.archived_id AND {archived_months.OUT}
CROSS JOIN (VALUES {{lengths}}) AS length"""
#: Buckets that are shorter than a day are told of a whole archived day, as archives know no less.
_KEPT_OF_DAYS = f"""
SELECT bucket_s, {roll_up.bucket_begin("bucket_begin", str(DAY_S))} AS bucket_begin, dimension_set_id,
    kept_whole, kept_rest_nano, kept_count
FROM ({_KEPT_NOW} UNION ALL {_KEPT_WAITING}) AS kept
WHERE bucket_s < {DAY_S} AND {archived_months.out("bucket_begin")}"""
_DIFFERENT = f"""
SELECT bucket_s, bucket_begin, kept_whole, kept_rest_nano, kept_count, whole, rest_nano, entry_count,
    {", ".join(DIMENSIONS)}
FROM (
    SELECT {_BUCKET}, SUM(kept_whole) AS kept_whole, SUM(kept_rest_nano) AS kept_rest_nano,
        SUM(kept_count) AS kept_count, SUM(whole) AS whole, SUM(rest_nano) AS rest_nano,
        SUM(entry_count) AS entry_count
    FROM (
        SELECT kept.*, 0 AS whole, 0 AS rest_nano, 0 AS entry_count FROM ({{kept}}) AS kept
        UNION ALL
        SELECT {_BUCKET}, 0, 0, 0, whole, rest_nano, entry_count FROM ({{added}}) AS added
    ) AS both_of_them
    GROUP BY {_BUCKET}
) AS compared
JOIN dimension_set ON dimension_set.id = dimension_set_id
WHERE kept_count <> entry_count OR kept_whole <> whole OR kept_rest_nano <> rest_nano
ORDER BY bucket_begin, bucket_s, dimension_set_id"""
_OF_ENTRIES = f"SELECT {_BUCKET}, {_ADDED} FROM ({roll_up.of_entries(_COUNTED)}) AS of_entries"


def _archived(begin: str, lengths: Iterable[int]) -> str:
    """What archives recorded, as buckets of these lengths. begin: SQL of where a bucket of one begins."""
    return _ARCHIVED.format(begin=begin, lengths=", ".join(f"({bucket_s})" for bucket_s in lengths))


#: Buckets that entries or whole days of archives tell, and days of those that are shorter.
_DIFFERENCES = (
    _DIFFERENT.format(
        kept=f"SELECT * FROM ({_KEPT_NOW} UNION ALL {_KEPT_WAITING}) AS kept"
        f" WHERE bucket_s >= {DAY_S} OR NOT {archived_months.out('bucket_begin')}",
        added=f"{_OF_ENTRIES} UNION ALL {_archived(_BEGIN, _LONGER)}",
    ),
    _DIFFERENT.format(kept=_KEPT_OF_DAYS, added=_archived("s.bucket_begin", _SHORTER)),
)


def compare(options: sql.LedgerOptions) -> dict[str, Any]:
    """The result of cost_ledger: what the ledger holds, and each bucket whose sum is not that of its entries.

    Raises LedgerError.
    """
    with sql.reading(options) as ledger:
        connection = ledger.connection
        ((row_count,),) = read(connection, _COUNT)
        archived = archived_months.read_archived(connection)
        found = (row for statement in _DIFFERENCES for row in read(connection, statement))
        different = [row for row in map(_difference, found) if row is not None]
        row_count += sum(one.row_count for one in archived)
        return {
            "ledger": ledger.url,
            "schema": SCHEMA_VERSION,
            "size_bytes": contents.size_bytes(connection),
            "row_count": int(row_count),
            "newest_entry": iso(commit_clock.newest(connection)) if row_count else None,
            "sources": contents.of_sources(connection),
            "archived_months": contents.of_archives(connection),
            "consistent": not different,
            "difference_count": len(different),
            "differences": different[:MOST_TOLD],
        }


def _difference(row: tuple[Any, ...]) -> dict[str, Any] | None:
    """A bucket as a result; None where its two numbers are the same sum in another way."""
    bucket_s, begin, kept_whole, kept_rest, kept_count, whole, rest, entry_count, *dimensions = row
    kept, added = roll_up.in_nano(kept_whole, kept_rest), roll_up.in_nano(whole, rest)
    if (kept, kept_count) == (added, entry_count):
        return None
    named = dict(zip(DIMENSIONS, dimensions, strict=True))
    return {
        **named,
        "tags": json.loads(named["tags"]),
        "bucket_begin": iso(moment_of(begin)),
        "bucket_seconds": bucket_s,
        "rolled_up": format_exact(from_nano(kept)),
        "rolled_up_count": int(kept_count),
        "amount": format_exact(from_nano(added)),
        "entry_count": int(entry_count),
    }
