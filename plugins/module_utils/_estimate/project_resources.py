# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a plan says of a resource before is believed only of what the project has
(design/estimates.md#what-is-there-before).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any, TypeAlias

from .._openstack import block_storage, compute, image, load_balancer, network
from .._openstack.connection import Reader, Service
from .changes import GIB
from .plan_file import Plan
from .plan_networks import INTERFACE, LOAD_BALANCER, PORT, SERVER
from .shapes import Part

#: What it costs by: the name of its size and how much of it; None where the list does not tell.
_Size: TypeAlias = "tuple[str | None, Fraction] | None"
_FLOATING_IP = "floating IP"
#: A resource type of a plan -> what the project's list of it is called; of no other type there is one.
_LISTED: Mapping[str, str] = {
    SERVER: "server",
    "openstack_blockstorage_volume_v2": "volume",
    "openstack_blockstorage_volume_v3": "volume",
    "openstack_compute_floatingip_v2": _FLOATING_IP,
    "openstack_networking_floatingip_v2": _FLOATING_IP,
    LOAD_BALANCER: "load balancer",
    "openstack_images_image_v2": "image",
    PORT: "port",
    INTERFACE: "port",
}
#: The list of a thing -> what reads it, and the size of one.
_LISTS: Mapping[str, tuple[str, str, Callable[[Any], Iterable[Any]], Callable[[Any], _Size]]] = {
    "server": ("servers", "compute", compute.servers, lambda one: (one.flavor_name, Fraction(1))),
    "volume": (
        "volumes", "block_storage", block_storage.volumes,
        lambda one: (one.volume_type, Fraction(one.size_gb)),
    ),
    _FLOATING_IP: ("floating IPs", "network", network.floating_ips, lambda _one: None),
    "load balancer": ("load balancers", "load_balancer", load_balancer.load_balancers, lambda _one: None),
    "image": ("images", "image", image.images, lambda one: ("", Fraction(one.size_bytes or 0, GIB))),
    "port": ("ports", "network", network.ports, lambda _one: None),
}  # fmt: skip
#: What the readings of these lists are called.
READINGS = tuple(reading for reading, *_rest in _LISTS.values())
#: A thing and its ID.
Claim: TypeAlias = "tuple[str, str]"


@dataclass(frozen=True)
class ProjectResources:
    """The sizes of what the project has in one region, by what it is and its ID. twice: as claimed_twice()
    says it of the plan.
    """

    sizes: Mapping[Claim, _Size] = field(default_factory=dict)
    twice: frozenset[Claim] = frozenset()


def project_resources(readings: Mapping[str, Any]) -> ProjectResources:
    """What the lists say that were read. readings: by the name of the reading, None for what failed."""
    return ProjectResources(
        {
            (thing, one.id): size_of(one)
            for thing, (reading, _service, _reader, size_of) in _LISTS.items()
            for one in readings.get(reading) or ()
        }
    )


def readers(rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, Reader]]:
    """By the name of the reading the service and what reads the list, for each list that confirms what these
    rows of a plan have before.
    """
    things = {_LISTED[row["type"]] for row in rows if row["type"] in _LISTED and _before(row)}
    return {
        reading: (service, partial(_listed, reader))
        for thing, (reading, service, reader, _size) in _LISTS.items()
        if thing in things
    }


def _listed(reader: Callable[[Any], Iterable[Any]], service: Service) -> list[Any]:
    return list(reader(service))


def is_listed(kind: str) -> bool:
    """Whether the project has a list of what is of that type."""
    return kind in _LISTED


def claimed_twice(plan: Plan) -> frozenset[Claim]:
    """What two resources of a plan say that they are; also of one that stays as it is."""
    claims = Counter(_claims(plan))
    return frozenset(claim for claim, count in claims.items() if count > 1)


def _claims(plan: Plan) -> Iterator[Claim]:
    for row in plan.changes:
        claim = _claim(row)
        # One that is attached is a port, and may be managed as a port besides.
        if claim is not None and row.get("mode") != "data" and row["type"] != INTERFACE:
            yield claim


def _before(row: Mapping[str, Any]) -> Mapping[str, Any]:
    before: Mapping[str, Any] = row["change"].get("before") or {}
    return before


def _claim(row: Mapping[str, Any]) -> Claim | None:
    """Which of the project's resources it is before; None where it does not tell."""
    identifier = _before(row).get("port_id" if row["type"] == INTERFACE else "id")
    if row["type"] not in _LISTED or not isinstance(identifier, str) or not identifier:
        return None
    return _LISTED[row["type"]], identifier


def disbelief(
    row: Mapping[str, Any], before: Sequence[Sequence[Part]], there: ProjectResources
) -> str | None:
    """Why it is not believed what a plan says of a resource before; None where the project has it as it says.

    before: the parts of its pieces, the first of which is the resource itself. Where none has a price there
    is nothing to doubt.
    """
    if row["type"] not in _LISTED or not any(before):
        return None
    thing, claim = _LISTED[row["type"]], _claim(row)
    if claim is None:
        return f"the plan does not tell which {thing} of the project it is before"
    if claim in there.twice:
        return f"two resources of the plan are the same {thing} of the project"
    if claim not in there.sizes:
        return f"the project has no {thing} of the ID that the plan tells"
    size = there.sizes[claim]
    own = before[0]
    if size is None or not own:
        return None
    if (own[0].shape.name, own[0].quantity) != size:
        return f"the project's {thing} of that ID has another size than the plan tells"
    return None
