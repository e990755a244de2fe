# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan changes: what is known of it, and why the rest is not (design/estimates.md#unknown-lines)."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._estimate.changes import (
    ADDED,
    Change,
    Flavors,
    required_quotas,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.shapes import Part, Shape, net
from ansible_collections.finops.cloud.plugins.module_utils._estimate.terraform import (
    Plan,
    load_plan,
    plan_changes,
    tells_networks_by_id,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.terraform_types import Context
from ansible_collections.finops.cloud.plugins.module_utils._openstack.compute import Flavor

OPENSTACK = "registry.terraform.io/terraform-provider-openstack/openstack"
FLAVORS = Flavors([Flavor("id-small", "small", 1, 1024), Flavor("id-large", "large", 4, 8192)])
SERVER, VOLUME = "openstack_compute_instance_v2", "openstack_blockstorage_volume_v3"
SMALL = {"flavor_name": "small", "flavor_id": "id-small", "network": [], "block_device": []}
DISK = {"size": 10, "volume_type": "fast"}


def row(
    kind: str,
    actions: list[str],
    before: Any,
    after: Any,
    unknown: Any = None,
    provider: str = OPENSTACK,
    **more: Any,
) -> dict[str, Any]:
    change = {"actions": actions, "before": before, "after": after, "after_unknown": unknown or {}}
    return {
        "address": f"{kind}.one",
        "mode": "managed",
        "type": kind,
        "provider_name": provider,
        "change": change,
        **more,
    }


def changes(
    *rows: dict[str, Any], assume_free: tuple[str, ...] = (), public: tuple[str, ...] = ()
) -> list[Change]:
    return plan_changes(Plan(rows, None), Context(FLAVORS, public), assume_free)


def grown(*rows: dict[str, Any], public: tuple[str, ...] = ()) -> dict[tuple[str, str], Fraction]:
    """What one change comes to, by kind and size."""
    (change,) = changes(*rows, public=public)
    assert change.unknown is None
    return {(part.shape.kind, part.shape.name): part.quantity for part in net(change.before, change.after)}


def why(*rows: dict[str, Any], assume_free: tuple[str, ...] = ()) -> str | None:
    (change,) = changes(*rows, assume_free=assume_free)
    assert not change.before and not change.after
    return change.unknown


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (row(SERVER, ["create"], None, {"flavor_name": "huge"}), "no flavor with flavor_name huge"),
        (row(SERVER, ["create"], None, {"flavor_id": "gone"}), "no flavor with flavor_id gone"),
        (row(SERVER, ["create"], None, {}, {"flavor_id": True, "flavor_name": True}), "known before apply"),
        (row(SERVER, ["create"], None, {"flavor_name": "small", "flavor_id": "id-large"}),
         "of different flavors"),
        (row(SERVER, ["create"], None, SMALL, {"block_device": True}), "block_device is known after apply"),
        (row(SERVER, ["create"], None, SMALL, {"network": True}), "network is known after apply"),
        (row(VOLUME, ["create"], None, DISK, {"size": True}), "size is known after apply"),
        (row(VOLUME, ["create"], None, {"volume_type": "fast"}), "size is unknown"),
        (row(VOLUME, ["create"], None, {**DISK, "size": True}), "size is unknown"),
        (row(VOLUME, ["create"], None, DISK, {"volume_type": True}), "volume_type is unknown; name it"),
        (row(VOLUME, ["update"], {"volume_type": "fast"}, DISK), "size is unknown"),
        (row("openstack_images_image_v2", ["create"], None, {}, {"size_bytes": True}),
         "size_bytes is known after apply"),
        (row("openstack_containerinfra_cluster_v1", ["create"], None, {}), "is in no table of what costs"),
        (row("aws_instance", ["create"], None, {}, provider="registry.terraform.io/hashicorp/aws"),
         "it is of the provider"),
        (row("aws_instance", ["delete"], {}, None, provider="registry.terraform.io/hashicorp/aws"),
         "it is of the provider"),
        (row(SERVER, ["create"], None, SMALL, provider="registry.terraform.io/someone/null"),
         "it is of the provider"),
        (row("null_resource", ["create"], None, {}, provider="registry.example.org/hashicorp/null"),
         "it is of the provider"),
        (row(SERVER, ["ponder"], None, SMALL), "its actions ponder are not understood"),
    ],
)  # fmt: skip
def test_what_is_not_known_says_why(one: dict[str, Any], reason: str) -> None:
    assert reason in str(why(one))


BOOT = {"source_type": "image", "destination_type": "volume", "volume_size": 40, "volume_type": "fast"}


@pytest.mark.parametrize(
    ("device", "unknown", "reason"),
    [
        ({**BOOT, "volume_type": None}, {}, "block_device[0].volume_type is unknown"),
        (BOOT, {"volume_type": True}, "block_device[0].volume_type is unknown"),
        (BOOT, {"volume_size": True}, "block_device[0].volume_size is known after apply"),
        ({**BOOT, "volume_size": 0}, {}, "block_device[0].volume_size is unknown"),
        (BOOT, {"destination_type": True}, "destination_type is known after apply"),
        (BOOT, True, "block_device is known after apply"),
    ],
)
def test_a_boot_volume_that_is_not_known_says_why(device: Any, unknown: Any, reason: str) -> None:
    after = {**SMALL, "block_device": [device]}
    assert reason in str(why(row(SERVER, ["create"], None, after, {"block_device": [unknown]})))


def test_an_unknown_is_gone_where_it_is_assumed_to_be_free() -> None:
    foreign = row("aws_instance", ["create"], None, {}, provider="registry.terraform.io/hashicorp/aws")
    for pattern in ("aws_instance", "aws_*", "aws_instance.one"):
        assert changes(foreign, assume_free=(pattern,)) == [Change("aws_instance.one", ADDED, assumed=True)]
    for pattern in ("aws", "instance", "*x"):
        assert why(foreign, assume_free=(pattern,))


def test_what_is_removed_and_assumed_to_be_free_is_left_out() -> None:
    gone = row("aws_instance", ["delete"], {}, None, provider="registry.terraform.io/hashicorp/aws")
    assert changes(gone, assume_free=("aws_instance",)) == []


def test_what_changes_nothing_that_costs_needs_no_price() -> None:
    retagged = {**SMALL, "flavor_name": "sold-no-more", "flavor_id": "x"}
    assert grown(row(SERVER, ["update"], retagged, {**retagged, "metadata": {"a": "b"}})) == {}
    assert changes(row(SERVER, ["no-op"], retagged, retagged), row(SERVER, ["forget"], SMALL, None)) == []
    assert changes(row(SERVER, ["read"], None, {}, mode="data")) == []
    assert (
        why(row(SERVER, ["create"], None, SMALL, mode="data"))
        == "it is a data source, which a plan only reads"
    )
    assert why(row("terraform_data", ["create"], None, {}, provider="terraform.io/builtin/terraform")) is None
    assert (
        why(row("random_id", ["create"], None, {}, provider="registry.opentofu.org/hashicorp/random")) is None
    )


@pytest.mark.parametrize(
    ("after", "unknown"),
    [
        ({**SMALL, "flavor_name": "large"}, {}),
        ({**SMALL, "flavor_id": "id-large"}, {}),
        ({**SMALL, "flavor_name": "large"}, {"flavor_id": True}),
        ({**SMALL, "flavor_name": "large", "flavor_id": "id-large"}, {}),
    ],
)
def test_on_a_resize_in_place_the_changed_attribute_counts(after: Any, unknown: Any) -> None:
    assert grown(row(SERVER, ["update"], SMALL, after, unknown)) == {
        ("instance", "large"): 1,
        ("instance", "small"): -1,
    }


def test_a_resize_of_which_only_the_stale_attribute_is_known_is_unknown() -> None:
    assert "known before apply" in str(why(row(SERVER, ["update"], SMALL, SMALL, {"flavor_id": True})))


def test_a_server_counts_with_what_it_is_made_with() -> None:
    local, kept = (
        {"source_type": "image", "destination_type": "local"},
        {"source_type": "volume", "volume_size": 0},
    )
    networks = [
        {"name": "public", "port": None},
        {"uuid": "p-2"},
        {"name": "public", "port": "a-port"},
        {"name": "own"},
    ]
    server = {**SMALL, "block_device": [BOOT, local, kept], "network": networks}
    made = {("instance", "small"): 1, ("volume", "fast"): 40, ("fixed_ip", ""): 2}
    public = ("public", "p-2")
    assert grown(row(SERVER, ["create"], None, server), public=public) == made
    # A boot volume stays and costs on unless it is deleted with its server.
    stays = {("instance", "small"): -1, ("fixed_ip", ""): -2}
    assert grown(row(SERVER, ["delete"], server, None), public=public) == stays
    deleted = {**server, "block_device": [{**BOOT, "delete_on_termination": True}, local, kept]}
    assert grown(row(SERVER, ["delete"], deleted, None), public=public) == {**stays, ("volume", "fast"): -40}


@pytest.mark.parametrize("source", ["image", "blank"])
def test_a_disk_whose_destination_is_left_out_is_local(source: str) -> None:
    """Compute API reference, create server, block_device_mapping_v2."""
    server = {**SMALL, "block_device": [{**BOOT, "source_type": source, "destination_type": None}]}
    assert grown(row(SERVER, ["create"], None, server)) == {("instance", "small"): 1}


def test_a_snapshots_copy_whose_destination_is_left_out_is_a_volume() -> None:
    server = {**SMALL, "block_device": [{**BOOT, "source_type": "snapshot", "destination_type": None}]}
    assert grown(row(SERVER, ["create"], None, server)) == {("instance", "small"): 1, ("volume", "fast"): 40}


def test_a_plan_that_stops_a_server_lowers_no_price_and_one_that_starts_it_costs() -> None:
    running, stopped = ({**SMALL, "power_state": state} for state in ("active", "shutoff"))
    for power, unknown in (("shutoff", {}), ("paused", {}), (None, {"power_state": True})):
        made = row(SERVER, ["create"], None, {**SMALL, "power_state": power}, unknown)
        assert grown(made) == {("instance", "small"): 1}
    assert grown(row(SERVER, ["update"], running, stopped)) == {}
    assert grown(row(SERVER, ["update"], stopped, {**stopped, "tags": ["a"]})) == {}
    assert grown(row(SERVER, ["update"], stopped, running)) == {
        ("instance", "small"): 1,
        ("stopped_instance", "small"): -1,
    }
    assert grown(row(SERVER, ["update"], stopped, stopped, {"power_state": True})) == {
        ("instance", "small"): 1,
        ("stopped_instance", "small"): -1,
    }


def test_a_resource_of_another_region_is_unknown() -> None:
    def why_there(one: dict[str, Any], *provider: str | None) -> str | None:
        context = Context(FLAVORS, (), region="dc3-a")
        (change,) = plan_changes(Plan((one,), None, frozenset(provider)), context, ())
        return change.unknown

    here, there, later = (row(VOLUME, ["create"], None, {**DISK, **one}) for one in (
        {"region": "dc3-a"}, {"region": "dc4-a"}, {}
    ))  # fmt: skip
    assert why_there(here) is None and why_there(here, "dc4-a") is None
    assert why_there(there) == "it is in region dc4-a, and the prices are those of dc3-a"
    assert why_there(later) is None and why_there(later, "dc3-a") is None
    assert why_there(later, "dc4-a") == "it is in region dc4-a, and the prices are those of dc3-a"
    assert why_there(later, None) == "the region of its provider is not known before apply"


@pytest.mark.parametrize(
    ("region", "variables", "regions"),
    [
        (None, {}, set()),
        ({"constant_value": "dc4-a"}, {}, {"dc4-a"}),
        ({"references": ["var.region"]}, {"region": {"value": "dc4-a"}}, {"dc4-a"}),
        ({"references": ["var.region"]}, {}, {None}),
        ({"references": ["local.region", "var.region"]}, {"region": {"value": "dc4-a"}}, {None}),
    ],
)
def test_the_region_of_a_provider_is_read_from_the_plan(
    region: Any, variables: dict[str, Any], regions: set[str | None], tmp_path: Path
) -> None:
    expressions = {} if region is None else {"region": region}
    plan = {
        "format_version": "1.2",
        "planned_values": {},
        "resource_changes": [],
        "variables": variables,
        "configuration": {
            "provider_config": {"openstack": {"full_name": OPENSTACK, "expressions": expressions}}
        },
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    assert load_plan(str(tmp_path / "plan.json")).regions == regions


def test_an_address_on_a_network_that_terraform_data_hands_on_is_unknown() -> None:
    server = {**SMALL, "network": [{"access_network": False}]}
    later = {"network": [{"name": True, "uuid": True, "port": True}]}
    own = row("openstack_networking_network_v2", ["create"], None, {"name": "own"})
    handed = row(
        "terraform_data",
        ["create"],
        None,
        {"input": "an-id"},
        {"output": True},
        "terraform.io/builtin/terraform",
    )
    asked = row(SERVER, ["create"], None, server, later)

    def unknown(*rows: dict[str, Any], references: frozenset[str] | None = frozenset()) -> str | None:
        return plan_changes(Plan(rows, None, references=references), Context(FLAVORS, ("p",)), ())[0].unknown

    assert unknown(asked, own) is None
    assert unknown(asked, own, handed) is None
    for references in (frozenset({"terraform_data.net.output"}), frozenset({"local.network"}), None):
        assert unknown(asked, own, references=references) is None
        assert "known after apply" in str(unknown(asked, own, handed, references=references))


def test_ports_and_attached_interfaces_cost_on_public_networks_only() -> None:
    for kind in ("openstack_networking_port_v2", "openstack_compute_interface_attach_v2"):
        assert grown(row(kind, ["create"], None, {"network_id": "p-1"}), public=("p-1",)) == {
            ("fixed_ip", ""): 1
        }
        assert grown(row(kind, ["create"], None, {"network_id": "own"}), public=("p-1",)) == {}
    behind_a_port = row(INTERFACE, ["create"], None, {"port_id": "a-port"}, {"network_id": True})
    assert grown(behind_a_port, public=("p-1",)) == {}


def test_a_load_balancer_costs_an_address_where_its_subnet_is_public() -> None:
    for subnet, address in (("public-subnet", {("fixed_ip", ""): 1}), ("own-subnet", {})):
        balancer = row(
            BALANCER,
            ["create"],
            None,
            {"vip_subnet_id": subnet},
            {"vip_network_id": True, "vip_port_id": True},
        )
        assert grown(balancer, public=("public-subnet",)) == {("load_balancer", ""): 1, **address}


INTERFACE, PORT = "openstack_compute_interface_attach_v2", "openstack_networking_port_v2"
BALANCER, NETWORK = "openstack_lb_loadbalancer_v2", "openstack_networking_network_v2"
#: What has an address on a network that is known after apply, and the type that the plan has to make for it
#: to be its own.
LATER = [
    (row(PORT, ["create"], None, {}, {"network_id": True}), NETWORK),
    (row(INTERFACE, ["create"], None, {}, {"network_id": True, "port_id": True}), PORT),
    (row(SERVER, ["create"], None, {**SMALL, "network": [{}]}, {"network": [{"name": True, "uuid": True}]}),
     NETWORK),
    (row(BALANCER, ["create"], None, {}, {"vip_subnet_id": True, "vip_network_id": True}),
     "openstack_networking_subnet_v2"),
]  # fmt: skip


@pytest.mark.parametrize(("later", "made"), LATER)
def test_a_network_known_after_apply_is_the_projects_own_only_where_the_plan_makes_it(
    later: dict[str, Any], made: str
) -> None:
    def unknown(*others: dict[str, Any]) -> str | None:
        first, *_others = changes(later, *others, public=("p-1",))
        assert first.unknown is not None or "fixed_ip" not in {part.shape.kind for part in first.after}
        return first.unknown

    after = {"network_id": "own"}
    assert "on which network its address is, is known after apply" in str(unknown())
    assert unknown(row(made, ["create"], None, after)) is None
    assert unknown(row(made, ["delete", "create"], after, after)) is None
    assert unknown(row(made, ["update"], after, after))
    assert unknown(row(made, ["delete"], after, None))
    # What is looked up during apply may be the provider's.
    looked_up = row("openstack_networking_network_v2", ["read"], None, {}, mode="data")
    assert unknown(row(made, ["create"], None, after), looked_up)
    elsewhere = row(
        "terraform_remote_state", ["read"], None, {}, provider="terraform.io/builtin/terraform", mode="data"
    )
    assert unknown(row(made, ["create"], None, after), elsewhere)
    image = row("openstack_images_image_v2", ["read"], None, {}, mode="data")
    assert unknown(row(made, ["create"], None, after), image) is None


@pytest.mark.parametrize(
    ("one", "by_id"),
    [
        (row(PORT, ["create"], None, {"network_id": "n-1"}), True),
        (row(PORT, ["delete"], {"network_id": "n-1"}, None), True),
        (row(PORT, ["no-op"], {"network_id": "n-1"}, {"network_id": "n-1"}), False),
        (row(PORT, ["create"], None, {}, {"network_id": True}), False),
        (row(SERVER, ["create"], None, {**SMALL, "network": [{"name": "front", "uuid": None}]}), False),
        (row(SERVER, ["create"], None, {**SMALL, "network": [{"name": "front"}, {"uuid": "n-1"}]}), True),
        (row(VOLUME, ["create"], None, {**DISK, "network_id": "n-1"}), False),
    ],
)
def test_networks_are_read_only_where_a_plan_tells_one_by_its_id(one: dict[str, Any], by_id: bool) -> None:
    assert tells_networks_by_id(Plan((one,), None)) is by_id


def test_quotas_grow_by_what_one_resource_does_not_give_back_to_itself() -> None:
    def needs(*rows: dict[str, Any]) -> dict[str, int]:
        return required_quotas(changes(*rows), FLAVORS)

    larger = {**DISK, "size": 25}
    assert needs(row(VOLUME, ["update"], DISK, larger)) == {"gigabytes": 15, "gigabytes_fast": 15}
    assert needs(row(VOLUME, ["update"], larger, DISK)) == {}
    assert needs(row(VOLUME, ["delete", "create"], DISK, DISK)) == {}
    both = {"gigabytes": 10, "gigabytes_fast": 10, "volumes": 1, "volumes_fast": 1}
    assert needs(row(VOLUME, ["create", "delete"], DISK, DISK)) == both
    # One resource gives nothing to another: nobody promises the order.
    assert needs(row(VOLUME, ["delete"], DISK, None), row(VOLUME, ["create"], None, DISK)) == both
    resized = row(SERVER, ["update"], SMALL, {**SMALL, "flavor_name": "large"})
    assert needs(resized) == {"cores": 3, "ram_mb": 7168}
    network = row("openstack_networking_network_v2", ["create"], None, {})
    assert needs(network) == {"networks": 1}


def test_the_new_one_comes_on_top_of_one_that_is_forgotten() -> None:
    assert grown(row(VOLUME, ["create", "forget"], DISK, DISK)) == {("volume", "fast"): 10}
    (overlapping,) = changes(row(VOLUME, ["create", "delete"], DISK, DISK))
    assert overlapping.overlaps
    assert overlapping.before == (Part(Shape("volume", "fast"), Fraction(10)),)


PLAN: dict[str, Any] = {
    "format_version": "1.2",
    "planned_values": {},
    "variables": {"password": {"value": "geheim"}},
}

HAS_A_SERVER = {
    "root_module": {"child_modules": [{"address": "module.geheim", "resources": [{"type": SERVER}]}]}
}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"errored": True}, "errored"),
        ({"action_invocations": [{"address": "action.aws_lambda_invoke.a"}]}, "invokes actions"),
        ({"complete": False}, "not complete"),
        ({"complete": True, "deferred_changes": [{"reason": "provider_config_unknown"}]}, "not complete"),
    ],
)
def test_a_plan_that_is_not_whole_is_unknown(tmp_path: Path, more: dict[str, Any], reason: str) -> None:
    (tmp_path / "plan.json").write_text(json.dumps({**PLAN, **more}))
    (change,) = plan_changes(load_plan(str(tmp_path / "plan.json")), Context(FLAVORS, ()), ())
    assert reason in str(change.unknown)


def test_a_plan_without_changes_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(
        json.dumps({**PLAN, "complete": True, "errored": False, "applyable": False})
    )
    assert plan_changes(load_plan(str(tmp_path / "plan.json")), Context(FLAVORS, ()), ()) == []
    outputs = {"outputs": {"url": {"value": "https://shop.example"}}, "root_module": {}}
    (tmp_path / "plan.json").write_text(json.dumps({**PLAN, "planned_values": outputs}))
    assert load_plan(str(tmp_path / "plan.json")).changes == ()


ODD_ACTIONS: Any = [["geheim"]]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("PK\x03\x04geheim", "is not a plan in JSON; write one with terraform show -json"),
        ('{"format_version": "1.0", "x": NaN, "variables": "geheim"}', "is not a plan in JSON"),
        ('["geheim"]', "is not a plan in JSON"),
        # A reader may take the first, and Terraform the last.
        (
            '{"format_version": "1.0", "resource_changes": [], "resource_changes": []}',
            "is not a plan in JSON",
        ),
        ('{"variables": "geheim"}', "is not a plan in JSON"),
        (json.dumps({**PLAN, "format_version": "2.0"}), "has format 2.0; format 1 is supported"),
        ('{"format_version": "1.0", "values": {"password": "geheim"}}', "it may be a state"),
        (
            json.dumps({**PLAN, "resource_changes": [{"address": "geheim"}]}),
            "has a malformed resource change",
        ),
        (json.dumps({**PLAN, "resource_changes": {"geheim": 1}}), "has a malformed resource change"),
        (
            json.dumps({**PLAN, "resource_changes": [row(SERVER, ODD_ACTIONS, None, {})]}),
            "has a malformed resource change",
        ),
        (json.dumps({**PLAN, "resource_changes": None}), "has a malformed resource change"),
        (json.dumps({**PLAN, "planned_values": HAS_A_SERVER}), "has resources but does not say what changes"),
        (
            json.dumps({**PLAN, "planned_values": HAS_A_SERVER, "resource_changes": []}),
            "does not say what changes",
        ),
        (json.dumps({**PLAN, "planned_values": None}), "does not say what changes"),
    ],
)
def test_what_is_no_plan_is_refused_without_a_word_of_it(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "plan.json").write_text(content)
    with pytest.raises(InvalidOption, match=says) as refused:
        load_plan(str(tmp_path / "plan.json"))
    assert "geheim" not in str(refused.value)


def test_a_plan_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(
        InvalidOption, match=r"^terraform_plan: '/not/there.json' cannot be read: No such file"
    ):
        load_plan("/not/there.json")
