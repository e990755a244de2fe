# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Opening the ledger (design/ledger.md#where-it-lies): where it lies, who may create it, and which tables
this collection reads.

What few tasks need is imported where it is needed: a task is a new Python, which compiles every
file that it imports.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .._core.errors import InvalidOption, LedgerError
from .._core.visible_text import shortened
from . import sqlite
from .schema import LEDGER_SCHEMA, SCHEMA_VERSION
from .transaction import Transaction, read, table_names

if TYPE_CHECKING:
    from . import postgresql

DEFAULT_TIMEOUT_SECONDS = 30
_POSTGRESQL = ("postgresql://", "postgresql+psycopg://")
#: A password stands in a URL, or in a conninfo of libpq, which is password=....
_MAY_HOLD_A_PASSWORD = re.compile("[@=]").search
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://").match
_EXAMPLES = "write sqlite:////absolute/path/ledger.db or postgresql+psycopg://user@host/database"


@dataclass(frozen=True)
class LedgerOptions:
    """url: None for $FINOPS_LEDGER or the default file. timeout_seconds: how long to wait for
    another writer. password: for PostgreSQL, None for the one of the URL or the environment. begin: opens the
    next transaction of a connection that is open already, see kept_open().
    """

    url: str | None = field(default=None, repr=False)
    timeout_seconds: int = DEFAULT_TIMEOUT_SECONDS
    password: str | None = field(default=None, repr=False)
    begin: Callable[[], AbstractContextManager[Ledger]] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Ledger:
    """One open transaction on the ledger, and whether opening it created it."""

    connection: Transaction
    url: str
    created: bool


def ledger_url(options: LedgerOptions, environment: Mapping[str, str] | None = None) -> str:
    """The ledger's URL: the option, $FINOPS_LEDGER, or sqlite:///$XDG_DATA_HOME/finops/ledger.db."""
    environment = os.environ if environment is None else environment
    data_home = environment.get("XDG_DATA_HOME") or str(Path("~/.local/share").expanduser())
    return options.url or environment.get("FINOPS_LEDGER") or f"{sqlite.PREFIX}{data_home}/finops/ledger.db"


def exists(options: LedgerOptions) -> bool:
    """Whether there is a ledger to read: what only check mode may ask, which answers as if it
    had just been created.
    """
    return options.begin is not None or _database(options).exists()


def format_url(options: LedgerOptions) -> str:
    """The ledger's URL for a result, without its password."""
    return _database(options).url


def secrets(options: LedgerOptions) -> set[str]:
    """What of the ledger's URL and password must not be shown."""
    url = ledger_url(options)
    if url.startswith(sqlite.PREFIX) or not _MAY_HOLD_A_PASSWORD(url):
        return set(filter(None, [options.password]))
    if not url.startswith(_POSTGRESQL):
        # What is no ledger's URL is not understood either.
        return {url, *filter(None, [options.password])}
    from . import postgresql

    return postgresql.secrets_of(url, options.password)


def driver(options: LedgerOptions) -> str | None:
    """The library that the ledger's URL needs, by its import name; None for SQLite, which Python brings."""
    return "psycopg" if ledger_url(options).startswith(_POSTGRESQL) else None


@contextmanager
def reading(options: LedgerOptions) -> Iterator[Ledger]:
    """The ledger for reading only.

    Raises LedgerError where it is missing, corrupt, older, newer, or does not answer.
    """
    if options.begin is not None:
        with options.begin() as ledger:
            yield ledger
        return
    database = _database(options)
    with database.one_sentence(), database.reading(options.timeout_seconds) as connection:
        _refuse_to_read(connection, database.name)
        yield Ledger(connection, database.url, created=False)


@contextmanager
def writing(options: LedgerOptions, create: bool = True) -> Iterator[Ledger]:
    """The ledger in one transaction that is committed at the end or not at all; created if missing, upgraded
    if older.

    create: false for what must not make a ledger, as one that is missing has another name then
    (design/ledger.md#who-may-create-it): that is refused as it is for reading. Raises LedgerError where it is
    corrupt, newer, cannot be written, or is locked beyond the timeout.
    """
    with ExitStack() as opened:
        transaction = opened.enter_context(session(options, create))
        yield opened.enter_context(transaction())


@contextmanager
def session(
    options: LedgerOptions, create: bool = True
) -> Iterator[Callable[[], AbstractContextManager[Ledger]]]:
    """writing() for many transactions, one after the other: what opens the next one.

    The connection stays open in between.

    Opening a connection, and closing the last one of a file, takes longer than a small transaction. Raises as
    writing does.
    """
    if options.begin is not None:
        yield options.begin
        return
    database = _database(options)
    with ExitStack() as opened:
        opened.enter_context(database.one_sentence())
        if not create and isinstance(database, sqlite.File):
            database.refuse_missing()
        begin = opened.enter_context(database.session(options.timeout_seconds))
        ready = False

        @contextmanager
        def transaction() -> Iterator[Ledger]:
            nonlocal ready
            with begin() as connection:
                created = not ready and _made_ready(connection, database.name, create)
                yield Ledger(connection, database.url, created)
            ready = True

        yield transaction


@contextmanager
def alone(options: LedgerOptions, name: str) -> Iterator[Callable[[], None]]:
    """Be the only one of that name, over many transactions: another one waits for it as for a transaction. It
    ends with this process, however that ends.

    Yields what raises LedgerError once that is over. Raises LedgerError where another one takes longer than
    the timeout.
    """
    database = _database(options)
    with database.one_sentence(), database.alone(name, options.timeout_seconds) as still_alone:
        yield still_alone


@contextmanager
def kept_open(options: LedgerOptions) -> Iterator[LedgerOptions]:
    """The options with a connection that stays open: all that reads and writes with them takes it, each in a
    transaction of its own. For many small tasks in one, of which opening takes the most time. Raises as
    writing does.
    """
    with ExitStack() as stack:
        yield replace(options, begin=stack.enter_context(session(options)))


def _refuse_to_read(transaction: Transaction, name: str) -> None:
    """Raise LedgerError where the ledger has other tables than those that this collection reads."""
    version = _version(transaction, name)
    if version is None:
        raise _empty(name)
    if version < SCHEMA_VERSION:
        raise LedgerError(
            f"The ledger {name} has schema {version}, this finops.cloud reads {SCHEMA_VERSION};"
            " the next task that writes there upgrades it:"
            " run cost_entry, cost_import or a definition with cost_budget first."
        )


def _made_ready(transaction: Transaction, name: str, create: bool) -> bool:
    """Make or upgrade the tables where that is needed; whether they were made."""
    version = _version(transaction, name)
    if version is None and not create:
        raise _empty(name)
    if version is None:
        from . import tables

        tables.make(transaction)
    elif version < SCHEMA_VERSION:
        from . import upgrade

        upgrade.upgrade(transaction, version)
    return version is None


def _empty(name: str) -> LedgerError:
    return LedgerError(f"The ledger {name} is empty; define a budget or record a cost there first.")


def _database(options: LedgerOptions) -> sqlite.File | postgresql.Database:
    url = ledger_url(options)
    if url.startswith(sqlite.PREFIX) and url != sqlite.PREFIX and not url.endswith(":memory:"):
        return sqlite.File.of(url)
    if url.startswith(_POSTGRESQL):
        from . import postgresql

        return postgresql.Database.of(url, options.password)
    scheme = _SCHEME(url)
    shown = shortened(url, sqlite.LONGEST_NAME)
    named = f"'{scheme[0]}...'" if scheme else "this" if _MAY_HOLD_A_PASSWORD(url) else f"'{shown}'"
    raise InvalidOption("ledger", f"{named} is not a ledger that can be opened; {_EXAMPLES}.")


def _version(transaction: Transaction, name: str) -> int | None:
    """The version of the ledger's tables, None where there is no table at all.

    Raises LedgerError where it is no ledger, or newer.
    """
    names = table_names(transaction)
    if not names:
        return None
    if LEDGER_SCHEMA not in names:
        raise LedgerError(
            f"{name} is a database, but no ledger of finops.cloud; correct ledger or FINOPS_LEDGER."
        )
    found = read(transaction, f"SELECT version FROM {LEDGER_SCHEMA}")  # noqa: S608
    if len(found) != 1:
        raise LedgerError(f"The ledger {name} does not say its schema; it is damaged, restore a backup.")
    version: int = found[0][0]
    if version > SCHEMA_VERSION:
        raise LedgerError(
            f"The ledger {name} has schema {version}, this finops.cloud knows {SCHEMA_VERSION};"
            " use the collection's version that wrote it."
        )
    return version
