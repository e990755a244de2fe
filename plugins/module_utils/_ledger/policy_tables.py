# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The tables of the owner's policy and rates, as tables.py has the others. Rows are only ever added."""

from __future__ import annotations

POLICY_TABLES = {
    # The newest version is in force (design/gate.md#policy). content: JSON, NULL where the policy was
    # removed.
    "owner_policy": (
        """
        CREATE TABLE owner_policy (
            version BIGINT NOT NULL,
            content TEXT,
            recorded_at BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            PRIMARY KEY (version)
        )""",
    ),
    # What one unit of a currency is worth in ICU and since when (design/money.md#rates); the newest row of a
    # currency and date is in force. icu_per_unit: exact text, NULL where that rate was removed.
    "currency_rate": (
        """
        CREATE TABLE currency_rate (
            id {id} NOT NULL,
            currency TEXT NOT NULL,
            icu_per_unit TEXT,
            valid_from BIGINT NOT NULL,
            recorded_at BIGINT NOT NULL,
            recorded_by TEXT NOT NULL,
            PRIMARY KEY (id)
        )""",
    ),
}
