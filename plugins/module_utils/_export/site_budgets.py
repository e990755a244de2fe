# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Budgets and alerts on the pages of a cost site, as they stood at the end of the page's month: with since
when and by how much one is over, and when one will be (design/reports.md#of-its-window).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from .._budgets.results import utilization
from .._budgets.spent_until import SpentUntil, spent_until
from .._budgets.status import read_status
from .._core.money import format_amount
from .._core.periods import Window, from_iso, iso, period_at
from .._ledger import alerts, budgets
from .._ledger.budgets import Budget, Scope
from .site_cost import CATEGORY, PROJECT
from .site_keys import OF_PROJECT, ORGANIZATION, PageKey, Row, shown_name

if TYPE_CHECKING:
    from .._core.rates import Rates
    from .._ledger.alerts import Alert
    from .._ledger.feeds import Feed
    from .._ledger.transaction import Transaction

OVER, WILL_BE_OVER, NOT_KNOWN, WITHIN = STATES = ("over", "will be over", "not known", "within its limit")


class BudgetsOfMonth(NamedTuple):
    """rows: with what they are about in `scope`; the worst first. alerts: fired in the month, of each budget,
    period and basis the highest threshold; later: fired after it about periods of it. lines: of budgets of
    just this month their scope and what they allow a day.
    """

    rows: Sequence[Row]
    alerts: Sequence[Row]
    later: Sequence[Row]
    daily: Sequence[tuple[Budget, Decimal]]


def read_budgets(
    transaction: Transaction, window: Window, feeds: Sequence[Feed], rates: Rates, now: datetime
) -> BudgetsOfMonth:
    """How budgets stood at the end of the window, or stand now where that is ahead."""
    stored = budgets.read_all(transaction)
    until = min(window.end, now)
    spent = spent_until(transaction, stored, feeds, rates, until) if stored else []
    ahead = {}
    if stored and window.end > now:
        ahead = {row["name"]: row for row in read_status(transaction, None, rates, now)["budgets"]}
    fired = alerts.fired_about(transaction, window)
    return BudgetsOfMonth(
        rows=sorted((_row(one, ahead.get(one.budget.name)) for one in spent), key=_worst),
        alerts=_highest([one for one in fired if one.fired_at < window.end]),
        later=_highest([one for one in fired if one.fired_at >= window.end]),
        daily=[
            (budget, budget.amount / ((window.end - window.begin).days or 1))
            for budget in stored
            if period_at(budget.calendar, window.begin) == window
        ],
    )


def _row(one: SpentUntil, ahead: Mapping[str, Any] | None) -> Row:
    """One budget. ahead: its row of cost_budget_info, while its period is not over."""
    budget = one.budget
    forecast = (ahead or {}).get("forecast") or {}
    runs_out_at = (ahead or {}).get("runs_out_at")
    state = _state(one, ahead)
    return {
        "id": budget.name,
        "name": shown_name(budget.name),
        "scope": budget.scope,
        "state": state,
        "currency": budget.currency,
        "limit": format_amount(budget.amount),
        "spent": format_amount(one.spent),
        "at_least": bool(one.problems),
        "used": utilization(one.spent, budget.amount),
        "over_by": None if one.over_by is None else format_amount(one.over_by),
        "over_since": None if one.over_since is None else iso(one.over_since),
        "runs_out_at": runs_out_at if state == WILL_BE_OVER else None,
        "expected": forecast.get("expected") if forecast.get("enough_data") else None,
        "low": forecast.get("low") if forecast.get("enough_data") else None,
        "high": forecast.get("high") if forecast.get("enough_data") else None,
        "period_end": iso(one.period.end),
        "tax": budget.scope.tax,
        "reason": _reason(one, ahead, state),
    }


def _state(one: SpentUntil, ahead: Mapping[str, Any] | None) -> str:
    if one.over_by is not None:
        return OVER
    if ahead is not None and (ahead["verdict"] == "deny" or ahead["runs_out_at"] is not None):
        return WILL_BE_OVER
    if one.problems or (ahead is not None and ahead["verdict"] == "unknown"):
        return NOT_KNOWN
    return WITHIN


def _reason(one: SpentUntil, ahead: Mapping[str, Any] | None, state: str) -> str | None:
    """Why it is not known, or does not fit although nobody can say when it runs out."""
    if one.problems:
        return f"{one.budget.name}: {'; '.join(one.problems)}."
    if ahead is not None and state in (NOT_KNOWN, WILL_BE_OVER):
        return str(ahead["reason"])
    return None


def _worst(row: Row) -> tuple[int, float, str]:
    return STATES.index(row["state"]), -row["used"], row["name"]


def _highest(fired: Sequence[Alert]) -> list[Row]:
    """The highest threshold of each budget, period and basis, the newest first."""
    found: dict[tuple[str, str, str], Alert] = {}
    for one in fired:
        about = (one.key.budget, one.key.period_id, one.key.basis)
        if about not in found or one.key.threshold > found[about].key.threshold:
            found[about] = one
    rows = [
        {"budget": one.key.budget, "text": shown_name(one.message), "at": iso(one.fired_at)}
        for one in found.values()
    ]
    return sorted(rows, key=lambda row: from_iso(row["at"]), reverse=True)


def is_about(scope: Scope, key: PageKey, name: str | None, team: str) -> bool:
    """Whether a budget of that scope is shown on a page: all on the organization's, else those that name
    the team or project.
    """
    if key.kind == ORGANIZATION:
        return True
    if key.kind == OF_PROJECT or team == PROJECT:
        return key.id in scope.projects or name in scope.projects
    if team == CATEGORY:
        return key.id in scope.categories
    return (team.partition(":")[2], key.id) in scope.tags


def is_exactly(budget: Budget, key: PageKey, name: str | None, team: str) -> bool:
    """Whether a budget covers just what a page is about, so that the page's days can be held to it."""
    scope = budget.scope
    kinds = [kind for kind in (scope.categories, scope.projects, scope.regions, scope.tags) if kind]
    if key.kind == ORGANIZATION:
        return not kinds
    return len(kinds) == 1 and len(kinds[0]) == 1 and is_about(scope, key, name, team)
