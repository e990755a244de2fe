# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The changes that `make mutation` makes: each kind of operator, and only what a test can notice."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.tests.mutation.changes import Change, Site, draw, sites

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "plugins" / "module_utils").rglob("*.py"))


def changed(text: str) -> set[str]:
    """Every text that one change makes of this one; each of them is Python."""
    text = textwrap.dedent(text)
    found = {Change(site, after).apply(text) for site in sites("file.py", text) for after in site.afters}
    for one in found:
        compile(one, "file.py", "exec")
    return found


@pytest.mark.parametrize(
    ("before", "afters"),
    [
        ("a < b", {"a <= b"}),
        ("a <= b", {"a < b"}),
        ("a > b", {"a >= b"}),
        ("a >= b", {"a > b"}),
        ("a == b", {"a != b"}),
        ("a != b", {"a == b"}),
        ("a in b", {"a not in b"}),
        ("a not in b", {"a in b"}),
        ("a is b", {"a is not b"}),
        ("a is not b", {"a is b"}),
        ("a < b == c", {"a <= b == c", "a < b != c"}),
        ("(a) < (b)", {"(a) <= (b)"}),
        ("'×' in a < b", {"'×' not in a < b", "'×' in a <= b"}),
        ("a + b", {"a - b"}),
        ("a - b", {"a + b"}),
        ("a * b", {"a / b"}),
        ("a / b", {"a * b"}),
        ("a // b", {"a / b"}),
        ("a % b", {"a // b"}),
        ("a ** b", {"a * b"}),
        ("a += b", {"a -= b"}),
        ("a //= b", {"a /= b"}),
        ("a and b or c", {"a or b or c", "a and b and c"}),
        ("not a", {"a"}),
        ("not(a)", {"(a)"}),
        ("min(a, b)", {"max(a, b)"}),
        ("max(a, b)", {"min(a, b)"}),
        ("[a for a in b if a == c]", {"[a for a in b if a != c]"}),
        ("call(key=not a)", {"call(key=a)"}),
        ("lambda a: a < b", {"lambda a: a <= b"}),
    ],
)
def test_each_operator_of_python_is_changed(before: str, afters: set[str]) -> None:
    assert changed(before) == afters


@pytest.mark.parametrize(
    ("before", "afters"),
    [
        ('"SELECT a FROM b WHERE c < :d"', {'"SELECT a FROM b WHERE c <= :d"'}),
        ('"SELECT a FROM b WHERE c = :d"', {'"SELECT a FROM b WHERE c <> :d"'}),
        ('"a >= :b"', {'"a > :b"'}),
        ('"a = :b"', {'"a <> :b"'}),
        ('"WHERE a AND b"', {'"WHERE a OR b"'}),
        ('"WHERE a BETWEEN :b AND :c"', set()),
        ('"SELECT SUM(a) FROM b"', {'"SELECT MAX(a) FROM b"'}),
        ('"SELECT max(a) FROM b"', {'"SELECT min(a) FROM b"'}),
        ('"SELECT a + b, * FROM c"', {'"SELECT a - b, * FROM c"'}),
        ('"SELECT a * b FROM c"', {'"SELECT a + b FROM c"'}),
        ('"WHERE a IS NULL"', {'"WHERE a IS NOT NULL"'}),
        ('"WHERE a IS NOT NULL"', {'"WHERE a IS NULL"'}),
        ('"WHERE a IN (b)"', {'"WHERE a NOT IN (b)"'}),
        ('"WHERE a NOT IN (b)"', {'"WHERE a IN (b)"'}),
        ('"WHERE NOT EXISTS (SELECT 1)"', {'"WHERE EXISTS (SELECT 1)"'}),
        (
            '"CREATE TABLE IF NOT EXISTS a (b INTEGER NOT NULL CHECK (b > 0))"',
            {'"CREATE TABLE IF NOT EXISTS a (b INTEGER NOT NULL CHECK (b >= 0))"'},
        ),
        ('"UPDATE a SET b = :b, c = :c WHERE d = :d"', {'"UPDATE a SET b = :b, c = :c WHERE d <> :d"'}),
        ('"INSERT INTO a VALUES (:b) ON CONFLICT (b) DO UPDATE SET c = excluded.c"', set()),
        ("\"WHERE a = 'b = c AND d'\"", {"\"WHERE a <> 'b = c AND d'\""}),
        (
            "f\"WHERE {a == b} < {'{'} AND c\"",
            {"f\"WHERE {a == b} <= {'{'} AND c\"", "f\"WHERE {a == b} < {'{'} OR c\""},
        ),
        (
            '("WHERE a"\n f" AND {b}"  # and so on\n " OR c")',
            {
                '("WHERE a"\n f" OR {b}"  # and so on\n " OR c")',
                '("WHERE a"\n f" AND {b}"  # and so on\n " AND c")',
            },
        ),
        ('"""\nSELECT a\nFROM b\nWHERE c\n    <= :d"""', {'"""\nSELECT a\nFROM b\nWHERE c\n    < :d"""'}),
    ],
)
def test_each_operator_of_sql_text_is_changed(before: str, afters: set[str]) -> None:
    assert changed(f"x = {before}") == {f"x = {after}" for after in afters}


@pytest.mark.parametrize(
    "text",
    [
        '"""WHERE a < b"""',
        'def f():\n    """WHERE a AND b"""',
        "x: Literal[1]",
        "x: TypeAlias = a[1]",
        "def f(a: b[0]) -> c[1]: ...",
        "if TYPE_CHECKING:\n    x = a < b",
        "class A:\n    def __repr__(self):\n        return a + b",
        "@dataclass(frozen=True)\nclass A:\n    a: int = field(repr=False)",
        "@lru_cache(maxsize=8)\ndef f(): ...",
        'raise ValueError("WHERE a AND b", f"WHERE {a} AND b")',
        'x = "a" + b + c',
        'x = "%s" % a',
        "x = a + [b]",
        'x += "a"',
        'x = f"{a + 1}"',
        'x = "This and that is more < than prose = needs."',
        "x = a | b",
        "x = [True, 1]",
    ],
)
def test_what_no_test_can_notice_stays(text: str) -> None:
    assert changed(text) == set()


def test_a_change_says_where_it_is_and_refuses_another_text() -> None:
    (site,) = sites("a/b.py", "x = 2\n\nx = a == b\n")
    change = Change(site, "!=")
    assert str(change) == "a/b.py:3: `==` -> `!=`"
    assert str(Change(sites("a/b.py", "not a")[0], "")) == "a/b.py:1: `not` -> dropped"
    assert change.apply("x = 2\n\nx = a == b\n") == "x = 2\n\nx = a != b\n"
    with pytest.raises(ValueError, match="the file has changed since"):
        change.apply("x = 2\n\nx = ab == c\n")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text() for path in FILES}


@pytest.fixture(scope="module")
def found(texts: dict[str, str]) -> list[Site]:
    return [site for file, text in texts.items() for site in sites(file, text)]


def test_changes_of_our_own_files_are_python(texts: dict[str, str], found: list[Site]) -> None:
    assert len(found) > 1_000
    for change in draw(found, 200, seed=7):
        compile(change.apply(texts[change.site.file]), change.site.file, "exec")


def test_a_seed_draws_the_same_changes_at_different_sites(found: list[Site]) -> None:
    drawn = draw(found, 50, seed=3)
    assert draw(reversed(found), 50, seed=3) == drawn != draw(found, 50, seed=4)
    assert len({(change.site.file, change.site.start) for change in drawn}) == 50
    assert len(draw(found[:5], 50, seed=3)) == 5
