# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What one unit of a currency is worth in ICU, and since when (design/money.md#rates,
design/money.md#comparison-and-display).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from .errors import InvalidOption, UnknownAmount
from .money import EXACT, ROUNDING, parse_amount, parse_currency
from .periods import Window, iso, parse_moment
from .spans import cut

ICU = "ICU"
#: One unit of these has been worth tens of ICU; a rate below 1 is inverted.
_NEVER_BELOW_ONE = ("CHF", "EUR", "USD", "GBP")
_SUSPICIOUS_PART = Decimal("0.2")
#: Any amount times any rate keeps all its digits within the exact context
#: (design/money.md#exact-amounts).
_LARGEST_RATE = 1_000_000
_RATE_DECIMALS = 9


#: An amount, its currency, and the moment whose rate converts it.
DatedAmount: TypeAlias = tuple[Decimal, str, datetime]


@dataclass(frozen=True)
class Rate:
    """icu_per_unit: how many ICU one unit of the currency is, from valid_from on until a later rate of it."""

    currency: str
    icu_per_unit: Decimal
    valid_from: datetime


#: Infomaniak's documentation of its public cloud's billing, read 2026-11-21: 1 CHF is 50 ICU, 1 EUR is 55.5
#: ICU.
SHIPPED = (
    Rate("CHF", Decimal(50), datetime(2021, 1, 1, tzinfo=UTC)),
    Rate("EUR", Decimal("55.5"), datetime(2021, 1, 1, tzinfo=UTC)),
)


class SplitRules(NamedTuple):
    """How shared costs are divided: the rows of the owner's policy, and the zone in which months begin."""

    rows: Sequence[Mapping[str, Any]] = ()
    zone: str = "UTC"


NO_SPLITS = SplitRules()


class Rates:
    """The rates in force.

    given: those of a task or a program, which replace all others of the same currency. recorded: those of a
    ledger, each of which is valid from its date on; before the first one the shipped rate is. splits: what
    the same ledger says of shared costs, so that whoever reads sums at its rates has it.
    """

    def __init__(
        self, given: Iterable[Rate] = (), recorded: Iterable[Rate] = (), splits: SplitRules = NO_SPLITS
    ) -> None:
        self.given, self.splits = tuple(given), splits
        replaced = {rate.currency for rate in self.given}
        # A recorded rate comes behind the shipped one of the same date, and so counts.
        kept = (rate for rate in (*SHIPPED, *recorded) if rate.currency not in replaced)
        self._rates = tuple(sorted((*kept, *self.given), key=lambda rate: rate.valid_from))

    @property
    def each(self) -> tuple[Rate, ...]:
        """The rates, by currency and date."""
        last = {(rate.currency, rate.valid_from): rate for rate in self._rates}
        return tuple(last[key] for key in sorted(last))

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every currency that has a rate, and ICU."""
        return (ICU, *sorted({rate.currency for rate in self._rates}))

    def at(self, currency: str, moment: datetime) -> Decimal:
        """ICU per unit at that moment; 1 for ICU. Raises UnknownAmount where no rate was valid then."""
        rate = self.known_at(currency, moment)
        if rate is None:
            raise UnknownAmount(
                f"No rate says how many ICU one {currency} was on {iso(moment)}; record one with"
                " cost_policy, or give one in `rates` where the ledger's policy lets a task have its own."
            )
        return rate

    def known_at(self, currency: str, moment: datetime) -> Decimal | None:
        """ICU per unit at that moment; 1 for ICU, None where no rate was valid then."""
        if currency == ICU:
            return Decimal(1)
        valid = [rate for rate in self._rates if rate.currency == currency and rate.valid_from <= moment]
        return valid[-1].icu_per_unit if valid else None

    def to_icu(self, amount: Decimal, currency: str, moment: datetime) -> Decimal:
        """The exact amount in ICU, by multiplication. Raises UnknownAmount."""
        return EXACT.multiply(amount, self.at(currency, moment))

    def convert(self, amount: Decimal, currency: str, wanted: str, moment: datetime) -> Decimal:
        """The amount in another currency, rounded at 50 digits: for showing, never for comparing
        (design/money.md#comparison-and-display). Nothing is nothing in any currency, without a rate too.

        Raises UnknownAmount.
        """
        if currency == wanted or not amount:
            return amount
        return ROUNDING.divide(self.to_icu(amount, currency, moment), self.at(wanted, moment))

    def netted(
        self, parts: Iterable[DatedAmount], wanted: str, at_one_moment: bool = True
    ) -> list[DatedAmount]:
        """The parts that have to be converted into a currency, or are in it: added up for each currency and
        rate, without those that come to 0 (design/money.md#rates).

        at_one_moment: whether the wanted currency has one rate for all of them, as a limit has, or that of
        each part's moment.
        """
        sums: dict[tuple[str, Decimal | None, Decimal | None], tuple[Decimal, datetime]] = {}
        for amount, currency, moment in parts:
            own = None if currency == wanted else self.known_at(currency, moment)
            into = None if currency == wanted or at_one_moment else self.known_at(wanted, moment)
            key = (currency, own, into)
            before, first = sums.get(key, (Decimal(0), moment))
            sums[key] = (EXACT.add(before, amount), first)
        return [(amount, key[0], moment) for key, (amount, moment) in sums.items() if amount]

    def segments(self, window: Window) -> list[Window]:
        """The window cut where a rate begins: inside a segment every rate is constant."""
        return cut(window, (rate.valid_from for rate in self._rates))


def parse_rates(rows: Iterable[Mapping[str, str]], confirmed: bool) -> Rates:
    """Rates from the option `rates`: rows of currency, icu_per_unit and valid_from.

    Raises InvalidOption for a row that is no rate, and, unless confirmed, for one that looks inverted or is
    more than 20 % off the shipped one.
    """
    return Rates(parse_rate(row, f"rates[{index}]", confirmed) for index, row in enumerate(rows))


def parse_rate(row: Mapping[str, str], option: str, confirmed: bool) -> Rate:
    """One row of rates. option: its name in errors. Raises what parse_rates does."""
    currency = parse_currency(row["currency"], f"{option}.currency")
    if currency == ICU:
        raise InvalidOption(f"{option}.currency", "ICU is what rates are counted in; name another currency.")
    value = parse_amount(row["icu_per_unit"], f"{option}.icu_per_unit")
    if value <= 0:
        raise InvalidOption(f"{option}.icu_per_unit", f"'{row['icu_per_unit']}' is not above zero.")
    if value >= _LARGEST_RATE or value != round(value, _RATE_DECIMALS):
        problem = (
            f"'{row['icu_per_unit']}' is out of range; rates are below {_LARGEST_RATE} with at most"
            f" {_RATE_DECIMALS} decimals."
        )
        raise InvalidOption(f"{option}.icu_per_unit", problem)
    if not confirmed:
        _refuse_suspicious(f"{option}.icu_per_unit", currency, value)
    return Rate(currency, value, parse_moment(row["valid_from"], ZoneInfo("UTC"), f"{option}.valid_from"))


def _refuse_suspicious(option: str, currency: str, value: Decimal) -> None:
    if currency in _NEVER_BELOW_ONE and value < 1:
        raise InvalidOption(
            option,
            f"{value} ICU for one {currency} looks inverted; write how many ICU 1 {currency} is worth, or set"
            " confirm_rates.",
        )
    for shipped in SHIPPED:
        off = abs(value - shipped.icu_per_unit)
        if shipped.currency == currency and off > shipped.icu_per_unit * _SUSPICIOUS_PART:
            raise InvalidOption(
                option,
                f"{value} ICU for one {currency} is more than 20 % off the shipped"
                f" {shipped.icu_per_unit}; correct it, or set confirm_rates.",
            )
