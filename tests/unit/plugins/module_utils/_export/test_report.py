# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report tells, and what it says that it does not know."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._export.chart import bars
from ansible_collections.finops.cloud.plugins.module_utils._export.render import render
from ansible_collections.finops.cloud.plugins.module_utils._export.report import Results, report
from hypothesis import given
from hypothesis import strategies as st

from .advices import anomalies, anomaly, recommendation, savings
from .reports import CLOUD, NOW, alert, before, budget, everything, summary

UTC = ZoneInfo("UTC")
FAILED = {"failed": True, "msg": "Reading it failed."}


def told(zone: ZoneInfo = UTC, **results: Any) -> dict[str, Any]:
    given = {**everything(), "anomalies": None, **results}
    return report(Results(**given), "November", zone, NOW)


def test_days_that_are_not_rated_are_not_zero_and_those_without_entries_are() -> None:
    days = {row["day"]: (row["amount"], row["partial"]) for row in told()["days"]}
    assert days == {"2026-11-19": ("6", False), "2026-11-20": ("0", False), "2026-11-21": ("6.5", True)}
    late = summary(feeds=[{**summary()["feeds"][0], "rated_through": "2026-11-20T00:00:00Z"}])
    late["cost"]["by_day"] = late["cost"]["by_day"][:1]
    behind = told(summary=late)
    assert [row["amount"] for row in behind["days"]] == ["6", None, None]
    assert (
        behind["incomplete"][0]
        == "The cost of web-1 (here) is known up to 2026-11-20 00:00 only; run cost_import."
    )


def test_what_could_not_be_read_is_said_and_never_zero() -> None:
    blind = told(before=FAILED, recent=FAILED, budgets=FAILED, usage=[FAILED], quota=[FAILED])
    assert blind["incomplete"] == [
        "What it cost before is not known: Reading it failed.",
        "How the budgets stand is not known: Reading it failed.",
        "What is idle is not known: Reading it failed.",
        "What is used of the quotas is not known: Reading it failed.",
    ]
    for name in ("previous", "movers", "budgets", "alerts", "reservations", "idle", "quotas"):
        assert blind[name] is None


def test_a_task_that_was_kept_from_failing_has_failed() -> None:
    assert told(quota=[{"failed": False, "msg": "No."}])["quotas"] is None
    assert (
        "What is used of the quotas is not known: No."
        in told(quota=[{"failed": False, "msg": "No."}])["incomplete"]
    )


def test_a_service_and_a_budget_that_are_not_known_are_named() -> None:
    quota = {"services": {"compute": {"status": "forbidden", "message": "403"}}, "quotas": {"compute": None}}
    assert told(quota=[quota])["incomplete"] == [
        "What is used of the quotas is not known of compute: 403",
        "dark: is not known.",
    ]
    absent = {"services": {"image": {"status": "absent", "message": None}}, "quotas": {}}
    assert told(quota=[absent])["incomplete"] == ["dark: is not known."]


def test_a_ledger_that_begins_later_does_not_say_that_it_was_free_before() -> None:
    young = told(before=before(entry_count=0))
    assert young["previous"] is None
    assert young["movers"] is None
    assert young["incomplete"][0].startswith(
        "What it cost before is not known: the ledger has no entry from 2026-11-16 00:00"
    )


def test_what_was_never_imported_is_said_and_its_days_are_not_zero() -> None:
    gap = {"begin": "2026-11-20T00:00:00Z", "end": "2026-11-21T06:00:00Z"}
    holed = told(summary=summary(feeds=[{**summary()["feeds"][0], "missing": [gap]}]))
    days = {row["day"]: (row["amount"], row["partial"]) for row in holed["days"]}
    assert days == {"2026-11-19": ("6", False), "2026-11-20": (None, True), "2026-11-21": ("6.5", True)}
    assert holed["incomplete"][0] == (
        "The cost of web-1 (here) is not known from 2026-11-20 00:00 to 2026-11-21 06:00: that was never"
        " imported."
    )
    many = told(summary=summary(feeds=[{**summary()["feeds"][0], "missing": [gap] * 5}]))
    assert many["incomplete"][0].endswith(" and 2 times more: that was never imported.")


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({}, True),
        ({"missing": [{"begin": "2026-11-16T00:00:00Z", "end": "2026-11-17T00:00:00Z"}]}, False),
        ({"rated_through": "2026-11-18T00:00:00Z"}, False),
        # It has ended: there is no cost behind that.
        ({"rated_through": "2026-11-18T00:00:00Z", "retired": True}, True),
    ],
)
def test_a_part_of_the_period_before_is_not_compared_with_all_of_this_one(
    changes: dict[str, Any], known: bool
) -> None:
    compared = told(before=before(feeds=[{**summary()["feeds"][0], **changes}]))
    assert (compared["previous"] is not None, compared["movers"] is not None) == (known, known)
    assert known or compared["incomplete"][0].startswith(
        "What it cost before is not known: the ledger is without a project's cost from"
    )


def test_a_project_that_has_ended_is_not_behind() -> None:
    ended = summary(
        feeds=[{**summary()["feeds"][0], "rated_through": "2026-11-20T00:00:00Z", "retired": True}]
    )
    assert told(summary=ended)["incomplete"] == told()["incomplete"]


def test_movers_are_those_that_changed_most_new_and_gone_ones_too() -> None:
    movers = [(row["name"], row["change"]) for row in told()["movers"]]
    assert movers == [("instance", "7"), ("gone", "-7"), ("volume.size", "2.5")]


def test_an_idle_resource_has_the_price_of_the_newest_day_by_730_hours_or_none() -> None:
    # 2.4 a day is 0.1 an hour.
    assert [(row["id"], row["per_month"]) for row in told()["idle"]] == [("r1", "73"), ("r9", None)]
    assert [row["per_month"] for row in told(recent=None)["idle"]] == [None, None]


def test_the_worst_comes_first_and_of_alerts_the_highest() -> None:
    result = told()
    assert [row["name"] for row in result["budgets"]] == ["dark", "web-1"]
    assert [row["threshold"] for row in result["alerts"]] == ["0.9"]
    assert [row["name"] for row in result["quotas"]] == ["web-1"]
    assert result["by_category"][0]["share"] == 0.8


def test_what_came_after_the_window_is_apart() -> None:
    """The window ends on 23 November, and budgets were read in December."""
    december = {"period_start": "2026-12-01T00:00:00Z", "period_end": "2027-01-01T00:00:00Z"}
    unknown = {"verdict": "unknown", "reason": "newer: is not known.", "at_least": None}
    rows = [
        budget("older", over_by="3", over_since="2026-11-20T00:00:00Z"),
        budget("newer", **december, **unknown),
    ]
    fired = [alert("older", "0.5"), {**alert("older", "0.9"), "fired_at": "2026-11-23T00:00:00Z"}]
    found = told(budgets={"budgets": rows, "alerts": fired, "reservations": []})
    assert [(row["name"], row["over_by"]) for row in found["budgets"]] == [("older", "3")]
    assert [row["threshold"] for row in found["alerts"]] == ["0.5"]
    assert [row["threshold"] for row in found["later"]["alerts"]] == ["0.9"]
    assert found["later"]["budgets"] == ["newer"]
    assert "newer: is not known." not in found["incomplete"]
    assert told()["later"] is None


def test_of_many_budgets_and_alerts_ten_are_shown_and_the_others_folded() -> None:
    rows = [budget(f"b{number}") for number in range(30)]
    fired = [alert(f"b{number}", "0.5") for number in range(30)]
    page = render("html", told(budgets={"budgets": rows, "alerts": fired, "reservations": []}))
    assert page.count("<summary>20 more</summary>") == 2
    assert page.count("<details>") == page.count("</details>") == 2
    assert page.count("<ul") == page.count("</ul>") and page.count("<div") == page.count("</div>")


def test_without_the_cost_in_one_currency_there_is_no_report() -> None:
    mixed = summary()
    mixed["cost"]["currency"] = None
    for one in (mixed, FAILED, dict(CLOUD)):
        with pytest.raises(InvalidOption, match="^results: summary is not a result of"):
            told(summary=one)


@given(
    st.lists(
        st.one_of(
            st.none(), st.decimals(-(10**9), 10**9, allow_nan=False, places=6).map(lambda one: f"{one:f}")
        ),
        max_size=40,
    )
)
def test_bars_stay_in_the_drawing_and_stand_for_their_values(values: list[str | None]) -> None:
    drawn = bars(values, 900, 200)
    assert len(drawn.bars) == len(values)
    assert 1 < len(drawn.ticks) < 12
    for drawn_bar, value in zip(drawn.bars, values, strict=True):
        assert drawn_bar.known == (value is not None)
        assert -0.02 <= drawn_bar.x <= drawn_bar.x + drawn_bar.width <= 900.02
        assert -0.02 <= drawn_bar.y <= drawn_bar.y + drawn_bar.height <= 200.02
        assert (
            abs((drawn_bar.y + drawn_bar.height if float(value or 0) >= 0 else drawn_bar.y) - drawn.zero)
            < 0.05
        )


def test_each_cloud_is_named_beside_what_is_idle_and_full_there() -> None:
    idle = {"name": "web", "id": "r1", "type": "storage.volume", "reason": "unattached", "age_hours": 48.0}
    quota = {"limit": 10, "used": 9, "utilization": 0.9}
    clouds = [{"cloud": {"name": name, "project_name": f"of {name}"}} for name in ("a", "b")]
    # Of the third nothing could be read.
    failed = {**FAILED, "cloud": {"name": "c"}}
    found = told(
        usage=[*({**one, "services": {}, "idle": [idle]} for one in clouds), failed],
        quota=[*({**one, "services": {}, "quotas": {"compute": {"cores": quota}}} for one in clouds), failed],
    )
    for rows in (found["idle"], found["quotas"]):
        assert [(row["cloud"], row["project_name"]) for row in rows] == [("a", "of a"), ("b", "of b")]
    assert [one for one in found["incomplete"] if " in c is not known: " in one] == [
        f"What is idle in c is not known: {FAILED['msg']}",
        f"What is used of the quotas in c is not known: {FAILED['msg']}",
    ]


def test_what_could_be_saved_is_a_list_with_its_sum_and_what_was_saved_is_as_it_was_told() -> None:
    result = told(savings=[savings(recommendation("a", "5")), savings(recommendation("b", "11.75"))])
    assert [row["name"] for row in result["savings"]["rows"]] == ["b", "a"]
    assert (result["savings"]["amount"], result["savings"]["count"]) == ("16.75", 2)
    assert result["realised"]["totals"] == [{"expected": "9", "realised": "7.55", "currency": "ICU"}]
    nothing = told(savings=None, summary=summary())
    assert (nothing["savings"], nothing["realised"], nothing["anomalies"]) == (None, None, None)
    with pytest.raises(InvalidOption, match="^results.savings: is in EUR; ask for it in CHF"):
        told(savings=[savings(currency="EUR")])


def test_days_above_what_was_expected_are_said_and_only_those_of_the_window_are_listed() -> None:
    zone = "Europe/Zurich"
    result = told(
        ZoneInfo(zone),
        anomalies=anomalies(
            anomaly("2026-11-20", zone=zone),
            anomaly("2026-11-21", zone=zone, silenced={"reason": "-", "until": "-"}),
            anomaly("2026-10-20", zone=zone),
        ),
    )
    assert [row["first_day"] for row in result["anomalies"]] == ["2026-11-20", "2026-11-21"]
    assert {row["day"]: row["above"] for row in result["days"]}["2026-11-20"] == ["total"]
    assert {row["day"]: row["above"] for row in result["days"]}["2026-11-21"] == []
    page = render("html", result)
    assert page.count('class="flag"') == 2, "the bar and the key"
    assert "20 Nov 2026: CHF\u00a00.00, more than expected" in page
    assert "more than expected" in render("md", result)


def test_advice_that_could_not_be_read_is_not_nothing() -> None:
    blind = told(savings=[FAILED, savings()], anomalies=FAILED)
    assert blind["incomplete"][-2:] == [
        "What could be saved is not known: Reading it failed.",
        "What cost more than expected is not known: Reading it failed.",
    ]
    assert (blind["anomalies"], told(savings=[FAILED])["savings"]) == (None, None)
