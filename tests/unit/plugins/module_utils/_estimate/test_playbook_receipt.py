# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A receipt, compared with the plan and with the project (design/playbooks.md#the-receipt)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._estimate.changes import Flavors
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_changes import Project
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_plan import (
    PlaybookLine,
    PlaybookPlan,
    UnknownTask,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_readings import (
    playbook_estimate,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_receipt import (
    Made,
    PlaybookRun,
    before_to_result,
    made_by,
    parse_before,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_record import TaskPlace
from ansible_collections.finops.cloud.plugins.module_utils._estimate.playbook_tasks import PlannedResource
from ansible_collections.finops.cloud.plugins.module_utils._estimate.project_resources import (
    ProjectResources,
)
from ansible_collections.finops.cloud.plugins.module_utils._estimate.shapes import Part, Shape
from ansible_collections.finops.cloud.plugins.module_utils._openstack.compute import Flavor

FLAVORS = Flavors([Flavor("id-a2", "a2", 2, 4096), Flavor("id-a4", "a4", 4, 8192)])
NOTHING = ProjectResources()


def line(kind: str, name: str = "", **more: Any) -> PlaybookLine:
    task = TaskPlace(f"Make {name or kind}", "openstack.cloud.x", f"site.yml:{name or kind}")
    return PlaybookLine(PlannedResource(kind, name, **more), False, "prod", None, task)


def web(number: int = 1, **more: Any) -> PlaybookLine:
    return line("instance", f"web-{number}", **{"size": "a2", "networks": ("app",), **more})


def has(*servers: str, addressed: tuple[str, ...] = (), flavor: str = "a2") -> ProjectResources:
    part = Part(Shape("instance", flavor), Fraction(1))
    named = {("server", name): part for name in servers}
    return ProjectResources(named=dict(named), addressed=frozenset(addressed))


def project(now: ProjectResources) -> Project:
    return Project(now, FLAVORS, (), None, "prod", "dc3-a")


def made(
    planned: list[PlaybookLine],
    told: list[PlaybookLine],
    now: ProjectResources,
    before: ProjectResources = NOTHING,
    failed: PlaybookLine | None = None,
) -> Made:
    unknown, places = (), frozenset[str]()
    if failed is not None:
        unknown = (UnknownTask(failed.task.name, failed.task.module, "it failed", failed.task.place),)
        places = frozenset({failed.task.place})
    receipt = PlaybookPlan(tuple(told), unknown, failed=places)
    run = PlaybookRun(PlaybookPlan(tuple(planned), ()), receipt, before)
    return made_by(run, receipt, project(now))


def names(of: Made) -> list[str]:
    return [one.resource.name or one.resource.parent for one in of.plan.lines]


def differences(of: Made) -> list[tuple[str, str, str]]:
    return [(one.name, one.difference, one.reason) for one in of.differences]


def test_what_was_planned_was_made() -> None:
    found = made([web(1), web(2, size="id-a2")], [web(1), web(2)], has("web-1", "web-2"))
    assert (names(found), differences(found), found.plan.unknown) == (["web-1", "web-2"], [], ())


def test_what_came_more_and_less() -> None:
    found = made([web(1), web(2)], [web(1), web(3)], has("web-1", "web-3"))
    assert names(found) == ["web-1", "web-3"]
    assert differences(found) == [
        ("web-3", "more", "the plan does not have it"),
        ("web-2", "less", "the run has not made it"),
    ]


def test_a_name_with_a_time_in_it_is_another_resource_in_each_run() -> None:
    planned, told = (line("instance", f"job-{at}", size="a2") for at in ("10:00", "10:07"))
    found = made([planned], [told], has("job-10:07"))
    assert names(found) == ["job-10:07"]
    assert [one[:2] for one in differences(found)] == [("job-10:07", "more"), ("job-10:00", "less")]


def test_what_came_other_costs_as_the_project_has_it() -> None:
    found = made([web(1)], [web(1)], has("web-1", flavor="a4"))
    assert [one.resource.size for one in found.plan.lines] == ["a4"]
    assert differences(found) == [("web-1", "other", "planned was present a2, made was present a4")]


def test_what_the_run_told_of_and_the_project_does_not_have_costs_nothing() -> None:
    found = made([web(1)], [web(1)], NOTHING)
    assert names(found) == []
    assert differences(found) == [
        ("web-1", "less", "the run has told of it, and the project does not have it")
    ]
    gone = web(1, state="absent")
    (wrong,) = differences(made([gone], [gone], has("web-1"), before=has("web-1")))
    assert wrong[1:] == ("less", "the run has told of it, and the project still has it")


def test_the_project_tells_what_a_failed_task_has_made() -> None:
    there = made([web(1)], [], has("web-1"), failed=web(1))
    assert (names(there), differences(there), there.plan.unknown) == (["web-1"], [], ())
    gone = made([web(1)], [], NOTHING, failed=web(1))
    assert (names(gone), gone.plan.unknown) == ([], ())
    assert differences(gone) == [("web-1", "less", "the run has not made it")]


def test_what_a_failed_task_has_made_without_a_name_stays_unknown() -> None:
    address = line("floating_ip", parent="web-1")
    orphan = made([web(1), address], [web(1)], has("web-1"), failed=address)
    assert [task.name for task in orphan.plan.unknown] == ["Make floating_ip"]
    attached = made([web(1), address], [web(1)], has("web-1", addressed=("web-1",)), failed=address)
    assert (names(attached), attached.plan.unknown) == (["web-1", "web-1"], ())
    # What the plan does not have cannot be looked for.
    unplanned = made([], [], has("web-1"), failed=web(1))
    assert [task.name for task in unplanned.plan.unknown] == ["Make web-1"]


def test_only_of_a_failed_task_the_project_tells_what_it_made() -> None:
    hidden = UnknownTask("Make web-1", "openstack.cloud.x", "its arguments are hidden", "site.yml:web-1")
    receipt = PlaybookPlan((), (hidden,))
    run = PlaybookRun(PlaybookPlan((web(1),), ()), receipt)
    assert made_by(run, receipt, project(has("web-1"))).plan.unknown == (hidden,)


def test_an_address_that_was_there_before_is_not_made_again() -> None:
    before = has("web-1", addressed=("web-1",))
    assert names(made([line("floating_ip", parent="web-1")], [], before, before)) == []


def test_what_was_there_before_is_no_difference() -> None:
    before = has("web-1")
    found = made([web(1, size="a4")], [web(1, size="a4")], has("web-1"), before)
    assert differences(found) == []
    assert differences(made([web(1)], [], has("web-1"), before)) == []
    assert differences(made([web(1, state="absent")], [], NOTHING)) == []


def test_a_volume_that_did_not_grow_is_another_one() -> None:
    ten, thirty = (ProjectResources(named={("volume", "data"): volume(gb)}) for gb in (10, 30))
    grows = line("volume", "data", size="slow", gb=30)
    assert differences(made([grows], [grows], thirty, ten)) == []
    assert differences(made([grows], [grows], ten, ten)) == [
        ("data", "other", "planned was present 30 GB, made was present 10 GB")
    ]


def volume(gb: int) -> Part:
    return Part(Shape("volume", "fast"), Fraction(gb))


def test_what_a_failed_task_has_changed_is_made() -> None:
    """It grew a volume, or made a server anew, and failed then."""
    ten, thirty = (ProjectResources(named={("volume", "data"): volume(gb)}) for gb in (10, 30))
    grows = line("volume", "data", size="fast", gb=50)
    found = made([grows], [], thirty, ten, failed=grows)
    assert ([one.resource.gb for one in found.plan.lines], found.plan.unknown) == ([30], ())
    assert names(made([grows], [], ten, ten, failed=grows)) == []
    anew = replace(web(1, size="a4"), anew=True)
    gone = web(1, state="absent")
    for told in ([], [gone]):
        found = made([anew], told, has("web-1", flavor="a4"), has("web-1"), failed=anew)
        assert [(one.resource.size, one.anew) for one in found.plan.lines] == [("a4", True)]
    assert names(made([anew], [], NOTHING, has("web-1"), failed=anew)) == []


def test_an_automatic_address_that_did_not_come_costs_nothing() -> None:
    auto = line("floating_ip", parent="web-1", certain=False)
    found = made([web(1), auto], [web(1), auto], has("web-1"))
    assert (names(found), differences(found)) == (["web-1"], [])
    found = made([web(1), auto], [web(1), auto], has("web-1", addressed=("web-1",)))
    assert names(found) == ["web-1", "web-1"]


@pytest.mark.parametrize("where", [{"cloud": "other"}, {"region": "dc4-a"}])
def test_what_is_elsewhere_is_not_looked_for_in_the_project(where: dict[str, str]) -> None:
    there = replace(web(), **where)
    found = made([there], [there], NOTHING)
    assert (names(found), differences(found)) == (["web-1"], [])
    # A server of that name in the project tells nothing of the other one.
    found = made([there], [], has("web-1"), failed=there)
    assert differences(found) == [("web-1", "less", "the run has not told of it")]
    assert (names(found), [task.reason for task in found.plan.unknown]) == ([], ["it failed"])
    found = made([], [there], has("web-1", flavor="a4"))
    assert differences(found) == [("web-1", "more", "the plan does not have it")]
    assert found.plan.lines == (there,)


@pytest.mark.parametrize(("cloud", "agrees"), [("prod", True), ("other", False)])
def test_a_receipt_agrees_only_if_all_of_it_is_known(cloud: str, agrees: bool) -> None:
    there = PlaybookPlan((replace(web(), cloud=cloud),), ())
    found = playbook_estimate(PlaybookRun(there, there), project(has("web-1")), ())
    assert (found.told["receipt"]["agrees"], found.told["receipt"]["differences"]) == (agrees, [])


def test_what_was_there_before_is_told_and_read_again() -> None:
    there = ProjectResources(
        named={
            ("server", "web-1"): Part(Shape("stopped_instance", "a2"), Fraction(1)),
            ("server", "odd"): "it is ERROR",
            ("server", "other"): Part(Shape("instance", "a2"), Fraction(1)),
            ("load balancer", "lb"): None,
            ("image", "base"): Part(Shape("image"), Fraction(1, 3)),
        },
        addressed=frozenset({"web-1", "other"}),
    )
    lines = (web(1), line("instance", "odd"), line("load_balancer", "lb"), line("image", "base"), web(9))
    told = before_to_result(PlaybookPlan(lines, ()), there)
    read = parse_before(told)
    assert read.named == {key: value for key, value in there.named.items() if key[1] != "other"}
    assert read.addressed == {"web-1"}
    for wrong in ({}, {**told[0], "quantity": "1/0"}, {**told[0], "kind": "x"}, {**told[0], "name": None}):
        with pytest.raises(InvalidOption, match=r"^playbook_before\[0\]: is no row"):
            parse_before([wrong])
