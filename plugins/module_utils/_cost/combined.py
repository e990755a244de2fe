# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The costs of several projects and regions, combined into one: what is unknown of one is unknown of all
(design/reading-a-cloud.md#unknown-is-not-zero).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import reduce

from .._core.completeness import all_known
from .._core.forecast import Forecast
from .._core.money import EXACT, ROUNDING, exact_sum
from .._core.spans import hull, union
from .._infomaniak.free_tier import FreeTier
from .._openstack.rating.answers import RatedMetric, RatedPeriods, RatedSum
from .window_cost import Previous, Sums, UnratedEstimate, WindowCost


def combined(costs: Sequence[WindowCost], free: FreeTier | None) -> WindowCost:
    """The costs of one window as one; of the last hour, which is each one's own, from the first one's begin
    to the last one's end.

    free: the free tiers of their projects in one. Single resources are left out: they stay each
    one's own.
    """
    newest = all_known(cost.rated_through for cost in costs)
    periods = all_known(cost.periods for cost in costs)
    missing = all_known(cost.missing for cost in costs)
    previous = all_known(cost.previous for cost in costs)
    estimates = all_known(cost.estimate for cost in costs)
    forecasts = all_known(cost.forecast for cost in costs)
    apis = {cost.api for cost in costs}
    return WindowCost(
        api=apis.pop() if len(apis) == 1 else None,
        window=hull(cost.window for cost in costs),
        rated=hull(cost.rated for cost in costs),
        by_type=added(cost.by_type for cost in costs),
        rated_through=None if newest is None else min(newest),
        periods=None if periods is None else _periods(periods),
        missing=None if missing is None else union(span for spans in missing for span in spans),
        by_resource=None,
        points=None,
        differences=tuple(one for cost in costs for one in cost.differences),
        previous=None if previous is None else _previous(previous),
        metrics=_metrics(costs),
        free=free,
        estimate=None if estimates is None else _estimate(estimates),
        forecast=None if forecasts is None else _forecast(forecasts),
        never_rated=all(cost.never_rated for cost in costs),
    )


def combined_tiers(tiers: Sequence[FreeTier]) -> FreeTier | None:
    """The free tiers of several projects in one; None for none. unit: None where they have different ones."""
    if not tiers:
        return None
    units = {one.unit for one in tiers}
    used, credit = (all_known(getattr(one, name) for one in tiers) for name in ("used_bytes", "credit"))
    return FreeTier(
        unit=units.pop() if len(units) == 1 else None,
        amount=exact_sum(one.amount for one in tiers),
        used_bytes=None if used is None else exact_sum(used),
        credit=None if credit is None else exact_sum(credit),
        reason=next((one.reason for one in tiers if one.reason is not None), None),
    )


def added(parts: Iterable[Sums]) -> Sums:
    """The sums by type; the quantity of a type is None where one of them is."""
    by_type: dict[str, list[RatedSum]] = {}
    for part in parts:
        for row in part:
            by_type.setdefault(row.type, []).append(row)
    found = []
    for kind, rows in by_type.items():
        quantities = all_known(row.quantity for row in rows)
        quantity = None if quantities is None else exact_sum(quantities)
        found.append(RatedSum(kind, quantity, exact_sum(row.amount for row in rows)))
    return tuple(found)


def _periods(parts: Sequence[RatedPeriods]) -> RatedPeriods:
    amounts: dict[datetime, Decimal] = {}
    for part in parts:
        for begin, amount in part.amounts.items():
            amounts[begin] = EXACT.add(amounts.get(begin, Decimal(0)), amount)
    window = hull(part.window for part in parts)
    return RatedPeriods(window, dict(sorted(amounts.items())), parts[0].collect_period_s)


def _previous(parts: Sequence[Previous]) -> Previous:
    missing = all_known(part.missing for part in parts)
    return Previous(
        compared=hull(part.compared for part in parts),
        window=hull(part.window for part in parts),
        by_type=added(part.by_type for part in parts),
        missing=None if missing is None else union(span for spans in missing for span in spans),
    )


def _metrics(costs: Sequence[WindowCost]) -> tuple[RatedMetric, ...] | None:
    """Every metric once, unless clouds rate it in different units or with different metadata."""
    known = all_known(cost.metrics for cost in costs)
    if known is None:
        return None
    every = {metric for metrics in known for metric in metrics}
    return tuple(sorted(every, key=lambda one: (one.name, one.unit, one.metadata)))


def _estimate(parts: Sequence[UnratedEstimate]) -> UnratedEstimate:
    """periods: the most that any of them has."""
    run_rate, amount = (exact_sum(getattr(one, name) for one in parts) for name in ("run_rate", "amount"))
    return UnratedEstimate(run_rate, max(one.periods for one in parts), amount)


def _forecast(parts: Sequence[Forecast]) -> Forecast:
    """The sum of each bound: as wide as if all had their dear days at once."""
    low, expected, high = (
        reduce(ROUNDING.add, (getattr(one, bound) for one in parts)) for bound in ("low", "expected", "high")
    )
    return Forecast(
        low=low,
        expected=expected,
        high=high,
        enough_data=all(one.enough_data for one in parts),
        periods=min(one.periods for one in parts),
    )
