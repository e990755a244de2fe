# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many writers at once, and writers that die at any point, lose nothing that was acknowledged and
write nothing twice (design/ledger.md#one-writer-at-a-time).
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger import entries
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading, writing
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import read

from .rolled_up import assert_roll_up_equals_the_rows

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerOptions:
    if request.param == "postgresql":
        return LedgerOptions(request.getfixturevalue("postgresql_url"), 120)
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db", 120)


def write_entries(
    options: LedgerOptions, source: str, numbers: Iterable[int], told: int | None = None
) -> None:
    """One transaction per entry; each is told of through the pipe once its transaction is committed."""
    for number in numbers:
        entry = entries.Entry(source, str(number), "usage", "other", Window(MOMENT, MOMENT), 1, "ICU")
        with writing(options) as opened:
            entries.write(opened.connection, entry, MOMENT, "test")
        if told is not None:
            os.write(told, f"{number}\n".encode())


def forked(work: Callable[[], None]) -> int:
    """A process that does the work and ends with 0, or with 1 where it fails."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def names(options: LedgerOptions) -> list[tuple[str, str]]:
    """Source and key of every row. The roll-up, and on SQLite the file, are found whole."""
    with reading(options) as opened:
        assert_roll_up_equals_the_rows(opened.connection)
        if not opened.connection.on_postgresql:
            assert read(opened.connection, "PRAGMA integrity_check") == [("ok",)]
        found: list[tuple[str, str]] = read(opened.connection, "SELECT source, key FROM entry")
        return found


@pytest.mark.parametrize("each", [25, pytest.param(1_000, marks=pytest.mark.heavy)])
def test_eight_processes_that_write_at_once_keep_every_row(ledger: LedgerOptions, each: int) -> None:
    """The ledger is not there yet: one of them makes it."""
    writers = [forked(partial(write_entries, ledger, f"writer {writer}", range(each))) for writer in range(8)]
    assert [os.waitstatus_to_exitcode(os.waitpid(writer, 0)[1]) for writer in writers] == [0] * 8
    assert sorted(names(ledger)) == sorted(
        (f"writer {writer}", str(number)) for writer in range(8) for number in range(each)
    )


def acknowledged_before_the_kill(options: LedgerOptions, source: str) -> list[str]:
    """Keys that a writer was told are written, before it was killed without warning, at any point of any of
    its first writes.
    """
    read_end, write_end = os.pipe()
    child = forked(lambda: write_entries(options, source, count(), write_end))
    os.close(write_end)
    with os.fdopen(read_end) as stream:
        told = [stream.readline() for _number in range(random.randint(0, 12))]
        time.sleep(random.uniform(0, 0.01))
        os.kill(child, signal.SIGKILL)
        _child, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        return [line.strip() for line in (*told, *stream)]


@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=pytest.mark.heavy)])
def test_writers_that_are_killed_lose_nothing_that_was_acknowledged(
    ledger: LedgerOptions, kills: int
) -> None:
    with writing(ledger):
        pass
    acknowledged: set[tuple[str, str]] = set()
    for kill in range(kills):
        source = f"writer {kill}"
        acknowledged |= {(source, key) for key in acknowledged_before_the_kill(ledger, source)}
    found = names(ledger)
    assert len(acknowledged) > kills
    assert acknowledged <= set(found)
    assert len(found) == len(set(found))
    # Of each writer at most the one that was under way is there without having been told.
    assert len(found) <= len(acknowledged) + kills
