# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook can tell failures apart: each kind once, through a module's own main
(design/ansible.md#failures).
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.doc_fragments._errors import ModuleDocFragment
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    KINDS,
    Forbidden,
    InvalidOption,
    NotFound,
    SeveralErrors,
)

from ...conftest import FILES, Sandbox
from .conftest import Run
from .running import PACKAGE, run_module

Options = dict[str, Any]

SCENARIO = FILES / "scenarios" / "default.yml"
COST: Options = {"cloud": "sandbox", "window": "yesterday", "api_timeout": 2}
#: kind, module, options, fault, and what else the error says.
OF_A_CLOUD: list[tuple[str, str, Options, Options | None, Options]] = [
    (
        "login", "infomaniak_cost_info", COST, {"service": "identity", "kind": "status", "status": 401},
        {"service": "identity", "http_status": 401},
    ),
    (
        "forbidden", "infomaniak_cost_info", COST, {"service": "rating", "kind": "status", "status": 403},
        {"service": "rating", "http_status": 403},
    ),
    (
        "not_found", "infomaniak_metric_info", {"cloud": "sandbox", "api_timeout": 2},
        {"service": "metric", "kind": "status", "status": 404}, {"service": "metric", "http_status": 404},
    ),
    (
        "unavailable", "infomaniak_cost_info", COST, {"service": "rating", "kind": "status", "status": 500},
        {"service": "rating", "http_status": 500},
    ),
    (
        "unavailable", "infomaniak_cost_info", COST, {"service": "rating", "kind": "slow", "seconds": 3},
        {"service": "rating"},
    ),
    (
        "malformed", "infomaniak_cost_info", COST, {"service": "rating", "kind": "short_page"},
        {"service": "rating"},
    ),
    (
        "rejected", "infomaniak_cost_info", COST, {"service": "rating", "kind": "status", "status": 409},
        {"service": "rating", "http_status": 409},
    ),
    (
        "unavailable", "infomaniak_cost_info", {**COST, "task_timeout": 1, "api_timeout": 60},
        {"service": "rating", "kind": "drip", "seconds": 0.1},
        {"service": "rating", "option": "task_timeout"},
    ),
    (
        "login", "infomaniak_cost_info", {**COST, "task_timeout": 1, "api_timeout": 60},
        {"service": "identity", "kind": "drip", "seconds": 0.1},
        {"service": "identity", "option": "task_timeout"},
    ),
    (
        "invalid_option", "infomaniak_cost_info", {**COST, "task_timeout": -1}, None,
        {"option": "task_timeout"},
    ),
    ("unknown_amount", "infomaniak_cost_info", {**COST, "currency": "JPY"}, None, {}),
    (
        "denied", "infomaniak_quota_info",
        {"cloud": "sandbox", "required": {"cores": 1000}, "fail_on_shortfall": True}, None, {},
    ),
    (
        "unknown", "infomaniak_quota_info",
        {"cloud": "sandbox", "required": {"listeners": 1}, "fail_on_shortfall": True}, None, {},
    ),
]  # fmt: skip
BUDGET: Options = {"name": "team", "limit": "9", "currency": "CHF", "fed_by": "entries"}
#: kind, module, options, what else the error says, and what ran before.
OF_A_LEDGER: list[tuple[str, str, Options, Options, list[Options]]] = [
    ("invalid_option", "cost_budget", {"spend": "NaN", "currency": "CHF"}, {"option": "spend"}, []),
    ("invalid_option", "cost_budget", {"spend": "1"}, {}, []),
    ("invalid_option", "cost_budget", {"name": "team", "limt": "1"}, {}, []),
    (
        "invalid_option", "cost_budget",
        {"lines": [{"amount": "1", "currency": "CHF", "category": "food"}]}, {}, [],
    ),
    (
        "invalid_option", "cost_budget", {"currency": "CHF", "lines": [{"amount": "1"}, {"amount": "x"}]},
        {"option": "lines[1].amount"}, [],
    ),
    ("ledger", "cost_budget_info", {}, {}, []),
    ("denied", "cost_budget", {"spend": "10", "currency": "CHF"}, {}, [BUDGET]),
    ("unknown", "cost_budget", {"spend": "1", "currency": "CHF"}, {}, [{**BUDGET, "fed_by": "cloud"}]),
    ("not_found", "usage_record_info", {"latest": True}, {}, [BUDGET]),
]  # fmt: skip


def error(kind: str, **said: Any) -> Options:
    return {"kind": kind, "service": None, "option": None, "http_status": None, **said}


@pytest.mark.parametrize(("kind", "module", "options", "fault", "said"), OF_A_CLOUD)
def test_kinds_of_a_cloud(
    drilled: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    module: str,
    options: Options,
    fault: Options | None,
    said: Options,
) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", drilled.state["clouds_file"])
    if fault is not None:
        drilled.ask("POST", "/sandbox/faults", fault)
    result = run_module(module, options)
    assert (result["failed"], result["error"]) == (True, error(kind, **said)), result["msg"]


@pytest.mark.parametrize(("kind", "module", "options", "said", "before"), OF_A_LEDGER)
def test_kinds_of_a_ledger(
    run: Run, kind: str, module: str, options: Options, said: Options, before: list[Options]
) -> None:
    for given in before:
        run("cost_budget", given)
    result = run(module, options)
    assert (result["failed"], result["error"]) == (True, error(kind, **said)), result["msg"]


def test_a_service_that_the_catalog_does_not_have_is_a_kind(
    start: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = yaml.safe_load(SCENARIO.read_text()) | {"services": ["compute", "block_storage", "network"]}
    unrated = tmp_path / "unrated.yml"
    unrated.write_text(yaml.safe_dump(scenario))
    cloud = start("--scenario", str(unrated))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", cloud.state["clouds_file"])
    result = run_module("infomaniak_cost_info", COST)
    assert (result["failed"], result["error"]) == (True, error("absent", service="rating")), result["msg"]


def test_a_missing_library_is_a_kind(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("cost_budget", BUDGET)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = run("cost_export", {"dest": "{folder}/lake", "format": "parquet", "currency": "CHF"})
    assert (result["failed"], result["error"]) == (True, error("library")), result["msg"]
    assert sys.executable in result["msg"]


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("vergeos_billing_info", {}),
        ("usage_record", {"source": "vergeos"}),
        ("cost_import_vergeos", {"usage_prices": {"cores": "1"}, "currency": "CHF"}),
    ],
)
def test_a_vergeos_that_refuses_the_login_is_named(run: Run, module: str, options: Options) -> None:
    result = run(module, {**options, "token": "wrong"})
    assert result["error"] == error("login", service="vergeos", http_status=401)


def test_several_errors_are_of_the_first_ones_kind() -> None:
    both = SeveralErrors([Forbidden("a list", "https://a/", "no", 403), InvalidOption("b", "is wrong.")])
    assert both.to_result() == error("forbidden", http_status=403)
    assert str(both) == "Reading a list from https://a/ failed: no. b: is wrong."
    assert SeveralErrors([NotFound("a", "b", "c", 404)]).to_result() == error("not_found", http_status=404)


def test_the_list_of_kinds_is_closed_and_documented() -> None:
    tried = {row[0] for row in (*OF_A_CLOUD, *OF_A_LEDGER)} | {"absent", "library"}
    assert tried == set(KINDS)
    (note,) = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["notes"]
    assert re.findall(r"C\((\w+)\) \(", note) == [
        kind for kind in re.findall(r"C\((\w+)\)", note) if kind in KINDS
    ]
    assert set(re.findall(r"C\((\w+)\) \(", note)) == set(KINDS)


@pytest.mark.parametrize(
    "module",
    sorted(
        path.stem
        for path in (Path(__file__).parents[4] / "plugins" / "modules").glob("*.py")
        if "FinopsModule(" in path.read_text()
    ),
)
def test_every_module_documents_its_failures(module: str) -> None:
    content = importlib.import_module(f"{PACKAGE}.{module}")
    assert list(yaml.safe_load(content.RETURN)["error"]["contains"]) == list(error(""))
    assert "finops.cloud._errors" in yaml.safe_load(content.DOCUMENTATION)["extends_documentation_fragment"]
