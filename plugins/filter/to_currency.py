# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter to_currency; to_currency.yml documents it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from ansible.errors import AnsibleFilterError

from ..module_utils._core.errors import FinopsError, InvalidOption
from ..module_utils._core.money import amount_of, format_amount, parse_currency
from ..module_utils._core.periods import now_utc, parse_moment
from ..module_utils._core.rates import parse_rates

_OF_A_RATE = {"currency", "icu_per_unit", "valid_from"}


def to_currency(
    value: Any,
    wanted: str,
    currency: str | None = None,
    at: str | None = None,
    rates: Any = (),
    confirm_rates: bool = False,
) -> str:
    """An amount, or the amount of a row with a currency, in another currency, half-even to 6 decimals
    (design/money.md#rates, design/money.md#comparison-and-display).

    Arguments as to_currency.yml says. Raises AnsibleFilterError for what is no amount, currency, moment or
    rate, and where no rate was valid then.
    """
    try:
        if isinstance(value, Mapping):
            currency, value = value.get("currency", currency), value.get("amount")
        amount = amount_of(value, "amount")
        moment = now_utc() if at is None else parse_moment(at, ZoneInfo("UTC"), "at")
        in_force = parse_rates(_checked(rates), confirm_rates)
        known, asked = parse_currency(currency, "currency"), parse_currency(wanted, "wanted")
        return format_amount(in_force.convert(amount, known, asked, moment))
    except FinopsError as error:
        raise AnsibleFilterError(str(error)) from error


def _checked(rates: Any) -> Sequence[Mapping[str, str]]:
    if not isinstance(rates, list | tuple):
        raise InvalidOption("rates", f"must be a list of rates, each with {', '.join(sorted(_OF_A_RATE))}.")
    for number, row in enumerate(rates):
        if not isinstance(row, Mapping) or set(row) != _OF_A_RATE:
            raise InvalidOption(
                f"rates[{number}]", f"a rate has {', '.join(sorted(_OF_A_RATE))}, and nothing else."
            )
    return rates


class FilterModule:
    """What Ansible looks for in this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"to_currency": to_currency}
