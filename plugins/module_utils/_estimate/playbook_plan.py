# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The plan of a playbook, as the callback playbook_costs writes it (design/playbooks.md#the-plan)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .._core.errors import InvalidOption
from .._core.trusted_paths import read_input
from .playbook_record import FORMAT, OF_HOLD, PLAN, RECEIPT, VERSION, TaskPlace
from .playbook_tasks import ABSENT, PRESENT, RETYPED, STARTED, STOPPED, PlannedResource
from .shapes import KINDS

_STATES = (PRESENT, ABSENT, STARTED, STOPPED, RETYPED)


@dataclass(frozen=True)
class PlaybookLine:
    """One resource of the plan, and where it is: None where its task does not say.

    anew: whether a task removes one of that name before. task: that plans it.
    """

    resource: PlannedResource
    anew: bool
    cloud: str | None
    region: str | None
    task: TaskPlace


@dataclass(frozen=True)
class UnknownTask:
    """A task of which it is unknown what it costs, by its name and its module, and why. place: its file and
    line.
    """

    name: str
    module: str
    reason: str
    place: str = ""


@dataclass(frozen=True)
class PlaybookPlan:
    """What a playbook would make and remove, or has made and removed, and what of it is unknown. sha256: of
    the file. failed: file and line of each task that failed. hold: of a receipt, name, generation and plan of
    the hold that it belongs to, None where it does not say.
    """

    lines: tuple[PlaybookLine, ...]
    unknown: tuple[UnknownTask, ...]
    sha256: str = ""
    failed: frozenset[str] = frozenset()
    hold: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class _Source:
    """The file that an option names, and what writes it."""

    option: str
    path: str
    kind: str
    written: str

    def refusal(self, problem: str) -> InvalidOption:
        return InvalidOption(self.option, f"'{self.path}' {problem}")


def load_playbook_plan(path: str) -> PlaybookPlan:
    """Read what the callback wrote of a check run. Raises InvalidOption for any other file, and quotes
    nothing from it.
    """
    return _load(_Source("playbook_plan", path, PLAN, "write one with the playbook finops.cloud.price"))


def load_receipt(path: str) -> PlaybookPlan:
    """Read what the callback wrote of a real run: what that made, as lines. Raises as
    load_playbook_plan().
    """
    written = "write one in a run without --check, with the callback finops.cloud.playbook_costs"
    return _load(_Source("playbook_receipt", path, RECEIPT, written))


def _load(source: _Source) -> PlaybookPlan:
    raw = _read(source)
    content = _content(source, raw)
    if content.get("format") != FORMAT:
        raise source.refusal(f"is not the {source.kind} of a playbook; {source.written}.")
    if content.get("version") != VERSION:
        raise source.refusal(f"is of another version than {VERSION}; {source.written}.")
    if content.get("kind") == RECEIPT and source.kind == PLAN:
        raise source.refusal("tells what a playbook has made, and not what it would make.")
    if content.get("kind") == PLAN and source.kind == RECEIPT:
        raise source.refusal("tells what a playbook would make, and not what it has made.")
    try:
        return replace(_parsed(content, source), sha256=hashlib.sha256(raw).hexdigest())
    except (KeyError, TypeError, ValueError):
        raise source.refusal(f"is a malformed {source.kind}; {source.written}.") from None


def _read(source: _Source) -> bytes:
    try:
        return read_input(Path(source.path))
    except OSError as error:
        raise source.refusal(f"cannot be read: {error.strerror}; {source.written}.") from error


def _content(source: _Source, raw: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise source.refusal(f"is not the {source.kind} of a playbook; {source.written}.")
    return content


def _parsed(content: Mapping[str, Any], source: _Source) -> PlaybookPlan:
    """Raises KeyError, TypeError or ValueError for what the callback does not write."""
    if content["kind"] != source.kind:
        raise ValueError
    tasks = [
        (_task(row["task"]), _str(row["reason"]), _str(row["name"])) for row in _rows(content, "unknown")
    ]
    unknown = [UnknownTask(name, task.module, reason, task.place) for task, reason, name in tasks]
    not_reached = [_task(row) for row in _rows(content, "not_reached")]
    if source.kind == PLAN:
        # A real run has made nothing of what it did not reach.
        unknown += [
            UnknownTask(task.name, task.module, "the run did not reach it", task.place)
            for task in not_reached
        ]
    failed = frozenset(_task(row["task"]).place for row in _rows(content, "failed"))
    lines = tuple(_line(row) for row in _rows(content, "lines"))
    if content["complete"] is not True and not unknown and not any(line.resource.unknown for line in lines):
        name = f"the {source.kind} of the playbook"
        unknown = [UnknownTask(name, "", "it is not complete, and does not say why")]
    return PlaybookPlan(lines, tuple(unknown), failed=failed, hold=_hold(content.get("hold")))


def _hold(told: Any) -> dict[str, Any] | None:
    """Raises KeyError, TypeError or ValueError for what the callback does not write."""
    if told is None:
        return None
    name, generation, plan_sha256 = (told[key] for key in OF_HOLD)
    if not isinstance(generation, int) or isinstance(generation, bool):
        raise TypeError
    plan = None if plan_sha256 is None else _str(plan_sha256)
    return dict(zip(OF_HOLD, (_str(name), generation, plan), strict=True))


def _rows(content: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = content[key]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TypeError
    return rows


def _line(row: Mapping[str, Any]) -> PlaybookLine:
    networks, tags = row["networks"], row["tags"]
    if not isinstance(tags, dict) or not isinstance(networks, list | None):
        raise TypeError
    resource = PlannedResource(
        kind=_one_of(row["kind"], KINDS),
        name=_str(row["name"]),
        state=_one_of(row["state"], _STATES),
        size=_str(row["size"]),
        gb=None if row["gb"] is None else _count(row["gb"]),
        size_bytes=None if row["size_bytes"] is None else _count(row["size_bytes"], least=0),
        count=_count(row["count"]),
        parent=_str(row["parent"]),
        parent_kind=_one_of(row["parent_kind"], KINDS),
        source=_str(row["source"]),
        networks=None if networks is None else tuple(map(_str, networks)),
        certain=_bool(row["certain"]),
        unknown=_str(row["unknown"]),
        tags={_str(key): _str(value) for key, value in tags.items()},
    )
    cloud, region = (None if row[name] is None else _str(row[name]) for name in ("cloud", "region"))
    return PlaybookLine(resource, _bool(row["anew"]), cloud, region, _task(row["task"]))


def _task(row: Mapping[str, Any]) -> TaskPlace:
    return TaskPlace(_str(row["name"]), _str(row["module"]), _str(row["place"]))


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _count(value: object, least: int = 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise TypeError
    return value


def _one_of(value: object, known: object) -> str:
    text = _str(value)
    if text not in known:  # type: ignore[operator]
        raise ValueError
    return text
