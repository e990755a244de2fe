# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Every resource type of the Terraform provider openstack that is priced, or known to be free
(design/estimates.md#unknown-lines).

Source: the provider's documentation, docs/resources, read 2026-11-21. What is in no table is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .changes import GIB, Flavors
from .shapes import Part, Shape

#: In any other registry the provider is unknown.
_REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
OPENSTACK = frozenset(f"{registry}/terraform-provider-openstack/openstack" for registry in _REGISTRIES)
_FREE_OF_HASHICORP = ("null", "random", "tls", "local", "time", "archive", "cloudinit", "http", "external")
#: Providers that make nothing in a cloud.
FREE_PROVIDERS = frozenset(
    {"terraform.io/builtin/terraform"}
    | {f"{registry}/hashicorp/{name}" for registry in _REGISTRIES for name in _FREE_OF_HASHICORP}
)
#: What costs nothing by itself -> the quota that one of it takes. None where there is none, or where no
#: service reports its use, as of key pairs and of what belongs to load balancers: whether one more fits could
#: never be known.
FREE: Mapping[str, str | None] = {
    "openstack_blockstorage_volume_attach_v2": None,
    "openstack_blockstorage_volume_attach_v3": None,
    "openstack_compute_floatingip_associate_v2": None,
    "openstack_compute_keypair_v2": None,
    "openstack_compute_secgroup_v2": "security_groups",
    "openstack_compute_servergroup_v2": "server_groups",
    "openstack_compute_volume_attach_v2": None,
    "openstack_identity_application_credential_v3": None,
    "openstack_identity_ec2_credential_v3": None,
    "openstack_images_image_access_accept_v2": None,
    "openstack_images_image_access_v2": None,
    "openstack_lb_l7policy_v2": None,
    "openstack_lb_l7rule_v2": None,
    "openstack_lb_listener_v2": None,
    "openstack_lb_member_v2": None,
    "openstack_lb_members_v2": None,
    "openstack_lb_monitor_v2": None,
    "openstack_lb_pool_v2": None,
    "openstack_networking_address_group_v2": None,
    "openstack_networking_addressscope_v2": None,
    "openstack_networking_floatingip_associate_v2": None,
    "openstack_networking_network_v2": "networks",
    "openstack_networking_port_secgroup_associate_v2": None,
    "openstack_networking_portforwarding_v2": None,
    "openstack_networking_rbac_policy_v2": "rbac_policies",
    "openstack_networking_router_interface_v2": None,
    "openstack_networking_router_route_v2": None,
    "openstack_networking_router_routes_v2": None,
    "openstack_networking_router_v2": "routers",
    "openstack_networking_secgroup_rule_v2": "security_group_rules",
    "openstack_networking_secgroup_v2": "security_groups",
    "openstack_networking_subnet_route_v2": None,
    "openstack_networking_subnet_v2": "subnets",
    "openstack_networking_subnetpool_v2": "subnet_pools",
    "openstack_networking_trunk_v2": None,
    # A container costs by what is put into it, which is in no plan: resources of the task do.
    "openstack_objectstorage_container_v1": None,
    "openstack_objectstorage_tempurl_v1": None,
}
_SERVER, _LOAD_BALANCER = "openstack_compute_instance_v2", "openstack_lb_loadbalancer_v2"
_INTERFACE, _PORT = "openstack_compute_interface_attach_v2", "openstack_networking_port_v2"
_NETWORK, _SUBNET = "openstack_networking_network_v2", "openstack_networking_subnet_v2"
#: What has an address -> its attributes that say where, each with the type of what it names. Of a server
#: they are those of its networks. All but a port's are optional and computed: the one that is given names the
#: others during apply.
ON_NETWORKS: Mapping[str, Mapping[str, str]] = {
    _SERVER: {"port": _PORT, "uuid": _NETWORK, "name": _NETWORK},
    _INTERFACE: {"port_id": _PORT, "network_id": _NETWORK},
    _PORT: {"network_id": _NETWORK},
    _LOAD_BALANCER: {"vip_port_id": _PORT, "vip_subnet_id": _SUBNET, "vip_network_id": _NETWORK},
}
#: Hands values on during apply, ids of networks among them.
HANDS_ON = "terraform_data"
#: How the types begin whose lookup during apply leaves open which network is meant.
NETWORKING = "openstack_networking_"


class UnknownPrice(Exception):
    """The cost of a resource is unknown; str() says why."""


@dataclass(frozen=True)
class State:
    """What a plan says of a resource before or after. unknown: what of it is known after apply only.

    ends: whether the resource ends with this state, as it does when it is deleted or replaced. starts:
    whether it is what a server was before it starts.
    """

    values: Mapping[str, Any]
    unknown: Mapping[str, Any]
    flavor: str | None = None
    ends: bool = False
    starts: bool = False

    def known(self, name: str) -> Any:
        """An attribute that a price goes by. Raises UnknownPrice where it is known after apply."""
        if self.unknown.get(name) is True:
            raise UnknownPrice(f"{name} is known after apply")
        return self.values.get(name)

    def size(self, name: str) -> int:
        """A whole number above zero. Raises UnknownPrice."""
        return whole(self.known(name), name)


@dataclass(frozen=True)
class Context:
    """What is known beside a resource. public_networks: names and ids of networks, and ids of their subnets,
    whose addresses cost.

    planned: types of resources that the plan makes, so that what is known of them after apply only is its
    own; empty where a network, a subnet or a port is looked up during apply. region: that of the prices; None
    where any is.
    """

    flavors: Flavors
    public_networks: Collection[str]
    planned: Collection[str] = ()
    region: str | None = None


def whole(value: Any, name: str) -> int:
    """A whole number above zero. Raises UnknownPrice."""
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise UnknownPrice(f"{name} is unknown")
    return value


def _instance(state: State, context: Context) -> list[Part]:
    if state.flavor is None:
        raise UnknownPrice("neither flavor_name nor flavor_id is known before apply")
    # A plan that stops a server keeps nobody from starting it, so that only a start is told apart.
    kind = "stopped_instance" if state.starts else "instance"
    devices = _listed(state, "block_device")
    disks = [part for index, device in enumerate(devices) for part in _boot_volume(device, index, state)]
    return [Part(Shape(kind, state.flavor), Fraction(1)), *disks, *_addresses(state, context)]


def _listed(state: State, name: str) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The blocks of that name, each with what of it is unknown.

    Raises UnknownPrice where not even their number is known.
    """
    rows, unknown = state.known(name) or [], state.unknown.get(name) or []
    if any(one is True for one in unknown):
        raise UnknownPrice(f"{name} is known after apply")
    return [(row, unknown[index] if index < len(unknown) else {}) for index, row in enumerate(rows)]


def _boot_volume(device: tuple[Mapping[str, Any], Mapping[str, Any]], index: int, state: State) -> list[Part]:
    """The volume that the server is made with; none for one that is there already, and for a local disk."""
    row = State(*device)
    source, target = row.known("source_type"), row.known("destination_type")
    # Nova's default: local for an image and a blank disk (Compute API reference, create server,
    # block_device_mapping_v2).
    if source == "volume" or (target or ("local" if source in ("image", "blank") else "volume")) == "local":
        return []
    # What outlives its server costs on.
    if state.ends and row.known("delete_on_termination") is not True:
        return []
    name = f"block_device[{index}]"
    if row.unknown.get("volume_type") or not row.values.get("volume_type"):
        raise UnknownPrice(
            f"{name}.volume_type is unknown; name it, as the cloud's default type is in no plan"
        )
    if row.unknown.get("volume_size"):
        raise UnknownPrice(f"{name}.volume_size is known after apply")
    return [
        _volume_part(row.values["volume_type"], whole(row.values.get("volume_size"), f"{name}.volume_size"))
    ]


def _addresses(state: State, context: Context) -> list[Part]:
    """Fixed addresses on public networks."""
    rows = (State(row, unknown) for row, unknown in _listed(state, "network"))
    public = sum(_costs_an_address(row, ON_NETWORKS[_SERVER], context) for row in rows)
    return [Part(Shape("fixed_ip"), Fraction(public), public)] if public else []


def _on_network(kind: str) -> Callable[[State, Context], list[Part]]:
    """A resource of that type costs only where its address is on a public network."""

    def parts(state: State, context: Context) -> list[Part]:
        return (
            [Part(Shape("fixed_ip"), Fraction(1))]
            if _costs_an_address(state, ON_NETWORKS[kind], context)
            else []
        )

    return parts


def _costs_an_address(state: State, where: Mapping[str, str], context: Context) -> bool:
    """Whether it has an address of its own on a public network; that of a port is counted with the port,
    wherever it was made.

    What is known after apply only is of no public network where the plan makes what it names.
    Raises UnknownPrice
    where it makes none.
    """
    unknown = [name for name in where if state.unknown.get(name) is True]
    known = {name: state.values[name] for name in where if name not in unknown and state.values.get(name)}
    if any(where[name] == _PORT for name in known):
        return False
    if known:
        return any(value in context.public_networks for value in known.values())
    if unknown and not any(where[name] in context.planned for name in unknown):
        raise UnknownPrice(f"{' and '.join(unknown)}: on which network its address is, is known after apply")
    return False


def _volume(state: State, _context: Context) -> list[Part]:
    if state.unknown.get("volume_type") or not state.values.get("volume_type"):
        raise UnknownPrice("volume_type is unknown; name it, as the cloud's default type is in no plan")
    return [_volume_part(state.values["volume_type"], state.size("size"))]


def _volume_part(volume_type: str, size_gb: int) -> Part:
    return Part(Shape("volume", volume_type), Fraction(size_gb))


def _floating_ip(_state: State, _context: Context) -> list[Part]:
    return [Part(Shape("floating_ip"), Fraction(1))]


def _load_balancer(state: State, context: Context) -> list[Part]:
    # Optional and computed: where it is left out the plan says unknown, and the cloud takes its default,
    # which has no name.
    flavor = None if state.unknown.get("flavor_id") else state.values.get("flavor_id")
    return [
        Part(Shape("load_balancer", flavor or ""), Fraction(1)),
        *_on_network(_LOAD_BALANCER)(state, context),
    ]


def _image(state: State, _context: Context) -> list[Part]:
    return [Part(Shape("image"), Fraction(state.size("size_bytes"), GIB))]


def _object(state: State, _context: Context) -> list[Part]:
    return [Part(Shape("object_storage"), Fraction(state.size("content_length"), GIB))]


#: What costs -> its parts. Each raises UnknownPrice where an attribute that the price goes by is not known.
PRICED: Mapping[str, Callable[[State, Context], list[Part]]] = {
    "openstack_blockstorage_volume_v2": _volume,
    "openstack_blockstorage_volume_v3": _volume,
    "openstack_compute_floatingip_v2": _floating_ip,
    _SERVER: _instance,
    _INTERFACE: _on_network(_INTERFACE),
    "openstack_images_image_v2": _image,
    _LOAD_BALANCER: _load_balancer,
    "openstack_networking_floatingip_v2": _floating_ip,
    _PORT: _on_network(_PORT),
    "openstack_objectstorage_object_v1": _object,
}
#: Quotas that priced resources take beside those of their parts.
ALSO_TAKES = {_PORT: "ports"}
