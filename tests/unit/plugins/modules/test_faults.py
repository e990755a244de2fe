# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service that fails makes one sentence and never a number; what passes by is waited for
(design/reading-a-cloud.md#unknown-is-not-zero, design/reading-a-cloud.md#retries).
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from ...conftest import Sandbox
from .conftest import Run
from .running import run_module

Options = dict[str, Any]

COST: Options = {"window": "yesterday"}
MEASURES: Options = {"metrics": ["vcpus"], "measures": True, "summary": True}
UNREAD = "Reading measures from .* the service answered {}"
#: module, options, fault, the sentence, and whether a list of metrics was read all the same.
FAULTS = [
    ("infomaniak_cost_info", COST, {"service": "rating", **fault}, says, False)
    for fault, says in (
        ({"kind": "short_page"}, r"rows came from row 0 on where \d+ in all were promised"),
        ({"kind": "malformed"}, "the answer is not the JSON that the API promises"),
        ({"kind": "status", "status": 403}, "the service answered 403"),
        ({"kind": "status", "status": 500}, "the service answered 500"),
        ({"kind": "slow", "seconds": 3}, "no answer within api_timeout"),
    )
] + [
    ("infomaniak_metric_info", MEASURES, {"service": "metric", **fault}, says, "path" in fault)
    for fault, says in (
        ({"kind": "status", "status": 401}, "the service answered 401"),
        ({"kind": "status", "status": 403}, "the service answered 403"),
        ({"kind": "status", "status": 404}, "the service answered 404"),
        ({"kind": "status", "status": 500}, "the service answered 500"),
        ({"kind": "malformed"}, "the answer"),
        ({"kind": "slow", "seconds": 3}, "no answer within api_timeout"),
        ({"kind": "status", "status": 403, "path": "/v1/aggregates"}, UNREAD.format(403)),
        ({"kind": "status", "status": 500, "path": "/v1/aggregates"}, UNREAD.format(500)),
        ({"kind": "malformed", "path": "/v1/aggregates"}, "Reading measures from .* the answer"),
    )
]
PASSING = [
    ("infomaniak_cost_info", COST, {"service": "rating", "kind": "reset", "times": 1}),
    ("infomaniak_cost_info", COST, {"service": "rating", "kind": "status", "status": 503, "times": 1}),
    ("infomaniak_cost_info", COST, {"service": "identity", "kind": "status", "status": 503, "times": 1}),
] + [
    ("infomaniak_metric_info", MEASURES, {"service": "metric", **fault})
    for fault in (
        {"kind": "status", "status": 503, "path": "/v1/aggregates", "times": 1},
        {"kind": "status", "status": 429, "retry_after": 1, "path": "/v1/search", "times": 1},
        {"kind": "reset", "path": "/v1/aggregates", "times": 1},
        {"kind": "expired_token", "path": "/v1/aggregates"},
    )
]


@pytest.fixture
def ask(drilled: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a module on the sandbox that has the faults."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", drilled.state["clouds_file"])
    return lambda module, options: run_module(module, {"cloud": "sandbox", "api_timeout": 2, **options})


@pytest.mark.parametrize(("module", "options", "fault", "says", "listed"), FAULTS)
def test_a_fault_is_one_sentence_and_no_zero(
    ask: Run, drilled: Sandbox, module: str, options: Options, fault: Options, says: str, listed: bool
) -> None:
    drilled.ask("POST", "/sandbox/faults", fault)
    told = "metrics" if module == "infomaniak_metric_info" else "cost"
    refused = ask(module, options)
    assert refused["failed"]
    assert re.search(says, refused["msg"]), refused["msg"]
    assert told not in refused
    partly = ask(module, {**options, "on_error": "warn"})
    assert "failed" not in partly
    assert partly["complete"] is False
    (status,) = (row["status"] for row in partly["services"].values() if row["status"] != "ok")
    assert status == ("forbidden" if fault.get("status") in (401, 403) else "error")
    assert (partly[told] is None) is not listed
    if listed:
        assert {(row["measures"], row["summary"]) for row in partly["metrics"]} == {(None, None)}


@pytest.mark.parametrize(("module", "options", "fault"), PASSING)
def test_what_passes_by_leaves_no_trace(
    ask: Run, drilled: Sandbox, module: str, options: Options, fault: Options
) -> None:
    told = "metrics" if module == "infomaniak_metric_info" else "cost"
    well = ask(module, options)
    drilled.ask("POST", "/sandbox/faults", fault)
    patient = ask(module, options)
    assert patient["complete"] is True
    assert patient[told] == well[told]
    assert patient[told]
