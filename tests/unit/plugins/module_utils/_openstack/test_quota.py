# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each service's answer becomes rows: what is unlimited, what is not told, which spelling counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import Malformed
from ansible_collections.finops.cloud.plugins.module_utils._openstack import (
    block_storage,
    compute,
    load_balancer,
    network,
    object_storage,
)
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Answer, Login, Service
from ansible_collections.finops.cloud.plugins.module_utils._openstack.quota import Quota

CAPTURES = Path(__file__).parents[3] / "captures"


class Told(Service):
    """A service that has one answer, whatever it is asked."""

    def __init__(self, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__("any", "https://cloud.example", "a-project", Login(None))
        object.__setattr__(
            self, "answer", Answer(body, {k.lower(): v for k, v in (headers or {}).items()}, 200)
        )

    def _send(self, *_asked: Any) -> Answer:
        answer: Answer = self.answer  # type: ignore[attr-defined]
        return answer


def captured(name: str) -> Told:
    response = json.loads((CAPTURES / f"{name}.json").read_text())["response"]
    return Told(response["body"], response["headers"])


def by_name(rows: list[Quota]) -> dict[str, Quota]:
    return {row.name: row for row in rows}


def test_nova_does_not_tell_the_use_of_what_is_per_user_or_per_request() -> None:
    rows = by_name(compute.quotas(captured("nova_quota_detail_257")))
    assert rows["cores"] == Quota("cores", 64, 18, 0)
    assert rows["key_pairs"] == Quota("key_pairs", 25, None, None)
    # At 2.1 the quotas of nova-network come along, and count nothing.
    old = by_name(compute.quotas(captured("nova_quota_detail")))
    assert {old[name].used for name in ("floating_ips", "security_groups", "injected_files")} == {None}


def test_minus_one_null_and_any_negative_limit_are_unlimited_and_a_missing_one_is_an_error() -> None:
    rows = by_name(block_storage.quotas(captured("cinder_quota_usage")))
    assert rows["per_volume_gigabytes"].limit is None
    for limit in (None, -1, -5):
        told = network.quotas(Told({"quota": {"subnetpool": {"limit": limit, "used": 0, "reserved": 0}}}))
        assert told == [Quota("subnetpool", None, 0, 0)]
        assert load_balancer.quotas(Told({"quota": {"pool": limit}})) == [Quota("pool", None, None, None)]
    for row in (
        {"used": 0, "reserved": 0},
        {"limit": "7", "used": 0, "reserved": 0},
        {"limit": True},
        7,
        None,
    ):
        with pytest.raises(Malformed):
            network.quotas(Told({"quota": {"subnetpool": row}}))


@pytest.mark.parametrize(
    "limits", [{"loadbalancer": 9, "load_balancer": 5}, {"load_balancer": 5}, {"loadbalancer": 5}]
)
def test_octavia_spells_two_of_its_names_in_two_ways(limits: dict[str, int]) -> None:
    assert load_balancer.quotas(Told({"quota": limits})) == [Quota("load_balancer", 5, None, None)]


ACCOUNT = {"X-Account-Container-Count": "3", "X-Account-Object-Count": "20", "X-Account-Bytes-Used": "1430"}


def policy(name: str, containers: int, objects: int, size: int) -> dict[str, str]:
    counters = {"Container-Count": containers, "Object-Count": objects, "Bytes-Used": size}
    return {f"X-Account-Storage-Policy-{name}-{counter}": str(value) for counter, value in counters.items()}


def test_swift_limits_the_account_and_each_of_its_policies() -> None:
    headers = {
        **ACCOUNT, **policy("Gold", 1, 5, 430), **policy("Policy-0", 2, 15, 1000),
        "X-Account-Quota-Bytes": "2000", "X-Account-Quota-Count": "100",
        "X-Account-Quota-Bytes-Policy-Gold": "500",
    }  # fmt: skip
    assert object_storage.quotas(Told(None, headers)) == [
        Quota("x-account-quota-bytes", 2000, 1430, 0),
        Quota("x-account-quota-bytes-policy-gold", 500, 430, 0),
        Quota("x-account-quota-bytes-policy-policy-0", None, 1000, 0),
        Quota("x-account-quota-count", 100, 20, 0),
        Quota("x-account-quota-count-policy-gold", None, 5, 0),
        Quota("x-account-quota-count-policy-policy-0", None, 15, 0),
    ]


def test_swift_the_old_header_counts_where_there_is_no_new_one() -> None:
    old = {"X-Account-Meta-Quota-Bytes": "7"}
    limits = [
        object_storage.quotas(Told(None, {**ACCOUNT, **more}))[0].limit
        for more in ({}, old, {**old, "X-Account-Quota-Bytes": "8"})
    ]
    assert limits == [None, 7, 8]


def test_the_gateway_of_ceph_tells_both_limits_as_metadata() -> None:
    headers = {**ACCOUNT, "X-Account-Meta-Quota-Bytes": "2000", "X-Account-Meta-Quota-Count": "33334444"}
    limits = {row.name: row.limit for row in object_storage.quotas(Told(None, headers))}
    assert (limits["x-account-quota-bytes"], limits["x-account-quota-count"]) == (2000, 33_334_444)


def test_a_counter_below_zero_counts_as_nothing_and_says_so() -> None:
    names = ("volumes", "gigabytes", "snapshots")
    rows = {name: {"limit": 10, "in_use": 4, "reserved": 1} for name in names}
    rows["gigabytes"]["in_use"], rows["snapshots"]["reserved"] = -3, -2
    told = by_name(block_storage.quotas(Told({"quota_set": {"id": "a-project", **rows}})))
    assert [told[name] for name in names] == [
        Quota("volumes", 10, 4, 1),
        Quota("gigabytes", 10, 0, 1, below_zero=-3),
        Quota("snapshots", 10, 4, 0, below_zero=-2),
    ]


def test_swift_a_policy_without_counters_holds_nothing_only_where_the_others_hold_all() -> None:
    quota = {"X-Account-Quota-Bytes-Policy-Cold": "9"}
    all_shown = by_name(
        object_storage.quotas(Told(None, {**ACCOUNT, **quota, **policy("Gold", 3, 20, 1430)}))
    )
    some_hidden = by_name(
        object_storage.quotas(Told(None, {**ACCOUNT, **quota, **policy("Gold", 2, 20, 1430)}))
    )
    assert all_shown["x-account-quota-bytes-policy-cold"] == Quota(
        "x-account-quota-bytes-policy-cold", 9, 0, 0
    )
    assert some_hidden["x-account-quota-bytes-policy-cold"] == Quota(
        "x-account-quota-bytes-policy-cold", 9, None, None
    )


def test_swift_a_counter_of_a_policy_that_is_not_told_is_unknown() -> None:
    """Before Swift counted the containers of each policy: what cold holds is unknown, too."""
    untold = {name: value for name, value in policy("Gold", 3, 20, 1430).items() if "Container" not in name}
    quota = {"X-Account-Quota-Bytes-Policy-Cold": "9"}
    headers = {**ACCOUNT, **policy("Silver", 3, 0, 0), **untold, **quota}
    counters = object_storage.account(Told(None, headers)).by_policy["gold"]
    assert counters == {"container_count": None, "object_count": 20, "total_bytes": 1430}
    rows = by_name(object_storage.quotas(Told(None, headers)))
    assert rows["x-account-quota-bytes-policy-cold"] == Quota(
        "x-account-quota-bytes-policy-cold", 9, None, None
    )


def test_swift_a_quota_that_is_no_number_is_malformed() -> None:
    with pytest.raises(Malformed, match="no number in x-account-quota-bytes"):
        object_storage.quotas(Told(None, {**ACCOUNT, "X-Account-Quota-Bytes": "lots"}))
