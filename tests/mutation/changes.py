# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one-operator changes a Python file offers.

No candidates: docstrings and other strings that are not SQL, annotations, type aliases, what stands below
`if TYPE_CHECKING`, `__repr__` and what only a repr shows, the size of a cache, the arguments of `@dataclass`,
strings of an error that is raised, Python inside of an f-string, operators that can only join text or lists.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from token import STRING, tok_name
from typing import TypeAlias

from .places import Place, places
from .source_text import SourceText, Token
from .sql_text import is_sql, sql_operators

_COMPARISONS = {
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "==": "!=",
    "!=": "==",
    "in": "not in",
    "not in": "in",
    "is": "is not",
    "is not": "is",
}
_ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "/", "%": "//", "**": "*"}
_BOOLEAN = {"and": "or", "or": "and"}
_EXTREMES = {"min": "max", "max": "min"}
#: Arguments by which only a repr or the time that something takes can change: of field() and lru_cache().
_UNSEEN = {"repr", "maxsize"}
#: Where an operator begins, itself, and what it can become.
Found: TypeAlias = tuple[int, str, tuple[str, ...]]
_LITERAL = re.compile(r"(?P<prefix>[a-zA-Z]*)(?P<quote>\"\"\"|'''|\"|')")


@dataclass(frozen=True)
class Site:
    """An operator that can be changed: its place in the text and what it can become."""

    file: str
    line: int
    start: int
    before: str
    afters: tuple[str, ...]
    place: Place


@dataclass(frozen=True)
class Change:
    """A site and one of the things that it can become."""

    site: Site
    after: str

    def apply(self, text: str) -> str:
        """The file's text with this change."""
        end = self.site.start + len(self.site.before)
        if text[self.site.start : end] != self.site.before:
            raise ValueError(f"{self}: the file has changed since.")
        return text[: self.site.start] + self.after + text[end:]

    def __str__(self) -> str:
        """Such as: plugins/module_utils/_core/money.py:12: `<` -> `<=`, or `not` -> dropped."""
        after = f"`{self.after}`" if self.after else "dropped"
        return f"{self.site.file}:{self.site.line}: `{self.site.before.strip()}` -> {after}"


def draw(sites: Iterable[Site], count: int, seed: int) -> list[Change]:
    """At most count changes at different sites, always the same ones for the same sites and seed."""
    chance = random.Random(seed)
    ordered = sorted(sites, key=lambda site: (site.file, site.start))
    picked = chance.sample(ordered, min(count, len(ordered)))
    return [Change(site, chance.choice(site.afters)) for site in picked]


def sites(file: str, text: str) -> list[Site]:
    """All sites of a file in their order. file is its path in the collection."""
    source = SourceText(text)
    found = [
        Site(file, source.line_of(start), start, before, afters, place)
        for place in places(ast.parse(text))
        for start, before, afters in _of_place(source, place)
    ]
    return sorted(found, key=lambda site: site.start)


def _of_place(source: SourceText, place: Place) -> Iterator[Found]:
    yield from _augmented(source, place)
    for expression in place.expressions:
        for node in _nodes(expression):
            yield from _of_node(source, node, place)


def _nodes(expression: ast.expr) -> Iterator[ast.expr]:
    """The nodes of an expression; an f-string is one of them, but not what it is made of."""
    yield expression
    if isinstance(expression, ast.JoinedStr):
        return
    for child in ast.iter_child_nodes(expression):
        if isinstance(child, ast.expr):
            yield from _nodes(child)
        elif isinstance(child, ast.comprehension):
            for part in (child.iter, *child.ifs):
                yield from _nodes(part)
        elif isinstance(child, ast.keyword) and child.arg not in _UNSEEN:
            yield from _nodes(child.value)


def _of_node(source: SourceText, node: ast.expr, place: Place) -> Iterator[Found]:
    match node:
        case ast.Compare():
            operands = (node.left, *node.comparators)
            yield from _between(source, operands, _COMPARISONS)
        case ast.BinOp() if not _joins_text(node):
            yield from _between(source, (node.left, node.right), _ARITHMETIC)
        case ast.BoolOp():
            yield from _between(source, tuple(node.values), _BOOLEAN)
        case ast.UnaryOp(op=ast.Not()):
            start = source.start(node)
            text = source.text[start : source.start(node.operand)]
            negation = text[: len("not")] + (" " if text[len("not") :].startswith(" ") else "")
            yield start, negation, ("",)
        case ast.Call(func=ast.Name(id="min" | "max" as name)):
            yield source.start(node.func), name, (_EXTREMES[name],)
        case ast.JoinedStr() if not place.raises:
            parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
            yield from _sql(source, node, "".join(map(str, parts)))
        case ast.Constant(value=str()) if not place.raises:
            yield from _sql(source, node, str(node.value))
        case _:
            return


def _between(source: SourceText, operands: Sequence[ast.expr], afters: Mapping[str, str]) -> Iterator[Found]:
    """The operators that stand between operands, `not in` and `is not` as one."""
    for left, right in pairwise(operands):
        between = source.tokens_between(source.end(left), source.start(right))
        tokens = [token for token in between if token.text not in {"(", ")"}]
        operator = " ".join(token.text for token in tokens)
        start = tokens[0].start
        if operator in afters and source.text[start : tokens[-1].end] == operator:
            yield start, operator, (afters[operator],)


def _augmented(source: SourceText, place: Place) -> Iterator[Found]:
    """The operator of `total += amount`."""
    statement = place.statement
    if isinstance(statement, ast.AugAssign) and not _is_text_or_list(statement.value):
        (token,) = source.tokens_between(source.end(statement.target), source.start(statement.value))[:1]
        operator = token.text.removesuffix("=")
        if operator in _ARITHMETIC:
            yield token.start, operator, (_ARITHMETIC[operator],)


def _sql(source: SourceText, node: ast.expr, constant: str) -> Iterator[Found]:
    """The operators in the SQL of a string, which can be several literals one after the other."""
    if not is_sql(constant):
        return
    start, end = source.start(node), source.end(node)
    between_quotes = list(" " * (end - start))
    for literal in _literals(source.tokens_between(start, end)):
        opening = _LITERAL.match(source.text, literal.start, literal.end)
        if opening is None:
            raise ValueError(f"No literal: {source.text[literal.start : literal.end]}")
        first, last = opening.end(), literal.end - len(opening["quote"])
        between_quotes[first - start : last - start] = source.text[first:last]
    for offset, before, after in sql_operators("".join(between_quotes), isinstance(node, ast.JoinedStr)):
        yield start + offset, before, (after,)


def _literals(tokens: Sequence[Token]) -> Iterator[Token]:
    """The string literals in these tokens. Python 3.12 makes many tokens of an f-string: here it is one."""
    opened: list[Token] = []
    for token in tokens:
        if tok_name[token.type] == "FSTRING_START":
            opened.append(token)
        elif tok_name[token.type] == "FSTRING_END":
            beginning = opened.pop()
            if not opened:
                yield Token(STRING, "", beginning.start, token.end)
        elif token.type == STRING and not opened:
            yield token


def _joins_text(node: ast.BinOp) -> bool:
    """Whether an operand shows that the operator works on text or lists, where another one can only fail."""
    return any(
        _is_text_or_list(operand) or (isinstance(operand, ast.BinOp) and _joins_text(operand))
        for operand in (node.left, node.right)
    )


def _is_text_or_list(node: ast.expr) -> bool:
    return isinstance(node, (ast.JoinedStr, ast.List, ast.Tuple, ast.ListComp)) or (
        isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
    )
