# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How Neutron tells it. Source: Networking API reference, https://docs.openstack.org/api-ref/network/v2/."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import Service
from ansible_collections.finops.cloud.plugins.module_utils._cloud.quota import Quota, quota_rows


@dataclass(frozen=True)
class FloatingIp:
    """A floating IP; in_use: it is associated with a port (its status tells the data plane's state, not that)."""

    id: str
    in_use: bool


def quotas(neutron: Service) -> list[Quota]:
    """Limits and use, counted by what the project owns, not by what it can see: one GET quotas/{project}/details.

    Raises CloudError.
    """
    reading = "network quotas"
    body = neutron.get(reading, f"/quotas/{neutron.project_id}/details").body
    return quota_rows(neutron, reading, neutron.member(reading, body, "quota", dict), "used")


def floating_ips(neutron: Service) -> Iterator[FloatingIp]:
    """The project's own floating IPs: GET floatingips with only the fields that are needed. Raises CloudError."""
    reading = "floating IPs"
    query = {"project_id": neutron.project_id, "fields": ["id", "port_id"]}
    for row in neutron.pages(reading, "/floatingips", "floatingips", query):
        if "port_id" not in row:
            # Without the key "not associated" would be a guess.
            neutron.member(reading, row, "port_id", str)
        yield FloatingIp(neutron.member(reading, row, "id", str), row["port_id"] is not None)
