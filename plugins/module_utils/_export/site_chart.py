# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The chart of a site's page: the cost of each day, stacked by what the page is grouped by, with the days of
the month before and what a budget allows a day, and all of it as a table (design/reports.md#charts).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from .._core.money import ROUNDING
from .render import format_count, format_money, format_number
from .site_cost import MonthCost, Parts, SiteMoney, add, added
from .site_keys import OF_PROJECT, ORGANIZATION, PROJECTS, TEAMS, PageCosts, PageKey, Row, shown_name
from .site_pages import PageWriter
from .stacked import Band, CutBar, StackedChart, sparkline, stacked

_DAY_S = 86_400
#: Labels of bars with fewer days between them would be one above the other on a phone.
_CLOSE = 5
#: Series that have a color of their own; the others are one.
_SERIES = 5


class DayRow(NamedTuple):
    """A day of the chart's table, with formatted amounts. before: of the same day of the month before.
    above: the series that cost more than expected.
    """

    day: str
    amounts: tuple[str, ...]
    total: str
    before: str
    is_unknown: bool
    above: str = ""


class SiteChart(NamedTuple):
    """series: names, the lowest of the stack first. cuts: of each bar that is cut its middle, its whole
    amount, and on which line above the drawing that stands. labels: of all days of the month; days: those
    that have begun. limit: what the line of the budget says; ahead: what the band of days to come says.
    flags: the middles of days that cost more than expected.
    """

    drawn: StackedChart
    series: tuple[str, ...]
    by: str
    labels: tuple[str, ...]
    days: tuple[DayRow, ...]
    cuts: tuple[tuple[float, str, int], ...]
    limit: str | None
    has_before: bool
    ahead: str | None
    flags: tuple[float, ...] = ()


class ChartSubject(NamedTuple):
    """What a chart is drawn of. before: the days of the month before, empty where they are not known.
    unknown: of each day, whether it is not wholly known. daily: a budget's name, and what it allows a day.
    ahead: the least and the most that a day to come is expected to cost. above: by day the series that cost
    more than expected.
    """

    month: MonthCost
    key: PageKey
    costs: PageCosts
    before: Sequence[Decimal]
    unknown: Sequence[bool]
    daily: tuple[str, Decimal] | None
    ahead: tuple[Decimal, Decimal] | None = None
    above: Mapping[str, Sequence[str]] = {}


def site_chart(subject: ChartSubject, writer: PageWriter, now: datetime) -> SiteChart | None:
    """The chart of a page; None where an amount of it is not known, or nothing was charged."""
    month, before, unknown, daily = subject.month, subject.before, subject.unknown, subject.daily
    by, series = _series(month, subject.key, subject.costs, writer)
    amounts = [[writer.money.amount(parts) for parts in days] for _name, days in series]
    known = [[amount for amount in row if amount is not None] for row in amounts]
    if not series or [len(row) for row in known] != [len(row) for row in amounts]:
        return None
    begun = [name for name, window in month.day_windows if window.begin < now]
    band = None if subject.ahead is None else Band(len(begun), *subject.ahead)
    drawn = stacked(known, unknown, before, None if daily is None else daily[1], band)
    totals = [sum((row[number] for row in known), Decimal(0)) for number in range(len(unknown))]
    days = tuple(
        DayRow(
            day=name,
            amounts=tuple(format_number(str(row[number]), writer.currency) for row in known),
            total=format_number(str(totals[number]), writer.currency),
            before=format_number(str(before[number]), writer.currency) if number < len(before) else "–",
            is_unknown=unknown[number],
            above=shown_name(", ".join(subject.above.get(name, ()))),
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
        cuts=_labels(drawn.cuts, totals),
        limit=limit if drawn.limit is not None else None,
        has_before=bool(before),
        ahead=None
        if subject.ahead is None
        else " to ".join(format_money(str(amount), writer.currency) for amount in subject.ahead),
        flags=tuple(
            round((number + 0.5) * drawn.slot, 1) for number, day in enumerate(begun) if day in subject.above
        ),
    )


def _labels(cuts: Sequence[CutBar], totals: Sequence[Decimal]) -> tuple[tuple[float, str, int], ...]:
    """The amounts of bars that are cut, in whole units; of bars side by side each on another line."""
    found: list[tuple[float, str, int]] = []
    last = None
    for cut in cuts:
        line = 1 - found[-1][2] if found and last is not None and cut.number - last < _CLOSE else 0
        text = format_count(int(ROUNDING.quantize(totals[cut.number], Decimal(1))))
        found.append((cut.x, text, line))
        last = cut.number
    return tuple(found)


def a_day_to_come(forecast: Row | None, cost: str | None, month: MonthCost) -> tuple[Decimal, Decimal] | None:
    """The least and the most that a day of the rest of the month is expected to cost."""
    seconds = (month.window.end - month.part.end).total_seconds()
    if forecast is None or cost is None or seconds <= 0:
        return None
    low, high = (
        ROUNDING.multiply(
            ROUNDING.divide(ROUNDING.subtract(Decimal(forecast[name]), Decimal(cost)), Decimal(int(seconds))),
            Decimal(_DAY_S),
        )
        for name in ("low", "high")
    )
    return (low, high) if low >= 0 else None


def sparks(month: MonthCost, costs: PageCosts, money: SiteMoney) -> dict[tuple[str, str | None], str]:
    """Of the rows of teams and of projects the line of their days that are wholly known."""
    begun = sum(window.end <= month.part.end for _name, window in month.day_windows)
    found: dict[tuple[str, str | None], list[Parts]] = {}
    for group in costs.groups:
        if group in month.days:
            for of in ((TEAMS, group.team), (PROJECTS, group.project)):
                days = found.setdefault(of, [{} for _day in range(begun)])
                for into, parts in zip(days, month.days[group], strict=False):
                    add(into, parts)
    return {of: sparkline([_height(parts, money) for parts in days]) for of, days in found.items()}


def _height(parts: Parts, money: SiteMoney) -> float:
    """What a day is drawn by; a day with a missing rate as 0, which its page says."""
    if len({currency for currency, _at in parts}) < 2:
        return float(sum(parts.values()))
    return float((money.amount(parts) or 0) * 10**9)


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
