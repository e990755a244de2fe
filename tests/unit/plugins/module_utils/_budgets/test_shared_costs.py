# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Budgets that a split names count their parts of shared costs, and no others do
(design/ledger.md#shared-costs).
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._budgets.policy_task import PolicyTask, apply
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import FeedKey

from .desk import Desk
from .snapshots import RATED_THROUGH, feed

CONTROL = {"name": "control", "cost": {"projects": ["admin"]}, "by": "cost", "budgets": ["team"]}
LINE = {"amount": "1", "currency": "ICU", "project": "shop"}
ADMIN = feed(run_rate="4", key=FeedKey("dc3-a", "p9"), project_name="admin")


def divide(desk: Desk, *splits: dict[str, Any]) -> None:
    apply(desk.options, PolicyTask(cost_allocation=splits), desk.now, False, "owner")


def spend(desk: Desk) -> None:
    """30 of shop and 10 of data, and 100 of admin, which both use."""
    for amount, project in (("30", "shop"), ("10", "data"), ("100", "admin")):
        desk.spend(amount, project_name=project, occurred_at="2026-11-02")


def test_a_budget_that_is_named_counts_its_part_and_another_one_what_was_recorded(desk: Desk) -> None:
    for name, project in (("team", "shop"), ("other", "shop"), ("admin", "admin")):
        desk.define(name, "1000", scope={"projects": [project]})
    desk.define("everything", "1000")
    spend(desk)
    divide(desk, {**CONTROL, "budgets": ["team", "admin", "everything"]})
    spent = {row["name"]: row["spent"] for row in desk.stati()}
    assert spent == {"team": "105", "other": "30", "admin": "0", "everything": "140"}
    desk.define("team", "100")
    assert desk.budget(name="team", lines=[LINE])["verdict"] == "deny"
    over = desk.status()
    assert (over["over_by"], over["over_since"] is not None) == ("5", True)


def test_what_cannot_be_divided_is_unknown(desk: Desk) -> None:
    desk.define(scope={"projects": ["shop"]})
    desk.spend("100", project_name="admin")
    divide(desk, CONTROL)
    said = desk.budget(name="team", lines=[LINE])
    assert said["verdict"] == "unknown"
    assert "The shared cost 'control' of 2026-11 is not divided" in str(said["reasons"])


def test_a_run_rate_is_divided_as_its_cost_and_its_feed_has_to_be_known(desk: Desk) -> None:
    desk.define(limit="1000", fed_by="cloud", basis="actual", scope={"projects": ["shop"]})
    desk.feed(feed(run_rate="0"))
    desk.feed(ADMIN)
    spend(desk)
    alone = desk.status()
    divide(desk, CONTROL)
    both = desk.status()
    # Three periods of 4 have begun since 10:00, of which three quarters are the shop's.
    assert (alone["spent"], alone["accrued"]) == ("30", "0")
    assert (both["spent"], both["accrued"]) == ("105", "9")
    stale = RATED_THROUGH - timedelta(hours=9)
    desk.feed(replace(ADMIN, rated_through=stale, imported=feed(stale).imported))
    assert "project admin is known only up to" in desk.status()["reason"]


def test_a_budget_of_all_of_it_counts_a_divided_run_rate_once(desk: Desk) -> None:
    desk.define(fed_by="cloud", basis="period_end")
    desk.feed(feed())
    desk.feed(ADMIN)
    spend(desk)
    before = desk.status()
    divide(desk, CONTROL)
    after = desk.status()
    amounts = ("spent", "accrued", "to_come", "left")
    assert [before[name] for name in amounts] == [after[name] for name in amounts]


def test_a_gate_of_others_asks_nothing_more_and_imports_nothing_more(desk: Desk) -> None:
    desk.define(scope={"projects": ["shop"]})
    desk.define("another", scope={"projects": ["data"]})
    spend(desk)
    divide(desk, {**CONTROL, "budgets": ["another"]})
    program = f"""
import sys
from datetime import UTC, datetime
from ansible_collections.finops.cloud.plugins.module_utils._budgets import budgets
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions
task = budgets.BudgetTask(name="team", lines=[{LINE!r}])
now = datetime.fromisoformat("{desk.now.isoformat()}")
print(budgets.apply(LedgerOptions({desk.options.url!r}), task, Rates(), now, True, "me")["verdict"])
print([name for name in sys.modules if name.endswith(("allocation", "shared_costs", "policy_history"))])
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.split("\n")[:2] == ["allow", "[]"]
