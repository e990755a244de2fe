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
from typing import Any

from .._core.errors import InvalidOption
from .._core.periods import Calendar
from .._core.rates import Rates
from .._openstack import block_storage, compute, network
from .._openstack.connection import Cloud, Reader, Readings, Service, raise_errors, read_all
from .._openstack.rating.api import Rating, open_rating
from .._openstack.rating.operator import OperatorRating
from .._openstack.rating.price_rules import PriceRules
from . import shape_prices
from .changes import Change, Flavors, required_quotas, without_known_quota
from .line_tags import over_defaults
from .lines import EstimateLine, lines_of, periods_of, shapes_of
from .monthly_total import MonthlyTotal, monthly_total
from .observed import Observed, read_observed
from .plan_file import Plan
from .plan_networks import PlanNetworks
from .planned import SERVERS, PlannedRow, planned
from .planned_parts import Context
from .playbook_changes import unmatched_tasks
from .playbook_plan import PlaybookPlan
from .playbook_readings import PlaybookEstimate, playbook_estimate, playbook_readers, read_project
from .playbook_receipt import PlaybookRun
from .price_list import DatedPrices
from .project_resources import list_readers, project_resources, thing_of
from .quote_check import verified
from .request_lines import Where
from .result import Estimate, estimate_result
from .shapes import ShapeKind
from .terraform import (
    PlanOptions,
    has_addresses,
    lists_to_read,
    plan_changes,
    plan_regions,
    plan_unchanged,
    takes_default_volume_type,
    tells_networks_by_id,
    unmatched_assumptions,
)

#: What is None where the cloud has none of it.
_NEVER_NEEDED = ("default volume type", "observed", "rating modules")


@dataclass(frozen=True)
class PublicNetworks:
    """Names and IDs of networks on which each address costs. by_user: whether the task names them, so that
    each has to match one.
    """

    named: Collection[str]
    by_user: bool


@dataclass(frozen=True)
class EstimateOptions:
    """What is asked. currency: that of the lines. calendar: of the budget whose period is meant."""

    rows: tuple[PlannedRow, ...]
    plan: Plan | None
    playbook: PlaybookRun | None
    plan_options: PlanOptions
    public_networks: PublicNetworks
    default_volume_type: str | None
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


@dataclass(frozen=True)
class _Region:
    """What was read of one region, and what its prices rest on. name: None for that of the login."""

    name: str | None
    cloud: Cloud
    readings: Readings
    prices: shape_prices.PriceContext


def read_estimate(cloud: Cloud, options: EstimateOptions, now: datetime) -> dict[str, Any]:
    """The result of cost_estimate_info.

    Requests: one for flavors where servers are planned, one each for the project's servers and volumes where
    names are, one for networks where a plan names one by its id or the task names public ones, one for the
    default volume type where a plan makes a volume without a type, one for each list that confirms what a
    plan has before, those of read_observed, and for quotes one for the metrics and one for each shape that no
    earlier source knows, for the rules of hashmap one for the modules, one for the metrics and those of
    PriceRules, and one more for verify_quote. All but those for names again for each further region
    of the plan. Raises CloudError unless on_error is warn, InvalidOption, UnknownAmount.
    """
    tags_of = over_defaults(options.tags)
    periods = periods_of(options.calendar, now, options.collect_period_s)
    regions = _read_regions(cloud, options, now)
    playbook = _playbook(options, regions)
    changes = _all_changes(options, regions, cloud.identity.region, playbook.changes)
    lines: list[EstimateLine] = []
    required = {}
    unchanged = _unchanged(options, regions, cloud.identity.region)
    monthly, before = MonthlyTotal(), 0
    for region in regions:
        of_region = [change for change in changes if change.region == region.name]
        prices, missing = shape_prices.prices(shapes_of(of_region), options.sources, region.prices)
        found = lines_of(of_region, prices, missing, periods, region.prices, tags_of, before)
        before += len(of_region)
        lines += found + (verified(of_region, found, region.prices) if options.verify_quote else [])
        stays = [one for one in unchanged if one.region == region.name]
        monthly += monthly_total(of_region, stays, found, prices, options.sources, region.prices)
        required[region.name] = required_quotas(of_region, region.prices.flavors)
    complete = all(region.readings.complete for region in regions)
    of_kinds = any(change.before or change.after or change.gaps for change in changes)
    estimate = Estimate(
        lines,
        periods,
        required,
        without_known_quota(changes),
        complete,
        bool(options.rows) or of_kinds,
        monthly,
    )
    where = Where(cloud.identity.project_id, cloud.identity.region)
    return {
        "services": {
            name if region.name is None else f"{name} in {region.name}": status.to_result()
            for region in regions
            for name, status in region.readings.services.items()
        },
        **estimate_result(estimate, options.currency, regions[0].prices, where),
        **playbook.told,
        "resources_count": len(options.rows),
        "default_tags": dict(options.tags),
        "plan_sha256": next((plan.sha256 for plan in _plans(options)), None),
        "warnings": _warnings(options),
    }


def _read_regions(cloud: Cloud, options: EstimateOptions, now: datetime) -> list[_Region]:
    """The login's region, and those others of the plan that the login has.

    Raises CloudError for what could not be read where on_error is fail.
    """
    home, regions = cloud.identity.region, [cloud]
    if options.plan is not None:
        asked = plan_regions(options.plan, home, options.plan_options)
        regions += [cloud.in_region(name) for name in sorted(cloud.regions.intersection(asked) - {home})]
    found = []
    for number, of in enumerate(regions):
        rating = _rating(of, options)
        readings = _read(of, rating, options, now, is_home=number == 0)
        name = None if number == 0 else of.identity.region
        found.append(_Region(name, of, readings, _price_context(of, rating, options, readings, now)))
    if options.on_error == "fail":
        raise_errors([error for region in found for error in region.readings.errors])
    return found


def _plans(options: EstimateOptions) -> list[Plan | PlaybookPlan]:
    """The plans that are estimated."""
    given = (options.plan, options.playbook.plan if options.playbook else None)
    return [plan for plan in given if plan is not None]


def _warnings(options: EstimateOptions) -> list[str]:
    """What the task names and the plan does not have."""
    assumed = options.plan_options.assume_free
    unmatched = list(assumed) if options.plan is None else unmatched_assumptions(options.plan, assumed)
    if options.playbook is not None:
        unmatched = unmatched_tasks(options.playbook.everything, unmatched)
    return [
        f"assume_free: '{one}' matches nothing of the plan, so it makes nothing free." for one in unmatched
    ]


def _rating(cloud: Cloud, options: EstimateOptions) -> Rating | None:
    """CloudKitty of the project; None where the catalog has none."""
    if not cloud.offers("rating"):
        return None
    return open_rating(cloud.service("rating"), options.rating_api, options.collect_period_s)


def _read(
    cloud: Cloud, rating: Rating | None, options: EstimateOptions, now: datetime, is_home: bool
) -> Readings:
    rows, plan = options.rows if is_home else (), options.plan
    kinds = [row.part.shape.kind for row in rows if row.part is not None]
    named = {thing_of(row.part.shape.kind) for row in rows if row.part is not None and row.names}
    readers: dict[str, tuple[str, Reader]] = list_readers(named)
    if plan is not None or set(kinds) & set(SERVERS):
        readers["flavors"] = ("compute", compute.flavors)
    if plan is not None and _needs_networks(plan, options):
        readers["networks"] = ("network", lambda neutron: list(network.networks(neutron)))
    if (
        plan is not None
        and options.default_volume_type is None
        and takes_default_volume_type(plan, options.plan_options)
    ):
        readers["default volume type"] = ("block_storage", block_storage.default_volume_type)
    if plan is not None:
        readers |= lists_to_read(plan, options.plan_options)
    if is_home and options.playbook is not None:
        readers |= playbook_readers(options.playbook.everything, options.default_volume_type is not None)
    required = {service for service, _reader in readers.values()}
    has_shapes = kinds or plan is not None or options.playbook is not None
    if shape_prices.OBSERVED in options.sources and has_shapes:
        readers["observed"] = ("rating", lambda _service: _observed(rating, options, now))
    if shape_prices.HASHMAP in options.sources and has_shapes:
        readers["rating modules"] = ("rating", lambda service: _operator(service, options).modules())
    return read_all(cloud, readers, required)


def _needs_networks(plan: Plan, options: EstimateOptions) -> bool:
    """Whether it has to be known which networks the public ones are. Those that the task names have to be
    there.
    """
    given = options.public_networks
    if not given.named:
        return False
    if given.by_user:
        return has_addresses(plan, options.plan_options)
    return tells_networks_by_id(plan, options.plan_options)


def _operator(service: Service, options: EstimateOptions) -> OperatorRating:
    return OperatorRating(service, options.collect_period_s)


def _observed(rating: Rating | None, options: EstimateOptions, now: datetime) -> Observed | None:
    return None if rating is None else read_observed(rating, now, options.kinds)


def _price_context(
    cloud: Cloud, rating: Rating | None, options: EstimateOptions, readings: Readings, now: datetime
) -> shape_prices.PriceContext:
    status = readings.services.get("rating")
    offered = rating is not None and shape_prices.HASHMAP in options.sources
    return shape_prices.PriceContext(
        rating=rating,
        unread=(status and status.message) or "the catalog of this region has no rating service",
        observed=readings.values.get("observed"),
        modules=readings.values.get("rating modules"),
        price_rules=PriceRules(_operator(cloud.service("rating"), options)) if offered else None,
        project_id=cloud.identity.project_id,
        price_list=options.price_list,
        rates=options.rates,
        rating_currency=options.rating_currency,
        kinds=options.kinds,
        flavors=Flavors(readings.values.get("flavors") or ()),
        collect_period_s=options.collect_period_s,
        now=now,
    )


def _all_changes(
    options: EstimateOptions, regions: Sequence[_Region], home: str | None, of_playbook: Sequence[Change]
) -> list[Change]:
    """What the task and the plans change.

    What a name could not be compared with, as it was not read, is unknown.
    """
    values, flavors = regions[0].readings.values, regions[0].prices.flavors
    changes = planned(options.rows, project_resources(values), flavors)
    if options.plan is not None:
        contexts = _contexts(options, options.plan, regions, home)
        of_plan = plan_changes(options.plan, contexts, home, options.plan_options)
        changes += _without_home(of_plan, home)
    changes += of_playbook
    unread = [
        name
        for region in regions
        for name, value in region.readings.values.items()
        if name not in _NEVER_NEEDED and value is None
    ]
    if unread:
        reason = f"{', '.join(dict.fromkeys(unread))} could not be read"
        changes = [
            change
            if change.given or change.assumed
            else replace(change, before=(), after=(), gaps=(), unknown=reason, fits=False)
            for change in changes
        ]
    return changes


def _unchanged(options: EstimateOptions, regions: Sequence[_Region], home: str | None) -> list[Change]:
    """What the plan leaves as it is."""
    if options.plan is None:
        return []
    contexts = _contexts(options, options.plan, regions, home)
    return _without_home(plan_unchanged(options.plan, contexts, home, options.plan_options), home)


def _contexts(
    options: EstimateOptions, plan: Plan, regions: Sequence[_Region], home: str | None
) -> dict[str | None, Context]:
    public = _public(options.public_networks, regions)
    return {
        region.name if region.name is not None else home: Context(
            region.prices.flavors,
            PlanNetworks(plan, public),
            options.default_volume_type or region.readings.values.get("default volume type"),
            project_resources(region.readings.values),
        )
        for region in regions
    }


def _without_home(changes: Sequence[Change], home: str | None) -> list[Change]:
    """The same; the region of the login has no name of its own in a change."""
    return [replace(one, region=None) if one.region == home else one for one in changes]


def _playbook(options: EstimateOptions, regions: Sequence[_Region]) -> PlaybookEstimate:
    if options.playbook is None:
        return PlaybookEstimate([], {"playbook_before": [], "receipt": None})
    home, public = regions[0], _public(options.public_networks, regions)
    project = read_project(
        home.readings.values, home.prices.flavors, public, options.default_volume_type, home.cloud.identity
    )
    return playbook_estimate(options.playbook, project, options.plan_options.assume_free)


def _public(given: PublicNetworks, regions: Sequence[_Region]) -> frozenset[str]:
    """The names and ids that are given, and those of these networks and of their subnets.

    Raises InvalidOption for a name of the task's that matches no network.
    """
    read = [region.readings.values.get("networks") for region in regions]
    seen = [one for networks in read for one in networks or ()]
    if given.by_user and any(networks is not None for networks in read):
        there = {name for one in seen for name in (one.name, one.id)}
        missing = [one for one in given.named if one not in there]
        if missing:
            raise InvalidOption(
                "public_networks",
                f"'{missing[0]}' is neither the name nor the ID of a network that the project sees; its"
                " addresses would pass as free.",
            )
    public = [one for one in seen if one.name in given.named or one.id in given.named]
    return frozenset(given.named).union(*((one.id, one.name, *one.subnet_ids) for one in public))
