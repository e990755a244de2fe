# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What of a request and of holds falls into one period of one budget (design/gate.md#what-counts,
design/gate.md#removals).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from .._core.money import EXACT
from .._core.periods import Window, moment_of, period_at
from .._core.rates import DatedAmount
from .._ledger.budgets import Budget
from .._ledger.holds import HoldLine
from .asked_periods import collect_period_s, rated_in
from .scope import ScopeMatcher
from .snapshot import Snapshot

if TYPE_CHECKING:
    from fractions import Fraction

#: The seconds of the hour that a running line's amount is for.
HOUR_S = 3600


class Netted(NamedTuple):
    """What is asked for or promised, and what that takes away: together never below 0
    (design/gate.md#removals).
    """

    added: list[DatedAmount]
    removed: list[DatedAmount]


class LinesOfPeriod:
    """Finds what of lines falls into one period of one budget, and keeps the problems of undecided ones."""

    def __init__(
        self, budget: Budget, window: Window, covered: ScopeMatcher, snapshot: Snapshot, multiple: int
    ) -> None:
        self._multiple = multiple
        self._window, self._covered, self._now = window, covered, snapshot.now
        current = period_at(budget.calendar, snapshot.now)
        self._current_begin = None if current is None else current.begin
        self._period_s = collect_period_s(budget, snapshot.feeds)
        self.problems: list[str] = []

    def parts(
        self, line: HoldLine, begins_at: datetime, what: str, is_held: bool, share: Fraction | int = 1
    ) -> list[DatedAmount]:
        """What of the line falls into the period, times the common multiple; none if nothing does.

        begins_at: when a running line begins. is_held: a one-off line of a hold whose period is over falls
        into the current one (design/reservations.md#midnight). share: the part of a running line that counts.
        """
        part = self._running(line, begins_at, share) if line.hourly else self._once(line, is_held)
        if part is None:
            return []
        covers = self._covered.covers_line(line)
        if covers is None:
            self.problems.append(f"{what} has no {self._covered.missing(line)}, which this budget goes by")
        return [part] if covers else []

    def removed(self, line: HoldLine, begins_at: datetime, share: Fraction | int = 1) -> list[DatedAmount]:
        """What of a line that takes away falls into the period, where it is known to be of the budget."""
        part = self._running(line, begins_at, share)
        return [part] if part is not None and self._covered.covers_line(line) else []

    def _once(self, line: HoldLine, is_held: bool) -> DatedAmount | None:
        at = line.at or self._now
        is_over = is_held and self._current_begin is not None and at < self._current_begin
        if not self._window.contains(self._now if is_over else at):
            return None
        return EXACT.multiply(line.money.amount, self._multiple), line.money.currency, at

    def _running(self, line: HoldLine, begins_at: datetime, share: Fraction | int) -> DatedAmount | None:
        first, seconds = rated_in(line, begins_at, self._window, self._period_s)
        if not seconds:
            return None
        times = seconds * share.numerator * (self._multiple // (HOUR_S * share.denominator))
        return EXACT.multiply(line.money.amount, times), line.money.currency, moment_of(first)


def reserved_by_holds(snapshot: Snapshot, lines: LinesOfPeriod) -> list[Netted]:
    """What the outstanding holds promise: those that take something away on their own, the rest together."""
    found: dict[tuple[str, int] | None, Netted] = {}
    for hold in snapshot.outstanding:
        parts = found.setdefault(hold.netted, Netted([], []))
        if hold.removes:
            parts.removed.extend(lines.removed(hold.line, hold.begins_at, hold.share))
        else:
            what = f"the hold {hold.name}"
            parts.added.extend(lines.parts(hold.line, hold.begins_at, what, True, hold.share))
    return list(found.values())
