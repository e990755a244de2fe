# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter money_sum; money_sum.yml documents it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._core.errors import FinopsError, InvalidOption
from ..module_utils._core.money import amount_of, exact_sum, format_exact, parse_currency


def money_sum(rows: Any, attribute: str = "amount") -> str:
    """The exact sum of amounts, or of one attribute of rows that all name the same currency.

    Raises AnsibleFilterError for what is no amount (a null is unknown, not zero) and for rows of several
    currencies or of none.
    """
    if not isinstance(rows, list | tuple):
        raise AnsibleFilterError(
            "money_sum needs a list of amounts, or of rows with an amount and a currency."
        )
    try:
        return format_exact(exact_sum(_amounts(rows, attribute)))
    except FinopsError as error:
        raise AnsibleFilterError(str(error)) from error


def _amounts(rows: list[Any] | tuple[Any, ...], attribute: str) -> list[Any]:
    amounts, currencies = [], set()
    for number, row in enumerate(rows):
        named = isinstance(row, Mapping)
        if named and attribute not in row:
            raise InvalidOption(f"[{number}]", f"has no {attribute}; set `attribute` to the key to sum.")
        currencies.add(parse_currency(row.get("currency"), f"[{number}].currency") if named else None)
        amounts.append(amount_of(row[attribute] if named else row, f"[{number}]"))
    if len(currencies) > 1:
        names = ", ".join(sorted(currency or "none" for currency in currencies))
        raise InvalidOption(
            "currency", f"amounts of several currencies ({names}) cannot be summed; convert them first."
        )
    return amounts


class FilterModule:
    """What Ansible looks for in this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"money_sum": money_sum}
