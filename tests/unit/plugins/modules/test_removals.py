# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a deployment removes offsets nothing unless the owner says so, and then no more than imports say is
there, on either store (design/gate.md#removals).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import RunRate

from ..module_utils._budgets.snapshots import nano
from .clocked import ClockedLedger
from .test_gate_cases import rated

COULD_OFFSET = (
    "It would fit if what is removed offset it, which needs `offset_removals` of the ledger's policy."
)
NOON = "2026-11-28T12:00:00"


def running(hourly: str, hours: int = 10, category: str = "compute") -> list[dict[str, Any]]:
    place = {"project": "shop", "region": "dc3-a", "category": category}
    return [{"hourly": hourly, "hours": str(hours), **place}]


def there(ledger: ClockedLedger, *costs: tuple[str, str, tuple[tuple[str, str], ...]], **more: Any) -> None:
    """What imports say costs that much by the hour: category, amount and tags."""
    rates = tuple(RunRate(category, tags, nano(hourly)) for category, hourly, tags in costs)
    ledger.feed(rated(ledger.now.replace(minute=0), **{"run_rates": rates, **more}))


@pytest.fixture
def noon(clocked: ClockedLedger) -> ClockedLedger:
    """A budget of 100 a day, of which twelve hours are left."""
    clocked.at(NOON)
    clocked.define(period="daily")
    there(clocked, ("compute", "20", ()), ("storage", "20", ()))
    return clocked


def allow(ledger: ClockedLedger) -> None:
    assert ledger.run("cost_policy", offset_removals=True)["policy"]["offset_removals"] is True


def test_a_denial_says_where_what_is_removed_would_make_it_fit(noon: ClockedLedger) -> None:
    for _policy in range(2):
        # 120, and 30 go.
        denied = noon.hold("green", lines=running("12"), removals=running("3"))
        assert (denied["verdict"], denied["reservation"]) == ("deny", {})
        assert denied["msg"].endswith(f"requested 120, that is 20 too much. {COULD_OFFSET}")
        assert denied["budgets"][0]["reason"] == denied["msg"]
        # 120, and 10 go: that is too much in any case.
        assert not noon.hold("green", lines=running("12"), removals=running("1"))["msg"].endswith(
            COULD_OFFSET
        )
        noon.run("cost_policy", required_tags=[], allow_own_prices=True)
    allowed = noon.hold("green", lines=running("10"), removals=running("3"))
    assert (allowed["budgets"][0]["requested"], allowed["reservation"]["removed"]) == ("100", [])
    assert noon.status()["reserved"] == "100"


def test_what_is_removed_offsets_what_is_added_where_the_owner_says_so(noon: ClockedLedger) -> None:
    allow(noon)
    held = noon.hold("green", lines=running("12"), removals=running("3"))
    assert (held["verdict"], held["budgets"][0]["requested"]) == ("allow", "90")
    (removed,) = held["reservation"]["removed"]
    assert (removed["hourly"], removed["until"]) == ("3", "2026-11-28T22:00:00Z")
    assert noon.status()["reserved"] == "90"
    assert noon.hold("other", "10.1")["verdict"] == "deny"
    assert noon.hold("other", "10")["verdict"] == "allow"
    listed = noon.run("cost_budget_info", names=["team"])["reservations"]
    assert [len(one["removed"]) for one in listed] == [1, 0]


def test_a_hold_is_never_below_zero_and_gives_nothing_to_others(noon: ClockedLedger) -> None:
    allow(noon)
    for name in ("one", "two"):
        held = noon.hold(name, lines=running("1"), removals=running("9"))
        assert (held["verdict"], held["budgets"][0]["requested"]) == ("allow", "0")
    assert noon.hold("three", lines=running("2"))["verdict"] == "allow"
    assert noon.status()["reserved"] == "20"
    assert noon.hold("other", "80.1")["verdict"] == "deny"
    assert noon.hold("other", "80")["verdict"] == "allow"


def test_each_budget_and_each_period_nets_what_falls_into_it(noon: ClockedLedger) -> None:
    allow(noon)
    noon.define(name="machines", period="daily", scope={"categories": ["compute"]})
    denied = noon.hold("a", lines=running("12"), removals=running("12", category="storage"))
    requested = {row["name"]: (row["verdict"], row["requested"]) for row in denied["budgets"]}
    assert requested == {"team": ("allow", "0"), "machines": ("deny", "120")}
    # Today 12 of each, tomorrow 12 of what is added only.
    (row, _other) = noon.hold("b", lines=running("1", hours=24), removals=running("1", hours=12))["budgets"]
    assert (row["requested"], row["next_period"]["requested"]) == ("0", "12")


def test_what_is_not_known_to_be_of_a_budget_offsets_nothing_in_it(noon: ClockedLedger) -> None:
    allow(noon)
    noon.define(name="web", period="daily", scope={"tags": {"team": "web"}})
    there(noon, ("compute", "20", (("team", "web"),)))
    tagged = [{**running("12")[0], "tags": {"team": "web"}}]
    denied = noon.hold("a", lines=tagged, removals=running("12"))
    requested = {row["name"]: (row["verdict"], row["requested"]) for row in denied["budgets"]}
    assert requested == {"team": ("allow", "0"), "web": ("deny", "120")}
    assert noon.hold("a", lines=tagged, removals=tagged)["verdict"] == "allow"


def test_holding_again_is_the_same_only_with_the_same_removals(noon: ClockedLedger) -> None:
    allow(noon)
    asked = {"lines": running("12"), "removals": running("3")}
    assert noon.hold("green", **asked)["changed"]
    assert not noon.hold("green", **asked)["changed"]
    assert noon.hold("green", lines=running("12"), removals=running("1"))["verdict"] == "deny"
    assert noon.hold("green", lines=running("12"))["verdict"] == "deny"
    # What was denied leaves the hold as it was.
    assert noon.status()["reserved"] == "90"


def test_a_commit_records_what_was_added(noon: ClockedLedger) -> None:
    allow(noon)
    noon.hold("green", lines=running("12"), removals=running("3"))
    assert noon.commit("green")["changed"]
    assert sum(map(float, noon.entries().values())) == 120
    assert noon.status()["reserved"] == "0"


def test_a_commit_that_an_import_settles_is_netted_until_it_is_rated(clocked: ClockedLedger) -> None:
    clocked.at(NOON)
    allow(clocked)
    clocked.define(period="daily", fed_by="cloud", basis="actual")
    there(clocked, ("compute", "4", ()))
    of_shop = {"project": "shop", "region": "dc3-a", "category": "compute"}
    lines, removals = ([{"hourly": hourly, **of_shop}] for hourly in ("9", "4"))
    # Twelve hours of 9 are 108 today, and 216 tomorrow; 60 and 120 when 4 go.
    denied = clocked.hold("green", lines=lines, removals=removals, settled_by="import")
    assert (denied["verdict"], denied["budgets"][0]["next_period"]["requested"]) == ("deny", "120")
    clocked.define(limit="130", period="daily", fed_by="cloud", basis="actual")
    assert clocked.hold("green", lines=lines, removals=removals, settled_by="import")["gate_passed"]
    clocked.later(minutes=5)
    assert clocked.commit("green")["changed"]
    assert clocked.status()["reserved"] == "60"
    clocked.later(hours=2)
    clocked.feed(rated(datetime(2026, 11, 28, 14, tzinfo=UTC)))
    assert clocked.status()["reserved"] == "0"


def test_what_is_not_there_offsets_nothing(noon: ClockedLedger) -> None:
    """Machines of 3 an hour are there: of 12 that come and 9 that are said to go, 9 x 10 hours stay."""
    allow(noon)
    there(noon, ("compute", "3", ()), ("storage", "20", ()))
    held = noon.hold("green", lines=running("12"), removals=running("9"))
    assert (held["verdict"], held["budgets"][0]["requested"]) == ("allow", "90")
    # Nobody takes away what another hold has taken away.
    denied = noon.hold("other", lines=running("2"), removals=running("2"))
    assert (denied["verdict"], denied["budgets"][0]["requested"]) == ("deny", "20")
    assert denied["msg"].endswith("each has to name its project, region and category.")


@pytest.mark.parametrize("key", ["project", "region", "category"])
def test_a_removal_that_does_not_say_where_offsets_nothing(noon: ClockedLedger, key: str) -> None:
    allow(noon)
    removals = [{name: value for name, value in running("9")[0].items() if name != key}]
    assert noon.hold("green", lines=running("12"), removals=removals)["verdict"] == "deny"


@pytest.mark.parametrize(
    ("more", "removal"),
    [
        ({"retired": True}, {}),
        ({"run_rates": (RunRate("compute", (), nano("200"), 10, True),)}, {}),
        ({"currency": "CHF"}, {}),
        ({}, {"metric": "network.outgoing.bytes"}),
        ({}, {"project": "other"}),
        ({}, {"region": "dc4-a"}),
    ],
)
def test_what_is_gone_a_flow_or_elsewhere_offsets_nothing(
    noon: ClockedLedger, more: dict[str, Any], removal: dict[str, str]
) -> None:
    allow(noon)
    there(noon, ("compute", "20", ()), **more)
    removals = [{**running("9")[0], **removal}]
    denied = noon.hold("green", lines=running("12"), removals=removals)
    assert (denied["verdict"], denied["budgets"][0]["requested"]) == ("deny", "120")
