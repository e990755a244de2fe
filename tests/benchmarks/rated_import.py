# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rated points into a ledger, by resource and hour, and the same hours again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window

from .cloud import LATENCIES_MS, Cloud, Side, module, peer, printed, row, sandbox
from .jobs import FULL, QUICK, Bench, Job
from .measuring import Found, Row, Taken
from .rated import Rated, rated
from .stores import POSTGRESQL, SQLITE, in_ledger, new_ledger, postgresql, size_bytes

MODULE = "cost_import"
AGAIN = "the same hours again"


def _command(url: str, right: Rated) -> list[str]:
    asked = {"cloud": "sandbox", "begin": right.begin.isoformat(), "end": right.end.isoformat()}
    return module(MODULE, {**asked, "ledger": url, "task_timeout": 0})


def _of_store(cloud: Cloud, kind: str, server: str, right: Rated, points: int) -> Iterator[Row]:
    """A first import into an empty ledger, and another one into the last of those."""
    urls: list[str] = []

    def into_an_empty_one() -> list[str]:
        urls.append(new_ledger(kind, cloud.folder, server, len(urls)))
        return _command(urls[-1], right)

    def read(_taken: Taken) -> Found:
        return in_ledger(urls[-1], Window(right.begin, right.end))

    expected = _expected(right)
    first = row(
        cloud, Side(f"{MODULE}, {kind}", True, into_an_empty_one, read), points, expected, LATENCIES_MS
    )
    first.more["bytes an entry"] = size_bytes(urls[-1]) / right.points
    yield first
    again = Side(f"{MODULE}, {kind}, {AGAIN}", True, _command(urls[-1], right), read)
    yield row(cloud, again, points, expected, LATENCIES_MS)


def _expected(right: Rated) -> Found:
    return {"points": str(right.points), "total": f"{sum(right.costs.values()):f}"}


def _into_a_new_file(cloud: Cloud, right: Rated, files: Iterator[Path]) -> list[str]:
    window = [f"{moment:%Y-%m-%dT%H:%M:%S}" for moment in (right.begin, right.end)]
    return peer("points_by_pandas", *window, str(next(files)))


def measure(bench: Bench, sizes: Sequence[int]) -> Iterator[Row]:
    """Every side at every size."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    for points in sizes:
        with (
            sandbox(bench.collections, "--rated-points", str(points)) as cloud,
            postgresql(cloud.folder) as server,
        ):
            right = rated(cloud, end - timedelta(days=41), end)
            for kind in (SQLITE, POSTGRESQL):
                yield from _of_store(cloud, kind, server, right, points)
            files = (cloud.folder / f"plain-{number}.db" for number in range(100))
            theirs = Side(
                "cloudkittyclient and pandas", False, partial(_into_a_new_file, cloud, right, files), printed
            )
            yield row(cloud, theirs, points, _expected(right), LATENCIES_MS)


JOB = Job(
    name="rated-import",
    title="Import of rated points",
    counted="rated points of 40 days",
    text="Reads every point that CloudKitty has rated and keeps it. The peer reads page by page with"
    " cloudkittyclient, and writes a data frame to a plain table of SQLite.",
    sizes={QUICK: (10_000, 100_000), FULL: (10_000, 100_000, 1_000_000)},
    measure=measure,
    limits={
        "cloudkittyclient and pandas": "which hours are in already: run again it counts everything twice;"
        " corrections, tags and the time up to which costs are complete",
    },
    bound_mb=80,
)
