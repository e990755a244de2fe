# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amounts are exact, have a grammar, and enter the ledger once rounded (design/money.md#exact-amounts,
design/money.md#amounts-in-the-ledger).
"""

from __future__ import annotations

from decimal import Decimal, Inexact
from fractions import Fraction

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.money import (
    exact_sum,
    format_amount,
    format_exact,
    from_nano,
    parse_amount,
    parse_currency,
    parse_positive_amount,
    to_nano,
)
from hypothesis import given
from hypothesis import strategies as st

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=9)


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "nan",
        "sNaN",
        "inf",
        "-Infinity",
        "1_000",
        "",
        " ",
        "1,5",
        "1.",
        ".5",
        "٣",
        "0x10",
        "1e",
        "--1",
        "1 000",
        "1e999",
    ],
)
def test_what_is_no_amount_is_refused_naming_the_option(text: str) -> None:
    with pytest.raises(InvalidOption, match=r"^spend: .*amount") as refused:
        parse_amount(text, "spend")
    assert refused.value.option == "spend"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.50", "12.5"),
        ("+1", "1"),
        ("-0.000000001", "-0.000000001"),
        ("1e3", "1000"),
        (" 7 ", "7"),
        ("999999999999999", "999999999999999"),
    ],
)
def test_what_people_write_is_taken_exactly(text: str, amount: str) -> None:
    assert parse_amount(text, "limit") == Decimal(amount)


@pytest.mark.parametrize("text", ["1000000000000000", "1e15", "0.0000000000000000001", "1e-30"])
def test_amounts_out_of_range_are_refused(text: str) -> None:
    with pytest.raises(InvalidOption, match="limit"):
        parse_amount(text, "limit")


@pytest.mark.parametrize("text", ["0", "0.00", "-1", "-0", "0e5"])
def test_a_spend_is_above_zero(text: str) -> None:
    with pytest.raises(InvalidOption, match="spend"):
        parse_positive_amount(text, "spend")


@pytest.mark.parametrize("code", [None, "", "chf", "CH", "CHFR", "€", "ICÜ", "XYZ", "CHX"])
def test_an_amount_has_a_currency(code: str | None) -> None:
    with pytest.raises(InvalidOption, match="CHF or EUR"):
        parse_currency(code, "currency")


@pytest.mark.parametrize("code", ["ICU", "CHF", " EUR ", "VND", "ZWG", "XDR", "HRK"])
def test_a_currency_is_of_iso_4217_also_one_that_was_withdrawn_lately_or_icu(code: str) -> None:
    assert parse_currency(code, "currency") == code.strip()


@given(st.lists(amounts))
def test_sums_equal_those_of_fractions(parts: list[Decimal]) -> None:
    assert Fraction(exact_sum(parts)) == sum((Fraction(part) for part in parts), Fraction(0))


def test_a_sum_that_would_lose_a_digit_is_an_error() -> None:
    with pytest.raises(Inexact):
        exact_sum([Decimal("1e300"), Decimal("1e-18")])


@given(amounts)
def test_the_ledger_keeps_nine_decimals_exactly(amount: Decimal) -> None:
    assert from_nano(to_nano(amount, "amount")) == amount


@pytest.mark.parametrize(
    ("text", "nano"), [("0.0000000005", 0), ("0.0000000015", 2), ("0.0000000025", 2), ("-0.0000000015", -2)]
)
def test_the_tenth_decimal_is_rounded_half_even(text: str, nano: int) -> None:
    assert to_nano(Decimal(text), "amount") == nano


def test_more_than_a_row_holds_is_refused() -> None:
    with pytest.raises(InvalidOption, match="amount"):
        to_nano(Decimal("9223372036.9"), "amount")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1E+3", "1000"),
        ("2.50", "2.5"),
        ("-0", "0"),
        ("-0.000", "0"),
        ("100", "100"),
        ("0.1", "0.1"),
        ("1E-9", "0.000000001"),
    ],
)
def test_amounts_are_written_without_exponent_and_trailing_zeros(amount: str, text: str) -> None:
    assert format_exact(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.0000005", "0"),
        ("0.0000015", "0.000002"),
        ("2.3333333333", "2.333333"),
        ("579.5999999999997", "579.6"),
    ],
)
def test_results_show_six_decimals_half_even(amount: str, text: str) -> None:
    assert format_amount(Decimal(amount)) == text
