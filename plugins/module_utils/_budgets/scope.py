# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Which costs, run rates and lines a budget covers (design/gate.md#budgets, design/gate.md#requests)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .._core.tags import UNKNOWN_TAGS
from .._ledger.budgets import UNTAGGED_UNKNOWN, Scope
from .._ledger.feeds import Feed
from .._ledger.holds import HoldLine

_UNKNOWN_TAGS = frozenset(UNKNOWN_TAGS.items())


@dataclass(frozen=True)
class ScopeMatcher:
    """A scope ready for comparison.

    projects: every ID and name of the scope's projects. ids: the IDs of each project name that feeds carry.
    needs_tags: a line without the key of a tag is not decided, in place of outside; one whose tags are not
    known never is. served: for each region whose cost comes with the feed of another one, the ID and name of
    the project and that other one.
    """

    categories: frozenset[str]
    projects: frozenset[str]
    tags: frozenset[tuple[str, str]]
    ids: Mapping[str, frozenset[str]]
    regions: frozenset[str] = frozenset()
    needs_tags: bool = True
    served: Mapping[str, Sequence[tuple[frozenset[str], str]]] = field(default_factory=dict)

    def covers_cost(
        self,
        category: str,
        projects: frozenset[str],
        tags: frozenset[tuple[str, str]],
        region: str | None,
    ) -> bool:
        """Whether a cost of that category, project (its ID, its name or both), tags and region is in the
        scope. One that was recorded without a project is in no project's budget, and so on.
        """
        # The cheap checks first: a gate does this for every dimension set of the ledger.
        if (self.categories and category not in self.categories) or not self.tags <= tags:
            return False
        if self.regions and region not in self.regions:
            return False
        if len(projects) == 1:
            projects |= frozenset(number for name in projects for number in self.ids.get(name, ()))
        return not self.projects or not projects.isdisjoint(self.projects)

    def covers_resource(
        self,
        category: str,
        projects: frozenset[str],
        tags: frozenset[tuple[str, str]],
        region: str | None,
    ) -> bool:
        """Whether the cost of what is in that region now is in the scope, whichever feed brings it."""
        brought_by = [own for names, own in self.served.get(region or "", ()) if names & projects]
        return any(self.covers_cost(category, projects, tags, one) for one in (region, *brought_by))

    def may_cover_cost(
        self,
        category: str,
        projects: frozenset[str],
        tags: frozenset[tuple[str, str]],
        region: str | None,
    ) -> bool:
        """Whether only unknown tags keep covers_cost() from being true, such as those of a deleted resource
        (design/imports.md#tags).
        """
        return (
            bool(self.tags)
            and tags >= _UNKNOWN_TAGS
            and self.covers_cost(category, projects, tags | self.tags, region)
        )

    def covers_line(self, line: HoldLine) -> bool | None:
        """Whether a line of a request or a hold, which names its project by ID or by name, is in the scope.

        False if any value that it has puts it outside. Only otherwise what it lacks makes it None, which is
        unknown (design/gate.md#requests).
        """
        if self._puts_outside(line):
            return False
        return None if self._lacking(line) else True

    def missing(self, line: HoldLine) -> str:
        """What the line must name to be decided, such as `category` or `project and tag team`."""
        return " and ".join(self._lacking(line))

    def _puts_outside(self, line: HoldLine) -> bool:
        tags = dict(line.tags)
        return (
            self._is_outside(line.category, self.categories)
            or (bool(self.regions) and all(map(self._is_elsewhere, self._regions_of(line))))
            or bool(self.projects and line.project is not None and not self._is_of_projects(line.project))
            or any(tags.get(key, value) != value for key, value in self.tags)
            or (self._decides_untagged(line) and any(key not in tags for key, _value in self.tags))
        )

    def _decides_untagged(self, line: HoldLine) -> bool:
        return not self.needs_tags and not _has_unknown_tags(line)

    def _regions_of(self, line: HoldLine) -> list[str | None]:
        """The line's region, and those of the feeds that bring its cost (design/imports.md#feeds)."""
        served = self.served.get(line.region or "", ())
        return [line.region, *(region for names, region in served if line.project in (None, *names))]

    def _is_elsewhere(self, region: str | None) -> bool:
        return self._is_outside(region, self.regions)

    @staticmethod
    def _is_outside(value: str | None, of_scope: frozenset[str]) -> bool:
        return bool(of_scope) and value is not None and value not in of_scope

    def _is_of_projects(self, name: str) -> bool:
        return not self.projects.isdisjoint(self.ids.get(name, frozenset()) | {name})

    def _lacking(self, line: HoldLine) -> list[str]:
        named = (
            ("category", self.categories, line.category),
            ("project", self.projects, line.project),
            ("region", self.regions, line.region),
        )
        keys = {key for key, _value in line.tags}
        known = "known " if _has_unknown_tags(line) else ""
        return [
            *(kind for kind, of_scope, value in named if of_scope and value is None),
            *(f"{known}tag {key}" for key, _value in sorted(self.tags) if key not in keys),
        ]


def _has_unknown_tags(line: HoldLine) -> bool:
    """Whether it may have more tags than it names, such as metadata that are known after apply."""
    return _UNKNOWN_TAGS.issubset(line.tags)


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
        frozenset(scope.regions),
        scope.untagged == UNTAGGED_UNKNOWN,
        _served(feeds) if scope.regions else {},
    )


def _served(feeds: Sequence[Feed]) -> dict[str, list[tuple[frozenset[str], str]]]:
    found: dict[str, list[tuple[frozenset[str], str]]] = {}
    for feed in feeds:
        names, own = frozenset({feed.key.project_id, feed.project_name}), feed.key.region
        for region, _brought_by in feed.rating_regions:
            if region != own and feed.serves(region) and not feed.retired:
                found.setdefault(region, []).append((names, own))
    return found


@dataclass(frozen=True)
class CarriedValues:
    """What feeds carry now, by the kinds of a scope; each is put together when it is first asked for."""

    feeds: Sequence[Feed]

    @cached_property
    def categories(self) -> frozenset[str]:
        """Those that a feed ever carried."""
        return frozenset(name for feed in self.feeds for name in feed.categories)

    @cached_property
    def projects(self) -> frozenset[str]:
        """IDs and names."""
        return frozenset(name for feed in self.feeds for name in (feed.key.project_id, feed.project_name))

    @cached_property
    def regions(self) -> frozenset[str]:
        """Those of the feeds."""
        return frozenset(feed.key.region for feed in self.feeds)

    @cached_property
    def tags(self) -> frozenset[tuple[str, str]]:
        """Those of the run rates, by name and value."""
        return frozenset(tag for feed in self.feeds for rate in feed.run_rates for tag in rate.tags)

    def has_all_of(self, scope: Scope) -> bool:
        """Whether feeds carry every value of the scope, so that none can be misspelled."""
        return all(
            getattr(self, kind).issuperset(getattr(scope, kind))
            for kind in ("categories", "projects", "regions", "tags")
            if getattr(scope, kind)
        )


def feeds_of(scope: Scope, feeds: Sequence[Feed]) -> list[Feed]:
    """The feeds of ever_feeds_of() that are not retired."""
    return [feed for feed in ever_feeds_of(scope, feeds) if not feed.retired]


def ever_feeds_of(scope: Scope, feeds: Sequence[Feed]) -> list[Feed]:
    """The feeds of the scope's projects in its regions, retired ones too; those of all projects or regions if
    the scope names none.
    """
    return [
        feed
        for feed in feeds
        if (
            not scope.projects or feed.key.project_id in scope.projects or feed.project_name in scope.projects
        )
        and (not scope.regions or feed.key.region in scope.regions)
    ]
