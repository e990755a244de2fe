# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Citations and links lead somewhere, the map names files that exist, and lines fit a reader's screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FOLDERS = ("docs", "examples", "extensions", "meta", "playbooks", "plugins", "roles", "tests")
KINDS = {".j2", ".md", ".py", ".sql", ".toml", ".yml"}
LONGEST_LINE = 110
#: What stands between the word and its number where a comment is broken.
BREAK = r"(?:\s|^\s*(?:#:?|--))+"
NUMBERED_RULE = re.compile(rf"\b[Rr]ules?{BREAK}[A-Z][0-9]{{1,2}}\b|\brules\.md\b", re.MULTILINE)
CITATION = re.compile(r"\bdesign/([a-z-]+\.md)(?:#([\w-]*))?")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
#: What is shown elsewhere too, on Galaxy, links to the repository: `[label]: address`.
REFERENCE = re.compile(r"^\[[^\]]+\]: (\S+)$", re.MULTILINE)
LABELLED = re.compile(r"\[([^\[\]]+)\]\[([^\]]*)\]")
REPOSITORY = re.compile(r"https://github\.com/finops-cloud/finops\.cloud/(?:blob|tree)/main/")


def files() -> Iterator[Path]:
    """The files that people read and write, of the folders and of the collection's root."""
    for path in (*ROOT.iterdir(), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))):
        if path.is_file() and path.suffix in KINDS and path != Path(__file__):
            yield path


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_citation_leads_to_a_heading() -> None:
    wrong = [
        f"{named(path)}: {citation[0]}"
        for path in files()
        for citation in CITATION.finditer(path.read_text(encoding="utf-8"))
        if not (page := DOCS / "design" / citation[1]).is_file()
        or (citation[2] is not None and citation[2] not in anchors(page))
    ]
    assert not wrong


def test_every_design_page_is_cited_and_says_first_what_it_is_about() -> None:
    cited = {one[1] for path in files() for one in CITATION.finditer(path.read_text(encoding="utf-8"))}
    pages = sorted((DOCS / "design").glob("*.md"))
    assert {page.name for page in pages} <= cited
    for page in pages:
        assert page.read_text(encoding="utf-8").split("\n\n")[1].startswith("This page says "), page.name


def test_every_link_to_our_own_files_leads_somewhere() -> None:
    wrong = []
    for page in (path for path in files() if path.suffix == ".md"):
        text = page.read_text(encoding="utf-8")
        for target in (*LINK.findall(text), *REFERENCE.findall(text)):
            in_repository = REPOSITORY.sub("", target)
            if re.match(r"[a-z]+:", in_repository):
                continue
            place, _hash, anchor = in_repository.partition("#")
            path = ((ROOT if in_repository != target else page.parent) / place).resolve() if place else page
            if not path.exists() or (anchor and anchor not in anchors(path)):
                wrong.append(f"{named(page)}: {target}")
    assert not wrong


def test_the_readme_links_by_whole_addresses_alone() -> None:
    """Galaxy and Automation Hub show it, and nothing that it could link to."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [target for target in LINK.findall(text) if not target.startswith("https://")]
    labels = set(re.findall(r"^\[([^\]]+)\]: https://\S+$", text, re.MULTILINE))
    assert labels == {label or shown for shown, label in LABELLED.findall(text)}


def test_no_rule_is_cited_by_a_number() -> None:
    wrong = [
        f"{named(path)}: {found[0]}"
        for path in files()
        for found in NUMBERED_RULE.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not wrong


def test_the_map_names_files_that_exist() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    rooms = re.findall(r"`(_\w+/[\w/.]*)`", text)
    assert len(rooms) > 20
    places = [ROOT / "plugins" / "module_utils" / name for name in rooms]
    names = r"`((?:docs|extensions|meta|playbooks|plugins|roles|tests)/[\w/.]+)`"
    places += [ROOT / name for name in re.findall(names, text)]
    assert not [named(path) for path in places if not path.exists()]


def test_the_map_tells_of_every_room() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.name for path in (ROOT / "plugins" / "module_utils").glob("_[a-z]*") if path.is_dir()}
    assert {name for name in rooms if f"**`{name}`**" in text and f"| `{name}` |" in text} == rooms


@pytest.mark.parametrize("kind", [".md", ".py"])
def test_no_line_is_longer_than_a_screen(kind: str) -> None:
    """Of Markdown, rows of tables and lines that are one address may be longer."""
    wrong = [
        f"{named(path)}:{number}: {len(line)} characters"
        for path in files()
        if path.suffix == kind
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LONGEST_LINE
        and not (
            kind == ".md" and (line.startswith("|") or re.fullmatch(r"(\[.+\]: )?\W*\S*https?://\S+", line))
        )
    ]
    assert not wrong
