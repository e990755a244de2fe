# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What all that the ledger knows will have cost by the end of the current month, by the rules of a budget's
forecast (design/alerts.md#forecast).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .._core.periods import Calendar
from .._ledger import feed_hours
from .._ledger.budgets import BASIS_ACTUAL, FED_BY_CLOUD, FED_BY_ENTRIES, TAX_INCLUDED, Budget, Scope
from .forecasts import KnownForecast, UnknownForecast, of_period
from .request import Request
from .snapshot import read_snapshot
from .verdict import evaluate

if TYPE_CHECKING:
    from .._core.rates import Rates
    from .._ledger.transaction import Transaction

#: The largest limit that a ledger keeps: nothing of a forecast rests on it.
_NO_LIMIT_NANO = 10**18


def bill_forecast(
    transaction: Transaction, currency: str, zone: str, rates: Rates, has_feeds: bool, now: datetime
) -> KnownForecast | UnknownForecast:
    """The forecast of the month of now. has_feeds: whether the ledger has a feed."""
    everything = Budget(
        name="everything",
        limit_nano=_NO_LIMIT_NANO,
        currency=currency,
        calendar=Calendar("monthly", zone),
        fed_by=FED_BY_CLOUD if has_feeds else FED_BY_ENTRIES,
        basis=BASIS_ACTUAL,
        max_staleness=timedelta(hours=6),
        scope=Scope(tax=TAX_INCLUDED),
    )
    snapshot = read_snapshot(transaction, rates, now, [everything], Request())
    (period, *_later) = evaluate(everything, Request(), snapshot).periods
    return of_period(everything, period, snapshot, feed_hours.read_all(transaction) if has_feeds else {})
