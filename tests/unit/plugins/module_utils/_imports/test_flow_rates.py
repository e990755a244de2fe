# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traffic comes in bursts: its run rate is a mean, that of what is there is the newest hour
(design/imports.md#run-rate).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.categories import is_flow
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import (
    ImportLayout,
    RunRate,
    read_all,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading

from tests.unit.fake_rating import rating_of
from tests.unit.fake_services import Project

from .test_cloudkitty import TRAFFIC, brought, feed_in, options, point, project_of

NETWORK = "network.outgoing.bytes"
UNIT = 10**9


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerOptions:
    if request.param == "postgresql":
        return LedgerOptions(request.getfixturevalue("postgresql_url"))
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def flows(ledger: LedgerOptions) -> list[tuple[str, int, int]]:
    """Category, sum in units and hours of each mean."""
    rates = [rate for rate in feed_in(ledger).run_rates if rate.is_flow]
    return [(rate.category, rate.amount_nano // UNIT, rate.hours) for rate in rates]


def test_traffic_counts_as_a_mean_though_the_newest_hour_has_none(ledger: LedgerOptions) -> None:
    """2 ICU of servers each hour, 30 of traffic in the first of four: 2 + 30 / 4."""
    project = project_of(*(point(hour, amount="2") for hour in range(4)), point(0, "one", "30", NETWORK))
    found = brought(project, ledger, 5)
    assert (found["run_rate"], found["flow_hours"]) == ("9.5", 4)
    assert feed_in(ledger).run_rates == (
        RunRate("compute", (("team", "web"),), 2 * UNIT),
        RunRate("network", (("team", "web"),), 30 * UNIT, 4, is_flow=True),
    )
    assert not brought(project, ledger, 5)["changed"]


def test_the_mean_is_of_the_last_168_rated_hours(ledger: LedgerOptions) -> None:
    """Hour n costs n: of 200 hours the last 168 are 32 to 199, whose sum is 168 x 231 / 2."""
    project = project_of(*(point(hour, amount=str(hour), kind=NETWORK) for hour in range(200)))
    assert brought(project, ledger, 201)["flow_hours"] == 168
    assert flows(ledger) == [("network", 19404, 168)]


def test_hours_that_are_not_rated_are_in_no_mean(ledger: LedgerOptions) -> None:
    known = [hour for hour in range(20) if hour not in range(5, 15)]
    project = project_of(
        *(point(hour) for hour in known), *(point(hour, "one", "3", NETWORK) for hour in known)
    )
    assert brought(project, ledger, 21)["flow_hours"] == 10
    assert flows(ledger) == [("network", 30, 10)]


def test_what_is_free_is_taken_off_hour_by_hour(ledger: LedgerOptions) -> None:
    """4 TB an hour at 8 ICU: of the month's first hours two and a half are free, 20 ICU."""
    hours = [point(hour, kind=TRAFFIC, quantity="4000", amount="8") for hour in range(200)]
    young = brought(project_of(*hours[:5], units={TRAFFIC: "GB"}), ledger, 6)
    assert (young["run_rate"], young["flow_hours"], flows(ledger)) == ("4", 5, [("storage", 20, 5)])
    # A week later the free hours are older than the mean.
    later = brought(project_of(*hours, units={TRAFFIC: "GB"}), ledger, 201)
    assert (later["run_rate"], flows(ledger)) == ("8", [("storage", 8 * 168, 168)])


def test_another_region_of_the_project_uses_the_tier_up_too(ledger: LedgerOptions) -> None:
    """4 TB an hour at 8 ICU in both: of the first 10 TB in the order of time six are of region r, 12 ICU."""
    hours = [point(hour, kind=TRAFFIC, quantity="4000", amount="8") for hour in range(5)]
    brought(project_of(*hours, units={TRAFFIC: "GB"}), ledger, 6)
    assert flows(ledger) == [("storage", 20, 5)]
    there = Project(rating_of(hours[:1], units={TRAFFIC: "GB"}), {}, "q")
    brought(there, ledger, 6)
    assert means(ledger) == {"r": [28 * UNIT], "q": []}


def means(ledger: LedgerOptions) -> dict[str, list[int]]:
    with reading(ledger) as opened:
        return {
            feed.key.region: [rate.amount_nano for rate in feed.run_rates if rate.is_flow]
            for feed in read_all(opened.connection)
        }


def test_entries_of_days_are_not_cut(ledger: LedgerOptions) -> None:
    """Of nine days and ten hours the last ten hours and six days are within 168 hours."""
    project = project_of(*(point(hour, amount="1", kind=NETWORK) for hour in range(226)))
    found = brought(project, ledger, 227, options(layout=ImportLayout("day")))
    assert (found["flow_hours"], flows(ledger), found["run_rate"]) == (154, [("network", 154, 154)], "1")


def test_which_metrics_are_flows_can_be_told(ledger: LedgerOptions) -> None:
    """Told otherwise, the next import says the run rate anew although no hour is new."""
    points = [point(0, "one", "30", "calls"), *(point(hour, amount="2") for hour in range(3))]
    project = project_of(*points, point(2, "one", "4", NETWORK))
    assert brought(project, ledger, 4)["run_rate"] == "3.333333"
    asked = options(flow_metrics=["calls"])
    found = brought(project, ledger, 4, asked)
    assert found["changed"] and found["run_rate"] == "16"
    assert flows(ledger) == [("other", 30, 3)]


def test_what_is_there_is_no_flow() -> None:
    state = ("instance", "volume.size", "ip.floating", "image.size", "storage.objects.size", "loadbalancer")
    happens = ("network.incoming.bytes", "network.services.lb.outgoing.bytes", "radosgw.api.request", TRAFFIC)
    assert not any(map(is_flow, state)) and all(map(is_flow, happens))
    assert is_flow("instance", ["instance"]) and not is_flow(TRAFFIC, [])
