# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a deployment would cost: the result of cost_estimate_info
(design/estimates.md#what-a-change-costs).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from .._core.errors import CloudError
from .._core.money import decimal_of
from .._core.periods import Calendar
from .._core.rates import Rates
from .._openstack import block_storage, compute, network
from .._openstack.connection import Cloud, Reader, Readings, raise_errors, read_all
from .._openstack.rating.answers import QuoteItem
from .._openstack.rating.api import Rating, open_rating
from . import shape_prices
from .changes import CHANGED, Change, Flavors, required_quotas
from .lines import EstimateLine, lines_of, periods_of, shapes_of
from .observed import Observed, read_observed
from .planned import SERVERS, PlannedRow, existing, planned
from .price_list import DatedPrices
from .request_lines import Where
from .result import Estimate, estimate_result
from .shapes import ShapeKind, net
from .terraform import Plan, plan_changes, tells_networks_by_id
from .terraform_types import Context

#: How far a quote for everything may be off the sum of the lines
#: (design/reading-a-cloud.md#the-clouds-own-sums): quotes are floats.
_TOLERANCE, _RELATIVE = Fraction(1, 10_000), Fraction(1, 10**9)


@dataclass(frozen=True)
class EstimateOptions:
    """What is asked. currency: that of the lines. calendar: of the budget whose period is meant."""

    rows: tuple[PlannedRow, ...]
    plan: Plan | None
    assume_free: Collection[str]
    public_networks: Collection[str]
    sources: Sequence[str]
    price_list: DatedPrices
    kinds: Mapping[str, ShapeKind]
    verify_quote: bool
    currency: str
    calendar: Calendar
    tags: Mapping[str, str]
    on_error: str
    rating_api: str
    rating_currency: str
    collect_period_s: int
    rates: Rates


def read_estimate(cloud: Cloud, options: EstimateOptions, now: datetime) -> dict[str, Any]:
    """The result of cost_estimate_info.

    Requests: one for flavors where servers are planned, one each for the project's servers and volumes where
    names are, one for networks where a plan names one by its id, those of read_observed, and for quotes one
    for the metrics and one for each shape that no earlier source knows, and one more for verify_quote. Raises
    CloudError unless on_error is warn, InvalidOption, UnknownAmount.
    """
    periods = periods_of(options.calendar, now, options.collect_period_s)
    rating = _rating(cloud, options)
    readings = _read(cloud, rating, options, now)
    if options.on_error == "fail":
        raise_errors(readings.errors)
    context = _price_context(rating, options, readings, now)
    changes = _all_changes(options, readings, context.flavors, cloud.identity.region)
    prices, missing = shape_prices.prices(shapes_of(changes), options.sources, context)
    lines = lines_of(changes, prices, missing, periods, context)
    if options.verify_quote:
        lines += _verified(changes, lines, context)
    estimate = Estimate(lines, periods, required_quotas(changes, context.flavors), readings.complete)
    where = Where(cloud.identity.project_id, cloud.identity.region)
    return {
        "services": {name: status.to_result() for name, status in readings.services.items()},
        **estimate_result(estimate, options.currency, context, where, options.tags),
    }


def _rating(cloud: Cloud, options: EstimateOptions) -> Rating | None:
    """CloudKitty of the project; None where the catalog has none."""
    if not cloud.offers("rating"):
        return None
    return open_rating(cloud.service("rating"), options.rating_api, options.collect_period_s)


def _read(cloud: Cloud, rating: Rating | None, options: EstimateOptions, now: datetime) -> Readings:
    kinds = [row.part.shape.kind for row in options.rows if row.part is not None]
    named = {row.part.shape.kind for row in options.rows if row.part is not None and row.names}
    readers: dict[str, tuple[str, Reader]] = {}
    required = set()
    if options.plan is not None or set(kinds) & set(SERVERS):
        readers["flavors"] = ("compute", compute.flavors)
        required.add("compute")
    if named & set(SERVERS):
        readers["servers"] = ("compute", lambda nova: list(compute.servers(nova)))
        required.add("compute")
    if "volume" in named:
        readers["volumes"] = ("block_storage", lambda cinder: list(block_storage.volumes(cinder)))
        required.add("block_storage")
    if options.plan is not None and options.public_networks and tells_networks_by_id(options.plan):
        readers["networks"] = ("network", lambda neutron: list(network.networks(neutron)))
        required.add("network")
    if shape_prices.OBSERVED in options.sources and (kinds or options.plan is not None):
        readers["observed"] = ("rating", lambda _service: _observed(rating, options, now))
    return read_all(cloud, readers, required)


def _observed(rating: Rating | None, options: EstimateOptions, now: datetime) -> Observed | None:
    return None if rating is None else read_observed(rating, now, options.kinds)


def _price_context(
    rating: Rating | None, options: EstimateOptions, readings: Readings, now: datetime
) -> shape_prices.PriceContext:
    status = readings.services.get("rating")
    return shape_prices.PriceContext(
        rating=rating,
        unread=(status and status.message) or "the catalog of this region has no rating service",
        observed=readings.values.get("observed"),
        price_list=options.price_list,
        rates=options.rates,
        rating_currency=options.rating_currency,
        kinds=options.kinds,
        flavors=Flavors(readings.values.get("flavors") or ()),
        collect_period_s=options.collect_period_s,
        now=now,
    )


def _all_changes(
    options: EstimateOptions, readings: Readings, flavors: Flavors, region: str | None
) -> list[Change]:
    """What the task and the plan change, in the region that was read.

    What a name could not be compared with, as it was not read, is unknown.
    """
    values = readings.values
    there = existing(values.get("servers") or (), values.get("volumes") or ())
    unread = [
        name
        for name in ("flavors", "servers", "volumes", "networks")
        if name in values and values[name] is None
    ]
    changes = planned(options.rows, there, flavors)
    if options.plan is not None:
        public = _public(options.public_networks, values.get("networks") or ())
        context = Context(flavors, public, region=region)
        changes += plan_changes(options.plan, context, options.assume_free)
    if unread:
        reason = f"{', '.join(unread)} could not be read"
        changes = [
            change if change.given or change.assumed else replace(change, unknown=reason)
            for change in changes
        ]
    return changes


def _public(given: Collection[str], seen: Sequence[network.Network]) -> frozenset[str]:
    """The names and ids that are given, and the ids of those networks and of their subnets."""
    public = [one for one in seen if one.name in given or one.id in given]
    return frozenset(given).union(*((one.id, *one.subnet_ids) for one in public))


def _verified(
    changes: Sequence[Change], lines: Sequence[EstimateLine], context: shape_prices.PriceContext
) -> list[EstimateLine]:
    """A line that is unknown where the cloud's quote for all that grows is not what the lines say; none where
    it is.
    """
    reason = _difference(changes, lines, context)
    if reason is None:
        return []
    return [EstimateLine("the quote for everything", CHANGED, "", "", "", None, "other", None, None, reason)]


def _difference(
    changes: Sequence[Change], lines: Sequence[EstimateLine], context: shape_prices.PriceContext
) -> str | None:
    if context.rating is None:
        return context.unread
    grown = net(
        [part for change in changes for part in change.before],
        [part for change in changes for part in change.after],
    )
    grown = [part for part in grown if part.quantity > 0 and context.kinds[part.shape.kind].hourly]
    if not grown:
        return None
    by_shape = {
        (line.kind, line.size): line.price.amount
        for line in lines
        if line.price is not None and line.kind in context.kinds
    }
    try:
        units = shape_prices.quotable(context.rating, [part.shape for part in grown], context)
        items, expected = [], Fraction(0)
        for part in grown:
            item, price = units[part.shape], by_shape.get((part.shape.kind, part.shape.name))
            if isinstance(item, str) or price is None:
                reason = item if isinstance(item, str) else f"no price is known of {part.shape}"
                return f"it cannot be asked for: {reason}"
            items.append(QuoteItem(item.metric, decimal_of(part.quantity), item.metadata))
            expected += price * part.quantity / context.periods_per_hour
        quoted = Fraction(context.rating.quote(items))
    except CloudError as error:
        return str(error)
    if abs(quoted - expected) <= max(_TOLERANCE, _RELATIVE * abs(expected)):
        return None
    return (
        f"the cloud quotes {decimal_of(quoted):.6f} for a collect period where the lines come to"
        f" {decimal_of(expected):.6f}"
    )
