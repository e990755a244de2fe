# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Defining or removing budgets, and gating by them, in one transaction (design/gate.md#budgets,
design/alerts.md#when-an-alert-fires).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._core.errors import InvalidOption
from .._ledger import alerts as alert_rows
from .._ledger import budgets, holds, sql
from .._ledger.budgets import Budget
from .._ledger.policy import OwnerPolicy
from . import alerts, overrides
from .budget_run import Answer, BudgetRun, decided, unchanged, under_policy, warnings_of
from .budget_task import ABSENT
from .definitions import (
    Definition,
    defined,
    lacks_currency,
    refuse_lookalike,
    refuse_without_currency,
    with_defaults,
)
from .known_budgets import find
from .results import budget_to_result
from .scope_warnings import unknown_scope_values
from .snapshot import empty_snapshot, read_known_names, read_snapshot

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction


def apply(options: sql.LedgerOptions, run: BudgetRun) -> dict[str, Any]:
    """The result of a task that defines or removes budgets, and gates where it asks for something."""
    creates = any(one.limit is not None for one in run.definitions)
    if lacks_currency(run.definitions) and not sql.exists(options):
        # Before a ledger is made.
        refuse_without_currency(run.task, run.definitions)
    if not run.write and creates and not sql.exists(options):
        return _apply_to(None, options, run)
    if not run.write:
        with sql.reading(options) as ledger:
            return _apply_to(ledger, options, run)
    # Removing or changing must not create a ledger that is missing: its URL is wrong then.
    with sql.writing(options, create=creates) as ledger:
        return _apply_to(ledger, options, run)


@dataclass(frozen=True)
class _Change:
    """A budget before and after the task; None where there is none."""

    before: Budget | None
    after: Budget | None

    @property
    def raises_limit(self) -> bool:
        """Whether the limit may have been raised: in another currency nobody knows."""
        before, after = self.before, self.after
        if before is None or after is None:
            return False
        return before.currency != after.currency or before.limit_nano < after.limit_nano


def _apply_to(ledger: sql.Ledger | None, options: sql.LedgerOptions, run: BudgetRun) -> dict[str, Any]:
    """Define or remove, then gate. ledger None stands for the empty one that a definition would create
    outside check mode.
    """
    run = under_policy(run, ledger.connection) if ledger else run
    stored = budgets.read_all(ledger.connection) if ledger else []
    now = holds.database_now(ledger.connection, run.now) if ledger else run.now
    run = run.placed(now)
    changes, in_force = _changes(run, stored)
    if ledger and run.write:
        for change in changes:
            _write(ledger, change, now)
    result = {
        **unchanged(options, changes[0].after if run.task.budgets is None else None),
        "changed": any(change.before != change.after for change in changes),
        "ledger_created": bool(ledger and ledger.created),
        "diff": _diff(run, changes),
    }
    if run.task.budgets is not None:
        result["definitions"] = [budget_to_result(one.after) for one in changes if one.after is not None]
    snapshot = empty_snapshot(run.rates, now)
    if ledger and run.request is not None:
        snapshot = read_snapshot(ledger.connection, run.rates, now, in_force, run.request)
    answer = decided(result, in_force, snapshot, run)
    warned = {"warnings": _scope_warnings(ledger.connection, run, changes, now)} if ledger else {}
    answer.result["warnings"] = warnings_of(warned, answer.result)
    if not ledger or not run.write:
        return answer.result
    return {**answer.result, **_fired(ledger.connection, answer, changes, run)}


def _scope_warnings(
    rows: Transaction, run: BudgetRun, changes: Sequence[_Change], now: datetime
) -> list[str]:
    """The values in the scopes of what is defined that no cost ever had."""
    defined_now = [one.after for one in changes if one.after is not None and one.after.scope.names_values]
    if not defined_now:
        return []
    known = read_known_names(rows, run.rates, now)
    return [sentence for budget in defined_now for sentence in unknown_scope_values(budget, known)]


def _changes(run: BudgetRun, stored: Sequence[Budget]) -> tuple[list[_Change], list[Budget]]:
    """What becomes of each budget that the task defines or removes, and all budgets that there are then."""
    changes: list[_Change] = []
    in_force = list(stored)
    for index, definition in enumerate(run.definitions):
        try:
            change = _change(definition, in_force, run.policy)
        except InvalidOption as error:
            raise (error if run.task.budgets is None else error.within(f"budgets[{index}]")) from error
        changes.append(change)
        in_force = [budget for budget in in_force if budget.name != definition.name]
        in_force += [change.after] if change.after is not None else []
    return changes, in_force


def _change(definition: Definition, in_force: Sequence[Budget], policy: OwnerPolicy) -> _Change:
    before = find(in_force, definition.name)
    if definition.state == ABSENT:
        return _Change(before, None)
    refuse_lookalike(definition.name, in_force)
    return _Change(before, defined(with_defaults(definition, policy, before is None), before))


def _diff(run: BudgetRun, changes: Sequence[_Change]) -> dict[str, Any]:
    """Before and after: of the one budget, or of each by its name."""
    if run.task.budgets is None:
        return {"before": budget_to_result(changes[0].before), "after": budget_to_result(changes[0].after)}
    named = list(zip([one.name for one in run.definitions], changes, strict=True))
    return {
        "before": {name: budget_to_result(one.before) for name, one in named},
        "after": {name: budget_to_result(one.after) for name, one in named},
    }


def _fired(
    connection: Transaction, answer: Answer, changes: Sequence[_Change], run: BudgetRun
) -> dict[str, Any]:
    """What the definitions and the budgets that were asked fire.

    A raised limit first re-arms the thresholds that it puts out of reach.
    """
    now = answer.snapshot.now
    for change in changes:
        if change.raises_limit and change.after is not None:
            alerts.rearm_above(connection, change.after, run.rates, now)
    defined_now = [change.after for change in changes if change.after is not None]
    wanted = defined_now + [one.budget for one in answer.found if one.budget not in defined_now]
    return alerts.fire_for(connection, wanted, run.rates, now, run.recorded_by)


def _write(ledger: sql.Ledger, change: _Change, now: datetime) -> None:
    if change.after == change.before:
        return
    if change.after is not None:
        budgets.save(ledger.connection, change.after)
    elif change.before is not None:
        budgets.remove(ledger.connection, change.before.name)
        overrides.forget(ledger.connection, change.before.name)
        alert_rows.forget(ledger.connection, change.before.name, now)
