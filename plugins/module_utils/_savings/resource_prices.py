# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a resource costs by the hour, as it is and as it would be, in the currency of the result
(design/savings.md#what-a-resource-costs).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .._core.errors import UnknownAmount
from .._estimate.shape_prices import PriceContext, converted, prices
from .._estimate.shapes import Part, Shape


@dataclass(frozen=True)
class ResourcePrice:
    """What it costs by the hour, and where that is from; amount None: unknown, and why."""

    amount: Fraction | None
    source: str | None = None
    why: str | None = None


class ResourcePrices:
    """The prices of shapes, each looked up once."""

    def __init__(
        self,
        shapes: Collection[Shape],
        sources: Sequence[str],
        context: PriceContext,
        currency: str,
        stopped_are_free: bool = False,
    ) -> None:
        """shapes: all that may be asked for. stopped_are_free: what the user knows of stopped servers."""
        self._free = {"stopped_instance"} if stopped_are_free else set()
        priced = [shape for shape in shapes if shape.kind not in self._free]
        self._prices, self._missing = prices(priced, sources, context)
        self._context, self._currency = context, currency

    def of(self, part: Part) -> ResourcePrice:
        """What so much of a shape costs."""
        if part.shape.kind in self._free:
            return ResourcePrice(Fraction(0), "stopped_servers_are_free")
        price = self._prices.get(part.shape)
        if price is None:
            return ResourcePrice(None, why=f"{part.shape}: {self._missing[part.shape]}")
        context = self._context
        try:
            amount = converted(price.of(part), context.rating_currency, self._currency, context)
        except UnknownAmount as error:
            return ResourcePrice(None, why=str(error))
        return ResourcePrice(amount, f"{price.source}: {price.detail}")
