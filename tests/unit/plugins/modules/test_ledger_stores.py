# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the ledger promises whoever runs the modules, on SQLite and on PostgreSQL alike (design/ledger.md)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, now_utc
from ansible_collections.finops.cloud.plugins.module_utils._ledger import entries, feed_changes, feeds, sql

from ..module_utils._budgets.snapshots import feed
from .running import run_module


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a ledger that nobody has written yet."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return f"sqlite:///{tmp_path}/ledger.db"


def run(store: str, module: str, **options: Any) -> dict[str, Any]:
    """The result of a module, which has not failed."""
    result = run_module(module, {"ledger": store, **options})
    assert not result.get("failed"), result["msg"]
    return result


def record(store: str, key: str, amount: str, currency: str = "ICU", **more: Any) -> dict[str, Any]:
    cost = {"category": "compute", "occurred_at": "2026-11-05", **more}
    return run(store, "cost_entry", key=key, amount=amount, currency=currency, **cost)


def test_two_entries_of_five_billion_vnd_leave_every_gate_and_every_sum_exact(store: str) -> None:
    """Together they are 1e10, in units of 1e-9 more than 64 bits hold."""
    for name, currency, limit in (("hanoi", "VND", "9000000000"), ("zurich", "CHF", "100")):
        run(
            store, "cost_budget", name=name, limit=limit, currency=currency, fed_by="entries",
            period="yearly", scope={"tags": {"office": name}},
        )  # fmt: skip
    for key in ("one", "two"):
        record(store, key, "5000000000", "VND", tags={"office": "hanoi"})
    record(store, "franc", "30.000000001", "CHF", tags={"office": "zurich"})
    summary = run(store, "cost_summary_info", begin="2026-11-01", end="2026-12-01")
    assert {(one["amount"], one["currency"]) for one in summary["cost"]["totals"]} == {
        ("10000000000", "VND"),
        ("30", "CHF"),
    }
    asked = {"currency": "CHF", "tags": {"office": "zurich"}, "category": "compute"}
    gate = run(store, "cost_budget", spend="69.999999999", **asked)
    assert (gate["verdict"], gate["gate_passed"]) == ("allow", True)
    denied = run_module("cost_budget", {"ledger": store, "spend": "70", **asked})
    assert (denied["failed"], denied["verdict"]) == (True, "deny")
    large = run_module(
        "cost_budget",
        {
            "ledger": store,
            "spend": "1",
            "currency": "VND",
            "tags": {"office": "hanoi"},
            "category": "compute",
        },
    )
    assert (large["verdict"], large["budgets"][0]["spent"]) == ("deny", "10000000000")


def test_a_run_rate_of_ten_billion_vnd_an_hour_leaves_every_gate(store: str) -> None:
    """Two machines of 5e9 an hour; the feed rates them up to now, so that a budget of today knows them."""
    large = feeds.RunRate("compute", (), 10**19 + 1, 1, False)
    now = now_utc()
    with sql.writing(sql.LedgerOptions(store)) as ledger:
        imported = feed(rated_through=now, currency="VND", run_rates=(large,))
        feed_changes.save(ledger.connection, imported, None)
    with sql.reading(sql.LedgerOptions(store)) as ledger:
        (found,) = feeds.read_all(ledger.connection)
    assert found.run_rates == (large,)
    run(
        store,
        "cost_budget",
        name="b",
        limit="100",
        currency="CHF",
        fed_by="entries",
        scope={"projects": ["x"]},
    )
    gate = run(store, "cost_budget", spend="100", currency="CHF", category="compute", project="x")
    assert gate["verdict"] == "allow"


def hour(number: int) -> entries.Entry:
    begin = datetime(2026, 11, 5, tzinfo=UTC) + timedelta(hours=number)
    return entries.Entry(
        "cloudkitty dc3-a p1", str(number), "usage", "compute", Window(begin, begin), 10**9, "ICU"
    )


def total(store: str, as_of: str) -> tuple[str, bool]:
    window = {"begin": "2026-11-01", "end": "2026-12-01"}
    result = run(store, "cost_summary_info", **window, currency="ICU", as_of=as_of)
    return result["cost"]["total"], result["as_of_final"]


def test_a_past_moment_is_answered_alike_during_an_import_and_after_it(store: str) -> None:
    """Each transaction of the import says when it began, which is long ago. When it was committed counts."""
    began = now_utc()
    record(store, "first", "1")
    options = sql.LedgerOptions(store)
    answers: list[tuple[str, str, bool]] = []
    for number in range(3):
        with sql.writing(options) as ledger:
            entries.write(ledger.connection, hour(number), began, "cron@import")
        if number < 2:
            # From this second on nothing is recorded in the one that is asked for.
            moment = now_utc()
            time.sleep(1.1)
            with sql.writing(options) as ledger:
                entries.write(ledger.connection, hour(10 + number), began, "cron@import")
            asked = moment.strftime("%Y-%m-%dT%H:%M:%S")
            answers.append((asked, *total(store, asked)))
    assert [(spent, final) for _asked, spent, final in answers] == [("2", True), ("4", True)]
    assert [(asked, *total(store, asked)) for asked, _spent, _final in answers] == answers


def test_an_answer_that_a_writer_under_way_can_change_says_so(store: str) -> None:
    record(store, "first", "1")
    time.sleep(1.1)
    with sql.writing(sql.LedgerOptions(store)) as ledger:
        entries.write(ledger.connection, hour(0), now_utc(), "cron@import")
        time.sleep(1.1)
        moment = (now_utc() - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S")
        assert total(store, moment) == ("1", False)
    assert total(store, moment)[0] == "2"


def test_moments_rise_with_every_commit_even_where_the_clock_goes_back(store: str) -> None:
    """The clock was an hour ahead, and was set right again."""
    record(store, "first", "1")
    with sql.writing(sql.LedgerOptions(store)) as ledger:
        for table in ("ledger_clock", "recording", "entry_row"):
            # Only the owner of the tables can do that.
            ledger.connection.driver.execute(f"UPDATE {table} SET recorded_at = recorded_at + 3600000000")
    record(store, "second", "1")
    record(store, "third", "1")
    with sql.reading(sql.LedgerOptions(store)) as ledger:
        found = ledger.connection.driver.execute("SELECT recorded_at FROM entry ORDER BY id").fetchall()
    first, second, third = (moment for (moment,) in found)
    assert (second, third) == (first + 1, first + 2)


def test_cost_ledger_finds_every_sum_that_is_not_that_of_its_entries(store: str) -> None:
    record(store, "a", "11", tags={"team": "web"})
    record(store, "a", "12", tags={"team": "web"})
    record(store, "b", "5000000000", "VND")
    record(store, "c", "5000000000", "VND")
    sound = run(store, "cost_ledger")
    assert (sound["consistent"], sound["differences"], sound["row_count"]) == (True, [], 5)
    with sql.writing(sql.LedgerOptions(store)) as ledger:
        for statement in (
            "UPDATE roll_up SET amount_whole = amount_whole - 1 WHERE amount_whole = 12 AND bucket_s = 86400",
            "DELETE FROM roll_up WHERE amount_whole = 10000000000 AND bucket_s = 900",
            # The same sum in another way.
            "UPDATE roll_up SET amount_whole = amount_whole - 1,"
            " amount_rest_nano = amount_rest_nano + 1000000000 WHERE bucket_s = 10800 AND amount_whole = 12",
        ):
            assert ledger.connection.driver.execute(statement).rowcount == 1
    failed = run_module("cost_ledger", {"ledger": store})
    assert (failed["failed"], failed["consistent"], failed["difference_count"]) == (True, False, 2)
    assert failed["error"]["kind"] == "ledger"
    found = {row["currency"]: row for row in failed["differences"]}
    day, quarter = found["ICU"], found["VND"]
    assert (day["bucket_begin"], day["bucket_seconds"], day["tags"]) == (
        "2026-11-05T00:00:00Z", 86_400, {"team": "web"},
    )  # fmt: skip
    assert (day["rolled_up"], day["amount"], day["entry_count"]) == ("11", "12", 1)
    assert (quarter["rolled_up"], quarter["rolled_up_count"]) == ("0", 0)
    assert (quarter["amount"], quarter["entry_count"], quarter["bucket_seconds"]) == ("10000000000", 2, 900)
    warned = run(store, "cost_ledger", on_difference="warn")
    assert "2 totals of the ledger" in str(warned["warnings"])


def test_what_each_source_has_brought_and_what_the_ledger_takes(store: str, tmp_path: Path) -> None:
    record(store, "invoice", "1", source="accounting")
    with sql.writing(sql.LedgerOptions(store)) as ledger:
        entries.write_all(ledger.connection, map(hour, range(3)), now_utc(), "cron@import")
    record(store, "invoice", "2", source="accounting", occurred_at="2026-10-05")
    told = run(store, "cost_ledger")
    accounting, cloud = told["sources"]
    # The invoice, what takes it back, and the corrected one.
    assert (accounting["source"], accounting["row_count"]) == ("accounting", 3)
    assert (accounting["first_begin"], accounting["last_end"]) == (
        "2026-10-05T00:00:00Z",
        "2026-11-05T00:00:00Z",
    )
    assert (cloud["source"], cloud["row_count"]) == ("cloudkitty dc3-a p1", 3)
    assert (cloud["first_begin"], cloud["last_end"]) == ("2026-11-05T00:00:00Z", "2026-11-05T02:00:00Z")
    assert cloud["newest_entry"] <= accounting["newest_entry"] == told["newest_entry"]
    assert told["row_count"] == 6
    before = told["size_bytes"]
    if store.startswith("sqlite"):
        # Once it is closed, what was written is in the file.
        assert before == (tmp_path / "ledger.db").stat().st_size
    with sql.writing(sql.LedgerOptions(store)) as ledger:
        entries.write_all(ledger.connection, map(hour, range(10, 5000)), now_utc(), "cron@import")
    assert run(store, "cost_ledger")["size_bytes"] > before + 5000 * 40
