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

from .._core.periods import Window
from . import totals
from .feeds import Feed, FeedKey
from .transaction import Transaction, execute, insert, read

#: How far back a feed's rated periods are kept.
KEPT = timedelta(days=7)
_READ_ALL = (
    "SELECT region, project_id, told_by, category, tags, amounts"
    " FROM feed JOIN feed_hours ON feed_id = feed.id"
)
_ID = "SELECT id FROM feed WHERE region = :region AND project_id = :project_id AND told_by = :told_by"


@dataclass(frozen=True)
class FeedHours:
    """What a feed's newest rated periods cost in one category and with one tag set, in 1e-9, oldest first."""

    category: str
    tags: frozenset[tuple[str, str]]
    amounts_nano: tuple[int, ...]


def keep(transaction: Transaction, feed: Feed, sources: tuple[str, ...]) -> None:
    """Sum up the feed's last seven days anew, after an import, from the usage that it brought
    under these sources.

    A period without any entry of the feed is not rated, and is left out. Credits are not usage: they do not
    come every hour.
    """
    period = timedelta(seconds=feed.collect_period_s)
    whole = Window(feed.rated_through - KEPT, feed.rated_through)
    begins = (whole.begin + number * period for number in range(KEPT // period))
    windows = [Window(begin, begin + period) for begin in begins]
    usage = totals.Selection(whole, sources=sources, charge_categories=("usage",))
    rated = [found for found in totals.by_time(transaction, usage, windows, ("category", "tags")) if found]
    amounts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(rated))
    for place, found in enumerate(rated):
        for total in found:
            amounts[str(total.keys["category"]), total.keys["tags"] or "{}"][place] += total.amount_nano
    ((feed_id,),) = read(transaction, _ID, feed.key._asdict())
    execute(transaction, "DELETE FROM feed_hours WHERE feed_id = :of_feed", {"of_feed": feed_id})
    rows = [
        {"feed_id": feed_id, "category": category, "tags": tags, "amounts": json.dumps(each)}
        for (category, tags), each in sorted(amounts.items())
    ]
    insert(transaction, "feed_hours", rows)


def read_all(transaction: Transaction) -> dict[FeedKey, list[FeedHours]]:
    """What is kept of every feed: one statement."""
    found: dict[FeedKey, list[FeedHours]] = defaultdict(list)
    for *of_feed, category, tags, amounts in read(transaction, _READ_ALL):
        hours = FeedHours(category, frozenset(json.loads(tags).items()), tuple(json.loads(amounts)))
        found[FeedKey(*of_feed)].append(hours)
    return found
