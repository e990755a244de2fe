# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Costs as FOCUS has them (design/money.md): each as recorded, and in the billing currency.

Since 1.2 FOCUS knows virtual currencies: a cost that the cloud rates in ICU has PricingCurrency ICU and the
BillingCurrency that is paid. A column that does not apply to a charge is null, as the specification says for
each column. Source: https://focus.finops.org/focus-specification/, versions 1.0 to 1.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

from .._core.periods import Calendar, Window, moment_of, period_at
from .._core.rates import Rates
from .._ledger.valid_entries import OF_A_KIND
from . import attos
from .focus_columns import OF_A_KIND as KIND_COLUMNS

#: How many kinds and moments are kept: a month has a thousand hours, and a name can be long.
_KINDS_KEPT = 4_096
_TIMES_KEPT = 4_096
USAGE, PURCHASE, TAX = "usage", "purchase", "tax"

#: Our category -> ServiceCategory, and how a metric's name goes on within it -> ServiceSubcategory, the last
#: one for all others.
_SERVICES: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "compute": (
        "Compute",
        (("instance", "Virtual Machines"), ("cpu", "Virtual Machines"), ("", "Other (Compute)")),
    ),
    "storage": (
        "Storage",
        (
            ("volume.backup", "Backup Storage"),
            ("backup", "Backup Storage"),
            ("volume", "Block Storage"),
            ("snapshot", "Block Storage"),
            ("storage.object", "Object Storage"),
            ("radosgw", "Object Storage"),
            ("", "Other (Storage)"),
        ),
    ),
    "network": (
        "Networking",
        (
            ("router", "Network Routing"),
            ("network", "Network Connectivity"),
            ("ip", "Network Connectivity"),
            ("floating", "Network Connectivity"),
            ("loadbalancer", "Network Infrastructure"),
            ("load_balancer", "Network Infrastructure"),
            ("octavia", "Network Infrastructure"),
            ("", "Other (Networking)"),
        ),
    ),
    "llm_inference": ("AI and Machine Learning", (("", "Generative AI"),)),
    "llm_embedding": ("AI and Machine Learning", (("", "Generative AI"),)),
    "api_calls": ("Other", (("", "Other (Other)"),)),
    "other": ("Other", (("", "Other (Other)"),)),
}
#: What there is one of where an entry has no quantity.
_CHARGE = "Charges"


@dataclass(frozen=True)
class Parties:
    """Who sells and who bills, and by which invoice. provider and account_id: None for the cloud's name.
    publisher, host and issuer: None for the provider.
    """

    provider: str | None = None
    publisher: str | None = None
    host: str | None = None
    issuer: str | None = None
    account_id: str | None = None
    account_name: str | None = None
    invoice_id: str | None = None


@dataclass(frozen=True)
class FocusOptions:
    """currency: in which it is billed. zone: in which billing months begin. by_source: whose the charges of a
    source are. parties: whose all others are.
    """

    currency: str
    rates: Rates
    zone: str
    parties: Parties = Parties()
    by_source: Mapping[str, Parties] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class ChargeKind:
    """What the charges of one resource under one metric have in common: cells in the
    order of focus_columns.OF_A_KIND.

    Kinds, numbers and times are compared by identity, so that writers can keep what they make of them in a
    dictionary at no cost.
    """

    cells: tuple[str | None, ...]
    charge_category: str
    currency: str
    has_unit: bool


@dataclass(frozen=True, eq=False, slots=True)
class Numbers:
    """The numbers of a charge in 1e-18 (attos.py); None where one does not apply.

    billed and unit_price are in the billing currency, recorded and own_unit_price in the one that it was
    rated or recorded in.
    """

    billed: int
    unit_price: int | None
    pricing_quantity: int | None
    consumed_quantity: int | None
    recorded: int
    own_unit_price: int | None


@dataclass(frozen=True, eq=False, slots=True)
class Times:
    """The billing period and the charge's own, in seconds since the epoch, and what currencies were worth
    then (see Charges).
    """

    billing_begin: int
    billing_end: int
    begin: int
    end: int
    icu: int
    wanted: int


#: One row: its kind, numbers and times, and the version and key of its entry. A plain tuple, as there are
#: millions of them.
Charge: TypeAlias = tuple[ChargeKind, Numbers, Times, int, str]


class Charges:
    """Makes charges from entries in order of time. What many charges share is made once."""

    def __init__(
        self,
        options: FocusOptions,
        dimensions: Callable[[int], Mapping[str, Any]],
        divide: Callable[[Mapping[str, Any], Charge], Iterable[Charge]] | None = None,
    ) -> None:
        """dimensions: returns the columns of a dimension set by number, as valid_entries.dimensions does.
        divide: makes parts of a charge of an entry with these columns.
        """
        self._divide = divide
        self._columns: dict[ChargeKind, Mapping[str, Any]] = {}
        self._options = options
        self._dimensions = dimensions
        self._calendar = Calendar("monthly", options.zone)
        self._kinds: dict[tuple[Any, ...], ChargeKind] = {}
        self._times: dict[tuple[int, int, str], Times] = {}

    def of(self, rows: Iterable[Sequence[Any]]) -> Iterator[Charge]:
        """A charge for each row of valid_entries.stream().

        Raises UnknownAmount if no rate into the billing currency was valid.
        """
        kinds, known_times, count, divide = self._kinds, self._times, len(OF_A_KIND), self._divide
        for row in rows:
            columns = tuple(row[:count])
            key, version, begin, end, quantity, amount_nano = row[count:]
            kind = kinds.get(columns) or self._kind(columns)
            times = known_times.get((begin, end, kind.currency)) or self._times_of(begin, end, kind.currency)
            counted = quantity if kind.has_unit else None
            numbers = _numbers(amount_nano, counted, kind.charge_category, times.icu, times.wanted)
            charge = kind, numbers, times, version, key
            if divide is None:
                yield charge
            else:
                yield from divide(self._columns[kind], charge)

    def _times_of(self, begin: int, end: int, currency: str) -> Times:
        if len(self._times) >= _TIMES_KEPT:
            self._times.clear()
        moment, rates, billed = moment_of(begin), self._options.rates, self._options.currency
        month = billing_period(self._calendar, moment)
        month_begin, month_end = (int(one.timestamp()) for one in (month.begin, month.end))
        # What happens at once, such as a purchase, gets the hour that it begins.
        last = end if end > begin else min(begin + 3600, month_end)
        worth = (
            (1, 1)
            if currency == billed
            else (attos.of_decimal(rates.at(one, moment)) for one in (currency, billed))
        )
        times = self._times[begin, end, currency] = Times(month_begin, month_end, begin, last, *worth)
        return times

    def _kind(self, columns: Sequence[Any]) -> ChargeKind:
        if len(self._kinds) >= _KINDS_KEPT:
            self._kinds.clear()
            self._columns.clear()
        row = {**dict(zip(OF_A_KIND, columns, strict=True)), **self._dimensions(columns[0])}
        cells = {**_what(row), **_whose(row, self._options), **_price(row)}
        kind = self._kinds[tuple(columns)] = ChargeKind(
            tuple(cells.get(column.name) for column in KIND_COLUMNS),
            row["charge_category"],
            row["currency"],
            bool(row["unit"]),
        )
        if self._divide is not None:
            self._columns[kind] = row
        return kind


def billing_period(calendar: Calendar, moment: datetime) -> Window:
    """The month that a moment is billed in."""
    month = period_at(calendar, moment)
    if month is None:
        raise ValueError("months have no gaps")
    return month


@lru_cache(maxsize=16_384)
def _numbers(amount_nano: int, quantity: str | None, category: str, icu: int, wanted: int) -> Numbers:
    """The numbers of a charge. icu and wanted: what units of the currency it is recorded in, and of the one
    that is billed, are worth.
    """
    recorded = attos.of_nano(amount_nano)
    billed = attos.divided(recorded * icu, wanted)
    counted = attos.ONE if quantity is None else attos.of_text(quantity)
    consumed = counted if category == USAGE else None
    if category not in (USAGE, PURCHASE):
        return Numbers(billed, None, None, consumed, recorded, None)
    if not counted and amount_nano:
        # A quantity of zero has no price per unit: a cost without a quantity is one charge.
        return Numbers(billed, billed, attos.ONE, consumed, recorded, recorded)
    if not counted:
        return Numbers(billed, 0, 0, consumed, recorded, 0)
    prices = (attos.divided(amount * attos.ONE, counted) for amount in (billed, recorded))
    return Numbers(billed, next(prices), counted, consumed, recorded, next(prices))


def _what(row: Mapping[str, Any]) -> dict[str, str | None]:
    """What the charge is about."""
    category = row["category"]
    service_category, subcategories = _SERVICES[category]
    metric = row["metric"]
    resource = row["resource_id"] or row["resource_name"]
    service = metric or service_category
    return {
        "ChargeCategory": row["charge_category"].capitalize(),
        "ChargeDescription": row["description"]
        or (f"{service} of {row['resource_name'] or resource}" if resource else service),
        "ChargeFrequency": "Usage-Based" if row["charge_category"] == USAGE else "One-Time",
        "ResourceId": resource,
        "ResourceName": row["resource_name"],
        "ResourceType": (row["resource_type"] or metric or service_category) if resource else None,
        "ServiceCategory": service_category,
        "ServiceName": service,
        "ServiceSubcategory": next(name for begin, name in subcategories if (metric or "").startswith(begin)),
        "Tags": row["tags"],
        "x_Category": category,
        "x_Source": row["source"],
    }


def _whose(row: Mapping[str, Any], options: FocusOptions) -> dict[str, str | None]:
    """Who is billed by whom, and where it was used."""
    parties = options.by_source.get(row["source"], options.parties)
    provider = parties.provider or row["cloud"] or row["source"]
    account = parties.account_id or row["cloud"] or row["source"]
    project = row["project_id"] or row["project_name"]
    region = row["region"] or None
    return {
        "BillingAccountId": account,
        "BillingAccountName": parties.account_name or account,
        "BillingAccountType": "Account",
        "BillingCurrency": options.currency,
        "HostProviderName": parties.host or provider,
        "InvoiceId": parties.invoice_id,
        "InvoiceIssuerName": parties.issuer or provider,
        "ProviderName": provider,
        "PublisherName": parties.publisher or provider,
        "RegionId": region,
        "RegionName": region,
        "ServiceProviderName": provider,
        "SubAccountId": project,
        "SubAccountName": row["project_name"] if project else None,
        "SubAccountType": "Project" if project else None,
    }


def _price(row: Mapping[str, Any]) -> dict[str, str | None]:
    """By what it is priced. Neither credits nor taxes have a price per unit."""
    is_priced = row["charge_category"] in (USAGE, PURCHASE)
    unit = row["unit"] or None
    sku = (row["metric"] or row["category"]) if is_priced else None
    return {
        "ConsumedUnit": (unit or _CHARGE) if row["charge_category"] == USAGE else None,
        "PricingCategory": "Standard" if is_priced else None,
        "PricingCurrency": row["currency"],
        "PricingUnit": (unit or _CHARGE) if is_priced else None,
        "SkuId": sku,
        "SkuMeter": sku,
        "SkuPriceId": f"{sku}/{unit or _CHARGE}" if sku else None,
        "x_RecordedCurrency": row["currency"],
    }
