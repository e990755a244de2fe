# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A receipt settles the hold of the gate whose verdict is given, and of nothing that it does not tell of
(design/playbooks.md#the-receipt).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

OPTIONS = {
    "budget_gate_playbook_plan": "/nowhere/plan.json",
    "budget_gate_playbook_receipt": "/nowhere/receipt.json",
    "budget_gate_name": "shop",
}


def settled(verdict: dict[str, Any], options: dict[str, Any], folder: Path) -> str:
    """What `post` says."""
    (folder / "verdict.json").write_text(json.dumps(verdict))
    include = {"name": "finops.cloud.budget_gate", "tasks_from": "post"}
    task: dict[str, Any] = {"ansible.builtin.include_role": include, "vars": {**OPTIONS, **options}}
    task["vars"]["budget_gate_json"] = str(folder / "verdict.json")
    play = {"hosts": "localhost", "gather_facts": False, "connection": "local", "tasks": [task]}
    (folder / "play.yml").write_text(yaml.safe_dump([play]))
    program = Path(sys.executable).with_name("ansible-playbook")
    ended = subprocess.run(
        [str(program), "-i", "localhost,", str(folder / "play.yml")],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "ANSIBLE_HOME": str(folder / "home")},
    )
    assert ended.returncode == 2, ended.stdout + ended.stderr
    return " ".join((ended.stdout + ended.stderr).split())


def test_it_settles_no_other_gate_and_nothing_that_no_receipt_tells_of(tmp_path: Path) -> None:
    verdict: dict[str, Any] = {"name": "shop", "held": True, "plan_sha256": "1", "gate_passed": True}
    verdict["estimate"] = {"playbook_before": [], "resources_count": 1}
    said = settled(verdict, {}, tmp_path)
    assert "judged resources beside the playbook, of which its receipt does not tell" in said
    said = settled(verdict, {"budget_gate_name": "other"}, tmp_path)
    assert "The verdict is that of the gate shop, and not of other" in said
