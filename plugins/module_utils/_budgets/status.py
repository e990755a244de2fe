# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The status of budgets, without a request (design/alerts.md#forecast,
design/gate.md#deny-unknown-allow).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._core.errors import InvalidOption
from .._core.periods import iso
from .._core.rates import Rates
from .._ledger import budgets, feed_hours, holds, sql
from .._ledger.policy import rates_of
from . import alerts, forecasts, verdict
from .known_budgets import require
from .request import Request
from .results import (
    alert_to_result,
    budget_to_result,
    forecast_to_result,
    hold_to_result,
    over_to_result,
    tax_of,
    verdict_to_result,
)
from .snapshot import Snapshot, read_snapshot
from .spent_until import SpentUntil, spent_until

if TYPE_CHECKING:
    from .._ledger.transaction import Transaction


def status(
    options: sql.LedgerOptions,
    names: Sequence[str] | None,
    rates: Rates,
    now: datetime,
    consumer: str | None = None,
    option: str = "names",
) -> dict[str, Any]:
    """The result of cost_budget_info: the status of every budget, or of those with these names.

    consumer: list the alerts that it has not acknowledged, in place of those of the current periods. option:
    the option that names them, for errors.

    It reads the ledger only, with as many statements for a hundred budgets as for one. Raises InvalidOption
    for an unknown name and for an empty list; LedgerError.
    """
    if names is not None and not names:
        raise InvalidOption("names", "is empty; omit it for all budgets.")
    with sql.reading(options) as ledger:
        return {"ledger": sql.format_url(options)} | read_status(
            ledger.connection, names, rates, now, consumer, option
        )


def read_status(
    rows: Transaction,
    names: Sequence[str] | None,
    rates: Rates,
    now: datetime,
    consumer: str | None = None,
    option: str = "names",
) -> dict[str, Any]:
    """The result of status() but its ledger, read in a transaction that is open already."""
    rates, stored = rates_of(rows, rates), budgets.read_all(rows)
    now = holds.database_now(rows, now)
    wanted = stored if names is None else [require(stored, name, option) for name in names]
    snapshot = read_snapshot(rows, rates, now, wanted, Request())
    found = [verdict.evaluate(budget, Request(), snapshot) for budget in wanted]
    waiting = [alert_to_result(one) for one in alerts.waiting(rows, wanted, consumer, now)]
    hours = feed_hours.read_all(rows) if snapshot.feeds else {}
    held = [hold_to_result(one, now) for one in holds.counting(rows, now)]
    over = _over(rows, found, snapshot)
    return {
        "evaluated_at": iso(now),
        "tax": tax_of(wanted),
        "summary": verdict.format_summary(found),
        "alerts": waiting,
        "reservations": held,
        "warnings": verdict.retired_feeds(found, snapshot),
        "budgets": [
            {
                **budget_to_result(one.budget),
                **verdict_to_result(one),
                **forecast_to_result(_forecast(one, snapshot, hours)),
                **over_to_result(over.get(one.budget.name)),
                "alerts": [alert for alert in waiting if alert["budget"] == one.budget.name],
            }
            for one in found
        ],
    }


def _over(
    rows: Transaction, found: Sequence[verdict.BudgetVerdict], snapshot: Snapshot
) -> dict[str, SpentUntil]:
    """By name, the budgets that have spent more than their limit, with since when: read for these alone."""
    spent_more = [one.budget for one in found if one.periods and one.periods[0].spent > one.periods[0].limit]
    if not spent_more:
        return {}
    known = spent_until(rows, spent_more, snapshot.feeds, snapshot.rates, snapshot.now)
    return {one.budget.name: one for one in known}


def _forecast(
    one: verdict.BudgetVerdict, snapshot: Snapshot, hours: forecasts.HoursOfFeeds
) -> forecasts.KnownForecast | forecasts.UnknownForecast | None:
    """The forecast of the budget's current period; None for a budget without one."""
    return forecasts.of_period(one.budget, one.periods[0], snapshot, hours) if one.periods else None
