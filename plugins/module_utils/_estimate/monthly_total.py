# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What everything that is planned costs in a month before and after the change, what stays the same included
(design/estimates.md#before-and-after).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from . import shape_prices
from .changes import Change
from .lines import MONTH_H, EstimateLine
from .shape_prices import Price, PriceContext
from .shapes import Part, Shape


@dataclass(frozen=True)
class MonthlyTotal:
    """By 730 hours, as far as it is known. unknown: the names of what is not."""

    before: Fraction = Fraction(0)
    after: Fraction = Fraction(0)
    unknown: tuple[str, ...] = ()

    def __add__(self, other: MonthlyTotal) -> MonthlyTotal:
        return MonthlyTotal(
            self.before + other.before,
            self.after + other.after,
            tuple(dict.fromkeys((*self.unknown, *other.unknown))),
        )


def monthly_total(
    changes: Sequence[Change],
    unchanged: Sequence[Change],
    lines: Iterable[EstimateLine],
    prices: Mapping[Shape, Price],
    sources: Sequence[str],
    context: PriceContext,
) -> MonthlyTotal:
    """That of one region: its lines, and what stays the same, also of what changes.

    No request is made for the price of what stays, but those for the rules of its metric: sources are asked
    but for quotes.
    """
    unknown = [one.name for one in unchanged if one.unknown is not None or one.gaps]
    staying = [(one.name, part) for one in (*changes, *unchanged) for part in _staying(one, context)]
    asked = {part.shape for _name, part in staying} - prices.keys()
    without_quotes = [one for one in sources if one != shape_prices.QUOTE]
    known = {**prices, **shape_prices.prices(asked, without_quotes, context)[0]}
    stays = Fraction(0)
    quantities: dict[Shape, Fraction] = {}
    for name, part in staying:
        price = known.get(part.shape)
        if price is not None and price.by_size is not None:
            stays += price.of(part) * MONTH_H
        elif price is not None:
            quantities[part.shape] = quantities.get(part.shape, Fraction(0)) + part.quantity
        else:
            unknown.append(name)
    stays += sum((known[shape].amount * of * MONTH_H for shape, of in quantities.items()), Fraction(0))
    found = MonthlyTotal(stays, stays, tuple(dict.fromkeys(unknown)))
    return sum((_of_line(line) for line in lines), found)


def _of_line(line: EstimateLine) -> MonthlyTotal:
    if line.before is None or line.after is None:
        return MonthlyTotal(unknown=(line.name,))
    return MonthlyTotal(line.before, line.after)


def _staying(change: Change, context: PriceContext) -> list[Part]:
    """The shapes of which there is as much after the change as before it."""
    if not change.before or not change.after:
        return []
    before, after = (_by_shape(parts) for parts in (change.before, change.after))
    same = {shape for shape, quantity in before.items() if after.get(shape) == quantity}
    return [part for part in change.before if part.shape in same and context.kinds[part.shape.kind].hourly]


def _by_shape(parts: Iterable[Part]) -> dict[Shape, Fraction]:
    found: dict[Shape, Fraction] = {}
    for part in parts:
        found[part.shape] = found.get(part.shape, Fraction(0)) + part.quantity
    return found
