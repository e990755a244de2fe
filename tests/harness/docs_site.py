# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage that makes the site of the documentation: the pages of docs/, and one of each module and role."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from checkout import BUILD, TREE, Stop
from environment import DOCS, virtual_environment
from stages import Workbench

SITE = BUILD / "docs"
REPOSITORY = "https://github.com/finops-cloud/finops.cloud/blob/main"
#: The pages that the site has, as globs of the tree.
PAGES = ("docs/*.md", "docs/design/*.md", "roles/*/README.md", "examples/**/README.md", "*.md")
#: The start page stands for it.
WITHOUT = ("README.md",)
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")
CONTENTS = re.compile(r"^\.\. contents::\n(?: +:.*\n)+", re.MULTILINE)
FAULTS_SHOWN = 20


def docs(bench: Workbench) -> str:
    """Make the site, and follow every link inside it. Raises Stop where a page is wrong or a link leads
    nowhere.
    """
    place = virtual_environment(".venv-docs", sys.executable, DOCS)
    tools = Workbench(place, bench.python, bench.logs)
    source, built = SITE / "source", SITE / "html"
    shutil.rmtree(SITE, ignore_errors=True)
    copy_pages(source)
    modules = source / "modules"
    modules.mkdir()
    tools.run(
        "docs",
        *("antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error"),
        *("--dest-dir", str(modules), "finops.cloud"),
    )
    # The theme has a table of contents beside every page, and refuses a second one.
    for page in modules.glob("*.rst"):
        page.write_text(CONTENTS.sub("", page.read_text(encoding="utf-8")), encoding="utf-8")
    options = ("--fail-on-warning", "--keep-going", "--quiet", "-b", "html")
    tools.run("docs", "sphinx-build", *options, str(source), str(built))
    pages = sorted(built.rglob("*.html"))
    links, faults = follow_links(built, pages)
    if faults:
        raise Stop(f"{len(faults)} links lead nowhere: {'; '.join(faults[:FAULTS_SHOWN])}")
    return f"{len(pages)} pages with {links} links among themselves: {built / 'index.html'}"


def copy_pages(source: Path) -> None:
    """Put the pages, the start page and Sphinx's configuration where Sphinx reads them.

    A link to a file that is no page becomes one to the repository.
    """
    pages = {path for pattern in PAGES for path in TREE.glob(pattern)}
    names = {str(path.relative_to(TREE)) for path in pages} - set(WITHOUT)
    for name in sorted(names):
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (TREE / name).read_text(encoding="utf-8")
        target.write_text(with_whole_addresses(text, Path(name).parent, names), encoding="utf-8")
    for name in ("conf.py", "index.md", "ansible.rst"):
        shutil.copy2(TREE / "docs" / "docsite" / name, source / name)


def with_whole_addresses(text: str, folder: Path, pages: set[str]) -> str:
    """The text of a page in that folder of the tree, its links to what is none of the pages made whole."""

    def address(link: re.Match[str]) -> str:
        target = (TREE / folder / link[1]).resolve()
        name = str(target.relative_to(TREE.resolve()))
        return link[0] if name in pages else f"{REPOSITORY}/{name}{link[2] or ''}"

    return LINK.sub(address, text)


@dataclass
class Targets(HTMLParser):
    """What a page links to, and which anchors it has."""

    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the addresses and the name of one element."""
        for name, value in attrs:
            if name in ("href", "src") and value and tag != "base":
                self.links.append(value)
            elif name == "id" and value:
                self.anchors.add(value)


def follow_links(built: Path, pages: list[Path]) -> tuple[int, list[str]]:
    """How many links the pages have among themselves, and a sentence for each that leads nowhere."""
    read = {}
    for page in pages:
        read[page] = Targets()
        read[page].feed(page.read_text(encoding="utf-8"))
    inside = [(page, target, anchor) for page in pages for target, anchor in links_inside(page, read[page])]
    faults = [
        f"{page.relative_to(built)} to {target.name}{'#' if anchor else ''}{anchor}"
        for page, target, anchor in inside
        if not target.exists() or (anchor and target in read and anchor not in read[target].anchors)
    ]
    return len(inside), faults


def links_inside(page: Path, targets: Targets) -> Iterator[tuple[Path, str]]:
    """The files that a page links to, and the anchors in them."""
    for link in targets.links:
        address = urlsplit(link)
        if not address.scheme and not address.netloc:
            target = (page.parent / unquote(address.path)).resolve() if address.path else page
            yield target, unquote(address.fragment)
