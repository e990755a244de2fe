# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Holding an amount before it is spent, committing it and releasing it (design/reservations.md,
design/gate.md#overrides).

A ledger has one writer at a time (design/ledger.md#one-writer-at-a-time). So nobody else can take the rest of
a budget between the check and the hold, and the rows of budgets need no locks of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.periods import iso, parse_duration, parse_moment
from .._core.rates import Rates
from .._ledger import budgets, feeds, holds, overrides, sql
from .._ledger.budgets import FED_BY_CLOUD, Budget
from .._ledger.holds import BY_ENTRY, BY_IMPORT, COMMITTED, HELD, RELEASED, Hold, HoldLine
from . import alerts, settlement, verdict
from .definitions import require
from .line_sums import common, growth
from .overrides import usable
from .request import Request, in_ledger_units, parse_line
from .reservation_task import ReservationTask, check_task, refuse_lines_without_entry, task_lines
from .results import NOTHING_FIRED, hold_to_result, verdict_to_result
from .snapshot import Snapshot, outstanding_lines, read_snapshot
from .sums import ALLOW, DENY

DEFAULT_TTL = timedelta(hours=2)


def apply(
    options: sql.LedgerOptions,
    task: ReservationTask,
    rates: Rates,
    now: datetime,
    check_mode: bool,
    recorded_by: str,
) -> dict[str, Any]:
    """The result of cost_reservation: hold, commit or release in one transaction, which checks and writes.

    A hold that does not pass the gate is not written, and its result has gate_passed: false. A missing ledger
    is not created: without a budget there is nothing to hold. Raises InvalidOption for wrong options and for
    a wrong order of states; LedgerError.
    """
    check_task(task)
    if check_mode:
        with sql.reading(options) as ledger:
            return _ReservationRun(ledger, task, rates, now, recorded_by, write=False).result()
    with sql.writing(options, create=False) as ledger:
        return _ReservationRun(ledger, task, rates, now, recorded_by, write=True).result()


class _ReservationRun:
    """One task on one open ledger."""

    def __init__(
        self,
        ledger: sql.Ledger,
        task: ReservationTask,
        rates: Rates,
        now: datetime,
        recorded_by: str,
        write: bool,
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
        lines = task_lines(task)
        refuse_lines_without_entry(task.settled_by, lines)
        if before is not None and before.state == COMMITTED and not task.reuse:
            if growth(before.held, lines):
                raise InvalidOption(
                    "reuse",
                    f"'{task.name}' is committed, and this asks for more than was held; set `reuse` to hold"
                    " again, or use another name.",
                )
            return {**self._hold_changes(before, before), **self._nothing_asked()}
        if before is not None and before.state == RELEASED and not task.reuse:
            raise InvalidOption(
                "reuse", f"'{task.name}' was released; set `reuse` to hold again, or use another name."
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
        """Check only the growth: the rest is reserved already, and less is always allowed."""
        task = self._task
        if task.settled_by != before.settled_by:
            raise InvalidOption(
                "settled_by",
                f"is {before.settled_by} for '{task.name}' while it is held; release it to change that.",
            )
        counts_at = self._counts_at()
        if counts_at is not None and counts_at != before.counts_at:
            raise InvalidOption(
                "for_period",
                f"is that of {iso(before.counts_at)} for '{task.name}' while it is held; release it to"
                " change that.",
            )
        hold = replace(
            before, held=lines, expires_at=self._now + self._ttl() if task.extend else before.expires_at
        )
        return self._gated(hold, growth(before.held, lines), common(before.held, lines))

    def _gated(self, hold: Hold, asked: tuple[HoldLine, ...], kept: tuple[HoldLine, ...]) -> dict[str, Any]:
        """Take the hold if the gate lets the request pass; the kept lines count as reserved."""
        task = self._task
        stored = budgets.read_all(self._connection)
        if task.budget is not None:
            require(stored, task.budget, "budget")
        if not asked:
            self._store(hold)
            return {**self._hold_changes(self._before, hold), **self._nothing_asked()}
        request = Request(asked, hold.counts_at)
        snapshot = self._snapshot(hold, stored, request, replace(hold, held=kept))
        found = verdict.verdicts(stored, request, snapshot, task.budget)
        if hold.settled_by == BY_IMPORT:
            _refuse_import_beside_entries(found)
        decision = verdict.decision_to_result(
            found, request, snapshot, task.on_exceeded, task.on_unknown, task.budget
        )
        fired = self._fired(found, snapshot)
        if not decision["gate_passed"]:
            return {**self._hold_changes(self._before, self._before), **decision, **fired}
        after = replace(hold, forced=hold.forced or decision["verdict"] != ALLOW)
        self._store(after, found, snapshot.settled)
        return {**self._hold_changes(self._before, after), **decision, **fired}

    def _fired(self, found: Sequence[verdict.BudgetVerdict], snapshot: Snapshot) -> dict[str, Any]:
        """Fire the alerts that are due in these budgets; none in check mode."""
        return alerts.fire(self._connection, found, snapshot, self._recorded_by) if self._write else {}

    def _nothing_asked(self) -> dict[str, Any]:
        """The decision on a hold that exists already and asks for no more than it has."""
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
            raise InvalidOption("state", f"'{before.name}' was released; hold it again before you commit it.")
        lines = self._committed_lines(before)
        after = replace(
            before, state=COMMITTED, committed_at=before.committed_at or self._now, committed=lines
        )
        entries_changed = self._settle(before, after)
        found, snapshot = self._verdicts_after(before, after)
        self._store(after, found)
        changes = self._hold_changes(before, after)
        return {
            **changes,
            "changed": changes["changed"] or entries_changed,
            "over_hold": bool(growth(before.held, lines)),
            "expired": after.committed_at is not None and after.committed_at >= after.expires_at,
            "exceeded": [one.budget.name for one in found if one.verdict == DENY],
            "warnings": [one.reason for one in found if one.verdict == DENY],
            "summary": verdict.format_summary(found),
            "budgets": [verdict_to_result(one) for one in found],
            **self._fired(found, snapshot),
        }

    def _verdicts_after(self, before: Hold, after: Hold) -> tuple[list[verdict.BudgetVerdict], Snapshot]:
        """The verdicts of the budgets that cover a line. The commit counts once: by its
        entry or as a promise.
        """
        counted = after
        if after.settled_by == BY_ENTRY and not self._write:
            # Check mode writes no entry, so its amount counts as if it were held.
            added = growth(before.committed, after.committed)
            counted = replace(after, state=HELD, held=added, committed=(), expires_at=self._now + DEFAULT_TTL)
        stored = budgets.read_all(self._connection)
        snapshot = self._snapshot(after, stored, Request(), counted)
        touched = verdict.touched(stored, after.lines, snapshot)
        return [verdict.evaluate(budget, Request(), snapshot) for budget in touched], snapshot

    def _settle(self, before: Hold, after: Hold) -> bool:
        """Write the entries of a commit that is settled by entry. Returns whether the entries change."""
        if after.settled_by != BY_ENTRY:
            return False
        occurred_at = self._task.occurred_at
        moment = parse_moment(occurred_at, ZoneInfo("UTC"), "occurred_at") if occurred_at else None
        known = feeds.read_all(self._connection)
        signature = (self._now, self._recorded_by)
        return settlement.write(self._connection, before, after, moment, known, signature, self._write)

    def _committed_lines(self, before: Hold) -> tuple[HoldLine, ...]:
        """The lines of the commit: those of the task, else those that are held or committed already.

        An amount alone is for a hold of one line.
        """
        task = self._task
        if task.lines is not None:
            lines = task_lines(task)
        elif task.amount is None:
            return before.lines
        else:
            if len(before.held) != 1:
                raise InvalidOption(
                    "amount",
                    f"is for a hold of one line, but '{before.name}' holds {len(before.held)}; use `lines`.",
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
        refuse_lines_without_entry(before.settled_by, lines)
        return lines

    def _release(self) -> dict[str, Any]:
        before = self._before
        if before is None:
            return self._never_held("release")
        if before.state == COMMITTED:
            raise InvalidOption(
                "state", f"'{before.name}' is committed; a cost that is spent cannot be released."
            )
        after = replace(before, state=RELEASED)
        self._store(after)
        return self._hold_changes(before, after)

    def _never_held(self, action: str) -> dict[str, Any]:
        """An error outside check mode. In check mode the task that holds has written nothing
        (design/reservations.md#check-mode).
        """
        sentence = f"'{self._task.name}' was never held, so there is nothing to {action}."
        if self._write:
            raise InvalidOption("name", sentence)
        return {
            "changed": True,
            "reservation": {},
            "warnings": [f"{sentence} Outside check mode this fails unless it is held first."],
        }

    def _store(
        self, after: Hold, found: Sequence[verdict.BudgetVerdict] = (), settled: Sequence[Hold] = ()
    ) -> None:
        """Write the hold, consume the overrides that it needed, and mark the holds that are settled."""
        if not self._write:
            return
        if after != self._before:
            holds.save(self._connection, after)
        for override in (one for said in found for one in said.overrides):
            if override.generation is None:
                overrides.consume(self._connection, override, after.generation, self._now)
        holds.settle(self._connection, settled)

    def _snapshot(self, hold: Hold, stored: Sequence[Budget], request: Request, counted: Hold) -> Snapshot:
        """The snapshot with the overrides for this hold, and with `counted` in place of the hold itself."""
        itself = (hold.name, hold.generation)
        snapshot = read_snapshot(self._connection, self._rates, self._now, stored, request, itself)
        still_counting = outstanding_lines(counted, snapshot.feeds, self._now)
        raised = usable(self._connection, hold.name, hold.generation, self._now)
        return replace(snapshot, outstanding=(*snapshot.outstanding, *still_counting), overrides=raised)

    def _counts_at(self) -> datetime | None:
        given = self._task.for_period
        return parse_moment(given, ZoneInfo("UTC"), "for_period") if given else None

    def _ttl(self) -> timedelta:
        return parse_duration(self._task.ttl, "ttl") if self._task.ttl else DEFAULT_TTL

    def _hold_changes(self, before: Hold | None, after: Hold | None) -> dict[str, Any]:
        sides = {"before": hold_to_result(before, self._now), "after": hold_to_result(after, self._now)}
        return {"changed": before != after, "reservation": sides["after"], "diff": sides}


def _refuse_import_beside_entries(found: Sequence[verdict.BudgetVerdict]) -> None:
    for one in found:
        if one.budget.fed_by != FED_BY_CLOUD:
            raise InvalidOption(
                "settled_by",
                f"`import` never brings a cost to budget {one.budget.name}, which is fed by entries; use"
                " `settled_by: entry`.",
            )
