# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the project uses: now, and over a period (design/reading-a-cloud.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from .._core.completeness import ABSENT, ERROR, FORBIDDEN, OK, ServiceStatus
from .._core.errors import InvalidOption
from .._core.files import AS_IT_COMES, FileAttributes
from .._core.periods import Window, iso
from .._core.rows_file import writing
from .._openstack import block_storage, compute, image, load_balancer, network, object_storage, resource_types
from .._openstack.connection import Cloud, Readings, Service, raise_errors, read_all
from .._openstack.quota import Quota
from . import resources
from .resources import Filter, Resource

SERVICES = ("compute", "block_storage", "network", "object_storage", "load_balancer", "image")
DETAILS = ("totals", "summary", "resources")

#: Every key of a result, so that a playbook finds it, null where the detail or an error leaves it unknown.
_KEYS = {
    "compute": (
        "counted_from", "instance_count", "total_vcpus", "total_ram_mb", "total_ram_gb", "total_disk_gb", "allocated_disk_gb",
        "by_status", "by_flavor",
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
    "image": ("image_count", "total_bytes"),
}  # fmt: skip
_PERIOD_KEYS = (
    "period_start", "period_end", "period_server_count", "server_hours", "vcpu_hours", "ram_mb_hours", "disk_gb_hours",
)  # fmt: skip


@dataclass(frozen=True)
class UsageOptions:
    """services: those named by the user, empty for whatever the catalog offers. on_error: fail or warn.
    period: also tell its hours.

    regions: empty for the login's own. filter, group_by, idle, old_snapshot_days, dest: for the detail
    resources only. check_mode: dest is not
    written.
    """

    services: tuple[str, ...]
    detail: str
    on_error: str
    period: Window | None = None
    regions: tuple[str, ...] = ()
    filter: Filter = field(default_factory=Filter)
    group_by: str | None = None
    idle: bool = False
    old_snapshot_days: int = 30
    dest: Path | None = None
    attributes: FileAttributes = AS_IT_COMES
    check_mode: bool = False

    def refuse_what_needs_a_list(self) -> None:
        """Raise InvalidOption for an option that the detail has no resources for."""
        asked = {
            "types": self.filter.types,
            "name": self.filter.name,
            "metadata": self.filter.metadata,
            "group_by": self.group_by,
            "idle": self.idle,
            "dest": self.dest,
        }
        asked["services"] = "image" in self.services
        for name, value in asked.items():
            if value and self.detail != "resources":
                what = "has image, which is read for" if name == "services" else "is about"
                problem = f"{what} the list of resources; set detail to resources, not {self.detail}."
                raise InvalidOption(name, problem)


@dataclass(frozen=True)
class Part:
    """What one reading tells: values of a section of `usage`, and the resources that it listed."""

    values: Mapping[str, Any]
    resources: Sequence[Resource] = ()


Reader = Callable[[Service, "_Wanted"], Part]


@dataclass(frozen=True)
class _Wanted:
    """What every reader is told: the region whose resources it lists, and the period whose hours are wanted."""

    region: str | None
    period: Window | None


@dataclass(frozen=True)
class _Reading:
    """One request, or one list: whose service is asked, and into which section of `usage` its numbers go."""

    service: str
    section: str
    read: Reader


def read_usage(cloud: Cloud, options: UsageOptions, now: datetime) -> dict[str, Any]:
    """The result of infomaniak_usage_info: services, complete and usage; resources, groups and idle where
    they are asked for.

    Requests without the login, for a project of less than 1000 of anything: totals 5, summary 7, resources 9,
    a period 1 more. Raises InvalidOption for an option that the detail does not go with or a region that is
    not there, and CloudError for what was not read, unless on_error is warn: then its values are null and
    complete is false.
    """
    options.refuse_what_needs_a_list()
    wanted = _wanted_readings(options)
    clouds: dict[str | None, Cloud] = {name: cloud.in_region(name) for name in options.regions}
    clouds = clouds or {cloud.identity.region: cloud}
    with ThreadPoolExecutor(max_workers=len(clouds)) as pool:
        running = {name: pool.submit(_read_region, one, wanted, options) for name, one in clouds.items()}
        by_region = {name: future.result() for name, future in running.items()}
    if options.on_error == "fail":
        raise_errors(tuple(error for readings in by_region.values() for error in readings.errors))
    result = _told(wanted, list(by_region.values()), options)
    if options.regions:
        result["regions"] = {name: _told(wanted, [readings], options) for name, readings in by_region.items()}
        result["cloud"] = {**cloud.identity.to_result(), "region": None}
    if options.detail == "resources":
        result |= _listed(wanted, list(by_region.values()), options, now)
    return result


def _wanted_readings(options: UsageOptions) -> dict[str, _Reading]:
    readings = dict(_READINGS[options.detail])
    if options.period is not None:
        readings["hours"] = _Reading("compute", "compute", _hours)
    return {
        name: one for name, one in readings.items() if not options.services or one.service in options.services
    }


def _read_region(cloud: Cloud, wanted: Mapping[str, _Reading], options: UsageOptions) -> Readings:
    told = _Wanted(cloud.identity.region, options.period)
    readers = {name: (one.service, partial(_read, one.read, told)) for name, one in wanted.items()}
    return read_all(cloud, readers, options.services)


def _read(read: Reader, told: _Wanted, service: Service) -> Part:
    return read(service, told)


def _told(
    wanted: Mapping[str, _Reading], regions: Sequence[Readings], options: UsageOptions
) -> dict[str, Any]:
    """services, complete and usage of the regions together.

    A service that a region does not have adds nothing there; where the user named it, what it adds is not
    known (design/reading-a-cloud.md#unknown-is-not-zero).
    """
    period = options.period
    usage: dict[str, dict[str, Any]] = {
        one.section: dict.fromkeys(_KEYS[one.section]) for one in wanted.values()
    }
    if period is not None and "compute" in usage:
        usage["compute"].update(dict.fromkeys(_PERIOD_KEYS))
        usage["compute"].update({"period_start": iso(period.begin), "period_end": iso(period.end)})
    for name, reading in wanted.items():
        parts = _parts(name, reading, regions, options)
        if parts:
            usage[reading.section].update(_summed([part.values for part in parts]))
    storage = usage.get("storage", {})
    if storage.get("volumes_and_snapshots_gb") is None:
        storage.update(_volumes_and_snapshots(storage))
    worst = {
        name: min(
            (region.services[name] for region in regions), key=partial(_rank, named=name in options.services)
        )
        for name in regions[0].services
    }
    return {
        "services": {name: status.to_result() for name, status in worst.items()},
        "complete": all(region.complete for region in regions),
        "usage": usage,
    }


def _parts(name: str, reading: _Reading, regions: Sequence[Readings], options: UsageOptions) -> list[Part]:
    """What the reading gave in each region; nothing where one of them was not read."""
    named = reading.service in options.services
    there = [
        region.values[name]
        for region in regions
        if named or region.services[reading.service].status != ABSENT
    ]
    return [] if None in there else there


def _rank(status: ServiceStatus, *, named: bool) -> int:
    """The lower, the worse: that a region does not have a service is an error only where the user named the
    service.
    """
    return ((ERROR, FORBIDDEN, ABSENT, OK) if named else (ERROR, FORBIDDEN, OK, ABSENT)).index(status.status)


def _volumes_and_snapshots(storage: Mapping[str, Any]) -> dict[str, int | None]:
    """What quotas count together, where the lists were read instead of the quotas."""
    parts = [storage.get("total_size_gb"), storage.get("snapshot_gb")]
    return {"volumes_and_snapshots_gb": _sum_known(parts)} if storage else {}


def _summed(some: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The values of several regions in one: numbers added, counters by name merged, None where one is not
    known.
    """
    if len(some) == 1:
        return dict(some[0])
    return {
        name: _sum_of([one.get(name) for one in some])
        for name in dict.fromkeys(key for one in some for key in one)
    }


def _sum_of(values: Sequence[Any]) -> Any:
    if None in values:
        return None
    if isinstance(values[0], str):
        return values[0]
    if not isinstance(values[0], Mapping):
        total = sum(values)
        return round(total, 6) if isinstance(total, float) else total
    names = sorted({name for value in values for name in value})
    return {name: _sum_of([value[name] for value in values if name in value]) for name in names}


def _listed(
    wanted: Mapping[str, _Reading], regions: Sequence[Readings], options: UsageOptions, now: datetime
) -> dict[str, Any]:
    every = [
        one
        for region in regions
        for name in wanted
        if region.values[name]
        for one in region.values[name].resources
    ]
    chosen = [one for one in every if options.filter.wants(one)]
    result: dict[str, Any] = {"resource_count": len(chosen)}
    if options.dest is None:
        result["resources"] = [one.to_result(now) for one in chosen]
    else:
        with writing(options.dest, resources.COLUMNS, options.check_mode, options.attributes) as file:
            for one in chosen:
                file.add(one.as_row())
        result |= {"dest": str(options.dest), "changed": file.changed}
    if options.group_by:
        unread = {
            kind
            for name, kind in _LISTED_BY.items()
            if name not in wanted or not _parts(name, wanted[name], regions, options)
        }
        result["groups"] = resources.groups(every, chosen, options.group_by, unread)
    if options.idle:
        result["idle"] = resources.idle(chosen, now, options.old_snapshot_days)
    return result


def _used(quotas: Iterable[Quota], names: Mapping[str, str]) -> dict[str, int | None]:
    """What the quotas count, under our names; None for one that the service does not count."""
    used = {quota.name: quota.used for quota in quotas}
    return {ours: used.get(theirs) for ours, theirs in names.items()}


def _compute_totals(nova: Service, _wanted: _Wanted) -> Part:
    counted = _used(
        compute.quotas(nova), {"instance_count": "instances", "total_vcpus": "cores", "total_ram_mb": "ram"}
    )
    return Part({"counted_from": "quotas", **counted, "total_ram_gb": _gb(counted["total_ram_mb"], 1024)})


def _servers(nova: Service, wanted: _Wanted, *, listed: bool) -> Part:
    """Counted from the list of servers: quotas may leave shelved ones out (Nova, option
    count_usage_from_placement).
    """
    servers = list(compute.servers(nova))
    ram_mb = _sum_known(server.ram_mb for server in servers)
    values = {
        "counted_from": "servers",
        "instance_count": len(servers),
        "total_vcpus": _sum_known(server.vcpus for server in servers),
        "total_ram_mb": ram_mb,
        "total_ram_gb": _gb(ram_mb, 1024),
        "total_disk_gb": _sum_known(server.disk_gb for server in servers),
        "allocated_disk_gb": _sum_known(server.allocated_disk_gb for server in servers),
        "by_status": _counted(server.status for server in servers),
        "by_flavor": _counted(server.flavor_name or "unknown" for server in servers),
    }
    return Part(values, [resources.instance(server, wanted.region) for server in servers] if listed else ())


def _hours(nova: Service, wanted: _Wanted) -> Part:
    if wanted.period is None:
        raise ValueError("hours are of a period")
    used = compute.hours(nova, wanted.period)
    return Part(
        {
            "period_server_count": used.server_count,
            "server_hours": _rounded(used.hours),
            "vcpu_hours": _rounded(used.vcpu_hours),
            "ram_mb_hours": _rounded(used.ram_mb_hours),
            "disk_gb_hours": _rounded(used.disk_gb_hours),
        }
    )


def _storage_totals(cinder: Service, _wanted: _Wanted) -> Part:
    """What quotas know. Their gigabytes are volumes and snapshots together, so the volumes' own size is not
    among it.
    """
    return Part(
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


def _volumes(cinder: Service, wanted: _Wanted, *, listed: bool) -> Part:
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
    return Part(values, [resources.volume(one, wanted.region) for one in volumes] if listed else ())


def _snapshots(cinder: Service, wanted: _Wanted) -> Part:
    rows = [resources.snapshot(one, wanted.region) for one in block_storage.snapshots(cinder)]
    return Part({"snapshot_count": len(rows), "snapshot_gb": _sum_known(one.size for one in rows)}, rows)


def _backups(cinder: Service, wanted: _Wanted) -> Part:
    rows = [resources.backup(one, wanted.region) for one in block_storage.backups(cinder)]
    return Part({"backup_count": len(rows), "backup_gb": _sum_known(one.size for one in rows)}, rows)


def _network_totals(neutron: Service, _wanted: _Wanted) -> Part:
    """What the project owns: lists would also show networks and groups that others share with it."""
    return Part(
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


def _floating_ips(neutron: Service, wanted: _Wanted) -> Part:
    addresses = list(network.floating_ips(neutron))
    rows = [resources.floating_ip(one, wanted.region) for one in addresses]
    return Part({"floating_ips_in_use": sum(one.in_use for one in addresses)}, rows)


def _object_storage(swift: Service, _wanted: _Wanted) -> Part:
    return Part(_account(object_storage.account(swift)))


def _containers(swift: Service, wanted: _Wanted) -> Part:
    account, containers = object_storage.containers(swift)
    return Part(_account(account), [resources.container(one, wanted.region) for one in containers])


def _account(account: object_storage.Account) -> dict[str, Any]:
    return {
        "container_count": account.container_count,
        "object_count": account.object_count,
        "total_bytes": account.total_bytes,
        "total_size_gb": _gb(account.total_bytes, 1024**3),
        "by_policy": {name: dict(counters) for name, counters in sorted(account.by_policy.items())},
    }


def _load_balancer_count(octavia: Service, _wanted: _Wanted) -> Part:
    return Part({"load_balancer_count": load_balancer.load_balancer_count(octavia)})


def _load_balancers(octavia: Service, wanted: _Wanted) -> Part:
    rows = [resources.load_balancer(one, wanted.region) for one in load_balancer.load_balancers(octavia)]
    return Part({"load_balancer_count": len(rows)}, rows)


def _images(glance: Service, wanted: _Wanted) -> Part:
    rows = [resources.image(one, wanted.region) for one in image.images(glance)]
    return Part({"image_count": len(rows), "total_bytes": _sum_known(one.size for one in rows)}, rows)


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


def _rounded(hours: Decimal) -> float:
    """Hours to six decimals: behind them is what Nova's floats add up to."""
    return round(float(hours), 6)


#: What each reading of the detail resources lists.
_LISTED_BY = {
    "compute": resource_types.INSTANCE,
    "volumes": resource_types.VOLUME,
    "snapshots": resource_types.SNAPSHOT,
    "backups": resource_types.BACKUP,
    "floating_ips": resource_types.FLOATING_IP,
    "load_balancers": resource_types.LOAD_BALANCER,
    "containers": resource_types.CONTAINER,
    "images": resource_types.IMAGE,
}
_NETWORK = _Reading("network", "network", _network_totals)
_FLOATING_IPS = _Reading("network", "network", _floating_ips)
_EVERYWHERE = {
    "network": _NETWORK,
    "object_storage": _Reading("object_storage", "object_storage", _object_storage),
    "load_balancers": _Reading("load_balancer", "network", _load_balancer_count),
    "block_storage": _Reading("block_storage", "storage", _storage_totals),
}
_READINGS = {
    "totals": {"compute": _Reading("compute", "compute", _compute_totals), **_EVERYWHERE},
    "summary": {
        "compute": _Reading("compute", "compute", partial(_servers, listed=False)),
        **_EVERYWHERE,
        "volumes": _Reading("block_storage", "storage", partial(_volumes, listed=False)),
        "floating_ips": _FLOATING_IPS,
    },
    "resources": {
        "compute": _Reading("compute", "compute", partial(_servers, listed=True)),
        "volumes": _Reading("block_storage", "storage", partial(_volumes, listed=True)),
        "snapshots": _Reading("block_storage", "storage", _snapshots),
        "backups": _Reading("block_storage", "storage", _backups),
        "floating_ips": _FLOATING_IPS,
        "load_balancers": _Reading("load_balancer", "network", _load_balancers),
        "containers": _Reading("object_storage", "object_storage", _containers),
        "images": _Reading("image", "image", _images),
        "network": _NETWORK,
    },
}
