# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Below two days of rated hours a forecast spreads by single hours, from two days on by days."""

from __future__ import annotations

from decimal import Decimal

from ansible_collections.finops.cloud.plugins.module_utils._core.forecast import forecast

DAY_AT_1, DAY_AT_11 = [Decimal(1)] * 24, [Decimal(11)] * 24


def test_two_days_to_the_hour_are_two_days() -> None:
    """Between a day at 1 and a day at 11 the 10th percentile is 2, the 90th 10, and the mean 6."""
    found = forecast([*DAY_AT_1, *DAY_AT_11], 24, Decimal(1000), 10)
    assert found is not None
    assert (found.low, found.expected, found.high) == (1020, 1060, 1100)


def test_an_hour_less_is_47_hours() -> None:
    """The 10th percentile of 23 times 1 and 24 times 11 is 1, the 90th is 11."""
    found = forecast([*DAY_AT_1[1:], *DAY_AT_11], 24, Decimal(1000), 10)
    assert found is not None
    assert (found.low, found.high) == (1010, 1110)
