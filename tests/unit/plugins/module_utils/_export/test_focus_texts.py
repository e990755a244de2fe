# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a charge is said to be of, and in which unit, for whoever reads the bill (docs/export.md)."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._export import export

from .ledgers import IN_FRANCS, NOW, WHOLE, entry, ledger


def charge(folder: Path, **given: Any) -> dict[str, str]:
    target = export.Target(str(folder / "focus.csv"), export.CSV, "1.2", IN_FRANCS)
    one = entry("one", NOW.replace(hour=1), **given)
    export.from_ledger(ledger(folder, [one]), WHOLE, target, None, check_mode=False)
    with (folder / "focus.csv").open(newline="", encoding="utf-8") as stream:
        (row,) = csv.DictReader(stream)
    return row


@pytest.mark.parametrize(
    ("given", "description"),
    [
        ({}, "instance of shop-1"),
        ({"resource_name": None}, "instance of 6b0f3a1e"),
        ({"resource_id": None}, "instance of shop-1"),
        ({"resource_id": None, "resource_name": None}, "instance"),
        ({"metric": None}, "Compute of shop-1"),
        ({"description": "The shop's server"}, "The shop's server"),
    ],
)
def test_a_charge_is_described(tmp_path: Path, given: dict[str, Any], description: str) -> None:
    assert charge(tmp_path, **given)["ChargeDescription"] == description


@pytest.mark.parametrize(("unit", "told"), [("GiB", "GiB"), ("instance", "instance")])
def test_usage_keeps_its_unit(tmp_path: Path, unit: str, told: str) -> None:
    row = charge(tmp_path, unit=unit)
    assert (row["ConsumedUnit"], row["PricingUnit"]) == (told, told)
    assert row["SkuPriceId"] == f"instance/{told}"


def test_what_has_no_unit_is_counted_in_charges(tmp_path: Path) -> None:
    row = charge(tmp_path, unit=None)
    assert row["PricingUnit"] == row["ConsumedUnit"] != ""
    assert row["SkuPriceId"] == f"instance/{row['PricingUnit']}"
