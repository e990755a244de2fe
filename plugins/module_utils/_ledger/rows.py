# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Reading the ledger by SQL text over the database's own driver: what a gate needs, and no more.

A task is a new Python, and loading SQLAlchemy takes it longer than all that a gate asks the ledger. So what
gates read is asked here, with statements that every database understands; who writes has SQLAlchemy's
connection, and reads through the driver's that is below it, in the same transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

if TYPE_CHECKING:
    import sqlite3

    import psycopg
    from sqlalchemy import Connection

_TABLE_NAMES_IN_SQLITE = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'"
)
#: Without temporary tables, which are nobody else's.
_TABLE_NAMES_IN_POSTGRESQL = (
    "SELECT relname FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace"
    " WHERE relkind IN ('r', 'p') AND relpersistence <> 't' AND nspname <> 'pg_catalog' AND pg_catalog.pg_table_is_visible(pg_class.oid)"
)
_VALUE = re.compile(r":(\w+)")


@dataclass(frozen=True)
class PlainConnection:
    """An open transaction of sqlite3 or psycopg, for tasks that do without SQLAlchemy."""

    driver: sqlite3.Connection | psycopg.Connection[Any]
    on_postgresql: bool


#: What can be read from.
Transaction: TypeAlias = "Connection | PlainConnection"


def read(
    transaction: Transaction, statement: str, values: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """All rows of a SELECT.

    Its values are written as :name, for which there must be no other colon in it, nor a percent sign.

    Truth values come as they are stored, 0 and 1 from SQLite. Raises what the driver raises.
    """
    if on_postgresql(transaction):
        statement = _VALUE.sub(r"%(\1)s", statement)
    driver = cast("sqlite3.Connection", _driver(transaction))
    return driver.execute(statement, values or {}).fetchall()


def on_postgresql(transaction: Transaction) -> bool:
    """Whether the ledger is in PostgreSQL; it is in SQLite otherwise."""
    if isinstance(transaction, PlainConnection):
        return transaction.on_postgresql
    return transaction.dialect.name == "postgresql"


def table_names(transaction: Transaction) -> set[str]:
    """The names of the database's tables."""
    asked = _TABLE_NAMES_IN_POSTGRESQL if on_postgresql(transaction) else _TABLE_NAMES_IN_SQLITE
    return {name for (name,) in read(transaction, asked)}


def one_of(names: Sequence[str], prefix: str) -> tuple[str, dict[str, str]]:
    """What stands in the brackets of IN for these names, and their values; nothing is one of none."""
    values = {f"{prefix}_{number}": name for number, name in enumerate(names)}
    return ", ".join(f":{name}" for name in values) or "NULL", values


@contextmanager
def as_the_driver_raised_it() -> Iterator[None]:
    """Takes SQLAlchemy's wrapping off what a driver raised, so that a ledger's problems are told alike with
    and without it.
    """
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        raise (error.orig or error) from error


def _driver(transaction: Transaction) -> Any:
    return (
        transaction.driver
        if isinstance(transaction, PlainConnection)
        else transaction.connection.driver_connection
    )
