# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What acts have saved is what was not rated, worked out by hand (design/office-hours.md#what-was-saved)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._cost.realised_savings import realised_savings
from ansible_collections.finops.cloud.plugins.module_utils._ledger import acts, entries, sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.totals import Selection
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import execute

ICU, HOUR = 10**9, timedelta(hours=1)
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
OFF, ON = MONDAY + 19 * HOUR, MONDAY + 31 * HOUR
NOW = MONDAY + 40 * HOUR
FEED = (
    "INSERT INTO feed (told_by, auth_url, region, project_id, project_name, currency, collect_period_s,"
    " rated_through, retired, flow_hours, rating_regions, empty, unrated, revision) VALUES"
    " ('cloudkitty', 'https://c/v3', 'dc3-a', 'p1', 'shop', 'ICU', 3600, :rated, false, 0,"
    " '{}', '[]', '[]', 1)"
)


def rated(begin: datetime, nano: int, hours: int = 1, server: str = "s-1") -> entries.Entry:
    """What the server cost as compute from that moment on."""
    return entries.Entry(
        "cloudkitty dc3-a p1",
        f"{server} {begin}",
        "usage",
        "compute",
        Window(begin, begin + hours * HOUR),
        nano,
        "ICU",
        region="dc3-a",
        project_id="p1",
        resource_id=server,
    )


def act(kind: str, server: str = "s-1", **more: Any) -> acts.Act:
    return acts.Act(
        kind, acts.SERVER, server, server, "dc3-a", "p1", "shop", schedule="mon-fri 07:00-19:00", **more
    )


def ledger(
    folder: Path, costs: list[entries.Entry], done: list[tuple[acts.Act, datetime]], through: datetime = NOW
) -> sql.LedgerOptions:
    options = sql.LedgerOptions(f"sqlite:///{folder}/ledger.db")
    with sql.writing(options) as opened:
        execute(opened.connection, FEED, {"rated": int(through.timestamp())})
        entries.write_all(opened.connection, costs, NOW, "ada")
        for one, moment in done:
            acts.add(opened.connection, one, moment, "ada")
    return options


def asked(options: sql.LedgerOptions, begin: datetime = MONDAY, end: datetime = NOW, **more: Any) -> Any:
    found = realised_savings(options, Selection(Window(begin, end), **more))
    names = ("acts", "hours_off", "expected", "realised", "problem")
    return [tuple(row[name] for name in names) for row in found["resources"]], found["totals"]


@pytest.fixture
def costs() -> list[entries.Entry]:
    """2 an hour by day, 0.5 by night, and 2 in the hour in which it is started again."""
    hours = [MONDAY + number * HOUR for number in range(40)]
    return [rated(hour, ICU // 2 if OFF <= hour < ON else 2 * ICU) for hour in hours]


NIGHT = [
    (act("stop", saves_nano_per_hour=2 * ICU, currency="ICU"), OFF + timedelta(seconds=30)),
    (act("start", undoes=1), ON + timedelta(minutes=5)),
]


def test_a_night_saves_what_it_was_not_rated(tmp_path: Path, costs: list[entries.Entry]) -> None:
    """Stopped after the hour of seven had begun: twelve periods begin until it is started, 11 of them off."""
    options = ledger(tmp_path, costs, NIGHT)
    assert asked(options) == (
        [(1, 12.0, "24", "16.5", None)],
        [{"expected": "24", "realised": "16.5", "currency": "ICU"}],
    )
    before_midnight = [(1, 4.0, "8", "6", None)]
    assert asked(options, end=MONDAY + 24 * HOUR)[0] == before_midnight
    assert asked(options, projects=("shop",), regions=("dc3-a",))[0] == [(1, 12.0, "24", "16.5", None)]
    for other in ({"projects": ("else",)}, {"regions": ("dc4-a",)}):
        assert asked(options, **other) == ([], [])


def test_the_example_of_the_page(tmp_path: Path, costs: list[entries.Entry]) -> None:
    done = [(NIGHT[0][0], OFF), NIGHT[1]]
    assert asked(ledger(tmp_path, costs, done))[0] == [(1, 13.0, "26", "18", None)]


def test_nothing_is_saved_beyond_what_is_rated_nor_where_the_cloud_charges_all_the_same(
    tmp_path: Path,
) -> None:
    through = OFF + 3 * HOUR
    costs = [rated(MONDAY + number * HOUR, 2 * ICU) for number in range(22)]
    assert asked(ledger(tmp_path, costs, [(NIGHT[0][0], OFF)], through))[0] == [(1, 3.0, "6", "0", None)]


def test_nights_before_do_not_lower_what_a_night_saves(tmp_path: Path) -> None:
    costs, done = [], []
    for day in range(3):
        begin = MONDAY - (2 - day) * 24 * HOUR
        for hour in range(24):
            costs.append(rated(begin + hour * HOUR, 0 if hour >= 12 else 2 * ICU))
        done += [(act("stop"), begin + 12 * HOUR), (act("start"), begin + 24 * HOUR)]
    options = ledger(tmp_path, costs, done, MONDAY + 24 * HOUR)
    assert asked(options, begin=MONDAY)[0] == [(1, 12.0, None, "24", None)]


def test_what_cannot_be_told_is_null(tmp_path: Path) -> None:
    by_day = [rated(MONDAY - 24 * HOUR, 48 * ICU, 24, "s-2"), rated(MONDAY, 40 * ICU, 24, "s-2")]
    done = [(act("stop", saves_nano_per_hour=ICU, currency="ICU"), OFF), (act("shelve", "s-2"), OFF)]
    rows, totals = asked(ledger(tmp_path, by_day, done))
    assert rows == [(1, 21.0, "21", None, "nothing_rated_before"), (1, 21.0, None, None, "not_by_period")]
    assert totals == [{"expected": None, "realised": None, "currency": "ICU"}]


def test_what_was_rated_or_expected_in_another_currency_is_no_amount(
    tmp_path: Path, costs: list[entries.Entry]
) -> None:
    costs[3] = replace(costs[3], currency="CHF")
    done = [(act("stop", saves_nano_per_hour=2 * ICU, currency="CHF"), OFF), NIGHT[1]]
    rows, totals = asked(ledger(tmp_path, costs, done))
    assert rows == [(1, 13.0, None, None, "other_currency")]
    assert totals == [{"expected": None, "realised": None, "currency": "ICU"}]


def test_an_act_that_somebody_has_undone_saves_no_more(tmp_path: Path, costs: list[entries.Entry]) -> None:
    done = [(act("stop"), OFF), (act("undone_by_hand", undoes=1), OFF + 2 * HOUR)]
    assert asked(ledger(tmp_path, costs, done))[0] == [(1, 2.0, None, "3", None)]


def test_a_server_that_the_cloud_charges_while_it_is_off_saves_until_it_is_rated_no_more(
    tmp_path: Path,
) -> None:
    """It is stopped at 19:00 and deleted two days later; another is charged until its last hour, as most are,
    of which nothing tells that it is gone.
    """
    gone, through = OFF + 48 * HOUR, OFF + 96 * HOUR
    by_day = [rated(MONDAY + number * HOUR, 2 * ICU) for number in range(19)]
    off = [rated(OFF + number * HOUR, ICU // 2) for number in range(48)]
    others = [replace(one, key=f"{one.key} 2", resource_id="s-2") for one in by_day]
    done = [(act("stop"), OFF), (act("stop", "s-2"), OFF)]
    options = ledger(tmp_path, [*by_day, *off, *others], done, through)
    rows, _totals = asked(options, end=through)
    assert rows == [(1, 48.0, None, "72", None), (1, 96.0, None, "192", None)]
    (tmp_path / "nearly").mkdir()
    nearly = ledger(tmp_path / "nearly", [*by_day, *off], done[:1], gone + 23 * HOUR)
    assert asked(nearly, end=through)[0] == [(1, 71.0, None, "118", None)]
