# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan costs in a month before and after it, with what it leaves as it is
(design/estimates.md#before-and-after), by hand at the sandbox's prices.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ...conftest import Sandbox
from .conftest import Run
from .test_plans_of_terraform import MADE, OPENSTACK, SERVER, VOLUME

Result = dict[str, Any]
FLOATING_IP, IMAGE = "openstack_networking_floatingip_v2", "openstack_images_image_v2"
DISK = {"volume_type": "CEPH_1_perf1"}


def change(kind: str, before: Result | None, after: Result | None, **more: Any) -> Result:
    made, gone = before is None, after is None
    actions = ["create"] if made else ["delete"] if gone else ["no-op"] if before == after else ["update"]
    return {
        "address": f"{kind}.{more.get('name', 'one')}",
        "mode": "managed",
        "type": kind,
        "provider_name": more.get("provider", OPENSTACK),
        "change": {"actions": actions, "before": before, "after": after, "after_unknown": {}},
    }


@pytest.fixture
def estimate(run: Run, tmp_path: Path) -> Callable[..., Result]:
    """Estimate these changes."""

    def estimate(*changes: Result, **options: Any) -> Result:
        path = tmp_path / "plan.json"
        path.write_text(json.dumps({"format_version": "1.2", "resource_changes": list(changes)}))
        return run("cost_estimate_info", {"cloud": "sandbox", "terraform_plan": str(path), **options})

    return estimate


def test_what_stays_the_same_is_on_both_sides(estimate: Callable[..., Result], running: Sandbox) -> None:
    """A server of 0.35 stays, a disk at 0.005 for 1 GB grows from 10 to 30 GB, an address of 0.2 comes and a
    server goes. 730 hours of 0.35 + 0.05 + 0.35 = 0.75, and of 0.35 + 0.15 + 0.2 = 0.7.
    """
    running.ask("DELETE", "/sandbox/requests")
    result = estimate(
        change(SERVER, MADE, MADE),
        change(VOLUME, {**DISK, "size": 10}, {**DISK, "size": 30}),
        change(FLOATING_IP, None, {"pool": "ext-net1"}),
        change(SERVER, MADE, None, name="old"),
    )
    assert result["complete"]
    assert result["monthly_total"] == {"before": "547.5", "after": "511", "unknown": []}
    # No request more than for what changes: token, flavors, the newest rated hours, a day of their points.
    assert running.ask("GET", "/sandbox/requests").body["total"] == 4
    told = ("kind", "monthly", "monthly_before", "monthly_after")
    assert [tuple(line[name] for name in told) for line in result["lines"]] == [
        ("volume", "73", "36.5", "109.5"),
        ("floating_ip", "146", "0", "146"),
        ("instance", "-255.5", "255.5", "0"),
    ]


def test_a_server_that_grows_keeps_its_disk_on_both_sides(estimate: Callable[..., Result]) -> None:
    """0.35 becomes 1.05, and 40 GB at 0.005 stay."""
    boot = [{"source_type": "image", "destination_type": "volume", "volume_size": 40, **DISK}]
    small, large = ({**MADE, "block_device": boot, "flavor_name": one} for one in
                    ("a2-ram4-disk20-perf1", "a4-ram16-disk80-perf1"))  # fmt: skip
    result = estimate(change(SERVER, small, large))
    assert result["monthly_total"] == {"before": "401.5", "after": "912.5", "unknown": []}


@pytest.mark.parametrize(
    ("staying", "name"),
    [
        (change("aws_instance", {"a": 1}, {"a": 1}, provider="registry.terraform.io/hashicorp/aws"),
         "aws_instance.one"),
        (change(SERVER, {**MADE, "flavor_name": "gone"}, {**MADE, "flavor_name": "gone"}), f"{SERVER}.one"),
        # Only a quote would know it.
        (change(IMAGE, {"size_bytes": 2**30}, {"size_bytes": 2**30}), f"{IMAGE}.one"),
    ],
)  # fmt: skip
def test_a_total_is_not_known_if_what_stays_has_no_price(
    estimate: Callable[..., Result], staying: Result, name: str
) -> None:
    """The change itself is known, so that the gate is as open as before."""
    result = estimate(staying, change(FLOATING_IP, None, {"pool": "ext-net1"}))
    assert result["complete"]
    assert result["monthly_total"] == {"before": None, "after": None, "unknown": [name]}
    free = estimate(staying, change(FLOATING_IP, None, {"pool": "ext-net1"}), assume_free=[name])
    assert free["monthly_total"] == {"before": "0", "after": "146", "unknown": []}


def test_an_unknown_change_leaves_the_total_unknown(estimate: Callable[..., Result]) -> None:
    result = estimate(
        change(SERVER, None, {**MADE, "flavor_name": "none"}), change(SERVER, MADE, MADE, name="b")
    )
    assert result["monthly_total"] == {"before": None, "after": None, "unknown": [f"{SERVER}.one"]}


def test_rows_of_a_task_count_too(estimate: Callable[..., Result], run: Run) -> None:
    """web-1 stays at 0.35 an hour, archive grows from 300 GB to 310 GB, and support costs 2 an hour."""
    rows = [
        {"kind": "instance", "flavor": "a2-ram4-disk20-perf1", "names": ["web-1"]},
        {"kind": "volume", "volume_type": "CEPH_1_perf1", "gb": "310", "names": ["archive"]},
        {"kind": "amount", "amount": "2", "currency": "ICU", "per": "hour"},
        {"kind": "amount", "amount": "99", "currency": "ICU"},
    ]
    result = run("cost_estimate_info", {"cloud": "sandbox", "resources": rows})
    # 730 x (0.35 + 1.5), and 730 x (0.35 + 1.55 + 2).
    assert result["monthly_total"] == {"before": "1350.5", "after": "2847", "unknown": []}
