# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a custom budget has a period for a line, on the edges of its dates (design/gate.md#what-counts)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets.asked_periods import (
    falls_somewhere,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.money import Money
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Calendar
from ansible_collections.finops.cloud.plugins.module_utils._ledger.holds import HoldLine

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
AHEAD = Calendar("custom", begin=NOW + 10 * DAY, end=NOW + 20 * DAY)
UNDER_WAY = Calendar("custom", begin=NOW - 10 * DAY, end=NOW + 20 * DAY)
ENDED = Calendar("custom", begin=NOW - 10 * DAY, end=NOW)
MONTHLY = Calendar("monthly")


@pytest.mark.parametrize(
    ("calendar", "until", "falls"),
    [
        (AHEAD, None, True),
        (AHEAD, NOW + DAY, False),
        # It ends where the budget begins: no part of it lies there.
        (AHEAD, NOW + 10 * DAY, False),
        (AHEAD, NOW + 10 * DAY + SECOND, True),
        (UNDER_WAY, None, True),
        (UNDER_WAY, NOW + SECOND, True),
        (ENDED, None, False),
        (ENDED, NOW + DAY, False),
        (MONTHLY, None, True),
        (MONTHLY, NOW + SECOND, True),
    ],
)
def test_a_running_line_falls_where_it_still_runs(
    calendar: Calendar, until: datetime | None, falls: bool
) -> None:
    line = HoldLine(Money(Decimal(1), "CHF"), hourly=True, until=until)
    assert falls_somewhere(calendar, line, NOW) is falls


@pytest.mark.parametrize(
    ("calendar", "at", "falls"),
    [
        (AHEAD, None, False),
        (AHEAD, NOW + 10 * DAY - SECOND, False),
        (AHEAD, NOW + 10 * DAY, True),
        (AHEAD, NOW + 20 * DAY - SECOND, True),
        (AHEAD, NOW + 20 * DAY, False),
        (ENDED, None, False),
        (ENDED, NOW - SECOND, True),
        (MONTHLY, None, True),
    ],
)
def test_a_one_off_line_falls_at_its_moment(calendar: Calendar, at: datetime | None, falls: bool) -> None:
    assert falls_somewhere(calendar, HoldLine(Money(Decimal(1), "CHF"), at=at), NOW) is falls
