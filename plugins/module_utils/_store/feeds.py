# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What was imported, from where, up to when: the ground on which a cloud-fed budget stands (rules F1, F3 and G4 of docs/rules.md)."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._store.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

_CATEGORY, _TAG = "category", "tag"


@dataclass(frozen=True)
class FeedKey:
    """Which project of which cloud and region a feed carries."""

    auth_url: str
    region: str
    project_id: str


@dataclass(frozen=True)
class RunRate:
    """What the newest rated period cost in one category and with one tag set (rule F3)."""

    category: str
    tags: tuple[tuple[str, str], ...]
    amount_nano: int


@dataclass(frozen=True)
class Feed:
    """A feed's state.

    rated_through: end of its newest rated period. run_rates: what that period cost. windows: imported, merged. categories and tag_keys: all
    that it ever carried. tags_imported: whether the tags of resources came with their cost.
    """

    key: FeedKey
    cloud: str | None
    project_name: str
    currency: str
    collect_period_s: int
    rated_through: datetime
    run_rates: tuple[RunRate, ...]
    windows: tuple[Window, ...]
    categories: frozenset[str] = frozenset()
    tag_keys: frozenset[str] = frozenset()
    tags_imported: bool = False

    @property
    def run_rate_nano(self) -> int:
        """What the newest rated period cost in all, in 1e-9 of the currency."""
        return sum(rate.amount_nano for rate in self.run_rates)


def read_all(connection: Connection) -> list[Feed]:
    """Every feed of the ledger: four statements, however many there are, and one where there is none."""
    from sqlalchemy import select

    feed, imported, rate, carried = tables().feed, tables().feed_window, tables().feed_rate, tables().feed_carried
    rows = connection.execute(select(feed).order_by(feed.c.id)).all()
    if not rows:
        return []
    windows: dict[int, list[Window]] = defaultdict(list)
    for feed_id, begin, end in connection.execute(select(imported).order_by(imported.c.feed_id, imported.c.begin)):
        windows[feed_id].append(Window(_moment(begin), _moment(end)))
    rates: dict[int, list[RunRate]] = defaultdict(list)
    for feed_id, category, tags, nano in connection.execute(select(rate).order_by(rate.c.category, rate.c.tags)):
        rates[feed_id].append(RunRate(category, tuple(sorted(json.loads(tags).items())), nano))
    names: dict[tuple[int, str], set[str]] = defaultdict(set)
    for feed_id, kind, name in connection.execute(select(carried)):
        names[(feed_id, kind)].add(name)
    return [
        Feed(
            key=FeedKey(row.auth_url, row.region, row.project_id),
            cloud=row.cloud,
            project_name=row.project_name,
            currency=row.currency,
            collect_period_s=row.collect_period_s,
            rated_through=_moment(row.rated_through),
            run_rates=tuple(rates[row.id]),
            windows=tuple(windows[row.id]),
            categories=frozenset(names[(row.id, _CATEGORY)]),
            tag_keys=frozenset(names[(row.id, _TAG)]),
            tags_imported=row.tags_imported,
        )
        for row in rows
    ]


def find(connection: Connection, key: FeedKey) -> Feed | None:
    """The feed of that key, None where nothing was imported yet."""
    return next((feed for feed in read_all(connection) if feed.key == key), None)


def save(connection: Connection, feed: Feed) -> None:
    """Store a feed's state in place of what was known of it."""
    from sqlalchemy import select

    table, imported = tables().feed, tables().feed_window
    values = {
        "cloud": feed.cloud,
        "project_name": feed.project_name,
        "currency": feed.currency,
        "collect_period_s": feed.collect_period_s,
        "rated_through": int(feed.rated_through.timestamp()),
        "tags_imported": feed.tags_imported,
    }
    key = {"auth_url": feed.key.auth_url, "region": feed.key.region, "project_id": feed.key.project_id}
    same = [table.c[name] == value for name, value in key.items()]
    feed_id = connection.execute(select(table.c.id).where(*same)).scalar_one_or_none()
    if feed_id is None:
        connection.execute(table.insert().values(**key, **values))
        feed_id = connection.execute(select(table.c.id).where(*same)).scalar_one()
    else:
        connection.execute(table.update().where(table.c.id == feed_id).values(**values))
    _replace_rows(
        connection,
        imported,
        feed_id,
        [{"begin": int(window.begin.timestamp()), "end": int(window.end.timestamp())} for window in feed.windows],
    )
    _replace_rows(
        connection,
        tables().feed_rate,
        feed_id,
        [
            {"category": rate.category, "tags": json.dumps(dict(rate.tags)), "amount_nano": rate.amount_nano}
            for rate in feed.run_rates
        ],
    )
    carried = [(_CATEGORY, name) for name in feed.categories] + [(_TAG, name) for name in feed.tag_keys]
    _replace_rows(
        connection, tables().feed_carried, feed_id, [{"kind": kind, "name": name} for kind, name in sorted(carried)]
    )


def _replace_rows(connection: Connection, table: Table, feed_id: int, rows: list[dict[str, Any]]) -> None:
    connection.execute(table.delete().where(table.c.feed_id == feed_id))
    if rows:
        connection.execute(table.insert(), [{"feed_id": feed_id, **row} for row in rows])


def merged(windows: tuple[Window, ...], added: Window) -> tuple[Window, ...]:
    """The windows with another one added, those that touch or overlap joined."""
    joined: list[Window] = []
    for window in sorted((*windows, added), key=lambda one: one.begin):
        if joined and window.begin <= joined[-1].end:
            joined[-1] = Window(joined[-1].begin, max(joined[-1].end, window.end))
        else:
            joined.append(window)
    return tuple(joined)


def first_hole(windows: tuple[Window, ...], wanted: Window) -> Window | None:
    """The first part of the wanted window that no imported one covers; None where it is tiled without a hole."""
    at = wanted.begin
    for window in sorted(windows, key=lambda one: one.begin):
        if at >= wanted.end:
            break
        if window.begin > at:
            return Window(at, min(window.begin, wanted.end))
        at = max(at, window.end)
    return Window(at, wanted.end) if at < wanted.end else None


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
