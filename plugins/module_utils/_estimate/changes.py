# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a deployment changes, and the quotas that it needs for that (design/estimates.md#what-a-change-costs).

No price is known here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

from .._core.money import Money
from .._openstack.compute import Flavor
from .line_tags import UNTAGGED, ResourceTags
from .shapes import Part

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
GIB = 1024**3


@dataclass(frozen=True)
class Given:
    """An amount that the user knows: once, or for each hour."""

    money: Money
    per: str
    category: str


@dataclass(frozen=True)
class Gap:
    """A piece of a resource whose cost is unknown: of which kind, and why."""

    kind: str
    reason: str


@dataclass(frozen=True)
class Change:
    """What one resource, or several alike, were before and will be after it.

    hours: for how long, None until it is removed. period: this or next, for what is paid once.
    overlaps: whether the old one goes only when the new one is there. unknown: why it is unknown what it
    costs as a whole. gaps: the pieces of it that are unknown. fits: false where it is unknown which quotas it
    needs. needs: quotas of what has no price. assumed: whether the user takes it to be free. region: where it
    is; None where the login is. tags: what it is tagged with.
    """

    name: str
    action: str
    before: tuple[Part, ...] = ()
    after: tuple[Part, ...] = ()
    hours: Fraction | None = None
    period: str = "this"
    overlaps: bool = False
    unknown: str | None = None
    needs: Mapping[str, int] = field(default_factory=dict)
    given: Given | None = None
    assumed: bool = False
    gaps: tuple[Gap, ...] = ()
    fits: bool = True
    region: str | None = None
    tags: ResourceTags = UNTAGGED


class Flavors:
    """The flavors of the project by name and by id."""

    def __init__(self, rows: Sequence[Flavor]) -> None:
        self._by_name = {row.name: row for row in rows}
        self._by_id = {row.id: row for row in rows}

    def named(self, name: str) -> Flavor | None:
        """The flavor of that name."""
        return self._by_name.get(name)

    def with_id(self, flavor_id: str) -> Flavor | None:
        """The flavor with that id."""
        return self._by_id.get(flavor_id)


def is_assumed(names: Iterable[str], assume_free: Collection[str]) -> bool:
    """Whether an entry of assume_free is one of the names, or with a * at its end how one begins."""
    return any(
        name.startswith(one[:-1]) if one.endswith("*") else name == one
        for one in assume_free
        for name in names
    )


def required_quotas(changes: Iterable[Change], flavors: Flavors) -> dict[str, int]:
    """What the changes need of each quota, ready for `required` of infomaniak_quota_info: growth only.

    What one resource frees counts for itself only, as there is no promised order; one that overlaps its
    successor frees nothing.
    """
    needed: dict[str, int] = {}
    computed: dict[tuple[Part, ...], dict[str, Fraction]] = {}

    def needs(parts: tuple[Part, ...]) -> dict[str, Fraction]:
        if parts not in computed:
            computed[parts] = _needs(parts, flavors)
        return computed[parts]

    # Most resources of a large plan are alike, and fractions are slow to add.
    alike = Counter(
        (change.before, change.after, change.overlaps, tuple(change.needs.items())) for change in changes
    )
    for (before, after, overlaps, further), count in alike.items():
        freed = {} if overlaps else needs(before)
        taken = dict(needs(after))
        for name, amount in further:
            taken[name] = taken.get(name, Fraction(0)) + amount
        for name, wanted in taken.items():
            grown = ceil(wanted - freed.get(name, Fraction(0)))
            if grown > 0:
                needed[name] = needed.get(name, 0) + grown * count
    return dict(sorted(needed.items()))


def without_known_quota(changes: Iterable[Change]) -> list[str]:
    """The names of the changes of which it is unknown what quota they need."""
    return list(
        dict.fromkeys(
            one.name
            for one in changes
            if not one.fits or any(part.hidden and part.shape.kind == "volume" for part in one.after)
        )
    )


def _needs(parts: Iterable[Part], flavors: Flavors) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    for part in parts:
        for name, amount in _of_part(part, flavors).items():
            found[name] = found.get(name, Fraction(0)) + amount
    return found


def _of_part(part: Part, flavors: Flavors) -> dict[str, Fraction]:
    kind, name, count = part.shape.kind, part.shape.name, Fraction(part.count)
    if kind in ("instance", "stopped_instance"):
        flavor = flavors.named(name)
        of_flavor = {} if flavor is None else {"cores": count * flavor.vcpus, "ram_mb": count * flavor.ram_mb}
        return {"instances": count, **of_flavor}
    if kind == "volume":
        if part.hidden:
            # A quota would show the size, and that of a type would name it.
            return {"volumes": count}
        sizes = {"volumes": count, "gigabytes": part.quantity}
        return {**sizes, **{f"{quota}_{name}": amount for quota, amount in sizes.items()}}
    return {
        # Cinder counts the gigabytes of snapshots with those of volumes.
        "snapshot": {"snapshots": count, "gigabytes": part.quantity},
        "backup": {"backups": count, "backup_gigabytes": part.quantity},
        "share": {"shares": count, "shared_file_system.gigabytes": part.quantity},
        "floating_ip": {"floating_ips": count},
        "load_balancer": {"load_balancers": count},
        "object_storage": {"object_storage_bytes": part.quantity * GIB},
    }.get(kind, {})
