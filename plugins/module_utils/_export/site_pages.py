# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What a page of a cost site says of its month: plain values that are hashed, kept beside the page as JSON,
and shown (design/reports.md#a-site).

The rows of each table but the dearest resources add up to the page's cost: `recorded` to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._core.money import format_exact, from_nano
from .._core.periods import iso
from .site_changes import LineChange, changes_of
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
from .site_keys import OF_PROJECT, RESOURCES, SUMMED, TEAM, TEAMS, PageCosts, PageKey, Row, shown_name
from .site_tables import PageTables, amount_text, difference

#: The dearest resources of pages that do not list all.
TOP_RESOURCES = 10


class PageWriter:
    """Makes the facts of pages of one site."""

    def __init__(self, question: SiteQuestion, names: SiteNames, money: SiteMoney) -> None:
        self._question, self.names, self.money = question, names, money
        self.changes: Mapping[CostLine, LineChange | None] = {}
        self.has_teams = question.team != PROJECT
        self.currency, self.zone = question.currency, question.zone
        #: How teams are called, such as the name of a tag.
        self.team = question.team.partition(":")[2] or question.team

    def name_of(self, key: PageKey) -> str | None:
        """The name that people know; None for what has none."""
        name = (self.names.projects.get(key.id) or key.id) if key.kind == OF_PROJECT else key.id
        return None if name is None else shown_name(name)

    def start(self, month: MonthCost) -> None:
        """Take what all pages of a month rest on."""
        self.changes = changes_of(month, self.money)

    def facts(self, month: MonthCost, key: PageKey, costs: PageCosts) -> Row:
        """The facts of a page of the month that was started."""
        self.money.unknown.clear()
        sums = {group: added(month.days[group]) for group in costs.groups if group in month.days}
        whole = added(sums.values())
        tables = PageTables(self, month, costs, sums)
        found = {name: tables.rows(name) for name in SUMMED[key.kind] if name != TEAMS or self.has_teams}
        if RESOURCES not in found:
            is_worklist = key.kind == TEAM and key.id is None
            found[RESOURCES] = tables.rows(RESOURCES, None if is_worklist else TOP_RESOURCES)
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
            "tables": found,
            "movers": tables.movers(),
            "untagged": self._untagged(month, key),
        }
        return {**facts, "unknown": list(self.money.unknown)}

    def figures(self, parts: Parts) -> Row:
        """A sum in the site's currency as cost_summary_info has it, and as it was recorded, exactly."""
        recorded: dict[str, int] = {}
        for (currency, _at), nano in parts.items():
            recorded[currency] = recorded.get(currency, 0) + nano
        return {
            "cost": amount_text(self.money.amount(parts)),
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
            "cost": amount_text(now),
            "before": amount_text(before),
            "change": difference(now, before),
            "left_out": sorted(
                {
                    self.name_of(PageKey(OF_PROJECT, group.project)) or ""
                    for group in groups
                    if group.project in month.gaps
                }
            ),
        }

    def _untagged(self, month: MonthCost, key: PageKey) -> Row | None:
        """What has no team, on the pages that count it; None where no page of a team has it."""
        if not self.has_teams or key.kind == OF_PROJECT or (key.kind == TEAM and key.id is not None):
            return None
        without = [
            {g: p for g, p in each.items() if g.team is None and g.project not in month.gaps}
            for each in (month.in_part, month.in_before)
        ]
        whole = added(added(days) for group, days in month.days.items() if group.team is None)
        resources = {
            (one.group.project, one.resource or one.description)
            for one in month.lines
            if one.group.team is None
        }
        now, before = (self.money.amount(added(each.values())) for each in without)
        return {
            **self.figures(whole),
            "resources": len(resources),
            "change": difference(now, before) if month.part.length and month.in_before else None,
        }
