# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A month is archived once nothing can need its entries (design/ledger.md#archived-months)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Calendar
from ansible_collections.finops.cloud.plugins.module_utils._export import ledger_archive
from ansible_collections.finops.cloud.plugins.module_utils._export.ledger_archive import archive
from ansible_collections.finops.cloud.plugins.module_utils._ledger import (
    budgets,
    deliveries,
    entries,
    feed_changes,
    feeds,
    sql,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.entry_rows import reversal, row_of
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import Transaction

from ...modules.running import run_module
from .._budgets.snapshots import feed
from . import archives
from .archives import FEBRUARY, JANUARY, MARCH, NOW, asked, invoice, task

#: 40 days behind the end of February, and a collect period less.
IN_TIME = MARCH + timedelta(days=40)
TOO_EARLY = IN_TIME - timedelta(hours=1)


@pytest.fixture
def ledger(tmp_path: Path) -> sql.LedgerOptions:
    options = sql.LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    archives.fill(options)
    return options


def budget(begin: datetime | None = None, name: str = "shop") -> budgets.Budget:
    """A yearly one, or one of a time from then to the end of the year."""
    end = datetime(2027, 1, 1, tzinfo=UTC)
    calendar = Calendar("yearly") if begin is None else Calendar("custom", begin=begin, end=end)
    return budgets.Budget(name, 10**11, "CHF", calendar, "entries", "actual", timedelta(hours=6))


def rated(through: datetime, **more: Any) -> feeds.Feed:
    """A feed that is rated up to then."""
    return replace(feed(), rated_through=through, imported=(), **more)


def of_a_bill(connection: Transaction) -> None:
    named = deliveries.begin(connection, "aws", NOW, "cron@import")
    row = row_of(entries.columns(invoice("bill/1/x", FEBRUARY + timedelta(days=9))))
    entries.append_of_delivery(connection, [row], named)


KEEPS: dict[str, tuple[Callable[[Transaction], object], str]] = {
    "a feed that is behind": (
        lambda c: feed_changes.save(c, rated(TOO_EARLY), None),
        "the feed of shop in dc3-a is rated through 2026-04-09T23:00:00Z only, and imports read the last 40"
        " days again; it can be once the feed is rated through 2026-04-10T00:00:00Z",
    ),
    "a credit": (
        lambda c: feed_changes.save(c, rated(IN_TIME, credit_due_from=FEBRUARY), None),
        "the feed of shop in dc3-a has a credit of the free tier to be calculated; run cost_import first",
    ),
    "a bill": (of_a_bill, "a bill of aws is being imported, or its import was killed"),
    "a budget's odd begin": (
        lambda c: budgets.save(c, budget(FEBRUARY + timedelta(days=3, minutes=7))),
        "the period of budget shop that began 2026-02-04T00:07:00Z begins within a quarter of an hour of it",
    ),
}
KEEPS_NOT: dict[str, Callable[[Transaction], object]] = {
    "a feed that is rated": lambda c: feed_changes.save(c, rated(IN_TIME, credit_due_from=MARCH), None),
    "a feed that is retired": lambda c: feed_changes.save(c, rated(TOO_EARLY, retired=True), None),
    "a budget of the year": lambda c: budgets.save(c, budget()),
    "a budget from a quarter of an hour on": lambda c: budgets.save(
        c, budget(FEBRUARY + timedelta(days=3, minutes=15))
    ),
    "an odd begin that is earlier": lambda c: budgets.save(c, budget(JANUARY + timedelta(minutes=7))),
    "an odd begin that is later": lambda c: budgets.save(c, budget(MARCH + timedelta(minutes=7))),
}


@pytest.mark.parametrize("what", KEEPS)
def test_a_month_that_something_needs_stays(ledger: sql.LedgerOptions, tmp_path: Path, what: str) -> None:
    """And no other month of the task is archived, either."""
    prepare, reason = KEEPS[what]
    with sql.writing(ledger) as opened:
        prepare(opened.connection)
    before = asked(ledger, archives.ROWS, "SELECT * FROM archived_month")
    for check in (True, False):
        with pytest.raises(InvalidOption, match=f"^months: 2026-02 cannot be archived yet: {reason}"):
            archive(ledger, task(tmp_path / "archive", "2026-01", "2026-02", check=check))
    assert asked(ledger, archives.ROWS, "SELECT * FROM archived_month") == before
    assert not (tmp_path / "archive").exists()


def test_a_bill_that_was_begun_after_the_first_look_keeps_its_month(
    ledger: sql.LedgerOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names a charge anew, so no sum differs, and counts before the month is recorded as archived. Its
    entries would come back with another moment than their file says, which is refused.
    """
    key = ("books", "bill/1/x")
    archives.write(ledger, invoice(key[1], FEBRUARY + timedelta(days=9)))
    before_month, read_month = ledger_archive._archive, ledger_archive._write_file
    named: list[int] = []

    def begun(options: sql.LedgerOptions, slices: Any, month: Any, asked: Any) -> Any:
        with sql.writing(options) as opened:
            stored = entries.current(opened.connection, *key)
            assert stored is not None
            renamed = entries.columns(invoice(key[1], FEBRUARY + timedelta(days=9), description="new"))
            named.append(deliveries.begin(opened.connection, key[0], NOW, "cron@import"))
            entries.append_of_delivery(opened.connection, [reversal(stored), row_of(renamed, 2)], named[0])
        return before_month(options, slices, month, asked)

    def ended(*asked: Any) -> Any:
        found = read_month(*asked)
        with sql.writing(ledger) as opened:
            deliveries.put_in_force(opened.connection, named[0], NOW)
        return found

    monkeypatch.setattr(ledger_archive, "_archive", begun)
    monkeypatch.setattr(ledger_archive, "_write_file", ended)
    with pytest.raises(InvalidOption, match="2026-02 cannot be archived yet: a bill of books is being"):
        archive(ledger, task(tmp_path / "archive", "2026-02"))
    assert asked(ledger, "SELECT * FROM archived_month") == [[]]


@pytest.mark.parametrize("what", KEEPS_NOT)
def test_a_month_that_nothing_needs_goes(ledger: sql.LedgerOptions, tmp_path: Path, what: str) -> None:
    with sql.writing(ledger) as opened:
        KEEPS_NOT[what](opened.connection)
    assert archive(ledger, task(tmp_path / "archive", "2026-02"))["changed"]


def test_a_month_that_is_not_over_stays(ledger: sql.LedgerOptions, tmp_path: Path) -> None:
    archives.write(ledger, invoice("now", NOW), invoice("ahead", NOW + timedelta(days=30)))
    for month, end in (("2026-11", "2026-12"), ("2026-12", "2027-01")):
        with pytest.raises(InvalidOption, match=f"it is not over before {end}-01T00:00:00Z"):
            archive(ledger, task(tmp_path / "archive", month))


@pytest.mark.parametrize(
    ("valid_from", "stays"), [("2026-02-15T10:07:09Z", True), ("2026-02-15T10:15:00Z", False)]
)
def test_a_month_in_which_a_rate_begins_at_an_odd_moment_stays(
    ledger: sql.LedgerOptions, tmp_path: Path, valid_from: str, stays: bool
) -> None:
    """Periods are added up in parts, each at the rate of its time."""
    with sql.writing(ledger) as opened:
        budgets.save(opened.connection, budget())
    rate = {"currency": "CHF", "icu_per_unit": "52", "valid_from": valid_from}
    done = run_module("cost_policy", {"ledger": ledger.url, "rates": [rate]})
    assert done["changed"], done
    if stays:
        with pytest.raises(InvalidOption, match="has a rate from 2026-02-15T10:07:09Z on, which is within"):
            archive(ledger, task(tmp_path / "archive", "2026-02"))
        return
    archive(ledger, task(tmp_path / "archive", "2026-02"))
    asks = {"ledger": ledger.url, "spend": "1", "currency": "CHF", "category": "other"}
    assert run_module("cost_budget", {**asks, "on_exceeded": "warn"})["verdict"] == "deny"


@pytest.mark.parametrize(
    ("policy_budget", "begin", "stays"),
    [
        ("shop", datetime(2026, 2, 1, tzinfo=UTC), True),
        # Divided by the sums of a whole month, which may begin a day earlier elsewhere.
        ("shop", datetime(2026, 3, 15, tzinfo=UTC), True),
        ("shop", datetime(2026, 4, 15, tzinfo=UTC), False),
        ("other", datetime(2026, 2, 1, tzinfo=UTC), False),
    ],
)
def test_a_month_whose_shared_costs_a_budget_counts_stays(
    ledger: sql.LedgerOptions, tmp_path: Path, policy_budget: str, begin: datetime, stays: bool
) -> None:
    with sql.writing(ledger) as opened:
        for name in ("shop", "other"):
            budgets.save(opened.connection, budget(begin if name == "shop" else MARCH, name))
    split = {"name": "support", "cost": {"sources": ["books"]}, "by": "cost", "budgets": [policy_budget]}
    if policy_budget == "other":
        with sql.writing(ledger) as opened:
            budgets.save(opened.connection, budget(datetime(2026, 6, 1, tzinfo=UTC), "other"))
    done = run_module("cost_policy", {"ledger": ledger.url, "cost_allocation": [split]})
    assert done["changed"], done
    if stays:
        with pytest.raises(
            InvalidOption, match="counts shared costs of it, which are divided entry by entry"
        ):
            archive(ledger, task(tmp_path / "archive", "2026-02"))
    else:
        assert archive(ledger, task(tmp_path / "archive", "2026-02"))["changed"]


@pytest.mark.parametrize("check", [True, False])
def test_a_bill_is_not_delivered_into_an_archived_month(
    ledger: sql.LedgerOptions, tmp_path: Path, check: bool
) -> None:
    """One that lies around it, and one that stands in place of a bill there, either."""
    path = tmp_path / "bill.csv"
    bill = {
        "ledger": ledger.url, "files": [str(path)], "source": "aws", "format": "csv",
        "columns": {"occurred_at": "Date", "amount": "Net"}, "timezone": "UTC",
        "values": {"currency": "EUR", "category": "other"}, "period": "2026-01", "_ansible_check_mode": check,
    }  # fmt: skip
    path.write_text("Date,Net\n2026-01-05,10\n")
    assert run_module("cost_import_file", {**bill, "_ansible_check_mode": False})["changed"]
    archive(ledger, task(tmp_path / "archive", "2026-01"))
    before = asked(ledger, archives.ROWS, archives.ROLL_UP)
    # The same once more needs no entry.
    assert run_module("cost_import_file", bill)["changed"] is False
    path.write_text("Date,Net\n2026-01-05,11\n")
    for delivery in ("replace", "add"):
        failed = run_module("cost_import_file", {**bill, "delivery": delivery})
        assert failed["failed"] and failed["msg"].startswith("The entries of 2026-01 are archived in ")
    path.write_text("Date,Net\n2025-12-05,1\n2026-02-05,11\n")
    around = {"source": "gcp", "period": "2025-12-01/2026-03-01"}
    failed = run_module("cost_import_file", {**bill, **around})
    assert failed["failed"] and failed["msg"].startswith("The entries of 2026-01 are archived in ")
    assert asked(ledger, archives.ROWS, archives.ROLL_UP) == before


def test_gates_and_summaries_tell_the_same_while_months_are_archived(
    ledger: sql.LedgerOptions, tmp_path: Path
) -> None:
    """The budget of the year has spent 16 in January and March: of 17 there is 1 left."""
    archives.write(ledger, invoice("big", JANUARY, 9 * 10**9), invoice("last", MARCH, 7 * 10**9 - 24))
    with sql.writing(ledger) as opened:
        # Its 9.2e9 francs would leave nothing.
        entries.take_back(opened.connection, "books", "moves back", NOW, "ada@ci")
    wanted: dict[str, dict[str, Any]] = {
        "cost_budget": {"spend": "0.9", "currency": "CHF", "category": "other", "on_exceeded": "warn"},
        "cost_budget_info": {},
        "cost_summary_info": {"begin": "2026-01-01", "end": "2026-05-01", "group_by": ["month", "project"]},
    }
    scope = {"categories": ["other"]}
    given = {"name": "year", "limit": "17", "currency": "CHF", "fed_by": "entries", "period": "yearly"}
    assert run_module("cost_budget", {"ledger": ledger.url, **given, "scope": scope})["changed"]

    def told() -> list[Any]:
        results = [
            run_module(module, {"ledger": ledger.url, **options}) for module, options in wanted.items()
        ]
        assert not any(result.get("failed") for result in results), results
        return [results[0]["verdict"], results[0]["budgets"][0]["spent"], results[2]["cost"]]

    before = told()
    assert before[0] == "allow"
    archive(ledger, task(tmp_path / "archive", before="2026-04"))
    assert told() == before
    wanted["cost_budget"]["spend"] = "1.1"
    assert told()[0] == "deny"
