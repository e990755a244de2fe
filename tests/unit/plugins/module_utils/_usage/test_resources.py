# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resources as rows: what filters take, where groups put what has no metadata, and what is idle."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._openstack import resource_types
from ansible_collections.finops.cloud.plugins.module_utils._openstack.block_storage import Copy, Volume
from ansible_collections.finops.cloud.plugins.module_utils._openstack.compute import Server
from ansible_collections.finops.cloud.plugins.module_utils._openstack.network import FloatingIp
from ansible_collections.finops.cloud.plugins.module_utils._usage import resources
from ansible_collections.finops.cloud.plugins.module_utils._usage.resources import (
    COUNTERS,
    IMAGE,
    VOLUME,
    Filter,
    UsedResource,
)
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def server(**values: Any) -> Server:
    known: dict[str, Any] = {
        "id": "s1", "name": "web-1", "status": "ACTIVE", "flavor_name": "a2-ram4-disk20", "vcpus": 2,
        "ram_mb": 4096, "root_gb": 20, "ephemeral_gb": 5, "boots_from_volume": False,
        "created": "2026-11-01T12:00:00Z", "updated": "2026-11-02T12:00:00Z", "metadata": {"team": "shop"},
        "gpu": False, "gpu_count": 0, "vgpu_count": 0, "floating_ips": (), "volume_ids": ("v1",),
    }  # fmt: skip
    return Server(**{**known, **values})


def volume(name: str, servers: tuple[str, ...] = (), metadata: Mapping[str, str] | None = None) -> Volume:
    return Volume(name, name, "in-use", 10, "ssd", "2026-11-20T12:00:00.000000", metadata or {}, servers)


def snapshot(name: str, of: str, created: str = "2026-11-20T12:00:00.000000") -> Copy:
    return Copy(name, name, "available", 7, of, created, {})


def test_a_server_that_boots_from_a_volume_has_its_flavors_root_disk_nowhere() -> None:
    assert (server().disk_gb, server().allocated_disk_gb) == (25, 25)
    booted = server(boots_from_volume=True)
    assert (booted.disk_gb, booted.allocated_disk_gb) == (25, 5)
    assert server(root_gb=None).allocated_disk_gb is None


def test_moments_without_a_zone_are_utc_and_ages_are_hours() -> None:
    row = resources.volume(volume("v1"), "dc3-a").to_result(NOW)
    assert (row["created_at"], row["age_hours"], row["region"]) == ("2026-11-20T12:00:00Z", 24.0, "dc3-a")
    assert resources.instance(server(), None).to_result(NOW)["age_hours"] == 480.0


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Filter(), ["web-1", "v1", "v2"]),
        (Filter(types=("storage.volume",)), ["v1", "v2"]),
        (Filter(name="v?"), ["v1", "v2"]),
        (Filter(name="WEB-*"), []),
        (Filter(metadata={"team": "shop"}), ["web-1"]),
        (Filter(name="*2", types=("storage.volume",), metadata={"kind": "log"}), ["v2"]),
    ],
)
def test_filters_take_what_has_all_of_it(wanted: Filter, names: list[str]) -> None:
    some = [
        resources.instance(server(), None),
        resources.volume(volume("v1"), None),
        resources.volume(volume("v2", metadata={"kind": "log", "team": "data"}), None),
    ]
    assert [one.name for one in some if wanted.wants(one)] == names


def test_what_carries_no_key_belongs_where_that_belongs_on_which_it_hangs() -> None:
    every = [
        resources.instance(server(), None),
        resources.volume(volume("v1", ("s1",)), None),
        resources.volume(volume("v2", ("s1",), {"team": "data"}), None),
        resources.volume(volume("v3"), None),
        resources.snapshot(snapshot("of-v1", "v1"), None),
        resources.snapshot(snapshot("of-gone", "nothing"), None),
        resources.floating_ip(FloatingIp("f1", "198.51.100.7", "ACTIVE", "p1", "s1", None, ()), None),
        resources.floating_ip(
            FloatingIp("f2", "198.51.100.8", "DOWN", None, None, None, ("team=data", "spare")), None
        ),
    ]
    told = {row["group"]: row for row in resources.groups(every, every, "team")}
    assert list(told) == ["shop", "data", None]
    shop, data, nobody = told["shop"], told["data"], told[None]
    assert (shop["instance_count"], shop["total_vcpus"], shop["total_size_gb"], shop["snapshot_gb"]) == (
        1,
        2,
        10,
        7,
    )
    assert (shop["floating_ip_count"], shop["resource_count"]) == (1, 4)
    assert (data["volume_count"], data["floating_ip_count"], data["instance_count"]) == (1, 1, 0)
    assert (nobody["volume_count"], nobody["snapshot_count"]) == (1, 1)


def test_things_that_hang_on_each_other_end() -> None:
    one = UsedResource("storage.volume", "a", "a", None, 1, "GB", None, None, ("b",), {}, {"volume_count": 1})
    other = UsedResource(
        "storage.volume", "b", "b", None, 1, "GB", None, None, ("a",), {}, {"volume_count": 1}
    )
    (row,) = resources.groups([one, other], [one, other], "team")
    assert (row["group"], row["volume_count"]) == (None, 2)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 99) | st.none()), max_size=30))
def test_groups_lose_nothing_and_an_unknown_number_stays_unknown(
    some: list[tuple[str | None, int | None]],
) -> None:
    every = [
        UsedResource(
            "compute.instance", str(number), "x", None, vcpus, "vcpu", None, None, (),
            {"team": team} if team else {}, {"instance_count": 1, "total_vcpus": vcpus},
        )
        for number, (team, vcpus) in enumerate(some)
    ]  # fmt: skip
    rows = resources.groups(every, every, "team")
    assert sum(row["instance_count"] for row in rows) == len(some)
    for row in rows:
        numbers = [vcpus for team, vcpus in some if team == row["group"]]
        assert row["total_vcpus"] == (None if None in numbers else sum(numbers))  # type: ignore[arg-type]
        assert set(row) == {"group", "resource_count", *COUNTERS}


def test_counters_of_what_was_not_read_are_not_zero() -> None:
    one = resources.instance(server(), None)
    (row,) = resources.groups([one], [one], "team", {VOLUME, IMAGE})
    unknown = {counter for counter in COUNTERS if row[counter] is None}
    assert unknown == {"volume_count", "total_size_gb", "image_count", "image_bytes"}
    assert (row["instance_count"], row["snapshot_count"]) == (1, 0)


def test_a_volume_whose_server_was_not_read_is_in_no_group_that_anybody_knows() -> None:
    def volume(name: str, on: tuple[str, ...], team: dict[str, str]) -> UsedResource:
        return UsedResource(VOLUME, name, name, None, 5, "GB", None, None, on, team, {"volume_count": 1})

    of_shop, loose, unplaced = (
        volume("a", (), {"team": "shop"}),
        volume("b", (), {}),
        volume("c", ("server",), {}),
    )
    every = [of_shop, loose, unplaced]
    rows = resources.groups(every, every, "team", {resource_types.INSTANCE})
    assert [(row["group"], row["volume_count"], row["image_count"]) for row in rows] == [
        ("shop", None, 0),
        (None, None, 0),
    ]
    # Without it each group is known, and where the servers were read one that is gone is nobody's.
    rows = resources.groups(every[:2], every[:2], "team", {resource_types.INSTANCE})
    assert [(row["group"], row["volume_count"]) for row in rows] == [("shop", 1), (None, 1)]
    rows = resources.groups(every, every, "team")
    assert [(row["group"], row["volume_count"]) for row in rows] == [("shop", 1), (None, 2)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"status": "SHUTOFF"}, "stopped"),
        ({"status": "SHUTOFF", "floating_ips": ("198.51.100.7",)}, "stopped_with_floating_ip"),
        ({"status": "SHUTOFF", "gpu": True, "floating_ips": ("198.51.100.7",)}, "stopped_with_gpu"),
        ({"status": "SHUTOFF", "metadata": {"finops_state": "stopped@2026-11-20T18:00:00Z"}}, None),
        ({"status": "SHUTOFF", "metadata": {"finops_state": "kept_stopped@2026-11-20T18:00:00Z"}}, "stopped"),
        ({"status": "SHUTOFF", "gpu": None}, "stopped"),
        ({"status": "SHELVED_OFFLOADED"}, None),
    ],
)
def test_a_stopped_server_is_idle_and_its_reason_says_what_it_keeps(
    changes: dict[str, Any], reason: str | None
) -> None:
    rows = resources.idle([resources.instance(server(**changes), None)], NOW, 30)
    assert [row["reason"] for row in rows] == ([reason] if reason else [])


def test_a_snapshot_is_old_from_that_day_on() -> None:
    ages = {
        "younger": timedelta(days=29, hours=23),
        "as old": timedelta(days=30),
        "older": timedelta(days=31),
    }
    some = [
        resources.snapshot(snapshot(name, "v", (NOW - age).isoformat()), None) for name, age in ages.items()
    ]
    assert [(row["name"], row["reason"]) for row in resources.idle(some, NOW, 30)] == [
        ("older", "old"),
        ("as old", "old"),
    ]
