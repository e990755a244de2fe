# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options of the owner's policy."""

from __future__ import annotations

from .._budgets.policy_task import STATES
from .._core.report_locales import LOCALES
from .._estimate.shape_prices import NAMED_SOURCES
from .._ledger.allocation import METHODS, TO_PROJECT
from .arguments import Spec
from .window_arguments import CONDITIONS

_NAMES = {"type": "list", "elements": "str"}
POLICY: Spec = {
    "state": {"type": "str", "default": "present", "choices": list(STATES)},
    "allow_on_unknown_warn": {"type": "bool"},
    "allow_on_exceeded_warn": {"type": "bool"},
    "allow_own_rates": {"type": "bool"},
    "allow_own_prices": {"type": "bool"},
    "allow_assume_free": {"type": "bool"},
    "offset_removals": {"type": "bool"},
    "price_sources": {**_NAMES, "choices": list(NAMED_SOURCES)},
    "free_types": _NAMES,
    "required_tags": _NAMES,
    "timezone": {"type": "str"},
    "currency": {"type": "str"},
    "freeze_at": {"type": "dict"},
    "stop_at": {"type": "dict"},
    "shelve_at": {"type": "dict"},
    "frozen_budgets": _NAMES,
    "cost_allocation": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "cost": {"type": "dict", "required": True, "options": CONDITIONS},
            "by": {"type": "str", "required": True, "choices": list(METHODS)},
            "shares": {"type": "dict"},
            "of": {"type": "dict", "options": CONDITIONS},
            "to": {"type": "str", "default": TO_PROJECT},
            "budgets": _NAMES,
        },
    },
    "locale": {"type": "str", "choices": list(LOCALES)},
    "rates": {
        "type": "list",
        "elements": "dict",
        "options": {
            "currency": {"type": "str", "required": True},
            "icu_per_unit": {"type": "str"},
            "valid_from": {"type": "str", "required": True},
            "state": {"type": "str", "default": "present", "choices": list(STATES)},
        },
    },
    "confirm_rates": {"type": "bool", "default": False},
}
