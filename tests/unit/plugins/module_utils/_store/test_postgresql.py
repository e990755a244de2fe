# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule L3 on PostgreSQL: whatever is wrong there is one sentence without a password, and nothing is lost."""

from __future__ import annotations

import socket
from typing import Any

import psycopg
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._store import sql
from ansible_collections.finops.cloud.plugins.module_utils._store.schema import SCHEMA_VERSION, tables
from ansible_collections.finops.cloud.plugins.module_utils._store.sql import LedgerOptions, exists, reading, writing
from sqlalchemy import make_url, select, update


@pytest.fixture
def ledger(postgresql_url: str) -> LedgerOptions:
    return LedgerOptions(postgresql_url, timeout_seconds=2)


@pytest.fixture
def secret(postgresql: dict[str, Any]) -> str:
    return str(postgresql["password"])


def changed(options: LedgerOptions, **parts: Any) -> LedgerOptions:
    url = make_url(str(options.url))
    return LedgerOptions(url.set(**parts).render_as_string(hide_password=False), options.timeout_seconds)


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
    database = make_url(str(options.url)).database
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
    assert sql.shown(in_query) == "postgresql+psycopg://u@h/d?connect_timeout=3"
    assert sql.secrets(in_query) == {secret}
    assert sql.secrets(LedgerOptions("postgresql://u:a%40b@h/d")) == {"a%40b", "a@b"}


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


def test_reading_creates_nothing(ledger: LedgerOptions) -> None:
    assert "is empty; define a budget" in refusals(ledger, reading)[0]
    assert not exists(ledger)


def test_reading_cannot_write(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass
    with pytest.raises(LedgerError, match="read-only"), reading(ledger) as opened:
        opened.connection.execute(tables().ledger_schema.insert().values(version=9))


def test_where_nothing_answers(ledger: LedgerOptions, secret: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        sentences = refusals(changed(ledger, port=closed.getsockname()[1]))
    sentences += refusals(changed(ledger, host="no-such-host.invalid"))
    assert [sentence.rpartition(": ")[2] for sentence in sentences] == [
        "nothing answers there.", "nothing answers there.", "its host has no address.", "its host has no address.",
    ]  # fmt: skip
    assert not any(secret in sentence for sentence in sentences)


def test_a_server_that_accepts_and_says_nothing_is_not_waited_for_for_ever(ledger: LedgerOptions) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        assert "the server does not answer" in refusals(changed(ledger, port=mute.getsockname()[1]), reading)[0]


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
    name = make_url(str(ledger.url)).database
    as_admin(postgresql, ledger, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(LedgerError, match="the server is read-only; use its primary"), writing(ledger) as opened:
        opened.connection.execute(tables().ledger_schema.insert().values(version=9))
    with reading(ledger) as opened:
        assert len(opened.connection.execute(select(tables().ledger_schema)).all()) == 1


def test_a_lock_that_stays_is_an_error_after_the_timeout(ledger: LedgerOptions) -> None:
    with writing(ledger):
        for seconds in (0, 1):
            impatient = LedgerOptions(ledger.url, seconds)
            assert refusals(impatient, writing)[0].endswith(
                "another run is writing; try again or raise ledger_timeout."
            )


def test_a_connection_that_ends_in_the_middle_leaves_nothing(ledger: LedgerOptions) -> None:
    with writing(ledger):
        pass

    def work() -> None:
        with writing(ledger) as opened:
            opened.connection.execute(tables().ledger_schema.insert().values(version=9))
            opened.connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(LedgerError, match=r"the server was stopped|ended the connection"):
        work()
    with reading(ledger) as opened:
        assert len(opened.connection.execute(select(tables().ledger_schema)).all()) == 1


def test_another_program_s_database_is_refused_and_kept(ledger: LedgerOptions, postgresql: dict[str, Any]) -> None:
    as_admin(postgresql, ledger, "CREATE TABLE letters (text TEXT)")
    for sentence in refusals(ledger):
        assert "no ledger of finops.cloud" in sentence


def test_a_newer_ledger_is_refused(ledger: LedgerOptions) -> None:
    with writing(ledger) as opened:
        opened.connection.execute(update(tables().ledger_schema).values(version=SCHEMA_VERSION + 1))
    for sentence in refusals(ledger):
        assert f"has schema {SCHEMA_VERSION + 1}, this finops.cloud knows {SCHEMA_VERSION}" in sentence


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:ge@heim@h/d",
        "postgresql://u:geheim@h:port/d",
        "postgresql://u:geheim@h",
        "postgresql://u:geheim@h/",
    ],
)
def test_urls_that_cannot_be_understood_are_refused_without_their_password(url: str) -> None:
    with pytest.raises(InvalidOption, match=r"^ledger: .* write postgresql\+psycopg://user@host/database") as refused:
        sql.shown(LedgerOptions(url))
    assert "heim" not in str(refused.value)
    assert sql.secrets(LedgerOptions(url)) <= {"ge@heim", "geheim"}
    assert sql.secrets(LedgerOptions(url))
