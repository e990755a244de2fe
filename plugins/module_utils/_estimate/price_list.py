# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Listed prices: dated, with their source, net of tax (design/estimates.md#price-sources,
design/money.md#net-amounts).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.money import parse_amount, parse_currency
from .._core.periods import iso, parse_moment
from .._infomaniak.price_list import PRICES
from .shapes import KINDS, NAMED, Shape

#: The kinds of which a price may be that of one size.
_MAY_BE_NAMED = (*NAMED, "load_balancer")


@dataclass(frozen=True)
class ListedPrice:
    """The price of one unit of a shape. hours: for how long it is, of what is paid once without meaning.

    tax: excluded or included. source: who says so. second_hand: whether it was not read from
    the provider itself.
    """

    shape: Shape
    amount: Decimal
    currency: str
    hours: Decimal
    valid_from: datetime
    valid_until: datetime | None
    tax: str
    source: str
    second_hand: bool

    def format_source(self) -> str:
        """Where the price is from, for a line of an estimate."""
        return f"{self.source}, from {iso(self.valid_from)[:10]} on" + (
            ", second-hand" if self.second_hand else ""
        )


#: Infomaniak's, which others have read, so they are second-hand.
SHIPPED = tuple(
    ListedPrice(
        shape=Shape(row.kind, row.size),
        amount=row.amount,
        currency=row.currency,
        hours=Decimal(row.hours),
        valid_from=row.read,
        valid_until=None,
        tax="excluded",
        source=row.source,
        second_hand=True,
    )
    for row in PRICES
)


class DatedPrices:
    """Prices by shape; those of the user replace the shipped ones of the same shape."""

    def __init__(self, given: Sequence[ListedPrice], with_shipped: bool) -> None:
        replaced = {price.shape for price in given}
        shipped = [price for price in SHIPPED if with_shipped and price.shape not in replaced]
        self._prices: dict[Shape, list[ListedPrice]] = {}
        for price in sorted((*shipped, *given), key=lambda one: one.valid_from):
            self._prices.setdefault(price.shape, []).append(price)

    def lists(self, shapes: Iterable[Shape]) -> bool:
        """Whether the shape has a price by any of its names, valid or not."""
        return any(shape in self._prices for shape in shapes)

    def price(self, shapes: Iterable[Shape], now: datetime) -> ListedPrice | str:
        """The newest price that is valid now, of a shape by any of its names; why there is none where there
        is none.
        """
        listed = [price for shape in shapes for price in self._prices.get(shape, ())]
        if not listed:
            return "it is not in the price list"
        valid = [price for price in listed if price.valid_from <= now]
        if not valid:
            return f"its price in the list is valid from {iso(listed[0].valid_from)} on only"
        newest = valid[-1]
        if newest.valid_until is not None and newest.valid_until <= now:
            return f"its price in the list was valid until {iso(newest.valid_until)}"
        if newest.tax != "excluded":
            return "its price in the list includes tax, and the price without tax is unknown"
        return newest


def parse_prices(rows: Iterable[Mapping[str, Any]]) -> tuple[ListedPrice, ...]:
    """The option price_list.

    An amount of zero says that something is free. Raises InvalidOption that names the row.
    """
    return tuple(_parsed(row, f"price_list[{index}]") for index, row in enumerate(rows))


def _parsed(row: Mapping[str, Any], option: str) -> ListedPrice:
    name = row.get("name") or ""
    if row["kind"] in NAMED and not name:
        raise InvalidOption(f"{option}.name", f"{row['kind']} needs the name of its flavor or volume type.")
    if name and row["kind"] not in _MAY_BE_NAMED:
        raise InvalidOption(f"{option}.name", f"{row['kind']} has no sizes with names; leave it out.")
    amount = parse_amount(row["amount"], f"{option}.amount", beside_currency=True)
    if amount < 0:
        raise InvalidOption(f"{option}.amount", f"'{row['amount']}' is negative; a price is zero or more.")
    hours = parse_amount(row["hours"], f"{option}.hours")
    if hours <= 0:
        raise InvalidOption(
            f"{option}.hours", f"'{row['hours']}' is not above zero; it is how long the price is for."
        )
    begin, end = (
        parse_moment(row[key], ZoneInfo("UTC"), f"{option}.{key}") if row.get(key) else None
        for key in ("valid_from", "valid_until")
    )
    if begin is None or (end is not None and end <= begin):
        raise InvalidOption(f"{option}.valid_until", "is not after valid_from.")
    return ListedPrice(
        shape=Shape(row["kind"], name),
        amount=amount,
        currency=parse_currency(row["currency"], f"{option}.currency"),
        hours=hours if KINDS[row["kind"]].hourly else Decimal(1),
        valid_from=begin,
        valid_until=end,
        tax=row["tax"],
        source=row["source"],
        second_hand=bool(row["second_hand"]),
    )
