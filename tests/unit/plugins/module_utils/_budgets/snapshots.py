# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Budgets, feeds and snapshots for tests: what they leave out is the plainest there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._budgets import verdict
from ansible_collections.finops.cloud.plugins.module_utils._budgets.cost_sums import CostSum
from ansible_collections.finops.cloud.plugins.module_utils._budgets.outstanding_holds import OutstandingHold
from ansible_collections.finops.cloud.plugins.module_utils._budgets.request import Request, parse_tags
from ansible_collections.finops.cloud.plugins.module_utils._budgets.snapshot import Snapshot
from ansible_collections.finops.cloud.plugins.module_utils._core.money import Money
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Calendar, Window
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._ledger.budgets import Budget, Scope
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import (
    Feed,
    FeedKey,
    Imported,
    RunRate,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.holds import HoldLine

UNIT = 10**9
#: The moment of most tests, and the begin of its month.
NOW = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
RATED_THROUGH = datetime(2026, 11, 28, 10, tzinfo=UTC)


def nano(amount: str) -> int:
    return int(Decimal(amount) * UNIT)


def scope(
    categories: Iterable[str] = (), projects: Iterable[str] = (), tags: Mapping[str, str] | None = None
) -> Scope:
    return Scope(tuple(categories), tuple(projects), parse_tags(tags))


def budget(limit: str = "1000", currency: str = "ICU", **more: Any) -> Budget:
    """Fed by entries, by the month, of all costs."""
    known = {
        "name": "team",
        "fed_by": "entries",
        "basis": "actual",
        "calendar": Calendar("monthly"),
        "max_staleness": timedelta(hours=6),
        **more,
    }
    return Budget(limit_nano=nano(limit), currency=currency, **known)


def feed(rated_through: datetime = RATED_THROUGH, run_rate: str = "2", **more: Any) -> Feed:
    """Project shop, known without a hole since October; all of its run rate is compute without tags."""
    known = {
        "key": FeedKey("dc3-a", "p1"),
        "auth_url": "https://cloud/v3",
        "project_name": "shop",
        "imported": (Imported(Window(BEGIN - timedelta(days=31), rated_through)),),
        "currency": "ICU",
        "collect_period_s": 3600,
        "run_rates": (RunRate("compute", (), nano(run_rate)),),
        "categories": frozenset({"compute"}),
        **more,
    }
    return Feed(cloud="prod", rated_through=rated_through, **known)


def cost(
    amount: str,
    category: str = "compute",
    projects: Iterable[str] = ("p1", "shop"),
    tags: Mapping[str, str] | None = None,
    currency: str = "ICU",
) -> CostSum:
    return CostSum(category, frozenset(projects), frozenset(parse_tags(tags)), currency, nano(amount))


def snapshot(
    costs: Iterable[CostSum] = (),
    *feeds: Feed,
    now: datetime = NOW,
    rates: Rates | None = None,
    outstanding: Iterable[OutstandingHold] = (),
) -> Snapshot:
    """What was spent, all of it on the first day of November."""
    spent = tuple(costs)
    return Snapshot(
        now,
        lambda window, _scope: spent if window.contains(BEGIN) else (),
        feeds,
        rates or Rates(),
        tuple(outstanding),
    )


def line(
    amount: str,
    category: str | None = None,
    project: str | None = None,
    tags: Mapping[str, str] | None = None,
    currency: str = "ICU",
    **more: Any,
) -> HoldLine:
    """A one-off line of now where nothing more is said."""
    return HoldLine(Money(Decimal(amount), currency), category, project, parse_tags(tags), **more)


def outstanding_hold(amount: str, at: datetime, **more: Any) -> OutstandingHold:
    """A one-off line that is held for that moment, or a running one that was held at it."""
    moment = {} if more.get("hourly") else {"at": at}
    return OutstandingHold(("deploy",), line(amount, **moment, **more), at)


def asked(*amounts: str | HoldLine, currency: str = "ICU") -> Request:
    """A request of lines, or of amounts that say nothing else."""
    return Request(tuple(line(one, currency=currency) if isinstance(one, str) else one for one in amounts))


def says(one: Budget, request: Request, seen: Snapshot) -> str:
    """The budget's verdict."""
    return verdict.evaluate(one, request, seen).verdict
