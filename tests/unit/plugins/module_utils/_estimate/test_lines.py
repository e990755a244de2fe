# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change comes to in what is left of a period and in the next one
(design/estimates.md#what-a-change-costs, design/gate.md#what-counts).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Calendar
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._estimate.changes import Change, Flavors
from ansible_collections.finops.cloud.plugins.module_utils._estimate.line_tags import over_defaults
from ansible_collections.finops.cloud.plugins.module_utils._estimate.lines import (
    NEXT,
    THIS,
    lines_of,
    periods_of,
    shapes_of,
    sums,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.price_list import DatedPrices
from ansible_collections.finops.cloud.plugins.module_utils._estimate.shape_prices import Price, PriceContext
from ansible_collections.finops.cloud.plugins.module_utils._estimate.shapes import KINDS, Part, Shape
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 28, 0, 0, tzinfo=UTC)
MONTHLY = Calendar("monthly")
SHAPES = (Shape("instance", "small"), Shape("volume", "fast"), Shape("floating_ip"))
PRICES = {
    shape: Price(Fraction(rate), "observed", "")
    for shape, rate in zip(SHAPES, ("0.35", "0.0085", "0.2"), strict=True)
}
GROUND = PriceContext(None, "", None, DatedPrices((), False), Rates(), "ICU", KINDS, Flavors(()), 3600, NOW)


def sum_of(*changes: Change, now: datetime = NOW) -> dict[str, Fraction]:
    lines = lines_of(changes, PRICES, {}, periods_of(MONTHLY, now, 3600), GROUND, over_defaults({}))
    return sums(lines)


def adding(quantity: int = 1, shape: Shape = SHAPES[0], **more: Any) -> Change:
    return Change("one", "added", after=(Part(shape, Fraction(quantity)),), **more)


def test_a_change_on_the_28th_costs_three_days_of_this_month_and_all_of_the_next() -> None:
    assert sum_of(adding()) == {
        "hourly": Fraction("0.35"),
        "monthly": Fraction("255.5"),
        THIS: Fraction("25.2"),  # 72 hours
        NEXT: Fraction("260.4"),  # 744 hours
    }


@pytest.mark.parametrize(("minutes", "hours"), [(0, 72), (1, 72), (59, 72), (60, 71), (61, 71)])
def test_the_hour_that_has_begun_counts_whole(minutes: int, hours: int) -> None:
    assert periods_of(MONTHLY, NOW + timedelta(minutes=minutes), 3600).this_hours == hours


@pytest.mark.parametrize(
    ("zone", "now", "this", "following"),
    [
        ("UTC", datetime(2026, 11, 30, 23, 30, tzinfo=UTC), 1, 744),
        ("Europe/Zurich", datetime(2026, 3, 28, 23, tzinfo=UTC), 71, 720),
        ("Asia/Kolkata", datetime(2026, 10, 31, 18, 30, tzinfo=UTC), 721, 744),
    ],
)
def test_hours_are_those_of_the_zone_on_the_edges_of_collect_periods(
    zone: str, now: datetime, this: int, following: int
) -> None:
    periods = periods_of(Calendar("monthly", zone), now, 3600)
    assert (periods.this_hours, periods.next_hours) == (this, following)


@pytest.mark.parametrize(
    ("hours", "this", "following"), [(12, 12, 0), (72, 72, 0), (100, 72, 28), (9999, 72, 744)]
)
def test_so_many_hours_are_spread_over_both_periods(hours: int, this: int, following: int) -> None:
    total = sum_of(adding(hours=Fraction(hours), shape=SHAPES[2]))
    assert total[THIS] == this * Fraction("0.2")
    assert total[NEXT] == following * Fraction("0.2")
    assert total["monthly"] == min(hours, 730) * Fraction("0.2")


def test_both_cost_for_one_hour_where_the_new_one_comes_first() -> None:
    part = Part(SHAPES[2], Fraction(1))
    total = sum_of(Change("ip", "changed", (part,), (part,), overlaps=True))
    assert total == {"hourly": 0, "monthly": 0, THIS: Fraction("0.2"), NEXT: 0}


def test_what_has_no_price_is_a_line_that_says_so() -> None:
    change = adding(shape=Shape("load_balancer"))
    assert shapes_of([change]) == [Shape("load_balancer")]
    (line,) = lines_of(
        [change],
        PRICES,
        {Shape("load_balancer"): "nobody says"},
        periods_of(MONTHLY, NOW, 3600),
        GROUND,
        over_defaults({}),
    )
    assert line.unknown == "no price is known of load_balancer (nobody says)"
    assert line.amounts is None
    assert sums([line])[THIS] == 0


def test_a_custom_period_has_no_next_and_refuses_what_is_outside() -> None:
    custom = Calendar("custom", begin=NOW, end=NOW + timedelta(days=2))
    periods = periods_of(custom, NOW, 3600)
    assert (periods.this_hours, periods.next, periods.next_hours) == (48, None, 0)
    with pytest.raises(InvalidOption, match="the custom period does not contain 2026-12-28T00:00:00Z"):
        periods_of(custom, NOW + timedelta(days=30), 3600)


parts = st.lists(st.builds(Part, st.sampled_from(SHAPES), st.integers(1, 500).map(Fraction)), max_size=4).map(
    tuple
)


@given(parts, parts)
def test_there_and_back_again_costs_nothing(before: tuple[Part, ...], after: tuple[Part, ...]) -> None:
    there, back = Change("one", "changed", before, after), Change("one", "changed", after, before)
    assert set(sum_of(there, back).values()) == {0}
    assert (
        sum_of(Change("one", "added", (), after))[THIS] - sum_of(Change("one", "added", (), before))[THIS]
        == sum_of(there)[THIS]
    )
