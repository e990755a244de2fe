# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In every zone there is: periods are what a calendar on the wall says, held against a slow
model of it (design/periods.md#kinds-of-period, design/periods.md#changes-of-the-clock).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ansible_collections.finops.cloud.plugins.module_utils._core.named_windows import named_window
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import (
    Calendar,
    Window,
    at_local,
    next_period,
    period_at,
)
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
#: No zone has changed its clocks twice within that.
_STEP = 6 * HOUR
#: Kept in sight of a year on both sides, so that the model finds the ends of any period.
FIRST, LAST = date(1971, 6, 1), date(2099, 6, 1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    found = moment.astimezone(zone).utcoffset()
    assert found is not None
    return found


def segments(
    begin: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """[begin, end) cut where the zone's offset changes, to the second."""
    start, at = begin, begin
    while at < end:
        following = min(at + _STEP, end)
        if offset(following, zone) != offset(at, zone):
            low, high = at, following
            while high - low > SECOND:
                middle = low + timedelta(seconds=(high - low) // SECOND // 2)
                low, high = (middle, high) if offset(middle, zone) == offset(at, zone) else (low, middle)
            yield start, high, offset(start, zone)
            start = high
        at = following
    yield start, end, offset(start, zone)


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """The first moment at which a wall clock shows that day's midnight or anything later: what
    design/periods.md#changes-of-the-clock says in one sentence.
    """
    midnight = datetime.combine(day, time(), UTC)
    for begin, end, ahead in segments(midnight - 2 * DAY, midnight + 2 * DAY, zone):
        found = max(begin, midnight - ahead)
        if found < end:
            return found
    raise AssertionError(f"{day} never comes in {zone}")


def begins(calendar: Calendar, day: date) -> bool:
    """Whether a period begins on that local date."""
    clamped = min(calendar.anchor_day, monthrange(day.year, day.month)[1])
    return {
        "daily": True,
        "weekly": day.weekday() == calendar.first_day,
        "monthly": day.day == clamped,
        "yearly": day.month == calendar.anchor_month and day.day == clamped,
    }[calendar.kind]


def model(calendar: Calendar, moment: datetime) -> Window:
    """The period that holds the moment, by walking the days on both sides of it."""
    zone = ZoneInfo(calendar.zone)
    today = moment.date()
    before = (today - DAY * back for back in range(-3, 370))
    after = (today + DAY * ahead for ahead in range(-3, 370))
    begin = next(
        at for at in (first_instant(day, zone) for day in before if begins(calendar, day)) if at <= moment
    )
    end = next(
        at for at in (first_instant(day, zone) for day in after if begins(calendar, day)) if at > moment
    )
    return Window(begin, end)


calendars = st.builds(
    Calendar,
    kind=st.sampled_from(["daily", "weekly", "monthly", "yearly"]),
    zone=st.timezone_keys(allow_prefix=False),
    first_day=st.integers(0, 6),
    anchor_day=st.integers(1, 31) | st.integers(28, 31),
    anchor_month=st.integers(1, 12),
)


@st.composite
def moments(draw: st.DrawFn, zone: ZoneInfo) -> datetime:
    """Any moment, more often one close to a midnight or to a change of the zone's clocks."""
    day = draw(st.dates(FIRST, LAST))
    midnight = datetime.combine(day, time(), UTC)
    edges = [
        midnight,
        first_instant(day, zone),
        *(end for _b, end, _o in segments(midnight, midnight + 190 * DAY, zone)),
    ]
    near = draw(st.sampled_from(edges)) + draw(st.sampled_from([-SECOND, 0 * SECOND, SECOND]))
    anywhere = midnight + SECOND * draw(st.integers(0, 86_399))
    return draw(st.sampled_from([near, anywhere]))


@settings(max_examples=200)
@given(st.data(), calendars)
def test_a_period_is_what_the_calendar_on_the_wall_says(data: st.DataObject, calendar: Calendar) -> None:
    moment = data.draw(moments(ZoneInfo(calendar.zone)))
    assert period_at(calendar, moment) == model(calendar, moment)


@given(st.integers(0, 4 * 3600))
def test_the_hour_that_comes_twice_over_midnight_belongs_to_the_day_that_had_begun(second: int) -> None:
    # St. John's, 2 November 2008: at 00:01 the clocks went back to 23:01 of the 1st.
    moment = utc("2008-11-02T01:00:00") + SECOND * second
    calendar = Calendar("daily", "America/St_Johns")
    begins_at = utc("2008-11-02T02:30:00")
    window = period_at(calendar, moment)
    assert window == model(calendar, moment)
    assert window is not None and (window.begin == begins_at) == (moment >= begins_at)


@settings(max_examples=200)
@given(st.data(), calendars)
def test_every_moment_lies_in_exactly_one_period(data: st.DataObject, calendar: Calendar) -> None:
    """Walking on from period to period, each begins where the one before ended, and each moment inside finds
    its own.
    """
    window = period_at(calendar, data.draw(moments(ZoneInfo(calendar.zone))))
    for _step in range(14):
        assert window is not None and window.begin < window.end
        inside = window.begin + SECOND * data.draw(st.integers(0, int(window.length / SECOND) - 1))
        assert {period_at(calendar, at) for at in (window.begin, inside, window.end - SECOND)} == {window}
        following = next_period(calendar, window)
        assert following is not None and following.begin == window.end
        window = following


# 00:01 back to 23:01: the midnight of 2 November 2008 came twice in St. John's. A day that Apia left out. A
# midnight that clocks skip in Cairo, that comes twice in Havana. Lord Howe moves by half an hour.
@example(date(2008, 11, 2), "America/St_Johns")
@example(date(2011, 12, 30), "Pacific/Apia")
@example(date(2026, 4, 24), "Africa/Cairo")
@example(date(2026, 11, 1), "America/Havana")
@example(date(2026, 4, 5), "Australia/Lord_Howe")
@given(st.dates(FIRST, LAST), st.timezone_keys(allow_prefix=False))
def test_a_day_begins_at_its_first_instant(day: date, name: str) -> None:
    zone = ZoneInfo(name)
    assert at_local(day, time(), zone) == first_instant(day, zone)


@given(st.dates(FIRST, LAST), st.integers(0, 86_399))
def test_hours_are_those_of_utc(day: date, second: int) -> None:
    moment = datetime.combine(day, time(), UTC) + SECOND * second
    calendar = Calendar("hourly", "Asia/Kathmandu")
    window = period_at(calendar, moment)
    assert window is not None and window.contains(moment) and window.length == HOUR
    assert window.begin == moment.replace(minute=0, second=0)
    following = next_period(calendar, window)
    assert following is not None and following.begin == window.end


@given(st.integers(0, 4_000_000_000), st.integers(1, 100_000_000), st.integers(-100_000_000, 200_000_000))
def test_a_custom_period_holds_its_moments_and_no_others(begin: int, length: int, after: int) -> None:
    window = Window(datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(begin + length, UTC))
    calendar = Calendar("custom", begin=window.begin, end=window.end)
    moment = window.begin + SECOND * after
    assert period_at(calendar, moment) == (window if 0 <= after < length else None)
    assert next_period(calendar, window) is None


@given(st.integers(1971, 2098), st.sampled_from([29, 30, 31]))
def test_a_year_of_months_with_a_late_anchor_has_twelve_that_tile_it(year: int, anchor: int) -> None:
    calendar = Calendar("monthly", "Europe/Zurich", anchor_day=anchor)
    window = period_at(calendar, utc(f"{year}-01-31T12:00:00"))
    begins_on = []
    for _month in range(12):
        assert window is not None
        begins_on.append(window.begin.astimezone(ZoneInfo("Europe/Zurich")).day)
        window = next_period(calendar, window)
    lengths = [monthrange(year, month)[1] for month in range(1, 13)]
    assert begins_on == [min(anchor, length) for length in lengths]


@given(st.data(), st.timezone_keys(allow_prefix=False))
def test_named_windows_touch(data: st.DataObject, name: str) -> None:
    zone = ZoneInfo(name)
    now = data.draw(moments(zone))
    today, yesterday, month, before, thirty = (
        named_window(window, zone, now)
        for window in ("today", "yesterday", "current_month", "previous_month", "last_30_days")
    )
    # Where clocks go back over midnight, the hour that comes twice belongs to the day that had begun.
    assume(today.contains(now))
    assert (yesterday.end, before.end, thirty.end) == (today.begin, month.begin, today.end)
    assert month.contains(now) and thirty.contains(now)
    assert period_at(Calendar("daily", name), now) == today
    assert period_at(Calendar("monthly", name), now) == month
