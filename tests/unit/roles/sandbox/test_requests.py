# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client asks for is what it gets: filters filter, a wrong page is refused, and nothing goes
uncounted.
"""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from ...conftest import FILES, Sandbox, ask, command

Start = Callable[..., Sandbox]


def names(sandbox: Sandbox, kind: str, path: str, **headers: str) -> set[str]:
    answer = sandbox.ask("GET", sandbox.catalog[kind] + path, headers=headers)
    assert answer.status == 200
    key = next(key for key in answer.body if not key.endswith("_links"))
    return {row["name"] for row in answer.body[key]}


@pytest.mark.parametrize(
    ("kind", "path", "found"),
    [
        ("compute", "/servers/detail?status=SHUTOFF", {"batch-1"}),
        ("compute", "/servers?name=^web", {"web-1", "web-2"}),
        ("compute", "/servers?status=nope", set()),
        ("block-storage", "/volumes/detail?name=archive", {"archive"}),
        ("block-storage", "/volumes?status=available", {"archive", "spare-1"}),
        ("network", "/v2.0/networks?router:external=True", {"ext-net1"}),
        ("network", "/v2.0/networks?router:external=false&shared=false", {"front", "back"}),
        ("network", "/v2.0/networks?name=front&name=back", {"front", "back"}),
    ],
)
def test_filters_filter(running: Sandbox, kind: str, path: str, found: set[str]) -> None:
    assert names(running, kind, path) == found


@pytest.mark.parametrize(
    ("kind", "path", "status"),
    [
        ("compute", "/servers?limit=abc", 400),
        ("compute", "/servers?limit=-1", 400),
        ("compute", "/servers?marker=nope", 400),
        ("block-storage", "/volumes?limit=abc", 400),
        ("block-storage", "/volumes?marker=nope", 404),
        ("network", "/v2.0/networks?limit=abc", 400),
        ("network", "/v2.0/networks?limit=2&marker=nope", 404),
        ("network", "/v2.0/networks?color=red", 400),
        ("load-balancer", "/v2/lbaas/loadbalancers?limit=x", 400),
        ("load-balancer", "/v2/lbaas/loadbalancers?marker=nope", 400),
        ("load-balancer", "/v2/lbaas/loadbalancers?project_id=" + "0" * 32, 403),
        ("image", "/v2/images?limit=x", 400),
        ("image", "/v2/images?marker=nope", 400),
        ("object-store", "?limit=20000", 412),
        ("object-store", "/nope", 404),
        ("block-storage", "/volumes/summary", 404),
    ],
)
def test_what_makes_no_sense_is_refused_as_a_real_cloud_does(
    running: Sandbox, kind: str, path: str, status: int
) -> None:
    """The statuses are those that a real OpenStack 2026.1 gave."""
    assert running.ask("GET", running.catalog[kind] + path).status == status


def test_a_microversion_that_is_none_is_refused(running: Sandbox) -> None:
    refused = running.ask(
        "GET", f"{running.catalog['compute']}/servers", headers={"OpenStack-API-Version": "compute abc"}
    )
    assert refused.status == 400
    assert "API Version String abc is of invalid format" in refused.body["badRequest"]["message"]


def test_swift_lists_lines_unless_json_is_asked_for(running: Sandbox) -> None:
    url = running.catalog["object-store"]
    assert running.ask("GET", url).body == "backups\nlogs\npictures\n"
    assert running.ask("GET", f"{url}/?limit=1").body == "backups\n"
    as_json = [
        running.ask("GET", f"{url}?format=json"),
        running.ask("GET", url, headers={"Accept": "application/json"}),
    ]
    assert [[row["name"] for row in one.body] for one in as_json] == [["backups", "logs", "pictures"]] * 2
    assert running.ask("HEAD", f"{url}/").headers["X-Account-Container-Count"] == "3"


def test_a_login_that_is_no_json_is_refused_and_counted(drilled: Sandbox) -> None:
    drilled.ask("DELETE", "/sandbox/requests")
    wrong = urllib.request.Request(f"{drilled.state['auth_url']}/auth/tokens", data=b"{x", method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(wrong)
    assert refused.value.code == 400
    told = drilled.ask("GET", "/sandbox/requests").body
    assert (told["token"], told["log"][0]["status"]) == (1, 400)


def test_a_request_that_the_sandbox_fails_on_is_counted(drilled: Sandbox) -> None:
    """A regular expression that is none: whatever the answer, it was a request."""
    drilled.ask("DELETE", "/sandbox/requests")
    status = drilled.ask("GET", f"{drilled.catalog['compute']}/servers?name=(").status
    told = drilled.ask("GET", "/sandbox/requests").body
    assert (told["api"], told["log"][0]["status"]) == (1, status)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "status", "status": 99},
        {"kind": "status", "status": 200},
        {"kind": "status", "times": -1},
        {"kind": "status", "after": -1},
        {"kind": "slow", "seconds": -1},
        {"kind": "reset", "method": 5},
    ],
)
def test_a_fault_with_a_wrong_figure_is_refused(drilled: Sandbox, wrong: dict[str, Any]) -> None:
    refused = drilled.ask("POST", "/sandbox/faults", {"service": "rating", **wrong})
    assert refused.status == 400
    assert drilled.ask("GET", "/sandbox/faults").body == []


def test_what_is_null_in_a_fault_was_not_given(drilled: Sandbox) -> None:
    """A playbook that leaves things out writes null."""
    [fault] = drilled.ask(
        "POST", "/sandbox/faults", {"service": "rating", "kind": "status", "status": None}
    ).body
    assert fault["status"] == 500


def test_addresses_agree_between_services(running: Sandbox) -> None:
    """A server's fixed address is its port's, lies in the subnet, and its floating one is Neutron's."""
    network = f"{running.catalog['network']}/v2.0"
    ports = {row["device_id"]: row for row in running.ask("GET", f"{network}/ports").body["ports"]}
    subnets = {row["id"]: row for row in running.ask("GET", f"{network}/subnets").body["subnets"]}
    rows = running.ask("GET", f"{network}/floatingips").body["floatingips"]
    floating = {row["port_id"]: row["floating_ip_address"] for row in rows}
    servers = running.ask("GET", f"{running.catalog['compute']}/servers/detail").body["servers"]
    assert len(servers) == 6
    for server in servers:
        [addresses] = server["addresses"].values()
        told = {row["OS-EXT-IPS:type"]: row["addr"] for row in addresses}
        port = ports[server["id"]]
        [fixed] = port["fixed_ips"]
        subnet = subnets[fixed["subnet_id"]]
        assert told["fixed"] == fixed["ip_address"]
        assert ip_address(told["fixed"]) in ip_network(subnet["cidr"])
        assert told["fixed"] not in (subnet["gateway_ip"], str(ip_network(subnet["cidr"])[0]))
        assert told.get("floating") == floating.get(port["id"])
    [router] = running.ask("GET", f"{network}/routers").body["routers"]
    assert router["external_gateway_info"]["external_fixed_ips"][0]["subnet_id"] in subnets


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            ("networks: [front, back]}", "networks: [front, bakc]}"),
            "routers[gw].networks is bakc, which the scenario",
        ),
        (("cidrs: [10.20.0.0/24]", "cidrs: []"), "networks[back].cidrs is empty"),
        (
            ("cidrs: [10.20.0.0/24]", "cidrs: [10.20.0.0/99]"),
            "networks[back].cidrs: '10.20.0.0/99' does not appear",
        ),
        (
            ("cidrs: [10.20.0.0/24]", "cidrs: [10.20.0.0/31]"),
            "networks[back].cidrs: 10.20.0.0/31 is too small",
        ),
    ],
)
def test_a_wrong_network_is_one_sentence(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    default = (FILES / "scenarios" / "default.yml").read_text()
    assert change[0] in default
    (tmp_path / "wrong.yml").write_text(default.replace(*change))
    ended = command(
        "start", "--directory", str(tmp_path / "sandbox"), "--scenario", str(tmp_path / "wrong.yml")
    )
    assert (ended.returncode, len(ended.stderr.strip().splitlines())) == (2, 1)
    assert says in ended.stderr


def test_stop_ends_no_other_sandbox(start: Start, tmp_path: Path) -> None:
    """A state file left behind whose process id another sandbox has got."""
    living = start()
    left = tmp_path / "left"
    left.mkdir()
    shutil.copy(living.directory / "sandbox.json", left / "sandbox.json")
    assert json.loads(command("stop", "--directory", str(left)).stdout) == {"changed": False}
    assert ask("GET", f"{living.state['auth_url']}").status == 200


def test_a_directory_is_the_same_however_it_is_written(start: Start, tmp_path: Path) -> None:
    living = start()
    (tmp_path / "link").symlink_to(living.directory)
    again = json.loads(command("start", "--directory", str(tmp_path / "link")).stdout)
    assert (again["changed"], again["pid"]) == (False, living.state["pid"])
