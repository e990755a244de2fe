# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The free tier of a project, read from the cloud: one region's, or that which several regions share
(design/reading-a-cloud.md#round-trips, design/money.md#free-tier).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from .._core.completeness import all_known
from .._core.errors import CloudError
from .._core.money import ROUNDING, exact_sum
from .._core.periods import Window, ceil_to
from .._infomaniak import free_tier
from .._openstack.rating.answers import RatedFrame, RatedMetric, RatedSum
from .._openstack.rating.api import Rating


def read_free_tier(
    rating: Rating, rated: Window, traffic: RatedSum, metrics: tuple[RatedMetric, ...] | None
) -> tuple[free_tier.FreeTier, list[Decimal]]:
    """What of the window's traffic is free, and what our own sums differ by from the cloud's.

    One request for its unit; one more, by the hour, where the window begins within a month or has more
    traffic than is free. Where one fails, the tier is unknown and says why: the cost is known without it.
    """
    try:
        return _tier_of(rating, rated, traffic, metrics)
    except CloudError as error:
        return free_tier.unknown_tier(None, traffic.amount, str(error)), []


def _tier_of(
    rating: Rating, rated: Window, traffic: RatedSum, metrics: tuple[RatedMetric, ...] | None
) -> tuple[free_tier.FreeTier, list[Decimal]]:
    unit = _unit(rating, metrics)
    unit_bytes = free_tier.bytes_in(unit)
    if unit_bytes is None:
        return free_tier.unknown_tier(unit, traffic.amount), []
    if traffic.quantity is not None and free_tier.all_free(rated, traffic.quantity, unit_bytes):
        used = ROUNDING.multiply(traffic.quantity, unit_bytes)
        return free_tier.FreeTier(unit, traffic.amount, used, traffic.amount), []
    since_month = _traffic(_frames(rating, rated), rated, unit_bytes)
    own = (one.amount for one in since_month if one.asked)
    noise = rating.difference("the traffic of each period", own, traffic.amount)
    return free_tier.tier_of(unit, traffic.amount, since_month), [noise]


@dataclass(frozen=True)
class RegionTraffic:
    """A region of the project as it was read: the window, what is rated where that was read,
    and its own free tier.
    """

    rating: Rating
    rated: Window
    metrics: tuple[RatedMetric, ...] | None
    free: free_tier.FreeTier | None


def read_shared_free_tier(regions: Sequence[RegionTraffic]) -> free_tier.FreeTier | None:
    """The free tier that a project's regions share, in time order, of equal times in theirs; None without
    traffic that costs.

    No request where one region's own tier says it, or all is free; else one for the hours in each region
    that they were not read in, and one for the unit where traffic of a region lies before the window
    only. Where one fails, the tier is unknown and says why.
    """
    tiers = [one.free for one in regions if one.free is not None]
    if not tiers or len(regions) == 1:
        return tiers[0] if tiers else None
    try:
        return _shared_tier(regions, tiers)
    except CloudError as error:
        return free_tier.unknown_tier(None, exact_sum(one.amount for one in tiers), str(error))


def _shared_tier(regions: Sequence[RegionTraffic], tiers: Sequence[free_tier.FreeTier]) -> free_tier.FreeTier:
    unit, amount = tiers[0].unit, exact_sum(one.amount for one in tiers)
    sizes = all_known(one.used_bytes for one in tiers)
    if sizes is None:
        reason = next((one.reason for one in tiers if one.used_bytes is None), None)
        return free_tier.unknown_tier(unit, amount, reason)
    used = exact_sum(sizes)
    if all(free_tier.all_free(one.rated, used, 1) for one in regions):
        return free_tier.FreeTier(unit, amount, used, amount)
    traffic: list[free_tier.Traffic] = []
    for one in regions:
        if one.free is not None and one.free.traffic is not None:
            traffic += one.free.traffic
            continue
        frames = _frames(one.rating, one.rated)
        if not frames:
            continue
        unit_bytes = free_tier.bytes_in(_unit(one.rating, one.metrics) if one.free is None else one.free.unit)
        if unit_bytes is None:
            return free_tier.unknown_tier(unit, amount)
        traffic += _traffic(frames, one.rated, unit_bytes)
    return free_tier.tier_of(unit, amount, traffic)


def _traffic(frames: Sequence[RatedFrame], window: Window, unit_bytes: int) -> list[free_tier.Traffic]:
    periods = ((one.window.begin, one.cost.quantity, one.cost.amount) for one in frames)
    return free_tier.traffic_of(periods, window, unit_bytes)


def _unit(rating: Rating, metrics: tuple[RatedMetric, ...] | None) -> str | None:
    """What traffic is counted in; None where the cloud does not say it.

    One request where what is rated has not been read.
    """
    known = rating.metrics() if metrics is None else metrics
    return next((metric.unit for metric in known if metric.name == free_tier.METRIC), None)


def _frames(rating: Rating, rated: Window) -> list[RatedFrame]:
    """The traffic since the begin of the window's first month: it has used up a part of the tier."""
    since = Window(ceil_to(free_tier.month_begin(rated.begin), rating.collect_period_s), rated.end)
    return rating.frames_of_type(since, free_tier.METRIC)
