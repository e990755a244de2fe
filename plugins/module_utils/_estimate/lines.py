# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The lines of an estimate, and what they come to in a period and the next, as exact fractions
(design/estimates.md#what-a-change-costs, design/gate.md#what-counts).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from .._core.errors import InvalidOption, UnknownAmount
from .._core.periods import Calendar, Window, ceil_to, iso, next_period, period_at
from .changes import Change, Gap
from .line_tags import NO_TAGS, LineTags, TagDefaults
from .shape_prices import Price, PriceContext, converted
from .shapes import Part, Shape, net

HOURLY, MONTHLY, THIS, NEXT = "hourly", "monthly", "this_period", "next_period"
BASES = (HOURLY, MONTHLY, THIS, NEXT)
GIVEN, ASSUMED = "given", "assumed"
#: A month of an estimate, as providers write monthly prices.
MONTH_H = 730
_NOTHING = Fraction(0)


@dataclass(frozen=True)
class Periods:
    """The rest of the current period and the next one, in hours of collect periods; next None
    where there is none.
    """

    this: Window
    next: Window | None
    this_hours: Fraction
    next_hours: Fraction


@dataclass(frozen=True)
class EstimateLine:
    """One row: what, how much more or less of it, and what that comes to. price None with amounts None:
    unknown says why.

    resource: the number of the change that it belongs to. hours: how long it runs, None until it is removed.
    once: whether it is paid once. metric: what the cloud rates it by. region: where it is, None where the
    login is. hidden: whether its size may not be shown. tags: what budgets go by. before, after:
    what there is of it costs in a month before and after the change, None where that is unknown.
    """

    name: str
    action: str
    kind: str
    size: str
    unit: str
    quantity: Fraction | None
    category: str
    price: Price | None
    amounts: Mapping[str, Fraction] | None
    unknown: str | None = None
    resource: int = 0
    hours: Fraction | None = None
    once: bool = False
    metric: str | None = None
    region: str | None = None
    hidden: bool = False
    tags: LineTags = NO_TAGS
    before: Fraction | None = None
    after: Fraction | None = None


def periods_of(calendar: Calendar, now: datetime, collect_period_s: int) -> Periods:
    """What is left of the current period, and the next one.

    The collect period that has begun counts whole, as it is rated whole.

    Raises InvalidOption outside a custom period.
    """
    this = period_at(calendar, now)
    if this is None:
        raise InvalidOption(
            "period", f"the custom period does not contain {iso(now)}; there is nothing to estimate for."
        )
    following = next_period(calendar, this)
    step = timedelta(seconds=collect_period_s)
    rounded = ceil_to(now, collect_period_s)
    begun = rounded if rounded == now else rounded - step
    return Periods(
        this,
        following,
        _hours(begun, ceil_to(this.end, collect_period_s)),
        Fraction(0)
        if following is None
        else _hours(ceil_to(following.begin, collect_period_s), ceil_to(following.end, collect_period_s)),
    )


def _hours(begin: datetime, end: datetime) -> Fraction:
    return Fraction(int((end - begin).total_seconds()), 3600)


def shapes_of(changes: Iterable[Change]) -> list[Shape]:
    """Every shape whose price is needed, once."""
    return list(
        dict.fromkeys(
            part.shape
            for change in changes
            for part in (*net(change.before, change.after), *(change.before if change.overlaps else ()))
        )
    )


#: What comes and what goes of a shape, for how many hours, in which period, and whether it goes on.
_Asked: TypeAlias = "tuple[Shape, tuple[Part, ...], tuple[Part, ...], Fraction | None, str, bool]"


class _Tariff:
    """The cost of a quantity of a shape.

    Thousands of resources are of few sizes, each of which is computed once.
    """

    def __init__(
        self,
        prices: Mapping[Shape, Price],
        missing: Mapping[Shape, str],
        periods: Periods,
        context: PriceContext,
    ) -> None:
        self.prices = prices
        self.missing = missing
        self.periods = periods
        self.context = context
        self._computed: dict[_Asked, Mapping[str, Fraction] | None] = {}
        self._monthly: dict[tuple[Shape, tuple[Part, ...], Fraction | None], Fraction | None] = {}

    def amounts(
        self,
        part: Part,
        hours: Fraction | None,
        period: str,
        recurring: bool,
        before: Sequence[Part] = (),
        after: Sequence[Part] = (),
    ) -> Mapping[str, Fraction] | None:
        """By basis; None where no price is known. What is equal is the same object.

        part: what comes or goes. before, after: what that is made of, for a price that goes by the size.
        """
        comes: tuple[Part, ...] = (part,)
        goes: tuple[Part, ...] = ()
        price = self.prices.get(part.shape)
        if price is not None and price.by_size is not None and (before or after):
            comes, goes = (tuple(one for one in of if one.shape == part.shape) for of in (after, before))
        key = (part.shape, comes, goes, hours, period, recurring)
        if key not in self._computed:
            self._computed[key] = self._compute(*key)
        return self._computed[key]

    def monthly(self, parts: tuple[Part, ...], shape: Shape, hours: Fraction | None) -> Fraction | None:
        """What the parts of that shape cost in a month; None where no price is known."""
        if shape not in self.prices:
            return None
        if not parts:
            return _NOTHING
        key = (shape, parts, hours)
        if key not in self._monthly:
            quantity = sum((part.quantity for part in parts if part.shape == shape), Fraction(0))
            amounts = self.amounts(Part(shape, quantity), hours, "this", True, (), parts)
            self._monthly[key] = None if amounts is None else amounts[MONTHLY]
        return self._monthly[key]

    def _compute(
        self,
        shape: Shape,
        comes: tuple[Part, ...],
        goes: tuple[Part, ...],
        hours: Fraction | None,
        period: str,
        recurring: bool,
    ) -> Mapping[str, Fraction] | None:
        price = self.prices.get(shape)
        if price is None:
            return None
        amount = sum((price.of(part) for part in comes), Fraction(0)) - sum(price.of(part) for part in goes)
        if self.context.kinds[shape.kind].hourly:
            return _over_time(amount, hours, self.periods, recurring)
        return _once(amount, period)


def lines_of(
    changes: Iterable[Change],
    prices: Mapping[Shape, Price],
    missing: Mapping[Shape, str],
    periods: Periods,
    context: PriceContext,
    tags_of: TagDefaults,
    first: int = 0,
) -> list[EstimateLine]:
    """One line for each shape that a change brings or takes, and one for each piece of it that is unknown.

    What costs nothing new has none. tags_of: the tags of a line. first: the number of the first change.
    """
    found: list[EstimateLine] = []
    tariff = _Tariff(prices, missing, periods, context)
    # Both are there until the old one goes: rated for one collect period more.
    once = 1 / context.periods_per_hour
    for number, change in enumerate(changes, first):
        if change.unknown is not None:
            others = [
                EstimateLine(
                    change.name, change.action, "", "", "", None, "other", None, None, change.unknown
                )
            ]
        elif change.assumed:
            others = [_assumed(change, periods)]
        elif change.given is not None:
            others = [_given(change, periods, context)]
        else:
            place = _Place(number, change, tags_of)
            found += [_line(place, part, change.hours, tariff) for part in net(change.before, change.after)]
            if change.overlaps:
                found += [_line(place, part, once, tariff, recurring=False) for part in change.before]
            others = [_gap(change, gap, context) for gap in change.gaps]
        found += [
            replace(line, resource=number, region=change.region, tags=tags_of(change.tags, line.kind))
            for line in others
        ]
    return found


class _Place(NamedTuple):
    """The change that a line is of, its number, and the tags of its lines."""

    number: int
    change: Change
    tags_of: TagDefaults


def _line(
    place: _Place, part: Part, hours: Fraction | None, tariff: _Tariff, recurring: bool = True
) -> EstimateLine:
    change = place.change
    kind, price = tariff.context.kinds[part.shape.kind], tariff.prices.get(part.shape)
    shown = kind.name if part.hidden else str(part.shape)
    unknown = None if price else f"no price is known of {shown} ({tariff.missing[part.shape]})"
    made_of = (change.before, change.after) if recurring else ((), ())
    amounts = tariff.amounts(part, hours, change.period, recurring, *made_of)
    before, after = (
        tariff.monthly(of if recurring else (), part.shape, hours) for of in (change.before, change.after)
    )
    return EstimateLine(
        change.name, change.action, kind.name, part.shape.name, kind.unit, part.quantity, kind.category,
        price, amounts, unknown, hours=hours, once=not kind.hourly or not recurring,
        metric=next(iter(kind.metrics), None), hidden=part.hidden, before=before, after=after,
        resource=place.number, region=change.region, tags=place.tags_of(change.tags, kind.name),
    )  # fmt: skip


def _gap(change: Change, gap: Gap, context: PriceContext) -> EstimateLine:
    category = context.kinds[gap.kind].category if gap.kind in context.kinds else "other"
    return EstimateLine(change.name, change.action, gap.kind, "", "", None, category, None, None, gap.reason)


def _assumed(change: Change, periods: Periods) -> EstimateLine:
    """What the user takes to be free is a line of 0: budgets are asked for it all the same."""
    price = Price(Fraction(0), ASSUMED, "assume_free")
    amounts = _over_time(Fraction(0), None, periods, recurring=True)
    return EstimateLine(
        change.name, change.action, "", "", "", None, "other", price, amounts,
        before=Fraction(0), after=Fraction(0),
    )  # fmt: skip


def _given(change: Change, periods: Periods, context: PriceContext) -> EstimateLine:
    given = change.given
    if given is None:
        raise ValueError(f"{change.name} has no amount")
    try:
        amount = converted(
            Fraction(given.money.amount), given.money.currency, context.rating_currency, context
        )
    except UnknownAmount as error:
        return EstimateLine(
            change.name, change.action, "amount", "", "", None, given.category, None, None, str(error)
        )
    price = Price(amount, GIVEN, str(given.money) + (" an hour" if given.per == "hour" else ""))
    hourly = given.per == "hour"
    amounts = (
        _over_time(amount, change.hours, periods, recurring=True) if hourly else _once(amount, change.period)
    )
    return EstimateLine(
        change.name, change.action, "amount", "", given.per, Fraction(1), given.category, price, amounts,
        hours=change.hours, once=not hourly, before=Fraction(0), after=amounts[MONTHLY],
    )  # fmt: skip


def _over_time(
    by_hour: Fraction, hours: Fraction | None, periods: Periods, recurring: bool
) -> dict[str, Fraction]:
    """By the hour, in 730 of them, in what is left of this period, and in the next: for hours, or until
    it is removed.
    """
    this, month, following = periods.this_hours, Fraction(MONTH_H), periods.next_hours
    if hours is not None:
        month = min(hours, month)
        this = min(hours, this)
        following = min(max(hours - this, Fraction(0)), following)
    steady = by_hour if recurring else Fraction(0)
    return {HOURLY: steady, MONTHLY: steady * month, THIS: by_hour * this, NEXT: by_hour * following}


def _once(amount: Fraction, period: str) -> dict[str, Fraction]:
    none = Fraction(0)
    return {
        HOURLY: none,
        MONTHLY: none,
        THIS: amount if period == "this" else none,
        NEXT: none if period == "this" else amount,
    }


def sums(lines: Iterable[EstimateLine]) -> dict[str, Fraction]:
    """What the known lines come to, by basis."""
    # Counted by object first, as most lines of a large plan are alike, and fractions are slow to add.
    counted: dict[int, tuple[Mapping[str, Fraction], int]] = {}
    for line in lines:
        if line.amounts is not None:
            amounts, count = counted.get(id(line.amounts), (line.amounts, 0))
            counted[id(line.amounts)] = (amounts, count + 1)
    found = dict.fromkeys(BASES, Fraction(0))
    for amounts, count in counted.values():
        for basis, amount in amounts.items():
            found[basis] += amount * count
    return found
