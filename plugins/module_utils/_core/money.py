# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Exact amounts with a currency (design/money.md#exact-amounts, design/money.md#amounts-in-the-ledger)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)
from typing import TYPE_CHECKING

from .currencies import CODES
from .errors import InvalidOption

if TYPE_CHECKING:
    from fractions import Fraction

#: Sums and products trap when they would lose a digit: money is exact or it is an error. The digits suffice
#: for amounts times a rate times the common multiple of all means up to 336 periods
#: (design/imports.md#run-rate).
EXACT = Context(
    prec=300, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact]
)
#: For what is shown or entered only, where a rounding is meant and said.
ROUNDING = Context(prec=50, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])

NANO_PER_UNIT = 1_000_000_000
DISPLAY_PLACES = 6
SMALLEST_SHOWN = Decimal(1).scaleb(-DISPLAY_PLACES)

_AMOUNT = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
_WITH_CURRENCY = re.compile(
    rf"(?P<before>[A-Za-z]{{3}}\s+)?(?P<amount>{_AMOUNT.pattern})(?P<behind>\s+[A-Za-z]{{3}})?", re.ASCII
)
_LARGEST = Decimal(10) ** 15
_LARGEST_NANO = 2**63 - 1


@dataclass(frozen=True)
class Money:
    """An amount and its currency (ISO 4217 code, or ICU)."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.currency} {format_amount(self.amount)}"


def parse_amount(text: str, option: str, beside_currency: bool = False) -> Decimal:
    """The exact Decimal a user wrote. beside_currency: whether the option `currency` stands beside this one.

    Grammar: optional sign, up to 15 ASCII digits, optional fraction of up to 18 digits, optional exponent of
    two digits; the value stays below 1e15 and keeps at most 18 decimals. Raises InvalidOption naming the
    option for anything else: NaN, infinity, underscores, other scripts' digits, an empty string.
    """
    stripped = str(text).strip()
    if not _AMOUNT.fullmatch(stripped):
        both = _WITH_CURRENCY.fullmatch(stripped)
        currency = "" if both is None else (both["before"] or both["behind"] or "").strip().upper()
        if beside_currency and both and currency in CODES:
            raise InvalidOption(
                option,
                f"'{_shorten(stripped)}' is not an amount; write {both['amount']} here and"
                f" {currency} as `currency`.",
            )
        raise InvalidOption(
            option,
            f"'{_shorten(stripped)}' is not an amount; write digits with an optional point, quoted, like"
            ' "12.50".',
        )
    amount = Decimal(stripped)
    exponent = amount.as_tuple().exponent
    if abs(amount) >= _LARGEST or (isinstance(exponent, int) and exponent < -18):
        raise InvalidOption(
            option,
            f"'{_shorten(stripped)}' is out of range; amounts are below 1e15 with at most 18 decimals.",
        )
    return amount


def amount_of(value: object, option: str, beside_currency: bool = False) -> Decimal:
    """The exact Decimal behind a value of a template or a program: text, an integer or a Decimal, within
    parse_amount's grammar.

    Raises InvalidOption for anything else: None is unknown and not zero, a float has lost digits already.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        # A template's values are of Ansible's own types; what a user wrote is the builtin behind them.
        kind = next(base.__name__ for base in type(value).__mro__ if base.__module__ == "builtins")
        problem = "null, which is unknown and not zero" if value is None else f"a {kind}"
        raise InvalidOption(
            option, f'is {problem}; write digits with an optional point, quoted, like "12.50".'
        )
    return parse_amount(str(value), option, beside_currency)


def parse_positive_amount(text: str, option: str, beside_currency: bool = False) -> Decimal:
    """Like parse_amount, and zero and negative amounts are refused too."""
    amount = parse_amount(text, option, beside_currency)
    if amount <= 0:
        raise InvalidOption(
            option, f"'{_shorten(str(text).strip())}' is not above zero; an amount to spend is positive."
        )
    return amount


def parse_currency(code: object, option: str) -> str:
    """A currency code, upper case. Raises InvalidOption where it is missing, or neither ISO 4217 nor ICU."""
    text = "" if code is None else str(code).strip()
    if not text:
        raise InvalidOption(
            option, "an amount needs its currency; name an ISO 4217 code such as CHF or EUR, or ICU."
        )
    if text not in CODES:
        raise InvalidOption(
            option,
            f"'{_shorten(text)}' is not a currency code; write an ISO 4217 code such as CHF or EUR, or ICU.",
        )
    return text


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of amounts of one currency; 0 for none. Raises decimal.Inexact rather than lose a digit."""
    # As fast as floats are added, where EXACT.add() for each takes three times as long.
    with localcontext(EXACT):
        return sum(amounts, Decimal(0))


def round_to_nano(amount: Decimal) -> int:
    """The ledger's integer of 1e-9 units, rounded half-even once (design/money.md#amounts-in-the-ledger)."""
    return int(ROUNDING.quantize(ROUNDING.multiply(amount, Decimal(NANO_PER_UNIT)), Decimal(1)))


def to_nano(amount: Decimal, option: str) -> int:
    """round_to_nano() of an entry or a line of a hold. Raises InvalidOption beyond 64 bits."""
    nano = round_to_nano(amount)
    if abs(nano) > _LARGEST_NANO:
        raise InvalidOption(option, f"{format_amount(amount)} is more than a ledger row can hold (9.2e9).")
    return nano


def from_nano(nano: int) -> Decimal:
    """The exact amount behind an integer of 1e-9 units."""
    return EXACT.scaleb(Decimal(nano), -9)


def decimal_of(value: Fraction) -> Decimal:
    """For showing: the fraction as a decimal of 50 digits."""
    return ROUNDING.divide(Decimal(value.numerator), Decimal(value.denominator))


def format_exact(amount: Decimal) -> str:
    """All digits, no exponent, trailing zeros cut: 1E+3 -> "1000", 2.50 -> "2.5", -0 -> "0"."""
    text = str(amount)
    if "E" in text:
        text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def format_amount(amount: Decimal) -> str:
    """An amount as results show it: half-even to 6 decimals, trailing zeros cut
    (design/money.md#comparison-and-display).
    """
    return format_exact(ROUNDING.quantize(amount, SMALLEST_SHOWN))


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
