# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The columns of FOCUS, the FinOps Open Cost and Usage Specification, as files of 1.0 to 1.4 carry them.

Source: https://focus.finops.org/focus-specification/, versions 1.0 to 1.4. All columns of a version are
written, so that a reader finds what it asks for; those of which an OpenStack cloud knows nothing (reserved
capacity, committed discounts, invoices) are null.
"""

from __future__ import annotations

from dataclasses import dataclass

V1_0, V1_1, V1_2, V1_3, V1_4 = _IN_ORDER = ("1.0", "1.1", "1.2", "1.3", "1.4")
#: The first one is written unless a task asks for another.
VERSIONS = (V1_2, V1_0, V1_1, V1_3, V1_4)

#: What a column holds, whatever a file's format writes it as.
TEXT, NUMBER, TIME, WHOLE = "text", "number", "time", "whole"


@dataclass(frozen=True)
class Column:
    """A column. since: the first of these versions that has it. until: the first that has it no more.
    is_free_text: its values come from users, not from FOCUS, so they may hide formulas.
    """

    name: str
    holds: str = TEXT
    since: str = V1_0
    is_free_text: bool = False
    until: str | None = None


#: One value for each charge, in the order of focus.Charge.
OF_EACH = (
    Column("BilledCost", NUMBER),
    Column("ContractedCost", NUMBER),
    Column("EffectiveCost", NUMBER),
    Column("ListCost", NUMBER),
    Column("ContractedUnitPrice", NUMBER),
    Column("ListUnitPrice", NUMBER),
    Column("PricingQuantity", NUMBER),
    Column("ConsumedQuantity", NUMBER),
    Column("PricingCurrencyEffectiveCost", NUMBER, V1_2),
    Column("PricingCurrencyContractedUnitPrice", NUMBER, V1_2),
    Column("PricingCurrencyListUnitPrice", NUMBER, V1_2),
    Column("x_RecordedCost", NUMBER),
    Column("BillingPeriodStart", TIME),
    Column("BillingPeriodEnd", TIME),
    Column("ChargePeriodStart", TIME),
    Column("ChargePeriodEnd", TIME),
    Column("x_EntryVersion", WHOLE),
    Column("x_EntryKey", is_free_text=True),
)
#: Of all charges of a kind (one resource under one metric), in the order of focus.ChargeKind.
OF_A_KIND = (
    Column("AllocatedMethodDetails", since=V1_3),
    Column("AllocatedMethodId", since=V1_3),
    Column("AllocatedResourceId", since=V1_3),
    Column("AllocatedResourceName", since=V1_3),
    Column("AllocatedTags", since=V1_3),
    Column("AvailabilityZone"),
    Column("BillingAccountId", is_free_text=True),
    Column("BillingAccountName", is_free_text=True),
    Column("BillingAccountType", since=V1_2),
    Column("BillingCurrency"),
    Column("CapacityReservationId", since=V1_1),
    Column("CapacityReservationStatus", since=V1_1),
    Column("ChargeCategory"),
    Column("ChargeClass"),
    Column("ChargeDescription", is_free_text=True),
    Column("ChargeFrequency"),
    Column("CommitmentDiscountCategory"),
    Column("CommitmentDiscountId"),
    Column("CommitmentDiscountName"),
    Column("CommitmentDiscountQuantity", NUMBER, V1_1),
    Column("CommitmentDiscountStatus"),
    Column("CommitmentDiscountType"),
    Column("CommitmentDiscountUnit", since=V1_1),
    Column("CommitmentProgramEligibilityDetails", since=V1_4),
    Column("ConsumedUnit", is_free_text=True),
    Column("ContractApplied", since=V1_3),
    Column("HostProviderName", since=V1_3, is_free_text=True),
    Column("InvoiceDetailId", since=V1_4),
    Column("InvoiceId", since=V1_2, is_free_text=True),
    Column("InvoiceIssuerName", is_free_text=True),
    Column("PricingCategory"),
    Column("PricingCurrency", since=V1_2),
    Column("PricingUnit", is_free_text=True),
    Column("ProviderName", is_free_text=True, until=V1_4),
    Column("PublisherName", is_free_text=True, until=V1_4),
    Column("RegionId", is_free_text=True),
    Column("RegionName", is_free_text=True),
    Column("ResourceId", is_free_text=True),
    Column("ResourceName", is_free_text=True),
    Column("ResourceType", is_free_text=True),
    Column("ServiceCategory"),
    Column("ServiceName", is_free_text=True),
    Column("ServiceProviderName", since=V1_3, is_free_text=True),
    Column("ServiceSubcategory", since=V1_1),
    Column("SkuId", is_free_text=True),
    Column("SkuMeter", since=V1_1, is_free_text=True),
    Column("SkuPriceDetails", since=V1_1),
    Column("SkuPriceId", is_free_text=True),
    Column("SubAccountId", is_free_text=True),
    Column("SubAccountName", is_free_text=True),
    Column("SubAccountType", since=V1_2),
    Column("Tags"),
    Column("x_Category"),
    Column("x_RecordedCurrency"),
    Column("x_Source", is_free_text=True),
)


def columns_of(version: str) -> tuple[Column, ...]:
    """The columns of a file of that version, in its order: those of each charge before those of its kind."""
    at = _IN_ORDER.index(version)
    return tuple(
        column
        for column in (*OF_EACH, *OF_A_KIND)
        if _IN_ORDER.index(column.since) <= at
        and (column.until is None or at < _IN_ORDER.index(column.until))
    )
