# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The cost of a window as rows of text, in the asked currency
(design/reading-a-cloud.md#complete-and-fully-rated, design/money.md#comparison-and-display,
design/money.md#net-amounts, design/periods.md#named-windows).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from operator import itemgetter
from typing import TypeAlias

from .._core.categories import category_of
from .._core.completeness import all_known
from .._core.errors import UnknownAmount
from .._core.money import EXACT, ROUNDING, exact_sum, format_amount, format_exact
from .._core.periods import Window, iso
from .._core.rates import ICU
from .._infomaniak import free_tier
from .._openstack.rating.answers import RatedPeriods
from . import grouping
from .formatter import CostFormatter, formatter_at
from .options import CostOptions, Row
from .window_cost import Previous, Sums, WindowCost

#: Region, project_id and project_name, and what the window has cost there.
Part: TypeAlias = "tuple[Row, WindowCost]"


def cost_rows(whole: WindowCost, parts: Sequence[Part], options: CostOptions, several: bool) -> Row:
    """The `cost` of a result. whole: the cost of all parts. If several, rows of resources say whose they are.

    Raises UnknownAmount where a rate is missing that is needed.
    """
    formatter = formatter_at(options, whole.window.begin)
    newest = whole.rated_through
    return {
        "total": None if whole.never_rated else formatter.format_amount(whole.total),
        "currency": options.currency,
        "totals": None if whole.never_rated else _totals(whole.total, options, whole.window.begin),
        "net": _net(whole, formatter),
        "free_tier": _free_tier(whole, formatter),
        "by_type": _types(whole.by_type, formatter),
        "by_category": _categories(whole.by_type, options, formatter),
        **({"by_region": _regions(parts, formatter)} if several else {}),
        "by_project": _projects(parts, formatter) if "project" in options.group_by else None,
        **_times(whole.periods, options, formatter),
        **{f"by_{key}": _by_key(parts, key, formatter) for key in ("flavor", "volume_type")},
        **_resources(parts, formatter, several),
        "metrics": _metrics(whole),
        "rated_through": None if newest is None else iso(newest),
        "fully_rated": None if newest is None else newest >= whole.window.end,
        "missing_hours": _missing(whole.missing, options.collect_period_s),
        "unrated_estimate": _estimate(whole, formatter),
        "previous": _previous(whole, options),
        "forecast": _forecast(whole, formatter),
        "cloud_difference": _difference(whole),
        "rating_api": whole.api,
    }


def _quantity(quantity: Decimal | None) -> str | None:
    return None if quantity is None else format_amount(quantity)


def _totals(total: Decimal, options: CostOptions, moment: datetime) -> dict[str, str]:
    """The total in every currency that has a rate then; if the cloud does not rate in
    ICU, in its own only.
    """
    if options.rating_currency != ICU:
        return {options.rating_currency: format_amount(total)}
    totals = {}
    for currency in options.rates.currencies:
        try:
            totals[currency] = CostFormatter(
                options.rates, options.rating_currency, currency, moment
            ).format_amount(total)
        except UnknownAmount:
            continue
    return totals


def _net(cost: WindowCost, formatter: CostFormatter) -> str | None:
    """The total less what is free; None where that is not known."""
    if cost.never_rated:
        return None
    if cost.free is None:
        return formatter.format_amount(cost.total)
    return (
        None
        if cost.free.credit is None
        else formatter.format_amount(EXACT.subtract(cost.total, cost.free.credit))
    )


def _free_tier(cost: WindowCost, formatter: CostFormatter) -> Row | None:
    if cost.free is None:
        return None
    credit, used = cost.free.credit, cost.free.used_bytes
    return {
        "type": free_tier.METRIC,
        "scope": free_tier.SCOPE,
        "unit": cost.free.unit,
        "free_bytes": format_exact(free_tier.FREE_BYTES),
        "used_bytes": None if used is None else format_amount(used),
        "gross": formatter.format_amount(cost.free.amount),
        "credit": None if credit is None else formatter.format_amount(credit),
        "currency": formatter.currency,
        "reason": cost.free.reason,
    }


def _types(by_type: Sums, formatter: CostFormatter) -> list[Row]:
    rows = sorted(by_type, key=lambda row: (-row.amount, row.type))
    return [
        {"type": row.type, "quantity": _quantity(row.quantity), **formatter.amount_columns(row.amount)}
        for row in rows
    ]


def _categories(by_type: Sums, options: CostOptions, formatter: CostFormatter) -> list[Row]:
    sums = grouping.summed((category_of(row.type, options.metric_categories), row) for row in by_type)
    return [
        {"category": category, "types": sorted(total.types), **formatter.amount_columns(total.amount)}
        for category, total in grouping.dearest(sums)
    ]


def _regions(parts: Sequence[Part], formatter: CostFormatter) -> list[Row]:
    return _summed_by(("region",), parts, formatter)


def _projects(parts: Sequence[Part], formatter: CostFormatter) -> list[Row]:
    return _summed_by(("project_id", "project_name"), parts, formatter)


def _summed_by(names: tuple[str, ...], parts: Sequence[Part], formatter: CostFormatter) -> list[Row]:
    """The totals by those columns, dearest first, equal ones as they come."""
    sums: dict[tuple[str | None, ...], list[Decimal]] = {}
    for columns, cost in parts:
        sums.setdefault(tuple(columns[name] for name in names), []).append(cost.total)
    dearest = sorted(((key, exact_sum(some)) for key, some in sums.items()), key=lambda one: -one[1])
    return [
        {**dict(zip(names, key, strict=True)), **formatter.amount_columns(amount)} for key, amount in dearest
    ]


def _by_key(parts: Sequence[Part], key: str, formatter: CostFormatter) -> list[Row] | None:
    """From the points; None where they were not asked for it."""
    sums = all_known(
        None if cost.points is None else cost.points.sums.by_key.get(key) for _columns, cost in parts
    )
    if sums is None:
        return None
    return [
        {key: name, **_sum_columns(total, formatter)}
        for name, total in grouping.dearest(grouping.joined(sums))
    ]


def _sum_columns(total: grouping.Sum, formatter: CostFormatter) -> Row:
    return {
        "types": sorted(total.types),
        "quantity": _quantity(total.quantity),
        **formatter.amount_columns(total.amount),
    }


def _resources(parts: Sequence[Part], formatter: CostFormatter, several: bool) -> Row:
    """The rows of single resources, each list null where it was not asked for."""
    columns = [whose if several else {} for whose, _cost in parts]
    by_resource = all_known(cost.by_resource for _columns, cost in parts)
    passed = all_known(cost.points for _columns, cost in parts)
    hours = None if passed is None else all_known(one.sums.by_resource_hour for one in passed)
    points = None if passed is None else all_known(one.rows for one in passed)
    return {
        "by_resource": None if by_resource is None else _by_resource(columns, by_resource, formatter),
        "by_resource_hour": None if hours is None else _resource_hours(columns, hours, formatter),
        "dataframes": None if points is None else sorted(chain(*points), key=itemgetter("begin")),
    }


def _by_resource(
    columns: Sequence[Row], sums: Sequence[Mapping[str, grouping.Sum]], formatter: CostFormatter
) -> list[Row]:
    found = [
        (whose, name, total) for whose, of in zip(columns, sums, strict=True) for name, total in of.items()
    ]
    return [
        {**whose, "resource_id": name, **_sum_columns(total, formatter)}
        for whose, name, total in sorted(found, key=lambda row: (-row[2].amount, row[1]))
    ]


def _resource_hours(
    columns: Sequence[Row], sums: Sequence[Mapping[grouping.HourKey, grouping.Sum]], formatter: CostFormatter
) -> list[Row]:
    found = [
        (whose, *key, total) for whose, of in zip(columns, sums, strict=True) for key, total in of.items()
    ]
    found.sort(key=lambda row: (row[1].begin, -row[4].amount, row[2], row[3] or ""))
    return [
        {
            **whose,
            "begin": iso(window.begin),
            "end": iso(window.end),
            "type": kind,
            "resource_id": resource,
            "quantity": _quantity(total.quantity),
            **formatter.amount_columns(total.amount),
        }
        for whose, window, kind, resource, total in found
    ]


def _times(periods: RatedPeriods | None, options: CostOptions, formatter: CostFormatter) -> Row:
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
                    **formatter.amount_columns(row.amount),
                }
                for row in grouping.by_time(periods, unit, options.zone)
            ]
    return found


def _metrics(cost: WindowCost) -> list[Row] | None:
    if cost.metrics is None:
        return None
    return [{"type": one.name, "unit": one.unit, "metadata": list(one.metadata)} for one in cost.metrics]


def _missing(spans: Sequence[Window] | None, collect_period_s: int) -> list[Row] | None:
    """Runs of unrated periods before the newest rated one; None where they were not looked at."""
    if spans is None:
        return None
    step = timedelta(seconds=collect_period_s)
    return [
        {"begin": iso(span.begin), "end": iso(span.end), "periods": span.length // step} for span in spans
    ]


def _estimate(cost: WindowCost, formatter: CostFormatter) -> Row | None:
    if cost.estimate is None:
        return None
    return {
        **formatter.amount_columns(cost.estimate.amount),
        "run_rate": formatter.format_amount(cost.estimate.run_rate),
        "periods": cost.estimate.periods,
    }


def _previous(cost: WindowCost, options: CostOptions) -> Row | None:
    """The period before, each at the rate that is valid when it begins."""
    found = cost.previous
    if found is None:
        return None
    now, before = formatter_at(options, found.compared.begin), formatter_at(options, found.window.begin)
    ours = Decimal(now.format_amount(cost.total))
    theirs = Decimal(before.format_amount(exact_sum(row.amount for row in found.by_type)))
    return {
        "period_start": iso(found.window.begin),
        "period_end": iso(found.window.end),
        "compared_start": iso(found.compared.begin),
        "compared_end": iso(found.compared.end),
        "total": format_exact(theirs),
        "currency": options.currency,
        "change": format_exact(EXACT.subtract(ours, theirs)),
        "relative_change": _relative(ours, theirs),
        "missing_hours": _missing(found.missing, options.collect_period_s),
        "movers": _movers(cost.by_type, now, found, before),
    }


def _relative(ours: Decimal, theirs: Decimal) -> str | None:
    """The change as a part of what was before; None where that was nothing."""
    return format_amount(ROUNDING.divide(EXACT.subtract(ours, theirs), theirs)) if theirs else None


def _movers(by_type: Sums, now: CostFormatter, previous: Previous, before: CostFormatter) -> list[Row]:
    """The types that cost more or less than before, the biggest change first."""
    ours = {row.type: Decimal(now.format_amount(row.amount)) for row in by_type}
    theirs = {row.type: Decimal(before.format_amount(row.amount)) for row in previous.by_type}
    nothing = Decimal(0)
    changes = {
        kind: EXACT.subtract(ours.get(kind, nothing), theirs.get(kind, nothing)) for kind in {*ours, *theirs}
    }
    return [
        {
            "type": kind,
            "amount": format_exact(ours.get(kind, nothing)),
            "previous": format_exact(theirs.get(kind, nothing)),
            "change": format_exact(change),
            "relative_change": _relative(ours.get(kind, nothing), theirs.get(kind, nothing)),
            "currency": now.currency,
        }
        for kind, change in sorted(changes.items(), key=lambda item: (-abs(item[1]), item[0]))
        if change
    ]


def _forecast(cost: WindowCost, formatter: CostFormatter) -> Row | None:
    if cost.forecast is None:
        return None
    return {
        "low": formatter.format_amount(cost.forecast.low),
        "expected": formatter.format_amount(cost.forecast.expected),
        "high": formatter.format_amount(cost.forecast.high),
        "currency": formatter.currency,
        "enough_data": cost.forecast.enough_data,
        "periods": cost.forecast.periods,
    }


def _difference(cost: WindowCost) -> str | None:
    """The largest one; None where no sum is ours."""
    return format_amount(max(cost.differences, key=abs)) if cost.differences else None
