# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Networks, floating IPs and quotas, as Neutron answers.

Source: Networking API reference, https://docs.openstack.org/api-ref/network/v2/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .answered_moments import moment_text
from .connection import Service
from .quota import Quota, quota_rows

_FLOATING_IP_FIELDS = ["id", "floating_ip_address", "status", "port_id", "port_details", "created_at", "tags"]


@dataclass(frozen=True, slots=True)
class FloatingIp:
    """A floating IP. port_id: the port it is associated with, None for none: its status tells the data
    plane's state, not that.

    device_id: the server or the like whose port that is. created: UTC with Z. tags: as Neutron has them,
    words without values.
    """

    id: str
    address: str
    status: str
    port_id: str | None
    device_id: str | None
    created: str | None
    tags: tuple[str, ...]

    @property
    def in_use(self) -> bool:
        """Whether it is associated with a port."""
        return self.port_id is not None


@dataclass(frozen=True, slots=True)
class Network:
    """A network that the project sees, its own or another's."""

    id: str
    name: str
    subnet_ids: tuple[str, ...]


def quotas(neutron: Service) -> list[Quota]:
    """Limits and use, counted by what the project owns, not by what it can see:
    one GET quotas/{project}/details.

    Raises CloudError.
    """
    reading = "network quotas"
    body = neutron.get(reading, f"/quotas/{neutron.project_id}/details").body
    return quota_rows(neutron, reading, neutron.member(reading, body, "quota", dict), "used")


def floating_ips(neutron: Service) -> Iterator[FloatingIp]:
    """The project's own floating IPs: GET floatingips with only the fields that are needed.

    Raises CloudError.
    """
    reading = "floating IPs"
    query = {"project_id": neutron.project_id, "fields": _FLOATING_IP_FIELDS}
    for row in neutron.pages(reading, "/floatingips", "floatingips", query):
        if not isinstance(row, dict) or "port_id" not in row:
            # Without the key "not associated" would be a guess.
            neutron.member(reading, row, "port_id", str)
        port = neutron.optional(reading, row, "port_details", dict) or {}
        yield FloatingIp(
            id=neutron.member(reading, row, "id", str),
            address=neutron.member(reading, row, "floating_ip_address", str),
            status=neutron.member(reading, row, "status", str),
            port_id=neutron.optional(reading, row, "port_id", str),
            device_id=neutron.optional(reading, port, "device_id", str) or None,
            created=moment_text(neutron, reading, row, "created_at"),
            tags=neutron.list_of_texts(reading, row, "tags"),
        )


@dataclass(frozen=True, slots=True)
class Port:
    """A port of the project. name: empty for most. address_count: how many fixed IPs it has."""

    id: str
    name: str
    network_id: str
    address_count: int


def ports(neutron: Service) -> Iterator[Port]:
    """The project's own ports: GET ports with only the fields that are needed. Raises CloudError."""
    reading = "ports"
    query = {"project_id": neutron.project_id, "fields": ["id", "name", "network_id", "fixed_ips"]}
    for row in neutron.pages(reading, "/ports", "ports", query):
        yield Port(
            id=neutron.member(reading, row, "id", str),
            name=neutron.optional(reading, row, "name", str) or "",
            network_id=neutron.member(reading, row, "network_id", str),
            address_count=len(neutron.member(reading, row, "fixed_ips", list)),
        )


def networks(neutron: Service) -> Iterator[Network]:
    """The networks that the project sees, those of others that are shared or external too: GET networks.

    Raises CloudError.
    """
    reading = "networks"
    for row in neutron.pages(reading, "/networks", "networks", {"fields": ["id", "name", "subnets"]}):
        yield Network(
            id=neutron.member(reading, row, "id", str),
            name=neutron.member(reading, row, "name", str),
            subnet_ids=neutron.list_of_texts(reading, row, "subnets"),
        )
