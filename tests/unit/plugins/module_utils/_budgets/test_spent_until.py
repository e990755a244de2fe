# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What budgets had spent by a moment, and since when one is over, against sums by hand
(design/reports.md#of-its-window).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets.spent_until import SpentUntil, spent_until
from ansible_collections.finops.cloud.plugins.module_utils._budgets.status import status
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Calendar, Window
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates, parse_rates
from ansible_collections.finops.cloud.plugins.module_utils._ledger import budgets, entries, feeds, sql
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

END = datetime(2026, 11, 1, tzinfo=UTC)
#: Zurich's October begins at 22:00 UTC, and has an hour more.
OCTOBER = datetime(2026, 9, 30, 22, tzinfo=UTC)


def of_budget(limit: str, calendar: Calendar, currency: str = "CHF", **scope: object) -> budgets.Budget:
    return budgets.Budget(
        name="b",
        limit_nano=int(Decimal(limit) * 10**9),
        currency=currency,
        calendar=calendar,
        fed_by=budgets.FED_BY_ENTRIES,
        basis=budgets.BASIS_ACTUAL,
        max_staleness=timedelta(hours=6),
        scope=budgets.Scope(**scope),  # type: ignore[arg-type]
    )


def costs(spent: list[tuple[datetime, int]], category: str = "compute") -> Iterator[entries.Entry]:
    for number, (at, amount) in enumerate(spent):
        yield entries.Entry(
            source="manual", key=f"{category}/{number}", charge_category="purchase", category=category,
            period=Window(at, at), amount_nano=amount * 10**9, currency="CHF",
        )  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> sql.LedgerOptions:
    if request.param == "postgresql":
        return sql.LedgerOptions(request.getfixturevalue("postgresql_url"))
    return sql.LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def asked(
    options: sql.LedgerOptions, one: budgets.Budget, end: datetime, rates: Rates | None = None
) -> SpentUntil | None:
    with sql.reading(options) as opened:
        known = feeds.read_all(opened.connection)
        found = spent_until(opened.connection, [one], known, rates or Rates(), end)
    return found[0] if found else None


def put(options: sql.LedgerOptions, *every: entries.Entry) -> None:
    with sql.writing(options) as opened:
        entries.write_all(opened.connection, list(every), END, "test")


def test_it_is_over_since_the_day_of_the_budget_s_zone(ledger: sql.LedgerOptions) -> None:
    # 3 at noon of each day: of 10, the fourth day has more. What falls beyond the end does not count.
    days = [(OCTOBER + timedelta(hours=12 + 24 * day), 3) for day in range(40)]
    put(ledger, *costs(days), *costs([(OCTOBER, 100)], "storage"))
    one = of_budget("10", Calendar("monthly", "Europe/Zurich"), categories=("compute",))
    found = asked(ledger, one, OCTOBER + timedelta(days=10))
    assert found is not None
    assert (found.spent, found.over_by) == (30, 20)
    assert found.over_since == OCTOBER + timedelta(days=3)
    found = asked(ledger, one, OCTOBER + timedelta(days=3))
    assert found is not None and found.over_by is None


def test_of_a_short_period_it_is_the_hour(ledger: sql.LedgerOptions) -> None:
    put(ledger, *costs([(OCTOBER + timedelta(hours=2), 6), (OCTOBER + timedelta(hours=5), 6)]))
    found = asked(ledger, of_budget("10", Calendar("daily", "Europe/Zurich")), OCTOBER + timedelta(hours=9))
    assert found is not None and found.over_since == OCTOBER + timedelta(hours=5)


def test_outside_a_custom_period_there_is_nothing(ledger: sql.LedgerOptions) -> None:
    put(ledger, *costs([(OCTOBER, 6)]))
    custom = Calendar("custom", begin=OCTOBER, end=OCTOBER + timedelta(days=2))
    assert asked(ledger, of_budget("5", custom), END) is None
    found = asked(ledger, of_budget("5", custom), OCTOBER + timedelta(days=2))
    assert found is not None and found.over_by == 1


def test_the_limit_is_converted_at_the_rate_of_the_period_s_begin(ledger: sql.LedgerOptions) -> None:
    rates = parse_rates(
        [
            {"currency": "CHF", "icu_per_unit": "50", "valid_from": "2021-01-01"},
            {"currency": "CHF", "icu_per_unit": "45", "valid_from": "2026-10-11T00:00:00Z"},
        ],
        confirmed=False,
    )
    begin = datetime(2026, 10, 1, tzinfo=UTC)
    put(ledger, *costs([(begin + timedelta(days=day), 1) for day in (0, 10, 20)]))
    found = asked(ledger, of_budget("100", Calendar("monthly"), "ICU"), END, rates)
    # 50 + 45 + 45 = 140: with the third day it is more than 100.
    assert found is not None and found.over_by == 40
    assert found.over_since == begin + timedelta(days=20)


def test_cost_budget_info_says_by_how_much_and_since_when(tmp_path: Path) -> None:
    # A file, as PostgreSQL's clock is not ours.
    ledger = sql.LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    begin = datetime(2026, 10, 1, tzinfo=UTC)
    put(ledger, *costs([(begin + timedelta(days=day), 3) for day in range(20)]))
    with sql.writing(ledger) as opened:
        for name, limit in (("over", "10"), ("within", "100")):
            budgets.save(opened.connection, replace(of_budget(limit, Calendar("monthly")), name=name))
    rows = {row["name"]: row for row in status(ledger, None, Rates(), begin + timedelta(days=10))["budgets"]}
    assert (rows["over"]["over_by"], rows["over"]["over_since"]) == ("20", "2026-10-04T00:00:00Z")
    assert (rows["within"]["over_by"], rows["within"]["over_since"]) == (None, None)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(0, 9), min_size=1, max_size=31), st.integers(1, 60))
def test_the_day_is_the_first_whose_sum_is_more(
    tmp_path_factory: pytest.TempPathFactory, amounts: list[int], limit: int
) -> None:
    begin = datetime(2026, 10, 1, tzinfo=UTC)
    options = sql.LedgerOptions(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db")
    put(options, *costs([(begin + timedelta(days=day, hours=5), one) for day, one in enumerate(amounts)]))
    found = asked(options, of_budget(str(limit), Calendar("monthly")), END)
    sums = list(accumulate(amounts))
    over = next((day for day, total in enumerate(sums) if total > limit), None)
    assert found is not None
    assert found.over_by == (sums[-1] - limit if over is not None else None)
    assert found.over_since == (None if over is None else begin + timedelta(days=over))
