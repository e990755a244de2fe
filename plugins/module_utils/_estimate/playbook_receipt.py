# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a run of a playbook has really made: its receipt, compared with the plan and with the project
(design/playbooks.md#the-receipt).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from .._core.errors import InvalidOption
from .changes import GIB
from .playbook_changes import Project, elsewhere
from .playbook_plan import PlaybookLine, PlaybookPlan, UnknownTask
from .playbook_tasks import ABSENT, PRESENT, PlannedResource
from .project_resources import FLOATING_IP, Claim, ProjectResources, thing_of
from .shapes import KINDS, Part, Shape

MORE, LESS, OTHER = "more", "less", "other"
_NOT_PLANNED = "the plan does not have it"
#: The kinds that the project lists by name.
_LISTED = frozenset({"instance", "volume", "load_balancer", "image", "snapshot", "backup", "fixed_ip"})


@dataclass(frozen=True)
class PlaybookRun:
    """The plan of a playbook, the receipt of its real run where that is asked about, and what the project had
    of the plan's resources before.
    """

    plan: PlaybookPlan
    receipt: PlaybookPlan | None = None
    before: ProjectResources = ProjectResources()  # noqa: RUF009 (frozen)

    @property
    def everything(self) -> PlaybookPlan:
        """All lines of both, as what has to be read of the project depends on them."""
        return replace(self.plan, lines=(*self.plan.lines, *(self.receipt.lines if self.receipt else ())))


@dataclass(frozen=True)
class Deviation:
    """A resource of which the run made more, less or another one than was planned, and what."""

    kind: str
    name: str
    difference: str
    reason: str


@dataclass(frozen=True)
class Made:
    """What the run made, as a plan that can be priced, and how that differs from what was planned."""

    plan: PlaybookPlan
    differences: tuple[Deviation, ...]


def made_by(run: PlaybookRun, receipt: PlaybookPlan, project: Project) -> Made:
    """Compare the receipt with the plan and the project as it is now.

    What the project lists counts as it is there. What a failed task made is what the project has of its
    lines in the plan, if it lists all of them; otherwise it stays unknown. So does what is in another cloud
    or region, of which the project's lists tell nothing.
    """
    comparison = _Comparison(run, project)
    planned, told = _by_identity(run.plan.lines), _by_identity(receipt.lines)
    for identity, line in told.items():
        comparison.told(line, planned.get(identity))
    for identity, line in planned.items():
        if identity not in told:
            comparison.untold(line)
    unknown = tuple(task for task in receipt.unknown if not comparison.decides(task, receipt.failed))
    made = replace(receipt, lines=tuple(comparison.lines), unknown=unknown)
    return Made(made, tuple(comparison.differences))


def _by_identity(lines: Iterable[PlaybookLine]) -> dict[tuple[object, ...], PlaybookLine]:
    """The lines by what makes them the same in two runs; those without a name by their number."""
    seen: Counter[tuple[object, ...]] = Counter()
    found: dict[tuple[object, ...], PlaybookLine] = {}
    for line in lines:
        of = line.resource
        acts = of.state not in (PRESENT, ABSENT)
        identity = (line.cloud, line.region, of.kind, of.name, of.parent, of.parent_kind, acts)
        seen[identity] += 1
        found[(*identity, seen[identity])] = line
    return found


class _Comparison:
    def __init__(self, run: PlaybookRun, project: Project) -> None:
        self._run = run
        self._project = project
        self._now = project.there
        self.lines: list[PlaybookLine] = []
        self.differences: list[Deviation] = []

    def told(self, line: PlaybookLine, planned: PlaybookLine | None) -> None:
        """A line of the receipt, and that of the plan."""
        of = line.resource
        if elsewhere(line, self._project):
            self.lines.append(line)
            if planned is None:
                self._differ(of, MORE, _NOT_PLANNED)
            return
        if not of.certain and of.parent not in self._now.addressed:
            return
        if _is_listed(of) and of.state in (PRESENT, ABSENT) and self._has(of) != (of.state == PRESENT):
            if of.state == ABSENT and planned is not None and planned.resource.state == PRESENT:
                # Removed to be made anew, by a task that failed.
                self.untold(planned)
                return
            wrong = "the project does not have it" if of.state == PRESENT else "the project still has it"
            self._differ(of, LESS, f"the run has told of it, and {wrong}")
            return
        self.lines.append(self._as_it_is(line))
        if planned is None:
            self._differ(of, MORE, _NOT_PLANNED)
        elif self._size(planned) != self._size(self.lines[-1]):
            text = f"planned was {_text(self._size(planned))}, made was {_text(self._size(self.lines[-1]))}"
            self._differ(of, OTHER, text)

    def untold(self, line: PlaybookLine) -> None:
        """A line of the plan that the receipt does not have: of a task that failed or did not run."""
        of, before = line.resource, self._run.before
        if not of.certain:
            return
        if elsewhere(line, self._project):
            self._differ(of, LESS, "the run has not told of it")
            return
        was_there = _is_listed(of) and of.state == PRESENT and before.has(of.kind, of.name)
        is_another = self._has(of) and self._now.find(of.kind, of.name) != before.find(of.kind, of.name)
        if was_there and not is_another:
            return
        # Such as a volume that has grown although its task failed.
        if was_there or self._is_made(of):
            self.lines.append(self._as_it_is(line))
        elif of.state != ABSENT or before.has(of.kind, of.name):
            self._differ(of, LESS, "the run has not made it" if of.state == PRESENT else "it was not done")

    def decides(self, task: UnknownTask, failed: frozenset[str]) -> bool:
        """Whether the project tells what a task has made that failed."""
        lines = [line for line in self._run.plan.lines if line.task.place == task.place]
        return task.place in failed and bool(lines) and all(map(self._is_decided, lines))

    def _is_decided(self, line: PlaybookLine) -> bool:
        of = line.resource
        if elsewhere(line, self._project):
            return False
        if of.kind == "floating_ip":
            # One that is there and belongs to nothing would not be seen.
            return of.parent in self._now.addressed
        return of.state in (PRESENT, ABSENT) and (_is_listed(of) or bool(of.parent))

    def _is_made(self, of: PlannedResource) -> bool:
        before, now = self._run.before, self._now
        if of.kind == "floating_ip":
            return of.parent in now.addressed and of.parent not in before.addressed
        if of.parent and not of.name:
            return now.has(of.parent_kind, of.parent) and not before.has(of.parent_kind, of.parent)
        return _is_listed(of) and of.state in (PRESENT, ABSENT) and self._has(of) == (of.state == PRESENT)

    def _has(self, of: PlannedResource) -> bool:
        return self._now.has(of.kind, of.name)

    def _as_it_is(self, line: PlaybookLine) -> PlaybookLine:
        """The line with the size that the project has."""
        of = line.resource
        found = self._now.find(of.kind, of.name) if of.name and of.state == PRESENT else None
        if not isinstance(found, Part):
            return line
        resource = replace(
            of,
            unknown="",
            size=found.shape.name or of.size,
            gb=int(found.quantity) if of.kind == "volume" else of.gb,
            size_bytes=int(found.quantity * GIB) if of.kind == "image" else of.size_bytes,
        )
        return replace(line, resource=resource)

    def _size(self, line: PlaybookLine) -> tuple[object, ...]:
        """What it costs by. One that was there before stays as it was, whatever the plan names; what the plan
        leaves to the cloud is as the cloud made it.
        """
        of = line.resource
        found = self._run.before.find(of.kind, of.name) if of.name else None
        if isinstance(found, Part):
            # A volume grows, and keeps its type; a server keeps its flavor.
            return (of.state, "", max(of.gb or 0, int(found.quantity)) if of.kind == "volume" else None, 1)
        flavor = self._project.flavors.with_id(of.size) if of.kind == "instance" else None
        made = self._as_it_is(line).resource
        size = (flavor.name if flavor else of.size) or made.size
        return (of.state, size, of.gb or made.gb, of.count)

    def _differ(self, of: PlannedResource, difference: str, reason: str) -> None:
        name = of.name or (f"of {of.parent}" if of.parent else "")
        self.differences.append(Deviation(of.kind, name, difference, reason))


def _is_listed(of: PlannedResource) -> bool:
    return of.kind in _LISTED and bool(of.name)


def _text(size: tuple[object, ...]) -> str:
    state, name, gb, count = size
    several = f"{count} of it" if count != 1 else ""
    words = [str(state), str(name) if name else "", f"{gb} GB" if gb else "", several]
    return " ".join(word for word in words if word)


def before_to_result(plan: PlaybookPlan, there: ProjectResources) -> list[dict[str, Any]]:
    """What the project has of the resources that the plan names, as parse_before() reads it."""
    claims: dict[Claim, None] = {}
    for line in plan.lines:
        of = line.resource
        for kind, name in ((of.kind, of.name), (of.parent_kind, of.parent), ("volume", of.source)):
            if name:
                claims[thing_of(kind), name] = None
    rows = [_before(*claim, there.named[claim]) for claim in claims if claim in there.named]
    addressed = [name for thing, name in claims if thing == thing_of("instance") and name in there.addressed]
    return rows + [_before(FLOATING_IP, name, None) for name in addressed]


def _before(thing: str, name: str, found: Part | str | None) -> dict[str, Any]:
    part = found if isinstance(found, Part) else None
    return {
        "thing": thing,
        "name": name,
        "kind": part.shape.kind if part else None,
        "size": part.shape.name if part else None,
        "quantity": str(part.quantity) if part else None,
        "unknown": found if isinstance(found, str) else None,
    }


def parse_before(rows: Sequence[Mapping[str, Any]]) -> ProjectResources:
    """What before_to_result() told. Raises InvalidOption for what it does not tell."""
    named: dict[Claim, Part | str | None] = {}
    addressed = set()
    for number, row in enumerate(rows):
        try:
            thing, name = _text_of(row["thing"]), _text_of(row["name"])
            found = _found(row)
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            raise InvalidOption(
                f"playbook_before[{number}]",
                "is no row of `playbook_before` of an earlier estimate; give all of that list as it is.",
            ) from None
        if thing == FLOATING_IP and found is None:
            addressed.add(name)
        else:
            named[thing, name] = found
    return ProjectResources(named=named, addressed=frozenset(addressed))


def _found(row: Mapping[str, Any]) -> Part | str | None:
    """Raises KeyError, TypeError, ValueError or ZeroDivisionError."""
    if row["unknown"] is not None:
        return _text_of(row["unknown"])
    if row["kind"] is None:
        return None
    if row["kind"] not in KINDS:
        raise ValueError
    quantity = Fraction(_text_of(row["quantity"]))
    return Part(Shape(_text_of(row["kind"]), _text_of(row["size"])), quantity)


def _text_of(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
