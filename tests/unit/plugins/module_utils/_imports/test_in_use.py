# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a project uses anything that could cost: one resource of any kind is enough
(design/imports.md#missing-hours).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._imports.in_use import uses_nothing
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions

from ....conftest import FILES, Sandbox

OF_PROJECT = (
    "servers", "volumes", "snapshots", "backups", "networks", "routers", "security_groups",
    "floating_ips", "load_balancers", "containers",
    "images", "shares", "databases",
)  # fmt: skip
SCENARIO: dict[str, Any] = yaml.safe_load((FILES / "scenarios" / "default.yml").read_text())
#: What a cloud with Manila and Trove tells of them.
FURTHER = ["compute", "network", "shared_file_system", "database"]
FLAVOR = next(iter(SCENARIO["flavors"]))
SCENARIO["quotas"] |= {
    "shared_file_system": dict.fromkeys(("shares", "gigabytes", "snapshots", "snapshot_gigabytes"), 9),
    "database": dict.fromkeys(("instances", "volumes", "backups"), 9),
}
#: What an empty project has too: it costs nothing.
FREE = {"networks": SCENARIO["networks"], "security_groups": SCENARIO["security_groups"]}


@pytest.mark.parametrize(
    ("there", "nothing"),
    [
        ({}, True),
        ({"images": [{"name": "of the provider", "size_bytes": 1}]}, True),
        ({"images": [{"name": "golden", "size_bytes": 1, "owner": "project"}]}, False),
        ({"routers": SCENARIO["routers"]}, False),
        ({"volumes": SCENARIO["volumes"][-1:]}, False),
        ({"containers": SCENARIO["containers"]}, False),
        ({"services": FURTHER}, True),
        ({"services": FURTHER, "shares": [{"name": "home", "type": "nfs", "size_gb": 10}]}, False),
        ({"services": FURTHER, "databases": [{"name": "shop", "flavor": FLAVOR, "volume_gb": 5}]}, False),
    ],
)
def test_one_resource_is_use(
    start: Callable[..., Sandbox],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    there: dict[str, Any],
    nothing: bool,
) -> None:
    scenario = {**SCENARIO, **{name: [] for name in OF_PROJECT}, **FREE, **there}
    (tmp_path / "small.yml").write_text(yaml.safe_dump(scenario))
    sandbox = start("--scenario", str(tmp_path / "small.yml"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    assert uses_nothing(Cloud(ConnectionOptions(cloud="sandbox"))) is nothing
