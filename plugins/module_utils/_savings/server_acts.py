# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Acting on servers of a project: for each its marker and its request, group by group, and a row for each act
in the ledger (design/office-hours.md#a-run). What is to be done is decided elsewhere, by a schedule or for a
budget.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, TypeVar

from .._core.errors import CloudError, Refused
from .._core.money import format_amount, from_nano
from .._core.writer import recorded_by
from .._ledger import acts, sql
from .._ledger.acts import SERVER, SHELVE, STOP, Act
from .._openstack import compute
from .._openstack.compute import Server
from .._openstack.connection import PARALLEL_SERVICES, Cloud, Service
from .office_hours import wanted_status

HELD_BACK, CONFLICT, FAILED, INVALID = "held_back", "conflict", "failed", "invalid"
#: An act that is younger may be on a server that was made after this run's list.
_LISTED_SINCE = timedelta(hours=1)
_PAUSE_SECONDS = 2.0
#: The server has changed, or is not there any more.
_REFUSED = 409
_OTHERS_WERE_FASTER = (_REFUSED, 404)
#: Stands for the status of a server that is not there any more.
_GONE = ""


@dataclass(frozen=True)
class Step:
    """One server, what is to be done with it, and how that went.

    order: its group. act: the row of what is to be done, None for nothing. made_up: that of what an earlier
    run did and did not come to write down. marker: what its metadata says before anything is done. refused:
    what it says once Nova refuses the action, nothing where that is the same. is_late: it has been due for so
    long that a conflict is a failure. outcome: why it did not go as decided, None where it did. was_sent:
    Nova has begun the action.
    """

    server: Server
    order: int = 0
    act: Act | None = None
    made_up: Act | None = None
    marker: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    is_late: bool = False
    outcome: str | None = None
    error: str | None = None
    was_sent: bool = False

    @property
    def action(self) -> str | None:
        """What Nova is to do, None for nothing."""
        return None if self.act is None else self.act.kind

    @property
    def is_done(self) -> bool:
        """Whether its action was, or in check mode would be, carried out."""
        return self.act is not None and self.outcome is None

    @property
    def new_marker(self) -> dict[str, str]:
        """What of the marker the metadata does not say yet."""
        return {key: text for key, text in self.marker.items() if self.server.metadata.get(key) != text}

    def savings_to_result(self) -> dict[str, str | None]:
        """What an hour off is expected to save, null where that is not known."""
        nano, currency = (
            (None, None) if self.act is None else (self.act.saves_nano_per_hour, self.act.currency)
        )
        return {
            "saves_per_hour": None if nano is None else format_amount(from_nano(nano)),
            "currency": currency,
        }


StepT = TypeVar("StepT", bound=Step)


@dataclass(frozen=True)
class ActingRun:
    """Where a run acts, and when. group_seconds: how long to wait for one group before the next."""

    cloud: Cloud
    nova: Service
    now: datetime
    group_seconds: float


def carry_out(run: ActingRun, steps: Sequence[StepT]) -> list[StepT]:
    """Stop groups in descending order, then start groups in ascending order, each once the one before it is
    there; the steps as they went, by name.
    """
    off = [step for step in steps if step.action in (STOP, SHELVE)]
    on = [step for step in steps if step.act is not None and step not in off]
    finished = _in_parallel(run, [step for step in steps if step.act is None])
    for direction in (sorted(off, key=lambda step: -step.order), sorted(on, key=lambda step: step.order)):
        groups = [list(group) for _order, group in groupby(direction, key=lambda step: step.order)]
        for number, group in enumerate(groups):
            done = _in_parallel(run, group)
            if number + 1 < len(groups):
                done = _awaited(run, done)
            finished += done
            if not all(step.is_done for step in done):
                left = [step for later in groups[number + 1 :] for step in later]
                finished += [replace(step, outcome=HELD_BACK) for step in left]
                break
    return sorted(finished, key=lambda step: (step.server.name, step.server.id))


def _in_parallel(run: ActingRun, steps: Iterable[StepT]) -> list[StepT]:
    with ThreadPoolExecutor(max_workers=PARALLEL_SERVICES) as pool:
        return list(pool.map(lambda step: _carried_out(run, step), steps))


def _carried_out(run: ActingRun, step: StepT) -> StepT:
    """Marker first, then the action: who is killed in between has said what was meant."""
    if step.outcome is not None:
        return step
    try:
        if step.new_marker:
            compute.set_metadata(run.nova, step.server.id, step.new_marker)
        if step.action is not None:
            compute.act(run.nova, step.server.id, step.action)
    except CloudError as error:
        # Another run, or somebody, was faster: the next run sees it.
        outcome = CONFLICT if error.http_status in _OTHERS_WERE_FASTER and not step.is_late else FAILED
        said = str(error)
        if error.http_status == _REFUSED and step.refused:
            try:
                compute.set_metadata(run.nova, step.server.id, step.refused)
            except CloudError as further:
                # Its metadata announces a stop that did not take place.
                outcome, said = FAILED, f"{said}. {further}"
        return replace(step, outcome=outcome, error=said)
    return replace(step, was_sent=step.action is not None)


def _awaited(run: ActingRun, steps: list[StepT]) -> list[StepT]:
    """The steps of a group once Nova is done with them; those that are not in time have failed."""
    deadline = run.nova.login.deadline
    ends = deadline.clock() + run.group_seconds
    waiting = [step for step in steps if step.is_done]
    while True:
        try:
            statuses = {server.id: server.status for server in compute.servers(run.nova)}
        except CloudError as error:
            # What was sent is recorded all the same.
            return _failed(steps, waiting, f"cannot be followed: {error}")
        # A server that was deleted meanwhile is not waited for.
        waiting = [
            step
            for step in waiting
            if statuses.get(step.server.id, _GONE) not in (_GONE, *wanted_status(str(step.action)))
        ]
        if not waiting:
            return steps
        if deadline.clock() + _PAUSE_SECONDS > min(ends, deadline.ends):
            problem = f"was not done within group_timeout ({run.group_seconds:g} s)."
            return _failed(steps, waiting, problem)
        deadline.sleep(_PAUSE_SECONDS)


def _failed(steps: Iterable[StepT], waiting: Sequence[StepT], problem: str) -> list[StepT]:
    return [
        replace(step, outcome=FAILED, error=f"The {step.action} {problem}") if step in waiting else step
        for step in steps
    ]


def deleted(run: ActingRun, newest: Iterable[Act], listed: Collection[str]) -> list[Act]:
    """Those of the newest acts that keep a server off which was deleted. What cannot be asked for is looked
    at by the next run.
    """
    return list(_deleted(run, newest, listed))


def _deleted(run: ActingRun, newest: Iterable[Act], listed: Collection[str]) -> Iterator[Act]:
    identity = run.cloud.identity
    for act in newest:
        if (
            act.kind in (STOP, SHELVE)
            and (act.project_id, act.region) == (identity.project_id, identity.region)
            and act.resource_id not in listed
            and (act.recorded_at or run.now) < run.now - _LISTED_SINCE
        ):
            with suppress(CloudError):
                if not compute.is_there(run.nova, act.resource_id):
                    yield act


def record(run: ActingRun, ledger: sql.LedgerOptions, steps: Iterable[Step], ended: Iterable[Act]) -> None:
    """A row for every act, for those that a killed run left without one, and for what a deletion ended."""
    rows = [row for step in steps if (row := _row(step)) is not None]
    rows += [replace(act, kind=acts.UNDONE_BY_HAND, saves_nano_per_hour=None, currency=None) for act in ended]
    if not rows:
        return
    with sql.writing(ledger) as opened:
        found = acts.newest(opened.connection, SERVER)
        for row in rows:
            before = found.get(row.resource_id)
            if before is not None and (before.kind, before.edge_at) == (row.kind, row.edge_at):
                # A run beside this one has written it.
                continue
            is_own = before is None or acts.is_own(opened.connection, before)
            for act in _with_undoing(row, before):
                signed = act if is_own else replace(act, undoes=None)
                found[row.resource_id] = acts.add(opened.connection, signed, run.now, recorded_by())


def _row(step: Step) -> Act | None:
    return step.act if step.was_sent else step.made_up


def _with_undoing(row: Act, before: Act | None) -> list[Act]:
    """The act with what it ends. One that keeps a server off ends an earlier one that nobody saw end."""
    if before is None or before.kind not in acts.UNDOING:
        return [row]
    if row.kind in acts.UNDOING[before.kind]:
        return [replace(row, undoes=before.number)]
    if row.kind in acts.UNDOING:
        ended = replace(
            row, kind=acts.UNDONE_BY_HAND, undoes=before.number, saves_nano_per_hour=None, currency=None
        )
        return [ended, row]
    return [row]


def steps_to_result(finished: Sequence[Step], ended: Sequence[Act]) -> dict[str, Any]:
    """What the results of all tasks that act on servers have: `changed`, `deleted_servers` and `diff`."""
    done = [step for step in finished if step.is_done]
    return {
        "changed": any(step.outcome is None and (step.act or step.new_marker) for step in finished),
        "deleted_servers": [{"id": act.resource_id, "name": act.resource_name} for act in ended],
        "diff": {
            "before": "".join(f"{step.server.name}: {step.server.status}\n" for step in done),
            "after": "".join(f"{step.server.name}: {wanted_status(str(step.action))[-1]}\n" for step in done),
        },
    }


def refuse_failed(finished: Sequence[Step], result: dict[str, Any]) -> None:
    """Raise Refused with the result where a server could not be brought to where it is wanted."""
    wrong = [step for step in finished if step.outcome in (FAILED, INVALID)]
    if wrong:
        first = wrong[0]
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise Refused(f"Server {first.server.name}: {first.error}{more}", result, "rejected")
