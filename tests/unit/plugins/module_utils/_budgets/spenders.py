# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many processes that spend at the same moment: spenders.py <ledger URL> <spenders>, which writes the ids of
the alerts of each.

Every second one records its cost, the others hold and commit it. Together they come to the limit of a budget.
Processes are forked here, and not by pytest, which has threads.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from datetime import datetime
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._budgets import alerts, budgets, reservations
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import now_utc
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._imports.manual import Cost, record
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions

LIMIT = 100


def spend(
    options: LedgerOptions, number: int, amount: str, ready: Barrier, told: SimpleQueue[list[str]]
) -> None:
    now = now_utc()
    ready.wait()
    said = recorded(options, number, amount, now) if number % 2 else committed(options, number, amount, now)
    told.put([alert["id"] for alert in said])


def recorded(options: LedgerOptions, number: int, amount: str, now: datetime) -> list[dict[str, Any]]:
    cost = Cost(key=str(number), source="spender", amount=amount, currency="CHF", category="compute")
    fired: list[dict[str, Any]] = record(
        options, [cost], now, "spender", False, alerts.watch(Rates(), now, "spender")
    )["alerts"]
    return fired


def committed(options: LedgerOptions, number: int, amount: str, now: datetime) -> list[dict[str, Any]]:
    what = {"amount": amount, "currency": "CHF", "category": "compute", "settled_by": "entry"}
    said = [
        reservations.apply(options, task, Rates(), now, False, "spender")["alerts"]
        for task in (
            reservations.ReservationTask(name=str(number), state="held", **what),
            reservations.ReservationTask(name=str(number), state="committed"),
        )
    ]
    return [alert for each in said for alert in each]


def main(options: LedgerOptions, spenders: int) -> list[list[str]]:
    task = budgets.BudgetTask(
        name="team", limit=str(LIMIT), currency="CHF", period="yearly", fed_by="entries"
    )
    budgets.apply(options, task, Rates(), now_utc(), False, "spender")
    context = multiprocessing.get_context("fork")
    ready, told = context.Barrier(spenders), context.SimpleQueue()
    each = str(LIMIT // spenders)
    processes = [
        context.Process(target=spend, args=(options, number, each, ready, told)) for number in range(spenders)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise SystemExit("a spender failed")
    return [told.get() for _process in processes]


if __name__ == "__main__":
    json.dump(main(LedgerOptions(sys.argv[1], 120), int(sys.argv[2])), sys.stdout)
