# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Which rows of the ledger count: all but those of a delivery that is still being written, or was when its
task was killed (design/imports.md#whole-or-not-at-all).

Apart from deliveries.py, as every gate asks this and few tasks deliver.
"""

from __future__ import annotations

#: SQL of the deliveries whose rows do not count, by what their rows have as recorded_at.
UNFINISHED = "SELECT recorded_at FROM delivery WHERE effective_at IS NULL"
#: The same as of a moment, whose value is as_of.
_UNFINISHED_THEN = f"{UNFINISHED} OR effective_at > :as_of"


def counts(table: str = "", then: bool = False) -> str:
    """The condition that a row of entry or roll_up_waiting counts. table: its alias. then: as of a moment."""
    column = f"{table}.recorded_at" if table else "recorded_at"
    return f"{column} NOT IN ({_UNFINISHED_THEN if then else UNFINISHED})"


def recorded_at(table: str) -> str:
    """SQL of the moment since when an entry counts: for a delivery's, when all of it did."""
    own = f"{table}.recorded_at"
    whole = f"SELECT effective_at FROM delivery WHERE delivery.recorded_at = {own}"  # noqa: S608
    return f"coalesce(({whole}), {own})"
