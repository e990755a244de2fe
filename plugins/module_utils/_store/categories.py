# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What entries, budgets and options call the kinds of cost. Apart from the entries: options need the names, and a gate writes no entry."""

from __future__ import annotations

CHARGE_CATEGORIES = ("usage", "purchase", "credit", "adjustment", "tax")
CATEGORIES = ("llm_inference", "llm_embedding", "compute", "storage", "network", "api_calls", "other")
