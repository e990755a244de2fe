# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/estimate.md can be copied: its YAML is YAML, its tasks are taken, and its play says what the role
understands.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._estimate.price_list import parse_prices

from .conftest import Sandbox
from .plugins.modules.running import run_module

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "estimate.md").read_text(encoding="utf-8")
PLAN = Path(__file__).parent / "plugins" / "module_utils" / "_estimate" / "plans" / "three_tier.json"
SPECS = yaml.safe_load((ROOT / "roles" / "budget_gate" / "meta" / "argument_specs.yml").read_text())[
    "argument_specs"
]


def block(heading: str) -> Any:
    """The first YAML behind a heading."""
    return yaml.safe_load(PAGE.split(f"# {heading}\n")[1].split("```yaml\n")[1].partition("```")[0])


def test_the_estimate_is_taken_as_it_stands(
    running: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", running.state["clouds_file"])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.json").write_text(PLAN.read_text())
    (task,) = block("An estimate")
    result = run_module("cost_estimate_info", {**task["finops.cloud.cost_estimate_info"], "cloud": "sandbox"})
    assert result["complete"]
    assert result["difference"]["added"]["count"] == 2 + 1 + 1 + 1 + 1 + 9


def test_the_prices_are_taken_as_they_stand() -> None:
    defaults = {"hours": "1", "tax": "excluded", "second_hand": False}
    assert len(parse_prices({**defaults, **row} for row in block("Where prices are from")["prices"])) == 2


def test_the_play_says_what_the_role_understands() -> None:
    (play,) = block("The gate")
    assert set(play["vars"]) <= set(SPECS["main"]["options"])
    gate, deploy = play["tasks"]
    (settle,) = deploy["always"]
    assert gate["ansible.builtin.include_role"] == {"name": "finops.cloud.budget_gate"}
    assert settle["ansible.builtin.include_role"] == {
        "name": "finops.cloud.budget_gate",
        "tasks_from": "post",
    }
    assert deploy["block"][-1]["ansible.builtin.set_fact"] == {"budget_gate_deployed": True}
