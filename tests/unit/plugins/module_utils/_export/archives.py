# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ledgers with months to archive, and what they say whole.

PYTHON -m tests.unit.plugins.module_utils._export.archives LEDGER STATE FOLDER MONTH...: archives or restores
months in a process of its own, which a test can kill and which begins once it is told to.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._export import ledger_archive
from ansible_collections.finops.cloud.plugins.module_utils._export.closed_months import month_of
from ansible_collections.finops.cloud.plugins.module_utils._imports.entry_writer import Signature
from ansible_collections.finops.cloud.plugins.module_utils._ledger import entries, sql, totals
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import read

NOW = datetime(2026, 11, 21, 5, tzinfo=UTC)
JANUARY, FEBRUARY, MARCH, APRIL = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3, 4))
QUARTER = Window(JANUARY, APRIL)
FEED = "cloudkitty dc3-a p1"
#: All that a ledger says of entries, by id; the last is what stays while they are archived.
ROWS = "SELECT * FROM entry_row ORDER BY id"
TOLD = "SELECT * FROM entry ORDER BY id"
ROLL_UP = "SELECT * FROM roll_up ORDER BY 1, 2, 3"


def hour(
    begin: datetime, resource: str = "i-1", amount_nano: int = 1_000_000_001, **more: Any
) -> entries.Entry:
    """An imported hour of a server."""
    return entries.Entry(
        FEED, f"{begin:%Y-%m-%dT%H:%M:%SZ}/instance/{resource}", "usage", "compute",
        Window(begin, begin + timedelta(hours=1)), amount_nano, "ICU", cloud="production", region="dc3-a",
        project_id="p1", project_name="shop", metric="instance", resource_id=resource,
        resource_name=f"name of {resource}", resource_type="instance", quantity="0.123456789012345678",
        unit="h", **more,
    )  # fmt: skip


def invoice(key: str, at: datetime, amount_nano: int = 5, **more: Any) -> entries.Entry:
    """A cost that somebody wrote by hand."""
    return entries.Entry("books", key, "purchase", "other", Window(at, at), amount_nano, "CHF", **more)


def write(options: sql.LedgerOptions, *wanted: entries.Entry, by: str = "ada@ci") -> None:
    """Record entries in one transaction."""
    with sql.writing(options) as ledger:
        entries.write_all(ledger.connection, wanted, NOW, by)


def fill(options: sql.LedgerOptions, hours: Iterable[int] = range(0, 2000, 50)) -> None:
    """Entries of three months: hours of two servers, of which some were corrected, renamed, or taken back,
    and invoices, of which one went from January to March and one from February to January.
    """
    begins = [JANUARY + timedelta(hours=number) for number in hours]
    write(options, *(hour(begin, name) for begin in begins for name in ("i-1", "i-2")), by="cron@import")
    write(options, *(hour(begin, tags={"team": "web"}, description="Größe ✓") for begin in begins[1:4]))
    write(options, invoice("moves on", JANUARY), invoice("moves back", FEBRUARY), invoice("stays", FEBRUARY))
    write(options, invoice("moves on", MARCH, 7), invoice("moves back", JANUARY, 9_200_000_000_000_000_000))
    with sql.writing(options) as ledger:
        entries.take_back(ledger.connection, FEED, hour(begins[5]).key, NOW, "eve@ci")


def asked(options: sql.LedgerOptions, *statements: str) -> list[list[tuple[Any, ...]]]:
    """What these SELECTs find."""
    with sql.reading(options) as ledger:
        return [read(ledger.connection, statement) for statement in statements]


def every_sum(options: sql.LedgerOptions, window: Window = QUARTER) -> list[Any]:
    """The sums by all that the roll-up tells apart, of the whole and of windows that cut months and days."""
    names = (*totals.ROLLED_UP, "tag:team")
    edge = window.begin + timedelta(days=11, hours=3, minutes=45)
    windows = [window, Window(edge, window.end - timedelta(hours=7)), Window(window.begin, edge)]
    with sql.reading(options) as ledger:
        return [
            totals.by_time(ledger.connection, totals.Selection(window), windows, by)
            for by in ((), names, *((name,) for name in names))
        ]


def task(folder: Path | None, *months: str, before: str | None = None, check: bool = False) -> Any:
    """What a task asks for."""
    return ledger_archive.ArchiveTask(
        None if before else [month_of(month, "months") for month in months],
        month_of(before, "before").begin if before else None,
        folder,
        Signature(NOW, "owner@ci"),
        check,
    )


def outcomes(result: Any) -> dict[str, str]:
    """What became of each month."""
    return {month["month"]: month["outcome"] for month in result["months"]}


def main(ledger: str, state: str, folder: str, *months: str) -> None:
    what = {"archived": ledger_archive.archive, "restored": ledger_archive.restore}[state]
    what(sql.LedgerOptions(ledger, 120), task(Path(folder), *months))


def arguments(ledger: str, state: str, folder: Path, months: Sequence[str]) -> list[str]:
    """The command line of such a process."""
    module = f"tests.unit.plugins.module_utils._export.{Path(__file__).stem}"
    return [sys.executable, "-m", module, ledger, state, str(folder), *months]


if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    main(*sys.argv[1:])
