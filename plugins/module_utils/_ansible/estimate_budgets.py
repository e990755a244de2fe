# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What the budgets of the ledger will not have of an estimate (design/estimates.md#tags)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from .._budgets.lost_costs import LostCost, PlannedTags, lost_costs
from .._budgets.request import parse_tags
from .._core.money import Money
from .._estimate.changes import REMOVED
from .._estimate.shapes import KINDS
from .._ledger import budgets, feeds, sql
from .._ledger.holds import HoldLine
from . import arguments


def read_lost_costs(
    params: Mapping[str, Any], estimate: Mapping[str, Any], project_id: str
) -> list[LostCost]:
    """Those of the result of an estimate. Raises LedgerError for a ledger that cannot be read."""
    ledger = arguments.ledger_options(params)
    planned = list(_planned(estimate, project_id))
    if not planned or not sql.exists(ledger):
        return []
    with sql.reading(ledger) as opened:
        defined = [one for one in budgets.read_all(opened.connection) if one.scope.tags]
        return lost_costs(planned, defined, feeds.read_all(opened.connection)) if defined else []


def _planned(estimate: Mapping[str, Any], project_id: str) -> Iterator[PlannedTags]:
    """What a cloud will rate with fewer tags than its line has."""
    nothing = Money(Decimal(0), estimate["currency"])
    for row in estimate["lines"]:
        if row["tags_not_imported"] and row["kind"] in KINDS and row["action"] != REMOVED:
            tags = parse_tags(row["tags"])
            line = HoldLine(nothing, row["category"], project_id, tags, region=row["region"])
            yield PlannedTags(row["name"], line, frozenset(row["tags_not_imported"]))
