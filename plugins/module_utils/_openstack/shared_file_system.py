# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Shares and their quotas, as Manila answers.

Source: Shared File Systems API reference, https://docs.openstack.org/api-ref/shared-file-system/; Manila's
own source of August 2026, manila/api/v2 and manila/quota.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from .._core.errors import Malformed
from .connection import Service
from .quota import Quota, quota_rows

PAGE_SIZE = 1000
#: The first that tells every quota of today. Manila before 2025.2 has an older one, which a 406 names.
_OF_QUOTAS = "shared-file-system 2.90"
#: The first that counts the whole list, which says where it ends.
_OF_SHARES = "shared-file-system 2.42"
#: A limit on one share's size; nothing is counted against it.
_NOT_COUNTED = ("per_share_gigabytes",)


@dataclass(frozen=True, slots=True)
class Share:
    """A share. size_gb: None where Manila does not know it yet. share_type: None for one that is gone.
    created: UTC without a zone, as Manila writes it. project_id: whose it is, where all are listed.
    """

    id: str
    name: str
    status: str
    size_gb: int | None
    share_type: str | None
    created: str
    metadata: Mapping[str, str]
    project_id: str | None = None


def quotas(manila: Service) -> list[Quota]:
    """Limits and use of the project: one GET quota-sets/{project}/detail, microversion 2.90, and one more on
    an older Manila, which tells what it has. Raises CloudError.
    """
    reading = "shared file system quotas"
    body = manila.get(reading, f"/quota-sets/{manila.project_id}/detail", None, _OF_QUOTAS).body
    return quota_rows(
        manila, reading, manila.member(reading, body, "quota_set", dict), "in_use", _NOT_COUNTED
    )


def shares(manila: Service, of_every_project: bool = False) -> Iterator[Share]:
    """The project's own shares, public ones of others left out: GET shares/detail, 1000 a page. An operator
    gets those of every project.

    The pages go by offset: Manila's link to the next one has a marker that its list ignores. Raises
    CloudError, Malformed where other than the promised number of shares came.
    """
    reading = "shares"
    query = {"limit": PAGE_SIZE, "sort_key": "id", "sort_dir": "asc", "with_count": "true"}
    if of_every_project:
        query["all_tenants"] = "1"
    ids: set[str] = set()
    offset, count = 0, 1
    while offset < count:
        body = manila.get(reading, "/shares/detail", {**query, "offset": offset}, _OF_SHARES).body
        count, known = manila.member(reading, body, "count", int), len(ids)
        rows = manila.member(reading, body, "shares", list)
        for row in rows:
            share = _share(manila, reading, row)
            if of_every_project:
                share = replace(share, project_id=manila.member(reading, row, "project_id", str))
            ids.add(share.id)
            yield share
        if len(ids) == known:
            break
        offset += len(rows)
    if len(ids) != count:
        problem = f"{len(ids)} shares came where {count} were promised"
        raise Malformed(reading, manila.url, problem)


def _share(manila: Service, reading: str, row: Mapping[str, object]) -> Share:
    return Share(
        id=manila.member(reading, row, "id", str),
        name=manila.optional(reading, row, "name", str) or "",
        status=manila.member(reading, row, "status", str),
        size_gb=manila.optional(reading, row, "size", int),
        share_type=manila.optional(reading, row, "share_type_name", str),
        created=manila.member(reading, row, "created_at", str),
        metadata=manila.texts_by_name(reading, row, "metadata"),
    )
