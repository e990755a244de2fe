# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every fault on every service of a running cloud: what stays is named, is null, and takes nothing along
(design/reading-a-cloud.md#unknown-is-not-zero, design/reading-a-cloud.md#retries).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import now_utc
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions
from ansible_collections.finops.cloud.plugins.module_utils._usage.usage import (
    SERVICES,
    UsageOptions,
    read_usage,
)

from ....conftest import FILES, Sandbox, command, started

#: A service, and a number of it that has to become null.
NUMBERS = {
    "compute": ("compute", "instance_count"),
    "block_storage": ("storage", "total_size_gb"),
    "network": ("network", "network_count"),
    "object_storage": ("object_storage", "total_bytes"),
    "load_balancer": ("network", "load_balancer_count"),
    "image": ("image", "image_count"),
    "shared_file_system": ("shared_file_system", "share_count"),
}


@dataclass(frozen=True)
class Drill:
    """A fault and how its service ends up; says: what its message has, None where the fault passes by."""

    fault: dict[str, Any]
    status: str = "ok"
    http_status: int | None = 200
    says: str | None = None


DRILLS = (
    Drill({"kind": "status", "status": 401}, "forbidden", 401, "the service answered 401"),
    Drill({"kind": "status", "status": 403}, "forbidden", 403, "the service answered 403"),
    Drill({"kind": "status", "status": 404}, "error", 404, "the service answered 404"),
    Drill({"kind": "status", "status": 500}, "error", 500, "the service answered 500"),
    Drill({"kind": "malformed"}, "error", 200, "the answer"),
    Drill({"kind": "slow", "seconds": 4}, "error", None, "no answer within api_timeout"),
    # These pass by: they are waited for, or asked once more.
    Drill({"kind": "status", "status": 503, "times": 1}),
    Drill({"kind": "status", "status": 429, "retry_after": 1, "times": 1}),
    Drill({"kind": "reset", "times": 1}),
    Drill({"kind": "expired_token"}),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A cloud that has every service whose use is read."""
    folder = tmp_path_factory.mktemp("whole")
    scenario = (FILES / "scenarios" / "default.yml").read_text()
    (folder / "whole.yml").write_text(f"{scenario}\nservices: [{', '.join(NUMBERS)}]\n")
    yield started(folder / "sandbox", "--scenario", str(folder / "whole.yml"))
    assert command("stop", "--directory", str(folder / "sandbox")).returncode == 0


def test_there_is_a_number_for_every_service() -> None:
    assert NUMBERS.keys() == set(SERVICES)


@pytest.mark.parametrize("turn", range(len(DRILLS)))
def test_what_stays_is_null_and_what_passes_by_leaves_no_trace(
    whole: Sandbox, monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    """Each service has another fault in each turn, so that after as many turns as there are faults each has
    had each.
    """
    whole.ask("DELETE", "/sandbox/faults")
    drills = {name: DRILLS[(turn + position) % len(DRILLS)] for position, name in enumerate(NUMBERS)}
    for service, drill in drills.items():
        whole.ask("POST", "/sandbox/faults", {**drill.fault, "service": service})
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", whole.state["clouds_file"])
    cloud = Cloud(ConnectionOptions(cloud="sandbox", api_timeout=2))
    told = read_usage(cloud, UsageOptions(services=(), detail="resources", on_error="warn"), now_utc())
    for service, drill in drills.items():
        section, number = NUMBERS[service]
        status = told["services"][service]
        assert (status["status"], status["http_status"]) == (drill.status, drill.http_status), (
            service,
            drill,
        )
        assert (told["usage"][section][number] is None) == (drill.says is not None), (service, drill)
        assert drill.says is None or re.search(drill.says, status["message"]), (service, drill)
    assert not told["complete"]
