# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Tables of a site's page, cut where a page would become too long (design/reports.md#long-tables)."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

#: So many bytes of rows are on a page for each of its tables, and on a page that goes on with one.
_TABLE_BYTES, _MORE_BYTES = 28_000, 200_000
#: What the markup of a row and of a cell takes.
_ROW_BYTES, _CELL_BYTES = 60, 32


class SiteRow(NamedTuple):
    """A row: its name, where that leads, and formatted cells. note: stands beside the name. spark: the path
    of its days.
    """

    name: str
    href: str | None
    cells: tuple[str, ...]
    note: str = ""
    spark: str = ""


@dataclass(frozen=True)
class SiteTable:
    """heads: of the name, then of the cells; `#` is a number, `~` is left out where there is little room, and
    `^` may take the room that is left. sparks: the head of the column with them, which is behind the name;
    empty without.

    empty: what is said of no rows. count: of all rows; first: the number of the first one that is here. more:
    the pages that go on, as text and link.
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
    sparks: str = ""
    empty: str = "Nothing was charged."


def _size(row: SiteRow) -> int:
    texts = [row.name, row.href or "", row.note, row.spark, *row.cells]
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
    return replace(table, rows=rows, first=first, more=more, foot=foot)
