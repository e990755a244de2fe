# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Where a project's money goes for nothing: the result of cost_savings_info (design/savings.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

from .._core.periods import Window, from_iso
from .._core.rates import Rates
from .._estimate.changes import Flavors
from .._estimate.observed import read_observed
from .._estimate.price_list import DatedPrices
from .._estimate.shape_prices import PriceContext
from .._estimate.shapes import KINDS, Part, Shape
from .._openstack import block_storage, compute, network
from .._openstack.block_storage import Copy, Volume
from .._openstack.connection import Cloud, Readings, Service, raise_errors, read_all
from .._openstack.network import FloatingIp
from .._openstack.rating.api import open_rating
from . import server_loads
from .advice import (
    CHANGE_VOLUME_TYPE,
    DELETE_OLD_SNAPSHOT,
    DELETE_UNATTACHED,
    IGNORED,
    MONTH_H,
    RELEASE_ADDRESS,
    RESIZE,
    SCHEDULE,
    STOP_IDLE,
    Advice,
    Nature,
    counted_once,
    is_ignored,
    total_by_month,
)
from .resource_prices import ResourcePrices
from .right_sizing import OfficeHours, SizingRule
from .server_advice import SizedServer, advice_of, judged_server
from .volume_advice import QUOTAS, TYPES, TypedVolume, advice_of_types, typed_volumes

Row = dict[str, Any]
_FOR_GOOD = Nature("low", "high", restart_needed=False, undo_possible=False)
_ADDRESS_LOST = Nature("low", "medium", restart_needed=False, undo_possible=False)


@dataclass(frozen=True)
class SavingsOptions:
    """kinds: of advice.KINDS. lookback_days: how far back measures are read. unattached_days,
    snapshot_days: how old an unused volume or address, and a snapshot, has to be. stopped_are_free: whether
    a stopped server costs nothing but its disks and addresses, which no rated point says. types_by_speed:
    types of volumes that differ in speed and price only.
    """

    kinds: tuple[str, ...]
    currency: str
    rates: Rates
    rule: SizingRule
    hours: OfficeHours
    lookback_days: int
    unattached_days: int
    snapshot_days: int
    price_sources: tuple[str, ...]
    stopped_are_free: bool
    types_by_speed: tuple[str, ...]
    rating_api: str
    rating_currency: str
    collect_period_s: int
    team_tag: str
    on_error: str


def read_savings(cloud: Cloud, options: SavingsOptions, now: datetime) -> Row:
    """The result of cost_savings_info.

    Requests without the login: the lists of servers, flavors, volumes, snapshots and floating IPs, five of
    what is measured, those of measures, and those of what was rated; a quote for each shape that nothing else
    prices. Nothing is advised from what could not be read. Raises CloudError unless on_error is warn.
    """
    window = Window(now - timedelta(days=options.lookback_days), now)
    listed = read_all(cloud, _lists(cloud, options, window, now))
    measured = _measured(cloud, listed, window, now)
    for readings in (listed, measured):
        if options.on_error == "fail" and readings is not None:
            raise_errors(readings.errors)
    judged, left_out = _servers(listed, measured, options, window, now)
    things = []
    for thing, part, make in _things(listed, options, now):
        if is_ignored(_words(thing)):
            left_out.append(_left(thing.id, _name(thing), IGNORED, _TYPES[type(thing)]))
        else:
            things.append((part, make))
    typed = _typed(listed, options, now)
    context = _price_context(cloud, listed, options, now)
    shapes = {shape for one in judged for shape in one.shapes} | {part.shape for part, _make in things}
    shapes |= {shape for one in typed for shape in one.shapes}
    known = ResourcePrices(
        sorted(shapes, key=str), options.price_sources, context, options.currency, options.stopped_are_free
    )
    found = [make(known, part) for part, make in things]
    of_types, as_they_are = advice_of_types(typed, known, listed.values.get(QUOTAS) or ())
    found += of_types
    told = {row["resource_id"] for row in left_out}
    left_out += [_left(one.id, one.name, why, "volume") for one, why in as_they_are if one.id not in told]
    for one in judged:
        advised = advice_of(one, known, options.hours)
        if isinstance(advised, str):
            left_out.append(_left(one.server.id, one.server.name, advised))
        else:
            found += advised
    wanted = [one for one in found if one.kind in options.kinds]
    statuses = {**listed.services, **({} if measured is None else measured.services)}
    return {
        "services": {name: status.to_result() for name, status in statuses.items()},
        "complete": listed.complete and measured is not None and measured.complete,
        "currency": options.currency,
        "lookback_days": options.lookback_days,
        "hours_per_month": MONTH_H,
        **_told(counted_once(wanted), cloud, options),
        "left_out": sorted(left_out, key=lambda row: (row["name"], row["resource_id"])),
    }


def _lists(
    cloud: Cloud, options: SavingsOptions, window: Window, now: datetime
) -> dict[str, tuple[str, Any]]:
    """What the kinds need."""
    wanted, of_servers = {*options.kinds}, {STOP_IDLE, RESIZE, SCHEDULE}
    readers: dict[str, tuple[str, Any]] = {}
    if DELETE_UNATTACHED in wanted or _asks_for_types(options):
        readers["volumes"] = ("block_storage", lambda cinder: list(block_storage.volumes(cinder)))
    if DELETE_OLD_SNAPSHOT in wanted or _asks_for_types(options):
        readers["snapshots"] = ("block_storage", lambda cinder: list(block_storage.snapshots(cinder)))
    if _asks_for_types(options):
        readers[TYPES] = ("block_storage", block_storage.volume_types)
        readers[QUOTAS] = ("block_storage", block_storage.quotas)
    if RELEASE_ADDRESS in wanted:
        readers["floating IPs"] = ("network", lambda neutron: list(network.floating_ips(neutron)))
    if wanted & of_servers:
        readers["servers"] = ("compute", lambda nova: list(compute.servers(nova)))
        readers["flavors"] = ("compute", compute.sized_flavors)
        readers |= server_loads.list_readers(window)
    if cloud.offers("rating"):
        readers["observed"] = ("rating", partial(_observed, options=options, now=now))
    return readers


def _observed(service: Service, options: SavingsOptions, now: datetime) -> Any:
    rating = open_rating(service, options.rating_api, options.collect_period_s)
    return read_observed(rating, now, KINDS)


def _measured(cloud: Cloud, listed: Readings, window: Window, now: datetime) -> Readings | None:
    """The measures, of nothing where none are wanted; None where it is not known what is measured."""
    if "measured" not in listed.values:
        return read_all(cloud, {})
    readers = server_loads.measure_readers(listed.values, window, now)
    return read_all(cloud, readers) if readers else None


def _servers(
    listed: Readings, measured: Readings | None, options: SavingsOptions, window: Window, now: datetime
) -> tuple[list[SizedServer], list[Row]]:
    """The servers that something could be done with, and why nothing is with the others."""
    servers, flavors = listed.values.get("servers"), listed.values.get("flavors")
    if servers is None or flavors is None:
        return [], []
    if measured is None or None in measured.values.values():
        return [], [_left(one.id, one.name, "not_enough_data: measures were not read.") for one in servers]
    loads = server_loads.server_loads(measured.values, servers, window)
    judged, left_out = list[SizedServer](), list[Row]()
    for one in servers:
        told = judged_server(one, loads.get(one.id), flavors, options.rule, options.hours, now)
        if isinstance(told, str):
            left_out.append(_left(one.id, one.name, told))
        else:
            judged.append(told)
    return judged, left_out


def _asks_for_types(options: SavingsOptions) -> bool:
    return CHANGE_VOLUME_TYPE in options.kinds and len(options.types_by_speed) > 1


def _typed(listed: Readings, options: SavingsOptions, now: datetime) -> list[TypedVolume]:
    if not _asks_for_types(options):
        return []
    least_age = timedelta(days=options.unattached_days)
    return typed_volumes(listed.values, options.types_by_speed, least_age, now)


def _left(resource_id: str, name: str, reason: str, kind: str = "instance") -> Row:
    return {"resource_id": resource_id, "name": name, "type": kind, "reason": reason}


_Thing = Volume | FloatingIp | Copy
_TYPES: dict[type[_Thing], str] = {Volume: "volume", FloatingIp: "floating_ip", Copy: "snapshot"}


def _name(thing: _Thing) -> str:
    return thing.address if isinstance(thing, FloatingIp) else thing.name


def _words(thing: _Thing) -> Mapping[str, str]:
    """Metadata; of a floating IP, which has none, its tags of the form key=value."""
    if isinstance(thing, FloatingIp):
        return {name: value for name, _equals, value in (one.partition("=") for one in thing.tags)}
    return thing.metadata


#: What makes the recommendation for a thing, once its price is known.
_Make = Callable[[ResourcePrices, Part], Advice]


def _things(listed: Readings, options: SavingsOptions, now: datetime) -> Iterator[tuple[_Thing, Part, _Make]]:
    """Volumes, addresses and snapshots that nobody uses, with what they cost by."""
    for volume in listed.values.get("volumes") or ():
        unused = volume.status == "available" and not volume.attached and volume.volume_type
        if unused and _age_days(volume.created, now) >= options.unattached_days:
            shape = Shape("volume", volume.volume_type)
            yield volume, Part(shape, Fraction(volume.size_gb)), partial(_unattached, volume)
    for address in listed.values.get("floating IPs") or ():
        if not address.in_use and _age_days(address.created, now) >= options.unattached_days:
            yield address, Part(Shape("floating_ip"), Fraction(1)), partial(_unused, address)
    for copy in listed.values.get("snapshots") or ():
        if copy.status == "available" and _age_days(copy.created, now) >= options.snapshot_days:
            yield copy, Part(Shape("snapshot"), Fraction(copy.size_gb)), partial(_old, copy)


def _age_days(created: str | None, now: datetime) -> float:
    """-1 where a service does not say when: it is not known to be old."""
    return -1.0 if created is None else (now - from_iso(created)) / timedelta(days=1)


def _unattached(volume: Volume, known: ResourcePrices, part: Part) -> Advice:
    cost = known.of(part)
    return Advice(
        kind=DELETE_UNATTACHED,
        resource_id=volume.id,
        name=volume.name,
        type="volume",
        current=f"{volume.size_gb} GB of {volume.volume_type}",
        recommended=None,
        nature=_FOR_GOOD,
        now=cost.amount,
        after=None if cost.amount is None else Fraction(0),
        why=cost.why,
        price_source=cost.source,
        confidence="medium",
        reasons=(
            f"It is attached to nothing, and was made {volume.created[:10]}.",
            "What is on it is lost; nothing says since when it is not attached.",
        ),
        commands=(("openstack", "volume", "delete", volume.id),),
        task={"openstack.cloud.volume": {"name": volume.id, "state": "absent"}},
        tags=volume.metadata,
    )


def _unused(address: FloatingIp, known: ResourcePrices, part: Part) -> Advice:
    cost = known.of(part)
    return Advice(
        kind=RELEASE_ADDRESS,
        resource_id=address.id,
        name=address.address,
        type="floating_ip",
        current=address.address,
        recommended=None,
        nature=_ADDRESS_LOST,
        now=cost.amount,
        after=None if cost.amount is None else Fraction(0),
        why=cost.why,
        price_source=cost.source,
        confidence="high",
        reasons=("It is associated with no port. The same address cannot be had again.",),
        commands=(("openstack", "floating", "ip", "delete", address.id),),
        task={"openstack.cloud.resource": {
            "service": "network", "type": "ip", "attributes": {"id": address.id}, "state": "absent",
        }},
        tags=_words(address),
    )  # fmt: skip


def _old(copy: Copy, known: ResourcePrices, part: Part) -> Advice:
    cost = known.of(part)
    return Advice(
        kind=DELETE_OLD_SNAPSHOT,
        resource_id=copy.id,
        name=copy.name,
        type="snapshot",
        current=f"{copy.size_gb} GB",
        recommended=None,
        nature=_FOR_GOOD,
        now=cost.amount,
        after=None if cost.amount is None else Fraction(0),
        why=cost.why,
        price_source=cost.source,
        confidence="medium",
        reasons=(f"It was made {copy.created[:10]}.", "What it keeps is lost."),
        commands=(("openstack", "volume", "snapshot", "delete", copy.id),),
        task={"openstack.cloud.volume_snapshot": {
            "name": copy.id, "volume": copy.volume_id, "state": "absent",
        }},
        tags=copy.metadata,
    )  # fmt: skip


def _price_context(cloud: Cloud, listed: Readings, options: SavingsOptions, now: datetime) -> PriceContext:
    status = listed.services.get("rating")
    rating = None
    if cloud.offers("rating"):
        rating = open_rating(cloud.service("rating"), options.rating_api, options.collect_period_s)
    return PriceContext(
        rating=rating,
        unread=(status and status.message) or "the catalog of this region has no rating service",
        observed=listed.values.get("observed"),
        price_list=DatedPrices((), with_shipped=False),
        rates=options.rates,
        rating_currency=options.rating_currency,
        kinds=KINDS,
        flavors=Flavors(listed.values.get("flavors") or ()),
        collect_period_s=options.collect_period_s,
        now=now,
    )


def _told(found: Sequence[Advice], cloud: Cloud, options: SavingsOptions) -> Row:
    """The recommendations, those that save most first, and their sum."""
    project = {"project_id": cloud.identity.project_id, "project_name": cloud.identity.project_name}
    order = sorted(found, key=lambda one: (-(one.counted or 0), -(one.saving or 0), one.name, one.kind))
    return {
        "recommendations": [one.to_result(project, options.team_tag) for one in order],
        "saving_per_month": total_by_month(found),
        "unknown_count": sum(one.saving is None for one in found),
    }
