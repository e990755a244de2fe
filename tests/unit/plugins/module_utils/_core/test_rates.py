# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rates are ICU per unit, dated, and an upside-down table is refused (design/money.md#rates,
design/money.md#comparison-and-display).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, UnknownAmount
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rate, Rates, parse_rates
from hypothesis import given
from hypothesis import strategies as st

NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
MID_NOVEMBER = datetime(2026, 11, 15, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)


def row(currency: str, value: str, valid_from: str = "2026-01-01") -> dict[str, str]:
    return {"currency": currency, "icu_per_unit": value, "valid_from": valid_from}


def test_the_shipped_rates() -> None:
    assert Rates().to_icu(Decimal(100), "CHF", NOVEMBER) == 5000
    assert Rates().to_icu(Decimal(100), "EUR", NOVEMBER) == 5550
    assert Rates().to_icu(Decimal("0.5"), "ICU", NOVEMBER) == Decimal("0.5")


def test_a_rate_counts_from_its_day_on() -> None:
    rates = parse_rates([row("CHF", "50"), row("CHF", "60", "2026-11-15")], confirmed=False)
    assert rates.at("CHF", datetime(2026, 11, 14, 23, 59, 59, tzinfo=UTC)) == 50
    assert rates.at("CHF", MID_NOVEMBER) == 60
    assert rates.segments(Window(NOVEMBER, DECEMBER)) == [
        Window(NOVEMBER, MID_NOVEMBER),
        Window(MID_NOVEMBER, DECEMBER),
    ]


def test_no_rate_is_unknown_and_not_one() -> None:
    with pytest.raises(UnknownAmount, match="how many ICU one USD was"):
        Rates().at("USD", NOVEMBER)
    with pytest.raises(UnknownAmount, match="how many ICU one CHF was on 1999"):
        Rates().at("CHF", datetime(1999, 1, 1, tzinfo=UTC))
    later = parse_rates([row("CHF", "50", "2026-12-01")], confirmed=False)
    with pytest.raises(UnknownAmount):
        later.at("CHF", NOVEMBER)


@pytest.mark.parametrize(
    ("currency", "value"),
    [
        ("CHF", "0.02"),
        ("EUR", "0.018"),
        ("USD", "0.02"),
        ("GBP", "0.99"),
        # CHF 50 and EUR 55.5 are shipped; 20 % off are 40 to 60, and 44.4 to 66.6.
        ("CHF", "60.000000001"),
        ("CHF", "39.999999999"),
        ("EUR", "66.7"),
        ("EUR", "44.3"),
    ],
)
def test_a_table_that_looks_wrong_is_refused_unless_confirmed(currency: str, value: str) -> None:
    with pytest.raises(InvalidOption, match=r"^rates\[0\]\.icu_per_unit: .*confirm_rates"):
        parse_rates([row(currency, value)], confirmed=False)
    assert parse_rates([row(currency, value)], confirmed=True).at(currency, NOVEMBER) == Decimal(value)


@pytest.mark.parametrize(
    ("currency", "value"), [("CHF", "60"), ("CHF", "40"), ("EUR", "66.6"), ("EUR", "44.4"), ("USD", "1")]
)
def test_a_table_that_looks_right_needs_no_word(currency: str, value: str) -> None:
    assert parse_rates([row(currency, value)], confirmed=False).at(currency, NOVEMBER) == Decimal(value)


def test_recorded_rates_count_from_their_date_on_and_given_ones_replace_all_of_a_currency() -> None:
    begin = datetime(2026, 11, 10, tzinfo=UTC)
    recorded = [Rate("CHF", Decimal(52), begin), Rate("USD", Decimal(45), begin)]
    rates = Rates(recorded=recorded)
    before = begin - timedelta(seconds=1)
    assert (rates.at("CHF", before), rates.at("CHF", begin)) == (50, 52)
    with pytest.raises(UnknownAmount):
        rates.at("USD", before)
    # One of the same date as the shipped one is in its place.
    shipped = datetime(2021, 1, 1, tzinfo=UTC)
    assert Rates(recorded=[Rate("CHF", Decimal(49), shipped)]).at("CHF", NOVEMBER) == 49
    own = Rates([Rate("CHF", Decimal(51), begin)], recorded)
    assert (own.at("CHF", begin), own.at("USD", begin)) == (51, 45)
    with pytest.raises(UnknownAmount):
        own.at("CHF", before)
    assert [(one.currency, one.icu_per_unit) for one in rates.each] == [
        ("CHF", 50),
        ("CHF", 52),
        ("EUR", Decimal("55.5")),
        ("USD", 45),
    ]


@pytest.mark.parametrize("value", ["0", "-50", "NaN", "1_0", "", "1000000", "50.0000000001"])
def test_a_rate_is_a_number_above_zero_even_if_confirmed(value: str) -> None:
    with pytest.raises(InvalidOption, match=r"rates\[0\]\.icu_per_unit"):
        parse_rates([row("CHF", value)], confirmed=True)


def test_the_longest_amount_times_the_longest_rate_is_exact() -> None:
    rates = parse_rates([row("USD", "999999.999999999")], confirmed=True)
    amount = Decimal("999999999999999.999999999999999999")
    assert Fraction(rates.to_icu(amount, "USD", NOVEMBER)) == Fraction(amount) * Fraction("999999.999999999")


def test_icu_has_no_rate() -> None:
    with pytest.raises(InvalidOption, match=r"rates\[0\]\.currency"):
        parse_rates([row("ICU", "1")], confirmed=True)


@given(st.decimals(min_value=0, max_value=10**9, places=9))
def test_there_and_back_is_the_same_to_the_ledger(amount: Decimal) -> None:
    rates = Rates()
    back = rates.convert(rates.to_icu(amount, "EUR", NOVEMBER), "ICU", "EUR", NOVEMBER)
    assert abs(back - amount) < Decimal("1e-20")


def test_what_comes_to_nothing_at_one_rate_needs_none() -> None:
    rates = parse_rates([row("CHF", "50"), row("CHF", "60", "2026-11-15")], confirmed=False)
    parts = [(Decimal(5), "USD", NOVEMBER), (Decimal(-5), "USD", DECEMBER), (Decimal(0), "GBP", NOVEMBER)]
    assert rates.netted(parts, "CHF") == []
    assert rates.convert(Decimal(0), "USD", "CHF", NOVEMBER) == 0
    # Five francs before the change are not five francs after it, but where francs are what is wanted.
    francs = [(Decimal(5), "CHF", NOVEMBER), (Decimal(-5), "CHF", DECEMBER)]
    assert rates.netted(francs, "ICU") == francs
    assert rates.netted(francs, "CHF") == []


@given(
    st.lists(
        st.tuples(
            st.decimals(-(10**9), 10**9, places=9),
            st.sampled_from(["ICU", "CHF", "EUR"]),
            st.sampled_from([NOVEMBER, MID_NOVEMBER, DECEMBER]),
        )
    )
)
def test_netting_changes_no_sum(parts: list[tuple[Decimal, str, datetime]]) -> None:
    rates = parse_rates([row("CHF", "50"), row("CHF", "60", "2026-11-15")], confirmed=False)
    icu = [sum(rates.to_icu(*part) for part in each) for each in (parts, rates.netted(parts, "ICU"))]
    assert icu[0] == icu[1]


def test_amounts_are_added_up_only_while_the_currency_they_are_shown_in_keeps_its_rate() -> None:
    """110 ICU are CHF 2.2 at 50 and 2 at 55: their difference is not 0."""
    rates = Rates(recorded=[Rate("CHF", Decimal(55), MID_NOVEMBER)])
    parts = [(Decimal(110), "ICU", NOVEMBER), (Decimal(-110), "ICU", MID_NOVEMBER)]
    assert rates.netted(parts, "CHF", at_one_moment=False) == parts
    assert rates.netted(parts, "CHF") == []
