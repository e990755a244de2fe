# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a day is expected to cost, and which days are too much
(design/savings.md#what-a-day-is-expected-to-cost).
"""

from __future__ import annotations

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._savings.expectation import (
    HISTORY_DAYS,
    AnomalyRule,
    judged_days,
)

from .labelled_days import HISTORY, KINDS, QUARTER, labelled, scored

RULE = AnomalyRule(score=3.5, part=0.15, amount=1.0)
WEEK = [240.0] * 5 + [72.0] * 2


def flagged(values: list[float | None]) -> list[int]:
    return [day for day, one in enumerate(judged_days(values, RULE)) if one.flagged]


def test_a_wednesday_is_held_to_wednesdays() -> None:
    values: list[float | None] = [*WEEK * 9, 240.0, 240.0, 330.0, 240.0]
    judged = judged_days(values, RULE)
    # By hand: days that do not scatter are taken to by 3 % of 240, which is 7.2; 90 are 12.5 times that.
    assert (judged[65].expected, round(judged[65].score or 0, 9)) == (240.0, 12.5)
    assert flagged(values) == [65]


def test_a_weekend_as_dear_as_a_weekday_is_too_much() -> None:
    assert flagged([*WEEK * 9, *[240.0] * 6]) == [68]


def test_little_money_is_no_anomaly() -> None:
    values = [one / 1000 for one in (*WEEK * 9, 480.0)]
    assert flagged(list(values)) == []


def test_a_new_level_alarms_until_it_is_the_level() -> None:
    values = [*WEEK * 10, *[one * 1.6 for one in WEEK * 2]]
    assert flagged(list(values)) == [70, 71, 72, 73]


def test_a_day_of_credits_has_none_of_its_weekday_expected_below_zero() -> None:
    values: list[float | None] = [*[50.0] * 9, -60.0, *[50.0] * 20]
    judged = judged_days(values, RULE)
    assert [one.expected for one in judged if one.expected is not None and one.expected < 0] == []
    assert flagged(values) == []


def test_a_fall_and_what_is_unknown_are_no_alarm() -> None:
    assert flagged([*WEEK * 9, 10.0, None, 0.0, 240.0]) == []


def test_a_hole_of_a_week_does_not_hide_what_follows() -> None:
    values: list[float | None] = [*WEEK * 8, *[None] * 7, *WEEK, 480.0]
    assert flagged(values) == [70]


@pytest.mark.parametrize("begin", [0, 40])
def test_a_series_is_silent_until_it_is_known(begin: int) -> None:
    values: list[float | None] = [*[0.0] * begin, *WEEK * 2, 9999.0, *WEEK * 2]
    judged = judged_days(values, RULE)
    assert not judged[begin + 14].flagged and judged[begin + 14].state == "learning"
    assert [one.state for one in judged[:begin]] == ["unknown"] * begin


def test_what_is_made_of_a_day_does_not_hang_on_when_it_is_asked_for() -> None:
    values = list(labelled("rhythm", 1).values)
    for day in range(HISTORY_DAYS, len(values), 7):
        behind = judged_days(values[: day + 1], RULE)[day]
        later = judged_days(values[day - HISTORY_DAYS :], RULE)[HISTORY_DAYS]
        assert (behind.flagged, behind.expected) == (later.flagged, later.expected)


def test_planted_events_are_found_and_little_else() -> None:
    """Precision and recall on series that are labelled: of each kind the quarters of 12 series."""
    for kind in KINDS:
        found = events = false = 0
        for seed in range(12):
            made = labelled(kind, seed)
            right, planted, wrong = scored(made, set(flagged(list(made.values))))
            found, events, false = found + right, events + planted, false + wrong
        a_month = false / (12 * QUARTER / 30)
        assert found / events >= 0.95, (kind, found, events)
        assert a_month <= 1, (kind, a_month)
    assert HISTORY >= HISTORY_DAYS
