# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The request of a gate, line by line: one-off and running ones (design/gate.md#requests)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .._core.categories import CATEGORIES
from .._core.errors import InvalidOption
from .._core.money import ROUNDING, Money, parse_amount, parse_currency, parse_positive_amount, to_nano
from .._core.periods import iso, parse_moment
from .._ledger.holds import HoldLine

_UTC = ZoneInfo("UTC")
_SMALLEST = Decimal("1e-9")
#: A running line of more hours than this, which is over a hundred years, runs for good.
_MOST_HOURS = 1_000_000
_HOUR_S = Decimal(3600)


@dataclass(frozen=True)
class Request:
    """What is to be spent, line by line. removals: what is taken away. offsets: whether that offsets the
    lines (design/gate.md#removals).
    """

    lines: tuple[HoldLine, ...] = ()
    removals: tuple[HoldLine, ...] = ()
    offsets: bool = False

    def __str__(self) -> str:
        """`CHF 60`, or `CHF 60 and CHF 0.1 an hour` for several lines."""
        return " and ".join(map(str, self.lines)) or "nothing"


def parse_lines(rows: Sequence[Mapping[str, Any]], option: str = "lines") -> tuple[HoldLine, ...]:
    """The lines of a request from what a user writes: `amount` and perhaps `at`, or `hourly` and perhaps
    `hours` or `until`; currency; optionally category, project, region, tags, name and metric.

    Amounts are exact, rounded half-even to the ledger's unit; hourly may be 0. Raises InvalidOption, with the
    line in its name, for any other amount that is not positive, for options that do not go together, and for
    a wrong currency, category or moment.
    """
    return tuple(parse_line(row, f"{option}[{index}].") for index, row in enumerate(rows))


def parse_line(row: Mapping[str, Any], prefix: str = "", amount: str = "amount") -> HoldLine:
    """One line. prefix: how the options' names begin in errors; amount: the name of the amount's option.

    Raises InvalidOption.
    """
    category, hourly = row.get("category"), row.get("hourly") is not None
    if category is not None and category not in CATEGORIES:
        raise InvalidOption(
            f"{prefix}category", f"'{category}' is not a category; use one of {', '.join(CATEGORIES)}."
        )
    if hourly and row.get(amount) is not None:
        raise InvalidOption(f"{prefix}hourly", f"and `{amount}` are mutually exclusive.")
    if not hourly and prefix and row.get(amount) is None:
        raise InvalidOption(f"{prefix}{amount}", "or `hourly` is required.")
    _refuse_beside(row, prefix, ("at",) if hourly else ("hours", "until"), amount if hourly else "hourly")
    if row.get("hours") is not None and row.get("until") is not None:
        raise InvalidOption(f"{prefix}hours", "and `until` are mutually exclusive.")
    option = "hourly" if hourly else amount
    is_free = hourly and _is_zero(row["hourly"], f"{prefix}hourly")
    money = Money(
        Decimal(0) if is_free else _in_ledger_unit(row.get(option) or "", f"{prefix}{option}"),
        parse_currency(row.get("currency"), f"{prefix}currency"),
    )
    return HoldLine(
        money,
        category,
        row.get("project") or None,
        parse_tags(row.get("tags")),
        region=row.get("region") or None,
        name=(row.get("name") or "").strip() or None,
        metric=row.get("metric") or None,
        hourly=hourly,
        at=_moment(row, "at", prefix),
        until=_moment(row, "until", prefix),
        hours=_hours(row, prefix),
    )


def _refuse_beside(row: Mapping[str, Any], prefix: str, options: Sequence[str], needed: str) -> None:
    for option in options:
        if row.get(option) is not None:
            raise InvalidOption(f"{prefix}{option}", f"has no effect without `{needed}`.")


def _is_zero(text: str, option: str) -> bool:
    """Whether it is known to be free, which is written as 0 by the hour."""
    return not parse_amount(text, option, beside_currency=True)


def _in_ledger_unit(text: str, option: str) -> Decimal:
    """An amount as the ledger can hold it, rounded half-even to 1e-9 (design/money.md#amounts-in-the-ledger).

    Raises InvalidOption for an amount that rounds to zero.
    """
    amount = ROUNDING.quantize(parse_positive_amount(text, option, beside_currency=True), _SMALLEST)
    if amount <= 0:
        raise InvalidOption(option, "is less than the ledger's smallest unit, 0.000000001.")
    return amount


def _moment(row: Mapping[str, Any], option: str, prefix: str) -> datetime | None:
    return parse_moment(row[option], _UTC, f"{prefix}{option}") if row.get(option) else None


def _hours(row: Mapping[str, Any], prefix: str) -> Decimal | None:
    if row.get("hours") is None:
        return None
    hours = parse_positive_amount(str(row["hours"]), f"{prefix}hours")
    if hours > _MOST_HOURS:
        raise InvalidOption(
            f"{prefix}hours", f"is more than {_MOST_HOURS}; omit it for what runs until it is removed."
        )
    return hours


def placed(
    lines: Iterable[HoldLine],
    now: datetime,
    for_period: datetime | None = None,
    holds: bool = False,
    option: str = "lines",
    begins_at: datetime | None = None,
) -> tuple[HoldLine, ...]:
    """The lines with their moments: a one-off line falls at its own one, else at for_period, else now; the
    hours of a running line become its end.

    holds: whether they are to be held, which nobody can for the past. option: name of the lines' option in
    errors. begins_at: when running lines began; None for now. Raises InvalidOption for a moment before now
    where they are held, and for a running line that ends before it begins.
    """
    began = begins_at or now
    if holds and for_period is not None and for_period < now:
        raise InvalidOption("for_period", f"{iso(for_period)} is past; omit it for the current period.")
    found = []
    for index, line in enumerate(lines):
        if not line.hourly:
            at = line.at or for_period or now
            if holds and at < now:
                raise InvalidOption(
                    f"{option}[{index}].at", f"{iso(at)} is past; omit it for what is spent now."
                )
            found.append(replace(line, at=at))
            continue
        until = line.until if line.hours is None else began + _length(line.hours)
        if until is not None and until <= began:
            raise InvalidOption(
                f"{option}[{index}].until", f"{iso(until)} is not after {iso(began)}, when it begins."
            )
        found.append(replace(line, until=until, hours=None))
    return tuple(found)


def _length(hours: Decimal) -> timedelta:
    """Whole seconds, rounded up."""
    seconds = ROUNDING.multiply(hours, _HOUR_S).to_integral_value(ROUND_CEILING, ROUNDING)
    return timedelta(seconds=int(seconds))


def without_nothing(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of options without the omitted ones, so that it can be merged over defaults."""
    return {name: value for name, value in row.items() if value is not None}


def parse_tags(tags: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Tags as they are compared: text, sorted by name."""
    return tuple(sorted((str(name), str(value)) for name, value in (tags or {}).items()))


def refuse_too_large(lines: Sequence[HoldLine], option: str = "lines") -> None:
    """Raise InvalidOption for an amount that no row of the ledger can hold."""
    for index, line in enumerate(lines):
        to_nano(line.money.amount, f"{option}[{index}].{'hourly' if line.hourly else 'amount'}")
