# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How Cinder tells it. Source: Block Storage API reference, https://docs.openstack.org/api-ref/block-storage/."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import Service
from ansible_collections.finops.cloud.plugins.module_utils._cloud.quota import Quota, quota_rows

PAGE_SIZE = 1000
#: A limit on one volume's size; nothing is counted against it.
_NOT_COUNTED = ("per_volume_gigabytes",)


@dataclass(frozen=True)
class Volume:
    """A volume; attached: it has at least one attachment, whatever its status says."""

    id: str
    name: str
    status: str
    size_gb: int
    volume_type: str
    attached: bool


def quotas(cinder: Service) -> list[Quota]:
    """Limits and use of the project, per volume type too: one GET os-quota-sets/{project}?usage=true. Sizes in GB.

    gigabytes in use is volumes and snapshots together (cinder/db/api.py). Raises CloudError.
    """
    reading = "block storage quotas"
    body = cinder.get(reading, f"/os-quota-sets/{cinder.project_id}", {"usage": "true"}).body
    return quota_rows(cinder, reading, cinder.member(reading, body, "quota_set", dict), "in_use", _NOT_COUNTED)


def volumes(cinder: Service) -> Iterator[Volume]:
    """Every volume of the project: GET volumes/detail, 1000 a page. Raises CloudError."""
    reading = "volumes"
    for row in cinder.pages(reading, "/volumes/detail", "volumes", {"limit": PAGE_SIZE}):
        yield Volume(
            id=cinder.member(reading, row, "id", str),
            name=row.get("name") or "",
            status=cinder.member(reading, row, "status", str),
            size_gb=cinder.member(reading, row, "size", int),
            volume_type=row.get("volume_type") or "",
            attached=bool(cinder.member(reading, row, "attachments", list)),
        )
