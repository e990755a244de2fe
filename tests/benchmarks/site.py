# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cost site and a summary of many projects and forty teams over two months.

python -m ansible_collections.finops.cloud.tests.benchmarks.site [PROJECTS] runs our sides alone: memory and
the size of pages are held to bounds.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from ansible_collections.finops.cloud.plugins.module_utils._ledger import entries, sql
from ansible_collections.finops.cloud.tests.unit.plugins.module_utils._export.quarters import NOW, usage

from .cloud import module, peer, printed, result_of
from .jobs import FULL, QUICK, Bench, Job
from .measuring import Failed, Found, Row, Taken, difference, fastest, run

PROJECTS, TEAMS, RESOURCES, MOST_MB, LONGEST_PAGE = 1_000, 40, 3, 200, 300_000
DAYS = [datetime(2026, 10, 21, tzinfo=UTC) + timedelta(days=number) for number in range(31)]
MONTHS = 2
#: What the peer does -> how its side is called.
PEERS = {"pages": "pandas, a page of tables a project", "sum": "pandas by project"}
WRITE = """
import json, sys
from pathlib import Path
from ansible_collections.finops.cloud.plugins.module_utils._export.site import write_site
from ansible_collections.finops.cloud.plugins.module_utils._ledger import sql
from ansible_collections.finops.cloud.tests.unit.plugins.module_utils._export.quarters import folder, question
ledger, target = sql.LedgerOptions(sys.argv[1]), folder(Path(sys.argv[2]))
print(json.dumps(write_site(ledger, question(), target, "Cost", [])))
"""


def costs(projects: int) -> Iterator[entries.Entry]:
    """What each resource of each project costs on each day."""
    for number in range(projects):
        for day in DAYS:
            for one in range(RESOURCES):
                project = (f"p-{number}", f"Project {number}")
                yield usage(project, one, day, 10**6 * (number + 1), f"t-{number % TEAMS}")


def fill(folder: Path, projects: int) -> Found:
    """Write the costs to a ledger, and as a list for the peers; what they come to."""
    with sql.writing(sql.LedgerOptions(f"sqlite:///{folder}/ledger.db")) as opened:
        list(entries.write_all(opened.connection, costs(projects), NOW, "benchmark"))
    total = Decimal(0)
    with (folder / "costs.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("day", "project", "team", "category", "resource", "cost"))
        for one in costs(projects):
            cost = Decimal(one.amount_nano).scaleb(-9)
            total += cost
            day = f"{one.period.begin:%Y-%m-%d}"
            writer.writerow((day, one.project_name, one.tags["team"], one.category, one.resource_name, cost))
    return {"projects": str(projects), "total": f"{total:f}"}


def _pages_of_projects(site: Path, projects: int) -> Found:
    """Of how many projects there is a page in the newest month. Raises Failed where pages are too long."""
    pages = list(site.rglob("*.html"))
    longest = max(path.stat().st_size for path in pages)
    if longest > LONGEST_PAGE:
        raise Failed(f"a page of the site has {longest} bytes")
    others = 1 + min(TEAMS, projects)
    return {"projects": str(len(pages) // MONTHS - others)}


def _by_project(taken: Taken) -> Found:
    """What a summary told."""
    grouped = result_of(taken)["cost"]["by_project"]
    total = sum(Decimal(one["amount"]) for one in grouped)
    return {"projects": str(len(grouped)), "total": f"{total:f}"}


def ours(folder: Path, projects: int, right: Found) -> Iterator[Row]:
    """Our sides. Raises Failed where they are wrong or take too much."""
    url = f"sqlite:///{folder}/ledger.db"
    sites: list[Path] = []

    def into_an_empty_folder() -> list[str]:
        sites.append(folder / f"site-{len(sites)}")
        return [sys.executable, "-c", WRITE, url, str(sites[-1])]

    site = _row(
        folder,
        "cost_site",
        True,
        right,
        into_an_empty_folder,
        lambda _taken: _pages_of_projects(sites[-1], projects),
    )
    if site.peak_mb > MOST_MB:
        raise Failed(f"a site of {projects} projects took {site.peak_mb:.0f} MB")
    yield site
    end = DAYS[-1] + timedelta(days=1)
    asked = {"ledger": url, "begin": DAYS[0].isoformat(), "end": end.isoformat(), "currency": "CHF"}
    summary = module("cost_summary_info", {**asked, "group_by": ["project"]})
    yield _row(folder, "cost_summary_info by project", True, right, lambda: summary, _by_project)


def _row(
    folder: Path,
    side: str,
    is_ours: bool,
    right: Found,
    command: Callable[[], list[str]],
    read: Callable[[Taken], Found],
) -> Row:
    taken = fastest(lambda: run(command(), folder))
    found = read(taken)
    wrong = difference(found, right)
    if is_ours and wrong:
        raise Failed(f"{side} found {wrong}")
    size = int(right["projects"])
    return Row(side, is_ours, size, {0: taken.seconds}, taken.own_s, taken.peak_mb, found, wrong=wrong)


def measure(_bench: Bench, sizes: Sequence[int]) -> Iterator[Row]:
    """Every side at every size."""
    for projects in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            right = fill(folder, projects)
            yield from ours(folder, projects, right)
            for way, side in PEERS.items():
                command = peer("site_by_pandas", way, f"{folder}/costs.csv", f"{folder}/pages")
                yield _row(folder, side, False, right, partial(list, command), printed)


JOB = Job(
    name="site",
    title="Report and site of many projects",
    counted="projects, each with three resources over 31 days in two months",
    text="Writes a page for the organization, each of 40 teams and each project, for both months; and sums"
    " all costs by project. The peer reads the costs from CSV and writes tables by day and by resource. Of"
    " our pages only the number is checked here: unit tests hold each of them to a summary.",
    sizes={QUICK: (30, 300), FULL: (100, 1_000)},
    measure=measure,
    limits={
        "pandas, a page of tables a project": "budgets, forecasts, charts, changes, what is not known yet,"
        " and whether a closed month was restated",
        "pandas by project": "whether the costs are complete",
    },
)


def main(projects: int) -> None:
    """Our sides alone."""
    with tempfile.TemporaryDirectory() as name:
        for row in ours(Path(name), projects, fill(Path(name), projects)):
            print(json.dumps(row.to_json()))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:] or [str(PROJECTS)]))
