# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A limit is exact up to 1e15 of its currency, on either store (design/money.md#amounts-in-the-ledger).

A row of the ledger holds 9.2e9, and a month of a large currency costs more.
"""

from __future__ import annotations

from typing import Any

import pytest

from .clocked import ClockedLedger

#: VND 50 billion a month.
LIMIT = "50000000000"
LARGEST = "999999999999999.999999999"
GRANTED = {
    "budget": "team",
    "reservation": "deploy",
    "reason": "sale",
    "approved_by": "Ada",
    "until": "2026-12-01",
}


def define(clocked: ClockedLedger, limit: str = LIMIT, **more: Any) -> dict[str, Any]:
    return clocked.define(limit=limit, currency="VND", **more)


def spend(clocked: ClockedLedger, *amounts: str) -> None:
    for number, amount in enumerate(amounts):
        clocked.spend(amount, f"{clocked.now} {number}", currency="VND")


def ask(clocked: ClockedLedger, amount: str) -> dict[str, Any]:
    return clocked.run("cost_budget", currency="VND", spend=amount, category="compute")


def test_a_limit_beyond_a_row_is_defined_shown_and_judged_exactly(clocked: ClockedLedger) -> None:
    """5 times 9e9 and 5e9 are 5e10, and a billionth more is too much."""
    assert define(clocked)["changed"]
    assert not define(clocked)["changed"]
    spend(clocked, *["9000000000"] * 5)
    row = clocked.status()
    assert (row["limit"], row["spent"], row["remaining"], row["utilization"]) == (
        LIMIT,
        "45000000000",
        "5000000000",
        0.9,
    )
    assert ask(clocked, "5000000000")["verdict"] == "allow"
    denied = ask(clocked, "5000000000.000000001")
    assert (denied["verdict"], denied["budgets"][0]["limit"]) == ("deny", LIMIT)
    assert "VND 50000000000" in denied["msg"]


def test_the_last_digit_of_a_large_limit_counts(clocked: ClockedLedger) -> None:
    define(clocked, "9000000000000.000000001")
    spend(clocked, *["9000000000"] * 3)
    lines = [{"amount": "9000000000", "category": "compute"}] * 997
    assert clocked.run("cost_budget", currency="VND", lines=lines)["verdict"] == "allow"
    for more, verdict in (("0.000000001", "allow"), ("0.000000002", "deny")):
        one_more = [*lines, {"amount": more, "category": "compute"}]
        assert clocked.run("cost_budget", currency="VND", lines=one_more)["verdict"] == verdict


def test_check_mode_and_diff_tell_a_large_limit(clocked: ClockedLedger) -> None:
    define(clocked, "1")
    for check_mode in (True, False):
        said = define(clocked, LARGEST, _ansible_check_mode=check_mode)
        assert said["changed"]
        assert (said["diff"]["before"]["limit"], said["diff"]["after"]["limit"]) == ("1", "1000000000000000")
        assert clocked.status()["limit"] == ("1" if check_mode else "1000000000000000")
    assert not define(clocked, LARGEST)["changed"]
    assert define(clocked, "999999999999999.999999998")["changed"], "a digit that is not shown"
    refused = define(clocked, "1000000000000000")
    assert (refused["failed"], refused["error"]["option"]) == (True, "limit")


def test_a_large_limit_fires_its_alerts(clocked: ClockedLedger) -> None:
    define(clocked, thresholds=["0.5", "0.9"])
    spend(clocked, *["9000000000"] * 4, "8999999999.999999999")
    assert [one["threshold"] for one in clocked.status()["alerts"]] == ["0.5"]
    clocked.later(minutes=1)
    spend(clocked, "0.000000001")
    (alert,) = [one for one in clocked.status()["alerts"] if one["threshold"] == "0.9"]
    assert (alert["amount"], alert["limit"], alert["utilization"]) == ("45000000000", LIMIT, 0.9)
    define(clocked, "60000000000", thresholds=["0.5", "0.9"])
    clocked.later(minutes=1)
    spend(clocked, "9000000000")
    fired = [one["id"] for one in clocked.status()["alerts"] if one["limit"] == "60000000000"]
    assert [name.rpartition("/")[2] for name in fired] == ["0.9#2"], "54 of 60, as raising re-armed it"


def test_an_override_raises_by_more_than_a_row_holds(clocked: ClockedLedger) -> None:
    """45 of 40 are spent; 9 more need 14, and 20 were granted."""
    define(clocked, "40000000000")
    spend(clocked, *["9000000000"] * 5)
    assert clocked.hold("deploy", "9000000000", currency="VND")["verdict"] == "deny"
    for amount, verdict in (("13999999999.999999999", "deny"), ("20000000000", "allow")):
        checked = clocked.run("cost_budget_override", amount=amount, _ansible_check_mode=True, **GRANTED)
        granted = clocked.run("cost_budget_override", amount=amount, **GRANTED)
        assert checked["changed"] and granted["changed"]
        assert checked["diff"] == granted["diff"]
        assert clocked.hold("deploy", "9000000000", currency="VND")["verdict"] == verdict
    assert granted["override"]["amount"] == "20000000000"
    refused = clocked.run("cost_budget_override", amount="1e15", **GRANTED)
    assert (refused["failed"], refused["error"]["option"]) == (True, "amount")


@pytest.mark.parametrize(
    ("limit", "next_limit"),
    [
        ("9223372036.854775807", "9223372036.854775808"),
        (LIMIT, f"{LIMIT}.000000001"),
        ("999999999999999.999999998", LARGEST),
    ],
)
def test_limits_and_what_raises_them_are_kept_to_the_last_digit(
    clocked: ClockedLedger, limit: str, next_limit: str
) -> None:
    """What one integer of 64 bits holds and one more, and the largest of all."""
    for amount in (limit, next_limit):
        for changed in (True, False):
            assert define(clocked, amount)["changed"] is changed
            assert clocked.run("cost_budget_override", amount=amount, **GRANTED)["changed"] is changed
