# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A ledger in a file or on a server whose clock a test sets, and the modules that work on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import psycopg
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core import periods
from ansible_collections.finops.cloud.plugins.module_utils._core.money import format_amount, from_nano
from ansible_collections.finops.cloud.plugins.module_utils._ledger import feed_changes, feeds, sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import Feed
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import read

from .running import run_module


@dataclass
class ClockedLedger:
    """A ledger, and the moment at which its modules run."""

    url: str
    patch: pytest.MonkeyPatch
    now: datetime = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.patch.setenv("FINOPS_LEDGER", self.url)
        self.at(self.now)

    def at(self, now: datetime | str) -> None:
        """Set the clock of this host, and that of the database's server."""
        moment = datetime.fromisoformat(now) if isinstance(now, str) else now
        self.now = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        self.patch.setattr(periods, "datetime", clock_at(self.now))
        if not self.url.startswith("sqlite"):
            self._set_server(self.now)

    def later(self, **duration: float) -> None:
        self.at(self.now + timedelta(**duration))

    def _set_server(self, now: datetime) -> None:
        """A function of the database comes before that of the server."""
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            name = connection.info.dbname
            connection.execute(f'ALTER DATABASE "{name}" SET search_path = public, pg_catalog'.encode())
            connection.execute(
                "CREATE OR REPLACE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql"
                f" AS $$ SELECT timestamptz '{now.isoformat()}' $$".encode()
            )

    def run(self, module: str, **options: Any) -> dict[str, Any]:
        """The result of a module, failed or not."""
        return run_module(module, options)

    def define(self, name: str = "team", limit: str = "100", **more: Any) -> dict[str, Any]:
        given = {"currency": "ICU", "fed_by": "entries", **more}
        return self.run("cost_budget", name=name, limit=limit, **given)

    def hold(self, name: str, amount: str | None = None, **more: Any) -> dict[str, Any]:
        given = {"state": "held", "currency": "ICU", "settled_by": "entry", **more}
        if amount is not None:
            given |= {"amount": amount, "category": "compute"}
        return self.run("cost_reservation", name=name, **given)

    def commit(self, name: str, **more: Any) -> dict[str, Any]:
        return self.run("cost_reservation", name=name, state="committed", **more)

    def release(self, name: str) -> dict[str, Any]:
        return self.run("cost_reservation", name=name, state="released")

    def spend(self, amount: str, key: str = "one", **more: Any) -> None:
        given = {"key": key, "amount": amount, "currency": "ICU", "category": "compute", **more}
        said = self.run("cost_entry", **given)
        assert said["changed"], said

    def ask(self, **more: Any) -> dict[str, Any]:
        return self.run("cost_budget", currency="ICU", **more)

    def status(self, name: str = "team") -> dict[str, Any]:
        row: dict[str, Any] = self.run("cost_budget_info", names=[name])["budgets"][0]
        return row

    def feed(self, feed: Feed) -> None:
        """What an import leaves behind."""
        with sql.writing(sql.LedgerOptions(self.url)) as ledger:
            feed_changes.save(ledger.connection, feed, feeds.find(ledger.connection, feed.key))

    def entries(self) -> dict[str, str]:
        """Key -> amount of the entries that are valid now."""
        statement = 'SELECT "key", sum(amount_nano) FROM entry GROUP BY "key" HAVING sum(amount_nano) <> 0'
        with sql.reading(sql.LedgerOptions(self.url)) as ledger:
            return {
                key: format_amount(from_nano(int(nano))) for key, nano in read(ledger.connection, statement)
            }


def clock_at(moment: datetime) -> type[datetime]:
    """What periods takes the time from, standing still."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return moment.astimezone(tz)

    return Clock
