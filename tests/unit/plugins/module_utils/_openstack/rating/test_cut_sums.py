# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No sum is believed that could have been cut (design/reading-a-cloud.md#cut-sums): CloudKitty on Loki sums
up the newest points of a window only, and says so nowhere.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, Malformed
from ansible_collections.finops.cloud.plugins.module_utils._core.money import exact_sum
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating.api import open_rating
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating.v2 import RatingV2

from .....fake_rating import HOUR, FakeRating, Rated, rating_of

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
#: 720 hours of 15 volumes and, in every second hour, a server: 10,800 points of 0.01, and 360 of 0.5.
NOVEMBER = Window(FIRST, FIRST + timedelta(days=30))
POINTS = [
    *(
        Rated(FIRST + hour * HOUR, "volume.size", "2", "0.01", f"volume-{number}")
        for hour in range(720)
        for number in range(15)
    ),
    *(Rated(FIRST + hour * HOUR, "instance_up", "1", "0.5", "web") for hour in range(0, 720, 2)),
]


def on_loki(points: list[Rated] = POINTS) -> FakeRating:
    return rating_of(points, "loki")


def test_the_sums_of_such_a_cloud_are_cut() -> None:
    """What the rest of this file is about: 1000 points of each seven days."""
    cut = RatingV2(on_loki(), 3600)
    cut._sums_are_whole = True
    assert exact_sum(row.amount for row in cut.summary_by_type(NOVEMBER)) < 288


@pytest.mark.parametrize("refuses", [True, False])
@pytest.mark.parametrize("after_the_newest", [True, False])
def test_sums_by_type_are_whole(after_the_newest: bool, refuses: bool) -> None:
    rating = open_rating(dataclasses.replace(on_loki(), loki_refuses=refuses), "auto", 3600)
    if after_the_newest:
        assert rating.recent_periods(NOVEMBER.end + HOUR).rated_through == NOVEMBER.end
    found = {row.type: (row.quantity, row.amount) for row in rating.summary_by_type(NOVEMBER)}
    assert found == {
        "volume.size": (Decimal(21_600), Decimal(108)),
        "instance_up": (Decimal(360), Decimal(180)),
    }
    assert rating.version == "v2"


def test_every_question_is_answered_whole() -> None:
    rating = open_rating(on_loki(), "v2", 3600)
    periods = rating.periods(NOVEMBER)
    assert list(periods.amounts.values()) == [Decimal("0.65"), Decimal("0.15")] * 360
    by_resource = dict(rating.summary_by_resource(NOVEMBER) or ())
    assert len(by_resource) == 16
    assert (by_resource["web"].amount, by_resource["volume-3"].amount) == (Decimal(180), Decimal("7.2"))
    frames = rating.frames_of_type(NOVEMBER, "instance_up")
    assert [frame.window.begin for frame in frames] == [FIRST + hour * HOUR for hour in range(0, 720, 2)]
    points = list(rating.points(NOVEMBER))
    assert len(points) == len({(one.window, one.resource_id) for one in points}) == 11_160
    begins = [points[0].window.begin for points in rating.points_by_period(NOVEMBER)]
    assert begins == [FIRST + hour * HOUR for hour in range(720)]


def test_a_month_takes_few_requests() -> None:
    """One is refused; 15.5 points an hour are 372 a day, and a request takes up to 4999."""
    service = on_loki()
    open_rating(service, "auto", 3600).summary_by_type(NOVEMBER)
    assert [path for path, _query in service.asked].count("/v2/summary") == 1
    assert len(service.asked) <= 6
    assert [query["limit"] for _path, query in service.asked] == [5001, *[5000] * 5]
    assert {query["offset"] for _path, query in service.asked} == {0}


def test_an_hour_of_as_many_points_as_come_at_once_is_unknown() -> None:
    many = [Rated(FIRST + 5 * HOUR, "volume.size", "1", "1", f"volume-{number}") for number in range(5000)]
    rating = open_rating(on_loki([*many, Rated(FIRST, "volume.size", "1", "1")]), "auto", 3600)
    with pytest.raises(
        Malformed, match="5000 points at once, and as many or more were rated of 2026-11-01T0"
    ):
        rating.summary_by_type(Window(FIRST, FIRST + 12 * HOUR))


def test_one_point_fewer_is_read_whole() -> None:
    many = [Rated(FIRST + 5 * HOUR, "volume.size", "1", "1", f"volume-{number}") for number in range(4999)]
    rating = open_rating(on_loki(many), "auto", 3600)
    assert rating.summary_by_type(Window(FIRST, FIRST + 12 * HOUR))[0].amount == 4999


@pytest.mark.parametrize("hours", [1, 2])
def test_a_window_of_one_period_looks_alike_everywhere_and_is_shown_by_more(hours: int) -> None:
    many = [
        Rated(FIRST + hour * HOUR, "volume.size", "1", "1", f"volume-{number}")
        for hour in range(2)
        for number in range(1500)
    ]
    window = Window(FIRST + (2 - hours) * HOUR, FIRST + 2 * HOUR)
    rows = open_rating(on_loki(many), "auto", 3600).summary_by_type(window)
    assert [row.amount for row in rows] == [1500 * hours]


def test_a_wrong_collect_period_is_named_and_never_one_as_long_as_the_window() -> None:
    """On Loki the row that spans the window says nothing of the collect period."""
    rating = open_rating(rating_of([Rated(FIRST, "volume.size", "1", "1")]), "v2", 1800)
    with pytest.raises(InvalidOption, match="is 1800 s, but .* rates periods of 3600 s"):
        rating.periods(NOVEMBER)
    with pytest.raises(InvalidOption, match="is 1800 s, but .* rates periods of 3600 s"):
        open_rating(on_loki(), "v2", 1800).periods(NOVEMBER)
