# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Holding an amount before it is spent, committing it and releasing it (design/reservations.md,
design/gate.md#overrides).

A ledger has one writer at a time (design/ledger.md#one-writer-at-a-time). So nobody else can take the rest of
a budget between the check and the hold, and the rows of budgets need no locks of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.periods import parse_duration, parse_moment
from .._core.rates import Rates
from .._ledger import budgets, feeds, hold_changes, holds, overrides, sql
from .._ledger.budgets import FED_BY_CLOUD, Budget
from .._ledger.feeds import Feed
from .._ledger.holds import BY_ENTRY, BY_IMPORT, COMMITTED, HELD, RELEASED, Hold, HoldLine
from .._ledger.policy import read_policy
from . import alerts, verdict
from .holding_again import standing_to_result, stands
from .known_budgets import require
from .outstanding_holds import outstanding_lines
from .over_hold import exceeds
from .overrides import usable
from .policy import policy_to_result, refuse_frozen, refuse_untagged, refuse_warnings
from .request import Request, parse_line, placed, refuse_too_large
from .reservation_task import (
    ReservationTask,
    check_task,
    fingerprint,
    refuse_lines_without_entry,
    task_lines,
    task_removals,
)
from .results import NOTHING_FIRED, exceeded_to_result, hold_to_result, verdict_to_result
from .scope import scope_matcher
from .settlement import Settlement, settlement
from .snapshot import Snapshot, read_snapshot
from .snapshot_after_commit import with_entries
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
        self._ledger, self._connection, self._task = ledger, ledger.connection, task
        self._policy = read_policy(ledger.connection)
        self._rates = self._policy.rates_in_force(rates)
        self._now = holds.database_now(ledger.connection, now)
        self._recorded_by, self._write = recorded_by, write
        self._name = task.name.strip()
        self._before = holds.newest(ledger.connection, self._name)

    def result(self) -> dict[str, Any]:
        work = {HELD: self._hold, COMMITTED: self._commit, RELEASED: self._release}[self._task.state]
        told = policy_to_result(self._policy)
        return {"ledger": self._ledger.url, **NOTHING_FIRED, **work(), **told}

    def _hold(self) -> dict[str, Any]:
        """Take a hold, replace the open one, or find it as it is (design/reservations.md#holding-again)."""
        task, before = self._task, self._before
        given = task_lines(task)
        refuse_warnings(self._policy, on_exceeded=task.on_exceeded, on_unknown=task.on_unknown)
        refuse_untagged(self._policy, given)
        stored = budgets.read_all(self._connection)
        if task.budget is not None:
            require(stored, task.budget, "budget")
        removals = task_removals(task)
        offsets = self._policy.rules is not None and self._policy.rules.offset_removals
        lines_sha256 = fingerprint(task, given, removals if offsets else ())
        standing = self._standing(lines_sha256)
        if standing is not None and not (standing.state == HELD and standing.forced):
            self._store(standing)
            return {**self._hold_changes(before, standing), **standing_to_result(standing, self._now)}
        lines = placed(given, self._now, self._for_period(), holds=True)
        refuse_lines_without_entry(task.settled_by, lines, self._now)
        removals = placed(removals, self._now, holds=True, option="removals")
        is_open = before is not None and before.state == HELD and not before.expired(self._now)
        expires_at, ttl = self._lifetime(before if is_open else None)
        hold = Hold(
            name=self._name,
            generation=1 if before is None else before.generation + (not is_open),
            state=HELD,
            settled_by=str(task.settled_by),
            held_at=self._now,
            expires_at=expires_at,
            ttl=ttl,
            committed_at=None,
            forced_verdicts=(),
            settled=False,
            recorded_by=self._recorded_by,
            held=lines,
            lines_sha256=lines_sha256,
            plan_sha256=task.plan_sha256,
            removed=removals if offsets else (),
        )
        request = Request(lines, removals, offsets)
        return self._gated(hold, request, stored, hold if standing is None else standing)

    def _standing(self, lines_sha256: str) -> Hold | None:
        """What the task asks for, where it stands already; with its ttl begun anew where that is asked."""
        before, task = self._before, self._task
        if before is None or not stands(self._connection, before, task, lines_sha256, self._now):
            return None
        if before.state != HELD:
            return before
        expires_at, ttl = self._lifetime(before)
        return before._replace(expires_at=expires_at, ttl=ttl)

    def _lifetime(self, before: Hold | None) -> tuple[datetime, timedelta]:
        """When a hold expires, and by which ttl: an open one keeps both unless the task extends it."""
        if before is not None and not self._task.extend:
            return before.expires_at, before.ttl
        return self._now + self._ttl(), self._ttl()

    def _gated(self, hold: Hold, request: Request, stored: Sequence[Budget], taken: Hold) -> dict[str, Any]:
        """Judge the hold as if an open one of that name were not there. If it passes, it is taken as `taken`:
        a forced one that is asked for again stays as it is.
        """
        task = self._task
        snapshot = self._snapshot(hold, stored, request, None)
        found = verdict.verdicts(stored, request, snapshot, task.budget)
        refuse_frozen(self._policy, verdict.names_of(found))
        if hold.settled_by == BY_IMPORT:
            _refuse_import_beside_entries(one.budget for one in found)
        decision = verdict.decision_to_result(
            found, request, snapshot, task.on_exceeded, task.on_unknown, task.budget
        )
        fired = self._fired(found, snapshot)
        if not decision["gate_passed"]:
            return {**self._hold_changes(self._before, self._before), **decision, **fired}
        is_allowed = decision["verdict"] == ALLOW
        forced = () if is_allowed else verdict.forced_verdicts(found, request, snapshot, task.budget)
        after = taken._replace(forced_verdicts=forced)
        self._store(after, found, snapshot.settled)
        return {**self._hold_changes(self._before, after), **decision, **fired}

    def _fired(self, found: Sequence[verdict.BudgetVerdict], snapshot: Snapshot) -> dict[str, Any]:
        """Fire the alerts that are due in these budgets; none in check mode."""
        return alerts.fire(self._connection, found, snapshot, self._recorded_by) if self._write else {}

    def _commit(self) -> dict[str, Any]:
        before = self._before
        if before is None:
            return self._never_held("commit")
        if before.state == RELEASED:
            raise InvalidOption("state", f"'{before.name}' was released; hold it again before you commit it.")
        lines = self._committed_lines(before)
        after = before._replace(
            state=COMMITTED,
            committed_at=before.committed_at or self._now,
            committed=lines,
            settled=before.settled and lines == before.lines,
        )
        stored, known = budgets.read_all(self._connection), feeds.read_all(self._connection)
        if after.settled_by == BY_IMPORT:
            _refuse_import_beside_entries(_newly_touched(before, after, stored, known))
        settled = self._settlement(before, after, stored, known)
        if settled is not None and self._write:
            settled.write(self._connection)
        found, snapshot = self._verdicts_after(after, stored, settled)
        changed = after != before or (settled is not None and settled.changes)
        # The same commit again is no spend that needs an override.
        self._store(after, found if changed else ())
        return {
            **self._hold_changes(before, after),
            "changed": changed,
            "over_hold": exceeds(before.held, lines),
            "expired": after.committed_at is not None and after.committed_at >= after.expires_at,
            "exceeded": [
                exceeded_to_result(one.budget, period)
                for one in found
                for period in one.periods
                if period.verdict == DENY
            ],
            "warnings": [one.reason for one in found if one.verdict == DENY],
            "summary": verdict.format_summary(found),
            "budgets": [verdict_to_result(one) for one in found],
            **self._fired(found, snapshot),
        }

    def _settlement(
        self, before: Hold, after: Hold, stored: Sequence[Budget], known: Sequence[Feed]
    ) -> Settlement | None:
        """The entries of a commit that entries settle; None for one that an import settles."""
        if after.settled_by != BY_ENTRY:
            return None
        occurred_at = self._task.occurred_at
        moment = parse_moment(occurred_at, ZoneInfo("UTC"), "occurred_at") if occurred_at else None
        signature = (self._now, self._recorded_by)
        return settlement(self._connection, before, after, moment, stored, known, signature)

    def _verdicts_after(
        self, after: Hold, stored: Sequence[Budget], settled: Settlement | None
    ) -> tuple[list[verdict.BudgetVerdict], Snapshot]:
        """The verdicts of the budgets that cover a line. The commit counts once: by its entries or as a
        promise.
        """
        added = None if settled is None else with_entries(settled)
        where = Request() if added is None else added.request
        snapshot = self._snapshot(after, stored, where, after)
        if added is not None and not self._write:
            # Check mode writes no entry: it is counted as if it did.
            snapshot = added.applied(snapshot)
        touched = verdict.touched(stored, after.lines, snapshot)
        return [verdict.evaluate(budget, Request(), snapshot, where) for budget in touched], snapshot

    def _committed_lines(self, before: Hold) -> tuple[HoldLine, ...]:
        """The lines of the commit: those of the task, else those that are held or committed already.

        An amount alone is for a hold of one line. A one-off line without a moment falls when the held one
        falls.
        """
        task = self._task
        if task.lines is not None:
            lines = tuple(
                _at_the_moment_of(line, before.held, index) for index, line in enumerate(task_lines(task))
            )
        elif task.amount is None:
            return before.lines
        else:
            lines = (self._line_of_amount(before),)
        if task.lines is not None or task.tags is not None:
            refuse_untagged(self._policy, lines)
        # What ran is known now: it may have ended, and its hours are those since the hold.
        lines = placed(lines, self._now, begins_at=before.held_at)
        refuse_too_large(lines)
        refuse_lines_without_entry(before.settled_by, lines, self._now)
        return lines

    def _line_of_amount(self, before: Hold) -> HoldLine:
        task = self._task
        if len(before.held) != 1:
            raise InvalidOption(
                "amount",
                f"is for a hold of one line, but '{before.name}' holds {len(before.held)}; use `lines`.",
            )
        held = before.held[0]
        if held.hourly:
            raise InvalidOption(
                "amount", f"is for a one-off line, but '{before.name}' holds a running one; use `lines`."
            )
        given = {
            "amount": task.amount,
            "currency": task.currency or held.money.currency,
            "category": task.category or held.category,
            "project": task.project or held.project,
            "region": task.region or held.region,
            "tags": dict(held.tags) if task.tags is None else task.tags,
            "name": held.name,
            "metric": held.metric,
        }
        return replace(parse_line(given), at=held.at)

    def _release(self) -> dict[str, Any]:
        before = self._before
        if before is None:
            return self._never_held("release")
        if before.state == COMMITTED and not self._is_stuck(before):
            raise InvalidOption(
                "state", f"'{before.name}' is committed; a cost that is spent cannot be released."
            )
        after = before._replace(state=RELEASED)
        self._store(after)
        return self._hold_changes(before, after)

    def _is_stuck(self, hold: Hold) -> bool:
        """Whether nothing can settle what a commit still counts
        (design/reservations.md#commits-that-cannot-settle).
        """
        known = feeds.read_all(self._connection)
        stored = budgets.read_all(self._connection)
        lines = outstanding_lines(hold, known, self._now, stored)
        # What was rated counts in budgets that entries feed only, of which no import takes it out.
        return bool(lines) and all(not one.is_carried or one.is_rated for one in lines)

    def _never_held(self, action: str) -> dict[str, Any]:
        """An error outside check mode. In check mode the task that holds has written nothing
        (design/reservations.md#check-mode).
        """
        sentence = f"'{self._name}' was never held, so there is nothing to {action}."
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
            hold_changes.save(self._connection, after)
        for override in (one for said in found for one in said.overrides):
            if override.generation is None:
                overrides.consume(self._connection, override, after.generation, self._now)
        hold_changes.settle(self._connection, settled)

    def _snapshot(
        self, hold: Hold, stored: Sequence[Budget], request: Request, counted: Hold | None
    ) -> Snapshot:
        """The snapshot with the overrides for this hold, and with `counted` in place of the hold itself."""
        itself = (hold.name, hold.generation)
        snapshot = read_snapshot(self._connection, self._rates, self._now, stored, request, itself, counted)
        return replace(snapshot, overrides=usable(self._connection, hold.name, hold.generation, self._now))

    def _for_period(self) -> datetime | None:
        given = self._task.for_period
        return parse_moment(given, ZoneInfo("UTC"), "for_period") if given else None

    def _ttl(self) -> timedelta:
        return parse_duration(self._task.ttl, "ttl") if self._task.ttl else DEFAULT_TTL

    def _hold_changes(self, before: Hold | None, after: Hold | None) -> dict[str, Any]:
        sides = {"before": hold_to_result(before, self._now), "after": hold_to_result(after, self._now)}
        return {"changed": before != after, "reservation": sides["after"], "diff": sides}


def _at_the_moment_of(line: HoldLine, held: Sequence[HoldLine], index: int) -> HoldLine:
    """A one-off line of a commit with the moment of the held line in its place, else of the first one."""
    once = [one for one in (*held[index : index + 1], *held) if one.at is not None]
    return line if line.hourly or line.at is not None or not once else replace(line, at=once[0].at)


def _newly_touched(
    before: Hold, after: Hold, stored: Sequence[Budget], known: Sequence[Feed]
) -> list[Budget]:
    """The budgets that cover a line of the commit, and none of what was held or committed before."""
    earlier = (*before.held, *before.committed)
    found = []
    for budget in stored:
        covered = scope_matcher(budget.scope, known)
        if any(covered.covers_line(line) is not False for line in after.committed) and not any(
            covered.covers_line(line) is not False for line in earlier
        ):
            found.append(budget)
    return found


def _refuse_import_beside_entries(asked: Iterable[Budget]) -> None:
    for budget in asked:
        if budget.fed_by != FED_BY_CLOUD:
            raise InvalidOption(
                "settled_by",
                f"`import` never brings a cost to budget {budget.name}, which is fed by entries; use"
                " `settled_by: entry`.",
            )
