# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Exact numbers as integers of 1e-18: files have millions of them, for which Decimal takes ten times as long
(design/money.md#exact-amounts).
"""

from __future__ import annotations

from decimal import Decimal

from .._core.money import EXACT, NANO_PER_UNIT

PLACES = 18
ONE = int(10**PLACES)
_PER_NANO = ONE // NANO_PER_UNIT


def of_nano(nano: int) -> int:
    """An amount of the ledger."""
    return nano * _PER_NANO


def of_decimal(number: Decimal) -> int:
    """A number of at most 18 decimals."""
    return int(EXACT.to_integral_exact(EXACT.scaleb(number, PLACES)))


def of_text(text: str) -> int:
    """A quantity of an entry: digits with at most 18 decimals."""
    whole, _point, fraction = text.partition(".")
    if len(fraction) > PLACES or not (whole + fraction).isdecimal():
        return of_decimal(Decimal(text))
    return int(whole + fraction.ljust(PLACES, "0"))


def divided(dividend: int, divisor: int) -> int:
    """The quotient rounded half-even to a whole number. The divisor is above zero."""
    quotient, rest = divmod(dividend, divisor)
    twice = rest * 2
    return quotient + (twice > divisor or (twice == divisor and quotient & 1))


def format_attos(attos: int) -> str:
    """All digits, without an exponent and trailing zeros."""
    if attos < 0:
        return "-" + format_attos(-attos)
    whole, fraction = divmod(attos, ONE)
    return f"{whole}.{fraction:018d}".rstrip("0") if fraction else str(whole)
