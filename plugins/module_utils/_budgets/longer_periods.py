# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Budgets whose periods end later than those that a deployment was estimated for
(design/gate.md#longer-periods).

An estimate and its hold reach to the end of one budget's period, such as a month, and of the next one. A
budget for a year is asked for these amounts too. This file decides whether it also has room for what the
deployment costs after that.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .._core.money import decimal_of, format_amount
from .._core.periods import HOUR
from .sums import DENY, UNKNOWN

Result = Mapping[str, Any]


def beyond_the_estimate(estimate: Result, row: Result) -> tuple[str, str] | None:
    """The verdict, with its reason, of a budget that allows on the cost after the estimate;
    None if it has room.

    estimate: a result of cost_estimate_info. row: the budget's row in the result of a gate.
    """
    for period, hours in _not_asked_for(estimate, row):
        until, currency = f"until {period['period_end']} the deployment goes on to cost", row["currency"]
        rate = _by_the_hour(estimate, currency)
        if rate is None:
            return (
                UNKNOWN,
                f"{row['name']}: {until} an unknown amount in {currency}: it was estimated without a rate"
                " for that.",
            )
        more = decimal_of(rate * hours)
        if more > Decimal(period["left"]):
            return (
                DENY,
                f"{row['name']}: {until} {currency} {format_amount(more)} more, where"
                f" {format_amount(Decimal(period['left']))} is left.",
            )
    return None


def _not_asked_for(estimate: Result, row: Result) -> list[tuple[Result, Fraction]]:
    """The budget's periods, each with the hours of the deployment that the estimate does not contain."""
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
    """The cost per hour of the running deployment. A custom period has no next one: then it
    is the first hour's.
    """
    following, total = estimate["following_period"], estimate["request_total"]
    amount = total["hourly" if following is None else "next_period"].get(currency)
    if amount is None:
        return None
    return Fraction(amount) / (1 if following is None else Fraction(following["hours"]))
