# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds days that cost too much by statsmodels: a robust seasonal decomposition of the eight weeks up to each
day, whose remainder on that day is held to those before it.

PYTHON anomalies.py, with statsmodels: reads a list of series, each a list of days, and writes a list of the
days that it flags in each. A day that is null is filled by that of the week before, which the method needs.
"""

from __future__ import annotations

import json
import sys
from statistics import median

from statsmodels.tsa.seasonal import STL

WEEKS, WEEK, SCORE, PART, AMOUNT = 8, 7, 3.5, 0.15, 1.0


def flagged(values: list[float | None]) -> list[int]:
    """The days that are flagged, from the first on that has eight weeks before it."""
    filled: list[float] = []
    for day, value in enumerate(values):
        filled.append(value if value is not None else filled[day - WEEK] if day >= WEEK else 0.0)
    found = []
    for day in range(WEEKS * WEEK, len(filled)):
        window = filled[day - WEEKS * WEEK : day + 1]
        parts = STL(window, period=WEEK, robust=True).fit()
        rest = list(parts.resid)
        scale = max(1.4826 * median(abs(one) for one in rest[:-1]), 0.03 * (window[-1] - rest[-1]))
        expected = window[-1] - rest[-1]
        above = rest[-1]
        if values[day] is not None and scale > 0 and above >= max(SCORE * scale, PART * expected, AMOUNT):
            found.append(day)
    return found


if __name__ == "__main__":
    json.dump([flagged(one) for one in json.load(sys.stdin)], sys.stdout)
