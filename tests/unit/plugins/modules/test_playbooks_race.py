# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole runs of ansible-playbook race for what a budget has left."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .running import run_module

RUNS = 10
REFUSAL = (
    r"\[ERROR\]: .*: team: CHF 10 does not fit: limit CHF 39\.99 .*, reserved 30, requested 10,"
    r" that is 0\.01 too much\."
)


@pytest.mark.heavy
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_ten_runs_at_once_hold_what_fits(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    if database == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    team = {"name": "team", "limit": "39.99", "currency": "CHF", "fed_by": "entries"}
    assert run_module("cost_budget", {"ledger": url, **team})["changed"]
    playbook = [
        str(Path(sys.executable).parent / "ansible-playbook"),
        str(Path(__file__).with_name("race.yml")),
    ]
    environment = {**os.environ, "FINOPS_LEDGER": url, "COLUMNS": "1000", "ANSIBLE_NOCOLOR": "1"}
    racing = [
        subprocess.Popen(
            [*playbook, "-e", f"run=run-{number}"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for number in range(RUNS)
    ]
    said = [one.communicate()[0] for one in racing]
    assert sorted(one.returncode for one in racing) == [0, 0, 0, 2, 2, 2, 2, 2, 2, 2], "\n".join(said)
    refused = [text for text, one in zip(said, racing, strict=True) if one.returncode]
    assert all(re.search(REFUSAL, text) for text in refused), "\n".join(refused)
    (budget,) = run_module("cost_budget_info", {"ledger": url})["budgets"]
    assert budget["reserved"] == "30"
