# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan changes: what is known of it, and why the rest is not (design/estimates.md#unknown-lines)."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._estimate import terraform_types
from ansible_collections.finops.cloud.plugins.module_utils._estimate.changes import (
    ADDED,
    Change,
    Flavors,
    required_quotas,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.plan_configuration import (
    PlanConfiguration,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.plan_file import Plan, load_plan
from ansible_collections.finops.cloud.plugins.module_utils._estimate.plan_networks import PlanNetworks
from ansible_collections.finops.cloud.plugins.module_utils._estimate.planned_parts import Context
from ansible_collections.finops.cloud.plugins.module_utils._estimate.project_resources import (
    ProjectResources,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.shapes import Part, Shape, net
from ansible_collections.finops.cloud.plugins.module_utils._estimate.terraform import (
    PlanOptions,
    lists_to_read,
    plan_changes,
    tells_networks_by_id,
)
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
    if isinstance(before, dict):
        before = {"id": "an-id", "port_id": "an-id", **before}
    change = {"actions": actions, "before": before, "after": after, "after_unknown": unknown or {}}
    return {
        "address": f"{'data.' if more.get('mode') == 'data' else ''}{kind}.one",
        "mode": "managed",
        "type": kind,
        "provider_name": provider,
        "change": change,
        **more,
    }


NOTHING_SAID = PlanOptions((), terraform_types.OPENSTACK)


def priced(plan: Plan, public: tuple[str, ...] = (), **options: Any) -> list[Change]:
    """The changes of a plan, in a cloud with one region that has what the plan says it has before."""
    default, has = options.pop("default_volume_type", None), options.pop("has", None)
    there = ProjectResources(as_planned(plan, default) if has is None else has)
    context = Context(FLAVORS, PlanNetworks(plan, public), default, there)
    return plan_changes(plan, {None: context}, None, replace(NOTHING_SAID, **options))


def as_planned(plan: Plan, default_volume_type: str | None = None) -> dict[tuple[str, str], Any]:
    """What the project has, as the plan has it before."""
    found: dict[tuple[str, str], Any] = {}
    for one in plan.changes:
        before = one["change"].get("before") or {}
        identifier = before.get("id")
        found |= dict.fromkeys([(kind, identifier) for kind in ("floating IP", "load balancer", "port")])
        flavor = FLAVORS.with_id(str(before.get("flavor_id")))
        name = flavor.name if flavor else before.get("flavor_name")
        found["server", identifier] = (name, Fraction(1))
        if isinstance(before.get("size"), int):
            volume_type = before.get("volume_type") or default_volume_type
            found["volume", identifier] = (volume_type, Fraction(before["size"]))
        if isinstance(before.get("size_bytes"), int):
            found["image", identifier] = ("", Fraction(before["size_bytes"], 1024**3))
    return found


def changes(
    *rows: dict[str, Any], assume_free: tuple[str, ...] = (), public: tuple[str, ...] = ()
) -> list[Change]:
    return priced(Plan(rows, None), public, assume_free=assume_free)


def grown(*rows: dict[str, Any], public: tuple[str, ...] = ()) -> dict[tuple[str, str], Fraction]:
    """What one change comes to, by kind and size."""
    (change,) = changes(*rows, public=public)
    assert change.unknown is None
    assert not change.gaps
    return {(part.shape.kind, part.shape.name): part.quantity for part in net(change.before, change.after)}


def why(*rows: dict[str, Any], assume_free: tuple[str, ...] = ()) -> str | None:
    """Why the one piece of the change that is unknown is, or the whole of it."""
    (change,) = changes(*rows, assume_free=assume_free)
    reasons = [gap.reason for gap in change.gaps] + ([change.unknown] if change.unknown else [])
    assert len(reasons) <= 1
    return reasons[0] if reasons else None


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
        (row(VOLUME, ["create"], None, {**DISK, "size": float("1e400")}), "size is unknown"),
        (row(VOLUME, ["create"], None, DISK, {"volume_type": True}), "volume_type is known after apply"),
        (row(VOLUME, ["update"], {"volume_type": "fast"}, DISK), "size is unknown"),
        (row("openstack_images_image_v2", ["create"], None, {}, {"size_bytes": True}),
         "size_bytes is known after apply"),
        (row("openstack_containerinfra_cluster_v1", ["create"], None, {}), "it makes servers"),
        (row("openstack_brand_new_v1", ["create"], None, {}), "is in no table of what costs"),
        # A type that is not its provider's.
        (row(SERVER, ["create"], None, SMALL, provider="registry.terraform.io/hashicorp/random"),
         "it is of the provider"),
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


TYPES = Path(__file__).parent / "plans" / "openstack-provider-types.json"
PRICED_TYPES = {
    "openstack_blockstorage_volume_v3", "openstack_compute_instance_v2",
    "openstack_compute_interface_attach_v2", "openstack_images_image_v2", "openstack_lb_loadbalancer_v2",
    "openstack_networking_floatingip_v2", "openstack_networking_port_v2",
    "openstack_objectstorage_object_v1",
}  # fmt: skip
#: What costs at some clouds or at all, at a price that nobody tells.
UNKNOWN_TYPES = {
    "openstack_bgpvpn_v2", "openstack_containerinfra_cluster_v1", "openstack_containerinfra_nodegroup_v1",
    "openstack_db_instance_v1", "openstack_dns_zone_v2", "openstack_fw_group_v2",
    "openstack_keymanager_order_v1", "openstack_keymanager_secret_v1", "openstack_orchestration_stack_v1",
    "openstack_sharedfilesystem_share_v2", "openstack_vpnaas_service_v2",
    "openstack_vpnaas_site_connection_v2",
}  # fmt: skip


@pytest.mark.parametrize("kind", json.loads(TYPES.read_text())["types"])
def test_every_type_of_the_provider_is_priced_free_or_says_why_not(kind: str) -> None:
    (change,) = changes(row(kind, ["create"], None, {}))
    if kind in PRICED_TYPES:
        # Nothing is known of it: either there is a piece of it that costs, or one that is unknown; a port
        # costs by its network only.
        assert change.unknown is None
        assert change.gaps or change.after or kind.endswith(("_port_v2", "_interface_attach_v2"))
    elif kind in UNKNOWN_TYPES:
        assert change.unknown and "is in no table" not in change.unknown
        assert not change.fits
    else:
        assert (change.unknown, change.gaps, change.after) == (None, (), ())
        assert change.fits


BOOT = {"source_type": "image", "destination_type": "volume", "volume_size": 40, "volume_type": "fast"}


@pytest.mark.parametrize(
    ("device", "unknown", "reason"),
    [
        ({**BOOT, "volume_type": None}, {}, "block_device[0].volume_type is the cloud's default type, which"),
        (BOOT, {"volume_type": True}, "block_device[0].volume_type is known after apply"),
        ({**BOOT, "source_type": "snapshot", "volume_type": ""}, {}, "is that of the copied snapshot"),
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


def configured(*rows: dict[str, Any], providers: Any = None, **module: Any) -> PlanConfiguration:
    """A configuration with resources of the root module: each row has a type and expressions."""
    resources = [{"address": f"{row['type']}.one", "provider_config_key": "openstack", **row} for row in rows]
    return PlanConfiguration({"resources": resources, **module}, providers or {}, module.pop("variables", {}))


def refers(*names: str) -> dict[str, list[str]]:
    """An expression as Terraform lists what it refers to."""
    return {"references": [*names]}


def test_a_resource_is_priced_in_its_own_region_or_in_that_of_its_provider() -> None:
    other_flavors = Flavors([Flavor("id-small", "small", 2, 2048)])

    def where(one: dict[str, Any], region: Any = None, variables: Any = None) -> str | None:
        expressions = {} if region is None else {"region": region}
        providers = {"openstack": {"expressions": expressions}, "openstack.west": {}}
        plan = Plan((one,), None, PlanConfiguration({"resources": [{
            "address": f"{VOLUME}.one", "provider_config_key": "openstack", "expressions": {},
        }]}, providers, variables or {}))  # fmt: skip
        contexts = {
            "dc3-a": Context(FLAVORS, PlanNetworks(plan, ())),
            "dc4-a": Context(other_flavors, PlanNetworks(plan, ())),
        }
        (change,) = plan_changes(plan, contexts, "dc3-a", NOTHING_SAID)
        return change.unknown or change.region

    here, there, later, gone = (row(VOLUME, ["create"], None, {**DISK, **one}) for one in (
        {"region": "dc3-a"}, {"region": "dc4-a"}, {}, {"region": "dc9"}
    ))  # fmt: skip
    west = {"constant_value": "dc4-a"}
    assert where(here) == where(here, west) == where(later) == "dc3-a"
    assert where(there) == where(later, west) == "dc4-a"
    assert where(later, refers("var.region"), {"region": {"value": "dc4-a"}}) == "dc4-a"
    unknown = "the region of its provider is not known before apply"
    assert where(later, refers("var.region")) == unknown
    assert where(later, refers("local.region", "var.region"), {"region": {"value": "dc4-a"}}) == unknown
    assert where(gone) == "it is in region dc9, which the login does not have"
    moved = row(VOLUME, ["delete", "create"], {**DISK, "region": "dc3-a"}, {**DISK, "region": "dc4-a"})
    assert where(moved) == "it moves to another region"


OWN = row("openstack_networking_network_v2", ["create"], None, {"name": "own"})
ON_LATER = row(
    SERVER,
    ["create"],
    None,
    {**SMALL, "network": [{"access_network": False}]},
    {"network": [{"name": True, "uuid": True, "port": True}]},
)


def on_network(plan: Plan, public: tuple[str, ...] = ("p-1",)) -> bool | str:
    """Whether the first change has a public address, or why that is unknown."""
    change = priced(plan, public)[0]
    assert change.unknown is None
    (reason,) = [gap.reason for gap in change.gaps] or [""]
    return reason or any(part.shape.kind == "fixed_ip" for part in change.after)


def server_on(**attributes: Any) -> dict[str, Any]:
    """The configuration of a server with one network."""
    return {"type": SERVER, "expressions": {"network": [attributes]}}


def test_an_address_on_a_network_that_terraform_data_hands_on_is_followed() -> None:
    asked = configured(
        server_on(uuid=refers("terraform_data.one.output", "terraform_data.one")),
        {
            "type": "terraform_data",
            "expressions": {"input": refers("openstack_networking_network_v2.one.id")},
        },
    )

    def handed(given: Any, unknown: Any = None) -> bool | str:
        provider = "terraform.io/builtin/terraform"
        passed = row("terraform_data", ["create"], None, given, unknown or {}, provider)
        return on_network(Plan((ON_LATER, OWN, passed), None, asked))

    assert handed({"input": "p-1"}) is True
    assert handed({"input": "other"}) is False
    assert handed({}, {"input": True}) is False
    through_local = configured(server_on(uuid=refers("local.network")))
    assert "known after apply" in str(on_network(Plan((ON_LATER, OWN), None, through_local)))


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
    (row(PORT, ["create"], None, {}, {"network_id": True}), NETWORK, "network_id"),
    (row(INTERFACE, ["create"], None, {}, {"network_id": True, "port_id": True}), PORT, "port_id"),
    (ON_LATER, NETWORK, "uuid"),
    (row(BALANCER, ["create"], None, {}, {"vip_subnet_id": True, "vip_network_id": True}),
     "openstack_networking_subnet_v2", "vip_subnet_id"),
]  # fmt: skip


@pytest.mark.parametrize(("later", "made", "attribute"), LATER)
def test_a_network_known_after_apply_is_the_projects_own_only_where_it_is_followed(
    later: dict[str, Any], made: str, attribute: str
) -> None:
    expressions: Any = {attribute: refers(f"{made}.one.id", f"{made}.one")}
    if later["type"] == SERVER:
        expressions = {"network": [expressions]}
    after = {"network_id": "own", "name": "own"}

    def unknown(*others: dict[str, Any], of: Any = None) -> bool | str:
        told = {"type": later["type"], "expressions": expressions if of is None else of}
        return on_network(Plan((later, *others), None, configured(told)))

    not_followed = "on which network its address is, is known after apply"
    assert unknown(row(made, ["create"], None, after)) is False
    assert unknown(row(made, ["update"], after, after)) is False
    # A port is counted with itself, wherever it was made.
    assert made == PORT or not_followed in str(unknown())
    assert not_followed in str(unknown(row(made, ["create"], None, after), of={}))
    # What is looked up during apply may be the provider's.
    data = {attribute: refers("data.openstack_networking_network_v2.one.id")}
    if later["type"] == SERVER:
        data = {"network": [data]}
    looked_up = row("openstack_networking_network_v2", ["read"], None, {}, mode="data")
    assert not_followed in str(unknown(looked_up, of=data)) or made == PORT
    for name, public in (("own", False), ("p-1", True)):
        looked_up = row("openstack_networking_network_v2", ["read"], None, {"name": name}, mode="data")
        assert unknown(looked_up, of=data) is (public and made != PORT)


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
    assert tells_networks_by_id(Plan((one,), None), NOTHING_SAID) is by_id


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
    on_two = {**SMALL, "network": [{"name": "own"}, {"port": "a-port"}]}
    assert needs(row(SERVER, ["create"], None, on_two)) == {
        "cores": 1, "instances": 1, "ports": 1, "ram_mb": 1024,
    }  # fmt: skip
    assert needs(row(SERVER, ["delete", "create"], on_two, on_two)) == {}
    assert needs(row(SERVER, ["create", "delete"], on_two, on_two))["ports"] == 1


HAS: dict[tuple[str, str], Any] = {
    ("server", "s-1"): ("small", Fraction(1)),
    ("volume", "v-1"): ("fast", Fraction(10)),
    ("floating IP", "f-1"): None,
    ("image", "i-1"): ("", Fraction(2)),
    ("load balancer", "l-1"): ("", Fraction(1)),
    ("port", "p-1"): ("", Fraction(2)),
}
OF_SERVER, OF_VOLUME, OF_IMAGE = (
    {**SMALL, "id": "s-1"},
    {**DISK, "id": "v-1"},
    {"id": "i-1", "size_bytes": 2**31},
)
UNTOLD = "the plan does not tell which server of the project it is before"
OTHER_SIZE = "the project's {} of that ID has another size than the plan tells"
LARGER_FLAVOR = {"flavor_name": "large", "flavor_id": "id-large"}
ADDRESS, IMAGE = "openstack_networking_floatingip_v2", "openstack_images_image_v2"
BALANCER, NETWORK_PORT = "openstack_lb_loadbalancer_v2", "openstack_networking_port_v2"


def of_port(addresses: int) -> dict[str, Any]:
    return {"id": "p-1", "network_id": "id-ext", "fixed_ip": [{"subnet_id": "s"}] * addresses}


@pytest.mark.parametrize(
    ("kind", "before"),
    [
        (SERVER, OF_SERVER), (VOLUME, OF_VOLUME), (ADDRESS, {"id": "f-1"}), (IMAGE, OF_IMAGE),
        (BALANCER, {"id": "l-1", "flavor_id": "", "vip_network_id": "id-app"}),
        (NETWORK_PORT, of_port(2)), (NETWORK_PORT, of_port(0)),
    ],
)  # fmt: skip
def test_what_the_project_has_is_believed_to_be_there_before(kind: str, before: dict[str, Any]) -> None:
    (gone,) = priced(Plan((row(kind, ["delete"], before, None),), None), has=HAS, public=("id-ext",))
    assert (gone.unknown, len(gone.before), gone.after) == (None, 1, ())
    (kept,) = priced(
        Plan((row(kind, ["update"], before, {**before, "tags": ["a"]}),), None), has=HAS, public=("id-ext",)
    )
    assert (kept.unknown, kept.before) == (None, kept.after)


@pytest.mark.parametrize("actions", [["delete"], ["update"], ["delete", "create"], ["create", "delete"]])
@pytest.mark.parametrize(
    ("kind", "before", "says"),
    [
        (SERVER, {**OF_SERVER, "id": "s-2"}, "the project has no server of the ID that the plan tells"),
        (SERVER, {**OF_SERVER, "id": "v-1"}, "the project has no server of the ID that the plan tells"),
        (SERVER, {**OF_SERVER, "id": None}, UNTOLD),
        (SERVER, {**OF_SERVER, "id": 5}, UNTOLD),
        (SERVER, {**OF_SERVER, **LARGER_FLAVOR}, OTHER_SIZE.format("server")),
        (VOLUME, {**OF_VOLUME, "size": 1000}, OTHER_SIZE.format("volume")),
        (VOLUME, {**OF_VOLUME, "volume_type": "faster"}, OTHER_SIZE.format("volume")),
        (IMAGE, {**OF_IMAGE, "size_bytes": 2**32}, OTHER_SIZE.format("image")),
        (ADDRESS, {"id": "f-2"}, "the project has no floating IP of the ID that the plan tells"),
        (BALANCER, {"id": "l-1", "flavor_id": "large"}, OTHER_SIZE.format("load balancer")),
        (BALANCER, {"id": "l-2"}, "the project has no load balancer of the ID that the plan tells"),
        (NETWORK_PORT, of_port(3), OTHER_SIZE.format("port")),
    ],
)  # fmt: skip
def test_what_the_project_does_not_have_opens_nothing(
    kind: str, before: dict[str, Any], says: str, actions: list[str]
) -> None:
    """Whoever says that a large server is there already would have its successor for nothing."""
    after = None if actions == ["delete"] else before
    (change,) = priced(Plan((row(kind, actions, before, after),), None), has=HAS, public=("id-ext",))
    assert (change.unknown, change.before, change.after) == (says, (), ())


def test_what_two_resources_of_a_plan_are_is_removed_by_none() -> None:
    """The one that stays would be removed by the other."""
    gone = row(VOLUME, ["delete"], OF_VOLUME, None)
    for actions in (["no-op"], ["forget"], ["update"], ["delete"]):
        other = {**row(VOLUME, actions, OF_VOLUME, OF_VOLUME), "address": f"{VOLUME}.other"}
        change = priced(Plan((gone, other), None), has=HAS)[0]
        assert change.unknown == "two resources of the plan are the same volume of the project"


def test_of_what_no_list_tells_all_is_new() -> None:
    page = {"id": "shop/index.html", "content": "x" * 2**10}
    (change,) = changes(row("openstack_objectstorage_object_v1", ["update"], page, page))
    assert (change.before, [part.quantity for part in change.after]) == ((), [Fraction(1, 2**20)])


@pytest.mark.parametrize(
    ("one", "lists"),
    [
        (row(SERVER, ["create"], None, SMALL), set()),
        (row(SERVER, ["no-op"], SMALL, SMALL), set()),
        (row(SERVER, ["update"], SMALL, SMALL), {"servers"}),
        (row(VOLUME, ["delete"], DISK, None), {"volumes"}),
        (row(ADDRESS, ["delete", "create"], {}, {}), {"floating IPs"}),
        (row(PORT, ["update"], {"network_id": "n-1"}, {"network_id": "n-1"}), {"ports"}),
        (row("openstack_objectstorage_object_v1", ["delete"], {"content": "x"}, None), set()),
    ],
)
def test_only_the_lists_are_read_that_a_plan_needs(one: dict[str, Any], lists: set[str]) -> None:
    assert set(lists_to_read(Plan((one,), None), NOTHING_SAID)) == lists


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
    (change,) = priced(load_plan(str(tmp_path / "plan.json")))
    assert reason in str(change.unknown)


def test_a_plan_without_changes_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(
        json.dumps({**PLAN, "complete": True, "errored": False, "applyable": False})
    )
    assert priced(load_plan(str(tmp_path / "plan.json"))) == []
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
