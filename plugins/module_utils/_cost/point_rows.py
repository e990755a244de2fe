# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How a rated point is told, in results and in files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from .._core.money import plain
from .._core.periods import Window, iso
from .._core.rows_file import Columns
from .._openstack.rating.points import RatedPoint
from .options import CostOptions, Row, teller_of

_WHEN = ("begin", "end")
_WHOSE = ("region", "project_id", "project_name")
_WHAT = ("type", "resource_id", "quantity", "unit", "amount", "currency", "metadata")


def columns(several: bool) -> Columns:
    """Of a file; of several projects and regions each row says whose it is."""
    return Columns((*_WHEN, *(_WHOSE if several else ()), *_WHAT), nested=("metadata",))


class PointRows:
    """How points are told: at the rate that is valid when the window begins, the last hour's at its own
    begin.
    """

    def __init__(self, options: CostOptions, whose: Mapping[str, str | None]) -> None:
        """whose: region, project_id and project_name where there are several, else empty."""
        self._options = options
        self._names = columns(bool(whose)).names
        self._whose = tuple(whose[name] for name in _WHOSE) if whose else ()
        self._period: Window | None = None
        self._begins: tuple[str | None, ...] = ()
        self._amount: Callable[[Decimal], str] = plain

    def values(self, point: RatedPoint) -> tuple[Any, ...]:
        """The values of columns(), as a file takes them. Raises UnknownAmount."""
        # A million points have a thousand periods, and come by period: what is theirs is put into words once.
        if point.window is not self._period:
            self._enter(point.window)
        return (
            *self._begins,
            point.type,
            point.resource_id,
            plain(point.quantity),
            point.unit,
            self._amount(point.amount),
            self._options.currency,
            point.metadata,
        )

    def row(self, point: RatedPoint) -> Row:
        """The point as a result tells it. Raises UnknownAmount."""
        return dict(zip(self._names, self.values(point), strict=True))

    def _enter(self, period: Window) -> None:
        self._period = period
        self._begins = (iso(period.begin), iso(period.end), *self._whose)
        window = self._options.window or period
        self._amount = teller_of(self._options, window.begin).exact
