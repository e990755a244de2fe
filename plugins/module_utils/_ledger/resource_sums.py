# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What each resource cost and used in a window, and since when: what totals.py has no place for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from .._core.periods import Window
from . import archived_months, in_force, roll_up
from .dimension_sets import DIMENSIONS, Dimensions
from .transaction import Transaction, read

_SIGN = "CASE WHEN reverses IS NULL THEN 1 ELSE -1 END"
_RESOURCE = "coalesce(resource_id, resource_name)"
#: What has no resource is told apart by its description. A quantity is a number of any size, so its sum is no
#: integer, and exact on PostgreSQL only.
_SUMS = f"""
SELECT dimension_set_id, metric, {_RESOURCE}, CASE WHEN {_RESOURCE} IS NULL THEN description END,
    MAX(resource_name), MAX(resource_type), MAX(recorded_by), SUM({roll_up.WHOLE}), SUM({roll_up.REST_NANO}),
    SUM(CAST(quantity AS NUMERIC) * 1.0 * {_SIGN}), SUM((period_end - period_begin) * {_SIGN}),
    SUM({_SIGN}), MIN(period_begin), MAX(period_end)
FROM entry
WHERE period_begin >= :first AND period_begin < :behind_last AND {in_force.counts()}
GROUP BY 1, 2, 3, 4
HAVING SUM({_SIGN}) <> 0"""  # noqa: S608
_SETS = f"SELECT id, {', '.join(DIMENSIONS)} FROM dimension_set"  # noqa: S608


class ResourceSum(NamedTuple):
    """A sum in 1e-9 of its currency of one dimension set, metric and resource.

    description: of what has no resource. quantity: for comparison only, None where it is not known. seconds:
    the sum of the lengths of all entries. first_begin, last_end: in seconds since the epoch.
    """

    dimension_set_id: int
    metric: str | None
    resource: str | None
    description: str | None
    resource_name: str | None
    resource_type: str | None
    recorded_by: str
    amount_nano: int
    quantity: float | None
    seconds: int
    entry_count: int
    first_begin: int
    last_end: int


def resource_sums(transaction: Transaction, window: Window) -> Iterator[ResourceSum]:
    """The sums of all entries that begin in the window; one statement.

    Raises LedgerError where entries of the window are archived.
    """
    archived_months.refuse_window(transaction, window)
    values = {"first": int(window.begin.timestamp()), "behind_last": int(window.end.timestamp())}
    for row in read(transaction, _SUMS, values):
        *told, whole, rest_nano, quantity, seconds, count, first, last = row
        numbers = (roll_up.in_nano(whole, rest_nano), None if quantity is None else float(quantity))
        yield ResourceSum._make((*told, *numbers, *map(int, (seconds, count, first, last))))


class DimensionSet(NamedTuple):
    """A dimension set and its tags by name."""

    dimensions: Dimensions
    tags: dict[str, str]


def dimension_sets(transaction: Transaction) -> dict[int, DimensionSet]:
    """All dimension sets by their number: few, however many entries there are."""
    found = {}
    for number, *columns in read(transaction, _SETS):
        dimensions = Dimensions._make(columns)
        found[number] = DimensionSet(dimensions, json.loads(dimensions.tags))
    return found
