# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The ledger's rows: append-only, safe to replay, summed in the database (rules L1, L2 and M2 of docs/rules.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._store.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

CHARGE_CATEGORIES = ("usage", "purchase", "credit", "adjustment", "tax")
CATEGORIES = ("llm_inference", "llm_embedding", "compute", "storage", "network", "api_calls", "other")
#: Only these may be negative (rule M5).
MAY_BE_NEGATIVE = ("credit", "adjustment")

RECORDED, CORRECTED, UNCHANGED = "recorded", "corrected", "unchanged"
#: What a bulk statement carries at once.
_BATCH = 500


@dataclass(frozen=True)
class Entry:
    """One cost. (source, key) names it for ever; moments are aware, amount_nano is in 1e-9 of the currency, quantity exact text."""

    source: str
    key: str
    charge_category: str
    category: str
    period: Window
    amount_nano: int
    currency: str
    cloud: str | None = None
    region: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    metric: str | None = None
    resource_id: str | None = None
    resource_name: str | None = None
    resource_type: str | None = None
    quantity: str | None = None
    unit: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None


@dataclass(frozen=True)
class Written:
    """What writing did: recorded, corrected or unchanged, and the version that is valid now."""

    outcome: str
    version: int


#: What an entry says, apart from who wrote it and when: any difference in these is a correction.
_CONTENT = (
    "charge_category", "category", "cloud", "region", "project_id", "project_name", "metric", "resource_id", "resource_name",
    "resource_type", "period_begin", "period_end", "quantity", "unit", "amount_nano", "currency", "tags", "description",
)  # fmt: skip


def write(connection: Connection, entry: Entry, now: datetime, recorded_by: str) -> Written:
    """Record an entry, correct the one of that source and key, or find it unchanged."""
    before = current(connection, entry.source, entry.key)
    version, outcome = next_version(before, entry)
    if before is None:
        # A key that was taken back goes on counting.
        version += _last_version(connection, entry.source, entry.key)
    if outcome == UNCHANGED:
        return Written(outcome, version)
    signature = {"recorded_at": int(now.timestamp()), "recorded_by": recorded_by, "version": version}
    if before is not None:
        _insert(connection, [_reversal(before, signature)])
    _insert(connection, [{**columns(entry), **signature, "reverses": None}])
    return Written(outcome, version)


def next_version(before: Mapping[str, Any] | None, entry: Entry) -> tuple[int, str]:
    """The version and the outcome of writing an entry over the valid row of its source and key (None: there is none)."""
    if before is None:
        return 1, RECORDED
    if _same_content(before, columns(entry)):
        return before["version"], UNCHANGED
    return before["version"] + 1, CORRECTED


def _same_content(before: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return all(before[name] == row[name] for name in _CONTENT)


def current(connection: Connection, source: str, key: str) -> dict[str, Any] | None:
    """The row now valid for that source and key: the one that no other reverses."""
    from sqlalchemy import select

    entry, reversal = tables().entry, tables().entry.alias()
    statement = (
        select(entry)
        .outerjoin(reversal, reversal.c.reverses == entry.c.id)
        .where(entry.c.source == source, entry.c.key == key, entry.c.reverses.is_(None), reversal.c.id.is_(None))
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else row._asdict()


def _last_version(connection: Connection, source: str, key: str) -> int:
    from sqlalchemy import func, select

    entry = tables().entry
    statement = select(func.max(entry.c.version)).where(entry.c.source == source, entry.c.key == key)
    return connection.execute(statement).scalar_one() or 0


def replace(
    connection: Connection, source: str, window: Window, wanted: Iterable[Entry], now: datetime, recorded_by: str
) -> dict[str, int]:
    """Make the entries of a source that begin in the window exactly these; how many were recorded, corrected, reversed, unchanged.

    An entry of the window that is no longer wanted is taken back by a reversal: a complete answer is authoritative (rule F1).
    """
    from sqlalchemy import select

    entry, reversal = tables().entry, tables().entry.alias()
    statement = (
        select(entry)
        .outerjoin(reversal, reversal.c.reverses == entry.c.id)
        .where(
            entry.c.source == source,
            entry.c.reverses.is_(None),
            reversal.c.id.is_(None),
            entry.c.period_begin >= int(window.begin.timestamp()),
            entry.c.period_begin < int(window.end.timestamp()),
        )
    )
    stored = {row.key: row._asdict() for row in connection.execute(statement)}
    signature = {"recorded_at": int(now.timestamp()), "recorded_by": recorded_by}
    counts = {RECORDED: 0, CORRECTED: 0, "reversed": 0, UNCHANGED: 0}
    fresh: list[dict[str, Any]] = []
    for one in wanted:
        row, before = columns(one), stored.pop(one.key, None)
        if before is None:
            counts[RECORDED] += 1
            fresh.append(row)
        elif _same_content(before, row):
            counts[UNCHANGED] += 1
        else:
            counts[write(connection, one, now, recorded_by).outcome] += 1
    _insert_fresh(connection, source, fresh, signature)
    reversals = [_reversal(before, {**signature, "version": before["version"] + 1}) for before in stored.values()]
    counts["reversed"] = len(reversals)
    _insert(connection, reversals)
    return counts


def _insert_fresh(
    connection: Connection, source: str, rows: list[dict[str, Any]], signature: Mapping[str, Any]
) -> None:
    """Insert rows that have no valid row yet; a key that was taken back before goes on with its next version."""
    from sqlalchemy import func, select

    entry = tables().entry
    versions: dict[str, int] = {}
    for start in range(0, len(rows), _BATCH):
        keys = [row["key"] for row in rows[start : start + _BATCH]]
        statement = (
            select(entry.c.key, func.max(entry.c.version).label("version"))
            .where(entry.c.source == source, entry.c.key.in_(keys))
            .group_by(entry.c.key)
        )
        versions |= {row.key: row.version for row in connection.execute(statement)}
    _insert(
        connection, [{**row, **signature, "version": versions.get(row["key"], 0) + 1, "reverses": None} for row in rows]
    )


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(tables().entry.insert(), rows)


def _reversal(before: Mapping[str, Any], signature: Mapping[str, Any]) -> dict[str, Any]:
    """The old row with its amount turned: in the same category, tags and time, so that every sum stays right."""
    kept = {name: before[name] for name in ("source", "key", *_CONTENT)}
    return {**kept, **signature, "reverses": before["id"], "amount_nano": -before["amount_nano"]}


def columns(entry: Entry) -> dict[str, Any]:
    """An entry as the columns of its row, without version and signature."""
    kept = ("source", "key", *(name for name in _CONTENT if name not in ("period_begin", "period_end", "tags")))
    return {
        **{name: getattr(entry, name) for name in kept},
        "period_begin": int(entry.period.begin.timestamp()),
        "period_end": int(entry.period.end.timestamp()),
        "tags": json.dumps(dict(entry.tags), sort_keys=True, separators=(",", ":"), ensure_ascii=False),
    }


def period_of(row: Mapping[str, Any]) -> Window:
    """The window of a stored row."""
    return Window(*(datetime.fromtimestamp(row[name], UTC) for name in ("period_begin", "period_end")))


def tags_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a row, by name."""
    tags: dict[str, str] = json.loads(row["tags"])
    return tags


def sums(connection: Connection, window: Window) -> dict[str, int]:
    """currency -> sum in 1e-9 units of all rows that begin in the window. Integer arithmetic in the database: exact."""
    from sqlalchemy import func, select

    entry = tables().entry
    statement = (
        select(entry.c.currency, func.sum(entry.c.amount_nano))
        .where(
            entry.c.period_begin >= int(window.begin.timestamp()), entry.c.period_begin < int(window.end.timestamp())
        )
        .group_by(entry.c.currency)
    )
    return {currency: int(total) for currency, total in connection.execute(statement)}
