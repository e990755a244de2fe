# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong, on demand."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

KINDS = (
    "status", "empty_404", "expired_token", "reset", "slow", "short_page", "malformed", "redirect", "drip",
    "bomb", "endless", "endless_pages", "echo", "http-catalog",
)  # fmt: skip
SERVICES = (
    "identity",
    "compute",
    "block_storage",
    "network",
    "object_storage",
    "load_balancer",
    "image",
    "rating",
    "metric",
    "shared_file_system",
    "dns",
    "key_manager",
    "database",
    "vergeos",
)
REDIRECTS = (301, 302, 303, 307, 308)
#: A fault of this kind hits once where nothing else is said: a renewed token works.
ONCE = ("expired_token",)


class FaultError(Exception):
    """A fault that makes no sense; str() says what would."""


@dataclass
class Fault:
    """One fault.

    service, path (a regular expression on the path behind the service's prefix) and method say which requests
    it hits; after, how many of them pass unharmed first; times, how many it hits (None: until it is cleared).
    status and retry_after belong to the kind status, seconds to slow and to drip (between two bytes),
    location and status to redirect, status to echo.
    """

    service: str
    kind: str
    path: str = ""
    method: str | None = None
    status: int = 500
    location: str = ""
    retry_after: int | None = None
    seconds: float = 0.0
    times: int | None = None
    after: int = 0

    def hits(self, service: str, method: str, path: str) -> bool:
        """Whether this request is hit; counts it."""
        if self.times == 0 or service != self.service or (self.method and method != self.method.upper()):
            return False
        if not re.search(self.path, path):
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


def parse(row: Any) -> Fault:
    """The fault that a mapping describes. Raises FaultError in one sentence."""
    if not isinstance(row, dict):
        raise FaultError("a fault is a mapping with service and kind")
    row = {name: value for name, value in row.items() if value is not None}
    known = {one.name for one in fields(Fault)}
    unknown = sorted(set(row) - known)
    if unknown:
        raise FaultError(f"a fault has no {unknown[0]}; it has {', '.join(sorted(known))}")
    if row.get("service") not in SERVICES:
        raise FaultError(f"service is one of {', '.join(SERVICES)}, not {row.get('service')!r}")
    if row.get("kind") not in KINDS:
        raise FaultError(f"kind is one of {', '.join(KINDS)}, not {row.get('kind')!r}")
    try:
        re.compile(row.get("path", ""))
        numbers = {
            name: int(row[name]) for name in ("status", "retry_after", "times", "after") if name in row
        }
        seconds = float(row.get("seconds", 0))
    except (re.error, TypeError, ValueError) as error:
        raise FaultError(f"a number or the path's regular expression is wrong: {error}") from error
    if any(number < 0 for number in (*numbers.values(), seconds)):
        raise FaultError("a fault's numbers are zero or more")
    if row["kind"] == "redirect":
        if numbers.setdefault("status", 302) not in REDIRECTS:
            raise FaultError(f"status of a redirect is one of {', '.join(map(str, REDIRECTS))}")
        if not isinstance(row.get("location"), str):
            raise FaultError("a redirect has a location, the URL that it leads to")
    elif not 400 <= numbers.get("status", 500) <= 599:
        raise FaultError(f"status is one of an error, 400 to 599, not {numbers['status']}")
    if not isinstance(row.get("method", ""), str):
        raise FaultError(f"method is the name of an HTTP method, not {row['method']!r}")
    if row["kind"] in ONCE:
        numbers.setdefault("times", 1)
    return Fault(**{**row, **numbers, "seconds": seconds})
