# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A template of Heat as the plan that makes its stack (design/estimates.md#heat)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .._core.errors import InvalidOption
from .._core.trusted_paths import read_input
from .heat_types import FREE, PRICED, NotUnderstood, Resource, Template
from .heat_values import INDEX, UNKNOWN, Values, whole
from .plan_file import Plan, UnreadResource

#: What Heat calls what a plan of Terraform calls otherwise.
_WORDS = tuple(
    (re.compile(rf"\b{pattern}\b"), words)
    for pattern, words in (
        ("neither flavor_name nor flavor_id is", "its flavor is not"),
        ("after apply", "when the stack is created"),
        ("before apply", "before the stack is created"),
        ("flavor_(?:name|id)", "flavor"),
        ("block_device", "block_device_mapping_v2"),
        ("source_vol_id", "source_volid"),
        ("fixed_ip", "fixed_ips"),
        ("(vip_)?network_id", r"\1network"),
    )
)
_GROUP = "OS::Heat::ResourceGroup"
#: Heat's own limit is 1000, unless its operator has another.
_MOST_RESOURCES = 20_000
_PROVIDER = "registry.terraform.io/terraform-provider-openstack/openstack"
#: What of a resource changes nothing that it costs.
_HARMLESS = frozenset(("type", "properties", "metadata", "depends_on", "update_policy", "deletion_policy"))
#: What an environment says of single resources that changes nothing that they cost.
_HOOKS = frozenset(("hooks", "restricted_actions"))


@dataclass(frozen=True)
class _Registry:
    """What an environment takes other types for."""

    types: Mapping[str, Any]
    resources: Mapping[str, Any]

    def type_of(self, name: str, kind: str) -> str:
        """The type that is made. Raises NotUnderstood for a template of its own."""
        own = self.resources.get(name)
        if own is not None and not (isinstance(own, Mapping) and own.keys() <= _HOOKS):
            raise NotUnderstood("the environment has a type of its own for it")
        made = self.types.get(kind, kind)
        if made != kind and made in self.types:
            raise NotUnderstood(f"the environment takes {kind} for a type that it takes for another one")
        if not isinstance(made, str) or not made.startswith("OS::"):
            whose = f"the environment takes {kind} for" if kind in self.types else f"{kind[:80]} is"
            raise NotUnderstood(f"{whose} a template of its own")
        if any(key.endswith("*") and one.startswith(key[:-1]) for key in self.types for one in (kind, made)):
            raise NotUnderstood(f"the environment takes {kind} for another type")
        return made


def load_heat_template(path: str, environment_path: str | None) -> Plan:
    """The template and its environment, as a plan that makes all of it: a stack that is there already counts
    as new.

    What is not understood is an unread resource of the plan. Raises InvalidOption for what is no template,
    and quotes nothing from it.
    """
    raw = _read("heat_template", path)
    template = _mapping("heat_template", path, raw)
    resources = template.get("resources")
    if "heat_template_version" not in template or not isinstance(resources, Mapping):
        raise InvalidOption(
            "heat_template",
            f"'{path}' is no template of Heat: it needs `heat_template_version` and `resources`.",
        )
    said: Mapping[str, Any] = {}
    digest = hashlib.sha256(raw)
    if environment_path is not None:
        content = _read("heat_environment", environment_path)
        said = _mapping("heat_environment", environment_path, content)
        digest.update(b"\0" + content)
    try:
        plan = _plan(resources, _values(template, said), _registry(said))
    except RecursionError:
        raise InvalidOption("heat_template", f"'{path}' is nested too deeply to be read.") from None
    return replace(plan, sha256=digest.hexdigest())


def _read(option: str, path: str) -> bytes:
    try:
        return read_input(Path(path))
    except OSError as error:
        raise InvalidOption(option, f"'{path}' cannot be read: {error.strerror}.") from error


def _mapping(option: str, path: str, raw: bytes) -> Mapping[str, Any]:
    import yaml

    try:
        content = yaml.safe_load(raw)
    except (yaml.YAMLError, RecursionError, ValueError):
        raise InvalidOption(option, f"'{path}' is not YAML.") from None
    if not isinstance(content, Mapping):
        raise InvalidOption(option, f"'{path}' is no dictionary in YAML.")
    return content


def _section(content: Mapping[str, Any], name: str) -> Mapping[Any, Any]:
    section = content.get(name)
    return section if isinstance(section, Mapping) else {}


def _values(template: Mapping[str, Any], environment: Mapping[str, Any]) -> Values:
    declared = {
        name: one for name, one in _section(template, "parameters").items() if isinstance(one, Mapping)
    }
    # As Heat does. `parameter_defaults` may have more than one template needs.
    for name in _section(environment, "parameters"):
        if name not in declared:
            raise InvalidOption(
                "heat_environment", f"has the parameter '{name}', which the template does not have."
            )
    said = (
        {name: one.get("default") for name, one in declared.items()},
        _section(environment, "parameter_defaults"),
        _section(environment, "parameters"),
    )
    # One that is null is not given, and leaves the default as it is.
    given = {name: value for of in said for name, value in of.items() if value is not None}
    return Values(
        {name: value for name, value in given.items() if name in declared},
        {name: str(one.get("type")) for name, one in declared.items()},
        frozenset(name for name, one in declared.items() if one.get("hidden") not in (None, False)),
    )


def _registry(environment: Mapping[str, Any]) -> _Registry:
    section = _section(environment, "resource_registry")
    return _Registry(
        {str(key): one for key, one in section.items() if key != "resources"},
        {str(key): one for key, one in _section(section, "resources").items()},
    )


def _plan(resources: Mapping[Any, Any], values: Values, registry: _Registry) -> Plan:
    stack = _Stack(registry, dict(_references(resources, values, registry)))
    for name, one in resources.items():
        stack.add(str(name), one, values, str(name))
    return Plan(tuple(stack.rows), None, unread=tuple(stack.unread), words=_WORDS)


def _references(
    resources: Mapping[Any, Any], values: Values, registry: _Registry
) -> Iterator[tuple[str, Resource]]:
    """What others refer to: the types and properties of all that is understood."""
    for name, one in resources.items():
        try:
            yield str(name), _resource(str(name), one, values, registry)
        except NotUnderstood:
            continue


def _resource(name: str, one: Any, values: Values, registry: _Registry) -> Resource:
    """Raises NotUnderstood for what is no resource, or may not be made."""
    if not isinstance(one, Mapping) or not isinstance(one.get("type"), str):
        raise NotUnderstood("it has no type")
    further = sorted(str(key) for key in one if key not in _HARMLESS)
    if further:
        raise NotUnderstood(f"what its {further[0][:40]} makes of it is not worked out")
    kind = registry.type_of(name, one["type"])
    if kind == _GROUP:
        return Resource(kind, one.get("properties") or {})
    properties = values.of(one.get("properties") or {})
    if not isinstance(properties, Mapping):
        raise NotUnderstood("its properties are no dictionary")
    return Resource(kind, properties)


@dataclass
class _Stack:
    """What a template makes. known: what others refer to. rows: the changes of a plan. unread: what is not
    understood. seen: how many resources and groups were looked at.
    """

    registry: _Registry
    known: Template
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    unread: list[UnreadResource] = field(default_factory=list)
    seen: int = 0

    def add(self, name: str, one: Any, values: Values, top: str) -> None:
        """Add the changes of a resource and of the members of a group, or why they are unknown. top: the name
        of the template's resource that it is, or is a member of. Raises InvalidOption for more than can be of
        one stack.
        """
        self.seen += 1
        if self.seen > _MOST_RESOURCES:
            raise InvalidOption("heat_template", f"has more than {_MOST_RESOURCES} resources.")
        kind = one.get("type") if isinstance(one, Mapping) else None
        values.saw_hidden = False
        try:
            resource = _resource(top, one, values, self.registry)
            if resource.kind == _GROUP:
                for member, definition, inner in _members(name, resource, values):
                    self.add(member, definition, inner, top)
            else:
                self.rows.append(_row(name, resource, self.known, values.saw_hidden))
        except NotUnderstood as reason:
            self.unread.append(UnreadResource(name, kind if isinstance(kind, str) else "", str(reason)))


def _members(name: str, group: Resource, values: Values) -> Iterator[tuple[str, Any, Values]]:
    """The name, the definition and the values of each member. Raises NotUnderstood for an unknown number."""
    properties = group.properties
    if not isinstance(properties, Mapping):
        raise NotUnderstood("its properties are no dictionary")
    count = whole(values.of(properties.get("count", 1)))
    if count is None or count < 0:
        raise NotUnderstood("its count is no number that is known before the stack is made")
    # That of a group in a group is its own, unless the template says it in a text that the outer one changes.
    index = values.of(properties["index_var"]) if "index_var" in properties else INDEX
    if not isinstance(index, str) or not index:
        raise NotUnderstood("its index_var is no text that is known before the stack is made")
    if values.of(properties.get("removal_policies")) not in (None, []):
        raise NotUnderstood("its removal_policies say that its members have other numbers")
    definition = properties.get("resource_def")
    for number in range(count):
        inner = replace(values, index=(*values.index, (index, str(number))))
        yield f"{name}[{number}]", definition, inner


def _row(name: str, resource: Resource, known: Template, hidden: bool) -> Mapping[str, Any]:
    """The change of a plan that makes the resource. Raises NotUnderstood for a type of which nothing is
    known.
    """
    kind = resource.kind
    after: dict[str, Any] = {}
    later: dict[str, Any] = {}
    if "external_id" in resource.properties:
        raise NotUnderstood("what external_id names is not of this stack")
    if kind in PRICED:
        planned, read = PRICED[kind]
        after, later = read(resource.properties, known)
    elif kind in FREE:
        planned = FREE[kind]
    else:
        raise NotUnderstood(f"{kind[:80]} is in no table of what costs and what is free")
    change = {
        "actions": ["create"],
        "before": None,
        "after": {key: value for key, value in after.items() if value is not UNKNOWN},
        "after_unknown": later,
        "after_sensitive": dict.fromkeys(after, True) if hidden else {},
    }
    return {"address": name, "type": planned, "provider_name": _PROVIDER, "change": change}
