# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the project has in one region, by ID and by name: what every plan is compared with
(design/estimates.md#what-is-there-before).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from .._openstack import block_storage, compute, image, load_balancer, network
from .._openstack.block_storage import Copy, Volume
from .._openstack.compute import Server
from .._openstack.connection import Reader, Service
from .._openstack.image import Image
from .._openstack.load_balancer import LoadBalancer
from .._openstack.network import FloatingIp, Port
from .changes import GIB
from .shapes import Part, Shape

SERVER, VOLUME, FLOATING_IP = "server", "volume", "floating IP"
LOAD_BALANCER, IMAGE, PORT = "load balancer", "image", "port"
#: A thing and its ID or its name.
Claim: TypeAlias = "tuple[str, str]"
#: What it costs by: the name of its size and how much of it; None where the list does not tell.
Size: TypeAlias = "tuple[str | None, Fraction] | None"
#: A kind of what has a price -> what the project's list of it is called.
_THINGS: Mapping[str, str] = {
    "instance": SERVER,
    "stopped_instance": SERVER,
    "volume": VOLUME,
    "floating_ip": FLOATING_IP,
    "load_balancer": LOAD_BALANCER,
    "image": IMAGE,
    "snapshot": "snapshot",
    "backup": "backup",
    "fixed_ip": PORT,
}
#: How Nova calls a server -> the kind that it is rated as; for any other status that is unknown.
_RATED_AS = {
    "ACTIVE": "instance",
    "SHUTOFF": "stopped_instance",
    "SHELVED": "stopped_instance",
    "SHELVED_OFFLOADED": "stopped_instance",
}


def _part_of_server(server: Server) -> Part | str:
    kind = _RATED_AS.get(server.status)
    if kind is None or server.flavor_name is None:
        return f"server {server.name} is {server.status}, and how that is rated is unknown"
    return Part(Shape(kind, server.flavor_name), Fraction(1))


def _part_of_volume(volume: Volume) -> Part | str:
    if not volume.volume_type:
        return f"the type of volume {volume.name} is unknown"
    return Part(Shape("volume", volume.volume_type), Fraction(volume.size_gb))


def _part_of_image(of: Image) -> Part | str:
    if of.size_bytes is None:
        return f"image {of.name} has no data yet"
    return Part(Shape("image"), Fraction(of.size_bytes, GIB))


def _part_of_copy(kind: str, copy: Copy) -> Part:
    return Part(Shape(kind), Fraction(copy.size_gb))


def _part_of_address(_address: FloatingIp) -> Part:
    return Part(Shape("floating_ip"), Fraction(1))


def _part_of_balancer(balancer: LoadBalancer) -> Part | None:
    # A price goes by the name of the flavor, and the list tells its ID.
    return Part(Shape("load_balancer"), Fraction(1)) if balancer.flavor_id is None else None


def _part_of_port(port: Port) -> Part:
    return Part(Shape("fixed_ip"), Fraction(port.address_count), port.address_count)


def _untold(_one: Any) -> None:
    """The list does not tell what it costs by."""


class _List(NamedTuple):
    """A list of the project: what reading it is called, of which service, how it is read, the size of a row
    of it, and what a row costs by or why that is unknown.
    """

    reading: str
    service: str
    reader: Callable[[Service], Iterable[Any]]
    size_of: Callable[[Any], Size]
    part_of: Callable[[Any], Part | str | None]


_LISTS: Mapping[str, _List] = {
    SERVER: _List(
        "servers", "compute", compute.servers, lambda one: (one.flavor_name, Fraction(1)), _part_of_server
    ),
    VOLUME: _List(
        "volumes", "block_storage", block_storage.volumes,
        lambda one: (one.volume_type, Fraction(one.size_gb)), _part_of_volume,
    ),
    FLOATING_IP: _List("floating IPs", "network", network.floating_ips, _untold, _part_of_address),
    LOAD_BALANCER: _List(
        "load balancers", "load_balancer", load_balancer.load_balancers,
        lambda one: (one.flavor_id or "", Fraction(1)), _part_of_balancer,
    ),
    IMAGE: _List(
        "images", "image", image.images, lambda one: ("", Fraction(one.size_bytes or 0, GIB)), _part_of_image
    ),
    PORT: _List(
        "ports", "network", network.ports, lambda one: ("", Fraction(one.address_count)), _part_of_port
    ),
    "snapshot": _List(
        "snapshots", "block_storage", block_storage.snapshots, _untold, partial(_part_of_copy, "snapshot")
    ),
    "backup": _List(
        "backups", "block_storage", block_storage.backups, _untold, partial(_part_of_copy, "backup")
    ),
}  # fmt: skip


@dataclass(frozen=True)
class ProjectResources:
    """What the project has in one region.

    sizes: by what it is and its ID. named: by what it is and its name, or its ID: what it costs by, why that
    is unknown, or None where the list does not tell. metadata: as named. addressed: names and IDs of servers
    with a floating IP. twice: what two resources of a plan say that they are.
    """

    sizes: Mapping[Claim, Size] = field(default_factory=dict)
    named: Mapping[Claim, Part | str | None] = field(default_factory=dict)
    metadata: Mapping[Claim, Mapping[str, str]] = field(default_factory=dict)
    addressed: frozenset[str] = frozenset()
    twice: frozenset[Claim] = frozenset()

    def has(self, kind: str, name: str) -> bool:
        """Whether the project has one of that kind and name, or ID."""
        return (thing_of(kind), name) in self.named

    def find(self, kind: str, name: str) -> Part | str | None:
        """What the one of that kind and name, or ID, costs by, or why that is unknown; None where there is
        none.
        """
        return self.named.get((thing_of(kind), name))

    def metadata_of(self, kind: str, name: str) -> Mapping[str, str]:
        """Those of the resource of that name; none where there is none."""
        return self.metadata.get((thing_of(kind), name), {})


def thing_of(kind: str) -> str:
    """What the list of a kind's resources is called; the kind itself where there is no list."""
    return _THINGS.get(kind, kind)


def project_resources(readings: Mapping[str, Any], public: Collection[str] = ()) -> ProjectResources:
    """What the lists say that were read. readings: by the name of the reading, None for what failed. public:
    IDs of networks on which each address costs, so that a port there costs.

    Several of one name are unknown: any could be meant.
    """
    found = list(_rows(readings))
    named: dict[Claim, Part | str | None] = {}
    metadata: dict[Claim, Mapping[str, str]] = {}
    for thing, one in found:
        name = one.address if thing == FLOATING_IP else one.name
        for key in dict.fromkeys(((thing, name), (thing, one.id))) if name else ((thing, one.id),):
            twice = f"the project has several of the name {key[1]}"
            costs = thing != PORT or one.network_id in public
            named[key] = twice if key in named else _LISTS[thing].part_of(one) if costs else None
            metadata[key] = getattr(one, "metadata", {})
    with_address = [one for thing, one in found if thing == SERVER and one.floating_ips]
    return ProjectResources(
        sizes={(thing, one.id): _LISTS[thing].size_of(one) for thing, one in found},
        named=named,
        metadata=metadata,
        addressed=frozenset(name for one in with_address for name in (one.name, one.id)),
    )


def _rows(readings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for thing, of in _LISTS.items():
        for one in readings.get(of.reading) or ():
            yield thing, one


def list_readers(things: Iterable[str]) -> dict[str, tuple[str, Reader]]:
    """By the name of the reading the service and what reads the list of each of the things that has one."""
    wanted = set(things)
    return {
        of.reading: (of.service, partial(_listed, of.reader))
        for thing, of in _LISTS.items()
        if thing in wanted
    }


def _listed(reader: Callable[[Service], Iterable[Any]], service: Service) -> list[Any]:
    return list(reader(service))
