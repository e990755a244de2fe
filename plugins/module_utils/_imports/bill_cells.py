# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a cell of a bill says: moments, amounts, quantities and tags (design/imports.md#what-a-cell-says).

A cell that says nothing certain raises CellError with what would be right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .._core.errors import InvalidOption
from .._core.money import format_exact
from .._core.periods import at_local, refuse_far_moment

#: What stands for nothing in FOCUS files, beside the empty cell.
FOCUS_NULLS = ("NULL", "null", "\\N", "None")
_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ]+(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)? ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d{1,3})?|[+-]?\.\d+([eE][+-]?\d{1,3})?", re.ASCII)
_WITH_COMMA = re.compile(r"[+-]?(\d{1,3}([. '\u00a0\u202f\u2019]\d{3})+|\d+)(,\d+)?", re.ASCII)
_GROUPS = re.compile("[. '\u00a0\u202f\u2019]")
#: What needs no rounding.
_PLAIN = re.compile(r"(-?\d{1,9})(?:\.(\d{1,9}))?", re.ASCII)
_PAIR = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*:')
#: Enough that what a file says is never rounded before it becomes nano units.
_WIDE = Context(prec=1_000, rounding=ROUND_HALF_EVEN)
_ONE, _NANO = Decimal(1), Decimal(10) ** 9
_LARGEST_NANO = 2**63 - 1
_LARGEST_EXPONENT = 100
#: A quantity is kept to so many decimals, as exports write them.
_SMALLEST_QUANTITY = Decimal("1e-18")
_SHOWN = 40


class CellError(ValueError):
    """What is wrong with a cell, as the rest of a sentence that begins with its column."""


def moments(
    zone: ZoneInfo | None, date_format: str | None, beside_iso: str | None = None
) -> Callable[[str], int]:
    """What reads a moment as seconds since the epoch. zone: of what is written without one. date_format: of
    strptime, None for ISO 8601 and beside_iso.
    """

    def read(text: str) -> int:
        by_format = date_format or (None if _MOMENT.fullmatch(text) else beside_iso)
        return _seconds(text, zone, by_format)

    return read


def _seconds(text: str, zone: ZoneInfo | None, date_format: str | None) -> int:
    moment = _by_format(text, date_format) if date_format else _by_iso(text)
    if moment.tzinfo is None:
        if zone is None:
            raise CellError(f"'{shortened(text)}' has no time zone; write `timezone`, such as UTC.")
        moment = at_local(moment.date(), moment.time(), zone)
    moment = moment.astimezone(UTC)
    try:
        refuse_far_moment(moment, "")
    except InvalidOption as error:
        raise CellError(error.problem) from error
    return int(moment.timestamp())


def _by_format(text: str, date_format: str) -> datetime:
    try:
        return datetime.strptime(text, date_format).replace(microsecond=0)  # noqa: DTZ007
    except ValueError as error:
        raise CellError(f"'{shortened(text)}' is not written as `date_format` '{date_format}'.") from error


def _by_iso(text: str) -> datetime:
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise CellError(
            f"'{shortened(text)}' is no date that can be read only one way; write `date_format`, such as"
            " %d.%m.%Y."
        )
    year, month, day, hour, minute, second, zone = found.groups()
    try:
        moment = datetime.combine(
            date(int(year), int(month), int(day)), time(int(hour or 0), int(minute or 0), int(second or 0))
        )
        if zone is None:
            return moment
        offset = "+00:00" if zone in ("Z", "UTC", "GMT") else zone
        return datetime.fromisoformat(moment.isoformat() + (offset if len(offset) > 3 else f"{offset}:00"))
    except ValueError as error:
        raise CellError(f"'{shortened(text)}' is no date of the calendar.") from error


def number(text: str, decimal_comma: bool) -> Decimal:
    """A decimal of any size, exactly."""
    plain = text
    if decimal_comma:
        if not _WITH_COMMA.fullmatch(text):
            raise CellError(f"'{shortened(text)}' is no number with a decimal comma, such as 1.234,50.")
        plain = _GROUPS.sub("", text).replace(",", ".")
    if not _NUMBER.fullmatch(plain):
        hint = " or set `decimal_comma` where a comma stands before the decimals" if "," in text else ""
        raise CellError(f"'{shortened(text)}' is no number; write it like 1234.50{hint}.")
    return Decimal(plain)


def nano(text: str, decimal_comma: bool = False) -> int:
    """An amount in 1e-9 of its currency, rounded half-even once."""
    if not decimal_comma and (plain := _PLAIN.fullmatch(text)):
        # Nearly all are: whole numbers take a third of the time.
        return int(f"{plain[1]}{(plain[2] or ''):0<9}")
    scaled = _WIDE.multiply(number(text, decimal_comma), _NANO)
    if abs(scaled) > _LARGEST_NANO:
        raise CellError(f"'{shortened(text)}' is more than a ledger row can hold (9.2e9).")
    return int(scaled.to_integral_value(ROUND_HALF_EVEN, _WIDE))


def quantity(text: str, decimal_comma: bool = False) -> str:
    """A quantity of any size, to 18 decimals, without an exponent."""
    found = number(text, decimal_comma)
    if not found:
        return "0"
    if abs(found.adjusted()) > _LARGEST_EXPONENT:
        raise CellError(f"'{shortened(text)}' is beyond 1e100.")
    exponent = found.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -18:
        found = found.quantize(_SMALLEST_QUANTITY, ROUND_HALF_EVEN, _WIDE)
    return format_exact(found)


def tags(text: str) -> dict[str, str]:
    """The tags that a cell says: a JSON object, a JSON list of `{"key": ..., "value": ...}` as AWS writes
    them, or Azure's pairs without braces. null is no tags; a tag of null is none.
    """
    said = _json(text)
    if said is None:
        return {}
    if isinstance(said, list):
        said = dict(_pair(one) for one in said)
    if not isinstance(said, Mapping):
        raise CellError(f"'{shortened(text)}' is no JSON object of tags.")
    return {
        str(name): value if isinstance(value, str) else json.dumps(value)
        for name, value in said.items()
        if value is not None
    }


def credits_of(text: str) -> list[tuple[str, int]]:
    """The credits that a cell says, a JSON list of objects with `name` and `amount`: name and 1e-9 units."""
    try:
        said = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise CellError(f"'{shortened(text)}' is no JSON list of credits.") from error
    if not said:
        return []
    if not isinstance(said, list) or not all(isinstance(one, Mapping) for one in said):
        raise CellError(f"'{shortened(text)}' is no JSON list of credits.")
    return [(str(one.get("name") or ""), nano(str(one.get("amount")))) for one in said]


def _json(text: str) -> Any:
    # Azure leaves the braces out.
    written = f"{{{text}}}" if _PAIR.match(text) else text
    try:
        # Some exporters write the end of a line as it is.
        return json.loads(written, object_pairs_hook=_once, strict=False)
    except (ValueError, RecursionError) as error:
        if isinstance(error, CellError):
            raise
        raise CellError(
            f'\'{shortened(text)}\' is not JSON; tags are written like {{"team": "web"}}.'
        ) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) < len(pairs) and any(said[name] != value for name, value in pairs):
        name = next(name for name, value in pairs if said[name] != value)
        raise CellError(f"has the tag '{shortened(name)}' twice with different values.")
    return said


def _pair(one: Any) -> tuple[str, Any]:
    if isinstance(one, Mapping):
        lower = {str(name).lower(): value for name, value in one.items()}
        if set(lower) == {"key", "value"} and isinstance(lower["key"], str):
            return lower["key"], lower["value"]
    if isinstance(one, list) and len(one) == 2 and isinstance(one[0], str):
        return one[0], one[1]
    raise CellError("has a list whose elements are no tags with key and value.")


def shortened(text: str) -> str:
    """What a file says, for a sentence: on one line and not long."""
    printable = "".join(one if one.isprintable() else "?" for one in text[: _SHOWN + 1])
    return printable if len(printable) <= _SHOWN else f"{printable[: _SHOWN - 3]}..."
