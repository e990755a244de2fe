# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""CloudKitty's v1 API: sums by type only, points a day at a time (design/reading-a-cloud.md#cloudkitty).

Source: CloudKitty API reference, https://docs.openstack.org/cloudkitty/latest/api-reference/v1/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import chain, groupby

from ..._core.errors import Malformed
from ..._core.money import exact_sum
from ..._core.periods import Window, iso
from ..connection import Service
from .answers import RatedFrame, RatedPeriods, RatedPoint, RatedSum, sums_by_period
from .fields import Row, days_of, newest_periods, number, period_of, refuse_foreign

#: Of `desc`, which mixes the two: what the point belongs to. The rest is metadata. The calendar keys are the
#: collector's.
_BELONGS_TO = (
    "id",
    "project_id",
    "tenant_id",
    "user_id",
    "week_of_the_year",
    "day_of_the_year",
    "month",
    "year",
)


@dataclass(frozen=True)
class RatingV1:
    """The questions of RatingVersion, asked of the v1 API. It has no pages: a request answers a whole day."""

    service: Service
    collect_period_s: int
    version: str = "v1"
    has_own_sums: bool = True

    def own_sum(self, periods: RatedPeriods) -> Decimal:
        """One request, for the window up to the end of the newest one: what is rated meanwhile is later."""
        whole = periods.window
        rated = Window(whole.begin, min(periods.rated_through or whole.end, whole.end))
        return exact_sum(row.amount for row in self.summary_by_type(rated))

    def summary_by_type(self, window: Window) -> list[RatedSum]:
        """One request."""
        reading, service = "the rating summary", self.service
        query = {
            "groupby": "res_type",
            "tenant_id": service.project_id,
            "begin": iso(window.begin),
            "end": iso(window.end),
        }
        body = service.get(reading, "/v1/report/summary", query).body
        rows = service.member(reading, body, "summary", list)
        return [found for row in rows if (found := self._sum(reading, row)) is not None]

    def summary_by_resource(self, window: Window) -> None:
        """None: this API groups by type only. No request."""

    def periods(self, window: Window) -> RatedPeriods:
        """The points, summed. One request a day."""
        of_days = (self._day("the rated periods", day) for day in days_of(window))
        return RatedPeriods(window, sums_by_period(chain.from_iterable(of_days)), self.collect_period_s)

    def recent_periods(self, now: datetime, wanted: int, /) -> RatedPeriods:
        """One request a day, for as many days as it takes to find the wanted periods, 8 at most."""
        return newest_periods(
            now, wanted, self.collect_period_s, partial(self._day, "the newest rated periods")
        )

    def frames_of_type(self, window: Window, kind: str) -> list[RatedFrame]:
        """One frame per resource. One request a day."""
        return [
            RatedFrame(point.window, RatedSum(point.type, point.quantity, point.amount))
            for day in days_of(window)
            for point in self._day(f"the rated periods of {kind}", day, kind)
        ]

    def points_by_period(self, window: Window) -> Iterator[list[RatedPoint]]:
        """One request a day, whose points are sorted here: the API promises no order."""
        for day in days_of(window):
            points = sorted(self._day("the rated points", day), key=_begin)
            yield from (list(of_period) for _moment, of_period in groupby(points, key=_begin))

    def points(self, window: Window) -> Iterator[RatedPoint]:
        """The points of each day as they come. One request a day."""
        for day in days_of(window):
            yield from self._day("the rated points", day)

    def _day(self, reading: str, day: Window, kind: str | None = None) -> Iterator[RatedPoint]:
        """The points of one GET /v1/storage/dataframes; of one type where kind names it."""
        service = self.service
        query = {"tenant_id": service.project_id, "begin": iso(day.begin), "end": iso(day.end)}
        if kind is not None:
            query["resource_type"] = kind
        body = service.get(reading, "/v1/storage/dataframes", query).body
        for row in service.member(reading, body, "dataframes", list):
            period = period_of(service, reading, row, self.collect_period_s)
            if not day.contains(period.begin):
                continue
            for resource in service.member(reading, row, "resources", list):
                desc = service.optional(reading, resource, "desc", dict) or {}
                refuse_foreign(service, reading, desc)
                yield RatedPoint(
                    window=period,
                    type=service.member(reading, resource, "service", str),
                    resource_id=service.optional(reading, desc, "id", str),
                    quantity=number(service, reading, resource, "volume"),
                    unit=None,
                    amount=number(service, reading, resource, "rating"),
                    metadata={name: value for name, value in desc.items() if name not in _BELONGS_TO},
                )

    def _sum(self, reading: str, row: Row) -> RatedSum | None:
        """A row of the summary; None for the row of zero that SQL storage gives where nothing was rated."""
        service = self.service
        kind, amount = service.member(reading, row, "res_type", str), number(service, reading, row, "rate")
        if kind == "ALL":
            if amount:
                raise Malformed(
                    reading, service.url, "the answer is not grouped by type although that was asked for"
                )
            return None
        return RatedSum(kind, None, amount)


def _begin(point: RatedPoint) -> datetime:
    return point.window.begin
