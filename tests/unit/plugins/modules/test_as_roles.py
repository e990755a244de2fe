# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module works for a login of the role that is meant to run it, and says what it lacks to others, on a
real PostgreSQL with the roles that docs/postgresql_roles.sql ships (design/gate.md#separation-of-duty).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.unit.asked_ledger import parts_of, with_parts

from ...conftest import Sandbox
from .running import run_module

ROLES = Path(__file__).parents[4] / "docs" / "postgresql_roles.sql"
BUDGET = {"name": "team", "limit": "100", "currency": "ICU", "fed_by": "entries", "thresholds": ["0.5"]}
COST = {"key": "k", "amount": "60", "currency": "ICU", "category": "compute"}
HOLD = {
    "name": "deploy", "state": "held", "amount": "10", "currency": "ICU", "category": "compute",
    "settled_by": "entry",
}  # fmt: skip
OVERRIDE = {
    "budget": "team", "reservation": "deploy", "amount": "1", "reason": "why", "approved_by": "Ada",
    "until": "2999-01-01",
}  # fmt: skip
RATES = [{"currency": "CHF", "icu_per_unit": "50", "valid_from": "2021-01-01"}]
IMPORT = {"cloud": "sandbox", "window": "yesterday", "resolution": "day"}
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run_as(
    postgresql: dict[str, Any], postgresql_url: str, running: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Run]:
    """Run a module as a login of a role, or as the owner of the tables. There is a budget."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", running.state["clouds_file"])
    made: dict[str, str] = {}

    def run(role: str, module: str, **options: Any) -> dict[str, Any]:
        if role not in made:
            made[role] = f"login_{secrets.token_hex(6)}"
            admin.execute(f"CREATE ROLE {made[role]} LOGIN PASSWORD 'geheim' IN ROLE {role}".encode())
        url = with_parts(postgresql_url, username=made[role], password="wrong")
        return run_module(module, {"ledger": url, "ledger_password": "geheim", **options})

    assert run_module("cost_budget", {"ledger": postgresql_url, **BUDGET})["changed"]
    with psycopg.connect(**parts_of(postgresql_url), **postgresql["admin"], autocommit=True) as admin:
        admin.execute(ROLES.read_bytes())
        yield run
        for login in made.values():
            admin.execute(f"DROP ROLE {login}".encode())


def done(result: dict[str, Any]) -> dict[str, Any]:
    assert not result.get("failed"), result["msg"]
    return result


def test_a_pipeline_s_modules(run_as: Run) -> None:
    role = "finops_gate"
    fired = done(run_as(role, "cost_entry", **COST))["alerts"]
    assert [one["threshold"] for one in fired] == ["0.5"]
    assert done(run_as(role, "cost_entry", **{**COST, "amount": "55"}))["outcome"] == "corrected"
    assert not done(run_as(role, "cost_entry", **{**COST, "amount": "55"}))["changed"]
    assert done(run_as(role, "cost_alert", consumer="mail", ids=[fired[0]["id"]]))["changed"]
    assert done(run_as(role, "cost_budget", spend="45", currency="ICU", category="compute"))["gate_passed"]
    assert done(run_as(role, "cost_reservation", **HOLD))["gate_passed"]
    assert done(run_as(role, "cost_reservation", **{**HOLD, "amount": "20"}))["gate_passed"]
    assert done(run_as(role, "cost_reservation", name="deploy", state="committed", amount="15"))["changed"]
    assert done(run_as(role, "cost_reservation", **{**HOLD, "name": "other"}))["gate_passed"]
    assert done(run_as(role, "cost_reservation", name="other", state="released"))["changed"]
    assert done(run_as(role, "usage_record", source="openstack", cloud="sandbox"))["changed"]
    (team,) = done(run_as("finops_reader", "cost_budget_info"))["budgets"]
    assert (team["spent"], team["reserved"]) == ("70", "0")
    page = done(run_as("finops_reader", "cost_summary_info", window="current_month", entries=True))
    login, _slash, client = page["entries"][0]["recorded_by"].partition("/")
    assert login.startswith("login_") and "@" in client
    assert done(run_as("finops_reader", "cost_ledger"))["consistent"]


def test_a_login_does_not_pass_on_the_hold_of_another(run_as: Run) -> None:
    """Of 100, 60 fit once: neither the hold nor the commit of the same lines by another login is its own."""
    hold = {**HOLD, "amount": "60"}
    assert done(run_as("finops_gate", "cost_reservation", **hold))["changed"]
    assert not done(run_as("finops_gate", "cost_reservation", **hold))["changed"]
    for check in (False, True):
        refused = run_as("finops_owner", "cost_reservation", **hold, _ansible_check_mode=check)
        assert refused["error"]["option"] == "name"
        assert re.search("'deploy' is held by login login_[0-9a-f]{12}, for which it stays", refused["msg"])
    done(run_as("finops_gate", "cost_reservation", name="deploy", state="committed"))
    assert done(run_as("finops_gate", "cost_reservation", **hold))["reservation"]["state"] == "committed"
    denied = run_as("finops_owner", "cost_reservation", **hold)
    assert (denied["verdict"], denied["gate_passed"]) == ("deny", False)


def test_an_importer_s_modules(run_as: Run, running: Sandbox) -> None:
    role = "finops_import"
    for module, options in (("cost_budget", BUDGET | {"limit": "9"}), ("cost_reservation", HOLD)):
        assert "permission denied for table" in run_as(role, module, **options)["msg"]
    assert done(run_as(role, "cost_import", **IMPORT))["changed"]
    assert not done(run_as(role, "cost_import", **IMPORT))["changed"]
    # Another login of the role restates what this one imported.
    assert done(run_as("finops_owner", "cost_import", **{**IMPORT, "resolution": "hour"}))["changed"]
    assert len(done(run_as("finops_reader", "cost_feed"))["feeds"]) == 1
    assert done(run_as(role, "cost_feed", state="retired", project=running.project_id, reason="gone"))[
        "changed"
    ]
    assert done(run_as("finops_reader", "cost_ledger"))["consistent"]


def test_importers_replace_each_other_s_bills_and_a_pipeline_does_not(run_as: Run, tmp_path: Path) -> None:
    path = tmp_path / "bill.csv"
    task: dict[str, Any] = {
        "files": [str(path)],
        "source": "aws",
        "format": "csv",
        "period": "2026-11",
        "columns": {"occurred_at": "Date", "amount": "Net"},
        "values": {"currency": "EUR", "category": "other", "charge_category": "tax"},
    }
    path.write_text("Date,Net\n2026-11-01Z,10\n2026-11-02Z,5\n")
    assert "permission denied for table delivery" in run_as("finops_gate", "cost_import_file", **task)["msg"]
    assert done(run_as("finops_import", "cost_import_file", **task))["changed"]
    # A refund of a tax stays a tax.
    path.write_text("Date,Net\n2026-11-01Z,10\n2026-11-02Z,-1\n")
    replaced = done(run_as("finops_owner", "cost_import_file", **task, delivery="replace"))
    assert replaced["difference"] == {"other": {"EUR": "-6"}}
    path.write_text("Date,Net\n2026-11-01Z,10\n")
    replaced = done(run_as("finops_import", "cost_import_file", **task, delivery="replace"))
    assert (replaced["entries"]["reversed"], replaced["difference"]) == (1, {"other": {"EUR": "1"}})
    assert done(run_as("finops_reader", "cost_ledger"))["consistent"]
    forged = run_as("finops_gate", "cost_entry", **{**COST, "key": "bill/1/forged"})
    assert forged["msg"].startswith("key: begins with bill/, which is reserved for bills")


def test_a_pipeline_s_sql_writes_no_entry_of_a_bill(
    run_as: Run, postgresql: dict[str, Any], postgresql_url: str
) -> None:
    done(run_as("finops_gate", "cost_entry", **COST))
    key = "INSERT INTO entry_key (source, stem, moment_length) VALUES ('aws', 'bill/1/forged', 0)"
    copied = (
        "INSERT INTO entry_row (series_id, key_id, version, period_begin, amount_nano)"
        " SELECT series_id, (SELECT min(id) FROM entry_key), 1, period_begin, 1 FROM entry_row LIMIT 1"
    )
    server = parts_of(postgresql_url)
    with psycopg.connect(**server, **postgresql["admin"], autocommit=True) as owner:
        ((signed,),) = owner.execute("SELECT recorded_by FROM entry").fetchall()
    login = {"user": signed.partition("/")[0], "password": "geheim"}
    with (
        psycopg.connect(**server, **login, autocommit=True) as pipeline,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="entries of a feed or a bill"),
    ):
        pipeline.execute(f"{key}; {copied}".encode())


def test_an_owner_s_modules(run_as: Run) -> None:
    role = "finops_owner"
    assert done(run_as(role, "cost_budget", **{**BUDGET, "limit": "200"}))["changed"]
    assert done(run_as(role, "cost_budget_override", **OVERRIDE))["changed"]
    assert done(run_as(role, "cost_budget_override", **OVERRIDE, login="pipeline"))["changed"]
    assert done(run_as(role, "cost_policy", rates=RATES, allow_own_prices=True))["changed"]
    done(run_as("finops_gate", "cost_entry", **{**COST, "amount": "110"}))
    assert done(run_as(role, "cost_alert", budget="team", state="rearmed"))["changed"]
    assert done(run_as("finops_gate", "cost_reservation", **HOLD))["gate_passed"]
    assert done(run_as(role, "cost_reservation", name="deploy", state="released"))["changed"]
    assert done(run_as(role, "cost_entry", key="k", state="absent"))["changed"]
    assert done(run_as(role, "cost_budget", name="team", state="absent"))["changed"]


@pytest.mark.parametrize(
    ("module", "options", "table"),
    [
        ("cost_budget", {**BUDGET, "limit": "1000"}, "budget"),
        ("cost_budget_override", OVERRIDE, "limit_override"),
        ("cost_policy", {"rates": RATES}, "currency_rate"),
        ("cost_policy", {"allow_own_rates": True}, "owner_policy"),
        ("cost_import", IMPORT, "feed"),
    ],
)
def test_a_pipeline_is_told_what_is_not_for_it(
    run_as: Run, module: str, options: dict[str, Any], table: str
) -> None:
    result = run_as("finops_gate", module, **options)
    assert result["failed"] and result["error"]["kind"] == "ledger"
    assert f"permission denied for table {table}" in result["msg"] or "finops_import" in result["msg"]
    assert "geheim" not in str(result) and "wrong" not in result["msg"]


def test_a_reader_writes_nothing(run_as: Run) -> None:
    for module, options in (("cost_entry", COST), ("cost_reservation", HOLD)):
        assert "permission denied for table" in run_as("finops_reader", module, **options)["msg"]


def test_only_an_owner_freezes_a_budget_and_no_pipeline_spends_of_it_then(run_as: Run) -> None:
    """The rows of the owner tell who did it."""
    done(run_as("finops_owner", "cost_policy", freeze_at={"team": "0.5"}))
    done(run_as("finops_gate", "cost_entry", **COST))
    for role in ("finops_gate", "finops_import"):
        assert "permission denied for table" in run_as(role, "budget_actions", dry_run=False)["msg"]
    assert done(run_as("finops_gate", "cost_budget", spend="1", currency="ICU", category="compute"))[
        "gate_passed"
    ]
    frozen = done(run_as("finops_owner", "budget_actions", dry_run=False))
    assert frozen["budgets"][0]["action"] == "freeze"
    for module, options in (
        ("cost_budget", {"spend": "1", "currency": "ICU", "category": "compute"}),
        ("cost_reservation", HOLD),
    ):
        assert "frozen by `frozen_budgets`" in run_as("finops_gate", module, **options)["msg"]
    history = done(run_as("finops_reader", "cost_policy_info", history=True))["history"]["policies"]
    by_owner, by_actions = (one["recorded_by"].partition("/")[0] for one in history)
    assert by_owner == by_actions and by_owner.startswith("login_")
    done(run_as("finops_owner", "cost_policy", freeze_at={}))
    released = done(run_as("finops_owner", "budget_actions", dry_run=False))
    assert released["budgets"][0]["action"] == "unfreeze"
    assert done(run_as("finops_gate", "cost_reservation", **HOLD))["gate_passed"]
