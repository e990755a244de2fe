# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table that people read (design/gate.md#deny-unknown-allow)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ansible_collections.finops.cloud.plugins.module_utils._budgets.verdict import (
    decide,
    evaluate,
    format_summary,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Calendar
from ansible_collections.finops.cloud.plugins.module_utils._ledger.budgets import Budget
from ansible_collections.finops.cloud.plugins.module_utils._ledger.overrides import Override

from .snapshots import BEGIN, DECEMBER, asked, budget, cost, feed, line, nano, outstanding_hold, snapshot


def named(name: str, one: Budget) -> Budget:
    return replace(one, name=name)


def test_a_line_has_limit_spent_accrued_reserved_requested_left_and_why() -> None:
    seen = snapshot(
        [cost("401.2345")], feed(), outstanding=[outstanding_hold("40", BEGIN + timedelta(days=2))]
    )
    said = decide((budget("500", basis="period_end", fed_by="cloud"),), asked("1.5"), seen, "fail", "fail")
    # Three periods of 2 since 10:00, and 59 until the month ends: 401.2345 + 6 + 40 + 118 + 1.5 are 566.7345.
    assert said["summary"] == [
        "budget  verdict  period from       limit   spent  accrued  reserved  to come  requested    left "
        " why",
        "team    deny     2026-11-01   ICU 500.00  401.23     6.00     40.00   118.00       1.50  -66.73 "
        " 66.7345 too much",
    ]
    assert said["reasons"][0].endswith("that is 66.7345 too much.")


def test_the_period_that_decides_is_the_one_that_is_shown() -> None:
    said = evaluate(budget(), asked("1", line("1001", at=DECEMBER)), snapshot())
    assert format_summary([said])[1].split()[:6] == ["team", "deny", "2026-12-01", "ICU", "1000.00", "0.00"]


def test_the_worst_line_is_the_first_and_the_tasks_message() -> None:
    """Deny before unknown before allow, and of those that deny the one that is passed by most."""
    budgets = (
        named("a-little", budget("90")),
        named("blind", budget("5000", fed_by="cloud")),
        named("by-far", budget("10")),
        named("fits", budget("1000")),
        named("over", budget(calendar=Calendar("custom", begin=BEGIN, end=BEGIN + timedelta(days=3)))),
    )
    said = decide(budgets, asked("1"), snapshot([cost("100")]), "fail", "fail")
    assert [row.split()[0] for row in said["summary"][1:]] == ["by-far", "a-little", "blind", "fits", "over"]
    assert [reason.split(":")[0] for reason in said["reasons"]] == ["by-far", "a-little", "blind", "fits"]
    assert [row["name"] for row in said["budgets"]] == [one.name for one in budgets]
    assert said["summary"][-1].endswith("covers no spend now")


def test_a_limit_of_nothing_is_the_worst_of_all() -> None:
    budgets = (named("small", budget("1")), named("nothing", budget("0")))
    assert decide(budgets, asked("9"), snapshot(), "fail", "fail")["reasons"][0].startswith("nothing:")


def test_what_is_not_known_is_a_bound_or_a_question_mark_never_a_number() -> None:
    stale = feed(datetime(2026, 11, 20, tzinfo=UTC), run_rate="0")
    (_header, row) = format_summary(
        [evaluate(budget(fed_by="cloud"), asked("1"), snapshot([cost("7")], stale))]
    )
    assert row.split()[1:11] == [
        "unknown",
        "2026-11-01",
        "ICU",
        "1000.00",
        ">=7.00",
        "?",
        "0.00",
        "?",
        "1.00",
        "<=992.00",
    ]
    assert row.endswith("is known only up to 2026-11-20T00:00:00Z, more than 6 h ago")


def test_what_has_no_rate_is_not_shown_as_nothing() -> None:
    said = decide((budget("100", "USD"),), asked("5"), snapshot([cost("7")]), "fail", "warn")
    assert said["summary"][1].split()[5:11] == ["?"] * 6
    row = said["budgets"][0]
    assert (row["requested"], row["reserved"], row["left"]) == (None, None, None)


def test_a_request_in_a_currency_without_a_rate_is_not_told_as_nothing() -> None:
    row = decide((budget("100", "CHF"),), asked("5", currency="USD"), snapshot(), "fail", "warn")["budgets"][
        0
    ]
    assert (row["verdict"], row["requested"], row["at_least"]["requested"]) == ("unknown", None, "0")


def test_too_much_is_never_nothing() -> None:
    said = evaluate(budget("10"), asked("10.000000001"), snapshot())
    assert said.reason.endswith("that is less than 0.000001 too much.")
    assert format_summary([said])[1].endswith("less than 0.000001 too much")


def test_a_tiny_amount_is_shown_whole() -> None:
    assert "  0.0004  " in format_summary([evaluate(budget(), asked("0.0004"), snapshot())])[1]


def test_an_override_is_named_where_it_was_needed() -> None:
    raised = Override(
        "team", "monthly/2026-11-01T00:00:00Z", "deploy", nano("5"), "a good week", "Ada", BEGIN, "me"
    )
    seen = replace(snapshot([cost("999")]), overrides=(raised,))
    assert format_summary([evaluate(budget(), asked("4"), seen)])[1].endswith(
        "fits, raised by 5 for deploy by Ada (a good week)"
    )


def test_no_budget_makes_no_table() -> None:
    assert format_summary([]) == []
