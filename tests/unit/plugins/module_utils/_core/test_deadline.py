# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a task's time (design/reading-a-cloud.md#hostile-answers)."""

from __future__ import annotations

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.deadline import NO_DEADLINE, DeadlinePassed

from ....stopped_clock import StoppedClock


def test_a_request_gets_its_own_time_or_what_is_left() -> None:
    clock = StoppedClock(now=100.0)
    deadline = clock.deadline(10)
    assert deadline.bounded(4) == 4
    clock.now = 107.0
    assert deadline.bounded(4) == 3
    assert not deadline.has_passed


@pytest.mark.parametrize("now", [110.0, 110.5, 1e9])
def test_nothing_is_sent_when_the_time_is_over(now: float) -> None:
    clock = StoppedClock(now=100.0)
    deadline = clock.deadline(10)
    clock.now = now
    assert deadline.has_passed
    with pytest.raises(
        DeadlinePassed, match=r"^task_timeout \(10 s\) is over; raise it, or read less in one task$"
    ):
        deadline.bounded(0.5)


def test_a_pause_that_leaves_no_time_is_not_waited_for() -> None:
    clock = StoppedClock()
    deadline = clock.deadline(10)
    deadline.pause(6)
    with pytest.raises(DeadlinePassed):
        deadline.pause(4)
    deadline.pause(3.5)
    assert clock.slept == [6, 3.5]


def test_no_limit_is_no_end() -> None:
    clock = StoppedClock()
    deadline = clock.deadline(0)
    clock.now = 1e12
    assert (deadline.bounded(60), deadline.has_passed) == (60, False)
    assert (NO_DEADLINE.bounded(60), NO_DEADLINE.has_passed) == (60, False)
