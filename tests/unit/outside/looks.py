# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a real browser tells of a page at every width and light."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).parents[2] / "outside"
WIDTHS, LIGHTS = ("desktop", "tablet", "phone"), ("light", "dark")

Look = dict[str, Any]


def looks_of(page: Path, folder: Path) -> tuple[list[Look], dict[str, Look]]:
    """What it tells at each width and light, and what it tells besides; screenshots go into the folder."""
    program = [f"{os.environ['OUTSIDE']}/python", str(PROGRAMS / "browser.py")]
    command = [*program, str(page), os.environ["CHROMIUM"], os.environ["AXE"], str(folder)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Look] = json.loads(ended.stdout)
    looks = [told.pop(f"{width}-{light}") for width in WIDTHS for light in LIGHTS]
    assert set(told) == {"no-script", "policy"}
    return looks, told
