# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible with openstack.cloud and this collection, on a sandbox or a real OpenStack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ..conftest import Sandbox

Ended = subprocess.CompletedProcess[str]


class Cloud(Protocol):
    """What has a clouds.yaml, with the cloud `sandbox`."""

    @property
    def directory(self) -> Path:
        """Where that lies."""


def run(
    cloud: Cloud, folder: Path, program: str, *arguments: str, variables: Mapping[str, str] | None = None
) -> Ended:
    """Run a program of ansible-core in the folder, logged in to the cloud by its clouds.yaml."""
    tools = Path(sys.executable).parent
    return subprocess.run(
        [str(tools / program), *arguments],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": f"{Path(__file__).parents[6]}:{os.environ['OPENSTACK_COLLECTIONS']}",
            "ANSIBLE_HOME": str(folder / "home"),
            "OS_CLIENT_CONFIG_FILE": str(cloud.directory / "clouds.yaml"),
            **(variables or {}),
        },
    )


def price(cloud: Cloud, folder: Path, variables: Mapping[str, Any]) -> Ended:
    """Run the playbook finops.cloud.price; the plan is in plan.json then."""
    options = {"cloud": "sandbox", "currency": "ICU", "ledger": f"sqlite:///{folder}/ledger.db"}
    told = {"price_options": options, "price_plan": f"{folder}/plan.json", **variables}
    return run(cloud, folder, "ansible-playbook", "finops.cloud.price", "-e", json.dumps(told))


def really_run(cloud: Cloud, folder: Path, playbook: Path, *arguments: str) -> Ended:
    """Run a playbook without --check; its receipt is in receipt.json then."""
    callback = {
        "ANSIBLE_CALLBACKS_ENABLED": "finops.cloud.playbook_costs",
        "FINOPS_PLAYBOOK_COSTS": f"{folder}/receipt.json",
    }
    return run(cloud, folder, "ansible-playbook", *arguments, str(playbook), variables=callback)


def estimate(cloud: Cloud, folder: Path, **options: Any) -> dict[str, Any]:
    """The result of cost_estimate_info."""
    given = {"cloud": "sandbox", "ledger": f"sqlite:///{folder}/ledger.db", **options}
    module = ("-m", "finops.cloud.cost_estimate_info", "-a", json.dumps(given))
    ended = run(
        cloud, folder, "ansible", "localhost", *module, variables={"ANSIBLE_LOAD_CALLBACK_PLUGINS": "false"}
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout.partition("=>")[2])
    return told


def lines_shown(ended: Ended) -> list[str]:
    """The lines of the estimate that the playbook finops.cloud.price shows, without the sums."""
    rows = [row.strip().rstrip(",").strip('"') for row in ended.stdout.splitlines()]
    return [row for row in rows if row[:2] in ("+ ", "- ", "~ ", "? ")]


def writes(sandbox: Sandbox) -> list[str]:
    """What the cloud was asked to change since it was last asked for that. A quote is a question."""
    log = sandbox.ask("DELETE", "/sandbox/requests").body["log"]
    changes = [row for row in log if row["kind"] == "api" and row["method"] not in ("GET", "HEAD")]
    return [f"{row['method']} {row['path']}" for row in changes if not row["path"].endswith("/quote")]
