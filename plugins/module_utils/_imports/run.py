# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One import of one source: which window is read, what is written, and the result (design/imports.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from .._core import spans
from .._core.errors import InvalidOption
from .._core.money import exact_sum, format_amount
from .._core.periods import Window, ceil_to, iso
from .._ledger import feed_changes, feeds, replacement, sql
from .._ledger.watch import Watch
from .entry_writer import Signature
from .feed_writer import LOOK_BACK, FeedWriter, refuse_other_money, refuse_served_region
from .rated_entries import Feeding
from .source import Delivery, Source, Stored

#: An import reads this much again of what it has, for hours that the source rates late or again.
OVERLAP = timedelta(days=1)


def run_import(
    source: Source,
    asked: Window | None,
    ledger_options: sql.LedgerOptions,
    signature: Signature,
    check_mode: bool,
    watch: Watch,
) -> dict[str, Any]:
    """Import a window of the source; the result of the modules that import.

    asked: None for everything since the last import; the first one begins with the previous month. watch:
    looks at what was written, in the last transaction.

    The source is read while no transaction is open, so that no lock waits for a network. Each unit is
    written in a transaction of its own: an import that was interrupted continues where it stopped. In
    check mode the ledger is only read, and a missing one counts as empty. Raises CloudError,
    LedgerError, UnknownAmount, InvalidOption.
    """
    feeding, now = source.feeding, signature.now
    known = _stored(ledger_options, feeding).feed
    refuse_other_money(known, feeding)
    window = source.window(_asked_window(asked, known, feeding.collect_period_s, now), known)
    stored = _stored(ledger_options, feeding, window)
    delivery = source.read(window, stored, now)
    feeding = replace(feeding, resources=delivery.resources)
    with FeedWriter(ledger_options, feeding, stored.feed, signature, check_mode) as writer:
        writer.prepare(delivery.withdrawn)
        for unit, points in delivery.points():
            writer.write(unit, points)
        writer.credit(delivery.traffic_unit)
        watched = writer.finish(window, watch)
    return {
        "changed": writer.feed != stored.feed or writer.wrote or writer.credited,
        "ledger": sql.format_url(ledger_options),
        "ledger_created": writer.created,
        "entries": writer.counts,
        "rated_through": None if writer.feed is None else iso(writer.feed.rated_through),
        "run_rate": None if writer.feed is None else format_amount(writer.feed.run_rate),
        "flow_hours": (writer.feed.flow_hours if writer.feed else None) or 0,
        **_window_result(window, delivery, writer.feed, feeding),
        **delivery.to_result(writer.unknown_tags, writer.credits),
        "complete": True,
        **watched,
    }


def since_last(feed: feeds.Feed | None, now: datetime) -> datetime:
    """Where the last import ended, less an overlap, or at the first hole or empty hour of the last 40 days,
    which the source may have rated since.
    """
    if feed is None:
        return (now.replace(day=1, hour=0, minute=0, second=0) - timedelta(days=1)).replace(day=1)
    begin = feed.rated_through - OVERLAP
    known = max(feed.rated_through - LOOK_BACK, feed.imported[0].window.begin) if feed.imported else begin
    hole = feed.first_hole(Window(min(known, feed.rated_through), feed.rated_through))
    empty = (max(one.begin, known) for one in feed.empty if one.end > known)
    return min([begin, *([hole.begin] if hole else []), *empty])


def _asked_window(
    asked: Window | None, feed: feeds.Feed | None, collect_period_s: int, now: datetime
) -> Window:
    """The window on edges of collect periods. Raises InvalidOption if all of it lies ahead."""
    wanted = asked or Window(since_last(feed, now), now)
    if wanted.begin >= now:
        raise InvalidOption("begin", f"{iso(wanted.begin)} is not past; nothing is known of it yet.")
    begin, end = (ceil_to(moment, collect_period_s) for moment in (wanted.begin, min(wanted.end, now)))
    return spans.from_to(begin, end)


def _stored(ledger_options: sql.LedgerOptions, feeding: Feeding, window: Window | None = None) -> Stored:
    """What the ledger has of the feed, with sums and resources if a window is given."""
    if not sql.exists(ledger_options):
        return Stored(None, {}, {})
    with sql.reading(ledger_options) as ledger:
        connection = ledger.connection
        every = feeds.of_project(connection, feeding.key.project_id)
        refuse_served_region(every, feeding)
        feed = next((one for one in every if one.key == feeding.key), None)
        if feed is None or window is None:
            return Stored(feed, {}, {})
        sums = replacement.sums(connection, feeding.key.source, window)
        return Stored(feed, feed_changes.resources(connection, feed), sums)


def _window_result(
    window: Window, delivery: Delivery, feed: feeds.Feed | None, feeding: Feeding
) -> dict[str, Any]:
    """What is known of the window, and what is missing."""
    units, holes = delivery.units, delivery.holes(feed)
    ends = [part.end for unit in units[-1:] for part in unit.covered(feeding.collect_period_s)]
    return {
        "period_start": iso(window.begin),
        "period_end": iso(max(ends, default=window.begin)),
        "imported": format_amount(exact_sum(unit.cloud_sum for unit in units)),
        "currency": feeding.currency,
        "collect_period": feeding.collect_period_s,
        "periods": {
            "rated": sum(len(unit.rated) for unit in units),
            "empty": sum(len(unit.empty) for unit in units),
            "read": sum(len(unit.rated) for unit in delivery.wanted),
            "missing": len(holes),
        },
        "holes": [
            {"begin": iso(one.begin), "end": iso(one.end)}
            for one in spans.of_periods(holes, feeding.collect_period_s)
        ],
        "rating_behind": bool(holes),
    }
