# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pack with most equal limits, the lower on a tie; and the lowest that has room
(design/reading-a-cloud.md#quota-packs).
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._openstack.quota import Quota
from ansible_collections.finops.cloud.plugins.module_utils._openstack.quota_names import BY_NAME, service_of
from ansible_collections.finops.cloud.plugins.module_utils._usage.quota_packs import (
    INFOMANIAK_PACKS,
    NEVER_COMPARED,
    Pack,
    parse_packs,
    recognize,
    smallest_pack,
)
from hypothesis import given
from hypothesis import strategies as st

#: `openstack quota show` of a project in Infomaniak's documentation, "Quotas and Accounting", by our names;
#: -1 is unlimited.
GUIDE = {
    "compute": {
        "cores": 200, "instances": 50, "key_pairs": 100, "metadata_items": 128, "ram_mb": 1048576,
        "server_group_members": 10, "server_groups": 20, "fixed_ips": -1,
        "injected_file_content_bytes": 10240, "injected_files": 5, "injected_file_path_bytes": 255,
    },
    "block_storage": {
        "backup_gigabytes": 50000, "backups": 50, "gigabytes": 10000, "groups": 20,
        "per_volume_gigabytes": -1, "snapshots": 50, "volumes": 100,
        **{
            f"{what}_CEPH_1{kind}": -1
            for what in ("gigabytes", "snapshots", "volumes")
            for kind in ("", "_perf1", "_perf2", "_perf3")
        },
    },
    "network": {
        "floating_ips": 50, "networks": 50, "ports": 200, "rbac_policies": 10, "routers": 10,
        "security_group_rules": 200, "security_groups": 20, "subnet_pools": -1, "subnets": 50,
    },
    "object_storage": {"object_storage_bytes": 1099511627776},
}  # fmt: skip


def project(limits: dict[str, dict[str, int]], **used: int) -> dict[str, dict[str, Quota] | None]:
    return {
        service: {
            name: Quota(name, None if limit == -1 else limit, used.get(name, 0), 0)
            for name, limit in rows.items()
        }
        for service, rows in limits.items()
    }


def test_the_mixed_project_of_the_guide() -> None:
    """Level 2 with backups of level 3, and server groups and object storage of level 1."""
    assert recognize(INFOMANIAK_PACKS, project(GUIDE)) == {
        "level": "level2",
        "differences": [
            {"name": "backup_gigabytes", "service": "block_storage", "limit": 50000, "pack_limit": 5000},
            {
                "name": "object_storage_bytes",
                "service": "object_storage",
                "limit": 1099511627776,
                "pack_limit": 10995116277760,
            },
            {"name": "server_group_members", "service": "compute", "limit": 10, "pack_limit": 100},
        ],
    }


@pytest.mark.parametrize("pack", INFOMANIAK_PACKS, ids=lambda pack: pack.level)
def test_a_project_that_was_sold_a_pack_has_it(pack: Pack) -> None:
    rows = {name: Quota(name, limit, 0, 0) for name, limit in pack.limits.items()}
    quotas: dict[str, dict[str, Quota] | None] = {}
    for name, row in rows.items():
        if name not in NEVER_COMPARED:
            quotas.setdefault(service_of(name) or "", {})[name] = row  # type: ignore[index]
    assert recognize(INFOMANIAK_PACKS, quotas) == {"level": pack.level, "differences": []}


def test_the_packs_name_quotas_that_there_are() -> None:
    for pack in INFOMANIAK_PACKS:
        assert {name for name in pack.limits if service_of(name) is None} == {
            "max_projects_per_account", "max_users_per_project",
        }  # fmt: skip
        in_packs = {row.name for row in BY_NAME.values() if row.pack is not None}
        assert in_packs <= pack.limits.keys()


def test_on_a_tie_the_lower_one() -> None:
    quotas = project({"compute": {"cores": 20, "instances": 50}})
    pack = recognize(INFOMANIAK_PACKS, quotas)
    assert pack is not None and pack["level"] == "level1"


def test_what_is_never_compared_and_what_was_not_read_count_for_nothing() -> None:
    never = {
        "fixed_ips": -1,
        "injected_files": 5,
        "injected_file_content_bytes": 10240,
        "injected_file_path_bytes": 255,
    }
    assert recognize(INFOMANIAK_PACKS, project({"compute": never})) is None
    assert recognize(INFOMANIAK_PACKS, {"compute": None}) is None
    assert recognize(INFOMANIAK_PACKS, project({"compute": {"cores": 21}})) is None
    assert recognize((), project(GUIDE)) is None
    only = recognize(INFOMANIAK_PACKS, project({"network": GUIDE["network"]}))
    assert only == {"level": "level2", "differences": []}


def test_the_smallest_pack_has_room_for_what_is_required_and_for_what_is_used() -> None:
    quotas = project(GUIDE, cores=20, instances=6)
    assert smallest_pack(INFOMANIAK_PACKS, quotas, {}) == "level1"
    assert smallest_pack(INFOMANIAK_PACKS, quotas, {"cores": 1}) == "level2"
    assert smallest_pack(INFOMANIAK_PACKS, quotas, {"cores": 180}) == "level2"
    assert smallest_pack(INFOMANIAK_PACKS, quotas, {"cores": 181}) == "level3"
    assert smallest_pack(INFOMANIAK_PACKS, quotas, {"cores": 481}) is None
    # 11 networks are there: level 1, which would do for the cores, has room for 10.
    assert smallest_pack(INFOMANIAK_PACKS, project(GUIDE, networks=11), {"cores": 1}) == "level2"


def test_what_a_pack_does_not_name_stays_as_it_is() -> None:
    quotas = project({"compute": {"cores": 4}, "load_balancer": {"load_balancers": 5}}, load_balancers=5)
    packs = (Pack("small", {"cores": 8}), Pack("large", {"cores": 8, "load_balancers": None}))
    assert smallest_pack(packs, quotas, {"cores": 8}) == "small"
    assert smallest_pack(packs, quotas, {"load_balancers": 1}) == "large"


def test_a_pack_does_not_make_known_what_nobody_tells() -> None:
    quotas: dict[str, dict[str, Quota] | None] = {
        "compute": {"key_pairs": Quota("key_pairs", 10, None, None)},
        "network": None,
    }
    assert smallest_pack(INFOMANIAK_PACKS, quotas, {"key_pairs": 1}) is None
    assert smallest_pack(INFOMANIAK_PACKS, quotas, {"ports": 1}) is None


def test_a_pack_has_no_room_that_is_known_for_what_nobody_tells_the_use_of() -> None:
    untold = {
        "compute": {"cores": Quota("cores", 4, 0, 0)},
        "load_balancer": {"pools": Quota("pools", 5, None, None)},
    }
    assert smallest_pack((Pack("small", {"pools": 5}),), untold, {"cores": 1}) is None
    assert smallest_pack((Pack("small", {"pools": None}),), untold, {"cores": 1}) == "small"
    # What of the load balancers could not be read may be more than the pack allows, what was not asked for is
    # no question.
    unread: dict[str, dict[str, Quota] | None] = {**untold, "load_balancer": None}
    assert smallest_pack((Pack("small", {"pools": 5}),), unread, {"cores": 1}) is None
    del unread["load_balancer"]
    assert smallest_pack((Pack("small", {"pools": 5}),), unread, {"cores": 1}) == "small"


@pytest.mark.parametrize("name", ["key_pairs", "server_group_members", "per_volume_gigabytes"])
def test_what_limits_users_or_single_things_is_no_use_of_the_project(name: str) -> None:
    rows = {"cores": Quota("cores", 4, 0, 0), name: Quota(name, 5, None, None)}
    quotas = {service_of(name) or "": rows, "compute": {"cores": Quota("cores", 4, 0, 0)}}
    assert smallest_pack((Pack("small", {name: 5, "cores": 4}),), quotas, {"cores": 1}) == "small"


@given(st.integers(0, 700), st.integers(0, 300))
def test_a_higher_pack_has_room_for_whatever_a_lower_one_has(cores: int, ports: int) -> None:
    quotas = project(GUIDE, cores=20)
    fitting = [
        pack.level
        for pack in INFOMANIAK_PACKS
        if smallest_pack((pack,), quotas, {"cores": cores, "ports": ports})
    ]
    assert fitting == [pack.level for pack in INFOMANIAK_PACKS][3 - len(fitting) :]


def test_packs_of_a_user() -> None:
    rows = [
        {
            "level": "s",
            "limits": {"cores": 8, "volumes": -1, "ports": None, "ram_mb": "1024", "gigabytes": "-1"},
        }
    ]
    limits = {"cores": 8, "volumes": None, "ports": None, "ram_mb": 1024, "gigabytes": None}
    assert parse_packs(rows) == (Pack("s", limits),)


@pytest.mark.parametrize("limit", [True, 1.5, -2, "many", ""])
def test_a_limit_is_a_whole_number_or_unlimited(limit: Any) -> None:
    with pytest.raises(
        InvalidOption, match=r"^packs\.s\.cores: .* write a whole number from zero up, or -1 for unlimited\.$"
    ):
        parse_packs([{"level": "s", "limits": {"cores": limit}}])


def test_a_level_comes_once() -> None:
    with pytest.raises(InvalidOption, match="^packs: s is given more than once"):
        parse_packs([{"level": "s", "limits": {}}, {"level": "s", "limits": {}}])
