# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The facts of a site's page as its template shows them: tables of formatted cells, the worst first, cut
where a page would become too long (design/reports.md#long-tables).
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from .._core.money import ROUNDING
from .notation import format_month
from .render import format_change, format_money, format_percent, format_words, minor_digits
from .site_pages import (
    OF_PROJECT,
    ORGANIZATION,
    PROJECTS,
    RESOURCES,
    SERVICES,
    SUMMED,
    TEAM,
    TEAMS,
    PageKey,
    Row,
)

#: So many bytes of rows are on a page for each of its tables, and on a page that goes on with one.
_TABLE_BYTES, _MORE_BYTES = 40_000, 200_000
#: What the markup of a row and of a cell takes.
_ROW_BYTES, _CELL_BYTES = 60, 32
SHOWN = 10
#: Reasons of one kind that a page lists.
_MOST_REASONS = 20


class SiteRow(NamedTuple):
    """A row: its name, where that leads, and formatted cells."""

    name: str
    href: str | None
    cells: tuple[str, ...]


@dataclass(frozen=True)
class SiteTable:
    """heads: of the name, then of the cells; `#` is a number, `~` is left out where there is little room.

    count: of all rows; first: the number of the first one that is here. more: the pages that go on, as text
    and link.
    """

    id: str
    caption: str
    note: str
    heads: tuple[str, ...]
    rows: Sequence[SiteRow]
    count: int = 0
    first: int = 1
    foot: Sequence[SiteRow] = ()
    more: Sequence[tuple[str, str]] = field(default=())


@dataclass(frozen=True)
class NoticeGroup:
    """What is not known for one reason: how many, and some of the sentences."""

    summary: str
    sentences: Sequence[str]
    more: int


def notice(kinds: Mapping[str, Sequence[str]]) -> list[NoticeGroup]:
    """What is not known, by its kind; none of a kind without a sentence."""
    return [
        NoticeGroup(f"{len(found)} {kind}", found[:_MOST_REASONS], max(len(found) - _MOST_REASONS, 0))
        for kind, found in kinds.items()
        if found
    ]


class Tables:
    """Makes the tables of pages.

    here: from the page to its month's folder, such as `../`. team: how teams are called.
    """

    def __init__(self, here: str, currency: str, team: str) -> None:
        self._here, self._currency, self._team = here, currency, team

    def of_facts(self, facts: Row) -> list[SiteTable]:
        """The tables of what a page's month has cost."""
        whole = facts["cost"]
        captions = {
            TEAMS: (f"By {self._team}", f"without {self._team}"),
            PROJECTS: ("By project", "no project"),
            SERVICES: ("By service", "recorded by hand"),
            RESOURCES: ("Resources", "no resource"),
        }
        if facts["kind"] != OF_PROJECT:
            captions[RESOURCES] = ("Most expensive resources", "no resource")
        return [
            self._of(name, captions[name], rows, whole, name in SUMMED[facts["kind"]])
            for name, rows in facts["tables"].items()
        ]

    def _of(
        self, name: str, captions: tuple[str, str], rows: Sequence[Row], whole: str | None, is_summed: bool
    ) -> SiteTable:
        with_change = name in (TEAMS, PROJECTS)
        heads = [captions[0].removeprefix("By ").capitalize(), "#Cost", "#~Part"]
        if name == RESOURCES:
            heads = ["Resource", *heads[1:], "~Type", "~Project"]
        elif with_change:
            heads.append("#Change")
        shown = []
        for row in rows:
            cells = [self._number(row["cost"]), _part(row["cost"], whole)]
            if with_change:
                cells.append("–" if row["change"] is None else self._number(row["change"], signed=True))
            elif name == RESOURCES:
                cells += [format_words(row["type"]) if row["type"] else "–", row["project_name"] or "–"]
            shown.append(SiteRow(row["name"] or captions[1], self._href(name, row), tuple(cells)))
        return SiteTable(
            id=name,
            caption=captions[0],
            note="the most expensive first",
            heads=tuple(heads),
            rows=shown,
            count=len(shown),
            foot=self._foot(rows, whole, len(heads) - 3) if is_summed else (),
        )

    def _href(self, name: str, row: Row) -> str | None:
        kinds = {TEAMS: TEAM, PROJECTS: OF_PROJECT}
        return f"{self._here}{PageKey(kinds[name], row['id']).path}.html" if name in kinds else None

    def _foot(self, rows: Sequence[Row], whole: str | None, empty: int) -> list[SiteRow]:
        """The sum, and what rounding each row makes of a difference to it."""
        rest = ("",) * empty
        total = SiteRow("Total", None, (self._number(whole), "", *rest))
        if whole is None or any(row["cost"] is None for row in rows):
            return [total]
        digits = Decimal(1).scaleb(-minor_digits(self._currency))
        rounded = [ROUNDING.quantize(Decimal(row["cost"]), digits) for row in rows]
        off = ROUNDING.quantize(Decimal(whole), digits) - sum(rounded, Decimal(0))
        if not off:
            return [total]
        text = self._number(str(off), signed=True)
        return [SiteRow("Rounding of the rows", None, (text, "", *rest)), total]

    def _number(self, amount: str | None, signed: bool = False) -> str:
        """An amount in the page's currency, which its head names."""
        text = (format_change if signed else format_money)(amount, self._currency)
        return text.replace(f"{self._currency}\u00a0", "")

    def of_months(self, rows: Sequence[Row], whole: str | None) -> SiteTable:
        """What each month has cost, the newest first."""
        shown = [
            SiteRow(month_name(row["month"]), row["href"], (self._number(row["cost"]), row["state"]))
            for row in rows
        ]
        total = SiteRow("Total", None, (self._number(whole), ""))
        heads = ("Month", "#Cost", "State")
        return SiteTable("months", "Months", "the newest first", heads, shown, len(shown), foot=(total,))

    def of_budgets(self, rows: Sequence[Row], moment: Any, tax: str) -> SiteTable:
        """Budgets, the worst first. moment: formats one."""
        shown = []
        for row in rows:
            spent = format_money(row["spent"], row["currency"])
            cells = (
                f"at least {spent}" if row["at_least"] else spent,
                format_money(row["limit"], row["currency"]),
                format_percent(row["used"]),
                _outlook(row, moment) + (f" Tax: {row['tax']}." if row["tax"] != tax else ""),
            )
            shown.append(SiteRow(row["name"], None, cells))
        heads = ("Budget", "#~Spent", "#~Limit", "#Used", "Outlook")
        return SiteTable("budgets", "Budgets", "the worst first", heads, shown, len(shown))


def _outlook(row: Row, moment: Any) -> str:
    """By how much and since when it is over, when it will be, or what it comes to."""
    currency = row["currency"]
    if row["over_by"] is not None:
        return f"Over by {format_money(row['over_by'], currency)} since {moment(row['over_since'])}."
    if row["runs_out_at"] is not None:
        return f"Over on {moment(row['runs_out_at'])} if it goes on like this."
    if row["reason"] is not None:
        return f"{row['state'].capitalize()}. {row['reason']}"
    if row["expected"] is None:
        return "Within its limit."
    low, high = format_money(row["low"], currency), format_money(row["high"], currency)
    expected = format_money(row["expected"], currency)
    return f"Within its limit; {expected} expected, from {low} to {high}."


def _part(cost: str | None, whole: str | None) -> str:
    if cost is None or whole is None or Decimal(whole) <= 0:
        return "–"
    return format_percent(float(ROUNDING.divide(Decimal(cost), Decimal(whole))))


def _size(row: SiteRow) -> int:
    texts = [row.name, row.href or "", *row.cells]
    return _ROW_BYTES + sum(len(html.escape(text).encode()) + _CELL_BYTES for text in texts)


def _pages(rows: Iterable[SiteRow], first: int, later: int) -> list[list[SiteRow]]:
    """The rows of each page: as many as fit, at least one."""
    pages: list[list[SiteRow]] = [[]]
    used = 0
    for row in rows:
        size = _size(row)
        if pages[-1] and used + size > (first if len(pages) == 1 else later):
            pages.append([])
            used = 0
        pages[-1].append(row)
        used += size
    return pages


def split(tables: Sequence[SiteTable], name: str) -> tuple[list[SiteTable], list[SiteTable]]:
    """The tables of a page, as far as they fit on it, and one table for each page that goes on.

    name: the page's file, without an ending.
    """
    here: list[SiteTable] = []
    beyond: list[SiteTable] = []
    for table in tables:
        first, *rest = _pages(table.rows, _TABLE_BYTES, _MORE_BYTES)
        begin = len(first) + 1
        links: list[tuple[str, str]] = []
        following: list[SiteTable] = []
        for rows in rest:
            number = len(beyond) + len(following) + 2
            text = f"{begin} to {begin + len(rows) - 1}"
            links.append((text, f"{name}-{number}.html"))
            following.append(_continued(table, rows, begin))
            begin += len(rows)
        here.append(_continued(table, first, 1, links, table.foot))
        beyond += following
    return here, beyond


def _continued(
    table: SiteTable,
    rows: Sequence[SiteRow],
    first: int,
    more: Sequence[tuple[str, str]] = (),
    foot: Sequence[SiteRow] = (),
) -> SiteTable:
    return SiteTable(table.id, table.caption, table.note, table.heads, rows, table.count, first, foot, more)


def month_name(month: str) -> str:
    """2026-11 as people write it."""
    return format_month(date.fromisoformat(f"{month}-01"))


def called(key_kind: str, name: str | None, team: str) -> str:
    """The heading of a page."""
    if key_kind == ORGANIZATION:
        return ""
    if key_kind == TEAM:
        return f"without {team}" if name is None else name
    return "no project" if name is None else name
