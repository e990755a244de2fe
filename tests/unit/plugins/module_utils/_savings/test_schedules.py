# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Edges of schedules in any zone, against a clock on the wall that is read minute by minute
(design/office-hours.md#schedules).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._savings.schedules import (
    EVER,
    Edge,
    Schedule,
    newest_edge,
    next_edge,
    parse_date,
    parse_hours,
    parse_schedule,
)
from hypothesis import given, settings
from hypothesis import strategies as st

#: With changes of the clock of an hour, of half of one and of two, at midnight too, with two rules a year,
#: and with none.
ZONES = (
    "Europe/Zurich", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Antarctica/Troll",
    "Africa/Casablanca", "Asia/Beirut", "Asia/Gaza", "America/Santiago", "America/Havana", "Pacific/Chatham",
    "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Kiritimati", "UTC",
)  # fmt: skip
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORK = "mon-fri 07:00-19:00 Europe/Zurich"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@lru_cache
def changes(zone: str) -> tuple[date, ...]:
    """The days of 2025 to 2028 on which the zone changes its clock."""
    days = [datetime(2025, 1, 1, 12, tzinfo=UTC) + number * DAY for number in range(4 * 365)]
    offsets = [(day, day.astimezone(ZoneInfo(zone)).utcoffset()) for day in days]
    return tuple(day.date() for (_day, before), (day, after) in pairwise(offsets) if before != after)


def walked(schedule: Schedule, begin: datetime, minutes: int) -> list[Edge]:
    """The edges in [begin, begin + minutes), as somebody sees them who looks at the clock on the wall every
    minute, and takes it that hours begin or end when it shows their time, or a later one, for the first time.
    """
    zone = ZoneInfo(schedule.zone)
    early = begin - 3 * DAY
    moments = [early + number * MINUTE for number in range(3 * 1440 + minutes)]
    walls = [moment.astimezone(zone).replace(tzinfo=None) for moment in moments]

    def first(wall: datetime) -> int:
        return next((number for number, seen in enumerate(walls) if seen >= wall), len(walls))

    running = [0] * (len(walls) + 1)
    for number in range(walls[0].toordinal() + 1, walls[-1].toordinal() + 1):
        day = date.fromordinal(number)
        for hours in schedule.dates.get(day, schedule.week[day.weekday()]):
            midnight = datetime.combine(day, time())
            last = hours.end if hours.end > hours.begin else hours.end + 1440
            on, off = (first(midnight + at * MINUTE) for at in (hours.begin, last))
            if on < off:
                running[on] += 1
                running[off] -= 1
    states, count = [], 0
    for change in running[:-1]:
        count += change
        states.append(count > 0)
    return [
        Edge(moment, is_on)
        for moment, was_on, is_on in zip(moments[1:], states, states[1:], strict=False)
        if was_on != is_on and moment >= begin
    ]


CLOCKS = st.builds(
    lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.sampled_from((0, 15, 59))
)
HOURS = st.one_of(
    st.tuples(CLOCKS, st.one_of(CLOCKS, st.just("24:00")))
    .filter(lambda pair: pair[0] != pair[1])
    .map("-".join),
    st.sampled_from(("01:30-02:30", "02:30-03:30", "22:00-02:30", "00:00-24:00", "00:00-00:15")),
)
PARTS = st.builds(
    lambda days, hours: f"{','.join(days)} {hours}",
    st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique=True),
    HOURS,
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Schedule, datetime]:
    """A schedule, and a moment that is a day or so before its zone changes its clock, or any."""
    zone = draw(st.sampled_from(ZONES))
    near = draw(st.sampled_from((*changes(zone), date(2026, 2, 11))))
    text = f"{'; '.join(draw(st.lists(PARTS, min_size=1, max_size=3)))} {zone}"
    own = draw(st.dictionaries(st.integers(-1, 3), st.one_of(HOURS, st.just("off")), max_size=2))
    dates = {near + number * DAY: parse_hours(hours, "hours") for number, hours in own.items()}
    begin = datetime.combine(near, time(), UTC) - DAY
    return parse_schedule(text, "schedule", dates=dates), begin


@pytest.mark.parametrize("examples", [12, pytest.param(400, marks=pytest.mark.heavy)])
def test_edges_are_those_of_the_clock_on_the_wall(examples: int) -> None:
    minutes = 4 * 1440

    @settings(max_examples=examples)
    @given(cases(), st.integers(0, minutes - 1))
    def holds(case: tuple[Schedule, datetime], later: int) -> None:
        schedule, begin = case
        expected = walked(schedule, begin, minutes)
        found, at = [], begin - MINUTE
        while (edge := next_edge(schedule, at)) is not None and edge.at < begin + minutes * MINUTE:
            found.append(edge)
            at = edge.at
        assert found == expected
        moment = begin + later * MINUTE
        if passed := [edge for edge in expected if edge.at <= moment]:
            assert newest_edge(schedule, moment) == passed[-1]
        else:
            assert newest_edge(schedule, moment).at < begin

    holds()


@pytest.mark.parametrize(
    ("off", "on", "hours"),
    [
        ("2026-10-23T17:00", "2026-10-26T06:00", 61),
        ("2027-03-26T18:00", "2027-03-29T05:00", 59),
        ("2026-11-27T18:00", "2026-11-30T06:00", 60),
    ],
)
def test_a_weekend_is_an_hour_longer_or_shorter_when_the_clock_changes(off: str, on: str, hours: int) -> None:
    schedule = parse_schedule(WORK, "schedule")
    assert newest_edge(schedule, utc(on) - MINUTE) == Edge(utc(off), is_on=False)
    assert next_edge(schedule, utc(off)) == Edge(utc(on), is_on=True)
    assert utc(on) - utc(off) == timedelta(hours=hours)


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin() -> None:
    schedule = parse_schedule("fri 22:00-06:00", "schedule")
    saturday = Edge(utc("2026-11-28T06:00"), is_on=False)
    assert newest_edge(schedule, utc("2026-11-28T12:00")) == saturday
    assert next_edge(schedule, saturday.at) == Edge(utc("2026-12-04T22:00"), is_on=True)


def test_hours_that_touch_are_one() -> None:
    schedule = parse_schedule("mon 08:00-24:00; tue 00:00-10:00", "schedule")
    on = Edge(utc("2026-11-30T08:00"), is_on=True)
    assert next_edge(schedule, utc("2026-11-29T00:00")) == on
    assert next_edge(schedule, on.at) == Edge(utc("2026-12-01T10:00"), is_on=False)


@pytest.mark.parametrize(("text", "is_on"), [("always", True), ("off", False), ("daily 00:00-24:00", True)])
def test_what_never_changes_has_the_edge_of_ever(text: str, is_on: bool) -> None:
    schedule = parse_schedule(text, "schedule")
    assert newest_edge(schedule, utc("2026-11-30T08:00")) == Edge(EVER, is_on)
    assert next_edge(schedule, utc("2026-11-30T08:00")) is None


def test_dates_have_hours_of_their_own() -> None:
    """Christmas is off, the day before ends at noon, and a Saturday is worked."""
    dates = {
        date(2026, 12, 24): parse_hours("07:00-12:00", "exceptions"),
        date(2026, 12, 25): parse_hours("off", "exceptions"),
        date(2026, 12, 26): parse_hours("09:00-10:00; 11:00-12:00", "exceptions"),
    }
    schedule = parse_schedule(WORK, "schedule", dates=dates)
    found, at = [], utc("2026-12-24T00:00")
    while (edge := next_edge(schedule, at)) is not None and len(found) < 7:
        found.append(edge.at)
        at = edge.at
    assert found == [
        utc(f"2026-12-{text}")
        for text in ("24T06:00", "24T11:00", "26T08:00", "26T09:00", "26T10:00", "26T11:00", "28T06:00")
    ]


def test_an_edge_is_found_behind_long_holidays() -> None:
    first = date(2026, 12, 1)
    schedule = parse_schedule(WORK, "schedule", dates={first + number * DAY: () for number in range(60)})
    assert newest_edge(schedule, utc("2027-01-20T12:00")) == Edge(utc("2026-11-30T18:00"), is_on=False)
    assert next_edge(schedule, utc("2026-12-01T12:00")) == Edge(utc("2027-02-01T06:00"), is_on=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a schedule"),
        ("mon-fri", "is no hours"),
        ("mon-fri 7-19", "is no hours"),
        ("mon-fri 07:00-25:00", "is no hours"),
        ("mon-fri 24:00-07:00", "is no hours"),
        ("mon-fri 07:00-24:30", "is no hours"),
        ("mon-fri 07:00-07:00", "ends when it begins"),
        ("mon-fr 07:00-19:00", "'mon-fr' in .* is not a day"),
        ("mo 07:00-19:00", "is not a day"),
        ("mon 07:00-19:00;", "is not a schedule"),
        ("mon 07:00-19:00 Europe/Zuerich", "'Europe/Zuerich' is not an IANA time zone"),
        ("mon 07:00-19:00 tue 07:00-19:00", "is not a schedule"),
    ],
)
def test_what_is_no_schedule_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(InvalidOption, match=f"^schedule: .*{said}"):
        parse_schedule(text, "schedule")


def test_what_is_no_date_or_zone_is_one_sentence() -> None:
    with pytest.raises(InvalidOption, match=r"^holidays\[0\]: '25.12.2026' is not a date"):
        parse_date("25.12.2026", "holidays[0]")
    with pytest.raises(InvalidOption, match="^timezone: 'Mars' is not an IANA time zone"):
        parse_schedule("off", "timezone", "Mars")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("fri-mon 01:00-02:00", "fri sat sun mon"),
        ("SAT,sun 01:00-02:00", "sat sun"),
        ("01:00-02:00", " ".join(DAYS)),
    ],
)
def test_days_are_named_singly_or_as_a_range(text: str, days: str) -> None:
    week = parse_schedule(text, "schedule").week
    assert {DAYS[number] for number, hours in enumerate(week) if hours} == set(days.split())
