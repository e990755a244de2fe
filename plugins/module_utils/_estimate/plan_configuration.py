# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the configuration in a plan refers to: where a value that is known after apply comes from
(design/estimates.md#public-addresses).

Source: Terraform's documentation, internals, JSON output format, configuration representation, and its
source, internal/command/jsonconfig, both read 2026-11-28. What a local value is made of is in no plan, and
neither are dynamic blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

Path: TypeAlias = "tuple[str, ...]"

_INDEX = r'(?:\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\])?'
_MODULE = re.compile(rf"module\.([\w-]+){_INDEX}")
_OUTPUT = re.compile(rf"module\.([\w-]+){_INDEX}\.([\w-]+)")
_RESOURCE = re.compile(rf"((?:data\.)?[A-Za-z_][\w-]*\.[A-Za-z_][\w-]*){_INDEX}(?:\.([\w-]+))?")
_MODULES = re.compile(rf"(?:module\.[\w-]+{_INDEX}\.)*")
#: What every plan knows, or what names no resource.
_KNOWN = ("count", "path", "terraform", "self")


@dataclass(frozen=True)
class PlanPlace:
    """A resource or data source that an expression refers to. name: without the key of an instance, such as
    `data.openstack_networking_network_v2.ext`. attribute: empty where the expression takes the whole.
    """

    module: Path
    name: str
    attribute: str = ""

    @property
    def kind(self) -> str:
        """The type of the resource."""
        return self.name.removeprefix("data.").split(".")[0]

    @property
    def is_data(self) -> bool:
        """Whether it is a data source."""
        return self.name.startswith("data.")


def module_path(address: Any) -> Path:
    """The names of the modules in the address of one, without the keys of its instances."""
    return tuple(_MODULE.findall(address)) if isinstance(address, str) else ()


def source_at(address: Any, attribute: Any = "") -> PlanPlace | None:
    """The resource of an address, without the key of an instance; None where it is no address of one."""
    if not isinstance(address, str):
        return None
    return _source_at(address, attribute if isinstance(attribute, str) else "")


@lru_cache(maxsize=16_384)
def _source_at(address: str, attribute: str) -> PlanPlace | None:
    """The same for texts: a resource's own address is asked for with each piece of it."""
    modules = _MODULES.match(address)
    end = modules.end() if modules is not None else 0
    resource = _RESOURCE.match(address, end)
    if resource is None:
        return None
    return PlanPlace(module_path(address[:end]), resource[1], attribute)


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is an object; an empty one otherwise."""
    # A dictionary first: asking an abstract class takes ten times as long.
    return value if isinstance(value, (dict, Mapping)) else {}


@dataclass(frozen=True)
class PlanConfiguration:
    """The configuration of a plan. root: its root module, None where the plan has none. variables: the values
    of the root module's.
    """

    root: Mapping[str, Any] | None = None
    providers: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    _found: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def resource(self, module: Path, name: str) -> Mapping[str, Any] | None:
        """The block of a resource; None where there is none."""
        key = ("resource", module)
        if key not in self._found:
            rows = mapping(self._module(module)).get("resources")
            listed = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
            self._found[key] = {row.get("address"): row for row in listed if _is_text(row.get("address"))}
        found: Mapping[str, Any] | None = self._found[key].get(name)
        return found

    def expression(self, module: Path, name: str, *path: str | int) -> Any:
        """The expression of an attribute of a resource; None where it has none."""
        found: Any = mapping(self.resource(module, name)).get("expressions")
        for step in path:
            if isinstance(step, int):
                # One block may stand without a list.
                rows = found if isinstance(found, list) else [] if found is None else [found]
                found = rows[step] if step < len(rows) else None
            else:
                found = mapping(found).get(step)
        return found

    def leaves_out(self, place: PlanPlace, *path: str | int) -> bool:
        """Whether nothing is given for an attribute of a resource that is known after apply only."""
        if self.resource(place.module, place.name) is None:
            return False
        expression = self.expression(place.module, place.name, *path)
        # An expression of what the plan knows is unknown only where it comes to nothing.
        return expression is None or not self.sources(expression, place.module, place.name)

    def sources(
        self, expression: Any, module: Path, name: str | None = None, seen: frozenset[Any] = frozenset()
    ) -> frozenset[PlanPlace | None]:
        """The resources that an expression refers to, through variables and outputs of modules; None among
        them for what cannot be followed. Empty where the plan knows all that it refers to.

        name: of the resource whose expression it is, for `each`.
        """
        if not isinstance(expression, Mapping):
            return frozenset({None})
        if "constant_value" in expression:
            return frozenset()
        references = expression.get("references")
        if not isinstance(references, list) or not references or not all(map(_is_text, references)):
            return frozenset({None})
        found: set[PlanPlace | None] = set()
        for one in _whole(references):
            found |= self._of_reference(one, module, name, seen)
        return frozenset(found)

    def _of_reference(
        self, reference: str, module: Path, name: str | None, seen: frozenset[Any]
    ) -> frozenset[PlanPlace | None]:
        first, _dot, rest = reference.partition(".")
        first = first.partition("[")[0]
        if first in _KNOWN:
            return frozenset()
        # A configuration refers to nothing in a circle; a file that does is followed once.
        key = (reference, module, name)
        if key in seen:
            return frozenset({None})
        seen |= {key}
        if first == "each":
            repeated = mapping(self.resource(module, name or "")).get("for_each_expression")
            return self.sources(repeated, module, name, seen)
        if first == "var":
            return self._of_variable(re.split(r"[.\[]", rest)[0], module, seen)
        if first == "module":
            output = _OUTPUT.match(reference)
            if output is None:
                return frozenset({None})
            inner = (*module, output[1])
            outputs = mapping(mapping(self._module(inner)).get("outputs"))
            return self.sources(mapping(outputs.get(output[2])).get("expression"), inner, None, seen)
        resource = None if first in ("local", "ephemeral") else _RESOURCE.match(reference)
        return frozenset({None if resource is None else PlanPlace(module, resource[1], resource[2] or "")})

    def _of_variable(self, name: str, module: Path, seen: frozenset[Any]) -> frozenset[PlanPlace | None]:
        """A variable of the root module is known, as is one that is left out."""
        call = self._call(module)
        given = mapping(mapping(call).get("expressions")).get(name)
        return frozenset() if not module or given is None else self.sources(given, module[:-1], None, seen)

    def constant(self, expression: Any, module: Path) -> Any:
        """The value that an expression comes to without any resource; None where the plan does not say."""
        value = mapping(expression).get("constant_value")
        references = mapping(expression).get("references")
        if value is not None or not isinstance(references, list) or len(references) != 1:
            return value
        name = str(references[0]).removeprefix("var.")
        if not module:
            return mapping(self.variables.get(name)).get("value")
        given = mapping(mapping(self._call(module)).get("expressions")).get(name)
        if given is not None:
            return self.constant(given, module[:-1])
        declared = mapping(mapping(self._module(module)).get("variables"))
        return mapping(declared.get(name)).get("default")

    def _call(self, module: Path) -> Any:
        outer = mapping(self._module(module[:-1])) if module else {}
        return mapping(outer.get("module_calls")).get(module[-1]) if module else None

    def _module(self, module: Path) -> Any:
        found: Any = self.root
        for name in module:
            found = mapping(mapping(mapping(found).get("module_calls")).get(name)).get("module")
        return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _whole(references: list[str]) -> Iterator[str]:
    """The references without those that are only the begin of another: of `a.b.id` Terraform lists `a.b`,
    too.
    """
    for one in references:
        if not any(other != one and other.startswith((f"{one}.", f"{one}[")) for other in references):
            yield one
