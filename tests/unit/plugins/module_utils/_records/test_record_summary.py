# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What records weigh, what they come to, and what is left out and counted
(design/records.md#unknown-and-unlimited).
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.usage_record import (
    Tier,
    UsageRecord,
    as_plain,
    from_plain,
)
from ansible_collections.finops.cloud.plugins.module_utils._records.summary import summary, weighted
from hypothesis import given
from hypothesis import strategies as st

FIRST = datetime(2026, 10, 1, tzinfo=UTC)
GIB = 1024**3


def at(hours: float, begin: float | None = None, end: float | None = None, **told: Any) -> UsageRecord:
    """A record of so many hours after the first of October, for the time between two such moments."""

    def moment(number: float | None) -> datetime | None:
        return None if number is None else FIRST + timedelta(hours=number)

    return UsageRecord(
        "vergeos", "h", int(hours * 4), moment(hours), begin=moment(begin), end=moment(end), **told
    )


def weights(*oldest_first: UsageRecord) -> list[int]:
    """What they weigh, in hours, the oldest first."""
    return [seconds // 3600 for _record, seconds in weighted(reversed(oldest_first))][::-1]


@pytest.mark.parametrize(
    ("records", "hours"),
    [
        ([at(1, 0, 1), at(3, 1, 3)], [1, 2]),
        # Without from and to: the time since the one before, and of the first until the next.
        ([at(0), at(2), at(5)], [2, 2, 3]),
        ([at(1, 0, 1), at(4), at(5, 4, 5)], [1, 3, 1]),
        ([at(4), at(5, 4, 5)], [1, 1]),
        # For no time: only a peak.
        ([at(0, 0, 0), at(2, 0, 2)], [0, 2]),
        ([at(1), at(1)], [0, 0]),
        # One end alone says nothing.
        ([at(1, begin=0), at(3, end=3)], [2, 2]),
    ],
)
def test_weights(records: list[UsageRecord], hours: list[int]) -> None:
    assert weights(*records) == hours


def test_alone_without_a_time_of_its_own_it_weighs_one_second() -> None:
    assert [seconds for _record, seconds in weighted([at(5)])] == [1]
    assert [seconds for _record, seconds in weighted([at(5, 4, 5)])] == [3600]
    assert list(weighted([])) == []


def test_averages_are_weighted_and_peaks_are_not() -> None:
    told = summary(
        [
            at(5, 5, 5, used_cores=60, total_cores=60),
            at(4, 1, 4, used_cores=10, total_cores=40),
            at(1, 0, 1, used_cores=30, total_cores=40),
        ]
    )
    assert told["cores"] == {
        "total": 60,
        "average_used": 15.0,
        "peak_used": 60,
        # 3 h of 25 % and 1 h of 75 %.
        "average_utilization_percent": 37.5,
        "peak_utilization_percent": 100.0,
        "without_used": 0,
        "without_total": 0,
    }
    assert (told["record_count"], told["weight_seconds"]) == (3, 4 * 3600)
    assert (told["oldest"], told["newest"]) == ("2026-10-01T01:00:00Z", "2026-10-01T05:00:00Z")


def test_what_is_not_known_is_left_out_and_counted() -> None:
    told = summary(
        [
            at(4, 3, 4, used_cores=None, total_cores=40, unknown=("used_cores",)),
            at(3, 2, 3, used_cores=20, total_cores=0),
            at(2, 1, 2, used_cores=40, total_cores=None),
            at(1, 0, 1, used_cores=30, total_cores=40),
        ]
    )
    cores = told["cores"]
    assert (cores["without_used"], cores["without_total"]) == (1, 2)
    assert (cores["average_used"], cores["average_utilization_percent"]) == (30.0, 75.0)
    assert told["incomplete_count"] == 1
    assert told["gpus"]["without_used"] == 4
    assert {told["gpus"][name] for name in ("total", "average_used", "peak_used")} == {None}


def test_zero_is_known() -> None:
    cores = summary([at(1, 0, 1, used_cores=0, total_cores=8)])["cores"]
    assert (cores["average_used"], cores["peak_used"], cores["average_utilization_percent"]) == (0.0, 0, 0.0)


def test_only_peaks_of_what_was_for_no_time() -> None:
    cores = summary([at(1, 1, 1, used_cores=4, total_cores=8)])["cores"]
    assert (cores["average_used"], cores["average_utilization_percent"]) == (None, None)
    assert (cores["peak_used"], cores["peak_utilization_percent"]) == (4, 50.0)


def test_of_nothing_it_says_so() -> None:
    told = summary([])
    assert (told["record_count"], told["weight_seconds"], told["newest"], told["tiers_gb"]) == (
        0,
        0,
        None,
        {},
    )
    assert told["cores"]["average_used"] is None and told["cores"]["without_used"] == 0


def test_a_tier_that_some_records_do_not_tell_of_is_not_empty_there() -> None:
    told = summary(
        [
            at(3, 2, 3, tiers=(Tier("fast", 4 * GIB, 8 * GIB),)),
            at(2, 1, 2, tiers=(Tier("fast", 2 * GIB, 8 * GIB), Tier("old", 6 * GIB, None))),
            at(1, 0, 1),
        ]
    )["tiers_gb"]
    assert (told["fast"]["average_used"], told["fast"]["without_used"], told["fast"]["total"]) == (
        3.0,
        1,
        8.0,
    )
    assert (told["old"]["average_used"], told["old"]["without_used"], told["old"]["total"]) == (6.0, 2, None)
    assert told["old"]["without_total"] == 1


NUMBERS = st.one_of(st.none(), st.integers(0, 10**6))


@st.composite
def windows(draw: st.DrawFn) -> list[UsageRecord]:
    """Records of one window, the newest first."""
    steps = draw(st.lists(st.integers(0, 50), min_size=1, max_size=12))
    found, hour = [], 0
    for step in steps:
        hour += step
        spans = draw(st.booleans())
        used, total = draw(NUMBERS), draw(NUMBERS)
        found.append(
            at(
                hour,
                hour - step if spans else None,
                hour if spans else None,
                used_cores=used,
                total_cores=total,
            )
        )
    return found[::-1]


@given(windows())
def test_against_the_same_reckoned_with_fractions(records: list[UsageRecord]) -> None:
    pairs = list(weighted(records))
    known = [(one.used_cores, weight) for one, weight in pairs if one.used_cores is not None]
    with_total = [
        (Fraction(100 * one.used_cores, one.total_cores), weight)
        for one, weight in pairs
        if one.used_cores is not None and one.total_cores
    ]

    def mean(rows: list[tuple[Any, int]]) -> float | None:
        whole = sum(weight for _value, weight in rows)
        return (
            None
            if whole == 0
            else pytest.approx(float(Fraction(sum(v * w for v, w in rows)) / whole), abs=1e-6)
        )

    told = summary(records)["cores"]
    assert told["average_used"] == mean(known)
    assert told["average_utilization_percent"] == mean(with_total)
    assert told["peak_used"] == max((used for used, _weight in known), default=None)
    assert told["without_used"] == len(records) - len(known)
    assert told["without_total"] == len(known) - len(with_total)


@given(st.lists(st.tuples(st.integers(1, 48), st.integers(0, 99)), min_size=1, max_size=8), st.data())
def test_splitting_the_time_of_a_record_changes_no_average(
    stretches: list[tuple[int, int]], data: st.DataObject
) -> None:
    whole, split, hour = [], [], 0
    for length, used in stretches:
        cut = data.draw(st.integers(0, length))
        whole.append(at(hour + length, hour, hour + length, used_cores=used, total_cores=100))
        split.append(at(hour + cut, hour, hour + cut, used_cores=used, total_cores=100))
        split.append(at(hour + length, hour + cut, hour + length, used_cores=used, total_cores=100))
        hour += length
    assert summary(whole[::-1])["cores"] == summary(split[::-1])["cores"]


def test_memory_does_not_grow_with_the_records() -> None:
    def records(count: int) -> Iterator[UsageRecord]:
        one = at(
            0, 0, 1, used_cores=7, total_cores=64, used_ram_mb=3, total_ram_mb=7, tiers=(Tier("1", 5, 9),)
        )
        return (replace(one, created=FIRST - timedelta(hours=number)) for number in range(count))

    def peak(count: int) -> int:
        tracemalloc.start()
        summary(records(count))
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(5000) < peak(50) + 20_000


@given(windows())
def test_a_record_is_kept_as_it_is(records: list[UsageRecord]) -> None:
    for record in records:
        whole = replace(
            record, tiers=(Tier("a", 1, None),), unlimited=("cores",), unknown=("tiers",), sent=FIRST
        )
        assert from_plain(as_plain(whole)) == whole
