# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The decision of a gate: one verdict per budget, of which the worst counts (design/gate.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.errors import InvalidOption
from .._core.periods import iso
from .._ledger.budgets import FED_BY_CLOUD, Budget, Scope
from .._ledger.holds import FORCIBLE, HoldLine
from . import coverage
from .asked_periods import asked_periods, falls_somewhere
from .request import Request
from .results import line_to_result, tax_of, verdict_to_result
from .scope import CarriedValues, feeds_of, scope_matcher
from .snapshot import Snapshot
from .sums import ALLOW, DENY, SEVERITY, UNKNOWN, PeriodSum, period_sum
from .texts import format_line, format_place, format_reason, format_scope, format_table

if TYPE_CHECKING:
    from .._ledger.overrides import Override

_COULD_OFFSET = (
    "It would fit if what is removed offset it, which needs `offset_removals` of the ledger's policy."
)
_NOT_BELIEVED = (
    "It would fit if all of `removals` were believed, but imports know of less to remove there; each has to"
    " name its project, region and category."
)
_HOW_TO_COVER = (
    "Whoever owns the money makes one with finops.cloud.cost_budget, of `name`, `limit`, `currency` and"
    " `fed_by`, and a `scope` that the line lies in."
)
#: The verdict of a custom budget outside its period (design/periods.md#outside-a-custom-period).
ENDED = "ended"


class BudgetVerdict(NamedTuple):
    """The verdict of one budget on a request.

    periods: the current one, the next full one, and later ones in which the request counts.
    """

    budget: Budget
    verdict: str
    reason: str
    periods: tuple[PeriodSum, ...]
    rated_through: datetime | None

    @property
    def worst(self) -> PeriodSum | None:
        """The first period that has the verdict; None for a budget that covers no spend now."""
        return next((one for one in self.periods if one.verdict == self.verdict), None)

    @property
    def gravity(self) -> tuple[int, Decimal]:
        """A sort key: by the verdict, then by the used fraction of the limit."""
        return (-1, Decimal(0)) if self.worst is None else (SEVERITY[self.verdict], self.worst.fullness)

    @property
    def overrides(self) -> tuple[Override, ...]:
        """The overrides that the verdict needs."""
        return tuple(one.override for one in self.periods if one.override is not None)


def evaluate(
    budget: Budget,
    request: Request,
    snapshot: Snapshot,
    where: Request | None = None,
    trusting: bool = False,
) -> BudgetVerdict:
    """The budget's verdict on a request: in its current period, the next one, and every later one in which a
    one-off line of the request or of a hold, or an entry, lies (design/gate.md#what-counts).

    trusting: whether all that is said to be removed is believed. Outside its custom period a budget covers no
    spend and its verdict is ended, unless something falls into that period
    (design/periods.md#outside-a-custom-period).
    """
    covered = scope_matcher(budget.scope, snapshot.feeds)
    request = replace(
        request, lines=tuple(line for line in request.lines if covered.covers_line(line) is not False)
    )
    # Once for all periods: of a thousand holds few are a budget's.
    of_budget = [
        one
        for one in snapshot.outstanding
        if covered.covers_line(one.line) is not False and not (one.is_rated and budget.fed_by == FED_BY_CLOUD)
    ]
    if not trusting and (request.removals or any(one.removes for one in of_budget)):
        from .removals import believed_of_holds, believer

        believed = believer(snapshot.feeds, covered)
        of_budget = believed_of_holds(of_budget, believed)
        request = replace(request, removals=tuple(filter(None, map(believed, request.removals))))
    snapshot = replace(snapshot, outstanding=of_budget)
    rated_through = min((feed.rated_through for feed in feeds_of(budget.scope, snapshot.feeds)), default=None)
    windows = asked_periods(
        budget, where or request, snapshot.now, snapshot.feeds, snapshot.outstanding, snapshot.later
    )
    unsettled = _unsettled(budget, snapshot)
    if not windows:
        why = f"{budget.name}: covers no spend now, as its period does not hold {iso(snapshot.now)}."
        return BudgetVerdict(budget, ENDED, why, (), rated_through)
    periods = tuple(
        period_sum(budget, window, request, snapshot, coverage.problems(budget, window, snapshot), unsettled)
        for window in windows
    )
    # The first of the worst: the current period before the next.
    worst = max(periods, key=lambda one: SEVERITY[one.verdict])
    return BudgetVerdict(budget, worst.verdict, format_reason(budget, request, worst), periods, rated_through)


def _unsettled(budget: Budget, snapshot: Snapshot) -> list[str]:
    """A reason for each commit among the budget's outstanding holds whose cost no import will bring to it
    (design/reservations.md#commits-that-cannot-settle).
    """
    found = []
    for hold in snapshot.outstanding:
        if not hold.awaits_import:
            continue
        if budget.fed_by != FED_BY_CLOUD:
            found.append(f"{hold.name} is committed and waits for an import, but entries feed this budget")
        elif not hold.is_carried:
            found.append(f"{hold.name} is committed for {format_place(hold.line)}, which no feed carries")
    return list(dict.fromkeys(found))


def decide(
    budgets: Sequence[Budget],
    request: Request,
    snapshot: Snapshot,
    on_exceeded: str,
    on_unknown: str,
    named: str | None = None,
) -> dict[str, Any]:
    """The gate's result, the same keys whether it passes or not.

    named: the budget that must cover every line; outside its period it is unknown. on_exceeded and
    on_unknown: fail, or warn to let a deny or an unknown pass, which keeps its verdict. A line that no budget
    covers is unknown (design/gate.md#requests). Raises InvalidOption for a line outside the named budget.
    """
    return decision_to_result(
        verdicts(budgets, request, snapshot, named), request, snapshot, on_exceeded, on_unknown, named
    )


def verdicts(
    budgets: Sequence[Budget], request: Request, snapshot: Snapshot, named: str | None = None
) -> list[BudgetVerdict]:
    """The verdicts of the budgets that cover, or may cover, a line of the request.

    Raises InvalidOption for a line outside the named budget.
    """
    for budget in budgets:
        if budget.name == named:
            _refuse_line_outside(budget, request, snapshot)
    return [_judged(budget, request, snapshot) for budget in touched(budgets, request.lines, snapshot)]


def _judged(budget: Budget, request: Request, snapshot: Snapshot) -> BudgetVerdict:
    """The budget's verdict. A denial says so where it would fit if all that is taken away offset it, which it
    may not, or which is not believed.
    """
    found = evaluate(budget, request, snapshot)
    if found.verdict != DENY or not request.removals:
        return found
    offsetting = replace(request, offsets=True)
    if not request.offsets and evaluate(budget, offsetting, snapshot).verdict != DENY:
        return found._replace(reason=f"{found.reason} {_COULD_OFFSET}")
    if request.offsets and evaluate(budget, offsetting, snapshot, trusting=True).verdict != DENY:
        return found._replace(reason=f"{found.reason} {_NOT_BELIEVED}")
    return found


def names_of(found: Sequence[BudgetVerdict]) -> list[str]:
    """The budgets that have a say in these verdicts."""
    return [one.budget.name for one in found if one.verdict != ENDED]


def touched(budgets: Sequence[Budget], lines: Sequence[HoldLine], snapshot: Snapshot) -> list[Budget]:
    """The budgets that cover, or may cover, one of the lines."""
    return [
        budget
        for budget in budgets
        if any(scope_matcher(budget.scope, snapshot.feeds).covers_line(line) is not False for line in lines)
    ]


def _refuse_line_outside(budget: Budget, request: Request, snapshot: Snapshot) -> None:
    covered = scope_matcher(budget.scope, snapshot.feeds)
    for index, line in enumerate(request.lines):
        if covered.covers_line(line) is False:
            raise InvalidOption(
                f"lines[{index}]",
                f"{format_line(line)} is outside of budget {budget.name}, which covers"
                f" {format_scope(budget.scope)};"
                " omit `name`, or correct the line.",
            )


def decision_to_result(
    found: Sequence[BudgetVerdict],
    request: Request,
    snapshot: Snapshot,
    on_exceeded: str,
    on_unknown: str,
    named: str | None = None,
) -> dict[str, Any]:
    """The result of decide() for verdicts that are known already."""
    said = _said(found, request, snapshot, named)
    stop = {ALLOW: False, DENY: on_exceeded == "fail", UNKNOWN: on_unknown == "fail"}
    return {
        "verdict": said[0][0],
        "gate_passed": not any(stop[verdict] for verdict, _why in said),
        "reasons": [why for _verdict, why in said],
        "lines": [line_to_result(line) for line in request.lines],
        "evaluated_at": iso(snapshot.now),
        "tax": tax_of(one.budget for one in found),
        "summary": format_summary(found),
        "budgets": [verdict_to_result(one) for one in found],
        "warnings": [*retired_feeds(found, snapshot), *_warnings(found, request, snapshot)],
    }


def forced_verdicts(
    found: Sequence[BudgetVerdict], request: Request, snapshot: Snapshot, named: str | None
) -> tuple[str, ...]:
    """What a request that passes is forced against, the worst first; nothing if it is allowed."""
    said = {verdict for verdict, _why in _said(found, request, snapshot, named)}
    return tuple(verdict for verdict in FORCIBLE if verdict in said)


def _said(
    found: Sequence[BudgetVerdict], request: Request, snapshot: Snapshot, named: str | None
) -> list[tuple[str, str]]:
    """Each verdict with its reason, the worst first."""
    said = [(one.verdict, one.reason) for one in _worst_first(found) if one.verdict != ENDED]
    said += [(UNKNOWN, one.reason) for one in found if one.verdict == ENDED and one.budget.name == named]
    said += [(UNKNOWN, why) for why in _uncovered(found, request, snapshot)]
    return sorted(said, key=lambda one: -SEVERITY[one[0]])


def retired_feeds(found: Sequence[BudgetVerdict], snapshot: Snapshot) -> list[str]:
    """A sentence for each retired feed that the current period of a budget rests on."""
    return [
        sentence
        for one in found
        for period in one.periods[:1]
        for sentence in coverage.retired_feeds(one.budget, period.window, snapshot)
    ]


def _warnings(found: Sequence[BudgetVerdict], request: Request, snapshot: Snapshot) -> list[str]:
    """The names of scopes and of the request that no cost, feed or budget has
    (design/gate.md#values-that-were-never-seen).
    """
    carried = CarriedValues(snapshot.feeds)
    doubtful = [one.budget for one in found if not carried.has_all_of(_doubtful_values(one))]
    projects = {line.project for line in request.lines if line.project is not None}
    if not doubtful and (snapshot.projects is None or projects <= snapshot.projects):
        return []
    # Most gates have nothing to warn of, and do without the file.
    from .scope_warnings import unknown_projects, unknown_scope_values

    warned = [sentence for budget in doubtful for sentence in unknown_scope_values(budget, snapshot)]
    return [*warned, *unknown_projects(request.lines, snapshot)]


def _doubtful_values(one: BudgetVerdict) -> Scope:
    """The values of the budget's scope that may be such as no cost ever had, by the budget's sums."""
    scope = one.budget.scope
    if one.budget.fed_by != FED_BY_CLOUD:
        # They are of a closed list, and need not have had a cost yet.
        scope = replace(scope, categories=())
    if any(period.spent or period.accrued for period in one.periods):
        # Such a cost has all of the tags.
        scope = replace(scope, tags=())
    return scope


def _uncovered(found: Sequence[BudgetVerdict], request: Request, snapshot: Snapshot) -> list[str]:
    """A sentence for each line that no budget covers: such a line is unknown, not allowed
    (design/gate.md#requests).
    """
    return [
        f"{format_line(line)} cannot be decided: no budget of the ledger covers it now. {_HOW_TO_COVER}"
        for line in request.lines
        if not any(
            scope_matcher(one.budget.scope, snapshot.feeds).covers_line(line) is not False
            and falls_somewhere(one.budget.calendar, line, snapshot.now)
            for one in found
        )
    ]


def format_summary(found: Sequence[BudgetVerdict]) -> list[str]:
    """The verdicts as a table, the worst first."""
    return format_table([(one.budget, one.verdict, one.worst) for one in _worst_first(found)])


def _worst_first(found: Sequence[BudgetVerdict]) -> list[BudgetVerdict]:
    return sorted(found, key=lambda one: one.gravity, reverse=True)
