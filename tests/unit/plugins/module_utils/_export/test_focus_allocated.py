# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""FOCUS rows of shared costs: their parts add up to the charge, and say whose they are
(design/ledger.md#shared-costs).
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._budgets.policy_task import PolicyTask, apply
from ansible_collections.finops.cloud.plugins.module_utils._export import export
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_files import import_bill
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_options import BillOptions
from ansible_collections.finops.cloud.plugins.module_utils._ledger import sql, totals

from .ledgers import IN_FRANCS, NOW, WHOLE, every_kind, ledger

SHARED = {"charge_categories": ["usage", "purchase", "credit"]}


def rows_of(options: sql.LedgerOptions, path: Path, version: str, allocated: bool) -> list[dict[str, str]]:
    target = export.Target(str(path), export.CSV, version, IN_FRANCS, allocated=allocated)
    assert export.from_ledger(options, WHOLE, target, None, False)["undivided"] == []
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("version", ["1.3", "1.4"])
def test_the_parts_of_every_charge_add_up_to_it(tmp_path: Path, version: str) -> None:
    options = ledger(tmp_path, every_kind())
    split: dict[str, Any] = {
        "name": "all",
        "cost": SHARED,
        "by": "shares",
        "shares": {"shop": "1", "data": "2", "web": "0.5"},
        "to": "tag:team",
    }
    apply(options, PolicyTask(cost_allocation=[split]), NOW, False, "owner")
    whole = rows_of(options, tmp_path / "whole.csv", version, allocated=False)
    divided = rows_of(options, tmp_path / "divided.csv", version, allocated=True)
    shared = {
        row["x_EntryKey"]: row
        for row in whole
        if row["ChargeCategory"].lower() in SHARED["charge_categories"]
    }
    parts: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in divided:
        if row["AllocatedMethodId"]:
            parts[row["x_EntryKey"]].append(row)
        else:
            assert row in whole and not any(row[name] for name in row if name.startswith("Allocated"))
    assert parts.keys() == shared.keys()
    for key, of_charge in parts.items():
        assert [row["AllocatedResourceId"] for row in of_charge] == ["data", "shop", "web"]
        ratios = [
            json.loads(row["AllocatedMethodDetails"], parse_float=Decimal)["Elements"][0]["AllocatedRatio"]
            for row in of_charge
        ]
        assert sum(ratios) == 1 and abs(ratios[0] * 7 - 4) < Decimal("1e-17")
        assert {json.loads(row["AllocatedTags"])["team"] for row in of_charge} == {"shop", "data", "web"}
        for name in ("BilledCost", "EffectiveCost", "PricingQuantity", "ConsumedQuantity", "x_RecordedCost"):
            told = [row[name] for row in of_charge]
            assert sum(Decimal(one or 0) for one in told) == Decimal(shared[key][name] or 0)
        for name in ("ContractedUnitPrice", "SubAccountId", "ResourceId", "Tags"):
            assert {row[name] for row in of_charge} == {shared[key][name]}


def test_what_is_divided_comes_back_by_the_tags_of_who_has_it(tmp_path: Path) -> None:
    options = ledger(tmp_path, every_kind())
    split = {"name": "all", "cost": SHARED, "by": "shares", "shares": {"shop": "1"}, "to": "tag:owner"}
    apply(options, PolicyTask(cost_allocation=[split]), NOW, False, "owner")
    rows = rows_of(options, tmp_path / "divided.csv", "1.3", allocated=True)
    back = sql.LedgerOptions(f"sqlite:///{tmp_path}/back.db")
    import_bill(back, BillOptions((str(tmp_path / "divided.csv"),), "export"), NOW, "me", False)
    with sql.reading(back) as opened:
        found = totals.totals(opened.connection, WHOLE, ["tag:owner"])
    sums = {one.keys["tag:owner"]: one.amount_nano for one in found}
    exact = sum(Decimal(row["BilledCost"]) for row in rows if row["AllocatedMethodId"])
    assert abs(sums["shop"] - exact * 10**9) < len(rows)
