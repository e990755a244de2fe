# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""FOCUS in Parquet: what DuckDB reads of the partitions is the ledger, to the last digit."""

from __future__ import annotations

import random
import resource
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption
from ansible_collections.finops.cloud.plugins.module_utils._core.money import from_nano
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._export import export, focus_parquet
from ansible_collections.finops.cloud.plugins.module_utils._export.focus_columns import columns_of
from ansible_collections.finops.cloud.plugins.module_utils._ledger import entries, sql
from ansible_collections.finops.cloud.plugins.module_utils._ledger.totals import Selection

from tests.unit.asked_ledger import sums
from tests.unit.neighbors import as_user_of_the_test

from .ledgers import HOSTILE, IN_FRANCS, NOW, WHOLE, entry, every_kind, ledger
from .test_focus import rows_of


def exported(
    options: sql.LedgerOptions, folder: Path, check_mode: bool = False, version: str = "1.2"
) -> dict[str, Any]:
    target = export.Target(str(folder / "lake"), export.PARQUET, version, IN_FRANCS)
    return export.from_ledger(options, WHOLE, target, None, check_mode)


def asked(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query on `lake`, by DuckDB."""
    files = f"read_parquet('{folder}/lake/*/*.parquet', hive_partitioning = true)"
    return duckdb.sql(query.replace("lake", files)).fetchall()


def test_every_partition_has_the_sums_of_its_month(tmp_path: Path) -> None:
    options = ledger(tmp_path, every_kind())
    result = exported(options, tmp_path)
    told = asked(
        tmp_path,
        f"SELECT {focus_parquet.PARTITION}, x_RecordedCurrency, sum(x_RecordedCost) FROM lake GROUP BY ALL",
    )
    expected = {}
    with sql.reading(options) as opened:
        for month in (9, 10, 11):
            window = Window(*(datetime(2026, one, 1, tzinfo=NOW.tzinfo) for one in (month, month + 1)))
            for code, nano in sums(opened.connection, window).items():
                expected[f"2026-{month:02}", code] = from_nano(nano)
    assert {(month, code): amount for month, code, amount in told} == expected
    assert asked(tmp_path, "SELECT count(*), sum(BilledCost) FROM lake") == [
        (result["row_count"], Decimal(result["billed"]))
    ]


@pytest.mark.parametrize("version", ["1.2", "1.0", "1.1", "1.3", "1.4"])
def test_it_says_what_csv_says(tmp_path: Path, version: str) -> None:
    options = ledger(tmp_path, every_kind())
    exported(options, tmp_path, version=version)
    file = str(tmp_path / "focus.csv")
    export.from_ledger(
        options, WHOLE, export.Target(file, export.CSV, version, IN_FRANCS, defuse=False), None, False
    )
    names = [column.name for column in columns_of(version)]
    cells = ", ".join(
        f"""strftime("{name}" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ')"""
        if name.endswith(("Start", "End"))
        else f'"{name}"'
        for name in names
    )
    parquet = asked(tmp_path, f"SELECT {cells} FROM lake ORDER BY ChargePeriodStart, x_EntryKey")
    table = [[row[name] or None for name in names] for row in rows_of(Path(file))]

    def plain(cell: Any) -> Any:
        return Decimal(cell) if isinstance(cell, (Decimal, int)) else cell

    table = sorted(
        table, key=lambda row: (row[names.index("ChargePeriodStart")], row[names.index("x_EntryKey")])
    )
    assert len(parquet) == len(table) > 40
    for theirs, ours in zip(parquet, table, strict=True):
        told = [
            Decimal(cell) if isinstance(found, (Decimal, int)) else cell
            for found, cell in zip(theirs, ours, strict=True)
        ]
        assert list(map(plain, theirs)) == told


def test_hostile_names_are_kept_as_they_are(tmp_path: Path) -> None:
    hour = datetime(2026, 10, 1, tzinfo=NOW.tzinfo)
    costs = [
        entry(f"{place}", hour, resource_name=name, resource_id=f"r{place}")
        for place, name in enumerate(HOSTILE)
    ]
    exported(ledger(tmp_path, costs), tmp_path)
    told = asked(tmp_path, "SELECT ResourceName FROM lake ORDER BY x_EntryKey::int")
    assert [name for (name,) in told] == list(HOSTILE)


def test_months_that_have_not_changed_are_left_alone_and_emptied_ones_go(tmp_path: Path) -> None:
    options = ledger(tmp_path, every_kind())
    exported(options, tmp_path)
    files = sorted((tmp_path / "lake").glob("*/*"))
    before = [file.stat().st_mtime_ns for file in files]
    assert not exported(options, tmp_path)["changed"]
    with sql.writing(options) as opened:
        for cost in every_kind():
            if cost.period.begin.month == 10:
                entries.take_back(opened.connection, cost.source, cost.key, NOW, "test")
    assert exported(options, tmp_path, check_mode=True)["changed"]
    assert [file.stat().st_mtime_ns for file in files] == before
    result = exported(options, tmp_path)
    assert result["changed"]
    assert [file["billing_period"] for file in result["files"]] == ["2026-09", "2026-11"]
    assert [file for file in files if file.exists()] == [files[0], files[2]]
    assert sorted(path.name for path in (tmp_path / "lake").iterdir()) == [
        "billing_period=2026-09",
        "billing_period=2026-11",
    ]
    assert (files[0].stat().st_mode & 0o777, files[0].stat().st_mtime_ns) == (0o600, before[0])


def test_a_window_that_cuts_a_day_is_refused_as_the_rest_would_be_gone(tmp_path: Path) -> None:
    window = Window(WHOLE.window.begin, NOW)
    with pytest.raises(InvalidOption, match="^end: Parquet is written by whole days, and 2026-11-21T05"):
        focus_parquet.checked(str(tmp_path / "lake"), window, "UTC")
    with pytest.raises(InvalidOption, match="^begin: .*begins at midnight in Europe/Zurich"):
        focus_parquet.checked(str(tmp_path / "lake"), WHOLE.window, "Europe/Zurich")


def day_of_november(day: int) -> Window:
    return Window(*(datetime(2026, 11, one, tzinfo=NOW.tzinfo) for one in (day, day + 1)))


def files_of(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """What is in a lake: by name the number, the time and the content of each file."""
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_further_day_and_one_that_is_delivered_again_leave_all_others_alone(tmp_path: Path) -> None:
    def costs(day: int, amount_nano: int) -> list[entries.Entry]:
        hours = (datetime(2026, 11, day, hour, tzinfo=NOW.tzinfo) for hour in range(24))
        return [entry(f"{hour:%dT%H}", hour, amount_nano) for hour in hours]

    options, lake = ledger(tmp_path, [*costs(1, 7), *costs(2, 8)]), tmp_path / "lake"

    def delivered(window: Window, check_mode: bool = False) -> bool:
        target = export.Target(str(lake), export.PARQUET, "1.2", IN_FRANCS)
        return bool(export.from_ledger(options, Selection(window), target, None, check_mode)["changed"])

    month = Window(day_of_november(1).begin, datetime(2026, 12, 1, tzinfo=NOW.tzinfo))
    assert delivered(month)
    names = [f"billing_period=2026-11/focus-2026-11-0{day}.parquet" for day in (1, 2, 3)]
    before = files_of(lake)
    assert sorted(before) == names[:2]

    # A further day alone, and as a part of its month: one more file.
    with sql.writing(options) as opened:
        entries.write_all(opened.connection, costs(3, 9), NOW, "test")
    assert delivered(day_of_november(3))
    appended = files_of(lake)
    assert {name: appended[name] for name in before} == before
    assert sorted(appended) == names
    assert not delivered(month)
    assert files_of(lake) == appended

    # What the cloud corrects of a day replaces the file of that day, and nothing else.
    with sql.writing(options) as opened:
        entries.write_all(opened.connection, costs(2, 80), NOW, "test")
    assert delivered(month, check_mode=True)
    assert files_of(lake) == appended
    assert delivered(month)
    corrected = files_of(lake)
    assert [name for name in names if corrected[name] != appended[name]] == [names[1]]
    assert corrected[names[1]][0] != appended[names[1]][0], "the file was written over in its place"
    told = asked(tmp_path, "SELECT sum(x_RecordedCost), count(*) FROM lake")
    assert told == [(from_nano(24 * (7 + 80 + 9)), 72)]


def test_days_and_months_begin_in_the_zone_of_the_lake(tmp_path: Path) -> None:
    """In Zurich the last Sunday of October has 25 hours, and begins at 22:00 of the day before in UTC."""
    first = datetime(2026, 10, 24, 20, tzinfo=NOW.tzinfo)
    hours = [first + timedelta(hours=hour) for hour in range(30)]
    options, lake = ledger(tmp_path, [entry(f"{hour}", hour) for hour in hours]), str(tmp_path / "lake")
    sunday = Window(
        datetime(2026, 10, 24, 22, tzinfo=NOW.tzinfo), datetime(2026, 10, 25, 23, tzinfo=NOW.tzinfo)
    )
    in_zurich = replace(IN_FRANCS, zone="Europe/Zurich")
    target = export.Target(lake, export.PARQUET, "1.2", in_zurich)
    (file,) = export.from_ledger(options, Selection(sunday), target, None, False)["files"]
    assert (file["path"], file["rows"]) == (f"{lake}/billing_period=2026-10/focus-2026-10-25.parquet", 25)
    # A day of another zone would have hours that another file has too.
    in_utc = export.Target(lake, export.PARQUET, "1.2", IN_FRANCS)
    with pytest.raises(InvalidOption, match="^timezone: the days in .* begin in Europe/Zurich, not in UTC"):
        export.from_ledger(options, Selection(day_of_november(1)), in_utc, None, False)


def test_what_else_a_month_holds_is_refused_as_it_would_be_counted_too(tmp_path: Path) -> None:
    options = ledger(tmp_path, every_kind())
    exported(options, tmp_path)
    months = sorted((tmp_path / "lake").iterdir())
    (months[0] / "_SUCCESS.parquet").touch()
    exported(options, tmp_path)
    (months[1] / "focus.parquet").touch()
    with pytest.raises(InvalidOption, match=r"^dest: '.*2026-10/focus\.parquet' is not the file of a day"):
        exported(options, tmp_path)


@pytest.mark.parametrize("file_format", [export.PARQUET, export.CSV])
def test_a_full_disk_is_one_sentence_and_leaves_what_was_there(tmp_path: Path, file_format: str) -> None:
    """A limit on the size of files does what a full disk does: the write fails, halfway."""
    hour, draw = datetime(2026, 10, 1, tzinfo=NOW.tzinfo), random.Random(1)
    costs = [entry(f"{number}", hour, resource_name=draw.randbytes(40).hex()) for number in range(4_000)]
    options, lake = ledger(tmp_path, costs), tmp_path / "lake"
    dest = str(lake if file_format == export.PARQUET else lake / "focus.csv")
    lake.mkdir()
    target = export.Target(dest, file_format, "1.2", IN_FRANCS)

    def export_too_much() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        export.from_ledger(options, WHOLE, target, None, False)

    said = as_user_of_the_test(export_too_much)
    assert said == f"InvalidOption: dest: '{dest}' cannot be written: File too large."
    assert [path for path in lake.rglob("*") if path.is_file()] == []


def test_a_quantity_beyond_the_digits_of_parquet_is_refused_and_csv_takes_it(tmp_path: Path) -> None:
    options = ledger(tmp_path, [entry("k", WHOLE.window.begin, quantity="9" * 40, unit="Bytes")])
    with pytest.raises(InvalidOption, match="^format: parquet holds numbers below 1e20"):
        exported(options, tmp_path)
    target = export.Target(str(tmp_path / "all.csv"), export.CSV, "1.2", IN_FRANCS)
    export.from_ledger(options, WHOLE, target, None, False)
    assert "9" * 40 in (tmp_path / "all.csv").read_text()
    (tmp_path / "largest").mkdir()
    options = ledger(tmp_path / "largest", [entry("k", WHOLE.window.begin, quantity="9" * 20, unit="Bytes")])
    exported(options, tmp_path)
    assert asked(tmp_path, "SELECT ConsumedQuantity FROM lake") == [(Decimal("9" * 20),)]
