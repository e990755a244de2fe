# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS's and Azure's own formats, on small invented bills whose sums are worked out by hand."""

from __future__ import annotations

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
    with pytest.raises(InvalidOption, match="not of format azure: it lacks costInBillingCurrency"):
        brought(ledger, BILLS / "aws_cur_2_0.csv", "azure")
