# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a planned resource is tagged with, and what of that its lines and later its cost have
(design/estimates.md#tags).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from .._core.tags import UNKNOWN_TAGS, Tags
from .._openstack.resource_types import FLOATING_IP, INSTANCE, LOAD_BALANCER, SHARE, TAGS_OF, VOLUME

_TYPES = {
    "instance": INSTANCE,
    "stopped_instance": INSTANCE,
    "volume": VOLUME,
    "share": SHARE,
    "floating_ip": FLOATING_IP,
    "load_balancer": LOAD_BALANCER,
}
#: The kinds of which an import reads tags.
IMPORTED = frozenset(kind for kind, name in _TYPES.items() if name in TAGS_OF)


@dataclass(frozen=True)
class ResourceTags:
    """What a resource is tagged with. unknown: whether it has others that are not known. unknown_keys: those
    of which only the value is not known. carried_by: the kinds of its pieces that have them in the cloud.
    """

    own: Tags = ()
    unknown: bool = False
    unknown_keys: frozenset[str] = frozenset()
    carried_by: frozenset[str] = frozenset()


#: Of what has none.
UNTAGGED = ResourceTags()


@dataclass(frozen=True)
class LineTags:
    """The tags of a line. not_imported: the keys of those that its cost will not have after an import."""

    tags: Tags = ()
    not_imported: tuple[str, ...] = ()


NO_TAGS = LineTags()


#: The tags of a resource's line of a kind.
TagDefaults: TypeAlias = Callable[[ResourceTags, str], LineTags]


def over_defaults(defaults: Mapping[str, str]) -> TagDefaults:
    """Line tags over these: the tags of what names none of that key."""

    @cache
    def tags_of(resource: ResourceTags, kind: str) -> LineTags:
        if resource.unknown:
            # One of them may take the place of any default.
            return LineTags(_with_unknown({}))
        own = dict(resource.own)
        merged = {
            name: value for name, value in {**defaults, **own}.items() if name not in resource.unknown_keys
        }
        carried = own if kind in resource.carried_by & IMPORTED else {}
        lost = tuple(sorted(name for name in merged if name not in carried))
        tags = _with_unknown(merged) if resource.unknown_keys else tuple(sorted(merged.items()))
        return LineTags(tags, lost)

    return tags_of


def _with_unknown(tags: Mapping[str, str]) -> Tags:
    """The tags, and the one that says that there are others."""
    return tuple(sorted({**tags, **UNKNOWN_TAGS}.items()))


def tags_of_row(kind: str, tags: Mapping[str, Any]) -> ResourceTags:
    """Those that a task says a resource of that kind is made with."""
    own = tuple(sorted((str(name), str(value)) for name, value in tags.items()))
    return ResourceTags(own, carried_by=frozenset({kind}))
