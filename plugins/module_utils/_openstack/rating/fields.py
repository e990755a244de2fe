# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Fields of CloudKitty's answers that both versions of its API have, and that are never taken on trust."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from ..._core.errors import InvalidOption, Malformed
from ..._core.periods import Window, ceil_to, from_iso
from ..connection import Service
from ..transport import has_usual_size
from .answers import RatedPeriods, RatedPoint, sums_by_period

DAY = timedelta(days=1)
#: How far back the newest rated period is looked for where it takes points, a day after the other.
LOOK_BACK_DAYS = 8

Row = dict[str, Any]


def days_of(window: Window) -> Iterator[Window]:
    """The window in parts of 24 hours, the last one shorter."""
    begin = window.begin
    while begin < window.end:
        day = Window(begin, min(begin + DAY, window.end))
        yield day
        begin = day.end


def period_of(service: Service, reading: str, row: Row, collect_period_s: int) -> Window:
    """The period of a row. Raises Malformed where it has none, InvalidOption where its length is another."""
    period = span_of(service, reading, row)
    seconds = int(period.length.total_seconds())
    if seconds != collect_period_s:
        raise InvalidOption(
            "collect_period",
            f"is {collect_period_s} s, but {service.url} rates periods of {seconds} s; set that.",
        )
    return period


def span_of(service: Service, reading: str, row: Row) -> Window:
    """begin and end of a row, however far apart. Raises Malformed where it has none."""
    try:
        return Window(*(from_iso(service.member(reading, row, key, str)) for key in ("begin", "end")))
    except ValueError as error:
        raise Malformed(reading, service.url, "a period has no begin and end in ISO 8601") from error


def moment(service: Service, reading: str, row: Row, key: str) -> datetime | None:
    """A moment of a row, None where it is null or missing. Raises Malformed for text that is none."""
    text = service.optional(reading, row, key, str)
    try:
        return None if text is None else from_iso(text)
    except ValueError as error:
        raise Malformed(reading, service.url, f"{key} is no moment in ISO 8601") from error


def newest_periods(
    now: datetime, wanted: int, collect_period_s: int, points_of: Callable[[Window], Iterable[RatedPoint]]
) -> RatedPeriods:
    """The newest rated periods, from the points of one day after the other, 8 days back at most.

    wanted: how many periods are needed. points_of: the points of a window. Raises what that raises.
    """
    end = ceil_to(now, collect_period_s)
    amounts: dict[datetime, Decimal] = {}
    begin = end
    while len(amounts) < wanted and begin > end - DAY * LOOK_BACK_DAYS:
        begin -= DAY
        amounts = {**sums_by_period(points_of(Window(begin, begin + DAY))), **amounts}
    return RatedPeriods(Window(begin, end), amounts, collect_period_s)


def number(service: Service, reading: str, row: Row, key: str) -> Decimal:
    """An exact number: JSON number in v2, text in v1.

    Raises Malformed for anything else, 1e400 included: a missing amount is not zero.
    """
    value = row.get(key) if isinstance(row, dict) else None
    try:
        if isinstance(value, (int, str, Decimal)) and not isinstance(value, bool):
            found = Decimal(value)
            if found.is_finite() and has_usual_size(found):
                return found
    except InvalidOperation:
        value = None
    raise Malformed(reading, service.url, f"the answer has no number in {key} where the API promises one")


def refuse_foreign(service: Service, reading: str, owner: Mapping[str, Any]) -> None:
    """Raise Malformed for a point of another project: it is no cost of this one, whatever was asked for."""
    project_id = owner.get("project_id", service.project_id)
    if project_id != service.project_id:
        raise Malformed(reading, service.url, f"a point of project {project_id} came that was not asked for")
