# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An older ledger is upgraded in place by the next writer, whole or not at all
(design/ledger.md#upgrades).
"""

from __future__ import annotations

import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._core.money import Money
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger import (
    acts,
    bills,
    budgets,
    comparison,
    entries,
    feeds,
    holds,
    overrides,
    totals,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.schema import SCHEMA_VERSION
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading, writing
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import read

from .rolled_up import assert_roll_up_equals_the_rows

SCHEMA_1 = (Path(__file__).parent / "schema_1.sql").read_text()
SCHEMA_2 = (Path(__file__).parent / "schema_2.sql").read_text()
SCHEMA_2_POSTGRESQL = (Path(__file__).parent / "schema_2_postgresql.sql").read_text()
SCHEMA_3 = (Path(__file__).parent / "schema_3.sql").read_text()
SCHEMA_4 = (Path(__file__).parent / "schema_4.sql").read_text()
SCHEMA_4_POSTGRESQL = (Path(__file__).parent / "schema_4_postgresql.sql").read_text()
SCHEMA_5 = (Path(__file__).parent / "schema_5.sql").read_text()
SCHEMA_5_POSTGRESQL = (Path(__file__).parent / "schema_5_postgresql.sql").read_text()
SCHEMA_6 = (Path(__file__).parent / "schema_6.sql").read_text()
SCHEMA_6_POSTGRESQL = (Path(__file__).parent / "schema_6_postgresql.sql").read_text()
SCHEMA_7 = (Path(__file__).parent / "schema_7.sql").read_text()
SCHEMA_7_POSTGRESQL = (Path(__file__).parent / "schema_7_postgresql.sql").read_text()
SCHEMA_8 = (Path(__file__).parent / "schema_8.sql").read_text()
SCHEMA_8_POSTGRESQL = (Path(__file__).parent / "schema_8_postgresql.sql").read_text()
SCHEMA_9 = (Path(__file__).parent / "schema_9.sql").read_text()
SCHEMA_9_POSTGRESQL = (Path(__file__).parent / "schema_9_postgresql.sql").read_text()
#: One of a currency, in the ledger's units.
UNIT = 10**9
OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
NOVEMBER = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def old(path: Path) -> LedgerOptions:
    with sqlite3.connect(path) as connection:
        connection.executescript(SCHEMA_1)
    return LedgerOptions(f"sqlite:///{path}")


def dump(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        return list(connection.iterdump())


def layout(path: Path) -> dict[str, object]:
    """Every table: its columns in whatever order they came, what they refer to, and its indexes with their
    columns and conditions.
    """
    with sqlite3.connect(path) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        indexes = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?"
        return {
            table: (
                # Name, type, NOT NULL and place in the key; defaults matter to nobody who names all columns.
                {(row[1:4], row[5]) for row in connection.execute(f"PRAGMA table_info({table})")},
                {row[2:5] for row in connection.execute(f"PRAGMA foreign_key_list({table})")},
                set(connection.execute(indexes, (table,))),
            )
            for table in tables
        }


def test_reading_an_older_ledger_says_what_upgrades_it(old: LedgerOptions, path: Path) -> None:
    before = dump(path)
    with (
        pytest.raises(LedgerError, match=rf"schema 1, .* reads {SCHEMA_VERSION}; .*cost_entry"),
        reading(old),
    ):
        pass
    assert dump(path) == before


def test_the_next_writer_upgrades_and_loses_nothing(old: LedgerOptions) -> None:
    with writing(old) as opened:
        assert not opened.created
    with reading(old) as opened:
        rows = totals.rows(opened.connection, totals.Selection(NOVEMBER), 100)
        found = totals.totals(
            opened.connection, totals.Selection(NOVEMBER), ("category", "tag:team", "project")
        )
        assert [budget.name for budget in budgets.read_all(opened.connection)] == ["prod"]
        assert [feed.key.project_id for feed in feeds.read_all(opened.connection)] == ["p1"]
        assert_roll_up_equals_the_rows(opened.connection)
    old_rows = sqlite3.connect(":memory:")
    old_rows.row_factory = sqlite3.Row
    old_rows.executescript(SCHEMA_1)
    by_second = [dict(row) for row in old_rows.execute("SELECT * FROM entry ORDER BY id")]
    # Two recorded in the second of the first row: each has a moment of its own now.
    assert rows == [
        {**row, "recorded_at": row["recorded_at"] * 1_000_000 + (row["id"] in (4, 5))} for row in by_second
    ]
    assert [(one.keys, one.currency, one.amount_nano, one.entry_count) for one in found] == [
        ({"category": "compute", "tag:team": None, "project": None}, "CHF", -50, 1),
        ({"category": "compute", "tag:team": "web", "project": "p1"}, "ICU", 2500, 1),
    ]


def test_an_upgraded_ledger_is_laid_out_as_a_new_one(old: LedgerOptions, path: Path, tmp_path: Path) -> None:
    with writing(old), writing(LedgerOptions(f"sqlite:///{tmp_path}/new.db")):
        pass
    assert layout(path) == layout(tmp_path / "new.db")
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


#: What the present schema tells otherwise than schema 3, and than schema 2. Entries are compared with those
#: of schema 8.
OF_ENTRIES = ('"entry"', '"series"', '"entry_key"', '"recording"', '"entry_row"')
OF_3 = (
    *OF_ENTRIES, '"budget"', '"feed"', '"feed_rate"', "ledger_schema", '"roll_up"', '"ledger_clock"',
)  # fmt: skip
OF_2 = (*OF_3, '"feed_window"')


#: A PostgreSQL's columns, constraints and indexes, in whatever order they came; defaults matter to nobody who
#: names all columns.
LAYOUT = (
    "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
    " WHERE table_schema = 'public'",
    "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT proname, prosrc, prosecdef, proconfig::text, proacl::text FROM pg_proc"
    " WHERE pronamespace = 'public'::regnamespace",
)


def layout_on_postgresql(options: LedgerOptions, asked: Sequence[str] = LAYOUT) -> list[set[object]]:
    with reading(options) as ledger:
        return [set(read(ledger.connection, statement)) for statement in asked]


def test_a_ledger_of_schema_2_on_postgresql_is_laid_out_as_a_new_one_then(postgresql_url: str) -> None:
    options = LedgerOptions(postgresql_url)
    with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(SCHEMA_2_POSTGRESQL.encode())
    with (
        pytest.raises(LedgerError, match=f"has schema 2, this finops.cloud reads {SCHEMA_VERSION}"),
        reading(options),
    ):
        pass
    with writing(options) as ledger:
        assert [budget.name for budget in budgets.read_all(ledger.connection)] == ["prod"]
        (feed,) = feeds.read_all(ledger.connection)
        assert (feed.run_rate * UNIT, feed.retired, feed.imported[0].layout) == (
            2500,
            False,
            feeds.ImportLayout("hour", "type", False),
        )
        assert [
            row["amount_nano"] for row in totals.rows(ledger.connection, totals.Selection(NOVEMBER), 10)
        ] == [2500]
    upgraded = layout_on_postgresql(options)
    with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    with writing(options) as ledger:
        assert ledger.created
    assert upgraded == layout_on_postgresql(options)


def test_a_ledger_of_schema_4_gets_the_tables_of_a_new_one(path: Path, tmp_path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.executescript(SCHEMA_4)
        connection.execute("INSERT INTO ledger_schema (version) VALUES (4)")
    for name in (path, tmp_path / "new.db"):
        with writing(LedgerOptions(f"sqlite:///{name}")):
            pass
    assert len(layout(path)) > 15
    assert layout(path) == layout(tmp_path / "new.db")


def test_a_ledger_of_schema_4_on_postgresql_gets_the_tables_of_a_new_one(postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(SCHEMA_4_POSTGRESQL.encode())
        connection.execute(b"INSERT INTO ledger_schema (version) VALUES (4)")
        with writing(LedgerOptions(postgresql_url)) as ledger:
            assert not ledger.created
        upgraded = layout_on_postgresql(LedgerOptions(postgresql_url))
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    with writing(LedgerOptions(postgresql_url)) as ledger:
        assert ledger.created
    assert all(len(one) >= 5 for one in upgraded)
    assert layout_on_postgresql(LedgerOptions(postgresql_url)) == upgraded


def rows_that_stay(path: Path, otherwise: tuple[str, ...]) -> list[str]:
    return [
        line
        for line in dump(path)
        if line.startswith("INSERT") and not any(name in line for name in otherwise)
    ]


@pytest.mark.parametrize(("schema", "otherwise"), [(SCHEMA_2, OF_2), (SCHEMA_3, OF_3)])
def test_a_later_ledger_gets_its_new_tables_and_keeps_all_rows(
    path: Path, tmp_path: Path, schema: str, otherwise: tuple[str, ...]
) -> None:
    with sqlite3.connect(path) as connection:
        connection.executescript(schema)
    before = rows_that_stay(path, otherwise)
    old = LedgerOptions(f"sqlite:///{path}")
    with writing(old) as opened, writing(LedgerOptions(f"sqlite:///{tmp_path}/new.db")):
        (prod,) = budgets.read_all(opened.connection)
        assert (prod.name, prod.limit_nano, prod.scope) == ("prod", 100 * 10**9, budgets.Scope())
        assert (prod.scope.untagged, prod.scope.tax) == ("unknown", "excluded")
        (feed,) = feeds.read_all(opened.connection)
        assert feed.run_rate * UNIT == 2500 and not feed.retired
        assert (feed.key.told_by, feed.key.source) == (feeds.CLOUDKITTY, "cloudkitty r p1")
        begin, end = (datetime.fromtimestamp(seconds, UTC) for seconds in (1793512800, 1793599200))
        assert feed.imported == (
            feeds.Imported(Window(begin, end), feeds.ImportLayout("hour", "type", False)),
        )
        assert_roll_up_equals_the_rows(opened.connection)
    assert len(before) >= 3
    assert rows_that_stay(path, otherwise) == before
    assert layout(path) == layout(tmp_path / "new.db")
    with reading(old):
        pass


def test_a_feeds_run_rate_is_told_from_the_entries_that_it_brought(old: LedgerOptions, path: Path) -> None:
    with sqlite3.connect(path) as connection:
        url, region, project, newest = connection.execute(
            "SELECT auth_url, region, project_id, rated_through FROM feed"
        ).fetchone()
        columns = [name for _place, name, *_more in connection.execute("PRAGMA table_info(entry)")]
        for number, (category, end, amount) in enumerate(
            (
                ("compute", newest, 5),
                ("compute", newest, 7),
                ("storage", newest, 11),
                ("network", newest - 3600, 13),
            )
        ):
            connection.execute(
                f"INSERT INTO entry ({', '.join(columns)}) SELECT 100 + ?, ?, ?, 1, NULL, charge_category, ?,"
                f" {', '.join(columns[7:15])}, ?, ?, quantity, unit, ?,"
                f" {', '.join(columns[20:])} FROM entry WHERE id = 1",
                (
                    number,
                    f"cloudkitty {url} {region} {project}",
                    str(number),
                    category,
                    end - 3600,
                    end,
                    amount,
                ),
            )
    with writing(old) as opened:
        (feed,) = feeds.read_all(opened.connection)
    assert {(rate.category, rate.amount_nano) for rate in feed.run_rates} == {
        ("compute", 12),
        ("storage", 11),
    }
    assert feed.categories == {"compute", "storage", "network"}


def test_an_upgraded_ledger_goes_on(old: LedgerOptions) -> None:
    begin = NOVEMBER.begin + timedelta(hours=30)
    again = entries.Entry("manual", "b", "usage", "storage", Window(begin, begin), 700, "ICU")
    with writing(old) as opened:
        written = entries.write(opened.connection, again, begin, "a")
        assert_roll_up_equals_the_rows(opened.connection)
    # It was taken back as version 2 before.
    assert written == entries.WrittenEntry("recorded", 3)


UPGRADE = """
import sys
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, writing
try:
    with writing(LedgerOptions(sys.argv[1])):
        pass
except LedgerError as error:
    print(error)
    sys.exit(3)
"""


def test_an_upgrade_that_cannot_end_leaves_the_old_ledger_whole(
    old: LedgerOptions, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `make coverage` has every process write what it ran, and this one can write nothing.
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)
    before = dump(path)
    size = path.stat().st_size

    def a_full_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    argv = [sys.executable, "-c", UPGRADE, str(old.url)]
    ended = subprocess.run(argv, preexec_fn=a_full_disk, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (3, "")
    assert "cannot be used" in ended.stdout and ended.stdout.count("\n") == 1
    assert dump(path) == before


#: A ledger of schema 4 with holds: counts_at is 2026-12-15T10:00:00Z. The second line of the first hold is of
#: the next period; the second hold is committed, and was written as an entry.
HOLDS_4 = """
INSERT INTO ledger_schema (version) VALUES (4);
INSERT INTO hold (id, name, generation, state, settled_by, counts_at, held_at, expires_at, committed_at,
    forced, settled, recorded_by)
VALUES (1, 'deploy', 1, 'held', 'import', 1797328800, 1797328800, 1797336000, NULL, false, false, 'ada'),
    (2, 'calls', 3, 'committed', 'entry', 1797328800, 1797328800, 1797336000, 1797330000, true, false, 'ada');
INSERT INTO hold_line (hold_id, stage, number, amount_nano, currency, category, project, tags, period)
VALUES (1, 'held', 0, 5000000000, 'CHF', 'compute', 'shop', '{"team": "web"}', 'this'),
    (1, 'held', 1, {amount}, 'ICU', NULL, NULL, '{}', 'next'),
    (2, 'held', 0, 1, 'CHF', 'other', NULL, '{}', 'this'),
    (2, 'committed', 0, 2, 'CHF', 'other', NULL, '{}', 'this');
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def old_holds(request: pytest.FixtureRequest, path: Path) -> Callable[[int], LedgerOptions]:
    """A ledger of schema 4 with holds, one line of which has that amount, on either store."""

    def made(amount: int) -> LedgerOptions:
        script = HOLDS_4.replace("{amount}", str(amount))
        if request.param == "sqlite":
            with sqlite3.connect(path) as connection:
                connection.executescript(SCHEMA_4 + script)
            return LedgerOptions(f"sqlite:///{path}")
        url = request.getfixturevalue("postgresql_url")
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(SCHEMA_4_POSTGRESQL.encode())
            connection.execute(script.encode())
        return LedgerOptions(url)

    return made


def test_the_holds_of_schema_4_become_one_off_lines_at_their_moment(
    old_holds: Callable[[int], LedgerOptions],
) -> None:
    with writing(old_holds(7)) as opened:
        deploy, calls = (holds.newest(opened.connection, name) for name in ("deploy", "calls"))
    at, next_month = datetime(2026, 12, 15, 10, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert deploy is not None and calls is not None
    assert deploy.held == (
        holds.HoldLine(Money(Decimal(5), "CHF"), "compute", "shop", (("team", "web"),), at=at),
        holds.HoldLine(Money(Decimal("7e-9"), "ICU"), at=next_month),
    )
    assert (deploy.generation, deploy.held_at, deploy.lines_sha256) == (1, at, None)
    assert (calls.generation, calls.forced, calls.committed_at) == (
        3,
        True,
        datetime(2026, 12, 15, 10, 20, tzinfo=UTC),
    )
    assert [line.money.amount for line in (*calls.held, *calls.committed)] == [
        Decimal("1e-9"),
        Decimal("2e-9"),
    ]


def test_holds_that_cannot_be_moved_leave_the_ledger_of_schema_4_whole(
    old_holds: Callable[[int], LedgerOptions],
) -> None:
    """A negative line would give money to everybody else."""
    options = old_holds(-1)
    with pytest.raises(LedgerError), writing(options):
        pass
    with (
        pytest.raises(LedgerError, match=f"has schema 4, this finops.cloud reads {SCHEMA_VERSION}"),
        reading(options),
    ):
        pass
    wanted = "SELECT count(*), sum(amount_nano), min(counts_at) FROM hold JOIN hold_line ON hold_id = id"
    if str(options.url).startswith("sqlite"):
        with sqlite3.connect(str(options.url).removeprefix("sqlite:///")) as connection:
            found = connection.execute(wanted).fetchone()
    else:
        with psycopg.connect(str(options.url).replace("+psycopg", "")) as server:
            found = server.execute(wanted.encode()).fetchone()
    assert tuple(map(int, found or ())) == (4, 5000000002, 1797328800)


def made_of(
    request: pytest.FixtureRequest, path: Path, schema: str, schema_postgresql: str
) -> Callable[[str], LedgerOptions]:
    """What makes a ledger of an older schema, changed by a statement, on the fixture's store."""

    def made(change: str = "") -> LedgerOptions:
        if request.param == "sqlite":
            with sqlite3.connect(path) as connection:
                connection.executescript(f"{schema}{change}")
            return LedgerOptions(f"sqlite:///{path}")
        url = request.getfixturevalue("postgresql_url")
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"{schema_postgresql}{change}".encode())
        return LedgerOptions(url)

    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def of_schema_5(request: pytest.FixtureRequest, path: Path) -> Callable[[str], LedgerOptions]:
    return made_of(request, path, SCHEMA_5, SCHEMA_5_POSTGRESQL)


def rows_of(options: LedgerOptions, statement: str) -> list[tuple[object, ...]]:
    """What a SELECT finds, whatever the ledger's schema is."""
    url = str(options.url)
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            return list(connection.execute(statement))
    with psycopg.connect(url.replace("+psycopg", "")) as server:
        return list(server.execute(statement.encode()))


def assert_laid_out_as_a_new_one(options: LedgerOptions, path: Path, tmp_path: Path) -> None:
    if str(options.url).startswith("sqlite"):
        with writing(LedgerOptions(f"sqlite:///{tmp_path}/new.db")):
            pass
        assert layout(path) == layout(tmp_path / "new.db")
        return
    upgraded = layout_on_postgresql(options)
    with psycopg.connect(str(options.url).replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    with writing(options) as ledger:
        assert ledger.created
    assert upgraded == layout_on_postgresql(options)


def test_a_ledger_of_schema_5_keeps_its_limits_and_holds(
    of_schema_5: Callable[[str], LedgerOptions],
) -> None:
    """Its limit is the largest that one integer held. It says of a forced hold no more than that it is."""
    options = of_schema_5("")
    entries_before = rows_of(options, "SELECT * FROM entry")
    with writing(options) as opened:
        (prod,) = budgets.read_all(opened.connection)
        (sale,) = overrides.of_budget(opened.connection, "prod")
        deploy, calls = (holds.newest(opened.connection, name) for name in ("deploy", "calls"))
        assert_roll_up_equals_the_rows(opened.connection)
    assert (prod.limit_nano, sale.amount_nano) == (2**63 - 1, 7_000_000_001)
    assert deploy is not None and calls is not None
    assert (deploy.ttl, deploy.forced, deploy.forced_verdicts) == (timedelta(hours=3), False, ())
    assert (calls.ttl, calls.forced, calls.forced_verdicts) == (timedelta(hours=3), True, None)
    assert [hold.recorded_by for hold in (deploy, calls)] == ["ci", "ci"], "an upgrade is not its doing"
    assert len(calls.held) == len(calls.committed) == 1
    assert rows_of(options, "SELECT * FROM entry") == entries_before


def test_a_ledger_of_schema_5_gets_the_tables_of_a_new_one(
    of_schema_5: Callable[[str], LedgerOptions], path: Path, tmp_path: Path
) -> None:
    options = of_schema_5("")
    with writing(options):
        pass
    assert_laid_out_as_a_new_one(options, path, tmp_path)


def test_a_ledger_of_schema_5_that_cannot_be_upgraded_stays_whole(
    of_schema_5: Callable[[str], LedgerOptions],
) -> None:
    """Somebody added a column of the next schema: limits could be moved, and holds cannot."""
    options = of_schema_5("ALTER TABLE hold ADD COLUMN ttl_s BIGINT;")
    with pytest.raises(LedgerError), writing(options):
        pass
    assert rows_of(options, "SELECT version FROM ledger_schema") == [(5,)]
    assert rows_of(options, "SELECT limit_nano + 0, name FROM budget") == [(2**63 - 1, "prod")]
    assert rows_of(options, "SELECT name, forced, ttl_s FROM hold ORDER BY id") == [
        ("deploy", False, None),
        ("calls", True, None),
    ]
    if not str(options.url).startswith("sqlite"):
        kept = "SELECT count(*) FROM pg_trigger WHERE tgname = 'finops_keep_hold'"
        assert rows_of(options, kept) == [(1,)]


@pytest.fixture(params=["sqlite", "postgresql"])
def of_schema_6(request: pytest.FixtureRequest, path: Path) -> Callable[[str], LedgerOptions]:
    """A ledger with a bill that was replaced."""
    return made_of(request, path, SCHEMA_6, SCHEMA_6_POSTGRESQL)


def test_a_ledger_of_schema_6_keeps_its_bills_and_gets_the_tables_of_a_new_one(
    of_schema_6: Callable[[str], LedgerOptions], path: Path, tmp_path: Path
) -> None:
    options = of_schema_6("")
    before = rows_of(options, "SELECT * FROM entry"), rows_of(options, "SELECT * FROM bill_part")
    with writing(options) as opened:
        assert_roll_up_equals_the_rows(opened.connection)
        (bill,) = bills.read_all(opened.connection, "aws")
        (total,) = totals.totals(opened.connection, totals.Selection(OCTOBER), ["source"])
    assert [dict(part.totals) for part in bill.parts] == [{"USD": 4 * UNIT}]
    assert (total.keys, total.amount_nano) == ({"source": "aws"}, 4 * UNIT)
    assert (rows_of(options, "SELECT * FROM entry"), rows_of(options, "SELECT * FROM bill_part")) == before
    assert_laid_out_as_a_new_one(options, path, tmp_path)


def test_a_ledger_of_schema_6_that_cannot_be_upgraded_stays_whole(
    of_schema_6: Callable[[str], LedgerOptions],
) -> None:
    """Somebody made a view of the name of a new table: the other one is not made either."""
    options = of_schema_6("CREATE VIEW roll_up_waiting AS SELECT 1 AS one;")
    with pytest.raises(LedgerError), writing(options):
        pass
    assert rows_of(options, "SELECT version FROM ledger_schema") == [(6,)]
    tables = "sqlite_master WHERE name" if str(options.url).startswith("sqlite") else "pg_class WHERE relname"
    assert rows_of(options, f"SELECT count(*) FROM {tables} = 'delivery'") == [(0,)]
    if not str(options.url).startswith("sqlite"):
        kept = "SELECT count(*) FROM pg_trigger WHERE tgname = 'finops_keep_entries'"
        assert rows_of(options, kept) == [(1,)]


@pytest.fixture(params=["sqlite", "postgresql"])
def of_schema_7(request: pytest.FixtureRequest, path: Path) -> Callable[[str], LedgerOptions]:
    """A ledger with a budget, its alert, a policy, a hold, and a bill that was replaced."""
    return made_of(request, path, SCHEMA_7, SCHEMA_7_POSTGRESQL)


def test_a_ledger_of_schema_7_keeps_all_rows_and_takes_acts(
    of_schema_7: Callable[[str], LedgerOptions], path: Path, tmp_path: Path
) -> None:
    options = of_schema_7("")
    kept = ("entry", "delivery", "hold", "hold_line", "alert", "owner_policy", "roll_up")
    before = {table: rows_of(options, f"SELECT * FROM {table}") for table in kept}
    assert all(before.values())
    with writing(options) as opened:
        assert not opened.created
        assert_roll_up_equals_the_rows(opened.connection)
    assert {table: rows_of(options, f"SELECT * FROM {table}") for table in kept} == before
    with writing(options) as opened:
        stopped = acts.Act(acts.STOP, acts.SERVER, "s-1", schedule="mon-fri 07:00-19:00")
        acts.add(opened.connection, stopped, OCTOBER.end, "ada@ci")
    with reading(options) as opened:
        assert set(acts.newest(opened.connection, acts.SERVER)) == {"s-1"}
    assert_laid_out_as_a_new_one(options, path, tmp_path)


def test_a_ledger_of_schema_7_that_cannot_be_upgraded_stays_whole(
    of_schema_7: Callable[[str], LedgerOptions],
) -> None:
    """Somebody made a view of the name of the new table."""
    options = of_schema_7("CREATE VIEW act AS SELECT 1 AS one;")
    with pytest.raises(LedgerError), writing(options):
        pass
    assert rows_of(options, "SELECT version FROM ledger_schema") == [(7,)]
    if not str(options.url).startswith("sqlite"):
        kept = "SELECT count(*) FROM pg_trigger WHERE tgname = 'finops_keep_delivery'"
        assert rows_of(options, kept) == [(1,)]


@pytest.fixture(params=["sqlite", "postgresql"])
def of_schema_8(request: pytest.FixtureRequest, path: Path) -> Callable[[str], LedgerOptions]:
    """A ledger with hours of two resources, one corrected and one renamed, a day of another feed, a manual
    cost, one that was taken back, a bill, and a delivery that was killed.
    """
    return made_of(request, path, SCHEMA_8, SCHEMA_8_POSTGRESQL)


def test_a_ledger_of_schema_8_says_the_same_of_every_entry(
    of_schema_8: Callable[[str], LedgerOptions], path: Path, tmp_path: Path
) -> None:
    options = of_schema_8("")
    kept = ("entry", "delivery", "roll_up", "roll_up_waiting", "ledger_clock", "act", "bill_part", "tag")
    before = {table: rows_of(options, f"SELECT * FROM {table} ORDER BY 1") for table in kept}
    assert all(before.values())
    with writing(options) as opened:
        assert not opened.created
    assert {table: rows_of(options, f"SELECT * FROM {table} ORDER BY 1") for table in kept} == before
    assert comparison.compare(options)["consistent"]
    assert_laid_out_as_a_new_one(options, path, tmp_path)


def test_a_ledger_of_schema_8_tells_each_series_and_key_once_then(
    of_schema_8: Callable[[str], LedgerOptions],
) -> None:
    """Two resources, one of which was renamed, have a series each and one more."""
    options = of_schema_8("")
    with writing(options):
        pass
    asked = "SELECT stem, moment_length, count(*) FROM entry_key JOIN entry_row ON key_id = entry_key.id"
    assert sorted(rows_of(options, f"{asked} GROUP BY 1, 2")) == [
        ("/instance/i-1", 20, 6),
        ("/instance/i-2", 20, 3),
        ("/ram/vm-1", 10, 1),
        ("2026-10-03/Müller's invoice", 0, 1),
        ("bill/1/x/1/0", 0, 1),
        ("bill/9/y/1/0", 0, 1),
        ("gone", 0, 2),
    ]
    assert rows_of(options, "SELECT count(*) FROM series WHERE metric = 'instance'") == [(3,)]


def test_an_upgraded_ledger_of_schema_8_goes_on_with_every_key(
    of_schema_8: Callable[[str], LedgerOptions],
) -> None:
    begin = OCTOBER.begin + timedelta(hours=1)
    hour = entries.Entry(
        "cloudkitty dc4-a p1", "2026-10-01T01:00:00Z/instance/i-1", "usage", "compute",
        Window(begin, begin + timedelta(hours=1)), 6, "ICU",
    )  # fmt: skip
    gone = entries.Entry("manual", "gone", "credit", "other", Window(begin, begin), -5, "CHF")
    options = of_schema_8("")
    with writing(options) as opened:
        written = entries.write_all(opened.connection, [hour, gone], begin, "ci")
    assert comparison.compare(options)["consistent"]
    assert written == [entries.WrittenEntry("corrected", 3), entries.WrittenEntry("recorded", 3)]


def test_a_ledger_of_schema_8_that_cannot_be_upgraded_stays_whole(
    of_schema_8: Callable[[str], LedgerOptions],
) -> None:
    """Somebody made a view of the name of a new table."""
    options = of_schema_8("CREATE VIEW recording AS SELECT 1 AS one;")
    before = rows_of(options, "SELECT * FROM entry ORDER BY id")
    with pytest.raises(LedgerError), writing(options):
        pass
    assert rows_of(options, "SELECT version FROM ledger_schema") == [(8,)]
    assert rows_of(options, "SELECT * FROM entry ORDER BY id") == before


@pytest.fixture(params=["sqlite", "postgresql"])
def of_schema_9(request: pytest.FixtureRequest, path: Path) -> Callable[[str], LedgerOptions]:
    """The ledger of schema 8, upgraded by the release that had schema 9."""
    return made_of(request, path, SCHEMA_9, SCHEMA_9_POSTGRESQL)


def test_a_ledger_of_schema_9_keeps_every_row_and_has_no_archived_month(
    of_schema_9: Callable[[str], LedgerOptions], path: Path, tmp_path: Path
) -> None:
    options = of_schema_9("")
    kept = ("entry_row", "entry_key", "series", "recording", "delivery", "roll_up", "roll_up_waiting", "act")
    before = {table: rows_of(options, f"SELECT * FROM {table} ORDER BY 1") for table in kept}
    assert all(before.values())
    with writing(options) as opened:
        assert not opened.created
    assert {table: rows_of(options, f"SELECT * FROM {table} ORDER BY 1") for table in kept} == before
    checked = comparison.compare(options)
    assert (checked["consistent"], checked["archived_months"]) == (True, [])
    assert_laid_out_as_a_new_one(options, path, tmp_path)


def test_a_ledger_of_schema_9_that_cannot_be_upgraded_stays_whole(
    of_schema_9: Callable[[str], LedgerOptions],
) -> None:
    """Somebody made a view of the name of a new table."""
    options = of_schema_9("CREATE VIEW archived_sum AS SELECT 1 AS one;")
    with pytest.raises(LedgerError), writing(options):
        pass
    assert rows_of(options, "SELECT version FROM ledger_schema") == [(9,)]
    if not str(options.url).startswith("sqlite"):
        kept = "SELECT count(*) FROM pg_trigger WHERE tgname = 'finops_keep_entries'"
        assert rows_of(options, kept) == [(1,)]
        assert rows_of(options, "SELECT to_regclass('archived_month') IS NULL") == [(True,)]


def test_an_upgrade_that_the_disk_has_no_room_for_says_so_and_writes_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(path) as connection:
        connection.executescript(SCHEMA_8)
    before = dump(path)
    needed = 2 * path.stat().st_size
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=needed - 1))
    with (
        pytest.raises(LedgerError, match="needs up to .* MB beside it"),
        writing(LedgerOptions(f"sqlite:///{path}")),
    ):
        pass
    assert dump(path) == before
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=needed))
    with writing(LedgerOptions(f"sqlite:///{path}")):
        pass
