# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The readings of infomaniak_usage_info: what each request or list of a service says about use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from .._core.periods import Window
from .._openstack import (
    block_storage,
    compute,
    image,
    load_balancer,
    network,
    object_storage,
    resource_types,
    shared_file_system,
)
from .._openstack.connection import Service
from .._openstack.quota import Quota
from . import resources
from .resources import UsedResource


@dataclass(frozen=True)
class UsageValues:
    """The result of one reading: values of a section of `usage`, and the resources that it listed."""

    values: Mapping[str, Any]
    resources: Sequence[UsedResource] = ()


Reader = Callable[[Service, "ReadingScope"], UsageValues]


@dataclass(frozen=True)
class ReadingScope:
    """The region whose resources a reading lists, and the period whose hours it counts."""

    region: str | None
    period: Window | None


@dataclass(frozen=True)
class UsageReading:
    """One request, or one list: whose service is asked, and into which section of `usage` its numbers go."""

    service: str
    section: str
    read: Reader


def _used(quotas: Iterable[Quota], names: Mapping[str, str]) -> dict[str, int | None]:
    """What the quotas count, under our names; None for one that the service does not count."""
    used = {quota.name: quota.used for quota in quotas}
    return {ours: used.get(theirs) for ours, theirs in names.items()}


def _compute_totals(nova: Service, _scope: ReadingScope) -> UsageValues:
    counted = _used(
        compute.quotas(nova), {"instance_count": "instances", "total_vcpus": "cores", "total_ram_mb": "ram"}
    )
    return UsageValues(
        {"counted_from": "quotas", **counted, "total_ram_gb": _gb(counted["total_ram_mb"], 1024)}
    )


def _servers(nova: Service, scope: ReadingScope, *, listed: bool) -> UsageValues:
    """Counted from the list of servers: quotas may leave shelved ones out
    (Nova, option count_usage_from_placement).
    """
    servers = list(compute.servers(nova))
    ram_mb = sum_known(server.ram_mb for server in servers)
    values = {
        "counted_from": "servers",
        "instance_count": len(servers),
        "total_vcpus": sum_known(server.vcpus for server in servers),
        "total_ram_mb": ram_mb,
        "total_ram_gb": _gb(ram_mb, 1024),
        "total_disk_gb": sum_known(server.disk_gb for server in servers),
        "allocated_disk_gb": sum_known(server.allocated_disk_gb for server in servers),
        "by_status": _counted(server.status for server in servers),
        "by_flavor": _counted(server.flavor_name or "unknown" for server in servers),
    }
    return UsageValues(
        values, [resources.instance(server, scope.region) for server in servers] if listed else ()
    )


def read_hours(nova: Service, scope: ReadingScope) -> UsageValues:
    """The hours of the period. Raises CloudError; ValueError where the scope has no period."""
    if scope.period is None:
        raise ValueError("hours are of a period")
    used = compute.hours(nova, scope.period)
    return UsageValues(
        {
            "period_server_count": used.server_count,
            "server_hours": _rounded(used.hours),
            "vcpu_hours": _rounded(used.vcpu_hours),
            "ram_mb_hours": _rounded(used.ram_mb_hours),
            "disk_gb_hours": _rounded(used.disk_gb_hours),
        }
    )


def _storage_totals(cinder: Service, _scope: ReadingScope) -> UsageValues:
    """What quotas know. Their gigabytes count volumes and snapshots, so the volumes' own size is not
    among it.
    """
    return UsageValues(
        _used(
            block_storage.quotas(cinder),
            {
                "volume_count": "volumes",
                "volumes_and_snapshots_gb": "gigabytes",
                "snapshot_count": "snapshots",
                "backup_count": "backups",
                "backup_gb": "backup_gigabytes",
            },
        )
    )


def _volumes(cinder: Service, scope: ReadingScope, *, listed: bool) -> UsageValues:
    volumes = list(block_storage.volumes(cinder))
    by_type: dict[str, dict[str, int]] = {}
    for volume in volumes:
        counted = by_type.setdefault(volume.volume_type, {"count": 0, "size_gb": 0})
        counted["count"] += 1
        counted["size_gb"] += volume.size_gb
    attached = sum(volume.attached for volume in volumes)
    values = {
        "volume_count": len(volumes),
        "total_size_gb": sum(volume.size_gb for volume in volumes),
        "attached_count": attached,
        "unattached_count": len(volumes) - attached,
        "by_type": dict(sorted(by_type.items())),
    }
    return UsageValues(values, [resources.volume(one, scope.region) for one in volumes] if listed else ())


def _snapshots(cinder: Service, scope: ReadingScope) -> UsageValues:
    rows = [resources.snapshot(one, scope.region) for one in block_storage.snapshots(cinder)]
    return UsageValues(
        {"snapshot_count": len(rows), "snapshot_gb": sum_known(one.size for one in rows)}, rows
    )


def _backups(cinder: Service, scope: ReadingScope) -> UsageValues:
    rows = [resources.backup(one, scope.region) for one in block_storage.backups(cinder)]
    return UsageValues({"backup_count": len(rows), "backup_gb": sum_known(one.size for one in rows)}, rows)


def _network_totals(neutron: Service, _scope: ReadingScope) -> UsageValues:
    """What the project owns: lists would also show networks and groups that others share with it."""
    return UsageValues(
        _used(
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
    )


def _floating_ips(neutron: Service, scope: ReadingScope) -> UsageValues:
    addresses = list(network.floating_ips(neutron))
    rows = [resources.floating_ip(one, scope.region) for one in addresses]
    return UsageValues({"floating_ips_in_use": sum(one.in_use for one in addresses)}, rows)


def _object_storage(swift: Service, _scope: ReadingScope) -> UsageValues:
    return UsageValues(_account(object_storage.account(swift)))


def _containers(swift: Service, scope: ReadingScope) -> UsageValues:
    account, containers = object_storage.containers(swift)
    return UsageValues(_account(account), [resources.container(one, scope.region) for one in containers])


def _account(account: object_storage.Account) -> dict[str, Any]:
    return {
        "container_count": account.container_count,
        "object_count": account.object_count,
        "total_bytes": account.total_bytes,
        "total_size_gb": _gb(account.total_bytes, 1024**3),
        "by_policy": {name: dict(counters) for name, counters in sorted(account.by_policy.items())},
    }


def _load_balancer_count(octavia: Service, _scope: ReadingScope) -> UsageValues:
    return UsageValues({"load_balancer_count": load_balancer.load_balancer_count(octavia)})


def _load_balancers(octavia: Service, scope: ReadingScope) -> UsageValues:
    rows = [resources.load_balancer(one, scope.region) for one in load_balancer.load_balancers(octavia)]
    return UsageValues({"load_balancer_count": len(rows)}, rows)


def _images(glance: Service, scope: ReadingScope) -> UsageValues:
    rows = [resources.image(one, scope.region) for one in image.images(glance)]
    return UsageValues({"image_count": len(rows), "total_bytes": sum_known(one.size for one in rows)}, rows)


def _share_totals(manila: Service, _scope: ReadingScope) -> UsageValues:
    """What quotas know. Their gigabytes are those of the shares; snapshots have a quota of their own."""
    names = {"share_count": "shares", "total_size_gb": "gigabytes"}
    return UsageValues(_used(shared_file_system.quotas(manila), names))


def _shares(manila: Service, scope: ReadingScope, *, listed: bool) -> UsageValues:
    found = list(shared_file_system.shares(manila))
    of_types: dict[str, list[int | None]] = {}
    for one in found:
        of_types.setdefault(one.share_type or "unknown", []).append(one.size_gb)
    values = {
        "share_count": len(found),
        "total_size_gb": sum_known(one.size_gb for one in found),
        "by_status": _counted(one.status for one in found),
        "by_type": {
            name: {"count": len(sizes), "size_gb": sum_known(sizes)}
            for name, sizes in sorted(of_types.items())
        },
    }
    return UsageValues(values, [resources.share(one, scope.region) for one in found] if listed else ())


def sum_known(numbers: Iterable[int | None]) -> int | None:
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


def _rounded(hours: Decimal) -> float:
    """Hours to six decimals: behind them is what Nova's floats add up to."""
    return round(float(hours), 6)


#: What each reading of the detail resources lists.
LISTED_BY = {
    "compute": resource_types.INSTANCE,
    "volumes": resource_types.VOLUME,
    "snapshots": resource_types.SNAPSHOT,
    "backups": resource_types.BACKUP,
    "floating_ips": resource_types.FLOATING_IP,
    "load_balancers": resource_types.LOAD_BALANCER,
    "containers": resource_types.CONTAINER,
    "images": resource_types.IMAGE,
    "shares": resource_types.SHARE,
}
_MANILA = "shared_file_system"
_NETWORK = UsageReading("network", "network", _network_totals)
_FLOATING_IPS = UsageReading("network", "network", _floating_ips)
_EVERYWHERE = {
    "network": _NETWORK,
    "object_storage": UsageReading("object_storage", "object_storage", _object_storage),
    "load_balancers": UsageReading("load_balancer", "network", _load_balancer_count),
    "block_storage": UsageReading("block_storage", "storage", _storage_totals),
}
READINGS = {
    "totals": {
        "compute": UsageReading("compute", "compute", _compute_totals),
        **_EVERYWHERE,
        "shares": UsageReading(_MANILA, _MANILA, _share_totals),
    },
    "summary": {
        "compute": UsageReading("compute", "compute", partial(_servers, listed=False)),
        **_EVERYWHERE,
        "volumes": UsageReading("block_storage", "storage", partial(_volumes, listed=False)),
        "floating_ips": _FLOATING_IPS,
        "shares": UsageReading(_MANILA, _MANILA, partial(_shares, listed=False)),
    },
    "resources": {
        "compute": UsageReading("compute", "compute", partial(_servers, listed=True)),
        "volumes": UsageReading("block_storage", "storage", partial(_volumes, listed=True)),
        "snapshots": UsageReading("block_storage", "storage", _snapshots),
        "backups": UsageReading("block_storage", "storage", _backups),
        "floating_ips": _FLOATING_IPS,
        "load_balancers": UsageReading("load_balancer", "network", _load_balancers),
        "containers": UsageReading("object_storage", "object_storage", _containers),
        "images": UsageReading("image", "image", _images),
        "network": _NETWORK,
        "shares": UsageReading(_MANILA, _MANILA, partial(_shares, listed=True)),
    },
}
