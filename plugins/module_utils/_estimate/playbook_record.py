# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a run of a playbook plans, or has made, gathered task by task (design/playbooks.md#what-is-gathered).

No Ansible is imported: the callback playbook_costs tells what happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .playbook_modules import is_command, reason_of, reason_of_run, short_name
from .playbook_tasks import (
    ABSENT,
    PRESENT,
    Arguments,
    PlannedResource,
    blank_edged,
    is_priced,
    resources_of,
)

FORMAT, VERSION = "finops.cloud/playbook-costs", 1
PLAN, RECEIPT = "plan", "receipt"
#: By what a receipt says to which hold it belongs.
OF_HOLD = ("name", "generation", "plan_sha256")
#: How a condition looks that is false only because nothing is to be changed.
_CHECK_MODE = "ansible_check_mode"
#: What brings tasks that are known only once it has run.
_INCLUDES = frozenset({"include_role", "include_tasks", "import_role", "import_tasks"})


@dataclass(frozen=True)
class TaskPlace:
    """A task as its author finds it again. place: its file and line."""

    name: str
    module: str
    place: str


@dataclass(frozen=True)
class TaskRun:
    """One task on one host, or one item of its loop.

    cloud, region: that the task names, or its environment. hidden: whether its arguments are kept secret
    (no_log). really: whether it ran although nothing was to be changed (check_mode: false). file_bytes: how
    large the file is that it uploads, None where that is not known. goes_on: whether it was only started, in
    the background.
    """

    task: TaskPlace
    host: str
    arguments: Arguments
    cloud: str | None
    region: str | None
    hidden: bool
    really: bool
    file_bytes: int | None = None
    goes_on: bool = False


@dataclass(frozen=True)
class _Found:
    resource: PlannedResource
    run: TaskRun
    #: Whether a task before removes what this one makes anew.
    anew: bool = False


class PlaybookRecord:
    """Gathers what tasks make and remove, and what about that is unknown."""

    def __init__(self, is_check: bool) -> None:
        self._is_check = is_check
        #: The tasks of the play in their order, and of all plays those that no host has reached.
        self._play: dict[str, TaskPlace] = {}
        self._not_reached: dict[str, TaskPlace] = {}
        #: What a host did not reach, as it failed before.
        self._lost: dict[tuple[str, str], TaskPlace] = {}
        self._found: dict[tuple[object, ...], _Found] = {}
        self._unknown: dict[tuple[str, str, str], tuple[str, str, TaskPlace]] = {}
        self._failed: list[tuple[TaskPlace, str]] = []

    def begin_play(self, tasks: Mapping[str, TaskPlace]) -> None:
        """A play and its tasks by their identity, in their order, those of handlers left out."""
        self._play = dict(tasks)
        costly = {uuid: task for uuid, task in tasks.items() if _may_bring_cost(task.module)}
        self._not_reached.update(costly)

    def reach(self, uuid: str, host: str) -> None:
        """A host has reached the task."""
        self._not_reached.pop(uuid, None)
        self._lost.pop((uuid, host), None)

    def passed(self, run: TaskRun) -> None:
        """A task that ran, or would have run."""
        module, name = run.task.module, run.task.name
        if is_command(module):
            self._note(name, reason_of_run(module, run.arguments), run.task)
            return
        if not is_priced(module):
            self._note(name, reason_of(module), run.task)
            return
        if run.hidden:
            self._note(name, "its arguments are hidden by no_log", run.task)
            return
        if run.goes_on:
            self._note(name, "it goes on in the background, so what it makes is not known yet", run.task)
        if (option := blank_edged(run.arguments)) is not None:
            # Services take the blanks off, and modules look for the name with them.
            self._note(name, f"its {option} has blanks around it, so that it is not found again", run.task)
        if run.really and self._is_check:
            self._note(name, "it has check_mode: false, so it makes what it plans", run.task)
        for resource in resources_of(module, run.arguments, run.file_bytes):
            self._keep(resource, run)

    def skipped(self, task: TaskPlace, condition: str) -> None:
        """A task that a condition leaves out. One that is left out only as nothing is to be changed would
        run.
        """
        if _CHECK_MODE in condition and may_cost(task.module):
            self._note(task.name, "it is left out of a run that changes nothing", task)

    def failed(self, uuid: str, task: TaskPlace, host: str) -> None:
        """A task that failed on a host: what it would make, or has made before that, is unknown, and so is
        what the play has behind it for that host, until the host reaches it.
        """
        self._failed.append((task, host))
        if may_cost(task.module):
            made = "would make" if self._is_check else "has made"
            self._note(task.name, f"it failed, so what it {made} is not known", task)
        behind = list(self._play)
        for later in behind[behind.index(uuid) + 1 :] if uuid in self._play else behind:
            if _may_bring_cost(self._play[later].module):
                self._lost[later, host] = self._play[later]

    def end_early(self, play_count: int) -> None:
        """So many plays did not begin, as the run ended before. In a real run they have made nothing."""
        if not self._is_check:
            return
        task = TaskPlace("the playbook", "", "")
        self._note(
            "the playbook",
            f"{play_count} of its plays did not begin, as a run ends where all hosts failed",
            task,
        )

    def to_result(self) -> dict[str, Any]:
        """What is written into the file."""
        not_reached = [*self._not_reached.values(), *self._lost.values()]
        lines = [_line(found) for found in self._found.values()]
        # A real run has made nothing of what it did not reach.
        missed = not_reached if self._is_check else []
        return {
            "format": FORMAT,
            "version": VERSION,
            "kind": PLAN if self._is_check else RECEIPT,
            "complete": not (self._unknown or missed or any(line["unknown"] for line in lines)),
            "lines": lines,
            "unknown": [
                {"name": name, "reason": reason, "task": asdict(task)}
                for name, reason, task in self._unknown.values()
            ],
            "not_reached": [asdict(task) for task in dict.fromkeys(not_reached)],
            "failed": [{"task": asdict(task), "host": host} for task, host in self._failed],
        }

    def _note(self, name: str, reason: str | None, task: TaskPlace) -> None:
        if reason is not None:
            self._unknown[name, reason, task.place] = (name, reason, task)

    def _keep(self, resource: PlannedResource, run: TaskRun) -> None:
        """The last word on a resource counts: its name is its identity, on whatever host the task ran."""
        # What an action changes of a resource is told beside what makes it.
        acts = resource.state not in (PRESENT, ABSENT)
        who: tuple[object, ...] = (run.cloud, run.region, resource.kind, resource.name, resource.parent, acts)
        if not resource.name and not resource.parent:
            who = (*who, len(self._found))
        before = self._found.get(who)
        gone = before is not None and (before.anew or before.resource.state == ABSENT)
        self._found[who] = _Found(resource, run, anew=gone and resource.state == PRESENT)


def may_cost(module: str) -> bool:
    """Whether tasks of the module may make what costs."""
    return is_priced(module) or is_command(module) or reason_of(module) is not None


def _may_bring_cost(module: str) -> bool:
    """Whether the module's tasks, or those that it includes, may make what costs."""
    return may_cost(module) or short_name(module) in _INCLUDES


def _line(found: _Found) -> Mapping[str, Any]:
    networks = found.resource.networks
    run = found.run
    return {
        **asdict(found.resource),
        "networks": None if networks is None else list(networks),
        "anew": found.anew,
        "cloud": run.cloud,
        "region": run.region,
        "host": run.host,
        "task": asdict(run.task),
    }
