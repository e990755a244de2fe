# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""How what a window has cost is told: rows of text, in the asked currency
(design/reading-a-cloud.md#complete-and-fully-rated, design/money.md#comparison-and-display,
design/money.md#net-amounts, design/periods.md#named-windows).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from operator import itemgetter
from typing import TypeVar

from .._core.categories import category_of
from .._core.completeness import all_known
from .._core.errors import UnknownAmount
from .._core.money import EXACT, ROUNDING, display, exact_sum, plain
from .._core.periods import Window, iso
from .._core.rates import ICU
from .._infomaniak import free_tier
from .._openstack.rating.api import RatedPeriods
from . import grouping
from .options import CostOptions, Row, Teller, teller_of
from .window_cost import Previous, Sums, WindowCost

Key = TypeVar("Key")


@dataclass(frozen=True)
class Source:
    """Where a cost was read, and what it was there."""

    region: str | None
    project_id: str
    project_name: str
    cost: WindowCost

    @property
    def columns(self) -> Row:
        """What rows of several sources begin with."""
        return {"region": self.region, "project_id": self.project_id, "project_name": self.project_name}


def told(whole: WindowCost, sources: Sequence[Source], options: CostOptions, several: bool) -> Row:
    """The `cost` of a result: whole is that of all sources together.

    Where there are several, rows of one resource say whose it is.

    Raises UnknownAmount where a rate is missing that is needed.
    """
    teller = teller_of(options, whole.window.begin)
    newest = whole.rated_through
    return {
        "total": teller.told(whole.total),
        "currency": options.currency,
        "totals": _totals(whole.total, options, whole.window.begin),
        "net": _net(whole, teller),
        "free_tier": _free_tier(whole, teller),
        "by_type": _types(whole.by_type, teller),
        "by_category": _categories(whole.by_type, options, teller),
        **({"by_region": _regions(sources, teller)} if several else {}),
        "by_project": _projects(sources, teller) if "project" in options.group_by else None,
        **_times(whole.periods, options, teller),
        **{f"by_{key}": _by_key(sources, key, teller) for key in ("flavor", "volume_type")},
        **_resources(sources, teller, several),
        "metrics": _metrics(whole),
        "rated_through": None if newest is None else iso(newest),
        "fully_rated": None if newest is None else newest >= whole.window.end,
        "missing_hours": _missing(whole.missing, options.collect_period_s),
        "unrated_estimate": _estimate(whole, teller),
        "previous": _previous(whole, options),
        "forecast": _forecast(whole, teller),
        "cloud_difference": _difference(whole),
        "rating_api": whole.api,
    }


def _quantity(quantity: Decimal | None) -> str | None:
    return None if quantity is None else display(quantity)


def _totals(total: Decimal, options: CostOptions, moment: datetime) -> dict[str, str]:
    """The total in every currency that has a rate then; without ICU in the game only in the cloud's own."""
    if options.rating_currency != ICU:
        return {options.rating_currency: display(total)}
    told = {}
    for currency in options.rates.currencies:
        try:
            told[currency] = Teller(options.rates, options.rating_currency, currency, moment).told(total)
        except UnknownAmount:
            continue
    return told


def _net(cost: WindowCost, teller: Teller) -> str | None:
    """The total less what is free; None where that is not known."""
    if cost.free is None:
        return teller.told(cost.total)
    return None if cost.free.credit is None else teller.told(EXACT.subtract(cost.total, cost.free.credit))


def _free_tier(cost: WindowCost, teller: Teller) -> Row | None:
    if cost.free is None:
        return None
    credit, used = cost.free.credit, cost.free.used_bytes
    return {
        "type": free_tier.METRIC,
        "scope": free_tier.SCOPE,
        "unit": cost.free.unit,
        "free_bytes": plain(free_tier.FREE_BYTES),
        "used_bytes": None if used is None else display(used),
        "gross": teller.told(cost.free.amount),
        "credit": None if credit is None else teller.told(credit),
        "currency": teller.currency,
    }


def _types(by_type: Sums, teller: Teller) -> list[Row]:
    rows = sorted(by_type, key=lambda row: (-row.amount, row.type))
    return [{"type": row.type, "quantity": _quantity(row.quantity), **teller.row(row.amount)} for row in rows]


def _categories(by_type: Sums, options: CostOptions, teller: Teller) -> list[Row]:
    sums = grouping.summed((category_of(row.type, options.metric_categories), row) for row in by_type)
    return [
        {"category": category, "types": sorted(total.types), **teller.row(total.amount)}
        for category, total in grouping.dearest(sums)
    ]


def _regions(sources: Sequence[Source], teller: Teller) -> list[Row]:
    sums: dict[str | None, list[Decimal]] = {}
    for one in sources:
        sums.setdefault(one.region, []).append(one.cost.total)
    return [{"region": name, **teller.row(amount)} for name, amount in _dearest(sums)]


def _projects(sources: Sequence[Source], teller: Teller) -> list[Row]:
    sums: dict[tuple[str, str], list[Decimal]] = {}
    for one in sources:
        sums.setdefault((one.project_id, one.project_name), []).append(one.cost.total)
    return [
        {"project_id": project_id, "project_name": name, **teller.row(amount)}
        for (project_id, name), amount in _dearest(sums)
    ]


def _dearest(parts: Mapping[Key, list[Decimal]]) -> list[tuple[Key, Decimal]]:
    """The sums with their keys, dearest first, equal ones as they come."""
    return sorted(((key, exact_sum(some)) for key, some in parts.items()), key=lambda one: -one[1])


def _by_key(sources: Sequence[Source], key: str, teller: Teller) -> list[Row] | None:
    """Of what only points tell; None where they were not asked for it."""
    parts = all_known(
        None if one.cost.points is None else one.cost.points.sums.by_key.get(key) for one in sources
    )
    if parts is None:
        return None
    return [
        {
            key: name,
            "types": sorted(total.types),
            "quantity": _quantity(total.quantity),
            **teller.row(total.amount),
        }
        for name, total in grouping.dearest(grouping.joined(parts))
    ]


def _resources(sources: Sequence[Source], teller: Teller, several: bool) -> Row:
    """The rows of single resources, each list null where it was not asked for."""
    columns = [one.columns if several else {} for one in sources]
    by_resource = all_known(one.cost.by_resource for one in sources)
    passed = all_known(one.cost.points for one in sources)
    hours = None if passed is None else all_known(one.sums.by_resource_hour for one in passed)
    points = None if passed is None else all_known(one.rows for one in passed)
    return {
        "by_resource": None if by_resource is None else _by_resource(columns, by_resource, teller),
        "by_resource_hour": None if hours is None else _resource_hours(columns, hours, teller),
        "dataframes": None if points is None else sorted(chain(*points), key=itemgetter("begin")),
    }


def _by_resource(
    columns: Sequence[Row], sums: Sequence[Mapping[str, grouping.Sum]], teller: Teller
) -> list[Row]:
    found = [
        (place, name, total) for place, of in zip(columns, sums, strict=True) for name, total in of.items()
    ]
    return [
        {
            **place,
            "resource_id": name,
            "types": sorted(total.types),
            "quantity": _quantity(total.quantity),
            **teller.row(total.amount),
        }
        for place, name, total in sorted(found, key=lambda row: (-row[2].amount, row[1]))
    ]


def _resource_hours(
    columns: Sequence[Row], sums: Sequence[Mapping[grouping.HourKey, grouping.Sum]], teller: Teller
) -> list[Row]:
    found = [
        (place, *key, total) for place, of in zip(columns, sums, strict=True) for key, total in of.items()
    ]
    found.sort(key=lambda row: (row[1].begin, -row[4].amount, row[2], row[3] or ""))
    return [
        {
            **place,
            "begin": iso(window.begin),
            "end": iso(window.end),
            "type": kind,
            "resource_id": resource,
            "quantity": _quantity(total.quantity),
            **teller.row(total.amount),
        }
        for place, window, kind, resource, total in found
    ]


def _times(periods: RatedPeriods | None, options: CostOptions, teller: Teller) -> Row:
    """by_hour and so on: null where it was not asked for, or it is not known what each period cost; empty
    where nothing is rated.
    """
    found: Row = {f"by_{unit}": None for unit in grouping.TIMES}
    for unit in grouping.TIMES:
        if unit in options.group_by and periods is not None:
            found[f"by_{unit}"] = [
                {
                    unit: row.name,
                    "begin": iso(row.window.begin),
                    "end": iso(row.window.end),
                    **teller.row(row.amount),
                }
                for row in grouping.by_time(periods, unit, options.zone)
            ]
    return found


def _metrics(cost: WindowCost) -> list[Row] | None:
    if cost.metrics is None:
        return None
    return [{"type": one.name, "unit": one.unit, "metadata": list(one.metadata)} for one in cost.metrics]


def _missing(spans: Sequence[Window] | None, collect_period_s: int) -> list[Row] | None:
    """Runs of periods without a rating before the newest one that has it; None where they were not looked at."""
    if spans is None:
        return None
    step = timedelta(seconds=collect_period_s)
    return [
        {"begin": iso(span.begin), "end": iso(span.end), "periods": span.length // step} for span in spans
    ]


def _estimate(cost: WindowCost, teller: Teller) -> Row | None:
    if cost.estimate is None:
        return None
    return {
        **teller.row(cost.estimate.amount),
        "run_rate": teller.told(cost.estimate.run_rate),
        "periods": cost.estimate.periods,
    }


def _previous(cost: WindowCost, options: CostOptions) -> Row | None:
    """The period before, each told at the rate that is valid when it begins."""
    found = cost.previous
    if found is None:
        return None
    now, before = teller_of(options, found.compared.begin), teller_of(options, found.window.begin)
    ours = Decimal(now.told(cost.total))
    theirs = Decimal(before.told(exact_sum(row.amount for row in found.by_type)))
    return {
        "period_start": iso(found.window.begin),
        "period_end": iso(found.window.end),
        "compared_start": iso(found.compared.begin),
        "compared_end": iso(found.compared.end),
        "total": plain(theirs),
        "currency": options.currency,
        "change": plain(EXACT.subtract(ours, theirs)),
        "relative_change": _relative(ours, theirs),
        "missing_hours": _missing(found.missing, options.collect_period_s),
        "movers": _movers(cost.by_type, now, found, before),
    }


def _relative(ours: Decimal, theirs: Decimal) -> str | None:
    """The change as a part of what was before; None where that was nothing."""
    return display(ROUNDING.divide(EXACT.subtract(ours, theirs), theirs)) if theirs else None


def _movers(by_type: Sums, now: Teller, previous: Previous, before: Teller) -> list[Row]:
    """The types that cost more or less than before, the biggest change first."""
    ours = {row.type: Decimal(now.told(row.amount)) for row in by_type}
    theirs = {row.type: Decimal(before.told(row.amount)) for row in previous.by_type}
    nothing = Decimal(0)
    changes = {
        kind: EXACT.subtract(ours.get(kind, nothing), theirs.get(kind, nothing)) for kind in {*ours, *theirs}
    }
    return [
        {
            "type": kind,
            "amount": plain(ours.get(kind, nothing)),
            "previous": plain(theirs.get(kind, nothing)),
            "change": plain(change),
            "relative_change": _relative(ours.get(kind, nothing), theirs.get(kind, nothing)),
            "currency": now.currency,
        }
        for kind, change in sorted(changes.items(), key=lambda item: (-abs(item[1]), item[0]))
        if change
    ]


def _forecast(cost: WindowCost, teller: Teller) -> Row | None:
    if cost.forecast is None:
        return None
    return {
        "low": teller.told(cost.forecast.low),
        "expected": teller.told(cost.forecast.expected),
        "high": teller.told(cost.forecast.high),
        "currency": teller.currency,
        "enough_data": cost.forecast.enough_data,
        "periods": cost.forecast.periods,
    }


def _difference(cost: WindowCost) -> str | None:
    """The largest one; None where no sum is ours."""
    return display(max(cost.differences, key=abs)) if cost.differences else None
