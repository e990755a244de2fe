# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of what was measured, written between the marks of a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from .measuring import Row, fit, untold

#: Of a row of a table of growth: what it is of, and how it is taken from a row.
GROWTH: dict[str, Callable[[Row], float]] = {
    "s": lambda row: row.seconds[0],
    "CPU s": lambda row: row.own_s,
    "MB": lambda row: row.peak_mb,
    "requests": lambda row: row.requests.total if row.requests else 0,
}
#: Where generated text begins and ends in a page.
BEGIN, END = "<!-- measured: {} -->", "<!-- end -->"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown. Raises ValueError for a row that has not as many cells as the head, or a cell that
    would break the table.
    """
    lines = []
    for cells in (head, ["---"] * len(head), *rows):
        if len(cells) != len(head) or any("|" in cell or "\n" in cell for cell in cells):
            raise ValueError(f"{list(cells)} is no row below {list(head)}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def figure(value: float) -> str:
    """A number as people read it: three digits, thousands apart."""
    if value >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def job_table(rows: Sequence[Row]) -> str:
    """A line for each side at each size; the columns that no row has are left out."""
    latencies = sorted({latency for row in rows for latency in row.seconds})
    names = sorted({name for row in rows for name in row.more})
    is_asking = any(row.requests for row in rows)
    head = ["N", "Side", *(["Token, discovery, API"] if is_asking else [])]
    head += [f"s at {latency} ms" if is_asking else "s" for latency in latencies]
    head += ["CPU s", "MB", *names, "Answer"]
    return table(head, (_cells(row, rows, latencies, names, is_asking) for row in rows))


def _cells(
    row: Row, rows: Sequence[Row], latencies: Sequence[int], names: Sequence[str], is_asking: bool
) -> list[str]:
    cells = [f"{row.size:,}", f"**{row.side}**" if row.ours else row.side]
    if is_asking:
        asked = row.requests
        cells.append(f"{asked.token}, {asked.discovery}, {asked.api}" if asked else "-")
    cells += [figure(row.seconds[each]) if each in row.seconds else "-" for each in latencies]
    cells += [figure(row.own_s), figure(row.peak_mb)]
    cells += [figure(row.more[name]) if name in row.more else "-" for name in names]
    return [*cells, answer(row, rows)]


def answer(row: Row, rows: Sequence[Row]) -> str:
    """Whether a row is right, and what it does not tell that another one of its size does."""
    asked = {name: "" for one in rows if one.size == row.size for name in one.found}
    missing = untold(row.found, asked)
    said = f"wrong: {row.wrong}" if row.wrong else "right"
    return f"{said}; no {', '.join(missing)}" if missing else said


def growth_table(rows: Sequence[Row]) -> str:
    """The exponent with which each side grows with N."""
    return table(["Side", *GROWTH], _growths(rows))


def _growths(rows: Sequence[Row]) -> Iterator[list[str]]:
    for side in dict.fromkeys(row.side for row in rows):
        of_side = [row for row in rows if row.side == side]
        cells = []
        for read in GROWTH.values():
            fitted = fit([row.size for row in of_side], [read(row) for row in of_side])
            cells.append("-" if fitted is None else f"{fitted.exponent:.2f}")
        yield [f"**{side}**" if of_side[0].ours else side, *cells]


def with_blocks(page: str, blocks: Mapping[str, str]) -> str:
    """The page with new text between its marks. Raises ValueError for a mark that is not there exactly
    once, and for one of the page that has no new text.
    """
    marks = re.findall(re.escape(BEGIN).replace(r"\{\}", "(.+)"), page)
    if sorted(marks) != sorted(blocks) or page.count(END) != len(marks):
        raise ValueError(f"the page has marks for {sorted(marks)}, there is text for {sorted(blocks)}")
    for name, text in blocks.items():
        before, begin, rest = page.partition(BEGIN.format(name))
        _old, end, after = rest.partition(END)
        page = f"{before}{begin}\n\n{text}\n\n{end}{after}"
    return page
