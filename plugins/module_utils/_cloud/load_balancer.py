# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How Octavia tells it. Source: Load Balancer API reference, https://docs.openstack.org/api-ref/load-balancer/v2/."""

from __future__ import annotations

from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import Service
from ansible_collections.finops.cloud.plugins.module_utils._cloud.quota import UNLIMITED, Quota

#: Octavia answers two of its names in two spellings; the newer one is kept.
_NEWER_SPELLING = {"loadbalancer": "load_balancer", "healthmonitor": "health_monitor"}


def quotas(octavia: Service) -> list[Quota]:
    """Limits of the project: one GET lbaas/quotas/{project}. Octavia tells no use. Raises CloudError."""
    reading = "load balancer quotas"
    body = octavia.get(reading, f"/v2/lbaas/quotas/{octavia.project_id}").body
    rows = octavia.member(reading, body, "quota", dict)
    names = [name for name in rows if _NEWER_SPELLING.get(name) not in rows]
    return [Quota(name, max(octavia.member(reading, rows, name, int), UNLIMITED), None, None) for name in names]


def load_balancer_count(octavia: Service) -> int:
    """How many load balancers the project owns: GET lbaas/loadbalancers. Raises CloudError."""
    query = {"project_id": octavia.project_id, "fields": "id"}
    return sum(1 for _row in octavia.pages("load balancers", "/v2/lbaas/loadbalancers", "loadbalancers", query))
