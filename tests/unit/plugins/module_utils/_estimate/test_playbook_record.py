# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is gathered of a run of a playbook (design/playbooks.md#what-is-gathered)."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_record import (
    PlaybookRecord,
    TaskPlace,
    TaskRun,
)


def place(module: str, name: str = "Make it") -> TaskPlace:
    return TaskPlace(name, module, "site.yml:7")


def run(module: str, host: str = "localhost", **more: Any) -> TaskRun:
    facts = {"cloud": "prod", "region": None, "hidden": False, "really": False, "goes_on": False}
    arguments = {key: value for key, value in more.items() if key not in facts}
    return TaskRun(
        task=place(module),
        host=host,
        arguments=arguments,
        **{**facts, **{k: more[k] for k in facts if k in more}},
    )


def server(name: str, **more: Any) -> TaskRun:
    return run(
        "openstack.cloud.server", **{"name": name, "flavor": "a2", "network": "app", "auto_ip": False, **more}
    )


def recorded(*runs: TaskRun, is_check: bool = True) -> dict[str, Any]:
    record = PlaybookRecord(is_check)
    for one in runs:
        record.passed(one)
    return record.to_result()


def test_a_resource_is_known_by_its_name_on_whatever_host_its_task_ran() -> None:
    told = recorded(server("web", host="a"), server("web", host="b"), server("web", cloud="other"))
    assert [(line["name"], line["cloud"]) for line in told["lines"]] == [("web", "prod"), ("web", "other")]
    assert told["complete"] is True
    assert (told["kind"], told["version"]) == ("plan", 1)


def test_addresses_without_a_server_are_one_each() -> None:
    told = recorded(run("openstack.cloud.floating_ip"), run("openstack.cloud.floating_ip"))
    assert len(told["lines"]) == 2
    of_server = recorded(*[run("openstack.cloud.floating_ip", server="web") for _time in range(2)])
    assert len(of_server["lines"]) == 1


def test_the_last_task_decides_and_what_is_removed_before_is_made_anew() -> None:
    gone = recorded(server("web"), server("web", state="absent"))
    assert [(line["state"], line["anew"]) for line in gone["lines"]] == [("absent", False)]
    anew = recorded(server("web", state="absent"), server("web"), server("web"))
    assert [(line["state"], line["anew"]) for line in anew["lines"]] == [("present", True)]


def test_an_action_stands_beside_what_makes_the_server() -> None:
    told = recorded(server("web"), run("openstack.cloud.server_action", name="web", action="stop"))
    assert [line["state"] for line in told["lines"]] == ["present", "stopped"]


def test_no_secret_of_a_task_is_kept() -> None:
    told = recorded(
        server("web", userdata="hush-1", key_name="hush-2", auth={"password": "hush-3"}, cloud=None),
        run("ansible.builtin.shell", _raw_params="openstack server create --password hush-4"),
    )
    assert "hush" not in json.dumps(told)


def test_what_is_not_understood_leaves_the_plan_incomplete() -> None:
    for one, says in (
        (server("web", hidden=True), "its arguments are hidden by no_log"),
        (server("web", really=True), "it has check_mode: false, so it makes what it plans"),
        (server("web", goes_on=True), "it goes on in the background, so what it makes is not known yet"),
        (server(" web"), "its name has blanks around it, so that it is not found again"),
        (run("openstack.cloud.volume", display_name="web\t", size=9), "its display_name has blanks"),
        (run("openstack.cloud.stack", name="s"), "what the stack's template makes is not in the task"),
        (run("ansible.builtin.command", argv=["terraform", "apply"]), "it runs terraform"),
        (run("hetzner.hcloud.server", name="x"), "what its module makes is not known"),
    ):
        told = recorded(one)
        assert told["complete"] is False
        assert says in told["unknown"][0]["reason"]
    assert recorded(run("openstack.cloud.image", name="i"))["complete"] is False
    # In a run that makes things, all tasks do.
    assert recorded(server("web", really=True), is_check=False)["complete"] is True


def test_a_condition_on_check_mode_hides_nothing() -> None:
    record = PlaybookRecord(is_check=True)
    record.skipped(place("openstack.cloud.server"), "item.wanted")
    assert record.to_result()["complete"] is True
    record.skipped(place("ansible.builtin.copy"), "not ansible_check_mode")
    assert record.to_result()["complete"] is True
    record.skipped(place("openstack.cloud.server"), "not ansible_check_mode")
    told = record.to_result()
    assert told["unknown"][0]["reason"] == "it is left out of a run that changes nothing"


TASKS = {
    "1": place("openstack.cloud.network", "net"),
    "2": place("openstack.cloud.subnet", "subnet"),
    "3": place("openstack.cloud.server", "server"),
    "4": place("ansible.builtin.include_tasks", "more"),
    "5": place("ansible.builtin.copy", "copy"),
}


def test_what_no_host_reached_is_named_unless_it_costs_nothing() -> None:
    record = PlaybookRecord(is_check=True)
    record.begin_play(TASKS)
    record.reach("1", "localhost")
    told = record.to_result()
    assert [task["name"] for task in told["not_reached"]] == ["server", "more"]
    assert told["complete"] is False
    record.reach("3", "localhost")
    record.reach("4", "localhost")
    assert record.to_result()["complete"] is True


def test_what_a_host_that_failed_did_not_reach_is_named_although_another_host_did() -> None:
    record = PlaybookRecord(is_check=True)
    record.begin_play(TASKS)
    for uuid in TASKS:
        record.reach(uuid, "a")
    record.reach("2", "b")
    record.failed("2", TASKS["2"], "b")
    told = record.to_result()
    assert [task["name"] for task in told["not_reached"]] == ["server", "more"]
    assert told["failed"] == [
        {"task": {"name": "subnet", "module": "openstack.cloud.subnet", "place": "site.yml:7"}, "host": "b"}
    ]
    # A failure that is ignored: the host goes on.
    record.reach("3", "b")
    record.reach("4", "b")
    assert record.to_result()["complete"] is True


def test_a_failed_task_that_costs_may_have_made_something() -> None:
    record = PlaybookRecord(is_check=False)
    record.failed("9", place("openstack.cloud.server"), "localhost")
    told = record.to_result()
    assert (told["kind"], told["complete"], told["unknown"][0]["reason"]) == (
        "receipt",
        False,
        "it failed, so what it has made is not known",
    )
