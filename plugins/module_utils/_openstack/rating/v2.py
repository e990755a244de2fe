# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""CloudKitty's v2 API: sums by what is asked for, points in pages (design/reading-a-cloud.md#cloudkitty,
design/reading-a-cloud.md#windows-sent-to-the-cloud).

Source: CloudKitty API reference, https://docs.openstack.org/cloudkitty/latest/api-reference/v2/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any, TypeAlias

from ..._core.errors import CloudError, Malformed, NotFound
from ..._core.money import exact_sum
from ..._core.periods import Window, ceil_to, iso
from ..connection import Service
from .answers import RatedFrame, RatedPeriods, RatedPoint, RatedSum
from .fields import DAY, Row, number, period_of, refuse_foreign, span_of

#: CloudKitty answers 100 rows where no limit is sent, and takes at least 5000.
ROWS_PER_REQUEST = 1000
#: The most that every storage of CloudKitty takes: Loki refuses more (storage/v2/loki). The default would be
#: 100.
POINTS_PER_REQUEST = 5000
#: A limit that Loki refuses since CloudKitty 2026.1; before, its queries failed and came back empty.
REFUSED_BY_LOKI = POINTS_PER_REQUEST + 1
#: How far back the newest rated period is looked for: one page of hours.
LOOK_BACK = timedelta(days=40)
#: How the API says that nothing matches, with 404 (api/v2/dataframes/dataframes.py); any other 404 is an
#: error.
NOTHING = "No resource found"

#: The part of a window that was asked for, and what came.
_Page: TypeAlias = "tuple[Window, list[Row]]"


class CutSums(Exception):
    """The storage answers a summary by time with one row for the whole window: it sums up only as many points
    as one of its queries returns.
    """


class RatingV2:
    """The questions of RatingVersion, asked of the v2 API.

    answered: whether the cloud has answered any of them, so that a 404 says no more that it lacks the API.
    Every question raises CutSums where the storage's sums may be cut (design/reading-a-cloud.md#cut-sums).
    """

    version = "v2"
    has_own_sums = True

    def __init__(self, service: Service, collect_period_s: int, of_every_project: bool = False) -> None:
        """of_every_project: an operator asks about all projects at once; the answers are of all."""
        self.service = service
        # An operator's answers span every project unless they are filtered.
        self._owner = () if of_every_project else (f"project_id:{service.project_id}",)
        self.collect_period_s = collect_period_s
        self.answered = False
        self._sums_are_whole = False
        self._empty: Window | None = None

    def own_sum(self, periods: RatedPeriods) -> Decimal:
        """The periods' own: each is a sum of the cloud's. No request."""
        return exact_sum(periods.amounts.values())

    def summary_by_type(self, window: Window) -> list[RatedSum]:
        """One request, and one more per 1000 types."""
        reading = "the rating summary"
        return [self.sum_of(reading, row) for row in self.whole_sums(reading, window, "type")]

    def summary_by_resource(self, window: Window) -> list[tuple[str, RatedSum]]:
        """One request per 1000 rows."""
        reading = "the cost of each resource"
        return [
            (self.service.member(reading, row, "id", str), self.sum_of(reading, row))
            for row in self.whole_sums(reading, window, "id", "type")
        ]

    def periods(self, window: Window) -> RatedPeriods:
        """One request per 1000 periods."""
        return self._periods("the rated periods", window)

    def recent_periods(self, now: datetime, _wanted: int, /) -> RatedPeriods:
        """Those of the last 40 days, in one request."""
        end = ceil_to(now, self.collect_period_s)
        return self._periods("the newest rated periods", Window(end - LOOK_BACK, end))

    def frames_of_type(self, window: Window, kind: str) -> list[RatedFrame]:
        """One frame per period. One request per 1000 periods."""
        reading = f"the rated periods of {kind}"
        return [
            RatedFrame(self.period_in(window, reading, row), self.sum_of(reading, row))
            for row in self.summary(reading, window, "time", "type", kind=kind)
        ]

    def points_by_period(self, window: Window) -> Iterator[list[RatedPoint]]:
        """A day per request, less where a day has more than 5000 points."""
        for part, frames in read_ahead(self.pages(window)):
            yield from self._points_in_page(part, frames)

    def points(self, window: Window) -> Iterator[RatedPoint]:
        """points_by_period(), one after the other."""
        return chain.from_iterable(self.points_by_period(window))

    def whole_sums(
        self, reading: str, window: Window, *groupby: str, limit: int = ROWS_PER_REQUEST
    ) -> Iterable[Row]:
        """The rows of a summary that is not by time. Where none by time was seen, it is asked with a limit
        that Loki refuses; an older one has no rows then, which takes one request more.
        """
        if self._sums_are_whole:
            return self.summary(reading, window, *groupby, limit=limit)
        try:
            rows = list(self.summary(reading, window, *groupby, limit=REFUSED_BY_LOKI))
        except CloudError as error:
            if error.http_status == 400 and "Loki" in str(error):
                raise CutSums from error
            raise
        known = self._empty
        if not rows and not (known and known.begin <= window.begin and window.end <= known.end):
            self._refuse_cut_sums(reading, window)
        return rows

    def summary(
        self,
        reading: str,
        window: Window,
        *groupby: str,
        kind: str | None = None,
        limit: int = ROWS_PER_REQUEST,
    ) -> Iterator[Row]:
        """Every row of GET /v2/summary as column -> value, paged by total; of one type where kind names it.

        Raises Malformed for a page shorter than promised.
        """
        service = self.service
        offset = 0
        filters = [*self._owner, *([] if kind is None else [f"type:{kind}"])]
        while True:
            query = {
                "groupby": list(groupby),
                **({"filters": ",".join(filters)} if filters else {}),
                "begin": iso(window.begin),
                "end": iso(window.end),
                "limit": limit,
                "offset": offset,
            }
            body = self._get(reading, "/v2/summary", query)
            total = service.member(reading, body, "total", int)
            columns, rows = self._columns(reading, body), service.member(reading, body, "results", list)
            if len(rows) != min(limit, max(total - offset, 0)):
                raise self._malformed(
                    reading, f"{len(rows)} rows came from row {offset} on where {total} in all were promised"
                )
            for row in rows:
                if not isinstance(row, list) or len(row) != len(columns):
                    raise self._malformed(reading, "a row does not have the columns that the answer names")
                named = dict(zip(columns, row, strict=True))
                # Grouped by time, InfluxDB fills periods that were not rated, future ones too, with rows of
                # null.
                if not (named.get("qty", "") is None and named.get("rate", "") is None):
                    yield named
            offset += len(rows)
            if offset >= total:
                return

    def _columns(self, reading: str, body: Any) -> list[str]:
        """What the values of each row are. Raises Malformed for a name that is no text, or stands twice."""
        columns = self.service.member(reading, body, "columns", list)
        if not all(isinstance(name, str) for name in columns) or len(set(columns)) < len(columns):
            raise self._malformed(reading, "the columns that the answer names are not different texts")
        return columns

    def _get(self, reading: str, path: str, query: Mapping[str, Any]) -> Any:
        body = self.service.get(reading, path, query).body
        self.answered = True
        return body

    def _malformed(self, reading: str, problem: str) -> Malformed:
        return Malformed(reading, self.service.url, problem)

    def _periods(self, reading: str, window: Window) -> RatedPeriods:
        amounts = {
            self.period_in(window, reading, row).begin: number(self.service, reading, row, "rate")
            for row in self.summary(reading, window, "time")
        }
        if not amounts:
            self._empty = window
        return RatedPeriods(window, dict(sorted(amounts.items())), self.collect_period_s)

    def sum_of(self, reading: str, row: Row) -> RatedSum:
        """The sum that a row of summary() has. Raises Malformed."""
        return RatedSum(
            type=self.service.member(reading, row, "type", str),
            quantity=number(self.service, reading, row, "qty"),
            amount=number(self.service, reading, row, "rate"),
        )

    def _refuse_cut_sums(self, reading: str, window: Window) -> None:
        """Raise CutSums where a summary by time shows them. No request where one was seen already."""
        period = timedelta(seconds=self.collect_period_s)
        if self._sums_are_whole:
            return
        # A window of one period looks alike on every storage.
        shown = Window(min(window.begin, window.end - 2 * period), window.end)
        for row in self.summary(reading, shown, "time"):
            self.period_in(shown, reading, row)
            return

    def period_in(self, window: Window, reading: str, row: Row) -> Window:
        """The row's period. Raises Malformed where it does not begin in the window."""
        if window.length > timedelta(seconds=self.collect_period_s):
            if span_of(self.service, reading, row) == window:
                raise CutSums
            self._sums_are_whole = True
        period = period_of(self.service, reading, row, self.collect_period_s)
        if not window.contains(period.begin):
            raise self._malformed(reading, f"a period of {iso(period.begin)} came that was not asked for")
        return period

    def pages(self, window: Window) -> Iterator[_Page]:
        """Window by window, never by a growing offset: InfluxDB reads all of a window for each of its pages,
        Loki ignores the offset.
        """
        period, begin, span = timedelta(seconds=self.collect_period_s), window.begin, DAY
        while begin < window.end:
            part = Window(begin, min(begin + span, window.end))
            total, frames = self._page(part, 0)
            if total >= POINTS_PER_REQUEST:
                self._refuse_cut_sums("the rated points", part)
            if total > POINTS_PER_REQUEST and part.length > period:
                # What came is dropped: it ends in the middle of a period. The smaller span is kept, so that
                # this happens once.
                span = max(part.length // period * POINTS_PER_REQUEST // total, 1) * period
                continue
            yield part, frames
            for offset in range(POINTS_PER_REQUEST, total, POINTS_PER_REQUEST):
                # One collect period with more points than a request takes cannot be split by time.
                yield part, self._page(part, offset)[1]
            if total * 2 <= POINTS_PER_REQUEST:
                span = min(span * 2, DAY)
            begin = part.end

    def _page(self, part: Window, offset: int) -> tuple[int, list[Row]]:
        """How many points the window has, and the frames of a page of them; 0 and none for
        the 404 that means so.
        """
        reading, service = "the rated points", self.service
        query = {
            **({"filters": self._owner[0]} if self._owner else {}),
            "begin": iso(part.begin),
            "end": iso(part.end),
            "limit": POINTS_PER_REQUEST,
            "offset": offset,
        }
        try:
            body = self._get(reading, "/v2/dataframes", query)
        except NotFound as error:
            if NOTHING in str(error):
                return 0, []
            raise
        total = service.member(reading, body, "total", int)
        frames: list[Row] = service.member(reading, body, "dataframes", list)
        came = sum(
            len(service.member(reading, usage, kind, list))
            for usage in (service.member(reading, frame, "usage", dict) for frame in frames)
            for kind in usage
        )
        if came != min(POINTS_PER_REQUEST, max(total - offset, 0)):
            raise self._malformed(
                reading, f"{came} points came from point {offset} on where {total} in all were promised"
            )
        return total, frames

    def _points_in_page(self, part: Window, frames: list[Row]) -> Iterator[list[RatedPoint]]:
        reading, service = "the rated points", self.service
        periods = [
            period_of(service, reading, service.member(reading, frame, "period", dict), self.collect_period_s)
            for frame in frames
        ]
        # The API does not promise an order; a page that is one of several holds one period only.
        for period, frame in sorted(zip(periods, frames, strict=True), key=lambda one: one[0].begin):
            if not part.contains(period.begin):
                raise self._malformed(reading, f"a period of {iso(period.begin)} came that was not asked for")
            found = [
                point_of(service, reading, period, kind, row)
                for kind, rows in frame["usage"].items()
                for row in rows
            ]
            if found:
                yield found


def read_ahead(pages: Iterator[_Page]) -> Iterator[_Page]:
    """The pages as they come, each asked for while the one before is worked on: the cloud takes as long to
    answer as we do to write.
    """
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, pages, None)
        while (page := coming.result()) is not None:
            coming = reader.submit(next, pages, None)
            yield page


def point_of(service: Service, reading: str, period: Window, kind: str, row: Row) -> RatedPoint:
    """A point of a frame. Raises Malformed where it lacks something or is of another project."""
    try:
        volume, price, owner = row["vol"], row["rating"], row["groupby"]
        # A JSON number with a point is a finite Decimal already; for the others, and what is none, there is
        # number().
        quantity, amount = volume["qty"], price["price"]
        if owner.get("project_id") != service.project_id:
            refuse_foreign(service, reading, owner)
        # By position: by name it takes twice as long.
        point = RatedPoint(
            period,
            kind,
            owner.get("id"),
            quantity if isinstance(quantity, Decimal) else number(service, reading, volume, "qty"),
            volume.get("unit"),
            amount if isinstance(amount, Decimal) else number(service, reading, price, "price"),
            row.get("metadata") or {},
        )
    except (KeyError, TypeError, AttributeError) as error:
        # Once for all fields: asked one by one they took a third of the time of a million points.
        raise Malformed(reading, service.url, "a point is not what the API promises") from error
    has_texts = all(one is None or isinstance(one, str) for one in (point.resource_id, point.unit))
    if not has_texts or not isinstance(point.metadata, dict):
        raise Malformed(reading, service.url, "a point is not what the API promises")
    return point
