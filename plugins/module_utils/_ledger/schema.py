# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Which tables this collection reads, by their number (design/ledger.md#upgrades).

Apart from the tables themselves, as every task asks for the number and few make tables.
"""

from __future__ import annotations

#: Goes up by one with every change of the tables; the ledger carries the number it was written with.
SCHEMA_VERSION = 10
#: The table that carries it: by it a ledger is known.
LEDGER_SCHEMA = "ledger_schema"
