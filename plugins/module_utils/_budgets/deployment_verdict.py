# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One verdict on a deployment, from its estimate, the quotas and the budgets
(design/gate.md#one-verdict-on-a-deployment).

It judges the results of cost_estimate_info, infomaniak_quota_info, and of cost_reservation or cost_budget, as
tasks registered them. A result that failed, or is missing where it is needed, is unknown; one that failed for
an option, or for what the owner's policy refuses, shuts the gate whatever lets unknown amounts pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from .._core.errors import INVALID_OPTION
from .._core.visible_text import visible_line
from .policy_findings import policy_findings
from .sums import ALLOW, DENY, UNKNOWN
from .verdict import ENDED

#: Deny beats unknown beats allow.
_WORST_FIRST = (DENY, UNKNOWN, ALLOW)

_KEPT_OF_ESTIMATE = (
    "currency",
    "period",
    "following_period",
    "total",
    "known",
    "difference",
    "complete",
    "monthly_total",
    "lost_costs",
    "unknown",
    "lines",
    "playbook_before",
    "resources_count",
    "default_tags",
)
#: What says of which project and region of which cloud a result tells.
_PLACE = ("auth_url", "project_id", "region")
#: Of a task that did not run.
_NOT_ASKED = {
    "estimate": "The cost was not estimated.",
    "quota": "The quotas were not checked.",
    "budgets": "The budgets were not asked.",
}
_KEPT_OF_QUOTA = ("fits", "shortfalls", "unknown")

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """The verdict of one of them. passes: whether on_exceeded and on_unknown let the run go on with it."""

    subject: str
    verdict: str
    reason: str
    passes: bool


@dataclass(frozen=True)
class Policy:
    """`fail` or `warn` for each verdict that is not `allow`."""

    on_exceeded: str
    on_unknown: str

    def passes(self, verdict: str) -> bool:
        """Whether a run may go on with that verdict."""
        return verdict == ALLOW or {DENY: self.on_exceeded, UNKNOWN: self.on_unknown}.get(verdict) == "warn"


def deployment_verdict(
    name: str,
    estimate: Result,
    quota: Result,
    gate: Result | None,
    policy: Policy,
    sync_failure: str | None,
    policy_info: Result,
) -> dict[str, Any]:
    """The verdict with one reason for each finding, the worst first; always with the same keys.

    gate: None where the budgets are asked later. Nothing lets such a verdict pass, unless no budget is to be
    asked.
    """
    asked: Result = {} if gate is None else gate
    of_owner = policy_findings(estimate, asked, policy_info, policy.on_exceeded, policy.on_unknown)
    refused = [Finding("policy", verdict, reason, passes=False) for verdict, reason in of_owner.said]
    refused += [
        Finding(subject, DENY, _broken(result, subject, what), passes=False)
        for subject, result, what in (
            ("estimate", estimate, "The estimate was refused"),
            ("quota", quota, "The quotas were not asked"),
            ("budgets", asked, "The budgets were not asked"),
        )
        if _is_refused(result)
    ]
    of_budgets = _of_budgets(estimate, asked)
    if gate is None and not _asks_no_budget(estimate):
        refused.append(Finding("budgets", UNKNOWN, "The budgets were not asked yet.", passes=False))
        of_budgets = []
    said = [
        _of_estimate(estimate),
        _of_quota(estimate, quota),
        *_of_sync(estimate, sync_failure),
        *of_budgets,
    ]
    found = [Finding(subject, verdict, reason, policy.passes(verdict)) for subject, verdict, reason in said]
    shown = [replace(one, reason=visible_line(one.reason)) for one in (*refused, *found)]
    findings = sorted(shown, key=lambda one: _WORST_FIRST.index(one.verdict))
    reservation = asked.get("reservation") or {}
    return {
        "name": name,
        "verdict": findings[0].verdict,
        "gate_passed": all(finding.passes for finding in findings),
        "reasons": [finding.reason for finding in findings],
        "findings": [asdict(finding) for finding in findings],
        "sync_failure": sync_failure,
        "held": asked.get("gate_passed") is True and reservation.get("state") == "held",
        "reservation": dict(reservation),
        "estimate": {key: estimate.get(key) for key in _KEPT_OF_ESTIMATE},
        "quota": {"required": estimate.get("required"), **{key: quota.get(key) for key in _KEPT_OF_QUOTA}},
        "budgets": asked.get("budgets") or [],
        "summary": asked.get("summary") or [],
        "policy": of_owner.policy,
        "plan_sha256": estimate.get("plan_sha256"),
        "evaluated_at": asked.get("evaluated_at") or estimate.get("collected_at"),
        "tax": asked.get("tax"),
    }


def _asks_no_budget(estimate: Result) -> bool:
    """Whether nothing has to be paid for, or nothing more than before."""
    return any(estimate.get(name) is True for name in ("adds_no_cost", "reduces"))


def _is_refused(result: Result) -> bool:
    """Whether the task failed for what its options say, the owner's policy included. It is no unknown amount
    that `on_unknown` could let pass.
    """
    error = result.get("error")
    return isinstance(error, Mapping) and error.get("kind") == INVALID_OPTION


def _broken(result: Result, subject: str, what: str) -> str:
    """Why there is no answer, on one line: the message of a failed module may have several. A task that did
    not run has none.
    """
    return f"{what}: {' '.join(str(result['msg']).split())}" if result.get("msg") else _NOT_ASKED[subject]


def _of_estimate(estimate: Result) -> tuple[str, str, str]:
    if not isinstance(estimate.get("lines"), Sequence):
        return "estimate", UNKNOWN, _broken(estimate, "estimate", "The cost is not known")
    if estimate.get("complete") is True:
        return "estimate", ALLOW, _known(estimate)
    rows: Sequence[Mapping[str, Any]] = estimate.get("unknown") or ()
    if not rows:
        return "estimate", UNKNOWN, "The cost is not known: not all could be read."
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    return "estimate", UNKNOWN, f"The cost is not known of {rows[0]['name']}{more}: {rows[0]['reason']}."


def _known(estimate: Result) -> str:
    currency, net = estimate["currency"], estimate["difference"]["net"]
    if estimate["adds_no_cost"]:
        return (
            f"The deployment adds no cost: it comes to {currency} {net['this_period']} until the period ends."
        )
    if estimate.get("reduces") is True:
        return (
            "The deployment only removes, keeps or cheapens what the project has: it comes to"
            f" {currency} {net['this_period']} until the period ends."
        )
    return (
        f"The cost is known: {currency} {net['this_period']} until the period ends, {net['monthly']} in 730"
        " hours,"
        f" {net['next_period']} in the next period."
    )


def _of_quota(estimate: Result, quota: Result) -> tuple[str, str, str]:
    """What the quotas of the login's region say; unless they deny, what is needed elsewhere, or of an unknown
    amount, leaves it unknown.
    """
    found = _of_home_quota(estimate, quota)
    if found[1] == DENY:
        return found
    if elsewhere := estimate.get("required_elsewhere"):
        return "quota", UNKNOWN, f"The quotas of region {', '.join(sorted(elsewhere))} were not checked."
    if needing := estimate.get("required_unknown"):
        return "quota", UNKNOWN, f"It is not known which quotas {', '.join(needing[:5])} needs."
    return found


def _of_home_quota(estimate: Result, quota: Result) -> tuple[str, str, str]:
    if estimate.get("required") == {}:
        more = "needs no more" if estimate.get("complete") is True else "is not known to need more"
        return "quota", ALLOW, f"The deployment {more} of any quota."
    if "fits" not in quota:
        return "quota", UNKNOWN, _broken(quota, "quota", "Whether it fits into the quotas is not known")
    if _place(estimate) is None or _place(estimate) != _place(quota):
        why = "The quotas are not known to be those of the project and the region of the estimate."
        return "quota", UNKNOWN, why
    if quota["fits"] is True:
        return "quota", ALLOW, "The deployment fits into the quotas."
    if quota["fits"] is False:
        short = [f"{row['name']} lacks {row['missing']}" for row in quota["shortfalls"]]
        return "quota", DENY, f"The deployment does not fit into the quotas: {', '.join(short)}."
    rows = [f"{row['name']} ({row['reason']})" for row in quota.get("unknown") or ()]
    return (
        "quota",
        UNKNOWN,
        f"Whether it fits into the quotas is not known: {', '.join(rows) or 'nobody says why'}.",
    )


def _place(result: Result) -> tuple[str, ...] | None:
    """The cloud, project and region that were read; None where the result does not tell."""
    cloud = result.get("cloud")
    if not isinstance(cloud, Mapping) or any(cloud.get(key) is None for key in _PLACE):
        return None
    return tuple(str(cloud[key]) for key in _PLACE)


def _of_sync(estimate: Result, sync_failure: str | None) -> list[tuple[str, str, str]]:
    """Costs may be missing in a ledger that could not be brought up to date, which is of no matter where no
    budget is asked.
    """
    if sync_failure is None or _asks_no_budget(estimate):
        return []
    why = " ".join(sync_failure.split()).rstrip(".") or "nobody says why"
    more = "If this login may not import, set budget_gate_sync to false."
    return [("sync", UNKNOWN, f"The ledger could not be brought up to date: {why}. {more}")]


def _of_budgets(estimate: Result, gate: Result) -> list[tuple[str, str, str]]:
    if _asks_no_budget(estimate) and "verdict" not in gate:
        return [("budgets", ALLOW, "No budget is asked, as nothing is spent.")]
    if gate.get("verdict") not in _WORST_FIRST:
        why = "What the budgets say is not known"
        if "verdict" in gate and not gate.get("msg"):
            return [("budgets", UNKNOWN, f"{why}: the verdict is not one of allow, unknown and deny.")]
        return [("budgets", UNKNOWN, _broken(gate, "budgets", why))]
    asked = [row for row in gate.get("budgets") or () if row["verdict"] != ENDED]
    said = [(f"budget {row['name']}", str(row["verdict"]), str(row["reason"])) for row in asked]
    worst = min((str(row["verdict"]) for row in asked), key=_WORST_FIRST.index, default=ALLOW)
    if worst != gate["verdict"]:
        # A line that no budget covers is of none of them, and a hold that is there already asks none.
        said.append(("budgets", gate["verdict"], str((gate.get("reasons") or ["It is held already."])[0])))
    return said or [("budgets", gate["verdict"], str((gate.get("reasons") or ["It is held already."])[0]))]
