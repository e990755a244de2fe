# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The ledger's sums as budgets look at them (design/gate.md#what-counts)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.periods import Window
from .._ledger.budgets import TAX_INCLUDED, Scope
from .._ledger.dimension_sums import IS_TAX, TAX_CHARGE, by_dimensions

if TYPE_CHECKING:
    from .._ledger.entries import Entry
    from .._ledger.totals import Total
    from .._ledger.transaction import Transaction

#: The columns that sums are grouped by, so that every scope can find its own.
COST_DIMENSIONS = ("category", "project_id", "project_name", "region", "tags", "charge_category")


class CostSum(NamedTuple):
    """The sum of the ledger's entries of one category, project (its ID and name), tag set, region and
    currency, in units of 1e-9. is_tax: of entries that are a tax.

    A column that no scope uses is not grouped by, and empty.
    """

    category: str
    projects: frozenset[str]
    tags: frozenset[tuple[str, str]]
    currency: str
    amount_nano: int
    region: str | None = None
    is_tax: bool = False


def columns_of(scopes: Iterable[Scope]) -> list[str]:
    """The columns that these scopes use."""
    return ["currency", IS_TAX, *sorted({name for scope in scopes for name in _goes_by(scope)})]


def read_costs(
    transaction: Transaction, windows: Sequence[Window], columns: Sequence[str]
) -> Callable[[Window, Scope], Sequence[CostSum]]:
    """The ledger's sums of these windows, grouped only by the columns that the scopes use: so each budget has
    fewer sums to look at.
    """
    found = {
        window: [
            cost_sum(dict(zip(columns, values, strict=True)), amount_nano)
            for values, amount_nano in each.items()
        ]
        for window, each in zip(windows, by_dimensions(transaction, windows, columns), strict=True)
    }
    without_tax = {window: [one for one in sums if not one.is_tax] for window, sums in found.items()}

    def costs(window: Window, scope: Scope) -> Sequence[CostSum]:
        if missing := _goes_by(scope) - set(columns):
            raise KeyError(*missing)
        return (found if scope.tax == TAX_INCLUDED else without_tax)[window]

    return costs


def _goes_by(scope: Scope) -> set[str]:
    """The columns that the scope uses."""
    of_kinds = (
        (scope.categories, {"category"}),
        (scope.projects, {"project_id", "project_name"}),
        (scope.regions, {"region"}),
        (scope.tags, {"tags"}),
    )
    return {name for wanted, names in of_kinds if wanted for name in names}


def cost_sum_of(total: Total) -> CostSum:
    """The CostSum of a total that is grouped by COST_DIMENSIONS."""
    keys = {**total.keys, "currency": total.currency, IS_TAX: total.keys["charge_category"] == TAX_CHARGE}
    return cost_sum(keys, total.amount_nano)


def cost_sum_of_entry(entry: Entry, sign: int = 1) -> CostSum:
    """The CostSum of one entry; of sign -1 what takes it back."""
    return CostSum(
        category=entry.category,
        projects=frozenset(filter(None, (entry.project_id, entry.project_name))),
        tags=frozenset(entry.tags.items()),
        currency=entry.currency,
        amount_nano=sign * entry.amount_nano,
        region=entry.region,
        is_tax=entry.charge_category == TAX_CHARGE,
    )


def cost_sum(keys: Mapping[str, Any], amount_nano: int) -> CostSum:
    """A sum with these columns of dimension_set, IS_TAX among them; one that is left out is empty."""
    return CostSum(
        category=keys.get("category") or "",
        projects=frozenset(filter(None, (keys.get("project_id"), keys.get("project_name")))),
        tags=_tags(keys.get("tags") or "{}"),
        currency=str(keys["currency"]),
        amount_nano=amount_nano,
        region=keys.get("region"),
        is_tax=bool(keys.get(IS_TAX)),
    )


@lru_cache(maxsize=4096)
def _tags(stored: str) -> frozenset[tuple[str, str]]:
    """The tags of a set as the ledger holds them; a set comes once for every category, project and window."""
    return frozenset(json.loads(stored).items())
