# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A cheaper type for volumes that nothing reads or writes (design/savings.md#types-of-volumes).

What a type can do no cloud tells its members, so that no measure says of a volume in use that a cheaper one
would carry it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from .._core.errors import InvalidOption
from .._core.periods import from_iso
from .._estimate.shapes import Part, Shape
from .._openstack.block_storage import Volume, VolumeType
from .._openstack.quota import Quota
from .advice import CHANGE_VOLUME_TYPE, IGNORED, Advice, Nature, is_ignored
from .resource_prices import ResourcePrice, ResourcePrices

#: Lists that this rests on.
VOLUMES, SNAPSHOTS, TYPES, QUOTAS = "volumes", "snapshots", "volume types", "block storage quotas"
#: It is copied, and back again if that was wrong.
_COPIED = Nature("medium", "medium", restart_needed=False, undo_possible=True)


@dataclass(frozen=True)
class TypedVolume:
    """A volume and the other types that it could have. reason: why it is left as it is all the same."""

    volume: Volume
    others: tuple[str, ...]
    reason: str | None

    @property
    def shapes(self) -> set[Shape]:
        """What prices are needed of."""
        return {Shape("volume", name) for name in (self.volume.volume_type, *self.others)}


def typed_volumes(
    listed: Mapping[str, Any], alike: Collection[str], least_age: timedelta, now: datetime
) -> list[TypedVolume]:
    """The volumes of a type that the user says is like others; none where a list was not read.

    listed: the lists by their names. alike: types that differ in speed and price only.
    Raises InvalidOption for a type that the project does not have.
    """
    if any(listed.get(name) is None for name in (VOLUMES, SNAPSHOTS, TYPES, QUOTAS)):
        return []
    types: list[VolumeType] = [one for one in listed[TYPES] if one.name in alike]
    if missing := [name for name in alike if all(one.name != name for one in types)]:
        offered = ", ".join(sorted(one.name for one in listed[TYPES])) or "none"
        raise InvalidOption(
            "volume_types_by_speed", f"the project has no volume type {missing[0]}; it has {offered}."
        )
    with_snapshots = {copy.volume_id for copy in listed[SNAPSHOTS]}
    found = []
    for volume in listed[VOLUMES]:
        others = tuple(
            one.name for one in types if one.name != volume.volume_type and one.is_offered_in(volume.zone)
        )
        is_young = now - from_iso(volume.created) < least_age
        if volume.volume_type in alike and others and (volume.attached or not is_young):
            found.append(TypedVolume(volume, others, _left_as_it_is(volume, with_snapshots)))
    return found


def _left_as_it_is(volume: Volume, with_snapshots: Collection[str]) -> str | None:
    if is_ignored(volume.metadata):
        return IGNORED
    if volume.attached:
        return "in_use: no measure tells whether a cheaper type would carry what it reads and writes."
    if volume.status != "available":
        return f"not_available: it is {volume.status}."
    if volume.encrypted is not False:
        return "encrypted: whether another type is encrypted, too, is not told to this login."
    if volume.multiattach is not False:
        return "multiattach: several servers may attach it, which another type may not allow."
    if volume.id in with_snapshots:
        return "has_snapshots: Cinder moves no volume that has snapshots to other storage."
    return None


def advice_of_types(
    found: Sequence[TypedVolume], known: ResourcePrices, quotas: Sequence[Quota]
) -> tuple[list[Advice], list[tuple[Volume, str]]]:
    """The cheapest of the other types for each volume, and why there is none. A volume that has the cheapest
    one already is in neither.
    """
    left = {quota.name: quota for quota in quotas}
    taken: dict[str, int] = {}
    advice, left_out = [], []
    for one in found:
        now, cheapest = _cheapest(one, known)
        if cheapest is None:
            if now.amount is None and one.reason is None:
                left_out.append((one.volume, f"no_price: {now.why}"))
            continue
        name, after = cheapest
        reason = one.reason or _quota_reason(one.volume, name, left, taken)
        if reason is not None:
            left_out.append((one.volume, reason))
            continue
        for quota, amount in _needs(one.volume, name).items():
            taken[quota] = taken.get(quota, 0) + amount
        advice.append(_advice(one.volume, name, now, after))
    return advice, left_out


def _cheapest(
    one: TypedVolume, known: ResourcePrices
) -> tuple[ResourcePrice, tuple[str, ResourcePrice] | None]:
    """What the volume costs, and the cheapest other type of a known price below that."""
    size = Fraction(one.volume.size_gb)
    now = known.of(Part(Shape("volume", one.volume.volume_type), size))
    costs = [(name, known.of(Part(Shape("volume", name), size))) for name in one.others]
    cheaper = [
        (cost.amount, name, cost)
        for name, cost in costs
        if now.amount is not None and cost.amount is not None and cost.amount < now.amount
    ]
    if not cheaper:
        return now, None
    _amount, name, cost = min(cheaper, key=lambda row: row[:2])
    return now, (name, cost)


def _needs(volume: Volume, name: str) -> dict[str, int]:
    return {f"volumes_{name}": 1, f"gigabytes_{name}": volume.size_gb}


def _quota_reason(
    volume: Volume, name: str, quotas: Mapping[str, Quota], taken: Mapping[str, int]
) -> str | None:
    """Why the quotas of the type do not hold the volume, beside those that are advised for it already."""
    for quota_name, amount in _needs(volume, name).items():
        quota = quotas.get(quota_name)
        if quota is None:
            return f"quota: {quota_name} was not told."
        if quota.limit is None:
            continue
        if quota.taken is None or quota.taken + taken.get(quota_name, 0) + amount > quota.limit:
            return f"quota: {quota_name} does not hold it."
    return None


def _advice(volume: Volume, name: str, now: ResourcePrice, after: ResourcePrice) -> Advice:
    return Advice(
        kind=CHANGE_VOLUME_TYPE,
        resource_id=volume.id,
        name=volume.name,
        type="volume",
        current=volume.volume_type,
        recommended=name,
        nature=_COPIED,
        now=now.amount,
        after=after.amount,
        why=None,
        price_source=after.source,
        confidence="medium",
        reasons=(
            f"It is attached to nothing, and was made {volume.created[:10]}: nothing reads or writes it.",
            f"`volume_types_by_speed` says that {name} differs in speed and price only.",
            "It has to be changed back before it is attached to what needs the speed.",
        ),
        commands=(
            ("openstack", "volume", "set", "--type", name, "--migration-policy", "on-demand", volume.id),
        ),
        # Waiting ends in an error where the storage changes the type without a copy.
        task={"openstack.cloud.volume_retype": {
            "volume": volume.id, "new_type": name, "migration_policy": "on-demand", "wait": False,
        }},
        tags=volume.metadata,
    )  # fmt: skip
