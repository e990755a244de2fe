# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""A lock beside a ledger of SQLite that outlasts transactions, and ends with its process however that ends
(design/imports.md#whole-or-not-at-all).
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from .._core.errors import LedgerError
from .._core.trusted_paths import folder_of, look_at, new_file_in

#: What is behind the ledger's name in that of the file. It holds nothing and stays.
_ENDING = "-import"
_TRY_AGAIN_SECONDS = 0.05
#: So many bytes of a file can be locked, whatever its length is: each name locks one of them.
_PLACES = 2**62


@contextmanager
def locked(ledger: Path, shown: str, name: str, timeout_seconds: int) -> Iterator[None]:
    """The lock of a name. shown: the ledger, for a sentence. Raises LedgerError where another process has it
    for all of that time; OSError as look_at() does.
    """
    handle = _opened(ledger)
    place = int.from_bytes(sha256(name.encode("utf-8", "surrogatepass")).digest()[:8], "big") % _PLACES
    until = time.monotonic() + timeout_seconds
    try:
        while True:
            try:
                fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
                break
            except (BlockingIOError, PermissionError) as error:
                # POSIX allows both.
                if time.monotonic() >= until:
                    raise LedgerError(
                        f"The ledger {shown} cannot be used: another run is importing this source; try again"
                        " or raise ledger_timeout."
                    ) from error
            time.sleep(_TRY_AGAIN_SECONDS)
        yield
    finally:
        os.close(handle)


def _opened(ledger: Path) -> int:
    """The file to lock, made with the rights of the ledger where it is missing."""
    name = ledger.name + _ENDING
    with folder_of(ledger) as folder:
        with suppress(FileExistsError):
            handle = new_file_in(folder, name)
            os.fchmod(handle, os.stat(ledger.name, dir_fd=folder).st_mode & 0o666)
            os.close(handle)
        look_at(folder, name)
        return os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
