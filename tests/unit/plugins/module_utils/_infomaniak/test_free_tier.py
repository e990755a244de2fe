# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The free tier (design/money.md#free-tier) where the cloud does not tell how much went out: unknown is not
zero (design/reading-a-cloud.md#unknown-is-not-zero).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._infomaniak.free_tier import (
    tier_of,
    traffic_of,
)

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
GB = 10**9


def frame(hour: int, gigabytes: int | None) -> tuple[datetime, Decimal | None, Decimal]:
    quantity = None if gigabytes is None else Decimal(gigabytes)
    return BEGIN + hour * HOUR, quantity, Decimal(2)


def test_an_amount_that_is_not_told_is_not_taken_for_free() -> None:
    """As zero it would leave the tier to what comes later, and be paid although it may be free."""
    window = Window(BEGIN, BEGIN + 3 * HOUR)
    told = tier_of("GB", Decimal(6), traffic_of([frame(0, 4000), frame(1, None), frame(2, 4000)], window, GB))
    assert (told.used_bytes, told.credit) == (None, None)


def test_what_went_out_unknown_before_the_window_leaves_the_credit_unknown() -> None:
    window = Window(BEGIN + HOUR, BEGIN + 2 * HOUR)
    told = tier_of("GB", Decimal(2), traffic_of([frame(0, None), frame(1, 4000)], window, GB))
    assert (told.used_bytes, told.credit) == (Decimal(4000 * GB), None)
