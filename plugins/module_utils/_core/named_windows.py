# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Windows that have a name, such as the current month, and the part before one that it is compared with
(design/periods.md#named-windows).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .errors import InvalidOption
from .periods import Window, at_local, iso, parse_moment

#: The newest period that the cloud has rated: only the cloud knows which.
LAST_HOUR = "last_hour"
NAMED_WINDOWS = ("today", "yesterday", "previous_week", "current_month", "previous_month", "last_30_days")
#: How many local days before a named window the one lies that it is compared with; months are compared with
#: months.
_DAYS_BEFORE = {"today": 1, "yesterday": 1, "previous_week": 7, "last_30_days": 30}
_OF_MONTHS = ("current_month", "previous_month")


def named_window(name: str, zone: ZoneInfo, now: datetime) -> Window:
    """today, yesterday, previous_week (from Monday to Monday), current_month, previous_month (whole local
    days or months) or last_30_days (30 local days before today's end).
    """
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    midnight = time()
    first = today.replace(day=1)
    previous = (first - timedelta(days=1)).replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    days = {
        "today": (today, today + timedelta(days=1)),
        "yesterday": (today - timedelta(days=1), today),
        "previous_week": (monday - timedelta(days=7), monday),
        "current_month": (first, following),
        "previous_month": (previous, first),
        "last_30_days": (today - timedelta(days=29), today + timedelta(days=1)),
    }
    begin, end = days[name]
    return Window(at_local(begin, midnight, zone), at_local(end, midnight, zone))


def previous_part(named: str | None, part: Window, length: timedelta, zone: ZoneInfo) -> Window:
    """What a part of a window is compared with: the same elapsed part of the period before
    (design/periods.md#the-period-before).

    Arguments: named, the window's name, None where it was given by begin and end; part, the window as far as
    it has elapsed; length of the whole window. 1 to 21 November is compared with 1 to 21 October, 1 to 31
    March with all of February; a day with the local day before, whatever the clocks did; any other window
    with the one of its length that ends where it begins.
    """
    if named in _OF_MONTHS:
        return Window(*(_a_month_before(moment, zone) for moment in (part.begin, part.end)))
    if named in _DAYS_BEFORE:
        before = timedelta(days=_DAYS_BEFORE[named])
        local = (_wall_clock(moment, zone) for moment in (part.begin, part.end))
        return Window(*(at_local(day - before, clock, zone) for day, clock in local))
    return Window(part.begin - length, part.end - length)


def _a_month_before(moment: datetime, zone: ZoneInfo) -> datetime:
    """The same day and time of the month before; the end of that month if it has no such day."""
    day, clock = _wall_clock(moment, zone)
    first = day.replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    if day.day > monthrange(before.year, before.month)[1]:
        return at_local(first, time(), zone)
    return at_local(before.replace(day=day.day), clock, zone)


def _wall_clock(moment: datetime, zone: ZoneInfo) -> tuple[date, time]:
    """The local date and time; the first instant of a day is its midnight, also where clocks skip that."""
    local = moment.astimezone(zone)
    begins_day = at_local(local.date(), time(), zone) == moment
    return local.date(), time() if begins_day else local.time()


def asked_window(named: str, begin: str | None, end: str | None, zone: ZoneInfo, now: datetime) -> Window:
    """[begin, end) as a user wrote it, where end defaults to now; the named window without a begin.

    Raises InvalidOption for text that is not a moment, and for an end that is not after the begin.
    """
    if begin is None:
        return named_window(named, zone, now)
    first = parse_moment(begin, zone, "begin")
    last = now if end is None else parse_moment(end, zone, "end")
    if last <= first:
        raise InvalidOption("end", f"{iso(last)} is not after begin, {iso(first)}.")
    return Window(first, last)


def used_window(
    named: str | None, begin: str | None, end: str | None, zone: ZoneInfo, now: datetime
) -> Window:
    """The past part of asked_window(): nothing is used yet after now.

    Raises InvalidOption if all of it is in the future.
    """
    if begin is not None:
        _refuse_what_lies_ahead(parse_moment(begin, zone, "begin"), now)
    asked = asked_window(named or "current_month", begin, end, zone, now)
    _refuse_what_lies_ahead(asked.begin, now)
    return Window(asked.begin, min(asked.end, now))


def _refuse_what_lies_ahead(begin: datetime, now: datetime) -> None:
    if begin >= now:
        raise InvalidOption("begin", f"{iso(begin)} is not past; nothing is used yet.")
