# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What budgets say in words: the reason of a verdict, the message of an alert, the table of a gate
(design/gate.md#deny-unknown-allow).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from .._core.money import ROUNDING, SMALLEST_SHOWN, format_amount, format_exact, from_nano
from .._core.periods import Window, iso
from .._ledger.budgets import Budget, Scope
from .request import Request
from .results import utilization
from .sums import ALLOW, DENY, UNKNOWN, PeriodSum

if TYPE_CHECKING:
    from .._ledger.holds import HoldLine
    from .._ledger.overrides import Override

_TENTH = Decimal("0.1")
#: The columns of the table: words are aligned to the left, amounts to the right.
_WORDS = ("budget", "verdict", "period from")
_AMOUNTS = ("limit", "spent", "accrued", "reserved", "to come", "requested", "left")
_MINOR_UNIT = Decimal("0.01")


def format_reason(budget: Budget, request: Request, period: PeriodSum) -> str:
    """The reason of a verdict in one sentence: what was asked for, if anything was, and the amounts of the
    period that decided it.
    """
    within, over, cannot = "is within its limit", "is not within its limit", "cannot be determined"
    if request.lines:
        within, over, cannot = f"{request} fits", f"{request} does not fit", f"{request} cannot be decided"
    if period.verdict == UNKNOWN:
        known = (
            f" At least {format_amount(period.taken)} of {budget.currency} {format_amount(period.limit)}"
            " are gone."
            if period.taken
            else ""
        )
        return f"{budget.name}: {cannot}: {'; '.join(period.problems)}.{known}"
    parts = [f"spent {'' if period.costs_known else 'at least '}{format_amount(period.spent)}"]
    for name, amount in (
        ("accrued", period.accrued),
        ("reserved", period.reserved),
        ("to come", period.to_come),
        ("requested", period.requested),
    ):
        if amount:
            parts.append(f"{name} {format_amount(amount)}")
    if period.override is not None:
        parts.append(format_override(period.override))
    when = format_window(period.window, budget.calendar.zone)
    amounts = f"limit {budget.currency} {format_amount(period.limit)} {when}, {', '.join(parts)}"
    if period.verdict == DENY:
        return f"{budget.name}: {over}: {amounts}, that is {format_excess(period)} too much."
    return f"{budget.name}: {within}: {amounts}, {format_amount(period.left)} left."


def format_override(override: Override) -> str:
    """`raised by 200 for black-friday by Ada (twice the customers)`."""
    amount = format_amount(from_nano(override.amount_nano))
    return f"raised by {amount} for {override.reservation} by {override.approved_by} ({override.reason})"


def format_excess(period: PeriodSum) -> str:
    """The amount beyond the limit of a period that denies. Never `0`: the text is rounded,
    the decision is not.
    """
    excess = -period.left
    return format_amount(excess) if excess >= SMALLEST_SHOWN else f"less than {format_exact(SMALLEST_SHOWN)}"


def format_window(window: Window, zone: str) -> str:
    """`from 2026-11-01 to 2026-12-01 (Europe/Zurich)` if both ends are local midnights,
    else the moments in UTC.
    """
    ends = [moment.astimezone(ZoneInfo(zone)) for moment in (window.begin, window.end)]
    if all((moment.hour, moment.minute, moment.second) == (0, 0, 0) for moment in ends):
        return f"from {ends[0]:%Y-%m-%d} to {ends[1]:%Y-%m-%d} ({zone})"
    return f"from {iso(window.begin)} to {iso(window.end)}"


def format_line(line: HoldLine) -> str:
    """`CHF 60 of category compute, project shop, region dc3-a, tag team=web`."""
    named = (("category", line.category), ("project", line.project), ("region", line.region))
    parts = [f"{kind} {value}" for kind, value in named if value]
    parts += [f"tag {name}={value}" for name, value in line.tags]
    return f"{line} of {', '.join(parts)}" if parts else str(line)


def format_place(line: HoldLine) -> str:
    """Where a line's cost arises: `project shop in region dc3-a`, or `costs` of any project."""
    where = f" in region {line.region}" if line.region else ""
    return f"{f'project {line.project}' if line.project else 'costs'}{where}"


def format_scope(scope: Scope) -> str:
    """`all costs`, or `category compute or storage, project shop, region dc3-a, tag team=web`."""
    parts = []
    named = (("category", scope.categories), ("project", scope.projects), ("region", scope.regions))
    for name, values in named:
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
    limit = f"{budget.currency} {format_amount(budget.amount)}"
    spent = f"{budget.currency} {format_amount(amount)} {format_window(window, budget.calendar.zone)}"
    at_threshold = f"The threshold is {_format_percent(threshold)}."
    return f"{budget.name}: {bound}{part} of {limit} {verb}: {spent}. {at_threshold}"


def _format_percent(fraction: Decimal) -> str:
    """Rounded down, so that what is short of a threshold does not read as if it had come to it."""
    percent = ROUNDING.multiply(fraction, Decimal(100))
    return f"{format_exact(percent.quantize(_TENTH, rounding='ROUND_DOWN'))} %"


def format_table(found: Sequence[tuple[Budget, str, PeriodSum | None]]) -> list[str]:
    """The lines of the table, its header first; none without a budget.

    found: each budget with its verdict and the period that decided it, None for one that covers no spend now.
    `left` is the limit less the columns between. An amount that is known only in part is a bound, such as
    >=12.00; an unknown one is ?.
    """
    if not found:
        return []
    rows = [
        (*_WORDS, *_AMOUNTS, "why"),
        *(_row(budget, verdict, period) for budget, verdict, period in found),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_aligned(row, widths) for row in rows]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """Words aligned to the left, amounts to the right."""
    amounts = range(len(_WORDS), len(_WORDS) + len(_AMOUNTS))
    cells = [
        cell.rjust(width) if number in amounts else cell.ljust(width)
        for number, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _row(budget: Budget, verdict: str, period: PeriodSum | None) -> tuple[str, ...]:
    if period is None:
        return (budget.name, verdict, "", *[""] * len(_AMOUNTS), "covers no spend now")
    limit = f"{budget.currency} {_format_to_minor_unit(period.limit)}"
    spent, accrued, to_come = (
        _format_bound(amount, period.costs_known) for amount in (period.spent, period.accrued, period.to_come)
    )
    reserved, requested = (
        _format_bound(amount, period.holds_known) for amount in (period.reserved, period.requested)
    )
    left = (
        _format_to_minor_unit(period.left)
        if not period.problems
        else f"<={_format_to_minor_unit(period.left)}"
        if period.has_rate
        else "?"
    )
    amounts = (limit, spent, accrued, reserved, to_come, requested, left)
    return (budget.name, verdict, _format_begin(budget, period), *amounts, _format_outcome(period))


def _format_bound(amount: Decimal, is_known: bool) -> str:
    if is_known:
        return _format_to_minor_unit(amount)
    return f">={_format_to_minor_unit(amount)}" if amount else "?"


def _format_to_minor_unit(amount: Decimal) -> str:
    """An amount to the minor unit, so that points align; a smaller one is shown whole."""
    is_tiny = 0 < abs(amount) < _MINOR_UNIT
    return format_amount(amount) if is_tiny else str(ROUNDING.quantize(amount, _MINOR_UNIT))


def _format_begin(budget: Budget, period: PeriodSum) -> str:
    """The local day on which the period begins; the moment in UTC if it does not begin at midnight."""
    local = period.window.begin.astimezone(ZoneInfo(budget.calendar.zone))
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return f"{local:%Y-%m-%d}"
    return iso(period.window.begin)


def _format_outcome(period: PeriodSum) -> str:
    if period.verdict == DENY:
        return f"{format_excess(period)} too much"
    if period.verdict == ALLOW:
        return "fits" if period.override is None else f"fits, {format_override(period.override)}"
    return "; ".join(period.problems)
