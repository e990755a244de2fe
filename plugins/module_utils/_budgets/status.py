# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How budgets stand, with nothing asked for (design/alerts.md#forecast,
design/gate.md#deny-unknown-allow).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .._core.errors import InvalidOption
from .._core.money import display
from .._core.periods import iso
from .._core.rates import Rates
from .._ledger import budgets, feed_hours, holds, sql
from . import alerts, forecasts, snapshot, verdict
from .definitions import described, require
from .hold_result import told_hold
from .request import Request
from .snapshot import Snapshot


def status(
    options: sql.LedgerOptions,
    names: Sequence[str] | None,
    rates: Rates,
    now: datetime,
    consumer: str | None = None,
) -> dict[str, Any]:
    """The result of cost_budget_info: how every budget stands, or those of these names, with nothing asked
    for.

    consumer: lists the alerts that it has not acknowledged, in place of those of the current periods.

    Reads the ledger only, with as many statements for a hundred budgets as for one. Raises InvalidOption for
    a name that there is not, and for an empty list of them; LedgerError.
    """
    if names is not None and not names:
        raise InvalidOption("names", "is empty; leave it out for all budgets.")
    with sql.reading(options) as ledger:
        rows = ledger.connection
        stored = budgets.read_all(rows)
        now = holds.database_now(rows, now)
        wanted = stored if names is None else [require(stored, name, "names") for name in names]
        stands_on = snapshot.read(rows, rates, now, wanted, Request())
        found = [verdict.evaluate(budget, Request(), stands_on) for budget in wanted]
        told = [alerts.described(one) for one in alerts.waiting(rows, wanted, consumer, now)]
        hours = feed_hours.read_all(rows) if stands_on.feeds else {}
        held = [told_hold(one, now) for one in holds.counting(rows, now)]
    return {
        "ledger": sql.shown(options),
        "evaluated_at": iso(now),
        "tax": "excluded",
        "summary": verdict.summary(found),
        "alerts": told,
        "reservations": held,
        "budgets": [
            {
                **described(one.budget),
                **verdict.to_result(one),
                **_forecast(one, stands_on, hours),
                "alerts": [alert for alert in told if alert["budget"] == one.budget.name],
            }
            for one in found
        ],
    }


def _forecast(
    one: verdict.BudgetVerdict, stands_on: Snapshot, hours: forecasts.HoursOfFeeds
) -> dict[str, Any]:
    """The forecast of the budget's current period as results show it; null where there is no period."""
    period = one.periods[0] if one.periods else None
    if period is None:
        return {"forecast": None, "runs_out_at": None}
    return _told(forecasts.of_period(one.budget, period, stands_on, hours))


def _told(found: forecasts.Known | forecasts.Unknown) -> dict[str, Any]:
    """A forecast as results show it: amounts null where they are unknown, with the reason beside them."""
    if isinstance(found, forecasts.Unknown):
        nothing = dict.fromkeys(("low", "expected", "high"))
        return {
            "forecast": {
                **nothing,
                "enough_data": False,
                "rated_periods": None,
                "reason": f"{found.reason}.",
            },
            "runs_out_at": None,
        }
    amounts = {name: display(getattr(found, name)) for name in ("low", "expected", "high")}
    counted = {"enough_data": found.enough_data, "rated_periods": found.rated_periods, "reason": None}
    return {
        "forecast": {**amounts, **counted},
        "runs_out_at": None if found.runs_out_at is None else iso(found.runs_out_at),
    }
