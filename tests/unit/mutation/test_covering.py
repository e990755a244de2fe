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
LIMIT = 3
UPPER = LIMIT + 4
UNUSED = 5


class Price:
    digits: int = 6

    def rounded(self):
        return 7


def price(amount, factor=8):
    if (
        amount == 0
    ):
        return 9
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
    "tests/unit/plugins/module_utils/_room/test_prices.py": "LIMITED = 1",
    "tests/unit/plugins/module_utils/_room/test_limit.py": "from x import LIMIT",
    "tests/unit/test_page.py": "",
}
PRICES, LIMIT, PAGE = (f"{file}::test_it" for file in TESTS)
MEASURED = Measured(
    {
        f"{ROOM}prices.py": {
            1: frozenset({PRICES}),
            10: frozenset({PRICES}),
            14: frozenset({PAGE}),
            17: frozenset({PRICES}),
            18: frozenset({PAGE, LIMIT}),
        },
        f"{ROOM}lists.py": {7: frozenset({PAGE}), 11: frozenset({LIMIT})},
    },
    {PRICES: 3.0, LIMIT: 1.0, PAGE: 2.0},
)


@pytest.mark.parametrize(
    ("line", "tests"),
    [
        # A test file mentions it, and total() uses what is bound from it by way of two others.
        (1, [LIMIT, PAGE, PRICES]),
        (2, [PAGE]),
        # Nobody uses it: the room's.
        (3, [LIMIT, PRICES]),
        # one() makes such a price, and its own method runs.
        (7, [LIMIT, PRICES]),
        (10, [PRICES]),
        # A default: whoever calls it.
        (13, [LIMIT, PAGE, PRICES]),
        # All lines of the condition, none of its block.
        (15, [PAGE]),
        (17, [PRICES]),
    ],
)
def test_who_may_notice_a_change_is_run_fastest_first(line: int, tests: list[str]) -> None:
    file = f"{ROOM}prices.py"
    site = next(site for site in sites(file, FILES[file]) if site.line == line)
    assert covering_tests(site, MEASURED, uses(FILES, TESTS)) == tests


def test_a_line_that_no_test_runs_has_no_tests() -> None:
    site = next(site for site in sites(f"{ROOM}other.py", "def f():\n    return 1\n"))
    assert covering_tests(site, MEASURED, uses(FILES, TESTS)) == []
