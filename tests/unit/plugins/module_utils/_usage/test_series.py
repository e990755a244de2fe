# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of measures: nothing is made of a gap, and whatever way several are put together, none counts
twice.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._openstack.metric import MeasuredResource, Series
from ansible_collections.finops.cloud.plugins.module_utils._usage.series import (
    AGGREGATE,
    aggregated,
    cpu_utilization,
    gaps,
    resampled,
    summarized,
)
from hypothesis import given
from hypothesis import strategies as st

MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
GRANULE = 300
LATER = MIDNIGHT + timedelta(days=9)
SERVER = MeasuredResource("id", "id", "instance", None, None, {}, {})
VALUES = st.floats(min_value=-1e12, max_value=1e12)


def series(values: dict[int, float]) -> Series:
    """Values by the number of their granule."""
    return Series([at(number) for number in values], list(values.values()))


def at(number: int, seconds: int = GRANULE) -> datetime:
    return MIDNIGHT + timedelta(seconds=number * seconds)


def test_a_summary_by_hand() -> None:
    """Twenty-one values, 0 to 20: the 95th percentile lies at 19 twentieths of the way."""
    told = summarized(series({number: float(20 - number) for number in range(21)}))
    assert told is not None
    assert (told.min, told.mean, told.max, told.p95, told.last, told.last_at, told.count) == (
        0,
        10,
        20,
        19,
        0,
        at(20),
        21,
    )
    between = summarized(series({0: 1.0, 1: 3.0}))
    assert between is not None
    assert between.p95 == pytest.approx(2.9)


def test_nothing_comes_to_nothing_and_not_to_zero() -> None:
    assert summarized(Series()) is None
    one = summarized(series({3: 7.0}))
    assert one is not None
    assert (one.p95, one.count) == (7.0, 1)


@given(st.dictionaries(st.integers(0, 5000), VALUES, min_size=1), st.sampled_from([600, 3600, 86400]))
def test_coarser_measures_hold_what_the_fine_ones_did(values: dict[int, float], seconds: int) -> None:
    fine = series(dict(sorted(values.items())))
    coarse = {method: resampled(fine, method, seconds) for method in AGGREGATE}
    expected = {int(moment.timestamp()) // seconds * seconds for moment in fine.moments}
    for one in coarse.values():
        assert [int(moment.timestamp()) for moment in one.moments] == sorted(expected)
    assert math.fsum(coarse["sum"].values) == pytest.approx(math.fsum(fine.values), abs=1e-2)
    assert (min(coarse["min"].values), max(coarse["max"].values)) == (min(fine.values), max(fine.values))
    assert (coarse["first"].values[0], coarse["last"].values[-1]) == (fine.values[0], fine.values[-1])
    assert resampled(fine, "rate:max", seconds) == coarse["max"]


def test_a_day_without_a_measure_is_no_day_of_zero() -> None:
    told = resampled(series({0: 1.0, 1: 2.0, 2 * 288: 5.0}), "mean", 86400)
    assert (told.moments, told.values) == ([at(0), at(2 * 288)], [1.5, 5.0])


def test_gaps_are_what_is_over_and_was_there_and_has_no_measure() -> None:
    window = Window(at(0), at(10))
    told = series({0: 1.0, 4: 1.0})
    assert gaps(told, window, GRANULE, None, LATER) == {at(n) for n in (1, 2, 3, 5, 6, 7, 8, 9)}
    # The granule that runs is not over, and the one in which the server came was not wholly there.
    assert gaps(told, window, GRANULE, None, at(3) - timedelta(seconds=1)) == {at(1)}
    came = replace(SERVER, started_at=at(2) + timedelta(seconds=1), ended_at=at(7) - timedelta(seconds=1))
    assert gaps(told, window, GRANULE, came, LATER) == {at(3), at(5)}


@given(st.lists(st.sets(st.integers(0, 30)), min_size=1, max_size=5))
def test_together_every_measure_counts_once_and_a_sum_with_a_gap_is_unknown(present: list[set[int]]) -> None:
    window = Window(at(0), at(31))
    some = [series(dict.fromkeys(sorted(one), 1.0)) for one in present]
    pairs = [(one, gaps(one, window, GRANULE, None, LATER)) for one in some]
    rows = {row.moment: row for row in aggregated(pairs, "sum")}
    assert set(rows) == {at(number) for one in present for number in one}
    for number in range(31):
        there = sum(number in one for one in present)
        if there:
            row = rows[at(number)]
            assert (row.count, row.missing) == (there, len(present) - there)
            assert row.value == (there if there == len(present) else None)
    assert sum(row.count for row in rows.values()) == sum(map(len, present))
    assert [row.value for row in aggregated(pairs, "mean")] == [1.0] * len(rows)


def used(
    cpu: dict[int, float], vcpus: float = 2.0, samples: dict[int, float] | None = None
) -> dict[datetime, float]:
    told = cpu_utilization(
        series(cpu),
        None if samples is None else series(samples),
        series(dict.fromkeys(cpu, vcpus)),
        GRANULE,
        LATER,
    )
    return dict(zip(told.moments, told.values, strict=True))


def test_cpus_are_used_by_what_the_counter_rises() -> None:
    """Two CPUs that work 240 s of 300 s together are used by four tenths."""
    assert used({0: 0.0, 1: 240e9, 2: 480e9}) == {at(1): 0.4, at(2): 0.4}
    assert used({0: 0.0, 1: 600e9}) == {at(1): 1.0}


def test_what_is_not_known_of_cpus_is_left_out() -> None:
    """Around a gap, where the counter began anew, without CPUs, while the granule runs, and with only half of
    the samples.
    """
    assert used({0: 0.0, 2: 240e9, 3: 480e9}) == {at(3): 0.4}
    assert used({0: 900e9, 1: 0.0, 2: 240e9}) == {at(2): 0.4}
    assert used({0: 0.0, 1: 240e9}, vcpus=0.0) == {}
    assert used({0: 0.0, 1: 240e9}, samples={0: 12, 1: 6}) == {}
    assert used({0: 0.0, 1: 240e9}, samples={0: 12, 1: 11}) == {at(1): 0.4}
    assert used({0: 0.0, 1: 240e9}, samples={0: 12}) == {}
    now = at(2) - timedelta(seconds=1)
    assert cpu_utilization(series({0: 0.0, 1: 1.0}), None, series({1: 1.0}), GRANULE, now) == Series()
    assert cpu_utilization(series({0: 0.0, 1: 1.0}), None, series({0: 1.0}), GRANULE, LATER) == Series()
