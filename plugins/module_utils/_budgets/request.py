# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The request of a gate, line by line (design/gate.md#requests)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .._core.categories import CATEGORIES
from .._core.errors import InvalidOption
from .._core.money import Money, from_nano, parse_currency, parse_positive_amount, to_nano
from .._ledger.holds import NEXT, THIS, HoldLine


@dataclass(frozen=True)
class Request:
    """The amounts to spend. counts_at: a moment in the period that `this` means; None for
    the moment of the gate.
    """

    lines: tuple[HoldLine, ...] = ()
    counts_at: datetime | None = None

    def __str__(self) -> str:
        """`CHF 60`, or `CHF 60 and CHF 50` for several lines."""
        return " and ".join(str(line.money) for line in self.lines) or "nothing"


def parse_lines(rows: Sequence[Mapping[str, Any]], option: str = "lines") -> tuple[HoldLine, ...]:
    """The lines of a request from what a user writes: amount and currency, optionally category, project, tags
    and period.

    Amounts are exact. Raises InvalidOption, with the line in its name, for an amount that is not positive,
    and for a wrong currency, category or period.
    """
    return tuple(parse_line(row, f"{option}[{index}].") for index, row in enumerate(rows))


def parse_line(row: Mapping[str, Any], prefix: str = "", amount: str = "amount") -> HoldLine:
    """One line. prefix: how the options' names begin in errors; amount: the name of the amount's option.

    Raises InvalidOption.
    """
    category, period = row.get("category"), row.get("period") or THIS
    if category is not None and category not in CATEGORIES:
        raise InvalidOption(
            f"{prefix}category", f"'{category}' is not a category; use one of {', '.join(CATEGORIES)}."
        )
    if period not in (THIS, NEXT):
        raise InvalidOption(f"{prefix}period", f"'{period}' is not a period; write `this` or `next`.")
    money = Money(
        parse_positive_amount(row.get(amount) or "", f"{prefix}{amount}"),
        parse_currency(row.get("currency"), f"{prefix}currency"),
    )
    return HoldLine(money, category, row.get("project") or None, parse_tags(row.get("tags")), period)


def without_nothing(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of options without the omitted ones, so that it can be merged over defaults."""
    return {name: value for name, value in row.items() if value is not None}


def parse_tags(tags: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Tags as they are compared: text, sorted by name."""
    return tuple(sorted((str(name), str(value)) for name, value in (tags or {}).items()))


def in_ledger_units(lines: Sequence[HoldLine], option: str = "lines") -> tuple[HoldLine, ...]:
    """The lines as the ledger can hold them, rounded half-even to 1e-9
    (design/money.md#amounts-in-the-ledger).

    Raises InvalidOption for an amount that rounds to zero.
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
