# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Firing each threshold of a budget once, in the transaction of whoever writes
(design/alerts.md#when-an-alert-fires, design/alerts.md#delivery).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .._core.errors import InvalidOption, LedgerError
from .._core.money import ROUNDING, display, plain
from .._core.periods import iso, period_at, period_id
from .._core.rates import Rates
from .._ledger import alerts, budgets, feed_hours, feeds, holds, sql
from .._ledger.alerts import ACTUAL, FORECAST, Alert, AlertKey
from .._ledger.budgets import Budget
from .._ledger.watch import Watch
from . import forecasts, snapshot, verdict
from .request import Request
from .scope import ScopeMatcher, reach
from .snapshot import Snapshot
from .sums import PeriodSum
from .verdict import BudgetVerdict
from .verdict_text import NOTHING_FIRED, span, utilization

if TYPE_CHECKING:
    from .._ledger.entries import Entry
    from .._ledger.transaction import Transaction

#: How long an alert waits for a consumer that does not acknowledge it.
WAITS = timedelta(days=31)
_LEDGER_UNIT = Decimal("1e-9")
_PERCENT = Decimal("0.1")


@dataclass(frozen=True)
class Watched:
    """A budget with thresholds, its current period, and what that will come to."""

    budget: Budget
    period: PeriodSum
    forecast: forecasts.Known | forecasts.Unknown

    @property
    def period_id(self) -> str:
        """What the ledger calls the period."""
        return period_id(self.budget.calendar, self.period.window)

    def reached(self) -> dict[AlertKey, Decimal]:
        """The thresholds that are reached now, with the amount that reaches them."""
        found = {self._mark(ACTUAL, threshold): self.period.actual for threshold in self.period.reached}
        if isinstance(self.forecast, forecasts.Known):
            for threshold in forecasts.reached(self.budget, self.forecast):
                found[self._mark(FORECAST, threshold)] = self.forecast.expected
        return found

    def _mark(self, basis: str, threshold: Decimal) -> AlertKey:
        return AlertKey(self.budget.name, self.period_id, basis, threshold)


def watched(transaction: Transaction, found: Sequence[BudgetVerdict], stands_on: Snapshot) -> list[Watched]:
    """Those of the budgets that have thresholds and are in a period now: closed periods never fire."""
    current = [
        (one.budget, period)
        for one in found
        for period in one.periods
        if one.budget.thresholds and period.window.contains(stands_on.now)
    ]
    hours = feed_hours.read_all(transaction) if current and stands_on.feeds else {}
    return [
        Watched(budget, period, forecasts.of_period(budget, period, stands_on, hours))
        for budget, period in current
    ]


def due(transaction: Transaction, found: Sequence[BudgetVerdict], stands_on: Snapshot) -> list[str]:
    """The names of the budgets that have a threshold to fire: what a reader can find out.

    No statement of marks where none is reached.
    """
    reached = {mark for one in watched(transaction, found, stands_on) for mark in one.reached()}
    standing, _fired = alerts.rounds(transaction, sorted({(mark.budget, mark.period_id) for mark in reached}))
    return sorted({mark.budget for mark in reached - standing})


def fire(
    connection: Transaction, found: Sequence[BudgetVerdict], stands_on: Snapshot, recorded_by: str
) -> dict[str, Any]:
    """Fire what these budgets have reached and not fired yet, a jump's thresholds all, the highest first;
    what a result tells of it.

    alerts_unknown: a sentence for each budget whose spend is known only in part. Such a part fires what it
    reaches, and never more.
    """
    looked_at = watched(connection, found, stands_on)
    periods = sorted({(one.budget.name, one.period_id) for one in looked_at if one.reached()})
    standing, fired = alerts.rounds(connection, periods)
    new = [
        _alert(one, mark, amount, fired.get(mark, 0) + 1, stands_on.now, recorded_by)
        for one in looked_at
        for mark, amount in sorted(one.reached().items(), key=_place)
        if mark not in standing
    ]
    alerts.save(connection, new)
    return {
        "alerts": [described(alert) for alert in new],
        "alerts_unknown": [
            f"{one.budget.name}: {'; '.join(one.period.spend_problems)}."
            for one in looked_at
            if one.period.spend_problems
        ],
    }


def fire_for(
    connection: Transaction, wanted: Sequence[Budget], rates: Rates, now: datetime, recorded_by: str
) -> dict[str, Any]:
    """fire() for these budgets, as they stand in this transaction."""
    with_thresholds = [budget for budget in wanted if budget.thresholds]
    if not with_thresholds:
        return dict(NOTHING_FIRED)
    stands_on = snapshot.read(connection, rates, now, with_thresholds, Request())
    found = [verdict.evaluate(budget, Request(), stands_on) for budget in with_thresholds]
    return fire(connection, found, stands_on, recorded_by)


def watch(rates: Rates, now: datetime, recorded_by: str) -> Watch:
    """What fires the budgets that are touched by what a feed has written; all of them where that is not told
    one by one.
    """

    def look(ledger: sql.Ledger | None, written: Sequence[Entry] | None) -> Mapping[str, Any]:
        if ledger is None:
            return NOTHING_FIRED
        connection = ledger.connection
        stored = budgets.read_all(connection)
        if written is not None and stored:
            known = feeds.read_all(connection)
            stored = [budget for budget in stored if _covers_any(reach(budget.scope, known), written)]
        return fire_for(connection, stored, rates, holds.database_now(connection, now), recorded_by)

    return look


def _covers_any(covered: ScopeMatcher, written: Sequence[Entry]) -> bool:
    kinds = {(one.category, one.project_id, one.project_name, frozenset(one.tags.items())) for one in written}
    return any(
        covered.covers_cost(category, frozenset(filter(None, (project_id, project_name))), tags)
        for category, project_id, project_name, tags in kinds
    )


def fire_after_reading(
    options: sql.LedgerOptions, names: Collection[str], rates: Rates, now: datetime, recorded_by: str
) -> dict[str, Any]:
    """fire_for() the budgets of these names, for a gate, which decides without writing.

    The gate has decided, so what cannot be written is a warning: the next who writes fires it.
    """
    try:
        with sql.writing(options, create=False) as ledger:
            connection = ledger.connection
            wanted = [budget for budget in budgets.read_all(connection) if budget.name in names]
            return fire_for(connection, wanted, rates, holds.database_now(connection, now), recorded_by)
    except LedgerError as error:
        return {**NOTHING_FIRED, "warnings": [f"Alerts are due and were not fired: {error}"]}


def rearm_above(connection: Transaction, budget: Budget, rates: Rates, now: datetime) -> None:
    """Let fire again what a raised limit has put out of reach.

    What is unknown reaches nothing: rather twice than never.
    """
    stands_on = snapshot.read(connection, rates, now, [budget], Request())
    for one in watched(connection, [verdict.evaluate(budget, Request(), stands_on)], stands_on):
        standing, _fired = alerts.rounds(connection, [(budget.name, one.period_id)])
        alerts.rearm(connection, standing - one.reached().keys(), now)


def rearm(connection: Transaction, budget: Budget, now: datetime, write: bool) -> list[str]:
    """Let everything fire again that the budget fired in its current period, on request; the ids of those
    alerts.
    """
    window = period_at(budget.calendar, now)
    if window is None:
        return []
    period = (budget.name, period_id(budget.calendar, window))
    standing, fired = alerts.rounds(connection, [period])
    told = {(mark, fired[mark]) for mark in standing}
    ids = [one.id for one in alerts.of_periods(connection, [period]) if (one.mark, one.round) in told]
    if write:
        alerts.rearm(connection, standing, now)
    return ids


def acknowledge(
    connection: Transaction, consumer: str, ids: Sequence[str], now: datetime, by: str, write: bool
) -> list[str]:
    """Put on record that the consumer took care of these alerts; the ids that it had not acknowledged before.

    Raises InvalidOption for an id that no alert has: nobody could have taken care of that.
    """
    unknown = alerts.unknown_ids(connection, ids)
    if unknown:
        raise InvalidOption(
            "acknowledged", f"the ledger has no alert '{unknown[0]}'; write ids as results tell them."
        )
    before = alerts.acknowledged(connection, consumer, ids)
    new = [one for one in dict.fromkeys(ids) if one not in before]
    if write:
        alerts.acknowledge(connection, consumer, new, now, by)
    return new


def waiting(
    transaction: Transaction, wanted: Sequence[Budget], consumer: str | None, now: datetime
) -> list[Alert]:
    """The alerts of the budgets' current periods; for a consumer those that it has not acknowledged, of
    closed periods too, for WAITS.
    """
    if consumer is not None:
        return alerts.not_acknowledged(transaction, consumer, [budget.name for budget in wanted], now - WAITS)
    return alerts.of_periods(transaction, current_periods(wanted, now))


def current_periods(wanted: Sequence[Budget], now: datetime) -> list[tuple[str, str]]:
    """Each budget with the id of its current period, those left out that have none."""
    periods = ((budget, period_at(budget.calendar, now)) for budget in wanted)
    return [
        (budget.name, period_id(budget.calendar, window)) for budget, window in periods if window is not None
    ]


def described(alert: Alert) -> dict[str, Any]:
    """An alert as results show it."""
    return {
        "id": alert.id,
        "budget": alert.mark.budget,
        "period": alert.mark.period_id,
        "period_start": iso(alert.window.begin),
        "period_end": iso(alert.window.end),
        "basis": alert.mark.basis,
        "threshold": plain(alert.mark.threshold),
        "amount": display(alert.amount),
        "limit": display(alert.limit),
        "currency": alert.currency,
        "utilization": utilization(alert.amount, alert.limit),
        "at_least": alert.at_least,
        "message": alert.message,
        "fired_at": iso(alert.fired_at),
        "acknowledged_by": list(alert.acknowledged_by),
    }


def _place(reached: tuple[AlertKey, Decimal]) -> tuple[str, Decimal]:
    """Actual before forecast, the highest threshold first."""
    mark, _amount = reached
    return mark.basis, -mark.threshold


def _alert(
    one: Watched, mark: AlertKey, amount: Decimal, number: int, now: datetime, recorded_by: str
) -> Alert:
    amount = ROUNDING.quantize(amount, _LEDGER_UNIT)
    at_least = bool(one.period.spend_problems)
    return Alert(
        mark=mark,
        round=number,
        window=one.period.window,
        amount=amount,
        limit=one.budget.amount,
        currency=one.budget.currency,
        at_least=at_least,
        message=_message(one, mark, amount, at_least),
        fired_at=now,
        recorded_by=recorded_by,
    )


def _message(one: Watched, mark: AlertKey, amount: Decimal, at_least: bool) -> str:
    """`team: 81.2 % of CHF 100 is spent: CHF 81.2 from 2026-11-01 to 2026-12-01 (UTC).

    The threshold is 80 %.`
    """
    budget = one.budget
    part = Decimal(str(utilization(amount, budget.amount)))
    bound = "at least " if at_least else ""
    verb = "is spent" if mark.basis == ACTUAL else "is expected to be spent"
    return (
        f"{budget.name}: {bound}{_percent(part)} of {budget.currency} {display(budget.amount)} {verb}: {budget.currency}"
        f" {display(amount)} {span(one.period.window, budget.calendar.zone)}. The threshold is {_percent(mark.threshold)}."
    )


def _percent(part: Decimal) -> str:
    """Rounded down: what is short of a threshold must not read as if it had come to it."""
    percent = ROUNDING.multiply(part, Decimal(100))
    return f"{plain(percent.quantize(_PERCENT, rounding='ROUND_DOWN'))} %"
