# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each threshold fires once in a period, whoever writes, and each consumer takes care of it
for itself (design/alerts.md#when-an-alert-fires, design/alerts.md#delivery).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets.status import status
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._ledger import sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .desk import Desk
from .snapshots import feed

#: The month of the tests' moment, as the ledger calls it.
MONTH = "monthly/2026-11-01T00:00:00Z"
ALL = ["1", "0.9", "0.8", "0.5"]


def fired(said: dict[str, Any]) -> list[str]:
    """The thresholds of a result's alerts, in its order."""
    return [alert["threshold"] for alert in said["alerts"]]


def test_a_jump_fires_every_threshold_the_highest_first_and_once(desk: Desk) -> None:
    desk.define(limit="100")
    assert fired(desk.spend("100")) == ALL
    assert fired(desk.spend("1")) == []
    assert [alert["threshold"] for alert in desk.status()["alerts"]] == ALL


def test_what_an_alert_says(desk: Desk) -> None:
    desk.define(limit="500", currency="CHF", timezone="Europe/Zurich", thresholds=["0.8"])
    (alert,) = desk.spend("406", currency="CHF")["alerts"]
    assert alert == {
        "id": "team/monthly/2026-10-31T23:00:00Z/actual/0.8",
        "budget": "team",
        "period": "monthly/2026-10-31T23:00:00Z",
        "period_start": "2026-10-31T23:00:00Z",
        "period_end": "2026-11-30T23:00:00Z",
        "basis": "actual",
        "threshold": "0.8",
        "amount": "406",
        "limit": "500",
        "currency": "CHF",
        "utilization": 0.812,
        "at_least": False,
        "message": (
            "team: 81.2 % of CHF 500 is spent: CHF 406 from 2026-11-01 to 2026-12-01 (Europe/Zurich). The"
            " threshold is 80 %."
        ),
        "fired_at": "2026-11-28T12:30:00Z",
        "acknowledged_by": [],
    }
    assert desk.status()["alerts"] == [alert]


def test_a_threshold_is_reached_when_it_is_equal_and_not_a_nano_before(desk: Desk) -> None:
    """As floats 0.7 of 0.1 would be less than 0.07."""
    desk.define(limit="0.1", thresholds=["0.7"])
    assert fired(desk.spend("0.069999999")) == []
    assert fired(desk.spend("0.000000001")) == ["0.7"]


def test_falling_and_rising_again_does_not_fire_twice(desk: Desk) -> None:
    desk.define(limit="100")
    assert fired(desk.spend("95")) == ["0.9", "0.8", "0.5"]
    assert fired(desk.spend("-60")) == []
    assert fired(desk.spend("65")) == ["1"]


def test_raising_a_limit_rearms_what_it_puts_out_of_reach(desk: Desk) -> None:
    """The example of design/alerts.md#re-arming: 100 to 200 at 95."""
    desk.define(limit="100")
    desk.spend("95")
    assert fired(desk.define(limit="200")) == []
    said = desk.spend("5")
    assert [alert["id"] for alert in said["alerts"]] == [f"team/{MONTH}/actual/0.5#2"]
    assert fired(desk.spend("80")) == ["0.9", "0.8"]
    assert fired(desk.spend("20")) == ["1"], "the first time: at 95 of 100 it had not fired"


def test_raising_a_limit_keeps_what_is_still_reached(desk: Desk) -> None:
    desk.define(limit="100")
    desk.spend("95")
    assert fired(desk.define(limit="110")) == []
    assert fired(desk.spend("10")) == ["0.9"], "0.5 and 0.8 were still reached at 95 of 110"


def test_lowering_a_limit_fires_what_is_newly_reached_and_rearms_nothing(desk: Desk) -> None:
    desk.define(limit="100")
    desk.spend("60")
    assert fired(desk.define(limit="75")) == ["0.8"]
    desk.spend("-55")
    assert fired(desk.define(limit="70")) == []
    assert fired(desk.spend("58")) == ["0.9"]


def test_another_currency_is_another_limit(desk: Desk) -> None:
    desk.define(limit="100", thresholds=["0.5"])
    desk.spend("60")
    assert fired(desk.define(limit="100", currency="CHF", thresholds=["0.5"])) == []
    assert fired(desk.spend("2440")) == ["0.5"]


def test_rearmed_by_hand_it_fires_with_the_next_writer(desk: Desk) -> None:
    desk.define(limit="100")
    desk.spend("85")
    ids = [f"team/{MONTH}/actual/0.8", f"team/{MONTH}/actual/0.5"]
    planned = desk.alert(budget="team", state="rearmed", check_mode=True)
    assert (planned["changed"], planned["rearmed"]) == (True, ids)
    said = desk.alert(budget="team", state="rearmed")
    assert (said["changed"], said["rearmed"], "alerts" in said) == (True, ids, False)
    assert not desk.alert(budget="team", state="rearmed")["changed"]
    assert [alert["id"] for alert in desk.spend("1")["alerts"]] == [f"{one}#2" for one in ids]
    assert len(desk.status()["alerts"]) == 4, "what was fired before stays on record"


def test_a_closed_period_never_fires(desk: Desk) -> None:
    desk.define(limit="100")
    desk.define("fair", limit="1", period="custom", begin="2026-10-01", end="2026-11-01")
    assert fired(desk.spend("1000", occurred_at="2026-10-31T23:59:59Z")) == []
    assert desk.status()["alerts"] == []
    assert fired(desk.spend("50", occurred_at="2026-12-01")) == [], "nor one that has not begun"


def test_a_new_period_begins_anew_at_a_change_of_clocks_too(desk: Desk) -> None:
    """In Zurich the 25th of October 2026 has 25 hours: it begins at 22:00 UTC and ends at 23:00 UTC."""
    desk.now = datetime(2026, 10, 24, 21, 59, 59, tzinfo=UTC)
    desk.define(limit="1", period="daily", timezone="Europe/Zurich", thresholds=["1"])
    told = []
    for moment in ("24T21:59:59", "24T22:00:00", "25T00:30:00", "25T01:30:00", "25T22:59:59", "25T23:00:00"):
        desk.now = datetime.fromisoformat(f"2026-10-{moment}+00:00")
        told.append([alert["period"].removeprefix("daily/2026-10-") for alert in desk.spend("1")["alerts"]])
    assert told == [["23T22:00:00Z"], ["24T22:00:00Z"], [], [], [], ["25T23:00:00Z"]]


@pytest.mark.parametrize(
    ("period", "begin", "later", "name"),
    [
        ({"period": "hourly"}, "2026-11-28T12", {"hours": 1}, "hourly"),
        ({"period": "weekly"}, "2026-11-23T00", {"days": 7}, "weekly"),
        ({"period": "yearly", "anchor_month": 4, "anchor_day": 6}, "2026-04-06T00", {"days": 365}, "yearly"),
        ({"period": "custom", "begin": "2026-11-20", "end": "2027-03-01"}, "2026-11-20T00", {}, "custom"),
    ],
)
def test_every_kind_of_period_fires_once(
    desk: Desk, period: dict[str, Any], begin: str, later: dict[str, float], name: str
) -> None:
    desk.define(limit="10", thresholds=["0.5"], **period)
    assert [alert["period"] for alert in desk.spend("5")["alerts"]] == [f"{name}/{begin}:00:00Z"]
    assert fired(desk.spend("5")) == []
    if later:
        desk.later(**later)
        assert fired(desk.spend("5")) == ["0.5"]


def test_of_a_limit_of_nothing_any_spend_is_all(desk: Desk) -> None:
    desk.define(limit="0", thresholds=["0.5", "1", "1.5"])
    assert desk.status()["utilization"] == 0.0
    assert fired(desk.spend("0")) == []
    said = desk.spend("0.000000001")
    assert fired(said) == ["1", "0.5"]
    assert {alert["utilization"] for alert in said["alerts"]} == {1.0}
    assert "100 % of ICU 0 is spent" in said["alerts"][0]["message"]
    assert desk.status()["utilization"] == 1.0


def test_only_budgets_in_whose_scope_it_is(desk: Desk) -> None:
    desk.define("compute", limit="1", fed_by="cloud", scope={"categories": ["compute"]})
    desk.define("web", limit="1", scope={"tags": {"team": "web"}})
    desk.define("all", limit="1", thresholds=["1"])
    desk.define("quiet", limit="1", thresholds=[])
    said = desk.spend("1", category="storage", tags={"team": "web"})
    assert [(alert["budget"], alert["threshold"]) for alert in said["alerts"]] == [
        ("all", "1"),
        *(("web", one) for one in ALL),
    ]
    assert said["alerts_unknown"] == [], "compute is unknown, and not touched"


def test_a_spend_that_is_known_in_part_fires_what_it_reaches_and_says_so(desk: Desk) -> None:
    desk.define(limit="100", fed_by="cloud")
    said = desk.spend("85")
    assert [(alert["threshold"], alert["at_least"]) for alert in said["alerts"]] == [
        ("0.8", True),
        ("0.5", True),
    ]
    assert "at least 85 % of ICU 100" in said["alerts"][0]["message"]
    assert said["alerts_unknown"] == [
        "team: it is fed by the cloud, but no cost was ever imported into this ledger; run cost_import first."
    ]


def test_a_spend_that_nobody_can_convert_is_written_and_fires_nothing(desk: Desk) -> None:
    desk.define(limit="100", currency="CHF")
    said = desk.spend("1000000", currency="GBP")
    assert (said["counts"]["recorded"], said["alerts"]) == (1, [])
    assert "No rate says how many ICU one GBP was" in said["alerts_unknown"][0]


def test_limits_in_another_currency_are_multiplied(desk: Desk) -> None:
    """CHF 100 at 50 is 5000 ICU."""
    desk.define(limit="100", currency="CHF", thresholds=["0.8"])
    assert fired(desk.spend("3999.999999999")) == []
    assert fired(desk.spend("0.000000001")) == ["0.8"]


def test_what_runs_fires_as_what_is_spent_does(desk: Desk) -> None:
    """Actual is spent + accrued; rated through 10:00 at 2 an hour, asked at 12:30: 6
    (design/alerts.md#when-an-alert-fires).
    """
    desk.feed(feed())
    desk.define(limit="10", thresholds=["0.6"], fed_by="cloud", basis="actual")
    assert desk.status()["accrued"] == "6"
    assert [alert["amount"] for alert in desk.status()["alerts"]] == ["6"], "the definition fired it"


def test_what_is_held_is_not_spent(desk: Desk) -> None:
    desk.define(limit="100")
    assert fired(desk.hold("90")) == []
    assert fired(desk.commit("90", check_mode=True)) == []
    assert fired(desk.commit("90")) == ["0.9", "0.8", "0.5"]
    assert fired(desk.commit("91")) == []
    desk.record("50")
    assert fired(desk.hold("1", name="planned", check_mode=True)) == []
    assert fired(desk.hold("1", name="refused")) == ["1"], "a hold that is refused is a gate too"


def test_a_gate_fires_what_time_has_brought(desk: Desk) -> None:
    desk.feed(feed())
    desk.define(limit="10", fed_by="cloud", basis="actual", thresholds=["0.6", "0.8"])
    desk.later(hours=1)
    ask = {"spend": "1", "currency": "ICU", "category": "compute"}
    assert desk.budget(check_mode=True, **ask)["alerts"] == []
    said = desk.budget(**ask)
    assert (fired(said), said["changed"], said["verdict"]) == (["0.8"], False, "allow")
    assert fired(desk.budget(**ask)) == []
    assert fired(desk.hold("1")) == [], "a hold is a gate too"


def test_a_gate_that_cannot_write_has_its_verdict_all_the_same(desk: Desk) -> None:
    desk.define(limit="10")
    desk.record("9")
    impatient = Desk(replace(desk.options, timeout_seconds=0), desk.now)
    ask = {"spend": "1", "currency": "ICU", "category": "compute"}
    with sql.writing(desk.options):
        said = impatient.budget(**ask)
    assert (said["verdict"], said["alerts"]) == ("allow", [])
    assert said["warnings"][0].startswith("Alerts are due and were not fired: ")
    assert fired(impatient.budget(**ask)) == ["0.9", "0.8", "0.5"]


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement that SQLite is sent meanwhile."""
    sent: list[str] = []
    connect = sqlite3.connect

    def connect_and_trace(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(sent.append)
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", connect_and_trace)
        yield sent


def test_marks_cost_one_statement_for_all_budgets_and_none_where_nothing_is_reached(desk: Desk) -> None:
    ask = {"spend": "1", "currency": "ICU", "category": "compute"}
    for number in range(10):
        desk.define(f"team {number}", limit="100")
    with statements() as quiet:
        desk.budget(**ask)
    assert [one for one in quiet if "FROM budget" in one]
    assert [one for one in quiet if "alert" in one] == []
    assert fired(desk.spend("60")) == ["0.5"] * 10
    with statements() as reached:
        assert fired(desk.budget(**ask)) == []
    assert len(reached) - len(quiet) == 1
    assert not [one for one in reached if one.startswith(("INSERT", "UPDATE", "BEGIN IMMEDIATE"))]


def test_consumers_do_not_steal_from_each_other(desk: Desk) -> None:
    desk.define(limit="100")
    ids = [alert["id"] for alert in desk.spend("85")["alerts"]]
    take = {"consumer": "mail", "ids": ids[:1]}
    assert desk.alert(check_mode=True, **take)["changed"]
    assert waiting(desk, "mail") == ids
    said = desk.alert(**take)
    assert (said["changed"], said["acknowledged"]) == (True, ids[:1])
    again = desk.alert(**take)
    assert (again["changed"], again["acknowledged"]) == (False, [])
    assert (waiting(desk, "mail"), waiting(desk, "chat")) == (ids[1:], ids)
    assert [alert["acknowledged_by"] for alert in desk.status()["alerts"]] == [["mail"], []]
    desk.alert(consumer="mail", ids=[*ids, ids[1]])
    assert waiting(desk, "mail") == []


def waiting(desk: Desk, consumer: str) -> list[str]:
    told = status(desk.options, None, Rates(), desk.now, consumer)["alerts"]
    return [alert["id"] for alert in told]


def test_a_consumer_is_told_what_was_fired_before_the_period_ended(desk: Desk) -> None:
    desk.define(limit="100")
    ids = [alert["id"] for alert in desk.spend("55")["alerts"]]
    desk.later(days=5)
    assert desk.status()["alerts"] == [], "of the new period there is none"
    assert waiting(desk, "mail") == ids
    desk.later(days=27)
    assert waiting(desk, "mail") == [], "for 31 days"


def test_what_was_rearmed_before_anybody_took_care_of_it_still_waits(desk: Desk) -> None:
    desk.define(limit="100")
    ids = [alert["id"] for alert in desk.spend("55")["alerts"]]
    desk.define(limit="200")
    assert waiting(desk, "mail") == ids


def test_a_budget_that_is_defined_anew_fires_anew_under_ids_of_its_own(desk: Desk) -> None:
    desk.define(limit="100")
    first = desk.spend("55")["alerts"]
    desk.budget(name="team", state="absent")
    second = desk.define(limit="100")["alerts"]
    assert [alert["id"] for alert in second] == [f"{alert['id']}#2" for alert in first]


@pytest.mark.parametrize(
    ("task", "says"),
    [
        ({"ids": ["no/such"], "consumer": "mail"}, "ids: the ledger has no alert 'no/such'"),
        ({"ids": ["a"]}, "consumer: is needed: it says who took care"),
        ({"ids": ["a"], "consumer": " "}, "consumer: is needed: it says who took care"),
        ({"state": "rearmed", "budget": ""}, "budget: the ledger has no budget ''; it has team"),
        ({"state": "rearmed", "budget": "taem"}, "budget: the ledger has no budget 'taem'; it has team"),
    ],
)
def test_what_makes_no_sense_is_refused(desk: Desk, task: dict[str, Any], says: str) -> None:
    desk.define()
    with pytest.raises(InvalidOption, match=f"^{says}"):
        desk.alert(**task)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(-60, 60), min_size=1, max_size=8), limit=st.integers(0, 120))
def test_each_threshold_fires_exactly_when_the_highest_spend_so_far_reaches_it(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], limit: int
) -> None:
    folder: Path = tmp_path_factory.mktemp("model")
    desk = Desk(LedgerOptions(f"sqlite:///{folder}/ledger.db"))
    desk.define(limit=str(limit))
    spent, told = 0, set[Decimal]()
    thresholds = {Decimal(one) for one in ALL}
    for step in steps:
        spent += step
        new = {Decimal(one) for one in fired(desk.spend(str(step)))}
        reached = {one for one in thresholds if spent > 0 and spent >= one * limit}
        assert new == reached - told
        told |= reached
    assert sorted(Decimal(alert["threshold"]) for alert in desk.status()["alerts"]) == sorted(told)


def test_nothing_is_due_in_a_ledger_that_check_mode_would_make(desk: Desk) -> None:
    said = desk.define(limit="0", check_mode=True)
    assert (said["alerts"], said["alerts_unknown"]) == ([], [])
