# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Firing each threshold of a budget once, in the transaction of whoever writes
(design/alerts.md#when-an-alert-fires, design/alerts.md#delivery).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .._core.errors import InvalidOption, LedgerError, UnknownAmount
from .._core.money import ROUNDING
from .._core.periods import period_at, period_id
from .._core.rates import Rates
from .._ledger import alerts, budgets, feed_hours, feeds, holds, sql
from .._ledger.alerts import ACTUAL, FORECAST, Alert, AlertKey
from .._ledger.budgets import TAX_INCLUDED, Budget
from .._ledger.dimension_sums import TAX_CHARGE
from .._ledger.policy import rates_of
from .._ledger.watch import Watch
from . import forecasts, known_budgets, verdict
from .request import Request
from .results import NOTHING_FIRED, alert_to_result
from .scope import ScopeMatcher, scope_matcher
from .snapshot import Snapshot, read_snapshot
from .sums import PeriodSum
from .texts import format_alert
from .verdict import BudgetVerdict

if TYPE_CHECKING:
    from .._ledger.entries import Entry
    from .._ledger.feeds import Feed
    from .._ledger.transaction import Transaction

#: How long an alert waits for a consumer that does not acknowledge it.
WAITS = timedelta(days=31)
_LEDGER_UNIT = Decimal("1e-9")


@dataclass(frozen=True)
class Watched:
    """A budget with thresholds, its current period, and what that will come to."""

    budget: Budget
    period: PeriodSum
    forecast: forecasts.KnownForecast | forecasts.UnknownForecast

    @property
    def period_id(self) -> str:
        """What the ledger calls the period."""
        return period_id(self.budget.calendar, self.period.window)

    def reached(self) -> dict[AlertKey, Decimal]:
        """The thresholds that are reached now, with the amount that reaches them."""
        found = {self._key(ACTUAL, threshold): self.period.actual for threshold in self.period.reached}
        if isinstance(self.forecast, forecasts.KnownForecast):
            for threshold in forecasts.reached(self.budget, self.forecast):
                found[self._key(FORECAST, threshold)] = self.forecast.expected
        return found

    def _key(self, basis: str, threshold: Decimal) -> AlertKey:
        return AlertKey(self.budget.name, self.period_id, basis, threshold)


def watched(transaction: Transaction, found: Sequence[BudgetVerdict], snapshot: Snapshot) -> list[Watched]:
    """Those of the budgets that have thresholds and are in a period now: closed periods never fire."""
    current = [
        (one.budget, period)
        for one in found
        for period in one.periods
        if one.budget.thresholds and period.window.contains(snapshot.now)
    ]
    hours = feed_hours.read_all(transaction) if current and snapshot.feeds else {}
    return [
        Watched(budget, period, forecasts.of_period(budget, period, snapshot, hours))
        for budget, period in current
    ]


def due(transaction: Transaction, found: Sequence[BudgetVerdict], snapshot: Snapshot) -> list[str]:
    """The names of the budgets that have a threshold to fire: what a reader can find out.

    The ledger's alerts are not read if no threshold is reached.
    """
    reached = {key for one in watched(transaction, found, snapshot) for key in one.reached()}
    standing, _fired = alerts.rounds(transaction, sorted({(key.budget, key.period_id) for key in reached}))
    return sorted({key.budget for key in reached - standing})


def fire(
    connection: Transaction, found: Sequence[BudgetVerdict], snapshot: Snapshot, recorded_by: str
) -> dict[str, Any]:
    """Fire what these budgets have reached and not fired yet, a jump's thresholds all, the highest first;
    what a result tells of it.

    alerts_unknown: a sentence for each budget whose spend is known only in part. Such a part fires what it
    reaches, and never more.
    """
    looked_at = watched(connection, found, snapshot)
    periods = sorted({(one.budget.name, one.period_id) for one in looked_at if one.reached()})
    standing, fired = alerts.rounds(connection, periods)
    new = [
        _alert(one, key, amount, fired.get(key, 0) + 1, snapshot.now, recorded_by)
        for one in looked_at
        for key, amount in sorted(one.reached().items(), key=_alert_order)
        if key not in standing
    ]
    alerts.save(connection, new)
    return {
        "alerts": [alert_to_result(alert) for alert in new],
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
    snapshot = read_snapshot(connection, rates, now, with_thresholds, Request())
    found = [verdict.evaluate(budget, Request(), snapshot) for budget in with_thresholds]
    return fire(connection, found, snapshot, recorded_by)


def watch(rates: Rates, now: datetime, recorded_by: str) -> Watch:
    """What fires the budgets that are touched by what a feed has written; all of them where that is not told
    one by one. It warns of amounts that a budget cannot convert.
    """

    def look(
        ledger: sql.Ledger | None, written: Sequence[Entry] | None, kinds: Iterable[Entry] = ()
    ) -> Mapping[str, Any]:
        if ledger is None:
            return NOTHING_FIRED
        connection = ledger.connection
        in_force, stored = rates_of(connection, rates), budgets.read_all(connection)
        known = feeds.read_all(connection) if stored and (written is not None or kinds) else ()
        warnings = unconvertible(stored, known, kinds or written or (), in_force)
        if written is not None and stored:
            stored = [budget for budget in stored if _covers_any(scope_matcher(budget.scope, known), written)]
        moment = holds.database_now(connection, now)
        fired = fire_for(connection, stored, in_force, moment, recorded_by)
        return {**fired, "warnings": warnings} if warnings else fired

    return look


def unconvertible(
    stored: Sequence[Budget], known: Sequence[Feed], recorded: Iterable[Entry], rates: Rates
) -> list[str]:
    """A sentence for each budget and currency in its scope that it has no rate for
    (design/money.md#rates): an amount of 0 needs none.
    """
    found: dict[tuple[str, str], str] = {}
    foreign = [one for one in recorded if one.amount_nano]
    for budget in stored:
        covered = scope_matcher(budget.scope, known)
        for entry in foreign:
            moment = entry.period.begin
            window = period_at(budget.calendar, moment)
            if entry.currency == budget.currency or window is None or not _covers_any(covered, [entry]):
                continue
            if entry.charge_category == TAX_CHARGE and budget.scope.tax != TAX_INCLUDED:
                continue
            try:
                rates.at(entry.currency, moment)
                rates.at(budget.currency, window.begin)
            except UnknownAmount as error:
                found[budget.name, entry.currency] = (
                    f"Budget {budget.name} is unknown now, as it cannot convert {entry.currency} into"
                    f" {budget.currency}: {error}"
                )
    return list(found.values())


def _covers_any(covered: ScopeMatcher, written: Sequence[Entry]) -> bool:
    kinds = {
        (one.category, one.project_id, one.project_name, frozenset(one.tags.items()), one.region)
        for one in written
    }
    return any(
        covered.covers_cost(category, frozenset(filter(None, (project_id, project_name))), tags, region)
        for category, project_id, project_name, tags, region in kinds
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
            in_force = rates_of(connection, rates)
            return fire_for(connection, wanted, in_force, holds.database_now(connection, now), recorded_by)
    except LedgerError as error:
        return {**NOTHING_FIRED, "warnings": [f"Alerts are due and were not fired: {error}"]}


ACKNOWLEDGED, REARMED = STATES = ("acknowledged", "rearmed")


@dataclass(frozen=True)
class AlertTask:
    """What a cost_alert task says: which alerts a consumer took care of, or whose
    budget's are to fire again.
    """

    state: str = ACKNOWLEDGED
    ids: Sequence[str] | None = None
    consumer: str | None = None
    budget: str | None = None


def apply(
    options: sql.LedgerOptions, task: AlertTask, now: datetime, check_mode: bool, recorded_by: str
) -> dict[str, Any]:
    """The result of cost_alert: acknowledge alerts, or re-arm those of a budget's current period.

    Raises InvalidOption for no consumer, an unknown alert or an unknown budget; LedgerError. A missing ledger
    is an error: its URL is wrong, as no alert is there.
    """
    if task.state == ACKNOWLEDGED and not (task.consumer or "").strip():
        raise InvalidOption("consumer", "is needed: it says who took care of the alerts.")
    with sql.reading(options) if check_mode else sql.writing(options, create=False) as ledger:
        connection = ledger.connection
        moment = holds.database_now(connection, now)
        if task.state == ACKNOWLEDGED:
            changed = acknowledge(
                connection, str(task.consumer), task.ids or (), moment, recorded_by, write=not check_mode
            )
        else:
            budget = known_budgets.require(budgets.read_all(connection), task.budget or "", "budget")
            changed = rearm(connection, budget, moment, write=not check_mode)
        return {"changed": bool(changed), "ledger": ledger.url, task.state: changed}


def rearm_above(connection: Transaction, budget: Budget, rates: Rates, now: datetime) -> None:
    """Let fire again what a raised limit has put out of reach.

    What is unknown reaches nothing: rather twice than never.
    """
    snapshot = read_snapshot(connection, rates, now, [budget], Request())
    for one in watched(connection, [verdict.evaluate(budget, Request(), snapshot)], snapshot):
        standing, _fired = alerts.rounds(connection, [(budget.name, one.period_id)])
        alerts.rearm(connection, standing - one.reached().keys(), now)


def rearm(connection: Transaction, budget: Budget, now: datetime, write: bool) -> list[str]:
    """Let everything fire again that the budget fired in its current period, on request; the
    ids of those alerts.
    """
    window = period_at(budget.calendar, now)
    if window is None:
        return []
    period = (budget.name, period_id(budget.calendar, window))
    standing, fired = alerts.rounds(connection, [period])
    newest = {(key, fired[key]) for key in standing}
    ids = [one.id for one in alerts.of_periods(connection, [period]) if (one.key, one.round) in newest]
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
        raise InvalidOption("ids", f"the ledger has no alert '{unknown[0]}'; write ids as results tell them.")
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


def _alert_order(reached: tuple[AlertKey, Decimal]) -> tuple[str, Decimal]:
    """Actual before forecast, the highest threshold first."""
    key, _amount = reached
    return key.basis, -key.threshold


def _alert(
    one: Watched, key: AlertKey, amount: Decimal, number: int, now: datetime, recorded_by: str
) -> Alert:
    amount = ROUNDING.quantize(amount, _LEDGER_UNIT)
    at_least = bool(one.period.spend_problems)
    return Alert(
        key=key,
        round=number,
        window=one.period.window,
        amount=amount,
        limit=one.budget.amount,
        currency=one.budget.currency,
        at_least=at_least,
        message=format_alert(
            one.budget,
            one.period.window,
            amount,
            key.threshold,
            is_spent=key.basis == ACTUAL,
            is_least=at_least,
        ),
        fired_at=now,
        recorded_by=recorded_by,
    )
