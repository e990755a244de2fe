# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Names and tags of the resources of every project: one list per service for all of them, which only an
operator gets (design/imports.md#every-project).

Source: API references of Nova, Cinder, Neutron, Octavia and Manila, list of servers, volumes, floating IPs,
load balancers and shares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import shared_file_system
from .connection import Service
from .resource_types import FLOATING_IP, INSTANCE, LOAD_BALANCER, SHARE, VOLUME

_PAGE_SIZE = 1000
_OF_ALL = {"all_tenants": "1", "limit": _PAGE_SIZE}


@dataclass(frozen=True, slots=True)
class OwnedResource:
    """A resource and whose it is. said: its metadata, or its tags."""

    project_id: str
    type: str
    id: str
    name: str
    said: Any


@dataclass(frozen=True)
class _OwnedList:
    """A list of a service, and how its rows are read. said: where metadata (a dictionary) or tags (a list)
    are.
    """

    type: str
    reading: str
    path: str
    key: str
    owner: str
    said: str
    name: str = "name"
    query: Mapping[str, Any] = field(default_factory=lambda: _OF_ALL)

    def read(self, service: Service) -> Iterator[OwnedResource]:
        """Every row. Raises CloudError."""
        fields = {} if "all_tenants" in self.query else {"fields": ["id", self.name, self.owner, self.said]}
        for row in service.pages(self.reading, self.path, self.key, {**self.query, **fields}):
            said = service.texts_by_name if self.said == "metadata" else service.list_of_texts
            yield OwnedResource(
                project_id=service.member(self.reading, row, self.owner, str),
                type=self.type,
                id=service.member(self.reading, row, "id", str),
                name=service.optional(self.reading, row, self.name, str) or "",
                said=said(self.reading, row, self.said),
            )


_BY_SERVICE = {
    "compute": _OwnedList(
        INSTANCE, "the servers of all projects", "/servers/detail", "servers", "tenant_id", "metadata"
    ),
    "block_storage": _OwnedList(
        VOLUME,
        "the volumes of all projects",
        "/volumes/detail",
        "volumes",
        "os-vol-tenant-attr:tenant_id",
        "metadata",
    ),
    "network": _OwnedList(
        FLOATING_IP,
        "the floating IPs of all projects",
        "/floatingips",
        "floatingips",
        "project_id",
        "tags",
        name="floating_ip_address",
        query={},
    ),
    "load_balancer": _OwnedList(
        LOAD_BALANCER,
        "the load balancers of all projects",
        "/lbaas/loadbalancers",
        "loadbalancers",
        "project_id",
        "tags",
        query={},
    ),
}


def _shares(manila: Service) -> Iterator[OwnedResource]:
    for share in shared_file_system.shares(manila, of_every_project=True):
        yield OwnedResource(share.project_id or "", SHARE, share.id, share.name, share.metadata)


#: Our name of a service -> what reads its resources of all projects: one request per 1000 of them, of
#: floating IPs and load balancers one in all.
READERS = {**{name: one.read for name, one in _BY_SERVICE.items()}, "shared_file_system": _shares}
