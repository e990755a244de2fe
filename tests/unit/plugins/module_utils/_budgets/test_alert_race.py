# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of any number of writers that reach a threshold together, one fires it
(design/alerts.md#when-an-alert-fires).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SPENDERS = 20


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_twenty_writers_fire_each_of_four_thresholds_once(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    if database == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    argv = [sys.executable, str(Path(__file__).parent / "spenders.py"), url, str(SPENDERS)]
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert len(said) == SPENDERS
    fired = [alert.rpartition("/")[2] for each in said for alert in each]
    assert sorted(fired) == ["0.5", "0.8", "0.9", "1"]
