# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage that holds what leaves the collection to other people's programs: a validator, a browser, a rulebook engine."""

from __future__ import annotations

from environment import FOCUS, find_python, virtual_environment
from stages import Workbench, run_pytest

#: What the programs' own requirements have wheels for.
PYTHON = "3.11"


def outside(bench: Workbench) -> str:
    """Bring the programs, and run the tests marked `outside`. Raises Stop where one cannot be had."""
    focus = virtual_environment(".venv-focus", find_python(PYTHON), FOCUS)
    return run_pytest(
        bench, "outside", "outside", variables={"FOCUS_VALIDATOR": str(focus / "bin" / "focus-validator")}
    )
