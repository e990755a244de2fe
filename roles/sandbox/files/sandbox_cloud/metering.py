# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured: resources, their metrics, and measures as a function of scenario and clock.

A sample is taken every five minutes. A running server works as its hour of the day says, so that a test can compute what it used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import accumulate

from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import Server, Volume, stable_id

SAMPLE_S = 300
#: Granularity in seconds -> for how many days its measures are kept; the order is that of answers that ask for none.
KEPT_DAYS = {3600: 90, 300: 30}
#: Archive policy -> how its samples are aggregated.
POLICIES = {"ceilometer-low": ("sum", "min", "mean", "max", "count"), "ceilometer-low-rate": ("mean", "rate:mean")}
#: Resource type -> the attributes that its resources have.
TYPES = {
    "generic": (),
    "instance": ("display_name", "host", "flavor_id", "flavor_name", "image_ref"),
    "instance_disk": ("name", "instance_id"),
    "volume": ("display_name", "volume_type"),
}
#: How much of its CPUs a running server uses in each hour of the day (UTC), in thousandths.
LOAD = (*[50] * 8, *[400] * 4, 700, *[400] * 5, *[100] * 6)
_BEFORE = (0, *accumulate(LOAD))
_RUNNING = ("ACTIVE", "VERIFY_RESIZE")


@dataclass(frozen=True)
class Metric:
    """What is measured of a resource; sample tells its value at a moment in seconds since 1970."""

    metric_id: str
    resource_id: str
    name: str
    unit: str
    policy: str
    since: int
    sample: Callable[[int], float]


@dataclass(frozen=True)
class Resource:
    """Something that is measured; original_id of a server's disk begins with the server's id."""

    resource_id: str
    original_id: str
    kind: str
    since: int
    attributes: dict[str, str | None]
    metrics: tuple[Metric, ...]


def resources(cloud: Cloud) -> tuple[Resource, ...]:
    """Everything of the scenario's project that is measured: servers, their root disks, volumes."""
    found: tuple[Resource, ...] = cloud.cached("measured", lambda: tuple(_resources(cloud)))
    return found


def _resources(cloud: Cloud) -> Iterator[Resource]:
    for server in cloud.scenario.servers:
        yield _instance(cloud, server)
        yield _disk(cloud, server)
    for volume in cloud.scenario.volumes:
        yield _volume(cloud, volume)


def _instance(cloud: Cloud, server: Server) -> Resource:
    flavor, server_id, since = (
        cloud.scenario.flavors[server.flavor],
        stable_id("server", server.name),
        _since(cloud, server),
    )
    vcpus = flavor.vcpus if server.status in _RUNNING else 0
    used_mb = flavor.ram_mb if server.status in _RUNNING else 0
    attributes = {
        "display_name": server.name,
        "host": "sandbox",
        "flavor_id": stable_id("flavor", server.flavor),
        "flavor_name": server.flavor,
        "image_ref": None,
    }
    metric = partial(_metric, server_id, since)
    metrics = (
        metric("cpu", "ns", "ceilometer-low-rate", lambda at: float(vcpus * (worked_ns(at) - worked_ns(since)))),
        metric("disk.root.size", "GB", "ceilometer-low", lambda _at: float(flavor.disk_gb)),
        metric("memory", "MB", "ceilometer-low", lambda _at: float(flavor.ram_mb)),
        metric("memory.usage", "MB", "ceilometer-low", lambda at: used_mb * (200 + load(at)) / 1000),
        metric("vcpus", "vcpu", "ceilometer-low", lambda _at: float(flavor.vcpus)),
    )
    return Resource(server_id, server_id, "instance", since, attributes, metrics)


def _disk(cloud: Cloud, server: Server) -> Resource:
    server_id, since = stable_id("server", server.name), _since(cloud, server)
    original, bytes_a_second = f"{server_id}-vda", 4096 if server.status in _RUNNING else 0
    disk_id = stable_id("disk", original)
    metric = partial(_metric, disk_id, since)
    metrics = (
        metric("disk.device.read.bytes", "B", "ceilometer-low-rate", lambda at: bytes_a_second * float(at - since)),
        metric("disk.device.write.bytes", "B", "ceilometer-low-rate", lambda at: bytes_a_second * 2.0 * (at - since)),
    )
    return Resource(disk_id, original, "instance_disk", since, {"name": "vda", "instance_id": server_id}, metrics)


def _volume(cloud: Cloud, volume: Volume) -> Resource:
    volume_id, since = stable_id("volume", volume.name), _since(cloud, volume)
    attributes: dict[str, str | None] = {"display_name": volume.name, "volume_type": volume.type}
    metrics = (_metric(volume_id, since, "volume.size", "GB", "ceilometer-low", lambda _at: float(volume.size_gb)),)
    return Resource(volume_id, volume_id, "volume", since, attributes, metrics)


def _since(cloud: Cloud, one: Server | Volume) -> int:
    return -(-int(cloud.created(one.created_hours_ago).timestamp()) // SAMPLE_S) * SAMPLE_S


def _metric(resource_id: str, since: int, name: str, unit: str, policy: str, sample: Callable[[int], float]) -> Metric:
    return Metric(stable_id("metric", f"{resource_id}/{name}"), resource_id, name, unit, policy, since, sample)


def load(at: int) -> int:
    """What a running server uses of its CPUs at the moment, in thousandths."""
    return LOAD[at // 3600 % 24]


def worked_ns(at: int) -> int:
    """What one CPU of a server that runs since 1970 would have worked."""
    hours, seconds = divmod(at, 3600)
    days, hour = divmod(hours, 24)
    return ((days * _BEFORE[24] + _BEFORE[hour]) * 3600 + LOAD[hour] * seconds) * 1_000_000


def measures(
    cloud: Cloud, metric: Metric, aggregation: str, granularity: int, begin: int | None, end: int | None
) -> list[tuple[int, float]]:
    """Begin of each granule that has samples, and their aggregate. begin counts from the edge of its granule on, end is excluded."""
    now = int(cloud.now().timestamp())
    oldest = now - int(timedelta(days=KEPT_DAYS[granularity]).total_seconds())
    first = max(metric.since, oldest, begin if begin is not None else 0) // granularity * granularity
    last = now + 1 if end is None else min(end, now + 1)
    rows = []
    for at in range(first, last, granularity):
        moments = range(max(at, metric.since), min(at + granularity, now + 1), SAMPLE_S)
        value = _aggregate(metric, aggregation, moments)
        if value is not None:
            rows.append((at, value))
    return rows


def _aggregate(metric: Metric, aggregation: str, moments: range) -> float | None:
    if aggregation == "rate:mean":
        changes = [metric.sample(at) - metric.sample(at - SAMPLE_S) for at in moments if at > metric.since]
        return combined("mean", changes)
    return combined(aggregation, [metric.sample(at) for at in moments])


def combined(method: str, values: list[float]) -> float | None:
    """The values in one, None for none of them. Raises KeyError for another method than mean, sum, min, max and count."""
    methods: dict[str, Callable[[list[float]], float]] = {
        "mean": lambda some: sum(some) / len(some),
        "sum": sum,
        "min": min,
        "max": max,
        "count": lambda some: float(len(some)),
    }
    chosen = methods[method]
    return chosen(values) if values else None
