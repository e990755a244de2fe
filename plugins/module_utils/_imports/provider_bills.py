# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The bills that AWS and Azure write in their own formats: which of their columns tells what.

Sources, read 2026-11-29: AWS Data Exports user guide, line item and bill columns of CUR 2.0 and of the legacy
report; Microsoft Cost Management, cost and usage details file schemas of EA and MCA.
"""

from __future__ import annotations

from .bill_formats import BillFormat

#: CUR 2.0 writes names with underscores, the legacy CSV with a slash. What counts is what AWS invoices.
AWS_CUR = BillFormat(
    columns={
        "amount": ("line_item_unblended_cost", "lineItem/UnblendedCost"),
        "currency": ("line_item_currency_code", "lineItem/CurrencyCode"),
        "charge_category": ("line_item_line_item_type", "lineItem/LineItemType"),
        "period_begin": ("line_item_usage_start_date", "lineItem/UsageStartDate"),
        "period_end": ("line_item_usage_end_date", "lineItem/UsageEndDate"),
        "region": ("product_region_code", "product/regionCode", "product/region"),
        "project_id": ("line_item_usage_account_id", "lineItem/UsageAccountId"),
        "project_name": ("line_item_usage_account_name", "lineItem/UsageAccountName"),
        "metric": ("line_item_product_code", "lineItem/ProductCode"),
        "resource_id": ("line_item_resource_id", "lineItem/ResourceId"),
        "resource_type": ("line_item_usage_type", "lineItem/UsageType"),
        "quantity": ("line_item_usage_amount", "lineItem/UsageAmount"),
        "unit": ("pricing_unit", "pricing/unit"),
        "description": ("line_item_line_item_description", "lineItem/LineItemDescription"),
        "tags": ("resource_tags",),
        "account": ("bill_payer_account_id", "bill/PayerAccountId"),
        "billing_begin": ("bill_billing_period_start_date", "bill/BillingPeriodStartDate"),
        "billing_end": ("bill_billing_period_end_date", "bill/BillingPeriodEndDate"),
    },
    needed=(
        "amount", "currency", "charge_category", "period_begin", "period_end", "account", "billing_begin",
        "billing_end",
    ),
    categories={
        "AWSELB": "network",
        "AWSLambda": "compute",
        "AmazonBedrock": "llm_inference",
        "AmazonCloudFront": "network",
        "AmazonEC2": "compute",
        "AmazonECS": "compute",
        "AmazonEFS": "storage",
        "AmazonEKS": "compute",
        "AmazonRoute53": "network",
        "AmazonS3": "storage",
        "AmazonVPC": "network",
    },
    charges={
        "BundledDiscount": "adjustment",
        "Credit": "credit",
        "Discount": "adjustment",
        "DiscountedUsage": "usage",
        "EdpDiscount": "adjustment",
        "Fee": "purchase",
        "PrivateRateDiscount": "adjustment",
        "RIFee": "purchase",
        "Refund": "adjustment",
        "RiVolumeDiscount": "adjustment",
        "SavingsPlanCoveredUsage": "usage",
        "SavingsPlanNegation": "adjustment",
        "SavingsPlanRecurringFee": "purchase",
        "SavingsPlanUpfrontFee": "purchase",
        "Tax": "tax",
        "Usage": "usage",
    },
    tag_columns=("resourceTags/user:", "resource_tags_user_"),
    timezone="UTC",
    values={"cloud": "AWS"},
)  # fmt: skip
#: EA and MCA write the same names in another case. Dates are days.
AZURE = BillFormat(
    columns={
        "amount": ("costInBillingCurrency",),
        "currency": ("billingCurrency", "billingCurrencyCode"),
        "charge_category": ("chargeType",),
        "category": ("meterCategory",),
        "occurred_at": ("date",),
        "region": ("resourceLocation",),
        "project_id": ("subscriptionId",),
        "project_name": ("subscriptionName",),
        "metric": ("meterCategory", "productName"),
        "resource_id": ("resourceId",),
        "resource_name": ("resourceName",),
        "resource_type": ("meterName",),
        "quantity": ("quantity",),
        "unit": ("unitOfMeasure",),
        "description": ("productName",),
        "tags": ("tags",),
        "account": ("billingAccountId",),
        "billing_begin": ("billingPeriodStartDate",),
        "billing_end": ("billingPeriodEndDate",),
    },
    needed=(
        "amount", "currency", "charge_category", "occurred_at", "account", "billing_begin", "billing_end",
    ),
    categories={
        "Bandwidth": "network",
        "Load Balancer": "network",
        "Storage": "storage",
        "Virtual Machines": "compute",
        "Virtual Network": "network",
    },
    charges={
        "Purchase": "purchase",
        "Refund": "adjustment",
        "RoundingAdjustment": "adjustment",
        "Tax": "tax",
        "UnusedReservation": "usage",
        "UnusedSavingsPlan": "usage",
        "Usage": "usage",
    },
    any_case=True,
    date_format="%m/%d/%Y",
    timezone="UTC",
    last_day=True,
    values={"cloud": "Azure"},
)  # fmt: skip
