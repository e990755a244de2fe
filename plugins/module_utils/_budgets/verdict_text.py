# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How a verdict is told: one sentence and one row of amounts per budget
(design/gate.md#deny-unknown-allow).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .._core.money import ROUNDING, SMALLEST_SHOWN, display, from_nano, plain
from .._core.periods import Window, iso
from .._ledger.budgets import Budget
from .._ledger.overrides import Override
from .request import Request
from .sums import DENY, UNKNOWN, PeriodSum

#: What a task tells of alerts that fires none.
NOTHING_FIRED: Mapping[str, Any] = {"alerts": [], "alerts_unknown": []}
_PERIOD_KEYS = (
    "period_start", "period_end", "resets_at", "reserved", "requested", "spent", "accrued", "to_come", "remaining", "utilization", "left",
    "at_least", "override",
)  # fmt: skip


def reason(budget: Budget, request: Request, period: PeriodSum) -> str:
    """One sentence that a person understands at once: what was asked, if anything was, and what the period
    has to say to it.
    """
    within, over, cannot = "is within its limit", "is not within its limit", "cannot be told"
    if request.lines:
        within, over, cannot = f"{request} fits", f"{request} does not fit", f"{request} cannot be decided"
    told_span = span(period.window, budget.calendar.zone)
    if period.verdict == UNKNOWN:
        known = (
            f" At least {display(period.taken)} of {budget.currency} {display(period.limit)} are gone."
            if period.taken
            else ""
        )
        return f"{budget.name}: {cannot}: {'; '.join(period.problems)}.{known}"
    parts = [f"spent {'at least ' if period.problems else ''}{display(period.spent)}"]
    for name, amount in (
        ("accrued", period.accrued),
        ("reserved", period.reserved),
        ("to come", period.to_come),
        ("requested", period.requested),
    ):
        if amount:
            parts.append(f"{name} {display(amount)}")
    if period.override is not None:
        parts.append(raised(period.override))
    figures = f"limit {budget.currency} {display(period.limit)} {told_span}, {', '.join(parts)}"
    if period.verdict == DENY:
        return f"{budget.name}: {over}: {figures}, that is {too_much(period)} too much."
    return f"{budget.name}: {within}: {figures}, {display(period.left)} left."


def raised(override: Override) -> str:
    """`raised by 200 for black-friday by Ada (twice the customers)`."""
    amount = display(from_nano(override.amount_nano))
    return f"raised by {amount} for {override.reservation} by {override.approved_by} ({override.reason})"


def too_much(period: PeriodSum) -> str:
    """By how much a period that denies is passed: never `0`, as what is shown is rounded and what decides is
    not.
    """
    over = -period.left
    return display(over) if over >= SMALLEST_SHOWN else f"less than {plain(SMALLEST_SHOWN)}"


def span(window: Window, zone: str) -> str:
    """`from 2026-11-01 to 2026-12-01 (Europe/Zurich)`: local days where the period has such ends, else
    moments in UTC.
    """
    ends = [moment.astimezone(ZoneInfo(zone)) for moment in (window.begin, window.end)]
    if all((moment.hour, moment.minute, moment.second) == (0, 0, 0) for moment in ends):
        return f"from {ends[0]:%Y-%m-%d} to {ends[1]:%Y-%m-%d} ({zone})"
    return f"from {iso(window.begin)} to {iso(window.end)}"


def row(budget: Budget, periods: Sequence[PeriodSum]) -> dict[str, Any]:
    """The amounts of a budget's periods: those of the first one beside those of the budget, then the next
    one's and later ones'.
    """
    current, following, *later = [*periods, None, None][: max(len(periods), 2)]
    return {
        "fed_by": budget.fed_by,
        "basis": budget.basis,
        "currency": budget.currency,
        "limit": display(from_nano(budget.limit_nano)),
        **(dict.fromkeys(_PERIOD_KEYS) if current is None else _period(current)),
        "next_period": None if following is None else _period(following),
        "later_periods": [_period(one) for one in later if one is not None],
    }


def _period(period: PeriodSum) -> dict[str, Any]:
    """The period's amounts; null where they are not wholly known, with what is known of them in at_least
    (design/reading-a-cloud.md#unknown-is-not-zero).
    """
    promised = {"reserved": display(period.reserved), "requested": display(period.requested)}
    amounts = {
        "spent": display(period.spent),
        "accrued": display(period.accrued),
        "to_come": display(period.to_come),
        "remaining": display(ROUNDING.subtract(period.limit, period.taken)),
        "utilization": utilization(period.taken, period.limit),
        "left": display(period.left),
    }
    known = {**promised, **{name: amounts[name] for name in ("spent", "accrued", "to_come")}}
    return {
        "period_start": iso(period.window.begin),
        "period_end": iso(period.window.end),
        "resets_at": iso(period.window.end),
        **(promised if period.promises_known else dict.fromkeys(promised)),
        **(dict.fromkeys(amounts) if period.problems else amounts),
        "at_least": known if period.problems and period.has_rate else None,
        "override": None if period.override is None else _override(period.override),
    }


def utilization(amount: Decimal, limit: Decimal) -> float:
    """The part of the limit that an amount is, 1.0 for all of it. Of a limit of nothing any spend is all."""
    if not limit:
        return 1.0 if amount > 0 else 0.0
    return float(round(ROUNDING.divide(amount, limit), 6))


def _override(override: Override) -> dict[str, Any]:
    return {
        "reservation": override.reservation,
        "amount": display(from_nano(override.amount_nano)),
        "reason": override.reason,
        "approved_by": override.approved_by,
        "until": iso(override.until),
    }
