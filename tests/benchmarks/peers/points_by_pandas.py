# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All rated points of a window by a loop over cloudkittyclient's pages into pandas, and from there into a
table of SQLite: points_by_pandas.py BEGIN END [FILE].
"""

from __future__ import annotations

import json
import sqlite3
import sys
from typing import Any

import openstack
import pandas
from cloudkittyclient import client

PAGE = 1_000


def points(*window: str) -> pandas.DataFrame:
    """A row for each point. An offset behind the last one gives an empty page."""
    rating = client.Client("2", session=openstack.connect().session)
    rows: list[dict[str, Any]] = []
    begin, end = window
    while True:
        page = rating.dataframes.get_dataframes(begin=begin, end=end, offset=len(rows), limit=PAGE)
        found = [
            {
                "begin": frame["period"]["begin"],
                "type": kind,
                "resource": point["groupby"].get("id"),
                "quantity": point["vol"]["qty"],
                "price": float(point["rating"]["price"]),
            }
            for frame in page["dataframes"]
            for kind, of_kind in frame["usage"].items()
            for point in of_kind
        ]
        rows += found
        if len(rows) >= page["total"] or not found:
            return pandas.DataFrame(rows)


def main(begin: str, end: str, file: str | None = None) -> None:
    frame = points(begin, end)
    told = {str(kind): cost for kind, cost in frame.groupby("type")["price"].sum().items()}
    if file:
        with sqlite3.connect(file) as connection:
            frame.to_sql("point", connection, if_exists="append", index=False)
            ((count, total),) = connection.execute("SELECT count(*), sum(price) FROM point")
        told = {"points": count, "total": total}
    print(json.dumps({name: str(value) for name, value in told.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
