# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""An estimate as a result: lines, totals, what is added, changed and removed, and what to ask quotas and
budgets for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from .._core.errors import UnknownAmount
from .._core.money import decimal_of, format_amount, format_exact
from .._core.periods import Window, iso
from .changes import ADDED, CHANGED, REMOVED
from .lines import BASES, EstimateLine, Periods, sums
from .monthly_total import MonthlyTotal
from .request_lines import Where, removal_lines, request_lines
from .shape_prices import Price, PriceContext, converted

Row = dict[str, Any]
#: What is shown of a size that a plan marks as sensitive.
SENSITIVE = "(sensitive)"


@dataclass(frozen=True)
class Estimate:
    """All lines, the periods that they were computed for, the quotas that are needed by region (None: that of
    the login), the resources of which it is unknown what they need, whether all that was asked could be read,
    whether anything in it is of a kind that has a price, and what everything costs in a month.
    """

    lines: Sequence[EstimateLine]
    periods: Periods
    required: Mapping[str | None, Mapping[str, int]]
    required_unknown: Sequence[str]
    read: bool
    priced: bool
    monthly: MonthlyTotal

    @property
    def unknown(self) -> list[EstimateLine]:
        """The lines whose cost is unknown."""
        return [line for line in self.lines if line.unknown is not None]

    @property
    def complete(self) -> bool:
        """Whether everything is known."""
        return self.read and not self.unknown


def estimate_result(estimate: Estimate, currency: str, context: PriceContext, where: Where) -> Row:
    """The keys of the result. Raises UnknownAmount where the asked currency has no rate."""
    factor = converted(Fraction(1), context.rating_currency, currency, context)
    known = sums(estimate.lines)
    request = request_lines(estimate.lines, estimate.periods, context.rating_currency, where)
    return {
        "complete": estimate.complete,
        "currency": currency,
        "tax": "excluded",
        "period": {
            **_window(estimate.periods.this),
            "hours": format_exact(decimal_of(estimate.periods.this_hours)),
        },
        "following_period": None
        if estimate.periods.next is None
        else {
            **_window(estimate.periods.next),
            "hours": format_exact(decimal_of(estimate.periods.next_hours)),
        },
        "lines": _lines(estimate.lines, factor, where),
        "total": _in_all(known, context) if estimate.complete else None,
        "known": _in_all(known, context),
        "difference": _difference(estimate.lines, factor),
        "monthly_total": _monthly_total(estimate, factor),
        "unknown": [{"name": line.name, "reason": line.unknown} for line in estimate.unknown],
        "required": dict(estimate.required.get(None, {})),
        "required_elsewhere": {
            region: dict(quotas)
            for region, quotas in estimate.required.items()
            if region is not None and quotas
        },
        "required_unknown": list(estimate.required_unknown),
        "request": request,
        "removals": removal_lines(estimate.lines, context.rating_currency, where),
        "adds_no_cost": estimate.complete and not request and not estimate.priced,
        "reduces": estimate.complete and not request and estimate.priced,
    }


def _monthly_total(estimate: Estimate, factor: Fraction) -> Row:
    monthly = estimate.monthly
    known = estimate.complete and not monthly.unknown
    return {
        "before": _format_amount(monthly.before * factor) if known else None,
        "after": _format_amount(monthly.after * factor) if known else None,
        "unknown": list(monthly.unknown),
    }


def _window(window: Window) -> Row:
    return {"period_start": iso(window.begin), "period_end": iso(window.end)}


def _format_amount(amount: Fraction) -> str:
    return format_amount(decimal_of(amount))


def _amounts(amounts: Mapping[str, Fraction] | None, factor: Fraction) -> Row:
    return {basis: None if amounts is None else _format_amount(amounts[basis] * factor) for basis in BASES}


def _lines(lines: Sequence[EstimateLine], factor: Fraction, where: Where) -> list[Row]:
    """A row for each. What is equal is the same object, and is written once."""
    amounts = {id(line.amounts): line.amounts for line in lines}
    prices = {id(line.price): line.price for line in lines}
    formatted = {key: _amounts(of, factor) for key, of in amounts.items()}
    priced = {key: _priced(price, factor) for key, price in prices.items()}

    @cache
    def monthly(amount: Fraction | None) -> str | None:
        return None if amount is None else _format_amount(amount * factor)

    return [
        {
            **_line(line, priced[id(line.price)], formatted[id(line.amounts)], where),
            "monthly_before": monthly(line.before),
            "monthly_after": monthly(line.after),
            "unknown": line.unknown,
        }
        for line in lines
    ]


def _priced(price: Price | None, factor: Fraction) -> Row:
    if price is None:
        return dict.fromkeys(("price", "price_source", "price_detail"))
    # By the unit, more digits than an amount: a gigabyte costs a hundredth of a thousandth.
    return {
        "price": format_exact(_rounded(price.amount * factor)),
        "price_source": price.source,
        "price_detail": price.detail,
    }


def _line(line: EstimateLine, priced: Row, amounts: Row, where: Where) -> Row:
    return {
        "name": line.name,
        "action": line.action,
        "kind": line.kind or None,
        "size": SENSITIVE if line.hidden and line.size else line.size or None,
        "quantity": None
        if line.quantity is None or line.hidden
        else format_amount(decimal_of(line.quantity)),
        "unit": line.unit or None,
        "category": line.category,
        "region": line.region or where.region,
        "tags": dict(line.tags.tags),
        "tags_not_imported": list(line.tags.not_imported),
        **priced,
        **amounts,
    }


def _rounded(amount: Fraction) -> Decimal:
    return Decimal(Context(prec=12).create_decimal(decimal_of(amount)))


def _in_all(known: Mapping[str, Fraction], context: PriceContext) -> Row:
    """Each basis in every currency that has a rate now, and in that of the cloud."""
    return {basis: _in_currencies(known[basis], context) for basis in BASES}


def _in_currencies(amount: Fraction, context: PriceContext) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for currency in dict.fromkeys((context.rating_currency, *context.rates.currencies)):
        try:
            found[currency] = _format_amount(converted(amount, context.rating_currency, currency, context))
        except UnknownAmount:
            found[currency] = None
    return found


def _difference(lines: Sequence[EstimateLine], factor: Fraction) -> Row:
    """What is added, changed and removed, and the net of it; amounts are null where a line is unknown."""
    found = {}
    groups = {
        action: [line for line in lines if line.action == action] for action in (ADDED, CHANGED, REMOVED)
    }
    for name, members in {**groups, "net": list(lines)}.items():
        unknown = any(line.unknown is not None for line in members)
        found[name] = {
            "count": len({line.name for line in members}),
            **_amounts(None if unknown else sums(members), factor),
        }
    return found
