# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How amounts and rated points become text, in results and in files (design/money.md#rates,
design/money.md#comparison-and-display).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from .._core.money import format_amount, format_exact
from .._core.periods import Window, iso
from .._core.rates import Rates
from .._core.rows_file import Columns, RowsFile
from .._openstack.rating.answers import RatedPoint
from .options import CostOptions, Row

_WHEN = ("begin", "end")
_WHOSE = ("region", "project_id", "project_name")
_WHAT = ("type", "resource_id", "quantity", "unit", "amount", "currency", "metadata")


@dataclass(frozen=True)
class CostFormatter:
    """Formats amounts in the cloud's rating currency: in which currency, at the rates of which moment."""

    rates: Rates
    rating_currency: str
    currency: str
    moment: datetime

    def format_amount(self, amount: Decimal) -> str:
        """Half-even to 6 decimals (design/money.md#comparison-and-display).

        Raises UnknownAmount where no rate was valid then.
        """
        return format_amount(self.rates.convert(amount, self.rating_currency, self.currency, self.moment))

    @property
    def format_exact(self) -> Callable[[Decimal], str]:
        """All digits, so that rows add up; format_amount() where the amount is converted."""
        return format_exact if self.currency == self.rating_currency else self.format_amount

    def amount_columns(self, amount: Decimal) -> Row:
        """The keys amount and currency of every row."""
        return {"amount": self.format_amount(amount), "currency": self.currency}


def formatter_at(options: CostOptions, moment: datetime) -> CostFormatter:
    """The formatter for amounts of a window that begins then."""
    return CostFormatter(options.rates, options.rating_currency, options.currency, moment)


def point_columns(several: bool) -> Columns:
    """The columns of a file of points; of several projects and regions each row says whose it is."""
    return Columns((*_WHEN, *(_WHOSE if several else ()), *_WHAT), nested=("metadata",))


class PointOutput:
    """Takes the points of a project that a result or a file shows; no points where neither was asked for.

    Amounts are converted at the rate that is valid when the window begins, the last hour's at its own begin.
    """

    def __init__(
        self, options: CostOptions, whose: Mapping[str, str | None], file: RowsFile | None = None
    ) -> None:
        """whose: region, project_id and project_name where there are several, else empty.

        file: takes the points instead of the result.
        """
        self._options = options
        self._file = file
        self._names = point_columns(bool(whose)).names
        self._whose = tuple(whose[name] for name in _WHOSE) if whose else ()
        self._period: Window | None = None
        self._begins: tuple[str | None, ...] = ()
        self._amount: Callable[[Decimal], str] = format_exact
        self.rows: list[Row] | None = [] if options.dataframes and file is None else None

    @property
    def wanted(self) -> bool:
        """Whether the points have to be read for it."""
        return self._options.dataframes or self._file is not None

    def add(self, point: RatedPoint) -> None:
        """One more point. Raises UnknownAmount."""
        if self._file is not None:
            self._file.add_values(self._values(point))
        elif self.rows is not None:
            self.rows.append(dict(zip(self._names, self._values(point), strict=True)))

    def _values(self, point: RatedPoint) -> tuple[Any, ...]:
        # A million points have a thousand periods, and come by period: what is theirs is formatted once.
        if point.window is not self._period:
            self._enter(point.window)
        return (
            *self._begins,
            point.type,
            point.resource_id,
            format_exact(point.quantity),
            point.unit,
            self._amount(point.amount),
            self._options.currency,
            point.metadata,
        )

    def _enter(self, period: Window) -> None:
        self._period = period
        self._begins = (iso(period.begin), iso(period.end), *self._whose)
        window = self._options.window or period
        self._amount = formatter_at(self._options, window.begin).format_exact
