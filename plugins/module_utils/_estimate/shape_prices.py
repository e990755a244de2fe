# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a unit of each shape costs, from the sources in the order in which they are asked
(design/estimates.md#price-sources).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from .._core.errors import CloudError, UnknownAmount
from .._core.money import format_exact
from .._core.periods import iso
from .._core.rates import Rates
from .._openstack.rating.answers import QuoteItem
from .._openstack.rating.api import Rating
from .changes import Flavors
from .observed import Observed
from .price_list import DatedPrices
from .shapes import NAMED, Shape, ShapeKind

OBSERVED, QUOTE, PRICE_LIST = "observed", "quote", "price_list"
#: design/estimates.md#price-sources: the cloud is asked last, and only for what neither of the others knows.
SOURCES = (OBSERVED, PRICE_LIST, QUOTE)
PARALLEL_QUOTES = 8


@dataclass(frozen=True)
class Price:
    """What a unit costs, by the hour or, of what is paid once, at all; in the rating currency. detail: where
    that is from.
    """

    amount: Fraction
    source: str
    detail: str


@dataclass(frozen=True)
class PriceContext:
    """What prices rest on. rating None: the cloud offers none, or it could not be read; unread says why."""

    rating: Rating | None
    unread: str
    observed: Observed | None
    price_list: DatedPrices
    rates: Rates
    rating_currency: str
    kinds: Mapping[str, ShapeKind]
    flavors: Flavors
    collect_period_s: int
    now: datetime

    @property
    def periods_per_hour(self) -> Fraction:
        """How often the cloud rates in an hour."""
        return Fraction(3600, self.collect_period_s)

    def names(self, shape: Shape) -> list[Shape]:
        """The shape by every name that points or prices may have for it: of a flavor its id, too."""
        flavor = self.flavors.named(shape.name) if "flavor_name" in self.kinds[shape.kind].keys else None
        return [shape] if flavor is None else [shape, Shape(shape.kind, flavor.id)]

    def of_any_size(self, shape: Shape) -> list[Shape]:
        """The kind without a size, of which a cloud may rate all sizes alike; empty where it may not."""
        return [] if shape.kind in NAMED or not shape.name else [Shape(shape.kind)]

    def metadata(self, shape: Shape) -> dict[str, str]:
        """What a rated point of the shape says of itself, as price rules look at it."""
        kind = self.kinds[shape.kind]
        if not kind.keys or not shape.name:
            return {}
        names = [one.name for one in self.names(shape)]
        return dict(zip(kind.keys, names, strict=False))


def prices(
    shapes: Collection[Shape], sources: Sequence[str], context: PriceContext
) -> tuple[dict[Shape, Price], dict[Shape, str]]:
    """The prices of the shapes, and for the others the reason of each source that was asked."""
    ask: Mapping[str, Callable[[list[Shape], PriceContext], dict[Shape, Price | str]]] = {
        OBSERVED: _observed,
        PRICE_LIST: _listed,
        QUOTE: _quoted,
    }
    found: dict[Shape, Price] = {}
    reasons: dict[Shape, list[str]] = {shape: [] for shape in shapes}
    for source in sources:
        wanted = [shape for shape in shapes if shape not in found]
        for shape, answer in (ask[source](wanted, context) if wanted else {}).items():
            if isinstance(answer, Price):
                found[shape] = answer
            else:
                reasons[shape].append(f"{source}: {answer}")
    missing = {
        shape: "; ".join(reasons[shape]) or "no price source was asked"
        for shape in shapes
        if shape not in found
    }
    return found, missing


def _observed(shapes: list[Shape], context: PriceContext) -> dict[Shape, Price | str]:
    answers: dict[Shape, Price | str] = {}
    for shape in shapes:
        if context.observed is None:
            answers[shape] = context.unread
            continue
        rate = context.observed.rate([*context.names(shape), *context.of_any_size(shape)])
        if isinstance(rate, str) or context.observed.rated_through is None:
            answers[shape] = str(rate)
            continue
        detail = f"rated through {iso(context.observed.rated_through)}"
        answers[shape] = Price(_by_hour(shape, rate, context), OBSERVED, detail)
    return answers


def _by_hour(shape: Shape, by_period: Fraction, context: PriceContext) -> Fraction:
    return by_period * context.periods_per_hour if context.kinds[shape.kind].hourly else by_period


def _listed(shapes: list[Shape], context: PriceContext) -> dict[Shape, Price | str]:
    answers: dict[Shape, Price | str] = {}
    for shape in shapes:
        names = context.names(shape)
        if not context.price_list.lists(names):
            names = context.of_any_size(shape) or names
        listed = context.price_list.price(names, context.now)
        if isinstance(listed, str):
            answers[shape] = listed
            continue
        try:
            amount = converted(Fraction(listed.amount), listed.currency, context.rating_currency, context)
        except UnknownAmount as error:
            answers[shape] = str(error)
            continue
        answers[shape] = Price(amount / Fraction(listed.hours), PRICE_LIST, listed.format_source())
    return answers


def converted(amount: Fraction, currency: str, wanted: str, context: PriceContext) -> Fraction:
    """The exact amount in another currency. Raises UnknownAmount where there is no rate now."""
    if currency == wanted:
        return amount
    return (
        amount
        * Fraction(context.rates.at(currency, context.now))
        / Fraction(context.rates.at(wanted, context.now))
    )


def _quoted(shapes: list[Shape], context: PriceContext) -> dict[Shape, Price | str]:
    """One request for what is rated, and one for each shape, 8 in parallel.

    What cannot be asked is unknown, as nothing rests on it.
    """
    rating = context.rating
    if rating is None:
        return dict.fromkeys(shapes, context.unread)
    try:
        items = quotable(rating, shapes, context)
    except CloudError as error:
        return dict.fromkeys(shapes, str(error))

    def ask(shape: Shape) -> Price | str:
        item = items[shape]
        return item if isinstance(item, str) else _one_quote(rating, shape, item, context)

    with ThreadPoolExecutor(max_workers=PARALLEL_QUOTES) as pool:
        return dict(zip(shapes, pool.map(ask, shapes), strict=True))


def _one_quote(rating: Rating, shape: Shape, item: QuoteItem, context: PriceContext) -> Price | str:
    try:
        amount = rating.quote([item])
    except CloudError as error:
        return str(error)
    if amount <= 0:
        return (
            f"the cloud quotes {format_exact(amount)}, which is what it says of all that it has no price for"
        )
    return Price(_by_hour(shape, Fraction(amount), context), QUOTE, f"quoted {iso(context.now)}")


def quotable(
    rating: Rating, shapes: Collection[Shape], context: PriceContext
) -> dict[Shape, QuoteItem | str]:
    """What to ask for one unit of each shape; why it cannot be asked.

    One request for the names of metrics. Raises CloudError.
    """
    units = {metric.name: metric.unit for metric in rating.metrics()}
    answers: dict[Shape, QuoteItem | str] = {}
    for shape in shapes:
        kind = context.kinds[shape.kind]
        metric = next((name for name in kind.metrics if name in units), None)
        if metric is None:
            answers[shape] = "the cloud rates no metric of that kind"
        elif units[metric].casefold() not in kind.units:
            answers[shape] = (
                f"the cloud rates it by '{units[metric]}', which is not one of"
                f" {', '.join(sorted(kind.units))}"
            )
        else:
            answers[shape] = QuoteItem(metric, Decimal(1), context.metadata(shape))
    return answers
