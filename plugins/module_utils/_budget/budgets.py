# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Defining, removing and gating in one task (rules G1, G2, G5 and G6 of docs/rules.md), and the status of budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._budget import ground, overrides, verdict
from ansible_collections.finops.cloud.plugins.module_utils._budget.definitions import (
    Definition,
    defined,
    described,
    find,
    parse_limit,
    refuse_lookalike,
    require,
)
from ansible_collections.finops.cloud.plugins.module_utils._budget.request import (
    Request,
    parse_line,
    parse_lines,
    without_nothing,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.money import parse_currency
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import iso
from ansible_collections.finops.cloud.plugins.module_utils._pricing.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._store import budgets, holds, sql
from ansible_collections.finops.cloud.plugins.module_utils._store.budgets import Budget


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
    on_exceeded: str = "fail"
    on_unknown: str = "fail"

    @property
    def gates(self) -> bool:
        """Whether something is to be spent."""
        return self.spend is not None or self.lines is not None


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
    """The result of cost_budget: define, remove, raise the limit for a reservation, gate, or several of them in one transaction.

    Raises InvalidOption before anything is written; LedgerError. Only a definition creates a missing ledger (rule L3).
    """
    request = _checked(task)
    if check_mode or (task.limit is None and task.override is None and task.state == "present"):
        if check_mode and task.limit is not None and not sql.exists(options):
            return _apply_to(None, options, task, request, rates, now, recorded_by)
        with sql.reading(options) as ledger:
            return _apply_to(ledger, options, task, request, rates, now, recorded_by)
    # Removing or raising must not create a ledger that is missing: its URL is wrong then.
    with sql.writing(options, create=task.limit is not None) as ledger:
        return _apply_to(ledger, options, task, request, rates, now, recorded_by, write=True)


def _checked(task: Task) -> Request | None:
    """The spend to decide on, if there is one. Raises InvalidOption for options that do not go together."""
    defines, raises, named = task.limit is not None, task.override is not None, bool((task.name or "").strip())
    refused = (
        (task.state == "absent" and (defines or raises or task.gates), "state", "absent takes neither limit, spend, lines nor override."),
        (
            task.state == "present" and not (defines or raises or task.gates),
            "limit",
            "spend, lines or override is needed: what may be spent, or what is to be spent.",
        ),
        (not named and (defines or raises or not task.gates), "name", "is needed to define or remove a budget, or to raise its limit."),
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
        return Request(parse_lines([{"currency": task.currency, **without_nothing(row)} for row in task.lines]))
    if task.spend is not None:
        named = {name: getattr(task, name) for name in ("spend", "currency", *_OF_A_SPEND)}
        return Request((parse_line(named, amount="spend"),))
    return None


def _apply_to(
    ledger: sql.Ledger | None,
    options: sql.LedgerOptions,
    task: Task,
    request: Request | None,
    rates: Rates,
    now: datetime,
    recorded_by: str,
    write: bool = False,
) -> dict[str, Any]:
    """Define or remove, then gate. ledger None stands for the empty one that a definition would create outside check mode."""
    stored = budgets.read_all(ledger.connection) if ledger else []
    now = holds.database_now(ledger.connection, now) if ledger else now
    before = find(stored, task.name) if task.name else None
    after = before
    if task.state == "absent":
        after = None
    elif task.limit is not None:
        refuse_lookalike(task.name or "", stored)
        after = defined(_definition(task), before)
    elif task.name is not None:
        after = require(stored, task.name)
    if write and ledger and after != before:
        _write(ledger, before, after)
    result: dict[str, Any] = {
        "changed": after != before,
        "ledger": sql.shown(options),
        "ledger_created": bool(ledger and ledger.created),
        "budget": described(after),
    }
    diff = {"before": described(before), "after": described(after)}
    if task.override is not None and after is not None:
        raised = overrides.define(ledger.connection if ledger else None, after, task.override, now, recorded_by, write)
        result |= {"changed": result["changed"] or raised["changed"], "override": raised["override"]}
        diff = {side: {**diff[side], "override": raised["diff"][side]} for side in diff}
    if task.limit is not None or task.state == "absent" or task.override is not None:
        result["diff"] = diff
    if request is not None:
        in_force = [budget for budget in stored if before is None or budget.name != before.name]
        in_force += [after] if after is not None else []
        in_force.sort(key=lambda budget: budget.name)
        stands_on = ground.empty(rates, now)
        if ledger:
            stands_on = ground.read(ledger.connection, rates, now, in_force, request)
        result |= verdict.decide(in_force, request, stands_on, task.on_exceeded, task.on_unknown, task.name)
    return result


def _definition(task: Task) -> Definition:
    return Definition(**{name: getattr(task, name) for name in Definition.__dataclass_fields__})


def _write(ledger: sql.Ledger, before: Budget | None, after: Budget | None) -> None:
    if after is not None:
        budgets.save(ledger.connection, after)
    elif before is not None:
        budgets.remove(ledger.connection, before.name)
        overrides.forget(ledger.connection, before.name)


def status(options: sql.LedgerOptions, names: Sequence[str] | None, rates: Rates, now: datetime) -> dict[str, Any]:
    """The result of cost_budget_info: how every budget stands, or those of these names, with nothing asked for.

    Reads the ledger only, with as many statements for a hundred budgets as for one. Raises InvalidOption for a name that there is not, and
    for an empty list of them; LedgerError.
    """
    if names is not None and not names:
        raise InvalidOption("names", "is empty; leave it out for all budgets.")
    with sql.reading(options) as ledger:
        stored = budgets.read_all(ledger.connection)
        now = holds.database_now(ledger.connection, now)
        wanted = stored if names is None else [require(stored, name, "names") for name in names]
        stands_on = ground.read(ledger.connection, rates, now, wanted, Request())
        found = [verdict.evaluate(budget, Request(), stands_on) for budget in wanted]
    return {
        "ledger": sql.shown(options),
        "evaluated_at": iso(now),
        "tax": "excluded",
        "summary": verdict.summary(found),
        "budgets": [{**described(one.budget), **verdict.as_result(one)} for one in found],
    }
