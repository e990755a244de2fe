# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The own formats of AWS, Azure and Google Cloud, on small invented bills with sums worked out by hand."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_files import import_bill
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_options import BillOptions
from ansible_collections.finops.cloud.plugins.module_utils._ledger import totals
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading

from .test_bill_files import ALL, NOW

BILLS = Path(__file__).with_name("bills")


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerOptions:
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def brought(ledger: LedgerOptions, path: Path, file_format: str, **more: Any) -> dict[str, Any]:
    options = BillOptions((str(path),), file_format, file_format=file_format, **more)
    return import_bill(ledger, options, NOW, "me", False)


def rows(ledger: LedgerOptions) -> list[dict[str, Any]]:
    with reading(ledger) as opened:
        return totals.rows(opened.connection, totals.Selection(ALL), 100)


def by(ledger: LedgerOptions, name: str) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for row in rows(ledger):
        sums[row[name]] += row["amount_nano"] // 10**6
    return dict(sums)


def test_cur_2_0(ledger: LedgerOptions) -> None:
    found = brought(ledger, BILLS / "aws_cur_2_0.csv", "aws_cur")
    # 10.5 + 4 - 4 + 3 + 7 - 2 + 1.9
    assert found["totals"] == {"USD": "20.4"}
    (one,) = found["bills"]
    assert (one["billing_account"], one["period_start"], one["period_end"]) == (
        "111122223333", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z",
    )  # fmt: skip
    assert by(ledger, "charge_category") == {
        "usage": 21_500, "adjustment": -4_000, "purchase": 3_000, "credit": -2_000, "tax": 1_900,
    }  # fmt: skip
    # EC2 and its tax; S3's credit; the savings plan.
    assert by(ledger, "category") == {
        "compute": 12_400, "llm_inference": 7_000, "storage": -2_000, "other": 3_000,
    }  # fmt: skip
    assert found["uncategorized"] == [{"service_category": None, "service": "ComputeSavingsPlans"}]
    assert by(ledger, "tags")['{"user_team":"data"}'] == 7_000
    first = rows(ledger)[2]
    assert (first["cloud"], first["project_name"], first["region"]) == ("AWS", "shop", "eu-central-1")
    assert not brought(ledger, BILLS / "aws_cur_2_0.csv", "aws_cur")["changed"]


def test_the_legacy_report_has_a_column_for_each_tag(ledger: LedgerOptions) -> None:
    assert brought(ledger, BILLS / "aws_cur_legacy.csv", "aws_cur")["totals"] == {"USD": "0.03"}
    told = {row["charge_category"]: json.loads(row["tags"]) for row in rows(ledger)}
    assert told == {"usage": {"team": "web"}, "adjustment": {"env": "prod"}}


def test_azure(ledger: LedgerOptions, tmp_path: Path) -> None:
    found = brought(ledger, BILLS / "azure_mca.csv", "azure")
    # 12.5 + 3.25 + 100 - 5 - 0.001
    assert found["totals"] == {"EUR": "110.749"}
    # The last day of the period is in it.
    assert [(one["period_start"], one["period_end"]) for one in found["bills"]] == [
        ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
    ]
    assert by(ledger, "charge_category") == {"usage": 15_750, "purchase": 100_000, "adjustment": -5_001}
    assert by(ledger, "category") == {"compute": 12_500, "storage": 3_250, "other": 94_999}
    assert by(ledger, "tags")['{"env":"prod","team":"web"}'] == 12_500
    # EA writes the same names in another case, and days in ISO 8601.
    lines = (BILLS / "azure_mca.csv").read_text().splitlines()
    other = tmp_path / "ea.csv"
    other.write_text(
        "\n".join([lines[0].title().replace("Costinbilling", "CostInBilling"), *lines[1:2]]).replace(
            "11/03/2026", "2026-11-03"
        )
    )
    assert brought(ledger, other, "azure", delivery="replace")["totals"] == {"EUR": "12.5"}


def test_a_kind_of_line_that_nobody_knows_is_refused(ledger: LedgerOptions, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text((BILLS / "aws_cur_2_0.csv").read_text().replace(",Credit,", ",Gift,"))
    with pytest.raises(InvalidOption) as refused:
        brought(ledger, path, "aws_cur")
    assert str(refused.value) == (
        "files: new.csv line 7, column 'line_item_line_item_type': 'Gift' is no charge category; it is one of"
        " usage, purchase, credit, adjustment, tax."
    )


def test_a_bill_of_another_format_is_refused(ledger: LedgerOptions) -> None:
    with pytest.raises(InvalidOption, match="has the columns of aws_cur; set `format: aws_cur`"):
        brought(ledger, BILLS / "aws_cur_2_0.csv", "azure")


#: 12.5 + 0.3 + 7 + 1.38 - 0.004 - 1, and the credits -2.5 - 0.000000001, as results round it.
GCP_TOTAL = "17.676"


def test_google_cloud(ledger: LedgerOptions, tmp_path: Path) -> None:
    found = brought(ledger, BILLS / "gcp.jsonl", "gcp", categories={"Vertex AI": "llm_inference"})
    assert found["totals"] == {"CHF": GCP_TOTAL}
    # Six rows, and two credits of the first one.
    assert found["entries"]["recorded"] == 8
    (one,) = found["bills"]
    assert (one["billing_account"], one["period_start"], one["period_end"]) == (
        "01A2B3-C4D5E6-F70819", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z",
    )  # fmt: skip
    assert found["difference"] == {
        # 12.5 - 2.5 - 0.000000001 and the correction of October; 0.3; 7; 1.38 - 0.004.
        "compute": {"CHF": "9"},
        "storage": {"CHF": "0.3"},
        "llm_inference": {"CHF": "7"},
        "other": {"CHF": "1.376"},
    }
    told = {
        charge: sum(row["amount_nano"] for row in rows(ledger) if row["charge_category"] == charge)
        for charge in ("usage", "credit", "adjustment", "tax")
    }
    assert told == {
        "usage": 19_800_000_000, "credit": -2_500_000_001, "adjustment": -1_004_000_000, "tax": 1_380_000_000,
    }  # fmt: skip
    of_vm = [row for row in rows(ledger) if row["tags"] == '{"env":"prod","team":"web"}']
    assert {(row["description"], row["quantity"], row["unit"]) for row in of_vm} == {
        ("N2 Instance Core running in Zurich", "4", "hour"), ("Sustained use", None, None),
        ("Trial", None, None),
    }  # fmt: skip
    assert {(row["cloud"], row["region"], row["project_id"]) for row in of_vm} == {
        ("Google Cloud", "europe-west6", "shop-prod")
    }
    assert not brought(ledger, BILLS / "gcp.jsonl", "gcp", categories={"Vertex AI": "llm_inference"})[
        "changed"
    ]


def test_google_cloud_s_rows_in_two_files_in_another_order_are_the_same_bill(
    ledger: LedgerOptions, tmp_path: Path
) -> None:
    """A row names only what it has, and its names come in any order."""
    lines = (BILLS / "gcp.jsonl").read_text().splitlines()
    brought(ledger, BILLS / "gcp.jsonl", "gcp")
    parts = tmp_path / "parts"
    parts.mkdir()
    # In another order within the row, with the numbers as they are written.
    tax = lines[3].replace('"cost":1.38,', "").replace("{", '{"cost":1.38,', 1)
    (parts / "1.jsonl").write_text("\n".join(lines[:2]) + "\n")
    (parts / "2.jsonl").write_text("\n".join([lines[2], tax, *lines[4:]][::-1]))
    assert not brought(ledger, parts, "gcp")["changed"]


@pytest.mark.parametrize("file_format", ["focus", "aws_cur", "azure"])
def test_google_cloud_s_rows_name_their_format(tmp_path: Path, file_format: str) -> None:
    with pytest.raises(
        InvalidOption, match="format: 'gcp.jsonl' has the columns of gcp; set `format: gcp`.$"
    ):
        brought(LedgerOptions(f"sqlite:///{tmp_path}/l.db"), BILLS / "gcp.jsonl", file_format)


@pytest.mark.parametrize(
    ("bill", "of"),
    [
        ("azure_mca.csv", "azure"), ("aws_cur_2_0.csv", "aws_cur"), ("aws_cur_legacy.csv", "aws_cur"),
        ("gcp.jsonl", "gcp"),
    ],
)  # fmt: skip
def test_a_bill_of_another_format_than_focus_is_told_which(tmp_path: Path, bill: str, of: str) -> None:
    with pytest.raises(
        InvalidOption, match=f"^format: '{bill}' has the columns of {of}; set `format: {of}`.$"
    ):
        brought(LedgerOptions(f"sqlite:///{tmp_path}/l.db"), BILLS / bill, "focus")


def test_google_cloud_as_parquet_and_as_a_flattened_csv_says_the_same(tmp_path: Path) -> None:
    lines = [json.loads(line) for line in (BILLS / "gcp.jsonl").read_text().splitlines()]
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    whole = [{**line, "cost": float(line["cost"])} for line in lines]
    parquet.write_table(pyarrow.Table.from_pylist(_alike(whole)), tmp_path / "gcp.parquet")
    with (tmp_path / "gcp.csv").open("w", newline="") as stream:
        flat = [
            {
                f"{name}_{field}" if isinstance(value, dict) else name: told
                for name, value in line.items()
                for field, told in (value.items() if isinstance(value, dict) else [("", value)])
            }
            for line in lines
        ]
        names = sorted({name for line in flat for name in line})
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        for line in flat:
            writer.writerow(
                {name: json.dumps(told) if isinstance(told, list) else told for name, told in line.items()}
            )
    said = []
    for name in ("gcp.parquet", "gcp.csv"):
        ledger = LedgerOptions(f"sqlite:///{tmp_path}/{name}.db")
        assert brought(ledger, tmp_path / name, "gcp")["totals"] == {"CHF": GCP_TOTAL}
        kept = ("charge_category", "category", "tags", "amount_nano", "project_id", "description", "unit")
        said.append(sorted(str([row[one] for one in kept]) for row in rows(ledger)))
    assert said[0] == said[1]


def _alike(rows_of: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with all fields of all rows, as tables of BigQuery have them."""
    records: dict[str, set[str]] = {}
    for row in rows_of:
        for name, value in row.items():
            records.setdefault(name, set()).update(value if isinstance(value, dict) else ())
    return [
        {
            name: {field: (row.get(name) or {}).get(field) for field in sorted(fields)}
            if fields
            else row.get(name)
            for name, fields in records.items()
        }
        for row in rows_of
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"202611"', '"2026-13"', "'2026-13' is no month, such as 202611"),
        ('"202611"', '"0000-11"', "'0000-11' is no month, such as 202611"),
        ('"202611"', '"9999-12"', "'9999-12' is no month, such as 202611"),
        ('"credits":[{', '"credits":["a",{', "is no JSON list of credits"),
        ('"amount":-2.5', '"amount":"much"', "'much' is no number"),
        ('"cost":12.5,', '"cost":12.5,"cost":1,', "line 1 is not a JSON object"),
        ('"cost":12.5,', f'"cost":12.5,"deep":{"[" * 10**5}{"]" * 10**5},', "line 1 is not a JSON object"),
        ('"cost_type":"regular"}', '"cost_type":"gift"}', "'gift' is no charge category"),
    ],
)
def test_what_is_wrong_in_a_row_of_google_cloud_is_refused(
    ledger: LedgerOptions, tmp_path: Path, before: str, after: str, said: str
) -> None:
    path = tmp_path / "gcp.jsonl"
    text = (BILLS / "gcp.jsonl").read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    with pytest.raises(InvalidOption, match=said):
        brought(ledger, path, "gcp")
