# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a window has cost, as infomaniak_cost_info tells it (rules R3, M4, M5 and P3 of docs/rules.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ansible_collections.finops.cloud.plugins.module_utils._cloud.connection import (
    Cloud,
    Readings,
    Service,
    raise_errors,
    read_all,
)
from ansible_collections.finops.cloud.plugins.module_utils._cloud.rated_points import RatedPoint
from ansible_collections.finops.cloud.plugins.module_utils._cloud.rating import RatedPeriods
from ansible_collections.finops.cloud.plugins.module_utils._core.completeness import CloudIdentity
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import UnknownAmount
from ansible_collections.finops.cloud.plugins.module_utils._core.money import (
    EXACT,
    ROUNDING,
    display,
    exact_sum,
    plain,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, iso
from ansible_collections.finops.cloud.plugins.module_utils._pricing import free_tier, grouping
from ansible_collections.finops.cloud.plugins.module_utils._pricing.metric_categories import category_of
from ansible_collections.finops.cloud.plugins.module_utils._pricing.rates import ICU, Rates
from ansible_collections.finops.cloud.plugins.module_utils._pricing.window_cost import (
    Previous,
    Question,
    Sums,
    WindowCost,
    read_window_cost,
)

Row = dict[str, Any]


@dataclass(frozen=True)
class CostOptions:
    """What the user asked for. window None: the last rated hour. named: its name, None where begin and end were given.

    rating_currency: what the cloud rates in. currency: what results are told in. dest: the file that takes the points.
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
        """Half-even to 6 decimals (rule M4). Raises UnknownAmount where no rate was valid then."""
        return display(self.rates.convert(amount, self.rating_currency, self.currency, self.moment))

    def exact(self, amount: Decimal) -> str:
        """All digits, so that rows add up; told() where it is converted. Raises UnknownAmount."""
        return plain(amount) if self.currency == self.rating_currency else self.told(amount)

    def row(self, amount: Decimal) -> Row:
        """The two keys of every row."""
        return {"amount": self.told(amount), "currency": self.currency}


def read_cost(cloud: Cloud, options: CostOptions, now: datetime) -> dict[str, Any]:
    """The result of infomaniak_cost_info: total, rows by type and category, and what else was asked for, in the asked currency.

    Requests as read_window_cost says. Raises CloudError unless on_error is warn, which leaves `cost` null; UnknownAmount, InvalidOption.
    """

    def read(service: Service) -> WindowCost:
        return read_window_cost(service, _question(options), now)

    readings = read_all(cloud, {"cost": ("rating", read)}, required=("rating",))
    if options.on_error == "fail":
        raise_errors(readings.errors)
    return _result(readings, options, cloud.identity)


def _question(options: CostOptions) -> Question:
    return Question(
        window=options.window,
        named=options.named,
        zone=options.zone,
        rating_api=options.rating_api,
        collect_period_s=options.collect_period_s,
        row=PointRow(options),
        with_rated_through=options.with_rated_through,
        group_by=options.group_by,
        dataframes=options.dataframes,
        dest=options.dest,
        check_mode=options.check_mode,
        with_metrics=options.with_metrics,
        with_previous=options.with_previous,
        with_forecast=options.with_forecast,
        # It is what one provider promises, and this is its currency.
        with_free_tier=options.rating_currency == ICU,
    )


def _teller(options: CostOptions, moment: datetime) -> Teller:
    return Teller(options.rates, options.rating_currency, options.currency, moment)


class PointRow:
    """How a point is told, in a file too: at the rate that is valid when the window begins, the last hour's at its own begin."""

    def __init__(self, options: CostOptions) -> None:
        self._options = options
        self._period: Window | None = None
        self._told: tuple[str, str] = ("", "")
        self._teller = None if options.window is None else _teller(options, options.window.begin)

    def __call__(self, point: RatedPoint) -> Row:
        """The row of COLUMNS. Raises UnknownAmount."""
        # A million points have a thousand periods, and come by period: each is put into words once.
        if point.window is not self._period:
            self._period = point.window
            self._told = (iso(point.window.begin), iso(point.window.end))
        teller = self._teller or _teller(self._options, point.window.begin)
        return {
            "begin": self._told[0],
            "end": self._told[1],
            "type": point.type,
            "resource_id": point.resource_id,
            "quantity": plain(point.quantity),
            "unit": point.unit,
            "amount": teller.exact(point.amount),
            "currency": self._options.currency,
            "metadata": point.metadata,
        }


def _result(readings: Readings, options: CostOptions, identity: CloudIdentity) -> dict[str, Any]:
    cost: WindowCost | None = readings.values["cost"]
    window = options.window if cost is None else cost.window
    return {
        "changed": cost is not None and _file_changed(cost),
        "services": {name: status.as_result() for name, status in readings.services.items()},
        "complete": readings.complete,
        "period_start": None if window is None else iso(window.begin),
        "period_end": None if window is None else iso(window.end),
        "currency": options.currency,
        "tax": "excluded",
        "cost": None if cost is None else _cost(cost, options, identity),
    }


def _file_changed(cost: WindowCost) -> bool:
    return cost.points is not None and cost.points.file is not None and cost.points.file.changed


def _cost(cost: WindowCost, options: CostOptions, identity: CloudIdentity) -> Row:
    teller = _teller(options, cost.window.begin)
    newest = cost.rated_through
    file = None if cost.points is None else cost.points.file
    return {
        "total": teller.told(cost.total),
        "currency": options.currency,
        "totals": _totals(cost.total, options, cost.window.begin),
        "net": _net(cost, teller),
        "free_tier": _free_tier(cost, teller),
        "by_type": _types(cost.by_type, teller),
        "by_category": _categories(cost.by_type, options, teller),
        **_groups(cost, options, teller, identity),
        "dataframes": None if cost.points is None else cost.points.rows,
        "dest": None if file is None else str(file.path),
        "points": None if file is None else file.count,
        "metrics": _metrics(cost),
        "rated_through": None if newest is None else iso(newest),
        "fully_rated": None if newest is None else newest >= cost.window.end,
        "missing_hours": _missing(cost.periods, cost.rated_through),
        "unrated_estimate": _estimate(cost, teller),
        "previous": _previous(cost, options),
        "forecast": _forecast(cost, teller),
        "cloud_difference": _difference(cost),
        "rating_api": cost.api,
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


def _groups(cost: WindowCost, options: CostOptions, teller: Teller, identity: CloudIdentity) -> Row:
    """by_<key> of every key that there is, null where it was not asked for."""
    asked = options.group_by
    sums = {} if cost.points is None else cost.points.sums.by_key
    told: Row = {
        "by_project": _project(cost, teller, identity) if "project" in asked else None,
        "by_resource": _by_resource(cost, teller),
        "by_resource_hour": _resource_hours(cost, teller),
    }
    for key in ("flavor", "volume_type"):
        told[f"by_{key}"] = _of_points(sums[key], key, teller) if key in sums else None
    for key in grouping.TIMES:
        told[f"by_{key}"] = _times(cost.periods, key, options.zone, teller) if key in asked else None
    return told


def _of_points(sums: Mapping[str, grouping.Sum], key: str, teller: Teller) -> list[Row]:
    return [
        {key: name, "types": sorted(total.types), "quantity": _quantity(total.quantity), **teller.row(total.amount)}
        for name, total in grouping.dearest(sums)
    ]


def _project(cost: WindowCost, teller: Teller, identity: CloudIdentity) -> list[Row]:
    """One row: every request is filtered by the login's project."""
    project = {"project_id": identity.project_id, "project_name": identity.project_name}
    return [{**project, **teller.row(cost.total)}]


def _by_resource(cost: WindowCost, teller: Teller) -> list[Row] | None:
    if cost.by_resource is None:
        return None
    return [
        {
            "resource_id": resource,
            "types": sorted(total.types),
            "quantity": _quantity(total.quantity),
            **teller.row(total.amount),
        }
        for resource, total in grouping.dearest(cost.by_resource)
    ]


def _resource_hours(cost: WindowCost, teller: Teller) -> list[Row] | None:
    sums = None if cost.points is None else cost.points.sums.by_resource_hour
    if sums is None:
        return None
    ordered = sorted(sums.items(), key=lambda item: (item[0][0].begin, -item[1].amount, item[0][1], item[0][2] or ""))
    return [
        {
            "begin": iso(window.begin),
            "end": iso(window.end),
            "type": kind,
            "resource_id": resource,
            "quantity": _quantity(total.quantity),
            **teller.row(total.amount),
        }
        for (window, kind, resource), total in ordered
    ]


def _times(periods: RatedPeriods | None, unit: str, zone: ZoneInfo, teller: Teller) -> list[Row]:
    if periods is None:
        return []
    return [
        {unit: row.name, "begin": iso(row.window.begin), "end": iso(row.window.end), **teller.row(row.amount)}
        for row in grouping.by_time(periods, unit, zone)
    ]


def _metrics(cost: WindowCost) -> list[Row] | None:
    if cost.metrics is None:
        return None
    return [{"type": one.name, "unit": one.unit, "metadata": list(one.metadata)} for one in cost.metrics]


def _missing(periods: RatedPeriods | None, rated_through: datetime | None) -> list[Row] | None:
    """Runs of periods without a rating before the newest one that has it; None where they were not looked at."""
    newest = rated_through or (None if periods is None else periods.rated_through)
    if periods is None or newest is None:
        return None
    step = timedelta(seconds=periods.collect_period_s)
    return [
        {"begin": iso(span.begin), "end": iso(span.end), "periods": span.length // step}
        for span in periods.missing_until(newest)
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
    now, before = _teller(options, found.compared.begin), _teller(options, found.window.begin)
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
        "missing_hours": _missing(found.periods, cost.rated_through),
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
    changes = {kind: EXACT.subtract(ours.get(kind, nothing), theirs.get(kind, nothing)) for kind in {*ours, *theirs}}
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
