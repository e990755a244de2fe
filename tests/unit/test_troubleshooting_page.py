# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page that people search for what a task has said: every sentence on it is one that is really said."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "troubleshooting.md"
#: What openstacksdk and ansible-core say, not we.
OF_LIBRARIES = {"Cloud", "was not found", "Failed to import the required Python library"}


def sentences() -> list[str]:
    """The parts of the page's sentences that stand between dots."""
    rows = re.findall(r"^\| (.+?) \| .+ \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = [row for row in rows if not row.startswith(("The ", "---"))]
    return [part.strip(" ,;") for row in told for part in row.split("...") if part.strip(" ,;")]


@cache
def said() -> str:
    """The code without the breaks and quotes by which a long sentence is written on several lines."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "plugins").rglob("*.py"))]
    return re.sub(r"\"\s*\n\s*f?\"", "", "\n".join(texts))


def test_the_page_has_what_people_search_for() -> None:
    assert len(sentences()) > 20


@pytest.mark.parametrize("sentence", sorted(set(sentences()) - OF_LIBRARIES))
def test_every_sentence_of_the_page_is_said(sentence: str) -> None:
    wanted = re.escape(sentence).replace(r"\ ", " ").removeprefix("auth: ")
    assert re.search(wanted, said()), sentence
