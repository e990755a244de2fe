# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bills of other clouds: FOCUS 1.0 and 1.2 and plain CSV, keyed so that a file twice changes nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.money import from_nano
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_files import (
    TableOptions,
    import_table,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger import totals
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, exists, reading

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ALL = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
ROW = {
    "BilledCost": "1.25", "BillingCurrency": "USD", "ChargeCategory": "Usage",
    "ServiceCategory": "Compute", "ServiceName": "EC2",
    "ChargePeriodStart": "2026-11-01T00:00:00Z", "ChargePeriodEnd": "2026-11-02T00:00:00Z",
    "ProviderName": "AWS", "ResourceId": "i-1",
    "SubAccountId": "42", "RegionId": "eu-west-1", "ConsumedQuantity": "24", "ConsumedUnit": "Hours",
    "ChargeClass": "",
    "Tags": '{"team": "web", "spot": true}', "ChargeDescription": "a server", "SkuId": "s-1",
}  # fmt: skip
PLAIN = {"Date": "2026-11-03", "What": "storage", "Cost": "7.5", "Team": "web"}
MAPPED = {
    "columns": {"occurred_at": "Date", "category": "What", "amount": "Cost", "tags.team": "Team"},
    "values": {"currency": "CHF"},
}


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerOptions:
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def brought(
    ledger: LedgerOptions, rows: Iterable[dict[str, str]], check_mode: bool = False, **more: Any
) -> dict[str, Any]:
    path = Path(str(ledger.url).removeprefix("sqlite:///")).parent / "bill.csv"
    kept = list(rows)
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(kept[0]))
        writer.writeheader()
        writer.writerows(kept)
    given: dict[str, Any] = {
        "file_format": "focus",
        "source": "bills",
        "columns": {},
        "values": {},
        "timezone": "UTC",
        "categories": {},
    }
    return import_table(
        ledger, TableOptions(str(path), **{**given, "replaces": False, **more}), NOW, "me", check_mode
    )


def total(ledger: LedgerOptions, **selected: Any) -> Decimal:
    with reading(ledger) as opened:
        found = totals.totals(opened.connection, totals.Selection(ALL, **selected))
    return from_nano(sum(one.amount_nano for one in found))


def written(result: dict[str, Any]) -> dict[str, int]:
    return {outcome: count for outcome, count in result["entries"].items() if count}


def test_a_row_of_focus_is_told_whole(ledger: LedgerOptions) -> None:
    found = brought(ledger, [ROW])
    assert found["totals"] == {"USD": "1.25"} and written(found) == {"recorded": 1}
    with reading(ledger) as opened:
        (row,) = totals.rows(opened.connection, totals.Selection(ALL), 9)
    told = {
        name: row[name]
        for name in ("cloud", "region", "project_id", "category", "metric", "resource_id", "quantity", "unit")
    }
    assert told == {
        "cloud": "AWS", "region": "eu-west-1", "project_id": "42", "category": "compute", "metric": "EC2",
        "resource_id": "i-1",
        "quantity": "24", "unit": "Hours",
    }  # fmt: skip
    assert row["tags"] == '{"spot":"true","team":"web"}' and row["description"] == "a server"


def test_the_same_file_twice_changes_nothing_alike_rows_included(ledger: LedgerOptions) -> None:
    rows = [ROW, ROW, {**ROW, "ResourceId": "i-2"}]
    assert written(brought(ledger, rows, check_mode=True)) == {"recorded": 3}
    assert written(brought(ledger, rows)) == {"recorded": 3} and total(ledger) == Decimal("3.75")
    again = brought(ledger, rows)
    assert not again["changed"] and written(again) == {"unchanged": 3}
    assert not brought(ledger, rows, check_mode=True)["changed"]


def test_a_bill_that_was_corrected_corrects(ledger: LedgerOptions) -> None:
    other = {**ROW, "ResourceId": "i-2"}
    brought(ledger, [ROW, other])
    dearer = {**ROW, "BilledCost": "2", "Tags": "{}"}
    assert written(brought(ledger, [dearer])) == {"corrected": 1} and total(ledger) == Decimal("3.25")
    assert total(ledger, tags={"team": "web"}) == Decimal("1.25")
    # Only who says that the file is all there is has what it lacks taken back.
    assert written(brought(ledger, [dearer], replaces=True, check_mode=True)) == {
        "unchanged": 1,
        "reversed": 1,
    }
    assert written(brought(ledger, [dearer], replaces=True)) == {"unchanged": 1, "reversed": 1}
    assert total(ledger) == 2


def test_refunds_are_adjustments_and_categories_can_be_given(ledger: LedgerOptions) -> None:
    refund = {
        **ROW,
        "BilledCost": "-0.25",
        "ChargeClass": "Correction",
        "ServiceName": "Bedrock",
        "ServiceCategory": "AI and Machine Learning",
    }
    brought(
        ledger, [ROW, refund, {**refund, "ChargeCategory": "Credit"}], categories={"Bedrock": "llm_inference"}
    )
    assert (
        total(ledger, charge_categories=("adjustment",))
        == total(ledger, charge_categories=("credit",))
        == Decimal("-0.25")
    )
    assert total(ledger, categories=("llm_inference",)) == Decimal("-0.5")


def test_a_column_of_ones_own_stands_before_that_of_focus(ledger: LedgerOptions) -> None:
    brought(
        ledger, [{**ROW, "EffectiveCost": "0.123456789012345678901"}], columns={"amount": "EffectiveCost"}
    )
    assert total(ledger) == Decimal("0.123456789")


def test_plain_csv_by_a_mapping(ledger: LedgerOptions) -> None:
    rows = [PLAIN, {**PLAIN, "Date": "2026-11-04"}, PLAIN]
    for outcome in ("recorded", "unchanged"):
        assert written(brought(ledger, rows, file_format="csv", **MAPPED)) == {outcome: 3}
    assert total(ledger, tags={"team": "web"}, categories=("storage",)) == Decimal("22.5")


@pytest.mark.parametrize(
    ("rows", "more", "says"),
    [
        (
            [{"Cost": "1"}],
            {},
            "^file: '.*bill.csv' is not a FOCUS file: it has no column BilledCost, BillingCurrency",
        ),
        ([{**ROW, "BilledCost": "NaN"}], {}, "bill.csv line 2.amount .*'NaN' is not an amount"),
        (
            [ROW, {**ROW, "BillingCurrency": ""}],
            {},
            "bill.csv line 3.currency .*an amount needs its currency",
        ),
        ([{**ROW, "Tags": "team=web"}], {}, "^file: bill.csv line 2 has Tags that are not valid JSON"),
        (
            [{**ROW, "ChargePeriodStart": "soon"}],
            {},
            "bill.csv line 2.period_begin .*'soon' is not a date or time",
        ),
        ([PLAIN], {"file_format": "csv"}, "^columns: has no amount; name its column there"),
        (
            [PLAIN],
            {"file_format": "csv", "columns": {"price": "Cost"}},
            "^columns.price: is not a field of a cost",
        ),
        (
            [PLAIN],
            {"file_format": "csv", "columns": {"amount": "Price"}},
            "^columns.amount: the file has no column 'Price'.$",
        ),
    ],
)
def test_what_is_no_bill_is_refused_whole(
    ledger: LedgerOptions, rows: list[dict[str, str]], more: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidOption, match=says):
        brought(ledger, rows, **more)
    assert not exists(ledger)


def test_a_file_that_is_not_there_is_named(ledger: LedgerOptions) -> None:
    options = TableOptions("/no/bill.csv", "focus", "bills", {}, {}, "UTC", {}, False)
    with pytest.raises(InvalidOption, match="^file: '/no/bill.csv' cannot be read: No such file"):
        import_table(ledger, options, NOW, "me", True)
