# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gate stays right across midnight, years and reruns, on either store
(design/gate.md#what-counts, design/reservations.md).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger import sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import Feed, Imported
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import execute

from ..module_utils._budgets.snapshots import feed
from .clocked import ClockedLedger


def rated(through: datetime, **more: Any) -> Feed:
    """The feed of project shop (p1), known since October, without any running cost."""
    since = Window(datetime(2026, 10, 1, tzinfo=UTC), through)
    return feed(through, run_rate="0", imported=(Imported(since),), **more)


def test_a_hold_taken_again_after_midnight_is_judged_by_the_new_day(clocked: ClockedLedger) -> None:
    clocked.define(period="daily")
    clocked.at("2026-11-28T23:30:00")
    assert clocked.hold("r", "1", ttl="3h")["gate_passed"]
    clocked.at("2026-11-29T00:30:00")
    clocked.spend("100")
    again = clocked.hold("r", "91")
    assert (again["verdict"], again["reservation"]["held"][0]["amount"]) == ("deny", "1")
    assert clocked.status()["reserved"] == "1"


def test_what_is_promised_before_midnight_is_still_promised_after_it(clocked: ClockedLedger) -> None:
    clocked.define(period="daily")
    clocked.at("2026-11-28T23:30:00")
    clocked.hold("a", "90")
    clocked.at("2026-11-29T00:10:00")
    assert clocked.hold("b", "100")["verdict"] == "deny"
    assert clocked.hold("b", "10")["verdict"] == "allow"


def test_of_twenty_deployments_that_fill_next_year_one_passes(clocked: ClockedLedger) -> None:
    """306 days of 2026 are 7344 hours, 2027 has 8760: at 0.1 an hour 734.4 and 876, and twice 876 is more
    than 1700.
    """
    clocked.at("2026-03-01T00:00:00")
    clocked.define(limit="1700", period="yearly", basis="period_end")
    lines = [{"hourly": "0.1", "category": "compute", "until": "2030-01-01"}]
    said = [clocked.hold(f"deploy-{number}", lines=lines) for number in range(20)]
    assert [one["verdict"] for one in said] == ["allow", *["deny"] * 19]
    (row,) = said[0]["budgets"]
    assert (row["requested"], row["next_period"]["requested"]) == ("734.4", "876")
    assert "from 2027-01-01 to 2028-01-01" in said[1]["msg"]


def test_what_was_denied_holds_nothing_and_is_denied_again(clocked: ClockedLedger) -> None:
    clocked.define(limit="100")
    assert clocked.ask(spend="60", category="compute")["verdict"] == "allow"
    assert clocked.hold("other", "60")["verdict"] == "allow"
    for _run in range(2):
        denied = clocked.hold("mine", "60")
        assert (denied["verdict"], denied["failed"], denied["reservation"]) == ("deny", True, {})
    assert clocked.status()["reserved"] == "60"


def test_a_name_of_january_does_not_open_the_gate_in_june(clocked: ClockedLedger) -> None:
    clocked.at("2026-01-15T03:00:00")
    clocked.define()
    clocked.hold("nightly", "50")
    assert clocked.commit("nightly")["changed"]
    rerun = clocked.hold("nightly", "50")
    assert (rerun["changed"], rerun["verdict"], rerun["reservation"]["state"]) == (
        False,
        "allow",
        "committed",
    )
    clocked.at("2026-06-15T03:00:00")
    clocked.define(limit="0")
    denied = clocked.hold("nightly", "50")
    assert (denied["verdict"], denied["reservation"]["generation"]) == ("deny", 1)


def test_a_budget_that_begins_tomorrow_is_asked_for_its_part_of_what_runs(clocked: ClockedLedger) -> None:
    """A December has 744 hours, of which the budget covers two days: 48."""
    clocked.at("2026-11-30T12:00:00")
    clocked.define(limit="1000000", name="all")
    for limit, verdict in (("48", "allow"), ("47.9", "deny")):
        clocked.define("launch", limit, period="custom", begin="2026-12-01", end="2026-12-03")
        said = clocked.ask(lines=[{"hourly": "1", "category": "compute"}])
        row = next(row for row in said["budgets"] if row["name"] == "launch")
        assert (row["verdict"], row["requested"], row["period_start"]) == (
            verdict,
            "48",
            "2026-12-01T00:00:00Z",
        )
        assert said["verdict"] == verdict
    once = clocked.ask(spend="1000", category="compute")
    assert (once["verdict"], once["budgets"][-1]["verdict"]) == ("allow", "ended")


def test_a_commit_cannot_move_into_a_budget_that_entries_feed(clocked: ClockedLedger) -> None:
    clocked.feed(rated(datetime(2026, 11, 28, 12, tzinfo=UTC)))
    clocked.define("servers", fed_by="cloud", scope={"categories": ["compute"]})
    clocked.define("disks", scope={"categories": ["storage"]})
    lines = [{"amount": "10", "category": "compute", "project": "shop"}]
    assert clocked.hold("deploy", lines=lines, settled_by="import")["verdict"] == "allow"
    moved = clocked.commit("deploy", currency="ICU", lines=[{**lines[0], "category": "storage"}])
    assert moved["failed"] and "never brings a cost to budget disks" in moved["msg"]
    assert clocked.status("servers")["reserved"] == "10"
    assert clocked.commit("deploy")["changed"]


def test_a_budget_of_entries_that_appeared_meanwhile_is_unknown_after_the_commit(
    clocked: ClockedLedger,
) -> None:
    clocked.feed(rated(datetime(2026, 11, 28, 12, tzinfo=UTC)))
    clocked.define("servers", fed_by="cloud", scope={"categories": ["compute"]})
    clocked.hold("deploy", "10", settled_by="import")
    clocked.define("all")
    assert clocked.commit("deploy")["changed"]
    clocked.later(days=2)
    clocked.feed(rated(clocked.now - timedelta(hours=1)))
    assert clocked.status("servers")["reserved"] == "0", "the import has taken its place"
    row = clocked.status("all")
    assert (row["verdict"], "deploy is committed and waits for an import" in row["reason"]) == (
        "unknown",
        True,
    )
    assert clocked.release("deploy")["changed"]
    assert clocked.status("all")["verdict"] == "allow"


def test_what_is_committed_for_a_project_that_no_feed_carries_is_unknown(clocked: ClockedLedger) -> None:
    clocked.feed(rated(datetime(2026, 11, 28, 12, tzinfo=UTC)))
    clocked.define(fed_by="cloud")
    lines = [{"hourly": "0.1", "category": "compute", "project": "new", "region": "dc3-a"}]
    assert clocked.hold("deploy", lines=lines, settled_by="import")["verdict"] == "allow"
    clocked.commit("deploy")
    clocked.later(days=2)
    through = clocked.now.replace(minute=0)
    clocked.feed(rated(through))
    row = clocked.status()
    assert row["verdict"] == "unknown"
    assert "deploy is committed for project new in region dc3-a, which no feed carries" in row["reason"]
    assert clocked.ask(spend="1", category="compute")["verdict"] == "unknown"
    one = rated(through)
    clocked.feed(rated(through, key=one.key._replace(project_id="new"), project_name="new"))
    row = clocked.status()
    assert (row["verdict"], row["reserved"]) == ("allow", "0")


def test_a_commit_that_nothing_can_settle_can_be_released(clocked: ClockedLedger) -> None:
    clocked.feed(rated(datetime(2026, 11, 28, 12, tzinfo=UTC)))
    clocked.define(fed_by="cloud")
    clocked.hold("deploy", lines=[{"amount": "5", "project": "new"}], settled_by="import")
    clocked.hold("other", lines=[{"amount": "5", "project": "shop"}], settled_by="import")
    for name in ("deploy", "other"):
        clocked.commit(name)
    assert clocked.release("deploy")["changed"]
    assert "'other' is committed" in clocked.release("other")["msg"]
    assert (clocked.status()["verdict"], clocked.status()["reserved"]) == ("allow", "5")


@pytest.mark.parametrize(("rated_hour", "verdict", "reserved"), [(14, "allow", "0"), (13, "unknown", "10")])
def test_what_a_feed_rated_before_it_was_retired_has_taken_the_place_of_a_commit(
    clocked: ClockedLedger, rated_hour: int, verdict: str, reserved: str
) -> None:
    """Committed at 12:30 in one project, rated through 14:00 or 13:00, which is an hour after it or is not,
    when the feed was retired; the other project is rated later, and nobody looked in between.
    """
    noon = datetime(2026, 11, 28, 12, tzinfo=UTC)
    gone, other = (
        rated(noon, key=rated(noon).key._replace(project_id=name), project_name=name)
        for name in ("gone", "other")
    )
    clocked.feed(gone)
    clocked.feed(other)
    clocked.define(fed_by="cloud")
    lines = [{"amount": "10", "category": "compute", "project": name} for name in ("gone", "other")]
    assert clocked.hold("deploy", lines=lines, settled_by="import")["gate_passed"]
    clocked.commit("deploy")
    clocked.at(noon.replace(hour=15, minute=30))
    clocked.feed(rated(noon.replace(hour=rated_hour), key=gone.key, project_name="gone"))
    assert clocked.run("cost_feed", state="retired", project="gone", reason="project deleted")["changed"]
    clocked.feed(rated(noon.replace(hour=15), key=other.key, project_name="other"))
    row = clocked.status()
    assert (row["verdict"], row["reserved"]) == (verdict, reserved)
    assert clocked.ask(spend="1", category="compute", project="other")["verdict"] == verdict
    assert ("is committed for project gone, which no feed carries" in row["reason"]) == (verdict != "allow")
    # Releasing it is the way out of what nothing can settle, and of nothing else.
    assert clocked.release("deploy").get("changed", False) == (verdict != "allow")


def test_regions_with_one_rating_service_have_one_cost(clocked: ClockedLedger) -> None:
    """The feed of dc3-a has the cost of dc4-a, too, and the budget of dc3-a pays both."""
    served = {"rating_regions": (("dc3-a", "dc3-a"), ("dc4-a", "dc3-a"))}
    clocked.feed(rated(datetime(2026, 11, 28, 12, tzinfo=UTC), **served))
    clocked.define(fed_by="cloud")
    clocked.define("here", fed_by="cloud", scope={"regions": ["dc3-a"]})
    lines = [{"amount": "60", "category": "compute", "project": "shop", "region": "dc4-a"}]
    elsewhere = [{**lines[0], "region": "dc5-a"}]
    assert clocked.hold("deploy", lines=lines, settled_by="import")["gate_passed"]
    assert {name: clocked.status(name)["reserved"] for name in ("team", "here")} == {
        "team": "60",
        "here": "60",
    }
    clocked.define(limit="1000", fed_by="cloud")
    denied = clocked.hold("other", lines=lines, settled_by="import")
    assert [(row["name"], row["verdict"]) for row in denied["budgets"]] == [
        ("here", "deny"),
        ("team", "allow"),
    ]
    other = clocked.hold("other", lines=elsewhere, settled_by="import")
    assert [row["name"] for row in other["budgets"]] == ["team"]
    clocked.release("other")
    clocked.commit("deploy")
    clocked.later(hours=2)
    clocked.feed(rated(clocked.now.replace(minute=0), **served))
    row = clocked.status()
    assert (row["reserved"], "which no feed carries" in row["reason"]) == ("0", False)


def test_a_commit_over_the_hold_names_the_budget_and_the_later_period(clocked: ClockedLedger) -> None:
    clocked.define(limit="100")
    assert clocked.hold("rent", "90", for_period="2027-02-10")["verdict"] == "allow"
    said = clocked.commit("rent", amount="101")
    assert said["over_hold"] is True
    assert said["exceeded"] == [
        {
            "budget": "team",
            "period": "monthly/2027-02-01T00:00:00Z",
            "period_start": "2027-02-01T00:00:00Z",
            "period_end": "2027-03-01T00:00:00Z",
        }
    ]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_commit_over_the_hold_names_a_period_that_is_over(clocked: ClockedLedger, check_mode: bool) -> None:
    clocked.at("2026-12-01T10:00")
    clocked.define(limit="100")
    clocked.hold("rent", "50")
    more = {"occurred_at": "2026-11-30T12:00:00Z", "_ansible_check_mode": check_mode}
    said = clocked.commit("rent", amount="150", **more)
    assert [one["period"] for one in said["exceeded"]] == ["monthly/2026-11-01T00:00:00Z"]


@pytest.mark.parametrize(("hours", "requested"), [("3", "4"), ("3.5", "4"), ("3.51", "5")])
def test_the_hour_in_progress_counts_whole(clocked: ClockedLedger, hours: str, requested: str) -> None:
    """Asked at 12:30: 12:00, 13:00, 14:00 and 15:00 begin before 15:30 and 16:00, and 16:00 before 16:01."""
    clocked.define()
    said = clocked.ask(lines=[{"hourly": "1", "hours": hours}])
    assert said["budgets"][0]["requested"] == requested


def test_a_running_line_becomes_an_entry_a_day_cut_where_periods_begin(clocked: ClockedLedger) -> None:
    """From 22:30 on 29 November to 02:00 on 1 December in UTC; Zurich's December begins at 23:00 on the 30th.
    Hours begin at 22 and 23 on the 29th, 24 times on the 30th, of which one is December's, and twice more.
    """
    clocked.at("2026-11-29T22:30:00")
    clocked.define(limit="1000", timezone="Europe/Zurich")
    lines = [{"hourly": "0.5", "category": "compute", "until": "2026-12-01T02:00:00Z"}]
    clocked.hold("batch", lines=lines)
    assert clocked.status()["reserved"] == "12.5"
    assert clocked.commit("batch")["changed"]
    assert clocked.entries() == {
        "reservation/batch/1/1/2026-11-29T22:00:00Z": "1",
        "reservation/batch/1/1/2026-11-30T00:00:00Z": "11.5",
        "reservation/batch/1/1/2026-11-30T23:00:00Z": "0.5",
        "reservation/batch/1/1/2026-12-01T00:00:00Z": "1",
    }
    row = clocked.status()
    assert (row["spent"], row["reserved"], row["next_period"]["spent"]) == ("12.5", "0", "1.5")
    assert not clocked.commit("batch")["changed"]
    shorter = [{**lines[0], "until": "2026-11-30T01:00:00Z"}]
    assert clocked.commit("batch", currency="ICU", lines=shorter)["changed"]
    row = clocked.status()
    assert (row["spent"], row["next_period"]["spent"]) == ("1.5", "0")


def test_what_ended_early_is_committed_for_the_hours_that_it_ran(clocked: ClockedLedger) -> None:
    """Held at 12:30 for a day, and stopped after 3 hours, which is told at 22:30: four hours began."""
    clocked.define()
    lines = [{"hourly": "1", "hours": "24", "category": "compute"}]
    clocked.hold("test", lines=lines, ttl="1d")
    clocked.later(hours=10)
    said = clocked.commit("test", currency="ICU", lines=[{**lines[0], "hours": "3"}])
    assert (said["changed"], said["over_hold"], clocked.status()["spent"]) == (True, False, "4")
    longer = clocked.commit("test", currency="ICU", lines=[{**lines[0], "hours": "25"}])
    assert (longer["over_hold"], clocked.status()["spent"]) == (True, "26")


def test_what_is_free_is_judged_and_held_as_nothing(clocked: ClockedLedger) -> None:
    clocked.define(limit="0")
    lines = [{"hourly": "0", "category": "compute", "hours": "1"}]
    said = clocked.hold("free", lines=lines)
    assert (said["verdict"], said["reservation"]["held"][0]["hourly"]) == ("allow", "0")
    clocked.spend("1")
    assert clocked.hold("other", lines=lines)["verdict"] == "deny"


def test_the_mean_of_a_flow_contains_what_was_committed_hour_by_hour(clocked: ClockedLedger) -> None:
    """Committed at 12:30, rated through 15:00: of the 10 hours in the mean two began since, at 13:00 and
    14:00. From 15:00 to the end of November there are 57 hours: 57 x 0.8 = 45.6.
    """
    through = datetime(2026, 11, 28, 12, tzinfo=UTC)
    clocked.feed(rated(through, flow_hours=10))
    clocked.define(limit="1000", fed_by="cloud", basis="actual")
    lines = [
        {"hourly": "1", "category": "network", "project": "shop", "metric": "storage.objects.outgoing.bytes"}
    ]
    clocked.hold("cdn", lines=lines, settled_by="import")
    clocked.commit("cdn")
    for hour, reserved in ((13, "59"), (15, "45.6"), (22, "5"), (23, "0")):
        clocked.at(datetime(2026, 11, 28, hour, 30, tzinfo=UTC))
        clocked.feed(rated(clocked.now.replace(minute=0), flow_hours=10))
        assert clocked.status()["reserved"] == reserved


def test_a_flow_is_what_the_last_import_took_for_one(clocked: ClockedLedger) -> None:
    """As in the test above, of a metric that is in no table of ours."""
    through = datetime(2026, 11, 28, 12, tzinfo=UTC)
    of_feed = {"flow_hours": 10, "flow_metrics": frozenset({"gpu.requests"})}
    clocked.feed(rated(through, **of_feed))
    clocked.define(limit="1000", fed_by="cloud", basis="actual")
    lines = [{"hourly": "1", "category": "network", "project": "shop", "metric": "gpu.requests"}]
    clocked.hold("cdn", lines=lines, settled_by="import")
    clocked.commit("cdn")
    clocked.at(datetime(2026, 11, 28, 15, 30, tzinfo=UTC))
    clocked.feed(rated(datetime(2026, 11, 28, 15, tzinfo=UTC), **of_feed))
    assert clocked.status()["reserved"] == "45.6"


@pytest.mark.parametrize("is_marked", [False, True])
def test_a_commit_corrected_after_the_import_counts_anew(clocked: ClockedLedger, is_marked: bool) -> None:
    """Committed at 12:30 for 10, which the feed has rated at 15:00; a gate marks that. Then 80 more turn out
    to be of a project that no feed carries, and after that all 95 to fall in December.
    """
    clocked.feed(rated(datetime(2026, 11, 28, 12, tzinfo=UTC)))
    clocked.define(fed_by="cloud")
    lines = [{"amount": "10", "category": "compute", "project": "shop"}]
    clocked.hold("deploy", lines=lines, settled_by="import")
    clocked.commit("deploy")
    clocked.later(hours=3)
    clocked.feed(rated(clocked.now.replace(minute=0)))
    if is_marked:
        assert clocked.hold("other", lines=[{**lines[0], "amount": "1"}], settled_by="import")["gate_passed"]
        clocked.release("other")
    assert not clocked.commit("deploy")["changed"]
    assert clocked.status()["reserved"] == "0"
    more = [*lines, {"amount": "80", "category": "compute", "project": "new"}]
    assert clocked.commit("deploy", currency="ICU", lines=more)["changed"]
    assert (clocked.status()["verdict"], clocked.status()["reserved"]) == ("unknown", "80")
    later = [{**lines[0], "amount": "95", "at": "2026-12-20T00:00:00Z"}]
    said = clocked.commit("deploy", currency="ICU", lines=later)
    assert said["reservation"]["committed_at"] == "2026-11-28T12:30:00Z"
    row = clocked.status()
    assert (row["reserved"], row["next_period"]["reserved"]) == ("0", "95")
    another = [{**lines[0], "amount": "6", "at": "2026-12-21T00:00:00Z"}]
    assert clocked.hold("another", lines=another, settled_by="import")["verdict"] == "deny"


def test_a_commit_that_a_feed_will_rate_is_not_released_for_a_budget_of_entries(
    clocked: ClockedLedger,
) -> None:
    """A budget of entries that appears does not free what the cloud's budget waits for until 14:00."""
    clocked.feed(rated(datetime(2026, 11, 28, 12, tzinfo=UTC)))
    clocked.define("servers", fed_by="cloud", scope={"categories": ["compute"]})
    lines = [{"amount": "90", "category": "compute", "project": "shop"}]
    clocked.hold("deploy", lines=lines, settled_by="import")
    clocked.commit("deploy")
    clocked.define("all")
    assert "'deploy' is committed" in clocked.release("deploy")["msg"]
    assert clocked.status("servers")["reserved"] == "90"
    clocked.later(hours=2)
    clocked.feed(rated(clocked.now.replace(minute=0)))
    assert clocked.release("deploy")["changed"]
    assert (clocked.status("servers")["reserved"], clocked.status("all")["verdict"]) == ("0", "allow")


def test_a_line_whose_entry_of_a_day_is_too_large_is_not_held(clocked: ClockedLedger) -> None:
    """A row holds 9223372036.854775807, of which a 24th is 384307168.202282325. Amounts are
    shown to six places.
    """
    rates = [{"currency": "VND", "icu_per_unit": "0.002", "valid_from": "2020-01-01"}]
    assert clocked.run("cost_policy", rates=rates)["changed"]
    clocked.define(limit="9000000000")
    line = {"hours": "48", "category": "compute", "currency": "VND"}
    small = {"hourly": "1", "hours": "1", "category": "compute", "currency": "VND"}
    said = clocked.hold("big", lines=[small, {**line, "hourly": "384307168.202282326"}])
    assert (said["failed"], said["error"]["option"]) == (True, "lines[1].hourly")
    assert "its entry of a day of 24 hours is more than a ledger row can hold" in said["msg"]
    assert clocked.hold("big", lines=[{**line, "hourly": "384307168.202282325"}])["verdict"] == "allow"
    refused = clocked.commit("big", currency="ICU", lines=[{**line, "hourly": "384307168.202282326"}])
    assert refused["error"]["option"] == "lines[0].hourly"
    assert clocked.commit("big")["changed"]
    assert clocked.entries()["reservation/big/1/1/2026-11-29T00:00:00Z"] == "9223372036.854776"


def test_a_forced_hold_is_judged_anew(clocked: ClockedLedger) -> None:
    """500 of 100 pass by force; for a task that does not force, they are denied until the limit is 500."""
    clocked.define()
    forced = clocked.hold("deploy", "500", on_exceeded="warn")
    assert (forced["verdict"], forced["gate_passed"], forced["reservation"]["forced"]) == ("deny", True, True)
    clocked.later(minutes=1)
    again = clocked.hold("deploy", "500", on_exceeded="warn")
    assert (again["verdict"], again["gate_passed"], again["changed"]) == ("deny", True, False)
    for more in ({}, {"on_unknown": "warn"}):
        denied = clocked.hold("deploy", "500", **more)
        assert (denied["verdict"], denied["gate_passed"], denied["changed"]) == ("deny", False, False)
    assert clocked.status()["reserved"] == "500", "it stays as it was"
    clocked.run("cost_policy", allow_on_exceeded_warn=False)
    assert clocked.hold("deploy", "500", on_exceeded="warn")["error"]["option"] == "on_exceeded"
    assert clocked.hold("deploy", "500")["verdict"] == "deny"
    clocked.define(limit="500")
    allowed = clocked.hold("deploy", "500")
    assert (allowed["verdict"], allowed["changed"]) == ("allow", True)
    assert (allowed["reservation"]["forced"], allowed["reservation"]["generation"]) == (False, 1)
    assert not clocked.hold("deploy", "500")["changed"]


def test_a_forced_commit_is_the_same_run_only_for_a_task_that_forces(clocked: ClockedLedger) -> None:
    clocked.define()
    clocked.hold("deploy", "500", on_exceeded="warn")
    clocked.commit("deploy")
    again = clocked.hold("deploy", "500", on_exceeded="warn")
    assert (again["changed"], again["reservation"]["state"]) == (False, "committed")
    denied = clocked.hold("deploy", "500")
    assert (denied["verdict"], denied["gate_passed"]) == ("deny", False)
    assert clocked.status()["spent"] == "500"


def test_a_commit_s_own_lines_have_the_required_tags(clocked: ClockedLedger) -> None:
    clocked.define(scope={"tags": {"team": "web"}})
    clocked.run("cost_policy", required_tags=["team"])
    assert clocked.hold("deploy", "50", tags={"team": "web"})["verdict"] == "allow"
    line = {"amount": "50", "category": "compute", "currency": "ICU"}
    for own in (
        {"amount": "50", "tags": {}},
        {"lines": [{**line, "tags": {"team": "web"}}, line]},
        {"lines": [{**line, "tags": {"team": " "}}]},
    ):
        refused = clocked.commit("deploy", **own)
        assert refused["failed"] and "has no `team`, which is required" in refused["msg"]
    assert (clocked.status()["spent"], clocked.status()["reserved"]) == ("0", "50")
    assert clocked.commit("deploy", amount="60")["changed"], "with the tags that are held"
    assert clocked.status()["spent"] == "60"
    assert clocked.commit("deploy", lines=[{**line, "tags": {"team": "web"}}])["changed"]
    assert clocked.status()["spent"] == "50"


def test_a_rerun_is_the_same_run_for_the_ttl_that_the_hold_was_given(clocked: ClockedLedger) -> None:
    """Committed at 13:30 with a ttl of 3 h, it is the same run until 16:30, whatever the rerun's ttl is."""
    clocked.define()
    clocked.hold("deploy", "60", ttl="3h")
    clocked.at("2026-11-28T13:30:00")
    clocked.commit("deploy")
    for more in ({}, {"ttl": "5m"}, {"ttl": "9d"}):
        clocked.at("2026-11-28T16:29:59")
        assert clocked.hold("deploy", "60", **more)["verdict"] == "allow"
        clocked.at("2026-11-28T16:30:00")
        assert clocked.hold("deploy", "60", **more)["verdict"] == "deny"


def test_a_replaced_hold_keeps_its_ttl_for_its_rerun(clocked: ClockedLedger) -> None:
    """Held at 12:30 for 3 h, replaced at 14:30, committed at 15:00: the same run until 18:00."""
    clocked.define()
    clocked.hold("deploy", "50", ttl="3h")
    clocked.at("2026-11-28T14:30:00")
    replaced = clocked.hold("deploy", "60", ttl="9d")["reservation"]
    assert (replaced["generation"], replaced["expires_at"]) == (1, "2026-11-28T15:30:00Z")
    clocked.at("2026-11-28T15:00:00")
    clocked.commit("deploy")
    clocked.at("2026-11-28T17:59:59")
    again = clocked.hold("deploy", "60")
    assert (again["verdict"], again["changed"], again["reservation"]["state"]) == (
        "allow",
        False,
        "committed",
    )
    clocked.at("2026-11-28T18:00:00")
    assert clocked.hold("deploy", "60", ttl="9d")["verdict"] == "deny"


@pytest.mark.parametrize("amount", ["50", "60"])
def test_an_extended_hold_has_the_ttl_of_its_extension(clocked: ClockedLedger, amount: str) -> None:
    """Held at 12:30 for 3 h, extended at 14:00 by 1 h, with other lines or with the same. Committed at 14:30,
    it is the same run until 15:30, however long it was held.
    """
    clocked.define()
    clocked.hold("deploy", "60", ttl="3h")
    clocked.at("2026-11-28T14:00:00")
    extended = clocked.hold("deploy", amount, ttl="1h", extend=True)["reservation"]
    assert (extended["generation"], extended["expires_at"]) == (1, "2026-11-28T15:00:00Z")
    clocked.at("2026-11-28T14:30:00")
    clocked.commit("deploy")
    clocked.define(limit="40")
    clocked.at("2026-11-28T15:29:59")
    assert clocked.hold("deploy", amount)["verdict"] == "allow"
    clocked.at("2026-11-28T15:30:00")
    assert clocked.hold("deploy", amount, ttl="9d")["verdict"] == "deny"


def forced_against(said: dict[str, Any]) -> tuple[bool, list[str] | None]:
    return said["reservation"]["forced"], said["reservation"]["forced_verdicts"]


#: What is held beside a budget of 100 for compute, with what it takes, and what is passed by it.
FORCED = [
    ([("50", "compute")], {}, []),
    ([("500", "compute")], {"on_exceeded": "warn"}, ["deny"]),
    ([("5", "storage")], {"on_unknown": "warn"}, ["unknown"]),
    (
        [("500", "compute"), ("5", "storage")],
        {"on_exceeded": "warn", "on_unknown": "warn"},
        ["deny", "unknown"],
    ),
    ([("50", "compute")], {"on_exceeded": "warn", "on_unknown": "warn"}, []),
]


@pytest.mark.parametrize(("lines", "warns", "against"), FORCED)
def test_a_forced_hold_says_what_it_passed_for_ever(
    clocked: ClockedLedger, lines: list[tuple[str, str]], warns: dict[str, str], against: list[str]
) -> None:
    """Storage is in no budget, so it is unknown. The limit is higher later, and what was passed stays."""
    clocked.define(scope={"categories": ["compute"]})
    asked = {"lines": [{"amount": amount, "category": category} for amount, category in lines], **warns}
    expected = (bool(against), against)
    assert forced_against(clocked.hold("deploy", **asked)) == expected
    (listed,) = clocked.run("cost_budget_info")["reservations"]
    assert (listed["forced"], listed["forced_verdicts"]) == expected
    assert forced_against(clocked.commit("deploy")) == expected
    clocked.define(limit="1000")
    again = clocked.hold("deploy", **asked)
    assert (again["changed"], again["gate_passed"], *forced_against(again)) == (False, True, *expected)
    assert again["verdict"] == (against or ["allow"])[0]
    assert clocked.commit("deploy")["reservation"]["forced_verdicts"] == against


def test_a_rerun_of_what_was_forced_has_to_pass_all_that_was_passed(clocked: ClockedLedger) -> None:
    """500 of 100 were denied, and storage is in no budget. Who passes the one alone is judged anew."""
    clocked.define(scope={"categories": ["compute"]})
    lines = [{"amount": "500", "category": "compute"}, {"amount": "5", "category": "storage"}]
    both = {"on_exceeded": "warn", "on_unknown": "warn"}
    for name, asked, needed in (
        ("denied", lines[:1], ["on_exceeded"]),
        ("unknown", lines[1:], ["on_unknown"]),
        ("both", lines, ["on_exceeded", "on_unknown"]),
    ):
        clocked.hold(name, lines=asked, **both)
        clocked.commit(name)
        for given in ({}, {"on_exceeded": "warn"}, {"on_unknown": "warn"}):
            passes = set(needed) <= set(given)
            said = clocked.hold(name, lines=asked, **given)
            assert (said["gate_passed"], said["changed"]) == (passes, False), (name, given)


def test_a_forced_commit_of_an_older_version_does_not_say_what_it_passed(clocked: ClockedLedger) -> None:
    clocked.define()
    both = {"on_exceeded": "warn", "on_unknown": "warn"}
    clocked.hold("deploy", "500", **both)
    clocked.commit("deploy")
    with sql.writing(sql.LedgerOptions(clocked.url)) as ledger:
        if ledger.connection.on_postgresql:
            execute(ledger.connection, "ALTER TABLE hold DISABLE TRIGGER USER")
        execute(ledger.connection, "UPDATE hold SET forced_verdicts = NULL")
        if ledger.connection.on_postgresql:
            execute(ledger.connection, "ALTER TABLE hold ENABLE TRIGGER USER")
    again = clocked.hold("deploy", "500", **both)
    assert (again["verdict"], again["changed"], *forced_against(again)) == ("unknown", False, True, None)
    assert clocked.hold("deploy", "500", on_exceeded="warn")["reservation"]["generation"] == 2
