# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The tables of a page of a cost site as facts: rows with what each has cost, by how much it has changed, and
why (design/reports.md#what-has-changed).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from .._core.money import ROUNDING, format_amount
from .render import minor_digits
from .service_names import service_name
from .site_changes import LineChange, by_reason
from .site_cost import CostGroup, CostLine, MonthCost, Parts, add
from .site_keys import OF_PROJECT, RESOURCES, SERVICES, TEAM, TEAMS, PageCosts, PageKey, Row, shown_name

if TYPE_CHECKING:
    from .site_pages import PageWriter

#: Movers, and reasons of a row's change, that are told.
_MOST_MOVERS, _MOST_REASONS = 10, 3
_LineKey: TypeAlias = Callable[["CostLine"], Any]


class PageTables:
    """Makes the tables of one page."""

    def __init__(
        self, writer: PageWriter, month: MonthCost, costs: PageCosts, sums: Mapping[CostGroup, Parts]
    ) -> None:
        self._writer, self._month, self._sums = writer, month, sums
        self._lines = [line for line in costs.lines if line in month.lines]
        self._changes = {line: writer.changes[line] for line in costs.lines if line in writer.changes}
        self._no_rate = [line for line, change in self._changes.items() if change is None]
        self._is_compared = bool(month.part.length and month.in_before)
        self._gaps = [group for group in costs.groups if group.project in month.gaps]

    def rows(self, name: str, most: int | None = None) -> list[Row]:
        """Rows of a table, the dearest first; most: of resources."""
        if name == RESOURCES:
            return self._resources(most)
        if name == SERVICES:
            return self._services()
        kind, of_group = (TEAM, _team) if name == TEAMS else (OF_PROJECT, _project)
        several: dict[str | None, Parts] = {}
        for group, parts in self._sums.items():
            add(several.setdefault(of_group(group), {}), parts)
        changed = self._changed(lambda line: of_group(line.group))
        not_known = {of_group(group) for group in (*self._gaps, *(line.group for line in self._no_rate))}
        rows = [
            {
                "id": one,
                "name": self._writer.name_of(PageKey(kind, one)),
                **self._writer.figures(parts),
                **self._change(changed.get(one, ()), one not in not_known),
            }
            for one, parts in several.items()
        ]
        return sorted(rows, key=_dearest)

    def movers(self) -> list[Row]:
        """What has changed most: resources, each with why. One that has another team is one."""
        rows = []
        changed = self._changed(
            lambda line: (line.group.project, line.metric, line.resource, line.description)
        )
        for (project, metric, resource, description), each in changed.items():
            sums = (Decimal(0), Decimal(0))
            for one in each:
                sums = ROUNDING.add(sums[0], one.before), ROUNDING.add(sums[1], one.now)
            change = ROUNDING.subtract(sums[1], sums[0])
            if self._is_shown(change):
                rows.append(
                    {
                        **self._resource(project, resource, description),
                        "metric": shown_or_none(metric),
                        "before": format_amount(sums[0]),
                        "cost": format_amount(sums[1]),
                        "change": format_amount(change),
                        "why": by_reason(each)[0][0],
                    }
                )
        rows.sort(key=lambda row: (-abs(Decimal(row["change"])), row["name"] or "", row["metric"] or ""))
        return rows[:_MOST_MOVERS]

    def _services(self) -> list[Row]:
        """By metric; what has none by category."""

        def of_line(line: CostLine) -> tuple[str | None, str | None]:
            return line.metric, None if line.metric is not None else line.group.category

        several: dict[tuple[str | None, str | None], Parts] = {}
        for line in self._lines:
            add(several.setdefault(of_line(line), {}), self._month.lines[line])
        changed = self._changed(of_line)
        not_known = set(map(of_line, self._no_rate))
        rows = [
            {
                "id": metric,
                "category": category,
                "name": shown_or_none(metric),
                "service": service_name(metric, category or ""),
                **self._writer.figures(parts),
                **self._change(
                    changed.get((metric, category), ()),
                    not self._gaps and (metric, category) not in not_known,
                ),
            }
            for (metric, category), parts in several.items()
        ]
        return sorted(rows, key=_dearest)

    def _resources(self, most: int | None) -> list[Row]:
        """Resources, the dearest first; of pages that show few of many, these only."""
        sums: dict[tuple[str | None, str | None, str | None], Parts] = {}
        teams: dict[tuple[str | None, str | None, str | None], set[str]] = defaultdict(set)
        for line in self._lines:
            key = (line.group.project, line.resource, line.description)
            add(sums.setdefault(key, {}), self._month.lines[line])
            teams[key] |= {line.group.team or ""}
        amounts = {key: self._writer.money.amount(parts) for key, parts in sums.items()}

        # By id where they cost the same, so that a page is the same again.
        def order(key: tuple[str | None, str | None, str | None]) -> tuple[Any, ...]:
            return amounts[key] is None, -(amounts[key] or 0), *(part or "" for part in key)

        return [
            {
                **self._resource(*key),
                "teams": sorted(shown_name(team) for team in teams[key] if team),
                **self._writer.figures(sums[key]),
            }
            for key in sorted(sums, key=order)[:most]
        ]

    def _resource(self, project: str | None, resource: str | None, description: str | None) -> Row:
        """What is known of a resource, or of what has a description in its place."""
        names, key = self._writer.names, (project, resource or description)
        name, kind = names.resources.get(key, (None, None))
        since = names.since.get(key)
        zone = self._writer.zone
        return {
            "id": resource,
            "description": shown_or_none(description),
            "name": shown_or_none(name or resource or description),
            "type": shown_or_none(kind),
            "cloud": shown_or_none(names.clouds.get(key)),
            "project": project,
            "project_name": self._writer.name_of(PageKey(OF_PROJECT, project)),
            "since": None
            if since is None
            else f"{datetime.fromtimestamp(since, UTC).astimezone(zone):%Y-%m-%d}",
        }

    def _is_shown(self, change: Decimal) -> bool:
        """Whether a change is one when it is rounded to the minor unit: shares of hours are not exact."""
        return 2 * abs(change) >= Decimal(1).scaleb(-minor_digits(self._writer.currency))

    def _changed(self, key_of: _LineKey) -> dict[Any, list[LineChange]]:
        found: dict[Any, list[LineChange]] = defaultdict(list)
        for line, change in self._changes.items():
            if change is not None:
                found[key_of(line)].append(change)
        return found

    def _change(self, changes: Iterable[LineChange], is_known: bool) -> Row:
        """By how much a row has changed against the same part of the month before, and why."""
        if not self._is_compared or not is_known:
            return {"change": None, "why": []}
        reasons = by_reason(changes)
        whole = Decimal(0)
        for _reason, change in reasons:
            whole = ROUNDING.add(whole, change)
        return {
            "change": format_amount(whole),
            "why": [
                {"reason": reason, "change": format_amount(change)}
                for reason, change in reasons[:_MOST_REASONS]
                if self._is_shown(change)
            ],
        }


def _team(group: CostGroup) -> str | None:
    return group.team


def _project(group: CostGroup) -> str | None:
    return group.project


def shown_or_none(name: str | None) -> str | None:
    """A name as shown_name() has it."""
    return None if name is None else shown_name(name)


def amount_text(amount: Decimal | None) -> str | None:
    """An amount as results have it."""
    return None if amount is None else format_amount(amount)


def difference(now: Decimal | None, before: Decimal | None) -> str | None:
    """By how much it is more now; None where one of both is not known."""
    return amount_text(None if now is None or before is None else ROUNDING.subtract(now, before))


def _dearest(row: Row) -> tuple[bool, Decimal, str]:
    return row["cost"] is None, -Decimal(row["cost"] or 0), row["name"] or ""
