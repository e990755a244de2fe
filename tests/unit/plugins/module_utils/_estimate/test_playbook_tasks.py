# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task of openstack.cloud plans, by its arguments (design/playbooks.md#tasks)."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_tasks import (
    PlannedResource,
    resources_of,
)
from hypothesis import given
from hypothesis import strategies as st

SERVER = {"name": "web", "flavor": "a2", "network": "app", "auto_ip": False}


def planned(module: str, **arguments: Any) -> list[PlannedResource]:
    return resources_of(f"openstack.cloud.{module}", arguments)


def test_a_server_with_its_boot_volume_and_addresses() -> None:
    web, disk, address = planned(
        "server",
        name="web",
        flavor="a2",
        nics=[{"net-name": "app"}, "net-id=ext,v4-fixed-ip=x", {"port-id": "p"}],
        boot_from_volume="yes",
        volume_size="50",
        floating_ip_pools=["ext", "ext"],
        meta="team=shop,env=prod",
        userdata="secret",
    )
    assert web == PlannedResource(
        "instance", "web", size="a2", networks=("app", "ext"), tags={"team": "shop", "env": "prod"}
    )
    assert disk == PlannedResource("volume", "", gb=50, parent="web")
    assert address == PlannedResource("floating_ip", "", count=2, parent="web")


def test_auto_ip_is_on_unless_it_is_said_otherwise() -> None:
    for given_, found in (
        ({}, 1),
        ({"auto_ip": "true"}, 1),
        ({"public_ip": "no"}, 0),
        ({"auto_ip": False}, 0),
    ):
        addresses = planned("server", name="web", flavor="a2", network="app", **given_)[1:]
        assert len(addresses) == found
        assert all(not one.certain for one in addresses)
    assert len(planned("server", **{**SERVER, "auto_ip": True, "floating_ips": ["198.51.100.7"]})) == 1


def test_a_server_without_a_network_or_flavor_does_not_say_enough() -> None:
    (web,) = planned("server", name="web", flavor_ram=4096, auto_ip=False)
    assert web.networks is None
    assert web.unknown == "its flavor is chosen when the playbook runs; name it as flavor"
    # A port has an address of its own.
    assert planned("server", **{**SERVER, "network": None, "nics": "port-id=p"})[0].networks == ()


@pytest.mark.parametrize(
    ("module", "arguments", "expected"),
    [
        ("server", {"name": "web", "state": "absent"}, [PlannedResource("instance", "web", "absent")]),
        (
            "volume",
            {"display_name": "data", "size": 100, "volume_type": "fast", "metadata": {"team": "db"}},
            [PlannedResource("volume", "data", size="fast", gb=100, tags={"team": "db"})],
        ),
        (
            "volume",
            {"name": "copy", "snapshot": "s"},
            [PlannedResource("volume", "copy", unknown="its size is not in the task; name it as size")],
        ),
        ("volume", {"name": "data", "state": "absent"}, [PlannedResource("volume", "data", "absent")]),
        (
            "volume_retype",
            {"name": "data", "new_type": "slow"},
            [PlannedResource("volume", "data", "retyped", size="slow")],
        ),
        (
            "volume_snapshot",
            {"name": "s", "volume": "data"},
            [PlannedResource("snapshot", "s", source="data")],
        ),
        ("volume_backup", {"name": "b", "volume": "data"}, [PlannedResource("backup", "b", source="data")]),
        ("floating_ip", {"server": "web"}, [PlannedResource("floating_ip", "", parent="web")]),
        ("floating_ip", {"server": "web", "floating_ip_address": "198.51.100.7"}, []),
        ("floating_ip", {"server": "web", "state": "absent", "purge": True}, []),
        ("floating_ip", {"floating_ip_address": "198.51.100.7", "state": "absent"}, []),
        (
            "floating_ip",
            {"floating_ip_address": "198.51.100.7", "state": "absent", "purge": True},
            [PlannedResource("floating_ip", "198.51.100.7", "absent")],
        ),
        (
            "loadbalancer",
            {"name": "lb", "vip_subnet": "app", "auto_public_ip": True},
            [
                PlannedResource("load_balancer", "lb", networks=("app",)),
                PlannedResource("floating_ip", "", parent="lb", parent_kind="load_balancer"),
            ],
        ),
        (
            "port",
            {"name": "p", "network": "ext", "fixed_ips": [{}, {}]},
            [PlannedResource("fixed_ip", "p", count=2, networks=("ext",))],
        ),
        (
            "server_action",
            {"server": "web", "action": "stop"},
            [PlannedResource("instance", "web", "stopped")],
        ),
        (
            "server_action",
            {"name": "web", "action": "start"},
            [PlannedResource("instance", "web", "started")],
        ),
        ("server_action", {"name": "web", "action": "reboot_hard"}, []),
        (
            "object",
            {"container": "c", "name": "o", "data": "\N{EURO SIGN}5"},
            [PlannedResource("object_storage", "c/o", size_bytes=4)],
        ),
        ("image", {"name": "i", "state": "absent"}, [PlannedResource("image", "i", "absent")]),
    ],
)
def test_what_a_task_plans(module: str, arguments: dict[str, Any], expected: list[PlannedResource]) -> None:
    assert planned(module, **arguments) == expected


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("image", {"name": "i", "filename": "x.qcow2"}),
        ("object", {"container": "c", "name": "o", "filename": "x"}),
        ("floating_ip", {"server": "web", "reuse": True}),
        ("server_action", {"name": "web", "action": "suspend"}),
        ("volume_snapshot", {"name": "s"}),
    ],
)
def test_what_a_task_does_not_say_is_unknown(module: str, arguments: dict[str, Any]) -> None:
    (found,) = planned(module, **arguments)
    assert found.unknown


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("image", {"name": "i", "filename": "x.qcow2"}),
        ("object", {"container": "c", "name": "o", "filename": "x"}),
    ],
)
def test_a_file_that_can_be_measured_tells_what_its_upload_costs_by(
    module: str, arguments: dict[str, Any]
) -> None:
    (found,) = resources_of(f"openstack.cloud.{module}", arguments, 7)
    assert (found.size_bytes, found.unknown) == (7, "")


ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = (
    "name", "state", "flavor", "nics", "network", "metadata", "size", "volume", "volume_type", "action",
    "boot_from_volume", "volume_size", "floating_ip_pools", "auto_ip", "server", "fixed_ips", "new_type",
)  # fmt: skip
MODULES = (
    "server", "volume", "floating_ip", "loadbalancer", "volume_snapshot", "volume_backup", "image", "object",
    "port", "server_action", "volume_retype",
)  # fmt: skip


@given(st.sampled_from(MODULES), st.dictionaries(st.sampled_from(NAMES), ODD))
def test_odd_arguments_make_no_traceback(module: str, arguments: dict[str, Any]) -> None:
    """A task with arguments that its module refuses is seen all the same."""
    for resource in planned(module, **arguments):
        assert resource.count >= 1
