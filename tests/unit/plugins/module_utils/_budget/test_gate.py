# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules G3 to G5, F3 and M4: the gate's arithmetic, and that it stays shut on what it cannot know."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budget.gate import Ground, decide, evaluate
from ansible_collections.finops.cloud.plugins.module_utils._core.money import Money
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Calendar, Window
from ansible_collections.finops.cloud.plugins.module_utils._pricing.rates import Rates, parse_rates
from ansible_collections.finops.cloud.plugins.module_utils._store.budgets import Budget
from ansible_collections.finops.cloud.plugins.module_utils._store.feeds import Feed, FeedKey
from hypothesis import given
from hypothesis import strategies as st

UNIT = 10**9
NOW = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


def budget(limit: str = "1000", currency: str = "ICU", **more: object) -> Budget:
    known = {
        "fed_by": "entries",
        "basis": "actual",
        "calendar": Calendar("monthly"),
        "max_staleness": timedelta(hours=6),
        **more,
    }
    return Budget(name="team", limit_nano=int(Decimal(limit) * UNIT), currency=currency, **known)  # type: ignore[arg-type]


def feed(rated_through: datetime = datetime(2026, 11, 28, 10, tzinfo=UTC), run_rate: str = "2", **more: object) -> Feed:
    known = {
        "windows": (Window(BEGIN - timedelta(days=31), rated_through),),
        "currency": "ICU",
        "collect_period_s": 3600,
        **more,
    }
    return Feed(
        key=FeedKey("https://cloud/v3", "dc3-a", "p1"), cloud="prod", project_name="shop", rated_through=rated_through,
        run_rate_nano=int(Decimal(run_rate) * UNIT), **known,  # type: ignore[arg-type]
    )  # fmt: skip


def ground(
    spent: dict[str, str] | None = None, *feeds: Feed, now: datetime = NOW, rates: Rates | None = None
) -> Ground:
    """What was spent, all of it on the first day of November."""

    def sums(window: Window) -> dict[str, int]:
        return (
            {name: int(Decimal(amount) * UNIT) for name, amount in (spent or {}).items()}
            if window.contains(BEGIN)
            else {}
        )

    return Ground(now, sums, feeds, rates or Rates())


def icu(amount: str) -> Money:
    return Money(Decimal(amount), "ICU")


@pytest.mark.parametrize(
    ("request_", "verdict"), [("300", "allow"), ("300.000000001", "deny"), ("299.999999999", "allow")]
)
def test_exactly_what_is_left_fits(request_: str, verdict: str) -> None:
    assert evaluate(budget(), icu(request_), ground({"ICU": "700"})).verdict == verdict


def test_a_limit_of_zero_freezes() -> None:
    assert evaluate(budget("0"), icu("0.000000001"), ground()).verdict == "deny"


def test_run_rate_fills_the_hours_that_are_not_rated_yet() -> None:
    """The example of rule F3: rated through 10:00, 2 ICU per hour, asked at 12:30: three hours, 6 ICU."""
    current = evaluate(budget(fed_by="cloud"), icu("1"), ground({}, feed())).current
    assert current is not None and current.accrued == 6


def test_an_import_takes_over_what_had_accrued() -> None:
    """The example of rule F3, after an import at 13:05 of the hours 10 to 12 at 2.2 each."""
    later = feed(datetime(2026, 11, 28, 12, tzinfo=UTC), "2.2")
    current = evaluate(budget(fed_by="cloud"), icu("1"), ground({}, later, now=NOW + timedelta(minutes=35))).current
    assert current is not None and current.accrued == Decimal("4.4")


def test_what_accrued_before_the_period_is_not_counted_in_it() -> None:
    early = datetime(2026, 11, 1, 1, 30, tzinfo=UTC)
    stale = feed(datetime(2026, 10, 31, 22, tzinfo=UTC))
    current = evaluate(budget(fed_by="cloud"), icu("1"), ground({}, stale, now=early)).current
    assert current is not None and current.accrued == 4


def test_what_will_run_until_the_period_ends_counts_with_basis_period_end() -> None:
    """28 November 12:30 to 1 December: 59 hours begin from 13:00 on; 2 ICU each, 118; with three accrued hours 124."""
    tight = budget("130", fed_by="cloud", basis="period_end")
    said = evaluate(tight, icu("6"), ground({}, feed()))
    assert said.current is not None
    assert (said.current.accrued, said.current.to_come, said.current.verdict) == (6, 118, "allow")
    assert evaluate(tight, icu("6.1"), ground({}, feed())).current.verdict == "deny"  # type: ignore[union-attr]


def test_the_next_period_counts_too() -> None:
    """December has 744 hours: at 2 ICU 1488, which no limit of 1400 holds, although November fits."""
    said = evaluate(budget("1400", fed_by="cloud", basis="period_end"), icu("1"), ground({}, feed()))
    assert said.current is not None and said.following is not None
    assert (said.current.verdict, said.following.verdict, said.verdict) == ("allow", "deny", "deny")
    assert said.following.to_come == 1488
    assert "from 2026-12-01 to 2027-01-01 (UTC)" in said.reason


def test_a_limit_in_francs_is_multiplied() -> None:
    """The example of rule M4: CHF 100 at 50 is 5000 ICU, for the whole period, by the rate valid at its start."""
    rates = parse_rates(
        [
            {"currency": "CHF", "icu_per_unit": value, "valid_from": day}
            for value, day in (("50", "2021-01-01"), ("60", "2026-11-15"))
        ],
        confirmed=False,
    )
    francs = budget("100", "CHF")
    assert evaluate(francs, icu("1000"), ground({"ICU": "4000"}, rates=rates)).verdict == "allow"
    assert evaluate(francs, icu("1000.000000001"), ground({"ICU": "4000"}, rates=rates)).verdict == "deny"
    # A third of a franc has no finite decimal in ICU's inverse; multiplied it is exact.
    assert evaluate(budget("0.06", "CHF"), icu("3"), ground()).verdict == "allow"


def test_a_cloud_that_rates_in_its_own_currency_needs_no_rate() -> None:
    euros = budget("100", "USD")
    assert evaluate(euros, Money(Decimal(40), "USD"), ground({"USD": "60"})).verdict == "allow"
    assert evaluate(euros, Money(Decimal(41), "USD"), ground({"USD": "60"})).verdict == "deny"


def test_no_rate_is_unknown_and_named() -> None:
    said = evaluate(budget("100", "CHF"), Money(Decimal(1), "USD"), ground({"CHF": "1"}))
    assert said.verdict == "unknown" and "one USD" in said.reason


def test_what_cannot_be_converted_does_not_hide_what_is_too_much_already() -> None:
    assert evaluate(budget("100", "CHF"), Money(Decimal(1), "USD"), ground({"CHF": "101"})).verdict == "deny"


@pytest.mark.parametrize(
    ("feeds", "why"),
    [
        ((), "no cost was ever imported"),
        ((feed(datetime(2026, 11, 28, 6, tzinfo=UTC)),), "known only up to 2026-11-28T06:00:00Z, more than 6 h ago"),
        (
            (replace(feed(), windows=(Window(BEGIN + timedelta(days=2), feed().rated_through),)),),
            "from 2026-11-01T00:00:00Z to 2026-11-03T00:00:00Z was never imported",
        ),
        ((feed(), replace(feed(), windows=(), project_name="other")), "project other"),
    ],
)
def test_a_cloud_budget_without_full_ground_is_unknown(feeds: tuple[Feed, ...], why: str) -> None:
    said = evaluate(budget(fed_by="cloud"), icu("1"), ground({}, *feeds))
    assert said.verdict == "unknown" and why in said.reason


def test_what_is_not_known_is_null_and_not_zero() -> None:
    blind = budget(fed_by="cloud", basis="period_end")
    row = decide((blind,), icu("1"), ground({}), "fail", "fail")["budgets"][0]
    for amounts in (row, row["next_period"]):
        assert {amounts[name] for name in ("spent", "accrued", "to_come", "remaining", "utilization")} == {None}
    old = feed(datetime(2026, 11, 27, 16, tzinfo=UTC))
    stale = decide((budget(fed_by="cloud"),), icu("1"), ground({"ICU": "7"}, old), "fail", "fail")["budgets"][0]
    assert (stale["spent"], stale["at_least"]["spent"]) == (None, "7")
    assert "At least 49 of ICU 1000 are gone" in stale["reason"]


def test_without_a_rate_nothing_is_told_in_the_wrong_currency() -> None:
    row = decide((budget("100", "USD"),), icu("1"), ground({"ICU": "7"}), "fail", "fail")["budgets"][0]
    assert (row["verdict"], row["spent"], row["at_least"]) == ("unknown", None, None)


def test_a_budget_of_entries_is_vouched_for() -> None:
    assert evaluate(budget(fed_by="entries"), icu("1"), ground({})).verdict == "allow"


def test_deny_stands_on_stale_data() -> None:
    assert (
        evaluate(
            budget(fed_by="cloud"), icu("1"), ground({"ICU": "1000"}, feed(datetime(2026, 11, 20, tzinfo=UTC)))
        ).verdict
        == "deny"
    )


def test_a_budget_outside_its_custom_period_is_asked_nothing() -> None:
    """Rule P2: a project's budget that has ended does not shut the gate for everybody else."""
    over = replace(budget(calendar=Calendar("custom", begin=BEGIN, end=BEGIN + timedelta(days=3))), name="over")
    said = decide((budget(), over), icu("1"), ground(), "fail", "fail")
    assert (said["verdict"], said["gate_passed"], len(said["reasons"])) == ("allow", True, 1)
    assert {row["name"]: row["verdict"] for row in said["budgets"]} == {"team": "allow", "over": "ended"}
    assert said["budgets"][1]["spent"] is None


def test_a_spend_that_only_an_ended_budget_would_cover_is_unknown() -> None:
    over = budget(calendar=Calendar("custom", begin=BEGIN, end=BEGIN + timedelta(days=3)))
    alone = decide((over,), icu("1"), ground(), "warn", "fail")
    assert (alone["verdict"], alone["gate_passed"]) == ("unknown", False)
    named = decide((replace(budget(), name="other"), over), icu("1"), ground(), "warn", "fail", "team")
    assert (named["verdict"], named["gate_passed"]) == ("unknown", False)
    assert "does not hold 2026-11-28" in named["reasons"][0]


ALLOWS, DENIES = budget("1000"), replace(budget("1"), name="small")
UNKNOWS = replace(budget(fed_by="cloud"), name="blind")


@pytest.mark.parametrize(
    ("budgets", "verdict"),
    [((ALLOWS,), "allow"), ((ALLOWS, UNKNOWS), "unknown"), ((ALLOWS, UNKNOWS, DENIES), "deny"), ((), "unknown")],
)
def test_deny_beats_unknown_beats_allow(budgets: tuple[Budget, ...], verdict: str) -> None:
    assert decide(budgets, icu("2"), ground(), "fail", "fail")["verdict"] == verdict


@pytest.mark.parametrize(
    ("budgets", "on_exceeded", "on_unknown", "passed"),
    [
        ((ALLOWS,), "fail", "fail", True),
        ((DENIES,), "fail", "warn", False),
        ((DENIES,), "warn", "fail", True),
        ((UNKNOWS,), "warn", "fail", False),
        ((UNKNOWS,), "fail", "warn", True),
        ((DENIES, UNKNOWS), "warn", "fail", False),
        ((DENIES, UNKNOWS), "fail", "warn", False),
        ((DENIES, UNKNOWS), "warn", "warn", True),
        ((), "warn", "fail", False),
    ],
)
def test_each_warn_covers_its_own_verdict_only(
    budgets: tuple[Budget, ...], on_exceeded: str, on_unknown: str, passed: bool
) -> None:
    said = decide(budgets, icu("2"), ground(), on_exceeded, on_unknown)
    assert said["gate_passed"] is passed
    assert said["verdict"] == decide(budgets, icu("2"), ground(), "fail", "fail")["verdict"]
    assert said.keys() == decide((ALLOWS,), icu("2"), ground(), "fail", "fail").keys()
    assert len(said["reasons"]) == max(len(budgets), 1)


money = st.integers(0, 10**15)


@given(
    limit=money,
    spent=money,
    asked=st.integers(1, 10**15),
    run_rate=st.integers(0, 10**12),
    rate=st.decimals(5, 500, places=6),
)
def test_the_verdict_is_the_inequality_in_integers(
    limit: int, spent: int, asked: int, run_rate: int, rate: Decimal
) -> None:
    """spent + accrued + requested <= limit x rate, computed here in millionths of a nano ICU."""
    rates = parse_rates([{"currency": "CHF", "icu_per_unit": str(rate), "valid_from": "2021-01-01"}], confirmed=True)
    francs = Budget("b", limit, "CHF", Calendar("monthly"), "cloud", "actual", timedelta(hours=6))
    known = replace(feed(), run_rate_nano=run_rate)
    on = Ground(NOW, lambda window: {"ICU": spent} if window.contains(BEGIN) else {}, (known,), rates)
    said = evaluate(francs, Money(Decimal(asked).scaleb(-9), "ICU"), on)
    fits = (spent + 3 * run_rate + asked) * 10**6 <= limit * int(rate * 10**6)
    assert said.verdict == ("allow" if fits else "deny")
