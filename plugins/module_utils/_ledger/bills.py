# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The bills that were delivered, and the entries of them (design/imports.md#a-bill-is-a-delivery)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from . import archived_months, in_force
from .roll_up import REST_NANO, WHOLE
from .transaction import Transaction, execute, insert, insert_numbered, read, read_by_name, stream

#: What the keys of a bill's entries begin with; entry_triggers.py keeps them to those who import.
KEY_PREFIX = "bill/"
_OF_BILL = (
    "id", "source", "account", "key", "period_begin", "period_end", "first_begin", "last_begin",
)  # fmt: skip
_COLUMNS = ", ".join(f'"{name}"' for name in _OF_BILL)
_READ = f"SELECT {_COLUMNS} FROM bill WHERE source = :source ORDER BY id"  # noqa: S608
_READ_PARTS = (
    "SELECT bill_id, content, row_count, totals FROM bill_part JOIN bill ON bill.id = bill_part.bill_id"
    " WHERE source = :source ORDER BY bill_part.id"
)
_UPDATE = "UPDATE bill SET first_begin = :first_begin, last_begin = :last_begin WHERE id = :id"
_FORGET_EMPTY = (
    "DELETE FROM bill WHERE source = :source AND NOT EXISTS"
    " (SELECT 1 FROM bill_part WHERE bill_part.bill_id = bill.id)"
)
_WRITTEN = (
    "SELECT entry_key.stem, entry_row.id, version, reverses, category, currency,"  # noqa: S608
    f" {WHOLE}, {REST_NANO} FROM entry_row JOIN entry_key ON entry_key.id = entry_row.key_id"
    " JOIN series ON series.id = entry_row.series_id"
    " JOIN dimension_set ON dimension_set.id = series.dimension_set_id"
    # Joined to nothing, so that the entries are looked up by their time.
    " WHERE (entry_key.source || '') = :source AND period_begin BETWEEN :first_begin AND :last_begin"
    " AND (entry_key.id + 0) < 0 AND substr(entry_key.stem, 1, :length) = :prefix"
    f" AND {in_force.counts('entry_row')}"
)


@dataclass(frozen=True)
class BillPart:
    """A file's share of a bill. content: the sum of the hashes of its rows. totals: currency -> 1e-9
    units.
    """

    content: int
    row_count: int
    totals: Mapping[str, int]


def totals_of(parts: Iterable[BillPart]) -> dict[str, int]:
    """The sums of files: currency -> 1e-9 units."""
    totals: Counter[str] = Counter()
    for part in parts:
        totals.update(part.totals)
    return dict(totals)


@dataclass(frozen=True)
class Bill:
    """What was delivered of a source. id: 0 for one that is not in the ledger yet. account and key: empty
    where there is none. period_begin, period_end: None of a key.
    """

    source: str
    account: str
    key: str
    period_begin: int | None
    period_end: int | None
    first_begin: int
    last_begin: int
    parts: tuple[BillPart, ...]
    id: int = 0

    @property
    def key_prefix(self) -> str:
        """What the keys of its entries begin with."""
        return f"{KEY_PREFIX}{self.id}/"


def read_all(transaction: Transaction, source: str) -> list[Bill]:
    """The bills of a source with their parts, by two statements."""
    parts: dict[int, list[BillPart]] = {}
    for bill_id, content, row_count, totals in read(transaction, _READ_PARTS, {"source": source}):
        sums = {currency: int(nano) for currency, nano in json.loads(totals).items()}
        parts.setdefault(bill_id, []).append(BillPart(int(content, 16), row_count, sums))
    return [
        Bill(**{**row, "parts": tuple(parts[row["id"]])})
        for row in read_by_name(transaction, _OF_BILL, _READ, {"source": source})
        # One without files is being delivered, or its task was killed.
        if row["id"] in parts
    ]


def begin(transaction: Transaction, bill: Bill) -> Bill:
    """Insert a bill without its files, which is nothing yet; the bill with its id."""
    row = {name: value for name, value in vars(bill).items() if name not in ("id", "parts")}
    return replace(bill, id=insert_numbered(transaction, "bill", row))


def widen(transaction: Transaction, bill: Bill, first_begin: int, last_begin: int) -> None:
    """Have a bill's entries begin between these moments."""
    hull = {"first_begin": first_begin, "last_begin": last_begin}
    execute(transaction, _UPDATE, {"id": bill.id, **hull})


def save_parts(transaction: Transaction, parts: Sequence[tuple[int, BillPart]]) -> None:
    """Insert files: each with the id of its bill."""
    rows = [
        {
            "bill_id": bill_id,
            "content": f"{part.content:x}",
            "row_count": part.row_count,
            "totals": json.dumps({currency: str(nano) for currency, nano in part.totals.items()}),
        }
        for bill_id, part in parts
    ]
    insert(transaction, "bill_part", rows)


def forget_parts(transaction: Transaction, bill: Bill) -> None:
    """Forget the files of a bill."""
    execute(transaction, "DELETE FROM bill_part WHERE bill_id = :id", {"id": bill.id})


def remove(transaction: Transaction, bill: Bill) -> None:
    """Forget a bill whose entries are all taken back."""
    forget_parts(transaction, bill)
    execute(transaction, "DELETE FROM bill WHERE id = :id", {"id": bill.id})


def forget_empty(transaction: Transaction, source: str) -> None:
    """Forget the bills of a source that have no files: their deliveries were killed."""
    execute(transaction, _FORGET_EMPTY, {"source": source})


def written(transaction: Transaction, bill: Bill) -> Iterator[tuple[Any, ...]]:
    """Every entry of a bill, those that reverse others included: key, id, version, the id of what it
    reverses, category, currency, and its amount in whole units and a rest in 1e-9.

    Raises LedgerError where entries of its time are archived.
    """
    archived_months.refuse_spans(transaction, [(bill.first_begin, bill.last_begin + 1)])
    asked = {
        "source": bill.source,
        "first_begin": bill.first_begin,
        "last_begin": bill.last_begin,
        "length": len(bill.key_prefix),
        "prefix": bill.key_prefix,
    }
    yield from stream(transaction, _WRITTEN, asked)
