# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Rated points: what each resource cost in each collect period, streamed from CloudKitty's dataframes
(design/reading-a-cloud.md#cloudkitty).

Source: CloudKitty API reference, https://docs.openstack.org/cloudkitty/latest/api-reference/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

from ..._core.errors import InvalidOption, Malformed, NotFound
from ..._core.periods import Window, from_iso, iso
from ..._core.spans import steps
from ..connection import Service

#: The most that every storage of CloudKitty takes: Loki refuses more (storage/v2/loki). The default would be
#: 100.
POINTS_PER_REQUEST = 5000
DAY = timedelta(days=1)
#: Of v1's `desc`, which mixes the two: what the point belongs to. The rest is metadata. The calendar keys are
#: the collector's.
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
#: How v2 says that nothing matches, with 404 (api/v2/dataframes/dataframes.py); any other 404 is an error.
_NOTHING = "No resource found"

Row = dict[str, Any]
#: The part of a window that was asked for, and what came.
_Page: TypeAlias = "tuple[Window, list[Row]]"


class RatedPoint(NamedTuple):
    """What one resource cost under one metric in one collect period, in the cloud's rating currency.

    A tuple, as there are millions of them, and a frozen dataclass takes four times as long to make.
    resource_id None: the cloud names none. unit None: the v1 API tells none.
    """

    window: Window
    type: str
    resource_id: str | None
    quantity: Decimal
    unit: str | None
    amount: Decimal
    metadata: Mapping[str, str]


def points(rating: Service, api: str, window: Window, collect_period_s: int) -> Iterator[RatedPoint]:
    """Every point of the project that begins in the window, in order of time. api is v2 or v1, as an earlier
    answer said.

    Only two requests' points are held at a time. v2: a day per request, less where a day has more than 5000
    points. v1: a day per request, as that API has no pages. Raises CloudError; InvalidOption where a period
    is not collect_period_s long.
    """
    if api == "v2":
        return chain.from_iterable(v2_frames(rating, window, collect_period_s))
    return _v1_points(rating, window, collect_period_s)


def days_of(window: Window) -> Iterator[Window]:
    """The window in parts of 24 hours, the last one shorter."""
    return steps(window, DAY)


def v1_day(
    rating: Service, reading: str, day: Window, collect_period_s: int, kind: str | None = None
) -> Iterator[RatedPoint]:
    """The points of one GET /v1/storage/dataframes, which gives a whole window at once; of one type where
    kind names it.

    Raises as points does.
    """
    query = {"tenant_id": rating.project_id, "begin": iso(day.begin), "end": iso(day.end)}
    if kind is not None:
        query["resource_type"] = kind
    body = rating.get(reading, "/v1/storage/dataframes", query).body
    for row in rating.member(reading, body, "dataframes", list):
        period = frame_window(rating, reading, row, collect_period_s)
        if not day.contains(period.begin):
            continue
        for resource in rating.member(reading, row, "resources", list):
            desc = resource.get("desc") or {}
            _refuse_foreign(rating, reading, desc)
            yield RatedPoint(
                window=period,
                type=rating.member(reading, resource, "service", str),
                resource_id=desc.get("id"),
                quantity=number(rating, reading, resource, "volume"),
                unit=None,
                amount=number(rating, reading, resource, "rating"),
                metadata={name: value for name, value in desc.items() if name not in _BELONGS_TO},
            )


def _v1_points(rating: Service, window: Window, collect_period_s: int) -> Iterator[RatedPoint]:
    for day in days_of(window):
        yield from v1_day(rating, "the rated points", day, collect_period_s)


def v2_frames(rating: Service, window: Window, collect_period_s: int) -> Iterator[list[RatedPoint]]:
    """points() of the v2 API, those of a frame together: they are of one period, and never none.

    Raises as points does.
    """
    for part, frames in _read_ahead(_v2_pages(rating, window, collect_period_s)):
        yield from _v2_in_page(rating, part, frames, collect_period_s)


def _v2_pages(rating: Service, window: Window, collect_period_s: int) -> Iterator[_Page]:
    """Window by window, never by a growing offset: InfluxDB reads all of a window for each of its pages, Loki
    ignores the offset.
    """
    period, begin, span = timedelta(seconds=collect_period_s), window.begin, DAY
    while begin < window.end:
        part = Window(begin, min(begin + span, window.end))
        total, frames = _v2_page(rating, part, 0)
        if total > POINTS_PER_REQUEST and part.length > period:
            # What came is dropped: it ends in the middle of a period. The smaller span is kept, so that this
            # happens once.
            span = max(part.length // period * POINTS_PER_REQUEST // total, 1) * period
            continue
        yield part, frames
        for offset in range(POINTS_PER_REQUEST, total, POINTS_PER_REQUEST):
            # One collect period with more points than a request takes cannot be split by time.
            yield part, _v2_page(rating, part, offset)[1]
        if total * 2 <= POINTS_PER_REQUEST:
            span = min(span * 2, DAY)
        begin = part.end


def _read_ahead(pages: Iterator[_Page]) -> Iterator[_Page]:
    """The pages as they come, each asked for while the one before is worked on: the cloud takes as long to
    answer as we do to write.
    """
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, pages, None)
        while (page := coming.result()) is not None:
            coming = reader.submit(next, pages, None)
            yield page


def _v2_page(rating: Service, part: Window, offset: int) -> tuple[int, list[Row]]:
    """How many points the window has, and the frames of a page of them; 0 and none for the 404 that means so."""
    reading = "the rated points"
    query = {
        # An admin's dataframes span every project unless they are filtered.
        "filters": f"project_id:{rating.project_id}",
        "begin": iso(part.begin),
        "end": iso(part.end),
        "limit": POINTS_PER_REQUEST,
        "offset": offset,
    }
    try:
        body = rating.get(reading, "/v2/dataframes", query).body
    except NotFound as error:
        if _NOTHING in str(error):
            return 0, []
        raise
    total = rating.member(reading, body, "total", int)
    frames: list[Row] = rating.member(reading, body, "dataframes", list)
    came = sum(
        len(of_type) for frame in frames for of_type in rating.member(reading, frame, "usage", dict).values()
    )
    if came != min(POINTS_PER_REQUEST, max(total - offset, 0)):
        raise Malformed(
            reading,
            rating.url,
            f"{came} points came from point {offset} on where {total} in all were promised",
        )
    return total, frames


def _v2_in_page(
    rating: Service, part: Window, frames: list[Row], collect_period_s: int
) -> Iterator[list[RatedPoint]]:
    reading = "the rated points"
    periods = [
        frame_window(rating, reading, rating.member(reading, frame, "period", dict), collect_period_s)
        for frame in frames
    ]
    # The API does not promise an order; a page that is one of several holds one period only.
    for period, frame in sorted(zip(periods, frames, strict=True), key=lambda one: one[0].begin):
        if not part.contains(period.begin):
            raise Malformed(
                reading, rating.url, f"a period of {iso(period.begin)} came that was not asked for"
            )
        found = [
            _v2_point(rating, reading, period, kind, row)
            for kind, rows in frame["usage"].items()
            for row in rows
        ]
        if found:
            yield found


def _v2_point(rating: Service, reading: str, period: Window, kind: str, row: Row) -> RatedPoint:
    try:
        volume, price, owner = row["vol"], row["rating"], row["groupby"]
        # A JSON number with a point is a finite Decimal already; for the others, and what is none, there is
        # number().
        quantity, amount = volume["qty"], price["price"]
        if owner.get("project_id") != rating.project_id:
            _refuse_foreign(rating, reading, owner)
        # By place: by name it takes twice as long.
        return RatedPoint(
            period,
            kind,
            owner.get("id"),
            quantity if isinstance(quantity, Decimal) else number(rating, reading, volume, "qty"),
            volume.get("unit"),
            amount if isinstance(amount, Decimal) else number(rating, reading, price, "price"),
            row.get("metadata") or {},
        )
    except (KeyError, TypeError, AttributeError) as error:
        # Once for all fields: asked one by one they took a third of the time of a million points.
        raise Malformed(reading, rating.url, "a point is not what the API promises") from error


def _refuse_foreign(rating: Service, reading: str, owner: Mapping[str, Any]) -> None:
    """A point of another project is no cost of this one, whatever filter the cloud was sent."""
    told = owner.get("project_id", rating.project_id)
    if told != rating.project_id:
        raise Malformed(reading, rating.url, f"a point of project {told} came that was not asked for")


def frame_window(rating: Service, reading: str, row: Row, collect_period_s: int) -> Window:
    """The period of a row. Raises Malformed where it has none, InvalidOption where it is of another length."""
    try:
        period = Window(*(from_iso(rating.member(reading, row, key, str)) for key in ("begin", "end")))
    except ValueError as error:
        raise Malformed(reading, rating.url, "a period has no begin and end in ISO 8601") from error
    seconds = int(period.length.total_seconds())
    if seconds != collect_period_s:
        raise InvalidOption(
            "collect_period",
            f"is {collect_period_s} s, but {rating.url} rates periods of {seconds} s; set that.",
        )
    return period


def number(rating: Service, reading: str, row: Row, key: str) -> Decimal:
    """An exact number: JSON number in v2, text in v1.

    Raises Malformed for anything else: an amount not told is not zero.
    """
    value = row.get(key)
    if isinstance(value, Decimal) and value.is_finite():
        return value
    try:
        if isinstance(value, (int, str, Decimal)) and not isinstance(value, bool):
            found = Decimal(value)
            if found.is_finite():
                return found
    except InvalidOperation:
        value = None
    raise Malformed(reading, rating.url, f"the answer has no number in {key} where the API promises one")
