# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What imports bring, on the lists of the model: run rates, and what the free tier takes off
(design/imports.md#run-rate, design/money.md#free-tier).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from .model import FLOWS, FREE_TRAFFIC, EntryModel, FeedModel, Hours, Ledger, Place, hours, moment

FREE_TERABYTES = Fraction(10)


def feed_of(ledger: Ledger, project: str, region: str) -> FeedModel | None:
    return next((one for one in ledger.feeds if (one.project, one.region) == (project, region)), None)


def bring(ledger: Ledger, feed: FeedModel, new: Sequence[EntryModel]) -> None:
    """The feed as it is after the import of those costs. The feeds of a project share a free tier."""
    ledger.entries += new
    known = feed_of(ledger, feed.project, feed.region)
    ledger.feeds = (
        [*ledger.feeds, feed] if known is None else [feed if one is known else one for one in ledger.feeds]
    )
    free = free_of(ledger, feed.project)
    credited: dict[tuple[tuple[str, str], Hours], Fraction] = defaultdict(Fraction)
    for number, amount in free.items():
        one = ledger.entries[number]
        if one.feed is not None:
            credited[one.feed, month_of(one.at)] += amount
    ledger.feeds = [
        replace(one, there=there_of(ledger, one), rates=rates_of(ledger, one, free))
        if one.project == feed.project
        else one
        for one in ledger.feeds
    ]
    ledger.entries = [
        one
        for one in ledger.entries
        if not (one.is_credit and one.feed is not None and one.feed[0] == feed.project)
    ]
    ledger.entries += [
        EntryModel(begin, -amount, "ICU", Place("storage", *of), feed=of, is_credit=True)
        for (of, begin), amount in credited.items()
    ]


def month_of(at: Hours) -> Hours:
    return hours(moment(at).replace(day=1, hour=0, minute=0, second=0))


def free_of(ledger: Ledger, project: str) -> dict[int, Fraction]:
    """What is free of each entry, by its number: the first terabytes of each month in the order of time, of
    those of one hour in the order of the feeds.
    """
    order = [(one.project, one.region) for one in ledger.feeds]
    traffic = sorted(
        (one.at, order.index(one.feed), number)
        for number, one in enumerate(ledger.entries)
        if one.metric == FREE_TRAFFIC and one.feed is not None and one.feed[0] == project
    )
    left: dict[Hours, Fraction] = defaultdict(lambda: FREE_TERABYTES)
    free = {}
    for at, _feed, number in traffic:
        one = ledger.entries[number]
        share = min(one.terabytes, left[month_of(at)])
        left[month_of(at)] -= share
        if share:
            free[number] = one.amount * share / one.terabytes
    return free


def there_of(ledger: Ledger, feed: FeedModel) -> tuple[tuple[Place, Fraction], ...]:
    """What is there costs what it has cost in the newest hour."""
    found: dict[Place, Fraction] = defaultdict(Fraction)
    for one in ledger.entries:
        is_state = one.feed == (feed.project, feed.region) and one.metric not in FLOWS and not one.is_credit
        if is_state and one.at == feed.rated_through - 1:
            found[one.place] += one.amount
    return tuple(found.items())


def rates_of(
    ledger: Ledger, feed: FeedModel, free: dict[int, Fraction]
) -> tuple[tuple[Place, Fraction], ...]:
    """That, and of what happens the mean of the last hours."""
    found: dict[Place, Fraction] = defaultdict(Fraction, there_of(ledger, feed))
    for number, one in enumerate(ledger.entries):
        is_flow = one.feed == (feed.project, feed.region) and one.metric in FLOWS
        if is_flow and one.at >= feed.rated_through - feed.measured:
            found[one.place] += (one.amount - free.get(number, 0)) / feed.measured
    return tuple(found.items())


def retire(ledger: Ledger, project: str, region: str, now: Hours) -> bool:
    """Whether there was a feed to retire. It brings no more, until an import takes it up again."""
    known = feed_of(ledger, project, region)
    if known is None:
        return False
    ended = known if known.retired_at is not None else replace(known, rates=(), there=(), retired_at=now)
    ledger.feeds = [ended if one is known else one for one in ledger.feeds]
    return True
