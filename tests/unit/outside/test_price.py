# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook with the real modules of openstack.cloud, priced on the sandbox before it has run
(design/playbooks.md#plan-mode).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..conftest import Sandbox
from .ansible_runs import lines_shown, price

pytestmark = pytest.mark.outside

SITE = Path(__file__).with_name("price") / "site.yml"


def test_all_that_a_playbook_would_make_is_priced_before_it_is_made(running: Sandbox, tmp_path: Path) -> None:
    ended = price(running, tmp_path, {"playbook": str(SITE)})
    assert ended.returncode == 0, ended.stdout + ended.stderr
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert [(line["kind"], line["name"] or line["parent"]) for line in plan["lines"]] == [
        ("instance", "app-1"),
        ("instance", "app-2"),
        ("volume", "app-data"),
        ("floating_ip", "app-1"),
        ("load_balancer", "app"),
        ("instance", "web-1"),
        ("floating_ip", "web-1"),
    ]
    assert (plan["complete"], plan["not_reached"], plan["failed"]) == (True, [], [])
    assert "only-for-the-test" not in json.dumps(plan)
    # By hand, of the prices of the scenario.
    for row in (
        "+ app-1: instance a2-ram4-disk20-perf1: ICU 0.35 an hour, 255.5 a month",
        "+ app-2: instance a2-ram4-disk20-perf1: ICU 0.35 an hour, 255.5 a month",
        "+ app-data: volume CEPH_1_perf2 100 GB: ICU 0.85 an hour, 620.5 a month",
        "+ floating ip of app-1: floating ip: ICU 0.2 an hour, 146 a month",
        "+ app: load balancer: ICU 0.6 an hour, 438 a month",
    ):
        assert f'"{row}"' in ended.stdout
    # It is there, and has an address.
    assert "web-1:" not in ended.stdout


def test_nothing_was_made(running: Sandbox, tmp_path: Path) -> None:
    assert price(running, tmp_path, {"playbook": str(SITE)}).returncode == 0
    servers = running.ask("GET", f"{running.catalog['compute']}/servers/detail").body["servers"]
    assert not [one for one in servers if one["name"].startswith("app-")]


def test_a_gate_stays_shut_on_an_unknown_line_and_without_a_budget(running: Sandbox, tmp_path: Path) -> None:
    command = [{"hosts": "localhost", "gather_facts": False, "tasks": [{"command": "terraform apply"}]}]
    (tmp_path / "site.yml").write_text(json.dumps(command))
    ended = price(running, tmp_path, {"playbook": str(tmp_path / "site.yml"), "price_gate": True})
    assert ended.returncode == 2
    assert "is not wholly known; see the lines that begin with ?" in ended.stdout + ended.stderr
    ended = price(running, tmp_path, {"playbook": str(SITE), "price_gate": True})
    assert ended.returncode == 2


def test_a_playbook_that_cannot_be_read_leaves_no_plan(running: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{}")
    (tmp_path / "site.yml").write_text("- hosts: localhost\n  tasks: [{no_such_module: {}}]\n")
    ended = price(running, tmp_path, {"playbook": str(tmp_path / "site.yml")})
    assert ended.returncode == 2
    assert "left no plan, so its cost is unknown" in ended.stdout + ended.stderr
    assert "ended with: [ERROR]: couldn't resolve module/action 'no_such_module'" in ended.stdout


def test_why_a_check_run_failed_is_told(running: Sandbox, tmp_path: Path) -> None:
    volume = {"cloud": "sandbox", "name": "late", "size": 10}
    tasks = [
        {"name": "Chart", "ansible.builtin.command": "kubectl apply -f chart"},
        {"name": "Stop", "ansible.builtin.fail": {"msg": "no login"}},
        {"name": "Late", "openstack.cloud.volume": volume},
    ]
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    (tmp_path / "site.yml").write_text(json.dumps([play]))
    options = {"cloud": "sandbox", "assume_free": ["Chart"], "ledger": f"sqlite:///{tmp_path}/ledger.db"}
    ended = price(running, tmp_path, {"playbook": str(tmp_path / "site.yml"), "price_options": options})
    assert '"! The check run failed: [ERROR]: Task failed: Action failed: no login"' in ended.stdout
    assert lines_shown(ended) == [
        "? Late: the run did not reach it",
        "+ Chart: free, as assume_free says",
    ]


@pytest.mark.parametrize("invocation", ["true", "false"])
def test_what_a_check_run_tells_otherwise_is_priced_or_unknown(
    running: Sandbox, tmp_path: Path, invocation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where ansible-core puts the arguments into results, as it does by default before 2.21 only."""
    monkeypatch.setenv("ANSIBLE_INJECT_INVOCATION", invocation)
    ended = price(running, tmp_path, {"playbook": str(SITE.with_name("traps.yml"))})
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert lines_shown(ended) == [
        "? nonsense: the cloud has no flavor a9",
        "? elsewhere: its cloud is sandbox-other, which the estimate does not ask",
        "? floating ip of addressed: auto_ip takes a free address of the project, or makes one; set auto_ip"
        " to false, and make the address with openstack.cloud.floating_ip",
        "? Hidden arguments: its arguments are hidden by no_log",
        "? Only in real runs: it is left out of a run that changes nothing",
        "+ older: instance a2-ram4-disk20-perf1: ICU 0.35 an hour, 255.5 a month",
        "+ twice: volume CEPH_1_perf1 10 GB: ICU 0.05 an hour, 36.5 a month",
        "+ addressed: instance a2-ram4-disk20-perf1: ICU 0.35 an hour, 255.5 a month",
    ]
