# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A million entries out of a ledger as FOCUS 1.2, to CSV and to Parquet: memory held to a bound, time told
only.

PYTHON export.py [ENTRIES], where Python finds the collection as ansible_collections.finops.cloud. The entries
are those of resources that run for three months: nine of ten cost the same in every hour, the tenth, as
traffic does, never what it cost before.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger.entries import Entry, write_all
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, writing

#: So few that a month has one whole row group of Parquet: what more than that takes is growth.
MANY, FEW, BOUND_MB = 1_000_000, 200_000, 64
BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
HOURS = 91 * 24
HOUR = timedelta(hours=1)
KINDS = (
    ("instance", "compute", "instance"),
    ("volume.size", "storage", "GiB"),
    ("network.outgoing.bytes", "network", "B"),
)
#: Runs an export and tells what it took, in a process of its own, so that its memory is its own.
RUN = """
import json, re, sys, time
from datetime import UTC, datetime
from ansible_collections.finops.cloud.plugins.module_utils._ansible.run import collect_less
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._export import export
from ansible_collections.finops.cloud.plugins.module_utils._export.focus import FocusOptions
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions
from ansible_collections.finops.cloud.plugins.module_utils._ledger.totals import Selection
url, dest, form = sys.argv[1:]
window = Selection(Window(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)))
target = export.Target(dest, form, "1.2", FocusOptions("CHF", Rates(), "UTC"))
# As the module does.
collect_less()
began = time.perf_counter()
told = export.from_ledger(LedgerOptions(url), window, target, None, False)
took = time.perf_counter() - began
print(json.dumps({
    "rows": told["row_count"], "totals": told["totals"], "seconds": took, "own": time.process_time(),
    # Of this program alone: what getrusage tells includes what forked it.
    "peak_mb": int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) / 1024,
}))
"""


def entries(count: int) -> Iterator[Entry]:
    """So many entries, hour by hour, of as many resources as that takes."""
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
            currency="ICU",
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


def exported(url: str, folder: str, form: str) -> dict[str, Any]:
    dest = f"{folder}/focus.csv" if form == "csv" else f"{folder}/lake"
    command = [sys.executable, "-c", RUN, url, dest, form]
    told: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )
    return told


def measure(count: int) -> dict[str, dict[str, Any]]:
    """What exporting so many entries takes, by format."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.db'}"
        with writing(LedgerOptions(url)) as ledger:
            write_all(ledger.connection, entries(count), BEGIN, "benchmark")
        return {form: exported(url, folder, form) for form in ("csv", "parquet")}


def main() -> int:
    """Print a table, with the processor's own time, as others may be at work; 1 where memory grew beyond the
    bound, or a row is missing.
    """
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    began = time.perf_counter()
    loop = sum(1 for _number in range(10_000_000))
    print(f"this machine counts to {loop} in {time.perf_counter() - began:.2f} s")
    small, large = measure(FEW), measure(many)
    print(
        f"{'':8} {'rows':>8} {'seconds':>8} {'own s':>8} {'rows/s':>8} {'rows/own s':>10} {'peak MB':>8}"
        f" {'more MB':>8}"
    )
    failed = False
    for form, one in large.items():
        more = one["peak_mb"] - small[form]["peak_mb"]
        rate, own_rate = one["rows"] / one["seconds"], one["rows"] / one["own"]
        own = f"{one['own']:8.1f}"
        print(
            f"{form:8} {one['rows']:8} {one['seconds']:8.1f} {own} {rate:8.0f} {own_rate:10.0f}"
            f" {one['peak_mb']:8.0f} {more:8.0f}"
        )
        failed = failed or more > BOUND_MB or one["rows"] != many
    if failed:
        print(f"memory grew by more than {BOUND_MB} MB, or rows are missing")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
