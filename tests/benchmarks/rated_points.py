# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A million rated points through infomaniak_cost_info: what it takes in memory, held to a bound, and in time,
told only.

PYTHON rated_points.py [POINTS], where Python finds the collection as ansible_collections.finops.cloud.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SANDBOX = Path(__file__).resolve().parents[2] / "roles" / "sandbox" / "files"
FEW, MANY = 1_000, 1_000_000
#: How much more memory the many may take than the few.
BOUND_MB = 60
MODULE = """
import importlib, json, sys
from ansible.module_utils.testing import patch_module_args
module = importlib.import_module("ansible_collections.finops.cloud.plugins.modules." + sys.argv[2])
with patch_module_args(json.loads(sys.argv[1])):
    module.main()
"""
#: What is asked for -> the options of the module.
FORMS: dict[str, dict[str, Any]] = {
    "by flavor": {"group_by": ["flavor"]},
    "into CSV": {"dest": "points.csv"},
    "into JSON lines": {"dest": "points.jsonl"},
    "by flavor, v1": {"group_by": ["flavor"], "rating_api": "v1"},
}
#: The v1 API gives a whole day at once, however many points that are: its memory is that of a day, told and
#: not bounded.
UNBOUNDED = ("by flavor, v1",)


@dataclass(frozen=True)
class Run:
    """What one run of the module took; processor_s is its own time, which no neighbor on the machine makes
    longer.
    """

    peak_mb: float
    seconds: float
    processor_s: float


def sandbox(command: str, directory: str, *options: str) -> Any:
    """The sandbox's command line."""
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox_cloud", command, "--directory", directory, *options],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(SANDBOX)},
    )
    return json.loads(ended.stdout)


def run(clouds_file: str, folder: str, options: dict[str, Any], module: str = "infomaniak_cost_info") -> Run:
    """Run a module as Ansible does, in a Python of its own, over all that is rated."""
    now = datetime.now(UTC)
    asked = {
        "cloud": "sandbox",
        "begin": (now - timedelta(days=41)).isoformat(),
        "end": now.isoformat(),
        **options,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", MODULE, json.dumps(given), module],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "OS_CLIENT_CONFIG_FILE": clouds_file},
    )
    _pid, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    if status:
        raise SystemExit(f"the module failed with {asked}")
    return Run(used.ru_maxrss / 1024, seconds, used.ru_utime + used.ru_stime)


def runs(points: int) -> dict[str, Run]:
    """Each form once, on a sandbox that has rated so many points."""
    with tempfile.TemporaryDirectory() as folder:
        directory = f"{folder}/sandbox"
        try:
            clouds_file = sandbox("start", directory, "--rated-points", str(points))["clouds_file"]
            run(clouds_file, folder, {})
            return {name: run(clouds_file, folder, options) for name, options in FORMS.items()}
        finally:
            sandbox("stop", directory)


def main() -> int:
    """Print a table; 1 where memory grew beyond the bound."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    before, after = runs(FEW), runs(many)
    print(f"{many} rated points against {FEW}, on {os.cpu_count()} processors, the sandbox among them")
    print(f"{'':16} {'peak MB':>8} {'more MB':>8} {'seconds':>8} {'points/s':>9} {'its own s':>10}")
    grown = False
    for name, run_ in after.items():
        more = run_.peak_mb - before[name].peak_mb
        rate = (many - FEW) / max(run_.seconds - before[name].seconds, 0.001)
        print(
            f"{name:16} {run_.peak_mb:8.0f} {more:8.0f} {run_.seconds:8.1f} {rate:9.0f}"
            f" {run_.processor_s:10.1f}"
        )
        grown |= more > BOUND_MB and name not in UNBOUNDED
    if grown:
        print(f"memory grew by more than {BOUND_MB} MB")
    return int(grown)


if __name__ == "__main__":
    sys.exit(main())
