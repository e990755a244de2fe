# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is delivered, in whatever parts and order, the ledger has what the last delivery of each bill
says: against DuckDB, which reads the same files and knows nothing of us.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.money import from_nano
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_files import import_bill
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_options import BillOptions
from ansible_collections.finops.cloud.plugins.module_utils._ledger import comparison, totals
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 11, 21, tzinfo=UTC)
COLUMNS = (
    "BillingAccountId", "BillingPeriodStart", "BillingPeriodEnd", "BilledCost", "BillingCurrency",
    "ChargeCategory", "ServiceCategory", "ChargePeriodStart", "ChargePeriodEnd", "Tags",
)  # fmt: skip
MONTHS = ("2026-09", "2026-10", "2026-11", "2026-12")
#: What the ledger calls them, by FOCUS's own words.
CATEGORIES = {"Compute": "compute", "Storage": "storage", "AI and Machine Learning": "llm_inference"}
#: The days in which all charges begin.
OCTOBER = [datetime(2026, 10, day, tzinfo=UTC) for day in range(1, 32)]
Charge = tuple[str, ...]

charges = st.builds(
    lambda cost, category, day, team: (cost, category, day, team),
    # The same few costs, so that many rows are alike.
    st.sampled_from(["1", "0.1", "0.000000001", "2.5", "123456.789", "0"]),
    st.sampled_from(sorted(CATEGORIES)),
    st.integers(1, 27),
    st.sampled_from(["a", "b"]),
)


@st.composite
def deliveries(draw: st.DrawFn) -> list[tuple[str, str, list[list[Charge]]]]:
    """Account, month, and files with charges; the same few bills again and again."""
    found = []
    for _number in range(draw(st.integers(1, 6))):
        account, month = draw(st.sampled_from(["x", "y"])), draw(st.integers(0, 2))
        rows = draw(st.lists(charges, min_size=1, max_size=12))
        whole = [
            (
                account, f"{MONTHS[month]}-01T00:00:00Z", f"{MONTHS[month + 1]}-01T00:00:00Z", cost, "EUR",
                "Usage", category, f"2026-10-{day:02}T00:00:00Z", f"2026-10-{day + 1:02}T00:00:00Z",
                f'{{"team": "{team}"}}',
            )
            for cost, category, day, team in rows
        ]  # fmt: skip
        count = draw(st.integers(1, 3))
        where = draw(st.lists(st.integers(0, count - 1), min_size=len(whole), max_size=len(whole)))
        files = [
            [row for row, at in zip(whole, where, strict=True) if at == number] for number in range(count)
        ]
        found.append((account, MONTHS[month], files))
    return found


def files_of(folder: Path, name: str, files: Sequence[Sequence[Charge]]) -> list[str]:
    paths = []
    for number, rows in enumerate(files):
        path = folder / f"{name}-{number}.csv"
        with path.open("w", newline="") as stream:
            csv.writer(stream).writerows([COLUMNS, *rows])
        paths.append(str(path))
    return paths


def by_duckdb(paths: Sequence[str]) -> dict[tuple[str, str, str], Decimal]:
    """Month of the charge, category and team -> sum."""
    if not paths:
        return {}
    asked = (
        "SELECT substr(ChargePeriodStart, 1, 10), ServiceCategory, json_extract_string(Tags, 'team'),"
        " sum(BilledCost::DECIMAL(38, 9)) FROM read_csv(?, all_varchar = true, header = true, delim = ',',"
        " quote = '\"', escape = '\"')"
        " GROUP BY ALL"
    )
    found = duckdb.execute(asked, [list(paths)]).fetchall()
    return {(day, CATEGORIES[category], team): amount for day, category, team, amount in found if amount}


def by_ledger(ledger: LedgerOptions, as_of: datetime | None = None) -> dict[tuple[str, str, str], Decimal]:
    """By what a summary says, which is the same by the roll-up and by the rows."""
    days = [Window(day, day + timedelta(days=1)) for day in OCTOBER]
    selection = totals.Selection(Window(days[0].begin, days[-1].end))
    by = ["category", "tag:team"]
    with reading(ledger) as opened:
        rolled_up = totals.by_time(opened.connection, selection, days, by, as_of)
        of_rows = totals.by_time(opened.connection, selection, days, [*by, "source"], as_of)
    found = {
        (f"{day.begin:%Y-%m-%d}", str(one.keys["category"]), str(one.keys["tag:team"])): from_nano(
            one.amount_nano
        )
        for day, sums in zip(days, rolled_up, strict=True)
        for one in sums
        if one.amount_nano
    }
    assert sum(found.values()) == sum(from_nano(one.amount_nano) for sums in of_rows for one in sums)
    return found


def delivered(ledger: LedgerOptions, paths: Sequence[str], delivery: str | None) -> dict[str, Any]:
    return import_bill(ledger, BillOptions(tuple(paths), "s", delivery=delivery), NOW, "me", False)


@settings(max_examples=10, deadline=None)
@given(deliveries(), st.randoms(use_true_random=False))
def test_the_ledger_has_what_the_last_delivery_of_each_bill_says(
    given_deliveries: list[tuple[str, str, list[list[Charge]]]], random: Any
) -> None:
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        ledger = LedgerOptions(f"sqlite:///{folder}/ledger.db")
        last: dict[tuple[str, str], list[str]] = {}
        for number, (account, month, files) in enumerate(given_deliveries):
            paths = files_of(folder, f"{number}", files)
            last[account, month] = paths
            delivered(ledger, paths, "replace")
        wanted = by_duckdb([path for paths in last.values() for path in paths])
        assert by_ledger(ledger) == wanted
        assert comparison.compare(ledger)["consistent"]
        # The same rows, split and ordered in another way, are the same content.
        for (account, month), paths in last.items():
            rows = [
                row for path in paths for row in list(csv.reader(Path(path).read_text().splitlines()))[1:]
            ]
            random.shuffle(rows)
            cut = random.randint(0, len(rows))
            again = files_of(folder, f"again-{account}-{month}", [rows[:cut], rows[cut:]])
            assert not delivered(ledger, again, random.choice([None, "add", "replace"]))["changed"]
        assert by_ledger(ledger) == wanted


@settings(max_examples=8, deadline=None)
@given(st.lists(st.lists(charges, min_size=1, max_size=6), min_size=1, max_size=4))
def test_parts_that_are_added_one_by_one_are_the_bill(parts: list[list[tuple[str, str, int, str]]]) -> None:
    rows_of = [
        [
            (
                "x", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", cost, "EUR", "Usage", category,
                f"2026-10-{day:02}T00:00:00Z", f"2026-10-{day + 1:02}T00:00:00Z", f'{{"team": "{team}"}}',
            )
            for cost, category, day, team in rows
        ]
        for rows in parts
    ]  # fmt: skip
    # A part that is like an earlier one is that part again.
    different = [
        rows for number, rows in enumerate(rows_of) if sorted(rows) not in map(sorted, rows_of[:number])
    ]
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        ledger = LedgerOptions(f"sqlite:///{folder}/ledger.db")
        paths = files_of(folder, "part", different)
        for number in range(len(paths)):
            # Each day's folder has yesterday's files too.
            delivered(ledger, paths[: number + 1], "add")
        assert by_ledger(ledger) == by_duckdb(paths)
        assert not delivered(ledger, paths, None)["changed"]
        delivered(ledger, paths[:1], None)
        assert by_ledger(ledger) == by_duckdb(paths)


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_many_rows_by_category_day_and_tag(
    store: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/l.db" if store == "sqlite" else request.getfixturevalue("postgresql_url")
    ledger = LedgerOptions(url)
    names = sorted(CATEGORIES)
    rows = [
        (
            f"account-{number % 3}", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z",
            f"{number % 97}.{number % 1_000_000_007:09}", "EUR", "Usage", names[number % 3],
            f"2026-10-{number % 29 + 1:02}T00:00:00Z", f"2026-10-{number % 29 + 2:02}T00:00:00Z",
            f'{{"team": "team-{number % 50}"}}',
        )
        for number in range(6_000)
    ]  # fmt: skip
    paths = files_of(tmp_path, "many", [rows[:2_500], rows[2_500:]])
    assert delivered(ledger, paths, None)["entries"]["recorded"] == 6_000
    assert by_ledger(ledger) == by_duckdb(paths)
    fewer = files_of(tmp_path, "fewer", [rows[100:]])
    assert delivered(ledger, fewer, "replace")["entries"] == {
        "recorded": 0, "corrected": 0, "reversed": 100, "unchanged": 5_900,
    }  # fmt: skip
    assert by_ledger(ledger) == by_duckdb(fewer)
    assert comparison.compare(ledger)["consistent"]


#: Imports the files of its arguments behind the ledger's URL.
_IMPORT = """
import sys
from datetime import UTC, datetime
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_files import import_bill
from ansible_collections.finops.cloud.plugins.module_utils._imports.bill_options import BillOptions
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions
options = BillOptions(tuple(sys.argv[2:]), "s", delivery="replace")
import_bill(LedgerOptions(sys.argv[1]), options, datetime(2026, 11, 21, tzinfo=UTC), "me", False)
"""


def test_a_killed_delivery_leaves_the_bill_before_it_whole(tmp_path: Path) -> None:
    ledger = LedgerOptions(f"sqlite:///{tmp_path}/l.db")
    rows = [
        (
            "x", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", f"{number}", "EUR", "Usage", "Compute",
            f"2026-10-{number % 29 + 1:02}T00:00:00Z", "2026-11-01T00:00:00Z", '{"team": "a"}',
        )
        for number in range(8_000)
    ]  # fmt: skip
    before = files_of(tmp_path, "before", [rows[:4_000]])
    after = files_of(tmp_path, "after", [rows[2_000:]])
    delivered(ledger, before, None)
    is_before, is_after = by_duckdb(before), by_duckdb(after)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _IMPORT, str(ledger.url), *after]
    begun = time.monotonic()
    # To another ledger, for how long it takes.
    subprocess.run([*command[:3], f"sqlite:///{tmp_path}/other.db", *after], check=True, env=environment)
    takes = time.monotonic() - begun
    killed = 0
    for part in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
        task = subprocess.Popen(command, env=environment)
        try:
            task.wait(takes * part)
        except subprocess.TimeoutExpired:
            task.kill()
            task.wait()
            killed += 1
        assert by_ledger(ledger) in (is_before, is_after)
        assert comparison.compare(ledger)["consistent"]
    assert killed
    delivered(ledger, after, "replace")
    assert by_ledger(ledger) == is_after
