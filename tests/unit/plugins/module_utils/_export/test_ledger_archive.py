# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Closed months go to Parquet and come back as they were, and no sum differs in between
(design/ledger.md#archived-months).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import LedgerError
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._export.ledger_archive import archive, restore
from ansible_collections.finops.cloud.plugins.module_utils._ledger import (
    archived_months,
    archiving,
    bills,
    comparison,
    deliveries,
    dimension_sums,
    entries,
    hourly_costs,
    replacement,
    resource_sums,
    sql,
    totals,
    valid_entries,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.entry_rows import row_of
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import Transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.conftest import new_database

from . import archives
from .archives import (
    APRIL,
    FEBRUARY,
    FEED,
    JANUARY,
    MARCH,
    NOW,
    QUARTER,
    asked,
    every_sum,
    hour,
    invoice,
    task,
)

MONTHS = ("2026-01", "2026-02")
#: What every refusal says that comes from an archived January.
SAID = r"^The entries of 2026-01 are archived in /.*/entries-2026-01-[0-9a-f]{16}\.parquet and needed here;"


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> sql.LedgerOptions:
    """A ledger with entries of January to March."""
    options = sql.LedgerOptions(
        request.getfixturevalue("postgresql_url")
        if request.param == "postgresql"
        else f"sqlite:///{tmp_path}/ledger.db"
    )
    archives.fill(options)
    return options


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "new" / "archive"


def test_entries_go_and_come_back_to_the_byte_and_every_sum_stays(
    ledger: sql.LedgerOptions, folder: Path
) -> None:
    rows, told, kept = asked(ledger, archives.ROWS, archives.TOLD, archives.ROLL_UP)
    sums = every_sum(ledger)
    result = archive(ledger, task(folder, *MONTHS))
    assert archives.outcomes(result) == {"2026-01": "archived", "2026-02": "archived"}
    assert every_sum(ledger) == sums
    begin = int(MARCH.timestamp())
    left, roll_up = asked(ledger, archives.ROWS, archives.ROLL_UP)
    assert left == [row for row in rows if row[1] >= begin] and 0 < len(left) < len(rows)
    assert roll_up == kept
    again = restore(ledger, task(None, *MONTHS))
    assert archives.outcomes(again) == {"2026-01": "restored", "2026-02": "restored"}
    assert asked(ledger, archives.ROWS, archives.TOLD, archives.ROLL_UP) == [rows, told, kept]
    assert every_sum(ledger) == sums
    # And the ledger goes on as if nothing had been.
    archives.write(ledger, invoice("moves back", FEBRUARY, 3), hour(JANUARY, amount_nano=4))
    assert comparison.compare(ledger)["consistent"]


def test_a_file_has_all_that_the_ledger_says_of_each_entry(ledger: sql.LedgerOptions, folder: Path) -> None:
    begin, end = int(JANUARY.timestamp()), int(FEBRUARY.timestamp())
    columns = ", ".join(f'entry."{name}"' for name in entries._OF_ENTRY)
    of_set = "charge_category, category, cloud, region, project_id, project_name, currency, tags"
    (told,) = asked(
        ledger,
        f"SELECT {columns}, {of_set} FROM entry JOIN dimension_set ON dimension_set.id = dimension_set_id"
        f" WHERE period_begin >= {begin} AND period_begin < {end} ORDER BY period_begin, entry.id",
    )
    (month,) = archive(ledger, task(folder, "2026-01"))["months"]
    path = Path(month["file"])
    assert (path.parent, oct(path.stat().st_mode & 0o777)) == (folder, "0o600")
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert month["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert month["size_bytes"] == path.stat().st_size
    table = pyarrow.parquet.read_table(path, columns=[*entries._OF_ENTRY, *of_set.split(", ")])
    assert [tuple(row.values()) for row in table.to_pylist()] == told
    valid = [row for row in told if row[4] is None and row[0] not in {other[4] for other in told}]
    assert (month["row_count"], month["entry_count"]) == (len(told), len(valid))
    signed = "finops/owner@ci" if str(ledger.url).startswith("postgresql") else "owner@ci"
    assert (month["month"], month["state"], month["archived_by"]) == ("2026-01", "archived", signed)
    assert [path.name for path in folder.iterdir()] == [path.name]


def test_running_again_changes_nothing(ledger: sql.LedgerOptions, folder: Path) -> None:
    assert archive(ledger, task(folder, before="2026-03"))["changed"]
    again = archive(ledger, task(folder, before="2026-03"))
    assert (again["changed"], archives.outcomes(again)) == (False, dict.fromkeys(MONTHS, "unchanged"))
    named = archive(ledger, task(folder, "2025-12", "2026-01"))
    assert (named["changed"], archives.outcomes(named)) == (
        False,
        {"2025-12": "empty", "2026-01": "unchanged"},
    )
    assert restore(ledger, task(None, before="2026-02"))["changed"]
    assert archives.outcomes(restore(ledger, task(None, "2026-01"))) == {"2026-01": "unchanged"}
    assert archives.outcomes(restore(ledger, task(None, before="2026-03"))) == {"2026-02": "restored"}
    assert not restore(ledger, task(None, before="2026-03"))["changed"]
    # Archived once more, with what was written meanwhile.
    archives.write(ledger, invoice("late", JANUARY + timedelta(days=3)))
    assert archive(ledger, task(folder, "2026-01", "2026-01"))["changed"]
    assert restore(ledger, task(folder, "2026-01", "2026-01"))["changed"]
    assert comparison.compare(ledger)["consistent"]


def test_check_mode_tells_and_writes_nothing(ledger: sql.LedgerOptions, folder: Path) -> None:
    everything = (archives.ROWS, archives.ROLL_UP, "SELECT * FROM archived_month")
    before = asked(ledger, *everything)
    told = archive(ledger, task(folder, before="2026-03", check=True))
    assert (told["changed"], archives.outcomes(told)) == (True, dict.fromkeys(MONTHS, "archived"))
    assert asked(ledger, *everything) == before and not folder.exists()
    done = archive(ledger, task(folder, before="2026-03"))
    assert [month["row_count"] for month in done["months"]] == [
        month["row_count"] for month in told["months"]
    ]
    before = asked(ledger, *everything)
    told = restore(ledger, task(None, "2026-01", "2026-03", check=True))
    assert (told["changed"], archives.outcomes(told)) == (
        True,
        {"2026-01": "restored", "2026-03": "unchanged"},
    )
    assert asked(ledger, *everything) == before


Reading = Callable[[Transaction], object]
YEAR = Window(datetime(2025, 6, 1, tzinfo=JANUARY.tzinfo), APRIL)
BILL = bills.Bill("aws", "", "", None, None, int(JANUARY.timestamp()) - 9, int(JANUARY.timestamp()), (), 1)
NEEDS_ENTRIES: dict[str, Reading] = {
    "by resource": lambda c: totals.totals(c, totals.Selection(YEAR), ["resource"]),
    "of a source": lambda c: totals.totals(c, totals.Selection(YEAR, sources=(FEED,))),
    "as of a moment": lambda c: totals.totals(c, totals.Selection(YEAR), (), NOW),
    "beside a quarter of an hour": lambda c: totals.totals(
        c, totals.Selection(Window(YEAR.begin, JANUARY + timedelta(days=3, seconds=7)))
    ),
    "of a budget's odd period": lambda c: dimension_sums.by_dimensions(
        c, [Window(JANUARY + timedelta(days=3, seconds=7), APRIL)], ["currency"]
    ),
    "a list": lambda c: totals.rows(c, totals.Selection(YEAR), 10),
    "an export": lambda c: next(valid_entries.stream(c, totals.Selection(YEAR))),
    "a site's resources": lambda c: list(resource_sums.resource_sums(c, YEAR)),
    "savings": lambda c: hourly_costs.costs_of_acted_on(c, YEAR),
    "acts": lambda c: hourly_costs.last_rated(c, JANUARY),
    "hours to compare": lambda c: replacement.sums(c, FEED, YEAR),
    "an hour to replace": lambda c: replacement.plan(
        c, FEED, Window(JANUARY, JANUARY + timedelta(hours=1)), []
    ),
    "a bill to replace": lambda c: list(bills.written(c, BILL)),
    "the entry of an hour": lambda c: entries.current(c, FEED, hour(JANUARY).key),
    "the version of an hour": lambda c: entries.last_versions(c, [(FEED, hour(JANUARY).key)]),
    "an entry that was there once": lambda c: entries.current(c, "books", "moves on"),
    "an entry that is there now": lambda c: entries.current(c, "books", "moves back"),
}


@pytest.mark.parametrize("what", NEEDS_ENTRIES)
def test_what_needs_entries_is_refused_and_never_smaller(
    ledger: sql.LedgerOptions, folder: Path, what: str
) -> None:
    with sql.reading(ledger) as opened:
        whole = NEEDS_ENTRIES[what](opened.connection)
    archive(ledger, task(folder, "2026-01"))
    with sql.reading(ledger) as opened, pytest.raises(LedgerError, match=SAID):
        NEEDS_ENTRIES[what](opened.connection)
    restore(ledger, task(None, "2026-01"))
    with sql.reading(ledger) as opened:
        assert NEEDS_ENTRIES[what](opened.connection) == whole


def test_what_lies_beside_an_archived_month_goes_on(ledger: sql.LedgerOptions, folder: Path) -> None:
    def beside(connection: Transaction) -> object:
        rest = totals.Selection(Window(FEBRUARY, APRIL))
        names = [("books", "stays"), (FEED, hour(FEBRUARY + timedelta(hours=6)).key)]
        return (
            totals.totals(connection, rest, ["resource", "source"]),
            totals.totals(connection, rest, (), NOW),
            totals.rows(connection, rest, 500),
            entries.current_all(connection, names),
        )

    with sql.reading(ledger) as opened:
        whole = beside(opened.connection)
    archive(ledger, task(folder, "2026-01"))
    with sql.reading(ledger) as opened:
        assert beside(opened.connection) == whole
    archives.write(ledger, hour(FEBRUARY, "i-9"), invoice("stays", MARCH, 8), invoice("new", FEBRUARY))
    assert comparison.compare(ledger)["consistent"]


def delivered(connection: Transaction) -> None:
    """A row of a bill in an archived month."""
    named = deliveries.begin(connection, "aws", NOW, "cron@import")
    row = row_of(entries.columns(invoice("bill/1/x", JANUARY + timedelta(days=9))))
    entries.append_of_delivery(connection, [row], named)


WRITES: dict[str, Reading] = {
    "a new entry": lambda c: entries.write(c, invoice("new", JANUARY + timedelta(days=30)), NOW, "eve@ci"),
    "a new hour": lambda c: entries.write(c, hour(JANUARY, "i-7"), NOW, "eve@ci"),
    "the same hour": lambda c: entries.write(c, hour(JANUARY), NOW, "eve@ci"),
    "a correction that leaves the month": lambda c: entries.write(
        c, invoice("moves back", APRIL), NOW, "eve@ci"
    ),
    "a correction of what left it": lambda c: entries.write(c, invoice("moves on", APRIL), NOW, "eve@ci"),
    "taking back": lambda c: entries.take_back(c, FEED, hour(JANUARY).key, NOW, "eve@ci"),
    "taking back what left it": lambda c: entries.take_back(c, "books", "moves on", NOW, "eve@ci"),
    "a row of a bill": delivered,
}


@pytest.mark.parametrize("what", WRITES)
def test_nothing_is_written_to_an_archived_month(ledger: sql.LedgerOptions, folder: Path, what: str) -> None:
    archive(ledger, task(folder, "2026-01"))
    everything = (archives.ROWS, archives.ROLL_UP, "SELECT * FROM archived_month")
    before = asked(ledger, *everything)
    with pytest.raises(LedgerError, match=SAID), sql.writing(ledger) as opened:
        WRITES[what](opened.connection)
    assert asked(ledger, *everything) == before
    restore(ledger, task(None, "2026-01"))
    with sql.writing(ledger) as opened:
        WRITES[what](opened.connection)


def test_new_entries_get_no_id_of_an_archived_one(ledger: sql.LedgerOptions, folder: Path) -> None:
    """The newest entries are those of the month that is archived."""
    archives.write(ledger, *(hour(JANUARY + timedelta(minutes=60 * n), "old") for n in range(200)))
    rows, told = asked(ledger, archives.ROWS, archives.TOLD)
    archive(ledger, task(folder, "2026-01"))
    archives.write(ledger, *(hour(MARCH + timedelta(minutes=60 * n), "new") for n in range(120)))
    archives.write(ledger, hour(MARCH, "newer"))
    restore(ledger, task(None, "2026-01"))
    after, told_after = asked(ledger, archives.ROWS, archives.TOLD)
    assert (after[: len(rows)], told_after[: len(rows)]) == (rows, told)
    assert len(after) == len(rows) + 121
    assert comparison.compare(ledger)["consistent"]


def test_the_check_counts_archived_months_by_what_was_recorded(
    ledger: sql.LedgerOptions, folder: Path
) -> None:
    before = comparison.compare(ledger)
    months = archive(ledger, task(folder, *MONTHS))["months"]
    after = comparison.compare(ledger)
    assert [month["month"] for month in after["archived_months"]] == list(MONTHS)
    assert [{**month, "outcome": "archived"} for month in after["archived_months"]] == months
    told = ("row_count", "sources", "newest_entry", "consistent", "differences")
    assert [after[name] for name in told] == [before[name] for name in told]


@pytest.mark.parametrize(
    ("bucket_s", "begin"),
    [(900, FEBRUARY), (10_800, FEBRUARY), (86_400, FEBRUARY), (691_200, JANUARY + timedelta(days=28))],
)
def test_the_check_finds_a_changed_total_of_an_archived_month(
    ledger: sql.LedgerOptions, folder: Path, bucket_s: int, begin: datetime
) -> None:
    """The bucket of 8 days has the end of January, too, which is archived as well."""
    archive(ledger, task(folder, *MONTHS))
    first = int(begin.timestamp()) // bucket_s * bucket_s
    with sql.writing(ledger) as opened:
        changed = opened.connection.driver.execute(
            "UPDATE roll_up SET amount_rest_nano = amount_rest_nano + 1"
            f" WHERE bucket_s = {bucket_s} AND bucket_begin = {first} AND entry_count = 1"
            " AND dimension_set_id IN (SELECT id FROM dimension_set WHERE currency = 'CHF')"
        )
        assert changed.rowcount == 1
    found = comparison.compare(ledger)
    assert (found["consistent"], found["difference_count"]) == (False, 1)
    (different,) = found["differences"]
    assert (different["bucket_seconds"], different["currency"]) == (bucket_s, "CHF")
    assert (different["rolled_up"], different["amount"]) == ("0.000000006", "0.000000005")


def test_a_month_whose_totals_differ_is_not_archived(ledger: sql.LedgerOptions, folder: Path) -> None:
    with sql.writing(ledger) as opened:
        opened.connection.driver.execute(
            "UPDATE roll_up SET amount_rest_nano = amount_rest_nano + 1"
            f" WHERE bucket_s = 900 AND bucket_begin = {int(FEBRUARY.timestamp())}"
        )
    before = asked(ledger, archives.ROWS)
    with pytest.raises(LedgerError, match=r"^The ledger's totals of 2026-02 do not match its entries, so"):
        archive(ledger, task(folder, "2026-02"))
    assert asked(ledger, archives.ROWS) == before
    assert [*folder.iterdir()] == []
    assert archive(ledger, task(folder, "2026-01"))["changed"]


@pytest.mark.parametrize("state", ["archived", "restored"])
@pytest.mark.parametrize("damage", ["a changed byte", "a missing file"])
def test_a_damaged_file_restores_nothing_and_nothing_more_is_removed(
    ledger: sql.LedgerOptions, folder: Path, damage: str, state: str
) -> None:
    (month,) = archive(ledger, task(folder, "2026-01"))["months"]
    rows_left(ledger, folder, month)
    path = Path(month["file"])
    content = path.read_bytes()
    if damage == "a missing file":
        path.unlink()
        says = rf"^The archive {path} of 2026-01 cannot be read: No such file or directory; put it back"
    else:
        path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
        says = f"^The archive {path} of 2026-01 is not the file that was written, .* {month['sha256']};"
    before = asked(ledger, archives.ROWS, "SELECT * FROM archived_month")
    what = {"archived": archive, "restored": restore}[state]
    for check in (True, False):
        if state == "restored" or not check:
            with pytest.raises(LedgerError, match=says):
                what(ledger, task(folder, "2026-01", check=check))
    assert asked(ledger, archives.ROWS, "SELECT * FROM archived_month") == before
    moved = folder.parent / "moved"
    moved.mkdir(mode=0o700)
    (moved / path.name).write_bytes(content)
    if state == "archived":
        assert archive(ledger, task(moved, "2026-01"))["changed"]
    assert restore(ledger, task(moved, "2026-01"))["changed"]
    assert comparison.compare(ledger)["consistent"]


def rows_left(ledger: sql.LedgerOptions, folder: Path, month: dict[str, Any]) -> None:
    """Leave what a run leaves that was killed while it wrote back: some rows, and the state."""
    from ansible_collections.finops.cloud.plugins.module_utils._export import entry_parquet

    with sql.writing(ledger) as opened, Path(month["file"]).open("rb") as stream:
        (known,) = archived_months.read_archived(opened.connection)
        archiving.set_restoring(opened.connection, known, restoring=True)
        (rows,) = entry_parquet.read(stream, "it")
        archiving.write_back(opened.connection, rows[:6], some_are_there=False)


@pytest.mark.parametrize("state", ["archived", "restored"])
def test_a_run_that_was_killed_while_it_wrote_back_is_finished_either_way(
    ledger: sql.LedgerOptions, folder: Path, state: str
) -> None:
    rows, sums = asked(ledger, archives.ROWS), every_sum(ledger)
    (month,) = archive(ledger, task(folder, "2026-01"))["months"]
    after, checked = asked(ledger, archives.ROWS), comparison.compare(ledger)
    rows_left(ledger, folder, month)
    # Nobody reads, counts or corrects the few rows that are there.
    told = ("row_count", "sources", "consistent", "differences")
    again = comparison.compare(ledger)
    assert [again[name] for name in told] == [checked[name] for name in told]
    assert every_sum(ledger) == sums
    for what in NEEDS_ENTRIES.values():
        with sql.reading(ledger) as opened, pytest.raises(LedgerError, match=SAID):
            what(opened.connection)
    for write in WRITES.values():
        with pytest.raises(LedgerError, match=SAID), sql.writing(ledger) as opened:
            write(opened.connection)
    planned = {"archived": archive, "restored": restore}[state](ledger, task(folder, "2026-01", check=True))
    assert archives.outcomes(planned) == {"2026-01": state}
    done = {"archived": archive, "restored": restore}[state](ledger, task(folder, "2026-01"))
    assert archives.outcomes(done) == {"2026-01": state}
    assert asked(ledger, archives.ROWS) == (rows if state == "restored" else after)
    assert comparison.compare(ledger)["consistent"]


def test_what_was_written_back_wrongly_does_not_count(ledger: sql.LedgerOptions, folder: Path) -> None:
    """Somebody changed a row in the database while a run was dead."""
    (month,) = archive(ledger, task(folder, "2026-01"))["months"]
    rows_left(ledger, folder, month)
    with sql.writing(ledger) as opened:
        opened.connection.driver.execute(
            "UPDATE entry_row SET amount_nano = amount_nano + 1"
            f" WHERE period_begin < {int(FEBRUARY.timestamp())}"
        )
    with pytest.raises(LedgerError, match="^What was written back of 2026-01 is not what was archived;"):
        restore(ledger, task(None, "2026-01"))
    with sql.reading(ledger) as opened, pytest.raises(LedgerError, match=SAID):
        totals.rows(opened.connection, totals.Selection(QUARTER), 10)
    assert archive(ledger, task(folder, "2026-01"))["changed"]
    assert restore(ledger, task(None, "2026-01"))["changed"]
    assert comparison.compare(ledger)["consistent"]


NAMES = st.sampled_from([None, "a", "b"])
COSTS = st.tuples(
    st.integers(0, 90 * 24 - 1),
    st.integers(1, 9_200_000_000_000_000_000),
    st.sampled_from(["compute", "network"]),
    NAMES,
    NAMES,
    st.sampled_from(["CHF", "ICU"]),
    NAMES,
    st.booleans(),
)


def check_sums(options: sql.LedgerOptions, folder: Path, costs: list[tuple[Any, ...]]) -> None:
    """The sums by each dimension are those of what was recorded, before, between and after."""
    expected: Counter[tuple[Any, ...]] = Counter()
    for number, (at, nano, category, region, project, currency, team, is_taken_back) in enumerate(costs):
        begin = JANUARY + timedelta(hours=at)
        entry = entries.Entry(
            "books", str(number), "usage", category, Window(begin, begin), nano, currency, region=region,
            project_id=project, tags={} if team is None else {"team": team},
        )  # fmt: skip
        archives.write(options, entry)
        if is_taken_back:
            with sql.writing(options) as opened:
                entries.take_back(opened.connection, "books", str(number), NOW, "eve@ci")
        else:
            expected[(begin.month, category, region, project, team, currency)] += nano
    windows = [Window(JANUARY, FEBRUARY), Window(FEBRUARY, MARCH), Window(MARCH, APRIL)]
    by = ("category", "region", "project", "tag:team")

    def told() -> dict[tuple[Any, ...], int]:
        with sql.reading(options) as opened:
            found = totals.by_time(opened.connection, totals.Selection(QUARTER), windows, by)
        return {
            (month, *one.keys.values(), one.currency): one.amount_nano
            for month, of_month in enumerate(found, 1)
            for one in of_month
        }

    assert told() == expected
    everything = every_sum(options)
    archive(options, task(folder, before="2026-04"))
    assert asked(options, "SELECT count(*) FROM entry_row") == [[(0,)]]
    assert told() == expected
    assert every_sum(options) == everything
    assert comparison.compare(options)["consistent"]
    restore(options, task(None, before="2026-04"))
    assert told() == expected
    assert every_sum(options) == everything


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(COSTS, min_size=1, max_size=12))
def test_sums_by_every_dimension_stay_to_the_nano(
    tmp_path_factory: pytest.TempPathFactory, costs: list[tuple[Any, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("drawn")
    check_sums(sql.LedgerOptions(f"sqlite:///{folder}/ledger.db"), folder / "archive", costs)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(COSTS, min_size=1, max_size=12))
def test_sums_by_every_dimension_stay_to_the_nano_on_postgresql(
    postgresql: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, costs: list[tuple[Any, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("drawn")
    check_sums(sql.LedgerOptions(new_database(postgresql)), folder / "archive", costs)
