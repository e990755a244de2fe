# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On PostgreSQL: whatever is wrong there is one sentence without a password, and nothing is lost
(design/ledger.md#where-it-lies).
"""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Calendar, Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger import budgets, entries, sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.schema import SCHEMA_VERSION
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import (
    LedgerOptions,
    exists,
    reading,
    writing,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.tables import TABLE_NAMES
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import execute, read
from psycopg.conninfo import conninfo_to_dict

from tests.unit.asked_ledger import parts_of, sums, with_parts


@pytest.fixture
def ledger(postgresql_url: str) -> LedgerOptions:
    return LedgerOptions(postgresql_url, timeout_seconds=2)


@pytest.fixture
def secret(postgresql: dict[str, Any]) -> str:
    return str(postgresql["password"])


def changed(options: LedgerOptions, **parts: Any) -> LedgerOptions:
    return LedgerOptions(with_parts(str(options.url), **parts), options.timeout_seconds)


def refusals(options: LedgerOptions, *ways: Any) -> list[str]:
    """The sentence of each way to open the ledger."""
    sentences = []
    for way in ways or (reading, writing):
        with pytest.raises(LedgerError) as refused, way(options):
            pass
        sentences.append(str(refused.value))
    return sentences


def as_admin(postgresql: dict[str, Any], options: LedgerOptions, statement: str) -> None:
    where = {name: postgresql[name] for name in ("host", "port")}
    database = parts_of(str(options.url))["dbname"]
    with psycopg.connect(**where, **postgresql["admin"], dbname=database, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_results_show_the_url_without_its_password(ledger: LedgerOptions, secret: str) -> None:
    assert not exists(ledger)
    with writing(ledger) as opened:
        assert opened.created
        assert opened.url == str(ledger.url).replace(f":{secret}@", "@")
    assert exists(ledger)
    with writing(ledger) as opened:
        assert not opened.created
    in_query = LedgerOptions(f"postgresql://u@h/d?password={secret}&connect_timeout=3")
    assert sql.format_url(in_query) == "postgresql+psycopg://u@h/d?connect_timeout=3"
    assert sql.secrets(in_query) == {secret}
    assert sql.secrets(LedgerOptions("postgresql://u@h/d?oauth_client_secret=a&scram_client_key=b")) == {
        "a",
        "b",
    }
    assert sql.secrets(LedgerOptions("postgresql://u:a%40b@h/d")) == {"a%40b", "a@b"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql:///d", "/d"),
        ("postgresql://u@%2Frun%2Fpostgresql/d", "u@%2Frun%2Fpostgresql/d"),
        ("postgresql:///d?host=/run/postgresql&port=5433", "%2Frun%2Fpostgresql:5433/d"),
        ("postgresql://u:p@[::1]:5433/d", "u@[::1]:5433/d"),
        (
            "postgresql://u:p@one:5432,two:5433/d?target_session_attrs=read-write",
            "u@one:5432,two:5433/d?target_session_attrs=read-write",
        ),
        ("postgresql://a%2Fb:p@h/d%20e?options=-c%20role%3Dx", "a%2Fb@h/d%20e?options=-c%20role%3Dx"),
    ],
)  # fmt: skip
def test_whatever_libpq_understands_is_shown_as_it_is_meant(url: str, shown: str) -> None:
    """Shown again it means the same: libpq reads both alike, but for what is secret."""
    assert sql.format_url(LedgerOptions(url)) == f"postgresql+psycopg://{shown}"
    with_secrets, public = (
        conninfo_to_dict(f"postgresql://{each}") for each in (url.partition("//")[2], shown)
    )
    with_secrets.pop("password", None)
    assert public == with_secrets


def test_a_wait_for_the_server_can_be_part_of_the_url(ledger: LedgerOptions) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        silent = changed(ledger, port=mute.getsockname()[1])
        patient = LedgerOptions(f"{silent.url}?connect_timeout=2", timeout_seconds=3_600)
        assert "the server does not answer" in refusals(patient, reading)[0]


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_the_password_can_come_from_the_environment(
    ledger: LedgerOptions, secret: str, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    without = LedgerOptions(str(ledger.url).replace(f":{secret}@", "@").replace("postgresql+psycopg", scheme))
    (sentence,) = refusals(without, writing)
    assert "asks for a password; give it in PGPASSWORD or ~/.pgpass" in sentence
    monkeypatch.setenv("PGPASSWORD", secret)
    with writing(without) as opened:
        assert opened.created


def test_the_password_can_come_from_an_option_that_is_logged_nowhere(
    ledger: LedgerOptions, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wins over that of the URL and of the environment."""
    monkeypatch.setenv("PGPASSWORD", "a wrong one")
    url = str(ledger.url)
    for without in (url.replace(f":{secret}@", "@"), url.replace(f":{secret}@", ":another@")):
        with writing(LedgerOptions(without, password=secret)) as opened:
            assert secret not in opened.url
    options = LedgerOptions(url.replace(f":{secret}@", ":another@"), password="geheim")
    assert sql.secrets(options) == {"another", "geheim"}
    assert "geheim" not in repr(options)
    assert all("geheim" not in sentence for sentence in refusals(options))
    assert sql.secrets(LedgerOptions("sqlite:////tmp/l.db", password="geheim")) == {"geheim"}


def test_reading_creates_nothing(ledger: LedgerOptions) -> None:
    assert "is empty; define a budget" in refusals(ledger, reading)[0]
    assert not exists(ledger)


def test_reading_cannot_write(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass
    with pytest.raises(LedgerError, match="read-only"), reading(ledger) as opened:
        execute(opened.connection, "INSERT INTO ledger_schema (version) VALUES (9)")


def test_where_nothing_answers(ledger: LedgerOptions, secret: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        sentences = refusals(changed(ledger, port=closed.getsockname()[1]))
    sentences += refusals(changed(ledger, host="no-such-host.invalid"))
    assert [sentence.rpartition(": ")[2] for sentence in sentences] == [
        *["nothing answers there."] * 2, *["its host has no address."] * 2,
    ]  # fmt: skip
    assert not any(secret in sentence for sentence in sentences)


def test_a_server_that_accepts_and_says_nothing_is_not_waited_for_for_ever(ledger: LedgerOptions) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        assert (
            "the server does not answer" in refusals(changed(ledger, port=mute.getsockname()[1]), reading)[0]
        )


def test_a_wrong_password(ledger: LedgerOptions) -> None:
    for sentence in refusals(changed(ledger, password="geheim")):
        assert sentence.endswith("the server does not accept the user or the password.")
        assert "geheim" not in sentence


def test_no_such_database(ledger: LedgerOptions, secret: str) -> None:
    for sentence in refusals(changed(ledger, database="missing")):
        assert sentence.endswith("/missing cannot be used: there is no such database or user on the server.")
        assert secret not in sentence


def test_rights_that_are_missing(ledger: LedgerOptions, postgresql: dict[str, Any]) -> None:
    as_admin(postgresql, ledger, "DROP ROLE IF EXISTS guest")
    as_admin(postgresql, ledger, "CREATE ROLE guest LOGIN PASSWORD 'geheim'")
    guest = changed(ledger, username="guest", password="geheim")
    assert refusals(guest, writing)[0].endswith("permission denied for schema public.")
    with writing(ledger):
        pass
    for sentence in refusals(guest):
        assert sentence.endswith("permission denied for table ledger_schema.")


def test_a_server_that_only_reads(ledger: LedgerOptions, postgresql: dict[str, Any]) -> None:
    with writing(ledger):
        pass
    name = parts_of(str(ledger.url))["dbname"]
    as_admin(postgresql, ledger, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with (
        pytest.raises(LedgerError, match="the server is read-only; use its primary"),
        writing(ledger) as opened,
    ):
        execute(opened.connection, "INSERT INTO ledger_schema (version) VALUES (9)")
    with reading(ledger) as opened:
        assert len(read(opened.connection, "SELECT version FROM ledger_schema")) == 1


def test_a_lock_that_stays_is_an_error_after_the_timeout(ledger: LedgerOptions) -> None:
    with writing(ledger):
        for seconds in (0, 1):
            impatient = LedgerOptions(ledger.url, seconds)
            assert re.search(
                r"session \d+ of login finops \(application 'finops.cloud'\) is writing since \S+Z; try again"
                r" or raise ledger_timeout, or have finops_owner end it: SELECT finops_end_session\(\d+\)\.$",
                refusals(impatient, writing)[0],
            )


def test_a_connection_that_ends_in_the_middle_leaves_nothing(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass

    def work() -> None:
        with writing(ledger) as opened:
            execute(opened.connection, "INSERT INTO ledger_schema (version) VALUES (9)")
            read(opened.connection, "SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(LedgerError, match=r"the server was stopped|ended the connection"):
        work()
    with reading(ledger) as opened:
        assert len(read(opened.connection, "SELECT version FROM ledger_schema")) == 1


def test_another_program_s_database_is_refused_and_kept(
    ledger: LedgerOptions, postgresql: dict[str, Any]
) -> None:
    as_admin(postgresql, ledger, "CREATE TABLE letters (text TEXT)")
    for sentence in refusals(ledger):
        assert "no ledger of finops.cloud" in sentence


def test_a_newer_ledger_is_refused(ledger: LedgerOptions) -> None:
    with writing(ledger) as opened:
        execute(opened.connection, "UPDATE ledger_schema SET version = version + 1")
    for sentence in refusals(ledger):
        assert f"has schema {SCHEMA_VERSION + 1}, this finops.cloud knows {SCHEMA_VERSION}" in sentence


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:ge@heim@h/d",
        "postgresql://u:geheim@h:port/d",
        "postgresql://u:12/geheim@h/d",
        "postgresql://u:gehe%zzim@h/d",
        "postgresql://u:geheim@h",
        "postgresql://u:geheim@h/",
    ],
)
def test_urls_that_cannot_be_understood_are_refused_without_their_password(url: str) -> None:
    with pytest.raises(
        InvalidOption, match=r"^ledger: .* write postgresql\+psycopg://user@host/database"
    ) as refused:
        sql.format_url(LedgerOptions(url))
    assert "heim" not in str(refused.value)
    masked = sql.secrets(LedgerOptions(url))
    assert masked - {url} <= {"ge@heim", "geheim", "12/geheim", "gehe%zzim"}
    assert len(masked) > 1
    assert url in masked


def test_a_parameter_that_libpq_does_not_know_is_told_apart() -> None:
    with pytest.raises(InvalidOption, match="behind the question mark that libpq does not know") as refused:
        sql.format_url(LedgerOptions("postgresql://u:geheim@h/d?nonsense=1"))
    assert "geheim" not in str(refused.value)


ROLES = Path(__file__).parents[5] / "docs" / "postgresql_roles.sql"


def test_who_gates_cannot_raise_the_limit(ledger: LedgerOptions, postgresql: dict[str, Any]) -> None:
    """design/gate.md#separation-of-duty, with the grants that docs/postgresql_roles.sql ships; run twice, as
    after an upgrade.
    """
    with writing(ledger) as opened:
        budgets.save(opened.connection, budget(limit_nano=5))
    for _time in range(2):
        as_admin(postgresql, ledger, ROLES.read_text())
    for login in ("pipeline", "controller"):
        as_admin(postgresql, ledger, f"CREATE ROLE {login} LOGIN PASSWORD 'geheim'")
    as_admin(postgresql, ledger, "GRANT finops_gate TO pipeline; GRANT finops_owner TO controller")
    pipeline, controller = (
        changed(ledger, username=name, password="geheim") for name in ("pipeline", "controller")
    )

    moment = datetime(2026, 11, 1, tzinfo=UTC)
    window = Window(moment, moment)
    for nano in (1, 2):
        with writing(pipeline) as opened:
            cost = entries.Entry(
                "manual", "k", "usage", "other", window, nano, "ICU", tags={"team": str(nano)}
            )
            entries.write(opened.connection, cost, moment, "pipeline")
    with reading(pipeline) as opened:
        assert sums(opened.connection, Window(moment, moment + timedelta(hours=1))) == {"ICU": 2}
    with pytest.raises(LedgerError, match="permission denied for table budget"), writing(pipeline) as opened:
        budgets.save(opened.connection, budget(limit_nano=500))
    for statement in ("UPDATE entry_row SET amount_nano = 0", "DELETE FROM entry_row"):
        with (
            pytest.raises(LedgerError, match="permission denied for table entry"),
            writing(pipeline) as opened,
        ):
            execute(opened.connection, statement)
    with reading(pipeline) as opened:
        assert [one.limit_nano for one in budgets.read_all(opened.connection)] == [5]
    with writing(controller) as opened:
        budgets.save(opened.connection, budget(limit_nano=500))


def test_the_grants_say_something_of_every_table() -> None:
    words = set(re.findall(r"\w+", ROLES.read_text()))
    assert not set(TABLE_NAMES) - words


def budget(limit_nano: int) -> budgets.Budget:
    return budgets.Budget(
        "prod", limit_nano, "ICU", Calendar("monthly"), "entries", "actual", timedelta(hours=6)
    )
