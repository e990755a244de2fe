# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks like public ones with the real modules of openstack.cloud: planned, really run on a sandbox and
planned again (design/playbooks.md).

The expected lines are worked out by hand, of the prices of the sandbox's scenario.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ..conftest import FILES, Sandbox
from .ansible_runs import estimate, lines_shown, price, really_run, writes

pytestmark = pytest.mark.outside

PLAYBOOKS = Path(__file__).with_name("price")
#: Playbook -> its arguments, the lines, and the total by the month.
CASES = {
    "single": (
        [],
        [
            "+ single: instance a2-ram4-disk0-perf1: ICU 0.3 an hour, 219 a month",
            "+ volume of single: volume CEPH_1_perf1 20 GB: ICU 0.1 an hour, 73 a month",
        ],
        "292",
    ),
    "web_tier": (
        [],
        [
            "+ app-1: instance a2-ram4-disk20-perf1: ICU 0.35 an hour, 255.5 a month",
            "+ app-2: instance a2-ram4-disk20-perf1: ICU 0.35 an hour, 255.5 a month",
            "+ app-data: volume CEPH_1_perf2 100 GB: ICU 0.85 an hour, 620.5 a month",
            "+ floating ip of app-1: floating ip: ICU 0.2 an hour, 146 a month",
            "+ app: load balancer: ICU 0.6 an hour, 438 a month",
        ],
        "1715.5",
    ),
    "kubernetes": (
        ["-i", str(PLAYBOOKS / "kubernetes.ini")],
        [
            "+ master-1: instance a4-ram16-disk80-perf1: ICU 1.05 an hour, 766.5 a month",
            "+ worker-1: instance a2-ram4-disk20-perf1: ICU 0.35 an hour, 255.5 a month",
            "+ worker-2: instance a2-ram4-disk20-perf1: ICU 0.35 an hour, 255.5 a month",
            "+ worker-1-images: volume CEPH_1_perf1 50 GB: ICU 0.25 an hour, 182.5 a month",
            "+ worker-1-data: volume CEPH_1_perf1 50 GB: ICU 0.25 an hour, 182.5 a month",
            "+ worker-2-images: volume CEPH_1_perf1 50 GB: ICU 0.25 an hour, 182.5 a month",
            "+ worker-2-data: volume CEPH_1_perf1 50 GB: ICU 0.25 an hour, 182.5 a month",
        ],
        "2007.5",
    ),
    "bastion": (
        ["-i", "bastion-1,"],
        [
            "+ bastion-1: instance a2-ram4-disk20-perf1: ICU 0.35 an hour, 255.5 a month",
            "+ floating ip of bastion-1: floating ip: ICU 0.2 an hour, 146 a month",
        ],
        "401.5",
    ),
    # trial-2 is not there.
    "teardown": (
        [],
        [
            "- shop: load balancer x -1: ICU -0.6 an hour, -438 a month",
            "- web-2: instance a2-ram4-disk20-perf1 x -1: ICU -0.35 an hour, -255.5 a month",
            "- archive: volume CEPH_1_perf1 -300 GB: ICU -1.5 an hour, -1095 a month",
        ],
        "-1788.5",
    ),
    # A server keeps its flavor; one that is stopped costs less.
    "resize": (
        [],
        [
            "~ spare-1: volume CEPH_1_perf1 20 GB: ICU 0.1 an hour, 73 a month",
            "~ db-1: stopped instance a4-ram16-disk80-perf1: ICU 0.525 an hour, 383.25 a month",
            "~ db-1: instance a4-ram16-disk80-perf1 x -1: ICU -1.05 an hour, -766.5 a month",
        ],
        "-310.25",
    ),
    # Check mode alone comes by the rescue, which removes nothing of what was planned.
    "rescue": (
        [],
        [
            "+ canary: instance a2-ram4-disk20-perf1: ICU 0.35 an hour, 255.5 a month",
            "+ logs: volume CEPH_1_perf1 10 GB: ICU 0.05 an hour, 36.5 a month",
        ],
        "292",
    ),
    "handlers": (
        [],
        [
            "+ gateway: instance a2-ram4-disk20-perf1: ICU 0.35 an hour, 255.5 a month",
            "+ floating ip of gateway: floating ip: ICU 0.2 an hour, 146 a month",
        ],
        "401.5",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_planned_is_made_and_then_nothing_changes(
    name: str, start: Callable[..., Sandbox], tmp_path: Path
) -> None:
    arguments, lines, total = CASES[name]
    sandbox, playbook = start(), PLAYBOOKS / f"{name}.yml"
    asked = {"playbook": str(playbook), "arguments": arguments}
    planned = price(sandbox, tmp_path, asked)
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert sorted(lines_shown(planned)) == sorted(lines)
    assert f'"Total: ICU {total}, ' in planned.stdout
    assert writes(sandbox) == []

    plan = tmp_path / "planned.json"
    plan.write_bytes((tmp_path / "plan.json").read_bytes())
    before = estimate(sandbox, tmp_path, playbook_plan=str(plan))
    ended = really_run(sandbox, tmp_path, playbook, *arguments)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    made = estimate(
        sandbox,
        tmp_path,
        playbook_plan=str(plan),
        playbook_receipt=str(tmp_path / "receipt.json"),
        playbook_before=before["playbook_before"],
    )
    assert (made["receipt"]["agrees"], made["receipt"]["differences"]) == (True, [])
    assert made["total"]["monthly"]["ICU"] == total

    again = price(sandbox, tmp_path, asked)
    assert again.returncode == 0, again.stdout + again.stderr
    assert lines_shown(again) == []
    assert '"Total: ICU 0, ' in again.stdout


def test_what_is_in_another_cloud_or_region_is_unknown(start: Callable[..., Sandbox], tmp_path: Path) -> None:
    scenario = yaml.safe_load((FILES / "scenarios" / "default.yml").read_text())
    (tmp_path / "scenario.yml").write_text(yaml.safe_dump({**scenario, "other_regions": ["dc4-a"]}))
    sandbox = start("--scenario", str(tmp_path / "scenario.yml"))
    file = sandbox.directory / "clouds.yaml"
    known = yaml.safe_load(file.read_text())
    known["clouds"]["sandbox"]["regions"] = ["dc3-a", "dc4-a"]
    file.write_text(yaml.safe_dump(known))
    planned = price(sandbox, tmp_path, {"playbook": str(PLAYBOOKS / "two_clouds.yml")})
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert lines_shown(planned) == [
        "? copied: its cloud is sandbox-other, which the estimate does not ask",
        "? copied: its region is dc4-a, which the estimate does not ask",
        "+ copied: volume CEPH_1_perf1 10 GB: ICU 0.05 an hour, 36.5 a month",
    ]
    assert '"What is known: ICU 36.5, ' in planned.stdout
