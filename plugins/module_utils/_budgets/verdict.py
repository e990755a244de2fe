# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""May it be spent? One verdict per budget, and the worst of them counts (design/gate.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from .._core.errors import InvalidOption
from .._core.periods import iso
from .._ledger.budgets import Budget
from .._ledger.holds import HoldLine
from .._ledger.overrides import Override
from . import coverage
from .asked_periods import asked_periods, period_of
from .request import Request, described
from .scope import feeds_of, reach, told
from .snapshot import Snapshot
from .sums import ALLOW, DENY, SEVERITY, UNKNOWN, PeriodSum, period_sum
from .verdict_table import table
from .verdict_text import reason, row

#: A custom budget outside its period, which is asked nothing (design/periods.md#outside-a-custom-period).
ENDED = "ended"


@dataclass(frozen=True)
class BudgetVerdict:
    """What one budget says to a request. periods: the current one, the next full one, and later ones that the
    request counts in.
    """

    budget: Budget
    verdict: str
    reason: str
    periods: tuple[PeriodSum, ...]
    rated_through: datetime | None

    @property
    def worst(self) -> PeriodSum | None:
        """The first period that decided the verdict, the current one before the next; None for a budget that
        covers no spend now.
        """
        return next((one for one in self.periods if one.verdict == self.verdict), None)

    @property
    def gravity(self) -> tuple[int, Decimal]:
        """How bad it is, to be compared: by the verdict, then by how much of the limit it comes to."""
        return (-1, Decimal(0)) if self.worst is None else (SEVERITY[self.verdict], self.worst.fullness)

    @property
    def overrides(self) -> tuple[Override, ...]:
        """The overrides without which it would deny."""
        return tuple(one.override for one in self.periods if one.override is not None)


def evaluate(budget: Budget, request: Request, snapshot: Snapshot) -> BudgetVerdict:
    """The budget's verdict on a request: in its current period, the next one, and wherever else the request
    counts (design/gate.md#what-counts).

    Outside a custom period the budget says ended, unless the request counts in that period: it covers no
    spend then (design/periods.md#outside-a-custom-period).
    """
    covered = reach(budget.scope, snapshot.feeds)
    request = replace(
        request, lines=tuple(line for line in request.lines if covered.covers_line(line) is not False)
    )
    rated_through = min((feed.rated_through for feed in feeds_of(budget.scope, snapshot.feeds)), default=None)
    windows = asked_periods(budget.calendar, request, snapshot.now)
    if not windows:
        why = f"{budget.name}: covers no spend now, as its period does not hold {iso(snapshot.now)}."
        return BudgetVerdict(budget, ENDED, why, (), rated_through)
    periods = tuple(
        period_sum(budget, window, request, snapshot, coverage.problems(budget, window, snapshot))
        for window in windows
    )
    # The first of the worst: the current period before the next.
    worst = max(periods, key=lambda one: SEVERITY[one.verdict])
    return BudgetVerdict(budget, worst.verdict, reason(budget, request, worst), periods, rated_through)


def decide(
    budgets: Sequence[Budget],
    request: Request,
    snapshot: Snapshot,
    on_exceeded: str,
    on_unknown: str,
    named: str | None = None,
) -> dict[str, Any]:
    """The gate's result, the same keys whether it passes or not.

    named: the budget that every line must be in; it is unknown outside of its period. on_exceeded and
    on_unknown: fail, or warn to let a deny or an unknown pass with its verdict kept. A line that no budget
    covers is unknown (design/gate.md#requests). Raises InvalidOption for a line outside of the named budget.
    """
    return told_decision(
        verdicts(budgets, request, snapshot, named), request, snapshot, on_exceeded, on_unknown, named
    )


def verdicts(
    budgets: Sequence[Budget], request: Request, snapshot: Snapshot, named: str | None = None
) -> list[BudgetVerdict]:
    """What every budget says that has a line of the request in its scope, or cannot tell whether it has.

    Raises InvalidOption for a line outside of the named budget.
    """
    for budget in budgets:
        if budget.name == named:
            _refuse_line_outside(budget, request, snapshot)
    return [evaluate(budget, request, snapshot) for budget in touched(budgets, request.lines, snapshot)]


def touched(budgets: Sequence[Budget], lines: Sequence[HoldLine], snapshot: Snapshot) -> list[Budget]:
    """The budgets that have one of the lines in their scope, or cannot tell whether they have."""
    return [
        budget
        for budget in budgets
        if any(reach(budget.scope, snapshot.feeds).covers_line(line) is not False for line in lines)
    ]


def _refuse_line_outside(budget: Budget, request: Request, snapshot: Snapshot) -> None:
    covered = reach(budget.scope, snapshot.feeds)
    for index, line in enumerate(request.lines):
        if covered.covers_line(line) is False:
            raise InvalidOption(
                f"lines[{index}]",
                f"{described_line(line)} is outside of budget {budget.name}, which covers {told(budget.scope)};"
                " leave name out, or correct the line.",
            )


def told_decision(
    found: Sequence[BudgetVerdict],
    request: Request,
    snapshot: Snapshot,
    on_exceeded: str,
    on_unknown: str,
    named: str | None = None,
) -> dict[str, Any]:
    """decide() of verdicts that are there already."""
    said = [(one.verdict, one.reason) for one in _worst_first(found) if one.verdict != ENDED]
    said += [(UNKNOWN, one.reason) for one in found if one.verdict == ENDED and one.budget.name == named]
    said += [(UNKNOWN, why) for why in _uncovered(found, request, snapshot)]
    said.sort(key=lambda one: -SEVERITY[one[0]])
    stop = {ALLOW: False, DENY: on_exceeded == "fail", UNKNOWN: on_unknown == "fail"}
    return {
        "verdict": said[0][0],
        "gate_passed": not any(stop[verdict] for verdict, _why in said),
        "reasons": [why for _verdict, why in said],
        "lines": [described(line) for line in request.lines],
        "evaluated_at": iso(snapshot.now),
        "tax": "excluded",
        "summary": summary(found),
        "budgets": [to_result(one) for one in found],
    }


def _uncovered(found: Sequence[BudgetVerdict], request: Request, snapshot: Snapshot) -> list[str]:
    """A sentence for each line that no budget covers: what nobody limits is not allowed, it is unknown
    (design/gate.md#requests).
    """
    return [
        f"{described_line(line)} cannot be decided: no budget of the ledger covers it now."
        for line in request.lines
        if not any(
            reach(one.budget.scope, snapshot.feeds).covers_line(line) is not False
            and period_of(one.budget.calendar, line, request.counts_at or snapshot.now) is not None
            for one in found
        )
    ]


def described_line(line: HoldLine) -> str:
    """`CHF 60 of category compute, project shop, tag team=web`."""
    parts = [
        f"{kind} {value}" for kind, value in (("category", line.category), ("project", line.project)) if value
    ]
    parts += [f"tag {name}={value}" for name, value in line.tags]
    return f"{line.money} of {', '.join(parts)}" if parts else str(line.money)


def summary(found: Sequence[BudgetVerdict]) -> list[str]:
    """A table of what the budgets say, line by line, the worst first."""
    return table([(one.budget, one.verdict, one.worst) for one in _worst_first(found)])


def _worst_first(found: Sequence[BudgetVerdict]) -> list[BudgetVerdict]:
    return sorted(found, key=lambda one: one.gravity, reverse=True)


def to_result(verdict: BudgetVerdict) -> dict[str, Any]:
    """One row of `budgets`: every amount in the budget's currency."""
    return {
        "name": verdict.budget.name,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "rated_through": None if verdict.rated_through is None else iso(verdict.rated_through),
        **row(verdict.budget, verdict.periods),
    }
