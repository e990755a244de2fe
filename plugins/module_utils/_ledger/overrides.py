# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Limits that somebody raised once, for one reservation in one period (design/gate.md#overrides)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .schema import tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection


#: What tells one override from another.
_NAMED_BY = ("budget", "period_id", "reservation")


@dataclass(frozen=True)
class Override:
    """amount_nano: in 1e-9 of the budget's currency. until: from then on nobody can use it. generation: that
    of the reservation which consumed it, None as long as none did.
    """

    budget: str
    period_id: str
    reservation: str
    amount_nano: int
    reason: str
    approved_by: str
    until: datetime
    recorded_by: str
    generation: int | None = None
    consumed_at: datetime | None = None

    def usable(self, generation: int, now: datetime) -> bool:
        """Whether that generation of its reservation may use it now: before it ends, or because it was the
        one that consumed it.
        """
        return now < self.until if self.generation is None else self.generation == generation


def of_reservation(connection: Connection, name: str) -> list[Override]:
    """Every override that was made for that reservation."""
    return _read(connection, tables().limit_override.c.reservation == name)


def of_budget(connection: Connection, name: str) -> list[Override]:
    """Every override of that budget."""
    return _read(connection, tables().limit_override.c.budget == name)


def save(connection: Connection, override: Override, now: datetime) -> None:
    """Store an override, in place of the one for the same reservation, budget and period."""
    table = tables().limit_override
    remove(connection, override)
    values = {
        "budget": override.budget,
        "period_id": override.period_id,
        "reservation": override.reservation,
        "amount_nano": override.amount_nano,
        "reason": override.reason,
        "approved_by": override.approved_by,
        "until": int(override.until.timestamp()),
        "recorded_at": int(now.timestamp()),
        "recorded_by": override.recorded_by,
    }
    connection.execute(table.insert().values(**values))


def remove(connection: Connection, override: Override) -> None:
    """Take back the override for that reservation, budget and period."""
    connection.execute(tables().limit_override.delete().where(*_same(override)))


def consume(connection: Connection, override: Override, generation: int, now: datetime) -> None:
    """Put on record that this generation of its reservation used the override up."""
    named = {name: getattr(override, name) for name in _NAMED_BY}
    use = {**named, "generation": generation, "consumed_at": int(now.timestamp())}
    connection.execute(tables().override_use.insert().values(**use))


def _same(override: Override) -> list[ColumnElement[bool]]:
    table = tables().limit_override
    return [table.c[name] == getattr(override, name) for name in _NAMED_BY]


def _read(connection: Connection, which: ColumnElement[bool]) -> list[Override]:
    from sqlalchemy import and_, select

    table, use = tables().limit_override, tables().override_use
    used = and_(*(use.c[name] == table.c[name] for name in _NAMED_BY))
    statement = (
        select(table, use.c.generation, use.c.consumed_at)
        .outerjoin(use, used)
        .where(which)
        .order_by(*(table.c[name] for name in _NAMED_BY))
    )
    return [_override(row) for row in connection.execute(statement)]


def _override(row: Any) -> Override:
    return Override(
        budget=row.budget,
        period_id=row.period_id,
        reservation=row.reservation,
        amount_nano=row.amount_nano,
        reason=row.reason,
        approved_by=row.approved_by,
        until=datetime.fromtimestamp(row.until, UTC),
        recorded_by=row.recorded_by,
        generation=row.generation,
        consumed_at=None if row.consumed_at is None else datetime.fromtimestamp(row.consumed_at, UTC),
    )
