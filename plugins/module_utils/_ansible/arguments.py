# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options that modules share, and how they become values of the rooms below; those of a cloud are in
cloud_arguments, those of a window of time in window_arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core import deadline
from .._core.categories import CATEGORIES
from .._core.errors import InvalidOption
from .._core.rates import Rates, parse_rates
from .._ledger.sql import DEFAULT_TIMEOUT_SECONDS, LedgerOptions

Spec = dict[str, dict[str, Any]]

#: Of whatever asks a cloud or a system.
TASK_TIMEOUT: Spec = {"task_timeout": {"type": "int", "default": deadline.DEFAULT_TASK_TIMEOUT_SECONDS}}
LEDGER: Spec = {
    "ledger": {"type": "str"},
    "ledger_password": {"type": "str", "no_log": True},
    "ledger_timeout": {"type": "int", "default": DEFAULT_TIMEOUT_SECONDS},
}
RATES: Spec = {
    "rates": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "currency": {"type": "str", "required": True},
            "icu_per_unit": {"type": "str", "required": True},
            "valid_from": {"type": "str", "required": True},
        },
    },
    "confirm_rates": {"type": "bool", "default": False},
}

#: Of a file that is written, for files.parse_attributes().
FILE: Spec = {"mode": {"type": "raw"}, "owner": {"type": "str"}, "group": {"type": "str"}}

#: What is asked for: lines, and what the shorthand of one line says beside its amount.
_OF_A_LINE: Spec = {
    "category": {"type": "str", "choices": list(CATEGORIES)},
    "project": {"type": "str"},
    "region": {"type": "str"},
    "tags": {"type": "dict"},
}
LINES: Spec = {
    **_OF_A_LINE,
    "lines": {
        "type": "list",
        "elements": "dict",
        "options": {
            "amount": {"type": "str"},
            "at": {"type": "str"},
            "hourly": {"type": "str"},
            "hours": {"type": "str"},
            "until": {"type": "str"},
            "currency": {"type": "str"},
            **_OF_A_LINE,
            "name": {"type": "str"},
            "metric": {"type": "str"},
        },
    },
}
_OF_A_REMOVAL = ("hours", "until", "currency", *_OF_A_LINE, "name", "metric")
#: What is removed is paid by the hour no longer.
REMOVALS: Spec = {
    "removals": {
        "type": "list",
        "elements": "dict",
        "options": {
            "hourly": {"type": "str", "required": True},
            **{name: LINES["lines"]["options"][name] for name in _OF_A_REMOVAL},
        },
    },
}
ON_VERDICT: Spec = {
    name: {"type": "str", "default": "fail", "choices": ["fail", "warn"]}
    for name in ("on_exceeded", "on_unknown")
}


def task_deadline(params: Mapping[str, Any]) -> deadline.Deadline:
    """When the task, which begins now, may ask no more. Raises InvalidOption for a negative time."""
    limit = params["task_timeout"] or 0
    if limit < 0:
        raise InvalidOption("task_timeout", "must be a number of seconds above zero, or 0 for no limit.")
    return deadline.begin(limit)


def ledger_options(params: Mapping[str, Any]) -> LedgerOptions:
    """Where the ledger is. Raises InvalidOption for a negative timeout."""
    if params["ledger_timeout"] < 0:
        raise InvalidOption("ledger_timeout", "must be a number of seconds, zero or more.")
    return LedgerOptions(params["ledger"], params["ledger_timeout"], params["ledger_password"])


def rates(params: Mapping[str, Any]) -> Rates:
    """The rates in force. Raises InvalidOption (design/money.md#rates)."""
    return parse_rates(params["rates"], params["confirm_rates"])
