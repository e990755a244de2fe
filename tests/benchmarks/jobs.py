# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job is: something a user wants done, the ways to do it, and the sizes it is done at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .measuring import Failed, Row

QUICK, FULL = "quick", "full"


@dataclass(frozen=True)
class Bench:
    """What jobs share. collections: where openstack.cloud is."""

    collections: str


@dataclass(frozen=True)
class Job:
    """measure: the rows at each of the sizes. limits: what a way of doing it cannot, by its name.
    bound_mb: how much more memory than the smallest size another may take of ours.
    """

    name: str
    title: str
    #: What a size counts.
    counted: str
    text: str
    sizes: Mapping[str, tuple[int, ...]]
    measure: Callable[[Bench, Sequence[int]], Iterator[Row]]
    limits: Mapping[str, str] = field(default_factory=dict)
    bound_mb: int | None = None


def check_memory(job: Job, rows: Sequence[Row]) -> None:
    """Raise Failed where a side of ours takes more memory at a larger size than the job allows."""
    if job.bound_mb is None:
        return
    for row in rows:
        same = [one for one in rows if one.ours and one.side == row.side]
        least = min(same or [row], key=lambda one: one.size)
        if row.ours and row.peak_mb - least.peak_mb > job.bound_mb:
            raise Failed(
                f"{row.side} took {row.peak_mb:.0f} MB at {row.size}, {least.peak_mb:.0f} MB at {least.size}"
            )
