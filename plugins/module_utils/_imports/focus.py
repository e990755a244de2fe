# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""FOCUS, the FinOps Open Cost and Usage Specification: which of its columns tells what, in 1.0 to 1.4.

Source: https://focus.finops.org/, 1.0 to 1.4. What a version lacks of it is none of these.
"""

from __future__ import annotations

from .bill_formats import BillFormat

#: 1.3 replaces ProviderName by ServiceProviderName, and 1.4 does not know it any more.
FOCUS = BillFormat(
    columns={
        "amount": ("BilledCost",),
        "currency": ("BillingCurrency",),
        "charge_category": ("ChargeCategory",),
        "own_category": ("x_Category",),
        "category": ("ServiceCategory",),
        "period_begin": ("ChargePeriodStart",),
        "period_end": ("ChargePeriodEnd",),
        "cloud": ("ServiceProviderName", "ProviderName", "InvoiceIssuerName"),
        "region": ("RegionId",),
        "project_id": ("SubAccountId",),
        "project_name": ("SubAccountName",),
        "metric": ("ServiceName",),
        "resource_id": ("ResourceId",),
        "resource_name": ("ResourceName",),
        "resource_type": ("ResourceType",),
        "quantity": ("ConsumedQuantity",),
        "unit": ("ConsumedUnit",),
        "description": ("ChargeDescription",),
        "tags": ("Tags",),
        "allocated": ("AllocatedMethodId",),
        "allocated_tags": ("AllocatedTags",),
        "account": ("BillingAccountId",),
        "billing_begin": ("BillingPeriodStart",),
        "billing_end": ("BillingPeriodEnd",),
    },
    needed=("amount", "currency", "charge_category", "period_begin", "period_end"),
    categories={
        "AI and Machine Learning": "llm_inference",
        "Compute": "compute",
        "Networking": "network",
        "Storage": "storage",
    },
    charges={name.capitalize(): name for name in ("usage", "purchase", "credit", "adjustment", "tax")},
)
