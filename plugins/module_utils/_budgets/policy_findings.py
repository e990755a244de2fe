# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the owner's policy says of a deployment, by the results of the tasks before (design/gate.md#policy).

A task checks the policy of the ledger that it reads. Here the results are looked at together: whether they
rest on one ledger, and whether the estimate used what the gate's policy refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .._ledger.policy import OwnerPolicy, PolicyVersion, rules_of
from .policy import beyond_policy, warnings_beyond_policy
from .sums import DENY, UNKNOWN

Result = Mapping[str, Any]
_USED = {"rates": bool, "prices": Sequence, "price_sources": Sequence, "assume_free": Sequence}


@dataclass(frozen=True)
class PolicyFindings:
    """Verdicts with their reasons, none of which on_exceeded or on_unknown lets pass. policy: the one in
    force, empty where there is none, None where that is not known.
    """

    said: tuple[tuple[str, str], ...]
    policy: dict[str, Any] | None


def policy_findings(
    estimate: Result, gate: Result, policy_info: Result, on_exceeded: str, on_unknown: str
) -> PolicyFindings:
    """What the policy refuses of these results of cost_estimate_info, of the gate and of cost_policy_info.

    The gate's ledger counts. Without any that tells a policy nobody knows whether the run may go on.
    """
    telling = [one for one in (gate, policy_info, estimate) if isinstance(one.get("policy"), Mapping)]
    if not telling:
        why = (
            "Whether the owner's policy allows this is not known, as no result tells the policy. Give"
            " `policy`, the result of cost_policy_info."
        )
        return PolicyFindings(((UNKNOWN, why),), None)
    said = [(UNKNOWN, why) for why in (_ledgers(telling), _rates(telling[0], estimate)) if why is not None]
    options = {"on_exceeded": on_exceeded, "on_unknown": on_unknown}
    for one in telling:
        said += _of_policy(one["policy"], estimate, options)
    return PolicyFindings(tuple(dict.fromkeys(said)), dict(telling[0]["policy"]))


def _ledgers(telling: Sequence[Result]) -> str | None:
    """Why the results do not belong together; None where they do."""
    ledgers = list(dict.fromkeys(str(one.get("ledger")) for one in telling))
    if len(ledgers) == 1:
        return None
    return (
        f"The results rest on different ledgers, {' and '.join(ledgers)}, which may have different policies."
    )


def _rates(first: Result, estimate: Result) -> str | None:
    """Why the estimate's amounts are not those of the ledger's rates; None where they are."""
    if "lines" not in estimate or first.get("rates_version") == (estimate.get("rates_version") or 0):
        return None
    return (
        "The estimate does not rest on the rates that the ledger has now. Give cost_estimate_info the ledger,"
        " and estimate anew."
    )


def _of_policy(row: Result, estimate: Result, options: Mapping[str, str]) -> list[tuple[str, str]]:
    """What one policy refuses, as a result tells it; nothing where it is empty."""
    if not row:
        return []
    try:
        rules = rules_of(row)
    except (KeyError, TypeError):
        return [(UNKNOWN, "The owner's policy in the results cannot be understood.")]
    policy = OwnerPolicy(PolicyVersion(row.get("version", 0), rules, datetime.fromtimestamp(0, UTC), ""))
    refusals = warnings_beyond_policy(policy, options)
    if "lines" in estimate:
        used = estimate.get("used")
        if not isinstance(used, Mapping) or not _tells_what_it_used(used):
            why = (
                "The estimate does not tell which prices and rates it used, so the policy cannot be checked."
            )
            return [(UNKNOWN, why), *((DENY, str(one)) for one in refusals)]
        refusals += beyond_policy(policy, used)
    return [(DENY, str(one)) for one in refusals]


def _tells_what_it_used(used: Result) -> bool:
    return all(
        isinstance(used.get(name), kind) and not isinstance(used[name], str) for name, kind in _USED.items()
    )
