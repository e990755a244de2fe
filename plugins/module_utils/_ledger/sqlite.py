# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A ledger in a file of SQLite (design/ledger.md#where-it-lies): what it needs to be safe, and what its
errors mean.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .._core.errors import InvalidOption, LedgerError
from .._core.trusted_paths import folder_of, look_at, make_private_folders, new_file_in, resolve
from .._core.visible_text import shortened
from .schema import LEDGER_SCHEMA
from .transaction import LONE_SURROGATE, Transaction, table_names

PREFIX = "sqlite:///"
#: Characters of a file's name in a sentence.
LONGEST_NAME = 500
#: How long looking at a file waits for whoever recovers it after a crash.
_TO_LOOK_SECONDS = 5
#: How often it is tried to change a file's journal.
_TRY_AGAIN_SECONDS = 0.01
#: What SQLite keeps beside its file: the write-ahead log, its index, and the log of other programs' writes.
_BESIDE = ("-wal", "-shm", "-journal")
#: The files that this process has open.
_OPEN_FILES = Path("/dev/fd")
#: SQLite's locks are not reliable there (https://www.sqlite.org/faq.html#q5).
NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "fuse.sshfs")


@dataclass(frozen=True)
class File:
    """Where a ledger lies: an absolute path."""

    path: Path

    @classmethod
    def of(cls, url: str) -> File:
        """The file that a URL names, relative to the current folder where it is not absolute.

        Raises InvalidOption for a home folder that is not known.
        """
        try:
            path = Path(url.removeprefix(PREFIX)).expanduser()
        except RuntimeError as error:
            raise InvalidOption("ledger", "names the home folder of a user that there is not.") from error
        return cls(path if path.is_absolute() else Path.cwd() / path)

    @property
    def url(self) -> str:
        """As results show it."""
        return f"{PREFIX}{self.path}"

    @property
    def name(self) -> str:
        """As sentences name it."""
        return shortened(str(self.path), LONGEST_NAME)

    def exists(self) -> bool:
        """Whether there is a file that holds tables: one whose first writer was killed before its first
        commit holds none.

        Raises LedgerError where that cannot be read.
        """
        with self.one_sentence():
            if not resolve(self.path).exists():
                return False
            with self.reading(_TO_LOOK_SECONDS) as transaction:
                return bool(table_names(transaction))

    def refuse_missing(self) -> None:
        """Raise LedgerError where there is no file; OSError as resolve() does."""
        if not resolve(self.path).exists():
            raise LedgerError(
                f"The ledger {self.name} does not exist; define a budget or record a cost there first,"
                " or correct ledger or FINOPS_LEDGER."
            )

    @contextmanager
    def reading(self, timeout_seconds: int) -> Iterator[Transaction]:
        """A transaction that sees one moment and cannot write."""
        place = resolve(self.path)
        _refuse_network_file_system(place)
        self.refuse_missing()
        with closing(_connection(place, timeout_seconds, read_only=True)) as driver:
            driver.execute("BEGIN")
            # Nothing is to be kept: closing it ends the transaction.
            yield Transaction(driver, on_postgresql=False)

    @contextmanager
    def session(self, timeout_seconds: int) -> Iterator[Callable[[], AbstractContextManager[Transaction]]]:
        """Transactions over one connection, of which each is the only one that writes until it ends.

        The file is created, readable by its owner only, if missing.
        """
        place = resolve(self.path)
        _refuse_network_file_system(place)
        _create_private_file(place)
        with closing(_connection(place, timeout_seconds, read_only=False)) as driver:
            remembered: dict[Any, Any] = {}
            yield lambda: _writing(driver, remembered)

    @contextmanager
    def alone(self, name: str, timeout_seconds: int) -> Iterator[Callable[[], None]]:
        """As sql.alone(). The kernel keeps the lock as long as there is the process."""
        from .sqlite_lock import locked

        place = resolve(self.path)
        _create_private_file(place)
        with locked(place, self.name, name, timeout_seconds):
            yield lambda: None

    def one_sentence(self) -> AbstractContextManager[None]:
        """Turns what the database and the file system raise into one LedgerError."""
        return _one_sentence(self.path, self.name)


def _create_private_file(place: Path) -> None:
    """The file 0600 in 0700 folders: costs are nobody else's business. What exists keeps its rights.

    What exists is not opened: closing it would end the locks that this process has on it.
    """
    make_private_folders(place.parent)
    with folder_of(place) as folder, suppress(FileExistsError):
        os.close(new_file_in(folder, place.name))


def _trusted(place: Path) -> os.stat_result:
    """The status of the file.

    Raises OSError where it, or what SQLite keeps beside it and takes into it, is no file or could be another
    user's work.
    """
    with folder_of(place) as folder:
        found = look_at(folder, place.name)
        for ending in _BESIDE:
            look_at(folder, place.name + ending)
    if found is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return found


def _refuse_exchanged(place: Path, found: os.stat_result) -> None:
    """Raise OSError unless the file with that status is open: another one was put in its place meanwhile."""
    # Where the system does not list what is open, the place itself has to do.
    opened = [*_OPEN_FILES.iterdir()] if _OPEN_FILES.is_dir() else [place]
    for one in opened:
        # The listing itself was open, too.
        with suppress(OSError):
            if os.path.samestat(os.stat(one), found):
                return
    raise PermissionError(errno.EPERM, "another file was put in its place while it was opened")


def _refuse_network_file_system(path: Path) -> None:
    """Raise LedgerError where the path is on NFS, CIFS or their like.

    Without /proc/mounts (not Linux) nothing is known of that.
    """
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    kind = file_system_of(path, mounts)
    if kind in NETWORK_FILE_SYSTEMS:
        raise LedgerError(
            f"The ledger {path} would lie on {kind}, where SQLite cannot lock safely; use a local disk."
        )


def file_system_of(path: Path, mounts: str) -> str:
    """The type of file system that a path lies on, by the text of /proc/mounts (proc(5)); empty where no
    mount holds it.
    """
    folder = f"{path.parent.resolve()}/"
    rows = [line.split() for line in mounts.splitlines()]
    # Later mounts cover earlier ones on the same place; spaces are written as \040.
    points = [(row[1].replace("\\040", " ").rstrip("/") + "/", row[2]) for row in rows]
    holding = [
        (len(point), number, kind) for number, (point, kind) in enumerate(points) if folder.startswith(point)
    ]
    return max(holding)[2] if holding else ""


def _connection(path: Path, timeout_seconds: int, read_only: bool) -> sqlite3.Connection:
    """A connection whose transactions begin as we say: SQLite's own are switched off.

    Readers refuse to write by query_only; opened with mode=ro they would leave the files of the write-ahead
    log behind.
    """
    uri = f"file:{quote(str(path))}?mode=rw"
    found = _trusted(path)
    connection = sqlite3.connect(uri, uri=True, timeout=timeout_seconds, isolation_level=None)
    _refuse_exchanged(path, found)
    # The journal's mode is written into the file: one that is no ledger is refused later, and stays as it is.
    if not read_only and not _is_foreign(connection):
        _log_ahead(connection, timeout_seconds)
    settings = ["query_only=ON"] if read_only else ["synchronous=FULL", "foreign_keys=ON"]
    for setting in settings:
        connection.execute(f"PRAGMA {setting}").close()
    return connection


def _log_ahead(connection: sqlite3.Connection, timeout_seconds: int) -> None:
    """Have the file written by a write-ahead log, which it keeps from then on.

    Raises sqlite3.OperationalError where somebody else has it locked for all of that time: SQLite waits for
    other locks by itself, and not for this one, which those meet who write first to a new ledger at once.
    """
    until = time.monotonic() + timeout_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
        time.sleep(_TRY_AGAIN_SECONDS)


@contextmanager
def _writing(driver: sqlite3.Connection, remembered: dict[Any, Any]) -> Iterator[Transaction]:
    """A transaction that nobody else writes beside: kept at the end, or nothing of it where that fails."""
    driver.execute("BEGIN IMMEDIATE")
    try:
        yield Transaction(driver, on_postgresql=False, remembered=remembered)
        driver.execute("COMMIT")
    except BaseException:
        remembered.clear()
        # SQLite may have ended it by itself, as on a full disk; then this does nothing.
        driver.rollback()
        raise


def _is_foreign(connection: sqlite3.Connection) -> bool:
    """Whether another program made this database."""
    names = table_names(Transaction(connection, on_postgresql=False))
    return bool(names) and LEDGER_SCHEMA not in names


@contextmanager
def _one_sentence(path: Path, name: str) -> Iterator[None]:
    """Turns what the database and the file system raise into one LedgerError."""
    try:
        yield
    except sqlite3.Error as error:
        raise LedgerError(_sentence(path, name, str(error))) from error
    except UnicodeEncodeError as error:
        raise LedgerError(f"The ledger {name} cannot store {LONE_SURROGATE}.") from error
    except OverflowError as error:
        raise LedgerError(_sentence(path, name, "a number is more than one row can hold (9.2e9)")) from error
    except IsADirectoryError as error:
        raise LedgerError(_sentence(path, name, str(error.strerror))) from error
    except OSError as error:
        raise LedgerError(f"The ledger {name} cannot be opened: {error.strerror}.") from error


def _sentence(path: Path, name: str, problem: str) -> str:
    advice = {
        "database is locked": "another run is writing; try again or raise ledger_timeout",
        "file is not a database": "it is not a SQLite database; correct ledger or FINOPS_LEDGER",
        "disk image is malformed": "it is damaged; restore a backup",
        "readonly database": "this user may not write it",
        "unable to open database file": "this user may not open it",
        "disk is full": "the disk is full",
        "disk I/O error": (
            "the disk does not take or give what is written there, or a limit on file sizes is reached"
        ),
    }
    if path.is_dir():
        return f"The ledger {name} is a folder; name a file, such as sqlite:///{name}/ledger.db."
    known = next((said for text, said in advice.items() if text in problem), problem)
    return f"The ledger {name} cannot be used: {known}."
