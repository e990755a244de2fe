# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One run over a project's servers: one list, for each act its marker and its request, and a row for each in
the ledger (design/office-hours.md#a-run).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from .._core.errors import CloudError, InvalidOption, Refused
from .._core.money import format_amount, from_nano
from .._core.periods import iso
from .._core.tags import STATE
from .._core.writer import recorded_by
from .._ledger import acts, sql
from .._ledger.acts import SERVER, SHELVE, STOP, Act
from .._ledger.hourly_costs import HourlyCost, newest_hourly_costs
from .._openstack import compute
from .._openstack.compute import Server
from .._openstack.connection import PARALLEL_SERVICES, Cloud, Service
from .office_hours import SCHEDULE, Decision, OfficeRules, decide, order_of, wanted_status
from .schedules import EVER, Schedule, next_edge

HELD_BACK, CONFLICT, FAILED, INVALID = "held_back", "conflict", "failed", "invalid"
_OVERDUE = timedelta(minutes=30)
#: An act that is younger may be on a server that was made after this run's list.
_LISTED_SINCE = timedelta(hours=1)
_PAUSE_SECONDS = 2.0
#: The server has changed, or is not there any more.
_OTHERS_WERE_FASTER = (409, 404)
#: Stands for the status of a server that is not there any more.
_GONE = ""


@dataclass(frozen=True)
class Listed:
    """A server that the task's own list names, with its schedule and its group in the order."""

    schedule: Schedule
    order: int


@dataclass(frozen=True)
class OfficeOptions:
    """parse: what makes a schedule of a server's own text. listed: by ID or name. group_seconds: how long to
    wait for one group before the next. check_mode: only tell.
    """

    parse: Callable[[str], Schedule]
    listed: Mapping[str, Listed]
    rules: OfficeRules
    group_seconds: float
    check_mode: bool


@dataclass(frozen=True)
class _Step:
    """One server, its schedule, what is decided, and how it went. saves: what an hour off is expected to
    save. was_sent: Nova has begun the action. outcome: why it did not go as decided, None where it did.
    """

    server: Server
    schedule: Schedule | None
    order: int
    decision: Decision | None
    newest: Act | None = None
    saves: HourlyCost | None = None
    outcome: str | None = None
    error: str | None = None
    was_sent: bool = False

    @property
    def action(self) -> str | None:
        return None if self.decision is None else self.decision.action

    @property
    def is_done(self) -> bool:
        """Whether its action was, or in check mode would be, carried out."""
        return self.action is not None and self.outcome is None


@dataclass
class _Run:
    """What a run is made of."""

    cloud: Cloud
    nova: Service
    options: OfficeOptions
    now: datetime
    ledger_created: bool
    finished: list[_Step] = field(default_factory=list)
    #: Acts that keep servers off which are not there any more.
    ended: list[Act] = field(default_factory=list)


def keep_office_hours(
    cloud: Cloud, ledger: sql.LedgerOptions, options: OfficeOptions, now: datetime
) -> dict[str, Any]:
    """Do what the schedules of the project's servers ask for now; the module's result.

    Raises CloudError where the servers cannot be listed, LedgerError, and Refused, with the result, where
    some server could not be brought to where its schedule wants it.
    """
    nova = cloud.service("compute")
    servers = list(compute.servers(nova))
    with _opened(ledger, options.check_mode) as opened:
        newest = {} if opened is None else acts.newest(opened.connection, SERVER)
        identity = cloud.identity
        prices = (
            {}
            if opened is None
            else newest_hourly_costs(opened.connection, identity.project_id, identity.region, "compute")
        )
        created = opened is not None and opened.created
    steps = _steps(servers, options, newest, prices, now)
    run = _Run(cloud, nova, options, now, created)
    if options.check_mode:
        run.finished = steps
    else:
        _carry_out(run, steps)
        run.ended = list(_ended(run, newest.values(), {server.id for server in servers}))
        _record(run, ledger)
    return _judged(run, _result(run, ledger))


@contextmanager
def _opened(ledger: sql.LedgerOptions, check_mode: bool) -> Iterator[sql.Ledger | None]:
    """The ledger, which is proved to take a row before anything is done; in check mode for reading, and None
    where there is none yet.
    """
    if not check_mode:
        with sql.writing(ledger) as opened:
            yield opened
    elif sql.exists(ledger):
        with sql.reading(ledger) as opened:
            yield opened
    else:
        yield None


def _steps(
    servers: Sequence[Server],
    options: OfficeOptions,
    newest: Mapping[str, Act],
    prices: Mapping[str, HourlyCost],
    now: datetime,
) -> list[_Step]:
    """A step for each server that has a schedule. Raises InvalidOption for one that is only listed."""
    known = {name for server in servers for name in (server.id, server.name)}
    if missing := [name for name in options.listed if name not in known]:
        raise InvalidOption("servers", f"the project has no server {missing[0]}.")
    steps = []
    for server in servers:
        listed = options.listed.get(server.id) or options.listed.get(server.name)
        if listed is None and SCHEDULE not in server.metadata:
            continue
        try:
            schedule = listed.schedule if listed else options.parse(server.metadata[SCHEDULE])
            order = listed.order if listed else order_of(server)
            decision = decide(server, schedule, newest.get(server.id), now, options.rules)
        except InvalidOption as error:
            steps.append(_Step(server, None, 0, None, outcome=INVALID, error=str(error)))
            continue
        saves = prices.get(server.id) if decision.action in (STOP, SHELVE) else None
        steps.append(_Step(server, schedule, order, decision, newest.get(server.id), saves))
    return sorted(steps, key=lambda step: (step.server.name, step.server.id))


def _carry_out(run: _Run, steps: list[_Step]) -> None:
    """Stop groups in descending order, then start groups in ascending order, each once the one before it is
    there.
    """
    off = [step for step in steps if step.action in (STOP, SHELVE)]
    on = [step for step in steps if step.action is not None and step not in off]
    rest = [step for step in steps if step.action is None]
    run.finished += _in_parallel(run, rest)
    for direction in (sorted(off, key=lambda step: -step.order), sorted(on, key=lambda step: step.order)):
        groups = [list(group) for _order, group in groupby(direction, key=lambda step: step.order)]
        for number, group in enumerate(groups):
            done = _in_parallel(run, group)
            if number + 1 < len(groups):
                done = _awaited(run, done)
            run.finished += done
            if not all(step.is_done for step in done):
                left = [step for later in groups[number + 1 :] for step in later]
                run.finished += [replace(step, outcome=HELD_BACK) for step in left]
                break
    run.finished.sort(key=lambda step: (step.server.name, step.server.id))


def _in_parallel(run: _Run, steps: Iterable[_Step]) -> list[_Step]:
    with ThreadPoolExecutor(max_workers=PARALLEL_SERVICES) as pool:
        return list(pool.map(lambda step: _carried_out(run, step), steps))


def _carried_out(run: _Run, step: _Step) -> _Step:
    """Marker first, then the action: who is killed in between has said what was meant."""
    decision, server = step.decision, step.server
    if decision is None:
        return step
    try:
        if decision.marker is not None and str(decision.marker) != server.metadata.get(STATE):
            compute.set_metadata(run.nova, server.id, {STATE: str(decision.marker)})
        if decision.action is not None:
            compute.act(run.nova, server.id, decision.action)
    except CloudError as error:
        # Another run, or somebody, was faster: the next run sees it.
        is_late = run.now - decision.edge.at > _OVERDUE
        outcome = CONFLICT if error.http_status in _OTHERS_WERE_FASTER and not is_late else FAILED
        return replace(step, outcome=outcome, error=str(error))
    return replace(step, was_sent=decision.action is not None)


def _awaited(run: _Run, steps: list[_Step]) -> list[_Step]:
    """The steps of a group once Nova is done with them; those that are not in time have failed."""
    deadline = run.nova.login.deadline
    ends = deadline.clock() + run.options.group_seconds
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
            problem = f"was not done within group_timeout ({run.options.group_seconds:g} s)."
            return _failed(steps, waiting, problem)
        deadline.sleep(_PAUSE_SECONDS)


def _failed(steps: Iterable[_Step], waiting: Sequence[_Step], problem: str) -> list[_Step]:
    return [
        replace(step, outcome=FAILED, error=f"The {step.action} {problem}") if step in waiting else step
        for step in steps
    ]


def _ended(run: _Run, newest: Iterable[Act], listed: Collection[str]) -> Iterator[Act]:
    """The acts of schedules on servers that were deleted. What cannot be asked for is looked at by the next
    run.
    """
    identity = run.cloud.identity
    for act in newest:
        if (
            act.kind in (STOP, SHELVE)
            and act.schedule is not None
            and (act.project_id, act.region) == (identity.project_id, identity.region)
            and act.resource_id not in listed
            and (act.recorded_at or run.now) < run.now - _LISTED_SINCE
        ):
            with suppress(CloudError):
                if not compute.is_there(run.nova, act.resource_id):
                    yield act


def _record(run: _Run, ledger: sql.LedgerOptions) -> None:
    """A row for every act, for those that a killed run left without one, and for what a deletion ended."""
    rows = [row for step in run.finished for row in _rows(run, step)]
    rows += [
        replace(act, kind=acts.UNDONE_BY_HAND, saves_nano_per_hour=None, currency=None) for act in run.ended
    ]
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


def _rows(run: _Run, step: _Step) -> Iterator[Act]:
    decision = step.decision
    if decision is None or step.schedule is None:
        return
    kind, edge_at = decision.made_up, decision.made_up_at
    if step.was_sent:
        kind, edge_at = decision.action, decision.edge.at
    if kind is not None:
        identity = run.cloud.identity
        yield Act(
            kind,
            SERVER,
            step.server.id,
            step.server.name,
            identity.region,
            identity.project_id,
            identity.project_name,
            schedule=step.schedule.text,
            saves_nano_per_hour=None if step.saves is None else step.saves.amount_nano,
            currency=None if step.saves is None else step.saves.currency,
            edge_at=edge_at,
        )


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


def _result(run: _Run, ledger: sql.LedgerOptions) -> dict[str, Any]:
    changed = [
        step
        for step in run.finished
        if step.decision is not None
        and step.outcome is None
        and (step.action is not None or _marker_changes(step))
    ]
    acted = [step for step in run.finished if step.is_done]
    return {
        "changed": bool(changed),
        "ledger": sql.format_url(ledger),
        "ledger_created": run.ledger_created,
        "servers": [_row(step, run.now) for step in run.finished],
        "deleted_servers": [{"id": act.resource_id, "name": act.resource_name} for act in run.ended],
        "diff": {
            "before": "".join(f"{step.server.name}: {step.server.status}\n" for step in acted),
            "after": "".join(
                f"{step.server.name}: {wanted_status(str(step.action))[-1]}\n" for step in acted
            ),
        },
    }


def _marker_changes(step: _Step) -> bool:
    marker = None if step.decision is None else step.decision.marker
    return marker is not None and str(marker) != step.server.metadata.get(STATE)


def _row(step: _Step, now: datetime) -> dict[str, Any]:
    server, decision, schedule = step.server, step.decision, step.schedule
    following = None if schedule is None else next_edge(schedule, now)
    row: dict[str, Any] = {
        "id": server.id,
        "name": server.name,
        "status": server.status,
        "schedule": server.metadata.get(SCHEDULE) if schedule is None else schedule.text,
        "order": step.order,
        "edge": None,
        "edge_at": None,
        "next_edge_at": None if following is None else iso(following.at),
        "action": step.action,
        "reason": step.outcome,
        "error": step.error,
        "saves_per_hour": None if step.saves is None else format_amount(from_nano(step.saves.amount_nano)),
        "currency": None if step.saves is None else step.saves.currency,
    }
    if decision is not None:
        row["edge"] = "on" if decision.edge.is_on else "off"
        row["edge_at"] = None if decision.edge.at == EVER else iso(decision.edge.at)
        row["reason"] = step.outcome or decision.reason
    return row


def _judged(run: _Run, result: dict[str, Any]) -> dict[str, Any]:
    """The result. Raises Refused with it where a server is not where its schedule wants it."""
    wrong = [step for step in run.finished if step.outcome in (FAILED, INVALID)]
    if not wrong:
        return result
    first = wrong[0]
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    raise Refused(f"Server {first.server.name}: {first.error}{more}", result, "rejected")
