# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers of a sandbox, as somebody sees and changes them who is no task of ours."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from .conftest import Sandbox

#: What brings a server back to running from a state.
_BACK = {"SHUTOFF": "os-start", "SHELVED_OFFLOADED": "unshelve", "PAUSED": "unpause"}


@dataclass
class SandboxServers:
    """A sandbox whose servers are looked at and changed by hand."""

    sandbox: Sandbox

    def rows(self) -> list[dict[str, Any]]:
        url = f"{self.sandbox.catalog['compute']}/servers/detail"
        rows: list[dict[str, Any]] = self.sandbox.ask("GET", url).body["servers"]
        return rows

    def server(self, name: str) -> dict[str, Any]:
        return next(row for row in self.rows() if row["name"] == name)

    def status(self, name: str) -> str:
        return str(self.server(name)["status"])

    def by_hand(self, name: str, action: str) -> None:
        url = f"{self.sandbox.catalog['compute']}/servers/{self.server(name)['id']}/action"
        assert self.sandbox.ask("POST", url, {action: None}).status == 202

    def tag(self, name: str, **metadata: str) -> None:
        url = f"{self.sandbox.catalog['compute']}/servers/{self.server(name)['id']}/metadata"
        assert self.sandbox.ask("POST", url, {"metadata": metadata}).status == 200

    def as_it_was(self) -> None:
        """Undo what the test before did."""
        self.no_fault()
        for row in self.rows():
            url = f"{self.sandbox.catalog['compute']}/servers/{row['id']}"
            assert self.sandbox.ask("POST", f"{url}/action", {"unlock": None}).status == 202
            if row["name"] != "batch-1" and row["status"] in _BACK:
                assert self.sandbox.ask("POST", f"{url}/action", {_BACK[row["status"]]: None}).status == 202
            for key in row["metadata"]:
                if key.startswith("finops_"):
                    assert self.sandbox.ask("DELETE", f"{url}/metadata/{key}").status == 204

    def fault(self, **fault: Any) -> None:
        assert self.sandbox.ask("POST", "/sandbox/faults", {"service": "compute", **fault}).status == 200

    def no_fault(self) -> None:
        self.sandbox.ask("DELETE", "/sandbox/faults")

    def asked(self) -> Counter[str]:
        """What the cloud was asked since this was asked the last time."""
        log = self.sandbox.ask("DELETE", "/sandbox/requests").body["log"]
        return Counter(row["method"] for row in log if row["service"] == "compute")
