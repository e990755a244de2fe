# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a user asks of the cost of a window, and in which words amounts are told (design/money.md#rates,
design/money.md#comparison-and-display).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .._core.files import AS_IT_COMES, FileAttributes
from .._core.money import display, plain
from .._core.periods import Window
from .._core.rates import Rates

Row = dict[str, Any]


@dataclass(frozen=True)
class CostOptions:
    """What the user asked for. window None: the last rated hour. named: its name, None where begin and end
    were given.

    rating_currency: what the cloud rates in. currency: what results are told in. dest: the file that takes
    the points, with these attributes.
    """

    window: Window | None
    named: str | None
    zone: ZoneInfo
    currency: str
    rating_currency: str
    rating_api: str
    collect_period_s: int
    rates: Rates
    on_error: str
    with_rated_through: bool = True
    group_by: tuple[str, ...] = ()
    dataframes: bool = False
    dest: Path | None = None
    attributes: FileAttributes = AS_IT_COMES
    check_mode: bool = False
    with_metrics: bool = False
    metric_categories: Mapping[str, str] | None = None
    with_previous: bool = False
    with_forecast: bool = False


@dataclass(frozen=True)
class Teller:
    """How amounts in the cloud's rating currency are told: in which currency, at the rates of which moment."""

    rates: Rates
    rating_currency: str
    currency: str
    moment: datetime

    def told(self, amount: Decimal) -> str:
        """Half-even to 6 decimals (design/money.md#comparison-and-display). Raises UnknownAmount where no
        rate was valid then.
        """
        return display(self.rates.convert(amount, self.rating_currency, self.currency, self.moment))

    @property
    def exact(self) -> Callable[[Decimal], str]:
        """What tells all digits, so that rows add up; told() where it is converted."""
        return plain if self.currency == self.rating_currency else self.told

    def row(self, amount: Decimal) -> Row:
        """The two keys of every row."""
        return {"amount": self.told(amount), "currency": self.currency}


def teller_of(options: CostOptions, moment: datetime) -> Teller:
    """How the amounts of a window that begins then are told."""
    return Teller(options.rates, options.rating_currency, options.currency, moment)
