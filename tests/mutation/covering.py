# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tests may notice a change.

A statement that runs in a test's time: the tests that run it. What a fixture of a whole file runs is in the
time of the file's first test, so of the room's own folder all tests of a file count that has one.
A statement that runs at import runs in no test's time. Its tests are all of the room's own folder, and
- for the head of a function (defaults, decorators), those that run a line of that function;
- for the body of a class, those that run a line of the class or use its name;
- for any other, those that use a name that the statement binds.
To use a name is to run a statement that mentions it, to be in a test file that mentions it, or to use a name
that another statement binds from it at import.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from .changes import Site
from .places import Place, places

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Measured:
    """What a run of all tests has measured.

    lines: per file of the collection and line the tests that run it; seconds: how long each test takes.
    """

    lines: Mapping[str, Mapping[int, frozenset[str]]]
    seconds: Mapping[str, float]

    def tests(self, file: str, first_line: int, last_line: int) -> set[str]:
        """The tests that run one of these lines."""
        of_file = self.lines.get(file, {})
        return set().union(*(of_file.get(line, ()) for line in range(first_line, last_line + 1)))

    def total_seconds(self, tests: Iterable[str]) -> float:
        """How long the tests take one after the other."""
        return sum(self.seconds[test] for test in tests)

    def fastest_first(self, tests: Iterable[str]) -> list[str]:
        """The tests by how long they take, those of one time by name."""
        return sorted(tests, key=lambda test: (self.seconds[test], test))


@dataclass(frozen=True)
class Uses:
    """Where names are mentioned: per name the statements of the plugins and the test files."""

    statements: Mapping[str, list[tuple[str, Place]]]
    test_files: Mapping[str, set[str]]


def uses(plugins: Mapping[str, str], test_files: Mapping[str, str]) -> Uses:
    """The uses of all names. plugins and test_files: the text of each file by its path in the collection."""
    statements: dict[str, list[tuple[str, Place]]] = defaultdict(list)
    for file, text in plugins.items():
        for place in places(ast.parse(text)):
            for name in _mentioned(place):
                statements[name].append((file, place))
    in_tests: dict[str, set[str]] = defaultdict(set)
    for file, text in test_files.items():
        for word in set(_WORD.findall(text)):
            in_tests[word].add(file)
    return Uses(statements, in_tests)


def covering_tests(site: Site, measured: Measured, used: Uses) -> list[str]:
    """The tests that may notice a change at this site, the fastest first; empty where no test runs it."""
    place = site.place
    tests = measured.tests(site.file, place.first_line, place.last_line)
    if place.names is not None:
        tests |= _users(place.names, measured, used) | _of_room(site.file, measured)
    else:
        files = {_file_of(test) for test in tests}
        tests |= {test for test in _of_room(site.file, measured) if _file_of(test) in files}
    return measured.fastest_first(tests)


def _users(names: frozenset[str], measured: Measured, used: Uses) -> set[str]:
    """The tests that use one of the names, directly or by a name that is bound from it at import."""
    tests: set[str] = set()
    pending, known = set(names), set(names)
    while pending:
        name = pending.pop()
        files = used.test_files.get(name, set())
        tests |= {test for test in measured.seconds if _file_of(test) in files}
        for file, place in used.statements.get(name, []):
            tests |= measured.tests(file, place.first_line, place.last_line)
            further = (place.names or frozenset()) - known
            known |= further
            pending |= further
    return tests


def _file_of(test: str) -> str:
    return test.partition("::")[0]


def _of_room(file: str, measured: Measured) -> set[str]:
    folder = f"tests/unit/{PurePosixPath(file).parent}/"
    return {test for test in measured.seconds if test.startswith(folder)}


def _mentioned(place: Place) -> set[str]:
    names = set()
    for expression in place.expressions:
        for node in ast.walk(expression):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                names.add(node.id)
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
    return names
