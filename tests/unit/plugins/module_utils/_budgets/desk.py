# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ledger of a test's own with a clock, and its budgets, costs and holds as tasks make them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._budgets import (
    alerts,
    budgets,
    overrides,
    reservations,
)
from ansible_collections.finops.cloud.plugins.module_utils._budgets.status import status
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._imports.manual import CostRecord, record
from ansible_collections.finops.cloud.plugins.module_utils._ledger import entries, feed_changes, feeds, sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import Feed
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import read

from .snapshots import NOW, nano


@dataclass
class Desk:
    """Where a test defines, asks, records and holds; now is the moment of all of it."""

    options: sql.LedgerOptions
    now: datetime = NOW
    recorded: list[str] = field(default_factory=list)

    def later(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def define(
        self, name: str = "team", limit: str = "100", check_mode: bool = False, **more: Any
    ) -> dict[str, Any]:
        given = {"currency": "ICU", "fed_by": "entries", **more}
        return self.budget(name=name, limit=limit, check_mode=check_mode, **given)

    def budget(self, check_mode: bool = False, **task: Any) -> dict[str, Any]:
        return budgets.apply(
            self.options, budgets.BudgetTask(**task), Rates(), self.now, check_mode, "tester"
        )

    def override(self, check_mode: bool = False, **task: Any) -> dict[str, Any]:
        return overrides.apply(self.options, overrides.OverrideTask(**task), self.now, check_mode, "tester")

    def alert(self, check_mode: bool = False, **task: Any) -> dict[str, Any]:
        return alerts.apply(self.options, alerts.AlertTask(**task), self.now, check_mode, "tester")

    def hold(
        self, amount: str | None = None, name: str = "deploy", check_mode: bool = False, **more: Any
    ) -> dict[str, Any]:
        given = {"state": "held", "currency": "ICU", "category": "compute", "settled_by": "entry", **more}
        return self.reserve(name, check_mode, amount=amount, **given)

    def commit(
        self, amount: str | None = None, name: str = "deploy", check_mode: bool = False, **more: Any
    ) -> dict[str, Any]:
        return self.reserve(name, check_mode, state="committed", amount=amount, **more)

    def release(self, name: str = "deploy", check_mode: bool = False) -> dict[str, Any]:
        return self.reserve(name, check_mode, state="released")

    def reserve(self, name: str, check_mode: bool, **task: Any) -> dict[str, Any]:
        told = reservations.ReservationTask(name=name, **task)
        return reservations.apply(self.options, told, Rates(), self.now, check_mode, "tester")

    def record(self, amount: str, category: str = "compute", at: datetime | None = None) -> None:
        """A cost of the ledger under a key of its own."""
        moment = at or self.now
        self.recorded.append(amount)
        entry = entries.Entry(
            "test",
            str(len(self.recorded)),
            "usage",
            category,
            Window(moment, moment),
            nano(amount),
            "ICU",
            project_id="p1",
        )
        with sql.writing(self.options) as ledger:
            entries.write(ledger.connection, entry, self.now, "tester")

    def spend(self, amount: str, check_mode: bool = False, **more: Any) -> dict[str, Any]:
        """A cost under a key of its own, as cost_entry records it, and a credit for less than nothing."""
        self.recorded.append(amount)
        given = {"category": "compute", "currency": "ICU", "occurred_at": self.now.isoformat(), **more}
        kind = "credit" if amount.startswith("-") else "usage"
        cost = CostRecord(
            key=str(len(self.recorded)), source="test", amount=amount, charge_category=kind, **given
        )
        watch = alerts.watch(Rates(), self.now, "tester")
        return record(self.options, [cost], self.now, "tester", check_mode, watch)

    def feed(self, feed: Feed) -> None:
        with sql.writing(self.options) as ledger:
            feed_changes.save(ledger.connection, feed, feeds.find(ledger.connection, feed.key))

    def stati(self, names: list[str] | None = None) -> list[dict[str, Any]]:
        """How these budgets stand, or all."""
        rows: list[dict[str, Any]] = status(self.options, names, Rates(), self.now)["budgets"]
        return rows

    def status(self, name: str = "team") -> dict[str, Any]:
        """How the budget stands."""
        return self.stati([name])[0]

    def stands(self, name: str = "team") -> tuple[str, str]:
        """What of the budget is spent and what is reserved."""
        row = self.status(name)
        return row["spent"], row["reserved"]

    def entries(self) -> list[tuple[str, str]]:
        """The keys and amounts of the entries that are valid now."""
        with sql.reading(self.options) as ledger:
            found = read(
                ledger.connection,
                "SELECT key, sum(amount_nano) FROM entry GROUP BY key HAVING sum(amount_nano) <> 0 ORDER BY"
                " key",
            )
            return [(key, f"{int(total) / 10**9:g}") for key, total in found]
