# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One quota as a service tells it: the row that every service's quota reading gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import Service

UNLIMITED = -1


@dataclass(frozen=True)
class Quota:
    """limit, used and reserved in the service's own unit; None: the service does not tell it; limit -1: unlimited."""

    name: str
    limit: int
    used: int | None
    reserved: int | None


def quota_rows(
    service: Service, reading: str, quota_set: Mapping[str, Any], used_key: str, not_counted: Iterable[str] = ()
) -> list[Quota]:
    """The rows of a quota set whose values are {limit, <used_key>, reserved}; other values (its id) are left out.

    not_counted: names for which the service always answers 0 in use, so that their use is None.
    Raises Malformed where a row lacks one of the three numbers.
    """
    rows = []
    for name, row in quota_set.items():
        if name == "id":
            continue
        limit, used, reserved = (service.member(reading, row, key, int) for key in ("limit", used_key, "reserved"))
        # Neutron shows any negative limit for unlimited (neutron, test_quotasv2_detail).
        known = name not in not_counted
        rows.append(Quota(name, max(limit, UNLIMITED), used if known else None, reserved if known else None))
    return rows
