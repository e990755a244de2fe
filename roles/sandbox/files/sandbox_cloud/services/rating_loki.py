# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What CloudKitty's v2 API answers on Loki: the newest `limit` points of each seven days, by the end of their
periods, without an offset; sums are of these points.

Source: cloudkitty/storage/v2/loki of CloudKitty 2026.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby as runs
from operator import itemgetter

from sandbox_cloud import history
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.history import Series
from sandbox_cloud.summary import Sum, Window

#: shard_days by default: a longer window is several queries.
SHARD = timedelta(days=7)
#: More is 400.
MOST = 5000
#: A period and the points of it.
Page = tuple[int, list[Series]]


def points(cloud: Cloud, known: Sequence[Series], window: Window, limit: int) -> tuple[int, list[Page]]:
    """How many points come, and these by period, in order of time."""
    found = [one for shard in _shards(window) for one in _newest(cloud, known, shard, limit)]
    pages = [(begin, [one for _begin, one in members]) for begin, members in runs(found, key=itemgetter(0))]
    return len(found), pages


def sums(
    cloud: Cloud, known: Sequence[Series], window: Window, groupby: Sequence[str], limit: int
) -> list[Sum]:
    """The points that come, summed by group; what Loki knows no label of, time among it, is null."""
    owner = cloud.scenario.project
    by_keys: dict[tuple[str | None, ...], list[Series]] = {}
    for _begin, members in points(cloud, known, window, limit)[1]:
        for one in members:
            of = {
                "type": one.metric,
                "id": one.resource_id,
                "project_id": one.project_id,
                "user_id": owner.user_id,
            }
            by_keys.setdefault(tuple(of.get(name) for name in groupby), []).append(one)
    return [
        Sum(*window, sum(one.quantity for one in members), sum(one.price for one in members), keys)
        for keys, members in by_keys.items()
    ]


def _shards(window: Window) -> Iterator[Window]:
    begin, end = window
    while begin < end:
        yield begin, min(begin + SHARD, end)
        begin += SHARD


def _newest(cloud: Cloud, known: Sequence[Series], shard: Window, limit: int) -> list[tuple[int, Series]]:
    period = timedelta(seconds=cloud.scenario.rating.collect_period_s)
    rated = history.periods(cloud, *(moment - period for moment in shard))
    total, _none = history.points(known, rated, 0, 0)
    _total, pages = history.points(known, rated, max(total - limit, 0), limit)
    return [(begin, one) for begin, members in pages for one in members]
