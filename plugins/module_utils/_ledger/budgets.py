# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The budgets that the ledger holds."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .._core.money import format_exact, from_nano
from .._core.periods import Calendar, moment_of
from .transaction import Transaction, execute, insert, read_by_name

if TYPE_CHECKING:
    from collections.abc import Mapping

_STORED = (
    "name", "limit_nano", "currency", "period", "timezone", "first_day", "anchor_day", "anchor_month",
    "period_begin", "period_end", "fed_by", "basis", "max_staleness_s", "categories", "projects", "regions",
    "tags", "untagged", "tax", "thresholds",
)  # fmt: skip
FED_BY_CLOUD, FED_BY_ENTRIES = "cloud", "entries"
BASIS_ACTUAL, BASIS_PERIOD_END = "actual", "period_end"
#: How a budget takes a line that lacks the key of one of its tags.
UNTAGGED_UNKNOWN, UNTAGGED_OUTSIDE = UNTAGGED = ("unknown", "outside")
#: Whether entries of the charge category tax count.
TAX_EXCLUDED, TAX_INCLUDED = TAX = ("excluded", "included")


@dataclass(frozen=True)
class Scope:
    """Which costs a budget covers: all kinds that it names, any value of one kind, every tag.

    Empty: all costs.

    projects: ids or names. tags: name and value, sorted. untagged: of UNTAGGED. tax: of TAX.
    """

    categories: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    regions: tuple[str, ...] = ()
    untagged: str = UNTAGGED_UNKNOWN
    tax: str = TAX_EXCLUDED

    @property
    def names_values(self) -> bool:
        """Whether it names any value."""
        return bool(self.categories or self.projects or self.tags or self.regions)


@dataclass(frozen=True)
class Budget:
    """What may be spent per period (design/gate.md#budgets). limit_nano in 1e-9 of the currency; thresholds
    are parts of the limit, rising.
    """

    name: str
    limit_nano: int
    currency: str
    calendar: Calendar
    fed_by: str
    basis: str
    max_staleness: timedelta
    scope: Scope = field(default_factory=Scope)
    thresholds: tuple[Decimal, ...] = ()

    @property
    def amount(self) -> Decimal:
        """The limit in its currency."""
        return from_nano(self.limit_nano)


def read_all(transaction: Transaction) -> list[Budget]:
    """Every budget, by name."""
    statement = f"SELECT {', '.join(_STORED)} FROM budget ORDER BY name"  # noqa: S608
    return [_budget(row) for row in read_by_name(transaction, _STORED, statement)]


def save(transaction: Transaction, budget: Budget) -> None:
    """Create the budget, or replace the one of that name."""
    remove(transaction, budget.name)
    insert(transaction, "budget", [_columns(budget)])


def remove(transaction: Transaction, name: str) -> None:
    """Remove the budget of that name, if it is there. Entries stay: they belong to the ledger."""
    execute(transaction, "DELETE FROM budget WHERE name = :name", {"name": name})


def _budget(row: Mapping[str, Any]) -> Budget:
    return Budget(
        name=row["name"],
        limit_nano=int(row["limit_nano"]),
        currency=row["currency"],
        calendar=Calendar(
            kind=row["period"],
            zone=row["timezone"],
            first_day=row["first_day"],
            anchor_day=row["anchor_day"],
            anchor_month=row["anchor_month"],
            begin=_moment(row["period_begin"]),
            end=_moment(row["period_end"]),
        ),
        fed_by=row["fed_by"],
        basis=row["basis"],
        max_staleness=timedelta(seconds=row["max_staleness_s"]),
        scope=Scope(
            categories=tuple(json.loads(row["categories"])),
            projects=tuple(json.loads(row["projects"])),
            tags=tuple(sorted(json.loads(row["tags"]).items())),
            regions=tuple(json.loads(row["regions"])),
            untagged=row["untagged"],
            tax=row["tax"],
        ),
        thresholds=tuple(Decimal(text) for text in json.loads(row["thresholds"])),
    )


def _columns(budget: Budget) -> dict[str, Any]:
    calendar = budget.calendar
    return {
        "name": budget.name,
        "limit_nano": str(budget.limit_nano),
        "currency": budget.currency,
        "period": calendar.kind,
        "timezone": calendar.zone,
        "first_day": calendar.first_day,
        "anchor_day": calendar.anchor_day,
        "anchor_month": calendar.anchor_month,
        "period_begin": None if calendar.begin is None else int(calendar.begin.timestamp()),
        "period_end": None if calendar.end is None else int(calendar.end.timestamp()),
        "fed_by": budget.fed_by,
        "basis": budget.basis,
        "max_staleness_s": int(budget.max_staleness.total_seconds()),
        "categories": json.dumps(budget.scope.categories),
        "projects": json.dumps(budget.scope.projects),
        "regions": json.dumps(budget.scope.regions),
        "tags": json.dumps(dict(budget.scope.tags)),
        "untagged": budget.scope.untagged,
        "tax": budget.scope.tax,
        "thresholds": json.dumps([format_exact(part) for part in budget.thresholds]),
    }


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else moment_of(seconds)
