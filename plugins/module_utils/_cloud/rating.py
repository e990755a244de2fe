# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How CloudKitty tells it, the v2 API and the v1 API behind one face (rules R7 and R8 of docs/rules.md).

Source: CloudKitty API reference, https://docs.openstack.org/cloudkitty/latest/api-reference/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import Service
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, Malformed, NotFound
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, ceil_to, from_iso, iso

#: CloudKitty answers 100 rows where no limit is sent, and takes at least 5000.
PAGE_SIZE = 1000
#: How far back the newest rated period is looked for: with v2 one page of hours, with v1 one request a day.
V2_LOOK_BACK = timedelta(days=40)
V1_LOOK_BACK_DAYS = 7
DAY = timedelta(days=1)

Row = dict[str, Any]


@dataclass(frozen=True)
class RatedSum:
    """What one type of resource cost, in the cloud's rating currency; quantity None: the v1 summary tells none."""

    type: str
    quantity: Decimal | None
    amount: Decimal


@dataclass(frozen=True)
class RatedFrame:
    """What one type of resource, or one resource of it, cost in one collect period."""

    window: Window
    cost: RatedSum


def summary_by_type(rating: Service, api: str, window: Window) -> tuple[str, list[RatedSum]]:
    """The cost of the project in a window by type, and the API that answered (v2 or v1).

    api auto tries v2 and takes its 404 as "v1 only". One request, and one more per 1000 types. Raises CloudError.
    """
    reading = "the rating summary"
    if api != "v1":
        try:
            return "v2", [_v2_sum(rating, reading, row) for row in _v2_summary(rating, reading, window, "type")]
        except NotFound:
            if api == "v2":
                raise
    query = {"groupby": "res_type", "tenant_id": rating.project_id, "begin": iso(window.begin), "end": iso(window.end)}
    body = rating.get(reading, "/v1/report/summary", query).body
    rows = rating.member(reading, body, "summary", list)
    return "v1", [found for row in rows if (found := _v1_sum(rating, reading, row)) is not None]


def frames(rating: Service, api: str, window: Window, collect_period_s: int) -> Iterator[RatedFrame]:
    """Cost per type and collect period of the frames that begin in the window; v1 gives one frame per resource.

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
    begin = window.begin
    while begin < window.end:
        day = Window(begin, min(begin + DAY, window.end))
        yield from _v1_frames(rating, reading, day, collect_period_s)
        begin = day.end


def _v2_frames(
    rating: Service, reading: str, window: Window, rows: Iterable[Row], collect_period_s: int
) -> Iterator[RatedFrame]:
    for row in rows:
        period = _frame_window(rating, reading, row, collect_period_s)
        if not window.contains(period.begin):
            raise Malformed(reading, rating.url, f"a period of {iso(period.begin)} came that was not asked for")
        yield RatedFrame(period, _v2_sum(rating, reading, row))


def rated_through(rating: Service, api: str, now: datetime, collect_period_s: int) -> datetime | None:
    """The end of the newest rated period; None where the last 40 days (v1 API: 7) have none, which is unknown, not zero.

    v2: one request; v1: one per day back to the newest. Raises as frames does.
    """
    reading = "the newest rated period"
    end = ceil_to(now, collect_period_s)
    if api == "v2":
        rows = _v2_summary(rating, reading, Window(end - V2_LOOK_BACK, end), "time")
        return max((_frame_window(rating, reading, row, collect_period_s).end for row in rows), default=None)
    for number in range(V1_LOOK_BACK_DAYS):
        day = Window(end - DAY * (number + 1), end - DAY * number)
        newest = max((frame.window.end for frame in _v1_frames(rating, reading, day, collect_period_s)), default=None)
        if newest is not None:
            return newest
    return None


def _v2_summary(rating: Service, reading: str, window: Window, groupby: str) -> Iterator[Row]:
    """Every row of GET /v2/summary as column -> value, paged by total. A page shorter than promised is Malformed."""
    offset = 0
    while True:
        query = {
            "groupby": groupby.split(","),
            # An admin's summary spans every project unless it is filtered.
            "filters": f"project_id:{rating.project_id}",
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
                reading, rating.url, f"{len(rows)} rows came from row {offset} on where {total} in all were promised"
            )
        for row in rows:
            if not isinstance(row, list) or len(row) != len(columns):
                raise Malformed(reading, rating.url, "a row does not have the columns that the answer names")
            named = dict(zip(columns, row, strict=True))
            # With groupby=time InfluxDB fills periods that were not rated, future ones too, with rows of null.
            if not (named.get("qty", "") is None and named.get("rate", "") is None):
                yield named
        offset += len(rows)
        if offset >= total:
            return


def _v2_sum(rating: Service, reading: str, row: Row) -> RatedSum:
    return RatedSum(
        type=rating.member(reading, row, "type", str),
        quantity=_number(rating, reading, row, "qty"),
        amount=_number(rating, reading, row, "rate"),
    )


def _v1_sum(rating: Service, reading: str, row: Row) -> RatedSum | None:
    """A row of the v1 summary; None for the row of zero that SQL storage gives where nothing was rated."""
    kind, amount = rating.member(reading, row, "res_type", str), _number(rating, reading, row, "rate")
    if kind == "ALL":
        if amount:
            raise Malformed(reading, rating.url, "the answer is not grouped by type although that was asked for")
        return None
    return RatedSum(kind, None, amount)


def _v1_frames(rating: Service, reading: str, window: Window, collect_period_s: int) -> Iterator[RatedFrame]:
    """The resources of GET /v1/storage/dataframes, which gives a whole window at once."""
    query = {"tenant_id": rating.project_id, "begin": iso(window.begin), "end": iso(window.end)}
    body = rating.get(reading, "/v1/storage/dataframes", query).body
    for row in rating.member(reading, body, "dataframes", list):
        period = _frame_window(rating, reading, row, collect_period_s)
        if not window.contains(period.begin):
            continue
        for resource in rating.member(reading, row, "resources", list):
            yield RatedFrame(
                period,
                RatedSum(
                    type=rating.member(reading, resource, "service", str),
                    quantity=_number(rating, reading, resource, "volume"),
                    amount=_number(rating, reading, resource, "rating"),
                ),
            )


def _frame_window(rating: Service, reading: str, row: Row, collect_period_s: int) -> Window:
    try:
        period = Window(*(from_iso(rating.member(reading, row, key, str)) for key in ("begin", "end")))
    except ValueError as error:
        raise Malformed(reading, rating.url, "a period has no begin and end in ISO 8601") from error
    seconds = int(period.length.total_seconds())
    if seconds != collect_period_s:
        raise InvalidOption(
            "collect_period", f"is {collect_period_s} s, but {rating.url} rates periods of {seconds} s; set that."
        )
    return period


def _number(rating: Service, reading: str, row: Row, key: str) -> Decimal:
    """An exact number: JSON number in v2, text in v1. Raises Malformed for anything else: an amount not told is not zero."""
    value = row.get(key)
    try:
        if isinstance(value, (int, str, Decimal)) and not isinstance(value, bool):
            number = Decimal(value)
            if number.is_finite():
                return number
    except InvalidOperation:
        value = None
    raise Malformed(reading, rating.url, f"the answer has no number in {key} where the API promises one")
