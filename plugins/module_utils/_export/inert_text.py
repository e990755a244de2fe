# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Names in a comment or a page that call nobody and lead nowhere (design/reports.md#rendering)."""

from __future__ import annotations

import re

from .._core.visible_text import visible_line

#: Where GitHub, GitLab and others begin a mention, a reference or a link. They look at the text that is
#: shown, so escaping the character does not help.
_CALLS = re.compile(
    r"(?<=[@#!~%$&^])(?=\w)|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=mailto)(?=:)|(?<=xmpp)(?=:)", re.IGNORECASE
)
_NO_SPACE = "\u200b"


def inert_line(text: str) -> str:
    """The text on one visible line, each run of white space as one space, with a space of no width in each
    mention, reference and link.
    """
    return _CALLS.sub(_NO_SPACE, visible_line(" ".join(text.split())))
