# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Costs that somebody writes down are all recorded or none, and what a plan says is what
happens (design/ledger.md#what-an-entry-carries, design/ledger.md#append-only, design/money.md#net-amounts).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._imports.manual import costs_of, record
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.asked_ledger import sums

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ALWAYS = Window(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
SHARED = {"source": "manual", "currency": "CHF", "category": "other"}


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerOptions:
    if request.param == "postgresql":
        return LedgerOptions(request.getfixturevalue("postgresql_url"))
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def write(
    ledger: LedgerOptions, *rows: dict[str, Any], check_mode: bool = False, **more: Any
) -> dict[str, Any]:
    return record(ledger, costs_of(rows, {**SHARED, **more}), NOW, "me@here", check_mode)


def outcomes(result: dict[str, Any]) -> list[str]:
    return [row["outcome"] for row in result["entries"]]


def total(ledger: LedgerOptions) -> int:
    with reading(ledger) as opened:
        return sums(opened.connection, ALWAYS).get("CHF", 0)


def test_each_is_told_what_happened_to_it(ledger: LedgerOptions) -> None:
    first = write(
        ledger, {"key": "a", "amount": "1"}, {"key": "b", "amount": "2"}, {"key": "c", "amount": "3"}
    )
    assert outcomes(first) == ["recorded"] * 3 and first["ledger_created"]
    again = write(
        ledger,
        {"key": "b", "amount": "2.5"},
        {"key": "d", "amount": "4"},
        {"key": "a", "state": "absent"},
        {"key": "c", "amount": "3.00"},
    )
    assert outcomes(again) == ["corrected", "recorded", "reversed", "unchanged"]
    assert [row["version"] for row in again["entries"]] == [2, 1, 2, 1]
    assert again["counts"] == {"recorded": 1, "corrected": 1, "reversed": 1, "unchanged": 1}
    assert again["changed"] and not again["ledger_created"]
    before, after = again["diff"]["before"], again["diff"]["after"]
    assert {name: row["amount"] for name, row in before.items()} == {"manual/a": "1", "manual/b": "2"}
    assert {name: row["amount"] for name, row in after.items()} == {"manual/b": "2.5", "manual/d": "4"}
    assert total(ledger) == 9_500_000_000


def test_the_same_again_is_no_change(ledger: LedgerOptions) -> None:
    write(ledger, {"key": "a", "amount": "1"})
    again = record(
        ledger, costs_of([{"key": "a", "amount": "1"}], SHARED), NOW + timedelta(days=3), "you", False
    )
    assert not again["changed"] and again["diff"] == {"before": {}, "after": {}}
    assert again["entries"][0]["occurred_at"] == "2026-11-21T12:00:00Z"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"key": "b", "amount": "NaN"}, r"entries\[1\].amount \(key b\): 'NaN' is not an amount"),
        ({"key": "b", "amount": 0.1}, r"entries\[1\].amount \(key b\): is a float"),
        ({"key": "b"}, r"entries\[1\].amount \(key b\): is needed"),
        ({"key": "b", "amount": "-1"}, r"entries\[1\].amount \(key b\): '-1' is negative; only a credit"),
        (
            {"key": "b", "amount": "1", "currency": "Fr."},
            r"entries\[1\].currency \(key b\): 'Fr.' is not a currency",
        ),
        (
            {"key": "b", "amount": "1", "category": "food"},
            r"entries\[1\].category \(key b\): 'food' is unknown; use one of",
        ),
        (
            {"key": "b", "amount": "1", "charge_category": "x"},
            r"entries\[1\].charge_category \(key b\): 'x' is unknown; use one of",
        ),
        (
            {"key": "b", "amount": "1", "occurred_at": "soon"},
            r"entries\[1\].occurred_at \(key b\): 'soon' is not a date",
        ),
        (
            {"key": "b", "amount": "1", "timezone": "CET+1"},
            r"entries\[1\].timezone \(key b\): 'CET\+1' is not an IANA",
        ),
        (
            {"key": "b", "amount": "1", "period_begin": "2026-11-01"},
            r"entries\[1\].period_begin \(key b\): and period_end",
        ),
        (
            {"key": "b", "amount": "1", "period_begin": "2026-11-01", "period_end": "2026-11-01"},
            r"entries\[1\].period_end \(key b\): .* is not after period_begin",
        ),
        (
            {"key": "b", "amount": "1", "period_begin": "2026-11-01", "occurred_at": "2026-11-01"},
            r"entries\[1\].occurred_at \(key b\): is mutually exclusive with period_begin",
        ),
        (
            {"key": "b", "amount": "1", "quantity": "3"},
            r"entries\[1\].unit \(key b\): is required with quantity",
        ),
        (
            {"key": "b", "amount": "1", "tags": {"team": None}},
            r"entries\[1\].tags \(key b\): 'team' must have a text value",
        ),
        ({"key": "b", "amount": "1", "tags": "team"}, r"entries\[1\] \(key b\): 'tags' must be a dictionary"),
        (
            {"key": "b", "ammount": "1"},
            r"entries\[1\] \(key b\): 'ammount' is not an option of an entry; use one of key, ",
        ),
        ({"key": "b", "amount": "1", "unit": ["GiB"]}, r"entries\[1\] \(key b\): 'unit' must be text"),
        (
            {"key": "b", "state": "gone"},
            r"entries\[1\].state \(key b\): 'gone' is not one of present and absent",
        ),
        ({"key": " ", "amount": "1"}, r"entries\[1\].key \(key  \): is empty"),
        ({"amount": "1"}, r"entries\[1\]: is not an entry"),
        ("b", r"entries\[1\]: is not an entry"),
        ({"key": "a", "amount": "1"}, r"entries\[1\].key \(key a\): occurs twice"),
        (
            {"key": "b", "amount": "10000000000"},
            r"entries\[1\].amount \(key b\): 10000000000 is more than a ledger row",
        ),
    ],
)
def test_one_bad_row_and_nothing_is_recorded(tmp_path: Path, row: Any, says: str) -> None:
    ledger = LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    write(ledger, {"key": "there", "amount": "5"})
    with pytest.raises(InvalidOption, match=f"^{says}"):
        write(ledger, {"key": "a", "amount": "1"}, row)
    assert total(ledger) == 5_000_000_000


def test_a_refused_list_makes_no_ledger(ledger: LedgerOptions, tmp_path: Path) -> None:
    with pytest.raises(InvalidOption):
        write(ledger, {"key": "a", "amount": "1"}, {"key": "b", "amount": "x"})
    assert list(tmp_path.iterdir()) == []


def test_taking_back_makes_no_ledger(ledger: LedgerOptions, tmp_path: Path) -> None:
    for check_mode in (True, False):
        with pytest.raises(LedgerError, match="does not exist|is empty"):
            write(ledger, {"key": "a", "state": "absent"}, check_mode=check_mode)
    assert list(tmp_path.iterdir()) == []


def test_what_a_row_leaves_out_is_taken_from_beside_the_list(ledger: LedgerOptions) -> None:
    beside = {
        "occurred_at": "2026-11-01",
        "tags": {"team": "shop"},
        "project_name": "p",
        "timezone": "Europe/Zurich",
    }
    result = write(
        ledger,
        {"key": "a", "amount": "1"},
        {
            "key": "b",
            "amount": "1",
            "tags": {},
            "project_name": "q",
            "period_begin": "2026-10-01",
            "period_end": "2026-11-01",
        },
        **beside,
    )
    first, second = result["entries"]
    assert (first["occurred_at"], first["tags"], first["project_name"]) == (
        "2026-10-31T23:00:00Z",
        {"team": "shop"},
        "p",
    )
    assert (second["period_begin"], second["period_end"]) == ("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z")
    assert (second["tags"], second["project_name"]) == ({}, "q")


def test_all_that_an_entry_has_is_kept(ledger: LedgerOptions) -> None:
    told = {
        "key": "a", "amount": "1", "cloud": "c", "region": "r", "project_id": "1", "project_name": "p",
        "metric": "m", "resource_id": "i",
        "resource_name": "n", "resource_type": "t", "quantity": "2.50", "unit": "GiB", "description": "d",
    }  # fmt: skip
    kept = write(ledger, told)["entries"][0]
    assert {name: kept[name] for name in told} == {**told, "quantity": "2.5"}
    assert not write(ledger, told)["changed"]


states = st.sampled_from(["present", "present", "absent"])
row = st.fixed_dictionaries(
    {
        "key": st.sampled_from("abcd"),
        "state": states,
        "amount": st.integers(0, 3).map(str),
        "occurred_at": st.sampled_from([None, "2026-11-01", "2026-11-02"]),
    }
)
batches = st.lists(st.lists(row, max_size=4, unique_by=lambda one: one["key"]), min_size=1, max_size=6)


@settings(max_examples=20)
@given(batches)
def test_a_plan_is_what_happens_and_the_sum_is_that_of_a_model(
    tmp_path_factory: pytest.TempPathFactory, done: list[list[dict[str, Any]]]
) -> None:
    """Check mode says beforehand exactly what the run says, version for version; the ledger's sum is that of
    what stands.
    """
    ledger = LedgerOptions(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db")
    write(ledger, {"key": "first", "amount": "0"})
    model: dict[str, str] = {}
    for batch in done:
        planned = write(ledger, *batch, check_mode=True)
        ran = write(ledger, *batch)
        assert planned == ran
        for one in batch:
            if one["state"] == "present":
                model[one["key"]] = one["amount"]
            else:
                assert ("reversed" in outcomes(ran)) or one["key"] not in model
                model.pop(one["key"], None)
        again = write(ledger, *batch)
        assert not again["changed"]
        assert total(ledger) == sum(map(int, model.values())) * 1_000_000_000
