# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks like public ones, and what they cost: worked out by hand, of the prices of the sandbox's
scenario, which the real OpenStack has too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .ansible_runs import Cloud, Ended, estimate, lines_shown, price, really_run

PLAYBOOKS = Path(__file__).with_name("price")
#: What two_clouds.yml means, of which an estimate asks one cloud and one region.
ELSEWHERE = [
    "? copied: its cloud is sandbox-other, which the estimate does not ask",
    "? copied: its region is dc4-a, which the estimate does not ask",
]
HERE = "+ copied: volume CEPH_1_perf1 10 GB: ICU 0.05 an hour, 36.5 a month"
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
            "+ app-data: volume CEPH_1_perf2 40 GB: ICU 0.34 an hour, 248.2 a month",
            "+ floating ip of app-1: floating ip: ICU 0.2 an hour, 146 a month",
            "+ app: load balancer: ICU 0.6 an hour, 438 a month",
        ],
        "1343.2",
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


def planned_made_and_planned_again(
    name: str, cloud: Cloud, folder: Path, writes: Callable[[], Sequence[str]]
) -> None:
    """Plan a playbook, run it with the real modules of openstack.cloud, and plan it again.

    writes: what the cloud was asked to change.
    """
    arguments, lines, total = CASES[name]
    planned, made, again = passage(PLAYBOOKS / f"{name}.yml", cloud, folder, writes, *arguments)
    assert sorted(lines_shown(planned)) == sorted(lines), planned.stdout
    assert f'"Total: ICU {total}, ' in planned.stdout
    assert (made["receipt"]["agrees"], made["receipt"]["differences"]) == (True, []), made["receipt"]
    assert made["total"]["monthly"]["ICU"] == total
    assert lines_shown(again) == [], again.stdout
    assert '"Total: ICU 0, ' in again.stdout


def passage(
    playbook: Path, cloud: Cloud, folder: Path, writes: Callable[[], Sequence[str]], *arguments: str
) -> tuple[Ended, dict[str, Any], Ended]:
    """What a playbook would cost, what it has made when it has really run, and what it would cost then."""
    asked = {"playbook": str(playbook), "arguments": arguments}
    planned = price(cloud, folder, asked)
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert writes() == []

    plan = folder / "planned.json"
    plan.write_bytes((folder / "plan.json").read_bytes())
    before = estimate(cloud, folder, playbook_plan=str(plan))
    ended = really_run(cloud, folder, playbook, *arguments)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    # What saw nothing before sees this.
    assert writes() != []
    made = estimate(
        cloud,
        folder,
        playbook_plan=str(plan),
        playbook_receipt=str(folder / "receipt.json"),
        playbook_before=before["playbook_before"],
    )
    again = price(cloud, folder, asked)
    assert again.returncode == 0, again.stdout + again.stderr
    return planned, made, again
