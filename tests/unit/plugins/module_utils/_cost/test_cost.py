# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a window has cost, of points written by hand: design/reading-a-cloud.md, design/money.md#net-amounts,
design/periods.md#named-windows and design/alerts.md#forecast.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    InvalidOption,
    Malformed,
    UnknownAmount,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.money import exact_sum
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._cost import cost, window_cost
from ansible_collections.finops.cloud.plugins.module_utils._cost.formatter import PointOutput
from ansible_collections.finops.cloud.plugins.module_utils._cost.options import CostOptions
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions
from ansible_collections.finops.cloud.plugins.module_utils._openstack.projects import (
    ProjectLogins,
    open_projects,
)
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating.api import open_rating
from hypothesis import given, settings
from hypothesis import strategies as st

from ....conftest import Sandbox
from ....fake_rating import HOUR, FakeRating, Rated, login_of, rating_of

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
NOVEMBER = Window(FIRST, datetime(2026, 12, 1, tzinfo=UTC))
EGRESS = "storage.objects.outgoing.bytes"
BOTH = pytest.mark.parametrize("storage", ["v2", "v1"])


def hourly(
    hours: int, kind: str = "volume.size", amount: str = "1", begin: datetime = FIRST, **more: Any
) -> list[Rated]:
    return [Rated(begin + number * HOUR, kind, "1", amount, **more) for number in range(hours)]


def asked(**options: Any) -> CostOptions:
    base = CostOptions(
        window=NOVEMBER,
        named="current_month",
        zone=ZoneInfo("UTC"),
        currency="ICU",
        rating_currency="ICU",
        rating_api="auto",
        collect_period_s=3600,
        rates=Rates(),
        on_error="fail",
    )
    return dataclasses.replace(base, **options)


def told(service: FakeRating, now: datetime, **options: Any) -> dict[str, Any]:
    """The `cost` of a result."""
    found: dict[str, Any] = result(service, now, **options)["cost"]
    return found


def result(service: FakeRating, now: datetime, **options: Any) -> dict[str, Any]:
    """What the module returns of one project in one region."""
    return cost.read_cost(ProjectLogins((login_of(service),), several=False), asked(**options), now)


def read(points: list[Rated], options: CostOptions, now: datetime) -> window_cost.WindowCost:
    """What is read of a cloud with these points, before it is formatted."""
    rating = open_rating(rating_of(points), options.rating_api, options.collect_period_s)
    return window_cost.read_window_cost(rating, options, PointOutput(options, {}), now)


def amounts(rows: list[dict[str, Any]], key: str) -> dict[str, str]:
    return {row[key]: row["amount"] for row in rows}


# --- groupings


SHOP = [
    *hourly(48, "instance_up", "0.35", resource="web", metadata=(("flavor_name", "small"),)),
    *hourly(48, "instance_up", "1.05", resource="db", metadata=(("flavor_name", "large"),)),
    *hourly(24, "instance_reserved", "0.5", resource="db", metadata=(("flavor_name", "large"),)),
    *hourly(48, "volume.size", "0.1", resource="disk", metadata=(("volume_type", "fast"),)),
    *hourly(48, "ip.floating", "0.2", resource="address"),
]
SHOP_NOW = FIRST + 50 * HOUR


@BOTH
def test_by_resource_flavor_and_volume_type_dearest_first(storage: str) -> None:
    found = told(
        rating_of(SHOP, storage), SHOP_NOW, group_by=("resource", "flavor", "volume_type", "project")
    )
    # db: 48 x 1.05 + 24 x 0.5; web: 48 x 0.35; address: 48 x 0.2; disk: 48 x 0.1.
    assert list(amounts(found["by_resource"], "resource_id").items()) == [
        ("db", "62.4"),
        ("web", "16.8"),
        ("address", "9.6"),
        ("disk", "4.8"),
    ]
    assert found["by_resource"][0]["types"] == ["instance_reserved", "instance_up"]
    # Of two types the quantities do not add up.
    assert [row["quantity"] for row in found["by_resource"]] == [None, "48", "48", "48"]
    assert amounts(found["by_flavor"], "flavor") == {"large": "62.4", "small": "16.8"}
    assert amounts(found["by_volume_type"], "volume_type") == {"fast": "4.8"}
    assert amounts(found["by_project"], "project_name") == {"shop": "93.6"}
    assert found["total"] == "93.6"
    assert found["cloud_difference"] == "0"


@BOTH
def test_each_resource_in_each_hour(storage: str) -> None:
    window = Window(FIRST + 23 * HOUR, FIRST + 25 * HOUR)
    found = told(rating_of(SHOP, storage), SHOP_NOW, window=window, named=None, group_by=("resource_hour",))
    assert [
        (row["begin"], row["type"], row["resource_id"], row["amount"]) for row in found["by_resource_hour"]
    ] == [
        ("2026-11-01T23:00:00Z", "instance_up", "db", "1.05"),
        ("2026-11-01T23:00:00Z", "instance_reserved", "db", "0.5"),
        ("2026-11-01T23:00:00Z", "instance_up", "web", "0.35"),
        ("2026-11-01T23:00:00Z", "ip.floating", "address", "0.2"),
        ("2026-11-01T23:00:00Z", "volume.size", "disk", "0.1"),
        ("2026-11-02T00:00:00Z", "instance_up", "db", "1.05"),
        ("2026-11-02T00:00:00Z", "instance_up", "web", "0.35"),
        ("2026-11-02T00:00:00Z", "ip.floating", "address", "0.2"),
        ("2026-11-02T00:00:00Z", "volume.size", "disk", "0.1"),
    ]


@BOTH
def test_by_category_with_what_the_user_says(storage: str) -> None:
    points = [*SHOP, *hourly(2, "vpn.tunnel", "3"), *hourly(1, "gpu", "1")]
    found = told(rating_of(points, storage), SHOP_NOW, metric_categories={"vpn.tunnel": "network"})
    assert amounts(found["by_category"], "category") == {
        "compute": "79.2",
        "network": "15.6",
        "storage": "4.8",
        "other": "1",
    }


@BOTH
def test_days_begin_in_the_asked_zone_and_a_frame_belongs_to_the_day_in_which_it_begins(storage: str) -> None:
    """The example of design/reading-a-cloud.md#windows-sent-to-the-cloud: the frame 30 Oct 18:00Z is
    Kolkata's 30th, that of 31 Oct 18:00Z its 31st.
    """
    begin = datetime(2026, 10, 30, 17, tzinfo=UTC)
    points = hourly(27, begin=begin)
    window = Window(datetime(2026, 10, 29, 18, 30, tzinfo=UTC), datetime(2026, 10, 31, 19, tzinfo=UTC))
    found = told(
        rating_of(points, storage),
        datetime(2026, 10, 31, 21, tzinfo=UTC),
        window=window,
        named=None,
        zone=ZoneInfo("Asia/Kolkata"),
        group_by=("day",),
    )
    assert amounts(found["by_day"], "day") == {"2026-10-30": "2", "2026-10-31": "24"}
    assert found["by_day"][1]["begin"] == "2026-10-30T18:30:00Z"


@BOTH
def test_the_day_on_which_clocks_go_back_has_25_hours_and_iso_weeks_keep_their_year(storage: str) -> None:
    zurich = ZoneInfo("Europe/Zurich")
    begin = datetime(2026, 10, 24, 22, tzinfo=UTC)
    window = Window(begin, datetime(2026, 10, 26, 23, tzinfo=UTC))
    service = rating_of(hourly(49, begin=begin), storage)
    found = told(
        service,
        datetime(2026, 10, 27, tzinfo=UTC),
        window=window,
        named=None,
        zone=zurich,
        group_by=("day", "week", "month", "hour"),
    )
    assert amounts(found["by_day"], "day") == {"2026-10-25": "25", "2026-10-26": "24"}
    assert amounts(found["by_week"], "week") == {"2026-W43": "25", "2026-W44": "24"}
    assert amounts(found["by_month"], "month") == {"2026-10": "49"}
    assert len(found["by_hour"]) == 49
    turn = Window(datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC))
    year = told(
        rating_of(hourly(48, begin=turn.begin), storage),
        turn.end + HOUR,
        window=turn,
        named=None,
        group_by=("week", "month"),
    )
    assert amounts(year["by_week"], "week") == {"2026-W53": "48"}
    assert amounts(year["by_month"], "month") == {"2026-12": "24", "2027-01": "24"}


# --- requests (design/reading-a-cloud.md#round-trips, here without the token)


@pytest.mark.parametrize(
    ("options", "v2", "v1"),
    [
        ({}, 2, 2),
        ({"with_rated_through": False}, 1, 1),
        ({"group_by": ("type", "project")}, 2, 2),
        ({"group_by": ("hour", "day", "week", "month")}, 2, 5),
        ({"group_by": ("resource",)}, 3, 5),
        ({"group_by": ("resource", "flavor", "volume_type", "day", "resource_hour")}, 6, 5),
        ({"dataframes": True}, 5, 5),
        ({"with_metrics": True}, 3, 3),
        ({"with_previous": True}, 3, 3),
        ({"with_forecast": True}, 2, 9),
        ({"window": None, "named": "last_hour"}, 2, 2),
        ({"window": None, "named": "last_hour", "group_by": ("resource_hour",)}, 3, 3),
        ({"group_by": ("day",), "with_rated_through": False}, 2, 31),
    ],
)
def test_requests_are_as_few_as_said(options: dict[str, Any], v2: int, v1: int) -> None:
    """48 hours are rated: three windows of a day from the 1st to the newest one, the 3rd 00:00 being the end
    of the second.
    """
    points = hourly(49, resource="web", metadata=(("flavor_name", "small"),))
    for api, count in (("v2", v2), ("v1", v1)):
        service = rating_of(points)
        told(service, FIRST + 50 * HOUR, rating_api=api, **options)
        assert len(service.asked) == count, service.asked
    old = rating_of(points, "v1")
    told(old, FIRST + 50 * HOUR, **options)
    assert len(old.asked) == v1 + 1


@pytest.mark.parametrize(
    ("options", "requests"),
    [
        ({}, 2),
        ({"with_rated_through": False}, 1),
        ({"group_by": ("resource", "day")}, 3),
        ({"group_by": ("flavor", "volume_type", "resource_hour"), "dataframes": True}, 12),
        ({"with_previous": True, "with_forecast": True, "with_metrics": True}, 4),
        ({"rating_api": "v1", "group_by": ("resource", "flavor", "day")}, 12),
    ],
)
def test_the_sandbox_counts_the_same_requests(
    drilled: Sandbox, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], requests: int
) -> None:
    """Ten whole days that are over, so that points are ten requests."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", drilled.state["clouds_file"])
    opened = open_projects(ConnectionOptions(cloud="sandbox", api_timeout=5), (), ())
    now = datetime.now(UTC).replace(microsecond=0)
    end = now.replace(hour=0, minute=0, second=0) - timedelta(days=2)
    wanted = asked(window=Window(end - timedelta(days=10), end), named=None, **options)
    drilled.ask("DELETE", "/sandbox/requests")
    found = cost.read_cost(opened, wanted, now)
    assert drilled.ask("GET", "/sandbox/requests").body["total"] == requests
    # Ten days at 8.325078 an hour at least: 380 and 250 GB, four running servers and one stopped, three
    # addresses, a balancer.
    assert Decimal(found["cost"]["total"]) >= Decimal(1998)
    assert found["complete"]


def test_a_window_that_begins_before_the_newest_hours_is_one_request_more_by_time() -> None:
    window = Window(FIRST - timedelta(days=60), FIRST + 48 * HOUR)
    points = [*hourly(24, begin=window.begin), *hourly(48)]
    service = rating_of(points)
    found = told(service, SHOP_NOW, window=window, named=None, group_by=("month",))
    assert amounts(found["by_month"], "month") == {"2026-09": "24", "2026-11": "48"}
    assert len(service.asked) == 3


# --- freshness


@BOTH
def test_the_last_hour_is_the_last_rated_one(storage: str) -> None:
    points = [*hourly(10), Rated(FIRST + 9 * HOUR, "ip.floating", "1", "0.5")]
    service = rating_of(points, storage)
    found = told(service, FIRST + timedelta(hours=14, minutes=20), window=None, named="last_hour")
    assert found["total"] == "1.5"
    assert found["rated_through"] == "2026-11-01T10:00:00Z"
    assert found["fully_rated"] is True


@BOTH
def test_without_a_rated_hour_there_is_no_last_one_and_no_zero(storage: str) -> None:
    with pytest.raises(UnknownAmount, match="there is no last rated hour"):
        told(rating_of([], storage), FIRST, window=None, named="last_hour")


def test_hours_that_were_not_rated_are_named_and_those_to_come_are_not() -> None:
    points = [
        one for one in hourly(30) if one.begin not in (FIRST + 4 * HOUR, FIRST + 5 * HOUR, FIRST + 20 * HOUR)
    ]
    found = told(rating_of(points), FIRST + 33 * HOUR)
    assert found["missing_hours"] == [
        {"begin": "2026-11-01T04:00:00Z", "end": "2026-11-01T06:00:00Z", "periods": 2},
        {"begin": "2026-11-01T20:00:00Z", "end": "2026-11-01T21:00:00Z", "periods": 1},
    ]
    assert found["fully_rated"] is False


def test_hours_that_nobody_looked_at_are_unknown_not_none() -> None:
    window = Window(FIRST - timedelta(days=60), FIRST + 48 * HOUR)
    assert told(rating_of(hourly(48)), SHOP_NOW, window=window, named=None)["missing_hours"] is None
    assert told(rating_of(hourly(48), "v1"), SHOP_NOW)["missing_hours"] is None
    assert told(rating_of([]), SHOP_NOW)["missing_hours"] is None


@BOTH
def test_what_ran_since_is_estimated_beside_the_total_and_never_in_it(storage: str) -> None:
    """The example of design/imports.md#run-rate: rated through 10:00, 2 ICU an hour, asked at 12:30: 3
    periods, 6 ICU.
    """
    found = told(rating_of(hourly(10, amount="2"), storage), FIRST + timedelta(hours=12, minutes=30))
    assert found["total"] == "20"
    assert found["unrated_estimate"] == {"amount": "6", "currency": "ICU", "run_rate": "2", "periods": 3}


def test_the_estimate_ends_with_the_window_and_begins_in_it() -> None:
    service = rating_of(hourly(10, amount="2"))
    now = FIRST + timedelta(hours=12, minutes=30)
    past = told(service, now, window=Window(FIRST, FIRST + 11 * HOUR), named=None)
    assert past["unrated_estimate"]["periods"] == 1
    late = told(service, now, window=Window(FIRST + 11 * HOUR, FIRST + 40 * HOUR), named=None)
    assert (late["total"], late["unrated_estimate"]["amount"], late["missing_hours"]) == ("0", "4", [])
    assert told(service, now, with_rated_through=False)["unrated_estimate"] is None


def test_an_hour_that_is_rated_between_two_requests_is_in_none_of_them() -> None:
    """The sums, the hours and the points are of one moment, or design/reading-a-cloud.md#the-clouds-own-sums
    would find a difference where nobody is wrong.
    """
    service = rating_of(hourly(10))

    class Rating(FakeRating):
        def get(self, *arguments: Any, **more: Any) -> Any:
            answer = super().get(*arguments, **more)
            if len(self.asked) == 1:
                self.points.append(Rated(FIRST + 10 * HOUR, "volume.size", "1", "1"))
            return answer

    moving = Rating(**{one.name: getattr(service, one.name) for one in dataclasses.fields(service)})
    found = told(moving, FIRST + 13 * HOUR, group_by=("resource_hour", "hour", "resource"))
    assert (found["total"], len(found["by_hour"]), len(found["by_resource_hour"])) == ("10", 10, 10)


# --- sums of ours against the cloud's (design/reading-a-cloud.md#the-clouds-own-sums)


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(0, 70), st.sampled_from("abc"), st.decimals("-1000", "1000", places=9)),
        max_size=40,
    )
)
def test_own_sums_over_the_same_frames_are_exact(drawn: list[tuple[int, str, Decimal]]) -> None:
    points = [
        Rated(FIRST + hour * HOUR, kind, "1", f"{amount:f}", f"r-{kind}") for hour, kind, amount in drawn
    ]
    exact = {
        kind: exact_sum(Decimal(repr(float(amount))) for _hour, of, amount in drawn if of == kind)
        for kind in "abc"
    }
    for api in ("v2", "v1"):
        wanted = asked(rating_api=api, group_by=("resource_hour", "flavor"))
        found = read(points, wanted, FIRST + 73 * HOUR)
        assert found.points is not None
        own = {kind: one.amount for kind, one in found.points.sums.by_type.items()}
        known = exact if api == "v2" else {
            kind: exact_sum(amount for _hour, of, amount in drawn if of == kind) for kind in "abc"
        }  # fmt: skip
        assert own == {
            kind: amount for kind, amount in known.items() if any(of == kind for _h, of, _a in drawn)
        }
        assert found.points.sums.by_resource_hour is not None
        assert exact_sum(one.amount for one in found.points.sums.by_resource_hour.values()) == exact_sum(
            own.values()
        )


def test_100_000_frames_of_a_cent_make_exactly_1000() -> None:
    """As floats, added one after the other, they are 1000.0000000001343; sum() makes up for that from Python
    3.12 on.
    """
    points = [
        Rated(FIRST + number % 600 * HOUR, "volume.size", "1", "0.01", f"r{number % 7}")
        for number in range(100_000)
    ]
    wanted = asked(group_by=("resource_hour",))
    found = read(points, wanted, FIRST + 601 * HOUR)
    assert functools.reduce(operator.add, (float(one.amount) for one in points)) != 1000
    assert found.points is not None
    assert found.points.sums.by_type["volume.size"].amount == Decimal(1000)


@pytest.mark.parametrize(
    ("wrong_by", "options", "reading"),
    [
        ("0.0002", {"group_by": ("resource",)}, "the cost of each resource"),
        ("-0.0002", {}, "the rated periods"),
        ("0.0002", {"group_by": ("flavor",), "with_rated_through": False}, "the rated points of volume.size"),
        ("1", {"dataframes": True, "with_rated_through": False}, "the rated points of volume.size"),
    ],
)
def test_another_sum_than_the_clouds_own_is_an_error(
    wrong_by: str, options: dict[str, Any], reading: str
) -> None:
    service = dataclasses.replace(rating_of(hourly(10)), wrong_by=wrong_by)
    with pytest.raises(
        Malformed, match=f"^Reading {reading} from .* they add up to 10.*, but the cloud's own sum is "
    ):
        told(service, FIRST + 11 * HOUR, **options)


def test_the_noise_of_floats_is_told_and_no_error() -> None:
    service = dataclasses.replace(rating_of(hourly(10)), wrong_by="-0.00009")
    assert told(service, FIRST + 11 * HOUR, group_by=("resource",))["cloud_difference"] == "0.00009"


def test_nothing_added_up_here_has_no_difference() -> None:
    found = told(rating_of(hourly(10)), FIRST + 11 * HOUR, with_rated_through=False)
    assert found["cloud_difference"] is None


# --- the period before (design/periods.md#the-period-before)


@BOTH
def test_the_period_before_is_compared_as_far_as_this_one_has_come(storage: str) -> None:
    october = datetime(2026, 10, 1, tzinfo=UTC)
    points = [
        *hourly(31 * 24, "volume.size", "1", begin=october),
        *hourly(31 * 24, "loadbalancer", "0.5", begin=october),
        *hourly(48, "volume.size", "3"),
        *hourly(48, "ip.floating", "0.5"),
    ]
    found = told(rating_of(points, storage), SHOP_NOW, with_previous=True)["previous"]
    assert (found["period_start"], found["period_end"]) == ("2026-10-01T00:00:00Z", "2026-10-03T00:00:00Z")
    assert (found["compared_start"], found["compared_end"]) == (
        "2026-11-01T00:00:00Z",
        "2026-11-03T00:00:00Z",
    )
    # 48 hours of 1.5 before, of 3.5 now. Changes that are as large go by their names.
    assert (found["total"], found["change"], found["relative_change"]) == ("72", "96", "1.333333")
    assert [(row["type"], row["previous"], row["amount"], row["change"]) for row in found["movers"]] == [
        ("volume.size", "48", "144", "96"),
        ("ip.floating", "0", "24", "24"),
        ("loadbalancer", "24", "0", "-24"),
    ]
    assert [row["relative_change"] for row in found["movers"]] == ["2", None, "-1"]
    assert found["missing_hours"] == ([] if storage == "v2" else None)


def test_against_nothing_there_is_no_part() -> None:
    found = told(rating_of(hourly(48)), SHOP_NOW, with_previous=True)["previous"]
    assert (found["total"], found["change"], found["relative_change"]) == ("0", "48", None)
    # Nothing was rated then, which is not the same as nothing was used.
    assert found["missing_hours"] == [
        {"begin": "2026-10-01T00:00:00Z", "end": "2026-10-03T00:00:00Z", "periods": 48}
    ]


def test_a_comparison_is_unknown_where_it_is_not_known_how_far_this_period_has_come() -> None:
    assert told(rating_of([]), SHOP_NOW, with_previous=True)["previous"] is None


# --- forecast (design/alerts.md#forecast)


@BOTH
def test_a_forecast_goes_on_as_the_last_rated_hours(storage: str) -> None:
    """240 hours at 1, then a day at 3: the last 168 are 144 x 1 + 24 x 3 = 216, 9/7 an hour; 720 - 264 = 456
    remain.
    """
    points = [*hourly(240), *hourly(24, amount="3", begin=FIRST + 240 * HOUR)]
    found = told(rating_of(points, storage), FIRST + 265 * HOUR, with_forecast=True)
    assert found["total"] == "312"
    forecast = found["forecast"]
    # 312 + 456 x 9/7; of the seven daily means six are 1 and one is 3: the 90th percentile lies at 5.4, which
    # is 1.8.
    assert (forecast["low"], forecast["expected"], forecast["high"]) == ("768", "898.285714", "1132.8")
    assert (forecast["enough_data"], forecast["periods"]) == (True, 168)


def test_below_a_day_a_forecast_says_that_it_is_a_guess_and_without_hours_there_is_none() -> None:
    found = told(rating_of(hourly(23)), FIRST + 24 * HOUR, with_forecast=True)["forecast"]
    assert (found["expected"], found["enough_data"], found["periods"]) == ("720", False, 23)
    assert told(rating_of([]), FIRST + 24 * HOUR, with_forecast=True)["forecast"] is None


# --- the free tier (design/money.md#free-tier); a unit of GB is 10^9 bytes, so 10,000 of them are free


def traffic(hours: int, gigabytes: str, begin: datetime = FIRST) -> list[Rated]:
    return [Rated(begin + number * HOUR, EGRESS, gigabytes, "2") for number in range(hours)]


@BOTH
def test_traffic_within_the_tier_is_free_and_gross_and_net_stand_apart(storage: str) -> None:
    service = rating_of([*traffic(10, "1000"), *hourly(10)], storage, {EGRESS: "GB"})
    found = told(service, FIRST + 11 * HOUR)
    assert (found["total"], found["net"]) == ("30", "10")
    assert found["free_tier"] == {
        "type": EGRESS,
        "scope": "project",
        "unit": "GB",
        "free_bytes": "10000000000000",
        "used_bytes": "10000000000000",
        "gross": "20",
        "credit": "20",
        "currency": "ICU",
        "reason": None,
    }
    if storage == "v2":
        # The newest hours, the sums, the unit (design/reading-a-cloud.md#round-trips).
        assert [path for path, _query in service.asked] == ["/v2/summary", "/v2/summary", "/v1/info/metrics"]


@BOTH
def test_the_straddling_frame_is_free_in_part_and_those_behind_it_are_not(storage: str) -> None:
    """4000 + 4000 are free, of the third 2000 of 4000; the fourth is paid whole."""
    found = told(rating_of(traffic(4, "4000"), storage, {EGRESS: "GB"}), FIRST + 5 * HOUR)
    assert (found["total"], found["net"], found["free_tier"]["credit"]) == ("8", "3", "5")


@BOTH
def test_what_the_month_has_used_before_the_window_counts(storage: str) -> None:
    window = Window(FIRST + 2 * HOUR, FIRST + 4 * HOUR)
    found = told(
        rating_of(traffic(4, "4000"), storage, {EGRESS: "GB"}), FIRST + 5 * HOUR, window=window, named=None
    )
    assert (found["total"], found["net"]) == ("4", "3")
    assert found["free_tier"]["used_bytes"] == "8000000000000"


def test_each_utc_month_has_its_own_tier() -> None:
    window = Window(datetime(2026, 10, 1, tzinfo=UTC), NOVEMBER.end)
    points = [*traffic(2, "10000", datetime(2026, 10, 31, 22, tzinfo=UTC)), *traffic(2, "10000")]
    found = told(rating_of(points, units={EGRESS: "GB"}), FIRST + 3 * HOUR, window=window, named=None)
    assert (found["total"], found["net"]) == ("8", "4")


@pytest.mark.parametrize(
    ("unit", "each", "credit"),
    [
        # All free: 10,000 bytes, and ten times 900 x 2^30 bytes.
        ("B", "1000", "20"),
        ("Gib", "900", "20"),
        ("GiB", "900", "20"),
        # Of the first hour's 1000 TB ten are free, 1% of 2; 10^13 bytes are 9.094947 TiB.
        ("TB", "1000", "0.02"),
        ("TiB", "1000", "0.01819"),
    ],
)
def test_the_unit_is_the_clouds(unit: str, each: str, credit: str) -> None:
    found = told(rating_of(traffic(10, each), units={EGRESS: unit}), FIRST + 11 * HOUR)
    assert found["free_tier"]["credit"] == credit


@pytest.mark.parametrize("unit", ["furlong", ""])
def test_an_unknown_unit_leaves_the_net_unknown(unit: str) -> None:
    whole = result(rating_of(traffic(10, "1"), units={EGRESS: unit}), FIRST + 11 * HOUR)
    found = whole["cost"]
    reason = f"The cloud counts its traffic in '{unit}', which is no unit of bytes that is known"
    assert found["free_tier"]["reason"].startswith(reason)
    assert whole["warnings"] == [f"`net` is null: {found['free_tier']['reason']}"]
    assert (found["total"], found["net"], found["free_tier"]["credit"], found["free_tier"]["used_bytes"]) == (
        "20",
        None,
        None,
        None,
    )


@BOTH
def test_a_project_that_was_never_rated_has_no_cost_of_zero(storage: str) -> None:
    service = rating_of([], storage)
    whole = result(service, FIRST + 11 * HOUR, window=Window(FIRST, FIRST + 10 * HOUR), named=None)
    if storage == "v2":
        # The newest hours and the sums: what the first one did not find, the second one does not miss.
        assert len(service.asked) == 2
    found = whole["cost"]
    assert [found[key] for key in ("total", "totals", "net", "rated_through", "fully_rated")] == [None] * 5
    assert (whole["complete"], found["by_type"]) == (True, [])
    assert whole["warnings"] == [
        "The cloud has rated nothing of project shop in region r, neither lately nor in this window; its cost"
        " is not known."
    ]


@BOTH
def test_what_was_rated_long_ago_is_a_cost_although_nothing_is_rated_lately(storage: str) -> None:
    whole = result(rating_of(hourly(3), storage), FIRST + timedelta(days=90))
    assert (whole["cost"]["total"], whole["cost"]["rated_through"], whole["warnings"]) == ("3", None, [])


@BOTH
def test_a_free_tier_that_cannot_be_read_leaves_the_cost_known(storage: str) -> None:
    service = rating_of([*traffic(10, "1"), *hourly(10)], storage, {EGRESS: "GB"})
    broken = dataclasses.replace(service, broken="/v1/info/metrics")
    whole = result(broken, FIRST + 11 * HOUR)
    found = whole["cost"]
    assert (whole["complete"], found["total"], found["net"]) == (True, "30", None)
    assert (found["free_tier"]["gross"], found["free_tier"]["credit"]) == ("20", None)
    assert "the service answered 500" in found["free_tier"]["reason"]
    assert whole["warnings"] == [f"`net` is null: {found['free_tier']['reason']}"]


@pytest.mark.parametrize(
    ("wrong_by", "net"),
    [
        # 2 ICU an hour: 8176 in 4088 hours, which is more than a month's free tier; 1e-5 of it are 0.08176.
        ("0.08", "known"),
        ("0.09", None),
    ],
)
def test_sums_of_v1_on_sql_storage_have_six_digits(wrong_by: str, net: str | None) -> None:
    points = traffic(4088, "100")
    service = dataclasses.replace(rating_of(points, "v1", {EGRESS: "GB"}), wrong_by=wrong_by)
    window = Window(FIRST, FIRST + 4088 * HOUR)
    found = told(service, window.end, window=window, named=None)
    assert found["total"] == f"{8176 + float(wrong_by):g}"
    assert (found["net"] is None) == (net is None)
    if net is None:
        assert "the cloud's own sum is" in found["free_tier"]["reason"]


def test_the_difference_is_to_a_sum_of_the_clouds_and_none_where_it_has_none() -> None:
    points = [Rated(FIRST + hour * HOUR, "instance", "1", "2", "one") for hour in range(10)]
    for storage, wrong_by, difference in (
        ("v2", "-0.00005", "0.00005"),
        ("v1", "-0.00005", "0.00005"),
        ("loki", "0", None),
    ):
        service = dataclasses.replace(rating_of(points, storage), wrong_by=wrong_by)
        found = told(service, FIRST + 11 * HOUR, group_by=("resource", "hour"))
        assert found["cloud_difference"] == difference, storage


def test_a_cloud_that_rates_in_its_own_currency_promises_no_free_tier() -> None:
    service = rating_of(traffic(10, "1"), units={EGRESS: "GB"})
    found = told(service, FIRST + 11 * HOUR, rating_currency="EUR", currency="EUR")
    assert (found["free_tier"], found["net"]) == (None, "20")
    assert len(service.asked) == 2


# --- a file


COLUMNS = "begin,end,type,resource_id,quantity,unit,amount,currency,metadata"


@BOTH
@pytest.mark.parametrize("name", ["points.csv", "points.jsonl"])
def test_a_file_takes_the_points_and_says_when_it_changed(tmp_path: Path, name: str, storage: str) -> None:
    service, path = rating_of(SHOP, storage), tmp_path / name

    def write(check_mode: bool = False) -> bool:
        found = result(service, SHOP_NOW, dest=path, group_by=("flavor",), check_mode=check_mode)
        assert found["cost"]["dataframes"] is None
        assert (found["cost"]["points"], found["cost"]["dest"]) == (len(SHOP), str(path))
        changed: bool = found["changed"]
        return changed

    assert write(check_mode=True)
    assert list(tmp_path.iterdir()) == []
    assert write()
    assert [one.name for one in tmp_path.iterdir()] == [name]
    assert path.stat().st_mode & 0o777 == 0o600
    lines = path.read_text().splitlines()
    assert len(lines) == len(SHOP) + (name == "points.csv")
    if name == "points.csv":
        assert lines[0] == COLUMNS
        unit = "u" if storage == "v2" else ""
        quantity = "1"
        assert (
            f"2026-11-01T00:00:00Z,2026-11-01T01:00:00Z,volume.size,disk,{quantity},{unit},0.1,ICU,"
            '"{""volume_type"": ""fast""}"' in lines
        )
    assert not write(check_mode=True)
    assert not write()
    path.chmod(0o644)
    assert write()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_stays_as_it_was_where_the_points_are_not_what_the_cloud_charges(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("of yesterday")
    service = dataclasses.replace(rating_of(hourly(10)), wrong_by="1")
    with pytest.raises(Malformed):
        told(service, FIRST + 11 * HOUR, dest=path, with_rated_through=False)
    assert path.read_text() == "of yesterday"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        InvalidOption, match="^dest: '.*gone/points.csv' cannot be written: No such file or directory"
    ):
        told(rating_of(hourly(1)), FIRST + 2 * HOUR, dest=tmp_path / "gone" / "points.csv")


def test_rows_of_points_are_told_with_all_their_digits() -> None:
    points = [Rated(FIRST, "volume.size", "1", "0.000000123")]
    found = told(rating_of(points), FIRST + HOUR, dataframes=True)
    assert found["dataframes"][0]["amount"] == "0.000000123"
    assert found["total"] == "0"
