# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What infomaniak_usage_info takes for a large project, and the same job with openstack.cloud's modules
beside it.

PYTHON usage.py [SERVERS], where Python finds the collection as ansible_collections.finops.cloud and has
ansible-playbook beside it. Memory and requests are held to bounds; seconds are told only. openstack.cloud is
taken from the package `ansible` of the index that pip knows, once, into .build.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SANDBOX = ROOT / "roles" / "sandbox" / "files"
PEERS = ROOT / ".build" / "cache" / "peers"
FEW, SOME, MANY = 10, 100, 10_000
#: How much more memory the many may take than the few.
BOUND_MB = 80
#: design/reading-a-cloud.md#round-trips for up to 1000 servers, and the pages behind.
DETAILS = {"totals": 6, "summary": 8, "resources": 10}
MODULE = """
import json, sys
from ansible.module_utils.testing import patch_module_args
from ansible_collections.finops.cloud.plugins.modules import infomaniak_usage_info
with patch_module_args(json.loads(sys.argv[1])):
    infomaniak_usage_info.main()
"""
IN_PROCESS = """
import sys, time
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import now_utc
from ansible_collections.finops.cloud.plugins.module_utils._usage.usage import UsageOptions, read_usage
cloud = Cloud(ConnectionOptions(cloud="sandbox"))
began = time.monotonic()
read_usage(cloud, UsageOptions((), sys.argv[1], "fail"), now_utc())
print(time.monotonic() - began)
"""
#: What the lists of a summary come from there.
PEER_MODULES = (
    "server_info", "compute_flavor_info", "volume_info", "floating_ip_info", "networks_info", "routers_info",
    "security_group_info",
)  # fmt: skip


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    folder: Path
    url: str

    @property
    def environment(self) -> dict[str, str]:
        """What a client of it needs."""
        return {**os.environ, "OS_CLIENT_CONFIG_FILE": str(self.folder / "sandbox" / "clouds.yaml")}

    def asked(self) -> int:
        """How many requests there were since this was called the last time."""
        request = urllib.request.Request(f"{self.url}/sandbox/requests", method="DELETE")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(json.load(answer)["total"])


def command(name: str, folder: Path, *options: str) -> Any:
    """The sandbox's command line."""
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox_cloud", name, "--directory", str(folder / "sandbox"), *options],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(SANDBOX)},
    )
    return json.loads(ended.stdout)


@contextmanager
def sandbox(servers: int) -> Iterator[Sandbox]:
    """A sandbox with so many servers, each with a volume, asked once so that its answers are rendered."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = Sandbox(folder, command("start", folder, "--servers", str(servers))["url"])
        try:
            peak_mb(one, "resources")
            one.asked()
            yield one
        finally:
            command("stop", folder)


def peak_mb(one: Sandbox, detail: str) -> float:
    """The most memory that the module had, run as Ansible does in a Python of its own."""
    asked = json.dumps({"cloud": "sandbox", "detail": detail})
    process = subprocess.Popen(
        [sys.executable, "-c", MODULE, asked], cwd=one.folder, stdout=subprocess.DEVNULL, env=one.environment
    )
    _pid, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"infomaniak_usage_info failed with {asked}")
    return used.ru_maxrss / 1024


def in_process_seconds(one: Sandbox, detail: str) -> float:
    """How long the service call takes, the login left out."""
    ended = subprocess.run(
        [sys.executable, "-c", IN_PROCESS, detail],
        check=True,
        capture_output=True,
        text=True,
        env=one.environment,
    )
    return float(ended.stdout)


def playbook_seconds(one: Sandbox, tasks: list[dict[str, Any]], collections: str | None = None) -> float:
    """How long a playbook of these tasks takes as a whole."""
    playbook = one.folder / "playbook.json"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    program = Path(sys.executable).with_name("ansible-playbook")
    more = {"ANSIBLE_COLLECTIONS_PATH": collections} if collections else {}
    began = time.monotonic()
    ended = subprocess.run(
        [program, playbook], check=False, capture_output=True, text=True, env=one.environment | more
    )
    if ended.returncode:
        raise SystemExit(f"the playbook failed: {ended.stdout[-2000:]}")
    return time.monotonic() - began


def peers() -> str:
    """A collections path with openstack.cloud."""
    if not (PEERS / "ansible_collections" / "openstack" / "cloud").is_dir():
        with tempfile.TemporaryDirectory() as folder:
            # The newest, whatever Python this is: only files are taken from it.
            newest = ["--python-version", "3.13", "--only-binary", ":all:", "ansible"]
            pip = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "-q",
                "-q",
                "--no-deps",
                "--dest",
                folder,
                *newest,
            ]
            subprocess.run(pip, check=True)
            (wheel,) = Path(folder).glob("ansible-*.whl")
            with zipfile.ZipFile(wheel) as package:
                names = [
                    name
                    for name in package.namelist()
                    if name.startswith("ansible_collections/openstack/cloud/")
                ]
                package.extractall(PEERS, names)
    return str(PEERS)


def main() -> int:
    """Print what was measured; 1 where a bound is passed."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    broken = []
    with sandbox(FEW) as few:
        before = {detail: peak_mb(few, detail) for detail in DETAILS}
    with sandbox(many) as large:
        print(
            f"{many} servers and volumes against {FEW}, on {os.cpu_count()} processors, the sandbox among"
            " them"
        )
        print(
            f"{'detail':10} {'requests':>8} {'peak MB':>8} {'more MB':>8} {'service s':>10}"
            f" {'playbook s':>11}"
        )
        for detail, floor in DETAILS.items():
            large.asked()
            peak = peak_mb(large, detail)
            requests = large.asked()
            service = in_process_seconds(large, detail)
            task = {
                "finops.cloud.infomaniak_usage_info": {"cloud": "sandbox", "detail": detail},
                "no_log": True,
            }
            whole = playbook_seconds(large, [task])
            if detail == "resources":
                given: dict[str, Any] = task["finops.cloud.infomaniak_usage_info"]  # type: ignore[assignment]
                given["dest"] = str(large.folder / "resources.jsonl")
                into_file = playbook_seconds(large, [task])
            more = peak - before[detail]
            print(f"{detail:10} {requests:8} {peak:8.0f} {more:8.0f} {service:10.2f} {whole:11.1f}")
            pages = 0 if detail == "totals" else 2 * (many // 1000)
            if requests != floor + pages or more > BOUND_MB:
                broken.append(f"{detail}: {requests} requests, {more:.0f} MB more")
        print(f"resources into a file: playbook {into_file:.1f} s")
    with sandbox(SOME) as project:
        tasks: list[dict[str, Any]] = [
            {f"openstack.cloud.{name}": {"cloud": "sandbox"}} for name in PEER_MODULES
        ]
        theirs = playbook_seconds(
            project, tasks, f"{peers()}:{os.environ.get('ANSIBLE_COLLECTIONS_PATH', '')}"
        )
        their_requests = project.asked()
        task = {"finops.cloud.infomaniak_usage_info": {"cloud": "sandbox"}}
        ours = playbook_seconds(project, [task])
        our_requests = project.asked()
    print(
        f"{SOME} servers, {len(PEER_MODULES)} modules of openstack.cloud: {their_requests} requests,"
        f" {theirs:.1f} s"
    )
    print(f"{SOME} servers, infomaniak_usage_info: {our_requests} requests, {ours:.1f} s")
    if our_requests != DETAILS["summary"]:
        broken.append(f"{our_requests} requests for {SOME} servers")
    for line in broken:
        print(f"bound passed: {line}")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
