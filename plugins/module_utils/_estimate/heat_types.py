# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Resource types of Heat as the types of a plan that cost the same (design/estimates.md#heat).

Source: Heat's template guide, OpenStack resource types, read 2026-11-29.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from .heat_values import UNKNOWN, ResourceReference, whole

_NET, _SUBNET, _PORT = "OS::Neutron::Net", "OS::Neutron::Subnet", "OS::Neutron::Port"
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
#: A network that the template makes: no public one has such a name.
_OWN = "(of the template)"

Properties = Mapping[str, Any]


class NotUnderstood(Exception):
    """Why it is unknown what a resource costs; str() says it."""


class Resource(NamedTuple):
    """A resource of a template: its type and its properties, with functions worked out."""

    kind: str
    properties: Properties


Template = Mapping[str, Resource]


def known_of(properties: Properties, names: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, bool]]:
    """The properties under the names of a plan, and those of them that are known later."""
    values, later = {}, {}
    for name, planned in names.items():
        value = properties.get(name)
        if value is UNKNOWN or isinstance(value, ResourceReference):
            later[planned] = True
        elif value is not None:
            values[planned] = value
    return values, later


def _server(properties: Properties, template: Template) -> tuple[dict[str, Any], dict[str, Any]]:
    values, later = known_of(properties, {"flavor": "flavor_name", "metadata": "metadata"})
    unknown: dict[str, Any] = dict(later)
    # Of values that are given in part, tags are known in part.
    if _has_unknown(values.get("metadata")):
        unknown["metadata"] = True
    values["block_device"] = [
        _device(one)
        for name in ("block_device_mapping_v2", "block_device_mapping")
        for one in _blocks(properties, name)
    ]
    networks = properties.get("networks")
    if networks in (None, []) or networks is UNKNOWN:
        return values, {**unknown, "network": True}
    rows = _blocks(properties, "networks")
    if any(row.get("allocate_network") is not None for row in rows):
        if all(row == {"allocate_network": "none"} for row in rows):
            return {**values, "network_mode": "none"}, unknown
        raise NotUnderstood("allocate_network lets the cloud choose the network")
    found = [_server_network(row, template) for row in rows]
    return {**values, "network": [values for values, _later in found]}, {
        **unknown, "network": [later for _values, later in found],
    }  # fmt: skip


def _server_network(row: Properties, template: Template) -> tuple[dict[str, Any], dict[str, Any]]:
    extra = row.get("port_extra_properties")
    if extra is not None:
        _refuse_addresses(extra.get("value_specs") if isinstance(extra, Mapping) else extra)
    port = row.get("port")
    if port is not None and port != "":
        # Its address is counted with the port, wherever it was made.
        return ({}, {"port": True}) if port is UNKNOWN else ({"port": "given"}, {})
    network = _network(row.get("network", row.get("uuid")), row.get("subnet"), template)
    if network is UNKNOWN:
        return {}, {"uuid": True}
    return ({"name": _OWN} if network == _OWN else {"uuid": network}), {}


def _device(row: Properties) -> dict[str, Any]:
    """A block device as the provider of Terraform has it."""
    values: dict[str, Any] = {
        "volume_size": _size(row.get("volume_size")),
        "delete_on_termination": row.get("delete_on_termination"),
        "volume_type": row.get("volume_type"),
        "destination_type": "volume",
    }
    given = [name for name in _SOURCES if row.get(name) not in (None, "")]
    if len(given) != 1:
        raise NotUnderstood("a block device names no source, or several")
    source, target = _SOURCES[given[0]]
    return {**values, "source_type": source, **({"destination_type": target} if target else {})}


#: What a block device is made from -> how the provider calls that, and where it goes unless that is a volume.
_SOURCES: Mapping[str, tuple[str, str]] = {
    "volume_id": ("volume", ""),
    "image": ("image", ""),
    "image_id": ("image", ""),
    "snapshot_id": ("snapshot", ""),
    "ephemeral_size": ("blank", "local"),
    "swap_size": ("blank", "local"),
}


def _volume(properties: Properties, _template: Template) -> tuple[dict[str, Any], dict[str, Any]]:
    names = {
        "volume_type": "volume_type", "metadata": "metadata", "snapshot_id": "snapshot_id",
        "source_volid": "source_vol_id", "backup_id": "backup_id",
    }  # fmt: skip
    values, later = known_of(properties, names)
    copied = {name for name in ("snapshot_id", "source_vol_id", "backup_id") if later.pop(name, False)}
    values |= dict.fromkeys(copied, "given")
    size = _size(properties.get("size"))
    return {**values, "size": size}, {**later, **({"size": True} if size is UNKNOWN else {})}


def _floating_ip(properties: Properties, _template: Template) -> tuple[dict[str, Any], dict[str, Any]]:
    return known_of(properties, {"tags": "tags"})


def _port(properties: Properties, template: Template) -> tuple[dict[str, Any], dict[str, Any]]:
    values, unknown = known_of(properties, {"tags": "tags", "no_fixed_ips": "no_fixed_ip"})
    later: dict[str, Any] = dict(unknown)
    _refuse_addresses(properties.get("value_specs"))
    addresses = properties.get("fixed_ips")
    rows = [] if addresses is UNKNOWN else _blocks(properties, "fixed_ips")
    if addresses is UNKNOWN:
        later["fixed_ip"] = True
    values["fixed_ip"] = [{} for _row in rows]
    if rows:
        values.pop("no_fixed_ip", None)
    subnet = rows[0].get("subnet", rows[0].get("subnet_id")) if rows else None
    network = _network(properties.get("network", properties.get("network_id")), subnet, template)
    if network is UNKNOWN:
        later["network_id"] = True
    else:
        values["network_id"] = network
    return values, later


def _refuse_addresses(value_specs: Any) -> None:
    """Raise NotUnderstood for attributes of a port that say in Neutron's words where its addresses are."""
    if value_specs is None:
        return
    if not isinstance(value_specs, Mapping) or value_specs.keys() & {"fixed_ips", "network_id"}:
        raise NotUnderstood("value_specs can give its port other addresses")


def _load_balancer(properties: Properties, template: Template) -> tuple[dict[str, Any], dict[str, Any]]:
    values, later = known_of(properties, {"flavor": "flavor_id", "tags": "tags"})
    if later.get("flavor_id"):
        raise NotUnderstood("its flavor is known only when the stack is made")
    network = _network(properties.get("vip_network"), properties.get("vip_subnet"), template)
    if network is UNKNOWN:
        return values, {**later, "vip_network_id": True}
    return {**values, "vip_network_id": network}, later


def _network(network: Any, subnet: Any, template: Template) -> Any:
    """The network that is meant, by its name or ID; _OWN for one of the template, UNKNOWN for one that
    cannot be told.
    """
    if isinstance(network, ResourceReference):
        made = template.get(network.name)
        # With further attributes it could be a public one.
        return _OWN if made and made.kind == _NET and "value_specs" not in made.properties else UNKNOWN
    if network is not None:
        return network if isinstance(network, str) else UNKNOWN
    if isinstance(subnet, ResourceReference):
        made = template.get(subnet.name)
        if made is None or made.kind != _SUBNET:
            return UNKNOWN
        of_it = made.properties.get("network", made.properties.get("network_id"))
        return UNKNOWN if of_it is None else _network(of_it, None, template)
    # The public networks' subnets are known by their IDs.
    return subnet if isinstance(subnet, str) and _UUID.fullmatch(subnet) else UNKNOWN


def _blocks(properties: Properties, name: str) -> list[Properties]:
    """A list of dictionaries. Raises NotUnderstood for anything else."""
    rows = properties.get(name)
    if rows is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise NotUnderstood(f"{name} is known only when the stack is made, or is no list")
    return rows


def _size(value: Any) -> Any:
    number = whole(value)
    return value if number is None else number


def _has_unknown(value: Any) -> bool:
    inner: Iterator[Any] = iter(value.values() if isinstance(value, Mapping) else ())
    return any(one is UNKNOWN or isinstance(one, ResourceReference) for one in inner)


Read = Callable[[Properties, Template], tuple[dict[str, Any], dict[str, Any]]]
#: What costs -> its type in a plan, and how its properties are read.
PRICED: Mapping[str, tuple[str, Read]] = {
    "OS::Nova::Server": ("openstack_compute_instance_v2", _server),
    "OS::Cinder::Volume": ("openstack_blockstorage_volume_v3", _volume),
    "OS::Neutron::FloatingIP": ("openstack_networking_floatingip_v2", _floating_ip),
    "OS::Nova::FloatingIP": ("openstack_networking_floatingip_v2", _floating_ip),
    _PORT: ("openstack_networking_port_v2", _port),
    "OS::Octavia::LoadBalancer": ("openstack_lb_loadbalancer_v2", _load_balancer),
}
_NO_QUOTA = "openstack_compute_keypair_v2"
#: What is free -> a type of a plan that is free, and takes the same quota.
FREE: Mapping[str, str] = {
    _NET: "openstack_networking_network_v2",
    _SUBNET: "openstack_networking_subnet_v2",
    "OS::Neutron::Router": "openstack_networking_router_v2",
    "OS::Neutron::SecurityGroup": "openstack_networking_secgroup_v2",
    "OS::Neutron::SecurityGroupRule": "openstack_networking_secgroup_rule_v2",
    "OS::Nova::ServerGroup": "openstack_compute_servergroup_v2",
    **dict.fromkeys(
        (
            "OS::Neutron::RouterInterface", "OS::Neutron::FloatingIPAssociation", "OS::Neutron::ExtraRoute",
            "OS::Nova::KeyPair", "OS::Nova::FloatingIPAssociation", "OS::Cinder::VolumeAttachment",
            "OS::Octavia::Listener", "OS::Octavia::Pool", "OS::Octavia::PoolMember",
            "OS::Octavia::HealthMonitor", "OS::Octavia::L7Policy", "OS::Octavia::L7Rule",
            "OS::Heat::None", "OS::Heat::Value", "OS::Heat::RandomString", "OS::Heat::CloudConfig",
            "OS::Heat::MultipartMime", "OS::Heat::SoftwareConfig", "OS::Heat::SoftwareDeployment",
            "OS::Heat::Delay", "OS::Heat::WaitCondition", "OS::Heat::WaitConditionHandle",
        ),
        _NO_QUOTA,
    ),
}  # fmt: skip
