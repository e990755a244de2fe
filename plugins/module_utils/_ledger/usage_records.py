# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Usage records that were taken, in the ledger: only ever added (design/records.md#taking-a-record,
design/ledger.md#where-it-lies).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias, cast

from .._core.usage_record import UsageRecord, as_plain, epoch, from_plain
from . import transaction as ledger
from .transaction import Transaction, insert_numbered

_STORED = ("id", "source", "system", "key", "created", "content")
_READ = f"SELECT {', '.join(_STORED)} FROM usage_record"  # noqa: S608
_WHOSE = ("source", "system", "region", "project_id")
_Row: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True)
class Chosen:
    """Which records are meant: None for any. project: its id or its name. Created in [since, until)."""

    source: str | None = None
    system: str | None = None
    region: str | None = None
    project: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def add(
    transaction: Transaction, record: UsageRecord, now: datetime, recorded_by: str
) -> tuple[UsageRecord, bool]:
    """Keep a record; as it is kept, and whether it is new: what has its system's own key is kept once.

    One without a key gets the ledger's number of it. The record says when it was created.
    """
    if record.key is not None:
        same, named = _conditions(Chosen(record.source, record.system))
        asked = f'{_READ} WHERE {same} AND "key" = :number'
        before = ledger.read(transaction, asked, {**named, "number": record.key})
        if before:
            (row,) = before
            return _record(row), False
    content = as_plain(record)
    kept = {name: content.pop(name) for name in ("source", "system", "key", "created")}
    values = {
        **kept,
        "region": record.region,
        "project_id": record.project_id,
        "project_name": record.project_name,
        "content": json.dumps(content),
        "recorded_at": epoch(now),
        "recorded_by": recorded_by,
    }
    number = insert_numbered(transaction, "usage_record", values)
    return (record if record.key is not None else replace(record, key=number)), True


def read(transaction: Transaction, chosen: Chosen, key: int | None = None) -> Iterator[UsageRecord]:
    """The records meant, the newest first, of which a few hundred are held at a time. key: only
    those of that number.
    """
    wanted, values = _conditions(chosen)
    if key is not None:
        wanted += ' AND ("key" = :number OR ("key" IS NULL AND id = :number))'
        values["number"] = key
    asked = f"{_READ} WHERE {wanted} ORDER BY created DESC, id DESC"
    return map(_record, ledger.stream(transaction, asked, values))


def places(transaction: Transaction, chosen: Chosen) -> list[tuple[str, str, str | None, str | None]]:
    """Whose records are meant: source, system, region and project id, each once."""
    wanted, values = _conditions(chosen)
    names = ", ".join(_WHOSE)
    asked = f"SELECT DISTINCT {names} FROM usage_record WHERE {wanted} ORDER BY {names}"  # noqa: S608
    found = ledger.read(transaction, asked, values)
    return cast("list[tuple[str, str, str | None, str | None]]", found)


def _record(row: _Row) -> UsageRecord:
    number, source, system, key, created, content = row
    kept = {"source": source, "system": system, "created": created}
    return from_plain({**json.loads(content), **kept, "key": number if key is None else key})


def _conditions(chosen: Chosen) -> tuple[str, dict[str, Any]]:
    """The condition that chooses these records, and its values."""
    found, values = ["1 = 1"], dict[str, Any]()
    for name in ("source", "system", "region", "project"):
        if (wanted := getattr(chosen, name)) is not None:
            of_project = "(project_id = :project OR project_name = :project)"
            found.append(of_project if name == "project" else f"{name} = :{name}")
            values[name] = wanted
    for name, condition in (("since", "created >= :since"), ("until", "created < :until")):
        if (moment := getattr(chosen, name)) is not None:
            found.append(condition)
            values[name] = epoch(moment)
    return " AND ".join(found), values
