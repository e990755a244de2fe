# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures of projects of any size on a running cloud: in how few requests, and what is told apart
(design/reading-a-cloud.md).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    CloudError,
    InvalidOption,
    NotFound,
    ServiceAbsent,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, iso, now_utc
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions
from ansible_collections.finops.cloud.plugins.module_utils._openstack.metric import (
    ArchivePolicy,
    Metric,
    Retention,
)
from ansible_collections.finops.cloud.plugins.module_utils._usage.measures import (
    Found,
    MetricOptions,
    planned,
)
from ansible_collections.finops.cloud.plugins.module_utils._usage.metrics import read_metrics

from ....conftest import FILES, Sandbox

Start = Callable[..., Sandbox]
DAY = timedelta(days=1)
#: Two and a half days ago the default scenario measured nothing of web-2 for three hours.
GAP_HOURS = (50, 47)
EVERY: dict[str, Any] = {
    "resources": (),
    "children": False,
    "resource_type": "generic",
    "metrics": (),
    "window": None,
    "granularity_s": None,
    "aggregation": "mean",
    "resample_s": None,
    "reaggregation": None,
    "with_measures": False,
    "with_summary": False,
    "on_error": "fail",
}
THREE_METRICS = {"resource_type": "instance", "metrics": ("cpu", "vcpus", "memory.usage")}


def read(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, **options: Any) -> tuple[dict[str, Any], int]:
    """What the service says, and how many requests it made besides the login."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    sandbox.ask("DELETE", "/sandbox/requests")
    assert set(options) <= set(EVERY)
    told = read_metrics(
        Cloud(ConnectionOptions(cloud="sandbox")), MetricOptions(**{**EVERY, **options}), now_utc()
    )
    asked = sandbox.ask("GET", "/sandbox/requests").body
    assert (asked["token"], asked["discovery"]) == (1, 0)
    return told, asked["api"]


def last(length: timedelta, ago: timedelta = timedelta()) -> Window:
    end = now_utc() - ago
    return Window(end - length, end)


def ids(sandbox: Sandbox) -> dict[str, str]:
    """The servers' ids by their names."""
    rows = sandbox.ask("GET", f"{sandbox.catalog['compute']}/servers").body["servers"]
    return {row["name"]: row["id"] for row in rows}


@pytest.mark.parametrize(
    ("servers", "listed", "named"),
    [
        # Resources, and metrics: five of each server, two of its disk, one of its volume.
        (1, 1 + 1, 5),
        pytest.param(1100, 4 + 9, 2 + 3 * 2 + 1, marks=pytest.mark.heavy),
    ],
)
def test_requests_do_not_grow_with_the_servers_but_with_pages(
    start: Start, monkeypatch: pytest.MonkeyPatch, servers: int, listed: int, named: int
) -> None:
    sandbox = start("--servers", str(servers))
    told, asked = read(sandbox, monkeypatch)
    assert asked == listed
    assert (len(told["resources"]), len(told["metrics"])) == (servers * 3, servers * 8)
    hours = last(timedelta(hours=4), ago=timedelta(hours=2))
    told, asked = read(
        sandbox, monkeypatch, **THREE_METRICS, window=hours, granularity_s=3600, with_summary=True
    )
    assert asked == named
    assert [row["summary"]["count"] for row in told["metrics"]] == [4] * servers * 3


def test_a_day_of_200_servers_and_3_metrics_is_5_requests(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One list of resources, one of metrics for each name, and one of all 200 x 3 x 288 measures and what
    tells the use of CPUs.
    """
    sandbox = start("--servers", "200")
    told, asked = read(sandbox, monkeypatch, **THREE_METRICS, window=last(DAY), with_summary=True)
    assert asked == 5
    assert len(told["metrics"]) == 200 * 3
    assert {(row["granularity_s"], row["summary"]["count"]) for row in told["metrics"]} == {(300, 288)}
    assert [row["cpu_utilization"]["max"] for row in told["resources"]] == [pytest.approx(0.7)] * 200


def test_all_measures_come_however_many_requests_that_takes(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A week of five minutes: of 4 x 32 series of 2016 measures 124 fit in a request."""
    sandbox = start("--servers", "32")
    window = last(7 * DAY - timedelta(hours=1))
    told, asked = read(
        sandbox, monkeypatch, **THREE_METRICS, window=window, granularity_s=300, with_summary=True
    )
    assert asked == 4 + 2
    assert {(row["missing"], row["summary"]["count"]) for row in told["metrics"]} == {(0, 2004)}


def test_more_names_than_lists_are_looked_for_in_the_list_of_all(
    running: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("cpu", "vcpus", "memory", "memory.usage", "disk.root.size")
    assert read(running, monkeypatch, metrics=names[:4])[1] == 5
    told, asked = read(running, monkeypatch, metrics=names)
    assert (asked, {row["name"] for row in told["metrics"]}) == (2, set(names))


def test_a_metric_by_its_id(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = read(running, monkeypatch, metrics=("vcpus",), resources=(ids(running)["db-1"],))[0]["metrics"][
        0
    ]
    told, asked = read(running, monkeypatch, metrics=(wanted["id"],), window=last(DAY), with_measures=True)
    assert [row["id"] for row in told["metrics"]] == [wanted["id"]]
    assert {row["value"] for row in told["metrics"][0]["measures"]} == {4.0}
    assert asked == 3


def test_a_server_and_its_children(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    web = ids(running)["web-1"]
    alone = read(running, monkeypatch, resources=(web,))[0]
    assert [(row["type"], row["name"]) for row in alone["resources"]] == [("instance", "web-1")]
    both = read(running, monkeypatch, resources=(web,), children=True)[0]
    assert [row["original_resource_id"] for row in both["resources"]] == [web, f"{web}-vda"]
    # The disk has an id of Gnocchi's own; both name it.
    for name in (both["resources"][1]["id"], f"{web}-vda"):
        told = read(running, monkeypatch, resources=(name,))[0]
        assert [row["name"] for row in told["metrics"]] == [
            "disk.device.read.bytes",
            "disk.device.write.bytes",
        ]


def test_a_gap_is_no_zero(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    window = last(timedelta(hours=8), ago=timedelta(hours=45))
    options = {"resource_type": "instance", "metrics": ("vcpus",), "window": window, "granularity_s": 300}
    servers = tuple(ids(running)[name] for name in ("web-1", "web-2"))
    told = read(running, monkeypatch, resources=servers, reaggregation="sum", with_measures=True, **options)[
        0
    ]
    by_resource = {row["resource_id"]: row for row in told["metrics"]}
    web_1, web_2 = (by_resource[server] for server in servers)
    assert (web_1["missing"], web_2["missing"]) == (0, (GAP_HOURS[0] - GAP_HOURS[1]) * 12)
    assert len(web_1["measures"]) == len(web_2["measures"]) + web_2["missing"]
    assert {row["value"] for row in web_2["measures"]} == {2.0}
    [together] = told["reaggregated"]
    values = [(row["value"], row["count"], row["missing"]) for row in together["measures"]]
    assert set(values) == {(4.0, 2, 0), (None, 1, 1)}
    assert values.count((None, 1, 1)) == web_2["missing"]
    mean = read(running, monkeypatch, resources=servers, reaggregation="mean", **options)[0]["reaggregated"]
    assert {row["value"] for row in mean[0]["measures"]} == {2.0}
    # By two hours: those with the gap in them are told to lack something, and their sum is not known.
    coarse = read(running, monkeypatch, resources=servers, reaggregation="sum", resample_s=7200, **options)[0]
    assert {row["missing"] for row in coarse["reaggregated"][0]["measures"]} == {0, 1}


def test_not_there_and_nothing_measured_and_no_such_service_are_told_apart(
    running: Sandbox, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = Window(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC))
    web = ids(running)["web-1"]
    told = read(
        running,
        monkeypatch,
        resources=(web,),
        metrics=("cpu",),
        window=long_ago,
        with_measures=True,
        with_summary=True,
    )[0]
    assert told["complete"]
    assert (told["metrics"][0]["measures"], told["metrics"][0]["summary"]) == ([], None)
    with pytest.raises(NotFound, match="this project has no resource nobody and no metric nothing"):
        read(running, monkeypatch, resources=("nobody",), metrics=("nothing",))
    told = read(running, monkeypatch, resources=(web, "nobody"), metrics=("cpu", "nothing"), on_error="warn")[
        0
    ]
    assert not told["complete"]
    assert told["not_found"] == {"resources": ["nobody"], "metrics": ["nothing"]}
    assert [row["name"] for row in told["metrics"]] == ["cpu"]
    assert told["services"]["metric"]["status"] == "ok"
    default = (FILES / "scenarios" / "default.yml").read_text()
    (tmp_path / "without.yml").write_text(f"{default}\nservices: [compute, block_storage, network]\n")
    other = start("--scenario", str(tmp_path / "without.yml"))
    with pytest.raises(ServiceAbsent):
        read(other, monkeypatch)
    told = read(other, monkeypatch, on_error="warn", window=last(DAY), with_measures=True)[0]
    assert (told["services"]["metric"]["status"], told["complete"]) == ("absent", False)
    assert [told[key] for key in ("resources", "metrics", "archive_policies")] == [None] * 3


def test_what_breaks_is_an_error_or_null_and_says_so(
    drilled: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"metrics": ("vcpus",), "window": last(DAY), "with_measures": True, "with_summary": True}

    def fault(path: str) -> None:
        drilled.ask("DELETE", "/sandbox/faults")
        assert (
            drilled.ask(
                "POST", "/sandbox/faults", {"service": "metric", "path": path, "kind": "status"}
            ).status
            == 200
        )

    fault("/v1/aggregates")
    with pytest.raises(CloudError, match="Reading measures from"):
        read(drilled, monkeypatch, **options)
    told = read(drilled, monkeypatch, on_error="warn", **options)[0]
    assert not told["complete"]
    assert {(row["measures"], row["summary"], row["missing"]) for row in told["metrics"]} == {
        (None, None, None)
    }
    assert len(told["metrics"]) == 6
    fault("/v1/metric")
    told = read(drilled, monkeypatch, on_error="warn", **options)[0]
    assert (told["complete"], told["metrics"], told["resources"]) == (False, None, None)
    assert told["services"]["metric"]["status"] == "error"


@pytest.mark.parametrize(
    ("window", "servers", "volumes"),
    [
        (last(DAY), 300, 300),
        (last(3 * DAY), 300, 300),
        # More than 1000 of five minutes, and no longer kept so.
        (last(5 * DAY), 3600, 3600),
        (last(DAY, ago=10 * DAY), 3600, 300),
        (last(60 * DAY), 21600, 3600),
        (last(DAY, ago=85 * DAY), 21600, 3600),
        # Longer ago than anything is kept: what reaches furthest.
        (last(DAY, ago=900 * DAY), 21600, 3600),
    ],
)
def test_the_archive_policy_chooses_the_granularity(
    running: Sandbox, monkeypatch: pytest.MonkeyPatch, window: Window, servers: int, volumes: int
) -> None:
    """That of servers keeps 7, 62 and 732 days, that of volumes 30 and 90; one is asked for apart from the
    other.
    """
    resources = (
        ids(running)["web-1"],
        running.ask("GET", f"{running.catalog['block-storage']}/volumes").body["volumes"][0]["id"],
    )
    told, asked = read(
        running,
        monkeypatch,
        resources=resources,
        metrics=("vcpus", "volume.size"),
        window=window,
        with_measures=True,
    )
    chosen = {row["name"]: row["granularity_s"] for row in told["metrics"]}
    assert chosen == {"vcpus": servers, "volume.size": volumes}
    assert asked == 3 + len(set(chosen.values()))


@pytest.mark.parametrize("granularity", [300, 3600])
def test_windows_next_to_each_other_share_no_measure_and_lose_none(
    running: Sandbox, monkeypatch: pytest.MonkeyPatch, granularity: int
) -> None:
    # Two minutes after a measure, so that none lies in the last second.
    end = now_utc().replace(minute=2, second=0) - timedelta(hours=1)
    edges = [end - timedelta(hours=7, minutes=13), end - timedelta(hours=3, minutes=1, seconds=1), end]

    def moments(begin: datetime, until: datetime) -> list[str]:
        told = read(
            running,
            monkeypatch,
            metrics=("vcpus",),
            resources=(ids(running)["web-1"],),
            window=Window(begin, until),
            granularity_s=granularity,
            with_measures=True,
        )[0]
        return [row["timestamp"] for row in told["metrics"][0]["measures"]]

    whole = moments(edges[0], edges[2])
    assert moments(edges[0], edges[1]) + moments(edges[1], edges[2]) == whole
    assert all(iso(edges[0]) <= moment < iso(edges[2]) for moment in whole)
    assert moments(end - timedelta(seconds=1), end) == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"granularity_s": 60},
            r"granularity: .* is stored by archive policy \S+, which keeps 300 or 3600.* seconds, not 60",
        ),
        (
            {"aggregation": "rate:mean"},
            r"aggregation: .* which has count, max, mean, min, sum, not rate:mean",
        ),
        ({"resample_s": 400}, "resample: 400 seconds are not a multiple of the granularity, 300 or 3600"),
        (
            {"resample_s": 300, "granularity_s": 3600},
            "resample: 300 seconds are not a multiple of the granularity, 3600",
        ),
    ],
)
def test_what_no_archive_policy_has_is_said_before_it_is_asked(
    running: Sandbox, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidOption, match=says):
        read(running, monkeypatch, window=last(DAY), with_measures=True, resource_type="volume", **options)


def test_the_use_of_cpus_is_that_of_the_scenario(running: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """From noon to five in the afternoon, UTC: seven tenths in the first hour, four in the others; a stopped
    server none.
    """
    noon = now_utc().replace(hour=12, minute=0, second=0) - DAY
    options = {"resource_type": "instance", "with_summary": True, "granularity_s": 300}
    told = read(running, monkeypatch, window=Window(noon, noon + timedelta(hours=5)), **options)[0]
    used = {row["name"]: row["cpu_utilization"] for row in told["resources"]}
    # Of 60 granules 59 have one before them in the window: 12 at seven tenths, those of 12:05 to 13:00.
    for name in ("web-1", "db-1"):
        assert used[name]["mean"] == pytest.approx((12 * 0.7 + 47 * 0.4) / 59)
        assert (used[name]["max"], used[name]["min"]) == (pytest.approx(0.7), pytest.approx(0.4))
        assert used[name]["count"] == 59
    assert used["batch-1"]["max"] == 0
    without = read(running, monkeypatch, window=last(DAY), metrics=("cpu",), **options)[0]
    assert {row["cpu_utilization"] for row in without["resources"]} == {None}


def test_metrics_of_one_name_at_two_granularities_are_not_put_together() -> None:
    """Their archive policies have only the hour in common, which has to be asked for."""

    def kept(policy: str, *granularities: int) -> Metric:
        definition = tuple(Retention(seconds, 1000, 1000 * seconds) for seconds in granularities)
        return Metric(policy, "vcpus", None, None, None, ArchivePolicy(policy, ("mean",), 0, definition))

    found = Found({}, [kept("fine", 300, 3600), kept("coarse", 3600)])
    window = last(timedelta(hours=3))
    with pytest.raises(
        InvalidOption, match="metrics named vcpus are kept at different ones .300 and 3600.; name one"
    ):
        planned(found, MetricOptions(**{**EVERY, "reaggregation": "sum"}), window, window.end)
    apart = planned(found, MetricOptions(**EVERY), window, window.end)
    assert {seconds: len(some) for seconds, some in apart.items()} == {300: 1, 3600: 1}
    named = MetricOptions(**{**EVERY, "reaggregation": "sum", "granularity_s": 3600})
    assert {seconds: len(some) for seconds, some in planned(found, named, window, window.end).items()} == {
        3600: 2
    }
