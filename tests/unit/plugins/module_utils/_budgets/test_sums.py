# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a gate adds up, and what it holds that against (design/imports.md#run-rate,
design/gate.md#what-counts, design/money.md#comparison-and-display).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets.verdict import decide, evaluate
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import parse_rates
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import FeedKey, RunRate
from hypothesis import given
from hypothesis import strategies as st

from .snapshots import (
    BEGIN,
    DECEMBER,
    NOW,
    asked,
    budget,
    cost,
    feed,
    line,
    nano,
    outstanding_hold,
    says,
    scope,
    snapshot,
)


@pytest.mark.parametrize(
    ("request_", "verdict"), [("300", "allow"), ("300.000000001", "deny"), ("299.999999999", "allow")]
)
def test_exactly_what_is_left_fits(request_: str, verdict: str) -> None:
    assert says(budget(), asked(request_), snapshot([cost("700")])) == verdict


def test_a_limit_of_zero_freezes() -> None:
    assert says(budget("0"), asked("0.000000001"), snapshot()) == "deny"


def test_run_rate_fills_the_hours_that_are_not_rated_yet() -> None:
    """The example of design/imports.md#run-rate: rated through 10:00, 2 ICU per hour, asked at 12:30: three
    hours, 6 ICU.
    """
    assert evaluate(budget(fed_by="cloud"), asked("1"), snapshot((), feed())).periods[0].accrued == 6


def test_an_import_takes_over_what_had_accrued() -> None:
    """The example of design/imports.md#run-rate, after an import at 13:05 of the hours 10 to 12 at 2.2
    each.
    """
    later = feed(datetime(2026, 11, 28, 12, tzinfo=UTC), "2.2")
    assert evaluate(
        budget(fed_by="cloud"), asked("1"), snapshot((), later, now=NOW + timedelta(minutes=35))
    ).periods[0].accrued == Decimal("4.4")


def test_what_accrued_before_the_period_is_not_counted_in_it() -> None:
    early = datetime(2026, 11, 1, 1, 30, tzinfo=UTC)
    stale = feed(datetime(2026, 10, 31, 22, tzinfo=UTC))
    assert (
        evaluate(budget(fed_by="cloud"), asked("1"), snapshot((), stale, now=early)).periods[0].accrued == 4
    )


def test_what_will_run_until_the_period_ends_counts_with_basis_period_end() -> None:
    """28 November 12:30 to 1 December: 59 hours begin from 13:00 on; 2 ICU each, 118; with three accrued
    hours 124.
    """
    tight = budget("130", fed_by="cloud", basis="period_end")
    said = evaluate(tight, asked("6"), snapshot((), feed()))
    current = said.periods[0]
    assert (current.accrued, current.to_come, current.verdict) == (6, 118, "allow")
    assert evaluate(tight, asked("6.1"), snapshot((), feed())).periods[0].verdict == "deny"


def test_the_next_period_counts_too() -> None:
    """December has 744 hours: at 2 ICU 1488, which no limit of 1400 holds, although November fits."""
    said = evaluate(budget("1400", fed_by="cloud", basis="period_end"), asked("1"), snapshot((), feed()))
    current, following = said.periods
    assert (current.verdict, following.verdict, said.verdict) == ("allow", "deny", "deny")
    assert following.to_come == 1488
    assert "from 2026-12-01 to 2027-01-01 (UTC)" in said.reason


def test_both_periods_are_shown_and_the_worse_counts() -> None:
    """The example of design/gate.md#what-counts: limit 1000, the 28th, spent 700, the run rate brings 60
    more; 30 is asked for now and 310 for December.

    20 ICU a day: three days of November make 60, the 31 of December 620.
    """
    now = datetime(2026, 11, 28, tzinfo=UTC)
    daily = feed(now, "20", collect_period_s=86400)
    team = budget(fed_by="cloud", basis="period_end")
    said = evaluate(team, asked("30", line("310", at=DECEMBER)), snapshot([cost("700")], daily, now=now))
    assert [one.total for one in said.periods] == [790, 930] and said.verdict == "allow"
    worse = evaluate(team, asked("30", line("380.1", at=DECEMBER)), snapshot([cost("700")], daily, now=now))
    assert [one.verdict for one in worse.periods] == ["allow", "deny"] and worse.verdict == "deny"


def test_lines_of_the_next_period_count_in_it_whatever_the_basis() -> None:
    team = budget("100")
    assert says(team, asked("100", line("100", at=DECEMBER)), snapshot()) == "allow"
    assert says(team, asked("1", line("100.1", at=DECEMBER)), snapshot()) == "deny"
    assert says(team, asked("100.1", line("1", at=DECEMBER)), snapshot()) == "deny"


def test_holds_count_in_the_period_that_they_are_for_and_then_in_the_current_one() -> None:
    team = budget("200")
    october = BEGIN - timedelta(days=1)
    holds = [
        outstanding_hold("30", NOW),
        outstanding_hold("40", DECEMBER),
        outstanding_hold("50", DECEMBER + timedelta(days=30)),
        outstanding_hold("5", BEGIN),
        outstanding_hold("77", october),
    ]
    current, following = evaluate(team, asked("1"), snapshot(outstanding=holds)).periods
    assert (current.reserved, following.reserved) == (112, 90)
    assert says(team, asked("88", line("110", at=DECEMBER)), snapshot(outstanding=holds)) == "allow"
    assert says(team, asked("88.1", line("110", at=DECEMBER)), snapshot(outstanding=holds)) == "deny"
    assert says(team, asked("88", line("110.1", at=DECEMBER)), snapshot(outstanding=holds)) == "deny"


def test_a_request_for_a_later_period_is_held_against_that_one() -> None:
    february = datetime(2027, 2, 3, tzinfo=UTC)
    said = evaluate(budget("100"), asked(line("100.1", at=february)), snapshot())
    assert [one.verdict for one in said.periods] == ["allow", "allow", "deny"]
    assert said.periods[2].window.begin == datetime(2027, 2, 1, tzinfo=UTC)


def test_a_budget_sums_up_what_is_in_its_scope() -> None:
    """Run rate, costs and holds alike: categories and tags of a feed's run rate are told apart
    (design/imports.md#run-rate).
    """
    blue = {"team": "blue"}
    feeds = feed(
        run_rates=(
            RunRate("compute", (("team", "blue"),), nano("2")),
            RunRate("compute", (("team", "red"),), nano("16")),
            RunRate("storage", (("team", "blue"),), nano("128")),
        ),
        categories=frozenset({"compute", "storage"}),
        tag_keys=frozenset({"team"}),
    )
    other = feed(key=FeedKey("dc3-a", "p2"), project_name="other", run_rate="1024")
    costs = [
        cost("1", tags=blue),
        cost("4", "storage", tags=blue),
        cost("8"),
        cost("32", projects=("p2", "other"), tags=blue),
    ]
    holds = [
        outstanding_hold("3", NOW, category="compute", project="shop", tags=blue),
        outstanding_hold("5", NOW, category="storage", project="p1"),
    ]
    team = budget(fed_by="cloud", scope=scope(["compute"], ["shop"], blue))
    current = evaluate(team, asked(), snapshot(costs, feeds, other, outstanding=holds)).periods[0]
    assert (current.spent, current.accrued, current.reserved, current.problems) == (1, 6, 3, ())


def test_a_cost_without_a_project_is_in_no_projects_budget() -> None:
    team = budget(scope=scope(projects=["shop"]))
    current = evaluate(
        team, asked(), snapshot([cost("7", projects=()), cost("3", projects=("shop",))])
    ).periods[0]
    assert (current.spent, current.problems) == (3, ())


def test_two_projects_of_one_name_are_told_apart_by_their_ids() -> None:
    twin = feed(key=FeedKey("dc4-a", "p2"), run_rate="16")
    costs = [cost("1"), cost("4", projects=("p2", "shop")), cost("8", projects=("shop",))]
    one, both = (
        evaluate(
            budget(fed_by="cloud", scope=scope(projects=[name])), asked(), snapshot(costs, feed(), twin)
        ).periods[0]
        for name in ("p1", "shop")
    )
    assert (one.spent, one.accrued) == (9, 6)
    assert (both.spent, both.accrued) == (13, 54)


def test_a_hold_that_does_not_say_what_a_budget_goes_by_makes_it_unknown() -> None:
    team = budget(scope=scope(["compute"]))
    said = evaluate(team, asked(line("1", "compute")), snapshot(outstanding=[outstanding_hold("5", NOW)]))
    assert said.verdict == "unknown" and "the hold deploy has no category" in said.reason


def test_a_limit_in_francs_is_multiplied() -> None:
    """The example of design/money.md#comparison-and-display: CHF 100 at 50 is 5000 ICU, for the whole period,
    by the rate valid at its start.
    """
    rates = parse_rates(
        [
            {"currency": "CHF", "icu_per_unit": value, "valid_from": day}
            for value, day in (("50", "2021-01-01"), ("60", "2026-11-15"))
        ],
        confirmed=False,
    )
    francs = budget("100", "CHF")
    assert says(francs, asked("1000"), snapshot([cost("4000")], rates=rates)) == "allow"
    assert says(francs, asked("1000.000000001"), snapshot([cost("4000")], rates=rates)) == "deny"
    # A third of a franc has no finite decimal in ICU's inverse; multiplied it is exact.
    assert says(budget("0.06", "CHF"), asked("3"), snapshot()) == "allow"


def test_a_cloud_that_rates_in_its_own_currency_needs_no_rate() -> None:
    euros = budget("100", "USD")
    assert says(euros, asked("40", currency="USD"), snapshot([cost("60", currency="USD")])) == "allow"
    assert says(euros, asked("41", currency="USD"), snapshot([cost("60", currency="USD")])) == "deny"


def test_no_rate_is_unknown_and_named() -> None:
    said = evaluate(budget("100", "CHF"), asked("1", currency="USD"), snapshot([cost("1", currency="CHF")]))
    assert said.verdict == "unknown" and "one USD" in said.reason


def test_what_cannot_be_converted_does_not_hide_what_is_too_much_already() -> None:
    assert (
        says(budget("100", "CHF"), asked("1", currency="USD"), snapshot([cost("101", currency="CHF")]))
        == "deny"
    )


def test_without_a_rate_nothing_is_told_in_the_wrong_currency() -> None:
    row = decide((budget("100", "USD"),), asked("1"), snapshot([cost("7")]), "fail", "fail")["budgets"][0]
    assert (row["verdict"], row["spent"], row["at_least"]) == ("unknown", None, None)


def flow_rate(amount_nano: int, hours: int, category: str = "network") -> RunRate:
    return RunRate(category, (), amount_nano, hours, is_flow=True)


def test_a_mean_of_flows_is_never_divided_to_decide() -> None:
    """10 in 3 hours, for 3 hours: 10 exactly, although a third of 10 has no end. A second feed's 7 in 9 hours
    are 7/3, so that 10 + 7/3 fits 37/3 to the last digit only.
    """
    team = budget("12", fed_by="cloud")
    known = feed(run_rates=(flow_rate(nano("10"), 3),), flow_hours=3)
    assert evaluate(team, asked("2"), snapshot((), known)).verdict == "allow"
    assert evaluate(team, asked("2.000000001"), snapshot((), known)).verdict == "deny"
    (period, *_next) = evaluate(team, asked("1"), snapshot((), known)).periods
    assert period.accrued == 10
    other = feed(
        key=FeedKey("dc3-a", "p2"), project_name="other", run_rates=(flow_rate(nano("7"), 9),), flow_hours=9
    )
    both = snapshot((), known, other)
    # 12.333333333 is less than 37/3 by a third of a nano, 12.333333334 more by two thirds.
    assert says(budget("12.433333333", fed_by="cloud"), asked("0.1"), both) == "deny"
    assert says(budget("12.433333334", fed_by="cloud"), asked("0.1"), both) == "allow"


def test_the_means_of_many_young_feeds_stay_exact() -> None:
    """Feeds of every age up to a week: what they have in common is a number of 69 digits."""
    young = [
        feed(key=FeedKey("r", str(hours)), project_name=str(hours), run_rates=(flow_rate(nano("1"), hours),))
        for hours in range(1, 169)
    ]
    (period, *_next) = evaluate(budget(fed_by="cloud"), asked("1"), snapshot((), *young)).periods
    harmonic = sum(Fraction(3, hours) for hours in range(1, 169))
    assert abs(Fraction(period.accrued) - harmonic) < Fraction(1, 10**40)


money = st.integers(0, 10**15) | st.integers(10**18, 10**24)


@given(
    limit=money,
    spent=money,
    wanted=st.integers(1, 10**15),
    run_rate=st.integers(0, 10**12),
    flow=st.integers(0, 10**14),
    hours=st.integers(1, 168),
    rate=st.decimals(5, 500, places=6),
)
def test_the_verdict_is_the_inequality_in_integers(
    limit: int, spent: int, wanted: int, run_rate: int, flow: int, hours: int, rate: Decimal
) -> None:
    """spent + accrued + requested <= limit x rate, computed here in millionths of a nano ICU, times the hours
    of the mean of flows.
    """
    rates = parse_rates(
        [{"currency": "CHF", "icu_per_unit": str(rate), "valid_from": "2021-01-01"}], confirmed=True
    )
    francs = replace(budget("1", "CHF", fed_by="cloud"), limit_nano=limit)
    known = replace(feed(), run_rates=(RunRate("compute", (), run_rate), flow_rate(flow, hours)))
    on = snapshot([replace(cost("0"), amount_nano=spent)], known, rates=rates)
    needed = (spent + 3 * run_rate + wanted) * hours + 3 * flow
    fits = needed * 10**6 <= limit * int(rate * 10**6) * hours
    assert says(francs, asked(str(Decimal(wanted).scaleb(-9))), on) == ("allow" if fits else "deny")
