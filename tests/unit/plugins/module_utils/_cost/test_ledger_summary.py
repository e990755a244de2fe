# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the ledger says, against plain arithmetic over the entries that stand (design/ledger.md#append-only,
design/money.md#rates, design/money.md#comparison-and-display, design/periods.md#named-windows).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._core.named_windows import named_window
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, iso
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates, parse_rates
from ansible_collections.finops.cloud.plugins.module_utils._cost.ledger_summary import (
    Page,
    SummaryQuestion,
    summarize,
)
from ansible_collections.finops.cloud.plugins.module_utils._imports.manual import CostRecord, record
from ansible_collections.finops.cloud.plugins.module_utils._ledger import commit_clock, sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions
from ansible_collections.finops.cloud.plugins.module_utils._ledger.totals import Selection
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
YEAR = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
#: 50 ICU for a franc until June, 40 from July on.
CHANGED = parse_rates(
    [
        {"currency": "CHF", "icu_per_unit": "50", "valid_from": "2021-01-01"},
        {"currency": "CHF", "icu_per_unit": "40", "valid_from": "2026-07-01"},
    ],
    confirmed=False,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerOptions:
    if request.param == "postgresql":
        return LedgerOptions(request.getfixturevalue("postgresql_url"))
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def cost(key: str, amount: str, currency: str = "CHF", **more: Any) -> CostRecord:
    return CostRecord(
        **{
            "key": key,
            "source": "manual",
            "amount": amount,
            "currency": currency,
            "category": "other",
            **more,
        }
    )


def put(ledger: LedgerOptions, *costs: CostRecord, now: datetime = NOW) -> None:
    record(ledger, costs, now, "me@here", False)


def asked(window: Window = YEAR, rates: Rates | None = None, **more: Any) -> SummaryQuestion:
    conditions = {name: more.pop(name) for name in list(more) if name in Selection.__dataclass_fields__}
    question = SummaryQuestion(Selection(window, **conditions), None, UTC_ZONE, rates or Rates())
    return replace(question, **more)


def told(ledger: LedgerOptions, question: SummaryQuestion, now: datetime = NOW) -> dict[str, Any]:
    return summarize(ledger, question, now)


def test_currencies_stay_apart_until_one_is_asked_for(ledger: LedgerOptions) -> None:
    put(ledger, cost("a", "1.10"), cost("b", "2.20", category="compute"), cost("c", "55.5", "ICU"), now=NOW)
    apart = told(ledger, asked())
    assert apart["cost"]["total"] is None and apart["cost"]["currency"] is None
    assert apart["cost"]["totals"] == [
        {"amount": "3.3", "currency": "CHF"},
        {"amount": "55.5", "currency": "ICU"},
    ]
    assert apart["cost"]["by_category"] == [
        {"category": "compute", "amount": "2.2", "currency": "CHF"},
        {"category": "other", "amount": "1.1", "currency": "CHF"},
        {"category": "other", "amount": "55.5", "currency": "ICU"},
    ]
    together = told(ledger, asked(currency="EUR"))
    # 3.30 francs are 165 ICU; with 55.5 that is 220.5, which is 3.972973 euros.
    assert (together["cost"]["total"], together["cost"]["currency"]) == ("3.972973", "EUR")
    assert together["unknown"] == [] and together["tax"] == "excluded"
    assert together["cost"]["entry_count"] == 3


def test_one_currency_needs_no_asking(ledger: LedgerOptions) -> None:
    put(ledger, cost("a", "1.10"), cost("b", "2"))
    assert told(ledger, asked())["cost"]["total"] == "3.1"


def test_an_empty_window_is_zero_in_the_currency_asked_for_and_in_no_other(ledger: LedgerOptions) -> None:
    put(ledger, cost("a", "1", occurred_at="2020-01-01"))
    empty = told(ledger, asked())["cost"]
    assert (empty["total"], empty["currency"], empty["totals"], empty["by_category"]) == (None, None, [], [])
    assert told(ledger, asked(currency="CHF"))["cost"]["total"] == "0"


def test_each_converts_at_the_rate_of_its_moment(ledger: LedgerOptions) -> None:
    put(ledger, cost("a", "1", occurred_at="2026-06-30T23:59:59"), cost("b", "1", occurred_at="2026-07-01"))
    cost_told = told(ledger, asked(rates=CHANGED, currency="ICU", group_by=("month", "day")))["cost"]
    assert cost_told["total"] == "90"
    assert [(row["month"], row["amount"]) for row in cost_told["by_month"]] == [
        ("2026-06", "50"),
        ("2026-07", "40"),
    ]
    assert [row["day"] for row in cost_told["by_day"]] == ["2026-06-30", "2026-07-01"]


def test_without_a_rate_the_amount_is_unknown_and_named(ledger: LedgerOptions) -> None:
    put(ledger, cost("a", "1", "USD", category="compute", occurred_at="2026-11-02"), cost("b", "2"))
    result = told(ledger, asked(currency="CHF", with_previous=True))
    assert result["cost"]["total"] is None and result["cost"]["currency"] == "CHF"
    assert result["cost"]["by_category"] == [
        {"category": "other", "amount": "2", "currency": "CHF"},
        {"category": "compute", "amount": None, "currency": "CHF"},
    ]
    assert result["cost"]["totals"] == [
        {"amount": "2", "currency": "CHF"},
        {"amount": "1", "currency": "USD"},
    ]
    assert len(result["unknown"]) == 1 and "No rate says how many ICU one USD was" in result["unknown"][0]
    assert result["cost"]["previous"]["change"] is None and result["cost"]["previous"]["total"] == "0"


def test_a_tax_that_was_recorded_is_said_to_be_in(ledger: LedgerOptions) -> None:
    put(ledger, cost("a", "10"), cost("b", "0.81", charge_category="tax"))
    assert told(ledger, asked())["tax"] == "included"
    net = told(ledger, asked(charge_categories=("usage",)))
    assert (net["tax"], net["cost"]["total"]) == ("excluded", "10")


def test_groups_and_filters(ledger: LedgerOptions) -> None:
    put(
        ledger,
        cost(
            "a",
            "1",
            project_id="1",
            project_name="old",
            resource_id="r",
            resource_name="x",
            tags={"team": "shop"},
        ),
        cost(
            "b",
            "2",
            project_id="1",
            project_name="shop",
            resource_id="r",
            tags={"team": "shop", "stage": "test"},
        ),
        cost("c", "4", project_name="unnumbered", metric="m", cloud="here", region="east"),
    )
    groups = (
        "project",
        "resource",
        "metric",
        "cloud",
        "region",
        "source",
        "tag:team",
        "tag:stage",
        "tag:none",
    )
    found = told(ledger, asked(group_by=groups))["cost"]
    assert [(row["project"], row["amount"]) for row in found["by_project"]] == [
        ("unnumbered", "4"),
        ("1", "3"),
    ]
    # A project has one row whatever it was called, and one name that it had.
    assert found["by_project"][1]["project_name"] in ("old", "shop")
    assert [(row["resource"], row["resource_name"], row["amount"]) for row in found["by_resource"]] == [
        (None, None, "4"),
        ("r", "x", "3"),
    ]
    for name, value in (("metric", "m"), ("cloud", "here"), ("region", "east")):
        assert [(row[name], row["amount"]) for row in found[f"by_{name}"]] == [(value, "4"), (None, "3")]
    assert [(row["source"], row["amount"]) for row in found["by_source"]] == [("manual", "7")]
    tags = {name: [(row["value"], row["amount"]) for row in rows] for name, rows in found["by_tag"].items()}
    assert tags == {
        "team": [(None, "4"), ("shop", "3")],
        "stage": [(None, "5"), ("test", "2")],
        "none": [(None, "7")],
    }
    assert found["by_day"] is None
    for conditions, total in (
        ({"tags": {"team": "shop", "stage": "test"}}, "2"),
        ({"projects": ("old",)}, "1"),
        ({"projects": ("1", "unnumbered")}, "7"),
        ({"resources": ("x",)}, "1"),
        ({"metrics": ("m",)}, "4"),
        ({"clouds": ("here",), "regions": ("east",)}, "4"),
        ({"categories": ("compute",)}, "0"),
        ({"sources": ("manual",)}, "7"),
    ):
        found = told(ledger, asked(currency="CHF", **conditions))  # type: ignore[arg-type]
        assert found["cost"]["total"] == total


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"group_by": ("color",)}, "group_by: 'color' is not a group; use one of category, .*, or tag:"),
        ({"group_by": ("tag:",)}, "group_by: 'tag:' is not a group"),
        ({"page": Page(0)}, "limit: 0 is not above zero"),
        ({"page": Page(10, "first")}, "marker: 'first' is not a marker; use next_marker"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(tmp_path: Path, more: dict[str, Any], says: str) -> None:
    ledger = LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    put(ledger, cost("a", "1"))
    with pytest.raises(InvalidOption, match=f"^{says}"):
        told(ledger, asked(**more))


def test_a_missing_ledger_costs_nobody_nothing(ledger: LedgerOptions) -> None:
    with pytest.raises(LedgerError, match="does not exist|is empty"):
        told(ledger, asked())


def test_the_same_part_of_the_month_before(ledger: LedgerOptions) -> None:
    put(
        ledger,
        cost("a", "3", occurred_at="2026-11-02"),
        # Later this month, and in the part of October that November has not reached yet.
        cost("b", "100", occurred_at="2026-11-28"),
        cost("c", "2", occurred_at="2026-10-20"),
        cost("d", "100", occurred_at="2026-10-22"),
    )
    window = named_window("current_month", UTC_ZONE, NOW)
    question = replace(asked(window, with_previous=True), named="current_month")
    found = told(ledger, question)["cost"]
    assert found["total"] == "103"
    assert found["previous"] == {
        "period_start": "2026-10-01T00:00:00Z",
        "period_end": "2026-10-21T12:00:00Z",
        "compared_start": "2026-11-01T00:00:00Z",
        "compared_end": "2026-11-21T12:00:00Z",
        "compared_total": "3",
        "total": "2",
        "currency": "CHF",
        "change": "1",
        "relative_change": "0.5",
    }


def test_entries_are_as_they_stand_and_their_history_on_request(ledger: LedgerOptions) -> None:
    put(ledger, cost("a", "1"), cost("b", "2", description="x", quantity="3", unit="calls"))
    put(ledger, cost("a", "1.5"), now=NOW + timedelta(minutes=1))
    standing = told(ledger, asked(page=Page(10)))
    assert [(row["key"], row["amount"], row["version"], row["reversal"]) for row in standing["entries"]] == [
        ("b", "2", 1, False),
        ("a", "1.5", 2, False),
    ]
    first = standing["entries"][0]
    assert (first["quantity"], first["unit"], first["description"]) == ("3", "calls", "x")
    assert first["recorded_by"].rpartition("/")[2] == "me@here"
    recorded = datetime.strptime(first["recorded_at"], "%Y-%m-%dT%H:%M:%S%z")
    assert abs(recorded - datetime.now(UTC)) < timedelta(minutes=5)
    history = told(ledger, asked(page=Page(10, history=True)))["entries"]
    assert [(row["key"], row["amount"], row["reversal"]) for row in history] == [
        ("a", "1", False),
        ("b", "2", False),
        ("a", "-1", True),
        ("a", "1.5", False),
    ]
    assert told(ledger, asked())["entries"] is None


moments = st.integers(0, 365 * 24 * 4 - 1).map(
    lambda quarter: YEAR.begin + timedelta(minutes=15 * quarter, seconds=7)
)
costs = st.builds(
    cost,
    key=st.integers(0, 40).map(str),
    amount=st.integers(0, 10**12).map(lambda nano: f"{nano // 10**9}.{nano % 10**9:09d}"),
    currency=st.sampled_from(["CHF", "EUR", "ICU"]),
    category=st.sampled_from(["compute", "storage", "other"]),
    tags=st.dictionaries(st.sampled_from(["team", "stage"]), st.sampled_from(["a", "b"]), max_size=2),
    resource_id=st.sampled_from([None, "r", "s"]),
    occurred_at=moments.map(iso),
)
batches = st.lists(st.lists(costs, max_size=6, unique_by=lambda one: one.key), min_size=1, max_size=4)
#: 1/100 of what is shown: results have six decimals.
SHOWN = Fraction(1, 10**6)


def near(text: str, expected: Fraction) -> bool:
    return abs(Fraction(text) - expected) <= SHOWN / 2


def icu(one: CostRecord) -> Fraction:
    assert isinstance(one.occurred_at, str) and isinstance(one.amount, str)
    franc = 50 if one.occurred_at < "2026-07-01" else 40
    return (
        Fraction(one.amount)
        * {"ICU": Fraction(1), "CHF": Fraction(franc), "EUR": Fraction("55.5")}[str(one.currency)]
    )


def by(found: Iterable[CostRecord], key: Any) -> dict[Any, Fraction]:
    sums: dict[Any, Fraction] = {}
    for one in found:
        sums[key(one)] = sums.get(key(one), Fraction(0)) + icu(one)
    return sums


@settings(max_examples=15)
@given(
    batches,
    st.sampled_from(["UTC", "Europe/Zurich", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"]),
    st.data(),
)
def test_sums_are_those_of_a_plain_model_now_and_as_of_then(
    tmp_path_factory: pytest.TempPathFactory,
    done: list[list[CostRecord]],
    zone_name: str,
    data: st.DataObject,
) -> None:
    ledger = LedgerOptions(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db")
    zone = ZoneInfo(zone_name)
    begin, end = sorted(data.draw(st.lists(moments, min_size=2, max_size=2, unique=True)))
    question = replace(
        asked(Window(begin, end), CHANGED, currency="ICU", group_by=("day", "resource", "tag:team")),
        zone=zone,
    )
    model: dict[str, CostRecord] = {}
    reports: list[tuple[datetime, dict[str, Any]]] = []
    put(ledger, cost("outside", "1", occurred_at="2020-01-01"))
    for batch in done:
        put(ledger, *batch)
        with sql.reading(ledger) as opened:
            now = commit_clock.newest(opened.connection)
        model |= {one.key: one for one in batch}
        inside = [one for one in model.values() if iso(begin) <= str(one.occurred_at) < iso(end)]
        found = told(ledger, question)["cost"]
        assert near(found["total"], sum(map(icu, inside), Fraction(0)))
        assert found["entry_count"] == len(inside)
        days = by(
            inside,
            lambda one: datetime.fromisoformat(str(one.occurred_at)).astimezone(zone).strftime("%Y-%m-%d"),
        )
        for rows, name, expected in (
            (found["by_category"], "category", by(inside, lambda one: one.category)),
            (found["by_resource"], "resource", by(inside, lambda one: one.resource_id)),
            (found["by_tag"]["team"], "value", by(inside, lambda one: one.tags.get("team"))),
            (found["by_day"], "day", days),
        ):
            assert {row[name] for row in rows} == set(expected)
            assert all(near(row["amount"], expected[row[name]]) for row in rows)
        reports.append((now, found))
    for then, report in reports:
        answer = told(ledger, replace(question, as_of=then))
        assert (answer["cost"], answer["as_of_final"]) == (report, True)
    later = told(ledger, replace(question, as_of=reports[-1][0] + timedelta(microseconds=1)))
    assert (later["cost"], later["as_of_final"]) == (reports[-1][1], False)


@settings(max_examples=8)
@given(batches, st.integers(1, 5), st.booleans())
def test_pages_are_the_list_cut(
    tmp_path_factory: pytest.TempPathFactory, done: list[list[CostRecord]], limit: int, history: bool
) -> None:
    ledger = LedgerOptions(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db")
    put(ledger, cost("outside", "1", occurred_at="2020-01-01"))
    for batch in done:
        put(ledger, *batch)
    whole = told(ledger, asked(page=Page(1000, history=history)))
    assert whole["next_marker"] is None
    assert history or len(whole["entries"]) == len({one.key for batch in done for one in batch})
    pages: list[Any] = []
    marker: str | None = None
    while True:
        page = told(ledger, asked(page=Page(limit, marker, history)))
        assert len(page["entries"]) <= limit
        pages += page["entries"]
        marker = page["next_marker"]
        if marker is None:
            break
        assert len(page["entries"]) == limit
    assert pages == whole["entries"]
