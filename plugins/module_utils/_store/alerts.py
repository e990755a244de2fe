# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Thresholds that were reached, each once, and who took care of them (rules A1 and A2 of docs/rules.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ansible_collections.finops.cloud.plugins.module_utils._core.money import plain
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, moment_of
from ansible_collections.finops.cloud.plugins.module_utils._store.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

ACTUAL, FORECAST = "actual", "forecast"


@dataclass(frozen=True)
class Mark:
    """What is fired once: one threshold of a budget, in one period, on actual or on forecast spend."""

    budget: str
    period_id: str
    basis: str
    threshold: Decimal


@dataclass(frozen=True)
class Alert:
    """A threshold that was reached. amount of limit, both in the currency; at_least: not all of the spend was known.

    round: 1, and one more for every time that it was re-armed in its period.
    """

    mark: Mark
    round: int
    window: Window
    amount: Decimal
    limit: Decimal
    currency: str
    at_least: bool
    message: str
    fired_at: datetime
    recorded_by: str
    acknowledged_by: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The same wherever it is asked for: production/monthly/2026-10-31T23:00:00Z/actual/0.8, with #2 behind it once re-armed."""
        parts = (self.mark.budget, self.mark.period_id, self.mark.basis, plain(self.mark.threshold))
        return "/".join(parts) + (f"#{self.round}" if self.round > 1 else "")


def rounds(connection: Connection, periods: Sequence[tuple[str, str]]) -> tuple[set[Mark], dict[Mark, int]]:
    """The marks that stand in these periods (budget and period id), and how often each was fired there: one statement."""
    standing, fired = set(), dict[Mark, int]()
    for row in _rows(connection, periods):
        mark = _mark(row)
        fired[mark] = max(fired.get(mark, 0), row["round"])
        if row["rearmed_at"] is None:
            standing.add(mark)
    return standing, fired


def save(connection: Connection, alerts: Sequence[Alert]) -> None:
    """Put new alerts on record; that marks their thresholds."""
    if not alerts:
        return
    rows = [
        {
            "id": one.id,
            "budget": one.mark.budget,
            "period_id": one.mark.period_id,
            "basis": one.mark.basis,
            "threshold": plain(one.mark.threshold),
            "round": one.round,
            "period_begin": int(one.window.begin.timestamp()),
            "period_end": int(one.window.end.timestamp()),
            "amount": plain(one.amount),
            "limit_amount": plain(one.limit),
            "currency": one.currency,
            "at_least": one.at_least,
            "message": one.message,
            "fired_at": int(one.fired_at.timestamp()),
            "recorded_by": one.recorded_by,
        }
        for one in alerts
    ]
    connection.execute(tables().alert.insert(), rows)


def rearm(connection: Connection, marks: Iterable[Mark], now: datetime) -> None:
    """Let these thresholds fire again. Their alerts stay on record, and with whom has not taken care of them yet."""
    table = tables().alert
    for mark in marks:
        same = (
            table.c.budget == mark.budget,
            table.c.period_id == mark.period_id,
            table.c.basis == mark.basis,
            table.c.threshold == plain(mark.threshold),
            table.c.rearmed_at.is_(None),
        )
        connection.execute(table.update().where(*same).values(rearmed_at=int(now.timestamp())))


def forget(connection: Connection, budget: str, now: datetime) -> None:
    """Re-arm all that a budget has fired, as it is removed: one of its name that comes later begins anew."""
    table = tables().alert
    standing = (table.c.budget == budget, table.c.rearmed_at.is_(None))
    connection.execute(table.update().where(*standing).values(rearmed_at=int(now.timestamp())))


def of_periods(connection: Connection, periods: Sequence[tuple[str, str]]) -> list[Alert]:
    """All alerts of these periods (budget and period id), in the order in which they are told."""
    return _with_consumers(connection, _rows(connection, periods))


def not_acknowledged(connection: Connection, consumer: str, budgets: Sequence[str], since: datetime) -> list[Alert]:
    """What these budgets have fired from that moment on and the consumer has not acknowledged, of closed periods too."""
    from sqlalchemy import select

    table, taken = tables().alert, tables().alert_acknowledged
    by_it = select(taken.c.alert_id).where(taken.c.consumer == consumer)
    waiting = (table.c.fired_at >= int(since.timestamp()), table.c.id.not_in(by_it))
    rows = [row for row in _read(connection, *waiting) if row["budget"] in set(budgets)]
    return _with_consumers(connection, rows)


def unknown_ids(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Those of the ids that no alert has."""
    known = {row["id"] for row in _read(connection, tables().alert.c.id.in_(ids))}
    return [one for one in ids if one not in known]


def acknowledged(connection: Connection, consumer: str, ids: Sequence[str]) -> set[str]:
    """Those of the ids that the consumer has acknowledged already."""
    from sqlalchemy import select

    taken = tables().alert_acknowledged
    asked = select(taken.c.alert_id).where(taken.c.consumer == consumer, taken.c.alert_id.in_(ids))
    return set(connection.execute(asked).scalars())


def acknowledge(connection: Connection, consumer: str, ids: Iterable[str], now: datetime, by: str) -> None:
    """Put on record that the consumer took care of these alerts. Those that it has acknowledged already must not be among them."""
    rows = [
        {"alert_id": one, "consumer": consumer, "acknowledged_at": int(now.timestamp()), "acknowledged_by": by}
        for one in ids
    ]
    if rows:
        connection.execute(tables().alert_acknowledged.insert(), rows)


def _rows(connection: Connection, periods: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    if not periods:
        return []
    table, wanted = tables().alert, set(periods)
    names, ids = zip(*wanted, strict=True)
    # Each budget and period in a list of its own finds a few rows too many, which cost less than a longer statement.
    found = _read(connection, table.c.budget.in_(sorted(set(names))), table.c.period_id.in_(sorted(set(ids))))
    return [row for row in found if (row["budget"], row["period_id"]) in wanted]


def _read(connection: Connection, *conditions: ColumnElement[bool]) -> list[dict[str, Any]]:
    from sqlalchemy import select

    return [row._asdict() for row in connection.execute(select(tables().alert).where(*conditions))]


def _with_consumers(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[Alert]:
    """The alerts of these rows with who has acknowledged them: by time, of one moment by budget and basis, the highest threshold first."""
    from sqlalchemy import select

    taken = tables().alert_acknowledged
    consumers: dict[str, list[str]] = {}
    if rows:
        asked = select(taken.c.alert_id, taken.c.consumer).where(taken.c.alert_id.in_([row["id"] for row in rows]))
        for alert_id, consumer in connection.execute(asked):
            consumers.setdefault(alert_id, []).append(consumer)
    found = [_alert(row, tuple(sorted(consumers.get(row["id"], ())))) for row in rows]
    return sorted(
        found, key=lambda one: (one.fired_at, one.mark.budget, one.mark.basis, -one.mark.threshold, one.round)
    )


def _alert(row: dict[str, Any], acknowledged_by: tuple[str, ...]) -> Alert:
    return Alert(
        mark=_mark(row),
        round=row["round"],
        window=Window(moment_of(row["period_begin"]), moment_of(row["period_end"])),
        amount=Decimal(row["amount"]),
        limit=Decimal(row["limit_amount"]),
        currency=row["currency"],
        at_least=row["at_least"],
        message=row["message"],
        fired_at=moment_of(row["fired_at"]),
        recorded_by=row["recorded_by"],
        acknowledged_by=acknowledged_by,
    )


def _mark(row: dict[str, Any]) -> Mark:
    return Mark(row["budget"], row["period_id"], row["basis"], Decimal(row["threshold"]))
