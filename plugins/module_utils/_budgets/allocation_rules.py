# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The splits of shared costs, from what a cost_policy task says to what the policy stores
(design/ledger.md#shared-costs).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.errors import InvalidOption
from .._core.money import format_exact, parse_amount
from .._ledger.allocation import BY_SHARES, CONDITIONS, TO_PROJECT

_TAG = "tag:"
#: What a run rate does not know, so that a budget could not count its part of it.
_OF_ENTRIES_ONLY = ("metrics", "resources")


def parse_splits(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The splits as the policy stores them. Raises InvalidOption naming the row."""
    found: list[dict[str, Any]] = []
    for index, row in enumerate(rows):
        option = f"cost_allocation[{index}]"
        one = _split(row, option)
        if any(one["name"] == other["name"] for other in found):
            raise InvalidOption(f"{option}.name", f"'{one['name']}' is there twice; use a name once.")
        found.append(one)
    return tuple(found)


def _split(row: Mapping[str, Any], option: str) -> dict[str, Any]:
    name = row["name"].strip()
    if not name:
        raise InvalidOption(f"{option}.name", "is empty; use a name such as support.")
    cost, budgets = _conditions(row["cost"], f"{option}.cost"), list(row.get("budgets") or ())
    if not cost:
        raise InvalidOption(
            f"{option}.cost", f"selects all costs; say which are shared by {', '.join(CONDITIONS)}."
        )
    for condition in _OF_ENTRIES_ONLY if budgets else ():
        if condition in cost:
            raise InvalidOption(
                f"{option}.cost.{condition}",
                "is mutually exclusive with `budgets`, as a run rate has none; use projects, categories,"
                " regions, sources or tags.",
            )
    return {
        "name": name,
        "cost": cost,
        "by": row["by"],
        "shares": _shares(row, option),
        "of": _of(row, option),
        "to": _to(row.get("to") or TO_PROJECT, option),
        "budgets": budgets,
    }


def _conditions(given: Mapping[str, Any] | None, option: str) -> dict[str, Any]:
    said = {name: (given or {}).get(name) for name in CONDITIONS}
    kept = {name: list(value) for name, value in said.items() if name != "tags" and value is not None}
    for name, value in kept.items():
        if not value:
            raise InvalidOption(f"{option}.{name}", "is empty, so nothing matches it; leave it out.")
        for index, one in enumerate(value):
            _refuse_empty(one, f"{option}.{name}[{index}]")
    tags = _texts(said["tags"] or {}, f"{option}.tags")
    return {**kept, "tags": tags} if tags else kept


def _texts(given: Mapping[Any, Any], option: str) -> dict[str, str]:
    """Names with their values as text. Raises InvalidOption for what is none, and a name that is there twice,
    such as 1 and "1".
    """
    found: dict[str, str] = {}
    for key, value in given.items():
        name = str(key).strip()
        _refuse_empty(name, option)
        if value is None or isinstance(value, (Mapping, list)):
            raise InvalidOption(f"{option}.{name}", "has no value; write a text or a number.")
        if name in found:
            raise InvalidOption(option, f"'{name}' is there twice; use a name once.")
        found[name] = str(value)
    return found


def _refuse_empty(text: str, option: str) -> None:
    if not text.strip():
        raise InvalidOption(option, "has an empty name; remove it.")


def _shares(row: Mapping[str, Any], option: str) -> dict[str, str]:
    given = row.get("shares")
    if row["by"] != BY_SHARES:
        if given:
            raise InvalidOption(f"{option}.shares", f"has no effect with `by: {row['by']}`; leave it out.")
        return {}
    if not given:
        raise InvalidOption(f"{option}.shares", "is required with `by: shares`; name who gets how much.")
    found: dict[str, str] = {}
    for name, text in _texts(given, f"{option}.shares").items():
        share = parse_amount(text, f"{option}.shares.{name}")
        if share <= 0:
            raise InvalidOption(f"{option}.shares.{name}", f"'{text}' is not above zero.")
        found[name] = format_exact(share)
    return found


def _of(row: Mapping[str, Any], option: str) -> dict[str, Any]:
    found = _conditions(row.get("of"), f"{option}.of")
    if found and row["by"] == BY_SHARES:
        raise InvalidOption(f"{option}.of", "has no effect with `by: shares`; leave it out.")
    return found


def _to(text: str, option: str) -> str:
    if text != TO_PROJECT and not (text.startswith(_TAG) and text.removeprefix(_TAG).strip()):
        raise InvalidOption(f"{option}.to", f"'{text}' is not `project`, nor `tag:` and a tag's name.")
    return text.strip()
