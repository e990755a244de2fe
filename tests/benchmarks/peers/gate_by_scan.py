# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Costs in a plain table and a sum of them for each budget, in SQLite or PostgreSQL:
gate_by_scan.py fill DATABASE COSTS | ask DATABASE HOLDS.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

LIMIT_NANO, SPEND_NANO = 10**15, 10**9
SCOPES = (
    "true",
    "category = 'compute'",
    "team = 'team-1'",
    "category IN ('compute', 'storage') AND team = 'team-1'",
)
COLUMNS = ("at", "category", "project", "team", "nano")
#: Beside the tables of a ledger, in PostgreSQL.
TABLES = ("plain_cost", "plain_hold")
IN_SCOPE = "SELECT sum(nano) FROM {} WHERE {}"


def connect(database: str) -> tuple[Any, str]:
    """A connection, and how a parameter is written."""
    if database.startswith("postgresql"):
        import psycopg

        return psycopg.connect(database), "%s"
    return sqlite3.connect(database), "?"


def fill(database: str, path: str) -> None:
    """Write the costs, and as holds their first ones."""
    rows = [tuple(one[name] for name in COLUMNS) for one in json.loads(Path(path).read_text())]
    connection, mark = connect(database)
    cursor = connection.cursor()
    for table, of_table in zip(TABLES, (rows, rows[:1_000]), strict=True):
        cursor.execute(f"CREATE TABLE {table} (at text, category text, project text, team text, nano bigint)")
        cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join([mark] * len(COLUMNS))})", of_table)
        cursor.execute(f"CREATE INDEX {table}_by_time ON {table} (at)")
    connection.commit()


def ask(database: str, holds: str) -> None:
    """Sum this month for each budget, and tell whether one ICU more fits everywhere."""
    begin = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    month = tuple(f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (begin, (begin + timedelta(days=32)).replace(day=1)))
    connection, mark = connect(database)
    cursor = connection.cursor()
    found: dict[str, float] = {}
    fits = True
    for number, scope in enumerate(SCOPES):
        cursor.execute(f"{IN_SCOPE.format('plain_cost', scope)} AND at >= {mark} AND at < {mark}", month)
        spent = cursor.fetchone()[0] or 0
        reserved = 0
        if int(holds):
            cursor.execute(IN_SCOPE.format("plain_hold", scope))
            reserved = cursor.fetchone()[0] or 0
        fits = fits and spent + reserved + SPEND_NANO <= LIMIT_NANO
        found |= {f"spent {number}": spent / 10**9, f"reserved {number}": reserved / 10**9}
    print(json.dumps({name: str(value) for name, value in {"fits": fits, **found}.items()}))


if __name__ == "__main__":
    {"fill": fill, "ask": ask}[sys.argv[1]](*sys.argv[2:])
