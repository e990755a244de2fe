# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows as sets: every answer is the one that sets of whole seconds give."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core import spans
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from hypothesis import given
from hypothesis import strategies as st

LAST_S = 40
MOMENTS = st.integers(0, LAST_S)


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def window(begin: int, end: int) -> Window:
    return Window(at(begin), at(end))


def seconds(*windows: Window) -> set[int]:
    """The seconds that are in any of the windows."""
    return {
        second for one in windows for second in range(int(one.begin.timestamp()), int(one.end.timestamp()))
    }


WINDOWS = st.tuples(MOMENTS, MOMENTS).map(lambda pair: window(min(pair), max(pair)))
LISTS = st.lists(WINDOWS, max_size=8)


def assert_canonical(windows: tuple[Window, ...]) -> None:
    """In order, none empty, and no two that touch."""
    assert all(one.begin < one.end for one in windows)
    assert all(one.end < other.begin for one, other in pairwise(windows))


@given(LISTS)
def test_a_union_holds_what_any_window_holds_in_as_few_windows_as_possible(windows: list[Window]) -> None:
    found = spans.union(windows)
    assert seconds(*found) == seconds(*windows)
    assert_canonical(found)


@given(WINDOWS, LISTS)
def test_what_is_subtracted_is_gone_and_nothing_else(whole: Window, taken: list[Window]) -> None:
    found = tuple(spans.subtract(whole, taken))
    assert seconds(*found) == seconds(whole) - seconds(*taken)
    assert_canonical(found)


@given(WINDOWS, LISTS)
def test_the_first_hole_begins_at_the_first_second_that_is_not_known(
    whole: Window, known: list[Window]
) -> None:
    unknown = seconds(whole) - seconds(*known)
    hole = spans.first_hole(whole, known)
    if not unknown:
        assert hole is None
        return
    assert hole is not None
    first = min(unknown)
    ends = next(second for second in range(first, LAST_S + 1) if second not in unknown)
    assert hole == window(first, ends)


@given(WINDOWS, WINDOWS)
def test_an_overlap_holds_what_both_hold(one: Window, other: Window) -> None:
    both = seconds(one) & seconds(other)
    assert seconds(spans.overlap(one, other)) == both
    assert spans.overlaps(one, other) is bool(both)


@given(WINDOWS, WINDOWS)
def test_a_window_covers_another_if_no_second_of_it_is_outside(one: Window, other: Window) -> None:
    if seconds(other):
        assert spans.covers(one, other) is (seconds(other) <= seconds(one))
    assert spans.covers(one, one)


@given(st.lists(WINDOWS, min_size=1, max_size=8))
def test_a_hull_reaches_from_the_first_begin_to_the_last_end(windows: list[Window]) -> None:
    hull = spans.hull(windows)
    assert all(spans.covers(hull, one) for one in windows)
    assert hull.begin in {one.begin for one in windows}
    assert hull.end in {one.end for one in windows}


def test_nothing_has_no_hull() -> None:
    with pytest.raises(ValueError, match="empty"):
        spans.hull([])


@given(MOMENTS, MOMENTS)
def test_a_window_that_would_end_before_it_begins_is_empty(begin: int, end: int) -> None:
    found = spans.from_to(at(begin), at(end))
    assert found.begin == at(begin)
    assert seconds(found) == set(range(begin, end))


@given(WINDOWS, st.integers(1, 12))
def test_steps_tile_a_window_from_its_begin(whole: Window, length_s: int) -> None:
    parts = list(spans.steps(whole, timedelta(seconds=length_s)))
    assert [second for part in parts for second in sorted(seconds(part))] == sorted(seconds(whole))
    assert all(len(seconds(part)) == length_s for part in parts[:-1])
    assert all(0 < len(seconds(part)) <= length_s for part in parts)


@given(WINDOWS, st.lists(MOMENTS, max_size=6))
def test_a_window_is_cut_at_every_moment_inside_it(whole: Window, moments: list[int]) -> None:
    parts = spans.cut(whole, map(at, moments))
    assert [second for part in parts for second in sorted(seconds(part))] == sorted(seconds(whole))
    inside = {at(moment) for moment in moments if whole.begin < at(moment) < whole.end}
    assert {part.begin for part in parts} == inside | {whole.begin}


@given(MOMENTS, st.integers(0, 999_999), st.integers(1, 12))
def test_a_bucket_holds_its_moment_and_begins_at_a_multiple_of_its_length(
    second: int, microseconds: int, length_s: int
) -> None:
    moment = at(second) + timedelta(microseconds=microseconds)
    found = spans.bucket(moment, length_s)
    assert found.contains(moment)
    assert found.length == timedelta(seconds=length_s)
    assert found.begin.timestamp() % length_s == 0


@given(WINDOWS, st.integers(1, 12))
def test_a_window_is_cut_at_the_edges_of_buckets_only(whole: Window, length_s: int) -> None:
    parts = list(spans.in_buckets(whole, length_s))
    assert [second for _begin, part in parts for second in sorted(seconds(part))] == sorted(seconds(whole))
    for begin, part in parts:
        assert seconds(part)
        assert spans.covers(Window(begin, begin + timedelta(seconds=length_s)), part)
    begins = [begin for begin, _part in parts]
    assert begins == sorted(set(begins))
    assert all(begin.timestamp() % length_s == 0 for begin in begins)


@given(st.lists(MOMENTS, max_size=12), st.integers(1, 12))
def test_periods_that_touch_are_one_window(begins: list[int], length_s: int) -> None:
    found = spans.of_periods(map(at, begins), length_s)
    assert seconds(*found) == {begin + more for begin in begins for more in range(length_s)}
    assert_canonical(found)


def test_a_window_that_is_empty_takes_nothing_and_leaves_nothing() -> None:
    empty, whole = window(5, 5), window(0, 10)
    assert spans.union([empty]) == ()
    assert list(spans.subtract(whole, [empty])) == [whole]
    assert list(spans.subtract(empty, [])) == []
    assert spans.first_hole(empty, []) is None
    assert not spans.overlaps(empty, whole)
