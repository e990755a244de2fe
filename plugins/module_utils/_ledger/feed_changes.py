# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What imports keep of feeds: their state, their windows and their resources (design/imports.md#feeds)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._core import spans
from .._core.periods import Window
from .feeds import CATEGORY, STORED, TAG, Feed, FeedKey, Imported, RunRate, find
from .transaction import Transaction, execute, execute_many, insert, insert_numbered, read

_READ_RESOURCES = "SELECT resource_id, type, name, tags FROM feed_resource WHERE feed_id = :of_feed"
_READ_REVISION = "SELECT revision FROM feed WHERE id = :of_feed"
#: A save writes all but what a feed is known by.
_KEPT_ANEW = tuple(name for name in STORED if name not in ("id", "region", "project_id", "told_by"))
_SET = ", ".join(f"{name} = :{name}" for name in _KEPT_ANEW)
_UPDATE = f"UPDATE feed SET {_SET} WHERE id = :of_feed"  # noqa: S608


@dataclass(frozen=True)
class FeedResource:
    """What a resource is, is called and is tagged with, as a list of its service told it last."""

    type: str
    name: str
    tags: tuple[tuple[str, str], ...]


def find_again(transaction: Transaction, key: FeedKey, known: Feed | None) -> Feed | None:
    """find() where the feed may still be as it was known: one statement then."""
    if known is None or known.id is None:
        return find(transaction, key)
    same = read(transaction, _READ_REVISION, {"of_feed": known.id}) == [(known.revision,)]
    return known if same else find(transaction, key)


def save(transaction: Transaction, feed: Feed, known: Feed | None) -> Feed:
    """Store a feed's state; the feed as it is in the ledger then.

    known: what the ledger has of it in this transaction, None for nothing; what did not
    change is not written.
    """
    revision = 1 if known is None else known.revision + 1
    values = {
        "auth_url": feed.auth_url,
        "cloud": feed.cloud,
        "project_name": feed.project_name,
        "currency": feed.currency,
        "collect_period_s": feed.collect_period_s,
        "rated_through": int(feed.rated_through.timestamp()),
        "retired": feed.retired,
        "credit_due_from": None if feed.credit_due_from is None else int(feed.credit_due_from.timestamp()),
        "retired_at": None if feed.retirement is None else int(feed.retirement.at.timestamp()),
        "retired_by": None if feed.retirement is None else feed.retirement.by,
        "retired_reason": None if feed.retirement is None else feed.retirement.reason,
        "flow_hours": feed.flow_hours,
        "flow_metrics": None if feed.flow_metrics is None else json.dumps(sorted(feed.flow_metrics)),
        "rating_regions": json.dumps(dict(feed.rating_regions)),
        "empty": _windows_text(feed.empty),
        "unrated": _windows_text(feed.unrated),
        "revision": revision,
    }
    if known is None:
        feed_id = insert_numbered(transaction, "feed", {**feed.key._asdict(), **values})
    else:
        feed_id = int(known.id or 0)
        execute(transaction, _UPDATE, {**values, "of_feed": feed_id})
    if known is None or known.imported != feed.imported:
        _replace_rows(transaction, "feed_window", feed_id, [_window_row(one) for one in feed.imported])
    if known is None or known.run_rates != feed.run_rates:
        _replace_rows(transaction, "feed_rate", feed_id, [_rate_row(one) for one in feed.run_rates])
    if known is None or (known.categories, known.tag_keys) != (feed.categories, feed.tag_keys):
        carried = [(CATEGORY, name) for name in feed.categories] + [(TAG, name) for name in feed.tag_keys]
        rows = [{"kind": kind, "name": name} for kind, name in sorted(carried)]
        _replace_rows(transaction, "feed_carried", feed_id, rows)
    return replace(feed, id=feed_id, revision=revision)


def _windows_text(windows: Iterable[Window]) -> str:
    return json.dumps([[int(one.begin.timestamp()), int(one.end.timestamp())] for one in windows])


def _window_row(one: Imported) -> dict[str, Any]:
    begin, end = (int(moment.timestamp()) for moment in (one.window.begin, one.window.end))
    return {"begin": begin, "end": end, **one.layout._asdict()}


def _rate_row(rate: RunRate) -> dict[str, Any]:
    # As text: a sum of a large currency may be beyond 64 bits.
    return {**rate._asdict(), "tags": json.dumps(dict(rate.tags)), "amount_nano": str(rate.amount_nano)}


def _replace_rows(transaction: Transaction, table: str, feed_id: int, rows: list[dict[str, Any]]) -> None:
    execute(transaction, f"DELETE FROM {table} WHERE feed_id = :of_feed", {"of_feed": feed_id})  # noqa: S608
    insert(transaction, table, [{"feed_id": feed_id, **row} for row in rows])


def resources(transaction: Transaction, feed: Feed) -> dict[str, FeedResource]:
    """The feed's resources as they were last seen, by id."""
    return {
        resource_id: FeedResource(kind, name, tuple(sorted(json.loads(tags).items())))
        for resource_id, kind, name, tags in read(transaction, _READ_RESOURCES, {"of_feed": feed.id})
    }


def save_resources(transaction: Transaction, feed: Feed, seen: Mapping[str, FeedResource]) -> None:
    """Remember these resources, by id, in place of what was known of them. The feed is in the ledger."""
    before = resources(transaction, feed)
    changed = {resource_id: one for resource_id, one in seen.items() if before.get(resource_id) != one}
    gone = [{"of_feed": feed.id, "gone": resource_id} for resource_id in changed if resource_id in before]
    execute_many(
        transaction, "DELETE FROM feed_resource WHERE feed_id = :of_feed AND resource_id = :gone", gone
    )
    rows = [
        {
            "feed_id": feed.id,
            "resource_id": resource_id,
            "type": one.type,
            "name": one.name,
            "tags": json.dumps(dict(one.tags)),
        }
        for resource_id, one in changed.items()
    ]
    insert(transaction, "feed_resource", rows)


def added(imported: tuple[Imported, ...], new: Imported) -> tuple[Imported, ...]:
    """The windows with another one, which takes the place of what was imported of its time; neighbors of one
    layout are joined.
    """
    joined: list[Imported] = []
    for one in sorted((*without(imported, new.window), new), key=lambda one: one.window.begin):
        if joined and joined[-1].layout == one.layout and joined[-1].window.end == one.window.begin:
            joined[-1] = Imported(Window(joined[-1].window.begin, one.window.end), one.layout)
        else:
            joined.append(one)
    return tuple(joined)


def without(imported: tuple[Imported, ...], gone: Window) -> tuple[Imported, ...]:
    """The windows without the parts that lie in the gone one."""
    return tuple(
        Imported(part, one.layout) for one in imported for part in spans.subtract(one.window, [gone])
    )
