# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of a bill wait on the disk for the ledger, where nobody else reads them and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_rows import Charge
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_staging import opened
from ansible_collections.finops.cloud.plugins.module_utils._ledger.dimension_sets import Dimensions

#: More than SQLite keeps in memory, which is 8 MB.
ROWS = 40_000


def stage_and_be_killed(folder: Path) -> None:
    charge = Charge(
        Dimensions("usage", "compute", None, None, None, None, "CHF", "{}"),
        None, "r" * 200, None, None, "d" * 200, 0, 3600, None, None, 1,
    )  # fmt: skip
    with opened() as staging:
        for number in range(ROWS):
            staging.add(1, 1, number.to_bytes(8, "big"), charge, spread=False)
        staging.flush()
        handles = [Path("/proc/self/fd", one) for one in os.listdir("/proc/self/fd")]
        files = [os.readlink(one) for one in handles if one.is_symlink()]
        assert any(file.startswith(str(folder)) and file.endswith(" (deleted)") for file in files)
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_task_that_is_killed_leaves_nothing_of_a_bill(tmp_path: Path) -> None:
    """In a Python of its own, as SQLite asks the environment once where temporary files go."""
    places = {name: str(tmp_path) for name in ("SQLITE_TMPDIR", "TMPDIR")}
    module = "ansible_collections.finops.cloud.tests.unit.plugins.module_utils._imports.test_bill_staging"
    program = (
        f"from pathlib import Path; from {module} import *; stage_and_be_killed(Path({str(tmp_path)!r}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, env=os.environ | places, capture_output=True, text=True
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert list(tmp_path.iterdir()) == []
