# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bills as they are delivered: parts, redeliveries, and what the ledger then has of them."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.money import from_nano
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_files import import_bill
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_options import BillOptions
from ansible_collections.finops.cloud.plugins.module_utils._ledger import comparison, totals
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, exists, reading

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ALL = Window(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
ROW = {
    "BilledCost": "1.25", "BillingAccountId": "acct-1", "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-11-01T00:00:00Z", "BillingPeriodEnd": "2026-12-01T00:00:00Z",
    "ChargeCategory": "Usage", "ServiceCategory": "Compute", "ServiceName": "EC2",
    "ChargePeriodStart": "2026-11-01T00:00:00Z", "ChargePeriodEnd": "2026-11-02T00:00:00Z",
    "ProviderName": "AWS", "ResourceId": "i-1", "SubAccountId": "42", "RegionId": "eu-west-1",
    "ConsumedQuantity": "24", "ConsumedUnit": "Hours", "ChargeClass": "",
    "Tags": '{"team": "web", "spot": true}', "ChargeDescription": "a server", "SkuId": "s-1",
}  # fmt: skip
OCTOBER = {"BillingPeriodStart": "2026-10-01T00:00:00Z", "BillingPeriodEnd": "2026-11-01T00:00:00Z"}
COLOCATION = {
    "file_format": "csv",
    "source": "colocation",
    "columns": {"occurred_at": "Date", "amount": "Net"},
    "values": {"currency": "CHF", "category": "other"},
    "timezone": "UTC",
}
INVOICES = {**COLOCATION, "columns": {"key": "Invoice", "occurred_at": "Date", "amount": "Net"}}


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerOptions:
    if request.param == "sqlite":
        return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
    return LedgerOptions(request.getfixturevalue("postgresql_url"))


def bill(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    kept = list(rows)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(kept[0]))
        writer.writeheader()
        writer.writerows(kept)
    return path


def text(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def brought(
    ledger: LedgerOptions, *files: Path | str, check_mode: bool = False, **more: Any
) -> dict[str, Any]:
    options = BillOptions(files=tuple(map(str, files)), **{"source": "aws", **more})
    return import_bill(ledger, options, NOW, "me", check_mode)


def total(ledger: LedgerOptions, **selected: Any) -> Decimal:
    with reading(ledger) as opened:
        found = totals.totals(opened.connection, totals.Selection(ALL, **selected))
    return from_nano(sum(one.amount_nano for one in found))


def counts(result: dict[str, Any]) -> dict[str, int]:
    return {outcome: count for outcome, count in result["entries"].items() if count}


def outcomes(result: dict[str, Any]) -> list[str]:
    return [one["outcome"] for one in result["bills"]]


# --- one delivery


def test_a_row_of_focus_is_told_whole(ledger: LedgerOptions, tmp_path: Path) -> None:
    found = brought(ledger, bill(tmp_path / "a.csv", [ROW]))
    assert found["totals"] == {"USD": "1.25"} and counts(found) == {"recorded": 1}
    assert found["difference"] == {"compute": {"USD": "1.25"}}
    assert found["bills"] == [
        {
            "billing_account": "acct-1",
            "key": None,
            "period_start": "2026-11-01T00:00:00Z",
            "period_end": "2026-12-01T00:00:00Z",
            "outcome": "new",
            "totals": {"USD": "1.25"},
            "totals_before": {},
        }
    ]
    with reading(ledger) as opened:
        (row,) = totals.rows(opened.connection, totals.Selection(ALL), 9)
    told = {
        name: row[name]
        for name in ("cloud", "region", "project_id", "category", "metric", "resource_id", "quantity", "unit")
    }
    assert told == {
        "cloud": "AWS", "region": "eu-west-1", "project_id": "42", "category": "compute", "metric": "EC2",
        "resource_id": "i-1", "quantity": "24", "unit": "Hours",
    }  # fmt: skip
    assert row["tags"] == '{"spot":"true","team":"web"}' and row["description"] == "a server"


def test_rows_alike_count_as_often_as_they_stand_there(ledger: LedgerOptions, tmp_path: Path) -> None:
    # 1.25 x 2 + 1.25 = 3.75, and with the same file beside it under another name 7.5.
    rows = [ROW, ROW, {**ROW, "ResourceId": "i-2"}]
    first = bill(tmp_path / "a.csv", rows)
    assert counts(brought(ledger, first, check_mode=True)) == {"recorded": 3}
    assert counts(brought(ledger, first)) == {"recorded": 3} and total(ledger) == Decimal("3.75")
    both = brought(ledger, first, bill(tmp_path / "b.csv", rows), delivery="replace")
    assert counts(both) == {"recorded": 3, "unchanged": 3} and total(ledger) == Decimal("7.5")


def test_the_same_delivery_changes_nothing_whatever_the_task_says(
    ledger: LedgerOptions, tmp_path: Path
) -> None:
    path = bill(tmp_path / "a.csv", [ROW, ROW])
    brought(ledger, path)
    for delivery in (None, "replace", "add"):
        for check_mode in (False, True):
            again = brought(ledger, path, delivery=delivery, check_mode=check_mode)
            assert not again["changed"] and counts(again) == {"unchanged": 2}
            assert again["totals"] == {"USD": "2.5"} and again["difference"] == {}
            assert outcomes(again) == ["unchanged"]
    assert total(ledger) == Decimal("2.5")


def test_other_rows_are_refused_with_both_totals(ledger: LedgerOptions, tmp_path: Path) -> None:
    brought(ledger, bill(tmp_path / "a.csv", [ROW]))
    other = bill(tmp_path / "b.csv", [{**ROW, "BilledCost": "3"}, ROW])
    with pytest.raises(InvalidOption) as refused:
        brought(ledger, other)
    assert str(refused.value) == (
        "delivery: The bill of account acct-1 of 2026-11-01T00:00:00Z to 2026-12-01T00:00:00Z is in the"
        " ledger with USD 1.25 in 1 row, and the delivery has USD 4.25 in 2 rows; set replace if the"
        " delivery is the whole bill anew, or add if it is one more part."
    )
    assert total(ledger) == Decimal("1.25")


# --- the inputs that went wrong at version 0.1.0


CHARGE = {**ROW, "ChargePeriodStart": "2026-11-03T00:00:00Z", "ChargePeriodEnd": "2026-11-04T00:00:00Z"}
PART_1 = {**CHARGE, "BilledCost": "100", "Tags": '{"team":"a"}'}
PART_2 = {**CHARGE, "BilledCost": "50", "Tags": '{"team":"b"}'}


def test_parts_in_one_task_by_list_folder_and_glob(ledger: LedgerOptions, tmp_path: Path) -> None:
    folder = tmp_path / "bill"
    folder.mkdir()
    parts = [bill(folder / "part1.csv", [PART_1]), bill(folder / "part2.csv", [PART_2])]
    assert brought(ledger, *parts)["totals"] == {"USD": "150"}
    assert total(ledger) == 150 and total(ledger, tags={"team": "b"}) == 50
    for files in ([folder], [folder / "*.csv"], [f"{folder}/**/part?.csv"], [*parts, folder]):
        assert not brought(ledger, *files)["changed"]
    # Each part on its own is part of it, too.
    assert brought(ledger, parts[0], delivery="add")["totals"] == {"USD": "100"}
    assert total(ledger) == 150


def test_parts_in_two_tasks(ledger: LedgerOptions, tmp_path: Path) -> None:
    first, second = bill(tmp_path / "1.csv", [PART_1]), bill(tmp_path / "2.csv", [PART_2])
    brought(ledger, first)
    with pytest.raises(InvalidOption, match=r"USD 100 in 1 row.*USD 50 in 1 row"):
        brought(ledger, second)
    assert outcomes(brought(ledger, second, delivery="add")) == ["added"] and total(ledger) == 150
    for files in ([first], [second], [first, second]):
        assert not brought(ledger, *files, delivery="add")["changed"]
    # A folder in which yesterday's file still lies: only what is new in it is one more part.
    third = bill(tmp_path / "3.csv", [PART_1, PART_2])
    added = brought(ledger, first, second, third, delivery="add")
    assert counts(added) == {"recorded": 2, "unchanged": 2} and total(ledger) == 300


def test_a_final_bill_with_a_purchase_for_a_year_leaves_the_next_month(
    ledger: LedgerOptions, tmp_path: Path
) -> None:
    november = [
        {
            **ROW, "BilledCost": "100", "ChargePeriodStart": f"2026-11-{day:02}T00:00:00Z",
            "ChargePeriodEnd": f"2026-11-{day + 1:02}T00:00:00Z",
        }
        for day in range(1, 11)
    ]  # fmt: skip
    october = {
        **ROW, **OCTOBER, "BilledCost": "100", "ChargePeriodStart": "2026-10-01T00:00:00Z",
        "ChargePeriodEnd": "2026-10-01T01:00:00Z",
    }  # fmt: skip
    purchase = {
        **october, "BilledCost": "1200", "ChargeCategory": "Purchase",
        "ChargePeriodEnd": "2027-10-01T00:00:00Z",
    }  # fmt: skip
    brought(ledger, bill(tmp_path / "nov.csv", november), delivery="replace")
    brought(ledger, bill(tmp_path / "oct.csv", [october]), delivery="replace")
    final = brought(ledger, bill(tmp_path / "final.csv", [october, purchase]), delivery="replace")
    # 10 x 100 + 100 + 1200
    assert counts(final) == {"recorded": 1, "unchanged": 1} and total(ledger) == 2300
    # A correction of October that stands in November's bill belongs to November's bill.
    correction = {
        **october, "BillingPeriodStart": "2026-11-01T00:00:00Z",
        "BillingPeriodEnd": "2026-12-01T00:00:00Z", "BilledCost": "-30", "ChargeClass": "Correction",
    }  # fmt: skip
    brought(ledger, bill(tmp_path / "nov2.csv", [*november, correction]), delivery="replace")
    assert total(ledger) == 2270 and total(ledger, charge_categories=("adjustment",)) == -30
    assert not brought(ledger, tmp_path / "final.csv")["changed"]


def test_keys_that_look_like_suffixes(ledger: LedgerOptions, tmp_path: Path) -> None:
    lines = ("Invoice,Date,Net", "INV-1,2026-11-01,10", "INV-1#2,2026-11-02,20", "INV-1,2026-11-03,40")
    path = text(tmp_path / "keys.csv", *lines)
    assert brought(ledger, path, **INVOICES)["totals"] == {"CHF": "70"}
    assert total(ledger) == 70
    # Another delivery covers its own keys only.
    fewer = text(tmp_path / "more.csv", "Invoice,Date,Net", "INV-1#2,2026-11-02,25", "INV-3,2026-11-05,1")
    with pytest.raises(InvalidOption, match="Key INV-1#2 is in the ledger with CHF 20 in 1 row, and the del"):
        brought(ledger, fewer, **INVOICES)
    # The same money of another day.
    alike = text(tmp_path / "alike.csv", "Invoice,Date,Net", "INV-1#2,2026-11-04,20")
    with pytest.raises(InvalidOption, match="20 in 1 row; a cell or an option by which rows are read"):
        brought(ledger, alike, **INVOICES)
    assert total(ledger) == 70
    assert outcomes(brought(ledger, fewer, **INVOICES, delivery="replace")) == ["replaced", "new"]
    assert total(ledger) == 10 + 25 + 40 + 1


def test_a_total_line_is_refused_and_can_be_left_out(ledger: LedgerOptions, tmp_path: Path) -> None:
    path = text(tmp_path / "t.csv", "Date,Net,Team", "2026-10-01,70,a", "2026-10-02,30,b", ",100,Total")
    with pytest.raises(InvalidOption) as refused:
        brought(ledger, path, **COLOCATION)
    assert str(refused.value) == (
        "files: t.csv line 4, column 'Date' is empty; every row needs one. Leave a total at the end out by"
        " `skip_footer`."
    )
    assert not exists(ledger) or total(ledger) == 0
    assert brought(ledger, path, **COLOCATION, skip_footer=1)["totals"] == {"CHF": "100"}


def test_the_same_charge_by_another_version_of_focus(ledger: LedgerOptions, tmp_path: Path) -> None:
    newer = {name: value for name, value in PART_1.items() if name != "ProviderName"}
    newer["ServiceProviderName"] = "AWS"
    brought(ledger, bill(tmp_path / "v12.csv", [PART_1]))
    with pytest.raises(InvalidOption, match=r"USD 100 in 1 row.*USD 100 in 1 row"):
        brought(ledger, bill(tmp_path / "v14.csv", [newer]))
    brought(ledger, tmp_path / "v14.csv", delivery="replace")
    assert total(ledger) == 100


def test_two_sources_of_one_format(ledger: LedgerOptions, tmp_path: Path) -> None:
    brought(ledger, text(tmp_path / "c.csv", "Date,Net", "2026-11-01,100"), **COLOCATION)
    telecom = {**COLOCATION, "source": "telecom", "columns": {"occurred_at": "Datum", "amount": "Betrag"}}
    brought(ledger, text(tmp_path / "t.csv", "Datum,Betrag", "2026-11-01,30"), **telecom)
    assert total(ledger) == 130


# --- redeliveries


@pytest.mark.parametrize(
    "changed",
    [
        {"ChargePeriodStart": "2026-11-01T00:00:00.000Z"},
        {"ChargeDescription": "a server at 0.05 an hour"},
        {"BilledCost": "2"},
        {"Tags": "{}"},
    ],
)
def test_a_row_in_another_spelling_counts_once(
    ledger: LedgerOptions, tmp_path: Path, changed: dict[str, str]
) -> None:
    other = {**ROW, "ResourceId": "i-2"}
    brought(ledger, bill(tmp_path / "a.csv", [ROW, other]))
    again = bill(tmp_path / "b.csv", [{**ROW, **changed}, other])
    plan = brought(ledger, again, delivery="replace", check_mode=True)
    done = brought(ledger, again, delivery="replace")
    assert counts(plan) == counts(done) == {"recorded": 1, "reversed": 1, "unchanged": 1}
    assert plan["difference"] == done["difference"]
    assert total(ledger) == Decimal(changed.get("BilledCost", "1.25")) + Decimal("1.25")


def test_a_row_that_is_gone_is_reversed_and_comes_back(ledger: LedgerOptions, tmp_path: Path) -> None:
    both = bill(tmp_path / "a.csv", [ROW, {**ROW, "BilledCost": "2"}])
    one = bill(tmp_path / "b.csv", [ROW])
    for path, wanted in ((both, "3.25"), (one, "1.25"), (both, "3.25"), (one, "1.25")):
        brought(ledger, path, delivery="replace")
        assert total(ledger) == Decimal(wanted)
    assert comparison.compare(ledger)["consistent"]


def test_a_table_covers_its_window_or_the_period_of_the_task(ledger: LedgerOptions, tmp_path: Path) -> None:
    long = text(tmp_path / "a.csv", "Date,Net", "2026-11-01,10", "2026-11-20,5")
    short = text(tmp_path / "b.csv", "Date,Net", "2026-11-01,10")
    brought(ledger, long, **COLOCATION)
    with pytest.raises(InvalidOption, match="which reaches beyond it; name the `period`"):
        brought(ledger, short, **COLOCATION, delivery="replace")
    assert total(ledger) == 15
    brought(ledger, short, **COLOCATION, delivery="replace", period="2026-11")
    assert total(ledger) == 10
    other = text(tmp_path / "c.csv", "Date,Net", "2026-12-01,1")
    assert outcomes(brought(ledger, other, **COLOCATION)) == ["new"] and total(ledger) == 11


def test_rows_read_in_another_way_are_another_content(ledger: LedgerOptions, tmp_path: Path) -> None:
    path = bill(tmp_path / "a.csv", [{**ROW, "ServiceCategory": "AI and Machine Learning"}])
    brought(ledger, path)
    assert total(ledger, categories=("llm_inference",)) == Decimal("1.25")
    with pytest.raises(InvalidOption, match="is in the ledger"):
        brought(ledger, path, categories={"EC2": "compute"})
    brought(ledger, path, categories={"EC2": "compute"}, delivery="replace")
    assert total(ledger, categories=("compute",)) == total(ledger) == Decimal("1.25")


def test_nothing_is_written_of_a_bill_with_one_bad_row(ledger: LedgerOptions, tmp_path: Path) -> None:
    path = bill(tmp_path / "a.csv", [ROW, {**ROW, "BilledCost": "free"}])
    with pytest.raises(InvalidOption, match="a.csv line 3, column 'BilledCost': 'free' is no number"):
        brought(ledger, path)
    assert not exists(ledger) or total(ledger) == 0


def test_gzip_is_read_and_a_cut_one_refused(ledger: LedgerOptions, tmp_path: Path) -> None:
    packed = gzip.compress(bill(tmp_path / "a.csv", [ROW] * 50).read_bytes())
    whole, cut = tmp_path / "whole.csv.gz", tmp_path / "cut.csv.gz"
    whole.write_bytes(packed)
    cut.write_bytes(packed[:-20])
    with pytest.raises(InvalidOption, match="cut.csv.gz' is cut off or damaged"):
        brought(ledger, cut)
    assert brought(ledger, whole)["totals"] == {"USD": "62.5"}
