# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Costs of many projects from CSV, as pages of tables or as sums: site_by_pandas.py pages|sum COSTS DEST."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas


def write(frame: pandas.DataFrame, path: Path) -> None:
    """A page with a table of days by category and one of resources, for each month."""
    months = frame["day"].str.slice(0, 7)
    parts = []
    for month, of_month in frame.groupby(months):
        days = of_month.pivot_table(index="day", columns="category", values="cost", aggfunc="sum")
        resources = of_month.groupby("resource")["cost"].sum().sort_values(ascending=False).to_frame()
        parts += [f"<h2>{month}</h2>", days.to_html(), resources.to_html(max_rows=100)]
    path.write_text("\n".join(parts))


def main(way: str, costs: str, dest: str) -> None:
    frame = pandas.read_csv(costs)
    by_project = frame.groupby("project")["cost"].sum()
    if way == "pages":
        folder = Path(dest)
        folder.mkdir(exist_ok=True)
        write(frame, folder / "index.html")
        for column in ("team", "project"):
            for name, part in frame.groupby(column):
                write(part, folder / f"{column}-{name}.html")
    print(json.dumps({"projects": str(len(by_project)), "total": str(by_project.sum())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
