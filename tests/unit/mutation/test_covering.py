# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tests are run for a change: those that run its line, or use what it binds at import."""

from __future__ import annotations

import pytest
from ansible_collections.finops.cloud.tests.mutation.changes import sites
from ansible_collections.finops.cloud.tests.mutation.covering import Measured, covering_tests, uses

ROOM = "plugins/module_utils/_room/"
FILES = {
    f"{ROOM}prices.py": """\
LIMIT = 3 * 2
UPPER = LIMIT + 4
UNUSED = [total * 5 for total in ()]


class Price:
    digits: int = 6 * 2

    def rounded(self):
        return 7 * 2


def price(amount, factor=8 * 2):
    if (
        amount == 0
    ):
        return 9 * 2
    return amount
""",
    f"{ROOM}lists.py": """\
from .prices import UPPER, Price

TWICE = UPPER + UPPER


def total():
    return TWICE


def one():
    return Price()
""",
}
TESTS = {
    "tests/unit/plugins/module_utils/_room/test_prices.py": "",
    "tests/unit/test_words.py": "LIMITED, LIMIT",
    "tests/unit/test_total.py": "",
    "tests/unit/test_one.py": "",
    "tests/unit/test_condition.py": "",
    "tests/unit/test_method.py": "",
}
OF_ROOM, WORDS, TOTAL, ONE, CONDITION, METHOD = (f"{file}::test_it" for file in TESTS)
MEASURED = Measured(
    {
        f"{ROOM}prices.py": {
            1: frozenset({CONDITION}),
            10: frozenset({METHOD}),
            15: frozenset({CONDITION}),
            17: frozenset({OF_ROOM}),
            18: frozenset({CONDITION}),
        },
        f"{ROOM}lists.py": {7: frozenset({TOTAL}), 11: frozenset({ONE})},
    },
    {OF_ROOM: 6.0, WORDS: 5.0, TOTAL: 4.0, ONE: 3.0, CONDITION: 2.0, METHOD: 2.0},
)


def test_a_file_of_the_room_counts_whole_as_its_first_test_may_stand_for_a_fixture() -> None:
    """One of another folder does not: most of its tests have nothing to do with the line."""
    first, other = (f"tests/unit/plugins/module_utils/_room/test_prices.py::{name}" for name in "ab")
    seconds = {first: 1.0, other: 2.0, CONDITION: 3.0, f"{CONDITION}_too": 4.0}
    measured = Measured({f"{ROOM}prices.py": {17: frozenset({first, CONDITION})}}, seconds)
    (site,) = [one for one in sites(f"{ROOM}prices.py", FILES[f"{ROOM}prices.py"]) if one.line == 17]
    assert covering_tests(site, measured, uses(FILES, TESTS)) == [first, other, CONDITION]


@pytest.mark.parametrize(
    ("line", "tests"),
    [
        # At import: a test file has its name, total() uses what is bound from it by way of two others.
        (1, [CONDITION, TOTAL, WORDS, OF_ROOM]),
        (2, [TOTAL, OF_ROOM]),
        # At import, and nobody uses it.
        (3, [OF_ROOM]),
        # In a class: one() makes such a price, and its own method runs.
        (7, [METHOD, ONE, OF_ROOM]),
        # A default: whoever runs the function.
        (13, [CONDITION, OF_ROOM]),
        # In a function: the lines of the statement, a condition without its block.
        (10, [METHOD]),
        (15, [CONDITION]),
        (17, [OF_ROOM]),
    ],
)
def test_who_may_notice_a_change_is_run_fastest_first(line: int, tests: list[str]) -> None:
    file = f"{ROOM}prices.py"
    site = next(site for site in sites(file, FILES[file]) if site.line == line)
    assert covering_tests(site, MEASURED, uses(FILES, TESTS)) == tests


def test_a_line_that_no_test_runs_has_no_tests() -> None:
    site = next(site for site in sites(f"{ROOM}other.py", "def f():\n    return 1 * 2\n"))
    assert covering_tests(site, MEASURED, uses(FILES, TESTS)) == []
