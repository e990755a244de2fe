# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Text from outside as it is shown: what a terminal or a browser would obey is written out
(design/reading-a-cloud.md#hostile-answers).
"""

from __future__ import annotations

import unicodedata


def visible_text(text: str) -> str:
    """The text with control characters, escape sequences and marks of direction written out, as \\x1b. Line
    ends and all spaces stay.
    """
    if text.isprintable():
        return text
    return "".join(
        one if one in "\n\t" or one.isprintable() or unicodedata.category(one) == "Zs" else _written_out(one)
        for one in text
    )


def visible_line(text: str) -> str:
    """The same on one line; of a text of several lines each run of white space is one space."""
    return text if text.isprintable() else visible_text(" ".join(text.split()))


def shortened(text: str, longest: int) -> str:
    """The text, or its beginning where it is longer than that, with dots for the rest."""
    return text if len(text) <= longest else text[: longest - 3] + "..."


def _written_out(one: str) -> str:
    return one.encode("unicode_escape").decode()
