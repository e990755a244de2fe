# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the policy refuses shuts a gate whatever lets it pass otherwise, and a policy that nobody read lets
nothing pass (design/gate.md#policy).
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets.deployment_verdict import (
    Policy,
    deployment_verdict,
)

from .test_deployment_verdict import BROKEN, FITS, FREE, KNOWN, SKIPPED, gate

Result = dict[str, Any]
LEDGER = "sqlite:////l.db"
STRICT: Result = {
    "version": 7,
    "allow_on_unknown_warn": False,
    "allow_on_exceeded_warn": False,
    "allow_own_rates": False,
    "allow_own_prices": False,
    "allow_assume_free": False,
    "offset_removals": False,
    "cost_allocation": [],
    "freeze_at": {},
    "frozen_budgets": [],
    "locale": None,
    "stop_at": {},
    "shelve_at": {},
    "price_sources": ["observed"],
    "free_types": ["cloudflare_record"],
    "required_tags": [],
    "timezone": None,
    "currency": None,
    "recorded_at": "2026-11-21T05:00:00Z",
    "recorded_by": "ada@office",
}
LOOSE: Result = {**STRICT, "allow_on_unknown_warn": True, "allow_on_exceeded_warn": True}
USED: Result = {"rates": False, "prices": [], "price_sources": ["observed"], "assume_free": []}


def telling(result: Result, policy: Result | None, ledger: str = LEDGER, rates_version: int = 0) -> Result:
    """A result that tells the policy of a ledger; None for one that tells none."""
    told = {} if policy is None else {"ledger": ledger, "policy": policy, "rates_version": rates_version}
    return {**result, **told}


def judged(estimate: Result, answer: Result, info: Result | None = None, warn: bool = True) -> Result:
    passing = Policy("warn", "warn") if warn else Policy("fail", "fail")
    return deployment_verdict("shop", estimate, FITS, answer, passing, None, info or {})


@pytest.mark.parametrize(
    ("used", "rule"),
    [
        ({**USED, "rates": True}, "allow_own_rates"),
        ({**USED, "prices": ["price_list"]}, "allow_own_prices"),
        ({**USED, "prices": ["metrics"]}, "allow_own_prices"),
        ({**USED, "price_sources": ["observed", "quote"]}, "price_sources"),
        ({**USED, "assume_free": ["*"]}, "free_types"),
        ({**USED, "assume_free": ["cloudflare_record", "aws_instance"]}, "free_types"),
    ],
)
def test_an_estimate_that_read_no_policy_is_checked_with_the_gates(used: Result, rule: str) -> None:
    result = judged({**KNOWN, "used": used}, telling(gate("allow"), LOOSE))
    assert (result["verdict"], result["gate_passed"]) == ("deny", False)
    assert result["findings"][0]["subject"] == "policy"
    assert rule in result["reasons"][0]
    assert result["policy"]["version"] == 7
    assert judged({**KNOWN, "used": USED}, telling(gate("allow"), LOOSE))["gate_passed"]
    # Nobody has a policy: nothing is refused.
    assert judged({**KNOWN, "used": used}, telling(gate("allow"), {}))["gate_passed"]


@pytest.mark.parametrize("used", [None, {}, "no", {**USED, "prices": "no"}, {**USED, "rates": "no"}])
def test_an_estimate_that_does_not_tell_what_it_used_passes_no_policy(used: Any) -> None:
    result = judged({**KNOWN, "used": used}, telling(gate("allow"), LOOSE))
    assert (result["verdict"], result["gate_passed"]) == ("unknown", False)


@pytest.mark.parametrize("where", ["gate", "info", "estimate"])
@pytest.mark.parametrize(("verdict", "rule"), [("deny", "exceeded"), ("unknown", "unknown")])
def test_a_warning_that_the_policy_refuses_lets_nothing_pass(where: str, verdict: str, rule: str) -> None:
    """Wherever the policy is told: a gate that was refused tells none."""
    estimate = telling({**KNOWN, "used": USED}, STRICT if where == "estimate" else None)
    answer = telling(gate(verdict, passed=True), STRICT if where == "gate" else None)
    result = judged(estimate, answer, telling({}, STRICT if where == "info" else None))
    assert not result["gate_passed"]
    assert any(f"allow_on_{rule}_warn" in reason for reason in result["reasons"])
    refused = judged(estimate, BROKEN, telling({}, STRICT))
    assert not refused["gate_passed"]


@pytest.mark.parametrize(("estimate", "answer"), [(FREE, SKIPPED), (BROKEN, SKIPPED), (KNOWN, gate("allow"))])
def test_without_anybody_who_read_the_policy_nothing_passes(estimate: Result, answer: Result) -> None:
    for warn in (True, False):
        result = judged(estimate, answer, BROKEN, warn)
        assert not result["gate_passed"]
        assert result["policy"] is None
        assert any("no result tells the policy" in reason for reason in result["reasons"])


def test_a_deployment_without_cost_is_checked_with_the_policy_that_its_estimate_read() -> None:
    free = {**FREE, "used": {**USED, "assume_free": ["aws_instance"]}}
    assert not judged(telling(free, LOOSE), SKIPPED)["gate_passed"]
    assert judged(telling({**free, "used": USED}, LOOSE), SKIPPED)["gate_passed"]


def test_results_of_different_ledgers_do_not_belong_together() -> None:
    """The estimate was made where the pipeline has a ledger of its own, without a policy."""
    estimate = telling({**KNOWN, "used": USED}, {}, "sqlite:////mine.db")
    result = judged(estimate, telling(gate("allow"), LOOSE))
    assert not result["gate_passed"]
    assert "sqlite:////l.db and sqlite:////mine.db" in result["reasons"][0]


@pytest.mark.parametrize(
    ("of_estimate", "of_gate", "passes"), [(3, 3, True), (None, 3, False), (2, 3, False), (None, 0, True)]
)
def test_an_estimate_at_other_rates_than_the_ledgers_passes_nothing(
    of_estimate: int | None, of_gate: int, passes: bool
) -> None:
    estimate = {**KNOWN, "used": USED}
    if of_estimate is not None:
        estimate = telling(estimate, {}, rates_version=of_estimate)
    result = judged(estimate, telling(gate("allow"), {}, rates_version=of_gate))
    assert result["gate_passed"] is passes


def test_a_policy_that_was_tampered_with_lets_nothing_pass() -> None:
    cut = {name: value for name, value in LOOSE.items() if name != "allow_own_rates"}
    result = judged({**KNOWN, "used": USED}, telling(gate("allow"), cut))
    assert (result["verdict"], result["gate_passed"]) == ("unknown", False)
