# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan of Terraform joined with a list of prices: estimate_by_pandas.py PLAN PRICES."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas

NAMED_BY = ("flavor_name", "volume_type", "pool")


def main(plan: str, prices: str) -> None:
    changes = json.loads(Path(plan).read_text())["resource_changes"]
    rows = [
        {
            "type": one["type"],
            "name": next(
                (one["change"]["after"][key] for key in NAMED_BY if key in one["change"]["after"]), None
            ),
            "size": one["change"]["after"].get("size", 1),
        }
        for one in changes
        if "create" in one["change"]["actions"]
    ]
    listed = pandas.DataFrame(json.loads(Path(prices).read_text()), columns=["type", "name", "price", "by"])
    listed["price"] = listed["price"].astype(float)
    joined = pandas.DataFrame(rows).merge(listed, how="left", on=["type", "name"])
    times = joined["size"].where(joined["by"] == "size", 1)
    print(json.dumps({"hourly": str((joined["price"] * times).sum())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
