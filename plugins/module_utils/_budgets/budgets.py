# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Defining, removing and gating in one task (design/gate.md#budgets, design/gate.md#requests,
design/alerts.md#when-an-alert-fires).

What few gates need is imported where it is needed: a task is a new Python, which compiles every
file that it imports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.periods import parse_moment
from .._core.rates import Rates
from .._ledger import budgets, holds, sql
from .._ledger.budgets import Budget
from .._ledger.policy import OwnerPolicy, read_policy
from . import verdict
from .budget_task import (
    ABSENT,
    BudgetTask,
    lacks_currency,
    parse_definitions,
    parse_request,
    refuse_changed_gate,
    refuse_without_currency,
)
from .definitions import Definition, defined, find, refuse_lookalike, require
from .policy import policy_to_result, refuse_untagged, refuse_warnings, with_defaults
from .request import Request, placed
from .results import NOTHING_FIRED, budget_to_result
from .snapshot import Snapshot, empty_snapshot, read_known_names, read_snapshot

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction


def apply(
    options: sql.LedgerOptions,
    task: BudgetTask,
    rates: Rates,
    now: datetime,
    check_mode: bool,
    recorded_by: str,
) -> dict[str, Any]:
    """The result of cost_budget: define, remove, gate, or several of them in one transaction. All but check
    mode fire the alerts that are due.

    Raises InvalidOption before anything is written; LedgerError. Only a new budget creates a missing ledger
    (design/ledger.md#who-may-create-it).
    """
    run = _checked(task, rates, now, recorded_by, write=not check_mode)
    creates = any(one.limit is not None for one in run.definitions)
    if lacks_currency(run.definitions) and not sql.exists(options):
        # Before a ledger is made.
        refuse_without_currency(task, run.definitions)
    if check_mode and creates and not sql.exists(options):
        return _apply_to(None, options, run)
    if run.request is not None and not run.definitions:
        with sql.reading(options) as ledger:
            answer = _gate(ledger.connection, options, run)
            due = [] if check_mode else _due(ledger.connection, answer)
        # Most gates have nothing to fire, and stay readers that wait for nobody.
        fired = _fired_after_reading(options, due, run) if due else {}
        return {**answer.result, **fired, "warnings": _warnings_of(answer.result, fired)}
    if check_mode:
        with sql.reading(options) as ledger:
            return _apply_to(ledger, options, run)
    # Removing or changing must not create a ledger that is missing: its URL is wrong then.
    with sql.writing(options, create=creates) as ledger:
        return _apply_to(ledger, options, run)


@dataclass(frozen=True)
class _BudgetRun:
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
    policy: OwnerPolicy = field(default_factory=OwnerPolicy)

    def placed(self, now: datetime) -> _BudgetRun:
        """The run with the moments of its request, now that the ledger's clock is known."""
        if self.request is None:
            return self
        option = "spend" if self.task.lines is None else "lines"
        lines = placed(self.request.lines, now, self.for_period, option=option)
        return replace(self, request=Request(lines))


@dataclass(frozen=True)
class _Answer:
    """What a task returns, and what it rests on."""

    result: dict[str, Any]
    found: Sequence[verdict.BudgetVerdict]
    snapshot: Snapshot


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


def _checked(task: BudgetTask, rates: Rates, now: datetime, recorded_by: str, write: bool) -> _BudgetRun:
    """What the task defines and asks for. Raises InvalidOption for what an argument spec cannot refuse."""
    if task.state == ABSENT and task.gates:
        raise InvalidOption("state", "`absent` removes a budget; leave `spend` and `lines` out.")
    if task.lines is not None and not task.lines:
        raise InvalidOption("lines", "is empty; an empty request would always pass.")
    if task.currency is not None and task.limit is None and not task.gates:
        raise InvalidOption("currency", "has no effect without `limit`, `spend` or `lines`.")
    definitions = parse_definitions(task)
    if task.for_period is not None and not task.gates:
        raise InvalidOption("for_period", "has no effect without `spend` or `lines`.")
    if not definitions and not task.gates:
        raise InvalidOption("limit", "is needed to define a budget, `spend` or `lines` to gate.")
    if task.gates:
        refuse_changed_gate(task, definitions)
    for_period = parse_moment(task.for_period, ZoneInfo("UTC"), "for_period") if task.for_period else None
    return _BudgetRun(task, definitions, parse_request(task), rates, now, recorded_by, write, for_period)


def _apply_to(ledger: sql.Ledger | None, options: sql.LedgerOptions, run: _BudgetRun) -> dict[str, Any]:
    """Define or remove, then gate. ledger None stands for the empty one that a definition would create
    outside check mode.
    """
    run = _under_policy(run, ledger.connection) if ledger else run
    stored = budgets.read_all(ledger.connection) if ledger else []
    now = holds.database_now(ledger.connection, run.now) if ledger else run.now
    run = run.placed(now)
    changes, in_force = _changes(run, stored)
    if ledger and run.write:
        for change in changes:
            _write(ledger, change, now)
    result = {
        **_unchanged(options, changes[0].after if run.task.budgets is None else None),
        "changed": any(change.before != change.after for change in changes),
        "ledger_created": bool(ledger and ledger.created),
        "diff": _diff(run, changes),
    }
    if run.task.budgets is not None:
        result["definitions"] = [budget_to_result(one.after) for one in changes if one.after is not None]
    snapshot = empty_snapshot(run.rates, now)
    if ledger and run.request is not None:
        snapshot = read_snapshot(ledger.connection, run.rates, now, in_force, run.request)
    answer = _decided(result, in_force, snapshot, run)
    warned = {"warnings": _scope_warnings(ledger.connection, run, changes, now)} if ledger else {}
    answer.result["warnings"] = _warnings_of(warned, answer.result)
    if not ledger or not run.write:
        return answer.result
    return {**answer.result, **_fired(ledger.connection, answer, changes, run)}


def _scope_warnings(
    rows: Transaction, run: _BudgetRun, changes: Sequence[_Change], now: datetime
) -> list[str]:
    """The values in the scopes of what is defined that no cost ever had."""
    defined_now = [one.after for one in changes if one.after is not None and one.after.scope.names_values]
    if not defined_now:
        return []
    from .scope_warnings import unknown_scope_values

    known = read_known_names(rows, run.rates, now)
    return [sentence for budget in defined_now for sentence in unknown_scope_values(budget, known)]


def _warnings_of(*results: Mapping[str, Any]) -> list[str]:
    """What any of these results warns of, once."""
    return list(dict.fromkeys(sentence for one in results for sentence in one.get("warnings", ())))


def _under_policy(run: _BudgetRun, connection: Transaction) -> _BudgetRun:
    """The run with the ledger's policy and rates. Raises InvalidOption for what the policy refuses."""
    policy = read_policy(connection)
    if run.request is not None:
        refuse_warnings(policy, on_exceeded=run.task.on_exceeded, on_unknown=run.task.on_unknown)
        refuse_untagged(policy, run.request.lines)
    return replace(run, rates=policy.rates_in_force(run.rates), policy=policy)


def _changes(run: _BudgetRun, stored: Sequence[Budget]) -> tuple[list[_Change], list[Budget]]:
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


def _diff(run: _BudgetRun, changes: Sequence[_Change]) -> dict[str, Any]:
    """Before and after: of the one budget, or of each by its name."""
    if run.task.budgets is None:
        return {"before": budget_to_result(changes[0].before), "after": budget_to_result(changes[0].after)}
    named = list(zip([one.name for one in run.definitions], changes, strict=True))
    return {
        "before": {name: budget_to_result(one.before) for name, one in named},
        "after": {name: budget_to_result(one.after) for name, one in named},
    }


def _gate(rows: Transaction, options: sql.LedgerOptions, run: _BudgetRun) -> _Answer:
    """Gate, and nothing else."""
    run = _under_policy(run, rows)
    stored, now = budgets.read_all(rows), holds.database_now(rows, run.now)
    run = run.placed(now)
    request = run.request or Request()
    asked = require(stored, run.task.name) if run.task.name is not None else None
    snapshot = read_snapshot(rows, run.rates, now, stored, request)
    return _decided(_unchanged(options, asked), stored, snapshot, run)


def _unchanged(options: sql.LedgerOptions, budget: Budget | None) -> dict[str, Any]:
    """What every result says, where nothing was changed and nothing fired."""
    return {
        "changed": False,
        "ledger": sql.format_url(options),
        "ledger_created": False,
        "budget": budget_to_result(budget),
        **NOTHING_FIRED,
    }


def _decided(
    result: dict[str, Any], in_force: Sequence[Budget], snapshot: Snapshot, run: _BudgetRun
) -> _Answer:
    """The result with the verdict on what is asked for, if anything is."""
    task, request = run.task, run.request
    if request is None:
        return _Answer(result, (), snapshot)
    found = verdict.verdicts(sorted(in_force, key=lambda one: one.name), request, snapshot, task.name)
    decision = verdict.decision_to_result(
        found, request, snapshot, task.on_exceeded, task.on_unknown, task.name
    )
    return _Answer({**result, **decision, **policy_to_result(run.policy)}, found, snapshot)


def _due(rows: Transaction, answer: _Answer) -> list[str]:
    """The names of the budgets that have something to fire.

    Without a feed there is no forecast, and what is spent tells it alone.
    """
    if not answer.snapshot.feeds and not any(
        period.reached for one in answer.found for period in one.periods
    ):
        return []
    from . import alerts

    return alerts.due(rows, answer.found, answer.snapshot)


def _fired_after_reading(options: sql.LedgerOptions, due: Sequence[str], run: _BudgetRun) -> dict[str, Any]:
    from . import alerts

    return alerts.fire_after_reading(options, due, run.rates, run.now, run.recorded_by)


def _fired(
    connection: Transaction, answer: _Answer, changes: Sequence[_Change], run: _BudgetRun
) -> dict[str, Any]:
    """What the definitions and the budgets that were asked fire.

    A raised limit first re-arms the thresholds that it puts out of reach.
    """
    from . import alerts

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
        from .._ledger import alerts
        from . import overrides

        budgets.remove(ledger.connection, change.before.name)
        overrides.forget(ledger.connection, change.before.name)
        alerts.forget(ledger.connection, change.before.name, now)
