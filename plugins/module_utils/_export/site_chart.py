# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The chart of a site's page: the cost of each day, stacked by what the page is grouped by, with the days of
the month before and what a budget allows a day, and all of it as a table (design/reports.md#charts).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from .render import format_money, format_number
from .site_cost import MonthCost, Parts, SiteMoney, add, added
from .site_pages import OF_PROJECT, ORGANIZATION, PageCosts, PageKey, PageWriter
from .stacked import StackedChart, stacked

#: Series that have a color of their own; the others are one.
_SERIES = 5


class DayRow(NamedTuple):
    """A day of the chart's table, with formatted amounts. before: of the same day of the month before."""

    day: str
    amounts: tuple[str, ...]
    total: str
    before: str
    is_unknown: bool


class SiteChart(NamedTuple):
    """series: names, the lowest of the stack first. cuts: of each bar that is cut its middle and its whole
    amount. labels: of all days of the month; days: those that have begun. limit: what the line of the budget
    says.
    """

    drawn: StackedChart
    series: tuple[str, ...]
    by: str
    labels: tuple[str, ...]
    days: tuple[DayRow, ...]
    cuts: tuple[tuple[float, str], ...]
    limit: str | None
    has_before: bool


class ChartSubject(NamedTuple):
    """What a chart is drawn of. before: the days of the month before, empty where they are not known.
    unknown: of each day, whether it is not wholly known. daily: a budget's name, and what it allows a day.
    """

    month: MonthCost
    key: PageKey
    costs: PageCosts
    before: Sequence[Decimal]
    unknown: Sequence[bool]
    daily: tuple[str, Decimal] | None


def site_chart(subject: ChartSubject, writer: PageWriter, now: datetime) -> SiteChart | None:
    """The chart of a page; None where an amount of it is not known, or nothing was charged."""
    month, before, unknown, daily = subject.month, subject.before, subject.unknown, subject.daily
    by, series = _series(month, subject.key, subject.costs, writer)
    amounts = [[writer.money.amount(parts) for parts in days] for _name, days in series]
    known = [[amount for amount in row if amount is not None] for row in amounts]
    if not series or [len(row) for row in known] != [len(row) for row in amounts]:
        return None
    drawn = stacked(known, unknown, before, None if daily is None else daily[1])
    totals = [sum((row[number] for row in known), Decimal(0)) for number in range(len(unknown))]
    begun = [name for name, window in month.day_windows if window.begin < now]
    days = tuple(
        DayRow(
            day=name,
            amounts=tuple(format_number(str(row[number]), writer.currency) for row in known),
            total=format_number(str(totals[number]), writer.currency),
            before=format_number(str(before[number]), writer.currency) if number < len(before) else "–",
            is_unknown=unknown[number],
        )
        for number, name in enumerate(begun)
    )
    limit = None if daily is None else f"{daily[0]}: {format_money(str(daily[1]), writer.currency)} a day"
    return SiteChart(
        drawn=drawn,
        series=tuple(name for name, _days in series),
        by=by,
        labels=tuple(name for name, _window in month.day_windows),
        days=days,
        cuts=tuple((cut.x, format_money(str(totals[cut.number]), writer.currency)) for cut in drawn.cuts),
        limit=limit if drawn.limit is not None else None,
        has_before=bool(before),
    )


def days_before(month: MonthCost | None, costs: PageCosts | None, money: SiteMoney) -> list[Decimal]:
    """What a page's days of the month before came to; empty where one is not known."""
    if month is None or costs is None:
        return []
    amounts = [
        money.amount(added(month.days[group][number] for group in costs.groups if group in month.days))
        for number in range(len(month.day_windows))
    ]
    known = [amount for amount in amounts if amount is not None]
    return known if len(known) == len(amounts) else []


def _series(
    month: MonthCost, key: PageKey, costs: PageCosts, writer: PageWriter
) -> tuple[str, list[tuple[str, list[Parts]]]]:
    """What the days are stacked by, and the days of each, the dearest first, with the rest as one."""
    by_team = key.kind == ORGANIZATION and writer.has_teams
    by = writer.team if by_team else "category" if key.kind == OF_PROJECT else "project"
    kind = "team" if by_team else "project"
    found: dict[str | None, list[Parts]] = {}
    for group in costs.groups:
        if group not in month.days:
            continue
        of: Any = group.category if by == "category" else group.team if by_team else group.project
        days = found.setdefault(of, [{} for _day in month.day_windows])
        for into, parts in zip(days, month.days[group], strict=True):
            add(into, parts)
    # By what was recorded: that needs no rate.
    ordered = sorted(found, key=lambda one: (-sum(sum(day.values()) for day in found[one]), one or ""))
    first, rest = ordered[:_SERIES], ordered[_SERIES:]
    series = [(_name(one, by, kind, writer), found[one]) for one in first]
    if rest:
        days = [added(found[one][number] for one in rest) for number in range(len(month.day_windows))]
        series.append((f"{len(rest)} more", days))
    return by, series


def _name(one: str | None, by: str, kind: str, writer: PageWriter) -> str:
    if by == "category":
        return (one or "").replace("_", " ")
    name = None if one is None else writer.name_of(PageKey(kind, one))
    return f"no {by}" if name is None else name
