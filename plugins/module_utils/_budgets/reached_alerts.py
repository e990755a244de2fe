# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Alerts on which the owner's policy has something done (design/budget-actions.md#decisions)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from .._core.periods import period_at, period_id
from .._ledger import alerts, budgets, feeds
from .._ledger.alerts import ACTUAL, Alert
from .scope import ScopeMatcher, scope_matcher

if TYPE_CHECKING:
    from .._ledger.budgets import Budget
    from .._ledger.transaction import Transaction


@dataclass(frozen=True)
class ReachedBudget:
    """A budget that reached the threshold which the policy names, the alert that says so, and what its scope
    covers.
    """

    budget: str
    alert: Alert
    scope: ScopeMatcher


def reached_alert(transaction: Transaction, budget: Budget, fraction: Decimal, now: datetime) -> Alert | None:
    """The alert on actual spend of the budget's present period that stands, and whose threshold is that
    fraction or a higher one; None where none does.
    """
    window = period_at(budget.calendar, now)
    if window is None:
        return None
    fired = alerts.of_periods(transaction, [(budget.name, period_id(budget.calendar, window))])
    reached = [one for one in fired if one.key.basis == ACTUAL and one.key.threshold >= fraction]
    standing = alerts.standing_until(transaction, [one.id for one in reached])
    return next((one for one in reached if one.id in standing), None)


def reached_budgets(
    transaction: Transaction, asked: Mapping[str, str], now: datetime
) -> Iterator[ReachedBudget]:
    """Those of the budgets, each with a fraction of its limit, that have reached it, by name."""
    if not asked:
        return
    known_feeds = feeds.read_all(transaction)
    for budget in budgets.read_all(transaction):
        if budget.name in asked:
            alert = reached_alert(transaction, budget, Decimal(asked[budget.name]), now)
            if alert is not None:
                yield ReachedBudget(budget.name, alert, scope_matcher(budget.scope, known_feeds))
