# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the plan of a playbook changes in the project (design/playbooks.md#what-changes).

Whether something is there is asked of the project by its name: what a module in check mode says of that is
often wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from .changes import ADDED, CHANGED, GIB, REMOVED, Change, Flavors, Gap, is_assumed
from .line_tags import tags_of_row
from .plan_networks import network_name
from .playbook_plan import PlaybookLine, PlaybookPlan
from .playbook_tasks import ABSENT, PRESENT, RETYPED, STARTED, STOPPED, PlannedResource
from .project_resources import ProjectResources
from .shapes import Part, Shape

_ONE = Fraction(1)
_NO_NETWORK = "the task names no network, so that it may get a public address"
_AUTO_IP = (
    "auto_ip takes a free address of the project, or makes one; set auto_ip to false, and make the address"
    " with openstack.cloud.floating_ip"
)


@dataclass(frozen=True)
class Project:
    """What the project has, and what the plan is priced by.

    public: names and IDs of networks on which each address costs. cloud, region: those of the login; the
    cloud's name None where the task has none.
    """

    there: ProjectResources
    flavors: Flavors
    public: Collection[str]
    default_volume_type: str | None
    cloud: str | None
    region: str | None


def kinds_of(plan: PlaybookPlan) -> set[str]:
    """The kinds of resources that have to be known of the project: those of the plan, and those that theirs
    come with or are copies of.
    """
    found = {line.resource.kind for line in plan.lines}
    found |= {line.resource.parent_kind for line in plan.lines if line.resource.parent}
    return found | ({"volume"} if any(line.resource.source for line in plan.lines) else set())


def playbook_changes(plan: PlaybookPlan, project: Project, assume_free: Collection[str] = ()) -> list[Change]:
    """The changes that the plan means. What is there stays as it is where its module would not change it.

    assume_free: names and modules of tasks that are unknown and taken to be free.
    """
    changes = _Changes(plan, project)
    found: list[Change] = []
    for line in plan.lines:
        of_line = list(changes.of(line))
        if any(change.unknown for change in of_line) and _is_assumed(line, assume_free):
            of_line = [Change(change.name, ADDED, assumed=True) for change in of_line]
        found += of_line
    return found + [
        Change(task.name, ADDED, assumed=True)
        if is_assumed((task.name, task.module), assume_free)
        else _unknown(task.name, task.reason)
        for task in plan.unknown
    ]


def _is_assumed(line: PlaybookLine, assume_free: Collection[str]) -> bool:
    return is_assumed((line.task.name, line.task.module), assume_free)


def unmatched_tasks(plan: PlaybookPlan, assume_free: Collection[str]) -> list[str]:
    """The entries of assume_free that match no task of the plan that is unknown, or may be."""
    return [
        one
        for one in assume_free
        if not any(is_assumed((task.name, task.module), (one,)) for task in plan.unknown)
        and not any(_is_assumed(line, (one,)) for line in plan.lines)
    ]


def _unknown(name: str, reason: str) -> Change:
    return Change(name, ADDED, unknown=reason, fits=False)


def elsewhere(line: PlaybookLine, project: Project) -> str:
    """Why the line is not of the project that is asked; empty where it is."""
    if line.cloud is not None and line.cloud != project.cloud:
        return f"its cloud is {line.cloud}, which the estimate does not ask"
    if line.region is not None and line.region != project.region:
        return f"its region is {line.region}, which the estimate does not ask"
    return ""


class _Changes:
    def __init__(self, plan: PlaybookPlan, project: Project) -> None:
        self._project = project
        self._public = frozenset(map(network_name, project.public))
        self._planned = {
            (line.resource.kind, line.resource.name): line
            for line in plan.lines
            if line.resource.state == PRESENT and line.resource.name
        }
        self._of_kind: Mapping[str, Callable[[PlannedResource, bool], Iterator[Change]]] = {
            "instance": self._server,
            "volume": self._volume,
            "floating_ip": self._floating_ip,
            "load_balancer": self._load_balancer,
            "snapshot": self._copy,
            "backup": self._copy,
            "fixed_ip": self._port,
            "image": self._upload,
            "object_storage": self._upload,
        }

    def _is_public(self, network: str) -> bool:
        return network_name(network) in self._public

    def of(self, line: PlaybookLine) -> Iterator[Change]:
        """The changes of one line."""
        resource, label = line.resource, _label(line.resource)
        reason = elsewhere(line, self._project)
        if reason:
            yield _unknown(label, reason)
        elif resource.kind in self._of_kind:
            tags = tags_of_row(resource.kind, resource.tags)
            for change in self._of_kind[resource.kind](resource, line.anew):
                yield replace(change, tags=tags)
        elif resource.state == PRESENT:
            yield _unknown(label, resource.unknown or f"no price of {resource.kind} is known")

    def _server(self, resource: PlannedResource, anew: bool) -> Iterator[Change]:
        name, found = resource.name, self._project.there.find("instance", resource.name)
        before = (found,) if isinstance(found, Part) else ()
        if resource.state in (STARTED, STOPPED):
            yield from self._acted(resource, found)
        elif isinstance(found, str):
            yield _unknown(name, found)
        elif resource.state == ABSENT:
            yield Change(name, REMOVED, before=before)
        elif before and not anew:
            # The module gives a server that is there no other flavor.
            yield Change(name, CHANGED, before=before, after=before)
        else:
            yield self._new_server(resource, before)

    def _new_server(self, resource: PlannedResource, before: tuple[Part, ...]) -> Change:
        flavors, name = self._project.flavors, resource.size
        flavor = flavors.named(name) or flavors.with_id(name)
        reason = resource.unknown or ("" if flavor else f"the cloud has no flavor {name}")
        gaps = [Gap("instance", reason)] if reason else []
        parts = [Part(Shape("instance", flavor.name), _ONE)] if flavor and not reason else []
        addresses, unknown = self._addresses(resource)
        return Change(
            resource.name,
            CHANGED if before else ADDED,
            before=before,
            after=(*parts, *addresses),
            gaps=(*gaps, *unknown),
            fits=not reason,
        )

    def _addresses(self, resource: PlannedResource) -> tuple[list[Part], list[Gap]]:
        """The fixed addresses that cost."""
        if resource.networks is None:
            return [], [Gap("fixed_ip", _NO_NETWORK)]
        count = sum(map(self._is_public, resource.networks))
        return ([Part(Shape("fixed_ip"), Fraction(count), count)] if count else []), []

    def _acted(self, resource: PlannedResource, found: Part | str | None) -> Iterator[Change]:
        """A server that is started or stopped. One that the plan makes counts as it is made: running."""
        if ("instance", resource.name) in self._planned and found is None:
            return
        if not isinstance(found, Part):
            yield _unknown(resource.name, found or f"the project has no server {resource.name}")
            return
        kind = "instance" if resource.state == STARTED else "stopped_instance"
        yield Change(
            resource.name, CHANGED, before=(found,), after=(Part(Shape(kind, found.shape.name), _ONE),)
        )

    def _volume(self, resource: PlannedResource, anew: bool) -> Iterator[Change]:
        if resource.parent:
            if self._makes("instance", resource.parent):
                yield self._new_volume(resource, ())
            return
        name, found = resource.name, self._project.there.find("volume", resource.name)
        before = (found,) if isinstance(found, Part) else ()
        if isinstance(found, str):
            yield _unknown(name, found)
        elif resource.state == ABSENT:
            yield Change(name, REMOVED, before=before)
        elif resource.state == RETYPED:
            yield self._retyped(resource, before)
        elif before and not anew:
            # The module extends a volume that is there, and gives it no other type.
            size = before[0].quantity if resource.gb is None else Fraction(resource.gb)
            after = Part(before[0].shape, max(size, before[0].quantity))
            yield Change(name, CHANGED, before=before, after=(after,))
        else:
            yield self._new_volume(resource, before)

    def _retyped(self, resource: PlannedResource, before: tuple[Part, ...]) -> Change:
        if not before:
            return _unknown(resource.name, f"the project has no volume {resource.name}")
        after = Part(Shape("volume", resource.size), before[0].quantity)
        return Change(resource.name, CHANGED, before=before, after=(after,))

    def _new_volume(self, resource: PlannedResource, before: tuple[Part, ...]) -> Change:
        label, size = _label(resource), resource.size or self._project.default_volume_type
        if resource.gb is None:
            return _unknown(label, resource.unknown or "its size is unknown")
        if not size:
            return _unknown(label, "it has no volume_type, and the cloud's default is unknown")
        after = Part(Shape("volume", size), Fraction(resource.gb))
        return Change(label, CHANGED if before else ADDED, before=before, after=(after,))

    def _makes(self, kind: str, name: str) -> bool:
        """Whether the plan makes that resource: it is not there, or is removed before."""
        line = self._planned.get((kind, name))
        return line is not None and (line.anew or not self._project.there.has(kind, name))

    def _floating_ip(self, resource: PlannedResource, _anew: bool) -> Iterator[Change]:
        if resource.state == ABSENT:
            yield from self._gone(resource)
            return
        label, parent, kind = _label(resource), resource.parent, resource.parent_kind
        is_new = self._makes(kind, parent)
        if kind == "load_balancer" and not is_new:
            return
        if kind == "instance" and not is_new and parent in self._project.there.addressed:
            return
        if not resource.certain:
            line = self._planned.get((kind, parent))
            networks = (line.resource.networks or ()) if line else ()
            if not any(map(self._is_public, networks)):
                yield _unknown(label, _AUTO_IP)
            return
        if resource.unknown:
            yield _unknown(label, resource.unknown)
            return
        part = Part(Shape("floating_ip"), Fraction(resource.count), resource.count)
        yield Change(label, ADDED, after=(part,))

    def _load_balancer(self, resource: PlannedResource, _anew: bool) -> Iterator[Change]:
        part = Part(Shape("load_balancer", resource.size), _ONE)
        there = self._project.there.has("load_balancer", resource.name)
        if resource.state == ABSENT:
            yield from self._gone(resource)
        elif there:
            yield Change(resource.name, CHANGED, before=(part,), after=(part,))
        else:
            addresses, unknown = self._addresses(resource)
            yield Change(resource.name, ADDED, after=(part, *addresses), gaps=tuple(unknown))

    def _copy(self, resource: PlannedResource, _anew: bool) -> Iterator[Change]:
        """A snapshot or a backup, of the size of its volume."""
        if self._stays_or_goes(resource):
            yield from self._gone(resource)
            return
        planned = self._planned.get(("volume", resource.source))
        found = self._project.there.find("volume", resource.source)
        size = planned.resource.gb if planned is not None else None
        if size is None and isinstance(found, Part):
            size = int(found.quantity)
        if size is None:
            reason = resource.unknown or f"the size of volume {resource.source} is unknown"
            yield _unknown(_label(resource), reason)
        else:
            yield Change(_label(resource), ADDED, after=(Part(Shape(resource.kind), Fraction(size)),))

    def _upload(self, resource: PlannedResource, _anew: bool) -> Iterator[Change]:
        """An image, or an object, of which the project has no list: one that is there is uploaded anew."""
        if self._stays_or_goes(resource):
            yield from self._gone(resource)
        elif resource.size_bytes is None:
            yield _unknown(_label(resource), resource.unknown or "the size of what it uploads is unknown")
        else:
            part = Part(Shape(resource.kind), Fraction(resource.size_bytes, GIB))
            yield Change(_label(resource), ADDED, after=(part,))

    def _stays_or_goes(self, resource: PlannedResource) -> bool:
        return resource.state == ABSENT or self._project.there.has(resource.kind, resource.name)

    def _gone(self, resource: PlannedResource) -> Iterator[Change]:
        """The removal of what is there; nothing where it stays, or is not there."""
        found = self._project.there.find(resource.kind, resource.name)
        if resource.state == ABSENT and isinstance(found, str):
            yield _unknown(resource.name, found)
        elif resource.state == ABSENT and isinstance(found, Part):
            yield Change(resource.name, REMOVED, before=(found,))

    def _port(self, resource: PlannedResource, anew: bool) -> Iterator[Change]:
        there = self._project.there
        if resource.state == ABSENT:
            yield from self._gone(resource)
        elif not anew and there.has("fixed_ip", resource.name):
            yield from self._port_that_is_there(resource, there.find("fixed_ip", resource.name))
        elif resource.networks is None:
            yield _unknown(_label(resource), _NO_NETWORK)
        elif any(map(self._is_public, resource.networks)):
            yield Change(_label(resource), ADDED, after=(_addresses(resource.count),))

    @staticmethod
    def _port_that_is_there(resource: PlannedResource, found: Part | str | None) -> Iterator[Change]:
        """Its module gives it the addresses that the task names; fewer than it has save nothing."""
        if isinstance(found, str):
            yield _unknown(resource.name, found)
        elif found is not None:
            after = _addresses(max(resource.count, int(found.quantity)))
            yield Change(resource.name, CHANGED, before=(found,), after=(after,))


def _addresses(count: int) -> Part:
    return Part(Shape("fixed_ip"), Fraction(count), count)


def _label(resource: PlannedResource) -> str:
    if resource.name:
        return resource.name
    kind = resource.kind.replace("_", " ")
    return f"{kind} of {resource.parent}" if resource.parent else kind
