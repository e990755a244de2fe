# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folders of examples/ can be copied: they say what the role understands, and deploy only what was
merged.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
PIPELINES = {
    "gitlab": ".gitlab-ci.yml",
    "github": ".github/workflows/deploy.yml",
    "jenkins": "Jenkinsfile",
}
SPECS = yaml.safe_load((ROOT / "roles" / "budget_gate" / "meta" / "argument_specs.yml").read_text())[
    "argument_specs"
]
SYSTEMS = pytest.mark.parametrize("system", PIPELINES)


def text_of(system: str) -> str:
    return (EXAMPLES / system / PIPELINES[system]).read_text(encoding="utf-8")


def calls(system: str) -> list[str]:
    """Each call of the gate, to the end of its command."""
    found = re.findall(r"ansible-playbook finops\.cloud\.budget_gate((?:[^\n]|\n *-e )*)", text_of(system))
    return [re.sub(r"\\?\n *", " ", one) for one in found]


@SYSTEMS
def test_a_pipeline_says_what_the_role_understands(system: str) -> None:
    entries = []
    for call in calls(system):
        given = dict(re.findall(r"-e (\w+)=(\S+)", call))
        entry = given.pop("budget_gate_entry", "main")
        options = SPECS[entry]["options"]
        assert set(given) <= set(options)
        assert {name for name, one in options.items() if one.get("required")} <= set(given)
        assert entry != "post" or {"budget_gate_json", "budget_gate_outcome"} <= set(given)
        entries.append(entry)
    assert set(entries) == {"main", "check_plan", "post", "comment"}
    # All that another run reads stands in the gate's folder, however Ansible changes folders.
    assert not re.search(r"budget_gate_(?:json|tfplan|markdown|junit)=(?!\$)", text_of(system))


@SYSTEMS
def test_its_options_are_the_roles(system: str) -> None:
    assert set(yaml.safe_load((EXAMPLES / system / "gate.yml").read_text())) <= set(SPECS["main"]["options"])
    assert "@gate.yml" in text_of(system)


@pytest.mark.parametrize("name", ["gate.yml", "budget.yml", "requirements.yml", "Containerfile"])
def test_what_the_examples_share_is_alike(name: str) -> None:
    found = [
        (EXAMPLES / system / name).read_bytes() for system in PIPELINES if (EXAMPLES / system / name).exists()
    ]
    assert len(found) >= 2
    assert len(set(found)) == 1


@SYSTEMS
def test_a_page_lists_first_what_has_to_be_there(system: str) -> None:
    page = (EXAMPLES / system / "README.md").read_text(encoding="utf-8")
    assert re.findall("^## (.*)", page, re.MULTILINE) == ["What you need first", "What happens"]
    listed = re.findall(r"^\d\. \*\*(.*?)\*\*", page, re.MULTILINE)
    assert listed[:3] == ["A ledger", "A budget", "A `clouds.yaml`"]
    for link in re.findall(r"\]\(([^):]+)\)", page):
        assert (EXAMPLES / system / link).exists()
    for page_of_ours, anchor in re.findall(r"blob/main/(docs/\S+?\.md)(?:#(\S+?))?$", page, re.MULTILINE):
        text = (ROOT / page_of_ours).read_text(encoding="utf-8")
        assert not anchor or anchor in {
            one.lower().replace(" ", "-") for one in re.findall("^#+ (.*)", text, re.MULTILINE)
        }


def merged(jobs: dict[str, Any], name: str) -> dict[str, Any]:
    job = jobs[name]
    return {**(merged(jobs, job["extends"]) if "extends" in job else {}), **job}


def test_gitlab_deploys_only_from_the_default_branch() -> None:
    jobs = yaml.safe_load(text_of("gitlab"))
    default, request = (
        "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH",
        '$CI_PIPELINE_SOURCE == "merge_request_event"',
    )
    assert [rule["if"] for rule in jobs["workflow"]["rules"]] == [request, default]
    when = {
        name: [rule["if"] for rule in merged(jobs, name)["rules"]]
        for name, job in jobs.items()
        if "stage" in (job if isinstance(job, dict) else {}) or "extends" in job
        if not name.startswith(".")
    }
    assert when.pop("review") == [request]
    assert when == {name: [default] for name in ("gate", "deploy", "commit the hold", "release the hold")}
    assert jobs["default"]["image"]["entrypoint"] == [""]
    # Every push to a merge request asks under one name, whose comment is updated.
    assert merged(jobs, "review")["variables"] == {"GATE": "shop-mr-$CI_MERGE_REQUEST_IID"}


def test_github_deploys_only_what_was_pushed() -> None:
    workflow = yaml.safe_load(text_of("github"))
    assert workflow["on"] == {"pull_request": None, "push": {"branches": ["main"]}}
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write"}
    steps = {step.get("name", step.get("uses")): step for step in workflow["jobs"]["deploy"]["steps"]}
    for name in ("Deploy", "Compare the plan with the verdict"):
        assert steps[name]["if"] == "github.event_name == 'push'"
    assert "always()" not in json.dumps(steps["Deploy"])
    # No value of a pull request becomes a part of a command.
    assert not [step for step in steps.values() if "${{" in step.get("run", "")]


def test_jenkins_deploys_only_from_main() -> None:
    text = text_of("jenkins")
    stage = text.partition("stage('Deploy')")[2]
    assert stage.index("when {\n                branch 'main'") < stage.index("terraform apply")
    assert text.count("terraform apply") == 1
    # Two branches have a build of the same number, and a branch may be named as a template is written.
    gate = re.search(r"GATE = .*", text)
    assert gate is not None
    assert "env.BUILD_NUMBER + '-' + env.BRANCH_NAME.replaceAll('[^A-Za-z0-9]', '-')" in gate[0]
    # Groovy puts no secret into a command: its texts with ''' have no $ of its own.
    assert '"""' not in text
    assert [text.count(one) for one in "{}()"] == [
        text.count("}"),
        text.count("{"),
        text.count(")"),
        text.count("("),
    ]
