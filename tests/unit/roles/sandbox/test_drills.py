# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the sandbox is for besides answering: faults, counting, a clock, scale, and being one process that
starts and stops.
"""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ...conftest import Sandbox, ask, command, log_in

Start = Callable[..., Sandbox]


def summary(sandbox: Sandbox, query: str = "groupby=time&limit=5000") -> dict[str, Any]:
    body: dict[str, Any] = sandbox.ask("GET", f"{sandbox.catalog['rating']}/v2/summary?{query}").body
    return body


def newest(sandbox: Sandbox) -> datetime:
    return max(datetime.fromisoformat(row[1]) for row in summary(sandbox)["results"] if row[3] is not None)


def test_it_is_one_process_that_starts_and_stops_once(tmp_path: Path) -> None:
    first, again = (json.loads(command("start", "--directory", str(tmp_path)).stdout) for _turn in range(2))
    assert (first["changed"], again["changed"]) == (True, False)
    assert first["pid"] == again["pid"]
    assert (tmp_path / "clouds.yaml").stat().st_mode & 0o777 == 0o600
    stopped, nothing = (
        json.loads(command("stop", "--directory", str(tmp_path)).stdout) for _turn in range(2)
    )
    assert (stopped["changed"], nothing["changed"]) == (True, False)
    with pytest.raises(urllib.error.URLError):
        ask("GET", first["url"])


def test_it_listens_on_loopback_only(running: Sandbox) -> None:
    sockets = [
        line.split() for line in Path(f"/proc/{running.state['pid']}/net/tcp").read_text().splitlines()[1:]
    ]
    port = f"{running.state['port']:04X}"
    listening = {row[1] for row in sockets if row[3] == "0A" and row[1].endswith(f":{port}")}
    assert listening == {f"0100007F:{port}"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("start", "--scenario", "/nowhere.yml"),
            "the scenario /nowhere.yml cannot be read: No such file or directory",
        ),
        (("fault", "--set", "{"), "--set takes a JSON object"),
        (("clock", "--advance-hours", "1"), "no sandbox runs in"),
    ],
)
def test_what_it_cannot_do_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    ended = command(arguments[0], "--directory", str(tmp_path / "none"), *arguments[1:])
    assert ended.returncode == 2
    assert says in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("region: dc3-a", "regoin: dc3-a"), "regoin is unknown; known are region"),
        (("region: dc3-a", "region: 3"), "region has to be of type str, not 3"),
        (
            ("flavor: a4-ram16", "flavor: a5-ram16"),
            "servers[db-1].flavor is a5-ram16-disk80-perf1, which the scenario does not have",
        ),
        (("storage: v2", "storage: v2\n  color: red"), "rating.color is unknown"),
        (("region: dc3-a\n", ""), "region is missing"),
        (("servers:\n", "servers: {\n"), "is no valid YAML"),
    ],
)
def test_a_wrong_scenario_is_one_sentence(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    default = (Path(__file__).parents[4] / "roles/sandbox/files/scenarios/default.yml").read_text()
    assert change[0] in default
    (tmp_path / "wrong.yml").write_text(default.replace(*change))
    ended = command(
        "start", "--directory", str(tmp_path / "sandbox"), "--scenario", str(tmp_path / "wrong.yml")
    )
    assert (ended.returncode, len(ended.stderr.strip().splitlines())) == (2, 1)
    assert says in ended.stderr


@pytest.mark.parametrize(
    "wrong", [{"password": "wrong"}, {"user": "nobody"}, {"project": "nothing"}, {"project": "PCP-OTHER99"}]
)
def test_a_wrong_login_is_401_whatever_is_wrong(running: Sandbox, wrong: dict[str, str]) -> None:
    refused = log_in(running.state, **wrong)
    assert refused.status == 401
    assert refused.body["error"]["title"] == "Unauthorized"


def test_every_service_wants_a_token(running: Sandbox) -> None:
    paths = {
        "compute": "/limits",
        "block-storage": "/limits",
        "network": "/v2.0/networks",
        "object-store": "",
        "load-balancer": "/v2/lbaas/loadbalancers",
        "image": "/v2/images",
        "rating": "/v2/summary",
        "metric": "/v1/resource/generic",
    }
    assert {ask("GET", running.catalog[kind] + path).status for kind, path in paths.items()} == {401}
    assert {running.ask("GET", running.catalog[kind] + path).status for kind, path in paths.items()} == {200}


def test_requests_are_counted_by_kind(start: Start) -> None:
    sandbox = start()
    for url in (
        f"{sandbox.state['url']}/identity/v3",
        f"{sandbox.catalog['compute']}/",
        sandbox.catalog["rating"],
    ):
        ask("GET", url)
    sandbox.ask("GET", f"{sandbox.catalog['compute']}/limits")
    told = json.loads(command("requests", "--directory", str(sandbox.directory), "--reset").stdout)
    assert {kind: told[kind] for kind in ("token", "discovery", "api", "total")} == {
        "token": 1,
        "discovery": 3,
        "api": 1,
        "total": 5,
    }
    assert told["log"][-1]["path"] == "/v2.1/limits"
    assert sandbox.ask("GET", "/sandbox/requests").body["total"] == 0


FAULTS: list[tuple[dict[str, Any], int]] = [
    ({"kind": "status", "status": 403}, 403),
    ({"kind": "status", "status": 429, "retry_after": 7}, 429),
    ({"kind": "status", "status": 503}, 503),
    ({"kind": "empty_404"}, 404),
]


@pytest.mark.parametrize(("fault", "status"), FAULTS)
@pytest.mark.parametrize(
    "service", ["compute", "network", "object_storage", "rating", "metric", "image", "identity"]
)
def test_a_service_answers_with_the_status_that_was_asked_for(
    drilled: Sandbox, service: str, fault: dict[str, Any], status: int
) -> None:
    drilled.ask("POST", "/sandbox/faults", {"service": service, **fault, "after": 1, "times": 1})
    url = {
        "compute": f"{drilled.catalog['compute']}/limits",
        "network": f"{drilled.catalog['network']}/v2.0/networks",
        "object_storage": drilled.catalog["object-store"],
        "rating": f"{drilled.catalog['rating']}/v2/summary",
        "metric": f"{drilled.catalog['metric']}/v1/resource/generic",
        "image": f"{drilled.catalog['image']}/v2/images",
        "identity": f"{drilled.state['auth_url']}/auth/projects",
    }[service]
    first, hit, after = (drilled.ask("GET", url) for _turn in range(3))
    assert (first.status, hit.status, after.status) == (200, status, 200)
    assert hit.headers.get("Retry-After") == (str(fault["retry_after"]) if "retry_after" in fault else None)


def test_an_expired_token_is_really_gone(start: Start) -> None:
    sandbox = start()
    sandbox.ask("POST", "/sandbox/faults", {"service": "compute", "kind": "expired_token"})
    limits = f"{sandbox.catalog['compute']}/limits"
    assert [sandbox.ask("GET", limits).status for _turn in range(2)] == [401, 401]
    fresh = log_in(sandbox.state).headers["X-Subject-Token"]
    assert ask("GET", limits, headers={"X-Auth-Token": fresh}).status == 200


def test_reset_cuts_the_connection(drilled: Sandbox) -> None:
    drilled.ask("POST", "/sandbox/faults", {"service": "rating", "kind": "reset", "times": 1})
    with pytest.raises((ConnectionError, urllib.error.URLError)):
        drilled.ask("GET", f"{drilled.catalog['rating']}/v2/summary")
    assert drilled.ask("GET", "/sandbox/requests").body["log"][-1]["status"] == "reset"


def test_short_and_malformed_answers(drilled: Sandbox) -> None:
    whole = summary(drilled, "groupby=type")
    drilled.ask("POST", "/sandbox/faults", {"service": "rating", "kind": "short_page", "times": 1})
    short = summary(drilled, "groupby=type")
    assert (short["total"], len(short["results"])) == (whole["total"], len(whole["results"]) - 1)
    drilled.ask("POST", "/sandbox/faults", {"service": "compute", "kind": "malformed"})
    broken = drilled.ask("GET", f"{drilled.catalog['compute']}/servers/detail")
    assert (broken.status, type(broken.body)) == (200, str)


def test_faults_are_cleared(drilled: Sandbox) -> None:
    drilled.ask("POST", "/sandbox/faults", {"service": "rating", "kind": "status", "status": 500})
    assert drilled.ask("GET", f"{drilled.catalog['rating']}/v2/summary").status == 500
    cleared, again = (
        json.loads(command("fault", "--directory", str(drilled.directory)).stdout) for _turn in range(2)
    )
    assert (cleared, again) == ({"faults": [], "changed": True}, {"faults": [], "changed": False})
    assert drilled.ask("GET", f"{drilled.catalog['rating']}/v2/summary").status == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"service": "nova", "kind": "reset"},
        {"service": "rating", "kind": "bang"},
        {"service": "rating", "kind": "reset", "path": "("},
        {"service": "rating", "kind": "reset", "tiems": 1},
        [],
    ],
)
def test_a_wrong_fault_is_refused(running: Sandbox, wrong: Any) -> None:
    refused = running.ask("POST", "/sandbox/faults", wrong)
    assert refused.status == 400
    assert refused.body["error"]


def test_a_moved_clock_makes_hours_rated(start: Start) -> None:
    sandbox = start()
    before, cost = newest(sandbox), summary(sandbox, "begin=2020-01-01&end=2100-01-01")["results"][0][3]
    sandbox.ask("POST", "/sandbox/clock", {"advance_hours": 5})
    # The token was for an hour.
    assert sandbox.ask("GET", f"{sandbox.catalog['rating']}/v2/summary").status == 401
    sandbox = replace(sandbox, token=log_in(sandbox.state).headers["X-Subject-Token"])
    assert newest(sandbox) == before + timedelta(hours=5)
    more = summary(sandbox, "begin=2020-01-01&end=2100-01-01")["results"][0][3] - cost
    # Servers 0.35 x 3 + 1.05 + 0.30, one stopped 1.05; volumes 390 GB and 250 GB; three IPs, a balancer;
    # 1.1e8 bytes.
    hour = 0.35 * 3 + 1.05 + 0.30 + 1.05 + 390 * 0.005 + 250 * 0.0085 + 0.6 + 0.6 + 1.1e8 / 1024**3 * 0.00076
    assert more == pytest.approx(5 * hour)
    assert sandbox.ask("POST", "/sandbox/clock", {"advance_hours": -1}).status == 400


def test_periods_that_are_not_rated_are_rows_of_null(running: Sandbox) -> None:
    rows = summary(running)["results"]
    assert rows[-1][2:4] == [None, None]
    rated_until = newest(running)
    rated = [rate for _begin, end, _quantity, rate in rows if datetime.fromisoformat(end) <= rated_until]
    assert rated
    assert None not in rated


@pytest.mark.parametrize("path", ["/compute/v2.1/servers/detail", "/volume/v3/volumes/detail"])
def test_long_lists_come_in_pages_of_a_thousand(start: Start, path: str) -> None:
    sandbox = start("--servers", "2000")
    key = "servers" if "servers" in path else "volumes"
    seen, url, requests = [], f"{sandbox.state['url']}{path}", 0
    while url:
        body = sandbox.ask("GET", url).body
        requests += 1
        assert len(body[key]) <= 1000
        seen += [row["id"] for row in body[key]]
        url = next((link["href"] for link in body.get(f"{key}_links", []) if link["rel"] == "next"), "")
    # A full page has a next one, be it empty.
    assert (len(set(seen)), len(seen), requests) == (2000, 2000, 3)


def test_a_million_rated_points_are_paged_in_bounded_memory(start: Start) -> None:
    sandbox = start("--rated-points", "1000000")
    url = f"{sandbox.catalog['rating']}/v2/dataframes?begin=2020-01-01&end=2100-01-01&limit=1000&offset="
    total = sandbox.ask("GET", f"{url}0").body["total"]
    assert total >= 990_000
    for offset in (500_000, total - 10):
        points = [
            one
            for frame in sandbox.ask("GET", f"{url}{offset}").body["dataframes"]
            for usage in frame["usage"].values()
            for one in usage
        ]
        assert len(points) == min(1000, total - offset)
    status = Path(f"/proc/{sandbox.state['pid']}/status").read_text()
    peak_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    assert peak_kb < 600 * 1024


def test_another_project_sees_nothing_of_this_one(running: Sandbox) -> None:
    other = log_in(running.state, "PCU-OTHER99", "PCP-OTHER99", "also-only-for-the-sandbox").headers[
        "X-Subject-Token"
    ]
    headers = {"X-Auth-Token": other}
    assert ask("GET", f"{running.catalog['compute']}/servers", headers=headers).body == {"servers": []}
    seen = ask("GET", f"{running.catalog['network']}/v2.0/networks", headers=headers).body["networks"]
    assert {row["name"] for row in seen} == {"ext-net1", "company-wide"}
    assert ask("GET", f"{running.catalog['rating']}/v2/summary", headers=headers).body["total"] == 0
    assert ask("GET", running.catalog["object-store"], headers=headers).status == 403
