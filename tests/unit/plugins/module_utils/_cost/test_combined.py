# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several projects and regions in one call: their sum, each of them, and what is unknown where one is
(design/reading-a-cloud.md, design/money.md#net-amounts).
"""

from __future__ import annotations

import csv
import dataclasses
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    FinopsError,
    LoginFailed,
    UnknownAmount,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.money import exact_sum
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._core.spans import union
from ansible_collections.finops.cloud.plugins.module_utils._cost import cost
from ansible_collections.finops.cloud.plugins.module_utils._openstack.projects import (
    ProjectLogin,
    ProjectLogins,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from ....fake_rating import HOUR, OWNER, FakeRating, Rated, login_of, rating_of
from .test_cost import EGRESS, FIRST, asked, hourly, told, traffic

OTHER = "0f" * 16
NOW = FIRST + 50 * HOUR
REFUSED = LoginFailed(
    "a token for project gone", "http://c", "the identity service refused the credentials (401)", 401
)


def owned(points: list[Rated], owner: str) -> list[Rated]:
    return [dataclasses.replace(one, owner=owner) for one in points]


def service_of(points: list[Rated], owner: str = OWNER, storage: str = "v2", **units: str) -> FakeRating:
    return dataclasses.replace(
        rating_of(
            owned(points, owner), storage, {name.replace("_", "."): unit for name, unit in units.items()}
        ),
        project_id=owner,
    )


def result(places: list[ProjectLogin], now: datetime = NOW, **options: Any) -> dict[str, Any]:
    return cost.read_cost(ProjectLogins(tuple(places), several=True), asked(**options), now)


def three(storage: str = "v2") -> list[ProjectLogin]:
    """Two regions of one project, one of another: 48 hours at 1 and 0.5; 47 at 2; 40 at 0.25."""
    here = [
        *hourly(48, resource="disk", metadata=(("volume_type", "fast"),)),
        *hourly(48, "ip.floating", "0.5"),
    ]
    there = hourly(47, amount="2", resource="disk", metadata=(("volume_type", "fast"),))
    other = hourly(40, "instance_up", "0.25", resource="web", metadata=(("flavor_name", "small"),))
    return [
        login_of(service_of(here, storage=storage), "a"),
        login_of(service_of(there, storage=storage), "b"),
        login_of(service_of(other, OTHER, storage=storage), "a", "office"),
    ]


@pytest.mark.parametrize("storage", ["v2", "v1"])
def test_the_sum_and_each_of_them(storage: str) -> None:
    groups = ("project", "day", "resource", "volume_type", "flavor", "resource_hour")
    found = result(three(storage), group_by=groups, currency="CHF", dataframes=True)
    whole = found["cost"]
    # 72 + 94 + 10 ICU at 50 a franc.
    assert (whole["total"], whole["currency"], whole["totals"]["ICU"]) == ("3.52", "CHF", "176")
    assert [(row["region"], row["amount"]) for row in whole["by_region"]] == [("b", "1.88"), ("a", "1.64")]
    assert [(row["project_name"], row["amount"]) for row in whole["by_project"]] == [
        ("shop", "3.32"),
        ("office", "0.2"),
    ]
    assert [(row["type"], row["quantity"], row["amount"]) for row in whole["by_type"]] == [
        ("volume.size", "95" if storage == "v2" else None, "2.84"),
        ("ip.floating", "48" if storage == "v2" else None, "0.48"),
        ("instance_up", "40" if storage == "v2" else None, "0.2"),
    ]
    assert [(row["day"], row["amount"]) for row in whole["by_day"]] == [
        ("2026-11-01", "1.8"),
        ("2026-11-02", "1.72"),
    ]
    assert [(row["volume_type"], row["amount"]) for row in whole["by_volume_type"]] == [("fast", "2.84")]
    assert [(row["flavor"], row["amount"]) for row in whole["by_flavor"]] == [("small", "0.2")]
    # The disk of both regions has one name, as an account of object storage would: they are two.
    assert [
        (row["region"], row["project_name"], row["resource_id"], row["amount"])
        for row in whole["by_resource"]
    ] == [
        ("b", "shop", "disk", "1.88"),
        ("a", "shop", "disk", "0.96"),
        ("a", "shop", "one", "0.48"),
        ("a", "office", "web", "0.2"),
    ]
    assert len(whole["by_resource_hour"]) == len(whole["dataframes"]) == 48 * 2 + 47 + 40
    assert {row["project_id"] for row in whole["dataframes"]} == {OWNER, OTHER}
    assert whole["dataframes"] == sorted(whole["dataframes"], key=lambda row: row["begin"])
    parts = {(part["project_name"], part["region"]): part for part in found["parts"]}
    assert {place: part["cost"]["total"] for place, part in parts.items()} == {
        ("shop", "a"): "1.44",
        ("shop", "b"): "1.88",
        ("office", "a"): "0.2",
    }
    assert all(part["complete"] and part["services"]["rating"]["status"] == "ok" for part in parts.values())
    assert parts["office", "a"]["project_id"] == OTHER
    assert not {"by_resource", "dataframes", "metrics"} & parts["office", "a"]["cost"].keys()
    assert (found["complete"], found["cloud"]["region"], found["cloud"]["project_id"]) == (True, None, None)
    assert (found["cloud"]["name"], found["cloud"]["auth_url"]) == ("c", "http://c")


def test_one_place_named_is_told_like_several_and_costs_what_it_costs_alone() -> None:
    points = [*hourly(48, resource="disk"), *hourly(30, "ip.floating", "0.5")]
    options: dict[str, Any] = {"group_by": ("day", "project"), "with_previous": True, "with_forecast": True}
    alone = told(service_of(points), NOW, **options)
    named = result([login_of(service_of(points))], **options)
    assert {key: named["cost"][key] for key in alone} == alone
    assert (named["cloud"]["region"], named["cloud"]["project_name"]) == ("r", "shop")


def test_each_has_its_own_freshness_and_the_whole_that_of_the_slowest() -> None:
    found = result(three(), with_previous=True, with_forecast=True)
    assert [part["cost"]["rated_through"] for part in found["parts"]] == [
        "2026-11-03T00:00:00Z",
        "2026-11-02T23:00:00Z",
        "2026-11-02T16:00:00Z",
    ]
    assert found["cost"]["rated_through"] == "2026-11-02T16:00:00Z"
    assert found["cost"]["fully_rated"] is False
    # Until 02:00: 2 hours at 1.5, 3 at 2, 10 at 0.25.
    assert found["cost"]["unrated_estimate"] == {
        "amount": "11.5",
        "currency": "ICU",
        "run_rate": "3.75",
        "periods": 10,
    }
    # 720 hours in November: 176 and 672 x 1.5 + 673 x 2 + 680 x 0.25 more.
    assert found["cost"]["forecast"]["expected"] == "2700"
    assert found["cost"]["forecast"]["periods"] == 40
    assert found["cost"]["previous"]["total"] == "0"
    assert found["cost"]["previous"]["compared_end"] == "2026-11-03T00:00:00Z"


def test_hours_that_one_of_them_misses_are_missing() -> None:
    gap = [one for one in hourly(10) if one.begin not in (FIRST + 3 * HOUR, FIRST + 4 * HOUR)]
    late = [one for one in hourly(10) if one.begin != FIRST + 5 * HOUR]
    found = result([login_of(service_of(gap), "a"), login_of(service_of(late), "b")], group_by=("hour",))
    assert found["cost"]["missing_hours"] == [
        {"begin": "2026-11-01T03:00:00Z", "end": "2026-11-01T06:00:00Z", "periods": 3}
    ]
    assert [len(part["cost"]["missing_hours"]) for part in found["parts"]] == [1, 1]
    assert {row["amount"] for row in found["cost"]["by_hour"]} == {"1", "2"}


def test_what_is_unknown_of_one_is_unknown_of_all() -> None:
    """Nothing is rated of the second: what it costs so far is 0, how far that reaches nobody can say."""
    places = [login_of(service_of(hourly(48)), "a"), login_of(service_of([]), "b")]
    found = result(places, with_previous=True, with_forecast=True)["cost"]
    assert found["total"] == "48"
    for key in ("rated_through", "fully_rated", "missing_hours", "unrated_estimate", "previous", "forecast"):
        assert found[key] is None
    with pytest.raises(UnknownAmount, match="^shop in b: .* there is no last rated hour"):
        result(places, window=None, named="last_hour")


def test_a_project_that_cannot_be_read_leaves_no_sum() -> None:
    broken = dataclasses.replace(service_of(hourly(10), OTHER), wrong_by="1")
    places = [
        login_of(service_of(hourly(48)), "a"),
        login_of(broken, "a", "office"),
        ProjectLogin("a", "gone", None, REFUSED),
    ]
    with pytest.raises(
        FinopsError, match="^office in a: Reading the rated periods .*gone in a: Reading a token for"
    ):
        result(places)
    found = result(places, on_error="warn")
    assert (found["complete"], found["cost"], found["changed"]) == (False, None, False)
    assert [part["complete"] for part in found["parts"]] == [True, False, False]
    assert [None if part["cost"] is None else part["cost"]["total"] for part in found["parts"]] == [
        "48",
        None,
        None,
    ]
    assert [part["services"]["rating"]["status"] for part in found["parts"]] == ["ok", "error", "forbidden"]
    assert [part["project_id"] for part in found["parts"]] == [OWNER, OTHER, None]
    status = found["services"]["rating"]
    assert status["status"] == "error"
    assert "office in a: " in status["message"]
    assert "gone in a: " in status["message"]


def test_the_last_hour_is_each_one_s_own() -> None:
    found = result(three(), window=None, named="last_hour")
    assert found["cost"]["total"] == "3.75"
    assert [part["period_end"] for part in found["parts"]] == [
        part["cost"]["rated_through"] for part in found["parts"]
    ]
    assert (found["period_start"], found["period_end"]) == ("2026-11-02T15:00:00Z", "2026-11-03T00:00:00Z")


def test_clouds_that_answer_by_different_apis_are_one_sum() -> None:
    places = [login_of(service_of(hourly(48)), "a"), login_of(service_of(hourly(48), storage="v1"), "b")]
    found = result(places, group_by=("resource", "day"))
    assert (found["cost"]["total"], found["cost"]["rating_api"], found["cost"]["by_type"][0]["quantity"]) == (
        "96",
        None,
        None,
    )
    assert [part["cost"]["rating_api"] for part in found["parts"]] == ["v2", "v1"]
    assert [row["amount"] for row in found["cost"]["by_day"]] == ["48", "48"]


# --- a file


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_file_says_whose_each_point_is_and_is_the_same_again(tmp_path: Path, check_mode: bool) -> None:
    path = tmp_path / "points.csv"
    found = result(three(), dest=path, check_mode=check_mode)
    assert (found["changed"], found["cost"]["points"], found["cost"]["dest"]) == (
        True,
        48 * 2 + 47 + 40,
        str(path),
    )
    assert "points" not in found["parts"][0]["cost"]
    assert path.exists() is not check_mode
    if not check_mode:
        with path.open() as stream:
            rows = list(csv.DictReader(stream))
        assert list(rows[0])[:5] == ["begin", "end", "region", "project_id", "project_name"]
        assert [(row["region"], row["project_name"]) for row in (rows[0], rows[96], rows[-1])] == [
            ("a", "shop"),
            ("b", "shop"),
            ("a", "office"),
        ]
        assert exact_sum(Decimal(row["amount"]) for row in rows) == 176
        assert not result(three(), dest=path)["changed"]


def test_a_file_stays_as_it_was_where_one_of_them_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("of yesterday")
    places = [*three(), ProjectLogin("a", "gone", None, REFUSED)]
    found = result(places, dest=path, on_error="warn")
    assert (found["changed"], found["cost"]) == (False, None)
    with pytest.raises(FinopsError, match="^gone in a: "):
        result(places, dest=path)
    assert path.read_text() == "of yesterday"
    assert list(tmp_path.iterdir()) == [path]


# --- the free tier, which a project's regions share (design/money.md#free-tier): 10,000 GB


def tiers(*places: tuple[list[Rated], str, str], **options: Any) -> tuple[dict[str, Any], list[int]]:
    """The `cost` of all, and how many requests each got."""
    services = [
        dataclasses.replace(service_of(points, owner), units={EGRESS: "GB"})
        for points, _region, owner in places
    ]
    found = result(
        [
            login_of(one, region, owner[:3])
            for one, (_points, region, owner) in zip(services, places, strict=True)
        ],
        now=FIRST + 5 * HOUR,
        **options,
    )
    return found["cost"], [len(one.asked) for one in services]


def test_traffic_that_fits_the_tier_in_all_regions_is_free_without_a_further_request() -> None:
    found, requests = tiers((traffic(2, "2500"), "a", OWNER), (traffic(2, "2500"), "b", OWNER))
    assert (found["total"], found["net"], found["free_tier"]["used_bytes"]) == ("8", "0", "10000000000000")
    assert requests == [3, 3]


def test_regions_share_one_tier_in_time_order_and_projects_have_one_each() -> None:
    """Each region alone would stay free. 4000 + 4000 in the first hour, 2000 of 4000 in the second, of the
    first region.
    """
    first, second = (traffic(2, "4000"), "a", OWNER), (traffic(2, "4000"), "b", OWNER)
    found, requests = tiers(first, second)
    assert (found["total"], found["free_tier"]["credit"], found["net"]) == ("8", "5", "3")
    assert requests == [4, 4]
    found, requests = tiers(first, (traffic(2, "4000"), "a", OTHER))
    assert (found["free_tier"]["credit"], found["net"]) == ("8", "0")
    assert requests == [3, 3]


def test_what_another_region_has_used_before_the_window_is_gone() -> None:
    window = Window(FIRST + 2 * HOUR, FIRST + 4 * HOUR)
    before, inside = traffic(2, "4000"), traffic(2, "4000", FIRST + 2 * HOUR)
    found, requests = tiers((inside, "a", OWNER), (before, "b", OWNER), window=window, named=None)
    # 8000 are gone, 2000 of the first 4000 are free.
    assert (found["total"], found["free_tier"]["credit"]) == ("4", "1")
    # The newest hours, the sums where any of the window is rated, the unit, and the traffic.
    assert requests == [4, 3]


def test_a_unit_that_one_region_does_not_tell_leaves_the_net_unknown() -> None:
    first = dataclasses.replace(service_of(traffic(2, "1")), units={EGRESS: "GB"})
    second = dataclasses.replace(service_of(traffic(2, "1")), units={EGRESS: "furlong"})
    found = result([login_of(first, "a"), login_of(second, "b")], now=FIRST + 5 * HOUR)["cost"]
    assert (found["total"], found["net"], found["free_tier"]["credit"]) == ("8", None, None)


# --- sums


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.integers(0, 47),
            st.sampled_from(("x", "y")),
            st.decimals("-1000", "1000", places=9),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_the_whole_is_exactly_the_sum_of_its_parts(drawn: list[tuple[int, int, str, Decimal]]) -> None:
    places = [
        login_of(
            service_of(
                [
                    Rated(FIRST + hour * HOUR, kind, "1", f"{amount:f}")
                    for of, hour, kind, amount in drawn
                    if of == n
                ]
            ),
            region,
        )
        for n, region in enumerate("abc")
    ]
    found = result(places, rating_api="v1", group_by=("hour", "resource_hour"), dataframes=True)
    exact = exact_sum(amount for *_place, amount in drawn)
    rows = found["cost"]["dataframes"]
    assert exact_sum(Decimal(row["amount"]) for row in rows) == exact
    assert abs(Decimal(found["cost"]["total"]) - exact) <= Decimal("1e-4")
    for key in ("by_region", "by_type", "by_category"):
        parts = exact_sum(Decimal(row["amount"]) for row in found["cost"][key])
        assert abs(parts - Decimal(found["cost"]["total"])) <= Decimal("1e-5")
    assert {row["region"] for row in rows} <= {"a", "b", "c"}


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12)), max_size=8))
def test_windows_united_hold_the_same_hours_and_touch_nowhere(drawn: list[tuple[int, int]]) -> None:
    spans = [Window(FIRST + begin * HOUR, FIRST + (begin + length) * HOUR) for begin, length in drawn]
    found = union(spans)
    hours = [datetime.fromtimestamp(FIRST.timestamp() + number * 3600, UTC) for number in range(75)]
    for hour in hours:
        assert any(one.contains(hour) for one in found) == any(one.contains(hour) for one in spans)
    assert all(one.end < following.begin for one, following in pairwise(found))


def test_the_status_of_several_is_that_of_one_while_nothing_is_wrong() -> None:
    ok = {"status": "ok", "http_status": 200, "message": None}
    assert result(three())["services"]["rating"] == ok
    assert result(three()[:1])["services"]["rating"] == ok
