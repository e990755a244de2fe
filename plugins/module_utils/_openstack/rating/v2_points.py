# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""CloudKitty's v2 API on a storage whose sums may be cut: every sum is made here, of points that were
provably read whole (design/reading-a-cloud.md#cut-sums).

Source: cloudkitty/storage/v2/loki of CloudKitty 2026.1. Its queries return at most `limit` points each, take
no offset, and go by the end of a period, which `begin` and `end` of a request are held to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import chain

from ..._core.errors import Malformed, NotFound
from ..._core.money import EXACT, exact_sum
from ..._core.periods import Window, iso
from ..connection import Service
from .answers import RatedFrame, RatedPeriods, RatedPoint, RatedSum, sums_by_period
from .fields import DAY, Row, newest_periods, period_of
from .v2 import NOTHING, POINTS_PER_REQUEST, point_of


class RatingV2Points:
    """The questions of RatingVersion, answered by points alone."""

    version = "v2"
    has_own_sums = False

    def __init__(self, service: Service, collect_period_s: int) -> None:
        self.service = service
        self.collect_period_s = collect_period_s

    def own_sum(self, periods: RatedPeriods) -> Decimal:
        """The points', which periods() summed: the storage has none to believe. No request."""
        return exact_sum(periods.amounts.values())

    def summary_by_type(self, window: Window) -> list[RatedSum]:
        """The points of the window, summed."""
        return list(_summed(self._points("the rated points", window)))

    def summary_by_resource(self, window: Window) -> list[tuple[str, RatedSum]]:
        """The points of the window, summed. Raises Malformed for a point without a resource."""
        reading = "the cost of each resource"
        by_resource: dict[str, list[RatedPoint]] = {}
        for point in self._points(reading, window):
            if point.resource_id is None:
                raise Malformed(reading, self.service.url, "a point has no resource")
            by_resource.setdefault(point.resource_id, []).append(point)
        return [
            (resource_id, cost) for resource_id, points in by_resource.items() for cost in _summed(points)
        ]

    def periods(self, window: Window) -> RatedPeriods:
        """The points of the window, summed."""
        return RatedPeriods(
            window, sums_by_period(self._points("the rated periods", window)), self.collect_period_s
        )

    def recent_periods(self, now: datetime, wanted: int, /) -> RatedPeriods:
        """A day after the other, back to the wanted periods, 8 days at most."""
        points_of = partial(self._points, "the newest rated periods")
        return newest_periods(now, wanted, self.collect_period_s, points_of)

    def frames_of_type(self, window: Window, kind: str) -> list[RatedFrame]:
        """One frame per period, of points of that type."""
        by_period: dict[Window, list[RatedPoint]] = {}
        for point in self._points(f"the rated periods of {kind}", window, kind):
            by_period.setdefault(point.window, []).append(point)
        return [RatedFrame(period, cost) for period, points in by_period.items() for cost in _summed(points)]

    def points_by_period(self, window: Window) -> Iterator[list[RatedPoint]]:
        """Slice by slice."""
        for of_slice in self._slices("the rated points", window, None):
            by_period: dict[datetime, list[RatedPoint]] = {}
            for point in of_slice:
                by_period.setdefault(point.window.begin, []).append(point)
            yield from (by_period[begin] for begin in sorted(by_period))

    def points(self, window: Window) -> Iterator[RatedPoint]:
        """points_by_period(), one after the other."""
        return chain.from_iterable(self.points_by_period(window))

    def _points(self, reading: str, window: Window, kind: str | None = None) -> Iterator[RatedPoint]:
        return chain.from_iterable(self._slices(reading, window, kind))

    def _slices(self, reading: str, window: Window, kind: str | None) -> Iterator[list[RatedPoint]]:
        """The points of the window, by slices of which fewer came than the storage gives at once.

        Raises Malformed where the points of one collect period are as many.
        """
        period, begin, span = timedelta(seconds=self.collect_period_s), window.begin, DAY
        while begin < window.end:
            part = Window(begin, min(begin + span, window.end))
            count, found = self._read(reading, part, kind)
            if count < POINTS_PER_REQUEST:
                yield found
                begin = part.end
                # As wide as makes three quarters of a full answer, and never more than four times as wide.
                periods = part.length // period * min(4 * count, POINTS_PER_REQUEST * 3 // 4) // max(count, 1)
                span = max(periods, 1) * period if count else span * 4
                continue
            if part.length <= period:
                problem = (
                    f"the storage gives {POINTS_PER_REQUEST} points at once, and as many or more were rated"
                    f" of {iso(begin)}; what came may be cut"
                )
                raise Malformed(reading, self.service.url, problem)
            span = max(part.length // period // 2, 1) * period

    def _read(self, reading: str, part: Window, kind: str | None) -> tuple[int, list[RatedPoint]]:
        """How many points came, and those that begin in the part. One request."""
        service = self.service
        query = {
            "filters": f"project_id:{service.project_id}" + ("" if kind is None else f",type:{kind}"),
            "begin": iso(part.begin),
            # One period more: the last one ends at the end of the part.
            "end": iso(part.end + timedelta(seconds=self.collect_period_s)),
            "limit": POINTS_PER_REQUEST,
            "offset": 0,
        }
        try:
            body = service.get(reading, "/v2/dataframes", query).body
        except NotFound as error:
            if NOTHING in str(error):
                return 0, []
            raise
        total = service.member(reading, body, "total", int)
        points = list(self._told(reading, service.member(reading, body, "dataframes", list)))
        if len(points) != total:
            raise Malformed(
                reading, service.url, f"{len(points)} points came where {total} in all were promised"
            )
        return total, [point for point in points if part.contains(point.window.begin)]

    def _told(self, reading: str, frames: list[Row]) -> Iterator[RatedPoint]:
        service = self.service
        for frame in frames:
            period = period_of(
                service, reading, service.member(reading, frame, "period", dict), self.collect_period_s
            )
            usage = service.member(reading, frame, "usage", dict)
            for kind in usage:
                rows = service.member(reading, usage, kind, list)
                yield from (point_of(service, reading, period, kind, row) for row in rows)


def _summed(points: Iterable[RatedPoint]) -> Iterator[RatedSum]:
    """The points' exact sums by type."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for point in points:
        quantity, amount = sums.get(point.type, (Decimal(0), Decimal(0)))
        sums[point.type] = EXACT.add(quantity, point.quantity), EXACT.add(amount, point.amount)
    for kind, (quantity, amount) in sums.items():
        yield RatedSum(kind, quantity, amount)
