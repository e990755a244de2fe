# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox as the cloud of a job: started, slowed down, its requests counted, and the sides of a job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .measuring import Failed, Found, Requests, Row, Taken, difference, fastest, run

ROOT = Path(__file__).resolve().parents[2]
SANDBOX = ROOT / "roles" / "sandbox" / "files"
PEERS = "ansible_collections.finops.cloud.tests.benchmarks.peers"
#: Milliseconds that every answer waits.
LATENCIES_MS = (0, 50, 200)
#: A run that would wait longer than that for answers is left out: its requests tell how long it would.
LONGEST_WAIT_S = 60
MODULE = """
import importlib, json, sys
from ansible.module_utils.testing import patch_module_args
module = importlib.import_module("ansible_collections.finops.cloud.plugins.modules." + sys.argv[1])
with patch_module_args(json.loads(sys.argv[2])):
    module.main()
"""


@dataclass(frozen=True)
class Cloud:
    """A running sandbox. collections: where openstack.cloud is."""

    folder: Path
    url: str
    auth_url: str
    clouds_file: str
    collections: str

    @property
    def environment(self) -> dict[str, str]:
        """What a client of it needs."""
        paths = f"{self.collections}:{os.environ.get('ANSIBLE_COLLECTIONS_PATH', '')}"
        given = {"OS_CLIENT_CONFIG_FILE": self.clouds_file, "OS_CLOUD": "sandbox"}
        return {**os.environ, **given, "ANSIBLE_COLLECTIONS_PATH": paths}

    def asked(self) -> Requests:
        """What it was asked since this was called the last time."""
        request = urllib.request.Request(f"{self.url}/sandbox/requests", method="DELETE")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Requests.of(json.load(answer))

    def wait(self, latency_ms: int) -> None:
        """Let every answer wait from now on."""
        content = json.dumps({"latency_ms": latency_ms}).encode()
        urllib.request.urlopen(f"{self.url}/sandbox/latency", data=content, timeout=60).close()

    def run(self, command: list[str]) -> Taken:
        """Run a client of it."""
        return run(command, self.folder, self.environment)


@contextmanager
def sandbox(collections: str, *options: str) -> Iterator[Cloud]:
    """A sandbox that is started with these options."""

    def call(name: str, *more: str) -> Any:
        command = [sys.executable, "-m", "sandbox_cloud", name, "--directory", str(folder / "sandbox"), *more]
        environment = {**os.environ, "PYTHONPATH": str(SANDBOX)}
        return json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        state = call("start", *options)
        try:
            yield Cloud(folder, state["url"], state["auth_url"], state["clouds_file"], collections)
        finally:
            call("stop")


def module(name: str, options: Mapping[str, Any]) -> list[str]:
    """A module of ours in a Python of its own, as Ansible runs it."""
    return [sys.executable, "-c", MODULE, name, json.dumps(options)]


def result_of(taken: Taken) -> dict[str, Any]:
    """What a module returned."""
    result: dict[str, Any] = json.loads(taken.output.splitlines()[-1])
    return result


def peer(name: str, *arguments: str) -> list[str]:
    """A program that does the job without us, and prints what it found as JSON."""
    return [sys.executable, "-m", f"{PEERS}.{name}", *arguments]


def printed(taken: Taken) -> Found:
    """What a peer found."""
    found: Found = json.loads(taken.output)
    return found


def playbook(folder: Path, name: str, tasks: list[dict[str, Any]], found: Mapping[str, str]) -> list[str]:
    """A play of the tasks, and one more that prints what they found: by name an expression."""
    told = {
        "ansible.builtin.debug": {
            "msg": {each: f"{{{{ ({text}) | string }}}}" for each, text in found.items()}
        }
    }
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [*tasks, told]}
    path = folder / f"{name}.json"
    path.write_text(json.dumps([play]))
    return [str(Path(sys.executable).with_name("ansible-playbook")), str(path)]


def debugged(taken: Taken) -> Found:
    """What the last task of such a play printed. Raises Failed where it printed nothing."""
    begin = taken.output.rfind('"msg": {')
    if begin < 0:
        raise Failed(f"the play told nothing: {taken.output[-2000:]}")
    found, _end = json.JSONDecoder().raw_decode(taken.output[begin + len('"msg": ') :])
    return {name: str(value) for name, value in found.items()}


@dataclass(frozen=True)
class Side:
    """One way to do a job: its command, or what makes one for each run, and how its answer is read."""

    name: str
    ours: bool
    command: list[str] | Callable[[], list[str]]
    read: Callable[[Taken], Found]

    def next_command(self) -> list[str]:
        return self.command() if callable(self.command) else self.command


def row(cloud: Cloud, side: Side, size: int, expected: Found, latencies: tuple[int, ...]) -> Row:
    """Run a side at every latency that is not too long for it, 0 first.

    Raises Failed where it fails, or ours is wrong.
    """
    cloud.asked()
    counted: list[Requests] = []

    def once() -> Taken:
        taken = cloud.run(side.next_command())
        counted.append(cloud.asked())
        return taken

    taken = fastest(once)
    seconds = {0: taken.seconds}
    for latency in latencies[1:]:
        if counted[-1].total * latency > LONGEST_WAIT_S * 1_000:
            continue
        cloud.wait(latency)
        try:
            seconds[latency] = cloud.run(side.next_command()).seconds
        finally:
            cloud.wait(0)
    found = side.read(taken)
    wrong = difference(found, expected)
    if side.ours and wrong:
        raise Failed(f"{side.name} found {wrong}")
    return Row(
        side.name, side.ours, size, seconds, taken.own_s, taken.peak_mb, found, counted[-1], wrong=wrong
    )
