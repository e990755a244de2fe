# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that have nothing to do with each other, run at the same time on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from checkout import Stop


def side_by_side(jobs: Mapping[str, Callable[[], object]]) -> dict[str, Stop]:
    """Run the jobs, the first ones first, as many at a time as there are cores; all of them, even after one
    has failed.

    Returns why, for each that raised Stop. A job that raises anything else, or the user who interrupts, ends
    the rest.
    """
    pool = ThreadPoolExecutor(max_workers=os.cpu_count())
    try:
        running = {name: pool.submit(job) for name, job in jobs.items()}
        return {name: stop for name, future in running.items() if (stop := _stopped(future.result))}
    finally:
        pool.shutdown(cancel_futures=True)


def _stopped(result: Callable[[], object]) -> Stop | None:
    try:
        result()
    except Stop as reason:
        return reason
    return None
