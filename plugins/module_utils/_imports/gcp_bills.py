# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The rows of Google Cloud's billing export: which of their fields tells what.

Source, read 2026-11-29: Cloud Billing documentation, schema of the standard and of the detailed usage cost
data in BigQuery. A field within a record is written with a dot, as BigQuery itself does, or, where a query
has flattened it for CSV, with an underscore.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .bill_formats import BillFormat


def _within(record: str, *names: str) -> tuple[str, ...]:
    """The spellings of fields of a record."""
    return tuple(f"{record}{between}{name}" for name in names for between in "._")


#: What a row of the export itself always has.
_ALWAYS = ("billing_account_id", "usage_start_time", "service")


def is_row_of_gcp(row: Mapping[str, Any], asked: Iterable[str]) -> bool:
    """Whether a row is one of this export, and says nothing of what is asked for."""
    return all(name in row for name in _ALWAYS) and not any(name in row for name in asked)


#: Each row has its credits with it, as a list of objects with a name and a negative amount.
GCP = BillFormat(
    columns={
        "amount": ("cost",),
        "currency": ("currency",),
        "charge_category": ("cost_type",),
        "category": _within("service", "description"),
        "period_begin": ("usage_start_time",),
        "period_end": ("usage_end_time",),
        "region": _within("location", "region", "location"),
        "project_id": _within("project", "id"),
        "project_name": _within("project", "name"),
        "metric": _within("service", "description"),
        "resource_id": _within("resource", "global_name", "name"),
        "resource_name": _within("resource", "name"),
        "resource_type": _within("sku", "description"),
        "quantity": _within("usage", "amount_in_pricing_units", "amount"),
        "unit": _within("usage", "pricing_unit", "unit"),
        "description": _within("sku", "description"),
        "tags": ("labels",),
        "account": ("billing_account_id",),
        "billing_begin": _within("invoice", "month"),
        "billing_end": _within("invoice", "month"),
    },
    needed=(
        "amount", "currency", "charge_category", "period_begin", "period_end", "account", "billing_begin",
    ),
    categories={
        "App Engine": "compute",
        "Cloud CDN": "network",
        "Cloud DNS": "network",
        "Cloud Run": "compute",
        "Cloud Run Functions": "compute",
        "Cloud Storage": "storage",
        "Compute Engine": "compute",
        "Kubernetes Engine": "compute",
        "Networking": "network",
    },
    charges={
        "adjustment": "adjustment",
        "regular": "usage",
        "rounding_error": "adjustment",
        "tax": "tax",
    },
    timezone="UTC",
    by_month=True,
    credits=("credits",),
    values={"cloud": "Google Cloud"},
)  # fmt: skip
