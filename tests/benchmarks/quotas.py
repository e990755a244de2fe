# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All quotas of a project with their use."""

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
from .measuring import Found, Row, Taken
from .rated import log_in

MODULE = "infomaniak_quota_info"
#: Of ours: service and name.
QUOTAS = {
    "cores": ("compute", "cores"),
    "gigabytes": ("block_storage", "gigabytes"),
    "ports": ("network", "ports"),
}


def expected(servers: int) -> Found:
    """What the scenario allows, and what generated servers with a volume use: a port each, beside two of the
    network.
    """
    found = {"cores": 64, "cores used": 2 * servers, "gigabytes": 2_000, "gigabytes used": 10 * servers}
    found |= {"ports": 100, "ports used": servers + 2, "load balancers": 5, "object storage used": 0}
    return {name: str(value) for name, value in found.items()}


def _ours(taken: Taken) -> Found:
    quotas = result_of(taken)["quotas"]
    found = {
        f"{name}{end}": quotas[service][key][field]
        for name, (service, key) in QUOTAS.items()
        for end, field in (("", "limit"), (" used", "used"))
    }
    found["load balancers"] = quotas["load_balancer"]["load_balancers"]["limit"]
    found["object storage used"] = quotas["object_storage"]["object_storage_bytes"]["used"]
    return {name: str(value) for name, value in found.items()}


def _sides(cloud: Cloud) -> Iterator[Side]:
    yield Side(MODULE, True, module(MODULE, {"cloud": "sandbox"}), _ours)
    task: dict[str, Any] = {f"finops.cloud.{MODULE}": {"cloud": "sandbox"}, "register": "told"}
    told = {
        f"{name}{end}": f"told.quotas.{service}.{key}.{field}"
        for name, (service, key) in QUOTAS.items()
        for end, field in (("", "limit"), (" used", "used"))
    }
    yield Side(f"{MODULE} in a play", True, playbook(cloud.folder, "ours", [task], told), debugged)
    tasks: list[dict[str, Any]] = [
        # A member may not look its project up by name, as it may by ID.
        {"openstack.cloud.quota": {"cloud": "sandbox", "name": log_in(cloud).project_id}, "register": "told"}
    ]
    theirs = {name: f"told.quotas.{service}.{name}" for name, service in PEER_QUOTAS.items()}
    yield Side(
        "openstack.cloud.quota in a play", False, playbook(cloud.folder, "theirs", tasks, theirs), debugged
    )
    yield Side("openstacksdk", False, peer("quotas_by_sdk"), printed)
    yield Side("openstack quota show --usage", False, peer("quotas_by_command"), printed)


#: Of openstack.cloud: where it has them.
PEER_QUOTAS = {"cores": "compute", "gigabytes": "volume", "ports": "network"}


def measure(bench: Bench, sizes: Sequence[int]) -> Iterator[Row]:
    """Every side at every size."""
    for servers in sizes:
        with sandbox(bench.collections, "--servers", str(servers)) as cloud:
            for side in _sides(cloud):
                yield row(cloud, side, servers, expected(servers), LATENCIES_MS)


JOB = Job(
    name="quotas",
    title="All quotas with use",
    counted="servers in the project",
    text="Reads limit and use of every quota of compute, volumes, networks, load balancers and object"
    " storage.",
    sizes={QUICK: (10, 1_000), FULL: (10, 1_000)},
    measure=measure,
)
