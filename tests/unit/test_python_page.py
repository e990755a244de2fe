# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/python.md tells the truth: its program runs as it stands there, and prints what stands below it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.finops.cloud.plugins.module_utils import cost_management

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    """The page's one block of that kind."""
    _before, text = PAGE.split(f"```{kind}\n")
    return text.partition("```")[0]


def test_the_example_does_what_the_page_says(tmp_path: Path) -> None:
    ledger = {"FINOPS_LEDGER": f"sqlite:///{tmp_path}/ledger.db"}
    ran = subprocess.run(
        [sys.executable, "-c", block("python")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **ledger},
    )
    assert (ran.stdout, ran.stderr) == (block("text"), "")


def test_what_the_page_names_is_there() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert len(rows) == 5
    for row in rows:
        names = [part.partition("(")[0] for part in row.split("`")[1::2]]
        made = getattr(cost_management, names[0])
        assert names[0] in cost_management.__all__
        methods = [name for name in names[1:] if not name.startswith("$")]
        assert all(callable(getattr(made, name)) for name in methods)
