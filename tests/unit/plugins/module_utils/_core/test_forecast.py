# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a window will have cost, from the last 168 rated hours (design/alerts.md#forecast)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.forecast import forecast
from hypothesis import given
from hypothesis import strategies as st

ACTUAL = Decimal(1000)


def hours(*amounts: int) -> list[Decimal]:
    return [Decimal(amount) for amount in amounts]


def test_without_hours_there_is_no_forecast_and_no_zero() -> None:
    assert forecast([], 24, ACTUAL, 10) is None


def test_only_the_last_168_hours_count() -> None:
    found = forecast(hours(*[100] * 24, *[2] * 168), 24, ACTUAL, 10)
    assert found is not None
    assert (found.low, found.expected, found.high, found.periods) == (1020, 1020, 1020, 168)


@pytest.mark.parametrize(("count", "enough"), [(1, False), (23, False), (24, True)])
def test_a_day_is_enough_data(count: int, enough: bool) -> None:
    found = forecast(hours(*[1] * count), 24, ACTUAL, 1)
    assert found is not None
    assert found.enough_data is enough


def test_below_48_hours_the_spread_is_that_of_single_hours() -> None:
    """0 to 10: the 10th percentile is 1, the 90th 9, the mean 5."""
    found = forecast(hours(*range(11)), 24, ACTUAL, 10)
    assert found is not None
    assert (found.low, found.expected, found.high) == (1010, 1050, 1090)


def test_from_48_hours_on_it_is_that_of_days_counted_back_from_the_newest() -> None:
    """Hours 0 to 1 fall off; a day at 1 and a day at 11: between the two the percentiles are 2 and 10."""
    found = forecast(hours(0, 0, *[1] * 24, *[11] * 24), 24, ACTUAL, 10)
    assert found is not None
    assert (found.low, found.high) == (1020, 1100)
    assert found.expected == pytest.approx(1000 + Decimal(10) * 288 / 50)


def test_a_window_that_is_over_will_cost_what_it_has() -> None:
    found = forecast(hours(1, 2, 4), 24, ACTUAL, 0)
    assert found is not None
    assert (found.low, found.expected, found.high) == (1000, 1000, 1000)


@given(
    st.lists(st.decimals("0", "1000000", places=9), min_size=1, max_size=200),
    st.decimals("0", "1e12", places=9),
    st.integers(0, 9000),
)
def test_it_never_trips_over_digits_and_low_is_never_above_high(
    rated: list[Decimal], actual: Decimal, remaining: int
) -> None:
    """A mean of 168 hours has endless digits; added to thousands it has more than the exact context keeps."""
    found = forecast(rated, 24, actual, remaining)
    assert found is not None
    assert actual <= found.low <= found.high
    assert actual <= found.expected
