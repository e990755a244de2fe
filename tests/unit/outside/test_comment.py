# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A comment and a digest as GitHub renders them, the comment in a real browser: its tables are tables, its
details are folded, and no name in it means anything (design/reports.md#comments).
"""

from __future__ import annotations

import os
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._export.verdict_markdown import (
    LONGEST,
    format_markdown,
)

from ..plugins.module_utils._export.test_digest import NAMES as DIGEST_NAMES
from ..plugins.module_utils._export.test_digest import digest
from ..plugins.module_utils._export.test_verdict_comment import DB, WEB, WHOLE, line, unknown, verdict
from .looks import PROGRAMS, looks_of

pytestmark = pytest.mark.outside

EVIL = 'module.a["x|y"].<b>@team [x](http://a) ![y](http://b)_z_*w*`v`$1$'
WEBS = [
    line(f'module.app["{one}"].openstack_compute_instance_v2.web[{one}]', 0, one, "added")
    for one in range(3000)
]
CHANGES: dict[str, list[dict[str, Any]]] = {
    "small": [WEB, DB],
    "large": WEBS,
    "unknown": [WEB, *(unknown(f"lb[{one}]", "no price is known") for one in range(3)), unknown(EVIL, EVIL)],
    "hostile": [line(f"{EVIL}{one}", one, 2 * one) for one in range(20)],
}  # fmt: skip


class Tables(HTMLParser):
    """The cells of each row of each table, and how many details are open or not."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[int]] = []
        self.details: list[bool] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append(0)
        elif tag in ("td", "th"):
            self.tables[-1][-1] += 1
        elif tag == "details":
            self.details.append("open" in dict(attrs))


def rendered(text: str, folder: Path) -> Path:
    (folder / "verdict.md").write_text(text, encoding="utf-8")
    page = folder / "comment.html"
    command = [
        f"{os.environ['OUTSIDE']}/python",
        str(PROGRAMS / "comment.py"),
        str(folder / "verdict.md"),
        str(page),
    ]
    subprocess.run(command, check=True)
    return page


@pytest.mark.parametrize("name", CHANGES)
def test_a_comment_is_shown_as_it_is_meant(tmp_path: Path, name: str) -> None:
    total = WHOLE if name == "small" else None
    text = format_markdown(verdict(*CHANGES[name], total=total))
    assert len(text) <= LONGEST
    page = rendered(text, tmp_path)
    looks, _besides = looks_of(page, tmp_path)
    for look in looks:
        assert look["asked"] == [page.as_uri()]
        assert look["said"] == []
        assert not look["wide"]
    found = Tables()
    found.feed(page.read_text(encoding="utf-8").partition("<main>")[2])
    # Budgets, quotas, resources and sums: every row has as many cells as its head.
    assert [set(table) for table in found.tables] == [{10}, {3}, {6}, {6}]
    assert found.details == [False] * 3
    assert not found.tags & {"a", "img", "b", "script", "em", "pre"}
    assert len(found.tables[2]) - 1 in (len(CHANGES[name]), text.count("<code>") + 1)


@pytest.mark.parametrize("name", DIGEST_NAMES, ids=range(len(DIGEST_NAMES)))
def test_names_in_a_digest_are_text(tmp_path: Path, name: str) -> None:
    found = Tables()
    found.feed(rendered(digest(name), tmp_path).read_text(encoding="utf-8").partition("<main>")[2])
    assert found.tags == {"h1", "h2", "p", "strong", "blockquote", "ul", "li"}
