# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options that modules share, and how they become values of the rooms below; those of a cloud
are in cloud_arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from .._core import deadline
from .._core.categories import CATEGORIES, CHARGE_CATEGORIES
from .._core.errors import InvalidOption
from .._core.periods import NAMED_WINDOWS, Window, iso, parse_moment, used_window, zone_named
from .._core.rates import Rates, parse_rates
from .._ledger.sql import DEFAULT_TIMEOUT_SECONDS, LedgerOptions
from .._ledger.totals import Selection
from .module import FinopsModule

Spec = dict[str, dict[str, Any]]


def window(*further: str) -> Spec:
    """The options of a window of time. further: names of windows that only this module knows."""
    return {
        "window": {"type": "str", "choices": [*further, *NAMED_WINDOWS]},
        "begin": {"type": "str"},
        "end": {"type": "str"},
        "timezone": {"type": "str", "default": "UTC"},
    }


WINDOW = window()
#: What an import reads, and whether again.
IMPORT_WINDOW: Spec = {
    **WINDOW,
    "since": {"type": "str", "choices": ["last"]},
    "reread": {"type": "bool", "default": False},
}
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

#: Which entries are meant: a list of each, any of which counts, and tags that all have to match.
_LISTS: Spec = {
    "categories": {"type": "list", "elements": "str", "choices": list(CATEGORIES)},
    "charge_categories": {"type": "list", "elements": "str", "choices": list(CHARGE_CATEGORIES)},
    "clouds": {"type": "list", "elements": "str"},
    "regions": {"type": "list", "elements": "str"},
    "projects": {"type": "list", "elements": "str"},
    "sources": {"type": "list", "elements": "str"},
    "metrics": {"type": "list", "elements": "str"},
    "resources": {"type": "list", "elements": "str"},
}
SELECTION: Spec = {**_LISTS, "tags": {"type": "dict", "default": {}}}

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


def as_of(params: Mapping[str, Any], zone: ZoneInfo, now: datetime) -> datetime | None:
    """The moment up to which what was recorded counts, None for now: of a whole second its last microsecond.

    Raises InvalidOption for text that is no moment, and one that is not past.
    """
    if not params["as_of"]:
        return None
    moment = parse_moment(params["as_of"], zone, "as_of")
    if moment > now:
        raise InvalidOption(
            "as_of", f"{iso(moment)} is in the future; omit it to use everything recorded so far."
        )
    return moment.replace(microsecond=999_999)


def warn_if_not_final(module: FinopsModule, result: Mapping[str, Any]) -> None:
    """Warn where the answer as of a moment can still change."""
    if result["as_of_final"] is False:
        module.warn(
            "as_of is later than the newest entry of the ledger: a task that is still writing can add entries"
            " that count at that moment."
        )


def import_window(params: Mapping[str, Any], now: datetime) -> Window | None:
    """The window that an import was asked for, up to now; None for what came since the last one.

    Raises InvalidOption for an unknown zone, a moment that is none, and a window that is not past.
    """
    if not (params["begin"] or params["window"]):
        return None
    zone = zone_named(params["timezone"], "timezone")
    return used_window(params["window"], params["begin"], params["end"], zone, now)


def selection(params: Mapping[str, Any], among: Window) -> Selection:
    """Which entries of a window are meant."""
    lists = {name: None if params[name] is None else tuple(params[name]) for name in _LISTS}
    return Selection(among, tags={str(name): str(value) for name, value in params["tags"].items()}, **lists)
