# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an estimate of a large plan takes: a task against a sandbox, and its share in process, beside
ansible's ping.

PYTHON estimate.py [RESOURCES], where Python finds the collection as ansible_collections.finops.cloud and has
ansible-playbook beside it. The sum and the number of requests are held to be right; seconds are told only, as
they depend on the machine and on what else it does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._ansible import estimate_arguments
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import now_utc
from ansible_collections.finops.cloud.plugins.module_utils._estimate.estimate import read_estimate
from ansible_collections.finops.cloud.plugins.module_utils._ledger.policy import OwnerPolicy
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions

ROOT = Path(__file__).resolve().parents[2]
MANY, REPEATS, TASKS = 5_000, 5, 5
PROVIDER = "registry.terraform.io/terraform-provider-openstack/openstack"
#: Of five resources: type, values, ICU an hour. The volume's type is in the price list only.
EACH: tuple[tuple[str, dict[str, Any], str], ...] = (
    (
        "openstack_compute_instance_v2",
        {"flavor_name": "a2-ram4-disk20-perf1", "network": [{"name": "front"}], "block_device": []},
        "0.35",
    ),
    ("openstack_blockstorage_volume_v3", {"size": 100, "volume_type": "CEPH_1_perf1"}, "0.5"),
    ("openstack_blockstorage_volume_v3", {"size": 50, "volume_type": "CEPH_9_listed"}, "0.5"),
    ("openstack_networking_floatingip_v2", {"pool": "ext-net1"}, "0.2"),
    ("openstack_networking_secgroup_v2", {"name": "web"}, "0"),
)  # fmt: skip
LISTED = {
    "kind": "volume",
    "name": "CEPH_9_listed",
    "amount": "0.01",
    "currency": "ICU",
    "valid_from": "2026-01-01",
    "source": "the benchmark",
}


def plan(count: int) -> tuple[dict[str, Any], Decimal]:
    """A plan that creates so many resources, and what they come to by the hour."""
    rows, hourly = [], Decimal(0)
    for number in range(count):
        kind, values, price = EACH[number % len(EACH)]
        hourly += Decimal(price)
        change = {"actions": ["create"], "before": None, "after": values, "after_unknown": {"id": True}}
        address = f"module.part[{number % 50}].{kind}.of[{number}]"
        rows.append(
            {"address": address, "mode": "managed", "type": kind, "provider_name": PROVIDER, "change": change}
        )
    return {"format_version": "1.2", "complete": True, "planned_values": {}, "resource_changes": rows}, hourly


def sandbox(folder: Path, *arguments: str) -> dict[str, Any]:
    """Run the sandbox's command line."""
    files = str(ROOT / "roles" / "sandbox" / "files")
    command = [
        sys.executable,
        "-m",
        "sandbox_cloud",
        arguments[0],
        "--directory",
        str(folder),
        *arguments[1:],
    ]
    ended = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": files}, check=True, stdout=subprocess.PIPE
    )
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def in_process(options: dict[str, Any], state: dict[str, Any], hourly: Decimal) -> float:
    """Seconds from login to result, and whether that is right, in four requests."""
    urllib.request.urlopen(urllib.request.Request(f"{state['url']}/sandbox/requests", method="DELETE")).read()
    began = time.perf_counter()
    policy = OwnerPolicy()
    used = estimate_arguments.used(options, policy)
    asked = estimate_arguments.options(options, policy, used["price_sources"])
    told = read_estimate(Cloud(ConnectionOptions(cloud="sandbox")), asked, now_utc())
    took = time.perf_counter() - began
    assert told["complete"]
    assert Decimal(told["total"]["hourly"]["ICU"]) == hourly
    with urllib.request.urlopen(f"{state['url']}/sandbox/requests") as answer:
        assert json.load(answer)["total"] == 4
    return took


def task(folder: Path, module: str, options: dict[str, Any]) -> float:
    """Seconds that one more task of the module takes in a play."""

    def play(count: int) -> float:
        tasks = [{module: options, "register": "told"} for _number in range(count)]
        playbook = folder / "play.json"
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
        began = time.perf_counter()
        subprocess.run(["ansible-playbook", str(playbook)], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    return (play(TASKS + 1) - play(1)) / TASKS


def main(count: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        content, hourly = plan(count)
        (folder / "plan.json").write_text(json.dumps(content))
        state = sandbox(folder / "sandbox", "start")
        os.environ["OS_CLIENT_CONFIG_FILE"] = state["clouds_file"]
        asked = {
            "terraform_plan": str(folder / "plan.json"),
            "price_list": [LISTED],
            "price_sources": ["observed", "price_list"],
        }
        specs = {**estimate_arguments.PLANNED, **estimate_arguments.PRICES, **estimate_arguments.CALENDAR}
        defaults = {option: spec.get("default") for option, spec in specs.items()}
        listed = {"hours": "1", "tax": "excluded", "second_hand": False, **LISTED}
        rating = {"rating_api": "auto", "rating_currency": "ICU", "collect_period": 3600, "on_error": "fail"}
        options = {
            **defaults,
            **rating,
            "rates": [],
            "confirm_rates": False,
            "currency": None,
            "tags": {},
            **asked,
            "price_list": [listed],
        }
        try:
            seconds = [in_process(options, state, hourly) for _repeat in range(REPEATS)]
            print(
                f"{count} resources: {median(seconds):.2f} s in process, at most {max(seconds):.2f} s, 4"
                " requests",
                flush=True,
            )
            ping = task(folder, "ansible.builtin.ping", {})
            taken = task(folder, "finops.cloud.cost_estimate_info", {"cloud": "sandbox", **asked})
            print(f"{count} resources: {taken:.2f} s as a task, ping {ping:.2f} s", flush=True)
        finally:
            sandbox(folder / "sandbox", "stop")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MANY)
