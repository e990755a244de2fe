# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bill in CSV into a plain table of SQLite: bill_into_table.py csv|pandas BILL DATABASE."""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

CHUNK = 50_000


def create(connection: sqlite3.Connection, columns: Sequence[str]) -> str:
    """Make the table; the statement that inserts a row."""
    connection.execute(f"CREATE TABLE charge ({', '.join(columns)})")
    connection.execute("CREATE INDEX by_time ON charge (ChargePeriodStart)")
    return f"INSERT INTO charge VALUES ({', '.join('?' * len(columns))})"


def by_csv(connection: sqlite3.Connection, path: str) -> None:
    with Path(path).open(newline="") as stream:
        rows = csv.reader(stream)
        connection.executemany(create(connection, next(rows)), rows)


def by_pandas(connection: sqlite3.Connection, path: str) -> None:
    import pandas

    insert = ""
    chunks: Iterable[Any] = pandas.read_csv(path, dtype=str, keep_default_na=False, chunksize=CHUNK)
    for chunk in chunks:
        insert = insert or create(connection, list(chunk.columns))
        connection.executemany(insert, chunk.itertuples(index=False, name=None))


def main(way: str, path: str, database: str) -> None:
    with sqlite3.connect(database) as connection:
        {"csv": by_csv, "pandas": by_pandas}[way](connection, path)
        ((count, total),) = connection.execute("SELECT count(*), sum(BilledCost) FROM charge")
    print(json.dumps({"points": str(count), "total": str(total)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
