# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the sandbox's Gnocchi measured, and the ways to ask for much of it at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from ...conftest import Answer, Sandbox, ask, log_in

HOUR, SAMPLE = 3600.0, 300.0


def afternoon() -> datetime:
    """A recent hour in which servers worked at four tenths, as they did in the hour before."""
    return datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) - timedelta(days=1)


def metric(sandbox: Sandbox, path: str, **query: Any) -> Answer:
    return sandbox.ask("GET", f"{sandbox.catalog['metric']}/v1{path}?{urlencode(query, doseq=True)}")


def an_hour() -> dict[str, str]:
    return {"start": afternoon().isoformat(), "stop": (afternoon() + timedelta(hours=1)).isoformat()}


@pytest.fixture
def servers(running: Sandbox) -> dict[str, dict[str, Any]]:
    return {row["display_name"]: row for row in metric(running, "/resource/instance").body}


def aggregate(sandbox: Sandbox, operations: Any, query: dict[str, Any], **body: Any) -> Any:
    url = f"{sandbox.catalog['metric']}/v1/aggregates?{urlencode(query, doseq=True)}"
    return sandbox.ask("POST", url, {"operations": operations, **body}).body


def test_cpu_is_what_its_cpus_worked(running: Sandbox, servers: dict[str, dict[str, Any]]) -> None:
    """Two CPUs at four tenths work 240 s in five minutes; the counter rises by that."""
    path = f"/metric/{servers['web-1']['metrics']['cpu']}/measures"
    rates = metric(running, path, aggregation="rate:mean", granularity=300, **an_hour()).body
    assert [row[1:] for row in rates] == [[SAMPLE, 240e9]] * 12
    assert metric(running, path, aggregation="rate:mean", granularity=3600, **an_hour()).body[0][1:] == [
        HOUR,
        240e9,
    ]
    counter = [row[2] for row in metric(running, path, granularity=300, **an_hour()).body]
    assert {after - before for before, after in pairwise(counter)} == {240e9}
    stopped = f"/metric/{servers['batch-1']['metrics']['cpu']}/measures"
    assert metric(running, stopped, aggregation="rate:mean", granularity=3600, **an_hour()).body[0][2] == 0


def test_without_a_granularity_all_of_them_come_mixed(
    running: Sandbox, servers: dict[str, dict[str, Any]]
) -> None:
    path = f"/resource/instance/{servers['db-1']['id']}/metric/vcpus/measures"
    told = metric(running, path, aggregation="sum", **an_hour()).body
    assert [row[1] for row in told] == [6 * HOUR, HOUR] + [SAMPLE] * 12
    assert [row[2] for row in told] == [72 * 4.0, 12 * 4.0] + [4.0] * 12


def test_a_start_inside_a_granule_takes_all_of_it(
    running: Sandbox, servers: dict[str, dict[str, Any]]
) -> None:
    path = f"/metric/{servers['web-1']['metrics']['memory']}/measures"
    inside = {"start": (afternoon() + timedelta(minutes=59)).isoformat(), "stop": an_hour()["stop"]}
    assert metric(running, path, granularity=3600, **inside).body == [[afternoon().isoformat(), HOUR, 4096.0]]
    half = metric(running, path, granularity=300, start="-30min").body
    assert len(half) in (6, 7)
    assert metric(running, path, granularity=3600, start="2020-01-01", stop="2020-01-02").body == []


def test_measures_begin_with_the_server_and_are_kept_for_a_while(
    running: Sandbox, servers: dict[str, dict[str, Any]]
) -> None:
    def oldest(name: str, granularity: int) -> datetime:
        path = f"/metric/{servers[name]['metrics']['vcpus']}/measures"
        return datetime.fromisoformat(metric(running, path, granularity=granularity).body[0][0])

    began = datetime.fromisoformat(servers["trial-1"]["started_at"])
    assert oldest("trial-1", 300) == began
    assert oldest("trial-1", 3600) == began.replace(minute=0)
    week = datetime.now(UTC) - timedelta(days=7)
    assert abs(oldest("web-1", 300) - week) < timedelta(minutes=10)


def test_one_request_tells_many_metrics_of_many_servers(
    running: Sandbox, servers: dict[str, dict[str, Any]]
) -> None:
    operations = "(metric (cpu rate:mean) (vcpus mean))"
    query = {"granularity": 3600, **an_hour()}
    told = aggregate(
        running, operations, query, resource_type="instance", search=f"project_id = '{running.project_id}'"
    )
    assert set(told["measures"]) == {row["id"] for row in servers.values()}
    assert told["measures"][servers["web-1"]["id"]] == {
        "cpu": {"rate:mean": [[afternoon().isoformat(), HOUR, 240e9]]},
        "vcpus": {"mean": [[afternoon().isoformat(), HOUR, 2.0]]},
    }


def test_aggregates_combine_and_group(running: Sandbox) -> None:
    query = {"granularity": 3600, **an_hour()}
    operations = ["aggregate", "sum", ["metric", "vcpus", "mean"]]
    told = aggregate(running, operations, query, resource_type="instance", search={})
    # Four servers with two CPUs, one with four, one with eight.
    assert told == {"measures": {"aggregated": [[afternoon().isoformat(), HOUR, 20.0]]}}
    groups = aggregate(
        running, operations, {**query, "groupby": "flavor_name"}, resource_type="instance", search={}
    )
    assert {
        row["group"]["flavor_name"]: row["measures"]["measures"]["aggregated"][0][2] for row in groups
    } == {
        "a2-ram4-disk0-perf1": 2.0,
        "a2-ram4-disk20-perf1": 6.0,
        "a4-ram16-disk80-perf1": 4.0,
        "a8-ram32-disk80-perf1": 8.0,
    }


@pytest.mark.parametrize(
    "operations",
    [
        "(aggregate sum (metric vcpus mean)",
        "metric vcpus mean",
        "(rolling mean 3 (metric vcpus mean))",
        "()",
        None,
    ],
)
def test_operations_that_are_none_are_refused(running: Sandbox, operations: Any) -> None:
    assert aggregate(running, operations, {}, resource_type="instance", search={})["code"] == 400


def test_the_search_finds_a_server_and_its_children(
    running: Sandbox, servers: dict[str, dict[str, Any]]
) -> None:
    def found(kind: str, wanted: Any, sentence: str = "") -> list[str]:
        url = f"{running.catalog['metric']}/v1/search/resource/{kind}?filter={quote(sentence)}"
        return [row["original_resource_id"] for row in running.ask("POST", url, wanted).body]

    web, db = (servers[name]["id"] for name in ("web-1", "db-1"))
    assert found("generic", {"like": {"original_resource_id": f"{web}%"}}) == [web, f"{web}-vda"]
    assert found("generic", None, f"original_resource_id like '{web}%'") == [web, f"{web}-vda"]
    assert found("generic", None, f"original_resource_id like '{web}%' and not type = 'instance'") == [
        f"{web}-vda"
    ]
    assert found("instance", None, f"(id = '{web}' or id = \"{db}\") and display_name != 'db-1'") == [web]
    assert found("instance", {"and": [{"in": {"id": [web, db]}}, {"=": {"display_name": "db-1"}}]}) == [db]
    for wrong in ({"~": {"id": "x"}}, {"=": {"color": "red"}}):
        refused = running.ask("POST", f"{running.catalog['metric']}/v1/search/resource/instance", wrong)
        assert refused.status == 400


def test_what_belongs_to_another_project_is_forbidden_or_not_there(
    running: Sandbox, servers: dict[str, dict[str, Any]]
) -> None:
    token = log_in(running.state, "PCU-OTHER99", "PCP-OTHER99", "also-only-for-the-sandbox").headers[
        "X-Subject-Token"
    ]
    web = servers["web-1"]
    statuses = {
        path: ask("GET", f"{running.catalog['metric']}/v1{path}", headers={"X-Auth-Token": token}).status
        for path in (
            f"/resource/instance/{web['id']}",
            f"/resource/instance/{web['id']}/metric/nothing/measures",
            f"/metric/{web['metrics']['cpu']}/measures",
            "/resource/instance/00000000-0000-0000-0000-000000000000",
            "/resource/teapot",
        )
    }
    assert list(statuses.values()) == [403, 404, 403, 404, 404]
    for path in ("/resource/instance", "/metric"):
        assert ask("GET", f"{running.catalog['metric']}/v1{path}", headers={"X-Auth-Token": token}).body == []


def test_long_lists_name_the_next_page_in_a_header(start: Callable[..., Sandbox]) -> None:
    sandbox = start("--servers", "350")
    seen, url = [], f"{sandbox.catalog['metric']}/v1/metric"
    while url:
        answer = sandbox.ask("GET", url)
        assert len(answer.body) <= 1000
        seen += [row["id"] for row in answer.body]
        url = answer.headers.get("Link", "").partition("<")[2].partition(">")[0]
    # Five of each server, two of its disk, one of its volume.
    assert (len(seen), len(set(seen))) == (350 * 8, 350 * 8)
