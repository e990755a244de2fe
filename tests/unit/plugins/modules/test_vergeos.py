# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VergeOS system through the modules: environment names of both worlds, secrets, and a budget that gates on
what it used.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ...small_vergeos import SmallVergeos, row
from .running import run_module

SECRETS = ("vergeos-only-for-the-sandbox", "sandbox-vergeos-token")
OF_COLLECTION = {"VERGEOS_HOST": "host", "VERGEOS_USERNAME": "username", "VERGEOS_PASSWORD": "password"}
OF_SDK = {"VERGE_HOST": "host", "VERGE_USERNAME": "username", "VERGE_PASSWORD": "password"}
OF_SDK_TOKEN = {"VERGE_HOST": "host", "VERGE_TOKEN": "token"}


@pytest.mark.parametrize("names", [OF_COLLECTION, OF_SDK, OF_SDK_TOKEN])
@pytest.mark.parametrize("unverified", [{"VERGEOS_INSECURE": "true"}, {"VERGE_VERIFY_SSL": "false"}])
def test_names_of_the_environment(
    vergeos: SmallVergeos, monkeypatch: pytest.MonkeyPatch, names: dict[str, str], unverified: dict[str, str]
) -> None:
    for name, known in names.items():
        monkeypatch.setenv(name, vergeos.sandbox.state["vergeos"][known])
    assert "certificate was not accepted" in run_module("vergeos_billing_info", {})["msg"]
    for name, value in unverified.items():
        monkeypatch.setenv(name, value)
    told = run_module("vergeos_billing_info", {})
    assert told["records"] == []
    assert not any(secret in json.dumps(told) for secret in SECRETS)


def test_a_word_that_is_neither_yes_nor_no_does_not_switch_verifying_off(
    vergeos: SmallVergeos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERGE_VERIFY_SSL", "on")
    told = run_module("vergeos_billing_info", {**vergeos.login, "ca_cert": None})
    assert told["msg"].startswith(
        "VERGE_VERIFY_SSL: 'on' in the environment is not a boolean; use one of true, 1, yes, false, 0, no"
    )


def test_only_a_run_outside_check_mode_lets_a_system_make_a_record(
    vergeos: SmallVergeos, ledger_file: Path
) -> None:
    vergeos.put([row(5, 1793491200)])
    asked = {**vergeos.login, "source": "vergeos"}
    planned = run_module("usage_record", {**asked, "_ansible_check_mode": True})
    assert (planned["changed"], planned["record"], vergeos.asked()) == (True, None, [])
    assert not ledger_file.exists()
    made = run_module("usage_record", asked)
    assert (made["changed"], made["record"]["key"], made["ledger_created"]) == (True, 6, True)
    assert vergeos.asked() == ["GET /billing", "POST /billing_actions", "GET /billing"]
    assert run_module("usage_record_info", {"key": 6})["record"] == made["record"]
    assert run_module("vergeos_billing_info", {**vergeos.login, "latest": True})["record"] == made["record"]


PRICES = {"usage_prices": {"cores": "0.5"}, "currency": "CHF"}


def this_hour() -> int:
    return int(time.time()) // 3600 * 3600


def rows(hours: int) -> list[dict[str, Any]]:
    """So many whole hours up to now, of 2 cores each."""
    begin = this_hour() - 3600 * hours
    return [row(number, begin + 3600 * number, used_cores=2) for number in range(1, hours + 1)]


def gate(spend: str) -> dict[str, Any]:
    """Ask a budget of 100 for the 10 hours up to now and the day after."""
    begin, end = (
        datetime.fromtimestamp(moment, UTC).isoformat()
        for moment in (this_hour() - 36000, this_hour() + 86400)
    )
    budget = {
        "name": "own",
        "limit": "100",
        "currency": "CHF",
        "fed_by": "cloud",
        "basis": "actual",
        "period": "custom",
    }
    scope = {"begin": begin, "end": end, "scope": {"projects": ["sandbox-vergeos"]}}
    return run_module(
        "cost_budget", {**budget, **scope, "spend": spend, "project": "sandbox-vergeos", "on_unknown": "warn"}
    )


def test_a_budget_gates_on_what_a_system_used(vergeos: SmallVergeos, ledger_file: Path) -> None:
    vergeos.put(rows(12))
    assert gate("1")["verdict"] == "unknown"
    assert run_module("cost_import_vergeos", {**vergeos.login, **PRICES})["rating_behind"] is False
    told = gate("1")
    # 10 hours of 2 cores at 0.5, and the one that runs at the rate of the newest.
    assert (told["verdict"], told["budgets"][0]["spent"], told["budgets"][0]["accrued"]) == (
        "allow",
        "10",
        "1",
    )
    assert gate("89")["verdict"] == "allow"
    assert gate("89.01")["verdict"] == "deny"


def test_a_budget_is_unknown_over_an_hour_that_a_system_does_not_tell(
    vergeos: SmallVergeos, ledger_file: Path
) -> None:
    told = rows(12)
    told[7]["used_cores"] = None
    vergeos.put(told)
    imported = run_module("cost_import_vergeos", {**vergeos.login, **PRICES})
    assert (imported["rating_behind"], imported["incomplete_records"]) == (True, [8])
    verdict = gate("1")
    assert verdict["verdict"] == "unknown"
    assert (
        "the cloud has not rated the cost of project sandbox-vergeos"
        f" from {imported['holes'][0]['begin']} to {imported['holes'][0]['end']}" in verdict["reasons"][0]
    )
