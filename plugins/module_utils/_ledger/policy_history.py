# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Every version of the owner's policy and every rate, and adding to them (design/gate.md#policy).

Apart from what every gate reads of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from .._core.money import format_exact
from .policy import EVER, PolicyRules, PolicyVersion, RateVersion, read_rows
from .transaction import Transaction, insert


def read_history(transaction: Transaction) -> tuple[list[PolicyVersion], list[RateVersion]]:
    """Every version of the policy and every rate that was recorded, the oldest first."""
    return read_rows(transaction, EVER)


def save_policy(
    transaction: Transaction, version: int, rules: PolicyRules | None, now: datetime, recorded_by: str
) -> None:
    """Add a version of the policy; rules None removes it."""
    content = None if rules is None else json.dumps(rules._asdict(), sort_keys=True)
    row = {
        "version": version,
        "content": content,
        "recorded_at": int(now.timestamp()),
        "recorded_by": recorded_by,
    }
    insert(transaction, "owner_policy", [row])


def save_rates(
    transaction: Transaction,
    rates: Sequence[tuple[str, datetime, Decimal | None]],
    now: datetime,
    recorded_by: str,
) -> None:
    """Add rates: currency, date and ICU per unit, None to remove that of the date."""
    rows = [
        {
            "currency": currency,
            "icu_per_unit": None if icu_per_unit is None else format_exact(icu_per_unit),
            "valid_from": int(valid_from.timestamp()),
            "recorded_at": int(now.timestamp()),
            "recorded_by": recorded_by,
        }
        for currency, valid_from, icu_per_unit in rates
    ]
    insert(transaction, "currency_rate", rows)
