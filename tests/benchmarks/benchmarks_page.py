# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/benchmarks.md: what all jobs have found."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from .jobs import Job
from .measuring import AGAIN
from .pages import figure, growth_table, job_table, table
from .results import Result


def blocks(jobs: Mapping[str, Job], results: Mapping[str, Result]) -> dict[str, str]:
    """The text of each mark."""
    return {
        "machine": _machine(results),
        "glance": _glance(jobs, results),
        "jobs": "\n\n".join(_job(job, results.get(name)) for name, job in jobs.items()),
    }


def _machine(results: Mapping[str, Result]) -> str:
    newest = max(results.values(), key=lambda one: one.at)
    return table(["What", "Which"], newest.machine.items())


def _glance(jobs: Mapping[str, Job], results: Mapping[str, Result]) -> str:
    head = [
        "Job",
        "N",
        "ms a request",
        "Ours",
        "s",
        "CPU s",
        "Fastest peer",
        "s",
        "CPU s",
        "Times",
    ]
    rows = [each for name, job in jobs.items() if name in results for each in fastest(job, results[name])]
    return table(head, rows)


def fastest(job: Job, result: Result) -> Iterator[list[str]]:
    """At the largest size, and the slowest cloud at which all were run: the fastest of the peers, and of ours
    that tell what it tells.
    """
    rows = [row for row in result.rows if row.size == result.largest]
    latency = max(set.intersection(*(set(row.seconds) for row in rows)))
    peers = [row for row in rows if not row.ours and not row.wrong]
    if not peers:
        return
    peer = min(peers, key=lambda row: row.seconds[latency])
    first = [row for row in rows if row.ours and not row.side.endswith(AGAIN)]
    equal = [row for row in first if set(peer.found) <= set(row.found)]
    ours = min(equal, key=lambda row: row.seconds[latency])
    cells = [[row.side, figure(row.seconds[latency]), figure(row.own_s)] for row in (ours, peer)]
    times = peer.seconds[latency] / ours.seconds[latency]
    asked = str(latency) if peer.requests else "-"
    yield [job.title, f"{result.largest:,}", asked, *cells[0], *cells[1], f"{times:.1f}"]


def _job(job: Job, result: Result | None) -> str:
    if result is None:
        return f"## {job.title}\n\n{_wrapped(job.text)}\n\nNot measured in this run."
    before, after = result.loads
    parts = [
        f"## {job.title}",
        f"{job.text}",
        f"N counts {job.counted}. Measured on {result.at} in {result.took_s:.0f} s; load of the machine"
        f" {before:.1f} before and {after:.1f} after.",
        job_table(result.rows),
        "Growth with N as an exponent, start-up included:",
        growth_table(result.rows),
    ]
    if job.limits:
        parts += [
            "What the peers can't tell:",
            "\n".join(f"- {side}: {limit}." for side, limit in job.limits.items()),
        ]
    return "\n\n".join(_wrapped(part) for part in parts)


def _wrapped(text: str) -> str:
    """Lines of prose as long as a page has them."""
    if text.startswith(("|", "#")):
        return text
    return "\n".join(
        textwrap.fill(line, 110, subsequent_indent="  " if line.startswith("-") else "")
        for line in text.split("\n")
    )
