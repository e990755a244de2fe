# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gate stays shut on what it cannot know (design/gate.md#coverage, design/imports.md#tags)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets.verdict import decide, evaluate
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger.budgets import Scope
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import (
    Feed,
    FeedKey,
    Imported,
    ImportLayout,
    Retirement,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.overrides import Override

from .snapshots import BEGIN, NOW, asked, budget, cost, feed, line, nano, says, scope, snapshot


@pytest.mark.parametrize(
    ("feeds", "why"),
    [
        ((), "no cost was ever imported"),
        (
            (feed(datetime(2026, 11, 28, 6, tzinfo=UTC)),),
            "known only up to 2026-11-28T06:00:00Z, more than 6 h ago",
        ),
        (
            (replace(feed(), imported=(Imported(Window(BEGIN + timedelta(days=2), feed().rated_through)),)),),
            "from 2026-11-01T00:00:00Z to 2026-11-03T00:00:00Z was never imported",
        ),
        ((feed(), replace(feed(), imported=(), project_name="other")), "project other"),
        ((replace(feed(), flow_hours=None),), "no import of project shop has ended since"),
    ],
)
def test_a_cloud_budget_without_full_ground_is_unknown(feeds: tuple[Feed, ...], why: str) -> None:
    said = evaluate(budget(fed_by="cloud"), asked("1"), snapshot((), *feeds))
    assert said.verdict == "unknown" and why in said.reason


def test_a_hole_is_said_as_what_it_is() -> None:
    """Three days are missing: of the first two an import asked, and the cloud has not rated them."""
    known = Imported(Window(BEGIN + timedelta(days=3), feed().rated_through))
    asked_for = Window(BEGIN, BEGIN + timedelta(days=2))
    unrated = replace(feed(), imported=(known,), unrated=(asked_for,))
    reason = evaluate(budget(fed_by="cloud"), asked("1"), snapshot((), unrated)).reason
    assert (
        "the cloud has not rated the cost of project shop from 2026-11-01T00:00:00Z to 2026-11-03" in reason
    )
    assert "never imported" not in reason
    later = replace(unrated, unrated=(Window(BEGIN + timedelta(days=1), BEGIN + timedelta(days=2)),))
    reason = evaluate(budget(fed_by="cloud"), asked("1"), snapshot((), later)).reason
    assert "from 2026-11-01T00:00:00Z to 2026-11-02T00:00:00Z was never imported" in reason


@pytest.mark.parametrize(("ahead", "verdict"), [(300, "allow"), (301, "unknown"), (20 * 3600, "unknown")])
def test_a_feed_that_is_rated_ahead_of_the_clock_is_unknown(ahead: int, verdict: str) -> None:
    """Otherwise it would be fresh for ever, and nothing would accrue."""
    said = evaluate(budget(fed_by="cloud"), asked("1"), snapshot((), feed(NOW + timedelta(seconds=ahead))))
    assert said.verdict == verdict
    assert ("which is ahead of the clock at 2026-11-28T12:30:00Z" in said.reason) == (verdict == "unknown")


HERE_AND_THERE = (("dc3-a", "dc3-a"), ("dc4-a", "dc4-a"))


@pytest.mark.parametrize(
    ("regions", "there", "verdict"),
    [
        (HERE_AND_THERE, None, "unknown"),
        (HERE_AND_THERE, "dc4-a", "allow"),
        # Both have one rating service, whose feed is here already.
        ((("dc3-a", "dc3-a"), ("dc4-a", "dc3-a")), None, "allow"),
        # A third one has that of the second.
        ((*HERE_AND_THERE, ("dc5-a", "dc4-a")), "dc5-a", "allow"),
    ],
)
def test_each_rating_service_of_the_catalog_needs_a_feed(
    regions: tuple[tuple[str, str], ...], there: str | None, verdict: str
) -> None:
    feeds = [feed(rating_regions=regions)]
    if there:
        feeds.append(feed(key=FeedKey(there, "p1")))
    said = evaluate(budget(fed_by="cloud"), asked("1"), snapshot((), *feeds))
    assert said.verdict == verdict
    sentence = "the cost of project shop in region dc4-a was never imported"
    assert (sentence in said.reason) == (verdict == "unknown")


def test_a_retired_feed_still_says_which_regions_were_not_imported_until_the_period_ends() -> None:
    ended = Retirement(NOW, "ada@desk", "it moved")
    other = feed(key=FeedKey("dc3-a", "p2"), project_name="other")
    gone = feed(rating_regions=HERE_AND_THERE, retired=True, retirement=ended)
    assert evaluate(budget(fed_by="cloud"), asked("1"), snapshot((), gone, other)).verdict == "unknown"
    long_gone = replace(gone, rated_through=BEGIN, retirement=ended._replace(at=BEGIN))
    assert evaluate(budget(fed_by="cloud"), asked("1"), snapshot((), long_gone, other)).verdict == "allow"


def test_a_region_outside_of_the_scope_needs_no_feed() -> None:
    on = snapshot((), feed(rating_regions=HERE_AND_THERE))
    here = budget(fed_by="cloud", scope=Scope(regions=("dc3-a",)))
    assert evaluate(here, asked(), on).verdict == "allow"
    # Another project's feed there carries nothing of this one.
    other = feed(key=FeedKey("dc4-a", "p2"), project_name="other")
    on = snapshot((), feed(rating_regions=HERE_AND_THERE), other)
    assert evaluate(budget(fed_by="cloud"), asked("1"), on).verdict == "unknown"


def test_a_budget_says_that_it_rests_on_a_retired_feed_until_its_period_ends() -> None:
    known = Imported(Window(BEGIN - timedelta(days=1), BEGIN + timedelta(days=5)))
    retirement = Retirement(BEGIN + timedelta(days=6), "ada@desk", "it moved")
    key = FeedKey("dc4-a", "p9")
    gone = replace(feed(known.window.end), key=key, imported=(known,), retired=True, retirement=retirement)
    team = budget(fed_by="cloud")
    said = decide((team,), asked("1"), snapshot((), feed(), gone), "fail", "fail")
    assert said["verdict"] == "allow"
    assert said["warnings"] == [
        "team: the cost of project p9 in region dc4-a is known up to 2026-11-06T00:00:00Z and no further, as"
        " its feed was retired at 2026-11-07T00:00:00Z by ada@desk: it moved."
    ]
    december = NOW + timedelta(days=10)
    fresh = feed(december, imported=(Imported(Window(BEGIN, december)),))
    later = snapshot((), fresh, gone, now=december)
    assert decide((team,), asked("1"), later, "fail", "fail")["warnings"] == []


def test_nobody_waits_for_a_retired_feed_but_its_hole_stays_unknown() -> None:
    known = Imported(Window(BEGIN - timedelta(days=1), BEGIN + timedelta(days=5)))
    ended = replace(feed(known.window.end), project_name="gone", imported=(known,), retired=True)
    assert evaluate(budget(fed_by="cloud"), asked("1"), snapshot((), feed(), ended)).verdict == "allow"
    late = Imported(Window(BEGIN + timedelta(days=1), known.window.end))
    said = evaluate(
        budget(fed_by="cloud"), asked("1"), snapshot((), feed(), replace(ended, imported=(late,)))
    )
    assert said.verdict == "unknown"
    assert "project gone from 2026-11-01T00:00:00Z to 2026-11-02T00:00:00Z was never imported" in said.reason


def test_what_is_not_known_is_null_and_not_zero() -> None:
    blind = budget(fed_by="cloud", basis="period_end")
    row = decide((blind,), asked("1"), snapshot(()), "fail", "fail")["budgets"][0]
    for amounts in (row, row["next_period"]):
        assert {amounts[name] for name in ("spent", "accrued", "to_come", "remaining", "utilization")} == {
            None
        }
    old = feed(datetime(2026, 11, 27, 16, tzinfo=UTC))
    stale = decide((budget(fed_by="cloud"),), asked("1"), snapshot([cost("7")], old), "fail", "fail")[
        "budgets"
    ][0]
    assert (stale["spent"], stale["at_least"]["spent"]) == (None, "7")
    assert "At least 49 of ICU 1000 are gone" in stale["reason"]


@pytest.mark.parametrize(
    ("named", "why"),
    [
        (Scope(projects=("shop", "shpo")), "no import has ever carried a cost of project shpo"),
        (Scope(regions=("dc3-a", "dc4-a")), "no import has ever carried a cost of region dc4-a"),
    ],
)
def test_a_project_or_region_that_no_import_ever_carried_is_unknown_and_not_zero(
    named: Scope, why: str
) -> None:
    said = evaluate(budget(fed_by="cloud", scope=named), asked(), snapshot((), feed()))
    assert said.verdict == "unknown" and why in said.reason


def test_a_project_without_a_feed_in_the_regions_of_the_scope_is_unknown() -> None:
    """Each of the two is carried, but not the one in the other."""
    elsewhere = feed(key=FeedKey("dc4-a", "p2"), project_name="other")
    there = budget(fed_by="cloud", scope=Scope(projects=("shop",), regions=("dc4-a",)))
    said = evaluate(there, asked(), snapshot((), feed(), elsewhere))
    assert said.verdict == "unknown"
    assert "no import has ever carried a cost of its projects in its regions" in said.reason


@pytest.mark.parametrize(
    "named", [scope(["network"]), scope(tags={"taem": "blue"}), scope(tags={"team": "Blue"})]
)
def test_a_category_or_tag_that_a_complete_feed_never_carried_is_zero(named: Scope) -> None:
    known = feed(tag_keys=frozenset({"team"}))
    said = evaluate(budget(fed_by="cloud", scope=named), asked(), snapshot((), known))
    assert (said.verdict, said.periods[0].spent) == ("allow", 0)


def test_a_budget_by_tags_is_unknown_where_tags_were_not_imported() -> None:
    team = budget(fed_by="cloud", scope=scope(tags={"team": "blue"}))
    carried = feed(tag_keys=frozenset({"team"}))
    assert evaluate(team, asked(), snapshot((), carried)).verdict == "allow"
    said = evaluate(
        team,
        asked(),
        snapshot(
            (), replace(carried, imported=(carried.imported[0]._replace(layout=ImportLayout(tagged=False)),))
        ),
    )
    assert said.verdict == "unknown" and "without the tags of its resources" in said.reason


def test_a_project_is_not_held_up_by_another_ones_feed() -> None:
    stale = feed(
        datetime(2026, 11, 20, tzinfo=UTC),
        key=FeedKey("dc3-a", "p2"),
        project_name="other",
    )
    known = snapshot((), feed(), stale)
    shop = asked(line("1", project="shop"))
    assert says(budget(fed_by="cloud", scope=scope(projects=["shop"])), shop, known) == "allow"
    assert says(budget(fed_by="cloud"), shop, known) == "unknown"


def test_exactly_as_old_as_allowed_is_fresh_enough() -> None:
    team = budget(fed_by="cloud", max_staleness=timedelta(hours=2, minutes=30))
    assert says(team, asked("1"), snapshot((), feed())) == "allow"
    assert (
        says(replace(team, max_staleness=timedelta(hours=2, minutes=29)), asked("1"), snapshot((), feed()))
        == "unknown"
    )


def test_a_budget_of_entries_is_vouched_for() -> None:
    assert says(budget(fed_by="entries"), asked("1"), snapshot(())) == "allow"


def test_costs_of_unknown_tags_matter_where_the_budget_fits_only_without_them() -> None:
    """A server that was gone before any import saw it may have been of this team: neither zero nor a reason
    to stop for nothing.
    """
    team = budget("100", fed_by="cloud", scope=scope(tags={"team": "blue"}))
    carried = feed(tag_keys=frozenset({"team"}), run_rate="0")
    gone = cost("30", tags={"tag_status": "unknown"})
    other = cost("30", tags={"team": "red"})
    asks = asked(line("60", tags={"team": "blue"}))
    assert says(team, asks, snapshot((gone, other), carried)) == "allow"
    said = evaluate(team, asks, snapshot((gone, gone, other), carried))
    assert (
        said.verdict == "unknown"
        and "ICU 60 is the cost of resources whose tags are not known" in said.reason
    )
    assert says(team, asked(line("101", tags={"team": "blue"})), snapshot((gone,), carried)) == "deny"
    # An override raises the limit for what is known, and makes nothing known.
    raised = Override("team", "monthly/2026-11-01T00:00:00Z", "deploy", nano("50"), "why", "Ada", BEGIN, "me")
    for known, verdict in ((cost("30"), "allow"), (cost("130", tags={"tag_status": "unknown"}), "unknown")):
        seen = replace(snapshot((known,), carried), overrides=(raised,))
        assert says(team, asked(line("110", tags={"team": "blue"})), seen) == verdict
    storage = cost("60", "storage", tags={"tag_status": "unknown"})
    compute = budget("100", fed_by="cloud", scope=scope(categories=["compute"], tags={"team": "blue"}))
    assert (
        says(
            compute,
            asked(line("60", category="compute", tags={"team": "blue"})),
            snapshot((storage,), carried),
        )
        == "allow"
    )
