# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Images, as Glance answers.

Source: Image service API reference, https://docs.openstack.org/api-ref/image/v2/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .answered_moments import promised_moment_text
from .connection import Service

PAGE_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Image:
    """An image that the project owns; size_bytes: None while it has no data. created: UTC with Z."""

    id: str
    name: str
    status: str
    size_bytes: int | None
    created: str
    tags: tuple[str, ...]


def images(glance: Service) -> Iterator[Image]:
    """The project's own images, public ones of the provider left out: GET images?owner=, 1000 a page.

    Raises CloudError.
    """
    reading = "images"
    for row in glance.pages(reading, "/images", "images", {"owner": glance.project_id, "limit": PAGE_SIZE}):
        yield Image(
            id=glance.member(reading, row, "id", str),
            name=glance.optional(reading, row, "name", str) or "",
            status=glance.member(reading, row, "status", str),
            size_bytes=glance.optional(reading, row, "size", int),
            created=promised_moment_text(glance, reading, row, "created_at"),
            tags=glance.list_of_texts(reading, row, "tags"),
        )
