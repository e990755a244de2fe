# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How Nova tells it. Source: Compute API reference, https://docs.openstack.org/api-ref/compute/."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import Service
from ansible_collections.finops.cloud.plugins.module_utils._cloud.quota import Quota, quota_rows

#: From 2.57 on no nova-network and no personality keys are left in the quotas, which would always read 0.
QUOTA_MICROVERSION = "compute 2.57"
#: From 2.47 on the flavor is embedded as it was at boot; from 2.69 on servers of a dead cell come without one.
SERVER_MICROVERSION = "compute 2.47"
PAGE_SIZE = 1000
#: Quotas per user or per request: in_use is always 0 (nova/quota.py), so their use is not known.
_NOT_COUNTED = ("key_pairs", "server_group_members", "metadata_items")


@dataclass(frozen=True)
class Server:
    """A server and the flavor embedded in it; a number is None where Nova has lost the flavor."""

    id: str
    name: str
    status: str
    flavor_name: str | None
    vcpus: int | None
    ram_mb: int | None
    root_gb: int | None
    ephemeral_gb: int | None

    @property
    def disk_gb(self) -> int | None:
        """Root and ephemeral disk of the flavor, as Nova counts local_gb; a server booted from a volume allocates no root."""
        return None if self.root_gb is None or self.ephemeral_gb is None else self.root_gb + self.ephemeral_gb


def quotas(nova: Service) -> list[Quota]:
    """Limits and use of the project: one GET os-quota-sets/{project}/detail. ram in MB. Raises CloudError."""
    reading = "compute quotas"
    body = nova.get(reading, f"/os-quota-sets/{nova.project_id}/detail", microversion=QUOTA_MICROVERSION).body
    return quota_rows(nova, reading, nova.member(reading, body, "quota_set", dict), "in_use", _NOT_COUNTED)


def servers(nova: Service) -> Iterator[Server]:
    """Every server of the project, deleted ones left out: GET servers/detail, 1000 a page. Raises CloudError."""
    reading = "servers"
    for row in nova.pages(reading, "/servers/detail", "servers", {"limit": PAGE_SIZE}, SERVER_MICROVERSION):
        yield _server(nova, reading, row)


def _server(nova: Service, reading: str, row: dict[str, Any]) -> Server:
    flavor: dict[str, Any] = nova.member(reading, row, "flavor", dict)
    number = {
        key: nova.member(reading, flavor, key, int) if flavor else None for key in ("vcpus", "ram", "disk", "ephemeral")
    }
    return Server(
        id=nova.member(reading, row, "id", str),
        name=nova.member(reading, row, "name", str),
        status=nova.member(reading, row, "status", str),
        flavor_name=nova.member(reading, flavor, "original_name", str) if flavor else None,
        vcpus=number["vcpus"],
        ram_mb=number["ram"],
        root_gb=number["disk"],
        ephemeral_gb=number["ephemeral"],
    )
