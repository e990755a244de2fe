# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The periods in which a request is judged, and what of a line falls into one
(design/gate.md#requests, design/gate.md#what-counts).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from .._core.periods import Calendar, Window, next_period, period_at
from .._ledger.budgets import TAX_INCLUDED, Budget
from .._ledger.feeds import Feed
from .._ledger.holds import HoldLine
from .scope import feeds_of, scope_matcher

if TYPE_CHECKING:
    from .cost_sums import CostSum
    from .outstanding_holds import OutstandingHold
    from .request import Request

#: The collect period of a budget in whose scope no feed lies.
_COLLECT_PERIOD_S = 3600


def asked_periods(
    budget: Budget,
    request: Request,
    now: datetime,
    feeds: Sequence[Feed],
    outstanding: Iterable[OutstandingHold] = (),
    later: Iterable[tuple[datetime, CostSum]] = (),
) -> list[Window]:
    """The current period, the next one, and every other in which a one-off line of the request or of an
    outstanding hold, or a later entry, of the budget's scope lies, in order of time.

    A custom period that has not begun is asked for what falls into it, running lines included. None for a
    custom calendar that has ended, or into which nothing falls.
    """
    calendar, covered = budget.calendar, scope_matcher(budget.scope, feeds)
    found, behind = _asked_anyway(calendar, now), asked_until(calendar, now)
    lines = [line for line in request.lines if covered.covers_line(line) is not False]
    moments = {line.at or now for line in lines if not line.hourly}
    moments |= {
        hold.line.at
        for hold in outstanding
        if hold.line.at is not None and hold.line.at >= behind and covered.covers_line(hold.line) is not False
    }
    moments |= {
        at
        for at, cost in later
        if at >= behind
        and covered.covers_cost(cost.category, cost.projects, cost.tags, cost.region)
        and (budget.scope.tax == TAX_INCLUDED or not cost.is_tax)
    }
    if calendar.begin is not None and calendar.begin > now:
        running = [
            *lines,
            *(
                hold.line
                for hold in outstanding
                if not hold.removes and covered.covers_line(hold.line) is not False
            ),
        ]
        moments |= {calendar.begin for line in running if line.hourly and _runs_at(line, calendar.begin)}
    for moment in sorted(moments):
        if not any(window is not None and window.contains(moment) for window in found[-1:] + found[:2]):
            found.append(period_at(calendar, moment))
    windows = dict.fromkeys(window for window in found if window is not None)
    return sorted(windows, key=lambda window: (window.end <= now, window.begin))


def asked_until(calendar: Calendar, now: datetime) -> datetime:
    """The end of what is asked in any case, the current period and the next one; now where there is none."""
    return max((window.end for window in _asked_anyway(calendar, now) if window is not None), default=now)


def _asked_anyway(calendar: Calendar, now: datetime) -> list[Window | None]:
    current = period_at(calendar, now)
    return [current, next_period(calendar, current) if current else None]


def falls_somewhere(calendar: Calendar, line: HoldLine, now: datetime) -> bool:
    """Whether a period of the calendar has a part of a line that begins now."""
    if not line.hourly:
        return period_at(calendar, line.at or now) is not None
    if calendar.begin is None or calendar.end is None:
        return True
    return calendar.end > now and _runs_at(line, max(calendar.begin, now))


def _runs_at(line: HoldLine, moment: datetime) -> bool:
    return line.until is None or line.until > moment


def collect_period_s(budget: Budget, feeds: Sequence[Feed]) -> int:
    """The seconds of a collect period of the feeds in the budget's scope, of the longest where they differ;
    an hour where there is none.
    """
    return max((feed.collect_period_s for feed in feeds_of(budget.scope, feeds)), default=_COLLECT_PERIOD_S)


def rated_in(line: HoldLine, begins_at: datetime, window: Window, period_s: int) -> tuple[int, int]:
    """What of a running line falls into a window: the first second of its first collect period there, since
    the epoch, and the seconds of all of them.

    Those count that begin in the window before the line ends; the one in progress when the line begins counts
    whole. 0 seconds where none does.
    """
    begin, end = int(begins_at.timestamp()) // period_s * period_s, int(window.end.timestamp())
    first = -(-max(begin, int(window.begin.timestamp())) // period_s) * period_s
    if line.until is not None:
        end = min(end, int(line.until.timestamp()))
    return first, max(-(-end // period_s) * period_s - first, 0)
