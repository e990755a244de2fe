# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Whether the spend of a budget is known up to now (design/gate.md#coverage, design/imports.md#tags)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from .._core.periods import Window, ceil_to, iso
from .._core.spans import from_to, overlap, overlaps
from .._ledger.budgets import FED_BY_CLOUD, Budget
from .._ledger.feeds import Feed
from .scope import ever_feeds_of
from .snapshot import Snapshot

#: How far a clock may be ahead of another one.
CLOCKS_DIFFER = timedelta(minutes=5)


def problems(budget: Budget, window: Window, snapshot: Snapshot) -> list[str]:
    """The reasons why a budget's spend in that period is not wholly known; none if entries feed it, but of
    shared costs that it counts.
    """
    shared = snapshot.shared(budget.name)
    undivided = [] if shared is None else [*shared.problems]
    if budget.fed_by != FED_BY_CLOUD:
        return undivided
    if not snapshot.feeds:
        return [
            "it is fed by the cloud, but no cost was ever imported into this ledger; run cost_import first"
        ]
    found = [*_never_carried(budget, snapshot), *_regions_without_feed(budget, window, snapshot)]
    carrying = ever_feeds_of(budget.scope, snapshot.feeds)
    if not carrying and not found:
        found.append("no import has ever carried a cost of its projects in its regions")
    elif all(feed.retired for feed in carrying) and not found:
        found.append("every feed of its cost was retired")
    for feed in dict.fromkeys((*carrying, *(() if shared is None else shared.feeds))):
        found += _of_feed(feed, budget, window, snapshot.now)
    return [*found, *undivided]


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


def _regions_without_feed(budget: Budget, window: Window, snapshot: Snapshot) -> list[str]:
    """A sentence for each rating service of the scope's projects and regions that no feed carries: an import
    keeps which regions of the catalog have one. A project that uses nothing there has a feed after the first
    cost_sync. What a retired feed knows counts until the period ends that rests on it.
    """
    scope = budget.scope
    carried = {(feed.key.project_id, feed.key.region) for feed in snapshot.feeds}
    missing: dict[tuple[str, str], set[str]] = {}
    for feed in ever_feeds_of(replace(scope, regions=()), snapshot.feeds):
        if feed.retired and max(_ends(feed)) <= window.begin:
            continue
        regions_of: dict[str, set[str]] = {}
        for region, brought_by in feed.rating_regions:
            regions_of.setdefault(brought_by, set()).add(region)
        for brought_by, regions in regions_of.items():
            has_feed = any((feed.key.project_id, region) in carried for region in regions)
            if not has_feed and (not scope.regions or regions & set(scope.regions)):
                missing[feed.project_name, brought_by] = regions
    return [
        f"the cost of project {project} in region {' or '.join(sorted(regions))} was never imported, although"
        " a rating service is there; run cost_sync"
        for (project, _brought_by), regions in missing.items()
    ]


def retired_feeds(budget: Budget, window: Window, snapshot: Snapshot) -> list[str]:
    """A sentence for each retired feed that the budget's spend of that period rests on."""
    if budget.fed_by != FED_BY_CLOUD:
        return []
    return [
        f"{budget.name}: the cost of project {feed.key.project_id} in region {feed.key.region} is known up to"
        f" {iso(feed.rated_through)} and no further, as its feed was retired{_by_whom(feed)}."
        for feed in ever_feeds_of(budget.scope, snapshot.feeds)
        if feed.retired and max(_ends(feed)) > window.begin
    ]


def _ends(feed: Feed) -> list[datetime]:
    return [feed.rated_through, *([feed.retirement.at] if feed.retirement else [])]


def _by_whom(feed: Feed) -> str:
    ended = feed.retirement
    return "" if ended is None else f" at {iso(ended.at)} by {ended.by}: {ended.reason}"


def _of_hole(feed: Feed, hole: Window) -> str:
    """Why the hole's first part is not known: no import asked for it, or the cloud has not rated it."""
    unrated = next((overlap(one, hole) for one in feed.unrated if overlaps(one, hole)), None)
    if unrated is not None and unrated.begin == hole.begin:
        return (
            f"the cloud has not rated the cost of project {feed.project_name} from {iso(unrated.begin)} to"
            f" {iso(unrated.end)}"
        )
    end = hole.end if unrated is None else unrated.begin
    return f"the cost of project {feed.project_name} from {iso(hole.begin)} to {iso(end)} was never imported"


def _of_feed(feed: Feed, budget: Budget, window: Window, now: datetime) -> list[str]:
    found = []
    begin = ceil_to(window.begin, feed.collect_period_s)
    known = from_to(begin, feed.rated_through)
    hole = feed.first_hole(known)
    if hole is not None:
        found.append(_of_hole(feed, hole))
    if feed.flow_hours is None and not feed.retired:
        found.append(
            f"no import of project {feed.project_name} has ended since this version writes the ledger, so its"
            " run rate and its regions are not known; run it again"
        )
    if feed.rated_through - now > CLOCKS_DIFFER:
        found.append(
            f"the cost of project {feed.project_name} is rated through {iso(feed.rated_through)}, which is"
            f" ahead of the clock at {iso(now)}; set the clock of this machine, or of the cloud"
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
