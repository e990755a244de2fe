# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What each of a feed's newest rated periods cost: the ground of forecasts, small at any size of the ledger
(design/alerts.md#forecast).
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from .._core.periods import Window
from . import totals
from .feeds import Feed, FeedKey
from .rows import Transaction, read
from .schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: How far back a feed's rated periods are kept.
KEPT = timedelta(days=7)
_READ_ALL = "SELECT auth_url, region, project_id, told_by, category, tags, amounts FROM feed JOIN feed_hours ON feed_id = feed.id"


@dataclass(frozen=True)
class Hours:
    """What a feed's newest rated periods cost in one category and with one tag set, in 1e-9, oldest first."""

    category: str
    tags: frozenset[tuple[str, str]]
    amounts_nano: tuple[int, ...]


def keep(connection: Connection, feed: Feed, sources: tuple[str, ...]) -> None:
    """Sum up the feed's last seven days anew, after an import, from the usage that it brought under these
    sources.

    A period without any entry of the feed is not rated, and is left out. Credits are not usage: they do not
    come every hour.
    """
    from sqlalchemy import select

    period = timedelta(seconds=feed.collect_period_s)
    whole = Window(feed.rated_through - KEPT, feed.rated_through)
    begins = (whole.begin + number * period for number in range(KEPT // period))
    windows = [Window(begin, begin + period) for begin in begins]
    usage = totals.Selection(whole, sources=sources, charge_categories=("usage",))
    rated = [found for found in totals.by_time(connection, usage, windows, ("category", "tags")) if found]
    amounts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(rated))
    for place, found in enumerate(rated):
        for total in found:
            amounts[str(total.keys["category"]), total.keys["tags"] or "{}"][place] += total.amount_nano
    table, of_feed = tables().feed_hours, tables().feed
    same = (of_feed.c[name] == value for name, value in vars(feed.key).items())
    feed_id = connection.execute(select(of_feed.c.id).where(*same)).scalar_one()
    connection.execute(table.delete().where(table.c.feed_id == feed_id))
    rows = [
        {"feed_id": feed_id, "category": category, "tags": tags, "amounts": json.dumps(each)}
        for (category, tags), each in sorted(amounts.items())
    ]
    if rows:
        connection.execute(table.insert(), rows)


def read_all(transaction: Transaction) -> dict[FeedKey, list[Hours]]:
    """What is kept of every feed: one statement."""
    found: dict[FeedKey, list[Hours]] = defaultdict(list)
    for *of_feed, category, tags, amounts in read(transaction, _READ_ALL):
        told = Hours(category, frozenset(json.loads(tags).items()), tuple(json.loads(amounts)))
        found[FeedKey(*of_feed)].append(told)
    return found
