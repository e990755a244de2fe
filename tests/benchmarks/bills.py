# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A FOCUS bill into a ledger, the same again, and how long a neighbor that writes waits meanwhile."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window

from .cloud import module, peer, printed
from .jobs import FULL, QUICK, Bench, Job
from .measuring import Failed, Found, Row, Taken, difference, fastest, run
from .stores import POSTGRESQL, SQLITE, in_ledger, new_ledger, postgresql, size_bytes

MODULE = "cost_import_file"
MONTH = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
COLUMNS = (
    "BillingAccountId", "BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd",
    "ChargeCategory", "ServiceCategory", "ServiceName", "ProviderName", "RegionId", "SubAccountId",
    "ResourceId", "ConsumedQuantity", "ConsumedUnit", "BilledCost", "BillingCurrency", "ChargeDescription",
    "Tags",
)  # fmt: skip
COST = COLUMNS.index("BilledCost")
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
#: Writes again and again until its input ends; the longest of its waits.
NEIGHBOR = """
import sys, threading, time
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, session
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
waits = [0.0]
with session(LedgerOptions(sys.argv[1], 600)) as transaction:
    while not ended.wait(0.05):
        began = time.monotonic()
        with transaction():
            waits.append(time.monotonic() - began)
print(max(waits))
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


def write_bill(path: Path, count: int) -> Found:
    """Write a file of so many rows; how many they are and what they come to."""
    total = Decimal(0)
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for each in rows(count):
            total += Decimal(each[COST])
            writer.writerow(each)
    return {"points": str(count), "total": f"{total:f}"}


def _row(
    folder: Path,
    side: str,
    ours: bool,
    right: Found,
    command: Callable[[], list[str]],
    read: Callable[[Taken], Found],
) -> Row:
    """Run a side. Raises Failed where ours is wrong."""
    taken = fastest(lambda: run(command(), folder))
    found = read(taken)
    wrong = difference(found, right)
    if ours and wrong:
        raise Failed(f"{side} found {wrong}")
    size = int(right["points"])
    return Row(side, ours, size, {0: taken.seconds}, taken.own_s, taken.peak_mb, found, wrong=wrong)


def neighbor_waits_s(url: str, folder: Path, command: list[str]) -> float:
    """The longest that a neighbor of an import waits."""
    argv = [sys.executable, "-c", NEIGHBOR, url]
    neighbor = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    run(command, folder)
    return float(neighbor.communicate()[0])


def _ours(folder: Path, kind: str, server: str, bill: Path, right: Found) -> Iterator[Row]:
    urls: list[str] = []

    def command() -> list[str]:
        asked = {"files": [str(bill)], "source": "benchmark", "format": "focus", "ledger": urls[-1]}
        return module(MODULE, asked)

    def into_an_empty_one() -> list[str]:
        urls.append(new_ledger(kind, folder, server, len(urls)))
        return command()

    def read(_taken: Taken) -> Found:
        return in_ledger(urls[-1], MONTH)

    form = f"{bill.suffix.removeprefix('.')}, {kind}"
    first = _row(folder, f"{MODULE}, {form}", True, right, into_an_empty_one, read)
    first.more["bytes an entry"] = size_bytes(urls[-1]) / int(right["points"])
    if bill.suffix == ".csv":
        waiting = into_an_empty_one()
        first.more["s a neighbor waits"] = neighbor_waits_s(urls[-1], folder, waiting)
    yield first
    if bill.suffix == ".csv":
        yield _row(folder, f"{MODULE}, {form}, the same again", True, right, command, read)


def measure(_bench: Bench, sizes: Sequence[int]) -> Iterator[Row]:
    """Every side at every size."""
    for count in sizes:
        with tempfile.TemporaryDirectory() as name, postgresql(Path(name)) as server:
            folder = Path(name)
            bill, columns = folder / "bill.csv", folder / "bill.parquet"
            right = write_bill(bill, count)
            subprocess.run([sys.executable, "-c", AS_PARQUET, str(bill), str(columns)], check=True)
            yield from _ours(folder, SQLITE, server, bill, right)
            for path in folder.glob("ledger-*"):
                path.unlink()
            yield from _ours(folder, SQLITE, server, columns, right)
            yield from _ours(folder, POSTGRESQL, server, bill, right)
            for way in ("csv", "pandas"):
                files = (str(folder / f"{way}-{number}.db") for number in range(100))

                def command(way: str = way, bill: Path = bill, files: Iterator[str] = files) -> list[str]:
                    return peer("bill_into_table", way, str(bill), next(files))

                yield _row(folder, f"{way} and executemany", False, right, command, printed)


JOB = Job(
    name="bills",
    title="Import of a FOCUS bill",
    counted="rows of the bill",
    text="Reads a bill and keeps every row. The peers write the rows as text to a plain table of SQLite with"
    " an index on time. A neighbor writes to the ledger all the time while the bill comes in.",
    sizes={QUICK: (10_000, 100_000), FULL: (10_000, 100_000, 1_000_000)},
    measure=measure,
    limits={
        "csv and executemany": "whether the bill is one; which rows are in already; budgets and sums at hand",
        "pandas and executemany": "the same",
    },
    bound_mb=64,
)
