# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Holding money before it is spent, and letting go of it (design/reservations.md, design/gate.md#overrides).

Writers of a ledger come one after the other on every database (design/ledger.md#one-writer-at-a-time), so
between the check and the hold nobody else can take what is left; locking the rows of budgets on top of that
would add nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.periods import iso, parse_duration, parse_moment
from .._core.rates import Rates
from .._ledger import budgets, feeds, holds, overrides, sql
from .._ledger.budgets import FED_BY_CLOUD, Budget
from .._ledger.holds import BY_ENTRY, BY_IMPORT, COMMITTED, HELD, NEXT, RELEASED, Hold, HoldLine
from . import alerts, settlement, snapshot, verdict
from .definitions import require
from .hold_result import told_hold
from .line_sums import common, growth
from .overrides import usable
from .request import Request, in_ledger_units, parse_line, parse_lines, without_nothing
from .snapshot import Snapshot
from .sums import ALLOW, DENY
from .verdict_text import NOTHING_FIRED

DEFAULT_TTL = timedelta(hours=2)


@dataclass(frozen=True)
class Task:
    """What a cost_reservation task says, as written; None for what it leaves out.

    amount, with currency, category, project and tags, is the shorthand for one line. budget: one that every
    line must be in.
    """

    name: str
    state: str
    amount: str | None = None
    currency: str | None = None
    category: str | None = None
    project: str | None = None
    tags: Mapping[str, Any] | None = None
    lines: Sequence[Mapping[str, Any]] | None = None
    settled_by: str | None = None
    budget: str | None = None
    ttl: str | None = None
    extend: bool = False
    reuse: bool = False
    for_period: str | None = None
    occurred_at: str | None = None
    on_exceeded: str = "fail"
    on_unknown: str = "fail"


def apply(
    options: sql.LedgerOptions, task: Task, rates: Rates, now: datetime, check_mode: bool, recorded_by: str
) -> dict[str, Any]:
    """The result of cost_reservation: hold, commit or release, in one transaction that checks and takes.

    A hold that the gate stops is not written, and its result says gate_passed: false. Nothing creates a
    missing ledger: without a budget there is nothing to hold. Raises InvalidOption for options or an order of
    states that cannot be; LedgerError.
    """
    _check(task)
    if check_mode:
        with sql.reading(options) as ledger:
            return _Turn(ledger, task, rates, now, recorded_by, write=False).result()
    with sql.writing(options, create=False) as ledger:
        return _Turn(ledger, task, rates, now, recorded_by, write=True).result()


def _check(task: Task) -> None:
    if not task.name.strip():
        raise InvalidOption(
            "name", "is empty; give the hold a name that stays, such as the pipeline's number."
        )
    if task.amount is not None and task.lines is not None:
        raise InvalidOption("lines", "and amount are two ways to say how much; use one.")
    if task.lines is not None and not task.lines:
        raise InvalidOption("lines", "is empty; say what is to be held.")
    if task.state == HELD:
        if task.amount is None and task.lines is None:
            raise InvalidOption("amount", "or lines is needed to hold.")
        if task.settled_by not in (BY_ENTRY, BY_IMPORT):
            raise InvalidOption(
                "settled_by",
                "is needed to hold: entry, if the commit is to record the cost, or import, if the cloud will tell it.",
            )
    if task.state == RELEASED and (task.amount is not None or task.lines is not None):
        raise InvalidOption(
            "amount", "and lines say nothing to a release, which lets go of all that is held."
        )
    if task.occurred_at is not None and task.state != COMMITTED:
        raise InvalidOption("occurred_at", "belongs to a commit.")


class _Turn:
    """One task on one open ledger."""

    def __init__(
        self, ledger: sql.Ledger, task: Task, rates: Rates, now: datetime, recorded_by: str, write: bool
    ) -> None:
        self._ledger, self._connection, self._task, self._rates = ledger, ledger.connection, task, rates
        self._now = holds.database_now(ledger.connection, now)
        self._recorded_by, self._write = recorded_by, write
        self._before = holds.newest(ledger.connection, task.name)

    def result(self) -> dict[str, Any]:
        work = {HELD: self._hold, COMMITTED: self._commit, RELEASED: self._release}[self._task.state]
        return {"ledger": self._ledger.url, **NOTHING_FIRED, **work()}

    def _hold(self) -> dict[str, Any]:
        task, before = self._task, self._before
        lines = _lines(task)
        _refuse_what_no_entry_tells(task.settled_by, lines)
        if before is not None and before.state == COMMITTED and not task.reuse:
            if growth(before.held, lines):
                raise InvalidOption(
                    "reuse",
                    f"'{task.name}' is committed, and this asks for more than was held; set reuse to hold anew, or use another name.",
                )
            return {**self._told(before, before), **self._nothing_asked()}
        if before is not None and before.state == RELEASED and not task.reuse:
            raise InvalidOption(
                "reuse", f"'{task.name}' was released; set reuse to hold anew, or use another name."
            )
        if before is None or before.state != HELD or before.expired(self._now):
            return self._hold_anew(lines)
        return self._hold_again(before, lines)

    def _hold_anew(self, lines: tuple[HoldLine, ...]) -> dict[str, Any]:
        task = self._task
        hold = Hold(
            name=task.name,
            generation=1 if self._before is None else self._before.generation + 1,
            state=HELD,
            settled_by=str(task.settled_by),
            counts_at=self._counts_at() or self._now,
            held_at=self._now,
            expires_at=self._now + self._ttl(),
            committed_at=None,
            forced=False,
            settled=False,
            recorded_by=self._recorded_by,
            held=lines,
        )
        return self._gated(hold, lines, ())

    def _hold_again(self, before: Hold, lines: tuple[HoldLine, ...]) -> dict[str, Any]:
        """Only what is more than before is checked; what stays is reserved already, and less is always
        allowed.
        """
        task = self._task
        if task.settled_by != before.settled_by:
            raise InvalidOption(
                "settled_by",
                f"is {before.settled_by} for '{task.name}' as it is held; release it to change that.",
            )
        counts_at = self._counts_at()
        if counts_at is not None and counts_at != before.counts_at:
            raise InvalidOption(
                "for_period",
                f"is that of {iso(before.counts_at)} for '{task.name}' as it is held; release it to change that.",
            )
        hold = replace(
            before, held=lines, expires_at=self._now + self._ttl() if task.extend else before.expires_at
        )
        return self._gated(hold, growth(before.held, lines), common(before.held, lines))

    def _gated(self, hold: Hold, asked: tuple[HoldLine, ...], kept: tuple[HoldLine, ...]) -> dict[str, Any]:
        """Take the hold if the gate lets what is asked for pass; what is kept of it counts as reserved."""
        task = self._task
        stored = budgets.read_all(self._connection)
        if task.budget is not None:
            require(stored, task.budget, "budget")
        if not asked:
            self._store(hold)
            return {**self._told(self._before, hold), **self._nothing_asked()}
        request = Request(asked, hold.counts_at)
        stands_on = self._ground(hold, stored, request, replace(hold, held=kept))
        found = verdict.verdicts(stored, request, stands_on, task.budget)
        if hold.settled_by == BY_IMPORT:
            _refuse_import_beside_entries(found)
        decision = verdict.told_decision(
            found, request, stands_on, task.on_exceeded, task.on_unknown, task.budget
        )
        fired = self._fired(found, stands_on)
        if not decision["gate_passed"]:
            return {**self._told(self._before, self._before), **decision, **fired}
        after = replace(hold, forced=hold.forced or decision["verdict"] != ALLOW)
        self._store(after, found, stands_on.settled)
        return {**self._told(self._before, after), **decision, **fired}

    def _fired(self, found: Sequence[verdict.BudgetVerdict], stands_on: Snapshot) -> dict[str, Any]:
        """The alerts that are due in these budgets, fired; nothing in check mode."""
        return alerts.fire(self._connection, found, stands_on, self._recorded_by) if self._write else {}

    def _nothing_asked(self) -> dict[str, Any]:
        """What a gate says to a hold that is there already, and asks for no more than it has."""
        return {
            "verdict": ALLOW,
            "gate_passed": True,
            "reasons": [f"{self._task.name}: asks for no more than it holds or held."],
            "lines": [],
            "evaluated_at": iso(self._now),
            "tax": "excluded",
            "summary": [],
            "budgets": [],
        }

    def _commit(self) -> dict[str, Any]:
        before = self._before
        if before is None:
            return self._never_held("commit")
        if before.state == RELEASED:
            raise InvalidOption(
                "state", f"'{before.name}' was released; hold it anew before it is committed."
            )
        lines = self._committed_lines(before)
        after = replace(
            before, state=COMMITTED, committed_at=before.committed_at or self._now, committed=lines
        )
        entries_changed = self._settle(before, after)
        found, stands_on = self._stands_after(before, after)
        self._store(after, found)
        told = self._told(before, after)
        return {
            **told,
            "changed": told["changed"] or entries_changed,
            "over_hold": bool(growth(before.held, lines)),
            "expired": after.committed_at is not None and after.committed_at >= after.expires_at,
            "exceeded": [one.budget.name for one in found if one.verdict == DENY],
            "warnings": [one.reason for one in found if one.verdict == DENY],
            "summary": verdict.summary(found),
            "budgets": [verdict.to_result(one) for one in found],
            **self._fired(found, stands_on),
        }

    def _stands_after(self, before: Hold, after: Hold) -> tuple[list[verdict.BudgetVerdict], Snapshot]:
        """How the budgets stand that have a line in their scope, the commit counted once: by its entry, or as
        promised.
        """
        counted = after
        if after.settled_by == BY_ENTRY and not self._write:
            # Nothing is written in check mode, so what the entry would add counts as if it were held.
            added = growth(before.committed, after.committed)
            counted = replace(after, state=HELD, held=added, committed=(), expires_at=self._now + DEFAULT_TTL)
        stored = budgets.read_all(self._connection)
        stands_on = self._ground(after, stored, Request(), counted)
        touched = verdict.touched(stored, after.lines, stands_on)
        return [verdict.evaluate(budget, Request(), stands_on) for budget in touched], stands_on

    def _settle(self, before: Hold, after: Hold) -> bool:
        """Write what a commit settled by entry tells; whether the ledger's entries change by it."""
        if after.settled_by != BY_ENTRY:
            return False
        occurred_at = self._task.occurred_at
        moment = parse_moment(occurred_at, ZoneInfo("UTC"), "occurred_at") if occurred_at else None
        known = feeds.read_all(self._connection)
        signature = (self._now, self._recorded_by)
        return settlement.write(self._connection, before, after, moment, known, signature, self._write)

    def _committed_lines(self, before: Hold) -> tuple[HoldLine, ...]:
        """What the commit says, else what was held, or committed already.

        An amount alone stands for the one line that was held.
        """
        task = self._task
        if task.lines is not None:
            lines = _lines(task)
        elif task.amount is None:
            return before.lines
        else:
            if len(before.held) != 1:
                raise InvalidOption(
                    "amount",
                    f"stands for one line, but '{before.name}' holds {len(before.held)}; write them into lines.",
                )
            held = before.held[0]
            given = {
                "amount": task.amount,
                "currency": task.currency or held.money.currency,
                "category": task.category or held.category,
                "project": task.project or held.project,
                "tags": dict(held.tags) if task.tags is None else task.tags,
                "period": held.period,
            }
            lines = in_ledger_units((parse_line(given),))
        _refuse_what_no_entry_tells(before.settled_by, lines)
        return lines

    def _release(self) -> dict[str, Any]:
        before = self._before
        if before is None:
            return self._never_held("release")
        if before.state == COMMITTED:
            raise InvalidOption("state", f"'{before.name}' is committed; what is spent cannot be released.")
        after = replace(before, state=RELEASED)
        self._store(after)
        return self._told(before, after)

    def _never_held(self, action: str) -> dict[str, Any]:
        """An error, but for check mode, where the task that would have held it wrote nothing
        (design/reservations.md#check-mode).
        """
        sentence = f"'{self._task.name}' was never held, so there is nothing to {action}."
        if self._write:
            raise InvalidOption("name", sentence)
        return {
            "changed": True,
            "reservation": {},
            "warnings": [f"{sentence} Without check mode this fails, unless it is held before."],
        }

    def _store(
        self, after: Hold, found: Sequence[verdict.BudgetVerdict] = (), settled: Sequence[Hold] = ()
    ) -> None:
        """Write the hold, consume the overrides that it needed, and mark what has been settled since."""
        if not self._write:
            return
        if after != self._before:
            holds.save(self._connection, after)
        for override in (one for said in found for one in said.overrides):
            if override.generation is None:
                overrides.consume(self._connection, override, after.generation, self._now)
        holds.settle(self._connection, settled)

    def _ground(self, hold: Hold, stored: Sequence[Budget], request: Request, counted: Hold) -> Snapshot:
        """The snapshot with the overrides for this hold, and with what of it counts in its place."""
        itself = (hold.name, hold.generation)
        stands_on = snapshot.read(self._connection, self._rates, self._now, stored, request, itself)
        promised = snapshot.promises(counted, stands_on.feeds, self._now)
        raised = usable(self._connection, hold.name, hold.generation, self._now)
        return replace(stands_on, promises=(*stands_on.promises, *promised), overrides=raised)

    def _counts_at(self) -> datetime | None:
        given = self._task.for_period
        return parse_moment(given, ZoneInfo("UTC"), "for_period") if given else None

    def _ttl(self) -> timedelta:
        return parse_duration(self._task.ttl, "ttl") if self._task.ttl else DEFAULT_TTL

    def _told(self, before: Hold | None, after: Hold | None) -> dict[str, Any]:
        sides = {"before": told_hold(before, self._now), "after": told_hold(after, self._now)}
        return {"changed": before != after, "reservation": sides["after"], "diff": sides}


def _lines(task: Task) -> tuple[HoldLine, ...]:
    """What the task asks to hold or says was spent, in the ledger's units. Raises InvalidOption."""
    if task.lines is not None:
        return in_ledger_units(
            parse_lines([{"currency": task.currency, **without_nothing(row)} for row in task.lines])
        )
    named = {name: getattr(task, name) for name in ("amount", "currency", "category", "project", "tags")}
    return in_ledger_units((parse_line(named),))


def _refuse_what_no_entry_tells(settled_by: str | None, lines: Sequence[HoldLine]) -> None:
    """Raise InvalidOption for a line that cannot become an entry: one of no category, or of a period that
    only a budget knows.
    """
    if settled_by != BY_ENTRY:
        return
    for index, line in enumerate(lines):
        if line.category is None:
            raise InvalidOption(
                "category", f"is needed in line {index + 1}: its entry will be recorded under it."
            )
        if line.period == NEXT:
            raise InvalidOption(
                "lines",
                f"line {index + 1} is of the next period, where no entry is written; hold it with for_period.",
            )


def _refuse_import_beside_entries(found: Sequence[verdict.BudgetVerdict]) -> None:
    for one in found:
        if one.budget.fed_by != FED_BY_CLOUD:
            raise InvalidOption(
                "settled_by",
                f"import would never tell budget {one.budget.name} the cost, as entries feed it; write settled_by: entry.",
            )
