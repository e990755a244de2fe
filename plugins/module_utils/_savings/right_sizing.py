# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Whether a server is larger than what it uses, and which flavors would do (design/savings.md#right-sizing).

No requests, and no price.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import quantiles
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.periods import HOUR
from .._openstack.compute import Server, SizedFlavor
from .server_loads import ServerLoad

_WEEKDAYS = 5
_DAY_H = 24
_FEWEST_FINE = 288


@dataclass(frozen=True)
class SizingRule:
    """cpu, burst, ram: which part of CPUs and memory is used at most after a resize: by the 95th percentile
    of hours, the 99.5th of five minutes, and the largest of memory. minimum_days, minimum_hours: what has to
    be measured since the size last changed. idle_vcpus: what an idle server uses at most in 97 of 100 hours.
    """

    cpu: float
    burst: float
    ram: float
    minimum_days: int
    minimum_hours: int
    idle_vcpus: float


@dataclass(frozen=True)
class ServerNeed:
    """What a server needs of CPUs and memory (MB), head-room included; ram_mb None where memory is not
    measured. p95, p995: of its CPUs. hours: how many were measured.
    """

    vcpus: float
    ram_mb: float | None
    p95: float
    p995: float
    hours: int


def percentile(values: Sequence[float], of_thousand: int) -> float:
    """The percentile, between two values by a straight line. of_thousand: 950 for the 95th."""
    return values[0] if len(values) == 1 else quantiles(values, n=1000, method="inclusive")[of_thousand - 1]


def not_enough(load: ServerLoad | None, rule: SizingRule, now: datetime) -> str | None:
    """Why too little of a server was measured to advise anything; None where it is enough."""
    if load is None or load.since is None:
        return "not_enough_data: it is not measured."
    days = int((now - load.since) / (_DAY_H * HOUR))
    if load.cpu.moments:
        days = min(days, int((now - load.cpu.moments[0]) / (_DAY_H * HOUR)))
    hours, weekdays = len(load.cpu.values), {moment.weekday() for moment in load.cpu.moments}
    if hours < rule.minimum_hours or days < rule.minimum_days or len(weekdays) < _WEEKDAYS:
        return (
            f"not_enough_data: {hours} hours of {days} days on {len(weekdays)} weekdays are measured since"
            f" its size last changed; {rule.minimum_hours} hours of {rule.minimum_days} days on {_WEEKDAYS}"
            " weekdays are needed."
        )
    return None


def server_need(load: ServerLoad, vcpus: int, rule: SizingRule) -> ServerNeed | None:
    """What the server needs; None without a day of measures of five minutes, as hours hide what comes in
    bursts. Memory that was measured for fewer hours than are needed is unknown.
    """
    if len(load.cpu_fine.values) < _FEWEST_FINE:
        return None
    p95, p995 = percentile(load.cpu.values, 950), percentile(load.cpu_fine.values, 995)
    ram_mb = None
    if load.ram_max_mb is not None and load.ram_hours >= rule.minimum_hours:
        ram_mb = load.ram_max_mb / rule.ram
    return ServerNeed(
        max(p95 * vcpus / rule.cpu, p995 * vcpus / rule.burst), ram_mb, p95, p995, len(load.cpu.values)
    )


def smaller_flavors(
    server: Server, now: SizedFlavor, need: ServerNeed, flavors: Iterable[SizedFlavor]
) -> tuple[list[SizedFlavor], str]:
    """The flavors that the server could have instead, and why there is none.

    At most half in one step, nothing of them larger, the same root disk unless it boots from a volume, not
    less ephemeral disk, and the same extra specs. Memory that is not measured is not made smaller.
    """
    ram_mb = now.ram_mb if need.ram_mb is None else need.ram_mb
    alike = [one for one in flavors if one.id != now.id and _is_alike(server, now, one)]
    smaller = [one for one in alike if _is_smaller(now, one)]
    enough = [one for one in smaller if one.vcpus >= need.vcpus]
    fitting = [one for one in enough if one.ram_mb >= ram_mb]
    if fitting:
        return fitting, ""
    if need.vcpus > now.vcpus or ram_mb > now.ram_mb or not smaller:
        return [], "right_sized" if smaller else "no_flavor_fits: none is smaller and alike"
    lacking = "memory" if enough else "cpu"
    return [], f"no_flavor_fits: {lacking}"


def _is_alike(server: Server, now: SizedFlavor, other: SizedFlavor) -> bool:
    return (
        now.extra_specs is not None
        and other.extra_specs == now.extra_specs
        and (server.boots_from_volume or other.root_gb == now.root_gb)
        and other.ephemeral_gb >= now.ephemeral_gb
    )


def _is_smaller(now: SizedFlavor, other: SizedFlavor) -> bool:
    sizes = ((now.vcpus, other.vcpus), (now.ram_mb, other.ram_mb))
    return all(old >= new >= old / 2 for old, new in sizes) and any(old > new for old, new in sizes)


def is_idle(load: ServerLoad, vcpus: int, rule: SizingRule) -> bool:
    """Whether it uses next to nothing in 97 of 100 hours."""
    return percentile(load.cpu.values, 970) * vcpus <= rule.idle_vcpus


def idle_outside(load: ServerLoad, vcpus: int, hours: OfficeHours, rule: SizingRule) -> bool:
    """Whether it uses next to nothing outside of these hours, and something in them.

    A measure of an hour is the difference of two means, so that it is of the second half of the hour before
    and of the first half of its own: what is half inside says nothing.
    """
    inside, outside = list[float](), list[float]()
    for moment, value in zip(load.cpu.moments, load.cpu.values, strict=True):
        now, before = hours.has(moment), hours.has(moment - HOUR)
        if now == before:
            (inside if now else outside).append(value)
    if not inside or not outside:
        return False
    return percentile(outside, 970) * vcpus <= rule.idle_vcpus < percentile(inside, 970) * vcpus


@dataclass(frozen=True)
class OfficeHours:
    """Hours of a week: from the first to the last weekday (0 Monday), from one hour to another (exclusive).
    text: as a schedule in metadata says it.
    """

    first_day: int
    last_day: int
    first_hour: int
    last_hour: int
    zone: ZoneInfo
    text: str

    def has(self, moment: datetime) -> bool:
        """Whether an hour that begins then is one of them."""
        local = moment.astimezone(self.zone)
        return (
            self.first_day <= local.weekday() <= self.last_day
            and self.first_hour <= local.hour < self.last_hour
        )

    @property
    def hours_a_week(self) -> int:
        """How many there are in a week of 168."""
        return (self.last_day - self.first_day + 1) * (self.last_hour - self.first_hour)


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OFFICE_HOURS = re.compile(r"([a-z]{3})-([a-z]{3}) (\d\d):00-(\d\d):00", re.ASCII)


def parse_office_hours(text: str, zone: ZoneInfo, option: str) -> OfficeHours:
    """Hours such as `mon-fri 07:00-19:00`. Raises InvalidOption for anything else."""
    found = _OFFICE_HOURS.fullmatch(text.strip().lower())
    if found is not None and found[1] in _DAYS and found[2] in _DAYS:
        first, last = _DAYS.index(found[1]), _DAYS.index(found[2])
        begin, end = int(found[3]), int(found[4])
        if first <= last and begin < end <= _DAY_H:
            return OfficeHours(first, last, begin, end, zone, f"{found[0]} {zone.key}")
    raise InvalidOption(
        option, f"'{text[:40]}' is not weekdays and whole hours; write such as mon-fri 07:00-19:00."
    )
