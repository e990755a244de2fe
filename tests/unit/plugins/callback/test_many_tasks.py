# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the callback adds to a play of many tasks: time and memory for each."""

from __future__ import annotations

import json
import sys
import time
import tracemalloc
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.callback.playbook_costs import CallbackModule

#: What a task may take (design/playbooks.md#what-is-gathered).
MOST_BYTES, MOST_SECONDS = 3_000, 0.001


class Task(SimpleNamespace):
    """What the callback asks a task of ansible-core for."""

    def get_name(self) -> str:
        return str(self.name)

    def get_path(self) -> str:
        return str(self.path)


def result(number: int) -> Any:
    """The result of a task with a loop of its own or without, as ansible-core tells it."""
    task = Task(
        name=f"Server {number}", path=f"site.yml:{number}", _uuid=f"uuid-{number}", no_log=False, loop=None,
        loop_with=None, resolved_action="openstack.cloud.server", action="openstack.cloud.server",
        check_mode=True, delegate_to=None, connection="ssh",
    )  # fmt: skip
    arguments = {"name": f"web-{number}", "flavor": "a2", "network": "app", "metadata": {"team": "shop"}}
    fields = {"args": {**arguments, "userdata": "x" * 10_000}, "environment": [], "no_log": False}
    host = SimpleNamespace(name="localhost", vars={})
    return SimpleNamespace(_task=task, _task_fields=fields, _host=host, _result={"changed": True})


def measured(count: int, path: Path) -> tuple[float, float]:
    """Seconds and bytes a task, with the writing of the file."""
    callback = CallbackModule()
    callback._path = path
    results = [result(number) for number in range(count)]
    tracemalloc.start()
    before, _peak = tracemalloc.get_traced_memory()
    for one in results:
        callback.v2_runner_on_ok(one)
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    callback = CallbackModule()
    callback._path = path
    begin = time.process_time()
    for one in results:
        callback.v2_runner_on_ok(one)
    callback.v2_playbook_on_stats(None)
    seconds = time.process_time() - begin
    # The server and the address that comes with it by default.
    assert len(json.loads(path.read_text())["lines"]) == 2 * count
    return seconds / count, taken / count


def test_a_task_takes_little_memory(tmp_path: Path) -> None:
    _seconds, taken = measured(1_000, tmp_path / "receipt.json")
    assert taken < MOST_BYTES


@pytest.mark.heavy
def test_a_play_of_ten_thousand_tasks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seconds, taken = measured(10_000, tmp_path / "receipt.json")
    with capsys.disabled():
        sys.stdout.write(f"\n10,000 tasks: {seconds * 1000:.3f} ms and {taken:.0f} bytes a task\n")
    assert seconds < MOST_SECONDS
    assert taken < MOST_BYTES
