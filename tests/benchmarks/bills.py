# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bill of a million rows through the runner of cost_import_file, the same again, and how long a neighbor
that writes to the same ledger waits meanwhile: memory held to a bound, seconds told only.

PYTHON bills.py [ROWS] [URL], where Python finds the collection as ansible_collections.finops.cloud. Without a
URL the ledger is a new file of SQLite in a temporary folder; a URL has to be that of an empty database.
Beside it plain scripts read the same file and insert every row into a table of one index: by csv, and by
pandas in chunks where that is installed. The same rows are imported once more from Parquet, where pyarrow is.
"""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FEW, MANY = 10_000, 1_000_000
#: How much more memory the many may take than the few.
BOUND_MB = 64
COLUMNS = (
    "BillingAccountId", "BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd",
    "ChargeCategory", "ServiceCategory", "ServiceName", "ProviderName", "RegionId", "SubAccountId",
    "ResourceId", "ConsumedQuantity", "ConsumedUnit", "BilledCost", "BillingCurrency", "ChargeDescription",
    "Tags",
)  # fmt: skip
_TIMED = """
import json, resource, sys, time
from datetime import UTC, datetime
began = time.monotonic()
{work}
seconds, used = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({{"s": seconds, "own_s": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss / 1024}}))
"""
IMPORT = _TIMED.format(
    work="""
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_files import import_bill
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_options import BillOptions
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions
options = BillOptions((sys.argv[2],), "benchmark")
import_bill(LedgerOptions(sys.argv[1], 600), options, datetime.now(UTC), "benchmark", False)
"""
)
PLAIN = _TIMED.format(
    work="""
import csv, sqlite3
with open(sys.argv[2], newline="") as stream, sqlite3.connect(sys.argv[1]) as connection:
    rows = csv.reader(stream)
    columns = next(rows)
    connection.execute("CREATE TABLE charge (" + ", ".join(columns) + ")")
    connection.execute("CREATE INDEX by_time ON charge (ChargePeriodStart)")
    connection.executemany("INSERT INTO charge VALUES (" + ", ".join("?" * len(columns)) + ")", rows)
"""
)
PANDAS = _TIMED.format(
    work="""
import sqlite3
import pandas
with sqlite3.connect(sys.argv[1]) as connection:
    chunks = pandas.read_csv(sys.argv[2], dtype=str, keep_default_na=False, chunksize=50_000)
    for number, chunk in enumerate(chunks):
        if number == 0:
            connection.execute("CREATE TABLE charge (" + ", ".join(chunk.columns) + ")")
            connection.execute("CREATE INDEX by_time ON charge (ChargePeriodStart)")
        places = ", ".join("?" * len(chunk.columns))
        rows = chunk.itertuples(index=False, name=None)
        connection.executemany(f"INSERT INTO charge VALUES ({{places}})", rows)
"""
)
AS_PARQUET = """
import sys
import pyarrow
from pyarrow import csv, parquet
with open(sys.argv[1]) as stream:
    names = stream.readline().strip().split(",")
texts = csv.ConvertOptions(column_types=dict.fromkeys(names, pyarrow.string()))
with csv.open_csv(sys.argv[1], convert_options=texts) as batches:
    with parquet.ParquetWriter(sys.argv[2], batches.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
"""
#: Writes again and again until its input ends; the longest and the number of its waits.
NEIGHBOR = """
import json, sys, threading, time
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, session
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
waits = []
with session(LedgerOptions(sys.argv[1], 600)) as transaction:
    while not ended.wait(0.05):
        began = time.monotonic()
        with transaction():
            waits.append(time.monotonic() - began)
print(json.dumps([max(waits), len(waits)]))
"""


def rows(count: int) -> Iterator[list[str]]:
    """Charges by the hour of 4,000 servers in 20 projects and 50 teams."""
    chance = random.Random(1)
    for number in range(count):
        hour, server = number // 400 % 720, number % 4_000
        at = f"2026-10-{1 + hour // 24:02}T{hour % 24:02}"
        yield [
            "123", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", f"{at}:00:00Z", f"{at}:59:59Z", "Usage",
            "Compute", "Servers", "Example", "eu", f"p{server % 20}", f"i-{server:08}", "1", "h",
            f"{chance.randint(1, 10**7) / 10**6}", "USD", "on demand",
            json.dumps({"team": f"t{server % 50}"}),
        ]  # fmt: skip


def bill(folder: str, count: int) -> str:
    """A file of so many rows."""
    path = Path(folder) / f"{count}.csv"
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerow(COLUMNS)
        csv.writer(stream).writerows(rows(count))
    return str(path)


def as_parquet(path: str) -> str | None:
    """The same rows as a file of Parquet; None without pyarrow."""
    if find_spec("pyarrow") is None:
        return None
    target = path.replace(".csv", ".parquet")
    # In a Python of its own, whose memory is not that of what is measured.
    subprocess.run([sys.executable, "-c", AS_PARQUET, path, target], check=True)
    return target


def run(program: str, *arguments: str) -> dict[str, float]:
    """What a program told of itself, in a Python of its own."""
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    told: dict[str, float] = json.loads(ended.stdout)
    return told


def beside_a_neighbor(ledger: str, path: str) -> tuple[dict[str, float], Any]:
    """An import, and the waits of a neighbor of it."""
    neighbor = subprocess.Popen(
        [sys.executable, "-c", NEIGHBOR, ledger], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    one = run(IMPORT, ledger, path)
    return one, json.loads(neighbor.communicate()[0])


def main() -> int:
    """Print a table; 1 where memory grew beyond the bound."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    with tempfile.TemporaryDirectory() as folder:
        ledger = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/ledger.db"
        few = run(IMPORT, f"sqlite:///{folder}/few.db", bill(folder, FEW))
        path = bill(folder, count)
        first, (longest, waits) = beside_a_neighbor(ledger, path)
        again = run(IMPORT, ledger, path)
        told = [("few", FEW, few), ("first", count, first), ("again", count, again)]
        if parquet := as_parquet(path):
            told.append(("parquet", count, run(IMPORT, f"sqlite:///{folder}/parquet.db", parquet)))
        told.append(("plain script", count, run(PLAIN, f"{folder}/plain.db", path)))
        if find_spec("pandas") is not None:
            told.append(("pandas", count, run(PANDAS, f"{folder}/pandas.db", path)))
    print(f"{count} rows on {os.cpu_count()} processors, {ledger.partition(':')[0]}")
    print(f"{'':12} {'rows/s':>8} {'rows/own s':>10} {'seconds':>8} {'peak MB':>8}")
    for name, rows_of, one in told:
        speeds = f"{rows_of / one['s']:8.0f} {rows_of / one['own_s']:10.0f}"
        print(f"{name:12} {speeds} {one['s']:8.1f} {one['mb']:8.0f}")
    print(f"the neighbor wrote {waits} times meanwhile and waited {longest:.2f} s at most")
    grown = max(first["mb"], again["mb"]) - few["mb"] > BOUND_MB
    if grown:
        print(f"memory grew by more than {BOUND_MB} MB")
    return int(grown)


if __name__ == "__main__":
    sys.exit(main())
