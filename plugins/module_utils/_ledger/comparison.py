# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Whether the roll-up is what the entries add up to (design/ledger.md#roll-up). All entries are read."""

from __future__ import annotations

import json
from typing import Any

from .._core.money import format_exact, from_nano
from .._core.periods import iso, moment_of
from . import commit_clock, contents, in_force, roll_up, sql
from .dimension_sets import DIMENSIONS
from .schema import SCHEMA_VERSION
from .transaction import read

#: How many differences are told.
MOST_TOLD = 100
_KEPT = "amount_whole AS kept_whole, amount_rest_nano AS kept_rest_nano, entry_count AS kept_count"
_ADDED = "amount_whole AS whole, amount_rest_nano AS rest_nano, entry_count"
_BUCKET = "bucket_s, bucket_begin, dimension_set_id"
_COUNTED = f"(SELECT * FROM entry WHERE {in_force.counts()}) AS counted"  # noqa: S608
_COUNT = f"SELECT count(*) FROM {_COUNTED}"  # noqa: S608
_DIFFERENCES = f"""
SELECT bucket_s, bucket_begin, kept_whole, kept_rest_nano, kept_count, whole, rest_nano, entry_count,
    {", ".join(DIMENSIONS)}
FROM (
    SELECT {_BUCKET}, SUM(kept_whole) AS kept_whole, SUM(kept_rest_nano) AS kept_rest_nano,
        SUM(kept_count) AS kept_count, SUM(whole) AS whole, SUM(rest_nano) AS rest_nano,
        SUM(entry_count) AS entry_count
    FROM (
        SELECT {_BUCKET}, {_KEPT}, 0 AS whole, 0 AS rest_nano, 0 AS entry_count FROM roll_up
        UNION ALL
        SELECT {_BUCKET}, {_KEPT}, 0, 0, 0 FROM roll_up_waiting WHERE {in_force.counts()}
        UNION ALL
        SELECT {_BUCKET}, 0, 0, 0, {_ADDED} FROM ({roll_up.of_entries(_COUNTED)}) AS of_entries
    ) AS both_of_them
    GROUP BY {_BUCKET}
) AS compared
JOIN dimension_set ON dimension_set.id = dimension_set_id
WHERE kept_count <> entry_count OR kept_whole <> whole OR kept_rest_nano <> rest_nano
ORDER BY bucket_begin, bucket_s, dimension_set_id"""  # noqa: S608


def compare(options: sql.LedgerOptions) -> dict[str, Any]:
    """The result of cost_ledger: what the ledger holds, and each bucket whose sum is not that of its entries.

    Raises LedgerError.
    """
    with sql.reading(options) as ledger:
        connection = ledger.connection
        ((entry_count,),) = read(connection, _COUNT)
        different = [row for row in map(_difference, read(connection, _DIFFERENCES)) if row is not None]
        return {
            "ledger": ledger.url,
            "schema": SCHEMA_VERSION,
            "size_bytes": contents.size_bytes(connection),
            "row_count": int(entry_count),
            "newest_entry": iso(commit_clock.newest(connection)) if entry_count else None,
            "sources": contents.of_sources(connection),
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
