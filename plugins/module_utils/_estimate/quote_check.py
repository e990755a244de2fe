# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The lines of an estimate held to one quote of the cloud for all that grows
(design/estimates.md#price-sources).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from .._core.errors import CloudError
from .._core.money import decimal_of
from .._openstack.rating.answers import QuoteItem
from .changes import CHANGED, Change
from .lines import EstimateLine
from .shape_prices import PriceContext, quotable
from .shapes import net

#: How far a quote for everything may be off the sum of the lines
#: (design/reading-a-cloud.md#the-clouds-own-sums): quotes are floats.
_TOLERANCE, _RELATIVE = Fraction(1, 10_000), Fraction(1, 10**9)


def verified(
    changes: Sequence[Change], lines: Sequence[EstimateLine], context: PriceContext
) -> list[EstimateLine]:
    """A line that is unknown where the cloud's quote for all that grows is not what the lines say; none where
    it is.
    """
    reason = _difference(changes, lines, context)
    if reason is None:
        return []
    return [EstimateLine("the quote for everything", CHANGED, "", "", "", None, "other", None, None, reason)]


def _difference(
    changes: Sequence[Change], lines: Sequence[EstimateLine], context: PriceContext
) -> str | None:
    if context.rating is None:
        return context.unread
    grown = net(
        [part for change in changes for part in change.before],
        [part for change in changes for part in change.after],
    )
    grown = [part for part in grown if part.quantity > 0 and context.kinds[part.shape.kind].hourly]
    if not grown:
        return None
    by_shape = {
        (line.kind, line.size): line.price
        for line in lines
        if line.price is not None and line.kind in context.kinds
    }
    try:
        units = quotable(context.rating, [part.shape for part in grown], context)
        items, expected = [], Fraction(0)
        for part in grown:
            item, price = units[part.shape], by_shape.get((part.shape.kind, part.shape.name))
            if isinstance(item, str) or price is None:
                reason = item if isinstance(item, str) else f"no price is known of {part.shape}"
                return f"it cannot be asked for: {reason}"
            items.append(QuoteItem(item.metric, decimal_of(part.quantity), item.metadata))
            # Quoted is one resource of that quantity, whatever it is made of.
            expected += price.of(replace(part, count=1)) / context.periods_per_hour
        quoted = Fraction(context.rating.quote(items))
    except CloudError as error:
        return str(error)
    if abs(quoted - expected) <= max(_TOLERANCE, _RELATIVE * abs(expected)):
        return None
    return (
        f"the cloud quotes {decimal_of(quoted):.6f} for a collect period where the lines come to"
        f" {decimal_of(expected):.6f}"
    )
