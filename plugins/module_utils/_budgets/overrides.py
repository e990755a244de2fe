# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Raising a limit once, for one reservation, with a reason and an approver (design/gate.md#overrides)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.money import parse_positive_amount, round_to_nano
from .._core.periods import iso, parse_moment, period_at, period_id
from .._ledger import budgets, holds, overrides, sql
from .._ledger.budgets import Budget
from .._ledger.overrides import Override
from .known_budgets import require
from .results import override_to_result

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

ABSENT = "absent"
_NEEDED = ("amount", "reason", "approved_by", "until")


@dataclass(frozen=True)
class OverrideTask:
    """What a cost_budget_override task says, as written; None for what it leaves out.

    for_period: a moment in the period that is meant, now by default. login: of PostgreSQL, which alone may
    use it, None for any that holds the reservation.
    """

    budget: str
    reservation: str
    state: str = "present"
    amount: str | None = None
    reason: str | None = None
    approved_by: str | None = None
    until: str | None = None
    for_period: str | None = None
    login: str | None = None


def apply(
    options: sql.LedgerOptions, task: OverrideTask, now: datetime, check_mode: bool, recorded_by: str
) -> dict[str, Any]:
    """The result of cost_budget_override: grant, change or take back an override in one transaction.

    Raises InvalidOption before anything is written; LedgerError. A missing ledger is an error: its URL is
    wrong, as no budget is there.
    """
    _check(task)
    task = replace(task, reservation=task.reservation.strip())
    with sql.reading(options) if check_mode else sql.writing(options, create=False) as ledger:
        budget = require(budgets.read_all(ledger.connection), task.budget, "budget")
        moment = holds.database_now(ledger.connection, now)
        result = define(ledger.connection, budget, task, moment, recorded_by, write=not check_mode)
        return {"ledger": ledger.url, **result}


def _check(task: OverrideTask) -> None:
    """Raise InvalidOption for an override that is not wholly written, or raises by nothing."""
    for name in ("reservation",) if task.state == ABSENT else ("reservation", *_NEEDED):
        if not str(getattr(task, name) or "").strip():
            raise InvalidOption(
                name, "is needed: an override says for whom, how much, why, who approved it and until when."
            )
    if task.state != ABSENT:
        _amount_nano(task)
        parse_moment(str(task.until), ZoneInfo("UTC"), "until")


def _amount_nano(task: OverrideTask) -> int:
    return round_to_nano(parse_positive_amount(str(task.amount), "amount"))


def define(
    connection: Transaction,
    budget: Budget,
    task: OverrideTask,
    now: datetime,
    recorded_by: str,
    write: bool,
) -> dict[str, Any]:
    """Make, change or take back the override of a budget's period for a reservation; what
    changed, and its diff.

    Raises InvalidOption for a moment in no period of the budget, for changing what is consumed, as the record
    of a spend stays, and for a login on SQLite.
    """
    if task.login is not None and not connection.on_postgresql:
        raise InvalidOption("login", "has no effect on SQLite, which has no logins; leave it out.")
    zone = ZoneInfo(budget.calendar.zone)
    moment = parse_moment(task.for_period, zone, "for_period") if task.for_period else now
    window = period_at(budget.calendar, moment)
    if window is None:
        raise InvalidOption("for_period", f"{iso(moment)} is in no period of budget {budget.name}.")
    name = period_id(budget.calendar, window)
    stored = overrides.of_budget(connection, budget.name)
    before = next(
        (one for one in stored if (one.period_id, one.reservation) == (name, task.reservation)), None
    )
    after = None
    if task.state != ABSENT:
        after = Override(
            budget=budget.name,
            period_id=name,
            reservation=task.reservation,
            amount_nano=_amount_nano(task),
            reason=str(task.reason),
            approved_by=str(task.approved_by),
            until=parse_moment(str(task.until), zone, "until"),
            recorded_by=recorded_by,
            login=task.login,
        )
    changed = _content(before) != _content(after)
    if changed and before is not None and before.generation is not None:
        raise InvalidOption(
            "reservation",
            f"the override for {before.reservation} was used at {_format_moment(before.consumed_at)}, and is"
            " used only once.",
        )
    if changed and after is not None and after.until <= now:
        raise InvalidOption("until", f"{iso(after.until)} is past; nobody could use it.")
    if changed and write:
        if after is not None:
            overrides.save(connection, after, now)
        elif before is not None:
            overrides.remove(connection, before)
    return {
        "changed": changed,
        "override": override_to_result(after),
        "diff": {"before": override_to_result(before), "after": override_to_result(after)},
    }


def _content(override: Override | None) -> tuple[dict[str, Any], int | None]:
    """What a task says of an override. Results show fewer digits than its amount has."""
    return override_to_result(override), None if override is None else override.amount_nano


def usable(connection: Transaction, reservation: str, generation: int, now: datetime) -> list[Override]:
    """The overrides that this generation of a reservation may use now, and this login."""
    found = [one for one in overrides.of_reservation(connection, reservation) if one.usable(generation, now)]
    if all(one.login is None for one in found):
        return found
    login = overrides.current_login(connection)
    return [one for one in found if one.login in (None, login)]


def forget(connection: Transaction, budget: str) -> None:
    """Take back the overrides of a budget that is removed, unless they were used: those are on record."""
    for one in overrides.of_budget(connection, budget):
        if one.generation is None:
            overrides.remove(connection, one)


def _format_moment(moment: datetime | None) -> str:
    return "no known time" if moment is None else iso(moment)
