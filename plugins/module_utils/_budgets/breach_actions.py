# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Freezing budgets that a threshold was reached of, as the owner's policy asks for, and releasing them when
the period ends (design/budget-actions.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .._ledger import acts, alerts, budgets, holds, sql
from .._ledger.acts import BUDGET, FREEZE, UNDONE_BY_HAND, UNFREEZE, Act
from .._ledger.policy import OwnerPolicy, PolicyRules, read_policy
from .._ledger.policy_history import save_policy
from .act_notices import due_notices, record_notified, to_notify
from .reached_alerts import reached_alert

if TYPE_CHECKING:
    from .._ledger.budgets import Budget
    from .._ledger.transaction import Transaction

#: Why a budget is frozen, released, or left as it is (design/budget-actions.md#decisions).
REACHED, FROZEN_ALREADY, WITHIN, COOL_DOWN, DONE_BEFORE = (
    "reached", "frozen", "within", "cool_down", "done_before",
)  # fmt: skip
PERIOD_OVER, REARMED, BY_HAND, NO_BUDGET, NOT_ASKED = (
    "period_over", "rearmed", "by_hand", "no_budget", "not_asked_for",
)  # fmt: skip


@dataclass(frozen=True)
class _Choice:
    """What is to be done with a budget, None for nothing, and why."""

    budget: str
    action: str | None
    reason: str
    alert_id: str | None = None
    undoes: int | None = None


def act_on_breaches(
    options: sql.LedgerOptions, cool_down: timedelta, now: datetime, recorded_by: str, only_tell: bool
) -> dict[str, Any]:
    """Freeze and release what the policy's `freeze_at` asks for, in one transaction; the module's result.

    cool_down: how long a budget is not frozen again. only_tell: change nothing. Raises LedgerError, also
    where this login may not write the policy.
    """
    with sql.reading(options) if only_tell else sql.writing(options, create=False) as ledger:
        connection = ledger.connection
        moment = holds.database_now(connection, now)
        policy = read_policy(connection)
        choices = list(_choices(connection, policy, moment, cool_down))
        frozen = _frozen_after(policy, choices)
        changed = any(choice.action is not None for choice in choices)
        reasons = {}
        if changed and not only_tell:
            reasons = _write(connection, policy, choices, frozen, moment, recorded_by)
        before = [] if policy.rules is None else list(policy.rules.frozen_budgets)
        return {
            "changed": changed,
            "ledger": ledger.url,
            "budgets": [
                {"budget": one.budget, "action": one.action, "reason": one.reason, "alert": one.alert_id}
                for one in choices
            ],
            "frozen_budgets": list(frozen),
            "notices": due_notices(connection, moment, reasons),
            "diff": {"before": {"frozen_budgets": before}, "after": {"frozen_budgets": list(frozen)}},
        }


def record_notices(
    options: sql.LedgerOptions, numbers: Sequence[int], now: datetime, recorded_by: str, only_tell: bool
) -> dict[str, Any]:
    """Record that somebody was told of these acts, and act on nothing; the module's result.

    only_tell: change nothing. Raises InvalidOption for a number that is no act on a budget, and LedgerError.
    """
    with sql.reading(options) if only_tell else sql.writing(options, create=False) as ledger:
        connection = ledger.connection
        moment = holds.database_now(connection, now)
        told = to_notify(connection, numbers)
        if not only_tell:
            record_notified(connection, told, moment, recorded_by)
        rules = read_policy(connection).rules or PolicyRules()
        return {
            "changed": bool(told),
            "ledger": ledger.url,
            "budgets": [],
            "frozen_budgets": list(rules.frozen_budgets),
            "notices": due_notices(connection, moment, {}),
        }


def _choices(
    connection: Transaction, policy: OwnerPolicy, now: datetime, cool_down: timedelta
) -> Iterator[_Choice]:
    """A choice for each budget that the policy names, or that an act has frozen."""
    rules = policy.rules or PolicyRules()
    by_name = {budget.name: budget for budget in budgets.read_all(connection)}
    done = acts.every(connection, BUDGET)
    newest = {act.resource_id: act for act in done}
    of_acts = [act.alert_id for act in newest.values() if act.kind == FREEZE and act.alert_id is not None]
    standing = alerts.standing_until(connection, of_acts)
    released = set()
    for name, act in sorted(newest.items()):
        if act.kind == FREEZE and (choice := _released(name, act, rules, standing, now)) is not None:
            released.add(name)
            yield choice
    for name, fraction in sorted(rules.freeze_at.items()):
        frozen = name in rules.frozen_budgets and name not in released
        if name not in by_name:
            yield _Choice(name, None, NO_BUDGET)
        elif frozen:
            yield _Choice(name, None, FROZEN_ALREADY)
        elif (choice := _frozen(connection, by_name[name], Decimal(fraction), done, (now, cool_down))) and (
            choice.action is not None or name not in released
        ):
            yield choice


def _released(
    name: str, act: Act, rules: PolicyRules, standing: Mapping[str, datetime], now: datetime
) -> _Choice | None:
    """What ends a freeze: its period, the alert's re-arming, the policy that asks no more, or a hand."""
    if name not in rules.frozen_budgets:
        return _Choice(name, UNDONE_BY_HAND, BY_HAND, act.alert_id, act.number)
    if act.alert_id is None or act.alert_id not in standing:
        return _Choice(name, UNFREEZE, REARMED, act.alert_id, act.number)
    if standing[act.alert_id] <= now:
        return _Choice(name, UNFREEZE, PERIOD_OVER, act.alert_id, act.number)
    if name not in rules.freeze_at:
        return _Choice(name, UNFREEZE, NOT_ASKED, act.alert_id, act.number)
    return None


def _frozen(
    connection: Transaction,
    budget: Budget,
    fraction: Decimal,
    done: Sequence[Act],
    when: tuple[datetime, timedelta],
) -> _Choice:
    """Whether an alert of the present period asks to freeze the budget: once for each alert."""
    now, cool_down = when
    alert = reached_alert(connection, budget, fraction, now)
    if alert is None:
        return _Choice(budget.name, None, WITHIN)
    freezes = [act for act in done if act.kind == FREEZE and act.resource_id == budget.name]
    if any(act.alert_id == alert.id for act in freezes):
        return _Choice(budget.name, None, DONE_BEFORE, alert.id)
    if any(
        act.recorded_at is not None and timedelta() <= now - act.recorded_at < cool_down for act in freezes
    ):
        return _Choice(budget.name, None, COOL_DOWN, alert.id)
    return _Choice(budget.name, FREEZE, REACHED, alert.id)


def _frozen_after(policy: OwnerPolicy, choices: Sequence[_Choice]) -> tuple[str, ...]:
    rules = policy.rules or PolicyRules()
    gone = {one.budget for one in choices if one.action == UNFREEZE}
    new = [one.budget for one in choices if one.action == FREEZE]
    return tuple(dict.fromkeys([*(name for name in rules.frozen_budgets if name not in gone), *new]))


def _write(
    connection: Transaction,
    policy: OwnerPolicy,
    choices: Sequence[_Choice],
    frozen: tuple[str, ...],
    now: datetime,
    recorded_by: str,
) -> dict[int, str]:
    """The next version of the policy, and a row for each act; by its number why it was done."""
    if policy.rules is not None and frozen != policy.rules.frozen_budgets:
        rules = policy.rules._replace(frozen_budgets=frozen)
        save_policy(connection, policy.version + 1, rules, now, recorded_by)
    reasons = {}
    for one in choices:
        if one.action is not None:
            act = Act(one.action, BUDGET, one.budget, one.budget, alert_id=one.alert_id, undoes=one.undoes)
            reasons[acts.add(connection, act, now, recorded_by).number or 0] = one.reason
    return reasons
