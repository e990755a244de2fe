# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a project uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .cloud import (
    LATENCIES_MS,
    Cloud,
    Side,
    debugged,
    module,
    peer,
    playbook,
    printed,
    result_of,
    row,
    sandbox,
)
from .jobs import FULL, QUICK, Bench, Job
from .measuring import Failed, Found, Row, Taken

MODULE = "infomaniak_usage_info"
#: design/reading-a-cloud.md#round-trips of up to 1000 servers, and how many lists have pages behind.
FLOORS = {"totals": (6, 0), "summary": (8, 2), "resources": (10, 2)}
PAGE = 1_000
#: What the modules of openstack.cloud list, by their name.
LISTS = {
    "server_info": "servers",
    "compute_flavor_info": "flavors",
    "volume_info": "volumes",
    "floating_ip_info": "floating_ips",
    "networks_info": "networks",
    "routers_info": "routers",
    "security_group_info": "security_groups",
}
THEIRS = {
    "servers": "servers.servers | length",
    "vcpus": "servers.servers | map(attribute='flavor.vcpus') | sum",
    "ram_mb": "servers.servers | map(attribute='flavor.ram') | sum",
    "volumes": "volumes.volumes | length",
    "volume_gb": "volumes.volumes | map(attribute='size') | sum",
    "floating_ips": "floating_ips.floating_ips | length",
    "routers": "routers.routers | length",
    "security_groups": "security_groups.security_groups | length",
}
OURS = {
    "servers": "compute.instance_count",
    "vcpus": "compute.total_vcpus",
    "ram_mb": "compute.total_ram_mb",
    "volumes": "storage.volume_count",
    "volume_gb": "storage.total_size_gb",
    "floating_ips": "network.floating_ip_count",
    "routers": "network.router_count",
    "security_groups": "network.security_group_count",
}


def expected(servers: int) -> Found:
    """What the sandbox has: generated servers of one flavor, each with a volume."""
    found = {"servers": servers, "vcpus": 2 * servers, "ram_mb": 4_096 * servers}
    found |= {"volumes": servers, "volume_gb": 10 * servers}
    found |= {"floating_ips": 0, "routers": 1, "security_groups": 3}
    return {name: str(value) for name, value in found.items()}


def _ours(taken: Taken) -> Found:
    usage = result_of(taken)["usage"]
    parts = {name: path.split(".") for name, path in OURS.items()}
    # detail: totals leaves null what no counter of the services has.
    return {
        name: str(usage[service][key])
        for name, (service, key) in parts.items()
        if usage[service][key] is not None
    }


def _sides(cloud: Cloud) -> Iterator[Side]:
    for detail in FLOORS:
        yield Side(f"{MODULE}, {detail}", True, module(MODULE, {"cloud": "sandbox", "detail": detail}), _ours)
    task: dict[str, Any] = {f"finops.cloud.{MODULE}": {"cloud": "sandbox"}, "register": "used"}
    told = {name: f"used.usage.{path}" for name, path in OURS.items()}
    yield Side(f"{MODULE} in a play", True, playbook(cloud.folder, "ours", [task], told), debugged)
    tasks: list[dict[str, Any]] = [
        {f"openstack.cloud.{name}": {"cloud": "sandbox"}, "register": listed}
        for name, listed in LISTS.items()
    ]
    yield Side("openstack.cloud in a play", False, playbook(cloud.folder, "theirs", tasks, THEIRS), debugged)
    yield Side("openstacksdk", False, peer("usage_by_sdk"), printed)
    yield Side("openstack", False, peer("usage_by_command"), printed)


def measure(bench: Bench, sizes: Sequence[int]) -> Iterator[Row]:
    """Every side at every size. Raises Failed where ours asks more than it says."""
    for servers in sizes:
        with sandbox(bench.collections, "--servers", str(servers)) as cloud:
            for side in _sides(cloud):
                one = row(cloud, side, servers, expected(servers), LATENCIES_MS)
                detail = side.name.partition(", ")[2]
                if detail in FLOORS and one.requests:
                    floor, lists = FLOORS[detail]
                    if one.requests.total != floor + lists * (servers // PAGE):
                        raise Failed(f"{side.name} sent {one.requests} for {servers} servers")
                yield one


JOB = Job(
    name="usage",
    title="Usage of a project",
    counted="servers, each with a volume",
    text="Counts servers, vCPUs, memory, volumes, floating IPs, routers and security groups. The peers list"
    " what they count: seven modules of `openstack.cloud`, loops over openstacksdk's lists, and six lists of"
    " the `openstack` command joined by a script.",
    sizes={QUICK: (10, 100, 1_000), FULL: (10, 100, 1_000, 10_000)},
    measure=measure,
    bound_mb=80,
)
