# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Text that a spreadsheet would run as a formula, made harmless in CSV and back.

Parquet and JSON carry text as it is.

Source: OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection.
"""

from __future__ import annotations

import re

#: What a cell of a formula begins with, also behind apostrophes, so that undone() finds each text again, and
#: behind white space.
_RUNS = re.compile(r"'*\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def defused(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it, which shows it as text."""
    return "'" + text if _RUNS.match(text) else text


def undone(cell: str) -> str:
    """The text behind what defused() made of it."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell) else cell
