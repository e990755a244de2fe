# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client makes is there at once: in lists, by its ID, in the counters of quotas, and rated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from ...conftest import Sandbox, command, log_in, started
from ...shape import Shape, differences

#: Service, list, what one of it is called in answers, and what makes one.
SERVER = ("compute", "/servers", "server")
VOLUME = ("block-storage", "/volumes", "volume")
SNAPSHOT = ("block-storage", "/snapshots", "snapshot")
BACKUP = ("block-storage", "/backups", "backup")
NETWORK = ("network", "/v2.0/networks", "network")
SUBNET = ("network", "/v2.0/subnets", "subnet")
PORT = ("network", "/v2.0/ports", "port")
ROUTER = ("network", "/v2.0/routers", "router")
GROUP = ("network", "/v2.0/security-groups", "security_group")
FLOATING_IP = ("network", "/v2.0/floatingips", "floatingip")
BALANCER = ("load-balancer", "/v2/lbaas/loadbalancers", "loadbalancer")
#: A key, and what `ssh-keygen -l -E md5` tells of it.
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKTwTJKOftqVwH3f8dcarpMDJlkz415u/5+7Y7LnbNfe only-for-the-test"
FINGERPRINT = "d1:41:49:30:23:2a:6d:c9:f1:0c:1c:89:18:65:fc:f6"
Kind = tuple[str, str, str]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox that tests change, each under names of its own."""
    directory = tmp_path_factory.mktemp("made")
    yield started(directory)
    assert command("stop", "--directory", str(directory)).returncode == 0


def url(cloud: Sandbox, kind: Kind, more: str = "") -> str:
    return f"{cloud.catalog[kind[0]]}{kind[1]}{more}"


def rows(cloud: Sandbox, kind: Kind) -> list[dict[str, Any]]:
    detail = "/detail" if kind[0] in ("compute", "block-storage") else ""
    body = cloud.ask("GET", url(cloud, kind, detail)).body
    found: list[dict[str, Any]] = body[kind[1].rpartition("/")[2].replace("-", "_")]
    return found


def make(cloud: Sandbox, kind: Kind, **asked: Any) -> dict[str, Any]:
    answer = cloud.ask("POST", url(cloud, kind), {kind[2]: asked})
    assert answer.status in (201, 202), answer.body
    made: dict[str, Any] = answer.body[kind[2]]
    return made


def id_of(cloud: Sandbox, kind: Kind, name: str) -> str:
    return str(next(row["id"] for row in rows(cloud, kind) if row["name"] == name))


def server(cloud: Sandbox, name: str, network: str = "front") -> dict[str, Any]:
    flavors = cloud.ask("GET", f"{cloud.catalog['compute']}/flavors").body["flavors"]
    asked = {"flavorRef": flavors[0]["id"], "networks": [{"uuid": id_of(cloud, NETWORK, network)}]}
    return make(cloud, SERVER, name=name, metadata={"team": "new"}, **asked)


def used(cloud: Sandbox, name: str) -> int:
    quota = f"{cloud.catalog['compute']}/os-quota-sets/{cloud.project_id}/detail"
    return int(cloud.ask("GET", quota).body["quota_set"][name]["in_use"])


MADE: dict[str, tuple[Kind, Callable[[Sandbox], dict[str, Any]]]] = {
    "server": (SERVER, lambda cloud: server(cloud, "s")),
    "volume": (VOLUME, lambda cloud: make(cloud, VOLUME, name="v", size=3)),
    "snapshot": (
        SNAPSHOT,
        lambda cloud: make(cloud, SNAPSHOT, name="s", volume_id=id_of(cloud, VOLUME, "archive")),
    ),
    "backup": (
        BACKUP,
        lambda cloud: make(cloud, BACKUP, name="b", volume_id=id_of(cloud, VOLUME, "archive")),
    ),
    "network": (NETWORK, lambda cloud: make(cloud, NETWORK, name="n")),
    "subnet": (
        SUBNET,
        lambda cloud: make(
            cloud, SUBNET, name="sub", network_id=id_of(cloud, NETWORK, "back"), cidr="10.77.0.0/24"
        ),
    ),
    "port": (PORT, lambda cloud: make(cloud, PORT, name="p", network_id=id_of(cloud, NETWORK, "front"))),
    "router": (ROUTER, lambda cloud: make(cloud, ROUTER, name="r", external_gateway_info=external(cloud))),
    "group": (GROUP, lambda cloud: make(cloud, GROUP, name="g")),
    "floating ip": (
        FLOATING_IP,
        lambda cloud: make(cloud, FLOATING_IP, floating_network_id=external(cloud)["network_id"]),
    ),
    "load balancer": (
        BALANCER,
        lambda cloud: make(cloud, BALANCER, name="lb", vip_network_id=id_of(cloud, NETWORK, "front")),
    ),
}


def external(cloud: Sandbox) -> dict[str, str]:
    return {"network_id": id_of(cloud, NETWORK, "ext-net1")}


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_is_listed_as_what_was_there_and_goes_again(cloud: Sandbox, name: str) -> None:
    kind, make_it = MADE[name]
    before = rows(cloud, kind)
    made_id = make_it(cloud)["id"]
    (new,) = [row for row in rows(cloud, kind) if row["id"] == made_id]
    # The rows of the scenario are held to captures of a real cloud.
    known = Shape()
    for row in before:
        # External networks, which are not the project's, tell more.
        if row.get("project_id", cloud.project_id) == cloud.project_id:
            known.see(row)
    assert differences(known, Shape().see(new)) == []
    one = cloud.ask("GET", url(cloud, kind, f"/{made_id}"))
    assert (one.status, one.body[kind[2]]["id"]) == (200, made_id)
    assert cloud.ask("DELETE", url(cloud, kind, f"/{made_id}")).status in (202, 204)
    assert cloud.ask("GET", url(cloud, kind, f"/{made_id}")).status == 404
    assert rows(cloud, kind) == before


def test_a_server_counts_against_quotas_at_once(cloud: Sandbox) -> None:
    cores, instances = used(cloud, "cores"), used(cloud, "instances")
    server_id = server(cloud, "counted")["id"]
    assert (used(cloud, "cores"), used(cloud, "instances")) == (cores + 2, instances + 1)
    assert cloud.ask("DELETE", url(cloud, SERVER, f"/{server_id}")).status == 204
    assert (used(cloud, "cores"), used(cloud, "instances")) == (cores, instances)


def test_what_is_attached_belongs_to_the_server_until_that_goes(cloud: Sandbox) -> None:
    server_id, volume_id = server(cloud, "holder")["id"], make(cloud, VOLUME, name="held", size=1)["id"]
    attach = url(cloud, SERVER, f"/{server_id}/os-volume_attachments")
    assert cloud.ask("POST", attach, {"volumeAttachment": {"volumeId": volume_id}}).status == 200
    port_id = next(row["id"] for row in rows(cloud, PORT) if row["device_id"] == server_id)
    address = make(cloud, FLOATING_IP, floating_network_id=external(cloud)["network_id"], port_id=port_id)
    shown = cloud.ask("GET", url(cloud, SERVER, f"/{server_id}")).body["server"]
    assert address["floating_ip_address"] in [one["addr"] for one in shown["addresses"]["front"]]
    assert [one["id"] for one in shown["os-extended-volumes:volumes_attached"]] == [volume_id]
    assert cloud.ask("DELETE", url(cloud, SERVER, f"/{server_id}")).status == 204
    volume = cloud.ask("GET", url(cloud, VOLUME, f"/{volume_id}")).body["volume"]
    assert (volume["status"], volume["attachments"]) == ("available", [])


def test_a_network_without_a_subnet_takes_nothing_down(cloud: Sandbox) -> None:
    network_id = make(cloud, NETWORK, name="bare")["id"]
    for kind in (NETWORK, SUBNET, PORT, ROUTER, GROUP, FLOATING_IP, SERVER, BALANCER):
        assert rows(cloud, kind)
    asked = {"server": {"name": "none", "flavorRef": "x", "networks": [{"uuid": network_id}]}}
    assert cloud.ask("POST", url(cloud, SERVER), asked).status == 400
    assert cloud.ask("DELETE", url(cloud, NETWORK, f"/{network_id}")).status == 204


def test_a_name_is_an_identity(cloud: Sandbox) -> None:
    answer = cloud.ask("POST", url(cloud, VOLUME), {"volume": {"name": "archive", "size": 1}})
    assert answer.status == 409


def test_a_project_without_anything_makes_nothing(cloud: Sandbox) -> None:
    other = log_in(cloud.state, "PCU-OTHER99", "PCP-OTHER99", "also-only-for-the-sandbox")
    token = {"X-Auth-Token": other.headers["X-Subject-Token"]}
    answer = cloud.ask("POST", url(cloud, VOLUME), {"volume": {"name": "theirs", "size": 1}}, token)
    assert answer.status == 403


@pytest.mark.parametrize("sent", [None, [], {}, {"volume": []}, {"volume": {"name": "x", "size": "1"}}])
def test_nonsense_is_refused(cloud: Sandbox, sent: object) -> None:
    assert cloud.ask("POST", url(cloud, VOLUME), sent).status in (400, 409)


def test_what_changes_a_server_says_of_which_version_it_is(cloud: Sandbox) -> None:
    """As every answer of Nova does."""
    place = url(cloud, SERVER, f"/{server(cloud, 'versioned')['id']}")
    asked = (
        ("/metadata", {"metadata": {"team": "web"}}, 200),
        ("/metadata", {}, 400),
        ("/action", {"os-stop": None}, 202),
        ("/action", {"os-stop": None}, 409),
    )
    for path, sent, status in asked:
        told = cloud.ask("POST", f"{place}{path}", sent)
        assert told.status == status
        assert told.headers["OpenStack-API-Version"] == "compute 2.1"
        assert told.headers["X-OpenStack-Nova-API-Version"] == "2.1"


def test_key_pairs_are_there_as_nova_tells_them(cloud: Sandbox) -> None:
    pairs = f"{cloud.catalog['compute']}/os-keypairs"
    assert cloud.ask("POST", pairs, {"keypair": {"name": "k", "public_key": KEY}}).status == 201
    assert [row["keypair"]["name"] for row in cloud.ask("GET", pairs).body["keypairs"]] == ["k"]
    told = cloud.ask("GET", f"{pairs}/k").body["keypair"]
    assert (told["public_key"], told["fingerprint"]) == (KEY, FINGERPRINT)
    assert cloud.ask("POST", pairs, {"keypair": {"name": "k"}}).status == 409
    assert cloud.ask("DELETE", f"{pairs}/k").status == 204
    assert cloud.ask("GET", f"{pairs}/k").status == 404


@pytest.mark.parametrize(
    "key", ["ssh-ed25519 AAAA of-nobody", "ssh-rsa", KEY.replace("ed25519", "rsa"), KEY[:40]]
)
def test_what_is_no_key_is_refused_as_nova_does(key: str, cloud: Sandbox) -> None:
    told = cloud.ask(
        "POST", f"{cloud.catalog['compute']}/os-keypairs", {"keypair": {"name": "wrong", "public_key": key}}
    )
    assert told.status == 400
    sentence = "Keypair data is invalid: failed to generate fingerprint"
    assert told.body == {"badRequest": {"code": 400, "message": sentence}}


def test_what_is_made_is_rated_from_then_on(start: Callable[..., Sandbox]) -> None:
    cloud = start()
    made_id = make(cloud, VOLUME, name="rated", size=10, volume_type="CEPH_1_perf2")["id"]
    assert cloud.ask("POST", "/sandbox/clock", {"advance_hours": 5}).status == 200
    # The token has expired meanwhile.
    points = rated(replace(cloud, token=log_in(cloud.state).headers["X-Subject-Token"]), made_id)
    # 10 GB at ICU 0.0085 an hour.
    assert points and set(points) == {0.085}


def rated(cloud: Sandbox, resource_id: str) -> list[float]:
    window = "begin=2020-01-01T00:00:00Z&end=2999-01-01T00:00:00Z"
    frames = cloud.ask("GET", f"{cloud.catalog['rating']}/v2/dataframes?{window}&limit=100000").body
    return [
        point["rating"]["price"]
        for frame in frames["dataframes"]
        for point in frame["usage"].get("volume.size", [])
        if point["groupby"].get("id") == resource_id
    ]
