# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""FOCUS, the FinOps Open Cost and Usage Specification: which of its columns tells what.

Source: https://focus.finops.org/, 1.0 and 1.2.
"""

from __future__ import annotations

#: Field of an entry -> column. What a 1.0 file lacks of it is none of these.
COLUMNS = {
    "amount": "BilledCost",
    "currency": "BillingCurrency",
    "charge_category": "ChargeCategory",
    "category": "ServiceCategory",
    "period_begin": "ChargePeriodStart",
    "period_end": "ChargePeriodEnd",
    "cloud": "ProviderName",
    "region": "RegionId",
    "project_id": "SubAccountId",
    "project_name": "SubAccountName",
    "metric": "ServiceName",
    "resource_id": "ResourceId",
    "resource_name": "ResourceName",
    "resource_type": "ResourceType",
    "quantity": "ConsumedQuantity",
    "unit": "ConsumedUnit",
    "description": "ChargeDescription",
}
TAGS = "Tags"
#: Columns without which a file is no FOCUS: mandatory in 1.0 and in 1.2.
NEEDED = (
    "BilledCost",
    "BillingCurrency",
    "ChargeCategory",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ServiceCategory",
)
#: What names a charge through all deliveries of its bill: neither costs, which a correction changes, nor what
#: an invoice adds later.
IDENTITY = (
    "AvailabilityZone", "BillingAccountId", "BillingCurrency", "CapacityReservationId",
    "CapacityReservationStatus", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency",
    "ChargePeriodEnd", "ChargePeriodStart", "CommitmentDiscountId", "CommitmentDiscountStatus",
    "InvoiceIssuerName", "PricingCategory", "ProviderName", "PublisherName", "RegionId", "ResourceId",
    "ServiceCategory", "ServiceName", "SkuId", "SkuPriceId", "SubAccountId",
)  # fmt: skip
#: ServiceCategory -> ours; every other one, such as Databases or Security, is other.
CATEGORIES = {"Compute": "compute", "Storage": "storage", "Networking": "network"}
