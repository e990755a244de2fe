# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How a rated point is told, in results and in files."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.finops.cloud.plugins.module_utils._cloud.rated_points import RatedPoint
from ansible_collections.finops.cloud.plugins.module_utils._core.money import plain
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, iso
from ansible_collections.finops.cloud.plugins.module_utils._core.rows_file import Columns
from ansible_collections.finops.cloud.plugins.module_utils._pricing.cost_options import CostOptions, Row, teller_of

_WHEN = ("begin", "end")
_WHOSE = ("region", "project_id", "project_name")
_WHAT = ("type", "resource_id", "quantity", "unit", "amount", "currency", "metadata")


def columns(several: bool) -> Columns:
    """Of a file; of several projects and regions each row says whose it is."""
    return Columns((*_WHEN, *(_WHOSE if several else ()), *_WHAT), nested=("metadata",))


class PointRow:
    """How a point is told: at the rate that is valid when the window begins, the last hour's at its own begin."""

    def __init__(self, options: CostOptions, whose: Mapping[str, str | None]) -> None:
        """whose: region, project_id and project_name where there are several, else empty."""
        self._options = options
        self._whose = whose
        self._period: Window | None = None
        self._told: tuple[str, str] = ("", "")
        self._teller = None if options.window is None else teller_of(options, options.window.begin)

    def __call__(self, point: RatedPoint) -> Row:
        """The row of columns(). Raises UnknownAmount."""
        # A million points have a thousand periods, and come by period: each is put into words once.
        if point.window is not self._period:
            self._period = point.window
            self._told = (iso(point.window.begin), iso(point.window.end))
        teller = self._teller or teller_of(self._options, point.window.begin)
        return {
            "begin": self._told[0],
            "end": self._told[1],
            **self._whose,
            "type": point.type,
            "resource_id": point.resource_id,
            "quantity": plain(point.quantity),
            "unit": point.unit,
            "amount": teller.exact(point.amount),
            "currency": self._options.currency,
            "metadata": point.metadata,
        }
