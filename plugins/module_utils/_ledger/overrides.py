# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Limits that somebody raised once, for one reservation in one period (design/gate.md#overrides)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from .transaction import Transaction, execute, insert, read

#: What tells one override from another.
_NAMED_BY = ("budget", "period_id", "reservation")
_OF_ITSELF = (*_NAMED_BY, "amount_nano", "reason", "approved_by", "login", "until", "recorded_by")
_COLUMNS = ", ".join(f"limit_override.{name}" for name in _OF_ITSELF)
_SAME = " AND ".join(f"override_use.{name} = limit_override.{name}" for name in _NAMED_BY)
_READ = (
    f"SELECT {_COLUMNS}, generation, consumed_at"  # noqa: S608
    f" FROM limit_override LEFT JOIN override_use ON {_SAME} WHERE limit_override.{{column}} = :wanted"
    " ORDER BY limit_override.budget, limit_override.period_id, limit_override.reservation"
)
_REMOVE = (
    "DELETE FROM limit_override"
    " WHERE budget = :budget AND period_id = :period_id AND reservation = :reservation"
)


@dataclass(frozen=True)
class Override:
    """amount_nano: in 1e-9 of the budget's currency. until: from then on nobody can use it. generation: that
    of the reservation which consumed it, None as long as none did. login: of PostgreSQL, which alone may use
    it; None for any.
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
    login: str | None = None

    def usable(self, generation: int, now: datetime) -> bool:
        """Whether that generation of its reservation may use it now: before it ends, or because it was the
        one that consumed it.
        """
        return now < self.until if self.generation is None else self.generation == generation


def of_reservation(transaction: Transaction, name: str) -> list[Override]:
    """Every override that was made for that reservation."""
    return _read(transaction, "reservation", name)


def current_login(transaction: Transaction) -> str | None:
    """Who writes here, as PostgreSQL knows the login; None on SQLite."""
    if not transaction.on_postgresql:
        return None
    ((login,),) = read(transaction, "SELECT session_user::text")
    return str(login)


def of_budget(transaction: Transaction, name: str) -> list[Override]:
    """Every override of that budget."""
    return _read(transaction, "budget", name)


def save(transaction: Transaction, override: Override, now: datetime) -> None:
    """Store an override, in place of the one for the same reservation, budget and period."""
    remove(transaction, override)
    values = {
        "budget": override.budget,
        "period_id": override.period_id,
        "reservation": override.reservation,
        "amount_nano": str(override.amount_nano),
        "reason": override.reason,
        "approved_by": override.approved_by,
        "until": int(override.until.timestamp()),
        "login": override.login,
        "recorded_at": int(now.timestamp()),
        "recorded_by": override.recorded_by,
    }
    insert(transaction, "limit_override", [values])


def remove(transaction: Transaction, override: Override) -> None:
    """Take back the override for that reservation, budget and period."""
    execute(transaction, _REMOVE, _names(override))


def consume(transaction: Transaction, override: Override, generation: int, now: datetime) -> None:
    """Put on record that this generation of its reservation used the override up."""
    use = {**_names(override), "generation": generation, "consumed_at": int(now.timestamp())}
    insert(transaction, "override_use", [use])


def _names(override: Override) -> dict[str, str]:
    return {name: getattr(override, name) for name in _NAMED_BY}


def _read(transaction: Transaction, column: str, wanted: str) -> list[Override]:
    found: list[Override] = []
    for *itself, until, recorded_by, generation, consumed_at in read(
        transaction, _READ.format(column=column), {"wanted": wanted}
    ):
        budget, period_id, reservation, amount_nano, reason, approved_by, login = itself
        found.append(
            Override(
                budget=budget,
                period_id=period_id,
                reservation=reservation,
                amount_nano=int(amount_nano),
                reason=reason,
                approved_by=approved_by,
                until=datetime.fromtimestamp(until, UTC),
                recorded_by=recorded_by,
                generation=generation,
                login=login,
                consumed_at=None if consumed_at is None else datetime.fromtimestamp(consumed_at, UTC),
            )
        )
    return found
