# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bill is written by short transactions, so that nobody waits long for it, and counts all at once: whoever
looks in between, and wherever its task is killed, there is the bill before it or the new one.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_files import import_bill
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_options import BillOptions
from ansible_collections.finops.cloud.plugins.module_utils._ledger import (
    commit_clock,
    comparison,
    entries,
    slices,
    totals,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading, writing
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import Transaction, read

from .test_bill_deliveries import by_duckdb, by_ledger, delivered, files_of

NOW = datetime(2026, 11, 21, tzinfo=UTC)
#: How many rows a transaction writes in these tests.
AT_ONCE = 100
LEFT = (
    "SELECT (SELECT count(*) FROM delivery WHERE effective_at IS NULL),"
    " (SELECT count(*) FROM roll_up_waiting)"
)

LOCKS_OF_NO_TRANSACTION = b"""
SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND state = 'idle'
"""


class Killed(BaseException):
    """What ends a task at once, with nothing that it could still do."""


def charges(count: int, first: int = 0) -> list[tuple[str, ...]]:
    return [
        (
            "x", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", f"{number}", "EUR", "Usage", "Compute",
            f"2026-10-{number % 29 + 1:02}T00:00:00Z", "2026-11-01T00:00:00Z",
            f'{{"team": "t{number % 3}"}}',
        )
        for number in range(first, first + count)
    ]  # fmt: skip


class Watched(sqlite3.Connection):
    """A connection that tells how many rows each transaction changed once it is committed."""

    committed: Callable[[int], None] = staticmethod(lambda _rows: None)
    _before = 0

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        if statement == "BEGIN IMMEDIATE":
            self._before = self.total_changes
        cursor = super().execute(statement, *values)
        if statement == "COMMIT":
            Watched.committed(self.total_changes - self._before)
        return cursor


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[int], None]], None]]:
    """Have a function get the number of rows of every transaction that is committed from now on."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **more: connect(*args, factory=Watched, **more))
    monkeypatch.setattr(slices, "ROWS_AT_ONCE", AT_ONCE)

    def by(committed: Callable[[int], None]) -> None:
        Watched.committed = staticmethod(committed)

    yield by
    by(lambda _rows: None)


@pytest.fixture
def bill(tmp_path: Path) -> tuple[LedgerOptions, list[str], list[str]]:
    """A ledger with a bill, and the files of it before and after."""
    ledger = LedgerOptions(f"sqlite:///{tmp_path}/l.db", 5)
    before = files_of(tmp_path, "before", [charges(600)])
    after = files_of(tmp_path, "after", [charges(700, first=300)])
    delivered(ledger, before, None)
    return ledger, before, after


def test_no_transaction_writes_more_rows_than_it_may(
    watch: Callable[[Callable[[int], None]], None], tmp_path: Path
) -> None:
    """A row of a bill is at most one entry and a sum in each of the four lengths of buckets."""
    ledger = LedgerOptions(f"sqlite:///{tmp_path}/l.db")
    most: list[int] = []
    for count in (500, 2_000):
        written: list[int] = []
        watch(written.append)
        delivered(ledger, files_of(tmp_path, f"{count}", [charges(count)]), "replace")
        assert sum(written) > count and len(written) > count // AT_ONCE
        most.append(max(written))
    assert max(most) <= 5 * AT_ONCE


def test_whoever_looks_in_between_sees_all_of_a_bill_or_nothing(
    watch: Callable[[Callable[[int], None]], None], bill: tuple[LedgerOptions, list[str], list[str]]
) -> None:
    ledger, before, after = bill
    sides = [by_duckdb(before), by_duckdb(after)]
    seen: list[int] = []

    def look(_rows: int) -> None:
        seen.append(sides.index(by_ledger(ledger)))
        assert comparison.compare(ledger)["consistent"]

    watch(look)
    delivered(ledger, after, "replace")
    assert seen == sorted(seen) and seen.count(0) > 8 and seen.count(1) > 1


def test_the_first_cost_of_all_is_that_of_what_counts(
    watch: Callable[[Callable[[int], None]], None], tmp_path: Path
) -> None:
    """Also while its sums wait beside the roll-up."""
    ledger = LedgerOptions(f"sqlite:///{tmp_path}/l.db")
    with writing(ledger):
        pass
    files = files_of(tmp_path, "files", [charges(600)])
    first = datetime(2026, 10, 1, tzinfo=UTC)
    seen: list[bool] = []

    def look(_rows: int) -> None:
        counts = bool(by_ledger(ledger))
        with reading(ledger) as opened:
            waiting = read(opened.connection, "SELECT count(*) FROM roll_up_waiting") != [(0,)]
            assert totals.first_begin(opened.connection) == (first if counts else None)
        seen.append(counts and waiting)

    watch(look)
    delivered(ledger, files, None)
    assert any(seen)


def leftovers(ledger: LedgerOptions) -> list[tuple[Any, ...]]:
    with reading(ledger) as opened:
        return [
            *read(opened.connection, LEFT),
            *read(
                opened.connection, "SELECT source, count(*), max(version) FROM entry GROUP BY 1 ORDER BY 1"
            ),
            *read(opened.connection, "SELECT account, first_begin, last_begin FROM bill ORDER BY id"),
        ]


@pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.heavy)])
def test_wherever_a_task_is_killed_there_is_one_bill_and_the_next_run_leaves_nothing_of_it(
    watch: Callable[[Callable[[int], None]], None], tmp_path: Path, every: int
) -> None:
    """Killed behind each commit in turn: nothing of a delivery is cleaned up by its own task."""
    before = files_of(tmp_path, "before", [charges(450)])
    after = files_of(tmp_path, "after", [charges(500, first=200)])
    sides = [by_duckdb(before), by_duckdb(after)]
    clean = LedgerOptions(f"sqlite:///{tmp_path}/clean.db")
    commits: list[int] = []
    delivered(clean, before, None)
    watch(commits.append)
    delivered(clean, after, "replace")
    watch(lambda _rows: None)
    assert len(commits) > 12
    for last in range(0, len(commits), every):
        ledger = LedgerOptions(f"sqlite:///{tmp_path}/{last}.db")
        delivered(ledger, before, None)
        left = iter(range(last))

        def kill(_rows: int, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise Killed

        watch(kill)
        with pytest.raises(Killed):
            delivered(ledger, after, "replace")
        watch(lambda _rows: None)
        seen = sides.index(by_ledger(ledger))
        assert comparison.compare(ledger)["consistent"]
        asked = BillOptions(tuple(after), "s", delivery="replace")
        told = import_bill(ledger, asked, NOW, "me", check_mode=True)
        assert told["changed"] == (seen == 0) and told["entries"]["recorded"] in (0, 250)
        result = delivered(ledger, after, "replace")
        assert result["changed"] == (seen == 0)
        assert by_ledger(ledger) == sides[1]
        if seen == 0:
            assert leftovers(ledger) == leftovers(clean), last
        assert comparison.compare(ledger)["consistent"]


def test_what_others_record_meanwhile_stays_and_as_of_then_there_was_no_bill(
    watch: Callable[[Callable[[int], None]], None], bill: tuple[LedgerOptions, list[str], list[str]]
) -> None:
    ledger, before, after = bill
    noted: list[datetime] = []
    day = datetime(2026, 10, 31, tzinfo=UTC)
    neighbor = entries.Entry(
        "manual", "n", period=Window(day, day), amount_nano=10**9, currency="EUR", category="other",
        charge_category="usage", tags={"team": "neighbor"},
    )  # fmt: skip
    commits = iter(range(6))

    def record(_rows: int) -> None:
        if next(commits, None) == 5:
            with writing(ledger) as opened:
                entries.write(opened.connection, neighbor, NOW, "neighbor")
            with reading(ledger) as opened:
                noted.append(commit_clock.newest(opened.connection))

    watch(record)
    delivered(ledger, after, "replace")
    theirs = {("2026-10-31", "other", "neighbor"): Decimal(1)}
    assert by_ledger(ledger) == by_duckdb(after) | theirs
    (then,) = noted
    assert by_ledger(ledger, as_of=then) == by_duckdb(before) | theirs
    with reading(ledger) as opened:
        newest = commit_clock.newest(opened.connection)
        (row, *_more) = totals.rows(
            opened.connection, totals.Selection(Window(day.replace(day=1), day), sources=("s",)), 1_000
        )[-1:]
    assert commit_clock.from_microseconds(row["recorded_at"]) == newest > then
    assert by_ledger(ledger, as_of=newest) == by_duckdb(after) | theirs


HOLD = """
import sys
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, alone
with alone(LedgerOptions(sys.argv[1]), "s"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty ledger on either store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/l.db"
    return str(request.getfixturevalue("postgresql_url"))


def test_one_task_at_a_time_delivers_a_source_and_others_do_not_wait_for_it(
    stored: str, tmp_path: Path
) -> None:
    paths = files_of(tmp_path, "bill", [charges(3)])
    ledger = LedgerOptions(stored, 1)
    with writing(ledger):
        pass
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, stored], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdin is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LedgerError, match="another run is"):
        delivered(ledger, paths, None)
    assert import_bill(ledger, BillOptions(tuple(paths), "other"), NOW, "me", False)["changed"]
    # However that ends.
    holder.kill()
    holder.wait()
    assert delivered(ledger, paths, None)["changed"]


def test_on_postgresql_a_bill_counts_all_at_once_too(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before and behind the transaction that has it count, and looked at from outside each time."""
    monkeypatch.setattr(slices, "ROWS_AT_ONCE", AT_ONCE)
    ledger = LedgerOptions(postgresql_url)
    before = files_of(tmp_path, "before", [charges(250)])
    after = files_of(tmp_path, "after", [charges(300, first=100)])
    sides = [by_duckdb(before), by_duckdb(after)]
    delivered(ledger, before, None)
    execute = psycopg.Connection.execute
    seen: list[int] = []
    url = postgresql_url.replace("+psycopg", "")
    left: Iterator[int | None] = iter(())

    def watched(self: Any, query: Any, *values: Any, **more: Any) -> Any:
        if isinstance(query, bytes) and b"pg_advisory_xact_lock" in query:
            with closing(psycopg.connect(url)) as other:
                ((unfinished, _waiting),) = execute(other, LEFT.encode()).fetchall()
                # What a pooler gives to the next transaction of anybody.
                assert execute(other, LOCKS_OF_NO_TRANSACTION).fetchall() == [(0,)]
            seen.append(sides.index(by_ledger(ledger)))
            if unfinished and next(left, "none") is None:
                raise Killed
        return execute(self, query, *values, **more)

    monkeypatch.setattr(psycopg.Connection, "execute", watched)
    for which in (3, 5, 7):
        # None: killed then.
        left = iter([*range(1, which), None])
        with pytest.raises(Killed):
            delivered(ledger, after, "replace")
        assert by_ledger(ledger) == sides[0] and comparison.compare(ledger)["consistent"]
    delivered(ledger, after, "replace")
    assert by_ledger(ledger) == sides[1] and comparison.compare(ledger)["consistent"]
    assert seen == sorted(seen) and set(seen) == {0, 1}
    assert leftovers(ledger)[0] == (0, 0)
    with reading(ledger) as opened:
        assert isinstance(opened.connection, Transaction)
        assert read(opened.connection, "SELECT count(*) FROM entry") == [(250 + 100 + 150,)]
