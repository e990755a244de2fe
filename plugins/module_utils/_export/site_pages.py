# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a page of a cost site says of its month: plain values that are hashed, kept beside the page as JSON,
and shown (design/reports.md#a-site).

The rows of each table but the dearest resources add up to the page's cost: `recorded` to the last digit.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from .._core.money import ROUNDING, format_amount, format_exact, from_nano
from .._core.periods import iso
from .._core.visible_text import shortened, visible_line
from .site_cost import (
    PROJECT,
    CostGroup,
    CostLine,
    MonthCost,
    Parts,
    SiteMoney,
    SiteNames,
    SiteQuestion,
    added,
)

ORGANIZATION, TEAM, OF_PROJECT = "organization", "team", "project"
TEAMS, PROJECTS, SERVICES, RESOURCES, DAYS = "teams", "projects", "services", "resources", "days"
#: The tables of a page whose rows add up to its cost, by kind. Of projects those of resources do too.
SUMMED = {
    ORGANIZATION: (TEAMS, PROJECTS, SERVICES),
    TEAM: (PROJECTS, SERVICES),
    OF_PROJECT: (TEAMS, SERVICES, RESOURCES),
}
#: The dearest resources of pages that do not list all.
TOP_RESOURCES = 10
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
    for line in month.lines:
        for key in _keys_of(line.group, has_teams):
            lines[key].append(line)
    return {key: PageCosts(found, lines[key]) for key, found in groups.items()}


def _keys_of(group: CostGroup, has_teams: bool) -> Iterator[PageKey]:
    yield PageKey(ORGANIZATION)
    yield PageKey(OF_PROJECT, group.project)
    if has_teams:
        yield PageKey(TEAM, group.team)


class PageWriter:
    """Makes the facts of pages of one site."""

    def __init__(self, question: SiteQuestion, names: SiteNames, money: SiteMoney) -> None:
        self._question, self._names, self.money = question, names, money
        self.has_teams = question.team != PROJECT
        self.currency = question.currency
        #: How teams are called, such as the name of a tag.
        self.team = question.team.partition(":")[2] or question.team

    def name_of(self, key: PageKey) -> str | None:
        """The name that people know; None for what has none."""
        name = (self._names.projects.get(key.id) or key.id) if key.kind == OF_PROJECT else key.id
        return None if name is None else shown_name(name)

    def facts(self, month: MonthCost, key: PageKey, costs: PageCosts) -> Row:
        """The facts of a page."""
        self.money.unknown.clear()
        sums = {group: added(month.days[group]) for group in costs.groups if group in month.days}
        whole = added(sums.values())
        tables = {name: self._table(name, month, costs, sums) for name in SUMMED[key.kind]}
        if not self.has_teams:
            tables.pop(TEAMS, None)
        if key.kind != OF_PROJECT:
            tables[RESOURCES] = self._resources(month, costs.lines, TOP_RESOURCES)
        facts = {
            "kind": key.kind,
            "id": key.id,
            "name": self.name_of(key),
            "month": month.name,
            "period_start": iso(month.window.begin),
            "period_end": iso(month.window.end),
            "timezone": self._question.zone.key,
            "teams": self._question.team,
            "currency": self.currency,
            "tax": "excluded" if month.taxed.isdisjoint(sums) else "included",
            **self.figures(whole),
            "compared": self._compared(month, costs.groups),
            "days": self._days(month, sums),
            "tables": tables,
        }
        return {**facts, "unknown": list(self.money.unknown)}

    def figures(self, parts: Parts) -> Row:
        """A sum in the site's currency as cost_summary_info has it, and as it was recorded, exactly."""
        recorded: dict[str, int] = {}
        for (currency, _at), nano in parts.items():
            recorded[currency] = recorded.get(currency, 0) + nano
        return {
            "cost": _text(self.money.amount(parts)),
            "recorded": {code: format_exact(from_nano(nano)) for code, nano in sorted(recorded.items())},
        }

    def _days(self, month: MonthCost, sums: Mapping[CostGroup, Parts]) -> list[Row]:
        return [
            {"id": name, **self.figures(added(month.days[group][number] for group in sums))}
            for number, (name, _window) in enumerate(month.day_windows)
        ]

    def _compared(self, month: MonthCost, groups: Sequence[CostGroup]) -> Row | None:
        """What is known of both periods, against each other; None where nothing is."""
        if not month.part.length or not month.in_before:
            return None
        known = [group for group in groups if group.project not in month.gaps]
        if groups and not known:
            return None
        now, before = (
            self.money.amount(added(each[group] for group in known if group in each))
            for each in (month.in_part, month.in_before)
        )
        return {
            "begin": iso(month.part.begin),
            "end": iso(month.part.end),
            "before_begin": iso(month.before.begin),
            "before_end": iso(month.before.end),
            "cost": _text(now),
            "before": _text(before),
            "change": _change(now, before),
            "left_out": sorted(
                {
                    self.name_of(PageKey(OF_PROJECT, group.project)) or ""
                    for group in groups
                    if group.project in month.gaps
                }
            ),
        }

    def _table(
        self, name: str, month: MonthCost, costs: PageCosts, sums: Mapping[CostGroup, Parts]
    ) -> list[Row]:
        """Rows of a table, the dearest first."""
        if name in (TEAMS, PROJECTS):
            of_group: Callable[[CostGroup], str | None] = _team if name == TEAMS else _project
            kind = TEAM if name == TEAMS else OF_PROJECT
            several = _by(of_group, sums.items())
            changes = self._changes(month, costs.groups, of_group)
            rows = [
                {
                    "id": one,
                    "name": self.name_of(PageKey(kind, one)),
                    **self.figures(parts),
                    "change": changes.get(one),
                }
                for one, parts in several.items()
            ]
        elif name == SERVICES:
            several = _by(lambda line: line.metric, ((line, month.lines[line]) for line in costs.lines))
            rows = [{"id": one, "name": _shown(one), **self.figures(parts)} for one, parts in several.items()]
        else:
            return self._resources(month, costs.lines)
        return sorted(rows, key=_dearest)

    def _resources(self, month: MonthCost, lines: Iterable[CostLine], most: int | None = None) -> list[Row]:
        """Resources, the dearest first; of pages that show few of many, these only."""
        sums: dict[tuple[str | None, str | None], Parts] = {}
        for line in lines:
            key = (line.group.project, line.resource)
            sums[key] = added([sums.get(key, {}), month.lines[line]])
        amounts = {key: self.money.amount(parts) for key, parts in sums.items()}
        # By id where they cost the same, so that a page is the same again.
        ordered = sorted(
            sums, key=lambda key: (amounts[key] is None, -(amounts[key] or 0), key[0] or "", key[1] or "")
        )
        rows = []
        for project, resource in ordered[:most]:
            parts = sums[(project, resource)]
            name, kind = self._names.resources.get(resource, (None, None))
            rows.append(
                {
                    "id": resource,
                    "name": _shown(name or resource),
                    "type": _shown(kind),
                    "project": project,
                    "project_name": self.name_of(PageKey(OF_PROJECT, project)),
                    **self.figures(parts),
                }
            )
        return rows

    def _changes(
        self, month: MonthCost, groups: Sequence[CostGroup], of_group: Callable[[CostGroup], str | None]
    ) -> dict[str | None, str | None]:
        """By how much each has changed against the same part of the month before, where both are known."""
        if not month.part.length or not month.in_before:
            return {}
        not_known = {of_group(group) for group in groups if group.project in month.gaps}
        now, before = (
            _by(of_group, ((group, each[group]) for group in groups if group in each))
            for each in (month.in_part, month.in_before)
        )
        return {
            one: _change(self.money.amount(now.get(one, {})), self.money.amount(before.get(one, {})))
            for one in {**now, **before}
            if one not in not_known
        }


def _change(now: Decimal | None, before: Decimal | None) -> str | None:
    return _text(None if now is None or before is None else ROUNDING.subtract(now, before))


def _team(group: CostGroup) -> str | None:
    return group.team


def _project(group: CostGroup) -> str | None:
    return group.project


def _by(key_of: Callable[[Any], str | None], items: Iterable[tuple[Any, Parts]]) -> dict[str | None, Parts]:
    found: dict[str | None, Parts] = {}
    for item, parts in items:
        into = found.setdefault(key_of(item), {})
        for key, nano in parts.items():
            into[key] = into.get(key, 0) + nano
    return found


def shown_name(name: str) -> str:
    """A name on one line of at most 200 characters, with marks of direction and the like written out."""
    return shortened(visible_line(name), LONGEST_NAME)


def _shown(name: str | None) -> str | None:
    return None if name is None else shown_name(name)


def _dearest(row: Row) -> tuple[bool, Decimal, str]:
    return row["cost"] is None, -Decimal(row["cost"] or 0), row["name"] or ""


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format_amount(amount)
