# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Budgets are defined once, changed truthfully, and never taken
for one another (design/gate.md#budgets).

Where a test names codomyrmex, it holds what github.com/docxology/codomyrmex does wrong at 5007d90, in the
package cloud/cost_management, whose names cost_management.py follows.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, LedgerError

from .desk import Desk
from .snapshots import feed

SCOPE = {
    "categories": ["storage", "compute"], "projects": ["shop"], "regions": ["dc4-a", "dc3-a"],
    "tags": {"team": "a"},
}  # fmt: skip


def test_a_definition_is_kept_whole(desk: Desk) -> None:
    said = desk.define(
        scope=SCOPE, thresholds=["1", "0.5"], period="weekly", timezone="Europe/Zurich", first_day="sunday"
    )
    assert said["changed"] and said["ledger_created"]
    kept = said["budget"]
    assert kept["scope"] == {
        "categories": ["compute", "storage"],
        "projects": ["shop"],
        "regions": ["dc3-a", "dc4-a"],
        "tags": {"team": "a"},
    }
    assert (kept["thresholds"], kept["first_day"], kept["basis"]) == (["0.5", "1"], "sunday", "actual")
    assert {name: desk.status()[name] for name in kept} == kept
    assert not desk.define(scope=SCOPE)["changed"], "what a task leaves out stays"


def test_a_change_is_told_and_only_a_change(desk: Desk) -> None:
    desk.define(scope=SCOPE)
    said = desk.define(scope={"tags": {"team": "a"}})
    assert said["changed"]
    assert (said["diff"]["before"]["scope"]["projects"], said["diff"]["after"]["scope"]["projects"]) == (
        ["shop"],
        [],
    )
    assert not desk.define(limit="100.0")["changed"]
    assert desk.define(limit="100.1")["changed"]


def test_check_mode_tells_a_change_and_makes_none(desk: Desk) -> None:
    assert desk.define(check_mode=True)["changed"]
    with pytest.raises(LedgerError, match="does not exist"):
        desk.status()
    desk.define()
    assert desk.define(limit="5", check_mode=True)["changed"]
    assert desk.budget(name="team", state="absent", check_mode=True)["changed"]
    assert desk.status()["limit"] == "100"


def test_no_thresholds_are_no_thresholds(desk: Desk) -> None:
    """codomyrmex's create() made the default list of an empty one."""
    assert desk.define()["budget"]["thresholds"] == ["0.5", "0.8", "0.9", "1"]
    assert desk.define(thresholds=[])["budget"]["thresholds"] == []


@pytest.mark.parametrize("name", ["daily_llm", "DAILY LLM", "daily-llm", "Daily  LLM", "DailyLLM"])
def test_names_that_look_alike_are_refused(desk: Desk, name: str) -> None:
    """In codomyrmex the second of "Daily LLM" and "daily_llm" silently replaced the first."""
    desk.define("Daily LLM")
    with pytest.raises(InvalidOption, match=rf"'{name}' looks like the budget 'Daily LLM'"):
        desk.define(name, "5")
    assert desk.status("Daily LLM")["limit"] == "100"
    with pytest.raises(InvalidOption, match=rf"no budget '{name}'; it has Daily LLM"):
        desk.budget(name=name, spend="1", currency="ICU")


def test_removed_it_gates_no_more_and_removed_again_is_unchanged(desk: Desk) -> None:
    desk.define()
    assert desk.budget(name="team", state="absent")["changed"]
    assert not desk.budget(name="team", state="absent")["changed"]
    assert desk.budget(spend="1", currency="ICU")["verdict"] == "unknown"


@pytest.mark.parametrize("spend", ["NaN", "inf", "-5", "0", "1e999", "1_0", ""])
def test_what_is_no_amount_never_passes(desk: Desk, spend: str) -> None:
    """codomyrmex's can_spend() let NaN and -5 pass."""
    desk.define()
    with pytest.raises(InvalidOption, match="spend: "):
        desk.budget(spend=spend, currency="ICU")


def test_the_exact_remainder_passes(desk: Desk) -> None:
    """codomyrmex refused 10 of the 10 that were left, as its floats had made 9.999999999999998 of them."""
    desk.define()
    desk.record("89.9")
    desk.record("0.1")
    assert desk.budget(spend="10", currency="ICU")["verdict"] == "allow"
    assert desk.budget(spend="10.000000001", currency="ICU")["verdict"] == "deny"


def test_a_cost_on_the_boundary_belongs_to_one_period(desk: Desk) -> None:
    """In codomyrmex it belonged to both."""
    desk.define()
    desk.record("7", at=desk.now.replace(day=1, hour=0, minute=0))
    assert (desk.stands()[0], desk.status()["next_period"]["spent"]) == ("7", "0")


def test_a_reset_is_when_the_period_ends(desk: Desk) -> None:
    desk.define()
    row = desk.status()
    assert (row["period_start"], row["resets_at"]) == ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        ({"scope": {"categories": ["cumpute"]}}, "scope.categories: 'cumpute' is not a category"),
        ({"scope": {"projects": [""]}}, "scope.projects: has an empty name"),
        ({"thresholds": ["80"]}, "thresholds: '80' is not a threshold"),
        ({"thresholds": ["0"]}, "thresholds: '0' is not a threshold"),
        ({"thresholds": ["NaN"]}, "thresholds: 'NaN' is not a threshold"),
        ({"limit": "-1"}, "limit: '-1' is negative"),
        ({"currency": None}, "currency: an amount needs its currency"),
        ({"fed_by": None}, "fed_by: is needed for the new budget 'team'"),
        ({"name": " "}, "name: is needed"),
        ({"limit": None, "currency": None}, "limit: is needed: the ledger has no budget 'team' to change"),
        ({"state": "absent"}, "state: `absent` removes a budget; leave `limit` out"),
        ({"lines": []}, "lines: is empty"),
        ({"lines": [{"amount": "1"}, {"amount": "1", "at": "later"}]}, r"lines\[1\].at: 'later'"),
    ],
)
def test_what_makes_no_sense_is_refused(desk: Desk, task: dict[str, Any], sentence: str) -> None:
    desk.define("other")
    with pytest.raises(InvalidOption, match=sentence):
        desk.define(**task)


def test_what_is_left_out_stays_as_it_was(desk: Desk) -> None:
    desk.define(limit="100", period="weekly", scope={"categories": ["compute"]}, max_staleness="2h")
    before = desk.status()
    said = desk.budget(name="team", thresholds=["0.7"])
    assert said["changed"] and said["diff"]["before"]["thresholds"] == ["0.5", "0.8", "0.9", "1"]
    assert {**said["budget"], "thresholds": before["thresholds"]} == {
        key: before[key] for key in said["budget"]
    }
    assert not desk.budget(name="team", thresholds=["0.7"])["changed"]
    assert desk.budget(name="team", scope={})["budget"]["currency"] == "ICU"
    asked = desk.budget(name="team", spend="1", currency="EUR", on_unknown="warn")
    assert (asked["budget"]["currency"], asked["changed"]) == ("ICU", False)
    assert desk.status()["thresholds"] == ["0.7"]


@pytest.mark.parametrize(
    "part", [{"fed_by": "entries"}, {"period": "hourly"}, {"scope": {"projects": ["web"]}}]
)
def test_a_gate_changes_no_part_of_the_budget_that_it_asks(desk: Desk, part: dict[str, Any]) -> None:
    """A play's defaults, or an option that is meant for the request, would open it for good."""
    desk.define(limit="100", fed_by="cloud")
    before = desk.status()
    with pytest.raises(InvalidOption, match="^limit: is required to define a budget beside"):
        desk.budget(name="team", spend="1", currency="ICU", **part)
    assert desk.status() == before
    assert desk.budget(name="team", spend="1", currency="ICU", on_unknown="warn")["verdict"] == "unknown"


def test_several_budgets_are_written_together_or_not_at_all(desk: Desk) -> None:
    desk.define("old", limit="1")
    rows = [
        {"name": "all", "limit": "100", "currency": "ICU", "fed_by": "entries"},
        {"name": "compute", "limit": "50", "currency": "ICU", "fed_by": "entries"},
        {"name": "old", "state": "absent"},
    ]
    planned = desk.budget(budgets=rows, check_mode=True)
    assert [row["name"] for row in desk.stati()] == ["old"]
    with pytest.raises(
        InvalidOption, match=r"^budgets\[3\].limit: is needed: the ledger has no budget 'new'"
    ):
        desk.budget(budgets=[*rows, {"name": "new", "thresholds": []}])
    assert [row["name"] for row in desk.stati()] == ["old"]
    said = desk.budget(budgets=rows)
    assert said["changed"] and said["definitions"] == planned["definitions"]
    assert said["diff"] == planned["diff"] and said["diff"]["after"]["old"] == {}
    assert (
        [row["name"] for row in desk.stati()]
        == ["all", "compute"]
        == [one["name"] for one in said["definitions"]]
    )
    assert not desk.budget(budgets=rows)["changed"]


def test_a_gate_beside_a_list_asks_what_the_list_defines(desk: Desk) -> None:
    rows = [
        {"name": name, "limit": limit, "currency": "ICU", "fed_by": "entries", "thresholds": ["0.5"]}
        for name, limit in (("all", "10"), ("small", "5"))
    ]
    said = desk.budget(budgets=rows, spend="6", currency="ICU")
    assert (said["verdict"], [row["verdict"] for row in said["budgets"]]) == ("deny", ["allow", "deny"])
    desk.spend("6")
    raised = [{"name": "small", "limit": "20", "currency": "ICU"}, {"name": "all", "thresholds": ["0.6"]}]
    assert [alert["threshold"] for alert in desk.budget(budgets=raised)["alerts"]] == ["0.6"]


def test_a_gate_in_the_same_task_stands_on_the_new_definition(desk: Desk) -> None:
    assert desk.define(limit="10", spend="10.1")["verdict"] == "deny"
    assert desk.define(limit="10.1", spend="10.1")["verdict"] == "allow"


@pytest.mark.parametrize("on", ["desk", "shared"])
def test_who_asks_needs_no_library_but_the_database_s_own(request: pytest.FixtureRequest, on: str) -> None:
    """Importing openstack takes longer than a whole gate; also where a forecast is looked at."""
    desk: Desk = request.getfixturevalue(on)
    desk.feed(feed())
    desk.define(limit="1000000", fed_by="cloud", thresholds=["0.9"])
    program = (
        "import sys\n"
        "from ansible_collections.finops.cloud.plugins.module_utils._budgets import budgets, status\n"
        "from ansible_collections.finops.cloud.plugins.module_utils._core.periods import parse_moment\n"
        "from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates\n"
        "from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions\n"
        "options, now = LedgerOptions(sys.argv[1]), parse_moment(sys.argv[2], None, 'now')\n"
        "task = budgets.BudgetTask(spend='1', currency='ICU', category='compute', on_unknown='warn')\n"
        "said = [budgets.apply(options, task, Rates(), now, False, 'me'), status.status(options, None,"
        " Rates(), now)['budgets'][0]]\n"
        "assert said[1]['forecast'], said\n"
        "print(*(one['verdict'] for one in said), *sorted({name.split('.')[0] for name in sys.modules}))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(desk.options.url), desk.now.isoformat()],
        capture_output=True,
        text=True,
        check=True,
    )
    gate, status, *modules = ended.stdout.split()
    assert gate == status
    assert not {"openstack", "keystoneauth1", "cloudkittyclient", "ansible"} & set(modules)
    assert ("psycopg" in modules) == (on == "shared")


def test_a_gate_beside_a_definition_fires_what_the_other_budgets_reached(desk: Desk) -> None:
    """Each once: the budget that is defined, and those that are only asked."""
    desk.define("all", limit="100", thresholds=["0.5"])
    desk.record("60")
    said = desk.define("small", limit="80", thresholds=["0.7"], spend="1", category="compute")
    assert [(alert["budget"], alert["threshold"], alert["amount"]) for alert in said["alerts"]] == [
        ("small", "0.7", "60"),
        ("all", "0.5", "60"),
    ]
    assert desk.define("small", limit="80", spend="1", category="compute")["alerts"] == []


def test_a_year_may_begin_in_any_month_and_in_no_other(desk: Desk) -> None:
    for month, begin in ((1, "2026-01-01"), (11, "2026-11-01"), (12, "2025-12-01")):
        desk.define(period="yearly", anchor_month=month)
        assert desk.status()["period_start"] == f"{begin}T00:00:00Z"
    for month in (0, 13):
        with pytest.raises(InvalidOption, match=f"^anchor_month: {month} is not from 1 to 12"):
            desk.define(period="yearly", anchor_month=month)
