# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators in the SQL text of a string literal."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: A string is SQL when it has a keyword in capitals, as prose has none, or compares with a value passed in.
_KEYWORD = re.compile(
    r"\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|FROM|JOIN|WHERE|AND|OR|GROUP BY|ORDER BY|HAVING|UNION|CASE"
    r"|CHECK|BETWEEN|COALESCE|ON CONFLICT|LIMIT|VALUES|(?:SUM|sum|MAX|max|MIN|min)\((?=\w))"
)
_COMPARED_WITH_VALUE = re.compile(r"[\w\"] (?:<=|>=|<>|!=|<|>|=) (?::\w|\?|%\(\w+\)s)")

_COMPARISON = re.compile(r"(?<![-=<>!|@#~])(?:<=|>=|<>|!=|<|>|=)(?![=<>])")
_COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "=": "<>", "<>": "=", "!=": "="}
#: `=` compares after the first of these and assigns after the others; what comes last decides.
_COMPARING = ("WHERE", "ON", "AND", "OR", "WHEN", "HAVING", "CHECK", "NOT")
_BEFORE_EQUALS = re.compile(rf"\b(?:{'|'.join(_COMPARING)}|SET|THEN|ELSE|END|PRAGMA)\b")
_WORDS = {"AND": "OR", "OR": "AND"}
_WORD = re.compile(r"\b(?:AND|OR)\b")
_BETWEEN = re.compile(r"\bBETWEEN\s+\S+\s+$")
_SUM = re.compile(r"\b(?:SUM|MAX|MIN|sum|max|min)(?=\()")
_SUMS = {"SUM": "MAX", "MAX": "MIN", "MIN": "MAX"}
_SIGN = re.compile(r"(?<=[\w)\"'}?] )[-+*](?= [\w(:\"'{?])")
_SIGNS = {"+": "-", "-": "+", "*": "+"}
_NOT_AN_OPERAND = re.compile(r"\b(?:SELECT|DISTINCT|RETURNING)\s+$")
_NEGATIONS = (
    (re.compile(r"\bIS NOT NULL\b"), "IS NULL"),
    (re.compile(r"\bIS NULL\b"), "IS NOT NULL"),
    (re.compile(r"\bNOT IN(?= ?\()"), "IN"),
    (re.compile(r"(?<!NOT )\bIN(?= ?\()"), "NOT IN"),
    (re.compile(r"(?<!IF )\bNOT EXISTS(?= ?\()"), "EXISTS"),
    (re.compile(r"(?<!NOT )\bEXISTS(?= ?\()"), "NOT EXISTS"),
)
_QUOTED = re.compile(r"'[^']*'")
_FIELD = re.compile(r"\{[^{}]*\}")


def is_sql(text: str) -> bool:
    """Whether a string, or the constant parts of an f-string, is SQL or a part of it."""
    return bool(_KEYWORD.search(text) or _COMPARED_WITH_VALUE.search(text))


def sql_operators(text: str, with_fields: bool) -> Iterator[tuple[int, str, str]]:
    """Yield each operator: where it begins in text, itself and what it can become.

    text is SQL as it stands between the quotes; with_fields: it is of an f-string, whose {fields} are Python.
    """
    masked = _QUOTED.sub(_masked, text)
    if with_fields:
        while (shorter := _FIELD.sub(_masked, masked)) != masked:
            masked = shorter
    yield from _comparisons(masked)
    for found in _WORD.finditer(masked):
        if not _BETWEEN.search(masked, 0, found.start()):
            yield found.start(), found[0], _WORDS[found[0]]
    for found in _SUM.finditer(masked):
        after = _SUMS[found[0].upper()]
        yield found.start(), found[0], after if found[0].isupper() else after.lower()
    for found in _SIGN.finditer(masked):
        if not _NOT_AN_OPERAND.search(masked, 0, found.start()):
            yield found.start(), found[0], _SIGNS[found[0]]
    for pattern, after in _NEGATIONS:
        for found in pattern.finditer(masked):
            yield found.start(), found[0], after


def _comparisons(masked: str) -> Iterator[tuple[int, str, str]]:
    for found in _COMPARISON.finditer(masked):
        if found[0] != "=" or _compares(masked[: found.start()], masked[found.end() :]):
            yield found.start(), found[0], _COMPARISONS[found[0]]


def _compares(before: str, after: str) -> bool:
    """Whether an equals sign compares. Where no keyword tells, it does in a lone condition, not in a list."""
    keywords = _BEFORE_EQUALS.findall(before)
    if keywords:
        return keywords[-1] in _COMPARING
    return "," not in before + after and "excluded." not in after


def _masked(found: re.Match[str]) -> str:
    """Something of the same length that is a word, so that operators beside it still have an operand."""
    return "x" * len(found[0])
