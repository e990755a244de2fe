# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of charges as a file with FOCUS's names: export_a_list.py pandas|pyarrow CHARGES DEST."""

from __future__ import annotations

import csv
import json
import sys
from decimal import Decimal
from pathlib import Path

COLUMNS = (
    "BilledCost", "BillingCurrency", "ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory",
    "ServiceCategory", "SkuId", "RegionId", "SubAccountId", "SubAccountName", "ResourceId", "ResourceName",
    "ResourceType", "ConsumedQuantity", "ConsumedUnit", "Tags",
)  # fmt: skip


def main(way: str, charges: str, dest: str) -> None:
    with Path(charges).open(newline="") as stream:
        rows = list(csv.reader(stream))
    for row in rows:
        row[-1] = json.dumps({"team": row[-1]})
    if way == "pandas":
        import pandas

        frame = pandas.DataFrame(rows, columns=list(COLUMNS))
        frame.to_csv(dest, index=False)
    else:
        import pyarrow
        from pyarrow import parquet

        columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
        costs = pyarrow.array(map(Decimal, columns.pop("BilledCost")), pyarrow.decimal128(38, 9))
        parquet.write_table(pyarrow.table({"BilledCost": costs, **columns}), dest)
    total = sum((Decimal(row[0]) for row in rows), Decimal(0))
    print(json.dumps({"rows": str(len(rows)), "total": f"{total:f}"}))


if __name__ == "__main__":
    main(*sys.argv[1:])
