# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An hour of all projects of a cloud into a ledger: by an operator at once, and project by project."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window

from .cloud import LATENCIES_MS, ROOT, Cloud, Side, module, row, sandbox
from .jobs import FULL, QUICK, Bench, Job
from .measuring import Found, Row, Taken
from .rated import MEMBER, OPERATOR, Rated, rated
from .stores import in_ledger

MODULE = "cost_import"
FURTHER = "PCP-{:06d}"
SCENARIO = ROOT / "roles" / "sandbox" / "files" / "scenarios" / "default.yml"
#: Of each project: servers with a volume, each rated every hour.
SERVERS = 5
#: The largest number of projects that are imported one by one.
ONE_BY_ONE_AT_MOST = 10
ONE_BY_ONE = """
import json, subprocess, sys
for command in json.loads(sys.argv[1]):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
"""


def _sides(cloud: Cloud, right: Rated, projects: int) -> Iterator[Side]:
    window = Window(right.begin, right.end)
    asked: dict[str, Any] = {"begin": right.begin.isoformat(), "end": right.end.isoformat()}
    asked |= {"task_timeout": 0, "api_timeout": 600, "import_tags": False}
    paths: list[Path] = []

    def ledger() -> dict[str, str]:
        paths.append(cloud.folder / f"ledger-{len(paths)}.db")
        return {"ledger": f"sqlite:///{paths[-1]}"}

    def at_once() -> list[str]:
        return module(MODULE, {**asked, **ledger(), "cloud": "sandbox-operator", "projects": "all"})

    def one_by_one() -> list[str]:
        into = ledger()
        commands = [
            module(MODULE, {**asked, **into, "auth": _login(cloud, number)}) for number in range(projects)
        ]
        return [sys.executable, "-c", ONE_BY_ONE, json.dumps(commands)]

    def read(_taken: Taken) -> Found:
        return in_ledger(f"sqlite:///{paths[-1]}", window)

    yield Side(f"{MODULE}, all at once", True, at_once, read)
    if projects <= ONE_BY_ONE_AT_MOST:
        yield Side(f"{MODULE}, project by project", True, one_by_one, read)


def _further(projects: int) -> str:
    """More projects for the scenario: those that are generated know nobody but the operator."""
    if projects < ONE_BY_ONE_AT_MOST:
        return f"further_projects: [{', '.join(map(FURTHER.format, range(projects)))}]"
    return f"generated_projects: {projects}"


def _login(cloud: Cloud, number: int) -> dict[str, Any]:
    return {
        "auth_url": cloud.auth_url,
        "username": MEMBER.username,
        "password": MEMBER.password,
        "project_name": FURTHER.format(number - 1) if number else MEMBER.project,
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }


def measure(bench: Bench, sizes: Sequence[int]) -> Iterator[Row]:
    """Every side at every size."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    for projects in sizes:
        with tempfile.TemporaryDirectory() as folder:
            scenario = Path(folder) / "many.yml"
            scenario.write_text(f"{SCENARIO.read_text()}\n{_further(projects - 1)}\n")
            yield from _of_cloud(bench, projects, scenario, end)


def _of_cloud(bench: Bench, projects: int, scenario: Path, end: datetime) -> Iterator[Row]:
    options = ("--scenario", str(scenario), "--servers", str(SERVERS))
    with sandbox(bench.collections, *options) as cloud:
        right = rated(cloud, end - timedelta(hours=1), end, OPERATOR)
        expected = {"points": str(2 * SERVERS * projects), "total": f"{sum(right.costs.values()):f}"}
        for side in _sides(cloud, right, projects):
            yield row(cloud, side, projects, expected, LATENCIES_MS)


JOB = Job(
    name="projects-import",
    title="Import of an hour of all projects",
    counted="projects of ten resources each",
    text="Reads the last rated hour of every project of a cloud and keeps it in SQLite: an operator's login"
    " for all of them, and a run for each of them, which is what a loop over projects comes to.",
    sizes={QUICK: (10, 1_000), FULL: (10, 1_000, 10_000)},
    measure=measure,
)
