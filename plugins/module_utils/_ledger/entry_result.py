# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A row of the ledger as results show it (design/ledger.md#what-an-entry-carries)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.money import format_amount, from_nano
from .._core.periods import iso
from . import entries

_PLAIN = (
    "source", "key", "charge_category", "category", "currency", "cloud", "region", "project_id",
    "project_name", "metric", "resource_id", "resource_name", "resource_type", "quantity", "unit",
    "description",
)  # fmt: skip
_OF_THE_PERIOD = ("occurred_at", "period_begin", "period_end")


def to_result(row: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says, by the columns of its row.

    Moments in UTC, occurred_at being the begin; the amount to 6 decimals.
    """
    period = entries.period_of(row)
    return {
        **{name: row[name] for name in _PLAIN},
        "amount": format_amount(from_nano(row["amount_nano"])),
        "occurred_at": iso(period.begin),
        "period_begin": iso(period.begin),
        "period_end": iso(period.end),
        "tags": entries.tags_of(row),
    }


def nothing(source: str, key: str) -> dict[str, Any]:
    """The keys of to_result() for a name under which nothing is valid."""
    keys = (*_PLAIN, "amount", *_OF_THE_PERIOD, "tags")
    return {**dict.fromkeys(keys), "source": source, "key": key}
