# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cost of a window by type by the `openstack` command:
cost_by_command.py summary|loop|dataframes BEGIN END.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from decimal import Decimal

from .commands import asked, tell

#: The largest page that CloudKitty is asked for.
PAGE = 5_000


def summary(*window: str) -> dict[str, Decimal]:
    """CloudKitty's own sums, in one command."""
    rows = asked("rating", "summary", "get", *window, "--groupby", "type")
    return {row["Type"]: Decimal(str(row["Rate"])) for row in rows}


def loop(*window: str) -> dict[str, Decimal]:
    """The shell loop of the guides: what is rated, and a command for each of it."""
    costs = {}
    for metric in asked("rating", "info", "metric", "list"):
        name = metric["Metric"]
        rows = asked("rating", "summary", "get", *window, "--filter", f"type:{name}")
        if rows:
            costs[name] = sum((Decimal(str(row["Rate"])) for row in rows), Decimal(0))
    return costs


def dataframes(*window: str) -> dict[str, Decimal]:
    """All rated points, page by page, and their sum."""
    costs: dict[str, Decimal] = defaultdict(Decimal)
    offset = 0
    while True:
        page = asked("rating", "dataframes", "get", *window, "--offset", str(offset), "--limit", str(PAGE))
        for point in page:
            costs[point["Metric Type"]] += Decimal(str(point["Price"]))
        if len(page) < PAGE:
            return costs
        offset += PAGE


def main(way: str, begin: str, end: str) -> None:
    costs = {"summary": summary, "loop": loop, "dataframes": dataframes}[way]("--begin", begin, "--end", end)
    tell({name: f"{cost:f}" for name, cost in costs.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
