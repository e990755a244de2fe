# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stacked chart: bars stand for their values, and one spike does not flatten the others
(design/reports.md#charts).
"""

from __future__ import annotations

import re
from decimal import Decimal

from ansible_collections.finops.cloud.plugins.module_utils._export.stacked import stacked
from hypothesis import given
from hypothesis import strategies as st

WIDTH, HEIGHT = 900.0, 200.0
amounts = st.decimals(-(10**6), 10**6, allow_nan=False, places=3)


def bars(path: str) -> list[tuple[float, float, float, float]]:
    """x, width, begin and end of each bar of a path."""
    return [
        (float(x), float(width), float(begin), float(end))
        for x, begin, width, end in re.findall(r"M(\S+) (\S+)h(\S+)V(\S+)h\S+z", path)
    ]


def drawn(*series: list[int], limit: int | None = None, before: tuple[int, ...] = ()) -> object:
    values = [[Decimal(value) for value in row] for row in series]
    unknown = [False] * len(values[0])
    top = None if limit is None else Decimal(limit)
    return stacked(values, unknown, [Decimal(one) for one in before], top, size=(WIDTH, HEIGHT))


@given(
    st.integers(1, 31).flatmap(
        lambda days: st.lists(st.lists(amounts, min_size=days, max_size=days), min_size=1, max_size=6)
    )
)
def test_bars_stay_in_the_drawing_and_are_as_high_as_their_values(series: list[list[Decimal]]) -> None:
    found = stacked(series, [False] * len(series[0]), size=(WIDTH, HEIGHT))
    (lowest, y_of_lowest), *_others, (highest, y_of_highest) = found.ticks
    scale = (y_of_lowest - y_of_highest) / float(highest - lowest)
    cut = {one.number for one in found.cuts}
    for row, path in zip(series, found.paths, strict=True):
        drawn_bars = bars(path)
        for x, width, begin, end in drawn_bars:
            assert -0.1 <= x <= x + width <= WIDTH + 0.1
            assert all(-0.1 <= y <= HEIGHT + 0.1 for y in (begin, end))
        for day, value in enumerate(row):
            middle = (day + 0.5) * WIDTH / len(row)
            heights = [begin - end for x, width, begin, end in drawn_bars if x <= middle <= x + width]
            if day not in cut:
                assert abs(sum(heights) - float(value) * scale) < 0.25


def test_a_spike_is_cut_and_the_others_keep_their_height() -> None:
    usual = drawn([10] * 9 + [12] + [10] * 9)
    spike = drawn([10] * 9 + [900] + [10] * 9)
    assert usual.cuts == () and [one.number for one in spike.cuts] == [9]
    heights = [begin - end for _x, _width, begin, end in bars(spike.paths[0])]
    assert min(heights) > HEIGHT / 2 and max(heights) == HEIGHT
    # Where a fourth of the days is high, that is what is usual.
    assert drawn([10] * 9 + [900] * 3).cuts == ()


def test_the_month_before_and_a_limit_are_on_the_axis_of_this_one() -> None:
    found = drawn([10, 20], limit=30, before=(5, 30, 7))
    assert found.limit is not None and found.before.startswith("M0 ")
    top = found.ticks[-1][0]
    assert abs(found.limit - (1 - 30 / float(top)) * HEIGHT) < 0.1
    assert found.before.count("V") == 2
    # A limit that is far above all bars would flatten them.
    assert drawn([10, 20], limit=10_000).limit is None
