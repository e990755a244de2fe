# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An import fires what it brings, and keeps the hours that forecasts rest on
(design/alerts.md#when-an-alert-fires, design/alerts.md#forecast).
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets import alerts
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._imports.cloudkitty import (
    ImportOptions,
    import_cost,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import ImportLayout

from ....fake_rating import Rated, rating_of
from ....fake_services import Project
from .desk import Desk
from .snapshots import BEGIN, RATED_THROUGH

HOUR = timedelta(hours=1)


def bring_in(desk: Desk, hours: int, amount: str, check_mode: bool = False) -> list[tuple[str, str]]:
    """Import so many hours up to 10:00, each at that amount; basis and threshold of what that fires."""
    begin = RATED_THROUGH - hours * HOUR
    service = rating_of([Rated(begin + number * HOUR, "instance", "1", amount) for number in range(hours)])
    cloud = Project(service, {"one": {}})
    options = ImportOptions(Window(BEGIN, desk.now), "v2", "ICU", 3600, {}, ImportLayout(), empty_until=begin)
    watch = alerts.watch(Rates(), desk.now, "tester")
    said = import_cost(
        cloud,  # type: ignore[arg-type]
        desk.options,
        options,
        desk.now,
        "tester",
        check_mode,
        watch,
    )
    return [(alert["basis"], alert["threshold"]) for alert in said["alerts"]]


@pytest.fixture
def fed(desk: Desk) -> Desk:
    """A budget of 200 that knows only what was imported."""
    desk.define(limit="200", fed_by="cloud")
    return desk


def test_an_import_fires_what_it_brings_on_actual_and_on_forecast_spend(fed: Desk) -> None:
    """48 hours at 2 and 3 that run are 102; 59 more are 220 at the month's end."""
    assert bring_in(fed, 48, "2", check_mode=True) == []
    assert bring_in(fed, 48, "2") == [
        ("actual", "0.5"),
        *(("forecast", one) for one in ("1", "0.9", "0.8", "0.5")),
    ]
    assert bring_in(fed, 48, "2") == []
    row = fed.status()
    assert (row["forecast"]["expected"], row["forecast"]["rated_periods"]) == ("220", 48)


def test_what_the_cloud_corrects_is_corrected_in_the_forecast(fed: Desk) -> None:
    bring_in(fed, 48, "2")
    bring_in(fed, 48, "1")
    assert fed.status()["forecast"]["expected"] == "110"
    assert len(fed.status()["alerts"]) == 5, "what was fired stays"
