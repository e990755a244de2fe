# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cost site of a thousand projects and forty teams over two months: memory and the size of its pages are
held to a bound, time is told only.

PYTHON site.py [PROJECTS], where Python finds the collection as ansible_collections.finops.cloud.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ansible_collections.finops.cloud.plugins.module_utils._ledger import entries, sql
from ansible_collections.finops.cloud.tests.unit.plugins.module_utils._export.quarters import NOW, usage

PROJECTS, TEAMS, RESOURCES, BOUND_MB, LONGEST_PAGE = 1_000, 40, 3, 200, 300_000
DAYS = [datetime(2026, 10, 21, tzinfo=UTC) + timedelta(days=number) for number in range(31)]
#: Writes the site in a process of its own, so that its memory is its own.
RUN = """
import json, re, sys, time
from pathlib import Path
from ansible_collections.finops.cloud.plugins.module_utils._export.site import write_site
from ansible_collections.finops.cloud.plugins.module_utils._ledger import sql
from ansible_collections.finops.cloud.tests.unit.plugins.module_utils._export.quarters import folder, question
began, own = time.perf_counter(), time.process_time()
written = write_site(sql.LedgerOptions(sys.argv[1]), question(), folder(Path(sys.argv[2])), "Cost", [])
print(json.dumps({
    "pages": written["pages"]["written"],
    "seconds": round(time.perf_counter() - began, 1),
    "own_seconds": round(time.process_time() - own, 1),
    "peak_mb": int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) // 1024,
}))
"""


def main(projects: int) -> None:
    """Measure, and end with an error where a bound is broken."""
    with tempfile.TemporaryDirectory() as place:
        options = sql.LedgerOptions(f"sqlite:///{place}/ledger.db")
        with sql.writing(options) as opened:
            costs = (
                usage(
                    (f"p-{number}", f"Project {number}"),
                    one,
                    day,
                    10**6 * (number + 1),
                    f"t-{number % TEAMS}",
                )
                for number in range(projects)
                for day in DAYS
                for one in range(RESOURCES)
            )
            entries.write_all(opened.connection, costs, NOW, "benchmark")
        site = Path(place) / "site"
        command = [sys.executable, "-c", RUN, str(options.url), str(site)]
        told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
        told["longest_page"] = max(path.stat().st_size for path in site.rglob("*.html"))
    sys.stdout.write(f"{json.dumps(told)}\n")
    assert told["pages"] >= 2 * (1 + min(TEAMS, projects) + projects)
    assert told["peak_mb"] < BOUND_MB and told["longest_page"] < LONGEST_PAGE


if __name__ == "__main__":
    main(*map(int, sys.argv[1:] or [PROJECTS]))
