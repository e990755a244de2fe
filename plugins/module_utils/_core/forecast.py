# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a window will have cost when it is over (design/alerts.md#forecast)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from .money import ROUNDING, exact_sum

#: From how much history the rate is taken, and from how much on it is more than a guess.
DAYS = 7
ENOUGH_DAYS = 1
#: From how many days on the spread is that of days; before, that of single periods.
_SPREAD_BY_DAYS = 2
_LOW, _HIGH = Decimal("0.1"), Decimal("0.9")


@dataclass(frozen=True)
class Forecast:
    """What the window will have cost at its end, in the cloud's rating currency, if it goes on as in the
    periods that were looked at.
    """

    low: Decimal
    expected: Decimal
    high: Decimal
    enough_data: bool
    periods: int


def forecast(
    rated: Sequence[Decimal], periods_per_day: int, actual: Decimal, remaining: int, enough: int | None = None
) -> Forecast | None:
    """The forecast; None where nothing is rated, which is unknown, not zero.

    Arguments: rated, the cost of each rated collect period, oldest first; only the last seven days' worth
    counts. actual: what the window has cost so far. remaining: how many of its periods are not rated yet.
    enough: from how many periods on the rate is more than a guess, those of a day by default.
    """
    last = list(rated)[-DAYS * periods_per_day :]
    if not last:
        return None
    spread = sorted(_day_means(last, periods_per_day))

    def at(rate: Decimal) -> Decimal:
        return ROUNDING.add(actual, ROUNDING.multiply(rate, remaining)) if remaining else actual

    return Forecast(
        low=at(_percentile(spread, _LOW)),
        expected=at(_mean(last)),
        high=at(_percentile(spread, _HIGH)),
        enough_data=len(last) >= (ENOUGH_DAYS * periods_per_day if enough is None else enough),
        periods=len(last),
    )


def _day_means(last: list[Decimal], periods_per_day: int) -> list[Decimal]:
    """The mean of each 24 hours, counted back from the newest; a rest of less than a day is left out.

    Below two days the single periods.
    """
    if len(last) < _SPREAD_BY_DAYS * periods_per_day:
        return last
    ends = range(len(last), periods_per_day - 1, -periods_per_day)
    return [_mean(last[end - periods_per_day : end]) for end in ends]


def _mean(amounts: list[Decimal]) -> Decimal:
    return ROUNDING.divide(exact_sum(amounts), Decimal(len(amounts)))


def _percentile(ordered: list[Decimal], part: Decimal) -> Decimal:
    """The percentile of values in order, between two of them by a straight line."""
    position = part * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    step = ROUNDING.multiply(ROUNDING.subtract(ordered[above], ordered[below]), position - below)
    return ROUNDING.add(ordered[below], step)
