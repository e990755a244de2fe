# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is killed while months are archived or restored, every entry is in the ledger or in a file that
was verified, no sum differs, and the next run goes on (design/ledger.md#archived-months).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._export.ledger_archive import archive, restore
from ansible_collections.finops.cloud.plugins.module_utils._ledger import comparison, sql

from . import archives
from .archives import JANUARY, asked, every_sum, hour, task

ROOT = Path(__file__).parents[5]
MONTHS = ("2026-01", "2026-02")
LEFT = "SELECT count(*) FROM entry_row"
STATES = "SELECT count(*) FROM archived_month WHERE state <> 'restored'"


def ready(options: sql.LedgerOptions, state: str, folder: Path) -> subprocess.Popen[str]:
    """A run in a process of its own, which begins with begin()."""
    process = subprocess.Popen(
        archives.arguments(str(options.url), state, folder, MONTHS),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def begin(process: subprocess.Popen[str]) -> float:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return time.monotonic()


def length_of(options: sql.LedgerOptions, state: str, folder: Path) -> float:
    """How long a run takes that is not killed, in seconds."""
    with ready(options, state, folder) as process:
        began = begin(process)
        assert process.wait() == 0
    return time.monotonic() - began


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.heavy)])
def test_runs_that_are_killed_lose_nothing_and_are_finished(
    request: pytest.FixtureRequest, tmp_path: Path, store: str, kills: int
) -> None:
    url = request.getfixturevalue("postgresql_url") if store == "postgresql" else f"sqlite:///{tmp_path}/l.db"
    options, folder = sql.LedgerOptions(url, 120), tmp_path / "archive"
    archives.fill(options)
    more = (hour(JANUARY + timedelta(hours=at), f"m-{one}") for at in range(1000) for one in range(8))
    archives.write(options, *more)
    rows, sums = asked(options, archives.ROWS), every_sum(options)
    (((whole,),),) = asked(options, LEFT)
    lengths = {state: length_of(options, state, folder) for state in ("archived", "restored")}
    in_between = 0
    for number in range(kills):
        state = random.choice(["archived", "restored"])
        with ready(options, state, folder) as process:
            begin(process)
            waited = random.uniform(0, lengths[state])
            time.sleep(waited)
            if process.poll() is None:
                in_between += 1
            else:
                # It had less to do, or the machine had, than when the length was measured.
                lengths[state] = waited
            process.kill()
        assert every_sum(options) == sums, number
        assert comparison.compare(options)["consistent"]
        (((archived,),), ((left,),)) = asked(options, STATES, LEFT)
        assert archived or left == whole
        # Every file of an archived month is the one that was recorded.
        restore(options, task(None, *MONTHS, check=True))
    archive(options, task(folder, *MONTHS))
    assert asked(options, STATES) == [[(2,)]]
    assert every_sum(options) == sums
    restore(options, task(None, *MONTHS))
    assert asked(options, archives.ROWS) == rows
    assert every_sum(options) == sums
    assert in_between >= kills // 5, "many kills hit a run that was at work"
