# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Budgets whose periods end later than those that a deployment was estimated for
(design/gate.md#longer-periods).

What is estimated and held reaches to the end of one budget's period, a month's for example, and of its next
one. A year's budget beside it is asked for these amounts too; whether it also has what the deployment goes on
to cost is told here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .._core.money import decimal_of, display
from .._core.periods import HOUR
from .sums import DENY, UNKNOWN

Result = Mapping[str, Any]


def beyond_the_estimate(estimate: Result, row: Result) -> tuple[str, str] | None:
    """What a budget that allows has to say to what the deployment goes on to cost: a verdict and its reason,
    None for nothing.

    estimate: a result of cost_estimate_info. row: the budget's row of a gate.
    """
    for period, hours in _not_asked_for(estimate, row):
        until, currency = f"until {period['period_end']} the deployment goes on to cost", row["currency"]
        rate = _by_the_hour(estimate, currency)
        if rate is None:
            return (
                UNKNOWN,
                f"{row['name']}: {until} what nobody knows in {currency}: it was estimated without a rate for that.",
            )
        more = decimal_of(rate * hours)
        if more > Decimal(period["left"]):
            return (
                DENY,
                f"{row['name']}: {until} {currency} {display(more)} more, where {display(Decimal(period['left']))} is left.",
            )
    return None


def _not_asked_for(estimate: Result, row: Result) -> list[tuple[Result, Fraction]]:
    """The budget's periods with the hours in which the deployment runs and which the estimate has no amount
    of.
    """
    asked_until = datetime.fromisoformat(estimate["period"]["period_end"])
    found = [(row, _hours(asked_until, row["period_end"]))]
    following, upcoming = estimate["following_period"], row.get("next_period")
    if upcoming is not None:
        whole = _hours(datetime.fromisoformat(upcoming["period_start"]), upcoming["period_end"])
        found.append((upcoming, whole - (Fraction(following["hours"]) if following is not None else 0)))
    return [(period, hours) for period, hours in found if hours > 0]


def _hours(begin: datetime, end: str) -> Fraction:
    return Fraction((datetime.fromisoformat(end) - begin) / HOUR)


def _by_the_hour(estimate: Result, currency: str) -> Fraction | None:
    """What the deployment costs once it runs; behind a custom period, which no other follows, what it costs
    by the hour at first.
    """
    following, total = estimate["following_period"], estimate["request_total"]
    amount = total["hourly" if following is None else "next_period"].get(currency)
    if amount is None:
        return None
    return Fraction(amount) / (1 if following is None else Fraction(following["hours"]))
