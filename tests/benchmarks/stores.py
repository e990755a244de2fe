# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The databases of ledgers: a new file of SQLite, or a PostgreSQL that is started for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import psycopg
from ansible_collections.finops.cloud.plugins.module_utils._core.money import format_exact
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading
from ansible_collections.finops.cloud.plugins.module_utils._ledger.totals import Selection, totals

from .cloud import ROOT
from .measuring import Found

SERVER = ROOT / "tests" / "integration" / "targets" / "setup_postgresql" / "files" / "server.py"
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The URL of an empty database of PostgreSQL."""

    def server(command: str) -> str:
        argv = [sys.executable, str(SERVER), command, "--directory", str(folder / "postgresql")]
        return subprocess.run(argv, stdout=subprocess.PIPE, check=True, text=True).stdout

    state = json.loads(server("start"))
    try:
        # A ledger needs no more than its database; these are made one after the other.
        admin = {name: state[name] for name in ("host", "port")} | state["admin"]
        with psycopg.connect(**admin, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"ALTER ROLE {state['user']} CREATEDB")
        yield str(state["url"])
    finally:
        server("stop")


@contextmanager
def store(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty ledger."""
    if kind == POSTGRESQL:
        with postgresql(folder) as server:
            yield server
    else:
        yield f"sqlite:///{folder}/ledger.db"


def new_ledger(kind: str, folder: Path, server: str, number: int) -> str:
    """The URL of one more empty ledger: a file in the folder, or a database of the server, which the URL of
    another one of it tells.
    """
    if kind == SQLITE:
        return f"sqlite:///{folder}/ledger-{number}.db"
    name = f"ledger_{uuid4().hex}"
    with psycopg.connect(plain_url(server), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server.rpartition('/')[0]}/{name}"


def plain_url(url: str) -> str:
    """As psycopg takes it."""
    return url.replace("+psycopg", "")


def vacuum(url: str) -> None:
    """What PostgreSQL does by itself within a minute: behind a month of imports it has, behind many entries
    at once it has not yet.
    """
    if not url.startswith("sqlite"):
        with psycopg.connect(plain_url(url), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


def size_bytes(url: str) -> int:
    """What a ledger takes on disk."""
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        return sum(one.stat().st_size for one in path.parent.glob(f"{path.name}*"))
    with psycopg.connect(plain_url(url)) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return int(row[0])


def in_ledger(url: str, window: Window) -> Found:
    """How many entries a ledger has of a window, and their sum."""
    with reading(LedgerOptions(url)) as ledger:
        found = totals(ledger.connection, Selection(window))
    nano = sum(one.amount_nano for one in found)
    return {
        "points": str(sum(one.entry_count for one in found)),
        "total": format_exact(Decimal(nano).scaleb(-9)),
    }
