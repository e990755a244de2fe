# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Text that every database can hold (design/ledger.md#what-an-entry-carries)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import InvalidOption

#: Half of a character beyond the first 65536, alone, which is no character; and NUL, which ends a text in C.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether UTF-8 has the text, and no character of it is NUL."""
    return _UNSTORABLE.search(text) is None


def refuse_unstorable(value: Any, option: str) -> None:
    """Raise InvalidOption for text, also in lists and dictionaries, that no database can hold. It names the
    option down to the element, and does not repeat the text.
    """
    if isinstance(value, str):
        if not is_storable(value):
            raise InvalidOption(
                option, "has a NUL or half a character (a lone surrogate), which no ledger can hold."
            )
    elif isinstance(value, Mapping):
        for name, one in value.items():
            refuse_unstorable(name, f"{option}, in the name of a key")
            refuse_unstorable(one, f"{option}.{name}")
    elif isinstance(value, list | tuple | set | frozenset):
        for index, one in enumerate(value):
            refuse_unstorable(one, f"{option}[{index}]")
