# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Prices of Infomaniak's public cloud, net of VAT. It has no API of its prices; others have read these.

A GB of object storage and traffic is taken as 1024-based.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

#: Monthly prices are for so many hours.
MONTH_H = 730


class PriceRow(NamedTuple):
    """The price of one unit: which kind and size, how much, for how many hours, who says so, read when."""

    kind: str
    size: str
    amount: Decimal
    currency: str
    hours: int
    read: datetime
    source: str


_CALCULATOR = "a user's reading of Infomaniak's price calculator"
_PAGE = "a user's copy of Infomaniak's price page"
_NOTES = "a tutorial and users' notes on Infomaniak's prices"
_AUGUST, _JUNE, _YEAR = (datetime(2026, *day, tzinfo=UTC) for day in ((8, 29), (6, 18), (1, 1)))
PRICES = (
    PriceRow("instance", "a4-ram8-disk50-perf1", Decimal("16.09"), "CHF", MONTH_H, _AUGUST, _CALCULATOR),
    PriceRow("floating_ip", "", Decimal("3.34"), "CHF", MONTH_H, _AUGUST, _CALCULATOR),
    PriceRow("fixed_ip", "", Decimal("3.34"), "CHF", MONTH_H, _AUGUST, _CALCULATOR),
    PriceRow("volume", "CEPH_1_perf1", Decimal("0.00011"), "EUR", 1, _JUNE, _PAGE),
    PriceRow("volume", "CEPH_1_perf2", Decimal("0.00021"), "EUR", 1, _JUNE, _PAGE),
    PriceRow("object_storage", "", Decimal("0.000013"), "EUR", 1, _YEAR, _NOTES),
    PriceRow("egress", "", Decimal("0.00811"), "EUR", 1, _YEAR, _NOTES),
)
