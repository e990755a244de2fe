# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries out of a ledger as FOCUS, to CSV and to Parquet."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger.entries import Entry, write_all
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, writing

from .cloud import module, peer, printed
from .jobs import FULL, QUICK, Bench, Job
from .measuring import Failed, Found, Row, difference, fastest, run

BEGIN, END = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURS = (END - BEGIN) // HOUR
KINDS = (
    ("instance", "compute", "instance"),
    ("volume.size", "storage", "GiB"),
    ("network.outgoing.bytes", "network", "B"),
)


def entries(count: int) -> Iterator[Entry]:
    """So many entries, hour by hour, of as many resources as that takes: nine of ten cost the same in every
    hour, the tenth, as traffic does, never what it cost before.
    """
    resources = -(-count // HOURS)
    for number in range(count):
        hour, resource = divmod(number, resources)
        metric, category, unit = KINDS[resource % len(KINDS)]
        varies = resource % 10 == 0
        yield Entry(
            source="cloudkitty:benchmark",
            key=f"{hour}/{metric}/{resource}",
            charge_category="usage",
            category=category,
            period=Window(BEGIN + hour * HOUR, BEGIN + (hour + 1) * HOUR),
            amount_nano=123_456_789 + (number * 7_919 if varies else resource),
            currency="CHF",
            cloud="production",
            region="dc3-a",
            project_id="b30781c9679b4ede8107bae21990153e",
            project_name="PCP-ABC1234",
            metric=metric,
            resource_id=f"{resource:036}",
            resource_name=f"shop-{resource}",
            resource_type="compute.instance",
            quantity=str(number % 1_000_003 + 1) if varies else "1",
            unit=unit,
            tags={"team": f"team-{resource % 7}"},
        )


def fill(folder: Path, count: int) -> Found:
    """Write them to a ledger, and as a list for the peers; what they come to."""
    with writing(LedgerOptions(f"sqlite:///{folder}/ledger.db")) as ledger:
        list(write_all(ledger.connection, entries(count), BEGIN, "benchmark"))
    total = 0
    with (folder / "charges.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        for one in entries(count):
            total += one.amount_nano
            writer.writerow(_charge(one))
    return {"rows": str(count), "total": f"{Decimal(total).scaleb(-9):f}"}


def _charge(one: Entry) -> list[Any]:
    return [
        f"{Decimal(one.amount_nano).scaleb(-9):f}", one.currency, f"{one.period.begin:%Y-%m-%dT%H:%M:%SZ}",
        f"{one.period.end:%Y-%m-%dT%H:%M:%SZ}", "Usage", one.category, one.metric, one.region,
        one.project_id, one.project_name, one.resource_id, one.resource_name, one.resource_type,
        one.quantity, one.unit, one.tags["team"],
    ]  # fmt: skip


def read_back(path: Path) -> Found:
    """What is in the files that an export left."""
    count, total = 0, Decimal(0)
    if path.is_file():
        with path.open(newline="", encoding="utf-8-sig") as stream:
            for each in csv.DictReader(stream):
                count, total = count + 1, total + Decimal(each["BilledCost"])
    else:
        from pyarrow import compute, parquet

        for file in path.rglob("*.parquet"):
            column = parquet.read_table(file, columns=["BilledCost"]).column(0)
            count, total = count + len(column), total + Decimal(str(compute.sum(column).as_py()))
    return {"rows": str(count), "total": f"{total:f}"}


def measure(_bench: Bench, sizes: Sequence[int]) -> Iterator[Row]:
    """Every side at every size."""
    for count in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            right = fill(folder, count)
            asked = {"ledger": f"sqlite:///{folder}/ledger.db", "read_from": "ledger", "currency": "CHF"}
            asked |= {"begin": BEGIN.isoformat(), "end": END.isoformat()}
            charges = str(folder / "charges.csv")
            sides = [
                ("cost_export, CSV", "ours.csv", {"format": "csv"}),
                ("cost_export, Parquet", "ours", {"format": "parquet"}),
                ("pandas from a list, CSV", "pandas.csv", None),
                ("pyarrow from a list, Parquet", "pyarrow.parquet", None),
            ]
            for side, dest, options in sides:
                path = folder / dest
                if options:
                    command = module("cost_export", {**asked, **options, "dest": str(path)})
                else:
                    command = peer("export_a_list", side.partition(" ")[0], charges, str(path))
                yield _row(folder, side, options is not None, right, command, path)


def _row(folder: Path, side: str, ours: bool, right: Found, command: list[str], path: Path) -> Row:
    """Run a side, and read what it wrote. Raises Failed where ours is wrong."""
    taken = fastest(lambda: run(command, folder))
    found = read_back(path) if ours else printed(taken)
    wrong = difference(found, right)
    if ours and wrong:
        raise Failed(f"{side} wrote {wrong}")
    size = int(right["rows"])
    return Row(side, ours, size, {0: taken.seconds}, taken.own_s, taken.peak_mb, found, wrong=wrong)


JOB = Job(
    name="export",
    title="Export as FOCUS",
    counted="entries of three months",
    text="Writes every entry as a row of FOCUS 1.2: ours out of a ledger of SQLite, the peers out of a list"
    " that they read from a file, with the sixteen columns that it has.",
    sizes={QUICK: (10_000, 100_000), FULL: (10_000, 100_000, 1_000_000)},
    measure=measure,
    limits={
        "pandas from a list": "the other columns of FOCUS; corrections; what it wrote before",
        "pyarrow from a list": "the same",
    },
    bound_mb=160,
)
