# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes down what the tasks of a playbook make in an OpenStack cloud (design/playbooks.md)."""

from __future__ import annotations

DOCUMENTATION = r"""
name: playbook_costs
type: aggregate
short_description: Write down what a playbook makes in an OpenStack cloud
version_added: 1.0.0
author: finops.cloud contributors (@finops-cloud)
description:
  - In a run with C(--check), writes a plan of what the tasks of collection C(openstack.cloud) would make and
    remove. M(finops.cloud.cost_estimate_info) prices that plan. In any other run, writes a receipt of what
    the tasks made.
  - Names what it does not understand as unknown, such as commands that run C(openstack), modules of other
    clouds, tasks that failed, tasks that were not reached, and tasks with C(no_log).
  - Only those arguments of tasks are kept that say what a resource costs. The others may hold secrets.
requirements:
  - enabled in the configuration (V(callbacks_enabled)), and O(file) set
options:
  file:
    description:
      - File to write, readable by its owner only. An older one is removed when the run begins, so that a run
        that ends early leaves none.
      - Without it nothing is written.
    type: path
    env:
      - name: FINOPS_PLAYBOOK_COSTS
    ini:
      - section: finops_playbook_costs
        key: file
  verdict:
    description:
      - File of the verdict of the gate that let this run pass, as the role P(finops.cloud.budget_gate#role)
        writes it with C(budget_gate_json). The receipt then says to which hold it belongs. By a receipt that
        does not, C(post) of the role settles nothing for less than was held.
      - It is an error if it is no such file. Ignored in a run with C(--check).
    type: path
    env:
      - name: FINOPS_PLAYBOOK_COSTS_VERDICT
    ini:
      - section: finops_playbook_costs
        key: verdict
"""

EXAMPLES = r"""
# In ansible.cfg:
#   [defaults]
#   callbacks_enabled = finops.cloud.playbook_costs
#   [finops_playbook_costs]
#   file = costs.json
# Or for one run:
#   ANSIBLE_CALLBACKS_ENABLED=finops.cloud.playbook_costs FINOPS_PLAYBOOK_COSTS=costs.json \
#     ansible-playbook --check site.yml
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible import constants, context
from ansible.errors import AnsibleError
from ansible.playbook.block import Block
from ansible.plugins.callback import CallbackBase

from ..module_utils._core.files import replace_file
from ..module_utils._core.trusted_paths import read_input, resolve
from ..module_utils._estimate.playbook_record import OF_HOLD, PlaybookRecord, TaskPlace, TaskRun

_MODE = 0o600
#: The address of a host that is only planned; plan mode gives it.
_PLANNED = ".planned.invalid"


#: The cloud of a task that has a login of its own, which no other task can name.
_IN_TASK = "a login of the task"
#: Variables that name a cloud without its name in clouds.yaml.
_LOGS_IN = frozenset({"OS_AUTH_URL", "OS_CLIENT_CONFIG_FILE", "OS_PROJECT_ID", "OS_PROJECT_NAME", "OS_TOKEN"})


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Tells a PlaybookRecord what happens, and writes it down at the end.

    Of a result, ansible-core 2.16 has _task, _task_fields and their like only; newer ones have them too.
    """

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "finops.cloud.playbook_costs"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_check = bool(context.CLIARGS.get("check", False))
        self._record = PlaybookRecord(self._is_check)
        #: What a check run does not count: what is there for failures only. A real run makes it.
        self._rescues: set[str] = set()
        self._path: Path | None = None
        #: How many plays have not begun.
        self._plays_left = 0
        #: The hold of the gate that let a real run pass.
        self._hold: Mapping[str, Any] | None = None

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Remove the file of an earlier run, which must not pass for one of this run."""
        self._plays_left += len(playbook.get_plays())
        file = self.get_option("file")
        if not file:
            return
        try:
            path = resolve(Path(file))
            path.unlink(missing_ok=True)
        except OSError as error:
            raise AnsibleError(f"file: '{file}' cannot be written: {error.strerror}.") from error
        verdict = self.get_option("verdict")
        if verdict and not self._is_check:
            self._hold = _hold_of(verdict)
        self._path = path

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Note which tasks the play has, and which of them are there for failures only."""
        self._plays_left -= 1
        tasks: dict[str, TaskPlace] = {}
        for block in play.compile():
            for task, of_rescue in _tasks_of(block, False):
                if of_rescue:
                    self._rescues |= {task._uuid} if self._is_check else set()
                elif not task.implicit:
                    tasks[task._uuid] = _place_of(task)
        self._record.begin_play(tasks)

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task without a loop that ran; one with a loop has told of its items."""
        task = self._reached(result)
        if not _has_loop(task):
            self._passed(result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        """An item of a loop."""
        self._passed(result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """A task that was left out: by its condition, or as its module has no check mode."""
        task = self._reached(result)
        if not _has_loop(task):
            self._skipped(result)

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        """An item that was left out."""
        self._skipped(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: ARG002
        """A task that failed, ignored or not: what it would have made is unknown."""
        task = self._reached(result)
        self._record.failed(task._uuid, _place_of(task), result._host.name)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """A host that does not answer; one that is only planned cannot."""
        task, host = result._task, result._host
        address = str(host.vars.get("ansible_host", host.name))
        if not address.endswith(_PLANNED):
            self._record.failed(task._uuid, _place_of(task), host.name)

    def v2_playbook_on_stats(self, stats: Any) -> None:  # noqa: ARG002
        """Write the file."""
        if self._path is None:
            return
        if self._plays_left > 0:
            self._record.end_early(self._plays_left)
        content = self._record.to_result() | ({} if self._is_check else {"hold": self._hold})
        told = json.dumps(content, indent=2, ensure_ascii=False)
        try:
            replace_file(self._path, f"{told}\n".encode("utf-8", "backslashreplace"), _MODE)
        except OSError as error:
            raise AnsibleError(f"file: '{self._path}' cannot be written: {error.strerror}.") from error

    def _reached(self, result: Any) -> Any:
        task = result._task
        self._record.reach(task._uuid, result._host.name)
        return task

    def _passed(self, result: Any) -> None:
        task = result._task
        if task._uuid not in self._rescues:
            self._record.passed(_run_of(result))

    def _skipped(self, result: Any) -> None:
        told = result._result
        # One whose module has no check mode was asked to run, and has its arguments.
        if "invocation" in told or "check mode" in str(told.get("msg", "")):
            self._passed(result)
        elif told.get("false_condition") is None and not told.get("skip_reason"):
            # Commands are left out of a run that changes nothing without a reason.
            self._passed(result)
        else:
            self._record.skipped(_place_of(result._task), str(told.get("false_condition", "")))


def _hold_of(verdict: str) -> dict[str, Any] | None:
    """Which hold the verdict is of; None if it holds nothing. Raises AnsibleError for what is no verdict."""
    try:
        reservation = json.loads(read_input(Path(verdict)))["reservation"]
        return {key: reservation[key] for key in OF_HOLD} if reservation else None
    except OSError as error:
        raise AnsibleError(f"verdict: '{verdict}' cannot be read: {error.strerror}.") from error
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise AnsibleError(
            f"verdict: '{verdict}' is not the verdict of a gate; name the file of its budget_gate_json."
        ) from error


def _tasks_of(block: Any, of_rescue: bool) -> Iterator[tuple[Any, bool]]:
    """Every task of a block with whether it is there for failures only."""
    sections: Iterable[tuple[Any, bool]] = (
        (block.block, of_rescue),
        (block.rescue, True),
        (block.always, of_rescue),
    )
    for tasks, rescues in sections:
        for task in tasks:
            if isinstance(task, Block):
                yield from _tasks_of(task, rescues)
            else:
                yield task, rescues


def _has_loop(task: Any) -> bool:
    return bool(task.loop is not None or task.loop_with)


def _module_of(task: Any) -> str:
    return str(task.resolved_action or task.action)


def _place_of(task: Any) -> TaskPlace:
    return TaskPlace(task.get_name(), _module_of(task), task.get_path() or "")


def _run_of(result: Any) -> TaskRun:
    task, fields = result._task, result._task_fields
    arguments: Mapping[str, Any] = fields.get("args") or {}
    environment = fields.get("environment") or []
    return TaskRun(
        task=_place_of(task),
        host=result._host.name,
        arguments=arguments,
        cloud=_cloud_of(arguments, environment),
        region=arguments.get("region_name") or None,
        hidden=bool(fields.get("no_log", task.no_log)),
        really=fields.get("check_mode", task.check_mode) is False,
        file_bytes=_file_bytes(result, arguments),
        goes_on=bool(result._result.get("ansible_job_id")) and not result._result.get("finished"),
    )


def _file_bytes(result: Any, arguments: Mapping[str, Any]) -> int | None:
    """How large the file is that a task uploads; None where it is on another host or not there."""
    task, file = result._task, arguments.get("filename")
    host = task.delegate_to or result._host.name
    is_here = host in constants.LOCALHOST or "local" in (
        task.connection,
        result._host.vars.get("ansible_connection"),
    )
    if not is_here or not isinstance(file, str):
        return None
    try:
        return Path(file).expanduser().stat().st_size
    except (OSError, RuntimeError):
        return None


def _cloud_of(arguments: Mapping[str, Any], environment: Any) -> str | None:
    """The name of a cloud as the task or its environment has it. A configuration of a cloud in the task has
    no name that others know.
    """
    named = arguments.get("cloud")
    if isinstance(named, Mapping) or arguments.get("auth"):
        return _IN_TASK
    if named:
        return str(named)
    rows = [row for row in (environment if isinstance(environment, list) else [environment]) if row]
    # Text is a template that was not rendered: what it names is not known.
    if any(not isinstance(row, Mapping) or _LOGS_IN & row.keys() for row in rows):
        return _IN_TASK
    found = [str(row["OS_CLOUD"]) for row in rows if row.get("OS_CLOUD")]
    return found[-1] if found else None
