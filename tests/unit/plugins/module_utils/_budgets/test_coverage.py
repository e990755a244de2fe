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
)

from .snapshots import BEGIN, asked, budget, cost, feed, line, says, scope, snapshot


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
    ],
)
def test_a_cloud_budget_without_full_ground_is_unknown(feeds: tuple[Feed, ...], why: str) -> None:
    said = evaluate(budget(fed_by="cloud"), asked("1"), snapshot((), *feeds))
    assert said.verdict == "unknown" and why in said.reason


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
            (), replace(carried, imported=(replace(carried.imported[0], layout=ImportLayout(tagged=False)),))
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
