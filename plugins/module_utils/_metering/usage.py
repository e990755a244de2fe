# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the project uses now (rules R1, R2 and R5 of docs/rules.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._cloud import (
    block_storage,
    compute,
    load_balancer,
    network,
    object_storage,
)
from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import (
    Cloud,
    Reader,
    Service,
    raise_errors,
    read_all,
)
from ansible_collections.finops.cloud.plugins.module_utils._cloud.quota import Quota

SERVICES = ("compute", "block_storage", "network", "object_storage", "load_balancer")
DETAILS = ("totals", "summary")

#: Every key of a result, so that a playbook finds it, null where the detail or an error leaves it unknown.
_KEYS = {
    "compute": (
        "counted_from", "instance_count", "total_vcpus", "total_ram_mb", "total_ram_gb", "total_disk_gb", "by_status", "by_flavor",
    ),
    "storage": (
        "volume_count", "total_size_gb", "volumes_and_snapshots_gb", "attached_count", "unattached_count", "by_type",
        "snapshot_count", "snapshot_gb", "backup_count", "backup_gb",
    ),
    "network": (
        "network_count", "subnet_count", "port_count", "router_count", "security_group_count", "floating_ip_count",
        "floating_ips_in_use", "load_balancer_count",
    ),
    "object_storage": ("container_count", "object_count", "total_bytes", "total_size_gb", "by_policy"),
}  # fmt: skip


@dataclass(frozen=True)
class UsageOptions:
    """services: those named by the user, empty for whatever the catalog offers. detail: totals or summary. on_error: fail or warn."""

    services: tuple[str, ...]
    detail: str
    on_error: str


@dataclass(frozen=True)
class _Reading:
    """One request, or one list: whose service is asked, and into which section of `usage` its numbers go."""

    service: str
    section: str
    read: Reader


def read_usage(cloud: Cloud, options: UsageOptions) -> dict[str, Any]:
    """The result of infomaniak_usage_info: services, complete and usage.

    totals: 5 requests, whatever the project's size; summary: 7, and one per further 1000 servers or volumes.
    Raises CloudError for what was not read, unless on_error is warn: then its values are null and complete is false.
    """
    wanted = {
        name: reading
        for name, reading in _READINGS[options.detail].items()
        if not options.services or reading.service in options.services
    }
    readings = read_all(cloud, {name: (one.service, one.read) for name, one in wanted.items()}, options.services)
    if options.on_error == "fail":
        raise_errors(readings.errors)
    usage = {reading.section: dict.fromkeys(_KEYS[reading.section]) for reading in wanted.values()}
    for name, reading in wanted.items():
        usage[reading.section].update(readings.values[name] or {})
    return {
        "services": {name: status.as_result() for name, status in readings.services.items()},
        "complete": readings.complete,
        "usage": usage,
    }


def _used(quotas: Iterable[Quota], names: Mapping[str, str]) -> dict[str, int | None]:
    """What the quotas count, under our names; None for one that the service does not count."""
    used = {quota.name: quota.used for quota in quotas}
    return {ours: used.get(theirs) for ours, theirs in names.items()}


def _compute_totals(nova: Service) -> dict[str, Any]:
    counted = _used(
        compute.quotas(nova), {"instance_count": "instances", "total_vcpus": "cores", "total_ram_mb": "ram"}
    )
    return {"counted_from": "quotas", **counted, "total_ram_gb": _gb(counted["total_ram_mb"], 1024)}


def _compute_summary(nova: Service) -> dict[str, Any]:
    """Counted from the list of servers: quotas may leave shelved ones out (Nova, option count_usage_from_placement)."""
    servers = list(compute.servers(nova))
    ram_mb = _sum_known(server.ram_mb for server in servers)
    return {
        "counted_from": "servers",
        "instance_count": len(servers),
        "total_vcpus": _sum_known(server.vcpus for server in servers),
        "total_ram_mb": ram_mb,
        "total_ram_gb": _gb(ram_mb, 1024),
        "total_disk_gb": _sum_known(server.disk_gb for server in servers),
        "by_status": _counted(server.status for server in servers),
        "by_flavor": _counted(server.flavor_name or "unknown" for server in servers),
    }


def _storage_totals(cinder: Service) -> dict[str, Any]:
    """What quotas know. Their gigabytes are volumes and snapshots together, so the volumes' own size is not among it."""
    return _used(
        block_storage.quotas(cinder),
        {
            "volume_count": "volumes",
            "volumes_and_snapshots_gb": "gigabytes",
            "snapshot_count": "snapshots",
            "backup_count": "backups",
            "backup_gb": "backup_gigabytes",
        },
    )


def _volumes(cinder: Service) -> dict[str, Any]:
    volumes = list(block_storage.volumes(cinder))
    by_type: dict[str, dict[str, int]] = {}
    for volume in volumes:
        counted = by_type.setdefault(volume.volume_type, {"count": 0, "size_gb": 0})
        counted["count"] += 1
        counted["size_gb"] += volume.size_gb
    attached = sum(volume.attached for volume in volumes)
    return {
        "volume_count": len(volumes),
        "total_size_gb": sum(volume.size_gb for volume in volumes),
        "attached_count": attached,
        "unattached_count": len(volumes) - attached,
        "by_type": dict(sorted(by_type.items())),
    }


def _network_totals(neutron: Service) -> dict[str, Any]:
    """What the project owns: lists would also show networks and groups that others share with it."""
    return _used(
        network.quotas(neutron),
        {
            "network_count": "network",
            "subnet_count": "subnet",
            "port_count": "port",
            "router_count": "router",
            "security_group_count": "security_group",
            "floating_ip_count": "floatingip",
        },
    )


def _floating_ips(neutron: Service) -> dict[str, Any]:
    return {"floating_ips_in_use": sum(address.in_use for address in network.floating_ips(neutron))}


def _object_storage(swift: Service) -> dict[str, Any]:
    account = object_storage.account(swift)
    return {
        "container_count": account.container_count,
        "object_count": account.object_count,
        "total_bytes": account.total_bytes,
        "total_size_gb": _gb(account.total_bytes, 1024**3),
        "by_policy": {name: dict(counters) for name, counters in sorted(account.by_policy.items())},
    }


def _load_balancers(octavia: Service) -> dict[str, Any]:
    return {"load_balancer_count": load_balancer.load_balancer_count(octavia)}


def _sum_known(numbers: Iterable[int | None]) -> int | None:
    """The sum; None where one of the numbers is not known."""
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _gb(number: int | None, per_gb: int) -> float | None:
    """A size in GB of 1024-based units, as OpenStack counts, to three decimals."""
    return None if number is None else round(number / per_gb, 3)


_EVERYWHERE = {
    "network": _Reading("network", "network", _network_totals),
    "object_storage": _Reading("object_storage", "object_storage", _object_storage),
    "load_balancers": _Reading("load_balancer", "network", _load_balancers),
    "block_storage": _Reading("block_storage", "storage", _storage_totals),
}
_READINGS = {
    "totals": {"compute": _Reading("compute", "compute", _compute_totals), **_EVERYWHERE},
    "summary": {
        "compute": _Reading("compute", "compute", _compute_summary),
        **_EVERYWHERE,
        "volumes": _Reading("block_storage", "storage", _volumes),
        "floating_ips": _Reading("network", "network", _floating_ips),
    },
}
