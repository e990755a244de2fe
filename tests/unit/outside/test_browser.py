# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report and a site in a real browser: a page asks for nothing, its console is silent, a keyboard reaches
all of it, and axe-core finds nothing grave, at any width and light.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._export.site import write_site
from ansible_collections.finops.cloud.plugins.module_utils._export.site_keys import PageKey

from ..plugins.module_utils._export.ledgers import HOSTILE
from ..plugins.module_utils._export.quarters import TEAMS, folder, ledger_of_quarter, question
from ..plugins.module_utils._export.test_render import render, told
from .looks import looks_of

pytestmark = pytest.mark.outside

NAMES = {"ordinary": "web-1", "script": HOSTILE[0], "long": "x" * 10_000}


def looked_at(page: Path, folder: Path) -> dict[str, Any]:
    """What a browser tells of a page, in which it finds no fault at any width and light."""
    looks, found = looks_of(page, folder)
    for look in looks:
        assert look["asked"] == [page.as_uri()]
        assert look["said"] == []
        assert look["grave"] == []
        assert look["rules"] > 20
        assert not look["wide"]
        assert look["first"] == "To the report"
        assert look["unreached"] == 0
    assert (folder / "print.pdf").read_bytes().startswith(b"%PDF")
    assert found["policy"]["said"] == []
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_browser_finds_no_fault(tmp_path: Path, name: str) -> None:
    page = tmp_path / "report.html"
    page.write_text(render("html", told(NAMES[name])), encoding="utf-8")
    assert looked_at(page, tmp_path)["policy"]["heads"] == 0


def test_a_browser_finds_no_fault_in_a_site(tmp_path: Path) -> None:
    write_site(ledger_of_quarter(tmp_path), question(), folder(tmp_path / "site"), "Cost", [])
    project = PageKey("project", "p-prod").path
    team = PageKey("team", TEAMS[4]).path
    for path in ("index", project, "team/none", f"2026-10/{project}", f"2026-10/{team}"):
        found = looked_at(tmp_path / "site" / f"{path}.html", tmp_path)
        assert found["policy"]["heads"] > 5
        assert "By service" in found["no-script"]
        if "project" in path:
            # Ten resources of all; orders-db-1 is searched, and orders-db-1-data is found, too.
            assert (found["policy"]["rows"], found["policy"]["found"]) == (10, 2)
