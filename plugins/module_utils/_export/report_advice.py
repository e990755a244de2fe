# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a report says of savings and of anomalies (design/reports.md#savings-and-anomalies)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .told_advice import ToldAdvice, days_of, named_resources, summed, what_to_do

Row = dict[str, Any]


def sections(told: ToldAdvice, summary: Mapping[str, Any], days: Sequence[Row]) -> Row:
    """`savings`, `realised` and `anomalies`, and `days` with the series that are above what was expected.

    days: of the report's window. realised is what the summary tells; None where it was not asked.
    """
    above, of_window = days_of(told.anomalies or ()), {row["day"] for row in days}
    flagged = told.anomalies
    return {
        "days": [{**row, "above": above.get(row["day"], [])} for row in days],
        "savings": None if told.recommendations is None else _savings(told.recommendations),
        "realised": summary.get("savings"),
        "anomalies": None
        if flagged is None
        else [
            {**row, "named": named_resources(row)}
            for row in flagged
            if any(day["day"] in of_window for day in row["days"])
        ],
    }


def _savings(rows: Sequence[Row]) -> Row:
    return {**summed(rows), "rows": [{**row, "do": what_to_do(row)} for row in rows]}
