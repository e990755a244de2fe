# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a store promises to whoever writes one or asks one directly: both of ours keep it alike
(design/ledger.md#from-python).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger.entries import Entry
from ansible_collections.finops.cloud.plugins.module_utils.cost_management import (
    CostStore,
    CostTracker,
    InMemoryCostStore,
    InvalidOption,
    SqlCostStore,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> CostStore:
    return (
        InMemoryCostStore() if request.param == "memory" else SqlCostStore(f"sqlite:///{tmp_path}/ledger.db")
    )


def cost(key: str, amount_nano: int = 10**9, moment: datetime = NOON, **given: Any) -> Entry:
    usual = {"source": "app", "charge_category": "usage", "category": "compute", "currency": "CHF"}
    period = Window(moment, moment)
    return Entry(key=key, period=period, amount_nano=amount_nano, **{**usual, **given})


def test_a_store_says_what_saving_did(store: CostStore) -> None:
    first = cost("call-1", tags={"team": "a"})
    assert store.save_entry(first) == "recorded"
    assert store.save_entry(replace(first, tags={"team": "a"})) == "unchanged"
    other_tag = replace(first, tags={"team": "b"})
    assert store.save_entry(other_tag) == "corrected"
    assert store.save_entry(other_tag) == "unchanged"
    assert store.save_entry(first) == "corrected"
    # The same key of another source is another cost.
    assert store.save_entry(replace(first, source="other")) == "recorded"
    assert store.get_entry("app", "call-1") == first
    assert store.get_entry("app", "call-2") is None


def test_entries_are_those_from_start_to_before_end_in_order(store: CostStore) -> None:
    kept = [
        cost("b", moment=NOON),
        cost("a", moment=NOON, source="zoo"),
        cost("a", moment=NOON),
        cost("late", moment=NOON + 2 * SECOND, category="storage"),
        cost("between", moment=NOON + SECOND),
    ]
    for one in [*kept, cost("before", moment=NOON - SECOND), cost("at the end", moment=NOON + 3 * SECOND)]:
        store.save_entry(one)
    found = store.get_entries(NOON, NOON + 3 * SECOND)
    assert [(one.source, one.key) for one in found] == [
        ("app", "a"),
        ("app", "b"),
        ("zoo", "a"),
        ("app", "between"),
        ("app", "late"),
    ]
    assert [one.key for one in store.get_entries(NOON, NOON + 3 * SECOND, "storage")] == ["late"]
    assert store.get_entries(NOON, NOON + 3 * SECOND, "network") == []


def test_totals_are_the_sums_by_whatever_is_asked(store: CostStore) -> None:
    for one in (
        cost("1", 1_000_000_001, category="network", project_id="p1", project_name="shop", region="dc3"),
        cost("2", 2, category="network", project_id="p1", project_name="shop", region="dc4"),
        cost("3", 30, charge_category="credit", resource_id="id-1", resource_name="web", tags={"b": "2"}),
        cost("4", 400, resource_name="web", tags={"b": "2", "a": "1"}),
        cost("5", 5000, resource_name="web", tags={"a": "1", "b": "2"}),
        cost("6", 7, currency="ICU"),
        cost("elsewhere", 10**6, moment=NOON + SECOND),
    ):
        store.save_entry(one)

    def by(*names: str) -> dict[tuple[str | None, ...], tuple[int, int]]:
        found = store.get_totals(NOON, NOON + SECOND, names)
        assert all(tuple(one.keys) == names for one in found)
        told = {(*one.keys.values(), one.currency): (one.amount_nano, one.entry_count) for one in found}
        assert len(told) == len(found)
        return told

    assert by() == {("CHF",): (1_000_005_433, 5), ("ICU",): (7, 1)}
    assert by("category") == {
        ("network", "CHF"): (1_000_000_003, 2),
        ("compute", "CHF"): (5430, 3),
        ("compute", "ICU"): (7, 1),
    }
    assert by("charge_category")["credit", "CHF"] == (30, 1)
    assert by("project_id", "region")["p1", "dc3", "CHF"] == (1_000_000_001, 1)
    assert by("project_name") == {
        ("shop", "CHF"): (1_000_000_003, 2),
        (None, "CHF"): (5430, 3),
        (None, "ICU"): (7, 1),
    }
    # A resource goes by its ID, and by its name where it has none.
    assert by("resource") == {
        ("id-1", "CHF"): (30, 1),
        ("web", "CHF"): (5400, 2),
        (None, "CHF"): (1_000_000_003, 2),
        (None, "ICU"): (7, 1),
    }
    of_tags = by("tags")
    assert of_tags['{"a":"1","b":"2"}', "CHF"] == (5400, 2)
    assert of_tags['{"b":"2"}', "CHF"] == (30, 1)


def test_a_window_may_be_empty_and_not_run_backwards(store: CostStore) -> None:
    store.save_entry(cost("1"))
    assert store.get_entries(NOON, NOON) == [] and store.get_totals(NOON, NOON) == []
    with pytest.raises(InvalidOption, match="^end: "):
        store.get_entries(NOON, NOON - SECOND)


#: What occurred on both sides of each edge of a period of half past twelve: every sum says what is in it.
ON_EDGES = {
    datetime(2026, 11, 21, 12, tzinfo=UTC): 1,
    datetime(2026, 11, 21, 11, 59, 59, tzinfo=UTC): 2,
    datetime(2026, 11, 21, tzinfo=UTC): 4,
    datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC): 8,
    datetime(2026, 11, 1, tzinfo=UTC): 16,
    datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC): 32,
    datetime(2026, 11, 21, 13, tzinfo=UTC): 64,
    datetime(2026, 11, 22, tzinfo=UTC): 128,
    datetime(2026, 12, 1, tzinfo=UTC): 256,
    datetime(2027, 1, 1, tzinfo=UTC): 512,
}


@pytest.mark.parametrize(
    ("period", "parts"),
    [
        ("hourly", [1]),
        ("daily", [1, 2, 4, 64]),
        ("monthly", [1, 2, 4, 8, 16, 64, 128]),
        ("yearly", [1, 2, 4, 8, 16, 32, 64, 128, 256]),
    ],
)
def test_a_period_holds_its_begin_and_not_its_end(store: CostStore, period: str, parts: list[int]) -> None:
    tracker = CostTracker(store, currency="CHF", clock=lambda: NOON + timedelta(minutes=30))
    for moment, amount in ON_EDGES.items():
        store.save_entry(cost(f"{moment}", amount * 10**9, moment))
    assert tracker.get_total(period) == sum(parts)
    assert tracker.get_total(period, "compute") == sum(parts)
    assert tracker.get_total(period, "storage") == 0
