# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What CloudKitty answers, whichever version of its API answers it. Amounts are in its rating currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from ..._core.money import EXACT
from ..._core.periods import Window


@dataclass(frozen=True)
class RatedMetric:
    """One type of resource that is rated: its name, the unit of its quantities, the names of its metadata."""

    name: str
    unit: str
    metadata: tuple[str, ...]


@dataclass(frozen=True)
class RatedSum:
    """What one type of resource cost. quantity None: the v1 summary does not have it."""

    type: str
    quantity: Decimal | None
    amount: Decimal


@dataclass(frozen=True)
class RatedFrame:
    """What one type of resource, or one resource of it, cost in one collect period."""

    window: Window
    cost: RatedSum


class RatedPoint(NamedTuple):
    """What one resource cost under one metric in one collect period.

    A tuple, as there are millions of them, and a frozen dataclass takes four times as long to make.
    resource_id None: the cloud names none. unit None: the v1 API does not have it.
    """

    window: Window
    type: str
    resource_id: str | None
    quantity: Decimal
    unit: str | None
    amount: Decimal
    metadata: Mapping[str, str]


def sums_by_period(points: Iterable[RatedPoint]) -> dict[datetime, Decimal]:
    """The points' exact sum in each period, by its begin, in order."""
    sums: dict[datetime, Decimal] = {}
    for point in points:
        sums[point.window.begin] = EXACT.add(sums.get(point.window.begin, Decimal(0)), point.amount)
    return dict(sorted(sums.items()))


@dataclass(frozen=True)
class QuoteItem:
    """A quantity of a metric to price, with the metadata that its price rules go by."""

    metric: str
    quantity: Decimal
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class RatedPeriods:
    """What the project cost in each collect period that begins in the window, by its begin, in order.

    A period that is not in amounts is not rated, which is unknown, not zero.
    """

    window: Window
    amounts: Mapping[datetime, Decimal]
    collect_period_s: int

    @property
    def rated_through(self) -> datetime | None:
        """The end of the newest rated period; None where none of the window is rated."""
        newest = max(self.amounts, default=None)
        return None if newest is None else newest + timedelta(seconds=self.collect_period_s)

    def covers(self, window: Window) -> bool:
        """Whether all of the window was looked at."""
        return self.window.begin <= window.begin and window.end <= self.window.end

    def within(self, window: Window) -> RatedPeriods:
        """Those that begin in a window which this one covers."""
        kept = {begin: amount for begin, amount in self.amounts.items() if window.contains(begin)}
        return RatedPeriods(window, kept, self.collect_period_s)

    def missing_until(self, end: datetime) -> list[Window]:
        """The parts of the window up to that moment of which no period is rated, in order."""
        step = timedelta(seconds=self.collect_period_s)
        found: list[Window] = []
        begin = self.window.begin
        while begin < min(end, self.window.end):
            if begin not in self.amounts:
                joined = found.pop().begin if found and found[-1].end == begin else begin
                found.append(Window(joined, begin + step))
            begin += step
        return found
