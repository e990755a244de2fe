# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking a record of a project: what is counted, in how many requests, and what becomes of what was not read
(design/reading-a-cloud.md#unknown-is-not-zero, design/reading-a-cloud.md#round-trips,
design/records.md#taking-a-record).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import FinopsError, LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import now_utc
from ansible_collections.finops.cloud.plugins.module_utils._ledger import usage_records
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading, writing
from ansible_collections.finops.cloud.plugins.module_utils._openstack.compute import _gpu_count, _vgpu_count
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions
from ansible_collections.finops.cloud.plugins.module_utils._records.take import generate, take
from hypothesis import given
from hypothesis import strategies as st

from ....conftest import FILES, Sandbox
from ....small_vergeos import NOVEMBER, SmallVergeos, row

GIB = 1024**3
OF_SERVERS = ["used_cores", "used_ram_mb", "running_machines", "gpus_used", "vgpus_used"]
OF_COMPUTE = [*OF_SERVERS, "total_cores", "total_ram_mb"]


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerOptions:
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def taken(
    sandbox: Sandbox,
    ledger: LedgerOptions,
    monkeypatch: pytest.MonkeyPatch,
    on_error: str = "fail",
    check_mode: bool = False,
) -> dict[str, Any]:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    cloud = Cloud(ConnectionOptions(cloud="sandbox", region_name="dc3-a"))
    return take(cloud, ledger, on_error, now_utc(), "a", check_mode)


def kept(ledger: LedgerOptions) -> list[Any]:
    with reading(ledger) as opened:
        return list(usage_records.read(opened.connection, usage_records.Chosen()))


def test_a_record_of_the_scenario_in_five_requests(
    drilled: Sandbox, ledger: LedgerOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    drilled.ask("DELETE", "/sandbox/requests")
    told = taken(drilled, ledger, monkeypatch)
    asked = drilled.ask("GET", "/sandbox/requests").body
    assert (asked["token"], asked["discovery"], asked["total"]) == (1, 0, 5)
    record = told["record"]
    tiers = {one["name"]: (one["used_gb"], one["total_gb"]) for one in record["tiers"]}
    # By hand from the scenario: volumes and snapshots of a type.
    assert tiers == {
        "CEPH_1_perf1": (410.0, None),
        "CEPH_1_perf2": (450.0, 500.0),
        "__DEFAULT__": (0.0, None),
    }
    assert (record["used_cores"], record["total_cores"], record["running_machines"]) == (20, 64, 4)
    assert (record["total_storage_used_gb"], record["total_storage_total_gb"]) == (860.0, 2000.0)
    assert record["unlimited"] == ["tier:CEPH_1_perf1", "tier:__DEFAULT__"]
    assert (record["unknown"], record["complete"], told["complete"]) == ([], True, True)
    (stored,) = kept(ledger)
    assert (stored.key, stored.used_cores, stored.created) == (record["key"], 20, stored.created)


def test_check_mode_tells_and_keeps_nothing(
    drilled: Sandbox, ledger: LedgerOptions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = taken(drilled, ledger, monkeypatch, check_mode=True)
    assert (told["changed"], told["record"]["used_cores"], told["record"]["key"]) == (True, 20, None)
    assert not (tmp_path / "ledger.db").exists()


@pytest.mark.parametrize(
    ("service", "path", "unknown"),
    [
        ("compute", "/servers/detail", OF_SERVERS),
        ("compute", "/os-quota-sets", ["total_cores", "total_ram_mb"]),
        ("compute", "", OF_COMPUTE),
        ("block_storage", "", ["tiers", "storage_used_bytes", "storage_total_bytes"]),
        ("object_storage", "", ["object_storage_used_bytes", "object_storage_total_bytes"]),
    ],
)
def test_what_was_not_read_is_null_and_named_and_never_zero(
    drilled: Sandbox,
    ledger: LedgerOptions,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    path: str,
    unknown: list[str],
) -> None:
    drilled.ask(
        "POST", "/sandbox/faults", {"service": service, "path": path, "kind": "status", "status": 403}
    )
    with pytest.raises(FinopsError, match="answered 403"):
        taken(drilled, ledger, monkeypatch)
    told = taken(drilled, ledger, monkeypatch, on_error="warn")
    record = told["record"]
    assert (record["unknown"], record["complete"], told["complete"]) == (unknown, False, False)
    assert told["services"][service]["status"] == "forbidden"
    (stored,) = kept(ledger)
    assert list(stored.unknown) == unknown
    for name in unknown:
        assert not getattr(stored, name) and getattr(stored, name) != 0, name
    # No limit was read either: that is no unlimited quota.
    assert service != "compute" or not {"cores", "ram"} & set(record["unlimited"])


def scenario(tmp_path: Path, **changes: Any) -> str:
    content = yaml.safe_load((FILES / "scenarios" / "default.yml").read_text())
    path = tmp_path / "scenario.yml"
    path.write_text(yaml.safe_dump({**content, **changes}))
    return str(path)


def test_gpus_are_what_flavors_ask_for(
    start: Callable[..., Sandbox], ledger: LedgerOptions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    flavors = {
        "gpu": {
            "vcpus": 8,
            "ram_mb": 16384,
            "disk_gb": 0,
            "extra_specs": {"pci_passthrough:alias": "nvidia-l4:2"},
        },
        "vgpu": {"vcpus": 4, "ram_mb": 8192, "disk_gb": 0, "extra_specs": {"resources:VGPU": "1"}},
    }
    servers = [
        {"name": name, "flavor": flavor, "network": "front"}
        for name, flavor in (("train-1", "gpu"), ("train-2", "gpu"), ("desk-1", "vgpu"))
    ]
    changed = scenario(
        tmp_path,
        flavors=flavors,
        servers=servers,
        volumes=[],
        snapshots=[],
        backups=[],
        floating_ips=[],
        services=["compute", "block_storage"],
    )
    told = taken(start("--scenario", changed), ledger, monkeypatch)
    record = told["record"]
    assert (record["gpus_used"], record["vgpus_used"], record["gpus_total"]) == (4, 1, None)
    # There is no Swift: nothing is stored there, and nothing is unknown.
    assert told["services"]["object_storage"]["status"] == "absent"
    assert (record["object_storage_used_bytes"], record["complete"]) == (None, True)


@pytest.mark.parametrize(
    ("extra_specs", "gpus", "vgpus"),
    [
        ({}, 0, 0),
        (None, None, None),
        ({"pci_passthrough:alias": "a100:2, t4:1"}, 3, 0),
        ({"resources:PGPU": "1", "resources1:PGPU": "2"}, 3, 0),
        ({"resources:VGPU": "1", "resources_DESK:VGPU": "3", "resources:VCPU": "8"}, 0, 4),
        ({"pci_passthrough:alias": "a100"}, None, 0),
        ({"pci_passthrough:alias": "a100:two"}, None, 0),
        ({"accel:device_profile": "gpu"}, None, 0),
        ({"hw:cpu_policy": "dedicated"}, 0, 0),
    ],
)
def test_counts_of_devices(extra_specs: dict[str, str] | None, gpus: int | None, vgpus: int | None) -> None:
    assert (_gpu_count(extra_specs), _vgpu_count(extra_specs)) == (gpus, vgpus)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=6))
def test_aliases_add_up(counts: list[int]) -> None:
    assert _gpu_count({"pci_passthrough:alias": ",".join(f"a{i}:{n}" for i, n in enumerate(counts))}) == sum(
        counts
    )


def test_a_system_makes_a_record_and_the_ledger_keeps_it_once(
    vergeos: SmallVergeos, ledger: LedgerOptions
) -> None:
    vergeos.put([row(5, NOVEMBER)])
    with vergeos.system() as system:
        told = generate(system, ledger, now_utc(), "a", False)
        assert (told["record"]["key"], told["changed"], told["ledger_created"]) == (6, True, True)
        assert vergeos.asked() == ["GET /billing", "POST /billing_actions", "GET /billing"]
        planned = generate(system, ledger, now_utc(), "a", True)
    assert (planned["changed"], planned["record"]) == (True, None)
    assert vergeos.asked() == []
    (record,) = kept(ledger)
    with writing(ledger) as opened:
        assert usage_records.add(opened.connection, record, now_utc(), "b") == (record, False)
    assert kept(ledger) == [record]
    assert record.key == 6


def test_a_record_that_cannot_be_kept_any_more_is_named(
    vergeos: SmallVergeos, ledger: LedgerOptions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Somebody else writes to the ledger from when the system has made the record."""
    vergeos.put([row(5, NOVEMBER)])
    with vergeos.system() as system, sqlite3.connect(tmp_path / "ledger.db", isolation_level=None) as other:
        generating = system.client.billing.generate

        def and_lock() -> None:
            generating()
            other.execute("BEGIN IMMEDIATE")

        monkeypatch.setattr(system.client.billing, "generate", and_lock)
        with pytest.raises(LedgerError, match="another run is writing.* The system has made record 6"):
            generate(system, LedgerOptions(ledger.url, 0), now_utc(), "a", False)


def test_a_ledger_that_cannot_be_written_is_found_before_a_record_is_made(
    vergeos: SmallVergeos, tmp_path: Path
) -> None:
    (tmp_path / "ledger.db").write_text("no ledger at all, but long enough to be looked at by SQLite")
    with vergeos.system() as system, pytest.raises(LedgerError):
        generate(system, LedgerOptions(f"sqlite:///{tmp_path}/ledger.db"), now_utc(), "a", False)
    assert vergeos.asked() == []
