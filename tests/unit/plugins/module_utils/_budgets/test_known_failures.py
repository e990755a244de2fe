# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How other cost gates have failed, each with the test that it cannot happen here.

| Failure | Seen in | Test |
|---|---|---|
| A price that is unknown or zero makes a cap that never fires | zeroclaw #9816, Infracost | the next three |
| The check runs after the spend | water #49, AWS and Azure lag | test_the_check_comes_before_the_spend |
| A month of 30 days, or of the "same day next month" | litellm #4196, bifrost PR #2325 | test_a_month_...
(two) |
| The gate counts in UTC, the report in local time | chrono-synth-os #434 |
test_gate_and_status_count_in_one_zone |
| "Resets at" tells the period's start | claude-code-aws-gateway #46 | test_resets_at_is_when_the_period_ends
|
| A forecast divides by the wrong number of days | litellm PR #31942 |
test_what_is_to_come_counts_periods_and_not_days |
| An error is shown as a cost of zero | CloudKitty's dashboard | test_an_error_is_no_cost_of_zero |
| A report processed twice costs twice | koku #2094, #1469 | test_a_cost_told_twice_is_a_cost_once |
| Foreign money counts at its face value | pennywiseai PR #672 |
test_foreign_money_is_not_taken_at_its_face_value |
| Partial coverage is judged as full | MCPJam PR #4754 | test_partial_coverage_is_not_taken_for_full |
| The ratio is inverted: 1 ICU is CHF 50 | a user's note on Infomaniak | test_a_ratio_upside_down_is_refused |

The first page taken as everything cannot concern the gate, which sums in the database; for what is read from
the cloud see test_rated_points.py (the default limit of 100) and test_rating.py (a page that is short) beside
the readers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets.status import status
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates, parse_rates
from ansible_collections.finops.cloud.plugins.module_utils._imports.manual import CostRecord, record
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import FeedKey, Imported

from .desk import Desk
from .snapshots import BEGIN, NOW, feed


def test_an_unknown_price_is_no_price_of_nothing(desk: Desk) -> None:
    """JPY has no rate: a spend in it is neither free nor within any limit."""
    desk.define(limit="1000000")
    said = desk.budget(spend="1", currency="JPY")
    assert (said["verdict"], said["gate_passed"], said["budgets"][0]["requested"]) == ("unknown", False, None)


@pytest.mark.parametrize("price", ["0", "0.00", "", "NaN", "-1", "Infinity"])
def test_a_price_of_nothing_is_refused(desk: Desk, price: str) -> None:
    desk.define()
    with pytest.raises(InvalidOption):
        desk.budget(spend=price, currency="ICU", on_exceeded="warn", on_unknown="warn")
    with pytest.raises(InvalidOption):
        desk.hold(price, on_exceeded="warn", on_unknown="warn")


def test_a_cap_that_could_never_fire_is_unknown_or_warned_of(desk: Desk) -> None:
    """A misspelled project never costs anything; neither does a cloud from which nothing was imported. A
    category or tag that a complete import did not bring costs nothing, and may be misspelled.
    """
    desk.define(fed_by="cloud", limit="1000000")
    assert desk.status()["verdict"] == "unknown"
    desk.feed(feed(NOW))
    assert desk.status()["verdict"] == "allow"
    desk.define(fed_by="cloud", limit="1000000", scope={"projects": ["shpo"]})
    assert desk.status()["verdict"] == "unknown"
    for scope in ({"categories": ["storage"]}, {"tags": {"taem": "web"}}):
        defined = desk.define(fed_by="cloud", limit="1000000", scope=scope)
        assert desk.status()["verdict"] == "allow"
        assert len(defined["warnings"]) == 1 and "no cost has had" in defined["warnings"][0]


def test_the_check_comes_before_the_spend(desk: Desk) -> None:
    """What one run is about to spend is gone for every other one before it is recorded anywhere."""
    desk.define(limit="100")
    assert desk.hold("60")["gate_passed"]
    assert desk.entries() == []
    assert not desk.budget(spend="41", currency="ICU")["gate_passed"]
    assert not desk.hold("41", name="other")["gate_passed"]


@pytest.mark.parametrize(
    ("now", "begin", "end"),
    [
        ((2026, 1, 30, 12), (2026, 1, 1), (2026, 2, 1)),
        ((2026, 1, 31, 23), (2026, 1, 1), (2026, 2, 1)),
        ((2026, 2, 28, 23), (2026, 2, 1), (2026, 3, 1)),
        ((2028, 2, 29, 0), (2028, 2, 1), (2028, 3, 1)),
        ((2026, 3, 1, 0), (2026, 3, 1), (2026, 4, 1)),
    ],
)
def test_a_month_is_a_month_of_the_calendar(
    desk: Desk, now: tuple[int, ...], begin: tuple[int, ...], end: tuple[int, ...]
) -> None:
    desk.now = datetime(*now, tzinfo=UTC)  # type: ignore[misc, arg-type]
    desk.define()
    row = desk.status()
    assert (row["period_start"][:10], row["period_end"][:10]) == tuple(
        f"{year}-{month:02}-{day:02}" for year, month, day in (begin, end)
    )


def test_a_month_from_the_31st_on_ends_on_the_last_day_of_a_short_one_and_once(desk: Desk) -> None:
    desk.now = datetime(2026, 1, 30, tzinfo=UTC)
    desk.define(anchor_day=31)
    begins = []
    for _day in range(120):
        begins.append(desk.status()["period_start"][:10])
        desk.later(days=1)
    assert list(dict.fromkeys(begins)) == [
        "2025-12-31",
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
    ]


def test_gate_and_status_count_in_one_zone(desk: Desk) -> None:
    """23:30 UTC on the last of November is December in Zurich, for the gate as for the status, and for the
    entry between them.
    """
    desk.now = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    desk.define(name="zurich", timezone="Europe/Zurich")
    desk.define(name="utc")
    desk.record("60", at=datetime(2026, 11, 30, 22, 59, tzinfo=UTC))
    desk.record("7")
    gate = {row["name"]: row for row in desk.budget(spend="1", currency="ICU")["budgets"]}
    for name, spent, resets_at in (
        ("zurich", "7", "2026-12-31T23:00:00Z"),
        ("utc", "67", "2026-12-01T00:00:00Z"),
    ):
        status = desk.status(name)
        assert (status["spent"], status["resets_at"]) == (spent, resets_at)
        assert (gate[name]["spent"], gate[name]["resets_at"]) == (spent, resets_at)


def test_resets_at_is_when_the_period_ends(desk: Desk) -> None:
    desk.define()
    row = desk.status()
    assert (row["period_start"], row["resets_at"]) == ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
    assert row["next_period"]["period_start"] == row["resets_at"]


def test_what_is_to_come_counts_periods_and_not_days(desk: Desk) -> None:
    """Rated to 10:00 at 2 an hour, asked at 12:30: three hours have begun, 59 have not, whatever the day's
    number is.
    """
    desk.define(fed_by="cloud", limit="1000")
    desk.feed(feed())
    row = desk.status()
    assert (row["accrued"], row["to_come"], row["next_period"]["to_come"]) == ("6", "118", "1488")


def test_an_error_is_no_cost_of_zero(desk: Desk) -> None:
    with pytest.raises(LedgerError, match="does not exist"):
        desk.stati()
    desk.define(fed_by="cloud")
    row = desk.status()
    assert {row[name] for name in ("spent", "accrued", "to_come", "remaining", "left", "utilization")} == {
        None
    }


def test_a_cost_told_twice_is_a_cost_once(desk: Desk) -> None:
    desk.define()
    told = CostRecord("invoice", "manual", amount="30", currency="ICU", category="other")
    for _time in range(2):
        record(desk.options, [told], desk.now, "tester", False)
        desk.hold("20")
        desk.commit("20")
        desk.later(minutes=1)
    assert desk.stands() == ("50", "0")


def test_foreign_money_is_not_taken_at_its_face_value(desk: Desk) -> None:
    """100 USD in the ledger, and no rate for them: not 100 francs, not nothing, but unknown."""
    desk.define(limit="500", currency="CHF")
    told = CostRecord("k", "manual", amount="100", currency="USD", category="other")
    record(desk.options, [told], desk.now, "tester", False)
    said = desk.budget(spend="1", currency="CHF")
    assert (said["verdict"], said["budgets"][0]["spent"]) == ("unknown", None)
    assert "one USD" in said["reasons"][0]
    rates = parse_rates([{"currency": "USD", "icu_per_unit": "40", "valid_from": "2026-01-01"}], False)
    (row,) = status(desk.options, None, rates, desk.now)["budgets"]
    assert row["spent"] == "80"


@pytest.mark.parametrize("part", ["a hole", "too old", "one project of two"])
def test_partial_coverage_is_not_taken_for_full(desk: Desk, part: str) -> None:
    desk.define(fed_by="cloud", limit="1000000")
    whole = feed(NOW)
    hole = (
        Imported(Window(BEGIN, BEGIN + timedelta(days=3))),
        Imported(Window(BEGIN + timedelta(days=4), NOW)),
    )
    second = FeedKey("dc3-a", "p2")
    told = {
        "a hole": [replace(whole, imported=hole)],
        "too old": [feed(NOW - timedelta(hours=6, seconds=1))],
        "one project of two": [whole, replace(feed(BEGIN), key=second, project_name="blog")],
    }
    for one in told[part]:
        desk.feed(one)
    said = desk.budget(spend="1", currency="ICU")
    assert (said["verdict"], said["gate_passed"], said["budgets"][0]["spent"]) == ("unknown", False, None)


def test_a_ratio_upside_down_is_refused() -> None:
    with pytest.raises(InvalidOption, match="looks inverted"):
        parse_rates([{"currency": "CHF", "icu_per_unit": "0.02", "valid_from": "2026-01-01"}], False)
    assert Rates().at("CHF", NOW) == 50
