# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans that Terraform itself wrote cost what they come to by hand at the sandbox's prices
(design/estimates.md#unknown-lines, design/estimates.md#public-addresses).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from ...conftest import FILES, Sandbox
from .conftest import Run
from .running import run_module

PLANS = Path(__file__).parents[1] / "module_utils" / "_estimate" / "plans" / "terraform"
SCENARIO = FILES / "scenarios" / "default.yml"
OPENSTACK = "registry.terraform.io/terraform-provider-openstack/openstack"
SERVER, VOLUME = "openstack_compute_instance_v2", "openstack_blockstorage_volume_v3"
ADDRESS = {"kind": "fixed_ip", "amount": "0.5", "currency": "ICU", "valid_from": "2026-01-01", "source": "us"}
Result = dict[str, Any]


@pytest.fixture
def estimate(run: Run, tmp_path: Path) -> Callable[..., Result]:
    """Estimate a plan by its name, or one that is given, on the sandbox that nobody changes."""

    def estimate(plan: str | dict[str, Any], **options: Any) -> Result:
        path = PLANS / f"{plan}.json"
        if isinstance(plan, dict):
            path = tmp_path / "plan.json"
            path.write_text(json.dumps(plan))
        asked = {"cloud": "sandbox", "terraform_plan": str(path), "price_list": [ADDRESS], **options}
        return run("cost_estimate_info", asked)

    return estimate


def lines(result: Result) -> list[tuple[str, str | None, str | None]]:
    return [(line["kind"], line["size"], line["hourly"]) for line in result["lines"]]


SMALL = ("instance", "a2-ram4-disk20-perf1", "0.35")
#: Of each plan its lines, and the quotas that it needs.
BY_HAND: dict[str, tuple[list[Any], dict[str, int]]] = {
    "deferred-data-source": (
        [SMALL],
        {"cores": 2, "instances": 1, "networks": 1, "ports": 2, "ram_mb": 4096, "subnets": 1},
    ),
    "ext-through-terraform-data": (
        [SMALL, ("fixed_ip", None, "0.5")],
        {"cores": 2, "instances": 1, "networks": 1, "ports": 1, "ram_mb": 4096},
    ),
    "lb-flavor": (
        [("load_balancer", "d0b2d0b2-0000-4000-8000-00000000aaaa", "0.6")],
        {"load_balancers": 1},
    ),
    "network-mode-none": ([SMALL], {"cores": 2, "instances": 1, "ram_mb": 4096}),
    "power-shutoff": (
        [SMALL],
        {"cores": 2, "instances": 1, "networks": 1, "ports": 1, "ram_mb": 4096},
    ),
    # Four addresses, a bastion, three masters, four workers that boot from volumes of 50 GB, three volumes of
    # 100 GB, and a load balancer: 0.8 + 0.35 + 3.15 + 9.4 + 2.55 + 0.6.
    "kubernetes": (
        [
            *[("floating_ip", None, "0.2")] * 4,
            SMALL,
            *[("instance", "a4-ram16-disk80-perf1", "1.05")] * 3,
            *[("instance", "a8-ram32-disk80-perf1", "2.1"), ("volume", "CEPH_1_perf1", "0.25")] * 4,
            *[("volume", "CEPH_1_perf2", "0.85")] * 3,
            ("load_balancer", None, "0.6"),
        ],
        {
            "cores": 46,
            "floating_ips": 4,
            "gigabytes": 500,
            "gigabytes_CEPH_1_perf1": 200,
            "gigabytes_CEPH_1_perf2": 300,
            "instances": 8,
            "load_balancers": 1,
            "networks": 1,
            "ports": 8,
            "ram_mb": 184320,
            "routers": 1,
            "security_group_rules": 3,
            "security_groups": 3,
            "server_groups": 2,
            "subnets": 1,
            "volumes": 7,
            "volumes_CEPH_1_perf1": 4,
            "volumes_CEPH_1_perf2": 3,
        },
    ),
    # 5 bytes of 1024 x 1024 x 1024 at 0.00076: less than what is shown.
    "object-content": ([("object_storage", None, "0")], {"object_storage_bytes": 5}),
}


@pytest.mark.parametrize("plan", BY_HAND)
def test_a_plan_of_terraform_is_priced_as_by_hand(estimate: Callable[..., Result], plan: str) -> None:
    result = estimate(plan)
    expected, required = BY_HAND[plan]
    assert result["unknown"] == []
    assert lines(result) == expected
    assert (result["required"], result["required_unknown"]) == (required, [])
    assert result["complete"]


def test_a_flavor_that_is_looked_up_during_apply_leaves_the_quotas_unknown(
    estimate: Callable[..., Result],
) -> None:
    result = estimate("flavor-data-deferred")
    assert lines(result) == [("instance", None, None)]
    assert [one["reason"] for one in result["unknown"]] == [
        "neither flavor_name nor flavor_id is known before apply"
    ]
    assert result["required"] == {"instances": 1, "networks": 1, "ports": 1}
    assert result["required_unknown"] == [f"{SERVER}.a"]
    assert result["total"] is None


def test_a_region_that_the_login_does_not_have_is_unknown(estimate: Callable[..., Result]) -> None:
    result = estimate("other-region")
    reason = "it is in region dc4-a, which the login does not have"
    assert {one["reason"] for one in result["unknown"]} == {reason}
    assert lines(result) == [(None, None, None)] * 2
    assert result["request"] == []


def test_a_resource_of_another_region_costs_what_it_costs_there(
    start: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ledger_file: Path
) -> None:
    scenario = yaml.safe_load(SCENARIO.read_text())
    scenario["other_regions"] = ["dc4-a"]
    scenario["rating"]["price_factors"] = {"dc4-a": 2}
    (tmp_path / "two.yml").write_text(yaml.safe_dump(scenario))
    cloud = start("--scenario", str(tmp_path / "two.yml"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", cloud.state["clouds_file"])
    asked = {"cloud": "sandbox", "terraform_plan": str(PLANS / "other-region.json")}
    result = run_module("cost_estimate_info", asked)
    assert result["complete"]
    # 10 GB at 0.005, and 0.35, both twice as dear there.
    assert lines(result) == [
        ("volume", "CEPH_1_perf1", "0.1"),
        ("instance", "a2-ram4-disk20-perf1", "0.7"),
    ]
    assert {line["region"] for line in result["lines"]} == {"dc4-a"}
    asked_for = {(line["category"], line["region"], line["hourly"]) for line in result["request"]}
    assert asked_for == {("compute", "dc4-a", "0.7"), ("storage", "dc4-a", "0.1")}
    # The network, which costs nothing, is where the login is.
    assert result["required"] == {"networks": 1}
    assert result["required_elsewhere"]["dc4-a"]["cores"] == 2


def plan_of(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A plan that makes resources: each row has a type, and the values after it."""
    changes = [
        {
            "address": f"{row['type']}.{row.get('name', 'one')}",
            "mode": "managed",
            "type": row["type"],
            "provider_name": row.get("provider", OPENSTACK),
            "change": {
                "actions": ["create"],
                "before": None,
                "after": row["after"],
                "after_unknown": row.get("unknown", {}),
                "after_sensitive": row.get("sensitive", {}),
            },
        }
        for row in rows
    ]
    resources = [
        {"address": change["address"], "expressions": row.get("expressions", {})}
        for change, row in zip(changes, rows, strict=True)
    ]
    configuration = {"root_module": {"resources": resources}}
    return {
        "format_version": "1.2", "resource_changes": changes, "configuration": configuration, **more,
    }  # fmt: skip


MADE = {"flavor_name": "a2-ram4-disk20-perf1", "block_device": [], "network": []}
BOOT = {"source_type": "image", "destination_type": "volume", "volume_size": 40}


def test_what_is_known_of_a_server_counts_and_only_the_rest_is_unknown(
    estimate: Callable[..., Result],
) -> None:
    """The flavor, a boot volume and an address are known; another boot volume and network are not."""
    server = {
        "type": SERVER,
        "after": {
            **MADE,
            "block_device": [
                {**BOOT, "volume_type": "CEPH_1_perf1"},
                {**BOOT, "volume_type": "CEPH_1_perf2"},
            ],
            "network": [{"name": "ext-net1"}, {}],
        },
        "unknown": {"block_device": [{}, {"volume_size": True}], "network": [{"uuid": True}, {"uuid": True}]},
        "expressions": {"network": [{"name": {}}, {"uuid": {"references": ["local.network"]}}]},
    }
    result = estimate(plan_of(server))
    assert lines(result) == [
        SMALL,
        ("volume", "CEPH_1_perf1", "0.2"),
        ("fixed_ip", None, "0.5"),
        ("volume", None, None),
        ("fixed_ip", None, None),
    ]
    assert [one["reason"] for one in result["unknown"]] == [
        "block_device[1].volume_size is known after apply",
        "uuid: on which network its address is, is known after apply",
    ]
    assert (result["complete"], result["total"]) == (False, None)
    assert result["known"]["hourly"]["ICU"] == "1.05"
    assert sum(Decimal(line["hourly"]) for line in result["request"]) == Decimal("1.05")
    assert result["required_unknown"] == [f"{SERVER}.one"]


@pytest.mark.parametrize(
    ("volume", "options", "size", "requests"),
    [
        ({"after": {"size": 10, "volume_type": None}}, {}, "CEPH_1_perf1", 5),
        ({"after": {"size": 10}, "unknown": {"volume_type": True}}, {}, "CEPH_1_perf1", 5),
        ({"after": {"size": 10}, "unknown": {"volume_type": True}},
         {"default_volume_type": "CEPH_1_perf2"}, "CEPH_1_perf2", 4),
        # An expression of variables only is unknown only where it comes to nothing.
        ({"after": {"size": 10}, "unknown": {"volume_type": True},
          "expressions": {"volume_type": {"references": ["var.type"]}}}, {}, "CEPH_1_perf1", 5),
        ({"after": {"size": 10, "volume_type": "CEPH_1_perf2"}}, {}, "CEPH_1_perf2", 4),
    ],
)  # fmt: skip
def test_a_volume_without_a_type_is_of_the_clouds_default_type(
    estimate: Callable[..., Result],
    running: Sandbox,
    volume: dict[str, Any],
    options: dict[str, Any],
    size: str,
    requests: int,
) -> None:
    running.ask("DELETE", "/sandbox/requests")
    result = estimate(plan_of({"type": VOLUME, **volume}), **options)
    assert [(line["size"], line["hourly"]) for line in result["lines"]] == [
        (size, {"CEPH_1_perf1": "0.05", "CEPH_1_perf2": "0.085"}[size])
    ]
    assert result["complete"]
    assert running.ask("GET", "/sandbox/requests").body["total"] == requests


@pytest.mark.parametrize(
    "volume",
    [
        {"after": {"size": 10}, "unknown": {"volume_type": True},
         "expressions": {"volume_type": {"references": ["openstack_blockstorage_volume_type_v3.own.name"]}}},
        {"after": {"size": 10, "snapshot_id": "a-snapshot"}, "unknown": {"volume_type": True}},
        {"after": {"size": 10, "source_vol_id": "a-volume", "volume_type": None}},
    ],
)  # fmt: skip
def test_a_type_that_is_not_the_default_is_unknown(
    estimate: Callable[..., Result], volume: dict[str, Any]
) -> None:
    result = estimate(plan_of({"type": VOLUME, **volume}))
    assert lines(result) == [("volume", None, None)]
    assert result["required_unknown"] == [f"{VOLUME}.one"]


def test_public_networks_that_match_nothing_are_an_error(estimate: Callable[..., Result]) -> None:
    server = {"type": SERVER, "after": {**MADE, "network": [{"name": "ext-net1"}]}}
    failed = estimate(plan_of(server), public_networks=["ext-net1", "ext-net2"])
    assert failed["failed"]
    assert failed["msg"].startswith("public_networks: 'ext-net2' is neither the name nor the ID of a network")
    passed = estimate(plan_of(server), public_networks=["ext-net1"])
    assert lines(passed) == [SMALL, ("fixed_ip", None, "0.5")]


def test_an_assumption_that_matches_nothing_is_warned_of(estimate: Callable[..., Result]) -> None:
    bucket = {"type": "aws_s3_bucket", "after": {}, "provider": "registry.terraform.io/hashicorp/aws"}
    result = estimate(plan_of(bucket), assume_free=["aws_*", "cloudflare_record"])
    assert result["complete"]
    (warning,) = result["warnings"]
    assert warning.startswith("assume_free: 'cloudflare_record' matches nothing of the plan")


@pytest.mark.parametrize("provider", [
    "registry.opentofu.org/terraform-provider-openstack/openstack",
    "registry.terraform.io/terraform-providers/openstack",
    "registry.opentofu.org/hashicorp/openstack",
    "registry.terraform.io/-/openstack",
])  # fmt: skip
def test_every_address_of_the_provider_is_openstack(estimate: Callable[..., Result], provider: str) -> None:
    assert lines(estimate(plan_of({"type": SERVER, "after": MADE, "provider": provider}))) == [SMALL]


def test_a_mirror_is_openstack_where_the_task_says_so(estimate: Callable[..., Result]) -> None:
    mirror = "registry.example.org/mirror/openstack"
    server = {"type": SERVER, "after": MADE, "provider": mirror}
    assert estimate(plan_of(server))["unknown"][0]["reason"] == f"it is of the provider {mirror}"
    assert lines(estimate(plan_of(server), plan_providers=[mirror])) == [SMALL]
    wrong = estimate(plan_of(server), plan_providers=["openstack"])
    assert wrong["msg"].startswith("plan_providers[0]: 'openstack' is not the address of a provider")


PORT = "openstack_networking_port_v2"


@pytest.mark.parametrize(
    ("after", "addresses"),
    [
        ({"fixed_ip": []}, 1),
        ({"fixed_ip": [{"subnet_id": "a", "ip_address": None}, {"subnet_id": "a", "ip_address": None}]}, 2),
        ({"fixed_ip": [], "no_fixed_ip": True}, 0),
    ],
)
def test_a_port_costs_an_address_for_each_public_fixed_ip(
    estimate: Callable[..., Result], running: Sandbox, after: dict[str, Any], addresses: int
) -> None:
    seen = running.ask("GET", f"{running.catalog['network']}/v2.0/networks").body["networks"]
    public = next(row["id"] for row in seen if row["name"] == "ext-net1")
    result = estimate(plan_of({"type": PORT, "after": {"network_id": public, **after}}))
    assert result["complete"]
    assert sum(Decimal(line["quantity"]) for line in result["lines"]) == addresses
    assert result["required"] == {"ports": 1}


SECRET = "a4-ram16-disk80-perf1"


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        (SERVER, {**MADE, "network": [{"fixed_ip_v4": "10.0.0.4"}]}),
        ("openstack_networking_port_v2", {"name": "p"}),
        ("openstack_compute_interface_attach_v2", {"instance_id": "i"}),
        ("openstack_lb_loadbalancer_v2", {"name": "lb"}),
    ],
)
def test_an_address_whose_network_the_plan_does_not_name_is_unknown(
    estimate: Callable[..., Result], kind: str, after: dict[str, Any]
) -> None:
    result = estimate(plan_of({"type": kind, "after": after}))
    assert not result["complete"]
    assert "none is given, so its network is unknown" in json.dumps(result["unknown"])


def test_what_is_sensitive_is_priced_and_never_shown(estimate: Callable[..., Result]) -> None:
    server = {"type": SERVER, "after": {**MADE, "flavor_name": SECRET}, "sensitive": {"flavor_name": True}}
    volume = {
        "type": VOLUME,
        "after": {"size": 73, "volume_type": "CEPH_1_perf2"},
        "sensitive": {"volume_type": True, "size": True},
    }
    wrong = {
        "type": SERVER,
        "name": "wrong",
        "after": {**MADE, "flavor_name": "no-such-flavor"},
        "sensitive": {"flavor_name": True},
    }
    result = estimate(plan_of(server, volume, wrong))
    # 73 GB at 0.0085.
    assert [(line["size"], line["quantity"], line["hourly"]) for line in result["lines"]] == [
        ("(sensitive)", None, "1.05"), ("(sensitive)", None, "0.6205"), (None, None, None),
    ]  # fmt: skip
    said = json.dumps({key: value for key, value in result.items() if key != "invocation"})
    assert not [one for one in (SECRET, "CEPH_1_perf2", "no-such-flavor") if one in said]
    assert "gigabytes" not in result["required"]
    assert result["required_unknown"] == [result["lines"][1]["name"], result["lines"][2]["name"]]


def test_an_image_of_a_known_size_and_a_balancer_of_the_default_flavor_are_priced(
    estimate: Callable[..., Result],
) -> None:
    image = {"type": "openstack_images_image_v2", "after": {"size_bytes": 3 * 1024**3}}
    balancer = {
        "type": "openstack_lb_loadbalancer_v2",
        "after": {"vip_subnet_id": "own"},
        "unknown": {"flavor_id": True},
    }
    listed = {**ADDRESS, "kind": "image", "amount": "0.01"}
    own = {**ADDRESS, "kind": "load_balancer", "name": "d0b2", "amount": "0.9"}
    result = estimate(plan_of(image, balancer), price_list=[listed, own])
    assert lines(result) == [("image", None, "0.03"), ("load_balancer", None, "0.6")]
    named = {**balancer, "after": {"vip_subnet_id": "own", "flavor_id": "d0b2"}, "unknown": {}}
    dearer = estimate(plan_of(named), price_list=[own], price_sources=["price_list"])
    assert lines(dearer) == [("load_balancer", "d0b2", "0.9")]
    looked_up = {
        **balancer,
        "expressions": {"flavor_id": {"references": ["data.openstack_lb_flavor_v2.one"]}},
    }
    assert lines(estimate(plan_of(looked_up))) == [("load_balancer", None, None)]


@pytest.mark.parametrize("registry", ["registry.terraform.io", "registry.opentofu.org"])
def test_a_cluster_of_infomaniaks_provider_costs_what_its_contract_says(
    estimate: Callable[..., Result], registry: str
) -> None:
    """As docs/estimate.md has it: the unknown line goes with assume_free, and the amount comes by a row."""
    kinds = ("kaas", "kaas_instance_pool", "dbaas", "zone", "record", "public_cloud_user")
    rows = [
        {"type": f"infomaniak_{kind}", "after": {}, "provider": f"{registry}/infomaniak/infomaniak"}
        for kind in kinds
    ]
    server = {"type": SERVER, "after": {"flavor_name": SMALL[1], "network": [], "block_device": []}}
    told = estimate(plan_of(*rows, server))
    assert [one["name"].removesuffix(".one") for one in told["unknown"]] == [
        f"infomaniak_{kind}" for kind in kinds[:4]
    ]
    assert all(one["reason"].endswith("as a row of kind amount") for one in told["unknown"])
    assert (told["complete"], told["total"]) == (False, None)
    amount = {"kind": "amount", "name": "cluster", "amount": "0.4", "currency": "ICU", "per": "hour"}
    free = [f"infomaniak_{kind}.one" for kind in kinds[:4]]
    told = estimate(plan_of(*rows, server), assume_free=free, resources=[amount])
    assert told["complete"]
    # The server is 0.35.
    assert told["total"]["hourly"]["ICU"] == "0.75"
