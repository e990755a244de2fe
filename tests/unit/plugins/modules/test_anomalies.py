# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Days that cost more than expected, through the module, on both stores (design/savings.md#anomalies)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.money import to_nano
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._cost.ledger_summary import SummaryFormatter
from ansible_collections.finops.cloud.plugins.module_utils._ledger import entries, feeds, sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.entries import Entry
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import Feed, FeedKey, Imported
from ansible_collections.finops.cloud.plugins.module_utils._ledger.totals import Selection
from ansible_collections.finops.cloud.plugins.module_utils._savings import day_costs

from ...asked_ledger import counted
from .clocked import ClockedLedger
from .running import run_module

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: A Saturday; the events are on Wednesday, Thursday and Friday before.
NOW = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
FIRST, HOURLY_FROM = date(2026, 8, 1), date(2026, 11, 16)
WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 11, day) for day in (25, 26, 27))


def moment(day: date, hour: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def use(
    resource: str, metric: str, category: str, project: str, day: date, hours: range, size: str, price: str
) -> Iterator[Entry]:
    """A resource of that size for these hours of a day, at that price per unit and hour: by the hour in the
    last days, as one sum before.
    """
    spans = [(hour, 1) for hour in hours] if day >= HOURLY_FROM else [(hours[0], len(hours))]
    for begin, length in spans:
        quantity = Decimal(size) * length
        start = moment(day, begin)
        yield Entry(
            source="cloudkitty",
            key=f"{start}/{metric}/{resource}",
            charge_category="usage",
            category=category,
            period=Window(start, start + length * HOUR),
            amount_nano=to_nano(quantity * Decimal(price), "amount"),
            currency="CHF",
            region="dc3-a",
            project_id=project,
            project_name=project,
            metric=metric,
            resource_id=resource,
            resource_name=resource.upper(),
            resource_type="thing",
            quantity=str(quantity),
            unit="unit",
            tags={"team": "web" if project == "shop" else "data"},
        )


def costs() -> Iterator[Entry]:
    """shop costs 240 on weekdays and 72 on others, but for what is planted."""
    whole = range(24)
    for number in range((NOW.date() - FIRST).days + 1):
        day = FIRST + number * DAY
        # Of the day in progress 9 hours are rated.
        hours = range(9) if day == NOW.date() else whole
        web = "9" if day.weekday() < 5 else "2"
        yield from use("web", "instance_up", "compute", "shop", day, hours, "1", web)
        size = "180" if day == WEDNESDAY else "100"
        yield from use("data", "volume.size", "storage", "shop", day, hours, size, "0.01")
        if day == WEDNESDAY:
            yield from use("ci-7", "instance_up", "compute", "shop", day, range(20), "1", "3.1")
        # Two servers whose price is raised on Friday, and one that works for 4 hours a day, but on Thursday.
        price = "1.5" if day == FRIDAY else "1"
        for name in ("a", "b"):
            yield from use(name, "instance_up", "compute", "prices", day, hours, "1", price)
        worked = range(20) if day == THURSDAY else range(4)
        yield from use("batch", "instance_up", "compute", "batch", day, worked, "1", "2")
        sent = "40" if day == THURSDAY else "10"
        yield from use("net", "storage.objects.outgoing.bytes", "network", "traffic", day, hours, sent, "0.1")
        if day == WEDNESDAY:
            # What is no use by the day is none of a rhythm.
            (bought,) = use("support", "x", "other", "shop", day, range(1), "1", "900")
            yield Entry(**{**vars(bought), "charge_category": "purchase"})


def feed_of(project: str, rated_through: datetime, *windows: Window) -> Feed:
    return Feed(
        key=FeedKey("dc3-a", project),
        auth_url="https://cloud.example.org",
        cloud=None,
        project_name=project,
        currency="CHF",
        collect_period_s=3600,
        rated_through=rated_through,
        run_rates=(),
        imported=tuple(Imported(one) for one in windows),
        categories=frozenset({"compute", "storage", "network"}),
        tag_keys=frozenset({"team"}),
    )


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClockedLedger:
    return fill(ClockedLedger(f"sqlite:///{tmp_path}/ledger.db", monkeypatch))


def fill(clocked: ClockedLedger) -> ClockedLedger:
    clocked.at(NOW)
    rated = moment(NOW.date(), 9)
    with sql.writing(sql.LedgerOptions(clocked.url)) as ledger:
        entries.write_all(ledger.connection, costs(), NOW, "cron@import")
    for project in ("shop", "prices", "batch"):
        clocked.feed(feed_of(project, rated, Window(moment(FIRST), rated)))
    hole = (Window(moment(FIRST), moment(FRIDAY, 3)), Window(moment(FRIDAY, 4), rated))
    clocked.feed(feed_of("traffic", rated, *hole))
    return clocked


def by_id(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    assert not told.get("failed"), told["msg"]
    return {one["id"]: one for one in told["anomalies"]}


def test_planted_events_are_found_and_explained_to_the_cent(clocked: ClockedLedger) -> None:
    told = fill(clocked).run(
        "cost_anomaly_info", currency="CHF", series=["project", "project_category", "tag:team"]
    )
    found = by_id(told)
    assert set(found) == {
        "project=shop 2026-11-25",
        "project=shop category=compute 2026-11-25",
        "project=shop category=storage 2026-11-25",
        "tag:team=web 2026-11-25",
        "project=batch 2026-11-26",
        "project=batch category=compute 2026-11-26",
        "project=traffic 2026-11-26",
        "project=traffic category=network 2026-11-26",
        "project=prices 2026-11-27",
        "project=prices category=compute 2026-11-27",
        "tag:team=data 2026-11-26",
    }
    shop = found["project=shop 2026-11-25"]
    # By hand: 216 + 24 on a Wednesday; ci-7 for 20 hours at 3.1, and 80 GB more at 0.01 for 24 hours.
    assert (shop["actual"], shop["expected"], shop["above"]) == ("321.2", "240", "81.2")
    assert (shop["above_percent"], shop["score"], shop["confidence"]) == ("33.8", 11.3, "high")
    assert shop["compared_with"] == {"day": "2026-11-18", "amount": "240"}
    assert shop["changes"] == {"new": "62", "resized": "19.2"}
    assert [(one["name"], one["change"], one["before"], one["after"]) for one in shop["resources"]] == [
        ("CI-7", "new", "0", "62"),
        ("DATA", "resized", "24", "43.2"),
    ]
    assert shop["state"] == "over" and shop["explained_by"] == [
        "project=shop category=compute 2026-11-25",
        "project=shop category=storage 2026-11-25",
    ]
    assert found["project=batch 2026-11-26"]["changes"] == {"hours": "32"}
    assert found["project=traffic 2026-11-26"]["changes"] == {"traffic": "72"}
    prices = found["project=prices 2026-11-27"]
    assert prices["changes"] == {"price": "24"} and prices["state"] == "open"
    # Two days behind those of Wednesday are as expected; of tags Friday is not known.
    over = {name for name, one in found.items() if one["state"] == "over"}
    assert over == {name for name in found if name.startswith("project=shop")}
    assert told["open"] == len(found) - len(over) and told["hours_of_today"] == 9


def test_a_day_that_is_not_known_whole_is_not_judged(filled: ClockedLedger) -> None:
    told = filled.run("cost_anomaly_info", currency="CHF", series=["total", "project"])
    states = {one["series"]: (one["state"], one["unknown_days"]) for one in told["series"]}
    assert states["project=traffic"] == states["total"] == ("unknown", 1)
    assert states["project=shop"] == ("judged", 0)
    assert "project=traffic 2026-11-26" in by_id(told)
    (feed,) = [one for one in told["feeds"] if one["project_id"] == "traffic"]
    assert feed["missing"] == [{"begin": "2026-11-27T03:00:00Z", "end": "2026-11-27T04:00:00Z"}]


def test_learning_is_silent_and_says_so(filled: ClockedLedger) -> None:
    filled.at(moment(FIRST + 16 * DAY, 12))
    told = filled.run("cost_anomaly_info", currency="CHF", series=["project"], window="yesterday")
    assert {one["state"] for one in told["series"]} == {"learning"}
    assert told["anomalies"] == [] and told["hours_of_today"] is None


def test_the_day_in_progress_is_judged_by_the_same_hours(filled: ClockedLedger) -> None:
    more = use("ci-8", "instance_up", "compute", "shop", NOW.date(), range(9), "1", "4")
    with sql.writing(sql.LedgerOptions(filled.url)) as ledger:
        entries.write_all(ledger.connection, more, NOW, "cron@import")
    told = filled.run("cost_anomaly_info", currency="CHF", series=["project"], window="today")
    (one,) = told["anomalies"]
    # Of a Saturday 9 hours of 2 and 1 are expected.
    assert (one["actual"], one["expected"], one["changes"]) == ("63", "27", {"new": "36"})
    assert one["days"][-1]["end"] == "2026-11-28T09:00:00Z" and one["state"] == "open"


def test_a_silence_names_a_series_or_an_anomaly_and_ends(filled: ClockedLedger) -> None:
    def silenced(name: str, until: str) -> list[str]:
        one = {"name": name, "reason": "a load test", "until": until}
        told = filled.run("cost_anomaly_info", currency="CHF", series=["project"], silences=[one])
        return [one["id"] for one in told["anomalies"] if one["silenced"]]

    assert silenced("project=shop", "2026-11-26") == ["project=shop 2026-11-25"]
    assert silenced("project=prices 2026-11-27", "2026-12-01") == ["project=prices 2026-11-27"]
    assert silenced("project=shop", "2026-11-25") == []


def test_series_of_the_roll_up_are_one_statement(filled: ClockedLedger) -> None:
    days = day_costs.local_days(FIRST, 100, filled.now.tzinfo)  # type: ignore[arg-type]
    with sql.reading(sql.LedgerOptions(filled.url)) as ledger:
        connection, statements = counted(ledger.connection)
        kinds = ["total", "project", "category", "project_category", "region", "tag:team"]
        known = feeds.read_all(ledger.connection)
        selection = Selection(Window(days[0].begin, days[-1].end))
        formatter = SummaryFormatter(Rates(), "CHF")
        day_costs.read_day_costs(connection, selection, days, kinds, known, formatter)
        assert len(statements) == 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"series": ["tag:"]}, "series: 'tag:' is not one of"),
        ({"series": []}, "series: is empty"),
        ({"minimum_score": "-1"}, "minimum_score: '-1' is negative"),
        (
            {"silences": [{"name": "total", "reason": " ", "until": "2026-12-01"}]},
            "silences[0].reason: is empty",
        ),
        ({"silences": [{"name": "total", "reason": "x", "until": "soon"}]}, "silences[0].until: 'soon'"),
    ],
)
def test_what_is_refused(ledger_file: Path, options: dict[str, Any], sentence: str) -> None:
    told = run_module("cost_anomaly_info", {"currency": "CHF", **options})
    assert told["failed"] and sentence in told["msg"] and told["error"]["kind"] == "invalid_option"
