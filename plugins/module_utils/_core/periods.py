# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Windows of time: half-open, in a named zone, arithmetic in UTC (design/periods.md,
design/reading-a-cloud.md#windows-sent-to-the-cloud).
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import InvalidOption

KINDS = ("hourly", "daily", "weekly", "monthly", "yearly", "custom")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DURATION = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
HOUR = timedelta(hours=1)
#: The years of the moments that are taken: the periods on both sides of such a moment have dates too.
_FIRST_YEAR, LAST_YEAR = 1970, 9000


@dataclass(frozen=True)
class Window:
    """[begin, end): begin is inclusive, end exclusive. Both are in UTC."""

    begin: datetime
    end: datetime

    def __post_init__(self) -> None:
        for moment in (self.begin, self.end):
            if moment.tzinfo is not UTC:
                raise ValueError(f"a window is kept in UTC, not {moment.tzinfo}")
        if self.end < self.begin:
            raise ValueError(f"a window cannot end ({self.end}) before it begins ({self.begin})")

    def contains(self, moment: datetime) -> bool:
        """Whether the moment is in the window, whose end is exclusive."""
        return self.begin <= moment < self.end

    @property
    def length(self) -> timedelta:
        """Real elapsed time, as both ends are UTC."""
        return self.end - self.begin


@dataclass(frozen=True)
class Calendar:
    """The periods of a budget: kind, zone and anchors.

    first_day: 0 Monday to 6 Sunday, for weekly. anchor_day: 1 to 31, clamped to a month's length, for monthly
    and yearly. anchor_month: 1 to 12, for yearly. begin and end: local dates or moments in UTC, for custom.
    """

    kind: str
    zone: str = "UTC"
    first_day: int = 0
    anchor_day: int = 1
    anchor_month: int = 1
    begin: datetime | None = None
    end: datetime | None = None


def now_utc() -> datetime:
    """The current moment in UTC, to the second: no API here has a finer one."""
    return datetime.now(UTC).replace(microsecond=0)


def zone_named(name: str, option: str) -> ZoneInfo:
    """The IANA zone of that name. Raises InvalidOption for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidOption(
            option, f"'{name}' is not an IANA time zone; write one such as UTC or Europe/Zurich."
        ) from error


def at_local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The UTC moment of a local wall-clock time (design/periods.md#changes-of-the-clock).

    A time that a change of clocks skips is the first instant after the gap; one that
    comes twice is the first.
    """
    naive = datetime.combine(day, clock)
    before = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if before.astimezone(zone).replace(tzinfo=None) == naive:
        return before
    return _end_of_gap(before, zone)


def _end_of_gap(inside: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the zone's offset changes, at most a day before the UTC moment that a skipped
    local time maps to.

    PEP 495: fold=0 inside a gap takes the offset before the gap, so the moment lies behind the change.
    """
    low, high = inside - timedelta(days=1), inside
    after = high.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle == low:
            break
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high


def period_at(calendar: Calendar, moment: datetime) -> Window | None:
    """The calendar's period that contains the moment; None outside a custom period."""
    if calendar.kind == "custom":
        if calendar.begin is None or calendar.end is None:
            raise ValueError("a custom calendar needs begin and end")
        window = Window(calendar.begin, calendar.end)
        return window if window.contains(moment) else None
    if calendar.kind == "hourly":
        begin = moment.replace(minute=0, second=0, microsecond=0)
        return Window(begin, begin + HOUR)
    index = _index_of(calendar, moment.astimezone(ZoneInfo(calendar.zone)).date())
    # A local midnight that a change of clocks moves can put the moment one period off its local date.
    for candidate in (index, index - 1, index + 1):
        window = _calendar_window(calendar, candidate)
        if window.contains(moment):
            return window
    raise ValueError(f"no {calendar.kind} period holds {moment}")


def next_period(calendar: Calendar, current: Window) -> Window | None:
    """The period after the current one; None for a custom calendar, which has no next."""
    return None if calendar.kind == "custom" else period_at(calendar, current.end)


def period_id(calendar: Calendar, window: Window) -> str:
    """The name of a period in the ledger: its kind and its begin in UTC, monthly/2026-11-01T00:00:00Z
    (design/periods.md#kinds-of-period).
    """
    return f"{calendar.kind}/{iso(window.begin)}"


def _index_of(calendar: Calendar, day: date) -> int:
    """The number of the period that contains a local date, from the first one of the Gregorian calendar."""
    if calendar.kind == "daily":
        return day.toordinal()
    if calendar.kind == "weekly":
        return (day.toordinal() - 1 - calendar.first_day) // 7
    if calendar.kind == "monthly":
        index = day.year * 12 + day.month - 1
        return index if day >= _first_day(calendar, index) else index - 1
    index = day.year
    return index if day >= _first_day(calendar, index) else index - 1


def _first_day(calendar: Calendar, index: int) -> date:
    """The local date on which the period of that number begins."""
    if calendar.kind == "daily":
        return date.fromordinal(index)
    if calendar.kind == "weekly":
        return date.fromordinal(index * 7 + calendar.first_day + 1)
    year, month = (
        (index // 12, index % 12 + 1) if calendar.kind == "monthly" else (index, calendar.anchor_month)
    )
    return date(year, month, min(calendar.anchor_day, monthrange(year, month)[1]))


@lru_cache(maxsize=256)
def _calendar_window(calendar: Calendar, index: int) -> Window:
    """The period of that number. Budgets share few calendars, and each asks for its periods many times."""
    zone = ZoneInfo(calendar.zone)
    return Window(
        at_local(_first_day(calendar, index), time(), zone),
        at_local(_first_day(calendar, index + 1), time(), zone),
    )


def parse_moment(text: str, zone: ZoneInfo, option: str) -> datetime:
    """The UTC moment behind ISO 8601 text: a date (local midnight), or a date and time, local where no offset
    is written.

    Raises InvalidOption for anything else, and for a moment before 1970 or after 9000.
    """
    stripped = str(text).strip()
    try:
        moment = datetime.fromisoformat(stripped)
    except ValueError as error:
        raise InvalidOption(
            option,
            f"'{stripped[:40]}' is not a date or time; write ISO 8601 such as 2026-11-01 or"
            " 2026-11-01T08:00:00+01:00.",
        ) from error
    refuse_far_moment(moment, option)
    moment = moment.replace(microsecond=0)
    if moment.tzinfo is None:
        return at_local(moment.date(), moment.time(), zone)
    return moment.astimezone(UTC)


def refuse_far_moment(moment: datetime, option: str) -> None:
    """Raise InvalidOption for a moment whose year is not from 1970 to 9000: its period may have no end."""
    if not _FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise InvalidOption(
            option, f"{moment.year:04d} is out of range; write a year from {_FIRST_YEAR} to {LAST_YEAR}."
        )


def is_far(moment: datetime | None) -> bool:
    """Whether a moment is so late that no module takes it, and its period may have no end."""
    return moment is not None and moment.year > LAST_YEAR + 1


def rounded_up(window: Window, period_seconds: int) -> Window:
    """[ceil(begin), ceil(end)) on the collect period's edges: the frames that begin in the window
    (design/reading-a-cloud.md#windows-sent-to-the-cloud).
    """
    return Window(ceil_to(window.begin, period_seconds), ceil_to(window.end, period_seconds))


def ceil_to(moment: datetime, period_seconds: int) -> datetime:
    """The first edge of the collect period at or after the moment; edges are counted from the epoch."""
    seconds = int(moment.timestamp())
    return datetime.fromtimestamp(-(-seconds // period_seconds) * period_seconds, UTC)


def moment_of(seconds: int) -> datetime:
    """The UTC moment behind seconds since the epoch, as the ledger keeps moments."""
    return datetime.fromtimestamp(seconds, UTC)


def iso(moment: datetime) -> str:
    """UTC with Z, to the second: 2026-11-21T05:00:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_iso(text: str) -> datetime:
    """The UTC moment behind what iso() wrote, or any ISO 8601 text of an API; naive text is UTC (CloudKitty
    v1, Nova).

    Raises ValueError for anything else.
    """
    moment = datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text} lies outside of the calendar in UTC") from error


def parse_duration(text: str, option: str) -> timedelta:
    """A length such as 90s, 15m, 6h or 2d. Raises InvalidOption for anything else, zero included."""
    if re.fullmatch(r"[0-9]+", text.strip()):
        raise InvalidOption(option, f"'{text[:40]}' has no unit; write one such as 90s, 15m, 6h or 2d.")
    found = _DURATION.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise InvalidOption(option, f"'{text[:40]}' is not a duration; write one such as 90s, 15m, 6h or 2d.")
    return int(found[1]) * _UNITS[found[2]]
