# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the project uses: now, and over a period (design/reading-a-cloud.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from .._core.completeness import ABSENT, ERROR, FORBIDDEN, OK, ServiceStatus
from .._core.errors import InvalidOption
from .._core.files import AS_IT_COMES, FileAttributes
from .._core.periods import Window, iso
from .._core.rows_file import writing
from .._openstack.connection import Cloud, Readings, Service, raise_errors, read_all
from . import resources
from .resources import Filter
from .usage_readings import (
    LISTED_BY,
    READINGS,
    Reader,
    ReadingScope,
    UsageReading,
    UsageValues,
    read_hours,
    sum_known,
)

SERVICES = (
    "compute", "block_storage", "network", "object_storage", "load_balancer", "image", "shared_file_system",
)  # fmt: skip
DETAILS = ("totals", "summary", "resources")

#: Every key of a result, so that a playbook finds it, null where the detail or an error leaves it unknown.
_KEYS = {
    "compute": (
        "counted_from", "instance_count", "total_vcpus", "total_ram_mb", "total_ram_gb", "total_disk_gb",
        "allocated_disk_gb", "by_status", "by_flavor",
    ),
    "storage": (
        "volume_count", "total_size_gb", "volumes_and_snapshots_gb", "attached_count", "unattached_count",
        "by_type", "snapshot_count", "snapshot_gb", "backup_count", "backup_gb",
    ),
    "network": (
        "network_count", "subnet_count", "port_count", "router_count", "security_group_count",
        "floating_ip_count", "floating_ips_in_use", "load_balancer_count",
    ),
    "object_storage": ("container_count", "object_count", "total_bytes", "total_size_gb", "by_policy"),
    "image": ("image_count", "total_bytes"),
    "shared_file_system": ("share_count", "total_size_gb", "by_status", "by_type"),
}  # fmt: skip
_PERIOD_KEYS = (
    "period_start", "period_end", "period_server_count", "server_hours", "vcpu_hours", "ram_mb_hours",
    "disk_gb_hours",
)  # fmt: skip


@dataclass(frozen=True)
class UsageOptions:
    """services: those named by the user, empty for whatever the catalog offers. on_error: fail or warn.
    period: its hours are in the result, too.

    regions: empty for the login's own. filter, group_by, idle,
    old_snapshot_days, dest: for the detail resources only. check_mode:
    dest is not written.
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


def read_usage(cloud: Cloud, options: UsageOptions, now: datetime) -> dict[str, Any]:
    """The result of infomaniak_usage_info: services, complete and usage; resources, groups and idle where
    they are asked for.

    Requests without the login, for a project of less than 1000 of anything: totals 5, summary 7, resources 9,
    a period 1 more; 1 more each where the catalog has shared file systems. Raises InvalidOption for an option
    that the detail does not go with or a region that is not there, and CloudError for what was not read,
    unless on_error is warn: then its values are null and complete is false.
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
    result = _result(wanted, list(by_region.values()), options)
    if options.regions:
        result["regions"] = {
            name: _result(wanted, [readings], options) for name, readings in by_region.items()
        }
        result["cloud"] = {**cloud.identity.to_result(), "region": None}
    if options.detail == "resources":
        result |= _listed(wanted, list(by_region.values()), options, now)
    return result


def _wanted_readings(options: UsageOptions) -> dict[str, UsageReading]:
    readings = dict(READINGS[options.detail])
    if options.period is not None:
        readings["hours"] = UsageReading("compute", "compute", read_hours)
    return {
        name: one for name, one in readings.items() if not options.services or one.service in options.services
    }


def _read_region(cloud: Cloud, wanted: Mapping[str, UsageReading], options: UsageOptions) -> Readings:
    scope = ReadingScope(cloud.identity.region, options.period)
    readers = {name: (one.service, partial(_read, one.read, scope)) for name, one in wanted.items()}
    return read_all(cloud, readers, options.services)


def _read(read: Reader, scope: ReadingScope, service: Service) -> UsageValues:
    return read(service, scope)


def _result(
    wanted: Mapping[str, UsageReading], regions: Sequence[Readings], options: UsageOptions
) -> dict[str, Any]:
    """services, complete and usage, the sum of the regions.

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


def _parts(
    name: str, reading: UsageReading, regions: Sequence[Readings], options: UsageOptions
) -> list[UsageValues]:
    """What the reading gave in each region; nothing where one of them was not read."""
    named = reading.service in options.services
    there = [
        region.values[name]
        for region in regions
        if named or region.services[reading.service].status != ABSENT
    ]
    return [] if None in there else there


def _is_absent(reading: UsageReading, regions: Sequence[Readings]) -> bool:
    """Whether no region has the service."""
    return all(region.services[reading.service].status == ABSENT for region in regions)


def _rank(status: ServiceStatus, *, named: bool) -> int:
    """The lower, the worse: that a region does not have a service is an error only where the
    user named the service.
    """
    return ((ERROR, FORBIDDEN, ABSENT, OK) if named else (ERROR, FORBIDDEN, OK, ABSENT)).index(status.status)


def _volumes_and_snapshots(storage: Mapping[str, Any]) -> dict[str, int | None]:
    """The sum that quotas count, where the lists were read instead of the quotas."""
    parts = [storage.get("total_size_gb"), storage.get("snapshot_gb")]
    return {"volumes_and_snapshots_gb": sum_known(parts)} if storage else {}


def _summed(some: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The values of several regions in one: numbers added, counters by name merged, None
    where one is not known.
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
    wanted: Mapping[str, UsageReading], regions: Sequence[Readings], options: UsageOptions, now: datetime
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
                file.add(one.to_row())
        result |= {"dest": str(options.dest), "changed": file.changed}
    if options.group_by:
        absent = {
            kind for name, kind in LISTED_BY.items() if name in wanted and _is_absent(wanted[name], regions)
        }
        unread = {
            kind
            for name, kind in LISTED_BY.items()
            if name not in wanted or not _parts(name, wanted[name], regions, options)
        }
        result["groups"] = resources.groups(every, chosen, options.group_by, unread - absent, absent)
    if options.idle:
        result["idle"] = resources.idle(chosen, now, options.old_snapshot_days)
    return result
