# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What CloudKitty would charge for one collect period.

Source: CloudKitty API reference, v1, rating; cloudkitty/orchestrator.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..connection import Service
from .points import number


@dataclass(frozen=True)
class Item:
    """So much of what a metric rates, with the metadata that its price rules go by."""

    metric: str
    quantity: Decimal
    metadata: Mapping[str, str]


def quotation(rating: Service, items: Sequence[Item]) -> Decimal:
    """The price of all items for one collect period: POST /v1/rating/quote, which changes nothing, with both
    APIs.

    What has no price adds 0 to it, and rules of one project only do not count. Raises CloudError.
    """
    reading = "a quote"
    resources = [
        # A desc that is not nested like this is ignored, and only rules of the whole metric count.
        {
            "service": item.metric,
            "volume": format(item.quantity, "f"),
            "desc": {"groupby": {}, "metadata": dict(item.metadata)},
        }
        for item in items
    ]
    body = rating.post(reading, "/v1/rating/quote", {"resources": resources}).body
    return number(rating, reading, {"quote": body}, "quote")
