# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cheaper type for volumes that nobody uses, worked out by hand, and held to what is rated once the type
was changed (design/savings.md#types-of-volumes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._openstack.block_storage import Volume, VolumeType
from ansible_collections.finops.cloud.plugins.module_utils._savings.volume_advice import typed_volumes

from ...conftest import FILES, Sandbox, command, started
from .running import run_module

BY_SPEED = ["fast", "slow", "slower"]
VOLUMES = [
    {"name": "cold", "type": "fast", "size_gb": 100, "metadata": {"team": "data"}},
    {"name": "colder", "type": "slow", "size_gb": 40},
    {"name": "coldest", "type": "slower", "size_gb": 40},
    {"name": "of-another-kind", "type": "encrypted", "size_gb": 40},
    {"name": "fresh", "type": "fast", "size_gb": 40, "created_hours_ago": 24},
    {"name": "used", "type": "fast", "size_gb": 40, "attached_to": "web-1"},
    {"name": "of-a-host", "type": "fast", "size_gb": 40, "attached_host": "storage-1"},
    {"name": "used-and-slowest", "type": "slower", "size_gb": 40, "attached_to": "web-2"},
    {"name": "copied", "type": "fast", "size_gb": 40},
    {"name": "wanted-so", "type": "fast", "size_gb": 40, "metadata": {"finops_savings": "ignore"}},
    {"name": "large", "type": "fast", "size_gb": 900},
]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("types")
    scenario = yaml.safe_load((FILES / "scenarios" / "default.yml").read_text())
    for server in scenario["servers"]:
        server.pop("boot_volume", None)
    scenario |= {
        "volume_types": [*BY_SPEED, "encrypted"],
        "volumes": VOLUMES,
        "snapshots": [{"name": "before", "volume": "copied"}],
        "backups": [],
    }
    scenario["rating"]["prices_icu_per_hour"]["volume_gb"] = {
        "fast": 0.01, "slow": 0.006, "slower": 0.005, "encrypted": 0.001,
    }  # fmt: skip
    quotas = scenario["quotas"]["block_storage"]
    for name in ("volumes_CEPH_1_perf2", "gigabytes_CEPH_1_perf2"):
        del quotas[name]
    # Of 200 GB of the slowest type 80 are used: cold fits in what is left, and nothing beside it.
    quotas["gigabytes_slower"] = 200
    (folder / "scenario.yml").write_text(yaml.safe_dump(scenario))
    yield started(folder / "cloud", "--scenario", str(folder / "scenario.yml"))
    assert command("stop", "--directory", str(folder / "cloud")).returncode == 0


@pytest.fixture
def savings(cloud: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", cloud.state["clouds_file"])

    def run(**options: Any) -> dict[str, Any]:
        given = {
            "cloud": "sandbox",
            "currency": "ICU",
            "kinds": ["change_volume_type"],
            "volume_types_by_speed": BY_SPEED,
            **options,
        }
        return run_module(
            "cost_savings_info", {name: value for name, value in given.items() if value is not None}
        )

    return run


def test_a_volume_that_nobody_uses_needs_no_speed(
    cloud: Sandbox, savings: Callable[..., dict[str, Any]]
) -> None:
    cloud.ask("DELETE", "/sandbox/requests")
    told = savings()
    asked = cloud.ask("GET", "/sandbox/requests").body["by_service"]
    assert asked["block_storage"] == 4, "volumes, snapshots, types and quotas"
    assert set(asked) == {"identity", "block_storage", "rating"}
    rows = {row["name"]: (row["recommended"], row["saving_per_month"]) for row in told["recommendations"]}
    # 100 GB from 0.01 to 0.005, 730 hours of each.
    assert rows == {"cold": ("slower", "365")}
    assert told["saving_per_month"] == "365" and told["complete"]
    assert {row["name"]: row["reason"].partition(":")[0] for row in told["left_out"]} == {
        "used": "in_use", "of-a-host": "in_use", "copied": "has_snapshots", "wanted-so": "ignored",
        "large": "quota", "colder": "quota",
    }  # fmt: skip
    (cold, *_rest) = told["recommendations"]
    assert cold["commands"] == [
        f"openstack volume set --type slower --migration-policy on-demand {cold['resource_id']}"
    ]
    assert cold["task"]["openstack.cloud.volume_retype"]["volume"] == cold["resource_id"]
    assert (cold["team"], cold["current"], cold["undo_possible"]) == ("data", "fast", True)


def test_a_volume_that_could_be_deleted_counts_once(savings: Callable[..., dict[str, Any]]) -> None:
    told = savings(kinds=["change_volume_type", "delete_unattached"])
    rows = {(row["name"], row["kind"]): row for row in told["recommendations"]}
    both = rows["cold", "delete_unattached"], rows["cold", "change_volume_type"]
    assert [row["counted_per_month"] for row in both] == ["730", "0"]
    assert both[1]["overlaps"] == [both[0]["id"]]


def test_what_is_done_is_rated_so_to_the_digit(
    cloud: Sandbox, savings: Callable[..., dict[str, Any]]
) -> None:
    day = datetime.now(UTC).date() - timedelta(days=2)
    window = {"begin": day.isoformat(), "end": (day + timedelta(days=1)).isoformat()}

    def rated() -> Decimal:
        told = run_module("infomaniak_cost_info", {"cloud": "sandbox", **window})
        return Decimal(told["cost"]["total"])

    cold = next(row for row in savings()["recommendations"] if row["name"] == "cold")
    before = rated()
    cinder = cloud.catalog.get("volumev3") or cloud.catalog["block-storage"]
    url = f"{cinder}/volumes/{cold['resource_id']}/action"

    def retype(name: str) -> int:
        asked = {"os-retype": {"new_type": name, "migration_policy": "on-demand"}}
        return cloud.ask("POST", url, asked).status

    assert (retype("slowest"), retype(cold["recommended"])) == (404, 202)
    assert before - rated() == Decimal(cold["saving_per_month"]) / 730 * 24 == 12
    assert savings()["recommendations"] == []
    assert retype(cold["current"]) == 202, "it can be undone"
    assert rated() == before


def test_nothing_is_advised_from_what_was_not_read_or_has_no_price(
    cloud: Sandbox, savings: Callable[..., dict[str, Any]]
) -> None:
    for path in ("/types", "/snapshots/detail", "/os-quota-sets/"):
        fault = {"service": "block_storage", "kind": "status", "status": 403, "path": path}
        assert cloud.ask("POST", "/sandbox/faults", fault).status == 200
        told, failed = savings(on_error="warn"), savings()
        cloud.ask("DELETE", "/sandbox/faults")
        assert (told["recommendations"], told["complete"]) == ([], False), path
        assert failed["error"]["service"] == "block_storage"
    fault = {"service": "rating", "kind": "status", "status": 403}
    assert cloud.ask("POST", "/sandbox/faults", fault).status == 200
    told = savings(on_error="warn")
    cloud.ask("DELETE", "/sandbox/faults")
    assert told["recommendations"] == []
    reasons = {row["name"]: row["reason"].partition(":")[0] for row in told["left_out"]}
    assert reasons["cold"] == reasons["large"] == "no_price"


def test_only_types_that_the_user_calls_alike_are_compared(savings: Callable[..., dict[str, Any]]) -> None:
    """The encrypted one is the cheapest of all."""
    told = savings(volume_types_by_speed=["slow", "slower"])
    assert [(row["name"], row["recommended"]) for row in told["recommendations"]] == [("colder", "slower")]
    for given, said in (
        ([], "volume_types_by_speed: has to name two types at least"),
        (["fast", "fast"], "volume_types_by_speed: has to name two types at least"),
        (["fast", "swift"], "volume_types_by_speed: the project has no volume type swift; it has encrypted,"),
    ):
        refused = savings(volume_types_by_speed=given)
        assert refused["msg"].startswith(said), refused["msg"]
        assert refused["error"]["option"] == "volume_types_by_speed"
    silent = savings(kinds=None, volume_types_by_speed=[], lookback_days=15)
    assert not silent.get("failed"), silent["msg"]
    assert "change_volume_type" not in {row["kind"] for row in silent["recommendations"]}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, None),
        ({"encrypted": True}, "encrypted"),
        ({"encrypted": None}, "encrypted"),
        ({"multiattach": True}, "multiattach"),
        ({"multiattach": None}, "multiattach"),
        ({"status": "error"}, "not_available"),
        ({"status": "reserved", "attachments": 1}, "in_use"),
    ],
)
def test_a_volume_that_may_lose_more_than_speed_is_left_as_it_is(
    more: dict[str, Any], reason: str | None
) -> None:
    volume = Volume("v-1", "data", "available", 10, "fast", "2026-01-01T00:00:00Z", {}, ())
    volume = replace(volume, **{"encrypted": False, "multiattach": False, **more})
    listed = {
        "volumes": [volume],
        "snapshots": [],
        "block storage quotas": [],
        "volume types": [VolumeType("fast", None), VolumeType("slow", None)],
    }
    now = datetime(2026, 11, 28, tzinfo=UTC)
    (one,) = typed_volumes(listed, ("fast", "slow"), timedelta(days=7), now)
    assert (one.reason or "").partition(":")[0] == (reason or "")
    # A type of other zones is none for it.
    listed["volume types"] = [VolumeType("fast", None), VolumeType("slow", ("az-2", "az-3"))]
    assert typed_volumes(listed, ("fast", "slow"), timedelta(days=7), now) == []
    listed["volumes"] = [replace(volume, zone="az-3")]
    assert len(typed_volumes(listed, ("fast", "slow"), timedelta(days=7), now)) == 1
