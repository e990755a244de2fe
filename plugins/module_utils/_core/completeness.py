# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What was read, from which cloud, and what could not be read (design/reading-a-cloud.md#unknown-is-not-zero,
design/reading-a-cloud.md#identity).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

OK = "ok"
ABSENT = "absent"
FORBIDDEN = "forbidden"
ERROR = "error"


@dataclass(frozen=True)
class CloudIdentity:
    """The project, user and region of a result, as the token says, not as the user believes."""

    name: str | None
    auth_url: str
    region: str | None
    project_id: str
    project_name: str

    def to_result(self) -> dict[str, Any]:
        """The `cloud` key of every result."""
        return {
            "name": self.name,
            "auth_url": self.auth_url,
            "region": self.region,
            "project_id": self.project_id,
            "project_name": self.project_name,
        }


@dataclass(frozen=True)
class ServiceStatus:
    """The outcome of reading one service: status ok, absent, forbidden (401 or 403) or error."""

    status: str
    http_status: int | None = None
    message: str | None = None

    def to_result(self) -> dict[str, Any]:
        """One value of the `services` key of a result."""
        return {"status": self.status, "http_status": self.http_status, "message": self.message}


def all_known(values: Iterable[T | None]) -> list[T] | None:
    """The values; None if one of them is, as a sum of what is partly unknown is unknown
    (design/reading-a-cloud.md#unknown-is-not-zero).
    """
    found = []
    for value in values:
        if value is None:
            return None
        found.append(value)
    return found
