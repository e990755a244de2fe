# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One naming: the table is sound, docs/quotas.md shows it, and the real OpenStack is held to all of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.finops.cloud.plugins.module_utils._openstack.quota_names import (
    QUALIFIED_NAMES,
    QUOTA_FAMILIES,
    QUOTA_NAMES,
    our_name,
    required_name,
    service_of,
)
from ansible_collections.finops.cloud.plugins.module_utils._usage.quota_packs import INFOMANIAK_PACKS

ROOT = Path(__file__).parents[5]
CAPTURES = ROOT / "tests" / "unit" / "captures"
#: What a Nova of today no longer tells, and what nothing is counted against.
GONE = {"injected_files", "injected_file_content_bytes", "injected_file_path_bytes", "fixed_ips"}
NOT_COUNTED = {"key_pairs", "server_group_members", "metadata_items", "per_volume_gigabytes"}


def shown(mark: str) -> list[list[str]]:
    """The rows of the table behind a mark of docs/quotas.md, without its head."""
    text = (ROOT / "docs" / "quotas.md").read_text(encoding="utf-8").partition(f"<!-- {mark} -->\n")[2]
    lines = text.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def test_the_document_shows_the_names() -> None:
    known = [
        [row.name, row.service, row.api, row.command_line or "-", row.pack or "-"] for row in QUOTA_NAMES
    ]
    for family in QUOTA_FAMILIES:
        of = "<TYPE>" if family.service == "block_storage" else "<POLICY>"
        elsewhere = family.prefix + of if of == "<TYPE>" else "-"
        known.append([family.prefix + of, family.service, family.api_prefix + of, elsewhere, elsewhere])
    assert shown("names") == known


def test_the_document_shows_the_names_that_have_their_service_in_front() -> None:
    assert shown("qualified") == [[name, *name.split(".")] for name in QUALIFIED_NAMES]


@pytest.mark.parametrize(
    ("service", "own", "required"),
    [
        ("compute", "instances", "instances"),
        ("database", "instances", "database.instances"),
        ("shared_file_system", "shares", "shares"),
        ("network", "trunk", "trunk"),
        # Nobody's table says that Nova had it: it is Cinder's name.
        ("compute", "volumes", None),
    ],
)
def test_what_a_quota_is_required_by(service: str, own: str, required: str | None) -> None:
    assert required_name(service, own) == required


def test_the_document_shows_the_packs() -> None:
    told = [
        [
            name,
            *(
                "unlimited" if pack.limits[name] is None else str(pack.limits[name])
                for pack in INFOMANIAK_PACKS
            ),
        ]
        for name in INFOMANIAK_PACKS[0].limits
    ]
    assert shown("packs") == told


def test_a_name_is_whole_words_and_one_quota() -> None:
    for names in ([row.name for row in QUOTA_NAMES], [(row.service, row.api) for row in QUOTA_NAMES]):
        assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", row.name) for row in QUOTA_NAMES)


@pytest.mark.parametrize(
    ("service", "api", "ours"),
    [
        ("compute", "ram", "ram_mb"),
        ("network", "floatingip", "floating_ips"),
        ("network", "subnetpool", "subnet_pools"),
        ("load_balancer", "l7policy", "l7_policies"),
        ("block_storage", "gigabytes_CEPH_1_perf1", "gigabytes_CEPH_1_perf1"),
        ("block_storage", "volumes___DEFAULT__", "volumes___DEFAULT__"),
        ("block_storage", "snapshots_with space", "snapshots_with space"),
        ("object_storage", "x-account-quota-bytes-policy-policy-0", "object_storage_bytes_policy-0"),
        ("object_storage", "x-account-quota-count-policy-gold", "object_storage_objects_gold"),
        # Not in the table: as the service calls it. A name is looked up in its own service only.
        ("network", "trunk", "trunk"),
        ("compute", "network", "network"),
    ],
)
def test_names(service: str, api: str, ours: str) -> None:
    assert our_name(service, api) == ours


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("ram_mb", "compute"),
        ("per_volume_gigabytes", "block_storage"),
        ("backup_gigabytes", "block_storage"),
        ("volumes_CEPH_1_perf1", "block_storage"),
        ("object_storage_bytes_gold", "object_storage"),
        ("shares", "shared_file_system"),
        ("snapshot_gigabytes", "shared_file_system"),
        ("gigabytes", "block_storage"),
        ("shared_file_system.gigabytes", "shared_file_system"),
        ("database.ram", "database"),
        ("database.cores", None),
        ("ram", None),
        ("trunk", None),
    ],
)
def test_whose_a_name_is(name: str, service: str | None) -> None:
    assert service_of(name) == service


@pytest.mark.parametrize(
    ("capture", "service", "under"),
    [
        ("nova_quota_detail_257", "compute", "quota_set"),
        ("cinder_quota_usage", "block_storage", "quota_set"),
        ("neutron_quota_details", "network", "quota"),
        ("oct_quota", "load_balancer", "quota"),
    ],
)
def test_every_name_that_a_real_cloud_told_is_in_the_table(capture: str, service: str, under: str) -> None:
    rows = json.loads((CAPTURES / f"{capture}.json").read_text())["response"]["body"][under]
    names = {our_name(service, api) for api in rows if api != "id"}
    assert {service_of(name) for name in names} == {service}
    of_no_type = {name for name in names if "CEPH" not in name and "DEFAULT" not in name}
    assert of_no_type == {row.name for row in QUOTA_NAMES if row.service == service} - GONE


def test_the_real_openstack_is_held_to_every_field_of_the_command_line() -> None:
    blocks = yaml.safe_load((ROOT / "tests" / "openstack" / "oracles.yml").read_text(encoding="utf-8"))
    claims = next(block["claims"]["quota show --usage"] for block in blocks if "all" in block["calls"])
    types = [
        f"{kind}_{of}"
        for of in ("CEPH_1_perf1", "CEPH_1_perf2", "__DEFAULT__")
        for kind in ("volumes", "gigabytes", "snapshots")
    ]
    fields = {
        row.name: row.command_line
        for row in QUOTA_NAMES
        if row.command_line is not None and row.name not in GONE
    }
    for name, theirs in {**fields, **{name: name for name in types}}.items():
        ours = f"all.quotas.{service_of(name)}.{name}"
        assert {f"{ours}.limit", f"{ours}.unlimited"} & claims.keys()
        counted = set() if name in NOT_COUNTED else {f"{ours}.used", f"{ours}.reserved"}
        assert counted <= claims.keys()
        about = [claim for field, claim in claims.items() if field.startswith(f"{ours}.")]
        assert all(f"Resource == '{theirs}'" in claim for claim in about)
