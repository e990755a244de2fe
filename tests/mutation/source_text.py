# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Python file as text: where its nodes and tokens lie, counted in characters from the start of the file."""

from __future__ import annotations

import ast
import io
import tokenize
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Token:
    """A token of Python, from start up to, not including, end."""

    type: int
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class SourceText:
    """The text of one file."""

    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines with their ends."""
        return self.text.splitlines(keepends=True)

    @cached_property
    def tokens(self) -> list[Token]:
        """The tokens but comments and line ends."""
        left_out = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        return [
            Token(token.type, token.string, self._at(token.start), self._at(token.end))
            for token in tokenize.generate_tokens(io.StringIO(self.text).readline)
            if token.type not in left_out
        ]

    def start(self, node: ast.expr) -> int:
        """Where a node begins."""
        return self._offset(node.lineno, node.col_offset)

    def end(self, node: ast.expr) -> int:
        """Where a node ends (exclusive)."""
        if node.end_lineno is None or node.end_col_offset is None:
            raise ValueError("The node does not come from a parsed file.")
        return self._offset(node.end_lineno, node.end_col_offset)

    def tokens_between(self, start: int, end: int) -> list[Token]:
        """The tokens that lie in this range."""
        first = bisect_left(self.tokens, start, key=lambda token: token.start)
        last = bisect_left(self.tokens, end, key=lambda token: token.start)
        return [token for token in self.tokens[first:last] if token.end <= end]

    def line_of(self, offset: int) -> int:
        """The number of the line, from 1."""
        return self.text.count("\n", 0, offset) + 1

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line))
        return starts

    def _line_start(self, line: int) -> int:
        return self._starts[line - 1]

    def _at(self, position: tuple[int, int]) -> int:
        """Where a line and a column of it are, as the tokenizer counts: in characters."""
        line, column = position
        return self._line_start(line) + column

    def _offset(self, line: int, column_bytes: int) -> int:
        """Python's parser counts the bytes of UTF-8."""
        before = self.lines[line - 1].encode()[:column_bytes] if line <= len(self.lines) else b""
        return self._line_start(line) + len(before.decode())
