# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a deployment is estimated to cost when it is made, resized, replaced and removed is what the cloud
then rates by the hour, to the digit; and made by rows, a plan, a template or a playbook it costs the same
(design/estimates.md#what-a-change-costs).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_record import (
    PlaybookRecord,
    TaskPlace,
    TaskRun,
)

from ...conftest import Sandbox, command, log_in
from .running import run_module
from .test_plans_of_terraform import OPENSTACK, SERVER, VOLUME

Result = dict[str, Any]
SMALL, LARGE = "a2-ram4-disk20-perf1", "a4-ram16-disk80-perf1"
SLOW, FAST = "CEPH_1_perf1", "CEPH_1_perf2"
FLOATING_IP, BALANCER = "openstack_networking_floatingip_v2", "openstack_lb_loadbalancer_v2"
#: What is made: two servers, a volume, an address and a load balancer.
ROWS: list[Result] = [
    {"kind": "instance", "flavor": SMALL, "count": 2},
    {"kind": "volume", "volume_type": SLOW, "gb": "70"},
    {"kind": "floating_ip"},
    {"kind": "load_balancer"},
]
TEMPLATE = {
    "heat_template_version": "2018-08-31",
    "resources": {
        **{
            name: {
                "type": "OS::Nova::Server",
                "properties": {"flavor": SMALL, "networks": [{"network": "front"}]},
            }
            for name in ("one", "two")
        },
        "data": {"type": "OS::Cinder::Volume", "properties": {"size": 70, "volume_type": SLOW}},
        "ip": {"type": "OS::Neutron::FloatingIP", "properties": {"floating_network": "ext-net1"}},
        "lb": {"type": "OS::Octavia::LoadBalancer", "properties": {"vip_network": "front"}},
    },
}
TASKS: list[tuple[str, Result]] = [
    ("server", {"name": "life-1", "flavor": SMALL, "network": "front", "auto_ip": False}),
    ("server", {"name": "life-2", "flavor": SMALL, "network": "front", "auto_ip": False}),
    ("volume", {"name": "life-data", "size": 70, "volume_type": SLOW}),
    ("floating_ip", {"server": "life-1", "network": "ext-net1"}),
    ("loadbalancer", {"name": "life-lb", "vip_network": "front"}),
]


class Life:
    """A sandbox in which things are made and removed, and what it rates by the hour."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self.folder = sandbox, folder

    def estimate(self, **options: Any) -> Result:
        told = run_module(
            "cost_estimate_info", {"cloud": "sandbox", "price_sources": ["observed"], **options}
        )
        assert told.get("complete"), (told.get("msg"), told.get("unknown"))
        return told

    def planned(self, *changes: tuple[str, list[str], Result | None, Result | None]) -> Result:
        """The estimate of a plan: type, actions, values before and after."""
        rows = [
            {
                "address": f"{kind}.one[{number}]", "mode": "managed", "type": kind,
                "provider_name": OPENSTACK,
                "change": {"actions": actions, "before": before, "after": after, "after_unknown": {}},
            }
            for number, (kind, actions, before, after) in enumerate(changes)
        ]  # fmt: skip
        path = self.folder / "plan.json"
        path.write_text(json.dumps({"format_version": "1.2", "resource_changes": rows}))
        return self.estimate(terraform_plan=str(path))

    def rated(self) -> Decimal:
        """What the newest hour has cost in all, when what was done before is rated for whole hours."""
        done = command("clock", "--directory", str(self.sandbox.directory), "--advance-hours", "3")
        assert done.returncode == 0
        # Its token has expired meanwhile.
        token = log_in(self.sandbox.state).headers["X-Subject-Token"]
        self.sandbox = replace(self.sandbox, token=token)
        # The sandbox's clock is ahead of ours, by which the newest rated hour would be looked for.
        begin, end = (datetime.now(UTC) + timedelta(days=days) for days in (-1, 2))
        window = {"begin": f"{begin:%FT%TZ}", "end": f"{end:%FT%TZ}", "group_by": ["hour"]}
        told = run_module("infomaniak_cost_info", {"cloud": "sandbox", "rated_through": False, **window})
        return Decimal(told["cost"]["by_hour"][-1]["amount"])

    def ask(self, method: str, service: str, path: str, content: Result | None = None) -> Result:
        told = self.sandbox.ask(method, self.sandbox.catalog[service] + path, content)
        assert told.status < 300, told
        return told.body or {}

    def server(self, name: str, flavor: str) -> str:
        flavors = self.ask("GET", "compute", "/flavors")["flavors"]
        (of,) = [one["id"] for one in flavors if one["name"] == flavor]
        networks = self.ask("GET", "network", "/v2.0/networks")["networks"]
        (front,) = [one["id"] for one in networks if one["name"] == "front"]
        asked = {"name": name, "flavorRef": of, "networks": [{"uuid": front}]}
        made = self.ask("POST", "compute", "/servers", {"server": asked})
        return str(made["server"]["id"])

    def volume(self, name: str, size: int, kind: str) -> str:
        content = {"volume": {"name": name, "size": size, "volume_type": kind}}
        return str(self.ask("POST", "block-storage", "/volumes", content)["volume"]["id"])


@pytest.fixture
def life(start: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Life:
    sandbox = start()
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    return Life(sandbox, tmp_path)


def hourly(told: Result) -> Decimal:
    return Decimal(told["total"]["hourly"]["ICU"])


def playbook(folder: Path, tasks: list[tuple[str, Result]]) -> str:
    record = PlaybookRecord(is_check=True)
    for number, (module, arguments) in enumerate(tasks):
        place = TaskPlace(f"Task {number}", f"openstack.cloud.{module}", f"site.yml:{number}")
        record.passed(TaskRun(place, "localhost", arguments, "sandbox", None, False, False))
    (folder / "playbook.json").write_text(json.dumps(record.to_result()))
    return str(folder / "playbook.json")


def test_a_deployment_costs_in_each_step_of_its_life_what_was_estimated(life: Life, tmp_path: Path) -> None:
    small, large = (
        {"flavor_name": name, "network": [{"name": "front"}], "block_device": []} for name in (SMALL, LARGE)
    )
    data = {"size": 70, "volume_type": SLOW}
    balancer = {"vip_network_id": "n-1", "flavor_id": ""}

    # Made, by rows, a plan, a template and a playbook.
    (tmp_path / "stack.yaml").write_text(yaml.safe_dump(TEMPLATE))
    create = ["create"]
    told = [
        life.estimate(resources=ROWS),
        life.planned(
            (SERVER, create, None, small), (SERVER, create, None, small), (VOLUME, create, None, data),
            (FLOATING_IP, create, None, {"pool": "ext-net1"}), (BALANCER, create, None, balancer),
        ),
        life.estimate(heat_template=str(tmp_path / "stack.yaml")),
        life.estimate(playbook_plan=playbook(tmp_path, TASKS)),
    ]  # fmt: skip
    assert len({hourly(one) for one in told}) == 1, [hourly(one) for one in told]
    shared = ("cores", "instances", "ram_mb", "gigabytes", "volumes", "floating_ips", "load_balancers")
    assert len({tuple(one["required"].get(name) for name in shared) for one in told}) == 1
    before = life.rated()
    first, second = (life.server(name, SMALL) for name in ("life-1", "life-2"))
    volume = life.volume("life-data", 70, SLOW)
    networks = life.ask("GET", "network", "/v2.0/networks")["networks"]
    by_name = {one["name"]: one["id"] for one in networks}
    outside = {"floating_network_id": by_name["ext-net1"]}
    address = life.ask("POST", "network", "/v2.0/floatingips", {"floatingip": outside})["floatingip"]
    asked = {"loadbalancer": {"name": "life-lb", "vip_network_id": by_name["front"]}}
    lb = life.ask("POST", "load-balancer", "/v2/lbaas/loadbalancers", asked)["loadbalancer"]["id"]
    made = life.rated()
    assert made - before == hourly(told[0])

    # Resized: a server in place, and the volume, by a plan; the same by rows and for the volume by a task.
    grown = {"size": 100, "volume_type": SLOW}
    resized = life.planned(
        (SERVER, ["update"], {"id": first, **small}, {"id": first, **large}),
        (VOLUME, ["update"], {"id": volume, **data}, {"id": volume, **grown}),
    )
    rows = [
        {"kind": "instance", "names": ["life-1"], "flavor": LARGE},
        {"kind": "volume", "names": ["life-data"], "volume_type": SLOW, "gb": "100"},
    ]
    assert hourly(life.estimate(resources=rows)) == hourly(resized)
    extended = life.estimate(
        playbook_plan=playbook(tmp_path, [("volume", {"name": "life-data", "size": 100})])
    )
    assert hourly(extended) == hourly(life.estimate(resources=rows[1:]))
    flavors = {one["name"]: one["id"] for one in life.ask("GET", "compute", "/flavors")["flavors"]}
    life.ask("POST", "compute", f"/servers/{first}/action", {"resize": {"flavorRef": flavors[LARGE]}})
    life.ask("POST", "compute", f"/servers/{first}/action", {"confirmResize": None})
    life.ask("POST", "block-storage", f"/volumes/{volume}/action", {"os-extend": {"new_size": 100}})
    larger = life.rated()
    assert larger - made == hourly(resized)

    # Replaced: the volume by one of another type, in either order; its quota has room for 50 GB.
    faster = {"size": 50, "volume_type": FAST}
    replaced, created_first = (
        life.planned((VOLUME, actions, {"id": volume, **grown}, faster))
        for actions in (["delete", "create"], ["create", "delete"])
    )
    assert hourly(replaced) == hourly(created_first)
    life.ask("DELETE", "block-storage", f"/volumes/{volume}")
    volume = life.volume("life-fast", 50, FAST)
    other = life.rated()
    assert other - larger == hourly(replaced)

    # Removed, by a plan, by rows, and by a playbook.
    delete, address_text = ["delete"], address["floating_ip_address"]
    removed = [
        life.planned(
            (SERVER, delete, {"id": first, **large}, None), (SERVER, delete, {"id": second, **small}, None),
            (VOLUME, delete, {"id": volume, **faster}, None),
            (FLOATING_IP, delete, {"id": address["id"]}, None),
            (BALANCER, delete, {"id": lb, **balancer}, None),
        ),
        life.estimate(
            resources=[
                {"kind": kind, "names": names, "state": "absent"}
                for kind, names in (
                    ("instance", ["life-1", "life-2"]), ("volume", ["life-fast"]),
                    ("floating_ip", [address_text]), ("load_balancer", ["life-lb"]),
                )
            ]
        ),
        life.estimate(
            playbook_plan=playbook(
                tmp_path,
                [
                    *(("server", {"name": name, "state": "absent"}) for name in ("life-1", "life-2")),
                    ("volume", {"name": "life-fast", "state": "absent"}),
                    (
                        "floating_ip",
                        {"floating_ip_address": address_text, "state": "absent", "purge": True},
                    ),
                    ("loadbalancer", {"name": "life-lb", "state": "absent"}),
                ],
            )
        ),
    ]  # fmt: skip
    assert len({hourly(one) for one in removed}) == 1, [hourly(one) for one in removed]
    assert all(one["reduces"] and one["request"] == [] for one in removed)
    for server in (first, second):
        life.ask("DELETE", "compute", f"/servers/{server}")
    life.ask("DELETE", "block-storage", f"/volumes/{volume}")
    life.ask("DELETE", "network", f"/v2.0/floatingips/{address['id']}")
    life.ask("DELETE", "load-balancer", f"/v2/lbaas/loadbalancers/{lb}")
    gone = life.rated()
    assert gone - other == hourly(removed[0])
    assert gone == before
