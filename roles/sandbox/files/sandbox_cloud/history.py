# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was rated: every resource's price in every collect period that it was there for, as a function of scenario and clock.

Nothing is stored: a frame is computed from the resource's age and the prices, so that a test can compute the same sum from the scenario.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import Scenario, Server, stable_id

GB = 1024**3
_RUNNING = ("ACTIVE", "VERIFY_RESIZE", "PAUSED")


@dataclass(frozen=True)
class Series:
    """One resource under one metric: what each of its periods costs, from the period on in which it began."""

    metric: str
    resource_id: str
    unit: str
    quantity: float
    price: float
    since: datetime
    metadata: tuple[tuple[str, str], ...]


def series(cloud: Cloud) -> tuple[Series, ...]:
    """Everything that is rated of the scenario's project, in the order of its metrics."""
    found: tuple[Series, ...] = cloud.cached(
        "series", lambda: tuple(sorted(_series(cloud), key=lambda one: one.metric))
    )
    return found


def _series(cloud: Cloud) -> Iterator[Series]:
    scenario = cloud.scenario
    prices = scenario.rating.prices_icu_per_hour
    for server in scenario.servers:
        running = server.status in _RUNNING
        by_flavor = prices.instance_up if running else prices.instance_reserved
        yield Series(
            "instance_up" if running else "instance_reserved",
            stable_id("server", server.name),
            "instance",
            1.0,
            by_flavor.get(server.flavor, 0.0),
            cloud.created(server.created_hours_ago),
            _flavor_metadata(scenario, server),
        )
    for volume in scenario.volumes:
        price = prices.volume_gb.get(volume.type, 0.0) * volume.size_gb
        named = (("volume_type", volume.type),)
        since = cloud.created(volume.created_hours_ago)
        yield Series("volume.size", stable_id("volume", volume.name), "GiB", float(volume.size_gb), price, since, named)
    for address in scenario.floating_ips:
        since = cloud.created(address.created_hours_ago)
        named = (("state", "ACTIVE" if address.attached_to else "DOWN"),)
        yield Series(
            "ip.floating", stable_id("floating_ip", address.address), "ip", 1.0, prices.floating_ip, since, named
        )
    for balancer in scenario.load_balancers:
        since = cloud.created(balancer.created_hours_ago)
        yield Series(
            "loadbalancer", stable_id("load_balancer", balancer.name), "lb", 1.0, prices.load_balancer, since, ()
        )
    stored = sum(one.objects * one.object_bytes for one in scenario.containers) / GB
    if stored:
        since = cloud.created(1000)
        yield Series(
            "storage.objects.size", scenario.project.project_id, "GiB", stored, prices.object_gb * stored, since, ()
        )


def _flavor_metadata(scenario: Scenario, server: Server) -> tuple[tuple[str, str], ...]:
    vcpus = str(scenario.flavors[server.flavor].vcpus)
    return (("flavor_name", server.flavor), ("flavor_id", stable_id("flavor", server.flavor)), ("vcpus", vcpus))


def period(cloud: Cloud) -> timedelta:
    """How long a collect period is."""
    return timedelta(seconds=cloud.scenario.rating.collect_period_s)


def rated_through(cloud: Cloud) -> datetime:
    """The end of the newest rated period: one is rated when it has ended for rated_lag_hours."""
    return floor(cloud, cloud.now() - timedelta(hours=cloud.scenario.rating.rated_lag_hours))


def first_rated(cloud: Cloud) -> datetime:
    """The begin of the oldest rated period; it does not move with the clock, history is only added."""
    return floor(cloud, cloud.began - timedelta(days=cloud.scenario.rating.history_days))


def floor(cloud: Cloud, moment: datetime) -> datetime:
    """The edge of a collect period at or before the moment."""
    seconds = cloud.scenario.rating.collect_period_s
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC)


def periods(cloud: Cloud, begin: datetime, end: datetime) -> list[datetime]:
    """The begins of the rated periods that begin in [begin, end)."""
    at = floor(cloud, max(begin, first_rated(cloud)))
    at += period(cloud) if at < begin else timedelta()
    found = []
    while at < end and at + period(cloud) <= rated_through(cloud):
        found.append(at)
        at += period(cloud)
    return found


def begins(cloud: Cloud, one: Series) -> datetime:
    """The begin of the first period of a series."""
    return floor(cloud, one.since)
