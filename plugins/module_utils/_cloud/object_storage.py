# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How Swift tells it. Source: Object Storage API reference, https://docs.openstack.org/api-ref/object-store/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import Service
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import Malformed

_POLICY_PREFIX = "x-account-storage-policy-"
_POLICY_COUNTERS = {
    "-container-count": "container_count",
    "-object-count": "object_count",
    "-bytes-used": "total_bytes",
}


@dataclass(frozen=True)
class Account:
    """The project's account. by_policy: counters of each storage policy, its name in lower case as headers lose the case.

    quota_bytes, quota_objects: None where no quota is set. Swift updates its counters with some delay.
    """

    container_count: int
    object_count: int
    total_bytes: int
    by_policy: Mapping[str, Mapping[str, int]]
    quota_bytes: int | None
    quota_objects: int | None


def account(swift: Service) -> Account:
    """One HEAD of the account. Raises CloudError; Forbidden where the user has none of Swift's operator roles."""
    reading = "the object storage account"
    headers = swift.head(reading).headers

    def number(name: str) -> int:
        text = headers.get(name, "")
        if not (text.isascii() and text.isdigit()):
            raise Malformed(reading, swift.url, f"the answer has no number in {name}")
        return int(text)

    def quota(*names: str) -> int | None:
        return next((number(name) for name in names if name in headers), None)

    return Account(
        container_count=number("x-account-container-count"),
        object_count=number("x-account-object-count"),
        total_bytes=number("x-account-bytes-used"),
        by_policy=_by_policy({name: number(name) for name in headers if _policy_counter(name)}),
        quota_bytes=quota("x-account-quota-bytes", "x-account-meta-quota-bytes"),
        quota_objects=quota("x-account-quota-count"),
    )


def _policy_counter(header: str) -> str | None:
    """The ending of a header that counts what one storage policy holds; None for any other header."""
    if not header.startswith(_POLICY_PREFIX):
        return None
    return next((ending for ending in _POLICY_COUNTERS if header.endswith(ending)), None)


def _by_policy(counters: Mapping[str, int]) -> dict[str, dict[str, int]]:
    policies: dict[str, dict[str, int]] = {}
    for header, value in counters.items():
        ending = _policy_counter(header) or ""
        policy = header[len(_POLICY_PREFIX) : -len(ending)]
        policies.setdefault(policy, {})[_POLICY_COUNTERS[ending]] = value
    return policies
