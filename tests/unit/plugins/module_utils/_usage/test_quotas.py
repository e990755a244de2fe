# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quotas of a running cloud whose policies refuse one service after the other
(design/reading-a-cloud.md#unknown-is-not-zero).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import FinopsError
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import (
    Answer,
    Cloud,
    Login,
    Service,
)
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions
from ansible_collections.finops.cloud.plugins.module_utils._usage.quota_packs import INFOMANIAK_PACKS
from ansible_collections.finops.cloud.plugins.module_utils._usage.quotas import (
    SERVICES,
    QuotaOptions,
    read_quotas,
)

from ....conftest import FILES, Sandbox

#: What of each service is read, as the sentence calls it.
READINGS = {
    "compute": "compute quotas",
    "block_storage": "block storage quotas",
    "network": "network quotas",
    "object_storage": "the object storage account",
    "load_balancer": "load balancer quotas",
    "shared_file_system": "shared file system quotas",
    "dns": "DNS quotas",
    "key_manager": "key manager quotas",
    "database": "database quotas",
}
#: What clouds have beside Nova, Cinder, Neutron, Swift and Octavia.
FURTHER = ("shared_file_system", "dns", "key_manager", "database")


@pytest.fixture(scope="module")
def with_further(start_for_all: Callable[..., Sandbox], tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A cloud that has these services: two shares of 30 GB in all, and a database of 4096 MB with 20 GB."""
    scenario = yaml.safe_load((FILES / "scenarios" / "default.yml").read_text())
    scenario["services"] = [*list(READINGS), "image", "rating", "metric"]
    sizes = {"one": 10, "two": 20}
    scenario["shares"] = [{"name": name, "type": "nfs", "size_gb": size} for name, size in sizes.items()]
    scenario["databases"] = [{"name": "shop", "flavor": "a2-ram4-disk20-perf1", "volume_gb": 20}]
    scenario["quotas"] |= {
        "shared_file_system": {"shares": 5, "gigabytes": 100, "snapshots": 7, "per_share_gigabytes": 40},
        "dns": {"zones": 10, "zone_recordsets": 500},
        "key_manager": {"secrets": 100, "consumers": -1},
        "database": {"instances": 3, "volumes": 40, "ram": -1},
    }
    path = tmp_path_factory.mktemp("scenario") / "further.yml"
    path.write_text(yaml.safe_dump(scenario))
    return start_for_all("--scenario", str(path))


@pytest.fixture
def further(with_further: Sandbox) -> Iterator[Sandbox]:
    """That cloud, whose faults are cleared afterwards."""
    yield with_further
    with_further.ask("DELETE", "/sandbox/faults")


def read(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, **options: Any) -> dict[str, Any]:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    asked = {
        "services": (),
        "on_error": "fail",
        "count_load_balancers": False,
        "required": None,
        "fail_on_shortfall": False,
        "packs": INFOMANIAK_PACKS,
        "warn_at": None,
        **options,
    }
    return read_quotas(Cloud(ConnectionOptions(cloud="sandbox")), QuotaOptions(**asked))


def test_every_service_is_tried() -> None:
    assert tuple(READINGS) == SERVICES


@pytest.mark.parametrize("service", [name for name in SERVICES if name not in FURTHER])
def test_what_a_policy_refuses_is_named_and_null_and_the_rest_is_there(
    drilled: Sandbox, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    refuse_and_read(drilled, monkeypatch, service)


def test_a_policy_refuses_one_further_service_after_the_other(
    further: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for service in FURTHER:
        refuse_and_read(further, monkeypatch, service)
        further.ask("DELETE", "/sandbox/faults")


def refuse_and_read(drilled: Sandbox, monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    drilled.ask("POST", "/sandbox/faults", {"service": service, "kind": "status", "status": 403})
    sentence = (
        rf"^Reading {READINGS[service]} from .* failed: the service answered 403.*"
        "no role in the project that may read it"
    )
    with pytest.raises(FinopsError, match=sentence):
        read(drilled, monkeypatch)
    partly = read(drilled, monkeypatch, on_error="warn")
    assert (partly["services"][service]["status"], partly["services"][service]["http_status"]) == (
        "forbidden",
        403,
    )
    statuses = {name: row["status"] for name, row in partly["services"].items()}
    unread = [name for name, quotas in partly["quotas"].items() if quotas is None]
    assert [name for name in unread if statuses[name] != "absent"] == [service]
    assert not partly["complete"]


def test_further_services_are_a_request_each_where_they_are(
    further: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    further.ask("DELETE", "/sandbox/requests")
    told = read(further, monkeypatch)
    asked = further.ask("GET", "/sandbox/requests").body
    # The six of every cloud, and one for each of the four.
    assert (asked["total"], asked["discovery"]) == (10, 0)
    quotas = told["quotas"]
    assert quotas["shared_file_system"]["gigabytes"] == {
        "limit": 100, "used": 30, "reserved": 0, "free": 70, "utilization": 0.3, "unlimited": False
    }  # fmt: skip
    assert quotas["shared_file_system"]["shares"]["used"] == 2
    assert quotas["shared_file_system"]["per_share_gigabytes"]["used"] is None
    assert quotas["block_storage"]["gigabytes"]["limit"] == 2000
    assert {name: row["used"] for name, row in quotas["database"].items()} == {
        "instances": 1, "volumes": 20, "ram": 4096
    }  # fmt: skip
    assert quotas["database"]["ram"]["unlimited"]
    assert quotas["dns"]["zones"] == {
        "limit": 10, "used": None, "reserved": None, "free": None, "utilization": None, "unlimited": False
    }  # fmt: skip
    assert quotas["key_manager"]["consumers"]["unlimited"]


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("shares", 3),
        ("shared_file_system.gigabytes", 70),
        ("database.instances", 2),
        ("database.volumes", 20),
        # Of each share and each zone, so nothing adds up.
        ("per_share_gigabytes", 40),
        ("zone_recordsets", 500),
        # Cinder's: what Manila has under this name counts for nothing.
        ("gigabytes", 1140),
    ],
)
def test_what_further_services_have_left_can_be_required(
    further: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    assert read(further, monkeypatch, required={name: most})["fits"] is True
    short = read(further, monkeypatch, required={name: most + 1})["shortfalls"]
    assert [(row["name"], row["missing"]) for row in short] == [(name, 1)]


def test_zones_and_secrets_have_a_limit_and_no_known_use(
    further: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = read(further, monkeypatch, required={"zones": 1, "secrets": 100, "consumers": 5})
    assert told["fits"] is None
    assert {row["name"]: row["reason"] for row in told["unknown"]} == {
        "zones": "dns does not report how much of it is used",
        "secrets": "key_manager does not report how much of it is used",
    }
    assert read(further, monkeypatch, required={"secrets": 101})["fits"] is False


def test_a_service_that_is_not_there_is_absent_and_refuses_what_needs_it(
    drilled: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = read(drilled, monkeypatch)
    assert told["complete"]
    assert {told["services"][name]["status"] for name in FURTHER} == {"absent"}
    assert [told["quotas"][name] for name in FURTHER] == [None] * 4
    for name in ("shared_file_system.gigabytes", "zones"):
        with pytest.raises(FinopsError, match="has no (shared-file-system|dns) service"):
            read(drilled, monkeypatch, required={name: 1})
    # A name that is Trove's own is nobody's where it stands alone.
    with pytest.raises(FinopsError, match=r"required\.ram: there is no such quota; close to it: .*ram_mb"):
        read(drilled, monkeypatch, required={"ram": 1})


def test_no_pack_is_recommended_on_what_was_not_read(
    drilled: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The packs limit volumes, and how many there are is not known."""
    assert read(drilled, monkeypatch, required={"instances": 1})["smallest_pack"] == "level1"
    drilled.ask("POST", "/sandbox/faults", {"service": "block_storage", "kind": "status", "status": 500})
    told = read(drilled, monkeypatch, required={"instances": 1}, on_error="warn")
    assert (told["fits"], told["smallest_pack"]) == (True, None)


def test_of_a_service_that_is_not_there_nothing_is_used(
    start: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scenario = (FILES / "scenarios" / "default.yml").read_text()
    (tmp_path / "less.yml").write_text(f"{scenario}\nservices: [compute, block_storage, network]\n")
    told = read(start("--scenario", str(tmp_path / "less.yml")), monkeypatch, required={"instances": 1})
    assert (told["quotas"]["object_storage"], told["smallest_pack"]) == (None, "level1")


class Counting(Service):
    """Block storage whose counter of volumes went below zero, as after a delete that ran twice."""

    def __init__(self) -> None:
        super().__init__("block_storage", "https://cinder.example", "a-project", Login(None))

    def _send(self, *_asked: Any) -> Answer:
        rows = {"volumes": {"limit": 10, "in_use": -2, "reserved": 0}}
        return Answer({"quota_set": {"id": "a-project", **rows}}, {}, 200)


class Only:
    """A cloud that offers nothing but this."""

    def offers(self, name: str) -> bool:
        return name == "block_storage"

    def service(self, _name: str) -> Service:
        return Counting()


def test_a_counter_below_zero_is_warned_of() -> None:
    asked = QuotaOptions((), "fail", False, {"volumes": 10}, True, (), None)
    told = read_quotas(Only(), asked)  # type: ignore[arg-type]
    assert (told["quotas"]["block_storage"]["volumes"]["used"], told["fits"]) == (0, True)
    assert told["warnings"] == [
        "block_storage reports -2 volumes in use, which counts as 0; ask the cloud's operator to correct the"
        " counter."
    ]
