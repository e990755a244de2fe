# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a schedule asks of one server now: arithmetic on its state, its marker and its newest act
(design/office-hours.md#decisions).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from .._core.errors import InvalidOption
from .._core.periods import from_iso, iso
from .._core.tags import STATE, is_wanted_off
from .._ledger.acts import SHELVE, START, STOP, UNDONE_BY_HAND, UNSHELVE, Act
from .._openstack.compute import Server
from .schedules import EVER, Edge, Schedule, newest_edge, next_edge

#: Keys of a server's metadata that its owner writes; STATE is what this collection does.
SCHEDULE, ORDER = "finops_schedule", "finops_order"
#: Words of the marker: what was done at an edge, and below what was found there.
STOPPED, SHELVED, STARTED = "stopped", "shelved", "started"
WAS_STOPPED, WAS_RUNNING, KEPT_STOPPED = "was_stopped", "was_running", "kept_stopped"
#: Word -> whether its edge begins the hours.
_WORDS = {
    STOPPED: False, SHELVED: False, WAS_STOPPED: False, STARTED: True, WAS_RUNNING: True, KEPT_STOPPED: True,
}  # fmt: skip
_OFF = {STOP: STOPPED, SHELVE: SHELVED}
SHELVED_STATES = ("SHELVED", "SHELVED_OFFLOADED")
#: How far the clock of another run may be ahead of this one's.
_CLOCKS_DIFFER = timedelta(days=1)
#: Why something is done or not (design/office-hours.md#decisions).
EDGE, AS_WANTED, BY_HAND, FOR_BUDGET = "edge", "as_wanted", "by_hand", "budget"
BUSY, LOCKED, GPU, STATUS, GRACE, STARTS_SOON = "busy", "locked", "gpu", "status", "grace", "starts_soon"


@dataclass(frozen=True)
class Marker:
    """What finops_state of a server says: a word, and the edge that it is of."""

    word: str
    at: datetime

    @property
    def is_on(self) -> bool:
        """Whether its edge begins the hours."""
        return _WORDS[self.word]

    def __str__(self) -> str:
        return f"{self.word}@{iso(self.at)}"


@dataclass(frozen=True)
class OfficeRules:
    """off_action: stop or shelve. grace: how long a new server is left alone. shortest_off: a server that is
    to start again so soon is not stopped. gpu: whether servers with a GPU are stopped too.
    """

    off_action: str = STOP
    grace: timedelta = timedelta(hours=1)
    shortest_off: timedelta = timedelta(hours=1)
    gpu: bool = False


@dataclass(frozen=True)
class Decision:
    """What is to be done, None for nothing, and why. marker: what finops_state becomes, None where it stays.
    made_up: the kind of an act that took place, and that the ledger does not know yet, with its edge.
    """

    edge: Edge
    reason: str
    action: str | None = None
    marker: Marker | None = None
    made_up: str | None = None
    made_up_at: datetime | None = None


@dataclass(frozen=True)
class _ServerCase:
    server: Server
    edge: Edge
    marker: Marker | None
    newest: Act | None

    @property
    def is_lasting(self) -> bool:
        """Whether the newest act on the server is one that keeps it off."""
        return self.newest is not None and self.newest.kind in (STOP, SHELVE)

    @property
    def is_recorded(self) -> bool:
        """Whether the ledger has an act of the marker's edge, or of a later one."""
        return (
            self.marker is not None
            and self.newest is not None
            and self.newest.edge_at is not None
            and self.newest.edge_at >= self.marker.at
        )

    @property
    def is_for_budget(self) -> bool:
        """Whether a budget keeps it off: its metadata says so, or, where it does not say, the newest act."""
        says = is_wanted_off(self.server.metadata)
        by_act = self.is_lasting and self.newest is not None and self.newest.alert_id is not None
        return by_act if says is None else says

    @property
    def is_ours(self) -> bool:
        """Whether a schedule stopped it, and nobody started it since."""
        return (
            self.marker is not None
            and self.marker.word in (STOPPED, SHELVED)
            and (self.is_lasting or not self.is_recorded)
        )


def parse_marker(
    text: str | None, now: datetime, key: str = STATE, words: Collection[str] = tuple(_WORDS)
) -> Marker | None:
    """The marker of a server, None where it has none. key: of the metadata.

    Raises InvalidOption for what nobody here wrote, such as that of an edge that is to come.
    """
    if text is None:
        return None
    word, _at, moment = text.partition("@")
    try:
        if word in words and EVER <= (at := from_iso(moment)) <= now + _CLOCKS_DIFFER:
            return Marker(word, at)
    except ValueError:
        pass
    raise InvalidOption(key, f"'{text[:40]}' is no state that this collection wrote; remove it.")


def decide(
    server: Server, schedule: Schedule, newest: Act | None, now: datetime, rules: OfficeRules
) -> Decision:
    """What the schedule asks of the server now. newest: the newest act on it in the ledger.

    Raises InvalidOption for a marker that cannot be read.
    """
    case = _ServerCase(
        server, newest_edge(schedule, now), parse_marker(server.metadata.get(STATE), now), newest
    )
    if reason := _left_alone(server, rules):
        return Decision(case.edge, reason)
    if case.edge.is_on and case.is_for_budget and server.status in ("SHUTOFF", *SHELVED_STATES):
        return Decision(case.edge, FOR_BUDGET)
    marker = case.marker
    if marker is not None and case.edge.at <= marker.at and case.edge.is_on == marker.is_on:
        if _has_failed(case, marker) and not marker.is_on:
            return _end_hours(case, schedule, now, rules)
        return _settled(case, marker)
    if case.edge.is_on:
        return _begin_hours(case)
    return _end_hours(case, schedule, now, rules)


def _left_alone(server: Server, rules: OfficeRules) -> str | None:
    if server.task_state is not None:
        return BUSY
    if server.locked:
        return LOCKED
    return GPU if server.gpu and not rules.gpu else None


def _begin_hours(case: _ServerCase) -> Decision:
    """Only what a schedule stopped is started."""
    server, edge = case.server, case.edge
    if server.status == "ACTIVE":
        return Decision(edge, AS_WANTED, marker=Marker(WAS_RUNNING, edge.at))
    if server.status != "SHUTOFF" and server.status not in SHELVED_STATES:
        return Decision(edge, STATUS)
    word = case.marker.word if case.is_ours and case.marker is not None else None
    if server.status == "SHUTOFF":
        if word == STOPPED:
            return Decision(edge, EDGE, START, Marker(STARTED, edge.at))
        return Decision(edge, BY_HAND, marker=Marker(KEPT_STOPPED, edge.at))
    # Nova takes no metadata of a shelved server.
    return Decision(edge, EDGE, UNSHELVE) if word == SHELVED else Decision(edge, BY_HAND)


def _end_hours(case: _ServerCase, schedule: Schedule, now: datetime, rules: OfficeRules) -> Decision:
    server, edge = case.server, case.edge
    if server.status == "SHUTOFF":
        # What a budget has stopped is the schedule's again once the budget lets it go.
        is_kept = case.is_for_budget or (
            case.is_ours and case.marker is not None and case.marker.word == STOPPED
        )
        word = STOPPED if is_kept else WAS_STOPPED
        return Decision(edge, AS_WANTED, marker=Marker(word, edge.at))
    if server.status in SHELVED_STATES:
        return Decision(edge, AS_WANTED)
    if server.status != "ACTIVE":
        return Decision(edge, STATUS)
    if now - from_iso(server.created) < rules.grace:
        return Decision(edge, GRACE)
    following = next_edge(schedule, now)
    if following is not None and following.at - now < rules.shortest_off:
        return Decision(edge, STARTS_SOON)
    return Decision(edge, EDGE, rules.off_action, Marker(_OFF[rules.off_action], edge.at))


def _has_failed(case: _ServerCase, marker: Marker) -> bool:
    """Whether the marker says what was never carried out."""
    if marker.word in (STOPPED, SHELVED):
        return case.server.status == "ACTIVE" and not case.is_lasting and not case.is_recorded
    return marker.word == STARTED and case.server.status == "SHUTOFF" and not case.is_recorded


def _settled(case: _ServerCase, marker: Marker) -> Decision:
    """The edge was dealt with: what failed is tried again, and what is otherwise now was somebody's hand."""
    status, edge = case.server.status, case.edge
    is_running = status == "ACTIVE"
    if _has_failed(case, marker):
        return Decision(edge, EDGE, START)
    if marker.word in (STOPPED, SHELVED) and is_running and case.is_lasting:
        return Decision(edge, BY_HAND, made_up=UNDONE_BY_HAND, made_up_at=marker.at)
    if not case.is_recorded and not case.is_lasting and not is_running and marker.word in (STOPPED, SHELVED):
        return _made_up(case, marker, STOP if marker.word == STOPPED else SHELVE)
    if not case.is_recorded and is_running and marker.word == STARTED:
        return _made_up(case, marker, START)
    return Decision(edge, AS_WANTED if is_running == edge.is_on else BY_HAND)


def _made_up(case: _ServerCase, marker: Marker, kind: str) -> Decision:
    """A run that was killed has done it, and did not come to write it down."""
    return Decision(case.edge, AS_WANTED, made_up=kind, made_up_at=marker.at)


def order_of(server: Server) -> int:
    """The group of a server: started in ascending order, stopped in descending. Raises InvalidOption."""
    text = server.metadata.get(ORDER, "0").strip()
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) < 6):
        raise InvalidOption(ORDER, f"'{text[:40]}' is not a whole number such as 10.")
    return int(text)


def wanted_status(action: str) -> tuple[str, ...]:
    """The states in which Nova is done with an action."""
    return {
        STOP: ("SHUTOFF",), SHELVE: SHELVED_STATES, START: ("ACTIVE",), UNSHELVE: ("ACTIVE",),
    }[action]  # fmt: skip
