# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Defining budgets, and gating a spend against all that the ledger holds (rules G1, G2 and G5 of docs/rules.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._budget import gate
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.money import (
    Money,
    display,
    from_nano,
    parse_amount,
    parse_currency,
    parse_positive_amount,
    to_nano,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import (
    WEEKDAYS,
    Calendar,
    iso,
    parse_duration,
    parse_moment,
    zone_named,
)
from ansible_collections.finops.cloud.plugins.module_utils._pricing.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._store import budgets, feeds, sql, totals
from ansible_collections.finops.cloud.plugins.module_utils._store.budgets import (
    BASIS_ACTUAL,
    BASIS_PERIOD_END,
    FED_BY_CLOUD,
    Budget,
)

DEFAULT_STALENESS = timedelta(hours=6)


@dataclass(frozen=True)
class Task:
    """What a task says, as written; None for what it leaves out, which a stored budget keeps and a new one has by default."""

    name: str | None
    state: str
    limit: str | None
    currency: str | None
    period: str | None
    timezone: str | None
    first_day: str | None
    anchor_day: int | None
    anchor_month: int | None
    begin: str | None
    end: str | None
    fed_by: str | None
    basis: str | None
    max_staleness: str | None
    spend: str | None
    on_exceeded: str
    on_unknown: str


#: What only says something beside a limit.
_OF_A_DEFINITION = (
    "period", "timezone", "first_day", "anchor_day", "anchor_month", "begin", "end", "fed_by", "basis", "max_staleness",
)  # fmt: skip


def apply(options: sql.LedgerOptions, task: Task, rates: Rates, now: datetime, check_mode: bool) -> dict[str, Any]:
    """The result of cost_budget: define, remove, gate, or define and gate in one transaction.

    Raises InvalidOption before anything is written; LedgerError. Only a definition creates a missing ledger (rule L3).
    """
    request = _checked(task)
    if task.state == "present" and task.limit is None:
        with sql.reading(options) as ledger:
            return _apply_to(ledger, options, task, request, rates, now)
    if check_mode:
        if task.state == "present" and not sql.exists(options):
            return _apply_to(None, options, task, request, rates, now)
        with sql.reading(options) as ledger:
            return _apply_to(ledger, options, task, request, rates, now)
    if task.state == "absent":
        # Removing must not create a ledger that is missing: its URL is wrong then.
        with sql.reading(options):
            pass
    with sql.writing(options) as ledger:
        return _apply_to(ledger, options, task, request, rates, now, write=True)


def _checked(task: Task) -> Money | None:
    """The spend to decide on, if there is one. Raises InvalidOption for options that do not go together."""
    if task.limit is None and task.spend is None and task.state == "present":
        raise InvalidOption("limit", "or spend is needed: what may be spent, or what is to be spent.")
    if task.state == "absent" and (task.limit or task.spend):
        raise InvalidOption("state", "absent takes neither limit nor spend.")
    if task.name is None and task.spend is None:
        raise InvalidOption("name", "is needed to define or remove a budget.")
    if task.limit is not None and not (task.name or "").strip():
        raise InvalidOption("name", "is needed to define a budget.")
    for option in _OF_A_DEFINITION:
        if task.limit is None and getattr(task, option) is not None:
            raise InvalidOption(option, "belongs to the definition of a budget; give its limit too.")
    if task.limit is not None:
        # Before a ledger is opened, and so perhaps made, for a definition that is refused.
        _limit(task)
        parse_currency(task.currency, "currency")
    if task.spend is None:
        return None
    amount = parse_positive_amount(task.spend, "spend")
    return Money(amount, parse_currency(task.currency, "currency"))


def _apply_to(
    ledger: sql.Ledger | None,
    options: sql.LedgerOptions,
    task: Task,
    request: Money | None,
    rates: Rates,
    now: datetime,
    write: bool = False,
) -> dict[str, Any]:
    """Define or remove, then gate. ledger None stands for the empty one that a definition would create outside check mode."""
    stored = budgets.read_all(ledger.connection) if ledger else []
    before = find(stored, task.name) if task.name else None
    after = before
    if task.state == "absent":
        after = None
    elif task.limit is not None:
        after = defined(task, before)
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
    if task.limit is not None or task.state == "absent":
        result["diff"] = {"before": described(before), "after": described(after)}
    if request is not None:
        in_force = [budget for budget in stored if before is None or budget.name != before.name]
        in_force += [after] if after is not None else []
        ground = _ground(ledger, rates, now)
        in_force.sort(key=lambda budget: budget.name)
        result |= gate.decide(in_force, request, ground, task.on_exceeded, task.on_unknown, task.name)
    return result


def _write(ledger: sql.Ledger, before: Budget | None, after: Budget | None) -> None:
    if after is not None:
        budgets.save(ledger.connection, after)
    elif before is not None:
        budgets.remove(ledger.connection, before.name)


def _ground(ledger: sql.Ledger | None, rates: Rates, now: datetime) -> gate.Ground:
    if ledger is None:
        return gate.Ground(now, lambda _window: {}, (), rates)
    connection = ledger.connection
    return gate.Ground(now, lambda window: totals.sums(connection, window), feeds.read_all(connection), rates)


def defined(task: Task, before: Budget | None) -> Budget:
    """The budget that the task means, on the ground of the one that was there.

    Raises InvalidOption for a negative limit, fed_by missing on a new budget, an unknown zone, or a custom period without ends.
    """
    limit = _limit(task)
    fed_by = task.fed_by or (before.fed_by if before else None)
    if fed_by is None:
        raise InvalidOption(
            "fed_by", f"says from what the spend of the new budget '{task.name}' is known: cloud or entries."
        )
    default_basis = BASIS_PERIOD_END if fed_by == FED_BY_CLOUD else BASIS_ACTUAL
    staleness = parse_duration(task.max_staleness, "max_staleness") if task.max_staleness else None
    return Budget(
        name=task.name or "",
        limit_nano=to_nano(limit, "limit"),
        currency=parse_currency(task.currency, "currency"),
        calendar=_calendar(task, before.calendar if before else Calendar("monthly")),
        fed_by=fed_by,
        basis=task.basis or (before.basis if before else default_basis),
        max_staleness=staleness or (before.max_staleness if before else DEFAULT_STALENESS),
    )


def _limit(task: Task) -> Decimal:
    limit = parse_amount(task.limit or "", "limit")
    if limit < 0:
        raise InvalidOption("limit", f"'{task.limit}' is negative; a limit is zero or more.")
    return limit


def _calendar(task: Task, before: Calendar) -> Calendar:
    given: dict[str, Any] = {
        "kind": task.period,
        "zone": task.timezone,
        "anchor_day": _within(task.anchor_day, 31, "anchor_day"),
        "anchor_month": _within(task.anchor_month, 12, "anchor_month"),
        "first_day": WEEKDAYS.index(task.first_day) if task.first_day else None,
    }
    calendar = replace(before, **{name: value for name, value in given.items() if value is not None})
    zone = zone_named(calendar.zone, "timezone")
    if calendar.kind != "custom":
        if task.begin or task.end:
            raise InvalidOption(
                "begin", "and end belong to a budget with period custom; the others begin by the calendar."
            )
        return replace(calendar, begin=None, end=None)
    begin = parse_moment(task.begin, zone, "begin") if task.begin else before.begin
    end = parse_moment(task.end, zone, "end") if task.end else before.end
    if begin is None or end is None or begin >= end:
        raise InvalidOption("begin", "and end are both needed for a custom period, begin before end.")
    return replace(calendar, begin=begin, end=end)


def _within(number: int | None, largest: int, option: str) -> int | None:
    if number is not None and not 1 <= number <= largest:
        raise InvalidOption(option, f"{number} is not from 1 to {largest}.")
    return number


def find(stored: Sequence[Budget], name: str) -> Budget | None:
    """The budget of that name among those."""
    return next((budget for budget in stored if budget.name == name), None)


def require(stored: Sequence[Budget], name: str) -> Budget:
    """The budget of that name. Raises InvalidOption that lists those there are: an unknown budget never lets a spend pass."""
    budget = find(stored, name)
    if budget is None:
        known = ", ".join(one.name for one in stored) or "none"
        raise InvalidOption("name", f"the ledger has no budget '{name}'; it has {known}.")
    return budget


def described(budget: Budget | None) -> dict[str, Any]:
    """A budget as results and diffs show it; empty for none."""
    if budget is None:
        return {}
    calendar = budget.calendar
    return {
        "name": budget.name,
        "limit": display(from_nano(budget.limit_nano)),
        "currency": budget.currency,
        "period": calendar.kind,
        "timezone": calendar.zone,
        "first_day": WEEKDAYS[calendar.first_day],
        "anchor_day": calendar.anchor_day,
        "anchor_month": calendar.anchor_month,
        "begin": None if calendar.begin is None else iso(calendar.begin),
        "end": None if calendar.end is None else iso(calendar.end),
        "fed_by": budget.fed_by,
        "basis": budget.basis,
        "max_staleness": f"{int(budget.max_staleness.total_seconds())}s",
    }
