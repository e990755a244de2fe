# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What is asked for, line by line (design/gate.md#requests)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .._core.categories import CATEGORIES
from .._core.errors import InvalidOption
from .._core.money import Money, display, from_nano, parse_currency, parse_positive_amount, to_nano
from .._ledger.holds import NEXT, THIS, HoldLine


@dataclass(frozen=True)
class Request:
    """What is to be spent. counts_at: the moment in whose period the lines of this period count; None for the
    moment of the gate.
    """

    lines: tuple[HoldLine, ...] = ()
    counts_at: datetime | None = None

    def __str__(self) -> str:
        """`CHF 60`, or `CHF 60 and CHF 50` for several lines."""
        return " and ".join(str(line.money) for line in self.lines) or "nothing"


def parse_lines(rows: Sequence[Mapping[str, Any]], option: str = "lines") -> tuple[HoldLine, ...]:
    """The lines of a request as a user writes them: amount, currency, and what is known of category, project,
    tags and period.

    Amounts are exact. Raises InvalidOption that names the line for what is no positive amount, no currency,
    no category, or no period.
    """
    return tuple(parse_line(row, f"{option}[{index}].") for index, row in enumerate(rows))


def parse_line(row: Mapping[str, Any], prefix: str = "", amount: str = "amount") -> HoldLine:
    """One line. prefix: how the options' names begin in errors; amount: the name of the amount's option.

    Raises InvalidOption.
    """
    category, period = row.get("category"), row.get("period") or THIS
    if category is not None and category not in CATEGORIES:
        raise InvalidOption(
            f"{prefix}category", f"'{category}' is no category; it is one of {', '.join(CATEGORIES)}."
        )
    if period not in (THIS, NEXT):
        raise InvalidOption(f"{prefix}period", f"'{period}' is neither this nor next.")
    money = Money(
        parse_positive_amount(row.get(amount) or "", f"{prefix}{amount}"),
        parse_currency(row.get("currency"), f"{prefix}currency"),
    )
    return HoldLine(money, category, row.get("project") or None, parse_tags(row.get("tags")), period)


def without_nothing(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of options without those that were left out, so that defaults beside it can stand."""
    return {name: value for name, value in row.items() if value is not None}


def parse_tags(tags: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Tags as they are compared: text, sorted by name."""
    return tuple(sorted((str(name), str(value)) for name, value in (tags or {}).items()))


def in_ledger_units(lines: Sequence[HoldLine], option: str = "lines") -> tuple[HoldLine, ...]:
    """The lines as the ledger can hold them, rounded half-even to 1e-9
    (design/money.md#amounts-in-the-ledger).

    Raises InvalidOption where nothing would be left.
    """
    rounded = []
    for index, line in enumerate(lines):
        amount = from_nano(to_nano(line.money.amount, f"{option}[{index}].amount"))
        if amount <= 0:
            raise InvalidOption(
                f"{option}[{index}].amount", "is less than the ledger's smallest unit, 0.000000001."
            )
        rounded.append(replace(line, money=Money(amount, line.money.currency)))
    return tuple(rounded)


def described(line: HoldLine) -> dict[str, Any]:
    """A line as results show it."""
    return {
        "amount": display(line.money.amount),
        "currency": line.money.currency,
        "category": line.category,
        "project": line.project,
        "tags": dict(line.tags),
        "period": line.period,
    }
