# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A gate's answer as a table for people: one line per budget (design/gate.md#deny-unknown-allow)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from .._core.money import ROUNDING, display
from .._core.periods import iso
from .._ledger.budgets import Budget
from .sums import ALLOW, DENY, PeriodSum
from .texts import format_excess, format_override

_WORDS = ("budget", "verdict", "period from")
_AMOUNTS = ("limit", "spent", "accrued", "reserved", "to come", "requested", "left")
_MINOR_UNIT = Decimal("0.01")


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
    limit = f"{budget.currency} {_format_amount(period.limit)}"
    spent, accrued, to_come = (
        _format_bound(amount, not period.problems)
        for amount in (period.spent, period.accrued, period.to_come)
    )
    reserved, requested = (
        _format_bound(amount, period.promises_known) for amount in (period.reserved, period.requested)
    )
    left = (
        _format_amount(period.left)
        if not period.problems
        else f"<={_format_amount(period.left)}"
        if period.has_rate
        else "?"
    )
    amounts = (limit, spent, accrued, reserved, to_come, requested, left)
    return (budget.name, verdict, _format_begin(budget, period), *amounts, _format_outcome(period))


def _format_bound(amount: Decimal, is_known: bool) -> str:
    if is_known:
        return _format_amount(amount)
    return f">={_format_amount(amount)}" if amount else "?"


def _format_amount(amount: Decimal) -> str:
    """An amount to the minor unit, so that points align; a smaller one is shown whole."""
    is_tiny = 0 < abs(amount) < _MINOR_UNIT
    return display(amount) if is_tiny else str(ROUNDING.quantize(amount, _MINOR_UNIT))


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
