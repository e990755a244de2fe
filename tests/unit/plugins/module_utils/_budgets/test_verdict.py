# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which budgets are asked, and what their answers come to (design/gate.md#requests,
design/gate.md#deny-unknown-allow).

Where a test names codomyrmex, it holds what github.com/docxology/codomyrmex does wrong at 5007d90, in the
package cloud/cost_management, whose names cost_management.py follows.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets.verdict import decide, evaluate
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Calendar
from ansible_collections.finops.cloud.plugins.module_utils._ledger.budgets import Budget

from .snapshots import (
    BEGIN,
    DECEMBER,
    asked,
    budget,
    cost,
    feed,
    line,
    outstanding_hold,
    says,
    scope,
    snapshot,
)

COMPUTE = budget("100", name="compute", scope=scope(["compute"]))
ALL = budget("200", name="all")
SPENT = [cost("30"), cost("70", "storage")]


def test_each_budget_gets_the_sum_of_the_lines_in_its_scope() -> None:
    """The example of design/gate.md#requests: compute 60 + storage 50; compute <= 100 with 30 spent allows
    90, all <= 200 with 100 spent denies 210.
    """
    said = decide(
        (COMPUTE, ALL), asked(line("60", "compute"), line("50", "storage")), snapshot(SPENT), "fail", "fail"
    )
    rows = {row["name"]: row for row in said["budgets"]}
    assert (rows["compute"]["verdict"], rows["compute"]["requested"], rows["compute"]["left"]) == (
        "allow",
        "60",
        "10",
    )
    assert (rows["all"]["verdict"], rows["all"]["requested"], rows["all"]["left"]) == ("deny", "110", "-10")
    assert (said["verdict"], said["gate_passed"]) == ("deny", False)
    assert said["reasons"][0].startswith("all: ICU 60 and ICU 50 does not fit: limit ICU 200")


def test_a_budget_is_not_asked_about_what_it_does_not_cover() -> None:
    """codomyrmex's can_spend() blocked a spend on compute by a budget for the network."""
    network = budget("0", name="network", scope=scope(["network"]))
    said = decide((ALL, network), asked(line("60", "compute")), snapshot(), "fail", "fail")
    assert said["verdict"] == "allow" and [row["name"] for row in said["budgets"]] == ["all"]


def test_tags_are_applied() -> None:
    """codomyrmex's get_utilization() counted 100 of team b against a budget of team a."""
    team_a = budget("10", name="a", scope=scope(tags={"team": "a"}))
    spent = snapshot([cost("100", tags={"team": "b"})])
    assert says(team_a, asked(line("10", tags={"team": "a", "env": "prod"})), spent) == "allow"
    assert says(team_a, asked(line("10.1", tags={"team": "a"})), spent) == "deny"
    said = decide((team_a,), asked(line("1", tags={"team": "b"})), spent, "fail", "fail")
    assert said["verdict"] == "unknown" and "no budget of the ledger covers it" in said["reasons"][0]


def test_all_tags_of_a_scope_have_to_match_and_any_of_its_categories() -> None:
    team = budget("10", scope=scope(["compute", "storage"], tags={"team": "a", "env": "prod"}))
    spent = snapshot([cost("100", tags={"team": "a"}), cost("100", tags={"team": "a", "env": "test"})])
    for category in ("compute", "storage"):
        one = line("10", category, tags={"team": "a", "env": "prod", "more": "x"})
        assert says(team, asked(one), spent) == "allow"
    assert evaluate(team, asked(), spent).periods[0].spent == 0


@pytest.mark.parametrize("one", [line("1"), line("1", "storage")])
def test_a_line_in_no_scope_or_without_a_category_is_unknown(one: object) -> None:
    request = asked(one)  # type: ignore[arg-type]
    assert decide((COMPUTE,), request, snapshot(), "fail", "fail")["verdict"] == "unknown"


def test_only_what_an_undecided_line_could_change_is_unknown() -> None:
    """What was spent is known although the request lacks what the budget goes by."""
    spent = snapshot([cost("30", "compute")], outstanding=[outstanding_hold("5", BEGIN, category="compute")])
    (row,) = decide((COMPUTE,), asked("1"), spent, "fail", "warn")["budgets"]
    assert (row["verdict"], row["spent"], row["accrued"], row["to_come"]) == ("unknown", "30", "0", "0")
    assert [row[name] for name in ("reserved", "requested", "remaining", "utilization", "left")] == [None] * 5
    assert row["at_least"] == {
        "spent": "30", "accrued": "0", "to_come": "0", "reserved": "5", "requested": "0"
    }  # fmt: skip


def test_what_is_spent_is_unknown_where_the_cloud_was_not_read() -> None:
    stale = snapshot([cost("30")], feed(datetime(2026, 11, 20, tzinfo=UTC)))
    (row,) = decide((budget(fed_by="cloud"),), asked("1"), stale, "fail", "warn")["budgets"]
    assert (row["spent"], row["accrued"], row["to_come"], row["reserved"], row["requested"]) == (
        None, None, None, "0", "1"
    )  # fmt: skip
    assert row["at_least"]["spent"] == "30"


def test_a_line_without_the_project_that_a_budget_goes_by_is_unknown_beside_others_that_allow() -> None:
    shop = budget("100", name="shop", scope=scope(projects=["p1"]))
    said = decide((ALL, shop), asked("1"), snapshot((), feed()), "fail", "fail")
    assert said["verdict"] == "unknown" and "has no project, which this budget goes by" in said["reasons"][0]
    named = decide((ALL, shop), asked(line("1", project="shop")), snapshot((), feed()), "fail", "fail")
    assert named["verdict"] == "allow" and len(named["budgets"]) == 2


def test_a_line_that_is_certainly_outside_is_not_unknown() -> None:
    """Its project is another one, so that it has no category does not matter."""
    one = budget("1", name="one", scope=scope(["compute"], ["p1"]))
    assert (
        decide((ALL, one), asked(line("5", project="p2")), snapshot(), "fail", "fail")["verdict"] == "allow"
    )


def test_a_named_budget_is_asked_beside_every_other_in_scope() -> None:
    said = decide((COMPUTE, ALL), asked(line("60", "compute")), snapshot(SPENT), "fail", "fail", "compute")
    assert {row["name"] for row in said["budgets"]} == {"compute", "all"}
    with pytest.raises(
        InvalidOption, match=r"lines\[1\].*outside of budget compute, which covers category compute"
    ):
        decide(
            (COMPUTE, ALL),
            asked(line("1", "compute"), line("1", "storage")),
            snapshot(),
            "fail",
            "fail",
            "compute",
        )


def test_lines_after_its_period_are_in_no_custom_budget() -> None:
    once = budget("100", name="once", calendar=Calendar("custom", begin=BEGIN, end=DECEMBER))
    said = decide((once,), asked("1", line("1", at=DECEMBER)), snapshot(), "fail", "fail")
    assert (
        said["verdict"] == "unknown"
        and "covers it now. Whoever owns the money makes one" in said["reasons"][0]
    )
    assert (
        decide((once, ALL), asked("1", line("1", at=DECEMBER)), snapshot(), "fail", "fail")["verdict"]
        == "allow"
    )


def test_deny_stands_on_stale_data() -> None:
    assert (
        evaluate(
            budget(fed_by="cloud"),
            asked("1"),
            snapshot([cost("1000")], feed(datetime(2026, 11, 20, tzinfo=UTC))),
        ).verdict
        == "deny"
    )


def test_a_budget_outside_its_custom_period_is_asked_nothing() -> None:
    """A project's budget that has ended does not shut the gate for everybody else
    (design/periods.md#outside-a-custom-period).
    """
    over = replace(
        budget(calendar=Calendar("custom", begin=BEGIN, end=BEGIN + timedelta(days=3))), name="over"
    )
    said = decide((budget(), over), asked("1"), snapshot(), "fail", "fail")
    assert (said["verdict"], said["gate_passed"], len(said["reasons"])) == ("allow", True, 1)
    assert {row["name"]: row["verdict"] for row in said["budgets"]} == {"team": "allow", "over": "ended"}
    assert said["budgets"][1]["spent"] is None


def test_a_spend_that_only_an_ended_budget_would_cover_is_unknown() -> None:
    over = budget(calendar=Calendar("custom", begin=BEGIN, end=BEGIN + timedelta(days=3)))
    alone = decide((over,), asked("1"), snapshot(), "warn", "fail")
    assert (alone["verdict"], alone["gate_passed"]) == ("unknown", False)
    named = decide((replace(budget(), name="other"), over), asked("1"), snapshot(), "warn", "fail", "team")
    assert (named["verdict"], named["gate_passed"]) == ("unknown", False)
    assert "does not hold 2026-11-28" in named["reasons"][0]


ALLOWS, DENIES = budget("1000"), replace(budget("1"), name="small")
UNKNOWS = replace(budget(fed_by="cloud"), name="blind")


@pytest.mark.parametrize(
    ("budgets", "verdict"),
    [
        ((ALLOWS,), "allow"),
        ((ALLOWS, UNKNOWS), "unknown"),
        ((ALLOWS, UNKNOWS, DENIES), "deny"),
        ((), "unknown"),
    ],
)
def test_deny_beats_unknown_beats_allow(budgets: tuple[Budget, ...], verdict: str) -> None:
    assert decide(budgets, asked("2"), snapshot(), "fail", "fail")["verdict"] == verdict


@pytest.mark.parametrize(
    ("budgets", "on_exceeded", "on_unknown", "passed"),
    [
        ((ALLOWS,), "fail", "fail", True),
        ((DENIES,), "fail", "warn", False),
        ((DENIES,), "warn", "fail", True),
        ((UNKNOWS,), "warn", "fail", False),
        ((UNKNOWS,), "fail", "warn", True),
        ((DENIES, UNKNOWS), "warn", "fail", False),
        ((DENIES, UNKNOWS), "fail", "warn", False),
        ((DENIES, UNKNOWS), "warn", "warn", True),
        ((), "warn", "fail", False),
    ],
)
def test_each_warn_covers_its_own_verdict_only(
    budgets: tuple[Budget, ...], on_exceeded: str, on_unknown: str, passed: bool
) -> None:
    said = decide(budgets, asked("2"), snapshot(), on_exceeded, on_unknown)
    assert said["gate_passed"] is passed
    assert said["verdict"] == decide(budgets, asked("2"), snapshot(), "fail", "fail")["verdict"]
    assert said.keys() == decide((ALLOWS,), asked("2"), snapshot(), "fail", "fail").keys()
    assert len(said["reasons"]) == max(len(budgets), 1)
