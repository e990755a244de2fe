# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was rated: every resource's price in every collect period that it was there for, as a function of
scenario and clock.

Nothing is stored: a point is computed from the resource's age and the prices, so that a test can compute the
same sum from the scenario, and a history of a million points costs no memory. Collect periods are told by
their begin in seconds since 1970.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil

from sandbox_cloud import hashmap
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import Owner, Scenario, Server, stable_id

GB = 1024**3
_RUNNING = ("ACTIVE", "VERIFY_RESIZE", "PAUSED")
#: What each metric is measured in.
UNITS = {
    "instance_up": "instance",
    "instance_reserved": "instance",
    "volume.size": "GiB",
    "ip.floating": "ip",
    "loadbalancer": "lb",
    "storage.objects.size": "GiB",
    "storage.objects.outgoing.bytes": "GiB",
}


@dataclass(frozen=True)
class Series:
    """One resource under one metric: what each of its periods costs, from the one on that begins at first."""

    metric: str
    resource_id: str
    unit: str
    quantity: float
    price: float
    first: int
    metadata: tuple[tuple[str, str], ...]
    project_id: str


def series(cloud: Cloud) -> tuple[Series, ...]:
    """Everything that is rated of the scenario's project, in the order of its metrics."""
    found: tuple[Series, ...] = cloud.cached(
        "series", lambda: tuple(sorted(_series(cloud), key=lambda one: one.metric))
    )
    return found


def of_every_project(cloud: Cloud, seen_by: Callable[[Owner], Scenario]) -> tuple[Series, ...]:
    """Everything that is rated of all projects. seen_by: the scenario as rating sees it for one of them."""

    def made() -> tuple[Series, ...]:
        clouds = (dataclasses.replace(cloud, scenario=seen_by(owner)) for owner in cloud.scenario.filled)
        return tuple(sorted((one for of in clouds for one in _series(of)), key=lambda one: one.metric))

    found: tuple[Series, ...] = cloud.cached("every series", made)
    return found


def _series(cloud: Cloud) -> Iterator[Series]:
    scenario = cloud.scenario
    prices, owner = scenario.rating.prices_icu_per_hour, scenario.project.project_id

    def one(
        metric: str, kind: str, name: str, quantity: float, price: float, hours: int, **metadata: str
    ) -> Series:
        first = floor(cloud, cloud.created(hours))
        of = stable_id(kind, name) if kind else name
        cost = _times(price, quantity)
        if scenario.rating.hashmap:
            exact = Decimal(str(quantity))
            cost = float(hashmap.price(cloud, metric, exact, metadata, scenario.project.project, cloud.began))
        return Series(metric, of, UNITS[metric], quantity, cost, first, tuple(metadata.items()), owner)

    for server in scenario.servers:
        metric = "instance_up" if server.status in _RUNNING else "instance_reserved"
        price = getattr(prices, metric).get(server.flavor, 0.0)
        named = _flavor_metadata(scenario, server)
        yield one(metric, "server", server.name, 1.0, price, server.created_hours_ago, **named)
    for volume in scenario.volumes:
        price, size = prices.volume_gb.get(volume.type, 0.0), float(volume.size_gb)
        yield one(
            "volume.size",
            "volume",
            volume.name,
            size,
            price,
            volume.created_hours_ago,
            volume_type=volume.type,
        )
    for address in scenario.floating_ips:
        state, hours = "ACTIVE" if address.attached_to else "DOWN", address.created_hours_ago
        yield one("ip.floating", "floating_ip", address.address, 1.0, prices.floating_ip, hours, state=state)
    for balancer in scenario.load_balancers:
        hours = balancer.created_hours_ago
        yield one("loadbalancer", "load_balancer", balancer.name, 1.0, prices.load_balancer, hours)
    always = scenario.rating.history_days * 24
    stored = sum(container.objects * container.object_bytes for container in scenario.containers) / GB
    if stored:
        yield one("storage.objects.size", "", owner, stored, prices.object_gb, always)
    fetched = scenario.rating.outgoing_gb_per_hour
    if fetched:
        yield one("storage.objects.outgoing.bytes", "", owner, fetched, prices.outgoing_gb, always)


def _times(price: float, quantity: float) -> float:
    """The product as written on paper: CloudKitty rates in decimals, so 0.0085 x 200 is 1.7 there."""
    return float(Decimal(str(price)) * Decimal(str(quantity)))


def _flavor_metadata(scenario: Scenario, server: Server) -> dict[str, str]:
    vcpus = str(scenario.flavors[server.flavor].vcpus)
    return {"flavor_name": server.flavor, "flavor_id": stable_id("flavor", server.flavor), "vcpus": vcpus}


def floor(cloud: Cloud, moment: datetime) -> int:
    """The edge of a collect period at or before the moment."""
    seconds = cloud.scenario.rating.collect_period_s
    return int(moment.timestamp()) // seconds * seconds


def rated_through(cloud: Cloud) -> int:
    """The end of the newest rated period: one is rated when it has ended for rated_lag_hours."""
    return floor(cloud, cloud.now() - timedelta(hours=cloud.scenario.rating.rated_lag_hours))


def first_rated(cloud: Cloud) -> int:
    """The begin of the oldest rated period; it does not move with the clock, history is only added."""
    return floor(cloud, cloud.began - timedelta(days=cloud.scenario.rating.history_days))


def periods(cloud: Cloud, begin: datetime, end: datetime) -> range:
    """The begins of the rated periods that begin in [begin, end)."""
    seconds = cloud.scenario.rating.collect_period_s
    start = max(-(-ceil(begin.timestamp()) // seconds) * seconds, first_rated(cloud))
    return range(start, max(min(ceil(end.timestamp()), rated_through(cloud)), start), seconds)


def points(
    known: Sequence[Series], rated: range, offset: int, limit: int | None
) -> tuple[int, Iterator[tuple[int, list[Series]]]]:
    """How many points the series have in the rated periods, and those of a page of them, by period.

    offset and limit count points; limit None is no limit. Only the page's own periods are looked into.
    """
    firsts = sorted(one.first for one in known)
    counts = [bisect_right(firsts, begin) for begin in rated]
    total = sum(counts)

    def walk() -> Iterator[tuple[int, list[Series]]]:
        skip, left = offset, total if limit is None else limit
        for begin, count in zip(rated, counts, strict=True):
            if skip >= count:
                skip -= count
                continue
            members = [one for one in known if one.first <= begin][skip : skip + left]
            yield begin, members
            skip, left = 0, left - len(members)
            if not left:
                return

    return total, walk()


def calendar(begin: int) -> dict[str, str]:
    """The keys that the collector adds to every point, so that it can be grouped by them."""
    moment = datetime.fromtimestamp(begin, UTC)
    return {
        "week_of_the_year": moment.strftime("%U"),
        "day_of_the_year": str(moment.timetuple().tm_yday),
        "month": str(moment.month),
        "year": str(moment.year),
    }
