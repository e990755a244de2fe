# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a gate takes at a million entries and a thousand open holds with running lines: in process, as a task
beside ansible's ping, and the status of a hundred budgets.

PYTHON gate.py [ENTRIES], where Python finds the collection as ansible_collections.finops.cloud and has
ansible-playbook beside it. Each store is measured in a run of its own with ping, on a new file of SQLite and
on a PostgreSQL that is started for it. The verdicts are held to be right; seconds are told only, with their
ratio to ping's, as they depend on the machine and on what else it does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from ansible_collections.finops.cloud.plugins.module_utils._budgets import budgets, reservations
from ansible_collections.finops.cloud.plugins.module_utils._budgets.reservation_task import ReservationTask
from ansible_collections.finops.cloud.plugins.module_utils._budgets.status import status
from ansible_collections.finops.cloud.plugins.module_utils._core.categories import CATEGORIES
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import (
    Calendar,
    Window,
    now_utc,
    period_at,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._ledger import sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.entries import Entry, write_all
from ansible_collections.finops.cloud.plugins.module_utils._ledger.holds import HELD

ROOT = Path(__file__).resolve().parents[2]
POSTGRESQL = ROOT / "tests" / "integration" / "targets" / "setup_postgresql" / "files" / "server.py"
MANY, PER_TRANSACTION, IN_PROCESS_REPEATS, TASK_REPEATS, TASKS = 1_000_000, 50_000, 9, 5, 10
PROJECTS, TAG_SETS = 5, 20
HOLDS = 1_000
#: Without a common divisor with the seconds of a month, so that entries spread over all of them.
STRIDE_S = 7_919
#: The budgets that the gate asks: of all costs, of a category, of a tag, and of both; a hundred for the
#: status.
SCOPES: tuple[dict[str, Any], ...] = (
    {},
    {"categories": ["compute"]},
    {"tags": {"team": "team-1"}},
    {"categories": ["compute", "storage"], "tags": {"team": "team-1"}},
)
HUNDRED = 100
SPEND = {
    "spend": "1",
    "currency": "ICU",
    "category": "compute",
    "project": "project-1",
    "tags": {"team": "team-1"},
}


def entry(number: int, month: Window) -> Entry:
    """One entry of the month, always the same for its number, a thousandth of an ICU."""
    begin = month.begin + timedelta(seconds=number * STRIDE_S % int(month.length.total_seconds()))
    category, rest = number % len(CATEGORIES), number // len(CATEGORIES)
    project, rest = rest % PROJECTS, rest // PROJECTS
    return Entry(
        source="benchmark",
        key=str(number),
        charge_category="usage",
        category=CATEGORIES[category],
        period=Window(begin, begin),
        amount_nano=1_000_000,
        currency="ICU",
        project_id=f"project-{project}",
        tags={"team": f"team-{rest % TAG_SETS}"},
    )


def fill(options: sql.LedgerOptions, count: int, now: datetime) -> None:
    """Write the entries of this month, and the first four budgets."""
    month = period_at(Calendar("monthly"), now)
    assert month is not None
    began = time.perf_counter()
    for start in range(0, count, PER_TRANSACTION):
        with sql.writing(options) as ledger:
            part = range(start, min(start + PER_TRANSACTION, count))
            list(write_all(ledger.connection, (entry(number, month) for number in part), now, "benchmark"))
    for number, scope in enumerate(SCOPES):
        define(options, f"budget-{number}", scope, now)
    print(f"{count} entries written in {time.perf_counter() - began:.0f} s", flush=True)


def define(options: sql.LedgerOptions, name: str, scope: dict[str, Any], now: datetime) -> None:
    """A budget of a month that entries feed, large enough for all of them."""
    task = budgets.BudgetTask(name=name, limit="1000000", currency="ICU", fed_by="entries", scope=scope)
    budgets.apply(options, task, Rates(), now, False, "benchmark")


def hold(options: sql.LedgerOptions, now: datetime) -> None:
    """A thousand open holds of one running line each, spread over categories, projects and tags."""
    for number in range(HOLDS):
        line = {
            "hourly": "0.001",
            "currency": "ICU",
            "until": f"{now + timedelta(days=400):%Y-%m-%dT%H:00:00Z}",
            "category": CATEGORIES[number % len(CATEGORIES)],
            "project": f"project-{number % PROJECTS}",
            "tags": {"team": f"team-{number % TAG_SETS}"},
        }
        task = ReservationTask(f"deployment-{number}", HELD, lines=[line], settled_by="entry", ttl="24h")
        taken = reservations.apply(options, task, Rates(), now, False, "benchmark")
        assert taken["gate_passed"], taken["reasons"]


def milliseconds(work: Callable[[], object]) -> str:
    """The median of what a job takes, and of it the processor, which tells more on a busy machine."""
    taken, worked = [], []
    for _time in range(IN_PROCESS_REPEATS):
        began, began_to_work = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - began) * 1_000)
        worked.append((time.process_time() - began_to_work) * 1_000)
    return (
        f"{median(taken):.1f} ms (best {min(taken):.1f}), processor {median(worked):.1f} ms (best"
        f" {min(worked):.1f})"
    )


def in_process(options: sql.LedgerOptions, count: int, now: datetime) -> None:
    """Time the gate of four budgets, from opening the ledger to the result."""

    def gate() -> dict[str, Any]:
        return budgets.apply(options, budgets.BudgetTask(**SPEND), Rates(), now, False, "benchmark")

    rows = {row["name"]: row for row in gate()["budgets"]}
    assert sorted(rows) == [f"budget-{number}" for number in range(len(SCOPES))]
    assert rows["budget-0"]["spent"] == f"{count / 1_000:g}"
    assert Decimal(rows["budget-0"]["reserved"]) > 0
    print(f"gate in process, {len(rows)} budgets: {milliseconds(gate)}", flush=True)


def hundred(options: sql.LedgerOptions, now: datetime) -> None:
    """Time the status of a hundred budgets, each with a scope of its own."""
    for number in range(len(SCOPES), HUNDRED):
        scope = {
            "categories": [CATEGORIES[number % len(CATEGORIES)]],
            "tags": {"team": f"team-{number % TAG_SETS}"},
        }
        define(options, f"budget-{number}", scope, now)

    def told() -> dict[str, Any]:
        return status(options, None, Rates(), now)

    assert {row["verdict"] for row in told()["budgets"]} == {"allow"}
    print(f"status of {HUNDRED} budgets in process: {milliseconds(told)}", flush=True)


def task_seconds(folder: Path, tasks: dict[str, dict[str, Any]]) -> dict[str, float]:
    """What one task of each kind takes: (11 tasks - 1 task) / 10, the median of five, the kinds in turn in
    every round.
    """
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for _round in range(TASK_REPEATS):
        for name, task in tasks.items():
            few, many = (play_seconds(folder, [task] * count) for count in (1, TASKS + 1))
            taken[name].append((many - few) / TASKS)
    return {name: median(each) for name, each in taken.items()}


def play_seconds(folder: Path, tasks: list[dict[str, Any]]) -> float:
    """How long a playbook of these tasks takes as a whole."""
    playbook = folder / "playbook.json"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    program = Path(sys.executable).with_name("ansible-playbook")
    began = time.monotonic()
    ended = subprocess.run([program, playbook], check=False, capture_output=True, text=True)
    if ended.returncode:
        raise SystemExit(f"the playbook failed: {ended.stdout[-2000:]}")
    return time.monotonic() - began


def as_tasks(folder: Path, options: sql.LedgerOptions) -> None:
    """Time the gate and the status as tasks, and ping in the same run."""
    ledger = {"ledger": options.url}
    tasks: dict[str, dict[str, Any]] = {
        "ping": {"ansible.builtin.ping": {}},
        "cost_budget": {"finops.cloud.cost_budget": {**ledger, **SPEND}},
        "cost_budget_info": {"finops.cloud.cost_budget_info": ledger},
    }
    seconds = task_seconds(folder, tasks)
    for name, each in seconds.items():
        print(f"task {name}: {each:.3f} s, {each / seconds['ping']:.2f} x ping", flush=True)


def vacuum(url: str) -> None:
    """What PostgreSQL does by itself within a minute: behind a month of imports it has, behind a million
    entries at once it has not yet.
    """
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The URL of an empty database of PostgreSQL."""

    def server(command: str) -> str:
        argv = [sys.executable, str(POSTGRESQL), command, "--directory", str(folder)]
        return subprocess.run(argv, stdout=subprocess.PIPE, check=True, text=True).stdout

    state = json.loads(server("start"))
    try:
        yield str(state["url"])
    finally:
        server("stop")


def measure(folder: Path, url: str, count: int) -> None:
    """All of it on one store. The tasks gate on the same ledger, before it has a hundred budgets."""
    options, now = sql.LedgerOptions(url), now_utc()
    fill(options, count, now)
    hold(options, now)
    if not url.startswith("sqlite"):
        vacuum(url)
    in_process(options, count, now)
    as_tasks(folder, options)
    hundred(options, now)


if __name__ == "__main__":
    entry_count = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    os.environ.setdefault("ANSIBLE_LOCALHOST_WARNING", "false")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        print("SQLite")
        measure(place, f"sqlite:///{place}/ledger.db", entry_count)
        print("PostgreSQL")
        with postgresql(place) as database:
            measure(place, database, entry_count)
