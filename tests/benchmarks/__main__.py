# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner: python -m ansible_collections.finops.cloud.tests.benchmarks --size quick --collections PATH
--results FOLDER [--pages FOLDER] [JOB...] [--sizes N...]. make bench calls it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from . import (
    benchmarks_page,
    bills,
    estimate,
    export,
    gate,
    month_cost,
    projects_import,
    quotas,
    rated_import,
    scale_page,
    site,
    usage,
)
from .jobs import FULL, QUICK, Bench, Job, check_memory
from .measuring import Failed
from .pages import job_table, with_blocks
from .results import Result, load, machine, now, read_results

JOBS: dict[str, Job] = {
    one.JOB.name: one.JOB
    for one in (usage, quotas, month_cost, gate, rated_import, projects_import, bills, site, estimate, export)
}


def measured(job: Job, bench: Bench, size: str, sizes: Sequence[int]) -> Result:
    """All rows of a job, told as they come. Raises Failed."""
    began, at_first = time.monotonic(), load()
    rows = []
    for row in job.measure(bench, sizes):
        print(
            f"{job.name}: {row.side}, {row.size}: {row.seconds[0]:.2f} s, own {row.own_s:.2f} s,"
            f" {row.peak_mb:.0f} MB{', WRONG: ' + row.wrong if row.wrong else ''}",
            flush=True,
        )
        rows.append(row)
    check_memory(job, rows)
    return Result(job.name, size, rows, time.monotonic() - began, (at_first, load()), machine(), now())


def main() -> int:
    """1 where a job failed: the others run all the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=(QUICK, FULL), default=QUICK)
    parser.add_argument("--collections", required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--pages", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+")
    parser.add_argument("jobs", nargs="*", metavar="JOB")
    asked = parser.parse_args()
    if unknown := set(asked.jobs) - set(JOBS):
        parser.error(f"{', '.join(sorted(unknown))}: say some of {', '.join(JOBS)}")
    failed = []
    for name in asked.jobs or JOBS:
        print(f"{name}: {JOBS[name].title}", flush=True)
        try:
            sizes = asked.sizes or JOBS[name].sizes[asked.size]
            result = measured(JOBS[name], Bench(asked.collections), asked.size, sizes)
        except Failed as reason:
            print(f"{name}: FAILED: {reason}", flush=True)
            failed.append(name)
            continue
        result.write(asked.results)
        print(f"{job_table(result.rows)}\n{name}: {result.took_s:.0f} s\n", flush=True)
    results = read_results(asked.results)
    if asked.pages and not failed and set(results) >= set(JOBS):
        texts = {"benchmarks": benchmarks_page.blocks(JOBS, results), "scale": scale_page.blocks(results)}
        for name, blocks in texts.items():
            page = asked.pages / f"{name}.md"
            page.write_text(with_blocks(page.read_text(), blocks))
            print(f"{page} is written")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
