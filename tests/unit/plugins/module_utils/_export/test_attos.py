# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Integers of 1e-18 say exactly what Decimal says."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core import money
from ansible_collections.finops.cloud.plugins.module_utils._export import attos
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=-(10**15), max_value=10**15)
WIDE = Context(prec=100, rounding=ROUND_HALF_EVEN)


@given(NUMBERS)
def test_a_number_comes_back_as_plain_text_of_the_same_value(number: Decimal) -> None:
    text = money.format_exact(number)
    assert attos.format_attos(attos.of_text(text)) == text
    assert attos.of_decimal(number) == attos.of_text(text)


@given(st.integers(-(2**63), 2**63))
def test_nano_units_are_told_as_money_tells_them(nano: int) -> None:
    assert attos.format_attos(attos.of_nano(nano)) == money.format_exact(money.from_nano(nano))


@given(st.integers(-(10**40), 10**40), st.integers(1, 10**25))
def test_quotients_are_rounded_half_even(dividend: int, divisor: int) -> None:
    expected = WIDE.to_integral_value(WIDE.divide(Decimal(dividend), Decimal(divisor)))
    assert attos.divided(dividend, divisor) == expected


def test_a_tie_goes_to_the_even_one() -> None:
    assert [attos.divided(one, 2) for one in (1, 3, 5, -1, -3)] == [0, 2, 2, 0, -2]


@pytest.mark.parametrize(
    "text",
    ["0", "7", "123456", "1.5", "0.000000000000000001", "-3", "-0.25", "1E+3", "2.5000000000000000000"],
)
def test_a_quantity_is_read_as_the_number_that_it_is(text: str) -> None:
    assert attos.of_text(text) == Decimal(text) * attos.ONE


@pytest.mark.parametrize("text", ["", "one", "1.²", "1,5"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidOperation):
        attos.of_text(text)
