# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tags the lines of a plan's resources have (design/estimates.md#tags).

What is unknown and sensitive is written as Terraform 1.11.4 writes maps and sets with such elements.
"""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._estimate.line_tags import LineTags, over_defaults
from ansible_collections.finops.cloud.plugins.module_utils._estimate.plan_configuration import (
    PlanConfiguration,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.plan_file import Plan
from ansible_collections.finops.cloud.plugins.module_utils._estimate.plan_tags import PlanTags
from ansible_collections.finops.cloud.plugins.module_utils._openstack.resource_types import TAGS_OF, VOLUME
from hypothesis import given
from hypothesis import strategies as st

SERVER, DISK = "openstack_compute_instance_v2", "openstack_blockstorage_volume_v3"
ADDRESS, BALANCER = "openstack_networking_floatingip_v2", "openstack_lb_loadbalancer_v2"
PORT, OBJECT = "openstack_networking_port_v2", "openstack_objectstorage_object_v1"
CONTAINER = "openstack_objectstorage_container_v1"
DEFAULTS = {"env": "prod", "team": "ours"}
UNKNOWN = {"tag_status": "unknown"}
Row = dict[str, Any]


def row(
    kind: str,
    after: Row | None,
    unknown: Any = None,
    sensitive: Any = None,
    before: Row | None = None,
    name: str = "one",
) -> Row:
    change = {
        "before": before,
        "after": after,
        "after_unknown": {} if unknown is None else unknown,
        "after_sensitive": {} if sensitive is None else sensitive,
    }
    return {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "change": change}


def line_tags(kind: str, one: Row, *others: Row, expressions: Row | None = None) -> LineTags:
    """Those of the line of a kind of the resource, over the defaults."""
    blocks = [
        {"address": each["address"], "expressions": (expressions or {}) if each is one else {}}
        for each in (one, *others)
    ]
    plan = Plan((one, *others), None, PlanConfiguration({"resources": blocks}))
    return over_defaults(DEFAULTS)(PlanTags(plan).of(one), kind)


WEB = {"metadata": {"team": "web"}}
WORDS = {"tags": ["team=web", "gold", "note=a=b", "=x"]}
READ = {"env": "prod", "gold": "true", "note": "a=b", "team": "web"}
REFERENCE = {"references": ["random_id.one.hex", "random_id.one"]}


@pytest.mark.parametrize(
    ("kind", "one", "tags", "not_imported"),
    [
        ("instance", row(SERVER, WEB), {"env": "prod", "team": "web"}, ("env",)),
        ("volume", row(DISK, WEB), {"env": "prod", "team": "web"}, ("env",)),
        ("floating_ip", row(ADDRESS, WORDS), READ, ("env",)),
        ("load_balancer", row(BALANCER, WORDS), READ, ("env",)),
        # Of one key twice the last by the alphabet counts, in whatever order the plan has them.
        ("floating_ip", row(ADDRESS, {"tags": ["team=b", "team=a"]}), {"env": "prod", "team": "b"}, ("env",)),
        # An import reads none of a boot volume, of an address of a port or a server, and of a container.
        ("volume", row(SERVER, WEB), {"env": "prod", "team": "web"}, ("env", "team")),
        ("fixed_ip", row(SERVER, WEB), {"env": "prod", "team": "web"}, ("env", "team")),
        ("fixed_ip", row(PORT, {"tags": ["team=web"]}), {"env": "prod", "team": "web"}, ("env", "team")),
        # Nova has tags, too, which no import reads.
        ("instance", row(SERVER, {"metadata": None, "tags": ["team=web"]}), DEFAULTS, ("env", "team")),
        ("fixed_ip", row("openstack_compute_interface_attach_v2", WEB), DEFAULTS, ("env", "team")),
        # What a plan changes or replaces has the tags of afterwards, what it removes those of before.
        ("instance", row(SERVER, WEB, before={"metadata": {"team": "db"}}),
         {"env": "prod", "team": "web"}, ("env",)),
        ("instance", row(SERVER, None, before={"metadata": {"team": "db"}}),
         {"env": "prod", "team": "db"}, ("env",)),
    ],
)  # fmt: skip
def test_a_line_has_its_resources_tags_over_the_defaults(
    kind: str, one: Row, tags: dict[str, str], not_imported: tuple[str, ...]
) -> None:
    assert line_tags(kind, one) == LineTags(tuple(sorted(tags.items())), not_imported)


@pytest.mark.parametrize(
    ("kind", "one", "tags"),
    [
        # All of it may be there, so that no default stands in for any.
        ("instance", row(SERVER, {}, {"metadata": True}), UNKNOWN),
        ("instance", row(SERVER, {}, True), UNKNOWN),
        ("floating_ip", row(ADDRESS, {"tags": ["team=web", None]}, {"tags": [False, True]}), UNKNOWN),
        ("instance", row(SERVER, WEB, sensitive={"metadata": True}), UNKNOWN),
        ("floating_ip", row(ADDRESS, {"tags": ["team=x"]}, sensitive={"tags": True}), UNKNOWN),
        # Only of one key the value is not known.
        ("instance", row(SERVER, {"metadata": {"a": "b"}}, {"metadata": {"team": True}}),
         {"a": "b", "env": "prod", **UNKNOWN}),
        ("instance",
         row(SERVER, {"metadata": {"a": "b", "team": "x"}}, sensitive={"metadata": {"team": True}}),
         {"a": "b", "env": "prod", **UNKNOWN}),
        ("instance", row(SERVER, {"metadata": {"a": "b", "team": 7}}), {"a": "b", "env": "prod", **UNKNOWN}),
        # No database holds a NUL or half of a character.
        ("instance", row(SERVER, {"metadata": {"team": "w\x00"}}), {"env": "prod", **UNKNOWN}),
        ("instance", row(SERVER, {"metadata": {"te\ud800am": "web"}}), UNKNOWN),
        ("instance", row(SERVER, {"metadata": "team=web"}), UNKNOWN),
        ("floating_ip", row(ADDRESS, {"tags": "team=web"}), UNKNOWN),
        ("floating_ip", row(ADDRESS, {"tags": ["\x00"]}), UNKNOWN),
        ("object_storage", row(OBJECT, {"container_name": ["shop"]}), UNKNOWN),
    ],
)  # fmt: skip
def test_tags_that_are_not_known_leave_no_default_in_their_place(
    kind: str, one: Row, tags: dict[str, str]
) -> None:
    assert dict(line_tags(kind, one, expressions={"metadata": REFERENCE}).tags) == tags


def test_metadata_that_nobody_sets_are_none() -> None:
    """Those of a volume are optional and computed."""
    unset = row(DISK, {}, {"metadata": True})
    assert dict(line_tags("volume", unset).tags) == DEFAULTS
    assert dict(line_tags("volume", unset, expressions={"metadata": REFERENCE}).tags) == UNKNOWN
    assert (
        dict(line_tags("volume", unset, expressions={"metadata": {"references": ["var.x"]}}).tags) == DEFAULTS
    )


@pytest.mark.parametrize(
    ("name", "containers", "reference", "tags"),
    [
        ("shop", [("shop", {"team": "web"})], None, {"env": "prod", "team": "web"}),
        ("shop", [("other", {"team": "web"})], None, DEFAULTS),
        # In two regions.
        (
            "shop",
            [("shop", {"team": "web"}), ("shop", {"team": "web"})],
            None,
            {"env": "prod", "team": "web"},
        ),
        ("shop", [("shop", {"team": "web"}), ("shop", {"team": "db"})], None, UNKNOWN),
        (None, [("shop", {"team": "web"})], f"{CONTAINER}.c0.id", {"env": "prod", "team": "web"}),
        (None, [("shop", {"team": "web"})], "local.name", UNKNOWN),
        (None, [("shop", {"team": "web"})], f"data.{CONTAINER}.c0.id", UNKNOWN),
    ],
)
def test_an_object_has_the_metadata_of_its_container(
    name: str | None,
    containers: list[tuple[str, dict[str, str]]],
    reference: str | None,
    tags: dict[str, str],
) -> None:
    made = [
        row(CONTAINER, {"name": called, "metadata": metadata}, name=f"c{index}")
        for index, (called, metadata) in enumerate(containers)
    ]
    one = row(
        OBJECT,
        {"container_name": name, "metadata": {"team": "of the object"}},
        {"container_name": True} if name is None else {},
    )
    found = line_tags(
        "object_storage", one, *made, expressions={"container_name": {"references": [reference]}}
    )
    assert dict(found.tags) == tags
    assert set(found.not_imported) == (set() if tags == UNKNOWN else {"env", "team"})


@given(st.dictionaries(st.text("abc=", min_size=1, max_size=4), st.text("xyz= ", max_size=4)))
def test_metadata_are_read_as_an_import_reads_those_of_the_cloud(metadata: dict[str, str]) -> None:
    known = dict(line_tags("volume", row(DISK, {"metadata": metadata})).tags)
    assert known == DEFAULTS | dict(TAGS_OF[VOLUME](metadata))
