# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a breach to stopped servers and their start when the period ends, on a sandbox and both stores
(design/budget-actions.md#servers).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import now_utc, parse_duration
from ansible_collections.finops.cloud.plugins.module_utils._ledger import acts, sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import execute
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions
from ansible_collections.finops.cloud.plugins.module_utils._savings.budget_stops_run import (
    BudgetStopOptions,
    act_on_servers,
)

from tests.unit.asked_ledger import parts_of, with_parts

from ...conftest import Sandbox, command, started
from ...sandbox_servers import SandboxServers
from .clocked import ClockedLedger
from .running import run_module
from .test_return import ALWAYS, documented, untrue

ROLES = Path(__file__).parents[4] / "docs" / "postgresql_roles.sql"
SCOPE = {"tags": {"team": "shop", "environment": "production"}}
#: In December, after the period of the breach.
NEXT = "2026-12-01T00:05:00"


@dataclass
class Breach(SandboxServers):
    """The servers of a sandbox, and a ledger with a budget on those of the shop's production."""

    ledger: ClockedLedger

    def run(self, **options: Any) -> dict[str, Any]:
        return self.ledger.run("budget_servers", cloud="sandbox", **options)

    def acted(self, **options: Any) -> dict[str, tuple[str | None, str]]:
        """What was done with each server, and why, of a run that has to succeed."""
        result = self.run(**{"dry_run": False, "cool_down": "1s", **options})
        assert not result.get("failed"), result
        return {row["name"]: (row["action"], row["reason"]) for row in result["servers"]}

    def spend(self, amount: str, key: str) -> None:
        self.ledger.spend(amount, key, tags=SCOPE["tags"])

    def statuses(self) -> dict[str, str]:
        return {row["name"]: row["status"] for row in self.rows()}

    def kinds(self) -> list[tuple[str | None, str]]:
        with sql.reading(sql.LedgerOptions(self.ledger.url)) as opened:
            return [(act.resource_name, act.kind) for act in acts.every(opened.connection, acts.SERVER)]

    def forget(self, name: str, kind: str = "stop") -> None:
        """As if a run had been killed before it wrote this down."""
        url = self.ledger.url
        if url.startswith("sqlite"):
            with sql.writing(sql.LedgerOptions(url)) as opened:
                execute(
                    opened.connection, f"DELETE FROM act WHERE resource_name = '{name}' AND kind = '{kind}'"
                )
        else:
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute(
                    f"DELETE FROM act WHERE resource_name = '{name}' AND kind = '{kind}'".encode()
                )

    def rated(self) -> Decimal:
        """What a day was rated at, of the servers as they are now."""
        window = {"begin": "2026-11-27", "end": "2026-11-28"}
        told = run_module("infomaniak_cost_info", {"cloud": "sandbox", **window})
        assert not told.get("failed"), told["msg"]
        return Decimal(told["cost"]["total"])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    directory = tmp_path_factory.mktemp("shop")
    yield started(directory, "--began", "2026-11-28T12:30:00+00:00")
    assert command("stop", "--directory", str(directory)).returncode == 0


@pytest.fixture
def breach(shop: Sandbox, clocked: ClockedLedger, monkeypatch: pytest.MonkeyPatch) -> Breach:
    """A budget of 100 at whose limit servers are stopped, and of which 60 are spent. web-1, web-2 and cache-1
    may be stopped; cache-1 is not in its scope.
    """
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", shop.state["clouds_file"])
    one = Breach(shop, clocked)
    one.as_it_was()
    for name in ("web-1", "web-2", "cache-1"):
        one.tag(name, finops_stoppable="true")
    clocked.define(thresholds=["0.5", "1", "1.5"], scope=SCOPE)
    assert clocked.run("cost_policy", stop_at={"team": "1.0"})["policy"]["stop_at"] == {"team": "1"}
    one.spend("60", "most")
    assert one.acted() == dict.fromkeys(("cache-1", "web-1", "web-2"), (None, "within"))
    return one


@pytest.fixture
def breached(breach: Breach) -> Breach:
    breach.spend("40", "rest")
    breach.asked()
    return breach


def test_a_breach_stops_the_tagged_servers_of_its_scope_until_its_period_ends(breached: Breach) -> None:
    """What is rated falls by what stopping saves, and rises again by it."""
    before, rated = breached.statuses(), breached.rated()
    breached.asked()
    planned = [breached.run(), breached.run(dry_run=False, _ansible_check_mode=True)]
    assert breached.asked() == {"GET": 2}
    assert breached.statuses() == before and breached.asked()
    assert [one["changed"] for one in planned] == [False, True]
    for one in planned:
        result = {key: value for key, value in one.items() if key not in ALWAYS}
        assert untrue(documented("budget_servers"), result, ("error",)) == []
        told = {row["name"]: (row["action"], row["reason"], row["budget"]) for row in one["servers"]}
        assert told == {
            "cache-1": (None, "within", None),
            "web-1": ("stop", "reached", "team"),
            "web-2": ("stop", "reached", "team"),
        }
        assert one["diff"]["after"] == "web-1: SHUTOFF\nweb-2: SHUTOFF\n"
    assert breached.acted()["web-1"] == ("stop", "reached")
    assert breached.asked() == {"GET": 1, "POST": 4}, "one list, and of two servers each its marker and stop"
    assert breached.statuses() == {**before, "web-1": "SHUTOFF", "web-2": "SHUTOFF"}
    # Two of them cost 0.35 an hour running, and 0.175 off.
    assert rated - breached.rated() == 2 * 24 * (Decimal("0.35") - Decimal("0.175"))
    again = breached.run(dry_run=False)
    assert not again["changed"]
    assert [row["reason"] for row in again["servers"]] == ["within", "off", "off"]
    breached.ledger.at("2026-11-30T23:55:00")
    assert breached.acted()["web-1"] == (None, "off")
    breached.ledger.at(NEXT)
    assert breached.acted()["web-2"] == ("start", "period_over")
    assert breached.statuses() == before and breached.rated() == rated
    assert sorted(breached.kinds()) == [(n, k) for n in ("web-1", "web-2") for k in ("start", "stop")]
    breached.spend("100", "december")
    assert breached.acted()["web-1"] == ("stop", "reached")


def test_what_somebody_stopped_stays_so_and_what_somebody_started_stays_up(breached: Breach) -> None:
    breached.by_hand("web-2", "os-stop")
    assert breached.acted() == {
        "cache-1": (None, "within"), "web-1": ("stop", "reached"), "web-2": (None, "by_hand"),
    }  # fmt: skip
    breached.by_hand("web-1", "os-start")
    assert breached.acted()["web-1"] == (None, "by_hand")
    assert breached.acted()["web-1"] == (None, "done_before")
    breached.spend("50", "worse")
    if breached.ledger.url.startswith("sqlite"):
        # A server's triggers sign with its real clock.
        day = {"cool_down": "24h"}
        assert breached.acted(**day)["web-1"] == (None, "cool_down"), "another alert, within a day"
        breached.ledger.later(hours=25)
        assert breached.acted(**day)["web-1"] == ("stop", "reached")
    assert breached.acted()["web-1"][1] in ("reached", "off")
    breached.ledger.at(NEXT)
    assert breached.acted()["web-1"] == ("start", "period_over")
    assert breached.statuses()["web-2"] == "SHUTOFF"
    assert breached.kinds() == [("web-1", kind) for kind in ("stop", "undone_by_hand", "stop", "start")]


def test_what_somebody_stopped_while_a_run_was_at_it_stays_so(breached: Breach) -> None:
    """Nova refuses to stop what is off."""
    path = f"{breached.server('web-1')['id']}/action"
    breached.fault(kind="status", status=409, path=path, times=1)
    assert breached.acted()["web-1"] == ("stop", "conflict")
    breached.no_fault()
    breached.by_hand("web-1", "os-stop")
    assert breached.acted()["web-1"] == (None, "by_hand")
    breached.ledger.at(NEXT)
    assert breached.acted()["web-1"] == (None, "within")
    assert breached.statuses()["web-1"] == "SHUTOFF"
    assert breached.kinds() == [("web-2", "stop"), ("web-2", "start")]


def test_what_cannot_be_stopped_is_tried_again_and_a_failure_after_half_an_hour(breached: Breach) -> None:
    path = f"{breached.server('web-1')['id']}/action"
    for minutes, failed in ((0, False), (5, False), (40, True)):
        breached.ledger.later(minutes=minutes)
        breached.fault(kind="status", status=409, path=path, times=1)
        result = breached.run(dry_run=False)
        breached.no_fault()
        assert bool(result.get("failed")) is failed, minutes
    assert breached.acted()["web-1"] == ("stop", "reached")


def test_servers_are_let_go_when_nothing_asks_for_it_any_more(breached: Breach) -> None:
    team = {"name": "team", "currency": "ICU"}
    undone = (
        (lambda: breached.ledger.run("cost_policy", stop_at={}), "not_asked_for"),
        (lambda: breached.tag("web-1", finops_stoppable="false"), "not_asked_for"),
        (lambda: breached.ledger.run("cost_budget", limit="200", **team), "rearmed"),
    )
    for number, (undo, reason) in enumerate(undone):
        assert breached.acted()["web-1"][0] == "stop", reason
        undo()
        assert breached.acted()["web-1"] == ("start", reason)
        assert breached.status("web-1") == "ACTIVE"
        # The same again needs another alert.
        breached.tag("web-1", finops_stoppable="true")
        breached.ledger.run("cost_policy", stop_at={"team": "1"})
        breached.ledger.run("cost_alert", budget="team", state="rearmed")
        breached.ledger.later(minutes=1)
        breached.spend("1", f"again {number}")


def test_an_outage_is_made_up_for_by_the_next_run(breached: Breach) -> None:
    breached.fault(kind="status", status=500, path="/servers/detail")
    listed = breached.run(dry_run=False)
    assert listed["error"]["service"] == "compute" and breached.kinds() == []
    breached.no_fault()
    path = f"{breached.server('web-1')['id']}/action"
    for action, at in (("stop", None), ("start", NEXT)):
        if at is not None:
            breached.ledger.at(at)
        before = breached.status("web-1")
        breached.fault(kind="status", status=500, path=path, times=1)
        result = breached.run(dry_run=False)
        breached.no_fault()
        assert result["failed"] and result["msg"].startswith(
            f"Server web-1: Reading the answer to os-{action}"
        )
        outcomes = {row["name"]: row["reason"] for row in result["servers"]}
        assert (outcomes["web-1"], breached.status("web-1")) == ("failed", before)
        assert breached.status("web-2") != before, "the other one was dealt with"
        breached.ledger.later(minutes=5)
        assert breached.acted()["web-1"][0] == action
        assert breached.status("web-1") != before
    assert sorted(breached.kinds()) == [(n, k) for n in ("web-1", "web-2") for k in ("start", "stop")]


def at_once(breach: Breach) -> list[dict[str, Any]]:
    """Two runs at the same moment: a module's own main has one output for all threads."""

    def one(_number: int) -> dict[str, Any]:
        options = BudgetStopOptions(parse_duration("24h", "cool_down"), 0, False)
        ledger = sql.LedgerOptions(breach.ledger.url)
        return act_on_servers(Cloud(ConnectionOptions(cloud="sandbox")), ledger, options, now_utc())

    with ThreadPoolExecutor() as pool:
        return list(pool.map(one, range(2)))


def test_of_two_runs_at_once_each_act_is_carried_out_and_recorded_once(breached: Breach) -> None:
    for at, expected in ((None, ["stop"]), (NEXT, ["stop", "start"])):
        if at is not None:
            breached.ledger.at(at)
        rows = [row for one in at_once(breached) for row in one["servers"] if row["name"] != "cache-1"]
        assert {row["reason"] for row in rows} <= {"reached", "period_over", "conflict", "off", "within"}
        for name in ("web-1", "web-2"):
            assert [kind for of, kind in breached.kinds() if of == name] == expected
    assert breached.statuses()["web-1"] == "ACTIVE"


def test_a_run_that_was_killed_before_its_rows_is_made_up_for(breached: Breach) -> None:
    """Also after the period: without its act nobody would start the server again."""
    breached.acted()
    breached.forget("web-1")
    breached.ledger.at(NEXT)
    assert breached.acted()["web-1"] == (None, "off")
    assert breached.acted()["web-1"] == ("start", "period_over")
    breached.forget("web-1", "start")
    assert breached.acted()["web-1"] == (None, "within")
    assert sorted(kind for name, kind in breached.kinds() if name == "web-1") == ["start", "stop"]


def test_what_is_made_up_for_is_of_the_alert_that_asked_for_it(breach: Breach) -> None:
    """Three thresholds were reached in the same second."""
    breach.spend("95", "much")
    breach.acted()

    def of_web_1() -> list[str | None]:
        with sql.reading(sql.LedgerOptions(breach.ledger.url)) as opened:
            found = acts.every(opened.connection, acts.SERVER)
        return [act.alert_id for act in found if act.resource_name == "web-1"]

    before = of_web_1()
    breach.forget("web-1")
    assert breach.acted()["web-1"] == (None, "off")
    assert of_web_1() == before
    breach.by_hand("web-1", "os-start")
    assert breach.acted()["web-1"] == (None, "by_hand")
    assert breach.acted()["web-1"] == (None, "done_before")


def test_a_policy_may_have_servers_shelved(breached: Breach) -> None:
    refused = breached.ledger.run("cost_policy", shelve_at={"team": "1"})
    assert refused["msg"].startswith("shelve_at.team: `stop_at` names budget team, too")
    breached.ledger.run("cost_policy", shelve_at={"team": "1"}, stop_at={})
    assert breached.acted()["web-1"] == ("shelve", "reached")
    assert breached.status("web-1") == "SHELVED_OFFLOADED"
    assert breached.acted()["web-1"] == (None, "off")
    breached.ledger.at(NEXT)
    assert breached.acted()["web-1"] == ("unshelve", "period_over")
    assert breached.acted()["web-1"] == (None, "within")
    assert breached.server("web-1")["metadata"]["finops_budget"].startswith("started@")
    assert [kind for name, kind in breached.kinds() if name == "web-1"] == ["shelve", "unshelve"]


def test_what_cannot_be_acted_on_is_left_alone_and_told(breached: Breach) -> None:
    breached.by_hand("web-1", "lock")
    breached.by_hand("web-2", "pause")
    breached.tag("cache-1", finops_stoppable="perhaps")
    breached.tag("db-1", finops_stoppable="true", finops_budget="slept")
    result = breached.run(dry_run=False)
    assert (
        result["failed"]
        and "Server cache-1: finops_stoppable: 'perhaps' is neither true nor false" in result["msg"]
    )
    assert {row["name"]: (row["action"], row["reason"]) for row in result["servers"]} == {
        "cache-1": (None, "invalid"), "db-1": (None, "invalid"), "web-1": (None, "locked"),
        "web-2": (None, "status"),
    }  # fmt: skip
    assert breached.kinds() == []


def test_hours_and_a_budget_do_not_work_against_each_other(breached: Breach) -> None:
    """web-1 runs when the breach comes, and web-2 is off for the night. No edge starts them before December,
    and then their hours do, not the budget in the night.
    """
    hours = [{"server": name, "schedule": "daily 07:00-19:00 UTC"} for name in ("web-1", "web-2")]

    def kept() -> list[str | None]:
        told = breached.ledger.run("office_hours", cloud="sandbox", servers=hours)
        assert not told.get("failed"), told
        return [row["reason"] for row in told["servers"]]

    breached.ledger.run("cost_policy", stop_at={})
    breached.ledger.at("2026-11-29T19:05:00")
    assert kept() == ["edge", "edge"]
    breached.by_hand("web-1", "os-start")
    assert kept() == ["by_hand", "as_wanted"]
    breached.ledger.run("cost_policy", stop_at={"team": "1"})
    told = breached.acted()
    assert (told["web-1"], told["web-2"]) == (("stop", "reached"), (None, "schedule"))
    breached.ledger.at("2026-11-30T07:05:00")
    assert kept() == ["budget", "budget"]
    breached.ledger.at("2026-11-30T19:05:00")
    assert kept() == ["as_wanted", "as_wanted"]
    breached.ledger.at(NEXT)
    told = breached.acted()
    assert (told["web-1"], told["web-2"]) == ((None, "schedule"), (None, "within"))
    assert (breached.status("web-1"), breached.status("web-2")) == ("SHUTOFF", "SHUTOFF")
    breached.ledger.at("2026-12-01T07:05:00")
    assert kept() == ["edge", "edge"]
    assert (breached.status("web-1"), breached.status("web-2")) == ("ACTIVE", "ACTIVE")
    assert [kind for name, kind in breached.kinds() if name == "web-1"] == [
        "stop", "undone_by_hand", "stop", "start",
    ]  # fmt: skip


def test_hours_that_end_while_a_budget_keeps_a_server_off_are_the_schedule_s(breached: Breach) -> None:
    """It ran by its hours when the breach came, so that no marker of theirs says stopped."""

    def kept() -> str:
        hours = [{"server": "web-1", "schedule": "daily 07:00-19:00 UTC"}]
        told = breached.ledger.run("office_hours", cloud="sandbox", servers=hours)
        return str(told["servers"][0]["reason"])

    said = []
    for at, run in (
        ("2026-11-29T12:00:00", kept),
        ("2026-11-29T12:05:00", lambda: breached.acted()["web-1"][1]),
        ("2026-11-29T19:05:00", kept),
        ("2026-11-30T07:05:00", kept),
        (NEXT, lambda: breached.acted()["web-1"][1]),
        ("2026-12-01T07:05:00", kept),
    ):
        breached.ledger.at(at)
        said.append((run(), breached.status("web-1")))
    assert said == [
        ("as_wanted", "ACTIVE"), ("reached", "SHUTOFF"), ("as_wanted", "SHUTOFF"), ("budget", "SHUTOFF"),
        ("schedule", "SHUTOFF"), ("edge", "ACTIVE"),
    ]  # fmt: skip


def test_a_policy_names_budgets_in_whose_scope_servers_can_be(breach: Breach) -> None:
    breach.ledger.define("disks", thresholds=["1"], scope={"categories": ["storage"]})
    for rules, said in (
        ({"stop_at": {"taem": "1"}}, "stop_at: the ledger has no budget 'taem'"),
        ({"shelve_at": {"team": "2"}}, "shelve_at.team: 2 is not one of the thresholds of budget team"),
        ({"stop_at": {"disks": "1"}}, "stop_at.disks: no server is in the scope of budget disks"),
    ):
        assert breach.ledger.run("cost_policy", **rules)["msg"].startswith(said)


@dataclass
class Logins:
    """Logins of the shipped roles at a server, whose owner of the tables sets its clock."""

    breach: Breach
    names: dict[str, str]

    def run(self, role: str, module: str, **options: Any) -> dict[str, Any]:
        url = with_parts(self.breach.ledger.url, username=self.names[role], password="wrong")
        return run_module(module, {"ledger": url, "ledger_password": "geheim", **options})

    def done(self, role: str, module: str, **options: Any) -> dict[str, Any]:
        result = self.run(role, module, **options)
        assert not result.get("failed"), result["msg"]
        return result


@pytest.fixture
def logins(
    shop: Sandbox, postgresql: dict[str, Any], postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Logins]:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", shop.state["clouds_file"])
    # Of a pipeline's alerts the server believes only those of its real clock.
    breach = Breach(shop, ClockedLedger(postgresql_url, monkeypatch, datetime.now(UTC)))
    breach.as_it_was()
    breach.ledger.define(thresholds=["1"], scope=SCOPE)
    roles = ("finops_reader", "finops_gate", "finops_owner")
    names = {role: f"login_{secrets.token_hex(6)}" for role in roles}
    with psycopg.connect(**parts_of(postgresql_url), **postgresql["admin"], autocommit=True) as admin:
        admin.execute(ROLES.read_bytes())
        for role, login in names.items():
            admin.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'geheim' IN ROLE {role}".encode())
        yield Logins(breach, names)
        for login in names.values():
            admin.execute(f"DROP ROLE {login}".encode())


def test_from_breach_to_freeze_to_stop_to_undo_as_the_shipped_roles(logins: Logins) -> None:
    """A pipeline records what is spent and holds; only the owner has something done about it."""
    breach, hold = logins.breach, {"state": "held", "amount": "1", "currency": "ICU", "category": "compute"}
    hold |= {"settled_by": "entry", "tags": SCOPE["tags"]}
    breach.tag("web-1", finops_stoppable="true")
    logins.done("finops_owner", "cost_policy", freeze_at={"team": "1"}, stop_at={"team": "1"})
    cost = {"amount": "100", "currency": "ICU", "category": "compute", "tags": SCOPE["tags"]}
    fired = logins.done("finops_gate", "cost_entry", key="all", **cost)["alerts"]
    (planned,) = logins.done("finops_reader", "budget_servers", cloud="sandbox")["servers"]
    assert (planned["name"], planned["action"], planned["alert"]) == ("web-1", "stop", fired[0]["id"])
    refused = logins.run("finops_gate", "budget_servers", cloud="sandbox", dry_run=False)
    assert refused["error"]["kind"] == "ledger" and "use a login of finops_owner" in refused["msg"]
    assert "finops_budget" not in breach.server("web-1")["metadata"] and breach.status("web-1") == "ACTIVE"

    def acted() -> tuple[str, str]:
        budget = logins.done("finops_owner", "budget_actions", dry_run=False)["budgets"][0]
        told = logins.done("finops_owner", "budget_servers", cloud="sandbox", dry_run=False)
        return budget["action"], told["servers"][0]["action"]

    assert acted() == ("freeze", "stop")
    denied = logins.run("finops_gate", "cost_reservation", name="new", **hold)
    assert "budget team takes nothing new: it is frozen" in denied["msg"]
    assert breach.status("web-1") == "SHUTOFF"
    breach.ledger.at((breach.ledger.now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=1))
    assert acted() == ("unfreeze", "start")
    assert breach.status("web-1") == "ACTIVE"
    asked = {"spend": "1", **{name: hold[name] for name in ("currency", "category", "tags")}}
    assert logins.done("finops_gate", "cost_budget", **asked)["gate_passed"]
    with psycopg.connect(breach.ledger.url.replace("+psycopg", "")) as connection:
        rows = connection.execute(
            "SELECT id, kind, resource_type, undoes, alert_id, split_part(recorded_by, '/', 1)"
            " FROM act ORDER BY id"
        ).fetchall()
    signed = (fired[0]["id"], logins.names["finops_owner"])
    (freeze, stop, unfreeze, start) = (row[0] for row in rows)
    assert rows == [
        (freeze, "freeze", "budget", None, *signed),
        (stop, "stop", "server", None, *signed),
        (unfreeze, "unfreeze", "budget", freeze, *signed),
        (start, "start", "server", stop, *signed),
    ]
