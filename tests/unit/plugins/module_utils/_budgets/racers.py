# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many processes that hold at the same moment: racers.py <ledger URL> <racers> <rounds>, which writes how
many got it, round by round.

Each round has a budget of its own, by a tag, that fits ten. Processes are forked here, and not by pytest,
which has threads.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from multiprocessing.synchronize import Barrier

from ansible_collections.finops.cloud.plugins.module_utils._budgets import budgets, reservations
from ansible_collections.finops.cloud.plugins.module_utils._budgets.status import status
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import now_utc
from ansible_collections.finops.cloud.plugins.module_utils._core.rates import Rates
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions

FITS, EACH = 10, "10"


def hold(options: LedgerOptions, race: int, number: int, ready: Barrier) -> None:
    """Exits with 0 for a hold, 1 for a refusal; anything else is an error."""
    what = {"amount": EACH, "currency": "CHF", "category": "compute", "tags": {"race": str(race)}}
    task = reservations.ReservationTask(name=f"{race}/{number}", state="held", settled_by="entry", **what)
    ready.wait()
    said = reservations.apply(options, task, Rates(), now_utc(), check_mode=False, recorded_by="racer")
    sys.exit(0 if said["gate_passed"] and said["changed"] else 1)


def race_once(options: LedgerOptions, race: int, racers: int) -> dict[str, int]:
    """How many held, were refused, and failed."""
    name = f"race {race}"
    limit = str(FITS * int(EACH))
    scope = {"tags": {"race": str(race)}}
    task = budgets.BudgetTask(name=name, limit=limit, currency="CHF", fed_by="entries", scope=scope)
    budgets.apply(options, task, Rates(), now_utc(), check_mode=False, recorded_by="racer")
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(racers)
    processes = [
        context.Process(target=hold, args=(options, race, number, ready)) for number in range(racers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    codes = [process.exitcode for process in processes]
    row = status(options, [name], Rates(), now_utc())["budgets"][0]
    held = codes.count(0)
    return {
        "held": held,
        "refused": codes.count(1),
        "failed": racers - held - codes.count(1),
        "reserved": int(row["reserved"]),
    }


if __name__ == "__main__":
    url, racers, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    json.dump([race_once(LedgerOptions(url, 120), race, racers) for race in range(rounds)], sys.stdout)
