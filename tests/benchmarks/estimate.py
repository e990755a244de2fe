# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a large plan of Terraform would cost by the hour."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from .cloud import (
    LATENCIES_MS,
    Cloud,
    Side,
    debugged,
    module,
    peer,
    playbook,
    printed,
    result_of,
    row,
    sandbox,
)
from .jobs import FULL, QUICK, Bench, Job
from .measuring import Failed, Found, Row, Taken

MODULE = "cost_estimate_info"
#: The token, the flavors, the newest rated hours, and a day of their points.
REQUESTS = 4
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
#: What a user of pandas has to write down, as nothing tells it: type, name, ICU an hour, of what.
BY_HAND = [
    ["openstack_compute_instance_v2", "a2-ram4-disk20-perf1", "0.35", "each"],
    ["openstack_blockstorage_volume_v3", "CEPH_1_perf1", "0.005", "size"],
    ["openstack_blockstorage_volume_v3", "CEPH_9_listed", "0.01", "size"],
    ["openstack_networking_floatingip_v2", "ext-net1", "0.2", "each"],
]


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


def _ours(taken: Taken) -> Found:
    result = result_of(taken)
    if not result["complete"]:
        raise Failed("the estimate is not complete")
    return {"hourly": result["total"]["hourly"]["ICU"]}


def _sides(cloud: Cloud) -> Iterator[Side]:
    path = str(cloud.folder / "plan.json")
    asked = {
        "cloud": "sandbox",
        "terraform_plan": path,
        "price_list": [LISTED],
        "price_sources": ["observed", "price_list"],
    }
    yield Side(MODULE, True, module(MODULE, asked), _ours)
    task = {f"finops.cloud.{MODULE}": asked, "register": "told", "no_log": True}
    play = playbook(cloud.folder, "ours", [task], {"hourly": "told.total.hourly.ICU"})
    yield Side(f"{MODULE} in a play", True, play, debugged)
    prices = cloud.folder / "prices.json"
    prices.write_text(json.dumps(BY_HAND))
    yield Side("pandas and prices by hand", False, peer("estimate_by_pandas", path, str(prices)), printed)


def measure(bench: Bench, sizes: Sequence[int]) -> Iterator[Row]:
    """Every side at every size. Raises Failed where ours asks more than it says."""
    for count in sizes:
        with sandbox(bench.collections) as cloud:
            content, hourly = plan(count)
            (cloud.folder / "plan.json").write_text(json.dumps(content))
            for side in _sides(cloud):
                one = row(cloud, side, count, {"hourly": f"{hourly:f}"}, LATENCIES_MS)
                if side.ours and one.requests and one.requests.total != REQUESTS:
                    raise Failed(f"{side.name} sent {one.requests}")
                yield one


JOB = Job(
    name="estimate",
    title="Estimate of a plan",
    counted="resources of the plan",
    text="Prices a plan of Terraform. Ours takes the prices of what the cloud has rated, and those of one"
    " volume type of a list; the peer joins the plan with a list of all of them that somebody wrote.",
    sizes={QUICK: (100, 1_000, 5_000), FULL: (100, 1_000, 5_000)},
    measure=measure,
    limits={
        "pandas and prices by hand": "what the cloud charges; what it has no price for, which counts as zero"
    },
    bound_mb=200,
)
