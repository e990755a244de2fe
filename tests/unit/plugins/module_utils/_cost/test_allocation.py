# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shared costs as cost_summary_info gives them to who uses them, against plain fractions
(design/ledger.md#shared-costs).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets.policy_task import PolicyTask, apply
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, iso
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._cost.ledger_summary import (
    SummaryQuestion,
    summarize,
)
from ansible_collections.finops.cloud.plugins.module_utils._imports.manual import CostRecord, record
from ansible_collections.finops.cloud.plugins.module_utils._ledger.allocation import (
    Allocation,
    by_time,
    divided,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.policy import rates_of
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading
from ansible_collections.finops.cloud.plugins.module_utils._ledger.totals import Selection
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
AUTUMN = Window(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
SUPPORT = {"name": "support", "cost": {"sources": ["support"]}, "by": "cost"}


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerOptions:
    if request.param == "postgresql":
        return LedgerOptions(request.getfixturevalue("postgresql_url"))
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def put(ledger: LedgerOptions, *rows: tuple[str, str, str | None, str], **more: Any) -> None:
    """Record costs: source, amount, project, begin."""
    costs = [
        CostRecord(
            key=f"{number}-{source}-{project}-{at}-{more}",
            source=source,
            amount=amount,
            currency=more.get("currency", "CHF"),
            category="compute",
            project_id=project,
            occurred_at=at,
            tags=more.get("tags", {}),
        )
        for number, (source, amount, project, at) in enumerate(rows)
    ]
    record(ledger, costs, NOW, "me@here", False)


def divide(ledger: LedgerOptions, *splits: Mapping[str, Any], now: datetime = NOW) -> None:
    apply(ledger, PolicyTask(cost_allocation=splits), now, False, "owner@here")


def told(ledger: LedgerOptions, window: Window = OCTOBER, **more: Any) -> dict[str, Any]:
    conditions = {name: more.pop(name) for name in list(more) if name in Selection.__dataclass_fields__}
    question = SummaryQuestion(
        Selection(window, **conditions), None, ZoneInfo("UTC"), Rates(), allocated=True
    )
    return summarize(ledger, replace(question, **more), NOW)


def by_project(result: Mapping[str, Any]) -> dict[str | None, str]:
    return {row["project"]: row["amount"] for row in result["cost"]["by_project"]}


def test_a_shared_cost_goes_to_projects_by_what_else_they_cost(ledger: LedgerOptions) -> None:
    put(
        ledger,
        ("support", "100", None, "2026-10-01"),
        ("cloud", "30", "shop", "2026-10-05"),
        ("cloud", "10", "data", "2026-10-07"),
    )
    divide(ledger, SUPPORT)
    result = told(ledger, group_by=("project", "day"))
    assert by_project(result) == {"shop": "105", "data": "35", None: "0"}
    assert (result["cost"]["total"], result["cost"]["entry_count"]) == ("140", 3)
    assert told(ledger, projects=("shop",))["cost"]["total"] == "105"
    assert by_project(told(ledger, group_by=("project",), allocated=False))[None] == "100"


def test_by_fixed_parts_and_evenly_and_over_values_of_a_tag(ledger: LedgerOptions) -> None:
    put(ledger, ("support", "100", None, "2026-10-01"), ("cloud", "1", "shop", "2026-10-01"))
    put(
        ledger,
        ("cloud", "7", "data", "2026-10-01"),
        ("licence", "9", "shop", "2026-10-02"),
        tags={"team": "b"},
    )
    divide(ledger, {**SUPPORT, "by": "shares", "shares": {"shop": "1", "data": "2"}})
    result = told(ledger, group_by=("project",))
    assert by_project(result) == {"shop": "43.333333", "data": "73.666667", None: "0"}
    divide(ledger, {**SUPPORT, "by": "even", "of": {"sources": ["cloud"]}})
    assert by_project(told(ledger, group_by=("project",))) == {"shop": "60", "data": "57", None: "0"}
    divide(ledger, {**SUPPORT, "by": "even", "to": "tag:team"})
    tags = told(ledger, group_by=("tag:team",))["cost"]["by_tag"]["team"]
    assert {row["value"]: row["amount"] for row in tags} == {"b": "116", None: "1"}


def test_the_first_of_two_splits_has_the_cost_and_none_is_divided_by_the_other(ledger: LedgerOptions) -> None:
    put(
        ledger,
        ("support", "100", "admin", "2026-10-01"),
        ("cloud", "50", "admin", "2026-10-01"),
        ("cloud", "1", "shop", "2026-10-01"),
        ("cloud", "3", "data", "2026-10-01"),
    )
    divide(ledger, SUPPORT, {"name": "control", "cost": {"projects": ["admin"]}, "by": "even"})
    assert by_project(told(ledger, group_by=("project",))) == {"shop": "51", "data": "103", "admin": "0"}


def test_what_nobody_has_a_cost_to_divide_by_stays_and_is_told(ledger: LedgerOptions) -> None:
    put(ledger, ("support", "100", "admin", "2026-10-01"), ("cloud", "30", "shop", "2026-11-01"))
    divide(ledger, SUPPORT)
    result = told(ledger, group_by=("project",))
    assert by_project(result) == {"admin": "100"}
    (sentence,) = result["unknown"]
    assert "'support' of 2026-10 is not divided" in sentence


def test_costs_in_two_currencies_are_compared_at_the_rates(ledger: LedgerOptions) -> None:
    put(ledger, ("support", "100", None, "2026-10-01"), ("cloud", "1", "shop", "2026-10-01"))
    put(ledger, ("cloud", "50", "data", "2026-10-01"), currency="ICU")
    divide(ledger, SUPPORT)
    assert by_project(told(ledger, group_by=("project",), currency="CHF")) == {
        "shop": "51",
        "data": "51",
        None: "0",
    }


def test_as_of_then_the_splits_of_then_count(tmp_path: Path) -> None:
    ledger = LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    put(ledger, ("support", "100", None, "2026-10-01"), ("cloud", "30", "shop", "2026-10-05"))
    divide(ledger, SUPPORT)
    then = datetime.now(UTC)
    divide(ledger, now=then + timedelta(days=2))
    assert by_project(told(ledger, group_by=("project",))) == {"shop": "30", None: "100"}
    assert by_project(told(ledger, group_by=("project",), as_of=then)) == {"shop": "130", None: "0"}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"cost": {}}, "cost_allocation[0].cost: selects all costs"),
        ({"by": "shares"}, "cost_allocation[0].shares: is required"),
        ({"by": "shares", "shares": {"a": "0"}}, "cost_allocation[0].shares.a: '0' is not above zero"),
        ({"shares": {"a": "1"}}, "cost_allocation[0].shares: has no effect"),
        ({"by": "shares", "shares": {"a": "1"}, "of": {"sources": ["x"]}}, "cost_allocation[0].of: has no"),
        ({"to": "team"}, "cost_allocation[0].to: 'team' is not `project`"),
        ({"name": " "}, "cost_allocation[0].name: is empty"),
        ({"cost": {"metrics": ["x"]}, "budgets": ["b"]}, "cost_allocation[0].cost.metrics: is mutually"),
        ({"cost": {"projects": []}}, "cost_allocation[0].cost.projects: is empty"),
        ({"cost": {"projects": ["a", " "]}}, "cost_allocation[0].cost.projects[1]: has an empty name"),
        ({"cost": {"tags": {"team": None}}}, "cost_allocation[0].cost.tags.team: has no value"),
        ({"of": {"tags": {"team": {"a": "b"}}}}, "cost_allocation[0].of.tags.team: has no value"),
        ({"by": "shares", "shares": {" ": "1"}}, "cost_allocation[0].shares: has an empty name"),
        ({"by": "shares", "shares": {"1": "1", 1: "2"}}, "cost_allocation[0].shares: '1' is there twice"),
        ({"budgets": ["teem"]}, "cost_allocation[0].budgets[0]: the ledger has no budget 'teem'"),
    ],
)
def test_a_split_that_says_nothing_certain_is_refused(
    tmp_path: Path, row: Mapping[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidOption) as refused:
        divide(LedgerOptions(f"sqlite:///{tmp_path}/ledger.db"), {**SUPPORT, **row})
    assert str(refused.value).startswith(sentence)


@given(st.integers(-(10**18), 10**18), st.lists(st.integers(0, 10**18), min_size=1).filter(any))
def test_parts_are_less_than_a_unit_from_exact_and_their_sum_is_the_amount(
    amount: int, weights: Sequence[int]
) -> None:
    parts = divided(amount, weights)
    assert sum(parts) == amount and divided(-amount, weights) == [-part for part in parts]
    assert all(
        abs(part - Fraction(amount * weight, sum(weights))) < 1
        for part, weight in zip(parts, weights, strict=True)
    )


COSTS = st.lists(
    st.tuples(
        st.sampled_from(["support", "cloud", "other"]),
        st.integers(1, 10**11),
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 75),
    ),
    min_size=1,
    max_size=12,
)


@given(COSTS, st.sampled_from(["cost", "even"]))
@settings(max_examples=10, deadline=None)
def test_any_costs_keep_their_sum_and_go_where_fractions_say(
    tmp_path_factory: pytest.TempPathFactory, costs: Sequence[tuple[str, int, str, int]], by: str
) -> None:
    ledger = LedgerOptions(f"sqlite:///{tmp_path_factory.mktemp('any')}/ledger.db")
    rows = [
        (source, f"{nano // 10**9}.{nano % 10**9:09}", project, iso(AUTUMN.begin + timedelta(days=day)))
        for source, nano, project, day in costs
    ]
    put(ledger, *rows)
    divide(ledger, {**SUPPORT, "by": by})
    expected: dict[str, Fraction] = defaultdict(Fraction)
    for source, nano, project, day in costs:
        month = (AUTUMN.begin + timedelta(days=day)).month
        others: dict[str, int] = defaultdict(int)
        for one, amount, whose, at in costs:
            if one != "support" and (AUTUMN.begin + timedelta(days=at)).month == month:
                others[whose] = others[whose] + amount if by == "cost" else 1
        if source == "support" and others:
            for whose, weight in others.items():
                expected[whose] += Fraction(nano * weight, sum(others.values()))
        else:
            expected[project] += nano
    found = sums(ledger, [AUTUMN])[0]
    assert all(abs(found[project] - exact) < len(costs) for project, exact in expected.items())
    assert sum(found.values()) == sum(nano for _source, nano, _project, _day in costs)
    days = [
        Window(AUTUMN.begin + timedelta(days=day), AUTUMN.begin + timedelta(days=day + 1))
        for day in range(91)
    ]
    by_day: dict[str, int] = defaultdict(int)
    for of_day in sums(ledger, days):
        for project, nano in of_day.items():
            by_day[project] += nano
    assert by_day == found


def sums(ledger: LedgerOptions, windows: Sequence[Window]) -> list[dict[str, int]]:
    """In 1e-9 by project of each window, with what is shared divided."""
    with reading(ledger) as opened:
        rates = rates_of(opened.connection, Rates())
        allocation = Allocation(opened.connection, rates)
        found = by_time(allocation, opened.connection, Selection(AUTUMN), windows, ["project"])
    added: list[dict[str, int]] = []
    for of_window in found:
        added.append(defaultdict(int))
        for total in of_window:
            added[-1][str(total.keys["project"])] += total.amount_nano
    return added
