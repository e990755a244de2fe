# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the properties of a Heat template come to before its stack is made (design/estimates.md#heat).

Source: Heat's template guide, HOT specification: parameters section, intrinsic functions; environments. Read
2026-11-29.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from .._core.errors import InvalidOption

#: More values than a template of thousands of resources has; aliases of YAML can stand for more.
MOST_VALUES = 1_000_000
#: How a group names its members in their own properties, unless it says otherwise.
INDEX = "%index%"


class Later(Enum):
    """A value that is not known before the stack is made, or is not understood."""

    UNKNOWN = "unknown"


UNKNOWN = Later.UNKNOWN


class ResourceReference(NamedTuple):
    """What get_resource stands for: another resource of the template."""

    name: str


@dataclass
class Values:
    """The parameters of a template, and how its functions come out.

    given: by name, of the environment and then the defaults. kinds: the declared type of each. hidden: those
    that may not be shown. saw_hidden: becomes true where one of these was read. index: what stands for INDEX
    in a member of a group, of the outermost one first.
    """

    given: Mapping[str, Any]
    kinds: Mapping[str, str]
    hidden: frozenset[str] = frozenset()
    saw_hidden: bool = False
    index: tuple[tuple[str, str], ...] = ()
    #: How many values were read, by the members of groups too, which share it.
    _read: list[int] = field(default_factory=lambda: [0], repr=False)

    def of(self, value: Any) -> Any:
        """The value with its functions worked out: UNKNOWN stands for what none of them tells.

        Raises InvalidOption for a template of more than MOST_VALUES values.
        """
        found = self._of(value)
        return self._indexed(found) if self.index else found

    def _indexed(self, value: Any) -> Any:
        """As Heat does: what functions come to has the index put in, and their arguments do not."""
        self._count()
        if isinstance(value, str):
            for mark, number in self.index:
                value = value.replace(mark, number)
            return value
        if isinstance(value, Mapping):
            return {key: self._indexed(one) for key, one in value.items()}
        return [self._indexed(one) for one in value] if isinstance(value, list) else value

    def _count(self) -> None:
        self._read[0] += 1
        if self._read[0] > MOST_VALUES:
            raise InvalidOption("heat_template", f"has more than {MOST_VALUES} values.")

    def _of(self, value: Any) -> Any:
        self._count()
        if isinstance(value, Mapping):
            return self._function(value) if len(value) == 1 else self._each(value)
        return [self._of(one) for one in value] if isinstance(value, list) else value

    def _each(self, value: Mapping[Any, Any]) -> dict[Any, Any]:
        return {key: self._of(one) for key, one in value.items()}

    def _function(self, value: Mapping[Any, Any]) -> Any:
        ((name, argument),) = value.items()
        if name == "get_param":
            return self._parameter(self._of(argument))
        if name == "get_resource":
            found = self._of(argument)
            return ResourceReference(found) if isinstance(found, str) else UNKNOWN
        if name == "list_join":
            return self._joined(self._of(argument))
        if name == "str_replace":
            return self._replaced(self._of(argument))
        if name in _LATER:
            return UNKNOWN
        return self._each(value)

    def _parameter(self, argument: Any) -> Any:
        """A parameter, or what lies in it on a path."""
        path = argument if isinstance(argument, list) else [argument]
        if not path or not isinstance(path[0], str) or path[0] not in self.given:
            return UNKNOWN
        self.saw_hidden |= path[0] in self.hidden
        found = _typed(self.given[path[0]], self.kinds.get(path[0], "string"))
        for step in path[1:]:
            found = _inner(found, step)
        return found

    @staticmethod
    def _joined(argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) < 2 or not isinstance(argument[0], str):
            return UNKNOWN
        lists = argument[1:]
        if not all(isinstance(of, list) and all(isinstance(one, str) for one in of) for of in lists):
            return UNKNOWN
        return argument[0].join(one for of in lists for one in of)

    @staticmethod
    def _replaced(argument: Any) -> Any:
        """As Heat does: in one pass, the longest key first."""
        if not isinstance(argument, Mapping):
            return UNKNOWN
        text, texts = argument.get("template"), argument.get("params")
        if not isinstance(text, str) or not isinstance(texts, Mapping):
            return UNKNOWN
        if not all(isinstance(one, str | int) and not isinstance(one, bool) for one in texts.values()):
            return UNKNOWN
        return _in_one_pass(text, {str(key): str(one) for key, one in texts.items() if str(key)})


#: Functions whose answer is known only when the stack is made, or that are not worked out here.
_LATER = frozenset(
    (
        "get_attr", "get_file", "resource_facade", "if", "and", "or", "not", "equals", "contains", "digest",
        "repeat", "map_merge", "map_replace", "yaql", "str_split", "str_replace_strict", "make_url", "filter",
        "str_replace_vstrict", "list_concat", "list_concat_unique", "Fn::GetAZs", "Fn::Join", "Fn::Select",
        "Ref",
    )
)  # fmt: skip


def _in_one_pass(text: str, texts: Mapping[str, str]) -> str:
    keys, found, place = sorted(texts, key=len, reverse=True), [], 0
    while place < len(text):
        key = next((one for one in keys if text.startswith(one, place)), None)
        found.append(text[place] if key is None else texts[key])
        place += 1 if key is None else len(key)
    return "".join(found)


def _inner(value: Any, step: Any) -> Any:
    if isinstance(value, Mapping) and step in value:
        return value[step]
    if isinstance(value, Sequence) and not isinstance(value, str):
        number = whole(step)
        return value[number] if number is not None and 0 <= number < len(value) else UNKNOWN
    return UNKNOWN


def _typed(value: Any, kind: str) -> Any:
    """As the parameter's type has it: Heat takes numbers and lists as text, too."""
    if kind == "comma_delimited_list" and isinstance(value, str):
        return [one.strip() for one in value.split(",")]
    if kind == "number":
        number = whole(value)
        return value if number is None else number
    if kind == "string" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def whole(value: Any) -> int | None:
    """A whole number, also as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None
