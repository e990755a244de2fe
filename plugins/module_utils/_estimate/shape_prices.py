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
from .._openstack.rating.operator import RatingModule
from .._openstack.rating.price_rules import PriceRules
from .changes import Flavors
from .hashmap import ruled_price
from .observed import Observed
from .price_list import DatedPrices
from .shapes import EACH, NAMED, ONE_FOR_ALL, Part, Shape, ShapeKind

OBSERVED, QUOTE, PRICE_LIST, HASHMAP = "observed", "quote", "price_list", "hashmap"
#: design/estimates.md#price-sources: the cloud is asked last, and only for what neither of the others knows.
SOURCES = (OBSERVED, PRICE_LIST, QUOTE)
#: Those that a task may name: only an operator may read the rules of hashmap.
NAMED_SOURCES = (*SOURCES, HASHMAP)
PARALLEL_QUOTES = 8
#: A module of CloudKitty that is always enabled and changes nothing (cloudkitty/rating/noop.py).
_WITHOUT_EFFECT = "noop"


@dataclass(frozen=True)
class Price:
    """What a unit costs, by the hour or, of what is paid once, at all; in the rating currency. detail: where
    that is from.

    by_size: what a resource of that quantity costs, where a unit of a large one costs something else than one
    of a small one; then amount is that of a resource of one unit.
    """

    amount: Fraction
    source: str
    detail: str
    by_size: Callable[[Fraction], Fraction] | None = None

    def of(self, part: Part) -> Fraction:
        """What so much of the shape costs, which are equally large resources."""
        if self.by_size is None or not part.count:
            return self.amount * part.quantity
        return part.count * self.by_size(part.quantity / part.count)


@dataclass(frozen=True)
class PriceContext:
    """What prices rest on. rating None: the cloud offers none, or it could not be read; unread says why.
    modules: of the rating, None where they were not read. project_id: who is to pay.
    """

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
    modules: tuple[RatingModule, ...] | None = None
    price_rules: PriceRules | None = None
    project_id: str = ""

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

    def described(self, shape: Shape) -> dict[str, str]:
        """All that is known of what a rated point of the shape will say of itself."""
        flavor = self.flavors.named(shape.name) if "flavor_name" in self.kinds[shape.kind].keys else None
        sizes = {} if flavor is None else {"vcpus": str(flavor.vcpus)}
        return {**self.metadata(shape), **sizes}

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
        HASHMAP: _ruled,
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


def _ruled(shapes: list[Shape], context: PriceContext) -> dict[Shape, Price | str]:
    """One request for what is rated, and those of PriceRules.of() for each metric of the shapes.

    Unknown where another module rates too, or what is needed could not be read.
    """
    rating, rules, modules = context.rating, context.price_rules, context.modules
    if rating is None or rules is None or modules is None:
        return dict.fromkeys(shapes, context.unread)
    rates = [one.name for one in modules if one.enabled and one.name != _WITHOUT_EFFECT]
    if rates != [HASHMAP]:
        named = ", ".join(rates) or "no module"
        return dict.fromkeys(shapes, f"{named} rates, not {HASHMAP} alone")
    try:
        items = quotable(rating, shapes, context)
        return {shape: _by_rules(shape, items[shape], rules, context) for shape in shapes}
    except CloudError as error:
        return dict.fromkeys(shapes, str(error))


def _by_rules(shape: Shape, item: QuoteItem | str, rules: PriceRules, context: PriceContext) -> Price | str:
    if isinstance(item, str):
        return item
    known = {**context.described(shape), "project_id": context.project_id, "tenant_id": context.project_id}
    found = ruled_price(rules.of(item.metric), known, context.project_id, context.now)
    if isinstance(found, str):
        return found
    kind = context.kinds[shape.kind]
    if found.by_size and kind.name in ONE_FOR_ALL:
        return "its price goes by how much the project has in all, which is not known"
    detail = f"rules of hashmap {iso(context.now)}"
    if found.valid_until is not None:
        detail += f", which change {iso(found.valid_until)}"

    def cost(quantity: Fraction) -> Fraction:
        return _by_hour(shape, found.of(quantity), context)

    by_size = cost if found.by_size and kind.unit != EACH else None
    detail += "" if by_size is None else ", by size"
    return Price(cost(Fraction(1)), HASHMAP, detail, by_size)


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
