# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May this be spent: four budgets at many entries and holds."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._budgets import budgets, reservations
from ansible_collections.finops.cloud.plugins.module_utils._budgets.budget_task import BudgetTask
from ansible_collections.finops.cloud.plugins.module_utils._budgets.reservation_task import ReservationTask
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

from .cloud import debugged, module, peer, playbook, printed, result_of
from .jobs import FULL, QUICK, Bench, Job
from .measuring import Failed, Found, Row, Taken, difference, fastest, run
from .stores import POSTGRESQL, SQLITE, plain_url, store, vacuum

PER_TRANSACTION, IN_PROCESS_REPEATS, PROJECTS, TAG_SETS = 50_000, 9, 5, 20
HOLDS = (0, 1_000)
#: The largest number of entries that are put into a play as facts.
FACTS_AT_MOST = 100_000
#: Without a common divisor with the seconds of a month, so that entries spread over all of them.
STRIDE_S = 7_919
CLIENTS, CLIENTS_S = 4, 4
#: The budgets that the gate asks: of all costs, of a category, of a tag, and of both.
SCOPES: tuple[dict[str, Any], ...] = (
    {},
    {"categories": ["compute"]},
    {"tags": {"team": "team-1"}},
    {"categories": ["compute", "storage"], "tags": {"team": "team-1"}},
)
LIMIT = "1000000"
SPEND: dict[str, Any] = {
    "spend": "1",
    "currency": "ICU",
    "category": "compute",
    "project": "project-1",
    "tags": {"team": "team-1"},
}
#: Gates again and again for some seconds, and tells how often.
CLIENT = """
import sys, time
from ansible_collections.finops.cloud.plugins.module_utils._budgets import budgets
from ansible_collections.finops.cloud.plugins.module_utils._budgets.budget_task import BudgetTask
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import now_utc
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions
from ansible_collections.finops.cloud.tests.benchmarks.gate import SPEND
count, end = 0, time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    task = BudgetTask(**SPEND)
    budgets.apply(LedgerOptions(sys.argv[1]), task, Rates(), now_utc(), False, "benchmark")
    count += 1
print(count)
"""


@dataclass(frozen=True)
class Cost:
    """What an entry or a hold is of, always the same for its number; a thousandth of an ICU."""

    category: str
    project: str
    team: str

    @classmethod
    def of(cls, number: int) -> Cost:
        rest = number // len(CATEGORIES)
        category, project = CATEGORIES[number % len(CATEGORIES)], f"project-{rest % PROJECTS}"
        return cls(category, project, f"team-{rest // PROJECTS % TAG_SETS}")

    def is_in(self, scope: Mapping[str, Any]) -> bool:
        """Whether a budget of that scope counts it."""
        categories, team = scope.get("categories"), scope.get("tags", {}).get("team")
        return (categories is None or self.category in categories) and team in (None, self.team)


def this_month(now: datetime) -> Window:
    month = period_at(Calendar("monthly"), now)
    assert month is not None
    return month


def moment(number: int, month: Window) -> datetime:
    return month.begin + timedelta(seconds=number * STRIDE_S % int(month.length.total_seconds()))


def entry(number: int, month: Window) -> Entry:
    """One entry of the month."""
    cost, begin = Cost.of(number), moment(number, month)
    return Entry(
        source="benchmark",
        key=str(number),
        charge_category="usage",
        category=cost.category,
        period=Window(begin, begin),
        amount_nano=1_000_000,
        currency="ICU",
        project_id=cost.project,
        tags={"team": cost.team},
    )


def fill(options: sql.LedgerOptions, count: int, now: datetime) -> None:
    """Write the entries of this month, and the four budgets, large enough for all of them."""
    month = this_month(now)
    for start in range(0, count, PER_TRANSACTION):
        part = range(start, min(start + PER_TRANSACTION, count))
        with sql.writing(options) as ledger:
            list(write_all(ledger.connection, (entry(number, month) for number in part), now, "benchmark"))
    for number, scope in enumerate(SCOPES):
        task = BudgetTask(name=f"budget-{number}", limit=LIMIT, currency="ICU", fed_by="entries", scope=scope)
        budgets.apply(options, task, Rates(), now, False, "benchmark")


def hold(options: sql.LedgerOptions, holds: int, now: datetime) -> None:
    """Take open holds, spread over categories, projects and tags."""
    for number in range(holds):
        cost = Cost.of(number)
        line = {
            "amount": "0.001",
            "currency": "ICU",
            "category": cost.category,
            "project": cost.project,
            "tags": {"team": cost.team},
        }
        task = ReservationTask(f"deployment-{number}", HELD, lines=[line], settled_by="entry", ttl="24h")
        taken = reservations.apply(options, task, Rates(), now, False, "benchmark")
        assert taken["gate_passed"], taken["reasons"]


def expected(entries: int, holds: int) -> Found:
    """What each budget has spent and reserved, and whether one ICU more fits."""
    spent, reserved = (Counter(map(Cost.of, range(count))) for count in (entries, holds))
    found = {"fits": "True"}
    for number, scope in enumerate(SCOPES):
        for name, counted in (("spent", spent), ("reserved", reserved)):
            count = sum(many for cost, many in counted.items() if cost.is_in(scope))
            found[f"{name} {number}"] = f"{Decimal(count) / 1000:f}"
    return found


def _ours(taken: Taken) -> Found:
    result = result_of(taken)
    found = {"fits": str(result["gate_passed"])}
    for row in result["budgets"]:
        number = row["name"].removeprefix("budget-")
        found |= {f"spent {number}": row["spent"], f"reserved {number}": row["reserved"]}
    return found


def in_process_ms(options: sql.LedgerOptions, now: datetime) -> float:
    """The median of a gate, from opening the ledger to the result."""
    taken = []
    for _time in range(IN_PROCESS_REPEATS):
        began = time.perf_counter()
        budgets.apply(options, BudgetTask(**SPEND), Rates(), now, False, "benchmark")
        taken.append((time.perf_counter() - began) * 1_000)
    return median(taken)


def gates_a_minute(url: str) -> float:
    """What some clients that gate all the time come to together."""
    command = [sys.executable, "-c", CLIENT, url, str(CLIENTS_S)]
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _each in range(CLIENTS)]
    return sum(int(client.communicate()[0]) for client in clients) * 60 / CLIENTS_S


def row(
    folder: Path, side: str, ours: bool, entries: int, command: list[str], read: Any, right: Found
) -> Row:
    """Run a side. Raises Failed where ours is wrong."""
    taken = fastest(lambda: run(command, folder))
    found = read(taken)
    wrong = difference(found, right)
    if ours and wrong:
        raise Failed(f"{side} found {wrong}")
    return Row(side, ours, entries, {0: taken.seconds}, taken.own_s, taken.peak_mb, found, wrong=wrong)


def _of_store(kind: str, entries: int) -> list[Row]:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name, store(kind, Path(name)) as url:
        folder, options, now = Path(name), sql.LedgerOptions(url), now_utc()
        fill(options, entries, now)
        plain = plain_url(url) if kind == POSTGRESQL else f"{folder}/plain.db"
        with (folder / "costs.json").open("w") as stream:
            json.dump(facts(entries, now), stream)
        run(peer("gate_by_scan", "fill", plain, f"{folder}/costs.json"), folder)
        for holds in HOLDS:
            hold(options, holds, now)
            vacuum(url)
            right, labelled = expected(entries, holds), f"{kind}, {holds} holds"
            gate = module("cost_budget", {"ledger": url, **SPEND})
            one = row(folder, f"cost_budget, {labelled}", True, entries, gate, _ours, right)
            one.more["ms in process"] = in_process_ms(options, now)
            one.more["gates a minute"] = gates_a_minute(url)
            rows.append(one)
            scan = peer("gate_by_scan", "ask", plain, str(holds))
            rows.append(row(folder, f"scan of the rows, {labelled}", False, entries, scan, printed, right))
        if kind == SQLITE:
            rows += _plays(folder, url, entries, right)
    return rows


def facts(count: int, now: datetime) -> list[dict[str, str | int]]:
    """The entries as a playbook or a script would keep them, and holds behind them."""
    month = this_month(now)
    return [
        {"at": f"{moment(number, month):%Y-%m-%dT%H:%M:%SZ}", "nano": 1_000_000, **vars(Cost.of(number))}
        for number in range(count)
    ]


def _plays(folder: Path, url: str, entries: int, right: Found) -> Iterator[Row]:
    """The gate as a task, and a play that asserts over facts, with the same holds."""
    holds = HOLDS[-1]
    task = {"finops.cloud.cost_budget": {"ledger": url, **SPEND}, "register": "told"}
    named = "(told.budgets | selectattr('name', 'eq', 'budget-%d') | first).%s"
    found = {"fits": "told.gate_passed"}
    for number in range(len(SCOPES)):
        found |= {f"{name} {number}": named % (number, name) for name in ("spent", "reserved")}
    gate = playbook(folder, "gate", [task], found)
    yield row(folder, f"cost_budget in a play, SQLite, {holds} holds", True, entries, gate, debugged, right)
    if entries > FACTS_AT_MOST:
        return
    held = [{"nano": 1_000_000, **vars(Cost.of(number))} for number in range(holds)]
    (folder / "holds.json").write_text(json.dumps(held))
    sums = {
        f"{name} {number}": f"(({name}{_chosen(scope)}) | map(attribute='nano') | sum) / 1000000000"
        for number, scope in enumerate(SCOPES)
        for name in ("spent", "reserved")
    }
    fits = " and ".join(
        f"({sums[f'spent {number}']}) + ({sums[f'reserved {number}']}) + 1 <= {LIMIT}"
        for number in range(len(SCOPES))
    )
    files = {"spent": f"{folder}/costs.json", "reserved": f"{folder}/holds.json"}
    facts_of = {
        name: f"{{{{ lookup('ansible.builtin.file', '{path}') | from_json }}}}"
        for name, path in files.items()
    }
    tasks: list[dict[str, Any]] = [
        {"ansible.builtin.set_fact": facts_of},
        {"ansible.builtin.assert": {"that": fits}},
    ]
    asserted = playbook(folder, "asserted", tasks, {**sums, "fits": "true"})
    yield row(
        folder, f"assert over facts in a play, {holds} holds", False, entries, asserted, debugged, right
    )


def _chosen(scope: Mapping[str, Any]) -> str:
    categories, team = scope.get("categories"), scope.get("tags", {}).get("team")
    of_categories = f" | selectattr('category', 'in', {categories})" if categories else ""
    return of_categories + (f" | selectattr('team', 'eq', '{team}')" if team else "")


def measure(_bench: Bench, sizes: Sequence[int]) -> Iterator[Row]:
    """Both stores at every size."""
    for entries in sizes:
        for kind in (SQLITE, POSTGRESQL):
            yield from _of_store(kind, entries)


JOB = Job(
    name="gate",
    title="A gate",
    counted="entries of this month",
    text="Asks four budgets (of all, of a category, of a tag, of both) whether one ICU more fits. The scan"
    " reads a plain table with an index on time, in the same database. The play asserts over facts of a file."
    " *ms in process* is a gate alone, from opening the ledger to the verdict; *gates a minute* are of"
    f" {CLIENTS} clients that gate all the time, on the same machine as the database.",
    sizes={QUICK: (1_000, 100_000), FULL: (1_000, 100_000, 1_000_000)},
    measure=measure,
    limits={
        "scan of the rows": "whether the costs are complete; holds and spends that race each other",
        "assert over facts in a play": "the same; more than 100,000 entries",
    },
    bound_mb=20,
)
