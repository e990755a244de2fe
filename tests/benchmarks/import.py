# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A million rated points through cost_import, by resource and hour, and the same window again: memory held to
a bound, time told only.

PYTHON import.py [POINTS], where Python finds the collection as ansible_collections.finops.cloud.
"""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rated_points import BOUND_MB, FEW, MANY, Run, run, sandbox


def imports(points: int) -> tuple[Run, Run, float]:
    """A first import of all that a sandbox has rated, the same again, and the ledger's size in MB."""
    begin = datetime.now(UTC) - timedelta(days=40)
    with tempfile.TemporaryDirectory() as folder:
        directory, ledger = f"{folder}/sandbox", Path(folder) / "ledger.db"
        try:
            clouds_file = sandbox("start", directory, "--rated-points", str(points))["clouds_file"]
            asked = {"begin": begin.isoformat(), "end": None, "ledger": f"sqlite:///{ledger}"}
            first, again = (run(clouds_file, folder, asked, "cost_import") for _time in range(2))
            return first, again, ledger.stat().st_size / 1e6
        finally:
            sandbox("stop", directory)


def main() -> int:
    """Print a table; 1 where memory grew beyond the bound."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    few, (first, again, size_mb) = imports(FEW)[0], imports(many)
    print(
        f"{many} rated points against {FEW}, on {os.cpu_count()} processors, the sandbox among them; ledger"
        f" of {size_mb:.0f} MB"
    )
    print(f"{'':16} {'peak MB':>8} {'more MB':>8} {'seconds':>8} {'its own s':>10}")
    for name, one in (("few", few), ("many", first), ("many again", again)):
        more = one.peak_mb - few.peak_mb
        print(f"{name:16} {one.peak_mb:8.0f} {more:8.0f} {one.seconds:8.1f} {one.processor_s:10.1f}")
    grown = max(first.peak_mb, again.peak_mb) - few.peak_mb > BOUND_MB
    if grown:
        print(f"memory grew by more than {BOUND_MB} MB")
    return int(grown)


if __name__ == "__main__":
    sys.exit(main())
