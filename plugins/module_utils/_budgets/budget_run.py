# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A cost_budget task on its way: what it asks, the policy that it is under, and the verdict on it
(design/gate.md#requests, design/gate.md#policy).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.rates import Rates
from .._ledger import sql
from .._ledger.budgets import Budget
from .._ledger.policy import OwnerPolicy, read_policy
from . import verdict
from .budget_task import BudgetTask
from .policy import policy_to_result, refuse_frozen, refuse_untagged, refuse_warnings
from .request import Request, placed
from .results import NOTHING_FIRED, budget_to_result
from .snapshot import Snapshot

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction
    from .definitions import Definition


class BudgetRun(NamedTuple):
    """One task, what it defines and asks for, whether it may write, and the policy that it is under.

    for_period: the moment of one-off lines that name none; None for now.
    """

    task: BudgetTask
    definitions: tuple[Definition, ...]
    request: Request | None
    rates: Rates
    now: datetime
    recorded_by: str
    write: bool
    for_period: datetime | None = None
    policy: OwnerPolicy = OwnerPolicy()

    def placed(self, now: datetime) -> BudgetRun:
        """The run with the moments of its request, now that the ledger's clock is known."""
        if self.request is None:
            return self
        option = "spend" if self.task.lines is None else "lines"
        lines = placed(self.request.lines, now, self.for_period, option=option)
        return self._replace(request=Request(lines))


class GateAnswer(NamedTuple):
    """What a task returns, and what it rests on."""

    result: dict[str, Any]
    found: Sequence[verdict.BudgetVerdict]
    snapshot: Snapshot


def warnings_of(*results: Mapping[str, Any]) -> list[str]:
    """What any of these results warns of, once."""
    return list(dict.fromkeys(sentence for one in results for sentence in one.get("warnings", ())))


def under_policy(run: BudgetRun, connection: Transaction) -> BudgetRun:
    """The run with the ledger's policy and rates. Raises InvalidOption for what the policy refuses."""
    policy = read_policy(connection)
    if run.request is not None:
        refuse_warnings(policy, on_exceeded=run.task.on_exceeded, on_unknown=run.task.on_unknown)
        refuse_untagged(policy, run.request.lines)
    return run._replace(rates=policy.rates_in_force(run.rates), policy=policy)


def unchanged(options: sql.LedgerOptions, budget: Budget | None) -> dict[str, Any]:
    """What every result says, where nothing was changed and nothing fired."""
    return {
        "changed": False,
        "ledger": sql.format_url(options),
        "ledger_created": False,
        "budget": budget_to_result(budget),
        **NOTHING_FIRED,
    }


def decided(
    result: dict[str, Any], in_force: Sequence[Budget], snapshot: Snapshot, run: BudgetRun
) -> GateAnswer:
    """The result with the verdict on what is asked for, if anything is."""
    task, request = run.task, run.request
    if request is None:
        return GateAnswer(result, (), snapshot)
    found = verdict.verdicts(sorted(in_force, key=lambda one: one.name), request, snapshot, task.name)
    refuse_frozen(run.policy, verdict.names_of(found))
    decision = verdict.decision_to_result(
        found, request, snapshot, task.on_exceeded, task.on_unknown, task.name
    )
    return GateAnswer({**result, **decision, **policy_to_result(run.policy)}, found, snapshot)
