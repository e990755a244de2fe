# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For budgets: what a period will come to, when the limit is reached, and what is not known of
either (design/alerts.md#forecast).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets import forecasts
from ansible_collections.finops.cloud.plugins.module_utils._budgets.request import Request
from ansible_collections.finops.cloud.plugins.module_utils._budgets.snapshot import Snapshot
from ansible_collections.finops.cloud.plugins.module_utils._budgets.sums import period_sum
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Calendar, Window, period_at
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._ledger import (
    entries,
    feed_changes,
    feed_hours,
    feeds,
    sql,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feed_hours import FeedHours
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import Imported, RunRate

from . import snapshots
from .desk import Desk
from .snapshots import RATED_THROUGH, budget, feed, nano

HOUR = timedelta(hours=1)
#: Collect periods from the tests' moment, 28 November 12:30, to the month's end, and those that began since
#: 10:00.
TO_COME, RUNNING = 59, 3


def rate(desk: Desk, amounts: Sequence[str | None], category: str = "compute", **of_feed: Any) -> None:
    """What a cloud has rated, hour by hour up to 10:00; None for an hour that it did not rate.

    Each is written once.
    """
    begin = RATED_THROUGH - len(amounts) * HOUR
    rated = [
        entries.Entry(
            source="cloudkitty",
            key=f"{category}/{number}",
            charge_category="usage",
            category=category,
            period=Window(begin + number * HOUR, begin + (number + 1) * HOUR),
            amount_nano=nano(amount),
            currency="ICU",
            project_id="p1",
        )
        for number, amount in enumerate(amounts)
        if amount is not None
    ]
    last = feed(run_rate=amounts[-1] or "0", **{"categories": frozenset({"compute", category}), **of_feed})
    with sql.writing(desk.options) as ledger:
        entries.write_all(ledger.connection, rated, desk.now, "tester")
        last = feed_changes.save(ledger.connection, last, feeds.find(ledger.connection, last.key))
        feed_hours.keep(ledger.connection, last, ("cloudkitty",))


def forecast(desk: Desk, name: str = "team") -> tuple[Any, ...]:
    found = desk.status(name)["forecast"]
    return found["low"], found["expected"], found["high"], found["enough_data"], found["rated_periods"]


def test_a_steady_rate_goes_on_to_the_periods_end(desk: Desk) -> None:
    """240 hours at 2 are rated, of which a week's are kept, 3 run, 59 are to come."""
    desk.define(fed_by="cloud", limit="2000")
    rate(desk, ["2"] * 240)
    assert desk.stands()[0] == str(240 * 2)
    assert desk.status()["accrued"] == str(RUNNING * 2)
    assert forecast(desk) == (*[str((240 + RUNNING + TO_COME) * 2)] * 3, True, 168)


def test_the_mean_is_that_of_the_last_week_and_the_range_that_of_its_days(desk: Desk) -> None:
    """Days at 1 to 7 an hour: the mean is 4, the 10th percentile 1.6, the 90th 6.4; what runs does so at the
    newest hour's 7.
    """
    desk.define(fed_by="cloud", limit="2000")
    rate(desk, [str(day) for day in range(1, 8) for _hour in range(24)])
    actual = Decimal(24 * 28 + RUNNING * 7)
    at_end = [actual + TO_COME * Decimal(each) for each in ("1.6", "4", "6.4")]
    assert forecast(desk) == (*(f"{each:f}".rstrip("0").rstrip(".") for each in at_end), True, 168)


def test_what_was_written_by_hand_is_in_it_once(desk: Desk) -> None:
    desk.define(fed_by="cloud", limit="2000")
    rate(desk, ["2"] * 168)
    before = Decimal(desk.status()["forecast"]["expected"])
    desk.spend("100")
    desk.spend("-30")
    assert Decimal(desk.status()["forecast"]["expected"]) == before + 70


def test_a_budget_of_entries_alone_is_not_extrapolated(desk: Desk) -> None:
    desk.define(limit="100", thresholds=["0.1"])
    desk.spend("9")
    row = desk.status()
    assert forecast(desk) == (None, None, None, False, None)
    assert row["forecast"]["reason"] == (
        "no rated hours are in its scope, and what was recorded by hand is not extrapolated."
    )
    assert row["runs_out_at"] is None


def test_where_the_spend_is_not_known_nothing_is_forecast(desk: Desk) -> None:
    desk.define(fed_by="cloud", limit="100")
    assert "run cost_import first" in desk.status()["forecast"]["reason"]
    rate(desk, ["2"] * 200, imported=(Imported(Window(RATED_THROUGH - 10 * HOUR, RATED_THROUGH)),))
    assert "was never imported" in desk.status()["forecast"]["reason"]
    assert forecast(desk)[:4] == (None, None, None, False)


def test_a_feed_of_before_the_hours_were_kept_is_unknown_until_its_next_import(desk: Desk) -> None:
    desk.feed(feed())
    desk.define(fed_by="cloud", limit="100", thresholds=["0.1"])
    assert desk.status()["forecast"]["reason"] == "no rated hours of project shop are kept; run cost_import."


@pytest.mark.parametrize(
    ("period", "hours", "enough"),
    [
        ("monthly", 23, False),
        ("monthly", 24, True),
        ("daily", 2, False),
        ("daily", 3, True),
        ("hourly", 3, True),
    ],
)
def test_from_how_many_hours_on_it_is_more_than_a_guess(
    desk: Desk, period: str, hours: int, enough: bool
) -> None:
    desk.define(fed_by="cloud", limit="1", period=period, basis="actual")
    rate(desk, ["2"] * hours)
    assert forecast(desk)[3:] == (enough, hours)
    assert (desk.status()["runs_out_at"] is not None) is enough


def test_an_hour_that_was_not_rated_is_no_hour_at_nothing(desk: Desk) -> None:
    desk.define(fed_by="cloud", limit="2000")
    rate(desk, ["2", None] * 24)
    assert forecast(desk)[4] == 24
    assert Decimal(forecast(desk)[1]) == 24 * 2 + TO_COME * 2


def test_only_what_is_in_the_scope_is_extrapolated(desk: Desk) -> None:
    desk.define("disks", fed_by="cloud", limit="2000", scope={"categories": ["storage"]})
    desk.define("all", fed_by="cloud", limit="2000")
    rate(desk, ["2"] * 48)
    rate(
        desk,
        ["5"] * 48,
        category="storage",
        run_rates=(RunRate("compute", (), nano("2")), RunRate("storage", (), nano("5"))),
    )
    assert forecast(desk, "disks")[1] == str((48 + RUNNING + TO_COME) * 5)
    assert forecast(desk, "all")[1] == str((48 + RUNNING + TO_COME) * 7)


def test_a_credit_of_the_feed_is_in_it_once(desk: Desk) -> None:
    desk.define(fed_by="cloud", limit="2000")
    hour = RATED_THROUGH - 5 * HOUR
    credit = entries.Entry(
        "cloudkitty",
        "free",
        "credit",
        "compute",
        Window(hour, hour + HOUR),
        nano("-50"),
        "ICU",
        project_id="p1",
    )
    with sql.writing(desk.options) as ledger:
        entries.write(ledger.connection, credit, desk.now, "tester")
    rate(desk, ["2"] * 48)
    assert forecast(desk)[1] == str((48 + RUNNING + TO_COME) * 2 - 50)


def test_a_limit_in_another_currency(desk: Desk) -> None:
    """At 50 ICU for a franc."""
    desk.define(fed_by="cloud", limit="100", currency="CHF")
    rate(desk, ["50"] * 48)
    assert forecast(desk)[1] == str(48 + RUNNING + TO_COME)


@pytest.mark.parametrize(
    ("limit", "moment"),
    [
        (
            "108",
            "2026-11-28T16:00:00Z",
        ),  # 96 + 6 are spent, the hour up to 13:00 among them; 6 more are 3 hours.
        ("101", "2026-11-28T12:30:00Z"),
        ("0", "2026-11-28T12:30:00Z"),
        ("220", None),  # 102 + 59 x 2 at the month's end, which is no more than the limit.
    ],
)
def test_when_the_limit_is_reached(desk: Desk, limit: str, moment: str | None) -> None:
    desk.define(fed_by="cloud", limit=limit)
    rate(desk, ["2"] * 48)
    assert desk.status()["runs_out_at"] == moment


@pytest.mark.parametrize(
    ("period", "hours_to_come"),
    [
        ({"period": "hourly"}, 0),
        ({"period": "daily"}, 11),
        ({"period": "weekly", "first_day": "monday"}, 35),
        ({"period": "yearly", "anchor_month": 11, "anchor_day": 1}, 59 + (365 - 30) * 24),
        ({"period": "custom", "begin": "2026-11-01", "end": "2026-12-24"}, 59 + 23 * 24),
    ],
)
def test_every_kind_of_period(desk: Desk, period: dict[str, Any], hours_to_come: int) -> None:
    desk.define(fed_by="cloud", limit="1000000", **period)
    rate(desk, ["2"] * 48)
    row = desk.status()
    actual = Decimal(row["spent"]) + Decimal(row["accrued"])
    assert Decimal(row["forecast"]["expected"]) == actual + 2 * hours_to_come


def test_thresholds_on_the_forecast_fire_once_and_only_with_enough_data(desk: Desk) -> None:
    desk.define(fed_by="cloud", limit="200", thresholds=["0.5", "1"])
    rate(desk, ["2"] * 23)
    assert desk.spend("1")["alerts"] == []
    rate(desk, ["2"] * 48)
    told = [(alert["basis"], alert["threshold"]) for alert in desk.spend("1")["alerts"]]
    assert told == [("actual", "0.5"), ("forecast", "1"), ("forecast", "0.5")]
    assert desk.spend("1")["alerts"] == []
    alert = desk.status()["alerts"][-2]
    assert alert["message"].startswith(
        "team: 111 % of ICU 200 is expected to be spent: ICU 222 from 2026-11-01 to"
    )


def test_raising_a_limit_rearms_forecast_thresholds_too(desk: Desk) -> None:
    desk.define(fed_by="cloud", limit="200", thresholds=["1"])
    rate(desk, ["2"] * 48)
    assert [alert["basis"] for alert in desk.spend("1")["alerts"]] == ["forecast"]
    assert desk.define(fed_by="cloud", limit="300", thresholds=["1"])["alerts"] == []
    assert [alert["id"] for alert in desk.spend("90")["alerts"]] == [
        "team/monthly/2026-11-01T00:00:00Z/forecast/1#2"
    ]


# A year of spend: on every day of it at noon, does the month end within the range?

YEAR = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
HOURS = 365 * 24
SPIKE = datetime(2026, 6, 10, tzinfo=UTC)


def spend(kind: str, seed: int = 2026) -> list[int]:
    """What each hour of the year costs, in 1e-9: a tenth more or less by chance, each hour by itself.

    Where the level wanders it is also up to a tenth off for a day on average, until the next machine comes or
    goes.
    """
    dice, level, hours = random.Random(seed), 1.0, []
    for number in range(HOURS):
        moment = YEAR.begin + number * HOUR
        if kind == "wandering level" and dice.random() < 1 / 24:
            level = dice.uniform(0.9, 1.1)
        base = {
            "weekly rhythm": 4.0 if moment.weekday() >= 5 else 12.0,
            "growth": 10.0 * 1.01 ** (number / 24),
            "a spike": 100.0 if SPIKE <= moment < SPIKE + timedelta(days=1) else 10.0,
        }.get(kind, 10.0)
        hours.append(int(base * level * dice.uniform(0.9, 1.1) * 1e9))
    return hours


def days(kind: str, seed: int = 2026) -> list[tuple[datetime, forecasts.KnownForecast, Decimal]]:
    """Each day's noon from the second week on, the forecast at that moment, and what the month came to in the
    end.
    """
    hours = spend(kind, seed)
    sums = [0, *accumulate(hours)]
    of_month, found = budget(fed_by="cloud", calendar=Calendar("monthly")), []

    def spent(window: Window, through: datetime) -> int:
        first, last = (int((at - YEAR.begin) / HOUR) for at in (window.begin, min(window.end, through)))
        return sums[last] - sums[first]

    for day in range(7, 365):
        now = YEAR.begin + timedelta(days=day, hours=12)
        month = period_at(of_month.calendar, now)
        assert month is not None
        at = int((now - YEAR.begin) / HOUR)
        newest = (RunRate("compute", (), hours[at - 1]),)
        rated = replace(
            feed(), rated_through=now, run_rates=newest, imported=(Imported(Window(YEAR.begin, now)),)
        )
        cost = snapshots.CostSum("compute", frozenset({"p1"}), frozenset(), "ICU", spent(month, now))
        spent_by = defaultdict(tuple, {month: (cost,)})
        seen = Snapshot(now, lambda window, _scope, of=spent_by: of[window], (rated,), Rates())
        last_week = {rated.key: [FeedHours("compute", frozenset(), tuple(hours[at - 168 : at]))]}
        told = forecasts.of_period(of_month, period_sum(of_month, month, Request(), seen), seen, last_week)
        assert isinstance(told, forecasts.KnownForecast)
        found.append((now, told, Decimal(spent(month, month.end)) / 10**9))
    return found


def within(found: Sequence[tuple[datetime, forecasts.KnownForecast, Decimal]]) -> float:
    return sum(told.low <= outcome <= told.high for _now, told, outcome in found) / len(found)


@pytest.mark.parametrize("kind", ["steady", "weekly rhythm"])
def test_the_month_ends_within_the_range_on_four_days_of_five(kind: str) -> None:
    found = days(kind)
    assert within(found) >= 0.8
    assert all(told.low <= told.expected <= told.high for _now, told, _outcome in found)


def test_a_level_that_wanders_leaves_the_range_more_often() -> None:
    """docs/alerts.md says so: days that are like the day before them say less of the next weeks than their
    number promises.
    """
    found = days("wandering level")
    assert within(found) < 0.8
    assert all(abs(told.expected / outcome - 1) < Decimal("0.1") for _now, told, outcome in found)


def test_growth_is_told_too_low() -> None:
    """docs/alerts.md says so: nothing in a mean of the last week knows that the next one costs more."""
    found = days("growth")
    early = [(now, told, outcome) for now, told, outcome in found if now.day <= 15]
    assert within(early) < 0.2
    assert all(told.expected < outcome for _now, told, outcome in early)


def test_a_spike_is_told_to_go_on_for_a_week() -> None:
    """docs/alerts.md says so: a day at ten times the rate doubles what the days after it expect, until it is
    a week ago.
    """
    found = days("a spike")
    before = [one for one in found if one[0].month == 6 and one[0] < SPIKE]
    after = [one for one in found if SPIKE + timedelta(days=1) <= one[0] < SPIKE + timedelta(days=7)]
    later = [one for one in found if one[0] >= SPIKE + timedelta(days=9)]
    assert all(told.high < outcome for _now, told, outcome in before)
    assert all(told.expected > outcome * Decimal("1.1") for _now, told, outcome in after)
    assert within(later) >= 0.8
