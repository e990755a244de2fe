# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The VergeOS beside a sandbox: what it has recorded is a test's to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.finops.cloud.plugins.module_utils._vergeos.system import System, VergeosOptions

if TYPE_CHECKING:
    from .conftest import Sandbox

GIB = 1024**3
OCTOBER, NOVEMBER = 1790812800, 1793491200
#: A row with a number of its own in every field.
FULL: dict[str, Any] = {
    "$key": 4711,
    "created": 1793491201,
    "from": 1793487600,
    "to": 1793491200,
    "sent": 1793491260,
    "description": "October's last hour",
    "used_cores": 33,
    "total_cores": 64,
    "online_cores": 60,
    "total_nodes": 12,
    "online_nodes": 11,
    "running_machines": 25,
    "used_ram": 65537,
    "total_ram": 131072,
    "online_ram": 98304,
    "phys_ram_used": 68719476737,
    "phys_vram_used": 17179869185,
    "phys_total_cpu": 75,
    **{f"tier_{tier}_used": (100 + tier) * GIB + tier for tier in range(6)},
    **{f"tier_{tier}_total": (1000 + tier) * GIB for tier in range(6)},
    "gpus_total": 7,
    "gpus": 2,
    "gpus_idle": 5,
    "vgpus_total": 9,
    "vgpus": 4,
    "vgpus_idle": 3,
    "workload_datapoints": 1000,
    "storage_datapoints": 500,
}


@dataclass(frozen=True)
class SmallVergeos:
    """How a test speaks with it."""

    sandbox: Sandbox

    @property
    def login(self) -> dict[str, str]:
        """How to reach it, as options of a module."""
        known = self.sandbox.state["vergeos"]
        return {name: known[name] for name in ("host", "ca_cert", "token")}

    def system(self, **otherwise: Any) -> System:
        """A login to it. Reads that fail are repeated without a pause."""
        return System(VergeosOptions(**{**self.login, "retry_backoff_factor": 0.0, **otherwise}))

    def put(self, rows: list[dict[str, Any]]) -> None:
        """Make these all of its records."""
        assert self.sandbox.ask("PUT", "/sandbox/vergeos/billing", rows).body == {"records": len(rows)}

    def breaks(self, path: str, **fault: Any) -> None:
        """Let requests of that path go wrong."""
        assert (
            self.sandbox.ask("POST", "/sandbox/faults", {"service": "vergeos", "path": path, **fault}).status
            == 200
        )

    def asked(self) -> list[str]:
        """What it was asked since this was asked before, logins left out."""
        log = self.sandbox.ask("DELETE", "/sandbox/requests").body["log"]
        return [
            f"{one['method']} {one['path']}"
            for one in log
            if one["service"] == "vergeos" and one["path"] != "/system"
        ]


def row(key: int, created: int, **told: Any) -> dict[str, Any]:
    """A row that was created then and is for the hour before, unless it is told otherwise."""
    return {**FULL, "$key": key, "created": created, "from": created - 3600, "to": created, **told}
