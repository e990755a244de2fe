# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In templates: exact, one currency at a time, and one sentence where that cannot be (design/money.md)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.finops.cloud.plugins.filter.money_sum import money_sum
from ansible_collections.finops.cloud.plugins.filter.to_currency import to_currency
from hypothesis import given
from hypothesis import strategies as st

amounts = st.decimals(min_value=-(10**15) + 1, max_value=10**15 - 1, places=9).map(
    lambda amount: format(amount, "f")
)


@given(st.lists(amounts, max_size=20))
def test_sums_are_exact(texts: list[str]) -> None:
    total = sum((Fraction(text) for text in texts), Fraction(0))
    assert Fraction(money_sum(texts)) == total
    assert money_sum([{"amount": text, "currency": "CHF"} for text in texts]) == money_sum(texts)


class TaggedFloat(float):
    """As ansible-core hands over what a playbook says."""


def test_what_is_summed() -> None:
    assert money_sum([]) == "0"
    assert money_sum(["0.1", "0.2", 3, Decimal("-1.30")]) == "2"
    assert (
        money_sum([{"spent": "2", "currency": "ICU"}, {"spent": "0.5", "currency": "ICU"}], "spent") == "2.5"
    )


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["1", None], r"\[1\]: is null, which is unknown and not zero"),
        ([0.1, "2"], r"\[0\]: is a float; write digits"),
        ([TaggedFloat(0.1)], r"\[0\]: is a float; write digits"),
        ([True], r"\[0\]: is a bool"),
        (["1", "NaN"], r"\[1\]: 'NaN' is not an amount"),
        (["1_000"], r"\[0\]: '1_000' is not an amount"),
        ([[1]], r"\[0\]: is a list"),
        ("12", "money_sum needs a list of amounts"),
        ({"amount": "1", "currency": "CHF"}, "money_sum needs a list of amounts"),
        ([{"total": "1", "currency": "CHF"}], r"\[0\]: has no amount"),
        ([{"amount": "1"}], r"\[0\].currency: an amount needs its currency"),
        ([{"amount": "1", "currency": 756}], r"\[0\].currency: '756' is not a currency code"),
        (
            [{"amount": "1", "currency": "CHF"}, {"amount": "1", "currency": "EUR"}],
            r"currency: amounts of several currencies \(CHF, EUR\)",
        ),
        ([{"amount": "1", "currency": "CHF"}, "1"], r"currency: amounts of several currencies \(CHF, none\)"),
        ([{"amount": None, "currency": "CHF"}], r"\[0\]: is null"),
    ],
)
def test_what_has_no_sum_is_one_sentence(rows: Any, says: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"^{says}"):
        money_sum(rows)


RATES = [
    {"currency": "CHF", "icu_per_unit": "50", "valid_from": "2026-01-01"},
    {"currency": "CHF", "icu_per_unit": "40", "valid_from": "2026-07-01"},
]


@pytest.mark.parametrize(
    ("value", "options", "told"),
    [
        ("100", {"wanted": "ICU", "currency": "CHF"}, "5000"),
        ("5000", {"wanted": "CHF", "currency": "ICU"}, "100"),
        ("55.5", {"wanted": "CHF", "currency": "ICU"}, "1.11"),
        ("100", {"wanted": "EUR", "currency": "CHF"}, "90.09009"),
        ("1.00", {"wanted": "USD", "currency": "USD"}, "1"),
        ({"amount": "100", "currency": "CHF"}, {"wanted": "ICU"}, "5000"),
        ("1", {"wanted": "ICU", "currency": "CHF", "rates": RATES, "at": "2026-06-30T23:59:59"}, "50"),
        ("1", {"wanted": "ICU", "currency": "CHF", "rates": RATES, "at": "2026-07-01"}, "40"),
        ("1", {"wanted": "ICU", "currency": "CHF", "rates": RATES, "at": "2026-07-01T01:00:00+02:00"}, "50"),
    ],
)
def test_amounts_are_told_at_the_rate_of_their_moment(value: Any, options: dict[str, Any], told: str) -> None:
    assert to_currency(value, **options) == told


@pytest.mark.parametrize(
    ("value", "options", "says"),
    [
        ("1", {"wanted": "USD", "currency": "CHF"}, "No rate says how many ICU one USD was on"),
        (
            "1",
            {"wanted": "ICU", "currency": "CHF", "rates": RATES, "at": "2025-12-31"},
            "No rate says .* on 2025-12-31",
        ),
        ("1", {"wanted": "ICU"}, "currency: an amount needs its currency"),
        ("1", {"wanted": "Fr.", "currency": "CHF"}, "wanted: 'Fr.' is not a currency code"),
        (1.5, {"wanted": "ICU", "currency": "CHF"}, "amount: is a float"),
        (None, {"wanted": "ICU", "currency": "CHF"}, "amount: is null, which is unknown"),
        ({"currency": "CHF"}, {"wanted": "ICU"}, "amount: is null"),
        ("1", {"wanted": "ICU", "currency": "CHF", "at": "soon"}, "at: 'soon' is not a date or time"),
        ("1", {"wanted": "ICU", "currency": "CHF", "rates": "50"}, "rates: must be a list of rates"),
        (
            "1",
            {"wanted": "ICU", "currency": "CHF", "rates": [{"CHF": 50}]},
            r"rates\[0\]: a rate has currency, icu_per_unit",
        ),
        (
            "1",
            {"wanted": "ICU", "currency": "CHF", "rates": [{**RATES[0], "icu_per_unit": "0.02"}]},
            r"rates\[0\].icu_per_unit: 0.02 ICU for one CHF looks inverted; write how many ICU",
        ),
    ],
)
def test_what_cannot_be_converted_is_one_sentence(value: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"^{says}"):
        to_currency(value, **options)


def test_confirmed_rates_are_taken() -> None:
    upside_down = [{**RATES[0], "icu_per_unit": "0.02"}]
    assert to_currency("50", "ICU", "CHF", "2026-02-01", upside_down, confirm_rates=True) == "1"
