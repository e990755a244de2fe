# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No statement of a role does what the role is not for, whatever it says of itself, on a real server with the
roles that docs/postgresql_roles.sql ships (design/gate.md#separation-of-duty), as docs/ledger.md explains.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Calendar, Window, now_utc
from ansible_collections.finops.cloud.plugins.module_utils._export.closed_months import month_of
from ansible_collections.finops.cloud.plugins.module_utils._export.ledger_archive import (
    ArchiveTask,
    archive,
    restore,
)
from ansible_collections.finops.cloud.plugins.module_utils._imports.entry_writer import Signature
from ansible_collections.finops.cloud.plugins.module_utils._ledger import (
    budgets,
    comparison,
    deliveries,
    dimension_sets,
    entries,
    series,
    sql,
    views,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.tables import TABLE_NAMES

from tests.unit.asked_ledger import parts_of, with_parts
from tests.unit.conftest import new_database

from .rolled_up import assert_roll_up_equals_the_rows

ROLES = Path(__file__).parents[5] / "docs" / "postgresql_roles.sql"
GROUPS = ("finops_reader", "finops_gate", "finops_import", "finops_owner")
FEED = "cloudkitty dc3-a p1"
NOW_S = "extract(epoch FROM clock_timestamp())::bigint"
#: How a session of SQL writes an entry, with the rights of its login: who records, its series, its key, and
#: its row, each if it is not there yet.
WRITE_ENTRY = """
CREATE FUNCTION attack.entry(said_source text, said_key text, said_version integer, said_reverses bigint,
    said_set bigint, said_begin bigint, said_end bigint, said_amount bigint, said_by text,
    said_quantity text DEFAULT NULL, said_recorded_at bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    named bytea := substr(sha256(convert_to(
        said_set || '/' || (said_end - said_begin) || '/' || repeat('-', 6), 'UTF8')), 1, 16);
    own_series integer;
    own_key integer;
BEGIN
    INSERT INTO public.recording (recorded_by) VALUES (said_by) ON CONFLICT DO NOTHING;
    INSERT INTO public.series (fingerprint, dimension_set_id, length_s)
        VALUES (named, said_set, said_end - said_begin) ON CONFLICT (fingerprint) DO NOTHING;
    SELECT id INTO own_series FROM public.series WHERE fingerprint = named;
    INSERT INTO public.entry_key (source, stem, moment_length) VALUES (said_source, said_key, 0)
        ON CONFLICT (source, stem, moment_length) DO NOTHING;
    SELECT id INTO own_key FROM public.entry_key
        WHERE source = said_source AND stem = said_key AND moment_length = 0;
    IF said_recorded_at IS NULL THEN
        INSERT INTO public.entry_row
                (series_id, key_id, version, reverses, period_begin, quantity, amount_nano)
            VALUES (own_series, own_key, said_version, said_reverses, said_begin, said_quantity, said_amount);
    ELSE
        INSERT INTO public.entry_row
                (series_id, key_id, version, reverses, period_begin, quantity, amount_nano, recorded_at)
            VALUES (own_series, own_key, said_version, said_reverses, said_begin, said_quantity, said_amount,
                said_recorded_at);
    END IF;
END $$
"""
INSERT = "SELECT attack.entry"


@dataclass
class Logins:
    """A ledger and its logins, by name, each of one role."""

    url: str
    admin: psycopg.Connection[Any]
    made: dict[str, str]

    def options(self, login: str, timeout_seconds: int = 5) -> sql.LedgerOptions:
        return sql.LedgerOptions(
            with_parts(self.url, username=self.made[login], password="geheim"), timeout_seconds
        )

    def connect(self, login: str) -> psycopg.Connection[Any]:
        where = {**parts_of(self.url), "user": self.made[login], "password": "geheim"}
        return psycopg.connect(**where, autocommit=True)

    def refused(self, login: str, *statements: str) -> str:
        """What the server says to the last statement, of which nothing is left."""
        before = self.dump()
        with self.connect(login) as connection, pytest.raises(psycopg.Error) as error:
            connection.execute(f"BEGIN; {'; '.join(statements)}; COMMIT".encode())
        assert self.dump() == before
        return str(error.value)

    def dump(self) -> dict[str, list[str]]:
        """Every row of every table."""
        return {
            table: sorted(row for (row,) in self.admin.execute(f"SELECT t::text FROM {table} AS t".encode()))
            for table in TABLE_NAMES
        }

    def one(self, statement: str) -> Any:
        """The single value of a SELECT."""
        row = self.admin.execute(statement.encode()).fetchone()
        assert row is not None
        return row[0]


def cost(
    source: str = "manual", key: str = "k", nano: int = 1_000, at: datetime | None = None, **more: Any
) -> entries.Entry:
    moment = at or datetime(2026, 11, 5, tzinfo=UTC)
    return entries.Entry(source, key, "usage", "compute", Window(moment, moment), nano, "ICU", **more)


def write(options: sql.LedgerOptions, *wanted: entries.Entry, by: str = "ada@ci") -> None:
    with sql.writing(options) as ledger:
        entries.write_all(ledger.connection, wanted, now_utc(), by)


@pytest.fixture(scope="module")
def filled(postgresql: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """The URL of a ledger to make copies of, and its logins, of which pipeline and other are of finops_gate
    and nobody is of no role. There is a budget, an entry of pipeline's and one of a feed's, a feed, an open
    hold and a committed one of pipeline's, and an override for its open hold.
    """
    url = new_database(postgresql)
    roles = {
        "reader": "finops_reader", "pipeline": "finops_gate", "other": "finops_gate",
        "importer": "finops_import", "owner": "finops_owner", "nobody": "",
    }  # fmt: skip
    made = {name: f"{name}_{secrets.token_hex(4)}" for name in roles}
    with psycopg.connect(**parts_of(url), **postgresql["admin"], autocommit=True) as admin:
        with sql.writing(sql.LedgerOptions(url)) as ledger:
            calendar = Calendar("monthly")
            budgets.save(
                ledger.connection,
                budgets.Budget("team", 10**11, "ICU", calendar, "entries", "actual", timedelta(hours=6)),
            )
        admin.execute(ROLES.read_bytes())
        admin.execute(b"CREATE SCHEMA attack; GRANT USAGE ON SCHEMA attack TO PUBLIC")
        admin.execute(WRITE_ENTRY.encode())
        for name, role in roles.items():
            within = f" IN ROLE {role}" if role else ""
            admin.execute(f"CREATE ROLE {made[name]} LOGIN PASSWORD 'geheim'{within}".encode())
        fill(Logins(url, admin, made))
        end_sessions(admin)
    yield url, made
    where = {**parts_of(url), "dbname": "postgres"}
    with psycopg.connect(**where, **postgresql["admin"], autocommit=True) as admin:
        for name in made.values():
            admin.execute(f"DROP ROLE {name}".encode())


@pytest.fixture
def logins(postgresql: dict[str, Any], filled: tuple[str, dict[str, str]]) -> Iterator[Logins]:
    """A copy of the ledger of its own."""
    yield from copied(postgresql, *filled)


@pytest.fixture(scope="module")
def unchanged(postgresql: dict[str, Any], filled: tuple[str, dict[str, str]]) -> Iterator[Logins]:
    """One copy of the ledger for all tests that only are refused: Logins.refused() asserts that it stays."""
    yield from copied(postgresql, *filled)


def copied(postgresql: dict[str, Any], url: str, made: dict[str, str]) -> Iterator[Logins]:
    """A copy of the ledger; its sessions end with it."""
    copy = new_database(postgresql, parts_of(url)["dbname"])
    with psycopg.connect(**parts_of(copy), **postgresql["admin"], autocommit=True) as admin:
        yield Logins(copy, admin, made)
        end_sessions(admin)


def end_sessions(admin: psycopg.Connection[Any]) -> None:
    """End what is left open in this database: a session that was closed drops its temporary tables before it
    is gone.
    """
    admin.execute(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )


def fill(found: Logins) -> None:
    """Put into the ledger what `filled` says."""
    admin = found.admin
    write(found.options("pipeline"), cost(tags={"team": "web"}))
    write(found.options("importer"), cost(FEED, "hour"), cost(FEED, "hour 2"))
    columns = {
        row[0]
        for row in admin.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'hold'"
        )
    }
    older = ", counts_at" if "counts_at" in columns else ""
    counts = f", {NOW_S}" if older else ""
    with found.connect("pipeline") as connection, connection.transaction():
        for name in ("deploy", "done"):
            connection.execute(
                "INSERT INTO hold (name, generation, state, settled_by, held_at, expires_at, ttl_s,"
                f" forced_verdicts, settled, recorded_by{older}) SELECT '{name}', 1, 'held', 'import', now,"
                f" now + 7200, 7200, '[]', false, 'ada@ci'{counts} FROM (SELECT {NOW_S} AS now) AS a".encode()
            )
            connection.execute(hold_line(admin, name).encode())
        connection.execute(
            f"UPDATE hold SET state = 'committed', committed_at = {NOW_S} WHERE name = 'done'".encode()
        )
    with found.connect("owner") as connection:
        connection.execute(
            "INSERT INTO limit_override (budget, period_id, reservation, amount_nano, reason, approved_by,"
            " until, recorded_at, recorded_by)"
            " SELECT 'team', 'monthly/2026-11-01T00:00:00Z', name, 1, 'why', 'Ada',"
            f" {NOW_S} + 3600, 0, 'ada@desk' FROM hold".encode()
        )
    with found.connect("importer") as connection:
        connection.execute(feed_row(f"{NOW_S} - 3600").encode())
        connection.execute(
            b"INSERT INTO feed_rate (feed_id, category, tags, amount_nano, hours, is_flow)"
            b" SELECT id, 'compute', '{}', 5, 1, false FROM feed"
        )


def hold_line(admin: psycopg.Connection[Any], name: str, nano: int = 10**9, number: int = 0) -> str:
    """An INSERT of a line of the hold, with a value for every column that needs one."""
    kinds = admin.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_name = 'hold_line' AND is_nullable = 'NO' AND column_default IS NULL"
    ).fetchall()
    known = {
        "hold_id": "hold.id",
        "stage": "'held'",
        "number": str(number),
        "amount_nano": str(nano),
        "tags": "'{}'",
    }
    of_kind = {"text": "'ICU'", "boolean": "false", "bigint": "0", "integer": "0"}
    values = {column: known.get(column, of_kind[kind]) for column, kind in kinds}
    names = ", ".join(f'"{column}"' for column in values)
    return (
        f"INSERT INTO hold_line ({names}) SELECT {', '.join(values.values())} FROM hold WHERE name = '{name}'"
    )


def feed_row(rated_through: str, project: str = "p1") -> str:
    return (
        "INSERT INTO feed (told_by, auth_url, region, project_id, project_name, currency, collect_period_s,"
        " rated_through, retired, flow_hours, rating_regions, empty, unrated, revision) VALUES"
        f" ('cloudkitty', 'https://c/v3', 'dc3-a', '{project}', 'shop', 'ICU', 3600, {rated_through}, false,"
        " 0, '{}', '[]', '[]', 1)"
    )


WRITTEN_BY = {
    "finops_gate": {
        "INSERT": {
            "dimension_set", "series", "entry_key", "recording", "entry_row", "usage_record", "alert",
            "alert_acknowledged", "hold", "hold_line", "override_use", "act",
        },
        "UPDATE": {"hold"},
        "DELETE": {"hold_line"},
    },
    "finops_import": {
        "INSERT": {
            "dimension_set", "series", "entry_key", "recording", "entry_row", "usage_record", "alert", "feed",
            "feed_window", "feed_rate", "feed_carried", "feed_resource", "feed_hours", "bill", "bill_part",
            "delivery",
        },
        "UPDATE": {
            "hold", "feed", "feed_window", "feed_rate", "feed_carried", "feed_resource", "feed_hours", "bill",
            "delivery",
        },
        "DELETE": {
            "bill", "bill_part",
            "feed_window", "feed_rate", "feed_carried", "feed_resource", "feed_hours",
        },
    },
}  # fmt: skip
WRITTEN_BY["finops_reader"] = {"INSERT": set(), "UPDATE": set(), "DELETE": set()}
WRITTEN_BY["finops_owner"] = {
    kind: WRITTEN_BY["finops_gate"][kind] | WRITTEN_BY["finops_import"][kind] | more
    for kind, more in {
        "INSERT": {
            "budget",
            "limit_override",
            "owner_policy",
            "currency_rate",
            "archived_month",
            "archived_sum",
            "archived_source",
            "archived_key",
        },
        "UPDATE": {"budget", "alert", "archived_month"},
        "DELETE": {"budget", "limit_override"},
    }.items()
}


@pytest.mark.parametrize("role", GROUPS)
def test_a_role_has_no_right_beyond_its_duty(unchanged: Logins, role: str) -> None:
    """Each right on each table, in whole or on some column. No role truncates or makes triggers."""
    for table in TABLE_NAMES:
        for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
            whole = unchanged.one(f"SELECT has_table_privilege('{role}', '{table}', '{right}')")
            on_some = right in ("INSERT", "UPDATE", "REFERENCES") and unchanged.one(
                f"SELECT has_any_column_privilege('{role}', '{table}', '{right}')"
            )
            expected = table in WRITTEN_BY[role].get(right, set())
            assert (whole or on_some) == expected, (table, right)
        assert unchanged.one(f"SELECT has_table_privilege('{role}', '{table}', 'SELECT')"), table
    assert not unchanged.one(f"SELECT has_schema_privilege('{role}', 'public', 'CREATE')")


#: What has no row as long as no threshold was reached and nothing was archived.
EMPTY_VIEWS = ("dashboard_alerts", "dashboard_archived_months")


def test_a_reader_sees_what_dashboards_show(logins: Logins) -> None:
    """Each cost once as it is valid, in the month of a zone, with nothing of a delivery under way."""
    midnight = datetime(2026, 10, 31, 23, tzinfo=UTC)
    for nano in (3, 1_234_567_890_123_456_789):
        write(
            logins.options("pipeline"), cost(key="invoice", nano=nano, at=midnight, tags={"team": "a \u00e9"})
        )
    with sql.writing(logins.options("importer")) as ledger:
        now = datetime(2026, 11, 5, tzinfo=UTC)
        deliveries.begin(ledger.connection, "bill", now, "ada@ci")
        entries.write_all(ledger.connection, [cost("bill", "half")], now, "ada@ci")
    with logins.connect("owner") as connection:
        for value, at in ((50, 0), (60, 100), (61, 100)):
            connection.execute(
                "INSERT INTO currency_rate (currency, icu_per_unit, valid_from, recorded_at, recorded_by)"
                f" VALUES ('CHF', '{value}', {at}, 0, '')".encode()
            )
    month = "date_trunc('month', begins_at, 'Europe/Zurich')"
    asked = f"SELECT {month} = '2026-10-31T23:00Z', sum(amount), max(tags->>'team')"
    with logins.connect("reader") as connection:
        for view in views.VIEW_NAMES:
            assert connection.execute(f"SELECT * FROM {view}".encode()).fetchall() or view in EMPTY_VIEWS, (
                view
            )
        of_invoice = (True, Decimal("1234567890.123459789"), "web")
        for view in ("dashboard_costs", "dashboard_entries"):
            rows = connection.execute(f"{asked} FROM {view} GROUP BY 1".encode()).fetchall()
            assert rows == [of_invoice], view
        versions = "SELECT version, tags->>'team' FROM dashboard_entries WHERE \"key\" = 'invoice'"
        assert connection.execute(versions.encode()).fetchall() == [(2, "a \u00e9")]
        rates = (
            "SELECT icu_per_unit, valid_until = to_timestamp(100) FROM dashboard_rates ORDER BY valid_from"
        )
        assert connection.execute(rates.encode()).fetchall() == [(50, True), (61, None)]
        budget = "SELECT name, limit_amount, timezone FROM dashboard_budgets"
        assert connection.execute(budget.encode()).fetchall() == [("team", 100, "UTC")]
        (shown,) = re.findall("```sql\n(.*?)```", (ROLES.parent / "dashboards.md").read_text(), re.DOTALL)
        in_francs = {team: amount for _month, team, amount in connection.execute(shown.encode())}
        # 2000 and 1000 nano at 61 ICU.
        assert round(in_francs[None] * 61, 9) == Decimal("0.000002")
        assert round(in_francs["web"] * 61, 9) == Decimal("0.000001")


@pytest.mark.parametrize("view", views.VIEW_NAMES)
def test_nobody_writes_through_what_dashboards_show(logins: Logins, view: str) -> None:
    if "stranger" not in logins.made:
        logins.made["stranger"] = f"{logins.made['reader']}_not"
        logins.admin.execute(f"CREATE ROLE {logins.made['stranger']} LOGIN PASSWORD 'geheim'".encode())
    for login in ("reader", "pipeline", "importer", "owner"):
        for statement in (f"DELETE FROM {view}", f"DROP VIEW {view}", f"INSERT INTO {view} DEFAULT VALUES"):
            assert re.search("permission denied|must be owner|cannot", logins.refused(login, statement))
        assert not logins.one(
            f"SELECT has_any_column_privilege('{logins.made[login]}', '{view}', 'INSERT, UPDATE')"
        )
    assert "permission denied" in logins.refused("stranger", f"SELECT * FROM {view}")


@pytest.mark.parametrize("login", ["reader", "pipeline", "importer", "owner"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry_row SET amount_nano = 0",
        "DELETE FROM entry_row",
        "TRUNCATE entry_row CASCADE",
        "UPDATE series SET description = 'x'",
        "DELETE FROM series",
        "UPDATE entry_key SET source = 'x'",
        "DELETE FROM entry_key",
        "UPDATE recording SET recorded_by = 'x'",
        "DELETE FROM recording",
        "INSERT INTO recording (recorded_at, recorded_by) SELECT recorded_at - 1, 'x' FROM recording",
        "INSERT INTO series (id, fingerprint, dimension_set_id, length_s) VALUES (1, '', 1, 0)",
        "INSERT INTO entry_key (id, source, stem, moment_length) VALUES (1, 'manual', 'x', 0)",
        "CREATE OR REPLACE VIEW entry AS SELECT 1 AS id",
        "UPDATE roll_up SET amount_whole = 0",
        "INSERT INTO roll_up VALUES (900, 0, 1, -1, 0, 1)",
        "DELETE FROM roll_up",
        "UPDATE ledger_clock SET recorded_at = 1",
        "UPDATE ledger_schema SET version = 1",
        "INSERT INTO tag SELECT id, 'team', 'shop' FROM dimension_set",
        "UPDATE tag SET value = 'shop'",
        "DELETE FROM hold",
        "DELETE FROM override_use",
        "DELETE FROM alert",
        "DELETE FROM feed",
        "SELECT setval('entry_row_id_seq', 1)",
        "ALTER TABLE entry_row DISABLE TRIGGER ALL",
        "DROP TRIGGER finops_keep_hold ON hold",
        "CREATE OR REPLACE FUNCTION finops_may(VARIADIC wanted text[]) RETURNS boolean LANGUAGE sql"
        " AS 'SELECT true'",
        "SET session_replication_role = replica",
        "SET SESSION AUTHORIZATION postgres",
        "SET ROLE finops",
        "GRANT finops_owner TO CURRENT_USER",
        "CREATE FUNCTION starts_with(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "SELECT finops_signed('owner/ada')",
    ],
)
def test_nobody_changes_what_was_recorded_or_how_it_is_kept(
    unchanged: Logins, login: str, statement: str
) -> None:
    assert re.search("permission denied|must be owner|is not permitted", unchanged.refused(login, statement))


@pytest.mark.parametrize(
    ("login", "statement"),
    [
        ("pipeline", "INSERT INTO entry_row (id, series_id) VALUES (1, 1)"),
        ("pipeline", "INSERT INTO entry_row (recorded_at, series_id) VALUES (1, 1)"),
        ("pipeline", "UPDATE budget SET limit_nano = 1"),
        ("pipeline", "INSERT INTO limit_override SELECT * FROM limit_override"),
        ("pipeline", "UPDATE feed SET rated_through = 0"),
        ("pipeline", feed_row("0", "p2")),
        ("pipeline", "DELETE FROM feed_rate"),
        ("pipeline", "UPDATE alert SET rearmed_at = 1"),
        ("importer", "INSERT INTO hold SELECT * FROM hold"),
        ("importer", "UPDATE hold SET state = 'released'"),
        ("importer", "DELETE FROM hold_line"),
        ("importer", "UPDATE budget SET limit_nano = 1"),
        ("reader", "INSERT INTO usage_record SELECT * FROM usage_record"),
    ],
)
def test_a_role_has_no_grant_for_what_another_is_for(unchanged: Logins, login: str, statement: str) -> None:
    assert "permission denied for" in unchanged.refused(login, statement)


@pytest.mark.parametrize("login", ["reader", "pipeline"])
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO delivery (source, recorded_by) VALUES ('s', 'x')",
        "UPDATE delivery SET effective_at = 1",
        "DELETE FROM delivery",
        "INSERT INTO roll_up_waiting SELECT *, 1 FROM roll_up",
        "SELECT finops_discard_delivery(1, 1)",
        "SELECT finops_merge_delivery(1, 1)",
    ],
)
def test_only_who_imports_delivers(unchanged: Logins, login: str, statement: str) -> None:
    assert "permission denied for" in unchanged.refused(login, statement)


def of_delivery(recorded_at: str, key: str = "bill/1/a/1/0") -> str:
    """An INSERT of an entry that says when it was recorded."""
    return (
        f"{INSERT}('s', '{key}', 1, NULL, dimension_set_id, 0, 3600, 5, 'x', NULL, {recorded_at})"
        " FROM entry LIMIT 1"
    )


def test_an_entry_says_when_it_was_recorded_in_a_delivery_of_its_own_login_only(logins: Logins) -> None:
    """Neither another login's delivery, nor one that counts, nor another key; the clock says it then."""
    rows = "SELECT recorded_at FROM entry WHERE source = 's' AND \"key\" = '{key}'"
    delivery = "(SELECT recorded_at FROM delivery)"
    with logins.connect("importer") as connection:
        connection.execute(b"INSERT INTO delivery (source, recorded_by) VALUES ('s', 'ada@ci')")
        connection.execute(of_delivery(delivery).encode())
        connection.execute(of_delivery(delivery, "other").encode())
    name = logins.one("SELECT recorded_at FROM delivery")
    assert logins.one(rows.format(key="bill/1/a/1/0")) == name
    assert logins.one(rows.format(key="other")) > name
    with logins.connect("owner") as connection:
        connection.execute(of_delivery(delivery, "bill/1/b/1/0").encode())
    assert logins.one(rows.format(key="bill/1/b/1/0")) > name
    spent = "SELECT coalesce(sum(amount_rest_nano), 0) FROM {table} WHERE bucket_s = 900 AND bucket_begin = 0"
    assert logins.one(spent.format(table="roll_up_waiting")) == 5
    assert logins.one(spent.format(table="roll_up")) == 10
    with logins.connect("importer") as connection:
        connection.execute(b"UPDATE delivery SET effective_at = 1")
    assert logins.one("SELECT effective_at FROM delivery") > name, "the clock says that, too"
    assert "counts already" in logins.refused("importer", "UPDATE delivery SET effective_at = NULL")
    with logins.connect("importer") as connection:
        connection.execute(f"SELECT finops_discard_delivery({name}, 10)".encode())
        connection.execute(of_delivery(delivery, "bill/1/c/1/0").encode())
        assert connection.execute(f"SELECT finops_merge_delivery({name}, 10)".encode()).fetchone() == (4,)
    assert logins.one(rows.format(key="bill/1/a/1/0")) == name, "what counts is not discarded"
    assert logins.one(rows.format(key="bill/1/c/1/0")) > name
    assert logins.one(spent.format(table="roll_up")) == 20


def test_a_delivery_is_not_cut_while_it_is_written(logins: Logins) -> None:
    """By a session that takes its entries away, of which the rest would count then."""
    options = logins.options("importer")
    with sql.alone(options, "s"):
        with sql.writing(options) as ledger:
            name = deliveries.begin(ledger.connection, "s", now_utc(), "ada@ci")
        with logins.connect("importer") as connection:
            connection.execute(of_delivery(str(name)).encode())
        discard = f"SELECT finops_discard_delivery({name}, 1)"
        assert "another session delivers this source: s" in logins.refused("importer", discard)
    with sql.writing(options) as ledger:
        assert deliveries.discard(ledger.connection, name, 10), "nobody writes it any more"
    with logins.connect("importer") as connection:
        connection.execute(discard.encode())
    assert logins.one("SELECT count(*) FROM entry WHERE source = 's'") == 0


def test_sums_of_a_delivery_are_moved_once_by_however_many_sessions(logins: Logins) -> None:
    with logins.connect("importer") as connection:
        connection.execute(b"INSERT INTO delivery (source, recorded_by) VALUES ('s', 'ada@ci')")
        connection.execute(of_delivery("(SELECT recorded_at FROM delivery)").encode())
        connection.execute(b"UPDATE delivery SET effective_at = 1")
    merge = f"SELECT finops_merge_delivery({logins.one('SELECT recorded_at FROM delivery')}, 10)".encode()
    with logins.connect("importer") as first, logins.connect("importer") as second:
        with ThreadPoolExecutor() as pool, first.transaction():
            first.execute(merge)
            later = pool.submit(second.execute, merge)
            waits = f"SELECT 1 FROM pg_locks WHERE NOT granted AND pid = {second.info.backend_pid}"
            while not logins.admin.execute(waits.encode()).fetchone():
                assert not later.done()
        assert later.result().fetchone() == (0,)
    with sql.reading(logins.options("owner")) as ledger:
        assert_roll_up_equals_the_rows(ledger.connection)


def reversal(change: str, key: str = "k") -> str:
    """An INSERT of the reversal of the valid entry of that key, with some values changed."""
    values = {
        "source": "source", '"key"': '"key"', "version": "version + 1", "reverses": "id",
        "set": "dimension_set_id", "begin": "period_begin", "end": "period_end", "amount": "-amount_nano",
    }  # fmt: skip
    name, _is, value = change.partition("=")
    if name:
        values[name] = value
    return f"{INSERT}({', '.join(values.values())}, 'ada@ci') FROM entry WHERE \"key\" = '{key}'"


@pytest.mark.parametrize(
    "change", ["amount=-amount_nano - 1", "version=version + 2", "begin=0", "\"key\"='other'", "source='x'"]
)
def test_a_reversal_takes_back_what_there_is_and_nothing_else(unchanged: Logins, change: str) -> None:
    assert "takes back no entry as it stands" in unchanged.refused("pipeline", reversal(change))


def test_another_s_entry_is_neither_taken_back_nor_corrected_by_sql_or_by_a_module(logins: Logins) -> None:
    assert "another login recorded this entry" in logins.refused("other", reversal(""))
    forged = f"{logins.made['pipeline']}/ada@ci"
    assert "another login recorded this entry" in logins.refused(
        "other", reversal("").replace("ada@ci", forged)
    )
    for work in (
        lambda connection: entries.take_back(connection, "manual", "k", now_utc(), "ada@ci"),
        lambda connection: entries.write(connection, cost(nano=1), now_utc(), "ada@ci"),
    ):
        with (
            pytest.raises(LedgerError, match="another login recorded this entry, and only it corrects it: k"),
            sql.writing(logins.options("other")) as ledger,
        ):
            work(ledger.connection)
    with sql.writing(logins.options("pipeline")) as ledger:
        assert entries.write(ledger.connection, cost(nano=1), now_utc(), "bob@ci").outcome == "corrected"
    with sql.writing(logins.options("owner")) as ledger:
        assert (
            entries.take_back(ledger.connection, "manual", "k", now_utc(), "eve@desk").outcome == "reversed"
        )
        assert_roll_up_equals_the_rows(ledger.connection)
    # The key stays the first login's, or the owner's who took it back.
    assert "another login recorded this entry" in logins.refused(
        "other",
        f"{INSERT}(source, \"key\", 4, NULL, dimension_set_id, 0, 0, 1, '') FROM entry"
        " WHERE version = 1 AND \"key\" = 'k'",
    )


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("valid already", "'manual', 'k', 7, NULL, d.id, 0, 0, 5"),
        ("negative and no credit", "'manual', 'x', 1, NULL, d.id, 0, 0, -5"),
        ("its period is no period", "'manual', 'x', 1, NULL, d.id, 1, 0, 5"),
        ("its period is no period", "'manual', 'x', 1, NULL, d.id, 9000000000000000, 9000000000000001, 5"),
        ("its period is no period", "'manual', 'x', 1, NULL, d.id, 253402300799, 253402300799, 5"),
        ("only a login of finops_import", f"'{FEED}', 'x', 1, NULL, d.id, 0, 0, 5"),
        ("only a login of finops_import", "'vergeos https://v', 'x', 1, NULL, d.id, 0, 0, 5"),
        ("only a login of finops_import", f"'free tier of {FEED}', 'x', 1, NULL, d.id, 0, 0, 5"),
    ],
)
def test_a_false_entry_is_refused(unchanged: Logins, said: str, values: str) -> None:
    statement = f"{INSERT}({values}, 'ada@ci') FROM dimension_set AS d WHERE tags <> '{{}}'"
    assert said in unchanged.refused("pipeline", statement)


def test_a_quantity_is_a_number(unchanged: Logins) -> None:
    statement = f"{INSERT}('manual', 'q', 1, NULL, id, 0, 0, 1, 'x', 'many') FROM dimension_set"
    assert "or its quantity no number" in unchanged.refused("pipeline", f"{statement} LIMIT 1")


def test_an_importer_restates_what_feeds_brought_whoever_imported_it_and_nothing_else(logins: Logins) -> None:
    write(logins.options("owner"), cost(FEED, "hour 3"))
    for key in ("hour", "hour 2", "hour 3"):
        with sql.writing(logins.options("importer")) as ledger:
            assert (
                entries.write(ledger.connection, cost(FEED, key, 5), now_utc(), "cron").outcome == "corrected"
            )
    assert "another login recorded this entry" in logins.refused("importer", reversal(""))


def test_the_database_says_who_recorded_an_entry_and_when(logins: Logins) -> None:
    """A name that is another login's stands behind that of the one who wrote it."""
    pipeline, other = logins.made["pipeline"], logins.made["other"]
    before = now_utc() - timedelta(seconds=2)
    write(logins.options("other"), cost(key="1"), by=f"{pipeline}/ada@ci")
    write(logins.options("other"), cost(key="2"), by=f"{other}/ada@ci")
    found = logins.admin.execute(
        "SELECT recorded_by, to_timestamp(recorded_at / 1000000.0) FROM entry"
        " WHERE \"key\" IN ('1', '2') ORDER BY id"
    ).fetchall()
    assert [who for who, _when in found] == [f"{other}/{pipeline}/ada@ci", f"{other}/ada@ci"]
    assert all(before < when < now_utc() + timedelta(seconds=2) for _who, when in found)


def test_a_back_dated_entry_leaves_a_row_that_says_who_and_when(logins: Logins) -> None:
    """A bill comes late: finops_gate may record a cost or a credit of its own for any time."""
    write(logins.options("pipeline"), cost(key="late"))
    assert logins.one("SELECT recorded_by FROM entry WHERE \"key\" = 'late'").startswith(
        logins.made["pipeline"]
    )
    assert logins.one(
        f"SELECT recorded_at / 1000000 - {NOW_S} BETWEEN -60 AND 1 FROM entry WHERE \"key\" = 'late'"
    )


def test_names_in_a_session_change_nothing_of_what_triggers_find(logins: Logins) -> None:
    """Temporary tables and a search path of the session's own come before the ledger's names there."""
    with logins.connect("other") as connection:
        for statement in (
            "CREATE TEMPORARY TABLE entry_row (LIKE public.entry_row)",
            "CREATE TEMPORARY TABLE entry_key (LIKE public.entry_key)",
            "CREATE TEMPORARY TABLE series (LIKE public.series)",
            "CREATE TEMPORARY TABLE recording (LIKE public.recording)",
            "CREATE TEMPORARY TABLE ledger_clock AS SELECT 0::bigint AS recorded_at",
            "CREATE TEMPORARY TABLE hold (LIKE public.hold)",
            "INSERT INTO hold SELECT * FROM public.hold",
            f"UPDATE hold SET recorded_by = '{logins.made['other']}/x'",
            "CREATE TEMPORARY TABLE roll_up (LIKE public.roll_up)",
            "SET search_path = pg_temp, public",
            "SET standard_conforming_strings = off",
        ):
            connection.execute(statement.encode())
        with pytest.raises(psycopg.Error, match="another login has this hold"):
            connection.execute("UPDATE public.hold SET state = 'released'")
        connection.execute(
            INSERT.encode()
            + b"('manual', 'mine', 1, NULL, dimension_set_id, period_begin, period_end, 1, 'x')"
            + b" FROM public.entry WHERE \"key\" = 'k'"
        )
    assert (
        logins.one("SELECT count(*) FROM entry WHERE \"key\" = 'mine' AND recorded_at > 1000000000000000")
        == 1
    )
    with sql.reading(logins.options("reader")) as ledger:
        assert_roll_up_equals_the_rows(ledger.connection)


def test_a_dimension_set_is_what_its_fingerprint_says(unchanged: Logins) -> None:
    """Else the next import would find the wrong set under the fingerprint of its own."""
    names = ", ".join(("fingerprint", *dimension_sets.DIMENSIONS))

    def insert(said: dimension_sets.Dimensions, fingerprint: str) -> str:
        listed = ", ".join(
            "NULL" if value is None else "'" + value.replace("'", "''") + "'" for value in said
        )
        return f"INSERT INTO dimension_set ({names}) VALUES ('{fingerprint}', {listed})"

    true = dimension_sets.Dimensions("usage", "compute", None, "dc3-a", "p1", None, "ICU", '{"team":"shop"}')
    false = true._replace(category="other")
    assert "is not that of its columns" in unchanged.refused(
        "pipeline", insert(false, dimension_sets.fingerprint(true))
    )
    for wrong in ({"category": "none"}, {"currency": "icu"}, {"tags": "[]"}, {"tags": '{"team":1}'}):
        said = true._replace(**wrong)
        assert "does not know" in unchanged.refused(
            "pipeline", insert(said, dimension_sets.fingerprint(said))
        )


def test_a_series_is_what_its_fingerprint_says(unchanged: Logins) -> None:
    """Else the next import would have another's cost be what this login says."""
    true = series.NumberedSeries(1, 3600, "instance", "i-1", "web", "server", "instance", None)
    false = true._replace(resource_id="i-2")
    names = ", ".join(("fingerprint", *true._fields))
    listed = ", ".join("NULL" if value is None else f"'{value}'" for value in false)
    forged = f"INSERT INTO series ({names}) VALUES ('\\x{true.fingerprint.hex()}', {listed})"
    for login in ("pipeline", "importer", "owner"):
        assert "is not that of its columns" in unchanged.refused(login, forged)
    # The same text at another place.
    moved = true._replace(metric="instancei", resource_id="-1")
    assert moved.fingerprint != true.fingerprint


@pytest.mark.parametrize("text", ["plain", "Zürich € 漢字", "rocket 🚀", "", "5:web-", "tab\tand\nline"])
def test_the_database_has_the_fingerprint_of_a_series_of_any_text(logins: Logins, text: str) -> None:
    write(logins.options("pipeline"), cost(key="text", resource_name=text, description=text))
    assert logins.one("SELECT description FROM entry WHERE \"key\" = 'text'") == text


@pytest.mark.parametrize(
    "values",
    [
        f"'{FEED}', '2026-11-05T00:00:00Z/instance/i-1', 0",
        f"'{FEED}', '2026-11-05/instance/i-1', 0",
        f"'{FEED}', 'instance', 20",
        f"'{FEED}', '/instance', 7",
        "'manual', '/instance', 20",
        "'manual', '/instance', 10",
        "'free tier of x', '/instance', 20",
    ],
)
def test_a_key_has_one_form_only(unchanged: Logins, values: str) -> None:
    """Else two entries could be valid under one key."""
    statement = f"INSERT INTO entry_key (source, stem, moment_length) VALUES ({values})"
    assert "a key holds the begin of its period" in unchanged.refused("importer", statement)


def test_a_key_that_holds_a_day_is_of_a_period_that_begins_with_it(unchanged: Logins) -> None:
    """Two entries of a day would have one key."""
    key = f"INSERT INTO entry_key (source, stem, moment_length) VALUES ('{FEED}', '/instance', 10)"
    row = (
        "INSERT INTO entry_row (series_id, key_id, version, period_begin, amount_nano)"
        " SELECT series_id, (SELECT max(id) FROM entry_key), 1, 86400 + 3600, 1 FROM entry_row LIMIT 1"
    )
    assert "does not begin when its key says" in unchanged.refused("importer", key, row)


def test_who_recorded_is_said_by_the_database_whatever_a_session_says_or_leaves_out(logins: Logins) -> None:
    key = "INSERT INTO entry_key (source, stem, moment_length) VALUES ('manual', '{key}', 0)"
    row = (
        "INSERT INTO entry_row (series_id, key_id, version, period_begin, amount_nano) SELECT series_id,"
        " (SELECT min(id) FROM entry_key), 1, 0, 1 FROM entry_row LIMIT 1"
    )
    forged = f"{logins.made['pipeline']}/ada@ci"
    said = f"INSERT INTO recording (recorded_by) VALUES ('{forged}') ON CONFLICT DO NOTHING"
    with logins.connect("other") as connection:
        connection.execute(f"BEGIN; {key.format(key='none')}; {row}; COMMIT".encode())
        connection.execute(f"BEGIN; {key.format(key='two')}; {row}; SAVEPOINT one; {said}; COMMIT".encode())
    found = logins.admin.execute(b"SELECT recorded_by FROM entry WHERE \"key\" IN ('none', 'two')").fetchall()
    assert [who for (who,) in found] == [f"{logins.made['other']}/"] * 2


@pytest.mark.parametrize(
    "tag",
    ["plain", 'a "quoted" \\ one', "tab\tand\nline\r\x08\x0c\x1f\x7f", "Zürich € 漢字", "rocket 🚀", ""],
)
def test_the_database_has_the_fingerprint_of_any_text(logins: Logins, tag: str) -> None:
    write(logins.options("pipeline"), cost(key="text", tags={"name": tag}, project_name=tag))
    assert logins.one("SELECT count(*) FROM tag WHERE name = 'name'") == 1
    assert logins.one("SELECT value FROM tag WHERE name = 'name'") == tag


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hold SET state = 'released' WHERE name = 'deploy'",
        f"UPDATE hold SET state = 'committed', committed_at = {NOW_S} WHERE name = 'deploy'",
        "UPDATE hold SET expires_at = 0",
        "UPDATE hold SET recorded_by = 'me'",
        "UPDATE hold SET settled = true, state = 'released'",
        "DELETE FROM hold_line",
        "LINE done",
        "LINE deploy",
    ],
)
def test_another_s_hold_is_not_freed(unchanged: Logins, statement: str) -> None:
    if statement.startswith("LINE"):
        statement = hold_line(unchanged.admin, statement.split()[1], number=7)
    assert "another login has this hold" in unchanged.refused("other", statement)


def test_nobody_but_its_login_an_importer_and_the_owner_marks_a_hold_as_settled(logins: Logins) -> None:
    """A gate that finds another's hold settled marks what it may and goes on."""
    logins.admin.execute(f"UPDATE feed SET rated_through = {NOW_S} + 60".encode())
    for login, settled in (("other", 0), ("importer", 1)):
        with logins.connect(login) as connection:
            done = connection.execute(b"UPDATE hold SET settled = true WHERE name = 'done'")
            assert done.rowcount == settled
        assert logins.one("SELECT count(*) FROM hold WHERE settled") == settled
    assert "another login has this hold" in logins.refused("importer", "UPDATE hold SET settled = false")
    with logins.connect("pipeline") as connection:
        assert connection.execute(b"UPDATE hold SET settled = false WHERE name = 'done'").rowcount == 1


@pytest.mark.parametrize("login", ["pipeline", "importer"])
def test_no_hold_is_settled_before_all_of_its_feeds_are_rated(logins: Logins, login: str) -> None:
    """The feed p1 was rated an hour before the commit, then after it; then a feed of another region or
    project lags behind, a line is of a project without a feed, or all feeds are retired, p2 last, which
    lags behind; but not if p1 was the last.
    """
    settle = "UPDATE hold SET settled = true WHERE name = 'done'"
    early = "no import has taken the place of this hold yet"
    logins.admin.execute(b"UPDATE hold_line SET project = NULL, region = NULL")
    assert early in logins.refused(login, settle)
    logins.admin.execute(f"UPDATE feed SET rated_through = {NOW_S} + 60".encode())
    assert early in logins.refused(login, settle.replace("done", "deploy"))
    logins.admin.execute(feed_row(f"{NOW_S} - 3600", "p2").encode())
    assert early in logins.refused(login, settle)
    for project in ("p2", "unknown"):
        logins.admin.execute(f"UPDATE hold_line SET project = '{project}'".encode())
        assert early in logins.refused(login, settle)
    logins.admin.execute(b"UPDATE hold_line SET project = 'p1', region = 'dc4-a'")
    assert early in logins.refused(login, settle)
    logins.admin.execute(b"UPDATE hold_line SET project = NULL, region = 'dc3-a'")
    retired_last = "UPDATE feed SET retired = true, retired_at = (project_id = '{project}')::int"
    logins.admin.execute(retired_last.format(project="p2").encode())
    assert early in logins.refused(login, settle)
    logins.admin.execute(retired_last.format(project="p1").encode())
    # Its cost comes with the feed of dc3-a.
    logins.admin.execute(b"UPDATE hold_line SET region = 'dc4-a'")
    assert early in logins.refused(login, settle)
    logins.admin.execute(b"""UPDATE feed SET rating_regions = '{"dc3-a": "dc3-a", "dc4-a": "dc3-a"}'""")
    with logins.connect(login) as connection:
        assert connection.execute(settle.encode()).rowcount == 1


def test_no_statement_settles_a_hold_and_changes_it_too(unchanged: Logins) -> None:
    both = f"UPDATE hold SET settled = true, state = 'committed', committed_at = {NOW_S}"
    assert "no import has taken" in unchanged.refused("pipeline", f"{both} WHERE name = 'deploy'")


@pytest.mark.parametrize("login", ["pipeline", "owner"])
@pytest.mark.parametrize(
    "change",
    [" WHERE name = 'done'", f", state = 'committed', committed_at = {NOW_S} WHERE name = 'deploy'"],
)
def test_what_settles_a_hold_stays_from_the_commit_on(unchanged: Logins, login: str, change: str) -> None:
    """A hold that entries settle counts nothing once it is committed, and no entry would be there."""
    assert "what settles a hold is said when it is held" in unchanged.refused(
        login, f"UPDATE hold SET settled_by = 'entry'{change}"
    )


@pytest.mark.parametrize("login", ["pipeline", "owner"])
@pytest.mark.parametrize(
    "change",
    [
        "expires_at = expires_at + 9000000, ttl_s = ttl_s + 9000000",
        "ttl_s = 9000000",
        "expires_at = expires_at + 1",
        "held_at = held_at + 1",
        "lines_sha256 = 'a'",
        "plan_sha256 = 'a'",
        "forced_verdicts = NULL",
        "forced_verdicts = '[\"deny\"]'",
    ],
)
def test_a_rerun_is_known_by_what_was_held(unchanged: Logins, login: str, change: str) -> None:
    """A longer ttl of a committed hold, other lines or another verdict would keep its name open."""
    committed = f", state = 'committed', committed_at = {NOW_S} WHERE name = 'deploy'"
    for which in (" WHERE name = 'done'", committed):
        assert "are said when it is held" in unchanged.refused(login, f"UPDATE hold SET {change}{which}")


def test_an_expired_hold_is_not_revived(logins: Logins) -> None:
    """It would be open again although no gate has judged it in between."""
    revived = f"UPDATE hold SET ttl_s = 7200, expires_at = {NOW_S} + 7200 WHERE name = 'deploy'"
    with logins.connect("pipeline") as connection:
        assert connection.execute(revived.encode()).rowcount == 1
    # As time does it: no trigger looks on.
    with logins.admin.transaction():
        logins.admin.execute(b"SET LOCAL session_replication_role = replica")
        logins.admin.execute(b"UPDATE hold SET held_at = held_at - 9000, expires_at = expires_at - 9000")
    assert "is held again as a new one" in logins.refused("pipeline", revived)
    with logins.connect("pipeline") as connection:
        committed = f"UPDATE hold SET state = 'committed', committed_at = {NOW_S} WHERE name = 'deploy'"
        assert connection.execute(committed.encode()).rowcount == 1


@pytest.mark.parametrize("verdicts", ["NULL", "'[\"allow\"]'", '\'["unknown", "deny"]\'', "'deny'", "''"])
def test_a_hold_says_what_it_was_forced_against(logins: Logins, verdicts: str) -> None:
    """No gate leaves it open, as an older version did, or says what no other gate could read."""
    changed = f"UPDATE hold SET forced_verdicts = {verdicts} WHERE name = 'deploy'"
    assert "committed or released once" in logins.refused("pipeline", changed)
    new = NEW_HOLD.format(name="nightly", generation=1, now=NOW_S)
    assert "of the next generation" in logins.refused("pipeline", new.replace("'[]'", verdicts))
    with logins.connect("pipeline") as connection:
        for known in ("[]", '["deny"]', '["unknown"]', '["deny", "unknown"]'):
            connection.execute(f"UPDATE hold SET forced_verdicts = '{known}' WHERE name = 'deploy'".encode())


def test_the_ttl_of_an_open_hold_begins_when_it_is_given(logins: Logins) -> None:
    for change in (
        "ttl_s = 9000000",
        "expires_at = expires_at + 9000000",
        "expires_at = expires_at + 9000000, ttl_s = 60",
        f"expires_at = {NOW_S} + 900, ttl_s = -900",
    ):
        statement = f"UPDATE hold SET {change} WHERE name = 'deploy'"
        assert "begins when it is given" in logins.refused("pipeline", statement)
    with logins.connect("pipeline") as connection:
        given = f"UPDATE hold SET expires_at = {NOW_S} + 900, ttl_s = 900 WHERE name = 'deploy'"
        assert connection.execute(given.encode()).rowcount == 1
    false = NEW_HOLD.format(name="nightly", generation=1, now=NOW_S).replace("7200, '[]'", "7201, '[]'")
    assert "of the next generation" in logins.refused("pipeline", false)


@pytest.mark.parametrize(
    ("said", "statements"),
    [
        ("keeps its name", ["UPDATE hold SET name = 'x' WHERE name = 'deploy'"]),
        ("keeps its name", ["UPDATE hold SET generation = 5 WHERE name = 'deploy'"]),
        (
            "committed or released once",
            ["UPDATE hold SET state = 'held', committed_at = NULL WHERE name = 'done'"],
        ),
        ("committed or released once", ["UPDATE hold SET committed_at = 5 WHERE name = 'done'"]),
        (
            "committed or released once",
            ["UPDATE hold SET state = 'committed', committed_at = 5 WHERE name = 'deploy'"],
        ),
        ("keeps a line", ["DELETE FROM hold_line"]),
    ],
)
def test_a_hold_of_one_s_own_keeps_what_it_was(unchanged: Logins, said: str, statements: list[str]) -> None:
    assert said in unchanged.refused("pipeline", *statements)


@pytest.mark.parametrize("login", ["pipeline", "owner"])
def test_no_line_of_a_hold_is_negative(unchanged: Logins, login: str) -> None:
    statement = hold_line(unchanged.admin, "deploy", nano=-1, number=3)
    assert "a line of a hold is not negative" in unchanged.refused(login, statement)


@pytest.mark.parametrize(
    "change",
    [
        "stage = 'x'",
        "currency = 'icu'",
        "category = 'none'",
        "tags = '[]'",
        "tags = '{\"team\":1}'",
        "at = -1e18",
        "at = 253402300799",
        "until = 253402300799",
    ],
)
def test_a_line_that_no_gate_could_read_is_refused(unchanged: Logins, change: str) -> None:
    """It would shut every gate. It is what pipeline may insert, with one value changed."""
    column, _is, value = change.partition(" = ")
    kept = unchanged.one(
        "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
        f" WHERE table_name = 'hold_line' AND column_name NOT IN ('number', '{column}')"
    )
    statement = (
        f'INSERT INTO hold_line ({kept}, number, "{column}") SELECT {kept}, 9, {value} FROM hold_line'
        " WHERE hold_id = (SELECT id FROM hold WHERE name = 'deploy')"
    )
    assert "what the ledger does not know" in unchanged.refused("pipeline", statement)


@pytest.mark.parametrize(
    ("said", "change"),
    [
        ("another login has an open hold", "generation + 1, 'held', held_at, expires_at, NULL, false"),
        ("of the next generation", "9, 'held', held_at, expires_at, NULL, false"),
        ("of the next generation", "generation + 1, 'committed', held_at, expires_at, held_at, false"),
        ("of the next generation", "generation + 1, 'held', held_at, expires_at, NULL, true"),
        ("of the next generation", "generation + 1, 'held', held_at - 900, expires_at, NULL, false"),
        ("of the next generation", "generation + 1, 'held', held_at, 9000000000000000, NULL, false"),
        ("of the next generation", "generation + 1, 'held', held_at, 253402300799, NULL, false"),
    ],
)
def test_a_false_hold_is_refused(unchanged: Logins, said: str, change: str) -> None:
    kept = unchanged.one(
        "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
        " WHERE table_name = 'hold' AND column_name NOT IN"
        " ('id', 'generation', 'state', 'held_at', 'expires_at', 'committed_at', 'settled')"
    )
    statement = (
        f"INSERT INTO hold ({kept}, generation, state, held_at, expires_at, committed_at, settled)"
        f" SELECT {kept}, {change} FROM hold WHERE name = 'deploy'"
    )
    assert said in unchanged.refused("other", statement)


NEW_HOLD = (
    "INSERT INTO hold"
    " (name, generation, state, settled_by, held_at, expires_at, ttl_s, forced_verdicts, settled,"
    " recorded_by)"
    " SELECT '{name}', {generation}, 'held', 'entry', now, now + 7200, 7200, '[]', false, ''"
    " FROM (SELECT {now} AS now) AS a"
)


def test_no_hold_without_a_line_takes_a_name(logins: Logins) -> None:
    taken = NEW_HOLD.format(name="nightly", generation=1, now=NOW_S)
    assert "a hold keeps a line" in logins.refused("other", taken)
    later = "UPDATE hold_line SET stage = 'committed'"
    assert "permission denied" in logins.refused("pipeline", later)
    with logins.connect("other") as connection, connection.transaction():
        connection.execute(taken.encode())
        connection.execute(hold_line(logins.admin, "nightly").encode())


@pytest.mark.parametrize(
    "key",
    [
        "reservation/deploy/1/0/once",
        "reservation/done/2/0/once",
        "reservation/done/1/0/once/0/once",
        "reservation/done/1/x",
        "reservation/none/1/0/once",
        "anything",
    ],
)
@pytest.mark.parametrize("login", ["pipeline", "other", "importer"])
def test_no_entry_takes_the_key_of_a_commit(unchanged: Logins, login: str, key: str) -> None:
    """deploy is held only, done is committed in its first generation; both are pipeline's."""
    statement = f"{INSERT}('reservation', '{key}', 1, NULL, id, 0, 0, 5, '') FROM dimension_set LIMIT 1"
    assert "only the commit of a hold of this login" in unchanged.refused(login, statement)


def test_the_entry_of_a_commit_is_of_the_hold_s_login(logins: Logins) -> None:
    key = "reservation/done/1/0/once"
    statement = f"{INSERT}('reservation', '{key}', 1, NULL, id, 0, 0, 5, '') FROM dimension_set LIMIT 1"
    assert "only the commit of a hold of this login" in logins.refused("other", statement)
    with logins.connect("pipeline") as connection:
        assert connection.execute(statement.encode()).rowcount == 1


def test_an_override_is_used_by_the_newest_generation_only(logins: Logins) -> None:
    """pipeline's committed generation is over; the name is other's now, and so is the override."""
    with logins.connect("other") as connection, connection.transaction():
        connection.execute(NEW_HOLD.format(name="done", generation=2, now=NOW_S).encode())
        line = hold_line(logins.admin, "done").replace("name = 'done'", "name = 'done' AND generation = 2")
        connection.execute(line.encode())
    use = (
        "INSERT INTO override_use (budget, period_id, reservation, generation, consumed_at)"
        " SELECT budget, period_id, reservation, {}, 5 FROM limit_override WHERE reservation = 'done'"
    )
    assert "only the login that holds it" in logins.refused("pipeline", use.format(1))
    with logins.connect("other") as connection:
        assert connection.execute(use.format(2).encode()).rowcount == 1


def test_another_s_override_is_not_used(logins: Logins) -> None:
    use = (
        "INSERT INTO override_use (budget, period_id, reservation, generation, consumed_at)"
        " SELECT budget, period_id, reservation, {generation}, 5 FROM limit_override"
        " WHERE reservation = 'deploy'"
    )
    assert "only the login that holds it" in logins.refused("other", use.format(generation=1))
    assert "only the login that holds it" in logins.refused("pipeline", use.format(generation=2))
    logins.admin.execute(b"UPDATE limit_override SET until = 5 WHERE reservation = 'done'")
    late = use.format(generation=1).replace("'deploy'", "'done'")
    assert "only the login that holds it" in logins.refused("pipeline", late)
    logins.admin.execute(f"UPDATE limit_override SET login = '{logins.made['other']}'".encode())
    assert "only the login that holds it" in logins.refused("pipeline", use.format(generation=1))
    logins.admin.execute(f"UPDATE limit_override SET login = '{logins.made['pipeline']}'".encode())
    with logins.connect("pipeline") as connection:
        connection.execute(use.format(generation=1).encode())
    assert logins.one(f"SELECT abs(consumed_at - {NOW_S}) < 60 FROM override_use")


ALERT = {
    "id": "budget || '/' || period || '/actual/0.8'",
    "budget": "budget",
    "period_id": "period",
    "basis": "'actual'",
    "threshold": "'0.8'",
    "round": "1",
    "period_begin": "begun",
    "period_end": "begun + 2678400",
    "amount": "'80'",
    "limit_amount": "'100'",
    "currency": "'ICU'",
    "at_least": "false",
    "message": "''",
    "fired_at": NOW_S,
    "recorded_by": "'ada@ci'",
}


def alert(**changed: str) -> str:
    begun = "extract(epoch FROM date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC'))::bigint"
    iso = "to_char(to_timestamp(begun) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
    values = {**ALERT, **changed}
    return (
        f"INSERT INTO alert ({', '.join(values)}) SELECT {', '.join(values.values())} FROM"
        f" (SELECT 'team' AS budget, begun, 'monthly/' || {iso} AS period"
        f" FROM (SELECT {begun} AS begun) AS a) AS b"
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"budget": "'other'"},
        {"threshold": "'0.7'"},
        {"basis": "'mine'"},
        {"currency": "'CHF'"},
        {"limit_amount": "'1'", "amount": "'1'"},
        {"amount": "'79.9'"},
        {"amount": "'NaN'"},
        {"id": "'x'"},
        {"period_begin": "begun + 2678400", "period_end": "begun + 5356800"},
        {"period_id": "'monthly/2027-01-01T00:00:00Z'"},
        {"fired_at": "begun - 1"},
    ],
)
def test_a_forged_alert_is_refused(logins: Logins, changed: dict[str, str]) -> None:
    logins.admin.execute(b"""UPDATE budget SET thresholds = '["0.8"]'""")
    said = logins.refused("pipeline", alert(**changed))
    assert re.search("is not one of its budget|has not reached its threshold", said)


def test_an_alert_tells_a_limit_beyond_64_bits_as_it_is(logins: Logins) -> None:
    logins.admin.execute(b"""UPDATE budget SET thresholds = '["0.8"]', limit_nano = 50000000000000000000""")
    costs = [cost(key=str(number), nano=9 * 10**18, at=now_utc()) for number in range(5)]
    write(logins.options("other"), *costs)
    for changed in (
        {"limit_amount": "'50000000000.000000001'", "amount": "'45000000000'"},
        {"limit_amount": "'50000000000'", "amount": "'39999999999.9'"},
    ):
        assert "has not reached its threshold" in logins.refused("pipeline", alert(**changed))
    with logins.connect("pipeline") as connection:
        told = alert(limit_amount="'50000000000'", amount="'45000000000'")
        assert connection.execute(told.encode()).rowcount == 1


def test_an_alert_of_more_than_all_costs_is_refused(logins: Logins) -> None:
    """The only feed costs nearly nothing. A mark of 80 would keep the true one from being fired."""
    logins.admin.execute(b"""UPDATE budget SET thresholds = '["0.8"]'""")
    write(logins.options("other"), cost(key="spent", nano=79 * 10**9, at=now_utc()))
    assert "more than all costs of its period" in logins.refused("pipeline", alert())


def test_a_dimension_set_without_a_cost_in_the_period_lets_no_alert_pass(logins: Logins) -> None:
    """The costs of the period are in the budget's currency, whatever other sets say or another period has."""
    logins.admin.execute(b"""UPDATE budget SET thresholds = '["0.8"]'""")
    foreign = dimension_sets.Dimensions("usage", "other", None, None, None, None, "ZZZ", "{}")
    names = ", ".join(("fingerprint", *dimension_sets.DIMENSIONS))
    with logins.connect("pipeline") as connection:
        connection.execute(
            f"INSERT INTO dimension_set ({names}) VALUES (%s{', %s' * len(foreign)})".encode(),
            (dimension_sets.fingerprint(foreign), *foreign),
        )
    assert "more than all costs of its period" in logins.refused("pipeline", alert())
    abroad = entries.Entry(
        "manual", "old", "usage", "other", Window(*2 * [now_utc() - timedelta(days=40)]), 10**12, "ZZZ"
    )
    write(logins.options("pipeline"), abroad)
    assert "more than all costs of its period" in logins.refused("pipeline", alert())


@pytest.mark.parametrize("by", ["entry", "feed"])
def test_an_alert_of_costs_in_several_currencies_is_the_client_s_word(logins: Logins, by: str) -> None:
    logins.admin.execute(b"""UPDATE budget SET thresholds = '["0.8"]'""")
    if by == "feed":
        logins.admin.execute(b"UPDATE feed SET currency = 'CHF'")
    else:
        moment = now_utc()
        abroad = entries.Entry("manual", "abroad", "usage", "other", Window(moment, moment), 10**9, "CHF")
        write(logins.options("pipeline"), abroad)
    with logins.connect("pipeline") as connection:
        assert connection.execute(alert().encode()).rowcount == 1


def test_an_alert_is_signed_and_fired_once(logins: Logins) -> None:
    logins.admin.execute(b"""UPDATE budget SET thresholds = '["0.8"]'""")
    write(logins.options("other"), cost(key="spent", nano=80 * 10**9, at=now_utc()))
    with logins.connect("pipeline") as connection:
        connection.execute(alert(recorded_by=f"'{logins.made['other']}/eve'").encode())
    assert (
        logins.one("SELECT recorded_by FROM alert") == f"{logins.made['pipeline']}/{logins.made['other']}/eve"
    )
    again = {"round": "2", "id": ALERT["id"] + " || '#2'"}
    assert "was fired already" in logins.refused("other", alert(**again))
    with logins.connect("other") as connection:
        connection.execute(
            b"INSERT INTO alert_acknowledged (alert_id, consumer, acknowledged_at, acknowledged_by)"
            b" SELECT id, 'mail', 5, 'x' FROM alert"
        )
    assert logins.one("SELECT acknowledged_by FROM alert_acknowledged") == f"{logins.made['other']}/x"
    assert logins.one(f"SELECT abs(acknowledged_at - {NOW_S}) < 60 FROM alert_acknowledged")


def test_a_feed_is_neither_rated_in_the_future_nor_set_back(logins: Logins) -> None:
    ahead = f"{NOW_S} + 3600"
    assert "not rated beyond the present" in logins.refused(
        "importer", f"UPDATE feed SET rated_through = {ahead}"
    )
    assert "not rated beyond the present" in logins.refused("importer", feed_row(ahead, "p2"))
    assert "not set back" in logins.refused("importer", "UPDATE feed SET rated_through = rated_through - 1")
    with logins.connect("importer") as connection:
        assert connection.execute(f"UPDATE feed SET rated_through = {NOW_S}".encode()).rowcount == 1


@pytest.mark.parametrize(
    ("said", "statement"),
    [
        ("keeps its project and region", "UPDATE feed SET project_id = 'other'"),
        ("keeps its project and region", "UPDATE feed SET region = 'dc4-a'"),
        ("keeps its project and region", "UPDATE feed SET told_by = 'vergeos'"),
        ("a minute to a day long", "UPDATE feed SET collect_period_s = 2000000000"),
        ("a minute to a day long", "UPDATE feed SET collect_period_s = 0"),
        ("a minute to a day long", feed_row("0", "p2").replace("3600", "86401")),
        ("not negative", "UPDATE feed_rate SET amount_nano = -1"),
        ("of one rated period at least", "UPDATE feed_rate SET hours = 0"),
        ("not negative", "INSERT INTO feed_rate SELECT id, 'storage', '{}', -5, 1, true FROM feed"),
    ],
)
def test_an_importer_lowers_no_run_rate_beyond_what_an_import_writes(
    unchanged: Logins, said: str, statement: str
) -> None:
    assert said in unchanged.refused("importer", statement)


def test_a_feed_says_which_login_retired_it(logins: Logins) -> None:
    for login, said in (("importer", "ada@desk"), ("owner", f"{logins.made['importer']}/ada@desk")):
        with logins.connect(login) as connection:
            connection.execute(f"UPDATE feed SET retired = true, retired_by = '{said}'".encode())
        if login == "importer":
            assert logins.one("SELECT retired_by FROM feed") == f"{logins.made['importer']}/ada@desk"
    # Said again it is as it was, and the first login stays.
    assert logins.one("SELECT retired_by FROM feed") == f"{logins.made['importer']}/ada@desk"


def test_who_retired_a_feed_is_the_login(logins: Logins) -> None:
    forged = "UPDATE feed SET retired = true, retired_by = 'somebody', retired_reason = 'gone'"
    with logins.connect("importer") as connection:
        assert connection.execute(forged.encode()).rowcount == 1
    assert logins.one("SELECT retired_by FROM feed") == f"{logins.made['importer']}/somebody"
    with logins.connect("importer") as connection:
        connection.execute(b"UPDATE feed SET retired_by = 'another one'")
    assert logins.one("SELECT retired_by FROM feed") == f"{logins.made['importer']}/another one"


def test_a_lock_held_for_ever_is_named_and_the_owner_ends_it(logins: Logins) -> None:
    holder = logins.connect("other")
    holder.execute(b"SET application_name = 'forgotten'")
    holder.execute(b"BEGIN")
    holder.execute(f"SELECT pg_advisory_xact_lock({0x66696E6F7073})".encode())
    login = logins.made["other"]
    with pytest.raises(LedgerError) as error, sql.writing(logins.options("pipeline", 1)):
        pass
    said = re.search(
        rf"session (\d+) of login {login} \(application 'forgotten'\) is writing since \S+Z; ",
        str(error.value),
    )
    assert said
    assert "permission denied" in logins.refused("pipeline", f"SELECT finops_end_session({said[1]})")
    with logins.connect("owner") as connection:
        assert connection.execute(f"SELECT finops_end_session({said[1]})".encode()).fetchone() == (True,)
        # No other session than one that others wait for.
        with logins.connect("reader") as idle:
            pid = idle.info.backend_pid
            assert connection.execute(f"SELECT finops_end_session({pid})".encode()).fetchone() == (False,)
    with pytest.raises(psycopg.OperationalError):
        holder.execute(b"SELECT 1")
    with sql.writing(logins.options("pipeline", 1)):
        pass


@pytest.mark.parametrize("login", ["the owner of the tables", "a login of no role"])
def test_who_waits_is_told_by_whom(logins: Logins, login: str) -> None:
    """The owner of the tables sees all of it; without rights a login sees no moment of another's."""
    options = sql.LedgerOptions(logins.url, 1)
    if login == "a login of no role":
        options = logins.options("nobody", 1)
    with logins.connect("other") as holder:
        holder.execute(b"BEGIN")
        holder.execute(f"SELECT pg_advisory_xact_lock({0x66696E6F7073})".encode())
        pid = holder.info.backend_pid
        with pytest.raises(LedgerError) as error, sql.writing(options):
            pass
    since = r" since \S+Z" if login == "the owner of the tables" else ""
    assert re.search(
        rf"session {pid} of login {logins.made['other']} \(application '[^']*'\) is writing{since};",
        str(error.value),
    )


def test_a_row_held_for_ever_is_named_too(logins: Logins) -> None:
    with logins.connect("other") as holder:
        holder.execute(b"BEGIN")
        holder.execute(
            INSERT.encode()
            + b"('manual', 'mine', 1, NULL, dimension_set_id, 0, 0, 1, '') FROM entry"
            + b" WHERE \"key\" = 'k'"
        )
        with pytest.raises(LedgerError, match=rf"of login {logins.made['other']} .* is writing since"):
            write(logins.options("pipeline", 1), cost(key="waits"))


def test_the_roles_need_a_ledger_and_say_so(postgresql: dict[str, Any], postgresql_url: str) -> None:
    where = parts_of(postgresql_url)
    with (
        psycopg.connect(**where, **postgresql["admin"], autocommit=True) as admin,
        pytest.raises(psycopg.Error, match="this database has no ledger of this version"),
    ):
        admin.execute(ROLES.read_bytes())


def act(kind: str, **values: str) -> str:
    """An INSERT of an act on the server s-1 that a schedule asked for, signed as somebody else."""
    given = {
        "kind": f"'{kind}'", "resource_type": "'server'", "resource_id": "'s-1'",
        "schedule": "'mon-fri 07:00-19:00'", "recorded_at": "1", "recorded_by": "'owner/ada@desk'", **values,
    }  # fmt: skip
    return f"INSERT INTO act ({', '.join(given)}) SELECT {', '.join(given.values())}"


def test_an_act_is_signed_and_dated_by_the_server_and_stays(logins: Logins) -> None:
    with logins.connect("pipeline") as connection:
        connection.execute(act("stop", saves_nano_per_hour="500", currency="'CHF'").encode())
    assert logins.one("SELECT recorded_by FROM act") == f"{logins.made['pipeline']}/owner/ada@desk"
    assert logins.one(f"SELECT abs(recorded_at - {NOW_S}) < 60 FROM act")
    for login in ("pipeline", "owner"):
        for statement in ("UPDATE act SET saves_nano_per_hour = 9", "DELETE FROM act"):
            assert "permission denied for" in logins.refused(login, statement)
    for login in ("reader", "importer"):
        assert "permission denied for" in logins.refused(login, act("stop"))


def test_an_act_of_another_login_is_undone_by_none_but_an_owner(logins: Logins) -> None:
    undo = "(SELECT min(id) FROM act)"
    with logins.connect("pipeline") as connection:
        connection.execute(act("stop").encode())
    only = "only the login of an act undoes it"
    assert only in logins.refused("other", act("start", undoes=undo))
    assert only in logins.refused("pipeline", act("start", undoes=undo, resource_id="'s-2'"))
    assert only in logins.refused("pipeline", act("unshelve", undoes=undo))
    assert only in logins.refused("pipeline", act("start", undoes="4711"))
    with logins.connect("owner") as connection:
        connection.execute(act("start", undoes=undo).encode())
    assert "act_undoes_key" in logins.refused("pipeline", act("start", undoes=undo)), "it is undone once"


@pytest.mark.parametrize("login", ["pipeline", "other"])
def test_no_pipeline_acts_for_a_budget(logins: Logins, login: str) -> None:
    """What freezes and what an alert asks for is the owner's."""
    logins.admin.execute(
        b"INSERT INTO alert (id, budget, period_id, basis, threshold, round, period_begin, period_end,"
        b" amount, limit_amount, currency, at_least, message, fired_at, recorded_by)"
        b" VALUES ('a', 'team', 'p', 'actual', '1', 1, 0, 1, '1', '1', 'ICU', false, 'm', 0, 'x')"
    )
    by_alert = {"schedule": "NULL", "alert_id": "'a'"}
    for_budget = {**by_alert, "resource_type": "'budget'", "resource_id": "'team'"}
    by_schedule = act("undone_by_hand", resource_type="'budget'", resource_id="'team'")
    for statement in (act("freeze"), act("stop", **by_alert), act("unfreeze", **for_budget), by_schedule):
        assert "only a login of finops_owner acts for a budget" in logins.refused(login, statement)
    with logins.connect("owner") as connection:
        connection.execute(act("freeze", **for_budget).encode())
        connection.execute(act("unfreeze", **for_budget, undoes="(SELECT max(id) FROM act)").encode())


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"resource_type": "NULL"}, 'null value in column "resource_type"'),
        ({"currency": "'francs'", "saves_nano_per_hour": "5"}, "what the ledger does not know"),
        ({"resource_type": "'planet'"}, "what the ledger does not know"),
        ({"saves_nano_per_hour": "5"}, "what the ledger does not know"),
        ({"saves_nano_per_hour": "-5", "currency": "'CHF'"}, "saving_is_not_negative"),
        ({"schedule": "NULL"}, "one_asked_for_it"),
        ({"edge_at": "-1"}, "what the ledger does not know"),
        ({"edge_at": f"{NOW_S} + 90000"}, "what the ledger does not know"),
        ({"edge_at": f"{2**63 - 1}"}, "what the ledger does not know"),
    ],
)
def test_an_act_says_what_the_ledger_knows(logins: Logins, values: dict[str, str], said: str) -> None:
    assert said in logins.refused("pipeline", act("stop", **values))
    assert "what the ledger does not know" in logins.refused("pipeline", act("destroy"))


#: A row that says that January of 2025 is archived, with these numbers of rows and this end.
ARCHIVED = (
    "INSERT INTO archived_month (month, month_begin, month_end, state, file, file_sha256, file_bytes,"
    " row_count, entry_count, last_id, rows_sha256, archived_at, archived_by) SELECT '2025-01', {begin},"
    " {end}, 'archived', '/a', 'b', 1, {rows}, 1, 9, 'c', 0, 'ada@desk'"
)
A_SET = "(SELECT max(id) FROM dimension_set)"
JANUARY = datetime(2025, 1, 5, tzinfo=UTC)
BEGIN_S, END_S = (int(datetime(2025, month, 1, tzinfo=UTC).timestamp()) for month in (1, 2))


@pytest.mark.parametrize("login", ["nobody", "reader", "pipeline", "importer"])
@pytest.mark.parametrize(
    "statement",
    [
        ARCHIVED.format(begin=BEGIN_S, end=END_S, rows=0),
        "UPDATE archived_month SET state = 'restored'",
        "DELETE FROM archived_month",
        "SELECT finops_drop_archived(1, 1000000)",
        "INSERT INTO archived_key (key_id, archived_id) VALUES (-1, 1)",
        "DELETE FROM archived_key",
        "DELETE FROM entry_row",
        "INSERT INTO entry_row (id, series_id, key_id, version, period_begin, amount_nano)"
        " SELECT 7000000, series_id, key_id, version + 5, period_begin, 1 FROM entry_row",
    ],
)
def test_only_an_owner_archives(unchanged: Logins, login: str, statement: str) -> None:
    assert "permission denied" in unchanged.refused(login, statement)


def archive_january(logins: Logins, folder: Path, what: Any = archive) -> dict[str, Any]:
    """Archive or restore it with the owner's login."""
    signature = Signature(now_utc(), "ada@desk")
    task = ArchiveTask([month_of("2025-01", "months")], None, folder, signature, check_mode=False)
    found: dict[str, Any] = what(logins.options("owner"), task)
    return found


def test_an_owner_archives_and_restores_what_others_recorded(logins: Logins, tmp_path: Path) -> None:
    write(logins.options("pipeline"), cost(key="old", at=JANUARY), cost(key="older", at=JANUARY))
    write(logins.options("importer"), cost(FEED, "old hour", at=JANUARY))
    before = logins.dump()
    assert archive_january(logins, tmp_path)["months"][0]["row_count"] == 3
    between = logins.dump()
    assert len(between["entry_row"]) == len(before["entry_row"]) - 3
    assert between["roll_up"] == before["roll_up"]
    with logins.connect("reader") as connection:
        shown = "SELECT month, row_count FROM dashboard_archived_months"
        assert connection.execute(shown.encode()).fetchall() == [("2025-01", 3)]
        of_month = "SELECT count(*) FROM dashboard_entries WHERE begins_at < '2025-02-01'"
        assert connection.execute(of_month.encode()).fetchall() == [(0,)]
    said = logins.one("SELECT archived_by FROM archived_month")
    assert said == f"{logins.made['owner']}/ada@desk"
    assert abs(logins.one(f"SELECT archived_at / 1000000 - {NOW_S} FROM archived_month")) < 60
    archive_january(logins, tmp_path, restore)
    after = logins.dump()
    assert [after[table] for table in ("entry_row", "roll_up", "entry_key", "series")] == [
        before[table] for table in ("entry_row", "roll_up", "entry_key", "series")
    ]
    assert logins.one("SELECT restored_by FROM archived_month") == said


@pytest.mark.parametrize("login", ["pipeline", "importer", "owner"])
def test_no_sql_writes_to_an_archived_month(logins: Logins, tmp_path: Path, login: str) -> None:
    write(logins.options(login), cost(key="old", at=JANUARY))
    write(logins.options(login), cost(key="old", nano=7))
    archive_january(logins, tmp_path)
    begin = int(JANUARY.timestamp())
    now = int(now_utc().timestamp())
    of_month = f"{INSERT}('manual', 'new', 1, NULL, {A_SET}, {begin}, {begin}, 5, 'ada@ci')"
    assert "the entries of this month are archived; restore them first: 2025-01" in logins.refused(
        login, of_month
    )
    of_key = f"{INSERT}('manual', 'old', 9, NULL, {A_SET}, {now}, {now}, 5, 'ada@ci')"
    assert "entries of this key are archived; restore them first: old" in logins.refused(login, of_key)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (ARCHIVED.format(begin=BEGIN_S, end=END_S, rows=2), "is over and has all its entries: 2025-01"),
        (ARCHIVED.format(begin=BEGIN_S, end="9000000000", rows=4), "is over and has all its entries"),
        ("SELECT finops_drop_archived(9, 100); DELETE FROM entry_row", "permission denied"),
        ("UPDATE archived_month SET file = '/mine'", "permission denied"),
        ("UPDATE archived_month SET state = 'restored'", "is restored, and nothing else: 2025-02"),
        ("UPDATE archived_month SET state = 'gone'", "is restored, and nothing else: 2025-02"),
    ],
)
def test_an_owner_says_nothing_false_of_an_archive(
    logins: Logins, statement: str, says: str, tmp_path: Path
) -> None:
    write(
        logins.options("pipeline"),
        cost(key="old", at=JANUARY),
        cost(key="x", at=datetime(2025, 2, 3, tzinfo=UTC)),
    )
    signature = Signature(now_utc(), "ada@desk")
    archive(
        logins.options("owner"),
        ArchiveTask([month_of("2025-02", "months")], None, tmp_path, signature, check_mode=False),
    )
    assert says in logins.refused("owner", statement)


def test_an_entry_that_is_under_way_is_not_left_out_of_an_archive(logins: Logins, tmp_path: Path) -> None:
    """A session that takes no lock of ours writes to the month while it is archived."""
    write(logins.options("pipeline"), cost(key="old", at=JANUARY))
    begin = int(JANUARY.timestamp())
    with logins.connect("pipeline") as session, ThreadPoolExecutor(1) as beside:
        session.execute("BEGIN")
        session.execute(
            f"{INSERT}('manual', 'new', 1, NULL, {A_SET}, {begin}, {begin}, 5, 'ada@ci')".encode()
        )
        archiving = beside.submit(archive_january, logins, tmp_path)
        # Until it waits for that session, or for so long that it never will.
        for _time in range(300):
            if archiving.done() or logins.one("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                break
            time.sleep(0.01)
        session.execute("COMMIT")
        with pytest.raises(LedgerError, match="2025-01"):
            archiving.result()
    assert archive_january(logins, tmp_path)["months"][0]["row_count"] == 2


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize("reverses", [True, False])
def test_a_session_that_sees_an_earlier_moment_writes_nothing_to_an_archived_month(
    logins: Logins, tmp_path: Path, level: str, reverses: bool
) -> None:
    """It does not see that the month is archived: its entry would be removed, and its sum would stay."""
    write(logins.options("pipeline"), cost(key="old", nano=7, at=JANUARY))
    begin, old = int(JANUARY.timestamp()), logins.one("SELECT max(id) FROM entry_row")
    said = f"'old', 2, {old}" if reverses else "'new', 1, NULL"
    with logins.connect("pipeline") as session:
        session.execute(f"BEGIN ISOLATION LEVEL {level}; SELECT count(*) FROM entry_row".encode())
        archive_january(logins, tmp_path)
        with pytest.raises(psycopg.errors.SerializationFailure):
            session.execute(
                f"{INSERT}('manual', {said}, {A_SET}, {begin}, {begin}, {'-7' if reverses else '5'},"
                " 'ada@ci'); COMMIT".encode()
            )
    assert comparison.compare(logins.options("owner"))["consistent"]
    archive_january(logins, tmp_path, restore)
    assert comparison.compare(logins.options("owner"))["consistent"]
