# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Which costs, run rates and lines a budget covers (design/gate.md#budgets, design/gate.md#requests)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .._ledger.budgets import Scope
from .._ledger.feeds import UNKNOWN_TAGS, Feed
from .._ledger.holds import HoldLine

_UNKNOWN_TAGS = frozenset(UNKNOWN_TAGS.items())


@dataclass(frozen=True)
class ScopeMatcher:
    """A scope ready for comparison.

    projects: every ID and name of the scope's projects. ids: the IDs of each project name that feeds carry.
    """

    categories: frozenset[str]
    projects: frozenset[str]
    tags: frozenset[tuple[str, str]]
    ids: Mapping[str, frozenset[str]]

    def covers(
        self, category: str | None, projects: frozenset[str], tags: frozenset[tuple[str, str]]
    ) -> bool | None:
        """Whether a cost of that category, project (its ID, its name or both) and tags is in the scope.

        None if that is unknown, as the scope names a category or project and the cost does not. A missing tag
        does not match.
        """
        if self.categories and category is not None and category not in self.categories:
            return False
        if self.projects and projects and not projects & self.projects:
            return False
        if not self.tags <= tags:
            return False
        if (self.categories and category is None) or (self.projects and not projects):
            return None
        return True

    def covers_cost(self, category: str, projects: frozenset[str], tags: frozenset[tuple[str, str]]) -> bool:
        """covers() for a cost. One that was recorded without a project is in no project's budget."""
        # The cheap checks first: a gate does this for every dimension set of the ledger.
        if (self.categories and category not in self.categories) or not self.tags <= tags:
            return False
        if len(projects) == 1:
            projects |= frozenset(number for name in projects for number in self.ids.get(name, ()))
        return not self.projects or not projects.isdisjoint(self.projects)

    def may_cover_cost(
        self, category: str, projects: frozenset[str], tags: frozenset[tuple[str, str]]
    ) -> bool:
        """Whether only unknown tags keep covers_cost() from being true, such as those of a deleted resource
        (design/imports.md#tags).
        """
        return (
            bool(self.tags)
            and tags >= _UNKNOWN_TAGS
            and self.covers_cost(category, projects, tags | self.tags)
        )

    def covers_line(self, line: HoldLine) -> bool | None:
        """covers() for a line of a request or a hold, which names its project by ID or by name."""
        projects: frozenset[str] = frozenset()
        if line.project is not None:
            projects = self.ids.get(line.project, frozenset()) | {line.project}
        return self.covers(line.category, projects, frozenset(line.tags))

    def missing(self, line: HoldLine) -> str:
        """What the line must name to be decided: `category`, `project` or `category and project`."""
        asked = (("category", self.categories, line.category), ("project", self.projects, line.project))
        return " and ".join(name for name, named, given in asked if named and given is None)


def scope_matcher(scope: Scope, feeds: Sequence[Feed]) -> ScopeMatcher:
    """The scope with the IDs of the projects that it names."""
    ids: dict[str, set[str]] = {}
    for feed in feeds:
        ids.setdefault(feed.project_name, set()).add(feed.key.project_id)
    meant = {number for name in scope.projects for number in ids.get(name, ())}
    return ScopeMatcher(
        frozenset(scope.categories),
        frozenset(scope.projects) | meant,
        frozenset(scope.tags),
        {name: frozenset(numbers) for name, numbers in ids.items()},
    )


def feeds_of(scope: Scope, feeds: Sequence[Feed]) -> list[Feed]:
    """The feeds of ever_feeds_of() that are not retired."""
    return [feed for feed in ever_feeds_of(scope, feeds) if not feed.retired]


def ever_feeds_of(scope: Scope, feeds: Sequence[Feed]) -> list[Feed]:
    """The feeds of the scope's projects, retired ones too; all feeds if the scope names no project."""
    return [
        feed
        for feed in feeds
        if not scope.projects or feed.key.project_id in scope.projects or feed.project_name in scope.projects
    ]
