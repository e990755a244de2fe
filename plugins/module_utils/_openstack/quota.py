# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One quota: the row that every service's quota reading gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .connection import Service


@dataclass(frozen=True)
class Quota:
    """limit, used and reserved in the service's own unit. limit None: unlimited; used or reserved None: the
    service does not report it. below_zero: what it reports in use where that is negative, which counts as 0.
    """

    name: str
    limit: int | None
    used: int | None
    reserved: int | None
    below_zero: int | None = None

    @property
    def taken(self) -> int | None:
        """What counts against the limit: used plus reserved; None where the service
        does not report them.
        """
        return None if self.used is None or self.reserved is None else self.used + self.reserved


def limit_in(service: Service, reading: str, row: Mapping[str, Any], key: str) -> int | None:
    """row[key] as a limit: null and any negative number (-1, as a rule) are unlimited, which is None.

    Raises Malformed where it is missing or no whole number: a missing limit is not unlimited.
    """
    if key in row and row[key] is None:
        return None
    limit = service.member(reading, row, key, int)
    # Neutron takes any negative limit for unlimited (neutron, test_quotasv2_detail).
    return None if limit < 0 else limit


def quota_rows(
    service: Service,
    reading: str,
    quota_set: Mapping[str, Any],
    used_key: str,
    not_counted: Iterable[str] = (),
) -> list[Quota]:
    """The rows of a quota set whose values are {limit, <used_key>, reserved}; its id is left out.

    not_counted: names for which the service always answers 0 in use, so that their use is None. A counter
    that went below 0, as Nova's and Cinder's have, counts as 0.
    Raises Malformed where a row lacks one of the three numbers.
    """
    rows = []
    for name in quota_set:
        if name == "id":
            continue
        row = service.member(reading, quota_set, name, dict)
        limit = limit_in(service, reading, row, "limit")
        used, reserved = (service.member(reading, row, key, int) for key in (used_key, "reserved"))
        if name in not_counted:
            rows.append(Quota(name, limit, None, None))
        else:
            below = min(used, reserved)
            rows.append(Quota(name, limit, max(used, 0), max(reserved, 0), below if below < 0 else None))
    return rows


def limits_only(service: Service, reading: str, body: Any) -> list[Quota]:
    """The rows of a service that reports no use: limits by name under `quotas` of the body.

    Raises Malformed where one of them is no limit.
    """
    limits = service.member(reading, body, "quotas", dict)
    return [Quota(name, limit_in(service, reading, limits, name), None, None) for name in limits]
