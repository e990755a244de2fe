# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example that a page shows: the fenced blocks of Markdown and the EXAMPLES of plugins."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE
)
#: A block of Sphinx, which lists pages and is no example.
NOT_SHOWN = "{toctree}"


@dataclass(frozen=True)
class Example:
    """What a page shows, such as line 13 of docs/gate.md."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def first_line(self) -> str:
        return self.text.lstrip().partition("\n")[0]

    @cached_property
    def content(self) -> Any:
        """What the YAML says, or None of another language."""
        return yaml.safe_load(self.text) if self.language == "yaml" else None

    @property
    def is_playbook(self) -> bool:
        rows = self.content
        return isinstance(rows, list) and all(isinstance(row, dict) and "hosts" in row for row in rows)

    @property
    def is_tasks(self) -> bool:
        rows = self.content
        return isinstance(rows, list) and not self.is_playbook and all(isinstance(row, dict) for row in rows)


def pages() -> list[Path]:
    """The pages that users and contributors read."""
    folders = ("docs", "examples", "roles", "tests/openstack")
    found = [*ROOT.glob("*.md"), *(page for folder in folders for page in (ROOT / folder).rglob("*.md"))]
    return sorted(found)


def fenced(page: str, text: str) -> Iterator[Example]:
    """The fenced blocks of a page of Markdown."""
    for block in FENCE.finditer(text):
        if block["language"] != NOT_SHOWN:
            line = text.count("\n", 0, block.start()) + 2
            yield Example(page, line, block["language"], block["text"])


def of_plugins() -> Iterator[Example]:
    """EXAMPLES of modules, callbacks, filters and tests."""
    for path in sorted([*(ROOT / "plugins").glob("*/*.py"), *(ROOT / "extensions").rglob("*.py")]):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            match node:
                case ast.Assign(targets=[ast.Name(id="EXAMPLES")], value=ast.Constant(value=str() as text)):
                    yield Example(str(path.relative_to(ROOT)), node.lineno + 1, "yaml", text)
    for path in sorted((ROOT / "plugins").glob("*/*.yml")):
        text = path.read_text(encoding="utf-8")
        line = text[: text.index("EXAMPLES:")].count("\n") + 2
        yield Example(str(path.relative_to(ROOT)), line, "yaml", yaml.safe_load(text)["EXAMPLES"])


def examples() -> list[Example]:
    """All of them, in the order of their pages."""
    shown = (
        example
        for page in pages()
        for example in fenced(str(page.relative_to(ROOT)), page.read_text(encoding="utf-8"))
    )
    return [*shown, *of_plugins()]
