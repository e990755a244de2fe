# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a breach to a freeze and its end, on both stores (design/budget-actions.md)."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._ledger import acts, sql
from ansible_collections.finops.cloud.plugins.module_utils.cost_management import (
    BudgetManager,
    CostTracker,
    InvalidOption,
    SqlCostStore,
)

from .clocked import ClockedLedger


def acted(ledger: ClockedLedger, **more: Any) -> list[tuple[str | None, str]]:
    result = ledger.run("budget_actions", dry_run=False, cool_down="1s", **more)
    assert not result.get("failed"), result
    return [(row["action"], row["reason"]) for row in result["budgets"]]


def gate(ledger: ClockedLedger, **more: Any) -> dict[str, Any]:
    return ledger.run("cost_budget", spend="1", currency="ICU", category="compute", **more)


@pytest.fixture
def breached(clocked: ClockedLedger) -> ClockedLedger:
    """A budget of 100, of which 10 are held, that may be frozen and is spent."""
    clocked.define(thresholds=["0.5", "1"])
    clocked.define("other", scope={"categories": ["storage"]})
    rules = {"allow_on_exceeded_warn": True, "allow_on_unknown_warn": True, "freeze_at": {"team": "1.0"}}
    assert clocked.run("cost_policy", **rules)["policy"]["freeze_at"] == {"team": "1"}
    assert clocked.hold("open", "10")["gate_passed"]
    assert acted(clocked) == [(None, "within")]
    clocked.spend("60", "most")
    assert acted(clocked) == [(None, "within")], "the alert at a half asks for nothing"
    clocked.spend("40", "rest")
    return clocked


def test_a_breach_freezes_a_budget_until_its_period_ends(breached: ClockedLedger) -> None:
    """Nothing lets a request pass meanwhile, and the ledger tells who froze it and when."""
    dry = breached.run("budget_actions")
    assert (dry["changed"], dry["frozen_budgets"], dry["budgets"][0]["action"]) == (False, ["team"], "freeze")
    assert breached.run("cost_policy_info")["policy"]["frozen_budgets"] == []
    assert acted(breached, _ansible_check_mode=True) == [("freeze", "reached")]
    assert acted(breached) == [("freeze", "reached")]
    assert acted(breached) == [(None, "frozen")]
    said = "lines: budget team takes nothing new: it is frozen by `frozen_budgets` of the ledger's policy"
    for more in ({}, {"on_exceeded": "warn", "on_unknown": "warn"}, {"_ansible_check_mode": True}):
        for refused in (gate(breached, **more), breached.hold("new", "1", **more)):
            assert refused["msg"].startswith(f"{said}, version 2")
            assert (refused["failed"], refused["error"]["kind"]) == (True, "invalid_option")
    manager = BudgetManager(CostTracker(SqlCostStore(breached.url), currency="ICU"))
    with pytest.raises(InvalidOption, match="frozen_budgets"):
        manager.can_spend("1", "compute")
    storage = breached.run("cost_budget", spend="1", currency="ICU", category="storage", name="other")
    assert storage["error"]["kind"] == "invalid_option", "it lies in the frozen one, too"
    assert breached.commit("open")["changed"], "what was held may be spent"
    versions = breached.run("cost_policy_info", history=True)["history"]["policies"]
    assert [one["rules"]["frozen_budgets"] for one in versions] == [[], ["team"]]
    breached.at("2026-12-01T00:05:00")
    assert acted(breached) == [("unfreeze", "period_over")]
    assert gate(breached)["gate_passed"]
    breached.spend("120", "december")
    assert acted(breached) == [("freeze", "reached")]


def test_a_higher_limit_releases_it_and_the_owner_s_hand_is_respected(breached: ClockedLedger) -> None:
    assert acted(breached) == [("freeze", "reached")]
    assert breached.run("cost_budget", name="team", limit="200", currency="ICU")["changed"]
    assert acted(breached)[0] == ("unfreeze", "rearmed")
    assert gate(breached)["gate_passed"]
    breached.later(hours=1)
    breached.spend("100", "more")
    assert acted(breached) == [("freeze", "reached")]
    assert breached.run("cost_policy", frozen_budgets=[])["changed"]
    breached.later(hours=1)
    assert acted(breached) == [("undone_by_hand", "by_hand")]
    assert acted(breached) == [(None, "done_before")]


def test_a_policy_that_asks_no_more_releases_it_and_a_budget_frozen_by_hand_stays(
    breached: ClockedLedger,
) -> None:
    assert acted(breached) == [("freeze", "reached")]
    assert breached.run("cost_policy", freeze_at={}, frozen_budgets=["team", "other"])["changed"]
    assert acted(breached) == [("unfreeze", "not_asked_for")]
    assert breached.run("cost_policy_info")["policy"]["frozen_budgets"] == ["other"]
    assert acted(breached) == []


def test_a_budget_is_not_frozen_again_within_its_cool_down(breached: ClockedLedger) -> None:
    assert acted(breached) == [("freeze", "reached")]
    breached.run("cost_budget", name="team", limit="200", currency="ICU")
    acted(breached)
    breached.spend("100", "more")
    if breached.url.startswith("sqlite"):
        result = breached.run("budget_actions", dry_run=False, cool_down="24h")
        assert [row["reason"] for row in result["budgets"]] == ["cool_down"]
        assert not result["changed"]


def test_a_policy_names_budgets_and_thresholds_that_there_are(clocked: ClockedLedger) -> None:
    clocked.define(thresholds=["0.5"])
    for rules, said in (
        ({"frozen_budgets": ["taem"]}, "frozen_budgets[0]: the ledger has no budget 'taem'"),
        ({"freeze_at": {"taem": "1"}}, "freeze_at: the ledger has no budget 'taem'"),
        ({"freeze_at": {"team": "1"}}, "freeze_at.team: 1 is not one of the thresholds of budget team"),
        ({"freeze_at": {"team": "much"}}, "freeze_at.team: 'much' is not a threshold; write a fraction"),
    ):
        assert clocked.run("cost_policy", **rules)["msg"].startswith(said)


def notices(ledger: ClockedLedger, **more: Any) -> list[tuple[str, str | None]]:
    told = ledger.run("budget_actions", dry_run=False, cool_down="1s", **more)
    return [(row["action"], row["reason"]) for row in told["notices"]]


def test_an_act_is_told_until_somebody_has_taken_the_notice(breached: ClockedLedger) -> None:
    assert breached.run("budget_actions")["notices"] == [], "what would be done is no news"
    assert notices(breached) == [("freeze", "reached")]
    assert notices(breached) == [("freeze", None)], "nobody has said that it was told"
    number = breached.run("budget_actions")["notices"][0]["act"]
    assert breached.run("budget_actions", notified=[number])["changed"] is False
    assert notices(breached) == [("freeze", None)]
    done = breached.run("budget_actions", dry_run=False, notified=[number, number])
    assert (done["changed"], done["notices"], done["frozen_budgets"]) == (True, [], ["team"])
    assert breached.run("budget_actions", dry_run=False, notified=[number])["changed"] is False
    assert notices(breached) == []
    breached.at("2026-12-01T00:05:00")
    assert notices(breached) == [("unfreeze", "period_over")], "the notice of one act is not that of another"
    wrong = breached.run("budget_actions", dry_run=False, notified=[number, 99])
    assert wrong["msg"] == "notified[1]: the ledger has no act 99 on a budget."


def test_what_a_database_cannot_store_of_a_name_is_written_out(clocked: ClockedLedger) -> None:
    """One name would keep all acts of a run from being recorded."""
    with sql.writing(sql.LedgerOptions(clocked.url)) as opened:
        hostile = acts.Act(
            acts.STOP, acts.SERVER, "s-1", "web\x00\ud800\u202e", project_name="a\nb", schedule="daily 8-20"
        )
        assert (
            acts.add(opened.connection, hostile, clocked.now, "ada").resource_name == r"web\x00\ud800\u202e"
        )
        (kept,) = acts.every(opened.connection, acts.SERVER)
    assert (kept.resource_name, kept.project_name) == (r"web\x00\ud800\u202e", "a b")
