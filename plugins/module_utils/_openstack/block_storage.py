# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Volumes, snapshots, backups and quotas, as Cinder answers. Source: Block Storage API reference,
https://docs.openstack.org/api-ref/block-storage/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import NotFound
from .answered_moments import promised_moment_text
from .connection import Service
from .quota import Quota, quota_rows

PAGE_SIZE = 1000
_ZONES = "RESKEY:availability_zones"
#: A limit on one volume's size; nothing is counted against it.
_NOT_COUNTED = ("per_volume_gigabytes",)


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume; server_ids: the servers that it is attached to, whatever its status says. attachments: their
    number, and that of others without a server (of a host, or reserved). created: UTC without a zone, as
    Cinder writes it. encrypted, multiattach, zone: None where Cinder does not say.
    """

    id: str
    name: str
    status: str
    size_gb: int
    volume_type: str
    created: str
    metadata: Mapping[str, str]
    server_ids: tuple[str, ...]
    attachments: int = 0
    encrypted: bool | None = None
    multiattach: bool | None = None
    zone: str | None = None

    @property
    def attached(self) -> bool:
        """Whether it has at least one attachment."""
        return bool(self.server_ids or self.attachments)


@dataclass(frozen=True, slots=True)
class VolumeType:
    """A type that the project may use. zones: those that it is for, None for all."""

    name: str
    zones: tuple[str, ...] | None

    def is_offered_in(self, zone: str | None) -> bool:
        """Whether a volume of that zone may have it; None is a zone that is not known."""
        return self.zones is None or zone in self.zones


@dataclass(frozen=True, slots=True)
class Copy:
    """A snapshot or a backup of a volume. metadata: empty for backups, which have none in this list."""

    id: str
    name: str
    status: str
    size_gb: int
    volume_id: str
    created: str
    metadata: Mapping[str, str]


def quotas(cinder: Service) -> list[Quota]:
    """Limits and use of the project, per volume type too: one GET os-quota-sets/{project}?usage=true.

    Sizes in GB.

    gigabytes in use counts volumes and snapshots (cinder/db/api.py). Raises CloudError.
    """
    reading = "block storage quotas"
    body = cinder.get(reading, f"/os-quota-sets/{cinder.project_id}", {"usage": "true"}).body
    return quota_rows(
        cinder, reading, cinder.member(reading, body, "quota_set", dict), "in_use", _NOT_COUNTED
    )


def default_volume_type(cinder: Service) -> str | None:
    """The type of a volume that is made without one: GET types/default. None where the cloud has none.

    Raises CloudError.
    """
    reading = "the default volume type"
    try:
        body = cinder.get(reading, "/types/default").body
    except NotFound:
        return None
    return cinder.member(reading, cinder.member(reading, body, "volume_type", dict), "name", str)


def volume_types(cinder: Service) -> list[VolumeType]:
    """The types that the project may use: GET types, 1000 a page. Raises CloudError.

    Of their extra specs members see the zones (Cinder's guide, availability zones in volume types).
    """
    reading = "volume types"
    found = []
    for row in cinder.pages(reading, "/types", "volume_types", {"limit": PAGE_SIZE}):
        zones = (row.get("extra_specs") or {}).get(_ZONES)
        names = None if zones is None else tuple(name.strip() for name in str(zones).split(","))
        found.append(VolumeType(cinder.member(reading, row, "name", str), names))
    return found


def volumes(cinder: Service) -> Iterator[Volume]:
    """Every volume of the project: GET volumes/detail, 1000 a page. Raises CloudError."""
    reading = "volumes"
    for row in cinder.pages(reading, "/volumes/detail", "volumes", {"limit": PAGE_SIZE}):
        attachments = cinder.member(reading, row, "attachments", list)
        yield Volume(
            id=cinder.member(reading, row, "id", str),
            name=cinder.optional(reading, row, "name", str) or "",
            status=cinder.member(reading, row, "status", str),
            size_gb=cinder.member(reading, row, "size", int),
            volume_type=cinder.optional(reading, row, "volume_type", str) or "",
            created=promised_moment_text(cinder, reading, row, "created_at"),
            metadata=cinder.texts_by_name(reading, row, "metadata"),
            server_ids=tuple(
                cinder.member(reading, one, "server_id", str) for one in attachments if _of_server(one)
            ),
            attachments=len(attachments),
            encrypted=cinder.optional(reading, row, "encrypted", bool),
            multiattach=cinder.optional(reading, row, "multiattach", bool),
            zone=cinder.optional(reading, row, "availability_zone", str),
        )


def _of_server(attachment: Any) -> bool:
    """Whether an attachment names a server; one of a host, such as a backup's or an image's, has none."""
    return not isinstance(attachment, dict) or attachment.get("server_id") is not None


def snapshots(cinder: Service) -> Iterator[Copy]:
    """Every snapshot of the project's volumes: GET snapshots/detail, 1000 a page. Raises CloudError."""
    return _copies(cinder, "snapshots")


def backups(cinder: Service) -> Iterator[Copy]:
    """Every backup of the project's volumes: GET backups/detail, 1000 a page. Raises CloudError."""
    return _copies(cinder, "backups")


def _copies(cinder: Service, kind: str) -> Iterator[Copy]:
    for row in cinder.pages(kind, f"/{kind}/detail", kind, {"limit": PAGE_SIZE}):
        yield Copy(
            id=cinder.member(kind, row, "id", str),
            name=cinder.optional(kind, row, "name", str) or "",
            status=cinder.member(kind, row, "status", str),
            size_gb=cinder.member(kind, row, "size", int),
            volume_id=cinder.member(kind, row, "volume_id", str),
            created=promised_moment_text(cinder, kind, row, "created_at"),
            metadata=cinder.texts_by_name(kind, row, "metadata"),
        )
