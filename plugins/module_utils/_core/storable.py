# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Text that every database can hold (design/ledger.md#what-an-entry-carries)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import InvalidOption

#: Half of a character beyond the first 65536: alone it is no character.
_HALF = re.compile("[\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether UTF-8 has the text, and no character of it is NUL, which ends a text in C."""
    return "\x00" not in text and (text.isascii() or _HALF.search(text) is None)


def refuse_unstorable(value: Any, option: str) -> None:
    """Raise InvalidOption for text, also in lists and dictionaries, that no database can hold. It names the
    option down to the element, and does not repeat the text.
    """
    where = _unstorable_in(value)
    if where is not None:
        raise InvalidOption(
            f"{option}{where}", "contains a NUL or a lone surrogate, which a ledger cannot store."
        )


def _unstorable_in(value: Any) -> str | None:
    """Where in the value such a text is: empty for the value itself; None if it is nowhere."""
    if isinstance(value, str):
        return None if is_storable(value) else ""
    if isinstance(value, Mapping):
        if not is_storable("".join(name for name in value if isinstance(name, str))):
            return ", in the name of a key"
        # Most values are text, of which there may be millions: one look at all of a row.
        if is_storable("".join(one for one in value.values() if isinstance(one, str))):
            value = {name: one for name, one in value.items() if not isinstance(one, str)}
        for name, one in value.items():
            if (where := _unstorable_in(one)) is not None:
                return f".{name}{where}"
    elif isinstance(value, list | tuple | set | frozenset):
        for index, one in enumerate(value):
            if (where := _unstorable_in(one)) is not None:
                return f"[{index}]{where}"
    return None
