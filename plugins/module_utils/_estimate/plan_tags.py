# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The tags of a plan's resources, read as an import will read those of the cloud
(design/estimates.md#tags).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from .._core.storable import is_storable
from .._core.tags import metadata_tags, word_tags
from .line_tags import UNTAGGED, ResourceTags
from .plan_configuration import mapping
from .plan_file import Plan, source_of
from .plan_networks import LOAD_BALANCER, PORT, SERVER
from .planned_parts import OBJECT, contains_true

Row = Mapping[str, Any]
_CONTAINER = "openstack_objectstorage_container_v1"
_VOLUMES = frozenset({"volume"})
#: What has tags -> the attribute with them, and the kinds of its pieces that have them in the cloud: a boot
#: volume has none of its server's. An import reads no tags of ports and containers.
_TAGGED: Mapping[str, tuple[str, frozenset[str]]] = {
    "openstack_blockstorage_volume_v2": ("metadata", _VOLUMES),
    "openstack_blockstorage_volume_v3": ("metadata", _VOLUMES),
    SERVER: ("metadata", frozenset({"instance", "stopped_instance"})),
    LOAD_BALANCER: ("tags", frozenset({"load_balancer"})),
    "openstack_networking_floatingip_v2": ("tags", frozenset({"floating_ip"})),
    PORT: ("tags", frozenset()),
    _CONTAINER: ("metadata", frozenset()),
}
_UNKNOWN = ResourceTags(unknown=True)


@dataclass(frozen=True)
class PlanTags:
    """What the resources of a plan are tagged with after it; what it removes, before it."""

    plan: Plan

    def of(self, row: Row) -> ResourceTags:
        """Those of the resource of a change; for an object those of its container."""
        if row["type"] == OBJECT:
            return self._of_object(row)
        if row["type"] not in _TAGGED:
            return UNTAGGED
        attribute, carried_by = _TAGGED[row["type"]]
        return replace(self._read(row, attribute), carried_by=carried_by)

    def _read(self, row: Row, attribute: str) -> ResourceTags:
        values, unknown, sensitive = _marked(row, attribute)
        # Both optional and computed, it is known after apply where nobody sets it.
        if unknown is True and self.plan.configuration.leaves_out(source_of(row), attribute):
            return UNTAGGED
        if unknown is True or sensitive is True:
            return _UNKNOWN
        read = _metadata if attribute == "metadata" else _words
        return read(values, unknown, sensitive)

    def _of_object(self, row: Row) -> ResourceTags:
        name, unknown, sensitive = _marked(row, "container_name")
        if sensitive is True or not (unknown is True or isinstance(name, str)):
            return _UNKNOWN
        found = list(self._by_reference(row)) if unknown is True else self._containers.get(name, [])
        # Containers of one name are in different regions.
        said = {self.of(one) for one in found} or {_UNKNOWN if unknown is True else UNTAGGED}
        return said.pop() if len(said) == 1 else _UNKNOWN

    def _by_reference(self, row: Row) -> Iterator[Row]:
        """The containers that an object's is one of; none if it may be another."""
        configuration, source = self.plan.configuration, source_of(row)
        expression = configuration.expression(source.module, source.name, "container_name")
        places = {
            place and replace(place, attribute="")
            for place in configuration.sources(expression, source.module, source.name)
        }
        if all(place is not None and place.name.startswith(f"{_CONTAINER}.") for place in places):
            yield from (one for one in self._rows_of_containers if source_of(one) in places)

    @cached_property
    def _rows_of_containers(self) -> list[Row]:
        return [row for row in self.plan.changes if row["type"] == _CONTAINER and row.get("mode") != "data"]

    @cached_property
    def _containers(self) -> Mapping[Any, list[Row]]:
        found: dict[Any, list[Row]] = {}
        for row in self._rows_of_containers:
            name, unknown, _sensitive = _marked(row, "name")
            if isinstance(name, str) and unknown is not True:
                found.setdefault(name, []).append(row)
        return found


def _marked(row: Row, attribute: str) -> tuple[Any, Any, Any]:
    """An attribute and which of it is unknown and sensitive: true for all of it."""
    change = row["change"]
    side = "before" if change.get("after") is None and change.get("after_unknown") is not True else "after"
    unknown, sensitive = change.get(f"{side}_unknown"), change.get(f"{side}_sensitive")
    return (
        mapping(change.get(side)).get(attribute),
        unknown is True or mapping(unknown).get(attribute),
        sensitive is True or mapping(sensitive).get(attribute),
    )


def _metadata(values: Any, unknown: Any, sensitive: Any) -> ResourceTags:
    values = {} if values is None else values
    if not isinstance(values, Mapping) or not all(map(is_storable, values)):
        return _UNKNOWN
    hidden = {
        name for marks in (unknown, sensitive) for name, mark in mapping(marks).items() if contains_true(mark)
    }
    # What is no text is in no cloud.
    hidden |= {name for name, value in values.items() if not isinstance(value, str) or not is_storable(value)}
    known = {name: value for name, value in values.items() if name not in hidden}
    return ResourceTags(metadata_tags(known), unknown_keys=frozenset(hidden))


def _words(values: Any, unknown: Any, sensitive: Any) -> ResourceTags:
    values = [] if values is None else values
    if (
        contains_true(unknown)
        or contains_true(sensitive)
        or not isinstance(values, list)
        or not all(isinstance(one, str) and is_storable(one) for one in values)
    ):
        return _UNKNOWN
    return ResourceTags(word_tags(values))
