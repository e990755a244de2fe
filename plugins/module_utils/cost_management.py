# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""For programs that spend: record what was spent, ask what it sums up to, and whether more may be spent
(design/ledger.md#from-python).

This file is the collection's public Python face; docs/python.md shows it at work. Everything that it imports
is private, but for the names in __all__. Nothing here needs Ansible. Whatever a user has to know is raised as
a FinopsError with one sentence: an amount that is none, a budget that there is not, a ledger that cannot be
read. Nothing that was not read counts as zero.
"""

from __future__ import annotations

from ._core.errors import FinopsError, InvalidOption, LedgerError, UnknownAmount
from ._core.rates import Rate, Rates
from ._ledger.budgets import Budget
from ._ledger.entries import Entry as CostEntry
from ._python.budgets import BudgetManager
from ._python.stores import CostStore, InMemoryCostStore, SqlCostStore
from ._python.tracker import BudgetPeriod, CostCategory, CostSummary, CostTracker

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
