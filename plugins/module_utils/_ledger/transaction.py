# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Asking and writing the ledger by SQL text over the database's own driver (design/ledger.md#where-it-lies).

A statement is written once for SQLite and PostgreSQL. Its values stand in it as :name. It has no
percent sign, because psycopg writes :name as %(name)s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, count
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    import sqlite3

    import psycopg

#: What no database takes and a cloud's answer may have; options with it are refused before.
LONE_SURROGATE = "text that contains a lone surrogate"
_TABLE_NAMES_IN_SQLITE = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'"
)
#: Without temporary tables, which are nobody else's.
_TABLE_NAMES_IN_POSTGRESQL = (
    "SELECT relname FROM pg_catalog.pg_class"
    " JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace"
    " WHERE relkind IN ('r', 'p') AND relpersistence <> 't' AND nspname <> 'pg_catalog'"
    " AND pg_catalog.pg_table_is_visible(pg_class.oid)"
)
_VALUE = re.compile(r"(?<!:):(\w+)")
#: How many rows an INSERT takes: with up to 19 values each as many as the oldest SQLite allows, which is 999.
_ROWS_AT_ONCE = 50
#: How many rows a stream holds: many, as a database elsewhere is asked for each of so many.
_STREAMED_AT_ONCE = 2_000
#: Cursors of one transaction of PostgreSQL need names of their own.
_cursor_numbers = count()
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Transaction:
    """An open transaction of sqlite3 or psycopg. recorded_at: for commit_clock, which fills it. archived: for
    archived_months, in the same way. remembered: ids of rows that nobody ever changes or removes (series.py),
    for all transactions of a connection as long as each is committed.
    """

    driver: sqlite3.Connection | psycopg.Connection[Any]
    on_postgresql: bool
    recorded_at: list[int] = field(default_factory=list, compare=False, repr=False)
    archived: list[Any] = field(default_factory=list, compare=False, repr=False)
    remembered: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)


def read(
    transaction: Transaction, statement: str, values: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """All rows of a SELECT.

    Truth values come as they are stored, 0 and 1 from SQLite; PostgreSQL's sums come as Decimal. Raises what
    the driver raises, as all functions here do.
    """
    return _driver(transaction).execute(_spelled(transaction, statement), values or {}).fetchall()


def read_by_name(
    transaction: Transaction, names: Sequence[str], statement: str, values: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """read() as a dict for each row, for a SELECT of so many columns as there are names."""
    return [dict(zip(names, row, strict=True)) for row in read(transaction, statement, values)]


def stream(
    transaction: Transaction, statement: str, values: Mapping[str, Any] | None = None
) -> Iterator[tuple[Any, ...]]:
    """The rows of a SELECT, however many: few are held at a time, on the server too."""
    spelled, driver = _spelled(transaction, statement), _driver(transaction)
    if transaction.on_postgresql:
        with cast("Any", driver).cursor(name=f"finops_{next(_cursor_numbers)}") as cursor:
            cursor.execute(spelled, values or {})
            while rows := cursor.fetchmany(_STREAMED_AT_ONCE):
                yield from rows
    else:
        # Not closed here: who stops in the middle may have closed the connection before.
        cursor = driver.execute(spelled, values or {})
        while rows := cursor.fetchmany(_STREAMED_AT_ONCE):
            yield from rows


def execute(transaction: Transaction, statement: str, values: Mapping[str, Any] | None = None) -> int:
    """Carry out a statement that returns no rows; how many rows it changed."""
    return _driver(transaction).execute(_spelled(transaction, statement), values or {}).rowcount


def define(transaction: Transaction, statement: str) -> None:
    """Carry out a statement as it is written, without values: colons and percent signs stay."""
    _driver(transaction).execute(statement)


def execute_many(transaction: Transaction, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Carry out a statement once for each of these values."""
    if rows:
        _driver(transaction).cursor().executemany(_spelled(transaction, statement), rows)


def insert(transaction: Transaction, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that name the same columns in the same order."""
    if rows:
        insert_tuples(transaction, table, tuple(rows[0]), [tuple(row.values()) for row in rows])


def insert_tuples(
    transaction: Transaction, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows whose values stand in the order of the columns: fifty by one statement, as a million one
    by one take twice as long.
    """
    in_groups = len(rows) // _ROWS_AT_ONCE * _ROWS_AT_ONCE
    groups = [
        tuple(chain.from_iterable(rows[at : at + _ROWS_AT_ONCE])) for at in range(0, in_groups, _ROWS_AT_ONCE)
    ]
    for row_count, inserted in ((_ROWS_AT_ONCE, groups), (1, rows[in_groups:])):
        if inserted:
            statement = _insert_text(transaction.on_postgresql, table, columns, row_count)
            _driver(transaction).cursor().executemany(statement, inserted)


def copy_tuples(
    transaction: Transaction, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
) -> None:
    """insert_tuples() by one statement, however many rows there are. On PostgreSQL only."""
    names = ", ".join(f'"{name}"' for name in columns)
    with (
        cast("Any", transaction.driver).cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def insert_numbered(transaction: Transaction, table: str, row: Mapping[str, Any]) -> int:
    """Insert one row into a table that numbers its rows; its id."""
    statement = _insert_text(transaction.on_postgresql, table, tuple(row), 1)
    if transaction.on_postgresql:
        ((number,),) = _driver(transaction).execute(f"{statement} RETURNING id", tuple(row.values()))
        return int(number)
    return int(_driver(transaction).execute(statement, tuple(row.values())).lastrowid or 0)


def table_names(transaction: Transaction) -> set[str]:
    """The names of the database's tables."""
    asked = _TABLE_NAMES_IN_POSTGRESQL if transaction.on_postgresql else _TABLE_NAMES_IN_SQLITE
    return {name for (name,) in read(transaction, asked)}


def one_of(names: Sequence[_Value], prefix: str) -> tuple[str, dict[str, _Value]]:
    """What stands in the brackets of IN for these names, and their values; nothing is one of none."""
    values = {f"{prefix}_{number}": name for number, name in enumerate(names)}
    return ", ".join(f":{name}" for name in values) or "NULL", values


@lru_cache(maxsize=64)
def _insert_text(on_postgresql: bool, table: str, columns: tuple[str, ...], row_count: int) -> str:
    """SQL that takes so many rows by position; of the names, `end` is a word of SQL to every database."""
    names = ", ".join(f'"{name}"' for name in columns)
    row = ", ".join(["%s" if on_postgresql else "?"] * len(columns))
    rows = ", ".join([f"({row})"] * row_count)
    return f"INSERT INTO {table} ({names}) VALUES {rows}"  # noqa: S608


def _spelled(transaction: Transaction, statement: str) -> str:
    return _of_psycopg(statement) if transaction.on_postgresql else statement


@lru_cache(maxsize=256)
def _of_psycopg(statement: str) -> str:
    return _VALUE.sub(r"%(\1)s", statement)


def _driver(transaction: Transaction) -> sqlite3.Connection:
    """What both drivers can do alike."""
    return cast("sqlite3.Connection", transaction.driver)
