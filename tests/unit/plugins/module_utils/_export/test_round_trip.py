# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is exported as FOCUS comes back into another ledger as it was, by category, tags and day."""

from __future__ import annotations

import csv
import json
from collections import Counter
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._export import export
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_files import import_bill
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_options import BillOptions
from ansible_collections.finops.cloud.plugins.module_utils._ledger import sql, totals

from .ledgers import IN_FRANCS, NOW, WHOLE, every_kind, ledger


def of_file(path: Path) -> Counter[tuple[Any, ...]]:
    """Charge category, our category, tags and begin -> sum in 1e-9, each row rounded once."""
    sums: Counter[tuple[Any, ...]] = Counter()
    with path.open(newline="") as stream:
        for row in csv.DictReader(stream):
            nano = (Decimal(row["BilledCost"]) * 10**9).quantize(Decimal(1), ROUND_HALF_EVEN)
            tags = tuple(sorted(json.loads(row["Tags"] or "{}").items()))
            sums[row["ChargeCategory"].lower(), row["x_Category"], tags, row["ChargePeriodStart"]] += int(
                nano
            )
    return sums


def of_ledger(options: sql.LedgerOptions) -> Counter[tuple[Any, ...]]:
    sums: Counter[tuple[Any, ...]] = Counter()
    with sql.reading(options) as opened:
        for row in totals.rows(opened.connection, totals.Selection(WHOLE.window), 10_000):
            tags = tuple(sorted(json.loads(row["tags"]).items()))
            begin = f"{_iso(row['period_begin'])}"
            sums[row["charge_category"], row["category"], tags, begin] += row["amount_nano"]
    return sums


def _iso(seconds: int) -> str:
    return f"{NOW.fromtimestamp(seconds, NOW.tzinfo):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3", "1.4"])
@pytest.mark.parametrize("file_format", [export.CSV, export.PARQUET])
def test_what_is_exported_comes_back(tmp_path: Path, version: str, file_format: str) -> None:
    options = ledger(tmp_path, every_kind())
    told = tmp_path / "told.csv"
    export.from_ledger(options, WHOLE, export.Target(str(told), export.CSV, version, IN_FRANCS), None, False)
    dest = tmp_path / ("again.csv" if file_format == export.CSV else "lake")
    target = export.Target(str(dest), file_format, version, IN_FRANCS)
    export.from_ledger(options, WHOLE, target, None, False)
    back = sql.LedgerOptions(f"sqlite:///{tmp_path}/back.db")
    bill = BillOptions((str(dest),), "export")
    result = import_bill(back, bill, NOW, "me", False)
    assert result["uncategorized"] == []
    assert {key: nano for key, nano in of_ledger(back).items() if nano} == {
        key: nano for key, nano in of_file(told).items() if nano
    }
    assert not import_bill(back, bill, NOW, "me", False)["changed"]
