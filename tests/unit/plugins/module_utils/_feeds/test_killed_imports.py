# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule F1: an import that was killed goes on where it stopped, and nobody sees afterwards that it was."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .importer import run

ROOT = Path(__file__).parents[5]
#: All that a ledger says, apart from when it was written.
SAID = (
    "SELECT source, key, version, reverses IS NULL, fingerprint, metric, resource_id, resource_name, resource_type, period_begin,"
    " period_end, quantity, unit, amount_nano, description, recorded_by FROM entry JOIN dimension_set ON"
    " dimension_set.id = dimension_set_id ORDER BY source, key, version, reverses",
    "SELECT bucket_s, bucket_begin, fingerprint, amount_nano, entry_count FROM roll_up JOIN dimension_set ON"
    " dimension_set.id = dimension_set_id ORDER BY bucket_s, bucket_begin, fingerprint",
    "SELECT auth_url, region, project_id, rated_through, retired, credit_due_from FROM feed",
    "SELECT * FROM feed_window",
    "SELECT * FROM feed_rate ORDER BY category, tags",
    "SELECT * FROM feed_carried ORDER BY kind, name",
    "SELECT * FROM feed_resource",
)


def said(path: Path) -> list[list[tuple[object, ...]]]:
    with sqlite3.connect(path) as connection:
        return [connection.execute(statement).fetchall() for statement in SAID]


def is_part(path: Path, points: int) -> bool:
    """Whether some of the points are in the ledger and some are not."""
    if not path.exists():
        return False
    with sqlite3.connect(path) as connection:
        if not connection.execute("SELECT name FROM sqlite_master WHERE name = 'entry'").fetchall():
            return False
        return 0 < connection.execute("SELECT count(*) FROM entry").fetchone()[0] < points


def started(path: Path, hours: int, resources: int) -> subprocess.Popen[str]:
    """An import in a process of its own, which has begun."""
    argv = [sys.executable, "-m", "tests.unit.plugins.module_utils._feeds.importer", f"sqlite:///{path}"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    process = subprocess.Popen(
        [*argv, str(hours), str(resources)], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    )
    assert process.stdout is not None and process.stdout.readline() == "began\n"
    return process


@pytest.mark.parametrize(
    ("kills", "hours", "resources"), [(2, 40, 20), pytest.param(50, 100, 200, marks=pytest.mark.heavy)]
)
def test_an_import_killed_anywhere_and_run_again_equals_one_that_was_not(
    tmp_path: Path, kills: int, hours: int, resources: int
) -> None:
    began = time.monotonic()
    with started(tmp_path / "whole.db", hours, resources) as process:
        assert process.wait() == 0
    length = time.monotonic() - began
    whole = said(tmp_path / "whole.db")
    assert len(whole[0]) == hours * resources + 1, "every point, and the credit"
    part = 0
    for number in range(kills):
        path = tmp_path / f"{number}.db"
        with started(path, hours, resources) as process:
            time.sleep(random.uniform(0, length))
            process.kill()
        part += is_part(path, hours * resources)
        run(f"sqlite:///{path}", hours, resources)
        assert said(path) == whole
    assert kills < 10 or part >= kills // 5, "most kills hit an import that was at work"
