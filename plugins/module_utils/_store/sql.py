# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Opening the ledger (rule L3 of docs/rules.md): where it lies, who may create it, and what each database needs to be safe."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._store.schema import SCHEMA_VERSION, tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

DEFAULT_TIMEOUT_SECONDS = 30
_SQLITE = "sqlite:///"
#: SQLite's locks are not reliable there (https://www.sqlite.org/faq.html#q5).
NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "fuse.sshfs")


@dataclass(frozen=True)
class LedgerOptions:
    """url: SQLAlchemy URL, None for $FINOPS_LEDGER or the default file. timeout_seconds: how long to wait for another writer."""

    url: str | None = None
    timeout_seconds: int = DEFAULT_TIMEOUT_SECONDS


@dataclass(frozen=True)
class Ledger:
    """One open transaction on the ledger, and whether opening it created it."""

    connection: Connection
    url: str
    created: bool


def ledger_url(options: LedgerOptions, environment: Mapping[str, str] | None = None) -> str:
    """The ledger's URL: the option, $FINOPS_LEDGER, or sqlite:///$XDG_DATA_HOME/finops/ledger.db."""
    environment = os.environ if environment is None else environment
    data_home = environment.get("XDG_DATA_HOME") or str(Path("~/.local/share").expanduser())
    return options.url or environment.get("FINOPS_LEDGER") or f"{_SQLITE}{data_home}/finops/ledger.db"


def exists(options: LedgerOptions) -> bool:
    """Whether there is a file to read: what only check mode may ask, which answers as if the ledger had just been created."""
    return _sqlite_path(options).exists()


def shown(options: LedgerOptions) -> str:
    """The ledger's URL as results show it."""
    return f"{_SQLITE}{_sqlite_path(options)}"


@contextmanager
def reading(options: LedgerOptions) -> Iterator[Ledger]:
    """The ledger for reading only. Raises LedgerError where it is missing, corrupt, newer, or does not answer."""
    path = _sqlite_path(options)
    with _one_sentence(path):
        _refuse_network_file_system(path)
        if not path.exists():
            raise LedgerError(
                f"The ledger {path} does not exist; define a budget or record a cost there first, or correct ledger or FINOPS_LEDGER."
            )
        with _transaction(_engine(path, options.timeout_seconds, read_only=True), "BEGIN") as connection:
            _refuse_other_schema(connection, path)
            yield Ledger(connection, shown(options), created=False)


@contextmanager
def writing(options: LedgerOptions) -> Iterator[Ledger]:
    """The ledger in one transaction that is committed at the end or not at all; created, readable by its owner only, if missing.

    Raises LedgerError where it is corrupt, newer, cannot be written, lies on a network file system, or is locked beyond the timeout.
    """
    path = _sqlite_path(options)
    with _one_sentence(path):
        _refuse_network_file_system(path)
        _create_private_file(path)
        with _transaction(_engine(path, options.timeout_seconds, read_only=False), "BEGIN IMMEDIATE") as connection:
            created = _create_tables(connection)
            if not created:
                _refuse_other_schema(connection, path)
            yield Ledger(connection, shown(options), created=created)


def _sqlite_path(options: LedgerOptions) -> Path:
    url = ledger_url(options)
    if not url.startswith(_SQLITE) or not url.removeprefix(_SQLITE) or url.endswith(":memory:"):
        shown = url.partition("://")[0] + "://..." if "://" in url else url
        raise InvalidOption(
            "ledger", f"'{shown}' is no ledger that can be opened; write sqlite:////absolute/path/ledger.db."
        )
    path = Path(url.removeprefix(_SQLITE)).expanduser()
    return path if path.is_absolute() else Path.cwd() / path


def _create_private_file(path: Path) -> None:
    """The file 0600 in a 0700 folder: costs are nobody else's business. What exists keeps its rights."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _refuse_network_file_system(path: Path) -> None:
    """Raise LedgerError where the path is on NFS, CIFS or their like. Without /proc/mounts (not Linux) nothing is known of that."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    kind = file_system_of(path, mounts)
    if kind in NETWORK_FILE_SYSTEMS:
        raise LedgerError(f"The ledger {path} would lie on {kind}, where SQLite cannot lock safely; use a local disk.")


def file_system_of(path: Path, mounts: str) -> str:
    """The type of file system that a path lies on, by the text of /proc/mounts (proc(5)); empty where no mount holds it."""
    folder = f"{path.parent.resolve()}/"
    rows = [line.split() for line in mounts.splitlines()]
    # Later mounts cover earlier ones on the same place; spaces are written as \040.
    points = [(row[1].replace("\\040", " ").rstrip("/") + "/", row[2]) for row in rows]
    holding = [(len(point), number, kind) for number, (point, kind) in enumerate(points) if folder.startswith(point)]
    return max(holding)[2] if holding else ""


def _engine(path: Path, timeout_seconds: int, read_only: bool) -> Engine:
    """An engine for one connection, whose transactions begin as we say: SQLite's own are switched off.

    Readers refuse to write by query_only; opened with mode=ro they would leave the files of the write-ahead log behind.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    settings = ["query_only=ON"] if read_only else ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"]

    def connect() -> sqlite3.Connection:
        uri = f"file:{quote(str(path))}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, timeout=timeout_seconds, isolation_level=None)
        # The journal's mode is written into the file: one that is no ledger is refused later, and stays as it is.
        for setting in settings if read_only or not _is_foreign(connection) else []:
            connection.execute(f"PRAGMA {setting}").close()
        return connection

    creator: Callable[[], Any] = connect
    return create_engine("sqlite://", creator=creator, poolclass=NullPool)


def _is_foreign(connection: sqlite3.Connection) -> bool:
    """Whether another program made this database."""
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return bool(names) and tables().ledger_schema.name not in names


@contextmanager
def _transaction(engine: Engine, begin: str) -> Iterator[Connection]:
    from sqlalchemy import event

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "begin", start)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _create_tables(connection: Connection) -> bool:
    """Create the tables in an empty database; whether that was so. Inside the transaction: another process sees all or nothing."""
    from sqlalchemy import inspect

    if inspect(connection).get_table_names():
        return False
    tables().metadata.create_all(connection)
    connection.execute(tables().ledger_schema.insert().values(version=SCHEMA_VERSION))
    return True


def _refuse_other_schema(connection: Connection, path: Path) -> None:
    from sqlalchemy import inspect, select

    schema = tables().ledger_schema
    names = inspect(connection).get_table_names()
    if not names:
        raise LedgerError(f"The ledger {path} is empty; define a budget or record a cost there first.")
    if schema.name not in names:
        raise LedgerError(f"{path} is a database, but no ledger of finops.cloud; correct ledger or FINOPS_LEDGER.")
    version = connection.execute(select(schema.c.version)).scalar_one()
    if version != SCHEMA_VERSION:
        raise LedgerError(
            f"The ledger {path} has schema {version}, this finops.cloud knows {SCHEMA_VERSION}; use the collection's version that wrote it."
        )


@contextmanager
def _one_sentence(path: Path) -> Iterator[None]:
    """Turns what the database and the file system raise into one LedgerError."""
    from sqlalchemy.exc import DBAPIError, NoResultFound

    try:
        yield
    except DBAPIError as error:
        raise LedgerError(_sentence(path, str(error.orig))) from error
    except sqlite3.Error as error:
        raise LedgerError(_sentence(path, str(error))) from error
    except NoResultFound as error:
        raise LedgerError(f"The ledger {path} does not say its schema; it is damaged, restore a backup.") from error
    except OSError as error:
        raise LedgerError(f"The ledger {path} cannot be opened: {error.strerror}.") from error


def _sentence(path: Path, problem: str) -> str:
    advice = {
        "database is locked": "another run is writing; try again or raise ledger_timeout",
        "file is not a database": "it is no SQLite database; correct ledger or FINOPS_LEDGER",
        "disk image is malformed": "it is damaged; restore a backup",
        "readonly database": "this user may not write it",
        "unable to open database file": "this user may not open it",
        "disk is full": "the disk is full",
    }
    known = next((said for text, said in advice.items() if text in problem), problem)
    return f"The ledger {path} cannot be used: {known}."
