# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Gnocchi's clients ask with: filters on resources, as JSON or as a sentence, and
operations on measures.

Source: Gnocchi's documentation, REST API usage, "Resources" (searching) and "Dynamic aggregates".
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

_WORDS = re.compile(r"""\s*('[^']*'|"[^"]*"|!=|<=|>=|[=<>()]|[^\s()=<>!]+)""")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda ours, wanted: bool(ours == wanted),
    "!=": lambda ours, wanted: bool(ours != wanted),
    # As in SQL, nothing is less or more than null.
    "<": lambda ours, wanted: ours is not None and bool(_ordered(ours) < _ordered(wanted)),
    ">": lambda ours, wanted: ours is not None and bool(_ordered(ours) > _ordered(wanted)),
    "<=": lambda ours, wanted: ours is not None and bool(_ordered(ours) <= _ordered(wanted)),
    ">=": lambda ours, wanted: ours is not None and bool(_ordered(ours) >= _ordered(wanted)),
    "like": lambda ours, wanted: fnmatch.fnmatchcase(
        str(ours), str(wanted).replace("%", "*").replace("_", "?")
    ),
    "in": lambda ours, wanted: ours in wanted,
}
_NAMES = {"eq": "=", "==": "=", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">="}


class Unreadable(ValueError):
    """The filter or the operations are none; str() says what is wrong with them."""


def matches(resource: dict[str, Any], wanted: Any) -> bool:
    """Whether the resource is what a filter such as {"and": [{"=": {"type": "instance"}}, {"like": {"id":
    "a%"}}]} wants.

    An empty filter takes everything. Raises Unreadable for an unknown operator or attribute.
    """
    if not wanted:
        return True
    if not isinstance(wanted, dict) or len(wanted) != 1:
        raise Unreadable(f"expected one operator, got {wanted!r}")
    name, operand = next(iter(wanted.items()))
    if name in ("and", "or"):
        found = [matches(resource, one) for one in operand]
        return all(found) if name == "and" else any(found)
    if name == "not":
        return not matches(resource, operand)
    compare = _COMPARISONS.get(_NAMES.get(name) or name)
    if compare is None or not isinstance(operand, dict) or len(operand) != 1:
        raise Unreadable(f"unknown operator {name!r}")
    attribute, value = next(iter(operand.items()))
    if attribute not in resource:
        raise Unreadable(f"unknown attribute {attribute!r}")
    if name == "in" and not value:
        raise Unreadable(
            f"length of value must be at least 1 for dictionary value @ data['in']['{attribute}']"
        )
    return compare(resource[attribute], value)


def _ordered(value: Any) -> str:
    """A moment in UTC however it is written, anything else as it is."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)).isoformat()


def parse_filter(text: str) -> dict[str, Any]:
    """A sentence such as "project_id = 'x' and not id like 'y%'" as the filter that matches() takes.

    Raises Unreadable.
    """
    words = _words(text)
    found = _either(words)
    if words:
        raise Unreadable(f"{words[0]!r} is one word too many")
    return found


def _either(words: list[str]) -> dict[str, Any]:
    found = [_both(words)]
    while words and words[0] == "or":
        words.pop(0)
        found.append(_both(words))
    return found[0] if len(found) == 1 else {"or": found}


def _both(words: list[str]) -> dict[str, Any]:
    found = [_one(words)]
    while words and words[0] == "and":
        words.pop(0)
        found.append(_one(words))
    return found[0] if len(found) == 1 else {"and": found}


def _one(words: list[str]) -> dict[str, Any]:
    if words and words[0] == "not":
        words.pop(0)
        return {"not": _one(words)}
    if words and words[0] == "(":
        words.pop(0)
        found = _either(words)
        if not words or words.pop(0) != ")":
            raise Unreadable("a closing bracket is missing")
        return found
    if len(words) < 3:
        raise Unreadable("expected an attribute, an operator and a value")
    attribute, operator, value = words.pop(0), words.pop(0), words.pop(0)
    return {operator: {attribute: value[1:-1] if value[0] in "'\"" else value}}


def _words(text: str) -> list[str]:
    words, at = [], 0
    while text[at:].strip():
        found = _WORDS.match(text, at)
        if found is None:
            raise Unreadable(f"cannot read {text[at:]!r}")
        words.append(found[1])
        at = found.end()
    return words


def parse_operations(given: Any) -> list[Any]:
    """Operations such as "(aggregate sum (metric vcpus mean))" as nested lists; lists stay as they are.

    Raises Unreadable.
    """
    if isinstance(given, list):
        return given
    words = _words(str(given))
    if not words or words.pop(0) != "(":
        raise Unreadable("operations begin with a bracket")
    found = _nested(words)
    if words:
        raise Unreadable(f"{words[0]!r} is one word too many")
    return found


def _nested(words: list[str]) -> list[Any]:
    found: list[Any] = []
    while words:
        word = words.pop(0)
        if word == ")":
            return found
        found.append(_nested(words) if word == "(" else word)
    raise Unreadable("a closing bracket is missing")


def aggregated(operations: list[Any], known: Sequence[str]) -> tuple[str | None, list[tuple[str, str]]]:
    """How ["aggregate", method, ["metric", ...]] combines, None for the metrics as they are, and what
    references() finds.

    Raises Unreadable for a method that is not known, and for other operations, such as
    rolling and arithmetic.
    """
    if operations[:1] != ["aggregate"] or len(operations) != 3:
        return None, references(operations)
    if operations[1] not in known:
        raise Unreadable(f"the sandbox combines by {', '.join(known)}, not by {operations[1]}")
    return operations[1], references(operations[2])


def references(operations: list[Any]) -> list[tuple[str, str]]:
    """The metrics, by name or id, and the aggregation of each that a ["metric", ...] refers to.

    Raises Unreadable.
    """
    if len(operations) > 1 and operations[0] == "metric":
        pairs = operations[1:] if isinstance(operations[1], list) else [operations[1:]]
        if all(isinstance(one, list) and len(one) == 2 for one in pairs):
            return [(str(name), str(aggregation)) for name, aggregation in pairs]
    raise Unreadable(f"expected a metric and its aggregation, got {operations!r}")
