# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a window has cost (rules R3, R7, R8 and M4 of docs/rules.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._cloud import rating
from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import (
    Cloud,
    Readings,
    Service,
    raise_errors,
    read_all,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import UnknownAmount
from ansible_collections.finops.cloud.plugins.module_utils._core.money import display, exact_sum
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, iso, rounded_up
from ansible_collections.finops.cloud.plugins.module_utils._pricing.rates import ICU, Rates


@dataclass(frozen=True)
class CostOptions:
    """window: as asked. rating_currency: what the cloud rates in. currency: what results are told in."""

    window: Window
    currency: str
    rating_currency: str
    rating_api: str
    collect_period_s: int
    with_rated_through: bool
    rates: Rates
    on_error: str


@dataclass(frozen=True)
class WindowCost:
    """What the cloud said: sums by type in its rating currency, how far it has rated, and which API told it."""

    api: str
    by_type: tuple[rating.RatedSum, ...]
    rated_through: datetime | None


def read_cost(cloud: Cloud, options: CostOptions, now: datetime) -> dict[str, Any]:
    """The result of infomaniak_cost_info: total and rows by type, in the asked currency and every other that has a rate.

    Two requests, one without rated_through. Raises CloudError and UnknownAmount unless on_error is warn, which leaves `cost` null.
    """

    def read(service: Service) -> WindowCost:
        return _window_cost(service, options, now)

    readings = read_all(cloud, {"cost": ("rating", read)}, required=("rating",))
    if options.on_error == "fail":
        raise_errors(readings.errors)
    return _result(readings, options)


def _window_cost(service: Service, options: CostOptions, now: datetime) -> WindowCost:
    window = rounded_up(options.window, options.collect_period_s)
    if window.begin == window.end:
        return WindowCost(options.rating_api, (), None)
    api, by_type = rating.summary_by_type(service, options.rating_api, window)
    newest = rating.rated_through(service, api, now, options.collect_period_s) if options.with_rated_through else None
    return WindowCost(api, tuple(by_type), newest)


def _result(readings: Readings, options: CostOptions) -> dict[str, Any]:
    cost: WindowCost | None = readings.values["cost"]
    return {
        "services": {name: status.as_result() for name, status in readings.services.items()},
        "complete": readings.complete,
        "period_start": iso(options.window.begin),
        "period_end": iso(options.window.end),
        "currency": options.currency,
        "tax": "excluded",
        "cost": None if cost is None else _cost(cost, options),
    }


def _cost(cost: WindowCost, options: CostOptions) -> dict[str, Any]:
    total = exact_sum(row.amount for row in cost.by_type)
    rows = sorted(cost.by_type, key=lambda row: (-row.amount, row.type))
    return {
        "total": _told(total, options.currency, options),
        "currency": options.currency,
        "totals": _totals(total, options),
        "by_type": [
            {
                "type": row.type,
                "quantity": None if row.quantity is None else display(row.quantity),
                "amount": _told(row.amount, options.currency, options),
                "currency": options.currency,
            }
            for row in rows
        ],
        "rated_through": None if cost.rated_through is None else iso(cost.rated_through),
        "fully_rated": None if cost.rated_through is None else cost.rated_through >= options.window.end,
        "rating_api": cost.api,
    }


def _told(amount: Decimal, currency: str, options: CostOptions) -> str:
    return display(options.rates.convert(amount, options.rating_currency, currency, options.window.begin))


def _totals(total: Decimal, options: CostOptions) -> dict[str, str]:
    """The total in every currency that has a rate then; without ICU in the game only in the cloud's own."""
    if options.rating_currency != ICU:
        return {options.rating_currency: _told(total, options.rating_currency, options)}
    told = {}
    for currency in options.rates.currencies:
        try:
            told[currency] = _told(total, currency, options)
        except UnknownAmount:
            continue
    return told
