# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The periods in which a request is looked at (design/periods.md#changes-of-the-clock,
design/gate.md#what-counts).
"""

from __future__ import annotations

from datetime import datetime

from .._core.periods import Calendar, Window, next_period, period_at
from .._ledger.holds import THIS, HoldLine
from .request import Request


def asked_periods(calendar: Calendar, request: Request, now: datetime) -> list[Window]:
    """The current period, the next one, and the periods in which the lines count; none for a custom calendar
    that contains none of them.
    """
    current = period_at(calendar, now)
    asked = [current, next_period(calendar, current) if current else None]
    asked += [period_of(calendar, line, request.counts_at or now) for line in request.lines]
    return list(dict.fromkeys(window for window in asked if window is not None))


def period_of(calendar: Calendar, line: HoldLine, moment: datetime) -> Window | None:
    """The period in which a line counts; `this` is the period of the moment. None if a custom calendar has no
    such period.
    """
    this = period_at(calendar, moment)
    return this if this is None or line.period == THIS else next_period(calendar, this)
