# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What budgets say in words: the reason of a verdict, the message of an alert, and their parts
(design/gate.md#deny-unknown-allow).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from .._core.money import ROUNDING, SMALLEST_SHOWN, display, from_nano, plain
from .._core.periods import Window, iso
from .._ledger.budgets import Budget, Scope
from .._ledger.overrides import Override
from .request import Request
from .results import utilization
from .sums import DENY, UNKNOWN, PeriodSum

if TYPE_CHECKING:
    from .._ledger.holds import Line

_TENTH = Decimal("0.1")


def format_reason(budget: Budget, request: Request, period: PeriodSum) -> str:
    """The reason of a verdict in one sentence: what was asked for, if anything was, and the amounts of the
    period that decided it.
    """
    within, over, cannot = "is within its limit", "is not within its limit", "cannot be told"
    if request.lines:
        within, over, cannot = f"{request} fits", f"{request} does not fit", f"{request} cannot be decided"
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
        parts.append(format_override(period.override))
    when = format_window(period.window, budget.calendar.zone)
    amounts = f"limit {budget.currency} {display(period.limit)} {when}, {', '.join(parts)}"
    if period.verdict == DENY:
        return f"{budget.name}: {over}: {amounts}, that is {format_excess(period)} too much."
    return f"{budget.name}: {within}: {amounts}, {display(period.left)} left."


def format_override(override: Override) -> str:
    """`raised by 200 for black-friday by Ada (twice the customers)`."""
    amount = display(from_nano(override.amount_nano))
    return f"raised by {amount} for {override.reservation} by {override.approved_by} ({override.reason})"


def format_excess(period: PeriodSum) -> str:
    """The amount beyond the limit of a period that denies. Never `0`: the text is rounded, the decision is
    not.
    """
    excess = -period.left
    return display(excess) if excess >= SMALLEST_SHOWN else f"less than {plain(SMALLEST_SHOWN)}"


def format_window(window: Window, zone: str) -> str:
    """`from 2026-11-01 to 2026-12-01 (Europe/Zurich)` if both ends are local midnights, else the moments in
    UTC.
    """
    ends = [moment.astimezone(ZoneInfo(zone)) for moment in (window.begin, window.end)]
    if all((moment.hour, moment.minute, moment.second) == (0, 0, 0) for moment in ends):
        return f"from {ends[0]:%Y-%m-%d} to {ends[1]:%Y-%m-%d} ({zone})"
    return f"from {iso(window.begin)} to {iso(window.end)}"


def format_line(line: Line) -> str:
    """`CHF 60 of category compute, project shop, tag team=web`."""
    parts = [
        f"{kind} {value}" for kind, value in (("category", line.category), ("project", line.project)) if value
    ]
    parts += [f"tag {name}={value}" for name, value in line.tags]
    return f"{line.money} of {', '.join(parts)}" if parts else str(line.money)


def format_scope(scope: Scope) -> str:
    """`all costs`, or `category compute or storage, project shop, tag team=web`."""
    parts = []
    for name, values in (("category", scope.categories), ("project", scope.projects)):
        if values:
            parts.append(f"{name} {' or '.join(values)}")
    parts += [f"tag {name}={value}" for name, value in scope.tags]
    return ", ".join(parts) or "all costs"


def format_alert(
    budget: Budget, window: Window, amount: Decimal, threshold: Decimal, *, is_spent: bool, is_least: bool
) -> str:
    """`team: 81.2 % of CHF 100 is spent: CHF 81.2 from 2026-11-01 to 2026-12-01 (UTC).
    The threshold is 80 %.`

    threshold: a fraction of the limit. is_spent: false for a forecast. is_least: the amount is a lower bound.
    """
    part = _format_percent(Decimal(str(utilization(amount, budget.amount))))
    bound = "at least " if is_least else ""
    verb = "is spent" if is_spent else "is expected to be spent"
    limit = f"{budget.currency} {display(budget.amount)}"
    spent = f"{budget.currency} {display(amount)} {format_window(window, budget.calendar.zone)}"
    at_threshold = f"The threshold is {_format_percent(threshold)}."
    return f"{budget.name}: {bound}{part} of {limit} {verb}: {spent}. {at_threshold}"


def _format_percent(fraction: Decimal) -> str:
    """Rounded down, so that what is short of a threshold does not read as if it had come to it."""
    percent = ROUNDING.multiply(fraction, Decimal(100))
    return f"{plain(percent.quantize(_TENTH, rounding='ROUND_DOWN'))} %"
