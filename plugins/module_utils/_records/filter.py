# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Filtering records by their fields: conditions as in OData, for stored records and for a
system's own (design/records.md#window-and-weight).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .._core.errors import InvalidOption
from .._core.usage_record import UsageRecord
from .._vergeos.billing import FILTERED

Condition = tuple[str, str, "int | str"]
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_CONDITION = re.compile(r"(\w+) (\w+) (?:([0-9]{1,18})|'((?:[^'\\]|\\.)*)')(?: and |$)", re.ASCII)
_TIER = re.compile(r"tier_(\d)_(used|total)_bytes", re.ASCII)


def parse_filter(text: str | None) -> tuple[Condition, ...]:
    """The conditions of a text such as `used_cores gt 10 and description eq 'October'`; none for None.

    Raises InvalidOption for anything else.
    """
    return () if text is None else tuple(_conditions(text.strip()))


def _conditions(text: str) -> Iterator[Condition]:
    at = 0
    while at == 0 or at < len(text):
        found = _CONDITION.match(text, at)
        if found is None:
            rest = text[at : at + 40]
            raise InvalidOption(
                "filter",
                f"'{rest}' is not a condition; write one such as used_cores gt 10 and description eq"
                " 'October'.",
            )
        field, comparison, number, quoted = found.groups()
        if field not in FILTERED:
            raise InvalidOption(
                "filter", f"'{field}' is not a field to filter by; use one of {', '.join(FILTERED)}."
            )
        if comparison not in _COMPARISONS:
            raise InvalidOption(
                "filter", f"'{comparison}' is not a comparison; use one of {', '.join(_COMPARISONS)}."
            )
        if (number is None) != (field == "description"):
            kind = "a text in single quotes" if field == "description" else "a whole number"
            raise InvalidOption("filter", f"{field} must be compared with {kind}.")
        yield field, comparison, re.sub(r"\\(.)", r"\1", quoted) if number is None else int(number)
        at = found.end()


def meets(record: UsageRecord, conditions: Sequence[Condition]) -> bool:
    """Whether the record meets all conditions. An unknown value meets none."""
    return all(
        (known := _value(record, field)) is not None and _COMPARISONS[comparison](known, value)
        for field, comparison, value in conditions
    )


def _value(record: UsageRecord, field: str) -> Any:
    tier = _TIER.fullmatch(field)
    if tier is None:
        return getattr(record, field)
    found = next((one for one in record.tiers if one.name == tier[1]), None)
    return None if found is None else getattr(found, f"{tier[2]}_bytes")
