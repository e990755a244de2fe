# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Defining, removing and gating in one task (design/gate.md#budgets, design/gate.md#requests,
design/alerts.md#when-an-alert-fires).

What few gates need is imported where it is needed: a task is a new Python, which compiles every
file that it imports.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.periods import parse_moment
from .._core.rates import Rates
from .._ledger import budgets, holds, sql
from .budget_run import Answer, BudgetRun, decided, unchanged, under_policy, warnings_of
from .budget_task import ABSENT, BudgetTask, parse_request
from .known_budgets import require
from .request import Request
from .snapshot import read_snapshot

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction
    from .definitions import Definition


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
    if run.definitions:
        from . import defining

        return defining.apply(options, run)
    with sql.reading(options) as ledger:
        answer = _gate(ledger.connection, options, run)
        due = [] if check_mode else _due(ledger.connection, answer)
    # Most gates have nothing to fire, and stay readers that wait for nobody.
    fired = _fired_after_reading(options, due, run) if due else {}
    return {**answer.result, **fired, "warnings": warnings_of(answer.result, fired)}


def _checked(task: BudgetTask, rates: Rates, now: datetime, recorded_by: str, write: bool) -> BudgetRun:
    """What the task defines and asks for. Raises InvalidOption for what an argument spec cannot refuse."""
    if task.state == ABSENT and task.gates:
        raise InvalidOption("state", "`absent` removes a budget; leave `spend` and `lines` out.")
    if task.lines is not None and not task.lines:
        raise InvalidOption("lines", "is empty; an empty request would always pass.")
    if task.currency is not None and task.limit is None and not task.gates:
        raise InvalidOption("currency", "has no effect without `limit`, `spend` or `lines`.")
    definitions = _definitions(task) if task.defines else ()
    if task.for_period is not None and not task.gates:
        raise InvalidOption("for_period", "has no effect without `spend` or `lines`.")
    if not definitions and not task.gates:
        raise InvalidOption("limit", "is needed to define a budget, `spend` or `lines` to gate.")
    for_period = parse_moment(task.for_period, ZoneInfo("UTC"), "for_period") if task.for_period else None
    return BudgetRun(task, definitions, parse_request(task), rates, now, recorded_by, write, for_period)


def _definitions(task: BudgetTask) -> tuple[Definition, ...]:
    from .definitions import parse_definitions, refuse_changed_gate

    definitions = parse_definitions(task)
    if task.gates:
        refuse_changed_gate(task, definitions)
    return definitions


def _gate(rows: Transaction, options: sql.LedgerOptions, run: BudgetRun) -> Answer:
    """Gate, and nothing else."""
    run = under_policy(run, rows)
    stored, now = budgets.read_all(rows), holds.database_now(rows, run.now)
    run = run.placed(now)
    request = run.request or Request()
    asked = require(stored, run.task.name) if run.task.name is not None else None
    snapshot = read_snapshot(rows, run.rates, now, stored, request)
    return decided(unchanged(options, asked), stored, snapshot, run)


def _due(rows: Transaction, answer: Answer) -> list[str]:
    """The names of the budgets that have something to fire.

    Without a feed there is no forecast, and what is spent tells it alone.
    """
    if not answer.snapshot.feeds and not any(
        period.reached for one in answer.found for period in one.periods
    ):
        return []
    from . import alerts

    return alerts.due(rows, answer.found, answer.snapshot)


def _fired_after_reading(options: sql.LedgerOptions, due: Sequence[str], run: BudgetRun) -> dict[str, Any]:
    from . import alerts

    return alerts.fire_after_reading(options, due, run.rates, run.now, run.recorded_by)
