# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured: resources, their metrics, and measures as a function of scenario and clock.

A sample is taken every five minutes. A running server works as its hour of the day says, so that a test can
compute what it used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from itertools import accumulate
from statistics import stdev

from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import Flavor, Server, Volume, stable_id

SAMPLE_S = 300


@dataclass(frozen=True)
class Policy:
    """How samples are aggregated, and granularity in seconds -> for how many days its measures are kept."""

    methods: tuple[str, ...]
    kept_days: dict[int, int]


#: The provider's, which its user guide shows, and one that comes with Gnocchi.
POLICIES = {
    "ik-medium-rate": Policy(
        ("mean", "rate:mean", "std", "count", "max", "min", "sum"), {21600: 732, 3600: 62, 300: 7}
    ),
    "ceilometer-low": Policy(("sum", "min", "mean", "max", "count"), {3600: 90, 300: 30}),
}
_SERVERS, _VOLUMES = POLICIES
#: Resource type -> the attributes that its resources have.
TYPES = {
    "generic": (),
    "instance": ("display_name", "host", "flavor_id", "flavor_name", "image_ref"),
    "instance_disk": ("name", "instance_id"),
    "volume": ("display_name", "volume_type"),
}
#: How much of its CPUs a running server uses in each hour of the day (UTC), in thousandths.
LOAD = (*[50] * 8, *[400] * 4, 700, *[400] * 5, *[100] * 6)
#: From the Thursday on which 1970 began back to a Monday, in hours.
_SINCE_MONDAY_H = 72
_RUNNING = ("ACTIVE", "VERIFY_RESIZE")


@dataclass(frozen=True)
class Metric:
    """What is measured of a resource; sample tells its value at a moment in seconds since 1970, but
    those of unmeasured.
    """

    metric_id: str
    resource_id: str
    name: str
    unit: str
    policy: str
    since: int
    sample: Callable[[int], float]
    unmeasured: range = range(0)

    def moments(self, begin: int, end: int) -> list[int]:
        """When samples were taken in [begin, end); begin is a moment at which one may have been."""
        return [at for at in range(max(begin, self.since), end, SAMPLE_S) if at not in self.unmeasured]

    def change(self, at: int) -> float:
        """How much more a sample told than the one before it."""
        before = at - SAMPLE_S
        return self.sample(at) - self.sample(
            self.unmeasured[0] - SAMPLE_S if before in self.unmeasured else before
        )


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
    running = server.status in _RUNNING
    resized_at = _resized(cloud, server)
    before = flavor if server.resized is None else cloud.scenario.flavors[server.resized.from_flavor]
    load_by_hour = server.load or LOAD

    def of(at: int) -> Flavor:
        return flavor if at >= resized_at else before

    def worked(at: int) -> float:
        # The counter begins anew with a resize.
        begin = resized_at if at >= resized_at else since
        ns = worked_ns(at, load_by_hour, server.burst) - worked_ns(begin, load_by_hour, server.burst)
        return float(of(at).vcpus * ns) if running else 0.0

    def remembered(at: int) -> float:
        used = 200 + load(at) if server.memory_used is None else server.memory_used
        return of(at).ram_mb * used / 1000 if running else 0.0

    attributes = {
        "display_name": server.name,
        "host": "sandbox",
        "flavor_id": stable_id("flavor", server.flavor),
        "flavor_name": server.flavor,
        "image_ref": None,
    }
    metric = partial(_metric, server_id, since, _SERVERS, unmeasured=_unmeasured(cloud, server))
    metrics = (
        metric("cpu", "ns", worked),
        metric("disk.root.size", "GB", lambda at: float(of(at).disk_gb)),
        metric("memory", "MB", lambda at: float(of(at).ram_mb)),
        *([] if server.memory_hidden else [metric("memory.usage", "MB", remembered)]),
        metric("vcpus", "vcpu", lambda at: float(of(at).vcpus)),
    )
    return Resource(server_id, server_id, "instance", since, attributes, metrics)


def _disk(cloud: Cloud, server: Server) -> Resource:
    server_id, since = stable_id("server", server.name), _since(cloud, server)
    original, bytes_a_second = f"{server_id}-vda", 4096 if server.status in _RUNNING else 0
    disk_id = stable_id("disk", original)
    metric = partial(_metric, disk_id, since, _SERVERS, unmeasured=_unmeasured(cloud, server))
    metrics = (
        metric("disk.device.read.bytes", "B", lambda at: bytes_a_second * float(at - since)),
        metric("disk.device.write.bytes", "B", lambda at: bytes_a_second * 2.0 * (at - since)),
    )
    return Resource(
        disk_id, original, "instance_disk", since, {"name": "vda", "instance_id": server_id}, metrics
    )


def _volume(cloud: Cloud, volume: Volume) -> Resource:
    volume_id, since = stable_id("volume", volume.name), _since(cloud, volume)
    attributes: dict[str, str | None] = {"display_name": volume.name, "volume_type": volume.type}
    metrics = (_metric(volume_id, since, _VOLUMES, "volume.size", "GB", lambda _at: float(volume.size_gb)),)
    return Resource(volume_id, volume_id, "volume", since, attributes, metrics)


def _since(cloud: Cloud, one: Server | Volume) -> int:
    return -(-int(cloud.created(one.created_hours_ago).timestamp()) // SAMPLE_S) * SAMPLE_S


def _unmeasured(cloud: Cloud, server: Server) -> range:
    """The moments at which samples of the server were due and not taken."""
    if server.unmeasured is None:
        return range(0)
    hours = (server.unmeasured.from_hours_ago, server.unmeasured.to_hours_ago)
    begin, end = (-(-int(cloud.created(one).timestamp()) // SAMPLE_S) * SAMPLE_S for one in hours)
    return range(begin, end, SAMPLE_S)


def _metric(
    resource_id: str,
    since: int,
    policy: str,
    name: str,
    unit: str,
    sample: Callable[[int], float],
    unmeasured: range = range(0),
) -> Metric:
    metric_id = stable_id("metric", f"{resource_id}/{name}")
    return Metric(metric_id, resource_id, name, unit, policy, since, sample, unmeasured)


def load(at: int) -> int:
    """What a running server uses of its CPUs at the moment, in thousandths."""
    return LOAD[at // 3600 % 24]


def worked_ns(at: int, load_by_hour: tuple[int, ...] = LOAD, burst: int | None = None) -> int:
    """What one CPU of a server that runs since 1970 would have worked, with that load by the hour of a day or
    of a week from Monday on, and burst in the first five minutes of each hour.
    """
    hours, seconds = divmod(at, 3600)
    count, before = len(load_by_hour), _before(load_by_hour)

    def whole(hour: int) -> int:
        return hour // count * before[count] + before[hour % count]

    loads = whole(hours + _SINCE_MONDAY_H) - whole(_SINCE_MONDAY_H)
    now = load_by_hour[(hours + _SINCE_MONDAY_H) % count]
    if burst is None:
        return (loads * 3600 + now * seconds) * 1_000_000
    usual_s, first_s = 3600 - SAMPLE_S, min(seconds, SAMPLE_S)
    work = loads * usual_s + hours * burst * SAMPLE_S + first_s * burst + (seconds - first_s) * now
    return work * 1_000_000


@cache
def _before(load_by_hour: tuple[int, ...]) -> tuple[int, ...]:
    """By hour the sum of the loads before it."""
    return (0, *accumulate(load_by_hour))


def _resized(cloud: Cloud, server: Server) -> int:
    """When it got its flavor; 0 for one that has always had it."""
    if server.resized is None:
        return 0
    return -(-int(cloud.created(server.resized.hours_ago).timestamp()) // SAMPLE_S) * SAMPLE_S


def measures(
    cloud: Cloud, metric: Metric, aggregation: str, granularity: int, begin: int | None, end: int | None
) -> list[tuple[int, float]]:
    """Begin of each granule that has samples, and their aggregate. begin counts from the edge of its granule
    on, end is excluded.
    """
    now = int(cloud.now().timestamp())
    oldest = now - int(timedelta(days=POLICIES[metric.policy].kept_days[granularity]).total_seconds())
    first = max(metric.since, oldest, begin if begin is not None else 0) // granularity * granularity
    last = now + 1 if end is None else min(end, now + 1)
    rows = []
    for at in range(first, last, granularity):
        moments = metric.moments(at, min(at + granularity, now + 1))
        value = _aggregate(metric, aggregation, moments)
        if value is not None:
            rows.append((at, value))
    return rows


def _aggregate(metric: Metric, aggregation: str, moments: list[int]) -> float | None:
    if aggregation == "rate:mean":
        return combined("mean", [metric.change(at) for at in moments if at > metric.since])
    if aggregation == "count":
        return float(len(moments)) or None
    return combined(aggregation, [metric.sample(at) for at in moments])


def combined(method: str, values: list[float]) -> float | None:
    """The values in one, None for none of them, and for the deviation of a single one.

    Raises KeyError for a method that is unknown.
    """
    methods: dict[str, Callable[[list[float]], float]] = {
        "mean": lambda some: sum(some) / len(some),
        "sum": sum,
        "min": min,
        "max": max,
        "count": lambda some: float(len(some)),
        "std": stdev,
    }
    chosen = methods[method]
    return chosen(values) if len(values) > (method == "std") else None
