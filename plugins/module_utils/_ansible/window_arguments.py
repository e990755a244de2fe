# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options of a window of time that is read or imported, and of which entries in it are meant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from .._core.categories import CATEGORIES, CHARGE_CATEGORIES
from .._core.errors import InvalidOption
from .._core.named_windows import NAMED_WINDOWS, used_window
from .._core.periods import Window, iso, parse_moment, zone_named
from .._ledger.totals import Selection
from .arguments import Spec
from .module import FinopsModule


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
#: The same as conditions of a policy.
CONDITIONS: Spec = {**_LISTS, "tags": {"type": "dict"}}


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
