# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sums over the rated history by group and period, in the order and with the gaps that
InfluxDB gives them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from math import ceil
from typing import Any

from sandbox_cloud import history
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.history import Series

Window = tuple[datetime, datetime]
#: What groupby=time-d and so on are columns of.
CALENDAR = {"time-d": "day_of_the_year", "time-w": "week_of_the_year", "time-m": "month", "time-y": "year"}


@dataclass(frozen=True)
class Sum:
    """A row of a summary; quantity and rate None: nothing was rated there."""

    begin: datetime
    end: datetime
    quantity: float | None
    rate: float | None
    keys: tuple[str | None, ...]


@dataclass(frozen=True)
class _Group:
    keys: tuple[str, ...]
    members: list[Series]
    begins: Sequence[int]


def columns(groupby: Iterable[str]) -> tuple[str, ...]:
    """The names of the columns that the group keys give: none for time, which shows in begin and end."""
    return tuple(dict.fromkeys(CALENDAR.get(name, name) for name in groupby if name != "time"))


def sums(
    cloud: Cloud,
    known: Sequence[Series],
    window: Window,
    groupby: Sequence[str],
    offset: int = 0,
    limit: int | None = None,
) -> tuple[int, list[Sum]]:
    """How many rows the summary has, and those of a page of them.

    With time in groupby every group has a row for each collect period of the window, of None where nothing is
    rated, future ones too; without it one row that spans the window. A group of which nothing was rated has
    no row.
    """
    groups = _groups(cloud, known, history.periods(cloud, *window), columns(groupby))
    if "time" not in groupby:
        chosen = groups[offset:] if limit is None else groups[offset : offset + limit]
        return len(groups), [_sum(one, window) for one in chosen]
    step = cloud.scenario.rating.collect_period_s
    spans = range(history.floor(cloud, window[0]), ceil(window[1].timestamp()), step)
    total = len(groups) * len(spans)
    rows: list[Sum] = []
    end = total if limit is None else min(offset + limit, total)
    while offset < end:
        group, first = divmod(offset, len(spans))
        some = spans[first : first + end - offset]
        rows += _by_time(groups[group], some, step)
        offset += len(some)
    return total, rows


def _groups(cloud: Cloud, known: Sequence[Series], rated: range, names: Sequence[str]) -> list[_Group]:
    """Those of which anything was rated.

    Rows come in the order of their tags, which InfluxDB takes by name.
    """
    owner = cloud.scenario.project
    by_tags: dict[tuple[str, ...], list[Series]] = {}
    for one in known:
        tags = {
            "type": one.metric,
            "id": one.resource_id,
            "project_id": one.project_id,
            "user_id": owner.user_id,
        }
        # Any other key, metadata too, is no error and gives the empty string.
        by_tags.setdefault(tuple(tags.get(name, "") for name in names), []).append(one)
    found = []
    for labels, begins in _by_calendar(rated, names).items():
        for tags_, members in by_tags.items():
            there = [one for one in members if one.first <= begins[-1]]
            if there:
                keys = tuple(label or tag for label, tag in zip(labels, tags_, strict=True))
                found.append(_Group(keys, there, begins))
    order = sorted(range(len(names)), key=lambda position: names[position])
    return sorted(found, key=lambda group: [group.keys[position] for position in order])


def _by_calendar(rated: range, names: Sequence[str]) -> dict[tuple[str, ...], Sequence[int]]:
    """The rated periods by the labels that they have for those of the names that are of the calendar, "" for
    the others.
    """
    if not rated:
        return {}
    if not set(names) & set(CALENDAR.values()):
        return {("",) * len(names): rated}
    found: dict[tuple[str, ...], Any] = {}
    for begin in rated:
        dates = history.calendar(begin)
        found.setdefault(tuple(dates.get(name, "") for name in names), []).append(begin)
    return found


def _sum(group: _Group, window: Window) -> Sum:
    counts = [len(group.begins) - bisect_left(group.begins, one.first) for one in group.members]
    quantity = sum(one.quantity * count for one, count in zip(group.members, counts, strict=True))
    rate = sum(one.price * count for one, count in zip(group.members, counts, strict=True))
    return Sum(*window, quantity, rate, group.keys)


def _by_time(group: _Group, spans: range, step: int) -> list[Sum]:
    """One row per span: a running total over the members by age answers each in one search."""
    members = sorted(group.members, key=lambda one: one.first)
    firsts = [one.first for one in members]
    quantities, rates = (
        list(accumulate(getattr(one, name) for one in members)) for name in ("quantity", "price")
    )
    rated = group.begins if isinstance(group.begins, range) else frozenset(group.begins)
    rows = []
    for begin in spans:
        count = bisect_right(firsts, begin) if begin in rated else 0
        quantity, rate = (quantities[count - 1], rates[count - 1]) if count else (None, None)
        rows.append(Sum(moment(begin), moment(begin + step), quantity, rate, group.keys))
    return rows


def moment(seconds: int) -> datetime:
    """Seconds since 1970 as a moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
