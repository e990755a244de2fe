# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger is append-only, safe to replay, and its sum is always that of what is valid
(design/ledger.md#append-only).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._ledger import (
    entries,
    entry_rows,
    replacement,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.entries import Entry
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import (
    Ledger,
    LedgerOptions,
    reading,
    writing,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import read, read_by_name
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.asked_ledger import counted, sums

COLUMNS = ("id", "version", "reverses", "dimension_set_id", "period_begin", "amount_nano")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOVEMBER = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))


def entry(key: str = "k", nano: int = 1_000, hour: int = 0, **more: object) -> Entry:
    begin = NOVEMBER.begin + timedelta(hours=hour)
    kept = {"source": "manual", "charge_category": "usage", "category": "compute", "currency": "ICU", **more}
    period = Window(begin, begin + timedelta(hours=1))
    return Entry(key=key, amount_nano=nano, period=period, **kept)  # type: ignore[arg-type]


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerOptions:
    if request.param == "postgresql":
        return LedgerOptions(request.getfixturevalue("postgresql_url"))
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def total(options: LedgerOptions, window: Window = NOVEMBER) -> dict[str, int]:
    with reading(options) as opened:
        return sums(opened.connection, window)


def test_the_same_again_changes_nothing(ledger: LedgerOptions) -> None:
    with writing(ledger) as opened:
        assert entries.write(opened.connection, entry(), NOW, "a").outcome == "recorded"
    with writing(ledger) as opened:
        assert entries.write(opened.connection, entry(), NOW + timedelta(days=1), "b").outcome == "unchanged"
        assert read(opened.connection, "SELECT count(*) FROM entry") == [(1,)]
    assert total(ledger) == {"ICU": 1_000}


@pytest.mark.parametrize(
    "change",
    [
        {"nano": 2_000},
        {"category": "network"},
        {"tags": {"team": "a"}},
        {"hour": 5},
        {"description": "x"},
        {"resource_id": "r"},
        {"quantity": "2"},
    ],
)
def test_any_difference_is_a_reversal_and_a_new_version(
    ledger: LedgerOptions, change: dict[str, object]
) -> None:
    with writing(ledger) as opened:
        entries.write(opened.connection, entry(), NOW, "a")
        written = entries.write(opened.connection, entry(**change), NOW, "a")  # type: ignore[arg-type]
        rows = read_by_name(opened.connection, COLUMNS, f"SELECT {', '.join(COLUMNS)} FROM entry ORDER BY id")
    assert (written.outcome, written.version) == ("corrected", 2)
    first, reversal, second = rows
    assert (reversal["reverses"], reversal["amount_nano"]) == (first["id"], -first["amount_nano"])
    assert (reversal["dimension_set_id"], reversal["period_begin"]) == (
        first["dimension_set_id"],
        first["period_begin"],
    )
    assert (second["version"], second["reverses"]) == (2, None)
    assert total(ledger) == {"ICU": change.get("nano", 1_000)}


def test_a_correction_moves_cost_between_periods(ledger: LedgerOptions) -> None:
    first_day = Window(NOVEMBER.begin, NOVEMBER.begin + timedelta(days=1))
    with writing(ledger) as opened:
        entries.write(opened.connection, entry(), NOW, "a")
        entries.write(opened.connection, entry(hour=30), NOW, "a")
    assert total(ledger, first_day) == {}
    assert total(ledger) == {"ICU": 1_000}


def test_windows_are_half_open(ledger: LedgerOptions) -> None:
    with writing(ledger) as opened:
        entries.write(opened.connection, entry(hour=1), NOW, "a")
    at = NOVEMBER.begin + timedelta(hours=1)
    assert total(ledger, Window(NOVEMBER.begin, at)) == {}
    assert total(ledger, Window(at, at + timedelta(seconds=1))) == {"ICU": 1_000}


@pytest.mark.parametrize("in_no_bucket_s", [1, 100, 899])
def test_windows_are_half_open_within_a_bucket_too(ledger: LedgerOptions, in_no_bucket_s: int) -> None:
    at = NOVEMBER.begin + timedelta(seconds=in_no_bucket_s)
    with writing(ledger) as opened:
        entries.write(opened.connection, replace(entry(), period=Window(at, at)), NOW, "a")
    assert total(ledger, Window(NOVEMBER.begin, at)) == {}
    assert total(ledger, Window(at, at + timedelta(seconds=1))) == {"ICU": 1_000}
    assert total(ledger, Window(at + timedelta(seconds=1), NOVEMBER.end)) == {}


def test_currencies_are_summed_apart(ledger: LedgerOptions) -> None:
    with writing(ledger) as opened:
        entries.write(opened.connection, entry("a", 5), NOW, "a")
        entries.write(opened.connection, entry("b", 7, currency="CHF"), NOW, "a")
    assert total(ledger) == {"ICU": 5, "CHF": 7}


def replaced(ledger: Ledger, window: Window, wanted: list[entries.Entry]) -> dict[str, int]:
    """Make the window's entries these; what that did."""
    planned = replacement.plan(
        ledger.connection, "manual", window, [entry_rows.row_of(entries.columns(one)) for one in wanted]
    )
    replacement.carry_out(ledger.connection, planned, NOW, "a")
    return planned.counts


hours = st.dictionaries(st.integers(0, 30), st.integers(0, 5_000), max_size=8)
imports = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 15), hours), min_size=1, max_size=6)


@settings(max_examples=20)
@given(imports)
def test_any_sequence_of_imports_leaves_what_the_last_answers_said(
    tmp_path_factory: pytest.TempPathFactory, done: list[tuple[int, int, dict[int, int]]]
) -> None:
    """An import is authoritative for its window, whatever came before
    (design/imports.md#an-hour-is-replaced-whole); nothing outside of it moves.
    """
    options = LedgerOptions(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db")
    model: dict[int, int] = {}
    for first, length, told in done:
        window = Window(
            NOVEMBER.begin + timedelta(hours=first), NOVEMBER.begin + timedelta(hours=first + length)
        )
        inside = {hour: nano for hour, nano in told.items() if first <= hour < first + length}
        wanted = [entry(f"m/{hour}", nano, hour) for hour, nano in inside.items()]
        for expected_change in (True, False):
            with writing(options) as opened:
                counts = replaced(opened, window, wanted)
            assert sum(counts.values()) >= len(wanted)
            assert expected_change or counts["unchanged"] == len(wanted) == sum(counts.values())
        model = {hour: nano for hour, nano in model.items() if not first <= hour < first + length} | inside
    assert total(options) == ({"ICU": sum(model.values())} if model else {})
    for hour, nano in model.items():
        begin = NOVEMBER.begin + timedelta(hours=hour)
        assert total(options, Window(begin, begin + timedelta(hours=1))) == {"ICU": nano}


def test_what_begins_at_the_end_of_a_window_is_not_replaced(ledger: LedgerOptions) -> None:
    """Windows are half-open: what begins at its begin is in it, what begins at its end is in the next one."""
    window = Window(NOVEMBER.begin + timedelta(hours=1), NOVEMBER.begin + timedelta(hours=2))
    with writing(ledger) as opened:
        replaced(opened, NOVEMBER, [entry(f"m/{hour}", 10**hour, hour) for hour in range(4)])
        assert replacement.sums(opened.connection, "manual", window) == {window.begin: 10}
        assert replaced(opened, window, [])["reversed"] == 1
    assert total(ledger) == {"ICU": 1_101}


def test_a_row_that_came_back_goes_on_with_its_next_version(ledger: LedgerOptions) -> None:
    with writing(ledger) as opened:
        for wanted in ([entry()], [], [entry()]):
            replaced(opened, NOVEMBER, wanted)
        assert entries.current(opened.connection, "manual", "k")["version"] == 3  # type: ignore[index]
    assert total(ledger) == {"ICU": 1_000}


def test_what_is_taken_back_is_gone_and_can_come_back(ledger: LedgerOptions) -> None:
    with writing(ledger) as opened:
        assert entries.take_back(opened.connection, "manual", "k", NOW, "a") == entries.WrittenEntry(
            "unchanged", 0
        )
        entries.write(opened.connection, entry(), NOW, "a")
        assert entries.take_back(opened.connection, "manual", "k", NOW, "a") == entries.WrittenEntry(
            "reversed", 2
        )
        assert entries.current(opened.connection, "manual", "k") is None
        assert entries.take_back(opened.connection, "manual", "k", NOW, "a") == entries.WrittenEntry(
            "unchanged", 2
        )
    assert total(ledger) == {}
    with writing(ledger) as opened:
        assert entries.write(opened.connection, entry(), NOW, "a") == entries.WrittenEntry("recorded", 3)
    assert total(ledger) == {"ICU": 1_000}


def test_many_are_written_as_if_one_by_one(ledger: LedgerOptions) -> None:
    """More than one statement carries, and the same key twice: the later is written over the earlier."""
    many = [entry(f"k{number % 600}", number) for number in range(700)]
    with writing(ledger) as opened:
        done = entries.write_all(opened.connection, many, NOW, "a")
        valid = entries.current_all(opened.connection, [("manual", f"k{number}") for number in range(601)])
    assert [one.outcome for one in done] == ["recorded"] * 600 + ["corrected"] * 100
    assert len(valid) == 600
    assert (valid["manual", "k0"]["version"], valid["manual", "k0"]["amount_nano"]) == (2, 600)
    assert total(ledger) == {"ICU": sum(range(100, 700))}
    with writing(ledger) as opened:
        again = entries.write_all(opened.connection, many[100:], NOW, "a")
    assert {one.outcome for one in again} == {"unchanged"}


def test_the_same_key_again_at_once_is_written_over_the_one_before(ledger: LedgerOptions) -> None:
    twice = [entry(nano=1), entry(nano=2), entry(nano=2), entry("other", 10)]
    with writing(ledger) as opened:
        done = entries.write_all(opened.connection, twice, NOW, "a")
    assert [(one.outcome, one.version) for one in done] == [
        ("recorded", 1), ("corrected", 2), ("unchanged", 2), ("recorded", 1),
    ]  # fmt: skip
    assert total(ledger) == {"ICU": 12}


def test_many_are_written_with_few_statements(ledger: LedgerOptions) -> None:
    """Per 500: two look-ups of keys and an insert of these, an insert of who records, and of the entries; new
    series and dimension sets, the clock and the roll-up cost more, and one look at which months are archived.
    What a trigger does on PostgreSQL takes no statement.

    Nothing is written where nothing changed.
    """
    many = [entry(f"k{number}", 1, tags={"team": str(number % 20)}) for number in range(1_000)]
    for expected in (19 if ledger.url and ledger.url.startswith("postgresql") else 24, 5):
        with writing(ledger) as opened:
            connection, statements = counted(opened.connection)
            entries.write_all(connection, many, NOW, "a")
        assert len(statements) == expected, statements
