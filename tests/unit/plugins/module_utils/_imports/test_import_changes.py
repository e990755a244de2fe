# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`changed` of an import is true exactly where the ledger became another one: handlers that mail or export
hang on it (design/imports.md).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._imports.cloudkitty import (
    ImportOptions,
    import_cost,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import ImportLayout
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions

from tests.unit.fake_rating import Rated, rating_of
from tests.unit.fake_services import Project

FIRST = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerOptions:
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def at(hour: int) -> datetime:
    return FIRST + hour * HOUR


def point(hour: int, resource: str, amount: str = "1") -> Rated:
    return Rated(at(hour), "instance", "1", amount, resource)


def brought(ledger: LedgerOptions, points: list[Rated], now: int = 5, check_mode: bool = False) -> Any:
    cloud: Any = Project(rating_of(points), {"a": {"team": "web"}, "b": {}})
    asked = ImportOptions(Window(at(0), at(now)), "v2", "ICU", 3600, {}, ImportLayout())
    return import_cost(cloud, ledger, asked, at(now), "me", check_mode)


FOUR_HOURS = [point(hour, resource) for hour in range(4) for resource in ("a", "b")]


@pytest.mark.parametrize(
    ("points", "written"),
    [
        pytest.param(FOUR_HOURS, {}, id="nothing new"),
        # The feed is as far as it was: only entries tell that something happened.
        pytest.param(
            [*FOUR_HOURS[:2], point(1, "a"), point(1, "b", "2"), *FOUR_HOURS[4:]],
            {"corrected": 1, "unchanged": 1},
            id="an hour in between costs more",
        ),
        pytest.param(
            [*FOUR_HOURS[:2], point(1, "a", "2"), point(1, "b", "2"), *FOUR_HOURS[4:]],
            {"corrected": 2},
            id="all of an hour in between costs more",
        ),
        pytest.param(
            [*FOUR_HOURS[:3], *FOUR_HOURS[4:]],
            {"reversed": 1, "unchanged": 1},
            id="a server of an hour in between is gone",
        ),
        pytest.param(
            [*FOUR_HOURS, point(1, "c")],
            {"recorded": 1, "unchanged": 2},
            id="an hour in between has a server more",
        ),
        pytest.param([*FOUR_HOURS, point(4, "a")], {"recorded": 1}, id="an hour more"),
    ],
)
def test_an_import_changed_where_it_wrote(
    ledger: LedgerOptions, points: list[Rated], written: dict[str, int]
) -> None:
    assert brought(ledger, FOUR_HOURS)["changed"]
    foreseen = brought(ledger, points, check_mode=True)
    done = brought(ledger, points)
    again = brought(ledger, points)
    for told, counts in ((foreseen, written), (done, written), (again, {})):
        assert {outcome: count for outcome, count in told["entries"].items() if count} == counts
        assert told["changed"] is bool(counts)
