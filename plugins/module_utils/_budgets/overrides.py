# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Raising a limit once, for one reservation, by somebody who says why (design/gate.md#overrides)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.money import display, from_nano, parse_positive_amount, to_nano
from .._core.periods import iso, parse_moment, period_at, period_id
from .._ledger import overrides
from .._ledger.budgets import Budget
from .._ledger.overrides import Override

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

_NEEDED = ("for", "amount", "reason", "by", "until")


def check(given: Mapping[str, Any]) -> None:
    """Raise InvalidOption for an override that is not wholly written, or raises by nothing."""
    absent = given.get("state") == "absent"
    for name in _NEEDED[:1] if absent else _NEEDED:
        if not str(given.get(name) or "").strip():
            raise InvalidOption(
                f"override.{name}",
                "is needed: an override says for whom, how much, why, by whom and until when.",
            )
    if absent:
        return
    to_nano(parse_positive_amount(given["amount"], "override.amount"), "override.amount")
    parse_moment(given["until"], ZoneInfo("UTC"), "override.until")


def define(
    connection: Transaction | None,
    budget: Budget,
    given: Mapping[str, Any],
    now: datetime,
    recorded_by: str,
    write: bool,
) -> dict[str, Any]:
    """Make, change or take back the override of a budget's period for a reservation; what changed, and its
    diff.

    given: for, amount in the budget's currency, reason, by, until, for_period (a moment in the period, now by
    default), state. Raises InvalidOption for a moment in no period of the budget, and for changing what is
    consumed: the record of a spend stays.
    """
    zone = ZoneInfo(budget.calendar.zone)
    moment = (
        parse_moment(given["for_period"], zone, "override.for_period") if given.get("for_period") else now
    )
    window = period_at(budget.calendar, moment)
    if window is None:
        raise InvalidOption("override.for_period", f"{iso(moment)} is in no period of budget {budget.name}.")
    name = period_id(budget.calendar, window)
    stored = overrides.of_budget(connection, budget.name) if connection is not None else []
    before = next((one for one in stored if (one.period_id, one.reservation) == (name, given["for"])), None)
    after = None
    if given.get("state") != "absent":
        after = Override(
            budget=budget.name,
            period_id=name,
            reservation=given["for"],
            amount_nano=to_nano(parse_positive_amount(given["amount"], "override.amount"), "override.amount"),
            reason=given["reason"],
            approved_by=given["by"],
            until=parse_moment(given["until"], zone, "override.until"),
            recorded_by=recorded_by,
        )
    changed = described(before) != described(after)
    if changed and before is not None and before.generation is not None:
        raise InvalidOption(
            "override",
            f"the one for {before.reservation} was used at {_told(before.consumed_at)}, and is used only once.",
        )
    if changed and after is not None and after.until <= now:
        raise InvalidOption("override.until", f"{iso(after.until)} is past; nobody could use it.")
    if changed and write and connection is not None:
        if after is not None:
            overrides.save(connection, after, now)
        elif before is not None:
            overrides.remove(connection, before)
    return {
        "changed": changed,
        "override": described(after),
        "diff": {"before": described(before), "after": described(after)},
    }


def usable(connection: Transaction, reservation: str, generation: int, now: datetime) -> list[Override]:
    """The overrides that this generation of a reservation may use now."""
    return [one for one in overrides.of_reservation(connection, reservation) if one.usable(generation, now)]


def forget(connection: Transaction, budget: str) -> None:
    """Take back the overrides of a budget that is removed, unless they were used: those are on record."""
    for one in overrides.of_budget(connection, budget):
        if one.generation is None:
            overrides.remove(connection, one)


def described(override: Override | None) -> dict[str, Any]:
    """An override as results and diffs show it; empty for none."""
    if override is None:
        return {}
    return {
        "budget": override.budget,
        "period": override.period_id,
        "for": override.reservation,
        "amount": display(from_nano(override.amount_nano)),
        "reason": override.reason,
        "by": override.approved_by,
        "until": iso(override.until),
    }


def _told(moment: datetime | None) -> str:
    return "no known time" if moment is None else iso(moment)
