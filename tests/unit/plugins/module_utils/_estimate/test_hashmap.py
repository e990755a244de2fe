# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operator's rules price as CloudKitty's hashmap does. The oracle goes the way that its source goes:
tables that the rules of a project overwrite, and one result per group that is updated rule by rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._estimate.hashmap import RuledPrice, ruled_price
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating.price_rules import PriceRule
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OURS, ANOTHER = "our-project", "another-project"
HOUR = timedelta(hours=1)
KNOWN = {"flavor_name": "small", "vcpus": "4"}
FLAT = PriceRule("", "", None, None, "flat", Decimal("0.5"), None, None, None)


class Result:
    """What the rules of a group have come to, as CloudKitty keeps it while it goes through them."""

    def __init__(self) -> None:
        self.flat, self.rate, self.level = Fraction(0), Fraction(1), Decimal(-1)
        self.threshold: PriceRule | None = None

    def update(self, rule: PriceRule) -> None:
        if rule.level is not None:
            if rule.level > self.level:
                self.level, self.threshold = rule.level, rule
        elif rule.type == "rate":
            self.rate *= Fraction(rule.cost)
        else:
            self.flat = max(self.flat, Fraction(rule.cost))

    def price(self, quantity: Fraction) -> Fraction:
        if self.threshold is None:
            return self.rate * self.flat * quantity
        cost, adds = Fraction(self.threshold.cost), self.threshold.type == "flat"
        if self.threshold.field:
            return (self.rate * (self.flat + cost) if adds else self.rate * cost * self.flat) * quantity
        price = self.rate * self.flat * quantity
        return price + cost if adds else price * cost


def loaded(rules: Iterable[PriceRule]) -> dict[str, dict[Any, PriceRule]]:
    """Field -> the rules that count at NOW; those of our project overwrite everybody's."""
    tables: dict[str, dict[Any, PriceRule]] = {}
    for tenant in (None, OURS):
        for rule in rules:
            begun = rule.begin is None or rule.begin <= NOW
            if rule.project_id == tenant and begun and (rule.end is None or rule.end > NOW):
                key = (rule.group or "_DEFAULT_", rule.level, rule.value if rule.level is None else "")
                tables.setdefault(rule.field, {})[key] = rule
    return tables


def rated(rules: Iterable[PriceRule], described: Mapping[str, str], quantity: Fraction) -> Fraction:
    """What CloudKitty rates at NOW for our project: the metric's own rules first, then its fields'."""
    results: dict[str, Result] = {}
    for field, table in sorted(loaded(rules).items()):
        if field and field not in described:
            continue
        for (group, level, value), rule in table.items():
            if level is None:
                counts = not field or value == described[field]
            else:
                counts = (Fraction(described[field]) if field else quantity) >= Fraction(level)
            if counts:
                results.setdefault(group, Result()).update(rule)
    return sum((result.price(quantity) for result in results.values()), Fraction(0))


COSTS = st.decimals(0, 9, places=2)
PLACES = st.sampled_from([("", ""), ("flavor_name", "small"), ("flavor_name", "large"), ("vcpus", "4")])
TIMES = st.sampled_from(
    [(None, None), (NOW, None), (NOW - HOUR, NOW), (NOW - HOUR, NOW + HOUR), (NOW + HOUR, None)]
)


@st.composite
def rules(draw: st.DrawFn) -> PriceRule:
    field, value = draw(PLACES)
    level = draw(st.none() | st.decimals(-2, 12, places=0))
    if level is not None and field == "flavor_name":
        field = "vcpus"
    begin, end = (None, None) if level is not None else draw(TIMES)
    return PriceRule(
        field,
        "" if level is not None else value,
        level,
        draw(st.sampled_from([None, "_DEFAULT_", "discount"])),
        draw(st.sampled_from(["flat", "rate"])),
        draw(COSTS),
        draw(st.sampled_from([None, OURS, ANOTHER])),
        begin,
        end,
    )


def are_about_the_same(one: PriceRule) -> tuple[Any, ...]:
    return one.field, one.value, one.level, one.group or "_DEFAULT_", one.project_id


@given(st.lists(rules(), max_size=9, unique_by=are_about_the_same), st.integers(0, 40))
def test_prices_are_those_that_are_rated(of_metric: list[PriceRule], quarters: int) -> None:
    quantity = Fraction(quarters, 4)
    price = ruled_price(of_metric, KNOWN, OURS, NOW)
    if isinstance(price, RuledPrice):
        assert price.of(quantity) == rated(of_metric, KNOWN, quantity)
        if not price.by_size:
            assert price.of(quantity) == quantity * price.of(Fraction(1))
    else:
        # Without a rule CloudKitty rates 0, which says nothing of a price.
        assert price == "no rule of hashmap applies to it"
        assert rated(of_metric, KNOWN, quantity) == 0


@pytest.mark.parametrize(
    ("of_metric", "quantity", "wanted"),
    [
        # By hand: the dearest of a group, groups added up, rates multiplied.
        ([FLAT, replace(FLAT, field="flavor_name", value="small", cost=Decimal(2))], 3, Fraction(6)),
        ([FLAT, replace(FLAT, group="licence", cost=Decimal(2))], 3, Fraction(15, 2)),
        ([FLAT, replace(FLAT, field="vcpus", value="4", type="rate", cost=Decimal(3))], 2, Fraction(3)),
        # A threshold on the quantity comes after it, the highest one that is reached: 100 x 0.5 x 0.9.
        (
            [
                FLAT,
                replace(FLAT, level=Decimal(10), type="rate", cost=Decimal("0.95")),
                replace(FLAT, level=Decimal(100), type="rate", cost=Decimal("0.9")),
            ],
            100,
            Fraction(45),
        ),
        ([FLAT, replace(FLAT, level=Decimal(10), cost=Decimal(7))], 10, Fraction(12)),
        # One on a field before it: (0.5 + 7) x 10.
        ([FLAT, replace(FLAT, field="vcpus", level=Decimal(4), cost=Decimal(7))], 10, Fraction(75)),
        # The project's own in place of everybody's, and another one's not at all.
        ([FLAT, replace(FLAT, project_id=OURS, cost=Decimal("0.25"))], 4, Fraction(1)),
        ([FLAT, replace(FLAT, project_id=ANOTHER, cost=Decimal(9))], 4, Fraction(2)),
        # Up to its end, which is not in it.
        ([replace(FLAT, end=NOW), replace(FLAT, begin=NOW, cost=Decimal(1))], 4, Fraction(4)),
    ],
)
def test_rules_by_hand(of_metric: list[PriceRule], quantity: int, wanted: Fraction) -> None:
    price = ruled_price(of_metric, KNOWN, OURS, NOW)
    assert isinstance(price, RuledPrice)
    assert price.of(Fraction(quantity)) == wanted
    assert rated(of_metric, KNOWN, Fraction(quantity)) == wanted


def test_what_it_goes_by_has_to_be_known() -> None:
    of_state = replace(FLAT, field="state", value="DOWN")
    told = ruled_price([FLAT, of_state], KNOWN, OURS, NOW)
    assert told == "a rule of hashmap goes by its state, which is not known"
    # One that is over, of another project, or of another resource does not matter.
    for other in (
        replace(of_state, end=NOW),
        replace(of_state, project_id=ANOTHER),
        replace(FLAT, field="id", value="x"),
    ):
        assert isinstance(ruled_price([FLAT, other], KNOWN, OURS, NOW), RuledPrice)
    told = ruled_price([replace(FLAT, field="flavor_name", level=Decimal(1))], KNOWN, OURS, NOW)
    assert told == "a threshold of hashmap goes by its flavor_name, which is not a number"


def test_two_rules_about_the_same_are_no_price() -> None:
    assert ruled_price([FLAT, replace(FLAT, cost=Decimal(1))], KNOWN, OURS, NOW) == (
        "two rules of hashmap are about the same"
    )


def test_thresholds_on_two_fields_at_one_level_are_no_price() -> None:
    """CloudKitty looks at one field after the other, and takes the first."""
    known = {**KNOWN, "ram_gb": "8"}
    one = replace(FLAT, field="vcpus", level=Decimal(2))
    other = replace(one, field="ram_gb", cost=Decimal(9), project_id=OURS)
    assert "two fields are at the same level" in str(ruled_price([one, other], known, OURS, NOW))
    alike = ruled_price([one, replace(other, cost=one.cost)], known, OURS, NOW)
    assert isinstance(alike, RuledPrice)
    assert alike.of(Fraction(2)) == 1


def test_a_cost_below_zero_is_no_price() -> None:
    """Otherwise what it is about would make room for something else."""
    rate = replace(FLAT, field="vcpus", value="4", type="rate", cost=Decimal(-1))
    assert "a cost below 0" in str(ruled_price([FLAT, rate], KNOWN, OURS, NOW))
    assert isinstance(ruled_price([FLAT, replace(rate, value="8")], KNOWN, OURS, NOW), RuledPrice)


def test_it_tells_when_the_price_changes() -> None:
    price = ruled_price(
        [replace(FLAT, end=NOW + 2 * HOUR), replace(FLAT, begin=NOW + HOUR)], KNOWN, OURS, NOW
    )
    assert isinstance(price, RuledPrice)
    assert price.valid_until == NOW + HOUR
