# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deny beats unknown beats allow, what was not asked is unknown, and only what a policy covers passes
(design/gate.md#one-verdict-on-a-deployment).
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets.deployment_verdict import (
    Policy,
    deployment_verdict,
)
from hypothesis import given
from hypothesis import strategies as st

Result = dict[str, Any]
#: What cost_policy_info says of a ledger without a policy.
NO_POLICY: Result = {"ledger": "sqlite:////l.db", "policy": {}, "rates_version": 0}
NET = {"this_period": "30", "monthly": "100", "next_period": "101"}
CLOUD: Result = {
    "name": "production",
    "auth_url": "https://cloud.example/v3",
    "region": "dc3-a",
    "project_id": "p1",
    "project_name": "shop",
}
KNOWN: Result = {
    "cloud": CLOUD,
    "lines": [{"name": "web"}],
    "complete": True,
    "unknown": [],
    "required": {"cores": 2},
    "adds_no_cost": False,
    "currency": "CHF",
    "difference": {"net": NET},
    "collected_at": "2026-11-21T05:00:00Z",
    "period": {"period_start": "2026-11-01T00:00:00Z", "period_end": "2026-12-01T00:00:00Z", "hours": "228"},
    "following_period": {
        "period_start": "2026-12-01T00:00:00Z",
        "period_end": "2027-01-01T00:00:00Z",
        "hours": "744",
    },
}
FREE: Result = {**KNOWN, "lines": [], "adds_no_cost": True, "required": {}}
REDUCES: Result = {**FREE, "adds_no_cost": False, "reduces": True}
UNKNOWN: Result = {
    **KNOWN,
    "complete": False,
    "unknown": [{"name": "web", "reason": "nobody knows"}, {"name": "db", "reason": "no price"}],
}
FITS: Result = {"cloud": CLOUD, "fits": True, "shortfalls": [], "unknown": []}
SHORT: Result = {**FITS, "fits": False, "shortfalls": [{"name": "cores", "missing": 4}]}
UNTOLD: Result = {
    **FITS,
    "fits": None,
    "unknown": [{"name": "ports", "reason": "network was not read"}],
}
BROKEN: Result = {"msg": "Reading flavors from http://cloud failed:\n  500", "failed": False}
SKIPPED: Result = {"changed": False, "skipped": True, "skip_reason": "Conditional result was False"}


MONTH: Result = {
    "currency": "CHF",
    "left": "0",
    **{key: KNOWN["period"][key] for key in ("period_start", "period_end")},
    "next_period": {
        "period_start": "2026-12-01T00:00:00Z",
        "period_end": "2027-01-01T00:00:00Z",
        "left": "0",
    },
}


def gate(verdict: str, *budgets: str, passed: bool | None = None, **more: Any) -> Result:
    rows = [
        {**MONTH, "name": f"b{number}", "verdict": one, "reason": f"b{number} says {one}"}
        for number, one in enumerate(budgets or (verdict,))
    ]
    return {
        "verdict": verdict,
        "gate_passed": verdict == "allow" if passed is None else passed,
        "budgets": rows,
        "reasons": ["first"],
        **more,
    }


def told(
    estimate: Result,
    quota: Result,
    answer: Result | None,
    exceeded: str = "fail",
    unknown: str = "fail",
    sync_failure: str | None = None,
) -> Result:
    policy = Policy(exceeded, unknown)
    return deployment_verdict("shop", estimate, quota, answer, policy, sync_failure, NO_POLICY)


@pytest.mark.parametrize(
    ("estimate", "quota", "answer", "verdict", "reason"),
    [
        (
            KNOWN,
            FITS,
            gate("allow"),
            "allow",
            "The cost is known: CHF 30 until the period ends, 100 in 730 hours",
        ),
        (KNOWN, FITS, gate("deny"), "deny", "b0 says deny"),
        (KNOWN, FITS, gate("unknown"), "unknown", "b0 says unknown"),
        (
            KNOWN,
            SHORT,
            gate("unknown"),
            "deny",
            "The deployment does not fit into the quotas: cores lacks 4.",
        ),
        (
            KNOWN,
            UNTOLD,
            gate("allow"),
            "unknown",
            "Whether it fits into the quotas is not known: ports (network was",
        ),
        (UNKNOWN, FITS, gate("allow"), "unknown", "The cost is not known of web and 1 more: nobody knows."),
        (UNKNOWN, FITS, gate("deny"), "deny", "b0 says deny"),
        (
            {**KNOWN, "complete": False},
            FITS,
            gate("allow"),
            "unknown",
            "The cost is not known: not all could be read.",
        ),
        (
            BROKEN,
            FITS,
            gate("allow"),
            "unknown",
            "The cost is not known: Reading flavors from http://cloud failed: 500",
        ),
        (
            KNOWN,
            BROKEN,
            gate("allow"),
            "unknown",
            "Whether it fits into the quotas is not known: Reading flavors",
        ),
        (KNOWN, FITS, BROKEN, "unknown", "What the budgets say is not known: Reading flavors from"),
        (SKIPPED, SKIPPED, SKIPPED, "unknown", "The cost was not estimated."),
        (
            KNOWN,
            SKIPPED,
            gate("allow"),
            "unknown",
            "The quotas were not checked.",
        ),
        (KNOWN, FITS, SKIPPED, "unknown", "The budgets were not asked."),
        (KNOWN, FITS, {"verdict": "perhaps"}, "unknown", "What the budgets say is not known"),
        # A line that no budget covers is a verdict of none of them.
        (KNOWN, FITS, gate("unknown", "allow"), "unknown", "first"),
        (KNOWN, FITS, gate("allow", "allow", "ended"), "allow", "The cost is known"),
        (KNOWN, {**FITS, "fits": "yes"}, gate("allow"), "unknown", "is not known: nobody says why"),
        (FREE, SKIPPED, SKIPPED, "allow", "The deployment adds no cost: it comes to CHF 30 until"),
        ({**FREE, "required": {"cores": 2}}, SHORT, SKIPPED, "deny", "does not fit into the quotas"),
        (
            {**KNOWN, "required_elsewhere": {"dc4-a": {"volumes": 1}}},
            FITS,
            gate("allow"),
            "unknown",
            "The quotas of region dc4-a were not checked",
        ),
        (
            {**KNOWN, "required": {}, "required_unknown": ["web-1"]},
            SKIPPED,
            gate("allow"),
            "unknown",
            "It is not known which quotas web-1 needs.",
        ),
    ],
)
def test_one_verdict_of_all(
    estimate: Result, quota: Result, answer: Result, verdict: str, reason: str
) -> None:
    said = told(estimate, quota, answer)
    assert said["verdict"] == verdict
    assert reason in said["reasons"][0]
    assert said["gate_passed"] is (verdict == "allow")


ESTIMATES, QUOTAS = (KNOWN, FREE, UNKNOWN, BROKEN, SKIPPED), (FITS, SHORT, UNTOLD, BROKEN, SKIPPED)
GATES = (
    gate("allow"),
    gate("deny"),
    gate("unknown"),
    gate("deny", "unknown", "deny", "allow"),
    BROKEN,
    SKIPPED,
)


@given(
    st.sampled_from(ESTIMATES), st.sampled_from(QUOTAS), st.sampled_from(GATES), st.booleans(), st.booleans()
)
def test_what_passes_is_allowed_or_covered_by_the_policy_and_the_keys_are_always_the_same(
    estimate: Result, quota: Result, answer: Result, deny_passes: bool, unknown_passes: bool
) -> None:
    said = told(
        estimate, quota, answer, "warn" if deny_passes else "fail", "warn" if unknown_passes else "fail"
    )
    verdicts = {finding["verdict"] for finding in said["findings"]}
    covered = {"allow"} | ({"deny"} if deny_passes else set()) | ({"unknown"} if unknown_passes else set())
    assert said["gate_passed"] is (verdicts <= covered)
    assert said["verdict"] == next(one for one in ("deny", "unknown", "allow") if one in verdicts)
    assert said.keys() == told(KNOWN, FITS, gate("allow")).keys()
    order = ["deny", "unknown", "allow"]
    assert [order.index(one["verdict"]) for one in said["findings"]] == sorted(
        order.index(one["verdict"]) for one in said["findings"]
    )


@pytest.mark.parametrize("warn", ["fail", "warn"])
def test_nothing_lets_a_deployment_pass_of_which_no_budget_was_asked_yet(warn: str) -> None:
    said = told(KNOWN, FITS, None, warn, warn)
    assert (said["verdict"], said["gate_passed"], said["held"]) == ("unknown", False, False)
    assert said["findings"][0] == {
        "subject": "budgets",
        "verdict": "unknown",
        "reason": "The budgets were not asked yet.",
        "passes": False,
    }
    assert [one["subject"] for one in said["findings"] if not one["passes"]] == ["budgets"]
    assert told(FREE, SKIPPED, None)["gate_passed"]


def test_tax_is_what_the_budgets_say_and_null_where_none_was_asked() -> None:
    assert told(KNOWN, FITS, gate("allow", tax="included"))["tax"] == "included"
    assert [told(KNOWN, FITS, one)["tax"] for one in (None, BROKEN, SKIPPED)] == [None, None, None]


UNSYNCED = "production: rating answered 403.\n  Ask its owner."


def test_a_failed_sync_never_ends_in_allow() -> None:
    said = told(KNOWN, FITS, gate("allow"), sync_failure=UNSYNCED)
    assert (said["verdict"], said["gate_passed"], said["sync_failure"]) == ("unknown", False, UNSYNCED)
    assert said["findings"][0] == {
        "subject": "sync",
        "verdict": "unknown",
        "reason": "The ledger could not be brought up to date: production: rating answered 403. Ask its"
        " owner. If this login may not import, set budget_gate_sync to false.",
        "passes": False,
    }
    assert told(KNOWN, FITS, gate("deny"), sync_failure=UNSYNCED)["verdict"] == "deny"
    assert not told(KNOWN, FITS, gate("allow"), exceeded="warn", sync_failure=UNSYNCED)["gate_passed"]
    passing = told(KNOWN, FITS, gate("allow"), unknown="warn", sync_failure=UNSYNCED)
    assert (passing["verdict"], passing["gate_passed"]) == ("unknown", True)


@pytest.mark.parametrize("estimate", [FREE, REDUCES])
def test_a_failed_sync_stops_nothing_that_asks_no_budget(estimate: Result) -> None:
    said = told(estimate, SKIPPED, SKIPPED, sync_failure=UNSYNCED)
    assert (said["verdict"], said["sync_failure"], said["held"]) == ("allow", UNSYNCED, False)


def test_what_reduces_cost_says_so() -> None:
    reasons = told(REDUCES, SKIPPED, SKIPPED)["reasons"]
    assert reasons[0] == (
        "The deployment only removes, keeps or cheapens what the project has: it comes to CHF 30 until the"
        " period ends."
    )
    unread = told({**REDUCES, "complete": False, "reduces": False}, SKIPPED, SKIPPED)
    assert (unread["verdict"], unread["gate_passed"]) == ("unknown", False)


@pytest.mark.parametrize("fits", [True, False, None])
@pytest.mark.parametrize(
    "cloud",
    [
        {**CLOUD, "project_id": "p2"},
        {**CLOUD, "region": "dc4-a"},
        {**CLOUD, "auth_url": "https://other.example/v3"},
        {**CLOUD, "region": None},
        {},
        None,
    ],
)
def test_quotas_of_another_project_or_region_tell_nothing(cloud: Any, fits: bool | None) -> None:
    said = told(KNOWN, {**SHORT, "cloud": cloud, "fits": fits}, gate("allow"))
    assert (said["verdict"], said["gate_passed"]) == ("unknown", False)
    assert said["reasons"][0] == (
        "The quotas are not known to be those of the project and the region of the estimate."
    )


@pytest.mark.parametrize("cloud", [{**CLOUD, "region": None}, {}, None])
def test_two_results_that_do_not_tell_their_project_are_not_alike(cloud: Any) -> None:
    said = told({**KNOWN, "cloud": cloud}, {**FITS, "cloud": cloud}, gate("allow"))
    assert said["verdict"] == "unknown"


def test_where_the_quotas_are_of_is_no_matter_of_the_clouds_name() -> None:
    other = {**CLOUD, "name": None, "project_name": "Shop"}
    assert told(KNOWN, {**FITS, "cloud": other}, gate("allow"))["verdict"] == "allow"
    assert told({**KNOWN, "required": {}}, {**FITS, "cloud": {}}, gate("allow"))["verdict"] == "allow"


@pytest.mark.parametrize("refused", ["estimate", "quota", "answer"])
def test_a_refused_option_is_no_unknown_amount_that_may_pass(refused: str) -> None:
    msg = "lines[0].tags: has no 'team', which is required by 'required_tags' of the ledger's policy"
    failure = {"msg": msg, "failed": False, "error": {"kind": "invalid_option", "option": "lines[0].tags"}}
    results = {"estimate": KNOWN, "quota": FITS, "answer": gate("allow"), refused: failure}
    said = told(**results, exceeded="warn", unknown="warn")
    assert (said["verdict"], said["gate_passed"], said["held"]) == ("deny", False, False)
    assert said["reasons"][0].endswith(msg)


def test_what_the_budgets_said_stands_although_the_deployment_adds_no_cost() -> None:
    assert told(FREE, FITS, gate("deny"))["verdict"] == "deny"


def test_nothing_is_held_unless_a_reservation_says_so() -> None:
    for state, passed, held in itertools.product(("held", "committed", "released"), (True, False), (True,)):
        said = told(KNOWN, FITS, gate("allow", passed=passed, reservation={"state": state}))
        assert said["held"] is (state == "held" and passed and held)
    assert told(KNOWN, FITS, gate("allow"))["held"] is False
