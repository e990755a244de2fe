# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Arithmetic over half-open windows of time (design/periods.md).

A window whose end is its begin holds no moment: no result contains one unless the docstring says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from .periods import Window

HOUR_S, DAY_S = 3_600, 86_400


def from_to(begin: datetime, end: datetime) -> Window:
    """[begin, end), or the empty window at begin if end lies before it."""
    return Window(begin, max(begin, end))


def overlaps(one: Window, other: Window) -> bool:
    """Whether some moment is in both."""
    return max(one.begin, other.begin) < min(one.end, other.end)


def overlap(one: Window, other: Window) -> Window:
    """The moments that are in both; an empty window if there are none."""
    return from_to(max(one.begin, other.begin), min(one.end, other.end))


def covers(outer: Window, inner: Window) -> bool:
    """Whether outer reaches from the begin of inner, or before, to its end, or behind it."""
    return outer.begin <= inner.begin and inner.end <= outer.end


def hull(windows: Iterable[Window]) -> Window:
    """From the first begin to the last end. Raises ValueError without any window."""
    every = list(windows)
    return Window(min(one.begin for one in every), max(one.end for one in every))


def union(windows: Iterable[Window]) -> tuple[Window, ...]:
    """The moments that are in any of the windows: in order, windows that overlap or touch as one."""
    found: list[Window] = []
    for window in sorted(windows, key=lambda one: one.begin):
        if not window.length:
            continue
        if found and window.begin <= found[-1].end:
            found[-1] = Window(found[-1].begin, max(found[-1].end, window.end))
        else:
            found.append(window)
    return tuple(found)


def subtract(window: Window, taken: Iterable[Window]) -> Iterator[Window]:
    """The parts of the window that are in none of the others, in order."""
    begin = window.begin
    for one in sorted(taken, key=lambda one: one.begin):
        if not one.length or one.end <= begin:
            continue
        if one.begin >= window.end:
            break
        if begin < one.begin:
            yield Window(begin, one.begin)
        begin = one.end
    if begin < window.end:
        yield Window(begin, window.end)


def first_hole(window: Window, known: Iterable[Window]) -> Window | None:
    """The first part of the window that is in none of the known ones; None if they cover all of it."""
    return next(subtract(window, known), None)


def steps(window: Window, length: timedelta) -> Iterator[Window]:
    """The window in parts of one length, counted from its begin; the last one may be shorter."""
    begin = window.begin
    while begin < window.end:
        end = min(begin + length, window.end)
        yield Window(begin, end)
        begin = end


def cut(window: Window, moments: Iterable[datetime]) -> list[Window]:
    """The window in parts that begin at its begin and at each of the moments inside it."""
    inside = sorted({moment for moment in moments if window.begin < moment < window.end})
    return [Window(begin, end) for begin, end in pairwise([window.begin, *inside, window.end])]


def bucket(moment: datetime, length_s: int) -> Window:
    """The window of that length, in seconds since the epoch, that holds the moment."""
    begin = moment - timedelta(seconds=int(moment.timestamp()) % length_s, microseconds=moment.microsecond)
    return Window(begin, begin + timedelta(seconds=length_s))


def in_buckets(window: Window, length_s: int) -> Iterator[tuple[datetime, Window]]:
    """The window cut at the multiples of that length, in seconds: each bucket's begin, and the part in it."""
    begin = window.begin
    while begin < window.end:
        around = bucket(begin, length_s)
        end = min(around.end, window.end)
        yield around.begin, Window(begin, end)
        begin = end


def of_periods(begins: Iterable[datetime], length_s: int) -> tuple[Window, ...]:
    """The union of periods of one length, in seconds, that begin at these moments."""
    length = timedelta(seconds=length_s)
    return union(Window(begin, begin + length) for begin in begins)
