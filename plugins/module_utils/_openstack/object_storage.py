# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Containers, counters and quotas of an account, as Swift answers.

Source: Object Storage API reference, https://docs.openstack.org/api-ref/object-store/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import Malformed
from .connection import Service
from .quota import Quota
from .transport import Answer

ACCOUNT = "the object storage account"
#: The most that Swift lists at once (swift/common/constraints.py).
PAGE_SIZE = 10_000
_POLICY_PREFIX = "x-account-storage-policy-"
_POLICY_COUNTERS = {
    "-container-count": "container_count",
    "-object-count": "object_count",
    "-bytes-used": "total_bytes",
}
#: What a quota's header limits, of the account; `-policy-<name>` behind it limits one storage policy
#: (middleware account_quotas).
QUOTA_HEADERS = {"x-account-quota-bytes": "total_bytes", "x-account-quota-count": "object_count"}
_POLICY_INFIX = "-policy-"
#: What the quota is called by an older Swift, and by Ceph's gateway, which has no other name for it.
_AS_METADATA = {
    "x-account-quota-bytes": "x-account-meta-quota-bytes",
    "x-account-quota-count": "x-account-meta-quota-count",
}


@dataclass(frozen=True)
class Account:
    """The project's account. by_policy: counters of each storage policy, its name in lower case as headers
    lose the case; None for a counter that Swift does not report.

    limits: quotas by their header; what has none is unlimited. Swift updates its counters with some delay.
    """

    container_count: int
    object_count: int
    total_bytes: int
    by_policy: Mapping[str, Mapping[str, int | None]]
    limits: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Container:
    """A container; its counters are updated with some delay."""

    name: str
    object_count: int
    total_bytes: int
    storage_policy: str | None


def account(swift: Service) -> Account:
    """One HEAD of the account.

    Raises CloudError; Forbidden where the user has none of Swift's operator roles.
    """
    return _account(swift, swift.head(ACCOUNT).headers)


def containers(swift: Service) -> tuple[Account, list[Container]]:
    """The account and its containers: GET account, 10000 a page, which has the account's counters too.

    Raises CloudError.
    """
    reading = ACCOUNT
    found: list[Container] = []
    markers: set[str] = set()
    query: dict[str, str | int] = {"format": "json", "limit": PAGE_SIZE}
    while True:
        answer = swift.get(reading, "", query)
        # An account that was never written to answers 204 and no list.
        page = [_container(swift, reading, row) for row in _rows(swift, reading, answer)]
        found += page
        if len(page) < PAGE_SIZE:
            return _account(swift, answer.headers), found
        if page[-1].name in markers:
            raise Malformed(reading, swift.url, "the list of pages leads back to a page already read")
        markers.add(page[-1].name)
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
        storage_policy=swift.optional(reading, row, "storage_policy", str),
    )


def _account(swift: Service, headers: Mapping[str, str]) -> Account:
    reading = ACCOUNT

    def number(name: str) -> int:
        text = headers.get(name, "")
        if not (text.isascii() and text.isdigit() and len(text) <= 20):
            raise Malformed(reading, swift.url, f"the answer has no number in {name}")
        return int(text)

    limits = {name: number(name) for name in headers if name.startswith(tuple(QUOTA_HEADERS))}
    for header, as_metadata in _AS_METADATA.items():
        if header not in limits and as_metadata in headers:
            limits[header] = number(as_metadata)
    return Account(
        container_count=number("x-account-container-count"),
        object_count=number("x-account-object-count"),
        total_bytes=number("x-account-bytes-used"),
        by_policy=_by_policy({name: number(name) for name in headers if _policy_counter(name)}),
        limits=limits,
    )


def quotas(swift: Service) -> list[Quota]:
    """Limits and use of the account, and of every storage policy that it reports, by the
    names of their headers.

    One HEAD. Swift reserves nothing. It reports a policy by its counters or by its quota.
    Raises as account does.
    """
    whole = account(swift)
    total = {"total_bytes": whole.total_bytes, "object_count": whole.object_count}
    rows = []
    for header, counter in QUOTA_HEADERS.items():
        rows.append(Quota(header, whole.limits.get(header), total[counter], 0))
        prefix = header + _POLICY_INFIX
        limited = {name.removeprefix(prefix) for name in whole.limits if name.startswith(prefix)}
        for policy in sorted(limited | whole.by_policy.keys()):
            used = _used_in(whole, policy, counter)
            rows.append(
                Quota(prefix + policy, whole.limits.get(prefix + policy), used, None if used is None else 0)
            )
    return rows


def _used_in(whole: Account, policy: str, counter: str) -> int | None:
    """What is used of a policy.

    Swift leaves out policies without a container: 0, where those it shows have them all.
    """
    if policy in whole.by_policy:
        return whole.by_policy[policy][counter]
    reported = [counters["container_count"] for counters in whole.by_policy.values()]
    known = [count for count in reported if count is not None]
    return 0 if len(known) == len(reported) and sum(known) == whole.container_count else None


def _policy_counter(header: str) -> str | None:
    """The ending of a header that counts what one storage policy holds; None for any other header."""
    if not header.startswith(_POLICY_PREFIX):
        return None
    return next((ending for ending in _POLICY_COUNTERS if header.endswith(ending)), None)


def _by_policy(counters: Mapping[str, int]) -> dict[str, dict[str, int | None]]:
    policies: dict[str, dict[str, int | None]] = {}
    for header, value in counters.items():
        ending = _policy_counter(header) or ""
        policy = header[len(_POLICY_PREFIX) : -len(ending)]
        policies.setdefault(policy, dict.fromkeys(_POLICY_COUNTERS.values()))[_POLICY_COUNTERS[ending]] = (
            value
        )
    return policies
