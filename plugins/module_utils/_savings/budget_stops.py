# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What budgets that reached a threshold ask of one server now: arithmetic on its state, its marker and the
acts on it (design/budget-actions.md#servers).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .._core.errors import InvalidOption
from .._core.tags import BUDGET_STATE, STOPPABLE, is_off_by_schedule
from .._ledger.acts import SHELVE, START, STOP, UNDONE_BY_HAND, UNSHELVE, Act
from .._openstack.compute import Server
from .office_hours import (
    BUSY,
    LOCKED,
    SHELVED,
    SHELVED_STATES,
    STARTED,
    STATUS,
    STOPPED,
    Marker,
    parse_marker,
)

#: The words of a server that was off by its schedule, and is not to be started by it, and of one that Nova
#: refused to stop: if it is off then, it is so by somebody else.
KEPT, REFUSED = "kept", "refused"
_WORDS = (STOPPED, SHELVED, KEPT, REFUSED, STARTED)
_MARKED = {STOP: STOPPED, SHELVE: SHELVED}
#: Why something is done or not (design/budget-actions.md#servers).
REACHED, WITHIN, OFF, BY_HAND = "reached", "within", "off", "by_hand"
SCHEDULE, COOL_DOWN, DONE_BEFORE = "schedule", "cool_down", "done_before"
PERIOD_OVER, REARMED, NOT_ASKED = "period_over", "rearmed", "not_asked_for"
#: How long a stop is tried before a conflict is a failure.
_OVERDUE = timedelta(minutes=30)


@dataclass(frozen=True)
class Ask:
    """A budget that wants a server off, how, and the alert that says so."""

    budget: str
    alert_id: str
    at: datetime
    action: str


@dataclass(frozen=True)
class ServerActs:
    """The newest act on a server of whatever kind, and all that an alert asked for."""

    newest: Act | None = None
    for_budgets: Sequence[Act] = ()

    @property
    def lasting(self) -> Act | None:
        """The act that keeps the server off for a budget; None where none does."""
        one = self.newest
        return one if one is not None and one.kind in _MARKED and one.alert_id is not None else None

    def is_known(self, marker: Marker) -> bool:
        """Whether the act that the marker announces was recorded."""
        return any(act.edge_at == marker.at for act in self.for_budgets)


@dataclass(frozen=True)
class BudgetDecision:
    """What is to be done, None for nothing, and why. alert_id, at: of the alert that asks for it, or did.
    marker: what finops_budget becomes, None where it stays. made_up: the kind of an act that took place, and
    that the ledger does not know yet.
    """

    reason: str
    alert_id: str | None = None
    at: datetime | None = None
    action: str | None = None
    marker: Marker | None = None
    made_up: str | None = None
    is_late: bool = False


@dataclass(frozen=True)
class StopRules:
    """standing: when the periods of alerts end that were not re-armed. announced: the alerts of markers that
    the ledger has no act of, by the moment at which they were fired.
    """

    now: datetime
    cool_down: timedelta
    standing: Mapping[str, datetime]
    announced: Mapping[datetime, str]


def is_stoppable(server: Server) -> bool:
    """Whether its owner lets a budget stop it. Raises InvalidOption for what is neither yes nor no."""
    text = server.metadata.get(STOPPABLE, "false").strip().lower()
    if text not in ("true", "false"):
        raise InvalidOption(STOPPABLE, f"'{text[:40]}' is neither true nor false.")
    return text == "true"


def marker_of(server: Server, now: datetime) -> Marker | None:
    """The marker of a server, None where it has none. Raises InvalidOption for what nobody here wrote."""
    return parse_marker(server.metadata.get(BUDGET_STATE), now, BUDGET_STATE, _WORDS)


def decide(
    server: Server, marker: Marker | None, done: ServerActs, asks: Sequence[Ask], rules: StopRules
) -> BudgetDecision:
    """What is to be done with the server now. asks: what the budgets want in whose scope it is, by name."""
    if server.task_state is not None:
        return BudgetDecision(BUSY)
    if server.locked:
        return BudgetDecision(LOCKED)
    if server.status == "ACTIVE":
        return _running(marker, done, asks, rules)
    if server.status in ("SHUTOFF", *SHELVED_STATES):
        return _off(server, marker, done, asks, rules)
    return BudgetDecision(STATUS)


def _running(
    marker: Marker | None, done: ServerActs, asks: Sequence[Ask], rules: StopRules
) -> BudgetDecision:
    before = done.lasting
    if before is not None:
        # Only a run writes `started`, before it asks for it.
        is_ours = marker == Marker(STARTED, before.edge_at or rules.now)
        made_up = _start_of(before) if is_ours else UNDONE_BY_HAND
        return BudgetDecision(
            WITHIN if is_ours else BY_HAND, before.alert_id, before.edge_at, made_up=made_up
        )
    if not asks:
        return BudgetDecision(WITHIN, marker=_released(marker))
    stops = [act for act in done.for_budgets if act.kind in _MARKED]
    ask = next((one for one in asks if all(act.alert_id != one.alert_id for act in stops)), None)
    if ask is None:
        return BudgetDecision(DONE_BEFORE, asks[0].alert_id, asks[0].at, marker=_released(marker))
    if any(_is_younger(act, rules) for act in stops):
        return BudgetDecision(COOL_DOWN, ask.alert_id, ask.at)
    wanted = Marker(_MARKED[ask.action], ask.at)
    tried = marker in (wanted, Marker(REFUSED, ask.at))
    is_late = tried and rules.now - ask.at > _OVERDUE
    return BudgetDecision(REACHED, ask.alert_id, ask.at, ask.action, wanted, is_late=is_late)


def _is_younger(act: Act, rules: StopRules) -> bool:
    return act.recorded_at is not None and timedelta() <= rules.now - act.recorded_at < rules.cool_down


def _off(
    server: Server, marker: Marker | None, done: ServerActs, asks: Sequence[Ask], rules: StopRules
) -> BudgetDecision:
    is_shelved = server.status in SHELVED_STATES
    before = done.lasting
    if before is not None:
        if is_shelved != (before.kind == SHELVE):
            # Somebody has shelved what was stopped, or the other way round.
            return BudgetDecision(BY_HAND, before.alert_id, before.edge_at, made_up=UNDONE_BY_HAND)
        return _kept_or_started(server, before, asks, rules)
    word = SHELVED if is_shelved else STOPPED
    if marker is not None and marker.word == word and not done.is_known(marker):
        # A run that was killed has done it, and did not come to write it down.
        # Of several alerts of that second it was one that asks for it, unless none does any more.
        asking = (one.alert_id for one in asks if one.at == marker.at)
        alert_id = next(asking, rules.announced.get(marker.at))
        if alert_id is not None:
            return BudgetDecision(OFF, alert_id, marker.at, made_up=SHELVE if is_shelved else STOP)
    if is_shelved:
        return BudgetDecision(BY_HAND)
    if asks and is_off_by_schedule(server.metadata):
        return BudgetDecision(SCHEDULE, asks[0].alert_id, asks[0].at, marker=Marker(KEPT, asks[0].at))
    return BudgetDecision(BY_HAND if asks else WITHIN, marker=_released(marker))


def _kept_or_started(server: Server, before: Act, asks: Sequence[Ask], rules: StopRules) -> BudgetDecision:
    """A server that is off for a budget: as long as one asks for it, and no longer."""
    is_shelved = before.kind == SHELVE
    at = before.edge_at or rules.now
    if asks:
        marker = None if is_shelved else Marker(STOPPED, at)
        return BudgetDecision(OFF, before.alert_id, at, marker=marker)
    # Nova takes no metadata of a shelved server.
    marker = None if is_shelved else Marker(STARTED, at)
    if is_off_by_schedule(server.metadata) and not is_shelved:
        # Its hours have ended meanwhile; the schedule starts it when they begin.
        return BudgetDecision(SCHEDULE, before.alert_id, at, marker=marker)
    reason = _why_released(before, rules)
    return BudgetDecision(reason, before.alert_id, at, _start_of(before), marker)


def _why_released(before: Act, rules: StopRules) -> str:
    ends = rules.standing.get(before.alert_id or "")
    if ends is None:
        return REARMED
    return PERIOD_OVER if ends <= rules.now else NOT_ASKED


def _start_of(before: Act) -> str:
    return UNSHELVE if before.kind == SHELVE else START


def _released(marker: Marker | None) -> Marker | None:
    """The marker once nothing keeps the server off; None where it stays as it is."""
    return None if marker is None or marker.word == STARTED else Marker(STARTED, marker.at)


def unrecorded(markers: Collection[tuple[Marker | None, ServerActs]]) -> set[datetime]:
    """The moments of markers that the ledger has no act of."""
    return {
        marker.at
        for marker, done in markers
        if marker is not None and marker.word in (STOPPED, SHELVED) and not done.is_known(marker)
    }
