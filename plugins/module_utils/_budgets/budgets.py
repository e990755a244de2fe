# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Defining, removing and gating in one task (design/alerts.md#when-an-alert-fires, design/alerts.md#delivery,
design/gate.md).

What few gates need is imported where it is needed: a task is a new Python, which compiles every file that it
imports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._core.errors import InvalidOption
from .._core.money import parse_currency
from .._core.rates import Rates
from .._ledger import budgets, holds, sql
from .._ledger.budgets import Budget
from . import overrides, snapshot, verdict
from .definitions import Definition, defined, described, find, parse_limit, refuse_lookalike, require
from .request import Request, parse_line, parse_lines, without_nothing
from .snapshot import Snapshot
from .verdict_text import NOTHING_FIRED

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction


@dataclass(frozen=True)
class Task:
    """What a cost_budget task says, as written; None for what it leaves out."""

    name: str | None = None
    state: str = "present"
    limit: str | None = None
    currency: str | None = None
    period: str | None = None
    timezone: str | None = None
    first_day: str | None = None
    anchor_day: int | None = None
    anchor_month: int | None = None
    begin: str | None = None
    end: str | None = None
    fed_by: str | None = None
    basis: str | None = None
    max_staleness: str | None = None
    scope: Mapping[str, Any] | None = None
    thresholds: Sequence[str] | None = None
    spend: str | None = None
    category: str | None = None
    project: str | None = None
    tags: Mapping[str, Any] | None = None
    lines: Sequence[Mapping[str, Any]] | None = None
    override: Mapping[str, Any] | None = None
    acknowledged: Sequence[str] | None = None
    consumer: str | None = None
    on_exceeded: str = "fail"
    on_unknown: str = "fail"

    @property
    def gates(self) -> bool:
        """Whether something is to be spent."""
        return self.spend is not None or self.lines is not None

    @property
    def writes(self) -> bool:
        """Whether it is to change the ledger, and not only to fire what is due there."""
        return not (
            self.state == PRESENT
            and self.limit is None
            and self.override is None
            and self.acknowledged is None
        )


PRESENT, ABSENT, REARMED = STATES = ("present", "absent", "rearmed")
#: What only says something beside a limit, and beside a spend.
_OF_A_DEFINITION = (
    "period", "timezone", "first_day", "anchor_day", "anchor_month", "begin", "end", "fed_by", "basis", "max_staleness", "scope",
    "thresholds",
)  # fmt: skip
_OF_A_SPEND = ("category", "project", "tags")
_BESIDE = {**dict.fromkeys(_OF_A_DEFINITION, "the limit"), **dict.fromkeys(_OF_A_SPEND, "what to spend")}


def apply(
    options: sql.LedgerOptions, task: Task, rates: Rates, now: datetime, check_mode: bool, recorded_by: str
) -> dict[str, Any]:
    """The result of cost_budget: define, remove, raise the limit for a reservation, gate, or several of them
    in one transaction; or re-arm or acknowledge alerts. All but check mode fire what is due.

    Raises InvalidOption before anything is written; LedgerError. Only a definition creates a missing ledger
    (design/ledger.md#who-may-create-it).
    """
    turn = _Turn(task, _checked(task), rates, now, recorded_by, write=not check_mode)
    if check_mode and task.limit is not None and not sql.exists(options):
        return _apply_to(None, options, turn).result
    if turn.request is not None and not task.writes:
        with sql.reading(options) as ledger:
            answer = _gate(ledger.connection, options, turn, turn.request)
            due = [] if check_mode else _due(ledger.connection, answer)
        # Most gates have nothing to fire, and stay readers that wait for nobody.
        return {**answer.result, **(_fired_after_reading(options, due, turn) if due else {})}
    if check_mode:
        with sql.reading(options) as ledger:
            return _answer(ledger, options, turn).result
    # Removing or raising must not create a ledger that is missing: its URL is wrong then.
    with sql.writing(options, create=task.limit is not None) as ledger:
        return _answer(ledger, options, turn).result


@dataclass(frozen=True)
class _Turn:
    """One task, what it asks for, and whether it may write."""

    task: Task
    request: Request | None
    rates: Rates
    now: datetime
    recorded_by: str
    write: bool


@dataclass(frozen=True)
class _Answer:
    """What a task returns, and what it rests on."""

    result: dict[str, Any]
    found: Sequence[verdict.BudgetVerdict]
    stands_on: Snapshot


def _checked(task: Task) -> Request | None:
    """The spend to decide on, if there is one. Raises InvalidOption for options that do not go together."""
    defines, raises, named = (
        task.limit is not None,
        task.override is not None,
        bool((task.name or "").strip()),
    )
    acknowledges = task.acknowledged is not None
    does_more = defines or raises or task.gates
    refused = (
        (
            task.state != PRESENT and (does_more or acknowledges),
            "state", f"{task.state} takes neither limit, spend, lines, override nor acknowledged.",
        ),
        (acknowledges and does_more, "acknowledged", "goes alone, with its consumer."),
        (acknowledges != bool((task.consumer or "").strip()), "consumer", "and acknowledged are needed together: who took care of what."),
        (
            task.state == PRESENT and not (does_more or acknowledges),
            "limit",
            "spend, lines or override is needed: what may be spent, or what is to be spent.",
        ),
        (
            not named and not acknowledges and (defines or raises or not task.gates),
            "name", "is needed to define, remove or re-arm a budget, or to raise its limit.",
        ),
        (task.spend is not None and task.lines is not None, "lines", "and spend are two ways to say what is to be spent; use one."),
        (task.lines is not None and not task.lines, "lines", "is empty; an empty request would always pass."),
    )  # fmt: skip
    for is_so, option, problem in refused:
        if is_so:
            raise InvalidOption(option, problem)
    for beside, options in ((task.limit, _OF_A_DEFINITION), (task.spend, _OF_A_SPEND)):
        for option in options:
            if beside is None and getattr(task, option) is not None:
                raise InvalidOption(option, f"is nothing alone; give {_BESIDE[option]} too.")
    if task.limit is not None:
        # Before a ledger is opened, and so perhaps made, for a definition that is refused.
        parse_limit(task.limit)
        parse_currency(task.currency, "currency")
    if task.override is not None:
        overrides.check(task.override)
    return _request(task)


def _request(task: Task) -> Request | None:
    if task.lines is not None:
        return Request(
            parse_lines([{"currency": task.currency, **without_nothing(row)} for row in task.lines])
        )
    if task.spend is not None:
        named = {name: getattr(task, name) for name in ("spend", "currency", *_OF_A_SPEND)}
        return Request((parse_line(named, amount="spend"),))
    return None


def _answer(ledger: sql.Ledger, options: sql.LedgerOptions, turn: _Turn) -> _Answer:
    keeps_alerts = turn.task.acknowledged is not None or turn.task.state == REARMED
    return _keep_alerts(ledger, options, turn) if keeps_alerts else _apply_to(ledger, options, turn)


def _apply_to(ledger: sql.Ledger | None, options: sql.LedgerOptions, turn: _Turn) -> _Answer:
    """Define or remove, then gate. ledger None stands for the empty one that a definition would create
    outside check mode.
    """
    task, request, rates, write = turn.task, turn.request, turn.rates, turn.write
    stored = budgets.read_all(ledger.connection) if ledger else []
    now = holds.database_now(ledger.connection, turn.now) if ledger else turn.now
    before = find(stored, task.name) if task.name else None
    after = before
    if task.state == ABSENT:
        after = None
    elif task.limit is not None:
        refuse_lookalike(task.name or "", stored)
        after = defined(_definition(task), before)
    elif task.name is not None:
        after = require(stored, task.name)
    if write and ledger and after != before:
        _write(ledger, before, after, now)
    result = {
        **_told(options, after),
        "changed": after != before,
        "ledger_created": bool(ledger and ledger.created),
    }
    diff = {"before": described(before), "after": described(after)}
    if task.override is not None and after is not None:
        raised = overrides.define(
            ledger.connection if ledger else None, after, task.override, now, turn.recorded_by, write
        )
        result |= {"changed": result["changed"] or raised["changed"], "override": raised["override"]}
        diff = {side: {**diff[side], "override": raised["diff"][side]} for side in diff}
    if task.limit is not None or task.state == ABSENT or task.override is not None:
        result["diff"] = diff
    in_force = [budget for budget in stored if before is None or budget.name != before.name]
    in_force += [after] if after is not None else []
    stands_on = snapshot.empty(rates, now)
    if ledger and request is not None:
        stands_on = snapshot.read(ledger.connection, rates, now, in_force, request)
    answer = _decided(result, in_force, stands_on, turn)
    if ledger and write:
        defined_now = after if task.limit is not None else None
        fired = _fired(ledger.connection, answer, before, defined_now, rates, turn.recorded_by)
        answer = replace(answer, result={**answer.result, **fired})
    return answer


def _gate(rows: Transaction, options: sql.LedgerOptions, turn: _Turn, request: Request) -> _Answer:
    """Gate, and nothing else."""
    stored, now = budgets.read_all(rows), holds.database_now(rows, turn.now)
    asked = require(stored, turn.task.name) if turn.task.name is not None else None
    stands_on = snapshot.read(rows, turn.rates, now, stored, request)
    return _decided(_told(options, asked), stored, stands_on, turn)


def _told(options: sql.LedgerOptions, budget: Budget | None) -> dict[str, Any]:
    """What every result says, where nothing was changed and nothing fired."""
    return {
        "changed": False,
        "ledger": sql.shown(options),
        "ledger_created": False,
        "budget": described(budget),
        **NOTHING_FIRED,
    }


def _decided(result: dict[str, Any], in_force: Sequence[Budget], stands_on: Snapshot, turn: _Turn) -> _Answer:
    """The result with the verdict on what is asked for, if anything is."""
    task, request = turn.task, turn.request
    if request is None:
        return _Answer(result, (), stands_on)
    found = verdict.verdicts(sorted(in_force, key=lambda one: one.name), request, stands_on, task.name)
    decision = verdict.told_decision(found, request, stands_on, task.on_exceeded, task.on_unknown, task.name)
    return _Answer({**result, **decision}, found, stands_on)


def _due(rows: Transaction, answer: _Answer) -> list[str]:
    """The names of the budgets that have something to fire.

    Without a feed there is no forecast, and what is spent tells it alone.
    """
    if not answer.stands_on.feeds and not any(
        period.reached for one in answer.found for period in one.periods
    ):
        return []
    from . import alerts

    return alerts.due(rows, answer.found, answer.stands_on)


def _fired_after_reading(options: sql.LedgerOptions, due: Sequence[str], turn: _Turn) -> dict[str, Any]:
    from . import alerts

    return alerts.fire_after_reading(options, due, turn.rates, turn.now, turn.recorded_by)


def _fired(
    connection: Transaction,
    answer: _Answer,
    before: Budget | None,
    defined_now: Budget | None,
    rates: Rates,
    recorded_by: str,
) -> dict[str, Any]:
    """What a definition and the budgets that were asked fire.

    A raised limit first re-arms the thresholds that it puts out of reach.
    """
    from . import alerts

    if defined_now is None:
        return alerts.fire(connection, answer.found, answer.stands_on, recorded_by)
    now = answer.stands_on.now
    wanted = [defined_now, *(one.budget for one in answer.found if one.budget != defined_now)]
    raised = before is not None and (
        before.currency != defined_now.currency or before.limit_nano < defined_now.limit_nano
    )
    if raised:
        alerts.rearm_above(connection, defined_now, rates, now)
    return alerts.fire_for(connection, wanted, rates, now, recorded_by)


def _keep_alerts(ledger: sql.Ledger, options: sql.LedgerOptions, turn: _Turn) -> _Answer:
    """Acknowledge alerts, or re-arm those of a budget."""
    from . import alerts

    task, write = turn.task, turn.write
    stored = budgets.read_all(ledger.connection)
    now = holds.database_now(ledger.connection, turn.now)
    budget = None
    if task.acknowledged is not None:
        told = alerts.acknowledge(
            ledger.connection, str(task.consumer), task.acknowledged, now, turn.recorded_by, write
        )
    else:
        budget = require(stored, task.name or "")
        told = alerts.rearm(ledger.connection, budget, now, write)
    result = {
        **_told(options, budget),
        "changed": bool(told),
        "rearmed" if task.acknowledged is None else "acknowledged": told,
    }
    return _Answer(result, (), snapshot.empty(turn.rates, now))


def _definition(task: Task) -> Definition:
    return Definition(**{name: getattr(task, name) for name in Definition.__dataclass_fields__})


def _write(ledger: sql.Ledger, before: Budget | None, after: Budget | None, now: datetime) -> None:
    from .._ledger import alerts

    if after is not None:
        budgets.save(ledger.connection, after)
    elif before is not None:
        budgets.remove(ledger.connection, before.name)
        overrides.forget(ledger.connection, before.name)
        alerts.forget(ledger.connection, before.name, now)
