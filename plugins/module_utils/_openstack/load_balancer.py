# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Load balancers and their quotas, as Octavia answers.

Source: Load Balancer API reference, https://docs.openstack.org/api-ref/load-balancer/v2/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .connection import Service
from .quota import Quota, limit_in

_LIST = "/lbaas/loadbalancers"
_FIELDS = [
    "id", "name", "operating_status", "created_at", "vip_network_id", "flavor_id", "tags",
    "listeners", "pools",
]  # fmt: skip
#: Octavia has two spellings of these, and lists show both; the newer one is kept.
_NEWER_SPELLING = {"loadbalancer": "load_balancer", "healthmonitor": "health_monitor"}


def quotas(octavia: Service) -> list[Quota]:
    """Limits of the project: one GET lbaas/quotas/{project}. It reports no use. Raises CloudError."""
    reading = "load balancer quotas"
    body = octavia.get(reading, f"/lbaas/quotas/{octavia.project_id}").body
    rows = octavia.member(reading, body, "quota", dict)
    # sorted: the newer spelling, with its underscore, comes first and stays.
    limits: dict[str, int | None] = {}
    for name in sorted(rows):
        limits.setdefault(_NEWER_SPELLING.get(name, name), limit_in(octavia, reading, rows, name))
    return [Quota(name, limit, None, None) for name, limit in limits.items()]


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """A load balancer. created: UTC without a zone. network_id: where its address is,
    None where the provider reports none. empty: it has no listener, or no member. flavor_id: None where it is
    of the cloud's default flavor.
    """

    id: str
    name: str
    status: str
    created: str
    network_id: str | None
    tags: tuple[str, ...]
    empty: bool
    flavor_id: str | None


def load_balancer_count(octavia: Service) -> int:
    """How many load balancers the project owns: GET lbaas/loadbalancers. Raises CloudError."""
    reading = "load balancers"
    query = {"project_id": octavia.project_id, "fields": "id"}
    rows = octavia.pages(reading, _LIST, "loadbalancers", query)
    return len([octavia.member(reading, row, "id", str) for row in rows])


def load_balancers(octavia: Service) -> Iterator[LoadBalancer]:
    """The project's own load balancers: GET lbaas/loadbalancers with only the fields that are needed.

    Raises CloudError.
    """
    reading = "load balancers"
    query = {"project_id": octavia.project_id, "fields": _FIELDS}
    for row in octavia.pages(reading, _LIST, "loadbalancers", query):
        listeners, pools = (octavia.member(reading, row, name, list) for name in ("listeners", "pools"))
        yield LoadBalancer(
            id=octavia.member(reading, row, "id", str),
            name=octavia.optional(reading, row, "name", str) or "",
            status=octavia.member(reading, row, "operating_status", str),
            created=octavia.member(reading, row, "created_at", str),
            network_id=octavia.optional(reading, row, "vip_network_id", str),
            tags=octavia.list_of_texts(reading, row, "tags"),
            empty=not listeners or not pools,
            flavor_id=octavia.optional(reading, row, "flavor_id", str) or None,
        )
