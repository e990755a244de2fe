# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger takes: writing, summing and rewriting a million entries of one month, in the case that is
worst for the roll-up.

PYTHON ledger.py [ENTRIES] [URL], where Python finds the collection as ansible_collections.finops.cloud. The
entries are spread evenly over all seconds of the month, 7 categories, 5 projects and 20 tag sets, so that
hardly two share a bucket of 15 minutes. Without a URL the ledger is a new file of SQLite in a temporary
folder; a URL has to be that of an empty database. Sums are held to be right; seconds are told only.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from statistics import median

from ansible_collections.finops.cloud.plugins.module_utils._core.categories import CATEGORIES
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger.commit_clock import newest
from ansible_collections.finops.cloud.plugins.module_utils._ledger.entries import Entry, write_all
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading, writing
from ansible_collections.finops.cloud.plugins.module_utils._ledger.totals import (
    Selection,
    by_time,
    rows,
    totals,
)

MANY, REWRITTEN, PER_TRANSACTION, REPEATS = 1_000_000, 10_000, 50_000, 9
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
MONTH = Window(BEGIN, BEGIN + timedelta(days=30))
PROJECTS, TAG_SETS = 5, 20
#: Without a common divisor with the seconds of a month, so that every second comes up once.
STRIDE_S = 7_919


def entry(number: int) -> Entry:
    """One entry, always the same for its number."""
    begin = BEGIN + timedelta(seconds=number * STRIDE_S % int(MONTH.length.total_seconds()))
    category, rest = number % len(CATEGORIES), number // len(CATEGORIES)
    project, rest = rest % PROJECTS, rest // PROJECTS
    return Entry(
        source="benchmark",
        key=str(number),
        charge_category="usage",
        category=CATEGORIES[category],
        period=Window(begin, begin),
        amount_nano=number % 1_000 + 1,
        currency="ICU",
        cloud="sandbox",
        region="dc4-a",
        project_id=f"project-{project}",
        tags={"team": f"team-{rest % TAG_SETS}", "environment": "production"},
    )


def moved(window: Window, **by: float) -> Window:
    """The window somewhat earlier, as another zone's month or an odd moment has it."""
    return Window(window.begin - timedelta(**by), window.end - timedelta(**by))


def told(what: str, work: Callable[[], object]) -> None:
    """Say the median of what a job takes."""
    taken = []
    for _time in range(REPEATS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    print(f"{what}: {median(taken) * 1_000:.1f} ms (best {min(taken) * 1_000:.1f})", flush=True)


def write(options: LedgerOptions, numbers: range) -> set[str]:
    """Write these entries; what became of them."""
    with writing(options) as ledger:
        return {one.outcome for one in write_all(ledger.connection, map(entry, numbers), BEGIN, "benchmark")}


def in_parts(count: int) -> Iterator[range]:
    """The numbers of all entries, a transaction at a time."""
    return (range(start, min(start + PER_TRANSACTION, count)) for start in range(0, count, PER_TRANSACTION))


def measure(options: LedgerOptions, count: int) -> None:
    """Write, sum and rewrite, and say what each took."""
    began = time.perf_counter()
    for numbers in in_parts(count):
        assert write(options, numbers) == {"recorded"}
    print(f"{count} entries written: {time.perf_counter() - began:.0f} s", flush=True)
    windows = {
        "a month of UTC": MONTH,
        "a month of Zurich": moved(MONTH, hours=1),
        "a month of Kathmandu": moved(MONTH, hours=5, minutes=45),
        "30 days from an odd moment": moved(MONTH, hours=7, minutes=7, seconds=7),
    }
    with reading(options) as ledger:
        connection = ledger.connection
        everything = totals(connection, Selection(MONTH))
        assert [(one.amount_nano, one.entry_count) for one in everything] == [
            (sum(number % 1_000 + 1 for number in range(count)), count)
        ]
        for name, window in windows.items():
            selection = Selection(window)
            told(
                f"total by category and tag, {name}",
                lambda: totals(connection, selection, ("category", "tag:team")),  # noqa: B023
            )
        scoped = Selection(MONTH, categories=("compute",), tags={"team": "team-1"})
        told("total of one category and one tag", lambda: totals(connection, scoped))
        days = [
            Window(MONTH.begin + timedelta(days=day), MONTH.begin + timedelta(days=day + 1))
            for day in range(30)
        ]
        told(
            "by local day of Zurich",
            lambda: by_time(
                connection, Selection(moved(MONTH, hours=1)), [moved(day, hours=1) for day in days]
            ),
        )
        told(
            "by category as of then (from the rows)",
            lambda: totals(connection, Selection(MONTH), ("category",), as_of=newest(connection)),
        )
        told(
            "a page of 100 entries with one tag",
            lambda: rows(connection, Selection(MONTH, tags={"team": "team-3"}), 100),
        )
    again = range(min(REWRITTEN, count))

    def rewrite() -> None:
        assert write(options, again) == {"unchanged"}

    told(f"{len(again)} entries written again, unchanged", rewrite)


if __name__ == "__main__":
    entry_count = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/ledger.db"
        measure(LedgerOptions(url), entry_count)
