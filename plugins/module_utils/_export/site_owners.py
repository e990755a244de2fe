# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Whose a resource without a team is likely, for people who go through a list: nothing is counted by it
(design/reports.md#costs-without-a-team).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from .site_cost import CostLine, ResourceKey, SiteNames

#: What comes before the number of a name: `web-` of web-2 and web-17-data.
_STEM = re.compile(r"[^0-9]*[^0-9\W_][^0-9]*(?=[0-9])")


class LikelyOwner(NamedTuple):
    """A team, and why it is likely; without a team what else is known."""

    team: str | None
    why: str


class Owners:
    """Finds likely teams by what a month's lines with a team have in common."""

    def __init__(self, lines: Iterable[CostLine], names: SiteNames) -> None:
        self._names = names
        self._by_stem: dict[ResourceKey, set[str]] = defaultdict(set)
        self._by_login: dict[str, set[str]] = defaultdict(set)
        self._by_project: dict[str | None, set[str]] = defaultdict(set)
        for line in lines:
            if line.group.team is None:
                continue
            team, project = line.group.team, line.group.project
            key = (project, line.resource or line.description)
            self._by_project[project].add(team)
            if login := names.recorded_by.get(key):
                self._by_login[login].add(team)
            if stem := self._stem(key):
                self._by_stem[project, stem].add(team)

    def likely(self, key: ResourceKey) -> LikelyOwner:
        """The only team that fits, by the strongest reason that there is."""
        project, login = key[0], self._names.recorded_by.get(key)
        stem = self._stem(key)
        if team := self._names.teams.get(key):
            return LikelyOwner(team, "as it had this tag before")
        if stem and len(teams := self._by_stem.get((project, stem), set())) == 1:
            return LikelyOwner(next(iter(teams)), f"as all other {stem}… of the project")
        if project is not None and len(teams := self._by_project.get(project, set())) == 1:
            return LikelyOwner(next(iter(teams)), "as all else of the project")
        if login and len(teams := self._by_login.get(login, set())) == 1:
            return LikelyOwner(next(iter(teams)), f"as all else that {login} recorded")
        return LikelyOwner(None, f"recorded by {login}" if login and project is None else "")

    def _stem(self, key: ResourceKey) -> str | None:
        name, _type = self._names.resources.get(key, (None, None))
        found = _STEM.match(name or "")
        return found.group() if found else None
