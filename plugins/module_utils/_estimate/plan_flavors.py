# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Of which flavor a server of a plan is (design/estimates.md#what-a-change-costs)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .changes import Flavors
from .plan_configuration import mapping
from .planned_parts import UnknownPrice

_NAMES = ("flavor_name", "flavor_id")


def flavor_of(
    change: Mapping[str, Any], side: str, flavors: Flavors, in_place: bool
) -> tuple[str | None, str]:
    """The name of the flavor before or after; None where it is unknown, and why."""
    before, after = mapping(change.get("before")), mapping(change.get("after"))
    if side == "before":
        return _former(before, flavors), "the plan does not say of which flavor it was"
    marks = change.get("after_sensitive")
    if marks is True or any(mapping(marks).get(name) is True for name in _NAMES):
        hidden: str | None = "its flavor is unknown, and marked as sensitive"
    else:
        hidden = None
    try:
        flavor = _flavor(before, after, mapping(change.get("after_unknown")), flavors, in_place)
    except UnknownPrice as reason:
        return None, hidden or str(reason)
    return flavor, hidden or "neither flavor_name nor flavor_id is known before apply"


def starts(before: Mapping[str, Any], after: Mapping[str, Any], unknown: Mapping[str, Any]) -> bool:
    """Whether a server that costs less, as it does not run, may run after apply."""
    runs = unknown.get("power_state") is True or after.get("power_state") in (None, "active")
    return before.get("power_state") not in (None, "active") and bool(after) and runs


def _flavor(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    unknown: Mapping[str, Any],
    flavors: Flavors,
    in_place: bool,
) -> str | None:
    """The flavor's name; None where none is known.

    Raises UnknownPrice for one that the cloud does not have.

    Both attributes are optional and computed: on a resize in place one of them is still the old one's, so
    that the changed one counts.
    """
    given = {key: after[key] for key in _NAMES if after.get(key) and unknown.get(key) is not True}
    for key, value in given.items():
        if not isinstance(value, str):
            raise UnknownPrice(f"{key} is no text")
    if in_place:
        changed = {key: value for key, value in given.items() if value != before.get(key)}
        if not changed:
            becomes_unknown = any(unknown.get(key) is True for key in _NAMES)
            return None if becomes_unknown else _former(before, flavors)
        given = changed
    found = {_offered(key, value, flavors) for key, value in given.items()}
    if len(found) > 1:
        raise UnknownPrice(
            f"flavor_name and flavor_id are of different flavors, {' and '.join(sorted(found))}"
        )
    return next(iter(found), None)


def _former(before: Mapping[str, Any], flavors: Flavors) -> str | None:
    """The flavor that it had. One that the cloud does not offer any more was rated under its old name."""
    name, flavor_id = (
        value if isinstance(value, str) else "" for value in (before.get(key) for key in _NAMES)
    )
    known = flavors.with_id(flavor_id)
    return name or (known.name if known else None)


def _offered(key: str, value: str, flavors: Flavors) -> str:
    flavor = flavors.named(value) if key == "flavor_name" else flavors.with_id(value)
    if flavor is None:
        raise UnknownPrice(f"the cloud has no flavor with {key} {value}")
    return flavor.name
