# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The shapes of a stacked chart as SVG paths: one path for each series, so a month takes a few kilobytes
(design/reports.md#charts).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from .chart import axis_step, round_up

#: A bar is cut if it is so many times as high as the highest one that is not.
_SPIKE = 3
#: At most one bar in so many is a spike: where many bars are high, they are what is usual.
_USUAL = 8
#: What is left above the highest bar that is not cut.
_HEADROOM = Decimal("1.25")


class CutBar(NamedTuple):
    """A bar that is higher than the drawing: which one, and the middle of its top."""

    number: int
    x: float


class Band(NamedTuple):
    """What each day from this number on is expected to cost, at least and at most."""

    first: int
    low: Decimal
    high: Decimal


class StackedChart(NamedTuple):
    """paths: of each series, the lowest first. ticks: value and y. before: the line of the period before;
    empty without one. limit: its y; None where there is none or it is above the drawing. unknown: the path
    of the days of which nothing is known. band: what days to come are expected to cost; empty without it.
    """

    paths: tuple[str, ...]
    ticks: tuple[tuple[Decimal, float], ...]
    zero: float
    before: str
    limit: float | None
    unknown: str
    cuts: tuple[CutBar, ...]
    slot: float
    band: str


def stacked(
    series: Sequence[Sequence[Decimal]],
    unknown: Sequence[bool],
    before: Sequence[Decimal] = (),
    limit: Decimal | None = None,
    ahead: Band | None = None,
    size: tuple[float, float] = (930, 220),
) -> StackedChart:
    """The drawing of values by series and day. unknown: of each day, whether nothing of it is known.

    before: the totals of the days of the period before, which have the axis of this one. Negative values,
    such as credits, are below zero.
    """
    width, height = size
    count = len(unknown)
    above = [sum((max(row[day], Decimal(0)) for row in series), Decimal(0)) for day in range(count)]
    below = [sum((min(row[day], Decimal(0)) for row in series), Decimal(0)) for day in range(count)]
    wanted = [*([limit] if limit is not None and limit <= 2 * _highest(above) else []), *before[:count]]
    wanted += [ahead.high] if ahead is not None else []
    top_value = max([_highest(above), *wanted, Decimal(0)])
    top_value = min(top_value, max(_highest(above) * 2, Decimal(0))) if _highest(above) > 0 else top_value
    step = axis_step(top_value, min([*below, Decimal(0)]))
    top = round_up(top_value, step) or step
    bottom = -round_up(-min([*below, Decimal(0)]), step)
    scale = height / float(top - bottom)
    zero = float(top) * scale
    slot = width / max(count, 1)
    gap = min(slot * 0.25, 6.0)

    def y_of(value: Decimal) -> float:
        return round(zero - float(min(max(value, bottom), top)) * scale, 1)

    heights = [[Decimal(0), Decimal(0)] for _day in range(count)]
    paths = []
    for row in series:
        path = []
        for day, value in enumerate(row):
            side = 0 if value >= 0 else 1
            begin, heights[day][side] = heights[day][side], heights[day][side] + value
            path.append(_bar(day * slot + gap / 2, slot - gap, y_of(begin), y_of(heights[day][side])))
        paths.append("".join(path))
    ticks = int((top - bottom) / step)
    return StackedChart(
        paths=tuple(paths),
        ticks=tuple((bottom + step * one, y_of(bottom + step * one)) for one in range(ticks + 1)),
        zero=y_of(Decimal(0)),
        before=_line([y_of(value) for value in before[:count]], slot),
        limit=y_of(limit) if limit is not None and limit <= top else None,
        unknown="".join(
            _bar(day * slot + gap / 2, slot - gap, y_of(Decimal(0)), 0.0)
            for day in range(count)
            if unknown[day]
        ),
        cuts=tuple(CutBar(day, round(day * slot + slot / 2, 1)) for day in range(count) if above[day] > top),
        slot=round(slot, 2),
        band=""
        if ahead is None or ahead.first >= count
        else _bar(ahead.first * slot, width - ahead.first * slot, y_of(ahead.low), y_of(ahead.high) - 1),
    )


def _highest(values: Sequence[Decimal]) -> Decimal:
    """The highest value that is no spike, with headroom where there is one."""
    ordered = sorted(values, reverse=True)
    for number in range(len(ordered) // _USUAL, 0, -1):
        if ordered[number] > 0 and ordered[number - 1] > _SPIKE * ordered[number]:
            return ordered[number] * _HEADROOM
    return max([*ordered, Decimal(0)])


def _bar(x: float, width: float, begin: float, end: float) -> str:
    """A rectangle; nothing where it has no height."""
    if begin == end:
        return ""
    return f"M{round(x, 1):g} {begin:g}h{round(width, 1):g}V{end:g}h{-round(width, 1):g}z"


def _line(heights: Sequence[float], slot: float) -> str:
    """A line of steps, one for each day."""
    if not heights:
        return ""
    steps = [f"V{y:g}H{round((day + 1) * slot, 1):g}" for day, y in enumerate(heights)]
    return f"M0 {heights[0]:g}" + "".join(steps)


def sparkline(values: Sequence[float], size: tuple[int, int] = (60, 16)) -> str:
    """A line of values from 0, or from the lowest that is below it; empty for fewer than two."""
    width, height = size
    top, bottom = max([*values, 0.0]), min([*values, 0.0])
    if len(values) < 2 or top == bottom:
        return ""
    step = width / (len(values) - 1)
    points = (
        f"{number * step:.0f} {height - 1 - (value - bottom) / (top - bottom) * (height - 2):.0f}"
        for number, value in enumerate(values)
    )
    return f"M{'L'.join(points)}"
