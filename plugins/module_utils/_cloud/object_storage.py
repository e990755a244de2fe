# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How Swift tells it. Source: Object Storage API reference, https://docs.openstack.org/api-ref/object-store/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import Answer, Service
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import Malformed

ACCOUNT = "the object storage account"
#: The most that Swift lists at once (swift/common/constraints.py).
PAGE_SIZE = 10_000
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


@dataclass(frozen=True, slots=True)
class Container:
    """A container; its counters are updated with some delay."""

    name: str
    object_count: int
    total_bytes: int
    storage_policy: str | None


def account(swift: Service) -> Account:
    """One HEAD of the account. Raises CloudError; Forbidden where the user has none of Swift's operator roles."""
    return _account(swift, swift.head(ACCOUNT).headers)


def containers(swift: Service) -> tuple[Account, list[Container]]:
    """The account and its containers: GET account, 10000 a page, which has the account's counters too. Raises CloudError."""
    reading = ACCOUNT
    found: list[Container] = []
    query: dict[str, str | int] = {"format": "json", "limit": PAGE_SIZE}
    while True:
        answer = swift.get(reading, "", query)
        # An account that was never written to answers 204 and no list.
        page = [_container(swift, reading, row) for row in _rows(swift, reading, answer)]
        found += page
        if len(page) < PAGE_SIZE:
            return _account(swift, answer.headers), found
        query["marker"] = page[-1].name


def _rows(swift: Service, reading: str, answer: Answer) -> list[dict[str, Any]]:
    if answer.status == 204:
        return []
    return swift.member(reading, {"list of containers": answer.body}, "list of containers", list)


def _container(swift: Service, reading: str, row: dict[str, Any]) -> Container:
    return Container(
        name=swift.member(reading, row, "name", str),
        object_count=swift.member(reading, row, "count", int),
        total_bytes=swift.member(reading, row, "bytes", int),
        storage_policy=row.get("storage_policy"),
    )


def _account(swift: Service, headers: Mapping[str, str]) -> Account:
    reading = ACCOUNT

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
