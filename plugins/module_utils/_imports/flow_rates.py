# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The run rate of flows, such as traffic: the mean of the last 168 rated hours, net of what is free
(design/imports.md#run-rate).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from .._core import spans
from .._core.categories import is_flow
from .._core.periods import Window, moment_of
from .._core.spans import HOUR_S
from .._infomaniak import free_tier
from .._ledger import feeds, totals
from .free_tier_credit import credit_source, months, traffic_rows
from .rated_window import entry_length_s

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

#: How much rated time the mean is of.
_MEASURED = timedelta(hours=168)
_BY = ("category", "tags", "metric")
#: Category and tags, as the ledger spells them.
_Label: TypeAlias = "tuple[str, str]"


def with_flows(
    transaction: Transaction, feed: feeds.Feed, flow_metrics: Collection[str] | None
) -> feeds.Feed:
    """The feed with its run rates by the ledger's entries: the means of flows, and what the newest hour cost
    of state.

    A newest hour that is a part of a day's entry keeps its run rate, as entries of days do not tell it.
    flow_metrics: None for those of the table.
    """
    units = _newest_units(feed)
    measured = sum((length for _unit, length in units), timedelta())
    hours = measured // timedelta(seconds=feed.collect_period_s)
    newest = _newest_entry(feed)
    windows = [*spans.union(unit for unit, _length in units), *([newest] if newest else [])]
    if not windows:
        return feed
    usage = totals.Selection(spans.hull(windows), sources=(feed.key.source,), charge_categories=("usage",))
    found = totals.by_time(transaction, usage, windows, _BY)
    state = [rate for rate in feed.run_rates if not rate.is_flow]
    if newest:
        of_state = _sums([found.pop()], flow_metrics, of_flow=False)
        state = [_rate(label, amount_nano, 1, False) for label, amount_nano in of_state.items()]
    flows = _sums(found, flow_metrics, of_flow=True)
    if is_flow(free_tier.METRIC, flow_metrics):
        for label, free_nano in _free(transaction, feed, windows[: len(found)]).items():
            flows[label] -= free_nano
    means = [_rate(label, amount_nano, hours, True) for label, amount_nano in flows.items() if amount_nano]
    return replace(feed, run_rates=feeds.in_order([*state, *means]), flow_hours=hours)


def _rate(label: _Label, amount_nano: int, hours: int, is_mean: bool) -> feeds.RunRate:
    category, tags = label
    return feeds.RunRate(category, tuple(sorted(json.loads(tags).items())), amount_nano, hours, is_mean)


def _sums(
    found: Sequence[Sequence[totals.Total]], flow_metrics: Collection[str] | None, of_flow: bool
) -> dict[_Label, int]:
    sums: dict[_Label, int] = defaultdict(int)
    for of_window in found:
        for total in of_window:
            if is_flow(str(total.keys["metric"]), flow_metrics) == of_flow:
                sums[str(total.keys["category"]), total.keys["tags"] or "{}"] += total.amount_nano
    return sums


def _newest_units(feed: feeds.Feed) -> list[tuple[Window, timedelta]]:
    """The windows of the entries of the newest rated time, and how much of each was rated: as many as there
    are within 168 hours.

    An entry is never cut, so of those of days there are somewhat fewer hours.
    """
    units, left = [], _MEASURED
    for unit, parts in groupby(_parts_from_newest(feed), key=itemgetter(0)):
        length = sum((part.length for _unit, part in parts), timedelta())
        if length > left:
            break
        units.append((unit, length))
        left -= length
    return units


def _parts_from_newest(feed: feeds.Feed) -> Iterator[tuple[Window, Window]]:
    for one in reversed(feed.imported):
        length_s = entry_length_s(one.layout, feed.collect_period_s)
        parts = list(_last_parts(one.window, length_s))
        yield from ((spans.bucket(begin, length_s), part) for begin, part in parts)


def _last_parts(window: Window, length_s: int) -> Iterator[tuple[datetime, Window]]:
    """The window's parts in each entry's period, the newest first, no more than can be needed."""
    first = max(window.begin, spans.bucket(window.end - _MEASURED, length_s).begin)
    return reversed(list(spans.in_buckets(Window(first, window.end), length_s)))


def _newest_entry(feed: feeds.Feed) -> Window | None:
    """The newest rated period, where entries tell what it cost; None otherwise."""
    newest = Window(feed.rated_through - timedelta(seconds=feed.collect_period_s), feed.rated_through)
    has_entries = feed.collect_period_s >= HOUR_S and any(
        spans.covers(one.window, newest) and one.layout.resolution == feeds.HOUR for one in feed.imported
    )
    return newest if has_entries else None


def _free(transaction: Transaction, feed: feeds.Feed, windows: Sequence[Window]) -> dict[_Label, int]:
    """What of the traffic in the windows is free, in 1e-9: the months' credits, given to the first traffic of
    each month, as they are calculated.
    """
    free: dict[_Label, int] = defaultdict(int)
    for month in months(spans.hull(windows)) if windows else ():
        credited = totals.Selection(month, sources=(credit_source(feed.key),))
        left = -sum(total.amount_nano for total in totals.totals(transaction, credited))
        if not left:
            continue
        in_time = sorted(traffic_rows(transaction, feed.key, month), key=itemgetter("period_begin"))
        for row in in_time:
            share = min(row["amount_nano"], left)
            left -= share
            begin = moment_of(row["period_begin"])
            if any(window.contains(begin) for window in windows):
                free[row["category"], row["tags"]] += share
    return free
