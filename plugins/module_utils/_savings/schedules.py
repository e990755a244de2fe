# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""When servers are meant to run: weekly hours in a named zone, and the edges between on and off
(design/office-hours.md#schedules).

Local times become UTC as those of periods do (design/periods.md#changes-of-the-clock).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.periods import Window, at_local, zone_named
from .._core.spans import union

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])", re.ASCII)
_DAY_MINUTES = 24 * 60
_EXAMPLE = "write one such as mon-fri 07:00-19:00 Europe/Zurich, always or off"
#: How far an edge is looked for, at first and at most: a holiday can last, and so can a list of them.
_NEAR, _FAR = timedelta(days=9), timedelta(days=400)
#: The edge of a schedule that has none: it was ever as it is.
EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Hours:
    """From begin to end, in minutes since midnight; an end that is not later is the next day's."""

    begin: int
    end: int


@dataclass(frozen=True)
class Schedule:
    """The hours of each day of the week, Monday first, and of dates that have hours of their own: local ones.
    Hours that pass midnight belong to the day on which they begin.
    """

    text: str
    zone: str
    week: tuple[tuple[Hours, ...], ...]
    dates: Mapping[date, tuple[Hours, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Edge:
    """A moment from which on servers are meant to run, or not to."""

    at: datetime
    is_on: bool


def parse_schedule(
    text: str, option: str, zone: str = "UTC", dates: Mapping[date, tuple[Hours, ...]] | None = None
) -> Schedule:
    """The schedule behind text such as `mon-fri 07:00-19:00; sat 08:00-12:00 Europe/Zurich`, `always` or
    `off`.

    zone: where the text names none. dates: hours in place of those of the week. Raises InvalidOption.
    """
    words = text.split()
    named = words[-1] if words and _is_zone(words[-1]) else None
    zone_named(named or zone, option)
    days: list[list[Hours]] = [[] for _day in _DAYS]
    for part in " ".join(words[:-1] if named else words).split(";"):
        for day, hours in _parsed(part.split(), text, option):
            days[day].append(hours)
    return Schedule(text.strip(), named or zone, tuple(map(tuple, days)), dates or {})


def parse_hours(text: str, option: str) -> tuple[Hours, ...]:
    """The hours of one date: `08:00-12:00`, several of them joined by `;`, `always` or `off`.

    Raises InvalidOption.
    """
    return tuple(hours for part in text.split(";") for hours in _hours(part.strip(), text, option))


def parse_date(text: str, option: str) -> date:
    """A date such as 2026-12-25. Raises InvalidOption."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidOption(option, f"'{text[:40]}' is not a date; write one such as 2026-12-25.") from error


def newest_edge(schedule: Schedule, moment: datetime) -> Edge:
    """The last edge at or before the moment; the one of EVER where there is none within 400 days."""
    for reach in (_NEAR, _FAR):
        passed = [edge for edge in _edges(schedule, moment - reach, moment) if edge.at <= moment]
        if passed:
            return passed[-1]
    return Edge(EVER, _is_on(schedule, moment))


def next_edge(schedule: Schedule, moment: datetime) -> Edge | None:
    """The first edge after the moment; None where there is none within 400 days."""
    for reach in (_NEAR, _FAR):
        following = [edge for edge in _edges(schedule, moment, moment + reach) if edge.at > moment]
        if following:
            return following[0]
    return None


def _edges(schedule: Schedule, begin: datetime, end: datetime) -> Iterator[Edge]:
    """Every edge in [begin, end], in order."""
    for window in _windows(schedule, begin, end):
        for edge in (Edge(window.begin, is_on=True), Edge(window.end, is_on=False)):
            if begin <= edge.at <= end:
                yield edge


def _is_on(schedule: Schedule, moment: datetime) -> bool:
    return any(window.contains(moment) for window in _windows(schedule, moment, moment))


def _windows(schedule: Schedule, begin: datetime, end: datetime) -> tuple[Window, ...]:
    """When servers are meant to run. Days around [begin, end] are taken in, so that no end of what is looked
    at stands for an edge.
    """
    zone = ZoneInfo(schedule.zone)
    first, last = begin.date() - timedelta(days=3), end.date() + timedelta(days=3)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return union(
        window
        for day in days
        for hours in schedule.dates.get(day, schedule.week[day.weekday()])
        for window in _window(day, hours, zone)
    )


def _window(day: date, hours: Hours, zone: ZoneInfo) -> Iterator[Window]:
    """The hours of that day; none where a change of the clock skips them."""
    begin = _at(day, hours.begin, zone)
    end = _at(day, hours.end if hours.end > hours.begin else hours.end + _DAY_MINUTES, zone)
    if begin < end:
        yield Window(begin, end)


def _at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    days, minutes = divmod(minutes, _DAY_MINUTES)
    return at_local(day + timedelta(days=days), time(*divmod(minutes, 60)), zone)


def _is_zone(word: str) -> bool:
    return "/" in word or (word.isupper() and ":" not in word)


def _parsed(words: list[str], text: str, option: str) -> Iterator[tuple[int, Hours]]:
    """The days of a part of a schedule, each with its hours."""
    if len(words) == 1:
        days, clock = list(range(len(_DAYS))), words[0]
    elif len(words) == 2:
        days, clock = _days(words[0], text, option), words[1]
    else:
        raise InvalidOption(option, f"'{text[:80]}' is not a schedule; {_EXAMPLE}.")
    for hours in _hours(clock, text, option):
        yield from ((day, hours) for day in days)


def _days(word: str, text: str, option: str) -> list[int]:
    """The days of `mon-fri`, `sat,sun` or `daily`; a range may pass Sunday."""
    if word.lower() == "daily":
        return list(range(len(_DAYS)))
    found: set[int] = set()
    for part in word.lower().split(","):
        first, dash, last = part.partition("-")
        if first not in _DAYS or (dash and last not in _DAYS):
            raise InvalidOption(
                option, f"'{part[:40]}' in '{text[:80]}' is not a day; write mon, mon-fri, sat,sun or daily."
            )
        begin = _DAYS.index(first)
        length = (_DAYS.index(last) - begin) % len(_DAYS) if dash else 0
        found |= {(begin + number) % len(_DAYS) for number in range(length + 1)}
    return sorted(found)


def _hours(clock: str, text: str, option: str) -> tuple[Hours, ...]:
    if clock.lower() == "off":
        return ()
    if clock.lower() == "always":
        return (Hours(0, _DAY_MINUTES),)
    begin, _dash, end = clock.partition("-")
    found = [_CLOCK.fullmatch(part) for part in (begin, end)]
    minutes = [int(one[1]) * 60 + int(one[2]) for one in found if one is not None]
    if len(minutes) < 2 or minutes[0] >= _DAY_MINUTES or minutes[1] > _DAY_MINUTES:
        raise InvalidOption(
            option, f"'{clock[:40]}' in '{text[:80]}' is no hours; write them such as 07:00-19:00."
        )
    if minutes[0] == minutes[1]:
        raise InvalidOption(
            option, f"'{clock[:40]}' in '{text[:80]}' ends when it begins; write always or off instead."
        )
    return (Hours(minutes[0], minutes[1]),)
