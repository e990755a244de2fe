# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Bringing what CloudKitty has rated into the ledger (design/imports.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from .._core.completeness import OK, ServiceStatus
from .._core.errors import InvalidOption, UnknownAmount
from .._core.money import EXACT, display, exact_sum, from_nano, plain
from .._core.periods import Window, ceil_to, iso
from .._infomaniak import free_tier
from .._ledger import feeds, replacement, sql
from .._ledger.watch import Watch, unwatched
from .._openstack.connection import Cloud
from .._openstack.rating.answers import RatedPeriods
from .._openstack.rating.api import open_rating
from .feed_writer import FeedWriter, Signature, refuse_other_money
from .free_tier_credit import Credit, credit
from .in_use import uses_nothing
from .rated_entries import Feeding
from .rated_window import USUAL_LAG_PERIODS, Unit, joined, missing_of, to_read, unit_of, units, with_points
from .resource_tags import read_resources

#: An import reads this much again of what it has, for hours that the cloud rated late or anew.
OVERLAP = timedelta(days=1)
#: How far back an import looks for holes that the cloud has filled since: the hours that one request tells.
LOOK_BACK = timedelta(days=40)


@dataclass(frozen=True)
class ImportOptions:
    """asked: None for since the last import; a first one begins with the previous month. reread: also hours
    whose sum is the same.

    empty_until: the project had nothing that costs before, None where nobody said so.
    """

    asked: Window | None
    rating_api: str
    rating_currency: str
    collect_period_s: int
    metric_categories: Mapping[str, str]
    layout: feeds.ImportLayout
    reread: bool = False
    empty_until: datetime | None = None


@dataclass(frozen=True)
class _Stand:
    """What the ledger has: the feed (None: nothing was imported), its resources, and sums of the window by
    the entries' begin.
    """

    feed: feeds.Feed | None
    resources: Mapping[str, feeds.Resource]
    sums: Mapping[datetime, int]


@dataclass(frozen=True)
class _Judged:
    """A window as the cloud tells it. holes: begins of periods that it has not rated although the project
    uses something.
    """

    told: RatedPeriods
    units: Sequence[Unit]
    holes: Sequence[datetime]


def import_cost(
    cloud: Cloud,
    ledger_options: sql.LedgerOptions,
    options: ImportOptions,
    now: datetime,
    recorded_by: str,
    check_mode: bool,
    watch: Watch = unwatched,
) -> dict[str, Any]:
    """The result of cost_import.

    The cloud is read while no transaction is open, so that no lock waits for a network.

    Each hour is written in a transaction of its own: what was interrupted goes on where it stopped. watch:
    looks at what was written, in the last transaction. In check mode the ledger is only read, and a missing
    one counts as empty. Raises CloudError, LedgerError, UnknownAmount, InvalidOption.
    """
    feeding = _feeding(cloud, options)
    known = _stand(ledger_options, feeding).feed
    refuse_other_money(known, options.rating_currency, options.collect_period_s)
    window = _window(known, options, now)
    stand = _stand(ledger_options, feeding, window)
    rating = open_rating(cloud.service("rating"), options.rating_api, options.collect_period_s)
    told = rating.periods(window)
    judged = _judge(cloud, told, stand, options, now)
    if stand.feed is None and not judged.units:
        raise UnknownAmount(
            f"{rating.url} has rated nothing of project {cloud.identity.project_name} from {iso(window.begin)} to {iso(window.end)};"
            " up to when its cost is known cannot be told."
        )
    wanted, noise = to_read(judged.units, stand.sums, lambda unit: _is_covered(unit, stand.feed, options))
    if options.layout.tagged and any(unit.rated for unit in wanted):
        feeding = replace(feeding, resources={**stand.resources, **read_resources(cloud)})
    with FeedWriter(ledger_options, feeding, stand.feed, Signature(now, recorded_by), check_mode) as writer:
        writer.prepare(judged.holes)
        for unit, points in with_points(rating, wanted):
            amounts = (point.amount for point in points)
            of_unit = rating.difference("the rated points", amounts, unit.cloud_sum)
            noise = EXACT.add(noise, of_unit)
            writer.write(unit, points)
        credited, free = False, list[Credit]()
        if writer.feed is not None and not check_mode:
            credited, free = credit(ledger_options, rating, writer.feed, now, recorded_by)
        watched = writer.finish(watch)
    return {
        "changed": writer.feed != stand.feed or writer.wrote or credited,
        "ledger": sql.shown(ledger_options),
        "ledger_created": writer.created,
        "entries": writer.counts,
        **told_feed(writer.feed),
        **_told_window(judged, wanted, options),
        "cloud_difference": plain(noise),
        "unknown_tags": sorted(writer.unknown),
        "free_tier": _told_credits(free),
        "complete": True,
        "services": {"rating": ServiceStatus(OK, 200, None).to_result()},
        **watched,
    }


def _feeding(cloud: Cloud, options: ImportOptions) -> Feeding:
    identity = cloud.identity
    return Feeding(
        key=feeds.FeedKey(identity.auth_url, identity.region or "", identity.project_id),
        cloud=identity.name,
        project_name=identity.project_name,
        currency=options.rating_currency,
        collect_period_s=options.collect_period_s,
        layout=options.layout,
        metric_categories=options.metric_categories,
        resources={},
    )


def _stand(ledger_options: sql.LedgerOptions, feeding: Feeding, window: Window | None = None) -> _Stand:
    """What the ledger has of the feed; sums and resources where a window is given."""
    if not sql.exists(ledger_options):
        return _Stand(None, {}, {})
    with sql.reading(ledger_options) as ledger:
        connection = ledger.connection
        feed = feeds.find(connection, feeding.key)
        if feed is None or window is None:
            return _Stand(feed, {}, {})
        sums = replacement.sums(connection, feeding.key.source, window)
        return _Stand(feed, feeds.resources(connection, feed), sums)


def _window(feed: feeds.Feed | None, options: ImportOptions, now: datetime) -> Window:
    """The window to read, on the edges of collect periods and of what is written together.

    Raises InvalidOption where it lies ahead.
    """
    asked = options.asked or Window(since_last(feed, now), now)
    if asked.begin >= now:
        raise InvalidOption("begin", f"{iso(asked.begin)} is not past; nothing is rated yet.")
    begin, end = (ceil_to(moment, options.collect_period_s) for moment in (asked.begin, min(asked.end, now)))
    imported = feed.imported if feed else ()
    first = unit_of(begin, options.layout, imported, options.collect_period_s)
    last = unit_of(max(begin, end - timedelta(seconds=1)), options.layout, imported, options.collect_period_s)
    return Window(min(begin, first.begin), max(end, last.end))


def since_last(feed: feeds.Feed | None, now: datetime) -> datetime:
    """Where the last import ended, less an overlap, or at the first hole that the cloud may have filled
    since.
    """
    if feed is None:
        return (now.replace(day=1, hour=0, minute=0, second=0) - timedelta(days=1)).replace(day=1)
    begin = feed.rated_through - OVERLAP
    known = max(feed.rated_through - LOOK_BACK, feed.imported[0].window.begin) if feed.imported else begin
    hole = feed.first_hole(Window(min(known, feed.rated_through), feed.rated_through))
    return begin if hole is None else min(begin, hole.begin)


def _judge(cloud: Cloud, told: RatedPeriods, stand: _Stand, options: ImportOptions, now: datetime) -> _Judged:
    """Which periods are rated, which cost nothing, and which are missing
    (design/imports.md#missing-hours).
    """
    imported = stand.feed.imported if stand.feed else ()

    def unit(moment: datetime) -> Window:
        return unit_of(moment, options.layout, imported, options.collect_period_s)

    period = timedelta(seconds=options.collect_period_s)
    missing = missing_of(told, ceil_to(now + timedelta(seconds=1), options.collect_period_s) - period)
    costly = {unit(begin) for begin, amount_nano in stand.sums.items() if amount_nano}

    def is_known(begin: datetime) -> bool:
        """Whether it was found empty when it was new, or lies before the project had anything."""
        if options.empty_until is not None and begin + period <= options.empty_until:
            return True
        was_covered = stand.feed is not None and stand.feed.first_hole(Window(begin, begin + period)) is None
        return was_covered and unit(begin) not in costly

    empty = {begin for begin in (*missing.inner, *missing.trailing) if is_known(begin)}
    inner, trailing = (
        [begin for begin in begins if begin not in empty] for begins in (missing.inner, missing.trailing)
    )
    holes = [*inner, *(trailing if len(trailing) > USUAL_LAG_PERIODS else ())]
    if holes and uses_nothing(cloud):
        empty |= {*inner, *trailing}
        holes = []
    return _Judged(told, units(told, empty, unit), holes)


def _is_covered(unit: Unit, feed: feeds.Feed | None, options: ImportOptions) -> bool:
    """Whether all that is known of the unit was imported, in the layout that is asked for."""
    if feed is None or options.reread:
        return False
    alike = [one.window for one in feed.imported if one.layout == options.layout]
    return all(
        any(window.begin <= part.begin and part.end <= window.end for window in alike)
        for part in unit.covered(options.collect_period_s)
    )


def told_feed(feed: feeds.Feed | None) -> dict[str, Any]:
    """Where the feed stands now."""
    return {
        "rated_through": None if feed is None else iso(feed.rated_through),
        "run_rate": None if feed is None else display(from_nano(feed.run_rate_nano)),
    }


def _told_window(judged: _Judged, read: Sequence[Unit], options: ImportOptions) -> dict[str, Any]:
    """What came of the window."""
    window = judged.told.window
    ends = [part.end for unit in judged.units[-1:] for part in unit.covered(options.collect_period_s)]
    return {
        "period_start": iso(window.begin),
        "period_end": iso(max(ends, default=window.begin)),
        "imported": display(exact_sum(judged.told.amounts.values())),
        "currency": options.rating_currency,
        "collect_period": options.collect_period_s,
        "resolution": options.layout.resolution,
        "group_by": options.layout.grouping,
        "tags_imported": options.layout.tagged,
        "periods": {
            "rated": len(judged.told.amounts),
            "empty": sum(len(unit.empty) for unit in judged.units),
            "read": sum(len(unit.rated) for unit in read),
            "missing": len(judged.holes),
        },
        "holes": [
            {"begin": iso(hole.begin), "end": iso(hole.end)}
            for hole in joined(judged.holes, options.collect_period_s)
        ],
        "rating_behind": bool(judged.holes),
    }


def _told_credits(found: Sequence[Credit]) -> dict[str, Any]:
    """What was reckoned anew; null where it is not known how much went out, so that nothing was credited."""
    return {
        "scope": free_tier.SCOPE,
        "credits": {
            f"{one.month:%Y-%m}": None if one.amount is None else display(one.amount) for one in found
        },
    }
