# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Text that a spreadsheet would run as a formula, made harmless in CSV. Parquet and JSON carry text as it is.

Source: OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection.
"""

from __future__ import annotations

import re

#: The start of a cell that is a formula, also after white space. After apostrophes too: so a reader that
#: takes one apostrophe off gets each text back.
_RUNS = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")


def defused(text: str) -> str:
    """The text, with an apostrophe before it if a spreadsheet would run it: then the spreadsheet shows it."""
    return "'" + text if _RUNS.match(text) else text
