# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Costs that somebody writes down (rule L2 of docs/rules.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.money import (
    display,
    from_nano,
    parse_amount,
    parse_currency,
    to_nano,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, iso, parse_moment
from ansible_collections.finops.cloud.plugins.module_utils._store import entries, sql


@dataclass(frozen=True)
class Cost:
    """A cost as a user writes it, before anything is checked."""

    key: str
    source: str
    amount: str
    currency: str
    category: str
    charge_category: str
    occurred_at: str | None
    description: str | None
    tags: Mapping[str, Any]


def record(options: sql.LedgerOptions, cost: Cost, now: datetime, recorded_by: str, check_mode: bool) -> dict[str, Any]:
    """The result of cost_entry, with the entry before as `before`. Creates the ledger if it is missing, but not in check mode.

    Raises InvalidOption for what is no amount, currency or moment, or negative without being a credit; LedgerError.
    """
    amount_nano = _amount_nano(cost)
    parse_currency(cost.currency, "currency")
    if not cost.key.strip():
        raise InvalidOption("key", "is empty; give the cost a name that stays, such as the invoice's number.")
    occurred_at = parse_moment(cost.occurred_at, ZoneInfo("UTC"), "occurred_at") if cost.occurred_at else None
    if check_mode:
        before = None
        if sql.exists(options):
            with sql.reading(options) as ledger:
                before = entries.current(ledger.connection, cost.source, cost.key)
        entry = _entry(cost, amount_nano, occurred_at, before, now)
        version, outcome = entries.next_version(before, entry)
        return _result(entry, version, outcome, before, sql.shown(options), created=False)
    with sql.writing(options) as ledger:
        before = entries.current(ledger.connection, cost.source, cost.key)
        entry = _entry(cost, amount_nano, occurred_at, before, now)
        written = entries.write(ledger.connection, entry, now, recorded_by)
        return _result(entry, written.version, written.outcome, before, ledger.url, ledger.created)


def _amount_nano(cost: Cost) -> int:
    amount = parse_amount(cost.amount, "amount")
    if amount < 0 and cost.charge_category not in entries.MAY_BE_NEGATIVE:
        raise InvalidOption(
            "amount", f"'{cost.amount}' is negative; only a credit or an adjustment is, say so in charge_category."
        )
    return to_nano(amount, "amount")


def _entry(
    cost: Cost, amount_nano: int, occurred_at: datetime | None, before: Mapping[str, Any] | None, now: datetime
) -> entries.Entry:
    """occurred_at left out on a rewrite keeps the stored moment: running a playbook again must not move a cost."""
    if occurred_at is None:
        occurred_at = now if before is None else entries.period_of(before).begin
    return entries.Entry(
        source=cost.source,
        key=cost.key,
        charge_category=cost.charge_category,
        category=cost.category,
        period=Window(occurred_at, occurred_at),
        amount_nano=amount_nano,
        currency=parse_currency(cost.currency, "currency"),
        tags={str(name): str(value) for name, value in cost.tags.items()},
        description=cost.description,
    )


def _result(
    entry: entries.Entry, version: int, outcome: str, before: Mapping[str, Any] | None, ledger: str, created: bool
) -> dict[str, Any]:
    return {
        "changed": outcome != entries.UNCHANGED,
        "outcome": outcome,
        "ledger": ledger,
        "ledger_created": created,
        "entry": _described(entries.columns(entry), version),
        "before": {} if before is None else _described(before, before["version"]),
    }


def _described(row: Mapping[str, Any], version: int) -> dict[str, Any]:
    kept = ("source", "key", "charge_category", "category", "currency", "description")
    return {
        **{name: row[name] for name in kept},
        "version": version,
        "amount": display(from_nano(row["amount_nano"])),
        "occurred_at": iso(entries.period_of(row).begin),
        "tags": entries.tags_of(row),
    }
