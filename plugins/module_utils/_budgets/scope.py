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
    """A scope made ready for comparing. projects: every id and name that is meant; ids: those of each project
    name that feeds carry.
    """

    categories: frozenset[str]
    projects: frozenset[str]
    tags: frozenset[tuple[str, str]]
    ids: Mapping[str, frozenset[str]]

    def covers(
        self, category: str | None, projects: frozenset[str], tags: frozenset[tuple[str, str]]
    ) -> bool | None:
        """Whether a cost of that category, project (its id, its name or both) and tags is in the scope.

        None where that cannot be told, as the scope goes by a category or project that is not given. A
        missing tag does not match.
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
        """covers() for what was spent; what was recorded without a project is in no project's budget."""
        # The cheap questions first: a gate asks this of every dimension set of the ledger.
        if (self.categories and category not in self.categories) or not self.tags <= tags:
            return False
        if len(projects) == 1:
            projects |= frozenset(number for name in projects for number in self.ids.get(name, ()))
        return not self.projects or not projects.isdisjoint(self.projects)

    def may_cover_cost(
        self, category: str, projects: frozenset[str], tags: frozenset[tuple[str, str]]
    ) -> bool:
        """Whether covers_cost() would be true if only the tags were known, which those of a resource that is
        gone are not (design/imports.md#tags).
        """
        return (
            bool(self.tags)
            and tags >= _UNKNOWN_TAGS
            and self.covers_cost(category, projects, tags | self.tags)
        )

    def covers_line(self, line: HoldLine) -> bool | None:
        """covers() for a line that is asked for or held, which may name its project either way."""
        projects: frozenset[str] = frozenset()
        if line.project is not None:
            projects = self.ids.get(line.project, frozenset()) | {line.project}
        return self.covers(line.category, projects, frozenset(line.tags))

    def missing(self, line: HoldLine) -> str:
        """What the line would have to say to be told: `category`, `project` or `category and project`."""
        asked = (("category", self.categories, line.category), ("project", self.projects, line.project))
        return " and ".join(name for name, named, given in asked if named and given is None)


def reach(scope: Scope, feeds: Sequence[Feed]) -> ScopeMatcher:
    """The scope with the ids of the projects that it names."""
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
    """Those of ever_feeds_of() that still bring cost."""
    return [feed for feed in ever_feeds_of(scope, feeds) if not feed.retired]


def ever_feeds_of(scope: Scope, feeds: Sequence[Feed]) -> list[Feed]:
    """The feeds that carry what is in the scope, also when they are retired: those of its projects, all where
    it names none.
    """
    return [
        feed
        for feed in feeds
        if not scope.projects or feed.key.project_id in scope.projects or feed.project_name in scope.projects
    ]


def told(scope: Scope) -> str:
    """`all costs`, or `category compute or storage, project shop, tag team=web`."""
    parts = []
    for name, values in (("category", scope.categories), ("project", scope.projects)):
        if values:
            parts.append(f"{name} {' or '.join(values)}")
    parts += [f"tag {name}={value}" for name, value in scope.tags]
    return ", ".join(parts) or "all costs"
