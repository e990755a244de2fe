# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Cost by what a reader asks for: resource, flavor, volume type, and times in a zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from .._core.completeness import all_known
from .._core.money import EXACT, exact_sum
from .._core.periods import Calendar, Window, iso, period_at
from .._core.spans import overlap
from .._openstack.rating.answers import RatedPeriods, RatedPoint, RatedSum

#: What can be asked for -> the option's choices. Times come in order, all else dearest first.
OF_CLOUD = ("type", "project")
TIMES = ("hour", "day", "week", "month")
#: A cloud groups by the metadata of its points without an error, and answers one row with an empty name.
OF_POINTS = ("flavor", "volume_type", "resource_hour")
GROUPS = (*OF_CLOUD, "resource", *TIMES, *OF_POINTS)

#: How many points of a run are held before they are summed.
_LONGEST_RUN = 1000
_KINDS = {"hour": "hourly", "day": "daily", "week": "weekly", "month": "monthly"}
_NAMES = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


@dataclass
class Sum:
    """An exact sum that grows: the types of resource in it, their amounts, and their quantities while all
    have one.
    """

    types: set[str] = field(default_factory=set)
    amount: Decimal = Decimal(0)
    _quantity: Decimal | None = Decimal(0)

    def add(self, kind: str, quantity: Decimal | None, amount: Decimal) -> None:
        """One more part of it."""
        self.types.add(kind)
        self.amount = EXACT.add(self.amount, amount)
        if self._quantity is not None:
            self._quantity = None if quantity is None else EXACT.add(self._quantity, quantity)

    def include(self, other: Sum) -> None:
        """All of another one."""
        self.types |= other.types
        self.amount = EXACT.add(self.amount, other.amount)
        known = all_known((self._quantity, other._quantity))
        self._quantity = None if known is None else exact_sum(known)

    @property
    def quantity(self) -> Decimal | None:
        """The sum of quantities; None where they are of several types, as GiB and servers do not add up, or
        one is unknown.
        """
        return self._quantity if len(self.types) == 1 else None


@dataclass(frozen=True)
class TimeSum:
    """What a part of the window cost. name: 2026-11-21, 2026-W47 or 2026-11 in the zone; an
    hour's is its begin.
    """

    name: str
    window: Window
    amount: Decimal


#: The key of a point's own resource in an hour: when, what, whose.
HourKey: TypeAlias = "tuple[Window, str, str | None]"
Key = TypeVar("Key")


def _resource(point: RatedPoint) -> str | None:
    return point.resource_id


def _flavor(point: RatedPoint) -> str | None:
    return point.metadata.get("flavor_name")


def _volume_type(point: RatedPoint) -> str | None:
    return point.metadata.get("volume_type")


_KEYS: dict[str, Callable[[RatedPoint], str | None]] = {
    "resource": _resource,
    "flavor": _flavor,
    "volume_type": _volume_type,
}


class PointSums:
    """Sums over points that pass by once: what was asked for, and always by type and period, to hold them to
    the cloud's own.

    Points come by period and type, so that those two are summed a run at a time.
    """

    def __init__(self, asked: Iterable[str]) -> None:
        """asked: of resource, flavor, volume_type and resource_hour."""
        self._by_type: dict[str, Sum] = {}
        self._by_period: dict[datetime, Decimal] = {}
        self._run: tuple[Window, str] | None = None
        self._amounts: list[Decimal] = []
        self._quantities: list[Decimal] = []
        self.by_key: dict[str, dict[str, Sum]] = {name: {} for name in asked if name in _KEYS}
        self.by_resource_hour: dict[HourKey, Sum] | None = {} if "resource_hour" in asked else None

    def add(self, point: RatedPoint) -> None:
        """One more point. A point that has no flavor, say, is in no sum of flavors."""
        run = self._run
        if (
            run is None
            or run[0] is not point.window
            or run[1] != point.type
            or len(self._amounts) == _LONGEST_RUN
        ):
            self._settle()
            self._run = (point.window, point.type)
        self._amounts.append(point.amount)
        self._quantities.append(point.quantity)
        for name, sums in self.by_key.items():
            key = _KEYS[name](point)
            if key is not None:
                _add(sums, key, point)
        if self.by_resource_hour is not None:
            _add(self.by_resource_hour, (point.window, point.type, point.resource_id), point)

    @property
    def by_type(self) -> dict[str, Sum]:
        """The sums of all points so far, by type."""
        self._settle()
        return self._by_type

    @property
    def by_period(self) -> dict[datetime, Decimal]:
        """What all points so far cost, by the begin of their period."""
        self._settle()
        return self._by_period

    def _settle(self) -> None:
        if self._run is None or not self._amounts:
            return
        window, kind = self._run
        amount = exact_sum(self._amounts)
        self._by_type.setdefault(kind, Sum()).add(kind, exact_sum(self._quantities), amount)
        self._by_period[window.begin] = EXACT.add(self._by_period.get(window.begin, Decimal(0)), amount)
        self._amounts.clear()
        self._quantities.clear()


def _add(sums: dict[Key, Sum], key: Key, point: RatedPoint) -> None:
    found = sums.get(key)
    if found is None:
        found = sums[key] = Sum()
    found.add(point.type, point.quantity, point.amount)


def summed(rows: Iterable[tuple[str, RatedSum]]) -> dict[str, Sum]:
    """The rows' sums by the key before each."""
    sums: dict[str, Sum] = {}
    for key, row in rows:
        sums.setdefault(key, Sum()).add(row.type, row.quantity, row.amount)
    return sums


def joined(parts: Iterable[Mapping[str, Sum]]) -> dict[str, Sum]:
    """The sums of several readings by their common keys."""
    sums: dict[str, Sum] = {}
    for part in parts:
        for key, one in part.items():
            sums.setdefault(key, Sum()).include(one)
    return sums


def dearest(sums: Mapping[str, Sum]) -> list[tuple[str, Sum]]:
    """The sums with their keys, dearest first, of equal ones by key."""
    return sorted(sums.items(), key=lambda item: (-item[1].amount, item[0]))


def by_time(periods: RatedPeriods, unit: str, zone: ZoneInfo) -> list[TimeSum]:
    """The rated periods' sums by UTC hour, or by local day, ISO week or month of the zone, in order.

    A period belongs whole to the day in which it begins
    (design/reading-a-cloud.md#windows-sent-to-the-cloud). A day that the window cuts counts as far as it is
    in it. CloudKitty's own time-d has neither the zone nor the year, so these are sums of ours.
    """
    calendar = Calendar(_KINDS[unit], zone.key)
    found: list[TimeSum] = []
    current: Window | None = None
    for begin, amount in periods.amounts.items():
        if current is None or not current.contains(begin):
            current = _holding(calendar, begin)
            part = overlap(current, periods.window)
            found.append(TimeSum(_name(unit, current.begin, zone), part, amount))
        else:
            last = found[-1]
            found[-1] = TimeSum(last.name, last.window, EXACT.add(last.amount, amount))
    return found


def spans(window: Window, unit: str, zone: ZoneInfo) -> Iterator[tuple[str, Window]]:
    """The local days, ISO weeks or months of the zone that the window holds, with their names, as far as they
    lie in it.
    """
    calendar = Calendar(_KINDS[unit], zone.key)
    at = window.begin
    while at < window.end:
        period = _holding(calendar, at)
        yield _name(unit, period.begin, zone), Window(at, min(period.end, window.end))
        at = period.end


def _holding(calendar: Calendar, moment: datetime) -> Window:
    period = period_at(calendar, moment)
    if period is None:
        raise ValueError(f"a {calendar.kind} calendar has a period for every moment, not for {moment}")
    return period


def _name(unit: str, begin: datetime, zone: ZoneInfo) -> str:
    return iso(begin) if unit == "hour" else begin.astimezone(zone).strftime(_NAMES[unit])
