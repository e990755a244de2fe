# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What has a price: kinds of resources, and the size in which one comes
(design/estimates.md#price-sources).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from .._core.errors import InvalidOption

#: How operators write the unit of a thing that is counted, and of 1024-based gigabytes, in small letters.
_COUNTED = frozenset({"instance", "ip", "lb", "loadbalancer", "unit", "count"})
_SIZED = frozenset({"gib", "gb"})


@dataclass(frozen=True)
class ShapeKind:
    """A kind of resource and how clouds rate it.

    unit: what its quantity is, `each` or `gb` (1024-based, as OpenStack counts). metrics: what CloudKitty's
    operators call it. units: what the metric may be counted in. keys: of a rated point's metadata, what names
    the size. category: of budgets. hourly: false for what is paid once.
    """

    name: str
    unit: str
    metrics: tuple[str, ...]
    units: frozenset[str]
    keys: tuple[str, ...]
    category: str
    hourly: bool = True


#: The unit of what is counted.
EACH = "each"
_FLAVOR = ("flavor_name", "flavor_id")
#: The kinds of which a project has one rated point, whatever it is made of.
ONE_FOR_ALL = ("object_storage", "egress")
#: The kinds of which each size has a price of its own.
NAMED = ("instance", "stopped_instance", "volume")
#: Names of metrics: CloudKitty's metrics.yml, and a public cloud's documentation of its billing, both read
#: 2026-11-21; the option `metrics` replaces them by kind.
KINDS: Mapping[str, ShapeKind] = {
    kind.name: kind
    for kind in (
        ShapeKind("instance", EACH, ("instance_up", "instance"), _COUNTED, _FLAVOR, "compute"),
        ShapeKind("stopped_instance", EACH, ("instance_reserved",), _COUNTED, _FLAVOR, "compute"),
        ShapeKind("volume", "gb", ("volume.size",), _SIZED, ("volume_type",), "storage"),
        ShapeKind("snapshot", "gb", ("volume.snapshot.size", "snapshot.size"), _SIZED, (), "storage"),
        ShapeKind("backup", "gb", ("volume.backup.size", "backup.size"), _SIZED, (), "storage"),
        ShapeKind("image", "gb", ("image.size",), _SIZED, (), "storage"),
        # Ceilometer's name; it does not tell the share type, so types at two prices have none that is known.
        ShapeKind("share", "gb", ("manila.share.size",), _SIZED, (), "storage"),
        ShapeKind("floating_ip", EACH, ("ip.floating",), _COUNTED, (), "network"),
        ShapeKind("fixed_ip", EACH, (), _COUNTED, (), "network"),
        ShapeKind(
            "load_balancer",
            EACH,
            ("loadbalancer", "network.services.lb.loadbalancer"),
            _COUNTED,
            # Its own flavor. Most clouds rate all flavors alike, and say none.
            ("flavor_id",),
            "network",
        ),
        ShapeKind(
            "object_storage", "gb", ("storage.objects.size", "radosgw.objects.size"), _SIZED, (), "storage"
        ),
        ShapeKind("egress", "gb", ("storage.objects.outgoing.bytes",), _SIZED, (), "storage", hourly=False),
    )
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What one unit costs the same of: a kind in a size. name: of the flavor or volume type, empty where the
    kind has none.
    """

    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class Part:
    """So much of a shape: how many, or GB. count: of how many resources, for their quotas. hidden: whether
    its size is marked as sensitive, so that it is priced and never shown.
    """

    shape: Shape
    quantity: Fraction
    count: int = 1
    hidden: bool = False


def kinds_with(metrics: Mapping[str, object]) -> dict[str, ShapeKind]:
    """The kinds with the user's names of metrics.

    Raises InvalidOption for an unknown kind, and for what is not a list of names.
    """
    found = dict(KINDS)
    for kind, names in metrics.items():
        if kind not in KINDS:
            raise InvalidOption(
                f"metrics.{kind}", f"is not a kind of resource; use one of {', '.join(KINDS)}."
            )
        listed = [names] if isinstance(names, str) else names
        if not isinstance(listed, list) or not all(isinstance(name, str) and name for name in listed):
            raise InvalidOption(f"metrics.{kind}", "must be a list of metric names, as the cloud rates them.")
        found[kind] = replace(KINDS[kind], metrics=tuple(listed))
    return found


def net(before: Iterable[Part], after: Iterable[Part]) -> list[Part]:
    """What comes and, negative, what goes, by shape; what stays the same is in neither, so that its price
    need not be known.
    """
    before, after = tuple(before), tuple(after)
    if not before and len(after) < 2:
        return list(after)
    quantities: dict[Shape, Fraction] = {}
    counts: dict[Shape, int] = {}
    hidden = {part.shape for part in (*before, *after) if part.hidden}
    for sign, parts in ((1, after), (-1, before)):
        for part in parts:
            quantities[part.shape] = quantities.get(part.shape, Fraction(0)) + sign * part.quantity
            counts[part.shape] = counts.get(part.shape, 0) + sign * part.count
    return [
        Part(shape, quantity, counts[shape], shape in hidden)
        for shape, quantity in quantities.items()
        if quantity
    ]
