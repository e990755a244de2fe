# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of the pipelines in examples/, as they are written, against a sandbox and a small forge."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
import yaml

from ..conftest import Sandbox
from ..roles.budget_gate.forge import Forge, running
from .test_examples import EXAMPLES, PIPELINES, merged, text_of

pytestmark = pytest.mark.heavy

#: Makes a plan as the integration tests' stand-in shows it, and says what it applied.
TERRAFORM = """#!/bin/sh
case "$1" in
    init) mkdir -p .terraform ;;
    plan) { printf 'PK\\n'; cat "$PLAN"; } > tfplan ;;
    show) tail -n +2 "$4" ;;
    apply) tail -n +2 "$3" > applied ;;
    *) exit 64 ;;
esac
"""
CHANGE = {
    "address": "openstack_networking_floatingip_v2.web",
    "mode": "managed",
    "type": "openstack_networking_floatingip_v2",
    "provider_name": "registry.terraform.io/terraform-provider-openstack/openstack",
    "change": {
        "actions": ["create"],
        "before": None,
        "after": {"pool": "ext-net1"},
        "after_unknown": {"id": True},
    },
}
PLAN = {"format_version": "1.2", "complete": True, "errored": False, "resource_changes": [CHANGE]}


class Pipeline(NamedTuple):
    """A folder with an example, and what is set in it."""

    folder: Path
    environment: dict[str, str]

    def run(self, script: str, **variables: str) -> int:
        """Run commands as a job does, and return their code."""
        given = {**self.environment, **variables}
        ended = subprocess.run(
            ["sh", "-e", "-c", script],
            cwd=self.folder,
            env=given,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        sys.stdout.write(ended.stdout)
        return ended.returncode

    def held(self) -> list[str]:
        """The states of all holds."""
        script = "ansible localhost -m finops.cloud.cost_budget_info -o"
        ended = subprocess.run(
            ["sh", "-c", script], env=self.environment, check=True, capture_output=True, text=True
        )
        told = json.loads(ended.stdout.partition("=> ")[2])
        return [one["state"] for one in told["reservations"]]


@pytest.fixture
def pipeline(running: Sandbox, tmp_path: Path) -> Callable[[str], Pipeline]:
    """Copies an example and makes its budget."""

    def copy(system: str) -> Pipeline:
        folder, programs = tmp_path / "project", tmp_path / "programs"
        shutil.copytree(EXAMPLES / system, folder)
        programs.mkdir()
        (programs / "terraform").write_text(TERRAFORM)
        (programs / "terraform").chmod(0o755)
        (tmp_path / "plan.json").write_text(json.dumps(PLAN))
        clouds = yaml.safe_load(Path(running.state["clouds_file"]).read_text())["clouds"]
        (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"production": clouds["sandbox"]}}))
        given = {
            **os.environ,
            "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "OS_CLOUD": "production",
            "OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml"),
            "FINOPS_LEDGER": f"sqlite:///{tmp_path}/ledger.db",
            "PLAN": str(tmp_path / "plan.json"),
            "PWD": str(folder),
            **dict.fromkeys(("CI_PROJECT_DIR", "WORKSPACE"), str(folder)),
        }
        found = Pipeline(folder, given)
        assert found.run("ansible-playbook budget.yml") == 0
        return found

    return copy


def commands(system: str) -> dict[str, str]:
    """The scripts of an example: review, release and comment of a merge request; gate, deploy and commit of
    the default branch.
    """
    if system == "gitlab":
        jobs = yaml.safe_load(text_of(system))
        found = {
            name: "\n".join(merged(jobs, name).get("script", ()))
            for name in jobs
            if isinstance(jobs[name], dict)
        }
        release, comment = jobs["review"]["after_script"]
        return {
            "gate": found["gate"],
            "deploy": found["deploy"],
            "settle": found["commit the hold"],
            "release": release,
            "comment": comment,
        }
    if system == "github":
        steps = yaml.safe_load(text_of(system))["jobs"]["deploy"]["steps"]
        run = {step.get("name"): step.get("run", "") for step in steps}
        return {
            "gate": f"{run['Plan']}\n{run['Ask the gate']}",
            "deploy": f"{run['Compare the plan with the verdict']}\n{run['Deploy']}",
            "settle": run["Commit or release the hold"],
            "release": run["Commit or release the hold"],
            "comment": run["Comment"],
        }
    plan, gate, deploy, settle, comment = re.findall(r"sh '''\n(.*?)'''", text_of(system), re.DOTALL)
    return {"gate": plan + gate, "deploy": deploy, "settle": settle, "release": settle, "comment": comment}


@pytest.mark.parametrize("system", PIPELINES)
def test_a_merge_request_is_judged_and_the_default_branch_deployed(
    pipeline: Callable[[str], Pipeline], system: str
) -> None:
    of, run = commands(system), pipeline(system)
    with running(Forge("gitlab" if system == "gitlab" else "github")) as forge:
        request = {**forge.environment, "GATE": "shop-mr-17", "OUTCOME": "released"}
        for _push in range(2):
            assert run.run(of["gate"], **request) == 0
            assert run.run(of["release"], **request) == 0
            assert run.run(of["comment"], **request) == 0
        assert len(forge.comments) == 1
        _author, body = next(iter(forge.comments.values()))
        assert body.startswith("<!-- finops.cloud.budget_gate: shop-mr-17 -->\n## ✅ Allowed")
    assert set(run.held()) <= {"released"}
    main = {"GATE": "shop-4711", "OUTCOME": "committed"}
    assert run.run(of["gate"], **main) == 0
    assert run.run(of["deploy"], **main) == 0
    assert run.run(of["settle"], **main) == 0
    assert json.loads((run.folder / "applied").read_text()) == PLAN
    assert "committed" in run.held()
    root = ElementTree.parse(run.folder / "verdict.xml").getroot()
    assert {one.get("name") for one in root.iter("testcase")} >= {"budget shop"}


def test_what_the_gate_refused_is_not_deployed(pipeline: Callable[[str], Pipeline]) -> None:
    of, run = commands("gitlab"), pipeline("gitlab")
    main = {"GATE": "shop-4711", "OUTCOME": "released"}
    # As after a plan that failed: nobody asked the gate.
    assert run.run(of["settle"], **main) == 0
    assert run.run(of["settle"], **{**main, "OUTCOME": "committed"}) == 2
    Path(run.environment["PLAN"]).write_text(
        json.dumps({**PLAN, "resource_changes": [{**CHANGE, "type": "x"}]})
    )
    assert run.run(of["gate"], **main) == 2
    assert run.run(of["deploy"], **main) != 0
    assert run.run(of["release"], **main) == 0
    assert not (run.folder / "applied").exists()
    assert run.held() == []
