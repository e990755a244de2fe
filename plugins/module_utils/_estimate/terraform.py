# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a plan of Terraform or OpenTofu changes (design/estimates.md#what-a-change-costs).

Source: Terraform's documentation, internals, JSON output format, read 2026-11-21. Of a plan only
resource_changes and its flags are looked at: `variables` holds secrets in clear.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from .._core.errors import InvalidOption
from .._core.trusted_paths import read_input
from .changes import ADDED, CHANGED, REMOVED, Change
from .shapes import Part
from .terraform_types import (
    ALSO_TAKES,
    FREE,
    FREE_PROVIDERS,
    HANDS_ON,
    NETWORKING,
    ON_NETWORKS,
    OPENSTACK,
    PRICED,
    Context,
    State,
    UnknownPrice,
)

_OPTION = "terraform_plan"
#: What does nothing to what costs: a forgotten resource stays, and costs on.
_NOTHING = (["no-op"], ["read"], ["forget"])
#: The planned values of a plan that has no resources, but for outputs.
_NO_RESOURCES: tuple[Any, ...] = ({}, {"root_module": {}})
_ACTIONS = {
    ("create",): ADDED,
    ("update",): CHANGED,
    ("delete",): REMOVED,
    ("delete", "create"): CHANGED,
    ("create", "delete"): CHANGED,
    # The old one is forgotten and stays, so that all of the new one comes on top.
    ("create", "forget"): ADDED,
}


@dataclass(frozen=True)
class Plan:
    """A plan's changes, and why it is not the whole of what will happen; None where it is.

    regions: those that its providers name; None among them for one that is no constant. references: what its
    expressions refer to; None where it does not say.
    """

    changes: tuple[Mapping[str, Any], ...]
    unfinished: str | None
    regions: frozenset[str | None] = frozenset()
    references: frozenset[str] | None = frozenset()


def load_plan(path: str) -> Plan:
    """Read what `terraform show -json` wrote.

    Raises InvalidOption for any other file, and quotes nothing from it.
    """
    try:
        content = json.loads(
            read_input(Path(path)),
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_without_doubles,
        )
    except OSError as error:
        raise InvalidOption(_OPTION, f"'{path}' cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("format_version"), str):
        raise InvalidOption(_OPTION, f"'{path}' is not a plan in JSON; write one with terraform show -json.")
    if content["format_version"].split(".")[0] != "1":
        raise InvalidOption(
            _OPTION, f"'{path}' has format {content['format_version'][:20]}; format 1 is supported."
        )
    if "planned_values" not in content and "resource_changes" not in content:
        raise InvalidOption(
            _OPTION,
            f"'{path}' is not a plan; it may be a state. Write a plan with terraform show -json PLANFILE.",
        )
    changes = content.get("resource_changes", [])
    if not isinstance(changes, list) or not all(_is_change(one) for one in changes):
        raise InvalidOption(
            _OPTION, f"'{path}' has a malformed resource change; write it again with terraform show -json."
        )
    # Resources that stay as they are have a change, too, whose action is no-op.
    if not changes and _planned_values(content) not in _NO_RESOURCES:
        raise InvalidOption(
            _OPTION,
            f"'{path}' has resources but does not say what changes; write it again with terraform show"
            " -json.",
        )
    configuration = content.get("configuration")
    references = frozenset(_references(configuration)) if isinstance(configuration, dict) else None
    return Plan(tuple(changes), _unfinished(content), _regions(content), references)


def _regions(content: Mapping[str, Any]) -> frozenset[str | None]:
    """The regions that the providers of OpenStack name; of a variable its value."""
    configuration = content.get("configuration")
    providers = configuration.get("provider_config") if isinstance(configuration, dict) else None
    found = set()
    for provider in providers.values() if isinstance(providers, dict) else ():
        if isinstance(provider, dict) and provider.get("full_name") in OPENSTACK:
            expression = (provider.get("expressions") or {}).get("region")
            found |= set() if expression is None else {_constant(expression, content.get("variables") or {})}
    return frozenset(found)


def _references(configuration: Mapping[str, Any]) -> Iterator[str]:
    """Every reference in every expression, of resources, module calls and outputs."""
    left: list[Any] = [configuration]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            named = one.get("references")
            yield from map(str, named if isinstance(named, list) else ())
            left += one.values()
        elif isinstance(one, list):
            left += one


def _constant(expression: Any, variables: Mapping[str, Any]) -> str | None:
    """The text that a provider's expression comes to; None where the plan does not say."""
    value = expression.get("constant_value") if isinstance(expression, dict) else None
    if isinstance(expression, dict) and value is None:
        names = [str(one).removeprefix("var.") for one in expression.get("references") or ()]
        value = variables[names[0]].get("value") if len(names) == 1 and names[0] in variables else None
    return value if isinstance(value, str) else None


def _planned_values(content: Mapping[str, Any]) -> Any:
    values = content.get("planned_values", {})
    return (
        {key: value for key, value in values.items() if key != "outputs"}
        if isinstance(values, dict)
        else values
    )


def _without_doubles(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object of the file. Raises ValueError for a key that it has twice: who reads which is not known."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _is_change(row: Any) -> bool:
    if not isinstance(row, dict) or not all(
        isinstance(row.get(key), str) for key in ("address", "type", "provider_name")
    ):
        return False
    change = row.get("change")
    actions = change.get("actions") if isinstance(change, dict) else None
    return isinstance(actions, list) and all(isinstance(one, str) for one in actions)


def _unfinished(content: Mapping[str, Any]) -> str | None:
    if content.get("errored"):
        return "the plan is errored, so it lacks some of its changes"
    if content.get("complete") is False or content.get("deferred_changes"):
        return "the plan is not complete: Terraform has put off some of its changes"
    if content.get("action_invocations") or content.get("deferred_action_invocations"):
        return "the plan invokes actions, and what they cost is unknown"
    return None


def plan_changes(plan: Plan, context: Context, assume_free: Collection[str]) -> list[Change]:
    """The changes of a plan that cost, free, or are unknown. assume_free: types, addresses, or how either
    begins with a * behind that; what is removed of them is left out.
    """
    found = [] if plan.unfinished is None else [Change("the plan", CHANGED, unknown=plan.unfinished)]
    context = replace(context, planned=_planned(plan))
    for row in plan.changes:
        actions = row["change"]["actions"]
        if actions in _NOTHING:
            continue
        if row.get("mode") == "data":
            reason = "it is a data source, which a plan only reads"
            found.append(Change(row["address"], CHANGED, unknown=reason))
            continue
        if _is_assumed(row, assume_free):
            action = _ACTIONS.get(tuple(actions), CHANGED)
            found += [] if action == REMOVED else [Change(row["address"], action, assumed=True)]
            continue
        elsewhere = _elsewhere(row, plan, context) if row["type"] in PRICED else None
        if elsewhere is not None:
            found.append(Change(row["address"], _ACTIONS.get(tuple(actions), CHANGED), unknown=elsewhere))
        else:
            found.append(_change(row, tuple(actions), context))
    return found


def _elsewhere(row: Mapping[str, Any], plan: Plan, context: Context) -> str | None:
    """Why the prices are not those of the resource's region; None where they are."""
    if context.region is None or row["provider_name"] not in OPENSTACK:
        return None
    change = row["change"]
    own = {
        side["region"] for side in (change.get("before"), change.get("after")) if side and side.get("region")
    }
    for region in own or plan.regions:
        if region is None:
            return "the region of its provider is not known before apply"
        if region != context.region:
            return f"it is in region {region}, and the prices are those of {context.region}"
    return None


def _planned(plan: Plan) -> frozenset[str]:
    """The types that the plan makes one of; none where it looks up during apply what may name a network
    that others made.
    """
    looked_up = [row for row in plan.changes if row.get("mode") == "data"]
    if _hands_on(plan):
        return frozenset()
    if any(row["type"].startswith(NETWORKING) or row["provider_name"] not in OPENSTACK for row in looked_up):
        return frozenset()
    return frozenset(row["type"] for row in plan.changes if "create" in row["change"]["actions"])


def _hands_on(plan: Plan) -> bool:
    """Whether something may be known after apply only because terraform_data hands it on. What a local value
    is made of stands in no plan.
    """
    if not any(row["type"] == HANDS_ON and row["change"]["actions"] not in _NOTHING for row in plan.changes):
        return False
    return plan.references is None or any(
        one.startswith((f"{HANDS_ON}.", "local.")) for one in plan.references
    )


def tells_networks_by_id(plan: Plan) -> bool:
    """Whether an address that changes is on a network or a subnet of which the plan knows the id."""
    for row in plan.changes:
        where, change = ON_NETWORKS.get(row["type"]), row["change"]
        if where is None or change["actions"] in _NOTHING:
            continue
        for values in filter(None, (change.get("before"), change.get("after"))):
            for one in values.get("network") or () if "name" in where else (values,):
                if any(one.get(name) for name in where if name != "name"):
                    return True
    return False


def _is_assumed(row: Mapping[str, Any], assume_free: Collection[str]) -> bool:
    names = (row["type"], row["address"])
    return any(
        name.startswith(one[:-1]) if one.endswith("*") else name == one
        for one in assume_free
        for name in names
    )


def _change(row: Mapping[str, Any], actions: tuple[str, ...], context: Context) -> Change:
    name, provider = row["address"], row["provider_name"]
    if row.get("deposed"):
        name += f" (deposed {row['deposed']})"
    action = _ACTIONS.get(actions)
    if action is None:
        return Change(
            name, CHANGED, unknown=f"its actions {', '.join(map(str, actions))[:60]} are not understood"
        )
    if provider in FREE_PROVIDERS:
        return Change(name, action)
    if provider not in OPENSTACK:
        return Change(name, action, unknown=f"it is of the provider {provider}")
    kind = row["type"]
    overlaps = actions == ("create", "delete")
    quota = FREE.get(kind) or ALSO_TAKES.get(kind)
    taken = {quota: 1} if quota is not None and (action == ADDED or overlaps) else {}
    if kind in FREE:
        return Change(name, action, needs=taken)
    if kind not in PRICED:
        return Change(name, action, unknown=f"{kind} is in no table of what costs and what is free")
    try:
        before, after = _sides(row, actions, context)
    except UnknownPrice as unknown:
        return Change(name, action, unknown=str(unknown))
    return Change(name, action, before, after, overlaps=overlaps, needs=taken)


def _sides(
    row: Mapping[str, Any], actions: tuple[str, ...], context: Context
) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """What it costs by before and after. Raises UnknownPrice."""
    change, parts = row["change"], PRICED[row["type"]]
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = change.get("after_unknown") or {}
    found: list[tuple[Part, ...]] = []
    for values, side, unknown_of, there in (
        (before, "before", {}, actions[0] != "create" or "delete" in actions),
        (after, "after", unknown, actions != ("delete",)),
    ):
        if not there:
            found.append(())
            continue
        flavor = _flavor(before, after, unknown, side, context, actions == ("update",))
        ends = side == "before" and "delete" in actions
        starts = side == "before" and _starts(before, after, unknown)
        found.append(tuple(parts(State(values, unknown_of, flavor, ends, starts), context)))
    return found[0], found[1]


def _starts(before: Mapping[str, Any], after: Mapping[str, Any], unknown: Mapping[str, Any]) -> bool:
    """Whether a server that costs less, as it does not run, may run after apply."""
    runs = unknown.get("power_state") is True or after.get("power_state") in (None, "active")
    return before.get("power_state") not in (None, "active") and bool(after) and runs


def _flavor(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    unknown: Mapping[str, Any],
    side: str,
    context: Context,
    in_place: bool,
) -> str | None:
    """The flavor's name; None where there is none, or none is known.

    Raises UnknownPrice for one that the cloud does not have.

    Both attributes are optional and computed: on a resize in place one of them is still the old one's, so
    that the changed one counts.
    """
    if side == "before":
        return _former(before, context)
    given = {
        key: str(after[key])
        for key in ("flavor_name", "flavor_id")
        if after.get(key) and unknown.get(key) is not True
    }
    if in_place:
        changed = {key: value for key, value in given.items() if value != before.get(key)}
        if not changed:
            becomes_unknown = any(unknown.get(key) is True for key in ("flavor_name", "flavor_id"))
            return None if becomes_unknown else _former(before, context)
        given = changed
    found = {_offered(key, value, context).name for key, value in given.items()}
    if len(found) > 1:
        raise UnknownPrice(
            f"flavor_name and flavor_id are of different flavors, {' and '.join(sorted(found))}"
        )
    return next(iter(found), None)


def _former(before: Mapping[str, Any], context: Context) -> str | None:
    """The flavor that it had. One that the cloud does not offer any more was rated under its old name."""
    known = context.flavors.with_id(before.get("flavor_id") or "")
    return before.get("flavor_name") or (known.name if known else None)


def _offered(key: str, value: str, context: Context) -> Any:
    flavor = context.flavors.named(value) if key == "flavor_name" else context.flavors.with_id(value)
    if flavor is None:
        raise UnknownPrice(f"the cloud has no flavor with {key} {value}")
    return flavor
