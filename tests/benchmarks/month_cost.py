# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a month has cost by type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from .cloud import (
    LATENCIES_MS,
    Cloud,
    Side,
    debugged,
    module,
    peer,
    playbook,
    printed,
    result_of,
    row,
    sandbox,
)
from .jobs import FULL, QUICK, Bench, Job
from .measuring import Found, Row, Taken
from .rated import Rated, rated

MODULE = "infomaniak_cost_info"
#: The largest size at which the peers that read every point are run.
READ_AT_MOST = 100_000


def _ours(taken: Taken) -> Found:
    return {one["type"]: one["amount"] for one in result_of(taken)["cost"]["by_type"]}


def _sides(cloud: Cloud, right: Rated, points: int) -> Iterator[Side]:
    window = [f"{moment:%Y-%m-%dT%H:%M:%S}" for moment in (right.begin, right.end)]
    asked = {"cloud": "sandbox", "begin": f"{window[0]}Z", "end": f"{window[1]}Z"}
    yield Side(MODULE, True, module(MODULE, asked), _ours)
    task: dict[str, Any] = {f"finops.cloud.{MODULE}": asked, "register": "told"}
    told = {
        name: f"(told.cost.by_type | selectattr('type', 'eq', '{name}') | first).amount"
        for name in right.costs
    }
    yield Side(f"{MODULE} in a play", True, playbook(cloud.folder, "ours", [task], told), debugged)
    yield Side("openstack rating summary get", False, peer("cost_by_command", "summary", *window), printed)
    yield Side("shell loop over the metrics", False, peer("cost_by_command", "loop", *window), printed)
    if points <= READ_AT_MOST:
        frames = peer("cost_by_command", "dataframes", *window)
        yield Side("openstack rating dataframes get", False, frames, printed)
        yield Side("cloudkittyclient and pandas", False, peer("points_by_pandas", *window), _sums)


def _sums(taken: Taken) -> Found:
    return {name: value for name, value in printed(taken).items() if name not in ("points", "total")}


def measure(bench: Bench, sizes: Sequence[int]) -> Iterator[Row]:
    """Every side at every size."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    for points in sizes:
        with sandbox(bench.collections, "--rated-points", str(points)) as cloud:
            right = rated(cloud, end - timedelta(days=30), end)
            expected = {name: f"{cost:f}" for name, cost in right.costs.items()}
            for side in _sides(cloud, right, points):
                yield row(cloud, side, points, expected, LATENCIES_MS)


JOB = Job(
    name="month-cost",
    title="Cost of a month by type",
    counted="rated points, 30 of 40 days of which are asked for",
    text="Sums what CloudKitty has rated, by type. Ours also tells how far the cloud has rated, and what came"
    " since.",
    sizes={QUICK: (1_000, 10_000, 100_000), FULL: (1_000, 100_000, 1_000_000)},
    measure=measure,
    limits={
        "openstack rating summary get": "how far the cloud has rated, so a month that is not complete looks"
        " cheap",
        "shell loop over the metrics": "the same",
        "openstack rating dataframes get": "the same; a page that shifts while it is read",
    },
    bound_mb=20,
)
