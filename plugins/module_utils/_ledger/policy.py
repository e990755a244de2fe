# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The owner's policy and rates, with their history (design/gate.md#policy, design/money.md#rates).

Rows are only ever added: the newest policy is in force, and of each currency and date the newest rate. These
are named tuples, as every gate makes their classes anew, and makes these in a tenth of the time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.errors import InvalidOption, LedgerError
from .._core.rates import Rate, Rates, SplitRules
from .transaction import Transaction, read

if TYPE_CHECKING:
    from .sql import LedgerOptions

_POLICY, _RATE = "policy", "rate"
_VERSIONS = "SELECT 'policy', '', content, version, recorded_at, recorded_by, version FROM owner_policy"
_RATES = "SELECT 'rate', currency, icu_per_unit, valid_from, recorded_at, recorded_by, id FROM currency_rate"
#: One statement for both, as every gate asks it.
_IN_FORCE = (
    f"{_VERSIONS} WHERE version = (SELECT max(version) FROM owner_policy)"  # noqa: S608
    f" UNION ALL {_RATES} ORDER BY 1, 7"
)
#: Every row of both.
EVER = f"{_VERSIONS} UNION ALL {_RATES} ORDER BY 1, 7"


class PolicyRules(NamedTuple):
    """What tasks may do (design/gate.md#policy).

    price_sources: None for all. timezone and currency: of a definition that names none, None for no default.
    freeze_at: budget -> the fraction of its limit at which it is frozen. stop_at, shelve_at: that at which
    servers in its scope are stopped or shelved, as far as their owners allow it.
    cost_allocation: the splits of shared costs, each by the names of allocation.Split.
    locale: how reports write numbers and dates, of LOCALES; None for the default one.
    """

    allow_on_unknown_warn: bool = False
    allow_on_exceeded_warn: bool = False
    allow_own_rates: bool = False
    allow_own_prices: bool = False
    allow_assume_free: bool = False
    offset_removals: bool = False
    price_sources: tuple[str, ...] | None = None
    free_types: tuple[str, ...] = ()
    required_tags: tuple[str, ...] = ()
    timezone: str | None = None
    currency: str | None = None
    freeze_at: Mapping[str, str] = {}
    frozen_budgets: tuple[str, ...] = ()
    cost_allocation: tuple[Mapping[str, Any], ...] = ()
    locale: str | None = None
    stop_at: Mapping[str, str] = {}
    shelve_at: Mapping[str, str] = {}


class PolicyVersion(NamedTuple):
    """One version of the policy, and who recorded it. rules: None where it was removed."""

    version: int
    rules: PolicyRules | None
    recorded_at: datetime
    recorded_by: str


class RateVersion(NamedTuple):
    """A rate as it was recorded. number: rises with every row. icu_per_unit: None where it was removed."""

    number: int
    currency: str
    icu_per_unit: Decimal | None
    valid_from: datetime
    recorded_at: datetime
    recorded_by: str


class OwnerPolicy(NamedTuple):
    """What the ledger holds: the newest version of the policy, None where there never was one, and every
    rate that was recorded.
    """

    newest: PolicyVersion | None = None
    recorded_rates: tuple[RateVersion, ...] = ()

    @property
    def rules(self) -> PolicyRules | None:
        """The rules in force; None where there are none."""
        return None if self.newest is None else self.newest.rules

    @property
    def version(self) -> int:
        """The number of the newest version, 0 where there never was one."""
        return 0 if self.newest is None else self.newest.version

    @property
    def rates_version(self) -> int:
        """The number of the newest rate, 0 where there never was one."""
        return max((one.number for one in self.recorded_rates), default=0)

    def rates(self, as_of: datetime | None = None) -> tuple[RateVersion, ...]:
        """The rates in force, as far as they were recorded up to that moment."""
        newest: dict[tuple[str, datetime], RateVersion] = {}
        for one in self.recorded_rates:
            if as_of is None or one.recorded_at <= as_of:
                newest[one.currency, one.valid_from] = one
        return tuple(one for one in newest.values() if one.icu_per_unit is not None)

    def rates_in_force(self, option: Rates, as_of: datetime | None = None) -> Rates:
        """The rates of a task that has these in its option `rates` (design/money.md#rates).

        Raises InvalidOption where the task has its own and may not.
        """
        held = self.rates(as_of)
        if option.given and (held or self.rules is not None):
            if self.rules is None:
                raise InvalidOption(
                    "rates",
                    "is not for this task: the ledger holds rates, which every task uses. Leave it out, or"
                    " have it allowed with `allow_own_rates` of cost_policy.",
                )
            if not self.rules.allow_own_rates:
                raise InvalidOption("rates", f"is refused {self.because('allow_own_rates')}; leave it out.")
        return Rates(option.given, self.recorded(as_of), split_rules(self.rules))

    def recorded(self, as_of: datetime | None = None) -> list[Rate]:
        """rates() as a program calculates with them."""
        return [
            Rate(one.currency, one.icu_per_unit, one.valid_from)
            for one in self.rates(as_of)
            if one.icu_per_unit is not None
        ]

    def because(self, rule: str) -> str:
        """The part of a sentence that names the rule which refuses something."""
        return f"by `{rule}` of the ledger's policy, version {self.version}"


def split_rules(rules: PolicyRules | None) -> SplitRules:
    """What a policy says of shared costs; nothing without one."""
    return SplitRules() if rules is None else SplitRules(rules.cost_allocation, rules.timezone or "UTC")


def read_policy(transaction: Transaction) -> OwnerPolicy:
    """The policy and the rates, with one statement."""
    versions, rates = read_rows(transaction, _IN_FORCE)
    return OwnerPolicy(versions[-1] if versions else None, tuple(rates))


def rates_of(transaction: Transaction, option: Rates, as_of: datetime | None = None) -> Rates:
    """The rates that a task uses which has these in its option `rates`: the one place that decides it.

    as_of: by what was recorded up to then. Raises InvalidOption where the option is not allowed.
    """
    return read_policy(transaction).rates_in_force(option, as_of)


def policy_of(options: LedgerOptions) -> OwnerPolicy:
    """The policy and the rates of a ledger for a task that does not need one: a missing ledger holds none.

    Raises LedgerError for one that cannot be read.
    """
    from . import sql

    if not sql.exists(options):
        return OwnerPolicy()
    with sql.reading(options) as ledger:
        return read_policy(ledger.connection)


def read_rows(transaction: Transaction, statement: str) -> tuple[list[PolicyVersion], list[RateVersion]]:
    """What a statement finds of both tables, the oldest first."""
    versions: list[PolicyVersion] = []
    rates: list[RateVersion] = []
    for kind, currency, content, moment, at, recorded_by, number in read(transaction, statement):
        recorded_at = datetime.fromtimestamp(at, UTC)
        if kind == _POLICY:
            versions.append(PolicyVersion(number, _rules(content), recorded_at, recorded_by))
        else:
            value = None if content is None else Decimal(content)
            valid_from = datetime.fromtimestamp(moment, UTC)
            rates.append(RateVersion(number, currency, value, valid_from, recorded_at, recorded_by))
    return versions, rates


def _rules(content: str | None) -> PolicyRules | None:
    """The rules of a stored version, which may be older than some of them. Raises LedgerError for a rule of a
    newer one: what it forbids cannot be kept.
    """
    if content is None:
        return None
    stored = json.loads(content)
    if unknown := sorted(stored.keys() - set(PolicyRules._fields)):
        raise LedgerError(
            f"The ledger's policy has rules that this version of finops.cloud does not know"
            f" ({', '.join(unknown)}); install the version that wrote them, or a newer one."
        )
    return rules_of({**PolicyRules()._asdict(), **stored})


def rules_of(row: Mapping[str, Any]) -> PolicyRules:
    """The rules of a dictionary that has each of them by its name. Raises KeyError."""
    lists = {
        name: None if row[name] is None else tuple(row[name])
        for name in ("price_sources", "free_types", "required_tags", "frozen_budgets", "cost_allocation")
    }
    names = PolicyRules._fields
    return PolicyRules(**{**{name: row[name] for name in names}, **lists})
