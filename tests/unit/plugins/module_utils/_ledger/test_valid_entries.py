# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What leaves the ledger is what holds, now and as of then, in order of time, on every database
(design/ledger.md#append-only).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger import commit_clock
from ansible_collections.finops.cloud.plugins.module_utils._ledger.entries import Entry, write_all
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading, writing
from ansible_collections.finops.cloud.plugins.module_utils._ledger.totals import Selection
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import read
from ansible_collections.finops.cloud.plugins.module_utils._ledger.valid_entries import (
    OF_A_KIND,
    OF_EACH,
    stream,
)

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)
NOVEMBER = Selection(Window(FIRST, FIRST + timedelta(days=30)))
#: More than are fetched at once, several times over, and no multiple of it.
HOURS = 719


def entry(hour: int, nano: int) -> Entry:
    period = Window(FIRST + hour * HOUR, FIRST + (hour + 1) * HOUR)
    return Entry(
        source="manual",
        charge_category="usage",
        category="compute",
        currency="ICU",
        key=f"hour {hour}",
        period=period,
        amount_nano=nano,
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerOptions:
    """A month of hours, written from the last to the first; every third one was corrected later."""
    if request.param == "postgresql":
        options = LedgerOptions(request.getfixturevalue("postgresql_url"))
    else:
        options = LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    with writing(options) as opened:
        write_all(opened.connection, (entry(hour, hour + 1) for hour in reversed(range(HOURS))), NOW, "test")
    with writing(options) as opened:
        write_all(opened.connection, (entry(hour, -hour - 1) for hour in range(0, HOURS, 3)), NOW, "test")
    return options


def told(options: LedgerOptions, as_of: datetime | None) -> list[tuple[str, int, int]]:
    with reading(options) as opened:
        rows = [
            dict(zip((*OF_A_KIND, *OF_EACH), row, strict=True))
            for row in stream(opened.connection, NOVEMBER, as_of)
        ]
    return [(row["key"], row["version"], row["amount_nano"]) for row in rows]


def test_every_entry_comes_once_in_order_of_time_as_it_holds(ledger: LedgerOptions) -> None:
    corrected = [
        (f"hour {hour}", 2, -hour - 1) if hour % 3 == 0 else (f"hour {hour}", 1, hour + 1)
        for hour in range(HOURS)
    ]
    recorded, written_again = recorded_at(ledger)
    assert recorded < written_again
    assert told(ledger, None) == told(ledger, written_again) == corrected


def test_as_of_then_it_is_told_as_it_held_then(ledger: LedgerOptions) -> None:
    recorded, written_again = recorded_at(ledger)
    for moment in (recorded, written_again - MICROSECOND):
        assert told(ledger, moment) == [(f"hour {hour}", 1, hour + 1) for hour in range(HOURS)]
    assert told(ledger, recorded - MICROSECOND) == []


def recorded_at(options: LedgerOptions) -> list[datetime]:
    """The moments of the two transactions."""
    with reading(options) as opened:
        found = read(opened.connection, "SELECT DISTINCT recorded_at FROM entry ORDER BY recorded_at")
    return [commit_clock.from_microseconds(microseconds) for (microseconds,) in found]
