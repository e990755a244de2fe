# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The positions of a chart's bars: numbers for a template's SVG, which needs neither a script nor a font of
its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

#: Steps of an axis that people can read.
_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_TICKS = 4


@dataclass(frozen=True)
class Bar:
    """A bar in the units of the drawing. An unknown value has height 0, and known is False."""

    x: float
    y: float
    width: float
    height: float
    known: bool


@dataclass(frozen=True)
class Chart:
    """Bars from the left; the lines of the axis as (value, y), the lowest first; the y of zero."""

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[Decimal, float], ...]
    zero: float


def bars(values: Sequence[str | None], width: float, height: float) -> Chart:
    """A bar for each value. A negative value, such as a credit, has a bar below zero.

    None is an unknown value.
    """
    known = [Decimal(value) for value in values if value is not None]
    step = axis_step(max((*known, Decimal(0))), min((*known, Decimal(0))))
    top = round_up(max((*known, Decimal(0))), step) or step
    bottom = -round_up(-min((*known, Decimal(0))), step)
    scale = height / float(top - bottom)
    zero = float(top) * scale
    slot = width / max(len(values), 1)
    gap = min(slot * 0.25, 6.0)
    drawn = []
    for number, value in enumerate(values):
        size = float(Decimal(value or 0)) * scale
        y = zero - max(size, 0.0)
        drawn.append(
            Bar(
                _short(number * slot + gap / 2),
                _short(y),
                _short(slot - gap),
                _short(abs(size)),
                value is not None,
            )
        )
    count = int((top - bottom) / step)
    ticks = tuple(
        (bottom + step * one, _short(zero - float(bottom + step * one) * scale)) for one in range(count + 1)
    )
    return Chart(tuple(drawn), ticks, _short(zero))


def axis_step(highest: Decimal, lowest: Decimal) -> Decimal:
    """The distance between lines that gives about four of them."""
    reach = highest - lowest
    if reach <= 0:
        return Decimal(1)
    wanted = reach / _TICKS
    power = Decimal(1).scaleb(wanted.adjusted())
    return next(step * power for step in _STEPS if step * power >= wanted)


def round_up(value: Decimal, step: Decimal) -> Decimal:
    """The first multiple of the step at or above the value."""
    return (value / step).to_integral_value(ROUND_CEILING) * step if value > 0 else Decimal(0)


def _short(number: float) -> float:
    return round(number, 2)
