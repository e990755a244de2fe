# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moments that no calendar has and text that no database holds are one sentence, on both stores
(design/periods.md#kinds-of-period, design/ansible.md#failures).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import now_utc
from ansible_collections.finops.cloud.plugins.module_utils._ledger import entries, feed_changes, feeds, sql
from ansible_collections.finops.cloud.plugins.module_utils.cost_management import (
    BudgetManager,
    CostTracker,
    InMemoryCostStore,
    SqlCostStore,
)

from ..module_utils._budgets.snapshots import feed
from .clocked import ClockedLedger
from .running import run_module

HALF = "\ud83d"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ledger that the modules find in the environment."""
    if request.param == "postgresql":
        found = str(request.getfixturevalue("postgresql_url"))
    else:
        found = f"sqlite:///{tmp_path}/ledger.db"
    monkeypatch.setenv("FINOPS_LEDGER", found)
    return found


BUDGET = {"name": "team", "limit": "100", "currency": "CHF", "fed_by": "entries"}
HOLD = {
    "name": "deploy", "state": "held", "amount": "1", "currency": "CHF", "category": "compute",
    "settled_by": "entry",
}  # fmt: skip
COST = {"key": "k", "amount": "1", "currency": "CHF", "category": "compute"}
OVERRIDE = {
    "budget": "team", "reservation": "deploy", "amount": "1", "reason": "r", "approved_by": "Ada",
    "until": "2026-12-01",
}  # fmt: skip


@pytest.mark.parametrize("moment", ["9999-12-31", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
@pytest.mark.parametrize(
    ("module", "options", "option"),
    [
        ("cost_reservation", HOLD, "for_period"),
        ("cost_budget", {**BUDGET, "period": "custom", "begin": "2026-01-01"}, "end"),
        ("cost_budget", {**BUDGET, "period": "custom", "end": "2026-01-01"}, "begin"),
        ("cost_budget_override", OVERRIDE, "for_period"),
        ("cost_budget_override", OVERRIDE, "until"),
        ("cost_entry", COST, "occurred_at"),
        ("cost_entry", {**COST, "period_end": "2026-01-01"}, "period_begin"),
        ("cost_summary_info", {}, "as_of"),
        ("cost_summary_info", {"end": "2026-01-01"}, "begin"),
        ("cost_summary_info", {"begin": "2026-01-01"}, "end"),
    ],
)
def test_a_moment_whose_period_has_no_end_is_one_sentence(
    url: str, module: str, options: dict[str, Any], option: str, moment: str
) -> None:
    run_module("cost_budget", BUDGET)
    result = run_module(module, {**options, option: moment})
    assert result["failed"] is True
    assert result["msg"] == f"{option}: {moment[:4]} is out of range; write a year from 1970 to 9000."
    assert result["error"]["option"] == option


@pytest.mark.parametrize("period", ["hourly", "daily", "weekly", "monthly", "yearly"])
def test_the_last_moment_that_is_taken_has_periods(url: str, period: str) -> None:
    run_module("cost_budget", {**BUDGET, "period": period, "timezone": "Pacific/Kiritimati"})
    for moment in ("1970-01-01T00:00:00+14:00", "9000-12-31T23:59:59-12:00"):
        result = run_module("cost_entry", {**COST, "key": moment, "occurred_at": moment})
        assert "failed" not in result, result


@pytest.mark.parametrize(
    ("module", "options", "option"),
    [
        ("cost_budget", {**BUDGET, "name": HALF}, "name"),
        ("cost_budget", {**BUDGET, "name": "a\x00b"}, "name"),
        ("cost_budget", {**BUDGET, "scope": {"tags": {"team": f"web{HALF}"}}}, "scope.tags.team"),
        ("cost_budget", {"lines": [{"amount": "1", "currency": "CHF", "project": HALF}]}, "lines[0].project"),
        ("cost_reservation", {**HOLD, "name": HALF}, "name"),
        ("cost_entry", {**COST, "key": HALF}, "key"),
        ("cost_entry", {**COST, "description": HALF}, "description"),
        ("cost_entry", {**COST, "tags": {"team": HALF}}, "tags.team"),
        ("cost_entry", {"entries": [{**COST, "resource_name": HALF}]}, "entries[0].resource_name"),
        ("cost_budget_override", {**OVERRIDE, "reason": HALF}, "reason"),
        ("cost_alert", {"ids": [HALF], "consumer": "mail"}, "ids[0]"),
        ("cost_summary_info", {"projects": [HALF]}, "projects[0]"),
    ],
)
def test_text_that_no_database_holds_is_one_sentence(
    url: str, module: str, options: dict[str, Any], option: str
) -> None:
    run_module("cost_budget", BUDGET)
    result = run_module(module, options)
    assert result["failed"] is True
    assert result["msg"] == f"{option}: contains a NUL or a lone surrogate, which a ledger cannot store."


def test_a_key_of_a_dictionary_that_no_database_holds_is_one_sentence(url: str) -> None:
    result = run_module("cost_entry", {**COST, "tags": {HALF: "web"}})
    assert result["msg"].startswith("tags, in the name of a key: contains a NUL or a lone surrogate")


def test_such_text_of_a_cloud_is_one_sentence_of_the_ledger(url: str) -> None:
    entry = entries.Entry(
        "cloud", "k", "usage", "compute", feeds.Window(now_utc(), now_utc()), 1, "CHF", resource_name=HALF
    )
    with (
        pytest.raises(LedgerError, match="cannot store text that contains a lone surrogate"),
        sql.writing(sql.LedgerOptions(url)) as ledger,
    ):
        entries.write(ledger.connection, entry, now_utc(), "tester")


@pytest.mark.parametrize("in_memory", [True, False], ids=["memory", "ledger"])
def test_such_text_of_a_program_names_the_argument(url: str, in_memory: bool) -> None:
    tracker = CostTracker(InMemoryCostStore() if in_memory else SqlCostStore(url), currency="CHF")
    budgets = BudgetManager(tracker)
    with pytest.raises(InvalidOption, match=r"^description: contains a NUL or a lone surrogate"):
        tracker.record("1", "compute", description=HALF)
    with pytest.raises(InvalidOption, match=r"^tags\.team: contains a NUL"):
        tracker.record("1", "compute", tags={"team": HALF})
    with pytest.raises(InvalidOption, match="^name: contains a NUL"):
        budgets.create(HALF, "100", "monthly")
    with pytest.raises(InvalidOption, match="^occurred_at: 9999 is out of range"):
        tracker.record("1", "compute", occurred_at=datetime.max.replace(tzinfo=UTC))


def fed_through(url: str, hours_ago: int) -> datetime:
    """A feed of project shop that is rated until so many whole hours before now."""
    newest = now_utc().replace(minute=0, second=0) - timedelta(hours=hours_ago)
    with sql.writing(sql.LedgerOptions(url)) as ledger:
        feed_changes.save(ledger.connection, feed(newest, currency="CHF"), None)
    return newest


def test_a_constant_cost_has_not_changed_however_late_it_is_rated(url: str) -> None:
    """2 an hour, rated through three hours ago: what is not rated yet is not compared."""
    begin = now_utc().replace(minute=0, second=0) - timedelta(hours=20)
    newest = fed_through(url, 3)
    hours = [begin + timedelta(hours=hour) for hour in range(-40, 20)]
    rated = [
        {**COST, "key": hour.isoformat(), "amount": "2", "occurred_at": hour.isoformat()}
        for hour in hours
        if hour < newest
    ]
    run_module("cost_entry", {"entries": rated})
    asked = {"begin": begin.isoformat(), "end": (begin + timedelta(hours=24)).isoformat(), "previous": True}
    previous = run_module("cost_summary_info", asked)["cost"]["previous"]
    # 17 rated hours of 2, against the 17 hours that lie 24 hours before them.
    assert (previous["compared_total"], previous["total"]) == ("34", "34")
    assert (previous["change"], previous["relative_change"]) == ("0", "0")
    assert previous["compared_end"] == newest.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_nothing_is_compared_while_nothing_of_the_window_is_known(url: str) -> None:
    newest = fed_through(url, 3)
    run_module("cost_entry", {**COST, "occurred_at": (newest - timedelta(hours=30)).isoformat()})
    asked = {"begin": newest.isoformat(), "previous": True, "currency": "CHF"}
    previous = run_module("cost_summary_info", asked)["cost"]["previous"]
    assert {name: previous[name] for name in ("compared_total", "total", "change")} == dict.fromkeys(
        ("compared_total", "total", "change")
    )


def test_a_feed_outside_of_what_is_asked_does_not_shorten_the_comparison(url: str) -> None:
    fed_through(url, 30)
    now = now_utc()
    for key, hours in (("now", 1), ("before", 3)):
        occurred_at = (now - timedelta(hours=hours)).isoformat()
        run_module("cost_entry", {**COST, "key": key, "occurred_at": occurred_at, "project_id": "other"})
    asked = {"begin": (now - timedelta(hours=2)).isoformat(), "previous": True, "projects": ["other"]}
    previous = run_module("cost_summary_info", asked)["cost"]["previous"]
    assert (previous["compared_total"], previous["total"], previous["change"]) == ("1", "1", "0")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_a_moment_that_no_module_takes_is_one_sentence(
    zone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger may have such a row, 9999-12-31T23:59:59Z, by an older version or by whoever writes the file:
    the period around it has no end. PostgreSQL takes none.
    """
    ledger = ClockedLedger(f"sqlite:///{tmp_path}/ledger.db", monkeypatch)
    ledger.define(timezone=zone, period="daily")
    ledger.spend("1")
    ledger.hold("deploy", "1")
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as file:
        file.execute('UPDATE hold_line SET "at" = 253402300799')
    for result in (ledger.ask(spend="1", category="compute"), ledger.run("cost_budget_info")):
        assert result["msg"] == "A line of the hold 'deploy' lies beyond the year 9000; release that hold."
    assert ledger.release("deploy")["changed"]
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as file:
        file.execute("UPDATE entry_row SET period_begin = 253402300799")
    for result in (ledger.ask(spend="1", category="compute"), ledger.run("cost_budget_info")):
        assert result["msg"] == "An entry of 9999-12-31T23:59:59Z lies beyond the year 9000; take it back."
    assert ledger.run("cost_entry", key="one", state="absent")["changed"]
    assert ledger.ask(spend="1", category="compute")["gate_passed"]


@pytest.mark.parametrize("many", [False, True])
def test_no_cost_is_recorded_as_what_a_reservation_commits(clocked: ClockedLedger, many: bool) -> None:
    cost = {"source": "reservation", "key": "reservation/deploy/1/0/once", "amount": "1"}
    cost |= {"currency": "ICU", "category": "compute"}
    result = clocked.run("cost_entry", **({"entries": [cost]} if many else cost))
    option = f"entries[0].source (key {cost['key']})" if many else "source"
    assert result["msg"] == f"{option}: 'reservation' is reserved for cost_reservation; use another source."
    clocked.define()
    clocked.hold("deploy", "5")
    clocked.commit("deploy")
    taken_back = {"source": "reservation", "key": next(iter(clocked.entries())), "state": "absent"}
    assert clocked.run("cost_entry", **taken_back)["outcome"] == "reversed"
