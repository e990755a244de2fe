# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The callback in real runs of ansible-playbook (design/playbooks.md#what-is-gathered). Runs with modules of
openstack.cloud are in tests/unit/outside. The EXAMPLES of playbook_costs.py say how it is switched on.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.playbook.task import Task
from ansible_collections.finops.cloud.plugins.callback import playbook_costs
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_plan import load_playbook_plan

Play = Callable[..., tuple[int, Path]]


CALLBACK = {"ANSIBLE_CALLBACKS_ENABLED": "finops.cloud.playbook_costs"}


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Run tasks in check mode with the callback; returns how the run ended, and where the plan is."""

    def run(tasks: list[dict[str, Any]], *arguments: str, further: tuple[dict[str, Any], ...] = ()) -> Any:
        playbook, plan = tmp_path / "site.yml", tmp_path / "plan.json"
        common = {"hosts": "all", "connection": "local", "gather_facts": False}
        plays = [{**common, "tasks": tasks}, *({**common, **play} for play in further)]
        playbook.write_text(yaml.safe_dump(plays))
        ended = subprocess.run(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                *(arguments or ("--check", "-i", "localhost,")),
                str(playbook),
            ],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env={
                **os.environ,
                **CALLBACK,
                "FINOPS_PLAYBOOK_COSTS": str(plan),
                "ANSIBLE_HOME": str(tmp_path / "home"),
            },
        )
        assert "Traceback" not in ended.stderr + ended.stdout
        assert "DEPRECAT" not in ended.stderr + ended.stdout
        return ended.returncode, plan

    return run


CREATE = {"name": "Make it", "ansible.builtin.command": "openstack server create --password hush web"}


def test_a_plan_names_what_it_does_not_understand_and_keeps_no_secret(play: Play) -> None:
    code, path = play(
        [
            {"name": "Look", "ansible.builtin.command": "openstack server list"},
            CREATE,
            {"name": "Loop", "ansible.builtin.shell": "{{ item }}", "loop": ["terraform apply", "ls"]},
            {"name": "Rest", "ansible.builtin.debug": {"msg": "done"}},
        ]
    )
    told = json.loads(path.read_text())
    assert code == 0
    assert [(row["name"], row["reason"]) for row in told["unknown"]] == [
        ("Make it", "it runs openstack, and what that makes is not in the task"),
        ("Loop", "it runs terraform, and what that makes is not in the task"),
    ]
    assert told["unknown"][0]["task"]["place"].endswith("site.yml:7")
    assert (told["kind"], told["complete"], told["not_reached"]) == ("plan", False, [])
    assert "hush" not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_run_that_ends_early_names_what_it_did_not_reach(play: Play) -> None:
    code, path = play([{"name": "Stop", "ansible.builtin.fail": {"msg": "no"}}, CREATE])
    told = json.loads(path.read_text())
    assert code == 2
    assert [task["name"] for task in told["not_reached"]] == ["Make it"]
    assert [row["task"]["name"] for row in told["failed"]] == ["Stop"]
    assert told["complete"] is False


def test_what_one_of_two_hosts_does_not_reach_is_named(play: Play) -> None:
    stops = {"name": "Stop", "ansible.builtin.fail": {"msg": "no"}, "when": "inventory_hostname == 'b'"}
    _code, path = play([stops, CREATE], "--check", "-i", "a,b,")
    told = json.loads(path.read_text())
    assert [task["name"] for task in told["not_reached"]] == ["Make it"]


def test_tasks_of_rescue_are_no_lines(play: Play) -> None:
    block = {
        "block": [{"name": "Stop", "ansible.builtin.fail": {"msg": "no"}}],
        "rescue": [CREATE],
        "always": [{"name": "Always", "ansible.builtin.command": "tofu apply"}],
    }
    _code, path = play([block])
    assert [row["name"] for row in json.loads(path.read_text())["unknown"]] == ["Always"]


def test_a_real_run_tells_what_tasks_of_rescue_have_made(play: Play) -> None:
    makes = {"name": "Make another", "ansible.builtin.shell": "true || tofu apply"}
    block = {"block": [{"name": "Stop", "ansible.builtin.fail": {"msg": "no"}}], "rescue": [makes]}
    _code, path = play([block], "-i", "localhost,")
    told = json.loads(path.read_text())
    assert [row["name"] for row in told["unknown"]] == ["Make another"]
    assert (told["kind"], told["complete"]) == ("receipt", False)


@pytest.mark.parametrize(("host", "fails"), [("127.0.0.1", True), ("a1b2.planned.invalid", False)])
def test_a_host_that_does_not_answer_leaves_its_tasks_unknown_unless_it_is_only_planned(
    play: Play, tmp_path: Path, host: str, fails: bool
) -> None:
    inventory = tmp_path / "inventory.ini"
    inventory.write_text(f"web ansible_host={host} ansible_port=1 ansible_connection=ssh")
    code, path = play([CREATE], "--check", "-i", str(inventory))
    told = json.loads(path.read_text())
    assert code == 4
    assert [(row["task"]["name"], row["host"]) for row in told["failed"]] == [("Make it", "web")] * fails
    assert told["complete"] is False


def test_a_task_that_failed_while_others_went_on_is_named_once(play: Play) -> None:
    slow = {"name": "Slow", "ansible.builtin.shell": "false && tofu apply", "async": 10, "poll": 1}
    code, path = play([slow], "-i", "localhost,")
    told = json.loads(path.read_text())
    assert code == 2
    assert [row["task"]["name"] for row in told["failed"]] == ["Slow"]
    assert [row["name"] for row in told["unknown"]] == ["Slow"]
    assert told["complete"] is False


@pytest.mark.parametrize(("told", "goes_on"), [({"finished": 0}, True), ({"finished": 1}, False)])
def test_a_task_that_is_not_waited_for_goes_on(told: dict[str, Any], goes_on: bool) -> None:
    """What Ansible tells of a task with async: at once with poll: 0, in the end otherwise."""
    task = Task()
    task.action = "openstack.cloud.server"
    result = SimpleNamespace(
        _task=task,
        _task_fields={"args": {"name": "web"}},
        _host=SimpleNamespace(name="localhost", vars={}),
        _result={"ansible_job_id": "j1", **told},
    )
    assert playbook_costs._run_of(result).goes_on is goes_on


def test_conditions(play: Play) -> None:
    left_out = {**CREATE, "name": "Left out", "when": "1 > 2"}
    real_only = {**CREATE, "name": "Real runs only", "when": "not ansible_check_mode"}
    _code, path = play([left_out, real_only])
    told = json.loads(path.read_text())
    assert [(row["name"], row["reason"]) for row in told["unknown"]] == [
        ("Real runs only", "it is left out of a run that changes nothing")
    ]


HOLD = {"name": "shop-1", "generation": 2, "plan_sha256": None}


@pytest.mark.parametrize(
    ("verdict", "hold"),
    [
        ({"reservation": {**HOLD, "state": "held"}}, HOLD),
        # Nothing was held.
        ({"reservation": {}}, None),
    ],
)
def test_a_run_that_is_no_check_writes_a_receipt(
    play: Play, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verdict: dict[str, Any], hold: Any
) -> None:
    (tmp_path / "verdict.json").write_text(json.dumps(verdict))
    monkeypatch.setitem(CALLBACK, "FINOPS_PLAYBOOK_COSTS_VERDICT", str(tmp_path / "verdict.json"))
    _code, path = play([{"name": "Echo", "ansible.builtin.command": "echo"}], "-i", "localhost,")
    told = json.loads(path.read_text())
    assert (told["kind"], told["complete"], told["hold"]) == ("receipt", True, hold)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file or directory."),
        ("{", "is not the verdict of a gate; name the file of its budget_gate_json."),
        ("[]", "is not the verdict of a gate"),
        ('{"name": "shop"}', "is not the verdict of a gate"),
        ('{"reservation": {"name": "shop"}}', "is not the verdict of a gate"),
    ],
)
def test_what_is_no_verdict_leaves_no_receipt(tmp_path: Path, content: str | None, says: str) -> None:
    """Not even that of an older run."""
    verdict, receipt = tmp_path / "verdict.json", tmp_path / "receipt.json"
    receipt.write_text("{}")
    if content is not None:
        verdict.write_text(content)
    callback = playbook_costs.CallbackModule()
    callback.get_option = {"file": str(receipt), "verdict": str(verdict)}.get
    with pytest.raises(AnsibleError, match=f"^verdict: '{verdict}' {says}"):
        callback.v2_playbook_on_start(SimpleNamespace(get_plays=list))
    callback.v2_playbook_on_stats(None)
    assert not receipt.exists()


def test_a_run_removes_the_plan_of_an_older_one_when_it_begins(play: Play, tmp_path: Path) -> None:
    looks = {
        "name": "Look",
        "ansible.builtin.stat": {"path": str(tmp_path / "plan.json")},
        "register": "found",
    }
    (tmp_path / "plan.json").write_text("{}")
    code, path = play([looks, {"ansible.builtin.assert": {"that": "not found.stat.exists"}}])
    assert code == 0
    assert json.loads(path.read_text())["complete"] is True


def test_a_callback_that_is_not_there_leaves_no_plan_and_so_no_estimate(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ansible only warns of a wrong name, and ends with 0."""
    monkeypatch.setitem(CALLBACK, "ANSIBLE_CALLBACKS_ENABLED", "finops.cloud.playbook_cost")
    code, path = play([CREATE])
    assert (code, path.exists()) == (0, False)
    with pytest.raises(InvalidOption, match="^playbook_plan: .* cannot be read"):
        load_playbook_plan(str(path))


def test_a_loop_over_what_is_not_there_fails_and_is_unknown(play: Play) -> None:
    loop = {**CREATE, "loop": "{{ nothing.results }}"}
    code, path = play([{**loop, "ignore_errors": True}])
    told = json.loads(path.read_text())
    assert (code, told["complete"], [row["task"]["name"] for row in told["failed"]]) == (
        0,
        False,
        ["Make it"],
    )


@pytest.mark.parametrize(
    ("tasks", "further", "complete"),
    [
        # Nothing that costs is behind the failure in its play, and the next play never begins.
        ([{"ansible.builtin.fail": {"msg": "no"}}], ({"tasks": [CREATE]},), False),
        ([{"ansible.builtin.fail": {"msg": "no"}, "ignore_errors": True}], ({"tasks": []},), True),
        ([], ({"hosts": "nobody", "tasks": []}, {"tasks": []}), True),
    ],
)
def test_a_play_that_does_not_begin_leaves_the_plan_incomplete(
    play: Play, tasks: list[dict[str, Any]], further: tuple[dict[str, Any], ...], complete: bool
) -> None:
    _code, path = play(tasks, further=further)
    assert json.loads(path.read_text())["complete"] is complete


@pytest.mark.parametrize(
    ("arguments", "environment", "cloud"),
    [
        ({"cloud": "prod"}, [], "prod"),
        ({}, [{"OS_CLOUD": "prod"}, {"http_proxy": "p"}], "prod"),
        ({}, [], None),
        ({"cloud": {"auth": {}}}, [], "a login of the task"),
        ({"auth": {"auth_url": "https://c"}}, [], "a login of the task"),
        ({"cloud": "prod", "auth": {"auth_url": "https://c"}}, [], "a login of the task"),
        ({}, [{"OS_AUTH_URL": "https://c"}], "a login of the task"),
        ({}, ["{{ environments }}"], "a login of the task"),
    ],
)
def test_a_task_with_a_login_of_its_own_is_on_no_cloud_that_is_known(
    arguments: dict[str, Any], environment: list[Any], cloud: str | None
) -> None:
    assert playbook_costs._cloud_of(arguments, environment) == cloud
