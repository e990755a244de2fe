# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""examples/playbook as it stands, on a sandbox: priced, held, made and settled (docs/playbooks.md),
by the commands of its README.md.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Sandbox
from .ansible_runs import Ended, run, writes

pytestmark = pytest.mark.outside

EXAMPLE = Path(__file__).parents[3] / "examples" / "playbook"
#: By hand, ICU an hour: three servers, 50 GB for each, an address and a load balancer.
SERVER, VOLUME, ADDRESS, BALANCER = 0.35, 50 * 0.005, 0.2, 0.6


class Example:
    """A copy of the example, and a sandbox that it deploys to."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder / "example"
        shutil.copytree(EXAMPLE, self.folder)
        self._ledger = f"sqlite:///{folder}/ledger.db"

    def run(self, program: str, *arguments: str, pipeline: str = "4711") -> Ended:
        variables = {"OS_CLOUD": "sandbox", "FINOPS_LEDGER": self._ledger, "CI_PIPELINE_ID": pipeline}
        return run(self.sandbox, self.folder, program, *arguments, variables=variables)

    def deploy(self, *arguments: str, pipeline: str = "4711") -> Ended:
        return self.run("/bin/sh", "pipeline.sh", *arguments, pipeline=pipeline)

    def committed(self) -> tuple[str, float]:
        """The state of the newest hold, and what an hour of it costs."""
        module = ("localhost", "-m", "finops.cloud.cost_budget_info")
        told: dict[str, Any] = json.loads(self.run("ansible", *module).stdout.partition("=>")[2])
        hold = told["reservations"][-1]
        lines = hold["committed"] or hold["held"]
        return hold["state"], round(sum(float(line["hourly"]) for line in lines), 9)


@pytest.fixture
def example(start: Callable[..., Sandbox], tmp_path: Path) -> Example:
    """The example on a sandbox of its own."""
    return Example(start(), tmp_path)


def test_what_was_made_is_committed_and_a_second_run_costs_nothing(example: Example) -> None:
    assert example.run("ansible-playbook", "budget.yml").returncode == 0
    ended = example.deploy()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert '"agrees": true' in ended.stdout
    state, hourly = example.committed()
    assert (state, hourly) == ("committed", round(3 * SERVER + 3 * VOLUME + ADDRESS + BALANCER, 9))
    assert (example.folder / "verdict.md").read_text().count("shop-1") >= 1

    writes(example.sandbox)
    again = example.deploy(pipeline="4712")
    assert again.returncode == 0, again.stdout + again.stderr
    assert '"Total: ICU 0, ' in again.stdout


def test_a_deployment_that_breaks_off_leaves_only_what_it_made(example: Example) -> None:
    assert example.run("ansible-playbook", "budget.yml").returncode == 0
    ended = example.deploy("-e", "shop_volume_type=no-such-type")
    assert ended.returncode == 2
    assert '"reason": "the run has not made it"' in ended.stdout
    assert example.committed() == ("committed", round(3 * SERVER, 9))
    # The receipt of that run settles nothing of the next one for less.
    steps = "ansible-playbook finops.cloud.price -e @price.yml && ansible-playbook gate.yml"
    ended = example.run("/bin/sh", "-c", steps, pipeline="4712")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    ended = example.run("ansible-playbook", "settle.yml", pipeline="4712")
    assert ended.returncode == 2
    assert "does not say that it is of a run that the gate of shop-4712 let pass" in ended.stdout
    assert example.committed() == ("committed", round(3 * VOLUME + ADDRESS + BALANCER, 9))


def test_a_gate_that_says_no_makes_nothing(example: Example) -> None:
    assert example.run("ansible-playbook", "budget.yml", "-e", "shop_limit=1").returncode == 0
    example.sandbox.ask("DELETE", "/sandbox/requests")
    ended = example.deploy()
    assert ended.returncode == 2
    assert "does not fit: limit CHF 1 from" in ended.stdout
    assert writes(example.sandbox) == []
