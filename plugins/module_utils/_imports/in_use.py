# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Whether a project uses anything that could cost (design/imports.md#missing-hours)."""

from __future__ import annotations

from .._openstack import (
    block_storage,
    compute,
    database,
    image,
    load_balancer,
    network,
    object_storage,
    shared_file_system,
)
from .._openstack.connection import Cloud, Reader, Service, read_all
from .._openstack.quota import Quota
from .._openstack.quota_names import our_name

#: The counters of what clouds rate. Networks, ports, security groups and the like are there in an empty
#: project too, and cost nothing.
_COUNTERS = {
    "compute": ("instances", "cores", "ram_mb"),
    "block_storage": ("volumes", "gigabytes", "snapshots", "backups", "backup_gigabytes"),
    "network": ("floating_ips", "routers"),
    "object_storage": ("object_storage_bytes",),
    "shared_file_system": ("shares", "gigabytes", "snapshots", "snapshot_gigabytes"),
    "database": ("instances", "volumes", "backups"),
}
_QUOTAS = {
    "compute": compute.quotas,
    "block_storage": block_storage.quotas,
    "network": network.quotas,
    "object_storage": object_storage.quotas,
    "shared_file_system": shared_file_system.quotas,
    "database": database.quotas,
}


def uses_nothing(cloud: Cloud) -> bool:
    """Whether every counter is 0: one request per service, side by side.

    A counter that was not told is not 0.
    """
    readers: dict[str, tuple[str, Reader]] = {service: (service, _counts(service)) for service in _QUOTAS}
    readers["load_balancer"] = ("load_balancer", lambda octavia: [load_balancer.load_balancer_count(octavia)])
    # Glance tells no quotas to ordinary users.
    readers["image"] = ("image", lambda glance: [sum(1 for _image in image.images(glance))])
    readings = read_all(cloud, readers)
    return not readings.errors and all(
        count == 0 for counts in readings.values.values() if counts is not None for count in counts
    )


def _counts(service: str) -> Reader:
    def read(opened: Service) -> list[int | None]:
        rows: dict[str, Quota] = {our_name(service, row.name): row for row in _QUOTAS[service](opened)}
        return [rows[name].used if name in rows else None for name in _COUNTERS[service]]

    return read
