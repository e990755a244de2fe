# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two users of one host: a neighbor lays out files in a folder that both may write to, a user finds them.

Root is both, by setuid in processes of their own. Who is not root lays the files out as themselves, and finds
them in a process that takes itself for another user: os.geteuid is the only thing that differs.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

IS_ROOT = os.geteuid() == 0
NEIGHBOR, USER, TEAM = (61_001, 61_002, 61_000) if IS_ROOT else (os.geteuid(), os.geteuid(), os.getegid())
#: Whom somebody who is not root takes themselves for.
PRETENDED = 61_002
#: A test that hangs is a fault, and no reason to hang the others.
_SECONDS = 20


@contextmanager
def shared_folder(mode: int) -> Iterator[Path]:
    """A folder of root and of the team, with that mode, which both users find."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "shared"
        folder.mkdir()
        os.chown(folder, -1, TEAM)
        folder.chmod(mode)
        yield folder


def as_neighbor(work: Callable[[], object]) -> None:
    """Have the neighbor do something, which must succeed."""
    assert _as_user(NEIGHBOR, work) == ""


def as_user(work: Callable[[], object]) -> str:
    """Have the user, who shares nothing yet, do something; the error that it raises, or nothing."""
    return _as_user(USER, work)


def as_user_beside_neighbor(work: Callable[[], object]) -> str:
    """Have the user do something where the neighbor has been; the error that it raises, or nothing."""

    def pretending() -> None:
        if not IS_ROOT:
            os.geteuid = lambda: PRETENDED
        work()

    return _as_user(USER, pretending)


def as_user_of_the_test(work: Callable[[], object]) -> str:
    """Do something in a process of its own, which it may limit; the error that it raises, or nothing."""
    return _as_user(None, work)


def _as_user(user: int | None, work: Callable[[], object]) -> str:
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        said = "it did not come to its end"
        try:
            signal.alarm(_SECONDS)
            if IS_ROOT and user is not None:
                os.setgroups([TEAM])
                os.setgid(TEAM)
                os.setuid(user)
            work()
            said = ""
        except Exception as error:  # noqa: BLE001 - whatever it is, the test reads it
            said = f"{type(error).__name__}: {error}"
        finally:
            os.write(write_end, said.encode())
            os._exit(0)
    os.close(write_end)
    _child, status = os.waitpid(child, 0)
    with os.fdopen(read_end) as stream:
        said = stream.read()
    return "it hung" if os.waitstatus_to_exitcode(status) == -signal.SIGALRM else said
