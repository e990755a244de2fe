# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rated points come by windows of time, all of them and each once, and the traps of CloudKitty's
dataframes are stepped over (design/reading-a-cloud.md#cloudkitty).
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    Forbidden,
    InvalidOption,
    Malformed,
    NotFound,
    Unavailable,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.money import exact_sum
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Answer, Cloud, Service
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating import v2
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating.answers import RatedPoint
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating.api import Rating, open_rating

from .....conftest import Sandbox
from .....fake_rating import HOUR, FakeRating, Rated, rating_of

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = Window(FIRST, FIRST + timedelta(days=3))
BOTH = pytest.mark.parametrize("api", ["v2", "v1"])


def an_hour_of(count: int, hour: int = 0, amount: str = "0.01") -> list[Rated]:
    return [
        Rated(FIRST + hour * HOUR, "volume.size", "1", amount, f"volume-{number}") for number in range(count)
    ]


def opened(service: Service, api: str = "v2", collect_period_s: int = 3600) -> Rating:
    return open_rating(service, api, collect_period_s)


def of(service: Service, window: Window = DAYS, api: str = "v2") -> list[RatedPoint]:
    return list(opened(service, api).points(window))


def windows(service: FakeRating) -> list[tuple[str, str, int]]:
    """Of the requests for points."""
    asked = [query for path, query in service.asked if path.endswith("dataframes")]
    return [(query["begin"], query["end"], query["offset"]) for query in asked]


@BOTH
def test_a_point_is_told_alike_by_both_apis(api: str) -> None:
    flavor = (("flavor_name", "a2-ram4-disk20-perf1"),)
    service = rating_of([Rated(FIRST, "instance_up", "1.0", "0.35", "web-1", flavor)], api)
    [point] = of(service, api=api)
    assert (point.window.begin, point.type, point.resource_id) == (FIRST, "instance_up", "web-1")
    assert (point.quantity, point.amount, dict(point.metadata)) == (Decimal(1), Decimal("0.35"), dict(flavor))
    assert point.unit == ("u" if api == "v2" else None)
    assert len(service.asked) == 3


def test_the_404_that_means_empty_is_no_points_and_any_other_404_is_an_error() -> None:
    assert of(rating_of([])) == []
    with pytest.raises(NotFound):
        of(rating_of([], "v1"))


def test_the_default_limit_of_100_is_never_left_to_the_cloud() -> None:
    service = rating_of(an_hour_of(101))
    assert len(of(service)) == 101
    opened(service).summary_by_resource(DAYS)
    opened(service).periods(DAYS)
    opened(service).summary_by_type(DAYS)
    assert {query["limit"] for _path, query in service.asked} == {1000, 5000, 5001}


@BOTH
def test_an_admin_who_could_see_every_project_asks_for_one_and_takes_no_other(api: str) -> None:
    foreign = Rated(FIRST, "volume.size", "1", "7", "theirs", owner="another")
    service = rating_of([*an_hour_of(1), foreign], api)
    assert [point.resource_id for point in of(service, api=api)] == ["volume-0"]
    told = {"v2": ("filters", f"project_id:{service.project_id}"), "v1": ("tenant_id", service.project_id)}[
        api
    ]
    assert all(query[told[0]] == told[1] for _path, query in service.asked)

    class Careless(FakeRating):
        def get(self, reading: str, path: str, query: Any = None, microversion: str | None = None) -> Answer:
            return super().get(reading, path, {**query, "filters": "", "tenant_id": None}, microversion)

    careless = Careless(**{name.name: getattr(service, name.name) for name in dataclasses.fields(service)})
    with pytest.raises(Malformed, match="a point of project another came that was not asked for"):
        of(careless, api=api)


def test_a_day_of_more_points_than_a_request_takes_is_read_by_less_and_never_by_a_growing_offset() -> None:
    """1000 points an hour: a day is 24,000, of which a request takes 5000, which is five hours."""
    points = [one for hour in range(48) for one in an_hour_of(1000, hour)]
    service = rating_of(points)
    assert exact_sum(point.amount for point in of(service)) == Decimal(480)
    asked = windows(service)
    assert {offset for _begin, _end, offset in asked} == {0}
    # The day that was too much, then windows of 5 hours, ten of which reach 2 hours into the third day, which
    # is empty.
    assert asked[0] == ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", 0)
    assert asked[1] == ("2026-11-01T00:00:00Z", "2026-11-01T05:00:00Z", 0)
    assert all(before[1] == after[0] for before, after in pairwise(asked[1:]))
    # Its 22 hours are read in windows that widen: 5, 10, and the 7 that are left.
    assert len(asked) == 1 + 10 + 3


def test_less_than_a_day_is_whole_hours_however_many_points_they_have() -> None:
    """700 points an hour: a request takes those of 7.14 hours, and an hour cut in two would be read twice."""
    service = rating_of([one for hour in range(24) for one in an_hour_of(700, hour)])
    assert len(of(service, Window(FIRST, FIRST + 24 * HOUR))) == 24 * 700
    assert windows(service)[1][:2] == ("2026-11-01T00:00:00Z", "2026-11-01T07:00:00Z")
    assert all(moment.endswith(":00:00Z") for asked in windows(service) for moment in asked[:2])


def test_an_hour_of_more_points_than_a_request_takes_is_read_whole() -> None:
    service = rating_of(an_hour_of(12_001, 5))
    found = of(service, Window(FIRST, FIRST + 12 * HOUR))
    assert len({point.resource_id for point in found}) == len(found) == 12_001
    assert [offset for _begin, _end, offset in windows(service) if offset] == [5000, 10_000]


def test_a_storage_that_ignores_the_offset_is_found_out() -> None:
    """Loki repeats its first page for ever."""
    service = rating_of(an_hour_of(6000))

    class Repeating(FakeRating):
        def get(self, reading: str, path: str, query: Any = None, microversion: str | None = None) -> Answer:
            return super().get(reading, path, {**query, "offset": 0}, microversion)

    repeating = Repeating(**{name.name: getattr(service, name.name) for name in dataclasses.fields(service)})
    with pytest.raises(
        Malformed, match="5000 points came from point 5000 on where 6000 in all were promised"
    ):
        of(repeating)


def test_points_outside_the_window_are_not_taken_for_part_of_it() -> None:
    service = rating_of(an_hour_of(1))

    class Elsewhere(FakeRating):
        def get(self, reading: str, path: str, query: Any = None, microversion: str | None = None) -> Answer:
            return super().get(reading, path, {**query, "begin": "2026-01-01T00:00:00Z"}, microversion)

    elsewhere = Elsewhere(**{name.name: getattr(service, name.name) for name in dataclasses.fields(service)})
    with pytest.raises(Malformed, match="a period of 2026-11-01T00:00:00Z came that was not asked for"):
        of(elsewhere, Window(FIRST + HOUR, FIRST + 2 * HOUR))


@BOTH
def test_a_point_of_another_period_names_the_option(api: str) -> None:
    with pytest.raises(InvalidOption, match="^collect_period: is 1800 s, but .* rates periods of 3600 s"):
        list(opened(rating_of(an_hour_of(1), api), api, 1800).points(DAYS))


@pytest.mark.parametrize("told", ["0.00001", "12.34567", "1570.86737", "0", "-0.5"])
def test_v1_tells_text_of_five_decimals_and_no_float_is_made_of_it(told: str) -> None:
    [point] = of(rating_of([Rated(FIRST, "volume.size", "1", told)], "v1"), api="v1")
    assert str(point.amount) == told


@pytest.mark.parametrize("number", [0.1, 579.5999999999997, 1e-06])
def test_v2_tells_floats_and_their_digits_stay_as_told(number: float) -> None:
    [point] = of(rating_of([Rated(FIRST, "volume.size", "1", str(number))]))
    assert point.amount == Decimal(repr(number))


@pytest.mark.parametrize("told", ["NaN", "Infinity", "", "free"])
def test_what_is_no_amount_is_no_zero(told: str) -> None:
    with pytest.raises(Malformed, match="the answer has no number in rating where the API promises one"):
        of(rating_of([Rated(FIRST, "volume.size", "1", told)], "v1"), api="v1")


@pytest.mark.parametrize(
    "row",
    [
        {},
        [],
        None,
        {"vol": None, "rating": {"price": 1}, "groupby": {}},
        {"vol": {"qty": 1}, "rating": [], "groupby": {}},
        {"vol": {"qty": 1}, "rating": {"price": None}, "groupby": {}},
        {"vol": {"qty": True}, "rating": {"price": 1}, "groupby": {}},
        {"vol": {"qty": 1}, "rating": {"price": 1}, "groupby": "one"},
    ],
)
def test_a_point_that_lacks_something_is_malformed_and_no_zero(row: Any) -> None:
    with pytest.raises(
        Malformed,
        match=r"^Reading points from http://cloud/rating failed: (a point is not what|the answer has no num)",
    ):
        v2.point_of(rating_of([]), "points", Window(FIRST, FIRST + HOUR), "volume.size", row)


@BOTH
def test_one_request_at_a_time_is_held(api: str) -> None:
    """The first point is there before the second day was asked for."""
    service = rating_of([one for hour in range(72) for one in an_hour_of(1, hour)], api)
    passing = opened(service, api).points(DAYS)
    next(passing)
    assert len(service.asked) == 1


@pytest.fixture
def live(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", running.state["clouds_file"])
    return Cloud(ConnectionOptions(cloud="sandbox", api_timeout=5)).service("rating")


def rated_days(days: int) -> Window:
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
    return Window(end - timedelta(days=days), end)


@BOTH
def test_points_of_the_sandbox_add_up_to_its_sums(live: Service, api: str) -> None:
    window = rated_days(12)
    sums = {row.type: row.amount for row in opened(live, api).summary_by_type(window)}
    found: dict[str, list[Decimal]] = {}
    for point in of(live, window, api):
        found.setdefault(point.type, []).append(point.amount)
    assert {kind: float(exact_sum(amounts)) for kind, amounts in found.items()} == pytest.approx(
        {kind: float(amount) for kind, amount in sums.items()}, abs=1e-5
    )


def test_a_metadata_group_by_comes_back_with_one_empty_name_and_is_not_used(live: Service) -> None:
    """No error tells it: the cloud answers one row for all flavors, so flavors are summed over points."""
    window = rated_days(1)
    rows = list(v2.RatingV2(live, 3600).summary("flavors", window, "flavor_name"))
    assert [row["flavor_name"] for row in rows] == [""]
    assert {point.metadata.get("flavor_name") for point in of(live, window)} >= {
        "a8-ram32-disk80-perf1",
        None,
    }


def test_a_month_that_begins_in_the_servers_zone_is_never_asked_for() -> None:
    """Without begin and end CloudKitty takes its own month: every request has both, in UTC."""
    for storage in ("v2", "v1"):
        service = rating_of(an_hour_of(1), storage)
        of(service, api=storage)
        opened(service, "auto").summary_by_type(DAYS)
        opened(service, "auto").recent_periods(FIRST + HOUR)
        opened(service, "auto").frames_of_type(DAYS, "volume.size")
        for _path, query in service.asked:
            assert query["begin"].endswith("Z")
            assert query["end"].endswith("Z")


def test_a_plus_that_is_not_escaped_is_500_so_times_are_sent_with_z(live: Service) -> None:
    query = "groupby=type&begin=2026-11-01T00:00:00+00:00&end=2026-11-02T00:00:00Z&limit=1"
    patient = dataclasses.replace(live, timeout_seconds=1)
    with pytest.raises(Unavailable, match="the service answered 500"):
        patient.get("a bad date", f"/v2/summary?{query}")
    opened(live).summary_by_type(DAYS)


def test_what_is_rated_is_read_from_the_cloud(live: Service) -> None:
    found = {metric.name: metric for metric in opened(live).metrics()}
    assert found["volume.size"].unit == "GiB"
    assert found["volume.size"].metadata == ("volume_type",)
    assert found["instance_up"].metadata[0] == "flavor_name"


def test_a_project_of_somebody_else_is_refused_or_empty_but_never_mixed_in(live: Service) -> None:
    foreign = dataclasses.replace(live, project_id="0" * 32)
    with pytest.raises(Forbidden):
        of(foreign, rated_days(1), "v1")
    with pytest.raises(Malformed, match="came that was not asked for"):
        of(foreign, rated_days(1), "v2")
