# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a user asks of the cost of a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .._core.periods import Window, ceil_to
from .._core.rates import ICU, Rates
from .grouping import TIMES

_DAY_S = 86_400

Row = dict[str, Any]


@dataclass(frozen=True)
class CostOptions:
    """What the user asks for, from the module down to the reading of one project's window.

    window None: the last rated hour. named: the window's name, None where begin and end are given.
    rating_currency: the cloud's currency. currency: that of the result. dest: the file that takes the points.
    """

    window: Window | None
    named: str | None
    zone: ZoneInfo
    currency: str
    rating_currency: str
    rating_api: str
    collect_period_s: int
    rates: Rates
    on_error: str
    with_rated_through: bool = True
    group_by: tuple[str, ...] = ()
    dataframes: bool = False
    dest: Path | None = None
    check_mode: bool = False
    with_metrics: bool = False
    metric_categories: Mapping[str, str] | None = None
    with_previous: bool = False
    with_forecast: bool = False

    @property
    def promises_free_tier(self) -> bool:
        """Whether traffic has a free tier: one provider promises it, and ICU is its currency."""
        return self.rating_currency == ICU

    @property
    def looks_back(self) -> bool:
        """Whether the newest rated periods are needed."""
        return self.with_rated_through or self.window is None or self.with_previous or self.with_forecast

    @property
    def by_time(self) -> bool:
        """Whether the cost of each period is needed."""
        return any(name in TIMES for name in self.group_by)

    @property
    def periods_per_day(self) -> int:
        """How many collect periods a day has."""
        return max(_DAY_S // self.collect_period_s, 1)

    def periods_begun(self, begin: datetime, end: datetime) -> int:
        """How many collect periods begin in [begin, end); 0 where that is no window."""
        span = ceil_to(end, self.collect_period_s) - ceil_to(begin, self.collect_period_s)
        return max(int(span.total_seconds()) // self.collect_period_s, 0)
