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
from typing import TYPE_CHECKING, Any

from .._core.usage_record import UsageRecord, as_plain, epoch, from_plain
from .schema import tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, RowMapping, Select

_AT_ONCE = 500


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
    connection: Connection, record: UsageRecord, now: datetime, recorded_by: str
) -> tuple[UsageRecord, bool]:
    """Keep a record; as it is kept, and whether it is new: what has its system's own key is kept once.

    One without a key gets the ledger's number of it. The record says when it was created.
    """
    table = tables().usage_record
    if record.key is not None:
        same = _chosen(Chosen(record.source, record.system)).where(table.c.key == record.key)
        before = connection.execute(same).mappings().one_or_none()
        if before is not None:
            return _record(before), False
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
    number = int(connection.execute(table.insert().values(**values).returning(table.c.id)).scalar_one())
    return (record if record.key is not None else replace(record, key=number)), True


def read(connection: Connection, chosen: Chosen, key: int | None = None) -> Iterator[UsageRecord]:
    """The records meant, the newest first, of which a few hundred are held at a time. key: only those of that
    number.
    """
    table = tables().usage_record
    wanted = _chosen(chosen).order_by(table.c.created.desc(), table.c.id.desc())
    if key is not None:
        wanted = wanted.where((table.c.key == key) | (table.c.key.is_(None) & (table.c.id == key)))
    for row in connection.execute(wanted, execution_options={"yield_per": _AT_ONCE}).mappings():
        yield _record(row)


def _record(row: RowMapping) -> UsageRecord:
    kept = {name: row[name] for name in ("source", "system", "created")}
    return from_plain(
        {**json.loads(row["content"]), **kept, "key": row["id"] if row["key"] is None else row["key"]}
    )


def places(connection: Connection, chosen: Chosen) -> list[tuple[str, str, str | None, str | None]]:
    """Whose records are meant: source, system, region and project id, each once."""
    from sqlalchemy import select

    table = tables().usage_record
    named = (table.c.source, table.c.system, table.c.region, table.c.project_id)
    found = connection.execute(select(*named).distinct().where(*_conditions(chosen)).order_by(*named))
    return [(row.source, row.system, row.region, row.project_id) for row in found]


def _chosen(chosen: Chosen) -> Select[Any]:
    from sqlalchemy import select

    return select(tables().usage_record).where(*_conditions(chosen))


def _conditions(chosen: Chosen) -> list[ColumnElement[bool]]:
    table = tables().usage_record
    found = [
        table.c[name] == wanted
        for name in ("source", "system", "region")
        if (wanted := getattr(chosen, name)) is not None
    ]
    if chosen.project is not None:
        found.append((table.c.project_id == chosen.project) | (table.c.project_name == chosen.project))
    if chosen.since is not None:
        found.append(table.c.created >= epoch(chosen.since))
    if chosen.until is not None:
        found.append(table.c.created < epoch(chosen.until))
    return found
