# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nobody sees afterwards that an import was killed and run again, or that several ran at once
(design/imports.md#an-hour-is-replaced-whole).
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._ledger import sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import read

from .importer import run

ROOT = Path(__file__).parents[5]
#: All that a ledger says, apart from when it was written.
SAID = (
    "SELECT source, key, version, reverses IS NULL, fingerprint, metric, resource_id, resource_name,"
    " resource_type, period_begin,"
    " period_end, quantity, unit, amount_nano, description, recorded_by FROM entry JOIN dimension_set ON"
    " dimension_set.id = dimension_set_id",
    "SELECT bucket_s, bucket_begin, fingerprint, amount_whole * 1000000000 + amount_rest_nano, entry_count"
    " FROM roll_up JOIN dimension_set ON dimension_set.id = dimension_set_id",
    "SELECT auth_url, region, project_id, rated_through, retired, credit_due_from FROM feed",
    "SELECT * FROM feed_window",
    "SELECT feed_id, category, tags, CAST(amount_nano AS BIGINT), hours, is_flow FROM feed_rate",
    "SELECT * FROM feed_carried",
    "SELECT * FROM feed_resource",
)
#: What is valid of it: the free tier is reckoned anew by each import, and corrected by those that know more.
VALID = (
    "SELECT source, key, period_begin, period_end, quantity, amount_nano FROM entry WHERE reverses IS"
    " NULL AND NOT EXISTS"
    " (SELECT 1 FROM entry AS other WHERE other.reverses = entry.id)",
    "SELECT key, version FROM entry WHERE substr(source, 1, 10) = 'cloudkitty'",
    *SAID[1:],
)


def said(url: str, statements: Sequence[str] = SAID) -> list[list[tuple[object, ...]]]:
    """In an order of our own: each database sorts by its rules. True and 1 are equal in Python."""
    with sql.reading(sql.LedgerOptions(url)) as ledger:
        found = [read(ledger.connection, statement) for statement in statements]
    return [sorted(map(tuple, rows), key=lambda row: [str(value) for value in row]) for rows in found]


def is_part(path: Path, points: int) -> bool:
    """Whether some of the points are in the ledger and some are not."""
    if not path.exists():
        return False
    with sqlite3.connect(path) as connection:
        if not connection.execute("SELECT name FROM sqlite_master WHERE name = 'entry'").fetchall():
            return False
        return 0 < connection.execute("SELECT count(*) FROM entry").fetchone()[0] < points


def ready(url: str, hours: int, resources: int, first: int = 0) -> subprocess.Popen[str]:
    """An import in a process of its own, which begins with begin()."""
    argv = [
        sys.executable,
        "-m",
        "tests.unit.plugins.module_utils._imports.importer",
        url,
        str(hours),
        str(resources),
    ]
    process = subprocess.Popen(
        [*argv, str(first)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.mark.parametrize(
    ("kills", "hours", "resources"), [(2, 40, 20), pytest.param(50, 100, 200, marks=pytest.mark.heavy)]
)
def test_an_import_killed_anywhere_and_run_again_equals_one_that_was_not(
    tmp_path: Path, kills: int, hours: int, resources: int
) -> None:
    with ready(f"sqlite:///{tmp_path}/whole.db", hours, resources) as process:
        began = time.monotonic()
        begin(process)
        assert process.wait() == 0
    length = time.monotonic() - began
    whole = said(f"sqlite:///{tmp_path}/whole.db")
    assert len(whole[0]) == hours * resources + 1, "every point, and the credit"
    part = 0
    for number in range(kills):
        path = tmp_path / f"{number}.db"
        with ready(f"sqlite:///{path}", hours, resources) as process:
            begin(process)
            waited = random.uniform(0, length)
            time.sleep(waited)
            if process.poll() is not None:
                # It has ended: the machine has less to do than when the length was measured.
                length = waited
            process.kill()
        part += is_part(path, hours * resources)
        run(f"sqlite:///{path}", hours, resources)
        assert said(f"sqlite:///{path}") == whole
    assert kills < 10 or part >= kills // 5, "most kills hit an import that was at work"


@pytest.mark.parametrize("on_postgresql", [False, True])
def test_imports_that_run_at_once_leave_what_one_leaves(
    tmp_path: Path, on_postgresql: bool, request: pytest.FixtureRequest
) -> None:
    hours, resources = 60, 8
    run(f"sqlite:///{tmp_path}/whole.db", hours, resources)
    url = request.getfixturevalue("postgresql_url") if on_postgresql else f"sqlite:///{tmp_path}/raced.db"
    # Parts that follow one another, in two processes each: each moves the same feed on.
    parts = ((0, hours // 2), (hours // 2, hours))
    racing = [ready(url, end, resources, first) for first, end in parts for _time in range(2)]
    for process in racing:
        begin(process)
    for process in racing:
        with process:
            assert process.wait() == 0
    assert said(url, VALID) == said(f"sqlite:///{tmp_path}/whole.db", VALID)
