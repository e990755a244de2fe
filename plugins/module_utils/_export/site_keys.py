# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Whose pages a cost site has, and which costs of a month each is about (design/reports.md#a-site)."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .._core.visible_text import shortened, visible_line
from .site_cost import CostGroup, CostLine, MonthCost

ORGANIZATION, TEAM, OF_PROJECT = "organization", "team", "project"
TEAMS, PROJECTS, SERVICES, RESOURCES, DAYS = "teams", "projects", "services", "resources", "days"
#: The tables of a page whose rows add up to its cost, by kind. Of projects those of resources do too.
SUMMED = {
    ORGANIZATION: (TEAMS, PROJECTS, SERVICES),
    TEAM: (PROJECTS, SERVICES),
    OF_PROJECT: (TEAMS, SERVICES, RESOURCES),
}
LONGEST_NAME = 200
_PLAIN = re.compile(r"[^a-z0-9]+")
Row = dict[str, Any]


class PageKey(NamedTuple):
    """Whose page it is. id: the team's name or the project's id; None for what has none, and for the
    organization.
    """

    kind: str
    id: str | None = None

    @property
    def path(self) -> str:
        """The page's path in its month's folder, without an ending: the same for ever, and safe anywhere."""
        if self.kind == ORGANIZATION:
            return "index"
        if self.id is None:
            return f"{self.kind}/none"
        words = _PLAIN.sub("-", self.id.lower())[:40].strip("-")
        # Names that differ in their case or their marks only are files of their own.
        digest = hashlib.sha256(self.id.encode("utf-8", "surrogatepass")).hexdigest()[:10]
        return f"{self.kind}/{'-'.join(filter(None, (words, digest)))}"


class PageCosts(NamedTuple):
    """The groups and lines of a month that a page is about."""

    groups: Sequence[CostGroup] = ()
    lines: Sequence[CostLine] = ()


def pages_of(month: MonthCost, has_teams: bool) -> dict[PageKey, PageCosts]:
    """All that had a cost in the month or in the part before it, the organization first. has_teams: whether
    teams have pages of their own.
    """
    groups: dict[PageKey, list[CostGroup]] = defaultdict(list)
    lines: dict[PageKey, list[CostLine]] = defaultdict(list)
    groups[PageKey(ORGANIZATION)] = []
    for group in {**month.days, **month.in_part, **month.in_before}:
        for key in _keys_of(group, has_teams):
            groups[key].append(group)
    for line in {**month.lines, **month.used_before}:
        for key in _keys_of(line.group, has_teams):
            lines[key].append(line)
    return {key: PageCosts(found, lines[key]) for key, found in groups.items()}


def _keys_of(group: CostGroup, has_teams: bool) -> Iterator[PageKey]:
    yield PageKey(ORGANIZATION)
    yield PageKey(OF_PROJECT, group.project)
    if has_teams:
        yield PageKey(TEAM, group.team)


def shown_name(name: str) -> str:
    """A name on one line of at most 200 characters, with marks of direction and the like written out."""
    return shortened(visible_line(name), LONGEST_NAME)
