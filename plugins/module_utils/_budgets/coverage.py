# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Whether the spend of a budget is known up to now (design/gate.md#coverage, design/imports.md#tags)."""

from __future__ import annotations

from datetime import datetime, timedelta

from .._core.periods import Window, ceil_to, iso
from .._core.spans import from_to
from .._ledger.budgets import FED_BY_CLOUD, Budget
from .._ledger.feeds import Feed
from .scope import ever_feeds_of
from .snapshot import Snapshot


def problems(budget: Budget, window: Window, snapshot: Snapshot) -> list[str]:
    """The reasons why a budget's spend in that period is not wholly known; none if entries feed it."""
    if budget.fed_by != FED_BY_CLOUD:
        return []
    if not snapshot.feeds:
        return [
            "it is fed by the cloud, but no cost was ever imported into this ledger; run cost_import first"
        ]
    found = _never_carried(budget, snapshot)
    carrying = ever_feeds_of(budget.scope, snapshot.feeds)
    if all(feed.retired for feed in carrying) and not found:
        found.append("every feed of its cost was retired")
    for feed in carrying:
        found += _of_feed(feed, budget, window, snapshot.now)
    return found


def _never_carried(budget: Budget, snapshot: Snapshot) -> list[str]:
    """The projects and regions in the scope that no feed has ever carried. Their cost is unknown: otherwise a
    misspelled name would cost nothing.
    """
    feeds, scope = snapshot.feeds, budget.scope
    carried = {
        "project": {name for feed in feeds for name in (feed.key.project_id, feed.project_name)},
        "region": {feed.key.region for feed in feeds},
    }
    named = {"project": scope.projects, "region": scope.regions}
    return [
        f"no import has ever carried a cost of {kind} {name}"
        for kind, names in named.items()
        for name in names
        if name not in carried[kind]
    ]


def _of_feed(feed: Feed, budget: Budget, window: Window, now: datetime) -> list[str]:
    found = []
    begin = ceil_to(window.begin, feed.collect_period_s)
    known = from_to(begin, feed.rated_through)
    hole = feed.first_hole(known)
    if hole is not None:
        found.append(
            f"the cost of project {feed.project_name} from {iso(hole.begin)} to {iso(hole.end)} was never"
            " imported"
        )
    # A retired feed imports no more. What it never imported of this period stays unknown.
    if not feed.retired and now - feed.rated_through > budget.max_staleness:
        hours = budget.max_staleness / timedelta(hours=1)
        found.append(
            f"the cost of project {feed.project_name} is known only up to {iso(feed.rated_through)}, more"
            f" than {hours:g} h ago"
        )
    if feed.has_day_around(window.begin):
        found.append(
            f"the cost of project {feed.project_name} was imported by the day of UTC, and its period begins"
            f" at {iso(window.begin)}"
        )
    untagged = feed.first_untagged(known) if budget.scope.tags and hole is None else None
    if untagged is not None:
        found.append(
            f"the cost of project {feed.project_name} from {iso(untagged.begin)} to {iso(untagged.end)} was"
            " imported without the tags of"
            " its resources"
        )
    return found
