# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The project's resources as rows of one shape: filtered, grouped by their metadata, and those that cost and
do nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from .._core.periods import HOUR, iso
from .._core.rows_file import Columns
from .._core.tags import is_kept_off
from .._openstack.block_storage import Copy, Volume
from .._openstack.compute import Server
from .._openstack.image import Image
from .._openstack.load_balancer import LoadBalancer
from .._openstack.network import FloatingIp
from .._openstack.object_storage import Container
from .._openstack.resource_types import (
    BACKUP,
    CONTAINER,
    FLOATING_IP,
    IMAGE,
    INSTANCE,
    LOAD_BALANCER,
    SHARE,
    SNAPSHOT,
    VOLUME,
)
from .._openstack.shared_file_system import Share

#: What the group counters of each type are called, in the order of the result; 0 in a group that has none of
#: it.
_COUNTERS_OF = {
    INSTANCE: ("instance_count", "total_vcpus", "total_ram_mb", "total_disk_gb"),
    VOLUME: ("volume_count", "total_size_gb"),
    SNAPSHOT: ("snapshot_count", "snapshot_gb"),
    BACKUP: ("backup_count", "backup_gb"),
    FLOATING_IP: ("floating_ip_count",),
    LOAD_BALANCER: ("load_balancer_count",),
    CONTAINER: ("container_count", "object_count", "total_bytes"),
    IMAGE: ("image_count", "image_bytes"),
    SHARE: ("share_count", "share_gb"),
}
TYPES = tuple(_COUNTERS_OF)
COUNTERS = tuple(counter for counters in _COUNTERS_OF.values() for counter in counters)
DAY = HOUR * 24
COLUMNS = Columns(
    (
        "type", "id", "name", "status", "size", "size_unit", "kind", "created_at", "attached_to", "metadata",
        "region",
    ),
    nested=("attached_to", "metadata"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class UsedResource:
    """One resource. size in size_unit, None where it has none; kind: flavor, volume type, share type or
    storage policy.

    attached_to: ids of what it is attached to. counts: what it adds to COUNTERS, None for an unknown number.
    idle: why it costs and does nothing, None where it does something; a snapshot's age decides that later.
    """

    type: str
    id: str
    name: str
    status: str | None
    size: int | None
    size_unit: str | None
    kind: str | None
    created: datetime | None
    attached_to: tuple[str, ...]
    metadata: Mapping[str, str]
    counts: Mapping[str, int | None]
    idle: str | None = None
    region: str | None = None

    def to_result(self, now: datetime) -> dict[str, Any]:
        """One row of the result."""
        age_hours = None if self.created is None else round((now - self.created) / HOUR, 1)
        return {**self.to_row(), "age_hours": age_hours}

    def to_row(self) -> dict[str, Any]:
        """What stays the same while the resource does: COLUMNS."""
        return {
            "type": self.type,
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "size": self.size,
            "size_unit": self.size_unit,
            "kind": self.kind,
            "created_at": None if self.created is None else iso(self.created),
            "attached_to": list(self.attached_to),
            "metadata": dict(self.metadata),
            "region": self.region,
        }


@dataclass(frozen=True)
class Filter:
    """Which resources are wanted: of these types, with a name like the pattern (* and ?), and with all of
    this metadata.
    """

    types: Collection[str] = ()
    name: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def wants(self, one: UsedResource) -> bool:
        """Whether the resource is wanted."""
        return (
            (not self.types or one.type in self.types)
            and (self.name is None or fnmatchcase(one.name, self.name))
            and all(one.metadata.get(key) == value for key, value in self.metadata.items())
        )


def instance(server: Server, region: str | None) -> UsedResource:
    """A server; it is attached to its volumes."""
    counts = {
        "instance_count": 1,
        "total_vcpus": server.vcpus,
        "total_ram_mb": server.ram_mb,
        "total_disk_gb": server.disk_gb,
    }
    return UsedResource(
        INSTANCE, server.id, server.name, server.status, server.vcpus, "vcpu", server.flavor_name,
        _moment(server.created), server.volume_ids, server.metadata, counts, _idle_server(server), region,
    )  # fmt: skip


def _idle_server(server: Server) -> str | None:
    """A stopped server stays allocated, and what is attached to it is charged as before. One that is off for
    the night is no waste.
    """
    if server.status != "SHUTOFF" or is_kept_off(server.metadata):
        return None
    if server.gpu:
        return "stopped_with_gpu"
    return "stopped_with_floating_ip" if server.floating_ips else "stopped"


def volume(one: Volume, region: str | None) -> UsedResource:
    """A volume; it is attached to servers."""
    return UsedResource(
        VOLUME, one.id, one.name, one.status, one.size_gb, "GB", one.volume_type, _moment(one.created),
        one.server_ids, one.metadata, {"volume_count": 1, "total_size_gb": one.size_gb},
        None if one.attached else "unattached", region,
    )  # fmt: skip


def snapshot(one: Copy, region: str | None) -> UsedResource:
    """A snapshot; it is attached to its volume."""
    counts = {"snapshot_count": 1, "snapshot_gb": one.size_gb}
    return _copy(SNAPSHOT, one, counts, region)


def backup(one: Copy, region: str | None) -> UsedResource:
    """A backup; it is attached to its volume, which may be gone."""
    return _copy(BACKUP, one, {"backup_count": 1, "backup_gb": one.size_gb}, region)


def _copy(kind: str, one: Copy, counts: Mapping[str, int | None], region: str | None) -> UsedResource:
    return UsedResource(
        kind, one.id, one.name, one.status, one.size_gb, "GB", None, _moment(one.created), (one.volume_id,),
        one.metadata, counts, None, region,
    )  # fmt: skip


def floating_ip(one: FloatingIp, region: str | None) -> UsedResource:
    """A floating IP under its address; it is attached to the owner of its port, to the port where
    that is unknown.
    """
    on = one.device_id or one.port_id
    return UsedResource(
        FLOATING_IP, one.id, one.address, one.status, None, None, None, _moment(one.created),
        (on,) if on else (), _tags(one.tags), {"floating_ip_count": 1},
        None if one.in_use else "unassociated", region,
    )  # fmt: skip


def load_balancer(one: LoadBalancer, region: str | None) -> UsedResource:
    """A load balancer; it is attached to the network of its address."""
    on = (one.network_id,) if one.network_id else ()
    return UsedResource(
        LOAD_BALANCER, one.id, one.name, one.status, None, None, None, _moment(one.created), on,
        _tags(one.tags), {"load_balancer_count": 1}, "empty" if one.empty else None, region,
    )  # fmt: skip


def container(one: Container, region: str | None) -> UsedResource:
    """A container; its name is its id, and Swift does not report when it was made."""
    counts = {"container_count": 1, "object_count": one.object_count, "total_bytes": one.total_bytes}
    return UsedResource(
        CONTAINER, one.name, one.name, None, one.total_bytes, "byte", one.storage_policy, None, (), {},
        counts, None, region
    )  # fmt: skip


def image(one: Image, region: str | None) -> UsedResource:
    """An image that the project owns."""
    counts = {"image_count": 1, "image_bytes": one.size_bytes}
    return UsedResource(
        IMAGE, one.id, one.name, one.status, one.size_bytes, "byte", None, _moment(one.created), (),
        _tags(one.tags), counts, None, region,
    )  # fmt: skip


def share(one: Share, region: str | None) -> UsedResource:
    """A share of a shared file system."""
    counts = {"share_count": 1, "share_gb": one.size_gb}
    return UsedResource(
        SHARE, one.id, one.name, one.status, one.size_gb, "GB", one.share_type, _moment(one.created), (),
        one.metadata, counts, None, region,
    )  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    """A service's ISO 8601; some write UTC without saying so."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _tags(words: Iterable[str]) -> dict[str, str]:
    """Tags are words; those written as key=value are read as metadata is, others have no value."""
    return {key: value for key, _equals, value in (word.partition("=") for word in words)}


def idle(some: Iterable[UsedResource], now: datetime, old_days: int) -> list[dict[str, Any]]:
    """Rows of what costs and does nothing, each with its reason; a snapshot when it is old_days old.

    The oldest first.
    """
    found = []
    for one in some:
        reason = one.idle
        if one.type == SNAPSHOT and one.created is not None and now - one.created >= old_days * DAY:
            reason = "old"
        if reason:
            found.append({**one.to_result(now), "reason": reason})
    return sorted(found, key=lambda row: (-(row["age_hours"] or 0), row["type"], row["name"]))


def groups(
    every: Iterable[UsedResource],
    wanted: Iterable[UsedResource],
    key: str,
    unread: Collection[str] = (),
    absent: Collection[str] = (),
) -> list[dict[str, Any]]:
    """COUNTERS of the wanted resources for each value of that metadata key; the group None is of those that
    have none.

    A resource without the key belongs to the group of what it is attached to: a volume to its server's group,
    a snapshot to its volume's. The largest group by number of resources first. unread: types that were not
    read; their counters are None (design/reading-a-cloud.md#unknown-is-not-zero), and so are, in every group,
    those of a resource that is attached to what was not read, as its group is unknown. absent: types that the
    cloud does not have; their counters are None, too.
    """
    nothing = {
        counter: None if kind in unread or kind in absent else 0
        for kind, counters in _COUNTERS_OF.items()
        for counter in counters
    }
    known = {one.id: one for one in every}
    counted: dict[str | None, dict[str, int | None]] = {}
    members: dict[str | None, int] = {}
    unplaced: set[str] = set()
    for one in wanted:
        name = _group(one, key, known, frozenset())
        if name is None and unread and not _attached_to_known(one, known, frozenset()):
            unplaced.update(one.counts)
        counters = counted.setdefault(name, dict(nothing))
        members[name] = members.get(name, 0) + 1
        for counter, number in one.counts.items():
            so_far = counters[counter]
            counters[counter] = None if number is None or so_far is None else so_far + number
    order = sorted(counted, key=lambda name: (name is None, -members[name], name or ""))
    unknown = dict.fromkeys(sorted(unplaced))
    return [{"group": name, "resource_count": members[name], **counted[name], **unknown} for name in order]


def _group(
    one: UsedResource, key: str, known: Mapping[str, UsedResource], seen: frozenset[str]
) -> str | None:
    if key in one.metadata:
        return one.metadata[key]
    for on in one.attached_to if one.type != INSTANCE else ():
        if on in known and on not in seen:
            found = _group(known[on], key, known, seen | {one.id})
            if found is not None:
                return found
    return None


def _attached_to_known(one: UsedResource, known: Mapping[str, UsedResource], seen: frozenset[str]) -> bool:
    """Whether all that this is attached to was read."""
    return one.type == INSTANCE or all(
        on in known and (on in seen or _attached_to_known(known[on], known, seen | {one.id}))
        for on in one.attached_to
    )
