# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/scale.md: what each part would take at the size of a whole cloud, from what was measured smaller."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .measuring import Row, fit
from .pages import figure, table
from .results import LAYOUT, Result

PROJECTS, ENTRIES, ENTRIES_A_DAY, GATES_A_MINUTE = 10_000, 10**9, 2_400_000, 1_000
HOUR_S, NIGHT_S = 3_600, 8 * 3_600


@dataclass(frozen=True)
class Part:
    """Something that a cloud of that size asks for. reads: its figure of a row. size: N at that scale; times:
    how often. allowed: what it may come to. is_linear: it grows at least as N does, which the start of
    a program hides at small sizes.
    """

    name: str
    job: str
    side: str
    unit: str
    size: float
    allowed: float
    takes_over: str
    reads: Callable[[Row], float]
    times: float = 1
    is_linear: bool = True
    #: More is better: what is allowed is a least.
    is_rate: bool = False


@dataclass(frozen=True)
class Extrapolated:
    """What a part comes to. share: of what it may."""

    part: Part
    measured: float
    at: int
    exponent: float
    value: float

    @property
    def share(self) -> float:
        return self.part.allowed / self.value if self.part.is_rate else self.value / self.part.allowed


PARTS = (
    Part(
        "Import of an hour of all projects",
        "projects-import",
        "cost_import, all at once",
        "s",
        PROJECTS,
        HOUR_S,
        "several importers, each of a slice of the projects; days in place of hours",
        lambda row: row.seconds[0],
    ),
    Part(
        "The same, from a cloud that answers in 200 ms",
        "projects-import",
        "cost_import, all at once",
        "s",
        PROJECTS,
        HOUR_S,
        "the same",
        lambda row: row.seconds[200],
    ),
    Part(
        "Disk for all entries, SQLite",
        "rated-import",
        "cost_import, SQLite",
        "GB",
        ENTRIES,
        1_000,
        "PostgreSQL; archive of closed months",
        lambda row: row.more["bytes an entry"] * row.size / 1e9,
    ),
    Part(
        "Disk for all entries, PostgreSQL",
        "rated-import",
        "cost_import, PostgreSQL",
        "GB",
        ENTRIES,
        1_000,
        "archive of closed months to Parquet",
        lambda row: row.more["bytes an entry"] * row.size / 1e9,
    ),
    Part(
        "A gate in process, 1,000 holds, PostgreSQL",
        "gate",
        "cost_budget, PostgreSQL, 1000 holds",
        "ms",
        ENTRIES,
        100,
        "nothing: it reads sums per bucket of time, not entries",
        lambda row: row.more["ms in process"],
        is_linear=False,
    ),
    Part(
        "Gates a minute of four clients, PostgreSQL",
        "gate",
        "cost_budget, PostgreSQL, 1000 holds",
        "a minute",
        ENTRIES,
        GATES_A_MINUTE,
        "more cores for the clients; a ledger for each part of the organization",
        lambda row: row.more["gates a minute"],
        is_linear=False,
        is_rate=True,
    ),
    Part(
        "Gates a minute of four clients, SQLite",
        "gate",
        "cost_budget, SQLite, 1000 holds",
        "a minute",
        ENTRIES,
        GATES_A_MINUTE,
        "PostgreSQL",
        lambda row: row.more["gates a minute"],
        is_linear=False,
        is_rate=True,
    ),
    Part(
        "Site of all projects",
        "site",
        "cost_site",
        "s",
        PROJECTS,
        HOUR_S,
        "a site for each part of the organization",
        lambda row: row.seconds[0],
    ),
    Part(
        "Sum of a month by project",
        "site",
        "cost_summary_info by project",
        "s",
        PROJECTS,
        60,
        "the Parquet lake and its engines",
        lambda row: row.seconds[0],
    ),
    Part(
        "Export of a month as Parquet",
        "export",
        "cost_export, Parquet",
        "s",
        30 * ENTRIES_A_DAY,
        NIGHT_S,
        "an export for each slice of the projects; a day at a time",
        lambda row: row.seconds[0],
    ),
    Part(
        "Usage of all projects one after the other, at 50 ms a request",
        "usage",
        "infomaniak_usage_info, summary",
        "s",
        10,
        HOUR_S,
        "forks, or slices of the projects",
        lambda row: row.seconds[50],
        times=PROJECTS,
        is_linear=False,
    ),
)


def extrapolated(part: Part, result: Result) -> Extrapolated:
    """A part by the fitted power law from the largest size that was measured. What is linear by nature goes
    along the line from the smallest to the largest where that is more.
    """
    rows = sorted((row for row in result.rows if row.side == part.side), key=lambda row: row.size)
    known = {row.size: part.reads(row) for row in rows}
    fitted = fit(list(known), list(known.values()))
    exponent = fitted.exponent if fitted else 0
    first, last = rows[0].size, rows[-1].size
    if part.size in known:
        at, value = int(part.size), known[int(part.size)]
    else:
        at, value = last, known[last] * (part.size / last) ** exponent
        if part.is_linear:
            # Where no growth shows, nothing tells the start-up: all of it counts as growth.
            grows = first < last and known[first] < known[last]
            slope = (known[last] - known[first]) / (last - first) if grows else known[last] / last
            value = max(value, known[last] + slope * (part.size - last))
    return Extrapolated(part, known[at], at, exponent, part.times * value)


def blocks(results: Mapping[str, Result]) -> dict[str, str]:
    """The text of each mark; a part of a job that was not run is named and in no row."""
    known = (extrapolated(part, results[part.job]) for part in PARTS if part.job in results)
    parts = sorted(known, key=lambda one: -one.share)
    missing = [part.name for part in PARTS if part.job not in results]
    head = ["Part", "Measured", "at N", "Exponent", "At scale", "May be", "Share", "Takes over"]
    return {"first": _first(parts, missing), "parts": table(head, _rows(parts)), "run": _run(results)}


def _first(parts: list[Extrapolated], missing: list[str]) -> str:
    if missing:
        named = "\n".join(f"- {name}" for name in missing)
        return f"What bends first is not known, as not all was measured in this run. Missing:\n\n{named}"
    bends, first = [one for one in parts if one.share > 1], parts[0]
    if not bends:
        return f"None of the parts passes what it may be. The nearest to it:\n**{first.part.name}**."
    return (
        f"First to bend: **{first.part.name}**, {figure(first.share)} times over.\n"
        f"In all {len(bends)} of {len(parts)} parts bend."
    )


def _rows(parts: list[Extrapolated]) -> Iterator[list[str]]:
    for one in parts:
        part = one.part
        is_measured = one.at == part.size
        yield [
            part.name,
            f"{figure(one.measured)} {part.unit}",
            f"{one.at:,}",
            "measured" if is_measured else f"{one.exponent:.2f}",
            f"{figure(one.value)} {part.unit}",
            f"{figure(part.allowed)} {'or more' if part.is_rate else 'or less'}",
            f"{one.share:.2g}",
            part.takes_over,
        ]


def _run(results: Mapping[str, Result]) -> str:
    jobs = {part.job for part in PARTS}
    lines = [
        f"- {name}: {one.at}, N up to {one.largest:,}, layout of the ledger {one.machine[LAYOUT]},"
        f" load {one.loads[0]:.1f} before and {one.loads[1]:.1f} after"
        for name, one in results.items()
        if name in jobs
    ]
    return "\n".join(textwrap.fill(line, 110, subsequent_indent="  ") for line in lines)
