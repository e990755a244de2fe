# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Thresholds that were reached, each once, and who took care of them (design/alerts.md#when-an-alert-fires,
design/alerts.md#delivery).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from .._core.money import format_exact
from .._core.periods import Window, moment_of
from .transaction import Transaction, execute, execute_many, insert, one_of, read, read_by_name

ACTUAL, FORECAST = "actual", "forecast"
_STORED = (
    "id", "budget", "period_id", "basis", "threshold", "round", "period_begin", "period_end", "amount",
    "limit_amount", "currency", "at_least", "message", "fired_at", "rearmed_at", "recorded_by",
)  # fmt: skip
_REARM_ALL = "UPDATE alert SET rearmed_at = :now WHERE budget = :budget AND rearmed_at IS NULL"
_REARM = f"{_REARM_ALL} AND period_id = :period_id AND basis = :basis AND threshold = :threshold"


@dataclass(frozen=True)
class AlertKey:
    """What is fired once: one threshold of a budget, in one period, on actual or on forecast spend."""

    budget: str
    period_id: str
    basis: str
    threshold: Decimal


@dataclass(frozen=True)
class Alert:
    """A threshold that was reached. amount of limit, both in the currency; at_least: not all of
    the spend was known.

    round: 1, and one more for every time that it was re-armed in its period.
    """

    key: AlertKey
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
        """The same wherever it is asked for: production/monthly/2026-10-31T23:00:00Z/actual/0.8, with #2
        behind it once re-armed.
        """
        parts = (self.key.budget, self.key.period_id, self.key.basis, format_exact(self.key.threshold))
        return "/".join(parts) + (f"#{self.round}" if self.round > 1 else "")


def rounds(
    transaction: Transaction, periods: Sequence[tuple[str, str]]
) -> tuple[set[AlertKey], dict[AlertKey, int]]:
    """The keys that were fired in these periods and not re-armed since, and how often each key was fired
    there; one statement.

    periods: budget and period id of each.
    """
    standing, fired = set(), dict[AlertKey, int]()
    for row in _rows(transaction, periods):
        key = _key(row)
        fired[key] = max(fired.get(key, 0), row["round"])
        if row["rearmed_at"] is None:
            standing.add(key)
    return standing, fired


def save(transaction: Transaction, alerts: Sequence[Alert]) -> None:
    """Put new alerts on record; that marks their thresholds."""
    rows = [
        {
            "id": one.id,
            "budget": one.key.budget,
            "period_id": one.key.period_id,
            "basis": one.key.basis,
            "threshold": format_exact(one.key.threshold),
            "round": one.round,
            "period_begin": int(one.window.begin.timestamp()),
            "period_end": int(one.window.end.timestamp()),
            "amount": format_exact(one.amount),
            "limit_amount": format_exact(one.limit),
            "currency": one.currency,
            "at_least": one.at_least,
            "message": one.message,
            "fired_at": int(one.fired_at.timestamp()),
            "recorded_by": one.recorded_by,
        }
        for one in alerts
    ]
    insert(transaction, "alert", rows)


def rearm(transaction: Transaction, keys: Iterable[AlertKey], now: datetime) -> None:
    """Let these thresholds fire again.

    Their alerts stay on record, and with whom has not taken care of them yet.
    """
    rows = [
        {
            "budget": key.budget,
            "period_id": key.period_id,
            "basis": key.basis,
            "threshold": format_exact(key.threshold),
            "now": int(now.timestamp()),
        }
        for key in keys
    ]
    execute_many(transaction, _REARM, rows)


def forget(transaction: Transaction, budget: str, now: datetime) -> None:
    """Re-arm all that a budget has fired, as it is removed: one of its name that comes later begins anew."""
    execute(transaction, _REARM_ALL, {"budget": budget, "now": int(now.timestamp())})


def of_periods(transaction: Transaction, periods: Sequence[tuple[str, str]]) -> list[Alert]:
    """All alerts of these periods (budget and period id), in the order in which they are told."""
    return _with_consumers(transaction, _rows(transaction, periods))


def not_acknowledged(
    transaction: Transaction, consumer: str, budgets: Sequence[str], since: datetime
) -> list[Alert]:
    """What these budgets have fired from that moment on and the consumer has not acknowledged, of closed
    periods too.
    """
    by_it = "SELECT alert_id FROM alert_acknowledged WHERE consumer = :consumer"
    values = {"since": int(since.timestamp()), "consumer": consumer}
    found = _read(transaction, f"fired_at >= :since AND id NOT IN ({by_it})", values)
    return _with_consumers(transaction, [row for row in found if row["budget"] in set(budgets)])


def standing_until(transaction: Transaction, ids: Sequence[str]) -> dict[str, datetime]:
    """When the periods of these alerts end, of those that were not re-armed."""
    listed, values = one_of(ids, "id")
    asked = f"SELECT id, period_end FROM alert WHERE id IN ({listed}) AND rearmed_at IS NULL"  # noqa: S608
    return {alert_id: moment_of(end) for alert_id, end in read(transaction, asked, values)}


def budgets_of(transaction: Transaction, ids: Sequence[str]) -> dict[str, str]:
    """The budget of each of these alerts."""
    listed, values = one_of(ids, "id")
    asked = f"SELECT id, budget FROM alert WHERE id IN ({listed})"  # noqa: S608
    return dict(read(transaction, asked, values))


def fired_at(transaction: Transaction, moment: datetime) -> str | None:
    """The id of an alert on actual spend that was fired in that second, the first one where several were."""
    asked = "SELECT min(id) FROM alert WHERE fired_at = :moment AND basis = :basis"
    ((alert_id,),) = read(transaction, asked, {"moment": int(moment.timestamp()), "basis": ACTUAL})
    return None if alert_id is None else str(alert_id)


def fired_about(transaction: Transaction, window: Window) -> list[Alert]:
    """The alerts that were fired in a window, and later ones of periods that overlap it."""
    about = "fired_at >= :begin AND (fired_at < :end OR (period_begin < :end AND period_end > :begin))"
    values = {"begin": int(window.begin.timestamp()), "end": int(window.end.timestamp())}
    return _with_consumers(transaction, _read(transaction, about, values))


def unknown_ids(transaction: Transaction, ids: Sequence[str]) -> list[str]:
    """Those of the ids that no alert has."""
    listed, values = one_of(ids, "id")
    known = {row["id"] for row in _read(transaction, f"id IN ({listed})", values)}
    return [one for one in ids if one not in known]


def acknowledged(transaction: Transaction, consumer: str, ids: Sequence[str]) -> set[str]:
    """Those of the ids that the consumer has acknowledged already."""
    listed, values = one_of(ids, "id")
    asked = (
        "SELECT alert_id FROM alert_acknowledged"  # noqa: S608
        f" WHERE consumer = :consumer AND alert_id IN ({listed})"
    )
    return {alert_id for (alert_id,) in read(transaction, asked, {**values, "consumer": consumer})}


def acknowledge(transaction: Transaction, consumer: str, ids: Iterable[str], now: datetime, by: str) -> None:
    """Put on record that the consumer took care of these alerts.

    Those that it has acknowledged already must not be among them.
    """
    rows = [
        {
            "alert_id": one,
            "consumer": consumer,
            "acknowledged_at": int(now.timestamp()),
            "acknowledged_by": by,
        }
        for one in ids
    ]
    insert(transaction, "alert_acknowledged", rows)


def _rows(transaction: Transaction, periods: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    if not periods:
        return []
    wanted = set(periods)
    # Each budget and period in a list of its own finds a few rows too many, which cost less than a longer
    # statement.
    names, of_names = one_of(sorted({budget for budget, _period_id in wanted}), "budget")
    ids, of_ids = one_of(sorted({period_id for _budget, period_id in wanted}), "period")
    found = _read(transaction, f"budget IN ({names}) AND period_id IN ({ids})", {**of_names, **of_ids})
    return [row for row in found if (row["budget"], row["period_id"]) in wanted]


def _read(transaction: Transaction, condition: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    statement = f"SELECT {', '.join(_STORED)} FROM alert WHERE {condition}"  # noqa: S608
    return read_by_name(transaction, _STORED, statement, values)


def _with_consumers(transaction: Transaction, rows: Sequence[dict[str, Any]]) -> list[Alert]:
    """The alerts of these rows with who has acknowledged them: by time, of one moment by budget and basis,
    the highest threshold first.
    """
    consumers: dict[str, list[str]] = {}
    if rows:
        listed, values = one_of([row["id"] for row in rows], "id")
        asked = (
            "SELECT alert_id, consumer FROM alert_acknowledged"  # noqa: S608
            f" WHERE alert_id IN ({listed})"
        )
        for alert_id, consumer in read(transaction, asked, values):
            consumers.setdefault(alert_id, []).append(consumer)
    found = [_alert(row, tuple(sorted(consumers.get(row["id"], ())))) for row in rows]
    return sorted(
        found, key=lambda one: (one.fired_at, one.key.budget, one.key.basis, -one.key.threshold, one.round)
    )


def _alert(row: dict[str, Any], acknowledged_by: tuple[str, ...]) -> Alert:
    return Alert(
        key=_key(row),
        round=row["round"],
        window=Window(moment_of(row["period_begin"]), moment_of(row["period_end"])),
        amount=Decimal(row["amount"]),
        limit=Decimal(row["limit_amount"]),
        currency=row["currency"],
        at_least=bool(row["at_least"]),
        message=row["message"],
        fired_at=moment_of(row["fired_at"]),
        recorded_by=row["recorded_by"],
        acknowledged_by=acknowledged_by,
    )


def _key(row: dict[str, Any]) -> AlertKey:
    return AlertKey(row["budget"], row["period_id"], row["basis"], Decimal(row["threshold"]))
