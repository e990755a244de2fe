# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One run over a project's servers for the budgets of a ledger: what the owner's policy asks for is stopped,
and what was stopped for a budget is started when nothing asks for it any more (design/budget-actions.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .._budgets.reached_alerts import ReachedBudget, reached_budgets
from .._core.completeness import CloudIdentity
from .._core.errors import InvalidOption, LedgerError
from .._core.tags import BUDGET_STATE, STOPPABLE, metadata_tags
from .._ledger import acts, alerts, holds, sql
from .._ledger.acts import SERVER, SHELVE, STOP, Act
from .._ledger.hourly_costs import HourlyCost, newest_hourly_costs
from .._ledger.policy import PolicyRules, read_policy
from .._openstack import compute
from .._openstack.compute import Server
from .._openstack.connection import Cloud
from .budget_stops import (
    REFUSED,
    Ask,
    BudgetDecision,
    ServerActs,
    StopRules,
    decide,
    is_stoppable,
    marker_of,
    unrecorded,
)
from .office_hours import Marker, order_of
from .server_acts import INVALID, ActingRun, Step, carry_out, deleted, record, refuse_failed, steps_to_result

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction

_COMPUTE = "compute"


@dataclass(frozen=True)
class BudgetStopOptions:
    """cool_down: how long a server is not stopped again. group_seconds: how long to wait for one group before
    the next. only_tell: change nothing.
    """

    cool_down: timedelta
    group_seconds: float
    only_tell: bool


@dataclass(frozen=True)
class _BudgetStep(Step):
    """decision: None where something of the server cannot be read. budget: whose alert asks for it or did."""

    decision: BudgetDecision | None = None
    budget: str | None = None


@dataclass(frozen=True)
class _Candidate:
    """A server that may be stopped, or that a run has marked or stopped."""

    server: Server
    marker: Marker | None
    done: ServerActs
    is_stoppable: bool


@dataclass(frozen=True)
class _BudgetKnowledge:
    """What the ledger knows. reached: with what the policy has done then, by the name of the budget. budgets:
    that of each alert that decisions are about.
    """

    identity: CloudIdentity
    reached: Sequence[tuple[ReachedBudget, str]]
    rules: StopRules
    budgets: Mapping[str, str]
    prices: Mapping[str, HourlyCost]


def act_on_servers(
    cloud: Cloud, ledger: sql.LedgerOptions, options: BudgetStopOptions, now: datetime
) -> dict[str, Any]:
    """Stop, shelve and start what the policy asks for now; the module's result.

    Raises CloudError where the servers cannot be listed, LedgerError, also where this login may not act for
    budgets, and Refused, with the result, where some server could not be brought to where it is wanted.
    """
    nova = cloud.service("compute")
    servers = list(compute.servers(nova))
    with sql.reading(ledger) if options.only_tell else sql.writing(ledger, create=False) as opened:
        # Asked before anything is done: what cannot be recorded is not done.
        if not options.only_tell and not acts.may_act_for_budgets(opened.connection):
            raise LedgerError(
                "The ledger's login may not act for budgets; use a login of finops_owner. Nothing was done."
            )
        moment = holds.database_now(opened.connection, now)
        candidates, steps, newest = _candidates(opened.connection, servers, moment)
        known = _read_known(opened.connection, candidates, cloud.identity, options.cool_down, moment)
    steps += [_step(one, known) for one in candidates]
    steps.sort(key=lambda step: (step.server.name, step.server.id))
    ended: list[Act] = []
    if not options.only_tell:
        run = ActingRun(cloud, nova, moment, options.group_seconds)
        steps = carry_out(run, steps)
        ended = deleted(run, _of_budgets(newest.values()), {server.id for server in servers})
        record(run, ledger, steps, ended)
    result = {
        **steps_to_result(steps, ended),
        "ledger": sql.format_url(ledger),
        "servers": [_row(step) for step in steps],
    }
    refuse_failed(steps, result)
    return result


def _of_budgets(found: Iterable[Act]) -> list[Act]:
    return [act for act in found if act.alert_id is not None]


def _candidates(
    transaction: Transaction, servers: Iterable[Server], now: datetime
) -> tuple[list[_Candidate], list[_BudgetStep], dict[str, Act]]:
    """The servers that this is about, steps for those whose metadata cannot be read, and the newest acts."""
    newest = acts.newest(transaction, SERVER)
    by_server: dict[str, list[Act]] = {}
    for act in acts.for_budgets(transaction, SERVER):
        by_server.setdefault(act.resource_id, []).append(act)
    found, unread = [], []
    for server in servers:
        done = ServerActs(newest.get(server.id), by_server.get(server.id, ()))
        if STOPPABLE in server.metadata or BUDGET_STATE in server.metadata or done.lasting is not None:
            try:
                order_of(server)
                found.append(_Candidate(server, marker_of(server, now), done, is_stoppable(server)))
            except InvalidOption as error:
                unread.append(_BudgetStep(server, outcome=INVALID, error=str(error)))
    return found, unread, newest


def _read_known(
    transaction: Transaction,
    candidates: Sequence[_Candidate],
    identity: CloudIdentity,
    cool_down: timedelta,
    now: datetime,
) -> _BudgetKnowledge:
    policy = read_policy(transaction).rules or PolicyRules()
    reached = [(one, STOP) for one in reached_budgets(transaction, policy.stop_at, now)]
    reached += [(one, SHELVE) for one in reached_budgets(transaction, policy.shelve_at, now)]
    reached.sort(key=lambda pair: pair[0].budget)
    moments = unrecorded([(one.marker, one.done) for one in candidates])
    fired = {moment: alerts.fired_at(transaction, moment) for moment in moments}
    announced = {moment: alert_id for moment, alert_id in fired.items() if alert_id is not None}
    ids = {act.alert_id or "" for one in candidates if (act := one.done.lasting) is not None}
    ids |= {one.alert.id for one, _action in reached} | {*announced.values()}
    return _BudgetKnowledge(
        identity,
        reached,
        StopRules(now, cool_down, alerts.standing_until(transaction, sorted(ids)), announced),
        alerts.budgets_of(transaction, sorted(ids)),
        newest_hourly_costs(transaction, identity.project_id, identity.region, _COMPUTE),
    )


def _step(one: _Candidate, known: _BudgetKnowledge) -> _BudgetStep:
    server = one.server
    decision = decide(server, one.marker, one.done, _asks(one, known), known.rules)
    act = made_up = None
    if decision.action is not None:
        act = _act(decision.action, server, decision, known)
    if decision.made_up is not None:
        made_up = _act(decision.made_up, server, decision, known)
    return _BudgetStep(
        server=server,
        order=order_of(server),
        act=act,
        made_up=made_up,
        marker={} if decision.marker is None else {BUDGET_STATE: str(decision.marker)},
        refused=_refused(decision),
        is_late=decision.is_late,
        decision=decision,
        budget=known.budgets.get(decision.alert_id or ""),
    )


def _refused(decision: BudgetDecision) -> dict[str, str]:
    """What the metadata says where Nova refuses to stop a server: if it is off then, no run did that."""
    if decision.action not in (STOP, SHELVE) or decision.at is None:
        return {}
    return {BUDGET_STATE: str(Marker(REFUSED, decision.at))}


def _asks(one: _Candidate, known: _BudgetKnowledge) -> list[Ask]:
    """What the budgets want of the server in whose scope its cost is, by the tags that it has now."""
    if not one.is_stoppable:
        return []
    identity = known.identity
    projects = frozenset({identity.project_id, identity.project_name})
    tags = frozenset(metadata_tags(one.server.metadata))
    return [
        Ask(reached.budget, reached.alert.id, reached.alert.fired_at, action)
        for reached, action in known.reached
        if reached.scope.covers_resource(_COMPUTE, projects, tags, identity.region)
    ]


def _act(kind: str, server: Server, decision: BudgetDecision, known: _BudgetKnowledge) -> Act:
    identity = known.identity
    saves = known.prices.get(server.id) if kind in (STOP, SHELVE) else None
    return Act(
        kind,
        SERVER,
        server.id,
        server.name,
        identity.region,
        identity.project_id,
        identity.project_name,
        alert_id=decision.alert_id,
        saves_nano_per_hour=None if saves is None else saves.amount_nano,
        currency=None if saves is None else saves.currency,
        edge_at=decision.at,
    )


def _row(step: _BudgetStep) -> dict[str, Any]:
    decision = step.decision
    return {
        "id": step.server.id,
        "name": step.server.name,
        "status": step.server.status,
        "order": step.order,
        "budget": step.budget,
        "alert": None if decision is None else decision.alert_id,
        "action": step.action,
        "reason": step.outcome or (None if decision is None else decision.reason),
        "error": step.error,
        **step.savings_to_result(),
    }
