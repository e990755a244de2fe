# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which costs and lines are in a scope (design/gate.md#requests)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets.scope import feeds_of, scope_matcher
from ansible_collections.finops.cloud.plugins.module_utils._ledger.budgets import Scope
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import FeedKey
from ansible_collections.finops.cloud.plugins.module_utils._ledger.holds import HoldLine

from .snapshots import feed, line

ALL = Scope(("compute",), ("p1",), (("env", "prod"), ("team", "web")), ("dc3-a",))
INSIDE = replace(line("1", "compute", "shop", {"env": "prod", "team": "web", "more": "x"}), region="dc3-a")


def covers(scope: Scope, one: HoldLine) -> bool | None:
    return scope_matcher(scope, [feed()]).covers_line(one)


def test_a_line_that_has_every_value_is_inside_by_the_name_of_its_project_too() -> None:
    assert covers(ALL, INSIDE) is True
    assert covers(ALL, replace(INSIDE, project="p1")) is True


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"category": None}, "category"),
        ({"project": None}, "project"),
        ({"region": None}, "region"),
        ({"tags": (("env", "prod"),)}, "tag team"),
        ({"tags": ()}, "tag env and tag team"),
        ({"category": None, "region": None, "tags": (("team", "web"),)}, "category and region and tag env"),
    ],
)
def test_a_line_that_lacks_a_value_is_unknown_and_says_which(
    changed: dict[str, object], missing: str
) -> None:
    one = replace(INSIDE, **changed)  # type: ignore[arg-type]
    assert covers(ALL, one) is None
    assert scope_matcher(ALL, []).missing(one) == missing


@pytest.mark.parametrize(
    "outside",
    [{"category": "storage"}, {"project": "p2"}, {"region": "dc4-a"}, {"tags": (("team", "db"),)}],
)
@pytest.mark.parametrize(
    "lacking", [{}, {"category": None}, {"project": None}, {"region": None}, {"tags": ()}]
)
def test_one_value_outside_decides_whatever_else_is_lacking(
    outside: dict[str, object], lacking: dict[str, object]
) -> None:
    assert covers(ALL, replace(INSIDE, **{**lacking, **outside})) is False  # type: ignore[arg-type]


@pytest.mark.parametrize("untagged", ["unknown", "outside"])
def test_a_line_whose_tags_are_not_known_may_be_inside_unless_another_value_is_outside(untagged: str) -> None:
    scope, known = replace(ALL, untagged=untagged), ("env", "prod")
    one = replace(INSIDE, tags=(known, ("tag_status", "unknown")))
    assert covers(scope, one) is None
    assert scope_matcher(scope, []).missing(one) == "known tag team"
    assert covers(scope, replace(one, category="storage")) is False
    assert covers(scope, replace(one, tags=(("env", "test"), *one.tags[1:]))) is False
    assert covers(scope, replace(one, tags=(*one.tags, ("team", "web")))) is True


def test_untagged_outside_takes_a_line_without_the_key_as_not_its_own() -> None:
    lax = replace(ALL, untagged="outside")
    assert covers(lax, INSIDE) is True
    assert covers(lax, replace(INSIDE, tags=(("team", "web"),))) is False
    # What else it lacks is still not known.
    assert covers(lax, replace(INSIDE, category=None)) is None


def test_a_cost_that_lacks_a_value_is_outside() -> None:
    matcher = scope_matcher(ALL, [feed()])
    tags = frozenset(ALL.tags)
    assert matcher.covers_cost("compute", frozenset({"p1"}), tags, "dc3-a") is True
    assert matcher.covers_cost("compute", frozenset({"p1"}), tags, None) is False
    assert matcher.covers_cost("compute", frozenset(), tags, "dc3-a") is False
    assert matcher.covers_cost("compute", frozenset({"p1"}), tags - {("team", "web")}, "dc3-a") is False


def test_the_feeds_of_a_scope_are_those_of_its_projects_in_its_regions() -> None:
    keys = [FeedKey(region, project) for region in ("a", "b") for project in ("p1", "p2")]
    known = [replace(feed(), key=key, project_name=f"name of {key.project_id}") for key in keys]
    found = feeds_of(Scope(projects=("name of p1",), regions=("b",)), known)
    assert [one.key for one in found] == [FeedKey("b", "p1")]
    assert len(feeds_of(Scope(regions=("a",)), known)) == 2
