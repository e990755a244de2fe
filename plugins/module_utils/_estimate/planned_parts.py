# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a resource of a plan consists of that has a price, piece by piece: what is known of it counts
(design/estimates.md#unknown-lines).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Any

from .changes import GIB, Flavors
from .plan_configuration import PlanPlace
from .plan_file import Plan
from .plan_networks import INTERFACE, LOAD_BALANCER, ON_NETWORKS, PORT, SERVER, PlanNetworks
from .project_resources import ProjectResources
from .shapes import Part, Shape

OBJECT = "openstack_objectstorage_object_v1"
#: A copy of one of these takes its type, and not the cloud's default.
_COPIED = ("snapshot_id", "source_vol_id", "source_replica", "backup_id")


class UnknownPrice(Exception):
    """The cost of a resource, or of a piece of one, is unknown; str() says why."""


@dataclass(frozen=True)
class Piece:
    """A piece of a resource that has a price of its own. what: the attribute that it is from. unknown: why it
    is unknown what it costs. ports: those that it takes of the network's quota. fits: false where it is
    unknown what quota it takes.
    """

    what: str
    kind: str
    parts: tuple[Part, ...] = ()
    unknown: str | None = None
    ports: int = 0
    fits: bool = True


@dataclass(frozen=True)
class Context:
    """What is known beside a resource, in the region where it is.

    default_volume_type: None where the cloud tells none. there: what the project has.
    """

    flavors: Flavors
    networks: PlanNetworks
    default_volume_type: str | None = None
    there: ProjectResources = field(default_factory=ProjectResources)


@dataclass(frozen=True)
class State:
    """What a plan says of a resource before or after. unknown: what of it is known after apply only.
    sensitive: what of it may not be shown.

    flavor: name of the server's flavor, None where it is unknown; why says why. ends: whether the resource
    ends with this state, as it does when it is deleted or replaced. starts: whether it is what a server was
    before it starts.
    """

    source: PlanPlace
    values: Mapping[str, Any]
    unknown: Mapping[str, Any] = field(default_factory=dict)
    sensitive: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""
    step: tuple[str | int, ...] = ()
    flavor: str | None = None
    why: str = ""
    ends: bool = False
    starts: bool = False

    def is_unknown(self, name: str) -> bool:
        """Whether an attribute, or a part of it, is known after apply only."""
        return contains_true(self.unknown.get(name))

    def is_sensitive(self, *names: str) -> bool:
        """Whether one of the attributes may not be shown."""
        return any(contains_true(self.sensitive.get(name)) for name in names)

    def known(self, name: str) -> Any:
        """An attribute that a price goes by. Raises UnknownPrice where it is known after apply."""
        if self.is_unknown(name):
            raise UnknownPrice(f"{self.path}{name} is known after apply")
        return self.values.get(name)

    def text(self, name: str) -> str:
        """A text, empty where there is none. Raises UnknownPrice."""
        value = self.known(name)
        if value is not None and not isinstance(value, str):
            raise UnknownPrice(f"{self.path}{name} is no text")
        return value or ""

    def size(self, name: str) -> int:
        """A whole number above zero. Raises UnknownPrice."""
        value = self.known(name)
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            raise UnknownPrice(f"{self.path}{name} is unknown")
        return value

    def blocks(self, name: str) -> list[State]:
        """The blocks of that name. Raises UnknownPrice where not even their number is known."""
        rows, unknown, sensitive = (
            [] if of.get(name) is None else of[name] for of in (self.values, self.unknown, self.sensitive)
        )
        if unknown is True or (isinstance(unknown, list) and any(one is True for one in unknown)):
            raise UnknownPrice(f"{name} is known after apply")
        if rows == [] and not unknown:
            return []
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise UnknownPrice(f"{name} is no list of blocks")
        if contains_true(unknown) and (not isinstance(unknown, list) or len(unknown) > len(rows)):
            raise UnknownPrice(f"{name} is known after apply")
        return [
            State(
                self.source,
                row,
                _row(unknown, index),
                dict.fromkeys(row, True) if sensitive is True else _row(sensitive, index),
                f"{name}[{index}].",
                (name, index),
                ends=self.ends,
            )
            for index, row in enumerate(rows)
        ]


def contains_true(value: Any) -> bool:
    """Whether a mark of a plan, such as that of what is unknown, marks any of it."""
    # Few attributes are marked at all.
    left = [value] if value else []
    while left:
        one = left.pop()
        if one is True:
            return True
        left += one.values() if isinstance(one, (dict, Mapping)) else one if isinstance(one, list) else ()
    return False


def _row(marks: Any, index: int) -> Mapping[str, Any]:
    row = marks[index] if isinstance(marks, list) and index < len(marks) else {}
    return row if isinstance(row, Mapping) else {}


def _piece(
    what: str, kind: str, parts: Callable[[], list[Part]], ports: int = 0, takes_quota: bool = True
) -> Piece:
    """What is known of a piece, or why it is unknown."""
    try:
        return Piece(what, kind, tuple(parts()), ports=ports)
    except UnknownPrice as reason:
        return Piece(what, kind, unknown=str(reason), ports=ports, fits=not takes_quota)


def _instance(state: State, context: Context) -> list[Piece]:
    return [
        _piece("flavor", "instance", lambda: [_flavor_part(state)]),
        *_boot_volumes(state, context),
        *_server_networks(state, context),
    ]


def _flavor_part(state: State) -> Part:
    if state.flavor is None:
        raise UnknownPrice(state.why)
    # A plan that stops a server keeps nobody from starting it, so that only a start is told apart.
    kind = "stopped_instance" if state.starts else "instance"
    hidden = state.is_sensitive("flavor_name", "flavor_id")
    return Part(Shape(kind, state.flavor), Fraction(1), hidden=hidden)


def _boot_volumes(state: State, context: Context) -> Iterator[Piece]:
    try:
        devices = state.blocks("block_device")
    except UnknownPrice as reason:
        yield Piece("block_device", "volume", unknown=str(reason), fits=False)
        return
    for index, device in enumerate(devices):
        yield _piece(f"block_device[{index}]", "volume", partial(_boot_volume, device, context))


def _boot_volume(device: State, context: Context) -> list[Part]:
    """The volume that the server is made with; none for one that is there already, and for a local disk."""
    source, target = device.text("source_type"), device.text("destination_type")
    # Nova's default: local for an image and a blank disk (Compute API reference, create server,
    # block_device_mapping_v2).
    if source == "volume" or (target or ("local" if source in ("image", "blank") else "volume")) == "local":
        return []
    # What outlives its server costs on.
    if device.ends and device.known("delete_on_termination") is not True:
        return []
    if source == "snapshot" and not device.text("volume_type"):
        raise UnknownPrice(f"{device.path}volume_type is that of the copied snapshot; name it")
    return [_volume_part(device, _volume_type(device, context), device.size("volume_size"), "volume_size")]


def _server_networks(state: State, context: Context) -> Iterator[Piece]:
    """Fixed addresses on public networks."""
    if state.values.get("network_mode") == "none" and not state.is_unknown("network_mode"):
        return
    try:
        networks = state.blocks("network")
    except UnknownPrice as reason:
        yield Piece("network", "fixed_ip", unknown=str(reason), fits=False)
        return
    for index, network in enumerate(networks):
        yield _address(f"network[{index}]", network, index, SERVER, context)


def _address(
    what: str, state: State, index: int | None, kind: str, context: Context, count: int = 1
) -> Piece:
    """The addresses of one attachment to a network, and the port that it takes."""
    where = ON_NETWORKS[kind]
    unknown = [name for name in where if state.is_unknown(name)]
    own_port = any(of == PORT and state.values.get(name) for name, of in where.items())
    own_port = own_port or context.networks.takes_planned_port(state.source, index, kind)
    try:
        for name in where:
            if name not in unknown:
                state.text(name)
        public = context.networks.is_public(state.source, index, state.values, unknown, kind)
    except UnknownPrice as reason:
        public = str(reason)
    # That of a load balancer is made by its service.
    ports = 0 if own_port or kind == LOAD_BALANCER else 1
    if isinstance(public, str):
        return Piece(what, "fixed_ip", unknown=public, ports=ports)
    parts = (Part(Shape("fixed_ip"), Fraction(count), count),) if public and count else ()
    return Piece(what, "fixed_ip", parts, ports=ports)


def _interface(state: State, context: Context) -> list[Piece]:
    return [_address("network_id", state, None, INTERFACE, context)]


def _port(state: State, context: Context) -> list[Piece]:
    try:
        count = 0 if state.known("no_fixed_ip") is True else len(state.blocks("fixed_ip")) or 1
    except UnknownPrice as reason:
        # How many it has is of no matter where none costs.
        one = _address("network_id", state, None, PORT, context)
        return [one if one.unknown is None and not one.parts else replace(one, parts=(), unknown=str(reason))]
    return [_address("network_id", state, None, PORT, context, count)]


def _volume(state: State, context: Context) -> list[Piece]:
    def parts() -> list[Part]:
        copied = [name for name in _COPIED if state.values.get(name) or state.is_unknown(name)]
        if copied and not state.is_unknown("volume_type") and not state.text("volume_type"):
            raise UnknownPrice(f"volume_type is that of {copied[0]}; name it")
        if copied and state.is_unknown("volume_type"):
            raise UnknownPrice(f"volume_type is unknown: it is that of {copied[0]}; name it")
        return [_volume_part(state, _volume_type(state, context), state.size("size"), "size")]

    return [_piece("volume_type", "volume", parts)]


def takes_default_type(state: State, plan: Plan) -> bool:
    """Whether a volume is made without a type, so that it is of the cloud's default type."""
    if not state.is_unknown("volume_type"):
        return not state.values.get("volume_type")
    return plan.configuration.leaves_out(state.source, *state.step, "volume_type")


def _volume_type(state: State, context: Context) -> str:
    if not takes_default_type(state, context.networks.plan):
        return state.text("volume_type")
    if context.default_volume_type is None:
        raise UnknownPrice(
            f"{state.path}volume_type is the cloud's default type, which could not be read; name it, or set"
            " default_volume_type"
        )
    return context.default_volume_type


def _volume_part(state: State, volume_type: str, size_gb: int, name: str) -> Part:
    hidden = state.is_sensitive("volume_type", name)
    return Part(Shape("volume", volume_type), Fraction(size_gb), hidden=hidden)


def _floating_ip(_state: State, _context: Context) -> list[Piece]:
    return [Piece("address", "floating_ip", (Part(Shape("floating_ip"), Fraction(1)),))]


def _load_balancer(state: State, context: Context) -> list[Piece]:
    def parts() -> list[Part]:
        hidden = state.is_sensitive("flavor_id")
        return [
            Part(Shape("load_balancer", _load_balancer_flavor(state, context)), Fraction(1), hidden=hidden)
        ]

    # One more counts against the quota whatever its flavor is.
    balancer = _piece("flavor_id", "load_balancer", parts)
    return [balancer, _address("vip", state, None, LOAD_BALANCER, context)]


def _load_balancer_flavor(state: State, context: Context) -> str:
    """Its own flavor, which is none of the servers'. Empty where the cloud takes its default, which has no
    name.
    """
    if not state.is_unknown("flavor_id"):
        return state.text("flavor_id")
    configuration, source = context.networks.plan.configuration, state.source
    expression = configuration.expression(source.module, source.name, "flavor_id")
    if expression is not None and configuration.sources(expression, source.module, source.name):
        return state.text("flavor_id")
    return ""


def _image(state: State, _context: Context) -> list[Piece]:
    def parts() -> list[Part]:
        size = Fraction(state.size("size_bytes"), GIB)
        return [Part(Shape("image"), size, hidden=state.is_sensitive("size_bytes"))]

    return [_piece("size_bytes", "image", parts)]


def _object(state: State, _context: Context) -> list[Piece]:
    def parts() -> list[Part]:
        content = state.text("content")
        known = len(content.encode("utf-8", "surrogatepass"))
        size = known or state.size("content_length")
        hidden = state.is_sensitive("content", "content_length")
        return [Part(Shape("object_storage"), Fraction(size, GIB), hidden=hidden)]

    return [_piece("content", "object_storage", parts)]


#: What costs -> its pieces.
PRICED: Mapping[str, Callable[[State, Context], list[Piece]]] = {
    "openstack_blockstorage_volume_v2": _volume,
    "openstack_blockstorage_volume_v3": _volume,
    "openstack_compute_floatingip_v2": _floating_ip,
    SERVER: _instance,
    INTERFACE: _interface,
    "openstack_images_image_v2": _image,
    LOAD_BALANCER: _load_balancer,
    "openstack_networking_floatingip_v2": _floating_ip,
    PORT: _port,
    OBJECT: _object,
}
