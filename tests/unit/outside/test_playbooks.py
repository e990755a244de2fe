# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks like public ones with the real modules of openstack.cloud: planned, really run on a sandbox and
planned again (design/playbooks.md).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ..conftest import FILES, Sandbox
from .ansible_runs import lines_shown, price, writes
from .priced_playbooks import ELSEWHERE, HERE, PLAYBOOKS, planned_made_and_planned_again

pytestmark = pytest.mark.outside


#: All of them run on a real OpenStack. These ask the sandbox for each kind of thing that the others make, and
#: for the removal of things.
ON_SANDBOX = ("single", "web_tier", "teardown")


@pytest.mark.parametrize("name", ON_SANDBOX)
def test_what_is_planned_is_made_and_then_nothing_changes(
    name: str, start: Callable[..., Sandbox], tmp_path: Path
) -> None:
    sandbox = start()
    planned_made_and_planned_again(name, sandbox, tmp_path, lambda: writes(sandbox))


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
    assert lines_shown(planned) == [*ELSEWHERE, HERE]
    assert '"What is known: ICU 36.5, ' in planned.stdout
