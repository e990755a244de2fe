# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holding, committing and releasing, on the lists of the model (design/reservations.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

from .model import (
    ALLOW,
    DENY,
    UNKNOWN,
    WORSE,
    BudgetModel,
    EntryModel,
    HoldModel,
    Hours,
    Ledger,
    LineModel,
    Span,
    carriers,
    counting,
    covers,
    decision,
    hours_in,
    period_at,
    verdicts,
)

#: What is refused with an error that names an option.
REFUSED = "refused"


@dataclass(frozen=True)
class Asked:
    """A task that holds."""

    name: str
    lines: tuple[LineModel, ...]
    settled_by: str
    ttl: Hours
    warns_exceeded: bool = False
    warns_unknown: bool = False


def newest(ledger: Ledger, name: str) -> HoldModel | None:
    return next((hold for hold in reversed(ledger.holds) if hold.name == name), None)


def hold(ledger: Ledger, asked: Asked, now: Hours) -> str:
    """The verdict, and the hold in the ledger if it passes. The same lines of an open hold, or of its commit
    of this run, change nothing; other lines are judged as if the open hold were not there, and so are those
    of a forced one, which stays if they pass.
    """
    before = newest(ledger, asked.name)
    same = before if before is not None and is_same(before, asked, now) else None
    if same is not None and not (same.state == "held" and same.forced):
        return max(same.forced, key=WORSE.index, default=ALLOW)
    placed = tuple(
        replace(line, at=now) if not line.is_running and line.at is None else line for line in asked.lines
    )
    if is_refused(ledger, asked, placed):
        return REFUSED
    replaced = before if before is not None and before.state == "held" and now < before.expires_at else None
    others = replace(ledger, holds=[hold for hold in ledger.holds if hold is not replaced])
    said = set(verdicts(others, placed, now).values())
    if (DENY not in said or asked.warns_exceeded) and (UNKNOWN not in said or asked.warns_unknown):
        expires_at, ttl = (
            (now + asked.ttl, asked.ttl) if replaced is None else (replaced.expires_at, replaced.ttl)
        )
        taken = same or HoldModel(
            asked.name, placed, asked.settled_by, now, expires_at, first_lines=asked.lines, ttl=ttl
        )
        taken.forced = frozenset(said & {DENY, UNKNOWN})
        ledger.holds = [*others.holds, taken]
    return decision(others, placed, now)


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
    if found.settled_by == "entry":
        ledger.entries += [entry for line in found.lines for entry in entries_of(ledger, line, found, now)]
    return True


def entries_of(ledger: Ledger, line: LineModel, of: HoldModel, now: Hours) -> list[EntryModel]:
    """One of a one-off line at the later of the commit and its moment; of a running line one a UTC day, cut
    where a period of a budget in its scope begins, dated at its first collect period.
    """
    if not line.is_running:
        return [EntryModel(max(now, line.at or now), line.amount, line.currency, line.place)]
    assert line.until is not None
    every = hours_in(line, of.held_at, (Fraction(floor(of.held_at)), line.until))
    edges = {
        edge
        for budget in ledger.budgets
        if covers(budget, line.place) is not False
        for edge in edges_of(budget, every)
    }
    parts: list[list[int]] = []
    for hour in every:
        if not parts or hour % 24 == 0 or Fraction(hour) in edges:
            parts.append([])
        parts[-1].append(hour)
    return [
        EntryModel(Fraction(part[0]), line.amount * len(part), line.currency, line.place) for part in parts
    ]


def edges_of(budget: BudgetModel, every: Sequence[int]) -> set[Hours]:
    spans: list[Span | None] = [period_at(budget, Fraction(hour)) for hour in every]
    return {edge for span in spans if span is not None for edge in span}


def release(ledger: Ledger, name: str, now: Hours) -> bool:
    """Whether there was something to release: nothing that is committed, unless nothing can settle it."""
    found = newest(ledger, name)
    if found is None:
        return False
    waiting = [line for hold, line in counting(ledger, now) if hold is found]
    if found.state == "committed" and (not waiting or any(carriers(ledger, line) for line in waiting)):
        return False
    found.state = "released"
    return True
