# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One run over a project's servers: one list, and for each what its schedule asks for
(design/office-hours.md#a-run).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .._core.completeness import CloudIdentity
from .._core.errors import InvalidOption
from .._core.periods import iso
from .._core.tags import STATE
from .._ledger import acts, sql
from .._ledger.acts import SERVER, SHELVE, STOP, Act
from .._ledger.hourly_costs import HourlyCost, newest_hourly_costs
from .._openstack import compute
from .._openstack.compute import Server
from .._openstack.connection import Cloud
from .office_hours import SCHEDULE, Decision, OfficeRules, decide, order_of
from .schedules import EVER, Schedule, next_edge
from .server_acts import INVALID, ActingRun, Step, carry_out, deleted, record, refuse_failed, steps_to_result

_OVERDUE = timedelta(minutes=30)


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
class _OfficeStep(Step):
    """What is decided for a server, by its schedule; None of both where that cannot be read."""

    schedule: Schedule | None = None
    decision: Decision | None = None


@dataclass(frozen=True)
class _OfficeKnowledge:
    """What decisions rest on beside the list: the newest act on each server, what it costs, whose project it
    is, and the moment.
    """

    newest: Mapping[str, Act]
    prices: Mapping[str, HourlyCost]
    identity: CloudIdentity
    now: datetime


def keep_office_hours(
    cloud: Cloud, ledger: sql.LedgerOptions, options: OfficeOptions, now: datetime
) -> dict[str, Any]:
    """Do what the schedules of the project's servers ask for now; the module's result.

    Raises CloudError where the servers cannot be listed, LedgerError, and Refused, with the result, where
    some server could not be brought to where its schedule wants it.
    """
    nova = cloud.service("compute")
    servers = list(compute.servers(nova))
    known, created = _read_known(ledger, cloud.identity, now, options.check_mode)
    finished = _steps(servers, options, known)
    ended: list[Act] = []
    if not options.check_mode:
        run = ActingRun(cloud, nova, now, options.group_seconds)
        finished = carry_out(run, finished)
        ended = deleted(run, _of_schedules(known.newest.values()), {server.id for server in servers})
        record(run, ledger, finished, ended)
    result = {
        **steps_to_result(finished, ended),
        "ledger": sql.format_url(ledger),
        "ledger_created": created,
        "servers": [_row(step, now) for step in finished],
    }
    refuse_failed(finished, result)
    return result


def _read_known(
    ledger: sql.LedgerOptions, identity: CloudIdentity, now: datetime, check_mode: bool
) -> tuple[_OfficeKnowledge, bool]:
    """What the ledger knows, and whether this run made it. It is proved to take a row before anything is
    done; in check mode it is only read, where there is one.
    """
    if check_mode and not sql.exists(ledger):
        return _OfficeKnowledge({}, {}, identity, now), False
    with sql.reading(ledger) if check_mode else sql.writing(ledger) as opened:
        newest = acts.newest(opened.connection, SERVER)
        prices = newest_hourly_costs(opened.connection, identity.project_id, identity.region, "compute")
        return _OfficeKnowledge(newest, prices, identity, now), opened.created


def _of_schedules(found: Iterable[Act]) -> list[Act]:
    return [act for act in found if act.schedule is not None]


def _steps(servers: Sequence[Server], options: OfficeOptions, known: _OfficeKnowledge) -> list[_OfficeStep]:
    """A step for each server that has a schedule. Raises InvalidOption for one that is only listed."""
    names = {name for server in servers for name in (server.id, server.name)}
    if missing := [name for name in options.listed if name not in names]:
        raise InvalidOption("servers", f"the project has no server {missing[0]}.")
    steps = []
    for server in servers:
        listed = options.listed.get(server.id) or options.listed.get(server.name)
        if listed is None and SCHEDULE not in server.metadata:
            continue
        try:
            schedule = listed.schedule if listed else options.parse(server.metadata[SCHEDULE])
            order = listed.order if listed else order_of(server)
            decision = decide(server, schedule, known.newest.get(server.id), known.now, options.rules)
        except InvalidOption as error:
            steps.append(_OfficeStep(server, outcome=INVALID, error=str(error)))
            continue
        steps.append(_step(server, schedule, order, decision, known))
    return sorted(steps, key=lambda step: (step.server.name, step.server.id))


def _step(
    server: Server, schedule: Schedule, order: int, decision: Decision, known: _OfficeKnowledge
) -> _OfficeStep:
    act = made_up = None
    if decision.action is not None:
        saves = known.prices.get(server.id) if decision.action in (STOP, SHELVE) else None
        act = _act(decision.action, server, schedule, decision.edge.at, known.identity, saves)
    if decision.made_up is not None:
        made_up = _act(decision.made_up, server, schedule, decision.made_up_at, known.identity, None)
    return _OfficeStep(
        server=server,
        order=order,
        act=act,
        made_up=made_up,
        marker={} if decision.marker is None else {STATE: str(decision.marker)},
        is_late=known.now - decision.edge.at > _OVERDUE,
        schedule=schedule,
        decision=decision,
    )


def _act(
    kind: str,
    server: Server,
    schedule: Schedule,
    edge_at: datetime | None,
    identity: CloudIdentity,
    saves: HourlyCost | None,
) -> Act:
    return Act(
        kind,
        SERVER,
        server.id,
        server.name,
        identity.region,
        identity.project_id,
        identity.project_name,
        schedule=schedule.text,
        saves_nano_per_hour=None if saves is None else saves.amount_nano,
        currency=None if saves is None else saves.currency,
        edge_at=edge_at,
    )


def _row(step: _OfficeStep, now: datetime) -> dict[str, Any]:
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
        **step.savings_to_result(),
    }
    if decision is not None:
        row["edge"] = "on" if decision.edge.is_on else "off"
        row["edge_at"] = None if decision.edge.at == EVER else iso(decision.edge.at)
        row["reason"] = step.outcome or decision.reason
    return row
