# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests ask of a ledger besides: its whole sum, how many statements something takes, and a URL of
another login.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger.totals import Selection, totals
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import Transaction


def sums(transaction: Transaction, window: Window) -> dict[str, int]:
    """currency -> sum in 1e-9 units of all entries that begin in the window."""
    return {total.currency: total.amount_nano for total in totals(transaction, Selection(window))}


class _Counted:
    """A connection or cursor that does the same, and whose statements are listed."""

    def __init__(self, real: Any, statements: list[str]) -> None:
        self._real, self._statements = real, statements

    def cursor(self, **named: Any) -> _Counted:
        return _Counted(self._real.cursor(**named), self._statements)

    def copy(self, statement: str) -> Any:
        self._statements.append(statement)
        return self._real.copy(statement)

    def __enter__(self) -> _Counted:
        return self

    def __exit__(self, *_error: object) -> None:
        self._real.close()

    def execute(self, statement: str, *values: Any) -> Any:
        self._statements.append(statement)
        return self._real.execute(statement, *values)

    def executemany(self, statement: str, rows: Any) -> Any:
        self._statements.append(statement)
        return self._real.executemany(statement, rows)


def counted(transaction: Transaction) -> tuple[Transaction, list[str]]:
    """The same transaction, and the list of the statements that it is given from here on; one that is given
    many rows is one.
    """
    statements: list[str] = []
    driver: Any = _Counted(transaction.driver, statements)
    return Transaction(driver, transaction.on_postgresql), statements


def parts_of(url: str) -> Mapping[str, Any]:
    """Where the database of a URL is: host, port and dbname, as psycopg calls them."""
    parts = urlsplit(url)
    return {"host": parts.hostname, "port": parts.port, "dbname": parts.path.removeprefix("/")}


def with_parts(url: str, **parts: Any) -> str:
    """The URL with another username, password, host, port or database."""
    old = urlsplit(url)
    kept = {
        "username": old.username,
        "password": old.password,
        "host": old.hostname,
        "port": old.port,
        "database": old.path.removeprefix("/"),
        **parts,
    }
    place = "{username}:{password}@{host}:{port}".format(**kept)
    return urlunsplit((old.scheme, place, f"/{kept['database']}", "", ""))
