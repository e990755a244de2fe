# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A ledger in a database of PostgreSQL (design/ledger.md#where-it-lies): how it is locked, and what its
errors mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlencode

from .._core.errors import InvalidOption, LedgerError
from .._core.periods import iso
from .transaction import LONE_SURROGATE, Transaction, table_names

if TYPE_CHECKING:
    import psycopg

#: What libpq calls a URL of its own, and what results call it, which names the driver too.
_OF_LIBPQ, _SHOWN = "postgresql://", "postgresql+psycopg://"

_EXAMPLE = "write postgresql+psycopg://user@host/database, and @ : / in a password as %40 %3A %2F"
#: The lock that a writer holds: any number, but for ever the same ("finops" in ASCII).
_LOCK = 0x66696E6F7073
#: And the class of those of a name, which other transactions run beside ("bill" in ASCII).
LOCK_OF_NAMES = 0x62696C6C
_LOCK_NAME = "SELECT pg_advisory_xact_lock(%s::int, hashtext(%s))"
#: libpq takes a shorter one as 2 (its documentation, connect_timeout).
_SHORTEST_CONNECT_TIMEOUT_SECONDS = 2
_LONGEST_NAME = 63
#: Parameters of libpq that are secret: they can stand behind the question mark too.
_SECRETS = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")
#: What libpq says of a URL, in a program that has set no language.
_UNKNOWN_PARAMETER = "invalid URI query parameter"
_PORTS = re.compile(r"[0-9,]*")
_PASSWORD = re.compile(r"://[^:]*:(.+)@", re.DOTALL)
#: libpq decodes the name of a parameter too.
_PARAMETER = re.compile(r"[?&]([^=&?]+)=([^&]+)")
_LOCKED = "55P03"
_TRY_AGAIN = "try again or raise ledger_timeout"
#: Who writes, as far as this login may see; more of it where the shipped roles are there
#: (docs/postgresql_roles.sql). In two halves, as PostgreSQL keeps the number of a lock.
_HAS_ROLES = (
    "SELECT coalesce(has_function_privilege(to_regprocedure('finops_lock_holders()'), 'EXECUTE'), false)"
)
_HOLDERS_BY_ROLES = "SELECT pid, login, application, since FROM finops_lock_holders() LIMIT 1"
_HOLDERS = (
    "SELECT pid, usename, application_name, xact_start"  # noqa: S608
    " FROM pg_locks JOIN pg_stat_activity USING (pid)"
    f" WHERE locktype = 'advisory' AND granted AND classid = {_LOCK >> 32} AND objid = {_LOCK & 0xFFFFFFFF}"
    " AND datname = current_database() LIMIT 1"
)
#: What SQLSTATE says (PostgreSQL's documentation, appendix A); the server's text can be in any language.
_BY_STATE = {
    "22003": "a number is more than one row can hold (9.2e9)",
    "25006": "the server is read-only; use its primary",
    "53100": "the server's disk is full",
    "57P01": "the server was stopped",
}
#: Of a connection that was never made there is only text, libpq's or the server's.
_BY_TEXT = {
    "password authentication failed": "the server does not accept the user or the password",
    "no password supplied": "the server asks for a password; give it in PGPASSWORD or ~/.pgpass",
    "no pg_hba.conf entry": "the server does not let this user in from here",
    "does not exist": "there is no such database or user on the server",
    "permission denied for database": "this user may not connect to the database",
    "too many": "the server has no connection left",
    "starting up": "the server is starting",
    "server closed the connection": "the server ended the connection",
    "connection is lost": "the server ended the connection",
    "Connection refused": "nothing answers there",
    "No such file or directory": "nothing answers there",
    "timeout expired": "the server does not answer",
    "resolve": "its host has no address",
    "translate host name": "its host has no address",
}


def secrets_of(url: str, password: str | None = None) -> set[str]:
    """What of a URL's text, and of the password beside it, must not be shown, as it is written and as it is
    meant; all of a URL that cannot be understood too: a password can stand anywhere in it.
    """
    written = [found[1] for found in filter(None, [_PASSWORD.search(url)])]
    written += [value for name, value in _PARAMETER.findall(url) if unquote(name) in _SECRETS]
    if not _is_understood(url):
        written.append(url)
    return {*written, *map(unquote, written), *filter(None, [password])}


def _is_understood(url: str) -> bool:
    try:
        Database.of(url)
    except (ImportError, InvalidOption):
        return False
    return True


@dataclass(frozen=True)
class Database:
    """Where a ledger lies. with_secrets: the URL to connect by, as libpq reads it, never shown. password: to
    log in with, in place of the URL's and the environment's.
    """

    with_secrets: str = field(repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, text: str, password: str | None = None) -> Database:
        """The database that a URL names.

        Raises InvalidOption, which repeats nothing of what could be a password.
        """
        import psycopg

        if "\0" in text:
            # libpq would take what stands before it for all of it.
            raise InvalidOption("ledger", f"has a NUL in it; {_EXAMPLE}.")
        url = f"{_OF_LIBPQ}{text.partition('://')[2]}"
        try:
            parts = _parts(url)
        except psycopg.Error as error:
            if _UNKNOWN_PARAMETER in str(error):
                raise InvalidOption(
                    "ledger", "has a parameter behind the question mark that libpq does not know."
                ) from error
            raise InvalidOption("ledger", f"is not a PostgreSQL URL; {_EXAMPLE}.") from error
        except UnicodeError as error:
            raise InvalidOption("ledger", f"has bytes that are no text in UTF-8; {_EXAMPLE}.") from error
        # What of a password is not written as it has to be ends up in one of these.
        misread = "@" in parts.get("host", "") + parts.get("dbname", "") or not _PORTS.fullmatch(
            parts.get("port", "")
        )
        if misread or not parts.get("dbname"):
            raise InvalidOption("ledger", f"is not the URL of a PostgreSQL database; {_EXAMPLE}.")
        return cls(url, password)

    @property
    def url(self) -> str:
        """As results show it: without password."""
        parts = _parts(self.with_secrets)
        user, hosts, ports, database = (parts.pop(name, "") for name in ("user", "host", "port", "dbname"))
        places = zip_longest(hosts.split(","), ports.split(",") if ports else (), fillvalue="")
        written = ",".join(f"{_host(host)}:{port}" if port else _host(host) for host, port in places)
        public = {name: value for name, value in parts.items() if name not in _SECRETS}
        query = f"?{urlencode(public, quote_via=quote)}" if public else ""
        return (
            f"{_SHOWN}{quote(user, safe='')}{'@' if user else ''}{written}/{quote(database, safe='')}{query}"
        )

    @property
    def name(self) -> str:
        """As sentences name it."""
        return self.url

    def exists(self) -> bool:
        """Whether the database holds tables. Raises LedgerError where that cannot be read."""
        with self.one_sentence(), self.reading(_SHORTEST_CONNECT_TIMEOUT_SECONDS) as transaction:
            return bool(table_names(transaction))

    @contextmanager
    def reading(self, timeout_seconds: int) -> Iterator[Transaction]:
        """A transaction that sees one moment and cannot write."""
        from psycopg import IsolationLevel

        with closing(self._connection(timeout_seconds)) as driver:
            driver.isolation_level = IsolationLevel.REPEATABLE_READ
            driver.read_only = True
            _limit_waits(driver, timeout_seconds)
            # Nothing is to be kept: closing it ends the transaction, which the first statement begins.
            yield Transaction(driver, on_postgresql=True)

    @contextmanager
    def session(self, timeout_seconds: int) -> Iterator[Callable[[], AbstractContextManager[Transaction]]]:
        """Transactions over one connection, of which each is the only one that writes until it ends.

        One lock for all of the ledger, as SQLite has it: what a writer reads (the valid row, the last
        version, a budget's spend) stays true until it commits, the first writer makes the tables alone, and
        no two wait for each other. A writer takes milliseconds.
        """
        from psycopg import IsolationLevel

        with closing(self._connection(timeout_seconds)) as driver:
            # A snapshot from before the wait for the lock would not show what the writer before has written.
            driver.isolation_level = IsolationLevel.READ_COMMITTED
            remembered: dict[Any, Any] = {}
            yield lambda: _writing(driver, timeout_seconds, remembered)

    @contextmanager
    def alone(self, name: str, timeout_seconds: int) -> Iterator[Callable[[], None]]:
        """As sql.alone(): by a transaction of a connection of its own, which does nothing else.

        A lock of the session would not do: behind a pooler such as PgBouncer each transaction may have
        another session, and the lock stays with one that nobody has.
        """
        with closing(self._connection(timeout_seconds)) as driver, driver.transaction():
            _limit_waits(driver, timeout_seconds)
            driver.execute(_LOCK_NAME, (LOCK_OF_NAMES, name))

            def still_alone() -> None:
                with self.one_sentence():
                    driver.execute(b"SELECT 1")

            yield still_alone

    @contextmanager
    def one_sentence(self) -> Iterator[None]:
        """Turns what the database raises into one LedgerError."""
        import psycopg

        try:
            yield
        except UnicodeEncodeError as error:
            raise LedgerError(f"The ledger {self.name} cannot store {LONE_SURROGATE}.") from error
        except psycopg.Error as error:
            raise LedgerError(f"The ledger {self.name} cannot be used: {self._problem(error)}.") from error

    def _problem(self, error: psycopg.Error) -> str:
        """What went wrong, in few words; no text of the driver is repeated in which a secret stands."""
        state, text = error.sqlstate, str(error)
        if state == _LOCKED:
            return self._who_writes()
        if state in _BY_STATE:
            return _BY_STATE[state]
        if state is None:
            known = next((said for part, said in _BY_TEXT.items() if part in text), None)
            if known is not None:
                return known
        first_line = text.strip().partition("\n")[0].removesuffix(".")
        if any(secret in first_line for secret in secrets_of(self.with_secrets, self.password)):
            return "the server refuses the connection"
        # A right that is missing, say: the server names the table.
        return first_line

    def _who_writes(self) -> str:
        """Which session is waited for. It may have ended meanwhile."""
        import psycopg

        try:
            with closing(self._connection(_SHORTEST_CONNECT_TIMEOUT_SECONDS)) as driver:
                ((by_roles,),) = driver.execute(_HAS_ROLES)
                holders = driver.execute(_HOLDERS_BY_ROLES if by_roles else _HOLDERS).fetchall()
        except psycopg.Error as error:
            return f"another run is writing; {_TRY_AGAIN} (which one is not known: {self._problem(error)})"
        if not holders:
            return f"another run is writing; {_TRY_AGAIN}"
        ((pid, login, application, since),) = holders
        # The session chose this name.
        named = "".join(filter(str.isprintable, application or ""))[:_LONGEST_NAME]
        begun = f" since {iso(since)}" if since else ""
        return (
            f"session {pid} of login {login} (application '{named}') is writing{begun}; {_TRY_AGAIN}, or have"
            f" finops_owner end it: SELECT finops_end_session({pid})"
        )

    def _connection(self, timeout_seconds: int) -> psycopg.Connection[Any]:
        import psycopg

        connect_timeout = str(max(timeout_seconds, _SHORTEST_CONNECT_TIMEOUT_SECONDS))
        return psycopg.connect(
            self.with_secrets,
            connect_timeout=_parts(self.with_secrets).get("connect_timeout", connect_timeout),
            fallback_application_name="finops.cloud",
            # What one session has prepared, the next transaction's may not know behind a pooler.
            prepare_threshold=None,
            # None is left out.
            password=self.password,
        )


def _parts(url: str) -> dict[str, str]:
    """What a URL says, by libpq's names, as libpq reads it. Raises psycopg.Error."""
    from psycopg.conninfo import conninfo_to_dict

    return {name: str(value) for name, value in conninfo_to_dict(url).items()}


def _host(host: str) -> str:
    """A host as a URL names it: a folder of sockets without slashes, an address of IPv6 in brackets."""
    return f"[{host}]" if ":" in host else quote(host, safe="")


def _limit_waits(driver: psycopg.Connection[Any], timeout_seconds: int) -> None:
    """Have the transaction wait so long for a lock, and no longer."""
    # Zero would be no limit at all to the server.
    driver.execute(f"SET LOCAL lock_timeout = {max(timeout_seconds * 1000, 1)}".encode())


@contextmanager
def _writing(
    driver: psycopg.Connection[Any], timeout_seconds: int, remembered: dict[Any, Any]
) -> Iterator[Transaction]:
    """A transaction that nobody else writes beside: kept at the end, or nothing of it where that fails."""
    try:
        with driver.transaction():
            _limit_waits(driver, timeout_seconds)
            driver.execute(f"SELECT pg_advisory_xact_lock({_LOCK})".encode())
            yield Transaction(driver, on_postgresql=True, remembered=remembered)
    except BaseException:
        remembered.clear()
        raise
