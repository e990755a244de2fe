# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plan of a playbook changes in the project (design/playbooks.md#what-changes)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._estimate.changes import Change, Flavors
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_changes import (
    Project,
    playbook_changes,
    unmatched_tasks,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_plan import (
    PlaybookLine,
    PlaybookPlan,
    UnknownTask,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_record import TaskPlace
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_tasks import PlannedResource
from ansible_collections.finops.cloud.plugins.module_utils._estimate.project_resources import (
    ProjectResources,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.shapes import Part, Shape
from ansible_collections.finops.cloud.plugins.module_utils._openstack.compute import Flavor


def part(kind: str, size: str = "", quantity: int = 1, count: int = 1) -> Part:
    return Part(Shape(kind, size), Fraction(quantity), count)


NO_TASK = TaskPlace("", "", "")
A2, A4 = part("instance", "a2"), part("instance", "a4")
DATA = part("volume", "fast", 10)
FLAVORS = Flavors([Flavor("id-a2", "a2", 2, 4096), Flavor("id-a4", "a4", 4, 8192)])
PROJECT = Project(
    there=ProjectResources(
        named={
            ("server", "old"): A2,
            ("server", "odd"): "it is ERROR",
            ("volume", "data"): DATA,
            ("load balancer", "lb-old"): None,
            ("image", "base"): part("image"),
            ("image", "empty"): "image empty has no data yet",
            ("snapshot", "nightly"): part("snapshot", "", 10),
            ("load balancer", "lb-default"): part("load_balancer"),
            ("floating IP", "198.51.100.7"): part("floating_ip"),
            ("port", "port-old"): None,
            ("port", "port-ext"): part("fixed_ip", "", 2, 2),
            ("port", "port-twice"): "the project has several of the name port-twice",
        },
        addressed=frozenset({"old", "id-old"}),
    ),
    flavors=FLAVORS,
    public={"ext", "id-ext"},
    default_volume_type="slow",
    cloud="prod",
    region="dc3",
)


def line(kind: str, name: str = "", anew: bool = False, **more: Any) -> PlaybookLine:
    return PlaybookLine(PlannedResource(kind, name, **more), anew, "prod", None, NO_TASK)


def web(**more: Any) -> PlaybookLine:
    return line("instance", "web", **{"size": "a2", "networks": ("app",), **more})


def changes(*lines: PlaybookLine, project: Project = PROJECT) -> list[Change]:
    return playbook_changes(PlaybookPlan(lines, ()), project)


def change(
    *lines: PlaybookLine, project: Project = PROJECT
) -> tuple[str, tuple[Part, ...], tuple[Part, ...], str]:
    """Of the only change: what is done, what was before and is after, and why it is unknown."""
    (found,) = changes(*lines, project=project)
    unknown = [found.unknown] if found.unknown else [gap.reason for gap in found.gaps]
    return found.action, found.before, found.after, "; ".join(map(str, unknown))


def test_a_new_server_costs_by_its_flavor_named_or_by_its_id() -> None:
    assert change(web()) == ("added", (), (A2,), "")
    assert change(web(size="id-a4")) == ("added", (), (A4,), "")
    assert change(web(size="a9"))[2:] == ((), "the cloud has no flavor a9")


def test_a_server_that_is_there_stays_as_it_is_whatever_flavor_the_task_names() -> None:
    assert change(line("instance", "old", size="a4")) == ("changed", (A2,), (A2,), "")
    assert change(line("instance", "old", size="a4", anew=True, networks=())) == ("changed", (A2,), (A4,), "")
    assert change(line("instance", "old", state="absent")) == ("removed", (A2,), (), "")
    assert change(line("instance", "odd", size="a2"))[3] == "it is ERROR"


@pytest.mark.parametrize(
    ("networks", "parts", "unknown"),
    [
        (("app", "ext"), (A2, part("fixed_ip")), ""),
        (("Ext ",), (A2, part("fixed_ip")), ""),
        (("id-ext", "ext"), (A2, part("fixed_ip", "", 2, 2)), ""),
        ((), (A2,), ""),
        (None, (A2,), "the task names no network, so that it may get a public address"),
    ],
)
def test_addresses_on_public_networks_cost(
    networks: tuple[str, ...] | None, parts: tuple[Part, ...], unknown: str
) -> None:
    assert change(web(networks=networks)) == ("added", (), parts, unknown)


def test_starting_and_stopping_a_server() -> None:
    stopped = part("stopped_instance", "a2")
    assert change(line("instance", "old", state="stopped")) == ("changed", (A2,), (stopped,), "")
    is_stopped = replace(PROJECT, there=ProjectResources(named={("server", "old"): stopped}))
    starts = change(line("instance", "old", state="started"), project=is_stopped)
    assert starts == ("changed", (stopped,), (A2,), "")
    assert change(line("instance", "gone", state="started"))[3] == "the project has no server gone"
    # One that the plan makes runs in any case.
    assert [one.after for one in changes(web(), line("instance", "web", state="stopped"))] == [(A2,)]


def test_volumes_grow_and_keep_their_type() -> None:
    assert change(line("volume", "new", size="fast", gb=5)) == ("added", (), (part("volume", "fast", 5),), "")
    assert change(line("volume", "new", gb=5))[2] == (part("volume", "slow", 5),)
    assert change(line("volume", "data", size="slow", gb=30))[1:3] == ((DATA,), (part("volume", "fast", 30),))
    assert change(line("volume", "data", size="slow", gb=3))[1:3] == ((DATA,), (DATA,))
    assert change(line("volume", "data", unknown="no size"))[1:] == ((DATA,), (DATA,), "")
    assert change(line("volume", "new", unknown="no size"))[3] == "no size"
    retyped = change(line("volume", "data", size="slow", state="retyped"))
    assert retyped == ("changed", (DATA,), (part("volume", "slow", 10),), "")
    unknown_type = replace(PROJECT, default_volume_type=None)
    assert "default is unknown" in change(line("volume", "new", gb=5), project=unknown_type)[3]


def test_a_boot_volume_comes_with_a_new_server_only() -> None:
    boot = line("volume", gb=50, parent="web")
    assert [one.after for one in changes(web(), boot)] == [(A2,), (part("volume", "slow", 50),)]
    of_old = (line("instance", "old", size="a2"), line("volume", gb=50, parent="old"))
    assert [one.after for one in changes(*of_old)] == [(A2,)]


def test_a_floating_ip_of_a_server_that_has_one_is_there() -> None:
    address = part("floating_ip")
    assert not changes(line("floating_ip", parent="old"))
    assert not changes(line("floating_ip", parent="id-old"))
    assert change(line("floating_ip", parent="other"))[2] == (address,)
    assert change(line("floating_ip"))[2] == (address,)
    anew = (line("instance", "old", size="a2", anew=True, networks=()), line("floating_ip", parent="old"))
    assert [one.after for one in changes(*anew)] == [(A2,), (address,)]


def test_auto_ip_makes_none_where_the_server_has_a_public_address() -> None:
    auto = line("floating_ip", parent="web", certain=False)
    unknown = changes(web(), auto)[1].unknown
    assert unknown is not None and "set auto_ip to false" in unknown
    assert len(changes(web(networks=("ext",)), auto)) == 1
    assert not changes(line("floating_ip", parent="old", certain=False))


def test_load_balancers_are_compared_by_name() -> None:
    new = line("load_balancer", "lb", networks=("ext",))
    assert change(new) == ("added", (), (part("load_balancer"), part("fixed_ip")), "")
    there = part("load_balancer", "big")
    assert change(line("load_balancer", "lb-old", size="big")) == ("changed", (there,), (there,), "")
    address = line("floating_ip", parent="lb", parent_kind="load_balancer")
    assert len(changes(new, address)) == 2
    of_old = line("floating_ip", parent="lb-old", parent_kind="load_balancer")
    assert len(changes(line("load_balancer", "lb-old"), of_old)) == 1


def test_copies_have_the_size_of_their_volume() -> None:
    assert change(line("snapshot", "s", source="data"))[2] == (part("snapshot", "", 10),)
    planned = (line("volume", "new", size="fast", gb=7), line("backup", "b", source="new"))
    assert changes(*planned)[1].after == (part("backup", "", 7),)
    assert change(line("backup", "b", source="what"))[3] == "the size of volume what is unknown"
    assert not changes(line("snapshot", "nightly", source="data"))


def test_what_is_uploaded_costs_by_its_size_unless_it_is_there() -> None:
    assert not changes(line("image", "base", unknown="its size is unknown"))
    assert change(line("image", "new", unknown="its size is unknown"))[3] == "its size is unknown"
    half = Part(Shape("image"), Fraction(1, 2))
    assert change(line("image", "new", size_bytes=512 * 1024**2)) == ("added", (), (half,), "")
    stored = Part(Shape("object_storage"), Fraction(3, 1024))
    assert change(line("object_storage", "c/o", size_bytes=3 * 1024**2)) == ("added", (), (stored,), "")


def test_images_and_copies_that_go_cost_no_longer() -> None:
    assert change(line("image", "base", state="absent")) == ("removed", (part("image"),), (), "")
    assert change(line("image", "empty", state="absent"))[3] == "image empty has no data yet"
    assert not changes(line("image", "new", state="absent"))
    gone = change(line("snapshot", "nightly", state="absent"))
    assert gone == ("removed", (part("snapshot", "", 10),), (), "")


def test_ports_on_public_networks_are_compared_by_name() -> None:
    new = line("fixed_ip", "port-new", networks=("ext",), count=2)
    assert change(new) == ("added", (), (part("fixed_ip", "", 2, 2),), "")
    assert not changes(line("fixed_ip", "port-old", networks=("ext",)))
    assert change(line("fixed_ip", "port-old", networks=("ext",), anew=True))[2] == (part("fixed_ip"),)
    assert not changes(line("fixed_ip", "port-new", networks=("app",)))
    # One that is there and costs gets as many addresses as the task names, and keeps what it has.
    two, three = (part("fixed_ip", "", count, count) for count in (2, 3))
    assert change(line("fixed_ip", "port-ext", count=3)) == ("changed", (two,), (three,), "")
    assert change(line("fixed_ip", "port-ext", networks=None)) == ("changed", (two,), (two,), "")
    assert change(line("fixed_ip", "port-twice"))[3].startswith("the project has several")


@pytest.mark.parametrize(
    ("kind", "name", "gone"),
    [
        ("load_balancer", "lb-default", part("load_balancer")),
        ("floating_ip", "198.51.100.7", part("floating_ip")),
        ("fixed_ip", "port-ext", part("fixed_ip", "", 2, 2)),
        # Its list does not tell what it costs by, or it costs nothing; and what is not there.
        ("load_balancer", "lb-old", None),
        ("fixed_ip", "port-old", None),
        ("floating_ip", "198.51.100.8", None),
        ("load_balancer", "lb-gone", None),
    ],
)
def test_what_is_removed_saves_what_the_project_has_of_it(kind: str, name: str, gone: Part | None) -> None:
    found = changes(line(kind, name, state="absent"))
    assert [(one.action, one.before, one.after) for one in found] == (
        [("removed", (gone,), ())] if gone else []
    )
    assert change(line("fixed_ip", "port-new", networks=None))[3].startswith("the task names no network")


def test_what_a_user_knows_of_an_unknown_line_counts() -> None:
    upload = PlaybookLine(
        PlannedResource("image", "new", unknown="its size is unknown"),
        False,
        "prod",
        None,
        TaskPlace("Upload", "openstack.cloud.image", "site.yml:3"),
    )
    (found,) = playbook_changes(PlaybookPlan((upload,), ()), PROJECT, ["Upload"])
    assert (found.unknown, found.assumed) == (None, True)
    assert unmatched_tasks(PlaybookPlan((upload,), ()), ["Upload", "Down*"]) == ["Down*"]
    # What has a price keeps it.
    known = replace(upload, resource=PlannedResource("image", "new", size_bytes=1024**3))
    (found,) = playbook_changes(PlaybookPlan((known,), ()), PROJECT, ["Upload"])
    assert (found.after, found.assumed) == ((part("image"),), False)


def test_what_is_elsewhere_is_unknown() -> None:
    for elsewhere, says in (
        (
            PlaybookLine(web().resource, False, "other", None, NO_TASK),
            "its cloud is other, which the estimate does not ask",
        ),
        (
            PlaybookLine(web().resource, False, "prod", "dc4", NO_TASK),
            "its region is dc4, which the estimate does not ask",
        ),
    ):
        assert change(elsewhere)[3] == says
    assert change(PlaybookLine(web().resource, False, None, "dc3", NO_TASK))[2] == (A2,)


def test_what_the_run_did_not_understand_is_unknown() -> None:
    plan = PlaybookPlan((), (UnknownTask("Deploy", "my.own.thing", "nobody knows"),))
    (found,) = playbook_changes(plan, PROJECT)
    assert (found.name, found.unknown, found.fits) == ("Deploy", "nobody knows", False)
    for assumed in ("Deploy", "my.own.*"):
        (found,) = playbook_changes(plan, PROJECT, [assumed])
        assert (found.unknown, found.assumed) == (None, True)
    assert unmatched_tasks(plan, ["my.own.*", "Dep", "thing"]) == ["Dep", "thing"]


def test_metadata_becomes_the_tags_of_the_cost() -> None:
    (found,) = changes(web(tags={"team": "shop"}))
    assert (found.tags.own, found.tags.carried_by) == ((("team", "shop"),), {"instance"})
