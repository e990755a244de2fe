# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The options that ask for usage records, wherever these are."""

from __future__ import annotations

from .._core.errors import InvalidOption
from .arguments import Spec

QUESTION: Spec = {
    "key": {"type": "int", "no_log": False},
    "latest": {"type": "bool", "default": False},
    "summary": {"type": "bool", "default": False},
    "since": {"type": "str"},
    "until": {"type": "str"},
    "timezone": {"type": "str", "default": "UTC"},
    "limit": {"type": "int", "default": 100},
    "offset": {"type": "int", "default": 0},
    "fields": {"type": "list", "elements": "str"},
    "filter": {"type": "str"},
}


def refuse_two_questions(latest: bool, with_summary: bool, key: int | None) -> None:
    """Raise InvalidOption where more than one thing is asked for: a flag that is false asks for nothing."""
    asked = [
        name
        for name, wanted in (("key", key is not None), ("latest", latest), ("summary", with_summary))
        if wanted
    ]
    if len(asked) > 1:
        raise InvalidOption(asked[1], f"and {asked[0]} are mutually exclusive; use one.")
