# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report in a real browser: it asks for nothing, its console is silent, and axe-core finds nothing grave,
at any width and light.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from ..plugins.module_utils._export.ledgers import HOSTILE
from ..plugins.module_utils._export.test_render import render, told

pytestmark = pytest.mark.outside

BROWSER = Path(__file__).parents[2] / "outside" / "browser.py"
NAMES = {"ordinary": "web-1", "script": HOSTILE[0], "long": "x" * 10_000}


@pytest.mark.parametrize("name", NAMES)
def test_a_browser_finds_no_fault(tmp_path: Path, name: str) -> None:
    page = tmp_path / "report.html"
    page.write_text(render("html", told(NAMES[name])), encoding="utf-8")
    command = [
        f"{os.environ['OUTSIDE']}/python",
        str(BROWSER),
        str(page),
        os.environ["CHROMIUM"],
        os.environ["AXE"],
    ]
    ended = subprocess.run([*command, str(tmp_path)], stdout=subprocess.PIPE, text=True, check=True)
    looks = json.loads(ended.stdout)
    assert set(looks) == {"desktop-light", "desktop-dark", "phone-light", "phone-dark"}
    for look in looks.values():
        assert look["asked"] == [page.as_uri()]
        assert look["said"] == []
        assert look["grave"] == []
        assert look["rules"] > 20
        assert not look["wide"]
        assert look["first"] == "To the report"
    assert (tmp_path / "print.pdf").read_bytes().startswith(b"%PDF")
