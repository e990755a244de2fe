# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be said of tasks and commands without running them: that the documentation knows their options."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .finding import ROOT, Example

PROGRAMS = Path(sys.executable).parent
MODULES = ROOT / "plugins" / "modules"
OURS = "finops.cloud."
#: What a specification takes over from the documentation of an option.
SAME = ("type", "elements", "choices", "required", "aliases", "default")
TEMPLATE = re.compile(r"\{\{|\{%")
Row = dict[str, Any]


def tasks(rows: Any) -> Iterator[Row]:
    """All tasks of plays, blocks and lists of tasks."""
    for row in rows if isinstance(rows, list) else []:
        for part in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
            yield from tasks(row.get(part))
        if not {"block", "hosts"} & row.keys():
            yield row


def faults_of_tasks(example: Example) -> list[str]:
    """The options of our modules and roles that the documentation does not know, or not so."""
    content = example.content
    rows = content if isinstance(content, list) else [content]
    return [fault for task in tasks(rows) for fault in _faults_of_task(task)]


def _faults_of_task(task: Mapping[str, Any]) -> list[str]:
    found = []
    for name, given in task.items():
        if name.startswith(OURS):
            options = module_options(name.removeprefix(OURS))
            found += faults(options, given if isinstance(given, dict) else {})
        elif name == "ansible.builtin.include_role" and given["name"].startswith(OURS):
            role = role_options(given["name"].removeprefix(OURS), given.get("tasks_from", "main"))
            # What the play or its inventory says besides is not in the task.
            known = {option: {**one, "required": False} for option, one in role.items()}
            found += faults(known, task.get("vars", {}))
    return found


def faults(options: Mapping[str, Row], given: Mapping[str, Any]) -> list[str]:
    """The options that are not documented, or not with such a value."""
    whole = {name: value for name, value in given.items() if not _is_open(value)}
    open_ones = given.keys() - whole.keys()
    unknown = [f"{name} is no option" for name in open_ones if name not in options]
    spec = {name: one for name, one in _specification(options).items() if name not in open_ones}
    return unknown + list(ArgumentSpecValidator(spec).validate(whole).error_messages)


def _is_open(value: Any) -> bool:
    """Whether only a run says what it is."""
    return bool(TEMPLATE.search(json.dumps(value, default=str)))


def _specification(options: Mapping[str, Row]) -> dict[str, Row]:
    made = {}
    for name, option in options.items():
        made[name] = {key: option[key] for key in SAME if key in option}
        nested = option.get("suboptions") or option.get("options")
        if nested:
            made[name]["options"] = _specification(nested)
    return made


@cache
def module_options(module: str) -> dict[str, Row]:
    """What the documentation of a module says of its options, those of fragments too."""
    return _documented()[OURS + module]["doc"]["options"]  # type: ignore[no-any-return]


@cache
def _documented() -> dict[str, Any]:
    names = [OURS + path.stem for path in sorted(MODULES.glob("*.py"))]
    ended = subprocess.run(
        [str(PROGRAMS / "ansible-doc"), "--json", *names], check=True, capture_output=True, text=True
    )
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


@cache
def role_options(role: str, entry: str) -> dict[str, Row]:
    """What the argument specification of a role says of an entry point."""
    path = ROOT / "roles" / role / "meta" / "argument_specs.yml"
    specs = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
    return specs[entry]["options"]  # type: ignore[no-any-return]


def commands(text: str) -> Iterator[list[str]]:
    """The words of each command of a console block, without comments, variables and prompts."""
    for line in text.replace("\\\n", " ").splitlines():
        for command in line.removeprefix("$ ").split(" && "):
            words = shlex.split(command, comments=True)
            while words and re.match(r"[A-Z_]+=", words[0]):
                words = words[1:]
            if words:
                yield words
