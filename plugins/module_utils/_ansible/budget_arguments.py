# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options that define a budget, alone or as a row of a list."""

from __future__ import annotations

from typing import Any

from .._budgets.budget_task import DEFINES, STATES
from .._core.categories import CATEGORIES
from .._core.periods import KINDS, WEEKDAYS
from .._ledger.budgets import TAX, UNTAGGED
from .arguments import Spec

DEFINITION: Spec = {
    "limit": {"type": "str"},
    "currency": {"type": "str"},
    "period": {"type": "str", "choices": list(KINDS)},
    "timezone": {"type": "str"},
    "first_day": {"type": "str", "choices": list(WEEKDAYS)},
    "anchor_day": {"type": "int"},
    "anchor_month": {"type": "int"},
    "begin": {"type": "str"},
    "end": {"type": "str"},
    "fed_by": {"type": "str", "choices": ["cloud", "entries"]},
    "basis": {"type": "str", "choices": ["actual", "period_end"]},
    "max_staleness": {"type": "str"},
    "scope": {
        "type": "dict",
        "options": {
            "categories": {"type": "list", "elements": "str", "choices": list(CATEGORIES)},
            "projects": {"type": "list", "elements": "str"},
            "regions": {"type": "list", "elements": "str"},
            "tags": {"type": "dict"},
        },
    },
    "untagged": {"type": "str", "choices": list(UNTAGGED)},
    "tax": {"type": "str", "choices": list(TAX)},
    "thresholds": {"type": "list", "elements": "str"},
}
BUDGETS: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "options": {
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "default": "present", "choices": list(STATES)},
        **DEFINITION,
    },
    "required_by": {"currency": ("limit",)},
    "required_if": [("state", "present", DEFINES, True)],
}
