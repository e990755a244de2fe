# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The entries of the ledger that lie ahead (design/gate.md#what-counts)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from . import in_force
from .transaction import Transaction, read

_LATER = f"""
SELECT entry.period_begin, {{columns}}
FROM entry JOIN dimension_set ON dimension_set.id = entry.dimension_set_id
WHERE entry.period_begin >= :after AND {in_force.counts("entry")}
GROUP BY entry.period_begin, {{columns}}
HAVING SUM(CASE WHEN entry.reverses IS NULL THEN 1 ELSE -1 END) <> 0
ORDER BY entry.period_begin"""  # noqa: S608


def later_entries(
    transaction: Transaction, after: datetime, columns: Sequence[str]
) -> list[tuple[int, *tuple[str | None, ...]]]:
    """When entries begin at or after that moment, in seconds since the epoch, and these columns of their
    dimension sets, each once; one statement.
    """
    statement = _LATER.format(columns=", ".join(columns))
    return [tuple(row) for row in read(transaction, statement, {"after": int(after.timestamp())})]
