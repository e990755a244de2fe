# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""For programs that spend: record what was spent, ask what it sums up to, and whether more may be spent (rule L5 of docs/rules.md).

This file is the collection's public Python face; docs/python.md shows it at work. Everything that it imports is private, but for the names
in __all__. Nothing here needs Ansible. Whatever a user has to know is raised as a FinopsError with one sentence: an amount that is none, a
budget that there is not, a ledger that cannot be read. Nothing that was not read counts as zero.
"""

from __future__ import annotations

from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    FinopsError,
    InvalidOption,
    LedgerError,
    UnknownAmount,
)
from ansible_collections.finops.cloud.plugins.module_utils._pricing.rates import Rate, Rates
from ansible_collections.finops.cloud.plugins.module_utils._store.budgets import Budget
from ansible_collections.finops.cloud.plugins.module_utils._store.entries import Entry as CostEntry
from ansible_collections.finops.cloud.plugins.module_utils._tracking.budgets import BudgetManager
from ansible_collections.finops.cloud.plugins.module_utils._tracking.stores import (
    CostStore,
    InMemoryCostStore,
    SqlCostStore,
)
from ansible_collections.finops.cloud.plugins.module_utils._tracking.tracker import (
    BudgetPeriod,
    CostCategory,
    CostSummary,
    CostTracker,
)

__all__ = [
    "Budget",
    "BudgetManager",
    "BudgetPeriod",
    "CostCategory",
    "CostEntry",
    "CostStore",
    "CostSummary",
    "CostTracker",
    "FinopsError",
    "InMemoryCostStore",
    "InvalidOption",
    "LedgerError",
    "Rate",
    "Rates",
    "SqlCostStore",
    "UnknownAmount",
]
