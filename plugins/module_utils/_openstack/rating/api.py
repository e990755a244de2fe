# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How CloudKitty tells it, the v2 API and the v1 API behind one face (design/reading-a-cloud.md#cloudkitty,
design/reading-a-cloud.md#windows-sent-to-the-cloud).

Source: CloudKitty API reference, https://docs.openstack.org/cloudkitty/latest/api-reference/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

from ..._core import spans
from ..._core.errors import Malformed, NotFound
from ..._core.money import EXACT
from ..._core.periods import Window, ceil_to, iso
from ..connection import Service
from .points import DAY, RatedPoint, days_of, frame_window, number, v1_day

#: CloudKitty answers 100 rows where no limit is sent, and takes at least 5000.
PAGE_SIZE = 1000
#: How far back the newest rated period is looked for: with v2 one page of hours, with v1 one request a day.
V2_LOOK_BACK = timedelta(days=40)
V1_LOOK_BACK_DAYS = 8

Row = dict[str, Any]


@dataclass(frozen=True)
class RatedSum:
    """What one type of resource cost, in the cloud's rating currency; quantity None: the v1 summary tells
    none.
    """

    type: str
    quantity: Decimal | None
    amount: Decimal


@dataclass(frozen=True)
class RatedFrame:
    """What one type of resource, or one resource of it, cost in one collect period."""

    window: Window
    cost: RatedSum


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
        return spans.covers(self.window, window)

    def within(self, window: Window) -> RatedPeriods:
        """Those that begin in a window which this one covers."""
        kept = {begin: amount for begin, amount in self.amounts.items() if window.contains(begin)}
        return RatedPeriods(window, kept, self.collect_period_s)

    def missing_until(self, end: datetime) -> list[Window]:
        """The parts of the window up to that moment of which no period is rated, in order."""
        looked_at = spans.from_to(self.window.begin, min(end, self.window.end))
        periods = spans.steps(looked_at, timedelta(seconds=self.collect_period_s))
        missing = (period.begin for period in periods if period.begin not in self.amounts)
        return list(spans.of_periods(missing, self.collect_period_s))


def summary_by_type(rating: Service, api: str, window: Window) -> tuple[str, list[RatedSum]]:
    """The cost of the project in a window by type, and the API that answered (v2 or v1).

    api auto tries v2 and takes its 404 as "v1 only". One request, and one more per 1000 types. Raises
    CloudError.
    """
    reading = "the rating summary"
    if api != "v1":
        try:
            return "v2", [
                _v2_sum(rating, reading, row) for row in _v2_summary(rating, reading, window, "type")
            ]
        except NotFound:
            if api == "v2":
                raise
    query = {
        "groupby": "res_type",
        "tenant_id": rating.project_id,
        "begin": iso(window.begin),
        "end": iso(window.end),
    }
    body = rating.get(reading, "/v1/report/summary", query).body
    rows = rating.member(reading, body, "summary", list)
    return "v1", [found for row in rows if (found := _v1_sum(rating, reading, row)) is not None]


def summary_by_resource(rating: Service, window: Window) -> Iterator[tuple[str, RatedSum]]:
    """The cost by resource id and type, of the v2 API; v1 groups by type only.

    One request per 1000 rows. Raises CloudError.
    """
    reading = "the cost of each resource"
    for row in _v2_summary(rating, reading, window, "id,type"):
        yield rating.member(reading, row, "id", str), _v2_sum(rating, reading, row)


def periods(rating: Service, window: Window, collect_period_s: int) -> RatedPeriods:
    """The cost of each collect period, of the v2 API; v1 groups by no time. One request per 1000 periods.

    Raises CloudError; InvalidOption where a period is not collect_period_s long.
    """
    return _v2_periods(rating, "the rated periods", window, collect_period_s)


def all_periods(rating: Service, api: str, window: Window, collect_period_s: int) -> tuple[str, RatedPeriods]:
    """periods() of either API, and the one that answered; api auto as in summary_by_type.

    v2: one request per 1000 periods. v1: one per day, whose points are summed. Raises as periods does.
    """
    if api != "v1":
        try:
            return "v2", periods(rating, window, collect_period_s)
        except NotFound:
            if api == "v2":
                raise
    of_days = (v1_day(rating, "the rated periods", day, collect_period_s) for day in days_of(window))
    return "v1", RatedPeriods(window, summed_by_period(chain.from_iterable(of_days)), collect_period_s)


def recent_periods(
    rating: Service, api: str, now: datetime, collect_period_s: int, wanted: int = 1
) -> tuple[str, RatedPeriods]:
    """The newest rated periods, and the API that answered; api auto as in summary_by_type.

    v2: those of the last 40 days, in one request. v1: of as many days as it takes to find the wanted number
    of periods, 8 at most, one request each. None in them is unknown, not zero. Raises as periods does.
    """
    reading = "the newest rated periods"
    end = ceil_to(now, collect_period_s)
    if api != "v1":
        try:
            return "v2", _v2_periods(rating, reading, Window(end - V2_LOOK_BACK, end), collect_period_s)
        except NotFound:
            if api == "v2":
                raise
    amounts: dict[datetime, Decimal] = {}
    begin = end
    while len(amounts) < wanted and begin > end - DAY * V1_LOOK_BACK_DAYS:
        begin -= DAY
        of_day = summed_by_period(v1_day(rating, reading, Window(begin, begin + DAY), collect_period_s))
        amounts = {**of_day, **amounts}
    return "v1", RatedPeriods(Window(begin, end), amounts, collect_period_s)


def summed_by_period(points: Iterable[RatedPoint]) -> dict[datetime, Decimal]:
    """The points' exact sum in each period, by its begin, in order."""
    sums: dict[datetime, Decimal] = {}
    for point in points:
        sums[point.window.begin] = EXACT.add(sums.get(point.window.begin, Decimal(0)), point.amount)
    return dict(sorted(sums.items()))


def frames(rating: Service, api: str, window: Window, collect_period_s: int) -> Iterator[RatedFrame]:
    """Cost per type and collect period of the frames that begin in the window; v1 gives one frame per
    resource.

    v2: one request per 1000 rows; v1: one per day, as that API has no pages. api auto as in summary_by_type.
    Raises CloudError; InvalidOption where a frame is not collect_period_s long.
    """
    reading = "the rated periods"
    if api != "v1":
        rows = _v2_summary(rating, reading, window, "time,type")
        try:
            first = next(rows, None)
        except NotFound:
            if api == "v2":
                raise
        else:
            yield from _v2_frames(
                rating, reading, window, chain((row for row in (first,) if row), rows), collect_period_s
            )
            return
    for day in days_of(window):
        for point in v1_day(rating, reading, day, collect_period_s):
            yield RatedFrame(point.window, RatedSum(point.type, point.quantity, point.amount))


def frames_of_type(
    rating: Service, api: str, window: Window, kind: str, collect_period_s: int
) -> Iterator[RatedFrame]:
    """frames() of one type only; api is v2 or v1, as an earlier answer said."""
    reading = f"the rated periods of {kind}"
    if api == "v2":
        rows = _v2_summary(rating, reading, window, "time,type", kind)
        yield from _v2_frames(rating, reading, window, rows, collect_period_s)
        return
    for day in days_of(window):
        for point in v1_day(rating, reading, day, collect_period_s, kind):
            yield RatedFrame(point.window, RatedSum(point.type, point.quantity, point.amount))


def _v2_periods(rating: Service, reading: str, window: Window, collect_period_s: int) -> RatedPeriods:
    amounts: dict[datetime, Decimal] = {}
    for row in _v2_summary(rating, reading, window, "time"):
        begin = _asked_for(rating, reading, window, row, collect_period_s).begin
        amounts[begin] = number(rating, reading, row, "rate")
    return RatedPeriods(window, dict(sorted(amounts.items())), collect_period_s)


def _v2_frames(
    rating: Service, reading: str, window: Window, rows: Iterable[Row], collect_period_s: int
) -> Iterator[RatedFrame]:
    for row in rows:
        yield RatedFrame(
            _asked_for(rating, reading, window, row, collect_period_s), _v2_sum(rating, reading, row)
        )


def _asked_for(rating: Service, reading: str, window: Window, row: Row, collect_period_s: int) -> Window:
    """The row's period. Raises Malformed where it does not begin in the window."""
    period = frame_window(rating, reading, row, collect_period_s)
    if not window.contains(period.begin):
        raise Malformed(reading, rating.url, f"a period of {iso(period.begin)} came that was not asked for")
    return period


def _v2_summary(
    rating: Service, reading: str, window: Window, groupby: str, kind: str | None = None
) -> Iterator[Row]:
    """Every row of GET /v2/summary as column -> value, paged by total; of one type where kind names it.

    A page shorter than promised is Malformed.
    """
    offset = 0
    of_type = "" if kind is None else f",type:{kind}"
    while True:
        query = {
            "groupby": groupby.split(","),
            # An admin's summary spans every project unless it is filtered.
            "filters": f"project_id:{rating.project_id}{of_type}",
            "begin": iso(window.begin),
            "end": iso(window.end),
            "limit": PAGE_SIZE,
            "offset": offset,
        }
        body = rating.get(reading, "/v2/summary", query).body
        total = rating.member(reading, body, "total", int)
        columns, rows = (rating.member(reading, body, key, list) for key in ("columns", "results"))
        if len(rows) != min(PAGE_SIZE, max(total - offset, 0)):
            raise Malformed(
                reading,
                rating.url,
                f"{len(rows)} rows came from row {offset} on where {total} in all were promised",
            )
        for row in rows:
            if not isinstance(row, list) or len(row) != len(columns):
                raise Malformed(reading, rating.url, "a row does not have the columns that the answer names")
            named = dict(zip(columns, row, strict=True))
            # With groupby=time InfluxDB fills periods that were not rated, future ones too, with rows of
            # null.
            if not (named.get("qty", "") is None and named.get("rate", "") is None):
                yield named
        offset += len(rows)
        if offset >= total:
            return


def _v2_sum(rating: Service, reading: str, row: Row) -> RatedSum:
    return RatedSum(
        type=rating.member(reading, row, "type", str),
        quantity=number(rating, reading, row, "qty"),
        amount=number(rating, reading, row, "rate"),
    )


def _v1_sum(rating: Service, reading: str, row: Row) -> RatedSum | None:
    """A row of the v1 summary; None for the row of zero that SQL storage gives where nothing was rated."""
    kind, amount = rating.member(reading, row, "res_type", str), number(rating, reading, row, "rate")
    if kind == "ALL":
        if amount:
            raise Malformed(
                reading, rating.url, "the answer is not grouped by type although that was asked for"
            )
        return None
    return RatedSum(kind, None, amount)
