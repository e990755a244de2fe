# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a task says is removed is believed up to what imports say is there (design/gate.md#removals)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from .._core.categories import is_flow
from .._core.money import from_nano, round_to_nano
from .._ledger.feeds import Feed
from .._ledger.holds import HoldLine
from .outstanding_holds import OutstandingHold, carrying_feeds
from .scope import ScopeMatcher


class _RemovalPlace(NamedTuple):
    project_id: str
    region: str
    category: str | None
    currency: str


def believer(known: Sequence[Feed], covered: ScopeMatcher) -> Callable[[HoldLine], HoldLine | None]:
    """A function that makes of a removal what is believed of it, None for nothing: what nobody before it has
    taken of the hourly cost that the feed of its project and region brings to the budget in its category, of
    metrics of state. What is not known to be of one feed is not believed.
    """
    rest_nano: dict[_RemovalPlace, int] = {}
    for feed in known:
        if not feed.retired:
            _add_costs(rest_nano, feed, covered)

    def believed(line: HoldLine) -> HoldLine | None:
        if not (line.project and line.region and covered.covers_line(line)):
            return None
        carrying = carrying_feeds(line, known)
        if len(carrying) != 1 or (line.metric and is_flow(line.metric, carrying[0].flow_metrics)):
            return None
        (feed,) = carrying
        place = _RemovalPlace(feed.key.project_id, feed.key.region, line.category, line.money.currency)
        nano = min(round_to_nano(line.money.amount), rest_nano.get(place, 0))
        if nano <= 0:
            return None
        rest_nano[place] -= nano
        return replace(line, money=replace(line.money, amount=from_nano(nano)))

    return believed


def _add_costs(rest_nano: dict[_RemovalPlace, int], feed: Feed, covered: ScopeMatcher) -> None:
    """Add what the budget pays by the hour for what is there, rounded down."""
    whose = frozenset({feed.key.project_id, feed.project_name})
    for rate in feed.run_rates:
        if not rate.is_flow and covered.covers_cost(
            rate.category, whose, frozenset(rate.tags), feed.key.region
        ):
            place = _RemovalPlace(feed.key.project_id, feed.key.region, rate.category, feed.currency)
            hourly_nano = rate.amount_nano * 3600 // (feed.collect_period_s * rate.hours)
            rest_nano[place] = rest_nano.get(place, 0) + hourly_nano


def believed_of_holds(
    outstanding: Iterable[OutstandingHold], believed: Callable[[HoldLine], HoldLine | None]
) -> list[OutstandingHold]:
    """The lines of holds, of those that take something away what is believed."""
    found = []
    for one in outstanding:
        line = believed(one.line) if one.removes else one.line
        if line is not None:
            found.append(replace(one, line=line))
    return found
