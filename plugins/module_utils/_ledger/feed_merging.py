# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Up to schema 4 a project had a feed for each spelling of its cloud's URL. This makes them one, with each
hour once (design/imports.md#feeds, design/ledger.md#upgrades).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .._core import spans
from .._core.periods import Window, moment_of
from .._core.writer import recorded_by
from . import entries, totals
from .entry_rows import EntryRow, reversal, row_of
from .feeds import CLOUDKITTY, FeedKey
from .tables import make_missing
from .transaction import Transaction, execute, insert, read_by_name

_Row = dict[str, Any]
_FEED = (
    "id", "told_by", "auth_url", "region", "project_id", "cloud", "project_name", "currency",
    "collect_period_s", "rated_through", "retired", "credit_due_from", "revision",
)  # fmt: skip
#: The tables that refer to feeds, and their columns without the feed.
_OF_FEEDS = {
    "feed_window": ("begin", "end", "resolution", "grouping", "tagged"),
    "feed_rate": ("category", "tags", "amount_nano"),
    "feed_carried": ("kind", "name"),
    "feed_resource": ("resource_id", "type", "name", "tags"),
    "feed_hours": ("category", "tags", "amounts"),
}
#: What the present tables say otherwise on PostgreSQL, where a table that is dropped loses its grants.
_LEAVE_ON_POSTGRESQL = (
    "ALTER TABLE feed DROP CONSTRAINT feed_auth_url_region_project_id_key",
    "ALTER TABLE feed ADD UNIQUE (region, project_id)",
    "ALTER TABLE feed ADD COLUMN flow_hours INTEGER",
    "ALTER TABLE feed ADD COLUMN flow_metrics TEXT",
    "ALTER TABLE feed ADD COLUMN retired_at BIGINT",
    "ALTER TABLE feed ADD COLUMN retired_by TEXT",
    "ALTER TABLE feed ADD COLUMN retired_reason TEXT",
    "ALTER TABLE feed ADD COLUMN rating_regions TEXT DEFAULT '{}' NOT NULL",
    "ALTER TABLE feed ADD COLUMN empty TEXT DEFAULT '[]' NOT NULL",
    "ALTER TABLE feed ADD COLUMN unrated TEXT DEFAULT '[]' NOT NULL",
    "ALTER TABLE feed_rate DROP CONSTRAINT feed_rate_pkey",
    "ALTER TABLE feed_rate ALTER COLUMN amount_nano TYPE NUMERIC",
    "ALTER TABLE feed_rate ADD COLUMN hours INTEGER NOT NULL",
    "ALTER TABLE feed_rate ADD COLUMN is_flow BOOLEAN NOT NULL",
    "ALTER TABLE feed_rate ADD PRIMARY KEY (feed_id, category, tags, is_flow)",
)
#: What the present tables have and old rows lack: all of a run rate was that of the newest period.
_ADDED: dict[str, _Row] = {"feed_rate": {"hours": 1, "is_flow": False}}
_VALID_PERIODS = (
    "SELECT DISTINCT period_begin, period_end FROM entry WHERE source = :of_source AND reverses IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM entry_row AS reversal WHERE reversal.reverses = entry.id)"
)
_ALL_TIME = Window(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
_PAGE = 1000


@dataclass(frozen=True)
class _OldFeed:
    """A feed's row, and its rows in the tables that refer to feeds."""

    row: _Row
    parts: dict[str, list[_Row]]

    @property
    def old_source(self) -> str:
        """What its entries' source was."""
        return "{told_by} {auth_url} {region} {project_id}".format(**self.row)

    @property
    def source(self) -> str:
        """What its entries' source is now."""
        return FeedKey(self.row["region"], self.row["project_id"], self.row["told_by"]).source

    @property
    def windows(self) -> list[Window]:
        """What was imported."""
        return [_window(row) for row in self.parts["feed_window"]]


def merge(transaction: Transaction) -> None:
    """Have the ledger's feeds be one for each project and region, in the present tables.

    The one that is rated the furthest stays. What it has not, it gets from the others. Their entries are
    taken back under their old source, so that every sum is right and the history stays.
    """
    by_key: dict[tuple[str, str], list[_OldFeed]] = defaultdict(list)
    for one in _read(transaction):
        by_key[one.row["region"], one.row["project_id"]].append(one)
    merged = [_merged(transaction, of_key) for of_key in by_key.values()]
    _leave_old_tables(transaction)
    for one in sorted(merged, key=lambda one: int(one.row["id"])):
        # Flows and the regions of the catalog are known from the next import of CloudKitty on.
        flow_hours = None if one.row["told_by"] == CLOUDKITTY else 0
        insert(transaction, "feed", [{**one.row, "flow_hours": flow_hours}])
        for table, rows in one.parts.items():
            added = {"feed_id": one.row["id"], **_ADDED.get(table, {})}
            insert(transaction, table, [{**row, **added} for row in rows])


def _read(transaction: Transaction) -> list[_OldFeed]:
    feeds = read_by_name(transaction, _FEED, f"SELECT {', '.join(_FEED)} FROM feed ORDER BY id")  # noqa: S608
    found = {row["id"]: _OldFeed(row, {table: [] for table in _OF_FEEDS}) for row in feeds}
    for table, columns in _OF_FEEDS.items():
        listed = ", ".join(f'"{name}"' for name in ("feed_id", *columns))
        asked = f"SELECT {listed} FROM {table}"  # noqa: S608
        for row in read_by_name(transaction, ("feed_id", *columns), asked):
            found[row.pop("feed_id")].parts[table].append(row)
    return list(found.values())


def _leave_old_tables(transaction: Transaction) -> None:
    """Empty the tables of feeds, and have them be as in a new ledger."""
    for table in (*_OF_FEEDS, "feed"):
        execute(transaction, f"DELETE FROM {table}")  # noqa: S608
    if transaction.on_postgresql:
        for statement in _LEAVE_ON_POSTGRESQL:
            execute(transaction, statement)
        return
    # SQLite changes no constraint of a table that is there.
    for table in ("feed_rate", "feed"):
        execute(transaction, f"DROP TABLE {table}")
    make_missing(transaction)


def _merged(transaction: Transaction, feeds: Sequence[_OldFeed]) -> _OldFeed:
    """The feeds of one project and region as one."""
    *others, kept = sorted(
        feeds, key=lambda one: (one.row["rated_through"], not one.row["retired"], one.row["id"])
    )
    for old, new in (
        (kept.old_source, kept.source),
        (_of_credits(kept.old_source), _of_credits(kept.source)),
    ):
        execute(
            transaction,
            "UPDATE entry_key SET source = :new WHERE source = :old",
            {"new": new, "old": old},
        )
    for other in reversed(others):
        kept = _with(transaction, kept, other)
    return kept


def _with(transaction: Transaction, kept: _OldFeed, other: _OldFeed) -> _OldFeed:
    """The kept feed with what only the other one has of hours, resources, categories and tags."""
    periods = read_by_name(transaction, ("begin", "end"), _VALID_PERIODS, {"of_source": kept.source})
    known = spans.union([*kept.windows, *map(_window, periods)])
    moved, dropped = _move_entries(transaction, kept, other, known)
    credited = _move_credits(transaction, kept, other)
    imported = [
        {**row, "begin": int(part.begin.timestamp()), "end": int(part.end.timestamp())}
        for row in other.parts["feed_window"]
        for part in spans.subtract(_window(row), [*known, *dropped])
    ]
    due = [one.row["credit_due_from"] for one in (kept, other) if one.row["credit_due_from"] is not None]
    due += [_month(begin) for begin in (*moved, *credited)]
    row = {
        **kept.row,
        "retired": bool(kept.row["retired"] and other.row["retired"]),
        "credit_due_from": min(due, default=None),
        "revision": kept.row["revision"] + 1,
    }
    parts = {
        **kept.parts,
        "feed_window": sorted([*kept.parts["feed_window"], *imported], key=lambda one: one["begin"]),
        **{
            table: _first_of_each([*kept.parts[table], *other.parts[table]], names)
            for table, names in (("feed_carried", ("kind", "name")), ("feed_resource", ("resource_id",)))
        },
    }
    return _OldFeed(row, parts)


def _move_entries(
    transaction: Transaction, kept: _OldFeed, other: _OldFeed, known: Sequence[Window]
) -> tuple[list[int], list[Window]]:
    """Take back what the other feed brought, and record under the kept one's source what lies outside of the
    known windows.

    Returns the begins of what was moved, and the periods of what was not.
    """
    moved, dropped = list[int](), set[Window]()
    for page in _pages(transaction, other.old_source):
        stays = {row["id"]: not _overlaps_any(entries.period_of(row), known) for row in page}
        dropped |= {entries.period_of(row) for row in page if not stays[row["id"]]}
        again = [row for row in page if stays[row["id"]]]
        moved += [row["period_begin"] for row in again]
        _write(transaction, page, [{**row, "source": kept.source} for row in again])
    return moved, sorted(dropped, key=lambda one: one.begin)


def _move_credits(transaction: Transaction, kept: _OldFeed, other: _OldFeed) -> list[int]:
    """Take back the other feed's credits of the free tier. Where the kept one has none of a month it gets
    that one; the next import calculates it again.

    Returns the begins of their months.
    """
    rows = [row for page in _pages(transaction, _of_credits(other.old_source)) for row in page]
    source = _of_credits(kept.source)
    has = entries.current_all(transaction, [(source, row["key"]) for row in rows])
    again = [{**row, "source": source} for row in rows if (source, row["key"]) not in has]
    _write(transaction, rows, again)
    return [row["period_begin"] for row in rows]


def _write(transaction: Transaction, gone: Sequence[_Row], again: Sequence[_Row]) -> None:
    versions = entries.last_versions(transaction, [(row["source"], row["key"]) for row in again])
    rows: list[EntryRow] = [reversal(row) for row in gone]
    rows += [row_of(row, versions.get((row["source"], row["key"]), 0) + 1) for row in again]
    entries.append(transaction, rows, datetime.now(UTC), recorded_by())


def _pages(transaction: Transaction, source: str) -> Iterator[list[_Row]]:
    """The valid entries of the source, in pages."""
    selection, after = totals.Selection(_ALL_TIME, sources=(source,)), None
    while page := totals.rows(transaction, selection, _PAGE, after, valid_only=True):
        after = page[-1]["id"]
        yield page


def _overlaps_any(period: Window, known: Sequence[Window]) -> bool:
    return any(spans.overlaps(period, one) for one in known)


def _first_of_each(rows: Sequence[_Row], names: tuple[str, ...]) -> list[_Row]:
    """The rows without those whose columns of these names an earlier one has too."""
    found: dict[tuple[Any, ...], _Row] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), row)
    return list(found.values())


def _of_credits(source: str) -> str:
    return f"free tier of {source}"


def _month(begin: int) -> int:
    """The begin of the UTC month."""
    moment = moment_of(begin)
    return int((moment - timedelta(days=moment.day - 1)).replace(hour=0, minute=0, second=0).timestamp())


def _window(row: _Row) -> Window:
    return Window(moment_of(row["begin"]), moment_of(row["end"]))
