# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""An error's traceback as it may be shown (design/ansible.md#secrets)."""

from __future__ import annotations

import traceback

from .errors import FinopsError


def format_traceback(error: BaseException) -> str:
    """The traceback of an error and of what caused it, the first cause first.

    Our own errors say their sentence, and all others only their kind: their texts have in them what a server
    answered, and so the login that it repeats.
    """
    parts: list[str] = []
    seen: set[int] = set()
    one: BaseException | None = error
    # An error may be its own cause: `raise error from error`.
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        said = f": {one}" if isinstance(one, FinopsError) else ""
        frames = "".join(traceback.format_tb(one.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{type(one).__qualname__}{said}\n")
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return "\n".join(reversed(parts))
