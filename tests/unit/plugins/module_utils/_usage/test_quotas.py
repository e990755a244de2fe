# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quotas of a running cloud whose policies refuse one service after the other
(design/reading-a-cloud.md#unknown-is-not-zero).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
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
}


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


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_policy_refuses_is_named_and_null_and_the_rest_is_there(
    drilled: Sandbox, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
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
    assert [name for name, quotas in partly["quotas"].items() if quotas is None] == [service]
    assert not partly["complete"]


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

    def _request(self, *_asked: Any) -> Answer:
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
