# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""The moment by which all requests of a task have to be answered, whatever each of them may take
(design/reading-a-cloud.md#hostile-answers).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

#: Thirty requests that each take all of their own time. Whoever sets nothing is bounded too: pages without an
#: end may come fast.
DEFAULT_TASK_TIMEOUT_SECONDS = 1800
#: The time limit of a request must be above zero.
_SHORTEST_SECONDS = 0.001


class DeadlinePassed(Exception):
    """There is no time left for another request; str() is the rest of a sentence."""


@dataclass(frozen=True)
class Deadline:
    """The end of a task's time, made when its connection is opened, and shared by all that it sends.

    limit_seconds: what the user set, 0 for no limit. ends: by the clock, which is monotonic. sleep: what
    passes time on that clock.
    """

    limit_seconds: float = 0
    ends: float = float("inf")
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @property
    def seconds_left(self) -> float:
        """Seconds to the end; zero or less behind it."""
        return self.ends - self.clock()

    @property
    def has_passed(self) -> bool:
        """Whether there is no time left for a request."""
        return self.seconds_left <= _SHORTEST_SECONDS

    @property
    def problem(self) -> str:
        """Why nothing more is sent, and what would be right."""
        return f"task_timeout ({self.limit_seconds:g} s) is over; raise it, or read less in one task"

    def bounded(self, seconds: float) -> float:
        """The time limit of a request that may take so long: what is left, if that is less.

        Raises DeadlinePassed.
        """
        left = self.seconds_left
        if left <= _SHORTEST_SECONDS:
            raise DeadlinePassed(self.problem)
        return min(seconds, left)

    def pause(self, seconds: float) -> None:
        """Wait before a request is repeated. Raises DeadlinePassed, at once, where no time would be left."""
        if seconds >= self.seconds_left:
            raise DeadlinePassed(self.problem)
        self.sleep(seconds)


NO_DEADLINE = Deadline()


def begin(
    limit_seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Deadline:
    """The deadline of a task that begins now. limit_seconds: 0 for none."""
    ends = clock() + limit_seconds if limit_seconds else float("inf")
    return Deadline(limit_seconds, ends, clock, sleep)
