# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An hour of 10,000 projects of ten resources, imported by an operator at once, and beside it the loop of one
import per project: requests, seconds and memory, told only. The loop is run for a hundred projects.

PYTHON every_project.py [PROJECTS [IN_THE_LOOP]], where Python finds the collection as
ansible_collections.finops.cloud.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from rated_points import Run, run, sandbox

PROJECTS, IN_THE_LOOP = 10_000, 100
SCENARIO = Path(__file__).parents[2] / "roles" / "sandbox" / "files" / "scenarios" / "default.yml"


def asked(state: dict[str, Any]) -> int:
    """How many requests the sandbox got since it was asked last."""
    url = f"{state['url']}/sandbox/requests"
    with urllib.request.urlopen(url, timeout=60) as answer:
        count: int = json.load(answer)["total"]
    urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=60).close()
    return count


Counted: TypeAlias = "tuple[Run, int]"


def measured(projects: int, in_the_loop: int) -> tuple[Counted, Counted, list[Counted]]:
    """The import of all, the same again, and those of the first projects one by one, with their requests."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    window = {
        "begin": (end - timedelta(hours=1)).isoformat(),
        "end": end.isoformat(),
        "task_timeout": 0,
        "api_timeout": 600,
    }
    with tempfile.TemporaryDirectory() as folder:
        directory, scenario = f"{folder}/sandbox", Path(folder) / "many.yml"
        scenario.write_text(f"{SCENARIO.read_text()}\ngenerated_projects: {projects - 1}\n")
        try:
            state = sandbox("start", directory, "--scenario", str(scenario), "--servers", "5")
            clouds_file = state["clouds_file"]
            asked(state)

            def one(**options: Any) -> tuple[Run, int]:
                return run(clouds_file, folder, {**window, **options}, "cost_import"), asked(state)

            at_once = {"cloud": "sandbox-operator", "projects": "all", "import_tags": False}
            ledger = {"ledger": f"sqlite:///{folder}/all.db"}
            first, again = (one(**at_once, **ledger) for _time in range(2))
            password = "only-for-the-sandbox"
            login = {"auth_url": state["auth_url"], "username": "PCU-DEMO001", "password": password}
            domains = {"user_domain_name": "Default", "project_domain_name": "Default"}
            loop = [
                one(
                    cloud=None,
                    auth={**login, **domains, "project_name": f"PCP-{number:06d}"},
                    import_tags=False,
                    ledger=f"sqlite:///{folder}/loop.db",
                )
                for number in range(in_the_loop)
            ]
            return first, again, loop
        finally:
            sandbox("stop", directory)


def main() -> int:
    """Print a table."""
    projects, in_the_loop = (int(text) for text in (*sys.argv[1:], PROJECTS, IN_THE_LOOP)[:2])
    first, again, loop = measured(projects, in_the_loop)
    print(f"one hour of {projects} projects of ten resources, on {os.cpu_count()} processors")
    print(f"{'':24} {'requests':>8} {'seconds':>8} {'its own s':>10} {'peak MB':>8}")
    for name, (ran, requests) in (("all at once", first), ("all at once, again", again)):
        print(f"{name:24} {requests:8} {ran.seconds:8.1f} {ran.processor_s:10.1f} {ran.peak_mb:8.0f}")
    seconds, own, requests = (
        sum(of) for of in zip(*((ran.seconds, ran.processor_s, count) for ran, count in loop), strict=True)
    )
    peak = max(ran.peak_mb for ran, _count in loop)
    print(f"{f'one by one, {in_the_loop} of them':24} {requests:8} {seconds:8.1f} {own:10.1f} {peak:8.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
