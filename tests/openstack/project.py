# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenario's project in the real cloud: the same resources under the same names, made through the APIs.

What a name became is told by stable id, the one that the sandbox gives the same resource.
"""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from catalog import Caller
from places import BedError
from sandbox_cloud.scenario import (
    Container,
    FloatingIp,
    LoadBalancer,
    Network,
    Router,
    Scenario,
    Server,
    stable_id,
)
from stores import sql

WAIT_SECONDS = 120
#: What a server that was resized had been before.
SMALLER = {"name": "a1-ram2-disk20-perf1", "vcpus": 1, "ram": 2048, "disk": 20}
OBJECT_STORE = "object-store"


@dataclass(frozen=True)
class Made:
    """The project's member, the administrator, another project's member, and the ids of what was made, by
    stable id.
    """

    scenario: Scenario
    member: Caller
    admin: Caller
    other: Caller
    ids: dict[str, str] = field(default_factory=dict)

    def know(self, kind: str, name: str, made: str) -> str:
        """Remember an id."""
        self.ids[stable_id(kind, name)] = made
        return made

    def of(self, kind: str, name: str) -> str:
        """The id of what has that name."""
        return self.ids[stable_id(kind, name)]


def make(made: Made) -> None:
    """Everything: what others stand on first."""
    for step in (
        _wait_for_back_ends, _quotas, _images, _flavors, _volume_types, _volumes, _networks, _routers,
        _security_groups, _servers, _attachments, _states, _snapshots, _backups, _floating_ips,
        _load_balancers, _containers,
    ):  # fmt: skip
        step(made)
    _ages(made)


def _wait_for_back_ends(made: Made) -> None:
    """The schedulers refuse everything until they have heard of something to put it on."""
    pools, hosts = "/scheduler-stats/get_pools", "/resource_providers?resources=VCPU:1"
    _until("Cinder knows its back end", lambda: bool(made.admin.ask("GET", "block-storage", pools)["pools"]))
    _until(
        "Placement knows the compute host",
        lambda: bool(made.admin.ask("GET", "placement", hosts, "placement 1.4")["resource_providers"]),
    )


def _until(what: str, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise BedError(f"{what}: not so after {WAIT_SECONDS} s")
        time.sleep(0.5)


def _quotas(made: Made) -> None:
    quotas, project = made.scenario.quotas, made.member.project_id
    ask = made.admin.ask
    ask("PUT", "compute", f"/os-quota-sets/{project}", json={"quota_set": {**quotas.compute, "force": True}})
    ask("PUT", "network", f"/v2.0/quotas/{project}", json={"quota": quotas.network})
    ask("PUT", "load-balancer", f"/v2/lbaas/quotas/{project}", json={"quota": quotas.load_balancer})


def _images(made: Made) -> None:
    for image in made.scenario.images:
        owner, visibility = (made.member, "private") if image.owner == "project" else (made.admin, "public")
        asked = {
            "name": image.name,
            "disk_format": "raw",
            "container_format": "bare",
            "visibility": visibility,
        }
        # What openstacksdk adds to the images that it uploads, so that it knows them again.
        sums = {f"owner_specified.openstack.{name}": "" for name in ("md5", "sha256")}
        asked |= {**sums, "owner_specified.openstack.object": f"images/{image.name}"}
        image_id = made.know("image", image.name, owner.ask("POST", "image", "/v2/images", json=asked)["id"])
        headers = {"Content-Type": "application/octet-stream"}
        owner.ask(
            "PUT", "image", f"/v2/images/{image_id}/file", data=bytes(image.size_bytes), headers=headers
        )


def _flavors(made: Made) -> None:
    for name, flavor in made.scenario.flavors.items():
        size = {"vcpus": flavor.vcpus, "ram": flavor.ram_mb, "disk": flavor.disk_gb}
        asked = {"name": name, "id": stable_id("flavor", name), **size}
        made.admin.ask("POST", "compute", "/flavors", json={"flavor": asked})
    made.admin.ask("POST", "compute", "/flavors", json={"flavor": {**SMALLER, "id": "smaller"}})


def _volume_types(made: Made) -> None:
    for name in made.scenario.volume_types:
        made.admin.ask("POST", "block-storage", "/types", json={"volume_type": {"name": name}})
    # Only now: the quotas of a volume type need the type.
    asked = {"quota_set": made.scenario.quotas.block_storage}
    made.admin.ask("PUT", "block-storage", f"/os-quota-sets/{made.member.project_id}", json=asked)


def _volumes(made: Made) -> None:
    for volume in made.scenario.volumes:
        asked = {
            "name": volume.name,
            "size": volume.size_gb,
            "volume_type": volume.type,
            "metadata": volume.metadata,
        }
        created = made.member.ask("POST", "block-storage", "/volumes", json={"volume": asked})
        made.know("volume", volume.name, created["volume"]["id"])
    _all_are(made, "volumes", "available")
    for server in made.scenario.servers:
        if server.boot_volume:
            action = f"/volumes/{made.of('volume', server.boot_volume)}/action"
            made.member.ask("POST", "block-storage", action, json={"os-set_bootable": {"bootable": True}})


def _all_are(made: Made, kind: str, *statuses: str) -> None:
    def ready() -> bool:
        rows = made.member.ask("GET", "block-storage", f"/{kind}/detail")[kind]
        failed = [row["name"] for row in rows if row["status"].startswith("error")]
        if failed:
            raise BedError(f"Cinder failed at {', '.join(failed)}")
        return all(row["status"] in statuses for row in rows)

    _until(f"{kind} {' or '.join(statuses)}", ready)


def _networks(made: Made) -> None:
    for network in made.scenario.networks:
        asked: dict[str, Any] = {"name": network.name}
        if network.owner == "other":
            # The provider's: only the administrator may share a network or call it external.
            asked |= {"shared": network.shared, "router:external": network.external}
        if network.external:
            asked |= {"provider:network_type": "flat", "provider:physical_network": "physnet1"}
        made.know("network", network.name, _network(made, network, "networks", "network", asked))
        for cidr in network.cidrs:
            subnet = {
                "name": f"{network.name}4",
                "network_id": made.of("network", network.name),
                "ip_version": 4,
            }
            subnet |= {"cidr": cidr, "enable_dhcp": not network.external}
            made.know("subnet", cidr, _network(made, network, "subnets", "subnet", subnet))


def _network(made: Made, network: Network, kinds: str, kind: str, asked: dict[str, Any]) -> str:
    who = made.admin if network.owner == "other" else made.member
    return str(who.ask("POST", "network", f"/v2.0/{kinds}", json={kind: asked})[kind]["id"])


def _routers(made: Made) -> None:
    for router in made.scenario.routers:
        _router(made, router)


def _router(made: Made, router: Router) -> None:
    asked = {"name": router.name, "external_gateway_info": {"network_id": made.of("network", router.gateway)}}
    created = made.member.ask("POST", "network", "/v2.0/routers", json={"router": asked})
    router_id = made.know("router", router.name, created["router"]["id"])
    for network in made.scenario.networks:
        for cidr in network.cidrs if network.name in router.networks else ():
            asked = {"subnet_id": made.of("subnet", cidr)}
            made.member.ask("PUT", "network", f"/v2.0/routers/{router_id}/add_router_interface", json=asked)


def _security_groups(made: Made) -> None:
    for name in made.scenario.security_groups:
        if name != "default":  # which every project has
            made.member.ask(
                "POST", "network", "/v2.0/security-groups", json={"security_group": {"name": name}}
            )


def _servers(made: Made) -> None:
    for server in made.scenario.servers:
        created = made.member.ask("POST", "compute", "/servers", json={"server": _asked(made, server)})
        made.know("server", server.name, created["server"]["id"])
    _servers_are(made, "ACTIVE")


def _asked(made: Made, server: Server) -> dict[str, Any]:
    resized = server.status == "VERIFY_RESIZE"
    asked: dict[str, Any] = {
        "name": server.name,
        "flavorRef": "smaller" if resized else stable_id("flavor", server.flavor),
        "networks": [{"uuid": made.of("network", server.network)}],
        "metadata": server.metadata,
    }
    if server.boot_volume is None:
        return asked | {"imageRef": made.of("image", made.scenario.images[0].name)}
    disk = {
        "uuid": made.of("volume", server.boot_volume),
        "source_type": "volume",
        "destination_type": "volume",
    }
    return asked | {"block_device_mapping_v2": [{**disk, "boot_index": 0, "delete_on_termination": False}]}


def _server_statuses(made: Made) -> dict[str, str]:
    rows = made.member.ask("GET", "compute", "/servers/detail")["servers"]
    failed = [row["name"] for row in rows if row["status"] == "ERROR"]
    if failed:
        raise BedError(f"Nova failed at {', '.join(failed)}")
    return {row["name"]: row["status"] for row in rows}


def _servers_are(made: Made, status: str) -> None:
    _until(f"servers {status}", lambda: set(_server_statuses(made).values()) == {status})


def _attachments(made: Made) -> None:
    booted = {server.boot_volume for server in made.scenario.servers}
    for volume in made.scenario.volumes:
        if volume.attached_to and volume.name not in booted:
            asked = {"volumeAttachment": {"volumeId": made.of("volume", volume.name)}}
            path = f"/servers/{made.of('server', volume.attached_to)}/os-volume_attachments"
            made.member.ask("POST", "compute", path, json=asked)
    _all_are(made, "volumes", "available", "in-use")


def _states(made: Made) -> None:
    """Stop and resize: every server was made to run."""
    actions: dict[str, Callable[[Server], dict[str, Any]]] = {
        "SHUTOFF": lambda _server: {"os-stop": None},
        "VERIFY_RESIZE": lambda server: {"resize": {"flavorRef": stable_id("flavor", server.flavor)}},
    }
    for server in made.scenario.servers:
        if server.status != "ACTIVE":
            path = f"/servers/{made.of('server', server.name)}/action"
            made.member.ask("POST", "compute", path, json=actions[server.status](server))
    wanted = {server.name: server.status for server in made.scenario.servers}
    _until("servers as the scenario has them", lambda: _server_statuses(made) == wanted)


def _snapshots(made: Made) -> None:
    for snapshot in made.scenario.snapshots:
        asked = {"volume_id": made.of("volume", snapshot.volume), "name": snapshot.name, "force": True}
        created = made.member.ask("POST", "block-storage", "/snapshots", json={"snapshot": asked})
        made.know("snapshot", snapshot.name, created["snapshot"]["id"])
    _all_are(made, "snapshots", "available")


def _backups(made: Made) -> None:
    for backup in made.scenario.backups:
        asked = {"volume_id": made.of("volume", backup.volume), "name": backup.name}
        created = made.member.ask("POST", "block-storage", "/backups", json={"backup": asked})
        made.know("backup", backup.name, created["backup"]["id"])
    _all_are(made, "backups", "available")


def _floating_ips(made: Made) -> None:
    ports = made.member.ask("GET", "network", "/v2.0/ports?fields=id&fields=device_id")["ports"]
    of_device = {row["device_id"]: row["id"] for row in ports}
    for address in made.scenario.floating_ips:
        made.know("floating_ip", address.address, _floating_ip(made, address, of_device))


def _floating_ip(made: Made, address: FloatingIp, of_device: dict[str, str]) -> str:
    # Only the administrator may choose the address.
    asked = {
        "floating_network_id": made.of("network", address.network),
        "floating_ip_address": address.address,
    }
    asked["project_id"] = made.member.project_id
    if address.attached_to:
        asked["port_id"] = of_device[made.of("server", address.attached_to)]
    return str(
        made.admin.ask("POST", "network", "/v2.0/floatingips", json={"floatingip": asked})["floatingip"]["id"]
    )


def _load_balancers(made: Made) -> None:
    for balancer in made.scenario.load_balancers:
        made.know("load_balancer", balancer.name, _load_balancer(made, balancer))

    def ready() -> bool:
        rows = made.member.ask("GET", "load-balancer", "/v2/lbaas/loadbalancers")["loadbalancers"]
        return all(row["provisioning_status"] == "ACTIVE" for row in rows)

    _until("load balancers active", ready)


def _load_balancer(made: Made, balancer: LoadBalancer) -> str:
    """A balancer with the port that Octavia would have made in the project: the no-op provider makes none."""
    network = next(one for one in made.scenario.networks if one.name == balancer.network)
    port = {"network_id": made.of("network", network.name), "project_id": made.member.project_id}
    port |= {"name": f"octavia-lb-{balancer.name}", "device_owner": "Octavia"}
    made.admin.ask("POST", "network", "/v2.0/ports", json={"port": port})
    asked = {"name": balancer.name, "vip_subnet_id": made.of("subnet", network.cidrs[0])}
    created = made.member.ask(
        "POST", "load-balancer", "/v2/lbaas/loadbalancers", json={"loadbalancer": asked}
    )
    return str(created["loadbalancer"]["id"])


def _containers(made: Made) -> None:
    quota = made.scenario.quotas.object_storage_bytes
    if quota is not None:
        # Only a reseller may set it; the account is made by the first who writes to it.
        made.member.ask("POST", OBJECT_STORE, "")
        headers = {"X-Account-Meta-Quota-Bytes": str(quota)}
        made.admin.session.post(_account(made.member), headers=headers)
    for container in made.scenario.containers:
        made.member.ask("PUT", OBJECT_STORE, f"/{container.name}")
        headers = {"Content-Type": "application/x-tar", "Accept": "application/json"}
        path = f"/{container.name}?extract-archive=tar"
        answer = made.member.ask("PUT", OBJECT_STORE, path, data=_archive(container), headers=headers)
        if answer["Number Files Created"] != container.objects:
            raise BedError(
                f"Swift took {answer['Number Files Created']} objects of {container.name}: {answer['Errors']}"
            )
    wanted = sum(one.objects for one in made.scenario.containers)

    def counted() -> bool:
        told = made.member.session.head(_account(made.member)).headers
        return int(told["X-Account-Object-Count"]) == wanted

    _until("Swift's account counts what was stored", counted)


def _account(member: Caller) -> str:
    """The URL of the project's account: the administrator's catalog has only the administrator's."""
    return str(member.session.get_endpoint(service_type=OBJECT_STORE, region_name=member.region))


def _archive(container: Container) -> bytes:
    """The container's objects in one file: one request for all of them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for number in range(container.objects):
            member = tarfile.TarInfo(f"o{number:06d}.bin")
            member.size = container.object_bytes
            archive.addfile(member, io.BytesIO(bytes(container.object_bytes)))
    return packed.getvalue()


def _ages(made: Made) -> None:
    """Make everything as old as the scenario says, which no API can."""
    created = "created_at = utc_timestamp() - interval %s hour"
    tables: dict[str, tuple[tuple[str, str, str], ...]] = {
        "server": (("nova_cell1", f"UPDATE instances SET {created}, launched_at = created_at", "uuid"),),
        "volume": (("cinder", f"UPDATE volumes SET {created}, launched_at = created_at", "id"),),
        "snapshot": (("cinder", f"UPDATE snapshots SET {created}", "id"),),
        "backup": (("cinder", f"UPDATE backups SET {created}", "id"),),
        "load_balancer": (("octavia", f"UPDATE load_balancer SET {created}", "id"),),
        "floating_ip": (
            (
                "neutron",
                "UPDATE standardattributes JOIN floatingips ON standardattributes.id = standard_attr_id"
                f" SET {created}",
                "floatingips.id",
            ),
        ),
    }  # fmt: skip
    scenario = made.scenario
    resources = {
        "server": [(one.name, one.created_hours_ago) for one in scenario.servers],
        "volume": [(one.name, one.created_hours_ago) for one in scenario.volumes],
        "snapshot": [(one.name, one.created_hours_ago) for one in scenario.snapshots],
        "backup": [(one.name, one.created_hours_ago) for one in scenario.backups],
        "load_balancer": [(one.name, one.created_hours_ago) for one in scenario.load_balancers],
        "floating_ip": [(one.address, one.created_hours_ago) for one in scenario.floating_ips],
    }
    for kind, rows in resources.items():
        for name, hours in rows:
            for database, statement, key in tables[kind]:
                sql(database, f"{statement} WHERE {key} = %s", hours, made.of(kind, name))
