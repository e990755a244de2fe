# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows are half-open, lie in named zones, and tile the time line (design/periods.md,
design/reading-a-cloud.md#windows-sent-to-the-cloud).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.named_windows import (
    NAMED_WINDOWS,
    asked_window,
    named_window,
    previous_part,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import (
    Calendar,
    Window,
    at_local,
    next_period,
    parse_duration,
    parse_moment,
    period_at,
    rounded_up,
    zone_named,
)
from hypothesis import given
from hypothesis import strategies as st

ZONES = (
    "UTC",
    "Europe/Zurich",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Apia",
    "America/Santiago",
    "Africa/Cairo",
    "Australia/Lord_Howe",
)
moments = st.integers(1_104_537_600, 2_051_222_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
calendars = st.builds(
    Calendar,
    kind=st.sampled_from(["hourly", "daily", "weekly", "monthly", "yearly"]),
    zone=st.sampled_from(ZONES),
    first_day=st.integers(0, 6),
    anchor_day=st.integers(1, 31),
    anchor_month=st.integers(1, 12),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(calendars, moments)
def test_periods_tile_the_time_line(calendar: Calendar, moment: datetime) -> None:
    window = period_at(calendar, moment)
    assert window is not None and window.contains(moment)
    assert period_at(calendar, window.begin) == window
    assert period_at(calendar, window.end - timedelta(seconds=1)) == window
    following = next_period(calendar, window)
    assert following is not None and following.begin == window.end and following.end > window.end


@pytest.mark.parametrize(
    ("begin", "days", "hours"),
    [("2026-03-29T12:00:00", 7, -1), ("2026-10-25T12:00:00", 7, 1), ("2026-06-10T12:00:00", 7, 0)],
)
def test_a_week_with_a_change_of_clocks_is_an_hour_shorter_or_longer(
    begin: str, days: int, hours: int
) -> None:
    window = period_at(Calendar("weekly", "Europe/Zurich"), utc(begin))
    assert window is not None and window.length == timedelta(days=days, hours=hours)


def test_a_midnight_that_the_clocks_skip_is_the_first_instant_after_the_gap() -> None:
    # Africa/Cairo, 24 April 2026: 00:00 becomes 01:00, which is 23 April 22:00 UTC.
    assert at_local(date(2026, 4, 24), time(), ZoneInfo("Africa/Cairo")) == utc("2026-04-23T22:00:00")


def test_a_time_inside_the_gap_is_the_first_instant_after_it() -> None:
    # Europe/Zurich, 29 March 2026: 02:00 becomes 03:00, which is 01:00 UTC.
    for clock in ("02:00", "02:30", "02:59:59"):
        moment = parse_moment(f"2026-03-29T{clock}", ZoneInfo("Europe/Zurich"), "begin")
        assert moment == utc("2026-03-29T01:00:00")


def test_a_day_that_a_zone_skipped_begins_with_the_next() -> None:
    # Pacific/Apia had no 30 December 2011: it went from UTC-10 to UTC+14 at the end of the 29th.
    assert at_local(date(2011, 12, 30), time(), ZoneInfo("Pacific/Apia")) == utc("2011-12-30T10:00:00")
    assert at_local(date(2011, 12, 31), time(), ZoneInfo("Pacific/Apia")) == utc("2011-12-30T10:00:00")


def test_a_midnight_that_comes_twice_is_the_first() -> None:
    # America/Havana, 1 November 2026: at 01:00 the clocks go back to 00:00; the first midnight is 04:00 UTC.
    assert at_local(date(2026, 11, 1), time(), ZoneInfo("America/Havana")) == utc("2026-11-01T04:00:00")


@pytest.mark.parametrize(
    ("anchor", "moment", "begin", "end"),
    [
        (31, "2026-02-28T12:00:00", "2026-02-28", "2026-03-31"),
        (31, "2026-02-27T12:00:00", "2026-01-31", "2026-02-28"),
        (30, "2024-02-29T12:00:00", "2024-02-29", "2024-03-30"),
        (15, "2026-11-14T23:59:59", "2026-10-15", "2026-11-15"),
    ],
)
def test_an_anchor_day_is_clamped_to_short_months(anchor: int, moment: str, begin: str, end: str) -> None:
    assert period_at(Calendar("monthly", anchor_day=anchor), utc(moment)) == Window(utc(begin), utc(end))


def test_a_year_may_begin_on_the_29th_of_february() -> None:
    calendar = Calendar("yearly", anchor_day=29, anchor_month=2)
    assert period_at(calendar, utc("2026-06-01")) == Window(utc("2026-02-28"), utc("2027-02-28"))


def test_outside_a_custom_period_there_is_none() -> None:
    calendar = Calendar("custom", begin=utc("2026-11-01"), end=utc("2026-11-10"))
    assert period_at(calendar, utc("2026-11-10")) is None
    assert period_at(calendar, utc("2026-11-09T23:59:59")) == Window(utc("2026-11-01"), utc("2026-11-10"))


def test_the_rule_s_example_of_a_half_hour_zone() -> None:
    zone = ZoneInfo("Asia/Kolkata")
    day = asked_window("today", "2026-10-31", "2026-11-01", zone, utc("2026-11-21"))
    assert day == Window(utc("2026-10-30T18:30:00"), utc("2026-10-31T18:30:00"))
    assert rounded_up(day, 3600) == Window(utc("2026-10-30T19:00:00"), utc("2026-10-31T19:00:00"))


@given(
    st.lists(moments, min_size=2, max_size=2, unique=True), moments, st.sampled_from([300, 900, 3600, 86400])
)
def test_rounding_up_keeps_neighbours_apart_and_together(
    ends: list[datetime], cut: datetime, period: int
) -> None:
    begin, end = sorted(ends)
    if not begin <= cut <= end:
        return
    left, right, whole = (
        rounded_up(Window(*pair), period) for pair in ((begin, cut), (cut, end), (begin, end))
    )
    assert (left.begin, left.end, right.end) == (whole.begin, right.begin, whole.end)


def test_named_windows_are_local() -> None:
    zone = ZoneInfo("Europe/Zurich")
    now = utc("2026-11-30T23:30:00")
    assert named_window("today", zone, now) == Window(utc("2026-11-30T23:00:00"), utc("2026-12-01T23:00:00"))
    assert named_window("current_month", zone, now).begin == utc("2026-11-30T23:00:00")
    assert named_window("previous_month", zone, now) == Window(
        utc("2026-10-31T23:00:00"), utc("2026-11-30T23:00:00")
    )
    assert named_window("last_30_days", zone, now).end == utc("2026-12-01T23:00:00")
    # From Monday to Monday. It is Tuesday in Zurich; the clocks went back at the end of the other week.
    assert named_window("previous_week", zone, now) == Window(
        utc("2026-11-22T23:00:00"), utc("2026-11-29T23:00:00")
    )
    assert named_window("previous_week", zone, utc("2026-10-26T12:00:00")) == Window(
        utc("2026-10-18T22:00:00"), utc("2026-10-25T23:00:00")
    )


@pytest.mark.parametrize(
    ("named", "part", "before"),
    [
        # 1 to 21 November with 1 to 21 October, at the same wall clock although the offset has changed.
        ("current_month", ("2026-10-31T23:00", "2026-11-21T08:00"), ("2026-09-30T22:00", "2026-10-21T07:00")),
        # 1 to 31 March 10:00 with all of February, the 29th to the 31st being no days of it.
        ("current_month", ("2026-02-28T23:00", "2026-03-31T08:00"), ("2026-01-31T23:00", "2026-02-28T23:00")),
        ("current_month", ("2028-02-29T23:00", "2028-03-29T08:00"), ("2028-01-31T23:00", "2028-02-29T09:00")),
        # A whole month with the whole one before, over the turn of a year too.
        (
            "previous_month",
            ("2026-09-30T22:00", "2026-10-31T23:00"),
            ("2026-08-31T22:00", "2026-09-30T22:00"),
        ),
        ("current_month", ("2025-12-31T23:00", "2026-01-31T23:00"), ("2025-11-30T23:00", "2025-12-31T23:00")),
        # 25 October has 25 hours; the day before it has 24, and is compared whole.
        ("yesterday", ("2026-10-24T22:00", "2026-10-25T23:00"), ("2026-10-23T22:00", "2026-10-24T22:00")),
        # The week has 169 hours, the one before 168.
        ("previous_week", ("2026-10-18T22:00", "2026-10-25T23:00"), ("2026-10-11T22:00", "2026-10-18T22:00")),
        ("today", ("2026-11-20T23:00", "2026-11-21T08:00"), ("2026-11-19T23:00", "2026-11-20T08:00")),
        ("last_30_days", ("2026-10-22T22:00", "2026-11-21T08:00"), ("2026-09-22T22:00", "2026-10-22T07:00")),
        # Ten hours have elapsed of ten days: the ten days before, as far.
        (None, ("2026-11-11T00:00", "2026-11-11T10:00"), ("2026-11-01T00:00", "2026-11-01T10:00")),
        # Nothing has elapsed.
        ("today", ("2026-11-20T23:00", "2026-11-20T23:00"), ("2026-11-19T23:00", "2026-11-19T23:00")),
    ],
)
def test_the_same_elapsed_part_of_the_period_before(
    named: str | None, part: tuple[str, str], before: tuple[str, str]
) -> None:
    zone = ZoneInfo("Europe/Zurich")
    elapsed, expected = (Window(*(utc(f"{text}:00") for text in pair)) for pair in (part, before))
    assert previous_part(named, elapsed, timedelta(days=10), zone) == expected


@given(moments, st.sampled_from(ZONES), st.sampled_from(NAMED_WINDOWS), st.integers(0, 100))
def test_the_part_before_lies_before(now: datetime, zone_name: str, named: str, percent: int) -> None:
    zone = ZoneInfo(zone_name)
    window = named_window(named, zone, now)
    part = Window(window.begin, (window.begin + window.length * percent / 100).replace(microsecond=0))
    before = previous_part(named, part, window.length, zone)
    assert before.begin <= before.end <= window.begin
    assert before.begin == before.end or part.begin < part.end
    # A whole window is compared with the whole one before: nothing lies between the two.
    assert percent < 100 or before.end == window.begin


def test_a_window_ends_after_it_begins() -> None:
    with pytest.raises(InvalidOption, match="^end: "):
        asked_window("today", "2026-11-02", "2026-11-01", ZoneInfo("UTC"), utc("2026-11-21"))


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "01.11.2026", "2026-11-31T00:00:00", ""])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidOption, match="^begin: .*ISO 8601"):
        parse_moment(text, ZoneInfo("UTC"), "begin")


@pytest.mark.parametrize("name", ["Europe/Bern", "CET+1", "../etc/passwd", ""])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidOption, match="^timezone: .*Europe/Zurich"):
        zone_named(name, "timezone")


def test_lengths_of_time() -> None:
    assert parse_duration("90m", "max_staleness") == timedelta(minutes=90)
    assert parse_duration("2d", "max_staleness") == timedelta(days=2)
    for text in ("0h", "6", "-1h", "1.5h", "6 h", "1w"):
        with pytest.raises(InvalidOption, match="^max_staleness: "):
            parse_duration(text, "max_staleness")
