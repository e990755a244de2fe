# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Budgets, verdicts, holds, overrides, alerts and forecasts as the dictionaries that tasks return
(design/gate.md#deny-unknown-allow). texts.py makes the sentences and the table.

Moments are in UTC, amounts are text in the budget's currency, and null is what is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .._core.money import ROUNDING, format_amount, format_exact, from_nano
from .._core.periods import WEEKDAYS, iso, period_id
from .._ledger.budgets import TAX_EXCLUDED

if TYPE_CHECKING:
    from .._ledger.alerts import Alert
    from .._ledger.budgets import Budget
    from .._ledger.holds import Hold, HoldLine
    from .._ledger.overrides import Override
    from .forecasts import KnownForecast, UnknownForecast
    from .spent_until import SpentUntil
    from .sums import PeriodSum
    from .verdict import BudgetVerdict

#: What a task returns of alerts if it fires none.
NOTHING_FIRED: Mapping[str, Any] = {"alerts": [], "alerts_unknown": []}
_PERIOD_KEYS = (
    "period_start", "period_end", "resets_at", "reserved", "requested", "spent", "accrued", "to_come",
    "remaining", "utilization", "left",
    "at_least", "override",
)  # fmt: skip


def budget_to_result(budget: Budget | None) -> dict[str, Any]:
    """A budget's definition; empty for none."""
    if budget is None:
        return {}
    calendar = budget.calendar
    return {
        "name": budget.name,
        "limit": format_amount(from_nano(budget.limit_nano)),
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
        "scope": {
            "categories": list(budget.scope.categories),
            "projects": list(budget.scope.projects),
            "regions": list(budget.scope.regions),
            "tags": dict(budget.scope.tags),
        },
        "untagged": budget.scope.untagged,
        "tax": budget.scope.tax,
        "thresholds": [format_exact(part) for part in budget.thresholds],
    }


def verdict_to_result(verdict: BudgetVerdict) -> dict[str, Any]:
    """One row of `budgets`: the amounts of the current period beside those of the budget, then those of the
    next period and of later ones.
    """
    budget = verdict.budget
    current, following, *later = [*verdict.periods, None, None][: max(len(verdict.periods), 2)]
    return {
        "name": budget.name,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "rated_through": None if verdict.rated_through is None else iso(verdict.rated_through),
        "fed_by": budget.fed_by,
        "basis": budget.basis,
        "tax": budget.scope.tax,
        "currency": budget.currency,
        "limit": format_amount(from_nano(budget.limit_nano)),
        **(dict.fromkeys(_PERIOD_KEYS) if current is None else _period_to_result(current)),
        "next_period": None if following is None else _period_to_result(following),
        "later_periods": [_period_to_result(one) for one in later if one is not None],
    }


def _period_to_result(period: PeriodSum) -> dict[str, Any]:
    """The period's amounts. One that is known only in part is null, with its known part in at_least
    (design/reading-a-cloud.md#unknown-is-not-zero).
    """
    of_holds = {"reserved": format_amount(period.reserved), "requested": format_amount(period.requested)}
    costs = {name: format_amount(getattr(period, name)) for name in ("spent", "accrued", "to_come")}
    sums = {
        "remaining": format_amount(ROUNDING.subtract(period.limit, period.taken)),
        "utilization": utilization(period.taken, period.limit),
        "left": format_amount(period.left),
    }
    return {
        "period_start": iso(period.window.begin),
        "period_end": iso(period.window.end),
        "resets_at": iso(period.window.end),
        **(of_holds if period.holds_known else dict.fromkeys(of_holds)),
        **(costs if period.costs_known else dict.fromkeys(costs)),
        **(dict.fromkeys(sums) if period.problems else sums),
        "at_least": {**of_holds, **costs} if period.problems and period.has_rate else None,
        "override": None if period.override is None else _used_override_to_result(period.override),
    }


def tax_of(budgets: Iterable[Budget]) -> str:
    """What the sums of these budgets did with tax: `excluded`, `included`, or `mixed` if the budgets
    differ (design/money.md#net-amounts). Without a budget no tax was counted.
    """
    kinds = {budget.scope.tax for budget in budgets} or {TAX_EXCLUDED}
    return kinds.pop() if len(kinds) == 1 else "mixed"


def utilization(amount: Decimal, limit: Decimal) -> float:
    """An amount as a fraction of the limit, 1.0 for all of it and for any spend on a limit of zero."""
    if not limit:
        return 1.0 if amount > 0 else 0.0
    return float(round(ROUNDING.divide(amount, limit), 6))


def line_to_result(line: HoldLine) -> dict[str, Any]:
    """A line of a request or of a hold: amount and at of a one-off line, hourly and until of a running one;
    the others are null.
    """
    return {
        "amount": None if line.hourly else format_amount(line.money.amount),
        # By the hour, more digits than an amount: a gigabyte costs a hundredth of a thousandth.
        "hourly": format_exact(line.money.amount) if line.hourly else None,
        "currency": line.money.currency,
        "at": None if line.at is None else iso(line.at),
        "until": None if line.until is None else iso(line.until),
        "category": line.category,
        "project": line.project,
        "region": line.region,
        "tags": dict(line.tags),
        "name": line.name,
        "metric": line.metric,
    }


def hold_to_result(hold: Hold | None, now: datetime) -> dict[str, Any]:
    """A hold (design/reservations.md#one-transaction); empty for none."""
    if hold is None:
        return {}
    return {
        "name": hold.name,
        "generation": hold.generation,
        "state": hold.state,
        "settled_by": hold.settled_by,
        "held_at": iso(hold.held_at),
        "expires_at": iso(hold.expires_at),
        "expired": hold.expired(now),
        "committed_at": None if hold.committed_at is None else iso(hold.committed_at),
        "forced": hold.forced,
        "forced_verdicts": None if hold.forced_verdicts is None else list(hold.forced_verdicts),
        "plan_sha256": hold.plan_sha256,
        "held": [line_to_result(line) for line in hold.held],
        "committed": [line_to_result(line) for line in hold.committed],
        "removed": [line_to_result(line) for line in hold.removed],
    }


def exceeded_to_result(budget: Budget, period: PeriodSum) -> dict[str, Any]:
    """A period of a budget that is beyond its limit."""
    return {
        "budget": budget.name,
        "period": period_id(budget.calendar, period.window),
        "period_start": iso(period.window.begin),
        "period_end": iso(period.window.end),
    }


def override_to_result(override: Override | None) -> dict[str, Any]:
    """An override; empty for none."""
    if override is None:
        return {}
    return {
        "budget": override.budget,
        "period": override.period_id,
        **_used_override_to_result(override),
        "login": override.login,
    }


def _used_override_to_result(override: Override) -> dict[str, Any]:
    """An override in a row that names its budget and its period already."""
    return {
        "reservation": override.reservation,
        "amount": format_amount(from_nano(override.amount_nano)),
        "reason": override.reason,
        "approved_by": override.approved_by,
        "until": iso(override.until),
    }


def alert_to_result(alert: Alert) -> dict[str, Any]:
    """An alert that fired."""
    return {
        "id": alert.id,
        "budget": alert.key.budget,
        "period": alert.key.period_id,
        "period_start": iso(alert.window.begin),
        "period_end": iso(alert.window.end),
        "basis": alert.key.basis,
        "threshold": format_exact(alert.key.threshold),
        "amount": format_amount(alert.amount),
        "limit": format_amount(alert.limit),
        "currency": alert.currency,
        "utilization": utilization(alert.amount, alert.limit),
        "at_least": alert.at_least,
        "message": alert.message,
        "fired_at": iso(alert.fired_at),
        "acknowledged_by": list(alert.acknowledged_by),
    }


def over_to_result(one: SpentUntil | None) -> dict[str, Any]:
    """The keys `over_by` and `over_since` of a budget's row; null for one that has not spent more than its
    limit.
    """
    return {
        "over_by": None if one is None or one.over_by is None else format_amount(one.over_by),
        "over_since": None if one is None or one.over_since is None else iso(one.over_since),
    }


def forecast_to_result(forecast: KnownForecast | UnknownForecast | None) -> dict[str, Any]:
    """The keys `forecast` and `runs_out_at` of a budget's row. None: the budget has no current period."""
    # Only a status has forecasts; a gate does without the file.
    from .forecasts import UnknownForecast

    if forecast is None:
        return {"forecast": None, "runs_out_at": None}
    bounds: Sequence[str] = ("low", "expected", "high")
    if isinstance(forecast, UnknownForecast):
        unknown = {"enough_data": False, "rated_periods": None, "reason": f"{forecast.reason}."}
        return {"forecast": {**dict.fromkeys(bounds), **unknown}, "runs_out_at": None}
    amounts = {name: format_amount(getattr(forecast, name)) for name in bounds}
    known = {"enough_data": forecast.enough_data, "rated_periods": forecast.rated_periods, "reason": None}
    return {
        "forecast": {**amounts, **known},
        "runs_out_at": None if forecast.runs_out_at is None else iso(forecast.runs_out_at),
    }
