# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""However a VergeOS system answers, a task ends at task_timeout
(design/reading-a-cloud.md#hostile-answers).
"""

from __future__ import annotations

import time

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core import deadline
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import OutOfTime
from ansible_collections.finops.cloud.plugins.module_utils._vergeos import billing

from ....small_vergeos import NOVEMBER, SmallVergeos, row
from ....stopped_clock import StoppedClock

IS_OVER = r"failed: task_timeout \({} s\) is over; raise it, or read less in one task$"


def test_pauses_between_repeats_end_with_the_task(vergeos: SmallVergeos) -> None:
    """Pauses of 0, 2 and 4 s as urllib3 makes them; the fourth, of 8 s, would end behind 10 s."""
    clock = StoppedClock()
    patient = {"retry_total": 50, "retry_backoff_factor": 1.0}
    with vergeos.system(**patient, deadline=clock.deadline(10)) as system:
        vergeos.breaks("billing", kind="status", status=503)
        vergeos.asked()
        with pytest.raises(OutOfTime, match=IS_OVER.format(10)) as caught:
            billing.newest(system)
    assert clock.slept == [0, 2, 4]
    assert vergeos.asked() == ["GET /billing"] * 4
    assert (caught.value.kind, caught.value.option) == ("unavailable", "task_timeout")


def test_a_login_that_is_repeated_ends_with_the_task(vergeos: SmallVergeos) -> None:
    clock = StoppedClock()
    vergeos.breaks("system", kind="status", status=503)
    with pytest.raises(OutOfTime, match=IS_OVER.format(5)):
        vergeos.system(retry_total=50, retry_backoff_factor=1.0, deadline=clock.deadline(5))
    assert clock.slept == [0, 2]


def test_pages_are_read_until_the_task_ends(vergeos: SmallVergeos) -> None:
    """Each of 1200 records takes a second: the page of 500 that is being read is read to its end."""
    vergeos.put([row(number, NOVEMBER + 3600 * number) for number in range(1, 1201)])
    clock = StoppedClock()
    with vergeos.system(deadline=clock.deadline(600)) as system:
        vergeos.asked()
        with pytest.raises(OutOfTime, match=IS_OVER.format(600)):
            clock.a_second_each(billing.records(system))
    assert clock.now == 1000
    assert vergeos.asked() == ["GET /billing"] * 2


def test_a_record_that_does_not_come_is_waited_for_until_the_task_ends(vergeos: SmallVergeos) -> None:
    """The request is taken and no record is there: pauses of 0.25 to 4 s, of which 7.75 s fit into 8 s."""
    vergeos.put([row(7, NOVEMBER)])
    clock = StoppedClock()
    with vergeos.system(timeout_seconds=60, deadline=clock.deadline(8)) as system:
        assert billing._made_since(system, 7, wait=True) is None
    assert clock.slept == [0.25, 0.5, 1, 2, 4]


def test_nothing_is_sent_after_the_end(vergeos: SmallVergeos) -> None:
    clock = StoppedClock()
    of_task = clock.deadline(5)
    with vergeos.system(deadline=of_task) as system:
        vergeos.asked()
        clock.now = 5
        with pytest.raises(OutOfTime, match=IS_OVER.format(5)):
            billing.generate(system)
        with pytest.raises(OutOfTime, match=IS_OVER.format(5)):
            vergeos.system(deadline=of_task)
    assert vergeos.asked() == []


def test_an_answer_that_drips_ends_with_the_task(vergeos: SmallVergeos) -> None:
    with vergeos.system(timeout_seconds=60, deadline=deadline.begin(1)) as system:
        vergeos.breaks("billing", kind="drip", seconds=0.1)
        began = time.monotonic()
        with pytest.raises(OutOfTime, match=IS_OVER.format(1)):
            billing.newest(system)
    assert time.monotonic() - began < 3
