# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of any number of racers exactly those that fit hold (design/reservations.md#one-transaction).

codomyrmex's BudgetManager, whose names cost_management.py follows (github.com/docxology/codomyrmex at
5007d90), let 8 of 8 threads spend from a budget for one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

RACERS = 50


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.heavy)])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_fifty_processes_race_for_a_budget_that_fits_ten(
    database: str, rounds: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    if database == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    argv = [sys.executable, str(Path(__file__).parent / "racers.py"), url, str(RACERS), str(rounds)]
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert said == [{"held": 10, "refused": 40, "failed": 0, "reserved": 100}] * rounds, ended.stderr
