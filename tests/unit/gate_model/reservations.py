# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holding, committing and releasing, on the lists of the model (design/reservations.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor

from .model import (
    ALLOW,
    DENY,
    UNKNOWN,
    BudgetModel,
    EntryModel,
    HoldModel,
    Hours,
    Ledger,
    LineModel,
    OverrideModel,
    Span,
    carriers,
    counting,
    covers,
    hours_in,
    judged,
    period_at,
    period_sum,
    verdicts,
    worst,
)

#: What is refused with an error that names an option.
REFUSED = "refused"


@dataclass(frozen=True)
class Asked:
    """A task that holds."""

    name: str
    lines: tuple[LineModel, ...]
    settled_by: str
    ttl: int
    warns_exceeded: bool = False
    warns_unknown: bool = False


def newest(ledger: Ledger, name: str) -> HoldModel | None:
    return next((hold for hold in reversed(ledger.holds) if hold.name == name), None)


def hold(ledger: Ledger, asked: Asked, now: Hours, taking: bool = True) -> str:
    """The verdict, and the hold in the ledger if it passes. The same lines of an open hold, or of its commit
    of this run, change nothing; other lines are judged as if the open hold were not there, and so are those
    of a forced one, which stays if they pass. taking: false only asks.
    """
    if not ledger.offsets:
        asked = replace(asked, lines=added(asked.lines))
    before = newest(ledger, asked.name)
    same = before if before is not None and is_same(before, asked, now) else None
    if same is not None and not (same.state == "held" and same.forced):
        return worst(same.forced or {ALLOW})
    placed = tuple(
        replace(line, at=now) if not line.is_running and line.at is None else line for line in asked.lines
    )
    if is_refused(ledger, asked, placed):
        return REFUSED
    replaced = before if before is not None and before.state == "held" and now < before.expires_at else None
    others = replace(ledger, holds=[hold for hold in ledger.holds if hold is not replaced])
    generation = before.generation + (replaced is None) if before is not None else 1
    usable = usable_by(ledger, asked.name, generation, now)
    said = verdicts(others, placed, now, usable)
    if (DENY not in said.values() or asked.warns_exceeded) and (
        UNKNOWN not in said.values() or asked.warns_unknown
    ):
        expires_at, ttl = (
            (now + asked.ttl, asked.ttl) if replaced is None else (replaced.expires_at, replaced.ttl)
        )
        taken = same or HoldModel(
            asked.name, placed, asked.settled_by, now, expires_at, first_lines=asked.lines, ttl=ttl,
            generation=generation,
        )  # fmt: skip
        if taking:
            use_up(others, placed, placed, (), now, usable, generation)
            taken.forced = frozenset(said.values()) & {DENY, UNKNOWN}
            ledger.holds = [*others.holds, taken]
    return worst(said.values())


def added(lines: Sequence[LineModel]) -> tuple[LineModel, ...]:
    """Without what is said to go."""
    return tuple(line for line in lines if not line.removes)


def usable_by(ledger: Ledger, name: str, generation: int, now: Hours) -> list[OverrideModel]:
    """Those of the reservation that nobody has used and that have not ended, or that this very generation has
    used.
    """
    return [
        one
        for one in ledger.overrides
        if one.reservation == name and (now < one.until if one.used_by is None else one.used_by == generation)
    ]


def use_up(
    ledger: Ledger,
    lines: Sequence[LineModel],
    request: Sequence[LineModel],
    moments: Sequence[Hours],
    now: Hours,
    usable: Sequence[OverrideModel],
    generation: int,
) -> None:
    """Use up the overrides without which the lines would not have fitted. request: those of them that the
    ledger does not have yet. moments: of what they have become, which may be past.
    """
    budgets = {budget.name: budget for budget in ledger.budgets}
    for one in usable:
        budget = budgets[one.budget]
        spans = [*judged(ledger, budget, request, now), *(period_at(budget, at) for at in moments)]
        if one.used_by is not None or one.span not in spans:
            continue
        if all(covers(budget, line.place) is False for line in added(lines)):
            continue
        without = period_sum(ledger, budget, request, one.span, now)
        raised = period_sum(ledger, budget, request, one.span, now, usable)
        if without.verdict == DENY and raised.verdict != DENY:
            one.used_by = generation


def grant(ledger: Ledger, wanted: OverrideModel, now: Hours) -> bool:
    """Whether it may be made or changed: one that was used stays, and one that is over helps nobody."""
    before = next((one for one in ledger.overrides if is_for_the_same(one, wanted)), None)
    if before is not None and replace(before, used_by=None) == wanted:
        return True
    if wanted.until <= now or (before is not None and before.used_by is not None):
        return False
    ledger.overrides = [one for one in ledger.overrides if one is not before] + [wanted]
    return True


def take_back(ledger: Ledger, wanted: OverrideModel) -> bool:
    """Whether it may be taken back: not what was used."""
    before = next((one for one in ledger.overrides if is_for_the_same(one, wanted)), None)
    if before is not None and before.used_by is not None:
        return False
    ledger.overrides = [one for one in ledger.overrides if one is not before]
    return True


def is_for_the_same(one: OverrideModel, other: OverrideModel) -> bool:
    return (one.budget, one.span, one.reservation) == (other.budget, other.span, other.reservation)


def is_same(before: HoldModel, asked: Asked, now: Hours) -> bool:
    """Whether it asks for what is held, or for what this very run has committed."""
    if (before.first_lines, before.settled_by) != (asked.lines, asked.settled_by):
        return False
    if before.state == "committed" and before.committed_at is not None:
        if (DENY in before.forced and not asked.warns_exceeded) or (
            UNKNOWN in before.forced and not asked.warns_unknown
        ):
            return False
        return now < before.committed_at + before.ttl
    return before.state == "held" and now < before.expires_at


def is_refused(ledger: Ledger, asked: Asked, lines: Sequence[LineModel]) -> bool:
    """Whether entries cannot be made of the lines, or an import never brings them to a budget."""
    lines = added(lines)
    if asked.settled_by == "entry":
        return any(line.place.category is None or (line.is_running and line.until is None) for line in lines)
    return any(
        budget.fed_by == "entries" and covers(budget, line.place) is not False
        for budget in ledger.budgets
        for line in lines
    )


def commit(ledger: Ledger, name: str, now: Hours) -> bool:
    """Whether there was something to commit; with its entries in the ledger where these settle it."""
    found = newest(ledger, name)
    if found is None or found.state == "released":
        return False
    if found.state == "committed":
        return True
    found.state, found.committed_at = "committed", now
    settled = added(found.lines) if found.settled_by == "entry" else ()
    new = [entry for line in settled for entry in entries_of(ledger, line, found, now)]
    ledger.entries += new
    usable = usable_by(ledger, name, found.generation, now)
    use_up(ledger, found.lines, (), [one.at for one in new], now, usable, found.generation)
    return True


def entries_of(ledger: Ledger, line: LineModel, of: HoldModel, now: Hours) -> list[EntryModel]:
    """One of a one-off line at the later of the commit and its moment; of a running line one a UTC day, cut
    where a period of a budget in its scope begins, dated at its first collect period.
    """
    if not line.is_running:
        return [EntryModel(max(now, line.at or now), line.amount, line.currency, line.place)]
    assert line.until is not None
    every = hours_in(line, of.held_at, (floor(of.held_at), line.until))
    edges = {
        edge
        for budget in ledger.budgets
        if covers(budget, line.place) is not False
        for edge in edges_of(budget, every)
    }
    parts: list[list[int]] = []
    for hour in every:
        if not parts or hour % 24 == 0 or hour in edges:
            parts.append([])
        parts[-1].append(hour)
    return [EntryModel(part[0], line.amount * len(part), line.currency, line.place) for part in parts]


def edges_of(budget: BudgetModel, every: Sequence[int]) -> set[Hours]:
    spans: list[Span | None] = [period_at(budget, hour) for hour in every]
    return {edge for span in spans if span is not None for edge in span}


def release(ledger: Ledger, name: str, now: Hours) -> bool:
    """Whether there was something to release: nothing that is committed, unless nothing can settle it."""
    found = newest(ledger, name)
    if found is None:
        return False
    waiting = [promise.line for promise in counting(ledger, now) if promise.hold is found]
    if found.state == "committed" and (not waiting or any(carriers(ledger, line) for line in waiting)):
        return False
    found.state = "released"
    return True
