# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever was written in whatever order, every sum is that of a plain model, now and as
of any step before (design/ledger.md#append-only, design/ledger.md#roll-up,
design/money.md#amounts-in-the-ledger).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, at_local
from ansible_collections.finops.cloud.plugins.module_utils._ledger import (
    commit_clock,
    entries,
    entry_rows,
    replacement,
    roll_up,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.dimension_sets import canonical_tags
from ansible_collections.finops.cloud.plugins.module_utils._ledger.dimension_sums import (
    by_dimensions,
    statement,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.entries import Entry
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading, writing
from ansible_collections.finops.cloud.plugins.module_utils._ledger.totals import (
    Selection,
    Total,
    by_time,
    rows,
    totals,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import execute, read
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.asked_ledger import counted

from .rolled_up import assert_roll_up_equals_the_rows

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
MONTH_S = 30 * 86_400
NOVEMBER = Window(FIRST, FIRST + timedelta(seconds=MONTH_S))
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEYS = [f"k{number}" for number in range(6)]


def window(begin_s: int, end_s: int) -> Window:
    return Window(FIRST + timedelta(seconds=begin_s), FIRST + timedelta(seconds=max(begin_s, end_s)))


def entry(key: str, at_s: int = 0, nano: int = 1, **more: object) -> Entry:
    kept = {"source": "manual", "charge_category": "usage", "category": "compute", "currency": "ICU", **more}
    return Entry(key=key, period=window(at_s, at_s), amount_nano=nano, **kept)  # type: ignore[arg-type]


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerOptions:
    if request.param == "postgresql":
        return LedgerOptions(request.getfixturevalue("postgresql_url"))
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


# Edges of buckets are where sums go wrong, so moments cluster there.
edges = st.builds(
    lambda bucket_s, number, off_s: min(max(bucket_s * number + off_s, 0), MONTH_S),
    st.sampled_from(roll_up.BUCKETS_S),
    st.integers(0, 40),
    st.sampled_from([-1, 0, 1, 450]),
)
moments = edges | st.integers(0, MONTH_S)


@given(moments, moments)
def test_the_parts_of_a_window_add_up_to_it(one: int, other: int) -> None:
    begin, end = sorted((one, other))
    parts = roll_up.parts(begin, end)
    for part in parts:
        assert (
            part.bucket_s == roll_up.NO_BUCKET or part.begin % part.bucket_s == part.end % part.bucket_s == 0
        )
    probes = {at + off for part in parts for at in (part.begin, part.end) for off in (-1, 0)}
    for at in probes | {begin - 1, begin, end - 1, end}:
        assert sum(part.sign for part in parts if part.begin <= at < part.end) == (begin <= at < end)
    in_buckets = sum((part.end - part.begin) // part.bucket_s for part in parts if part.bucket_s)
    assert in_buckets <= 4 + 2 * (4 + 4 + 6), "a month is some dozen of buckets"
    assert sum(part.end - part.begin for part in parts if not part.bucket_s) <= 900


contents = st.builds(
    entry,
    key=st.sampled_from(KEYS),
    at_s=moments,
    nano=st.integers(0, 10**12),
    category=st.sampled_from(["compute", "storage"]),
    currency=st.sampled_from(["ICU", "CHF"]),
    project_id=st.sampled_from([None, "p1"]),
    metric=st.sampled_from([None, "instance"]),
    tags=st.sampled_from([{}, {"team": "a"}, {"team": "b", "env": "x"}]),
)
steps = st.one_of(
    st.tuples(st.just("write"), st.lists(contents, min_size=1, max_size=4)),
    st.tuples(st.just("take back"), st.sampled_from(KEYS)),
    st.tuples(
        st.just("replace"), moments, moments, st.lists(contents, max_size=4, unique_by=lambda one: one.key)
    ),
)
histories = st.lists(steps, min_size=1, max_size=6)


@dataclass
class Model:
    """What should be valid, by key."""

    valid: dict[str, Entry] = field(default_factory=dict)

    def sums(self, inside: Window, key_of: Callable[[Entry], object]) -> dict[object, tuple[int, int]]:
        amounts: Counter[object] = Counter()
        counts: Counter[object] = Counter()
        for one in self.valid.values():
            if inside.contains(one.period.begin):
                amounts[key_of(one), one.currency] += one.amount_nano
                counts[key_of(one), one.currency] += 1
        return {group: (amounts[group], counts[group]) for group in counts}


def of_feed(one: entries.Entry) -> entries.Entry:
    """The same cost as a feed tells it, whose keys never leave their window."""
    return replace(one, source="feed", key=f"{one.period.begin}/{one.key}")


def take_step(options: LedgerOptions, model: Model, step: tuple[object, ...], now: datetime) -> None:
    """The same step in the ledger, twice, as a playbook that runs again, and in the model."""
    for again in (False, True):
        with writing(options) as opened:
            match step:
                case "write", list() as wanted:
                    done = entries.write_all(opened.connection, wanted, now, "a")
                    model.valid |= {one.key: one for one in wanted}
                    if again and len({one.key for one in wanted}) == len(wanted):
                        assert {one.outcome for one in done} == {"unchanged"}
                case "take back", str() as key:
                    written = entries.take_back(opened.connection, "manual", key, now, "a")
                    assert written.outcome == ("reversed" if key in model.valid else "unchanged")
                    model.valid.pop(key, None)
                case "replace", int() as begin, int() as end, list() as wanted:
                    replaced = window(begin, end)
                    inside = [of_feed(one) for one in wanted if replaced.contains(one.period.begin)]
                    planned = replacement.plan(
                        opened.connection,
                        "feed",
                        replaced,
                        [entry_rows.row_of(entries.columns(one)) for one in inside],
                    )
                    replacement.carry_out(opened.connection, planned, now, "a")
                    gone = {
                        key
                        for key, one in model.valid.items()
                        if one.source == "feed" and replaced.contains(one.period.begin)
                    }
                    kept = {key: one for key, one in model.valid.items() if key not in gone}
                    model.valid = kept | {one.key: one for one in inside}
                    assert not again or planned.counts == {
                        "recorded": 0,
                        "corrected": 0,
                        "reversed": 0,
                        "unchanged": len(inside),
                    }


def told(found: Iterable[Total]) -> dict[object, tuple[int, int]]:
    return {(tuple(one.keys.values()), one.currency): (one.amount_nano, one.entry_count) for one in found}


def assert_equal_to_the_model(options: LedgerOptions, done: list[tuple[object, ...]], asked: Window) -> None:
    model, models = Model(), []
    for step in done:
        take_step(options, model, step, NOW)
        with reading(options) as opened:
            models.append((commit_clock.newest(opened.connection), Model(dict(model.valid))))
    with reading(options) as opened:
        connection = opened.connection
        assert_roll_up_equals_the_rows(connection)
        for inside in (NOVEMBER, asked):
            found = totals(connection, Selection(inside), ("category", "tag:team", "project"))
            expected = model.sums(inside, lambda one: (one.category, one.tags.get("team"), one.project_id))
            assert told(found) == expected
            assert told(totals(connection, Selection(inside), ("metric",))) == model.sums(
                inside, lambda one: (one.metric,)
            )
            expected = model.sums(
                inside, lambda one: (one.category, one.project_id, canonical_tags(one.tags))
            )
            by_set = by_dimensions(
                connection, [inside, asked], ("category", "project_id", "tags", "currency")
            )
            assert by_set[0] == {(*keys, currency): sums[0] for (keys, currency), sums in expected.items()}
            assert (
                by_set[1]
                == by_dimensions(connection, [asked], ("category", "project_id", "tags", "currency"))[0]
            )
            assert by_dimensions(connection, [inside], ("currency",))[0] == {
                (currency,): sums[0]
                for (_same, currency), sums in model.sums(inside, lambda one: None).items()
            }
            listed = rows(connection, Selection(inside), 1_000, valid_only=True)
            assert {row["key"] for row in listed} == {
                key for key, one in model.valid.items() if inside.contains(one.period.begin)
            }
        for moment, before in models:
            found = totals(connection, Selection(asked), ("category",), as_of=moment)
            assert told(found) == before.sums(asked, lambda one: (one.category,))


def test_sums_of_some_months_read_no_table_whole_on_postgresql(postgresql_url: str) -> None:
    """It takes reading all for less work than looking up what is asked for, unless it is told."""
    options = LedgerOptions(postgresql_url)
    write(options, entry("a", 0, 1))
    begins = [int(FIRST.timestamp()) + 3_600 + number * MONTH_S for number in range(4)]
    parts = [
        (number, part)
        for number, begin in enumerate(begins)
        for part in roll_up.parts(begin, begin + MONTH_S)
    ]
    with writing(options) as opened:
        execute(
            opened.connection,
            "INSERT INTO roll_up"
            " (bucket_s, bucket_begin, dimension_set_id, amount_whole, amount_rest_nano, entry_count)"
            " SELECT bucket_s, bucket_begin + number::bigint * bucket_s, 1, 1, 1, 1"
            " FROM roll_up, generate_series(1, 10000) AS number"
            " ORDER BY md5(number::text)",
        )
        execute(opened.connection, "ANALYZE roll_up")
        asked = statement(parts, ["currency"], in_postgresql=True)
        plan = "\n".join(line for (line,) in read(opened.connection, f"EXPLAIN {asked}"))
    assert "roll_up_pkey" in plan
    assert "Seq Scan on roll_up" not in plan


@settings(max_examples=15)
@given(histories, moments, moments)
def test_any_sequence_of_writes_leaves_every_sum_that_of_a_model(
    tmp_path_factory: pytest.TempPathFactory, done: list[tuple[object, ...]], begin: int, end: int
) -> None:
    options = LedgerOptions(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db")
    assert_equal_to_the_model(options, done, window(*sorted((begin, end))))


def test_any_sequence_of_writes_leaves_every_sum_that_of_a_model_on_postgresql(postgresql_url: str) -> None:
    options = LedgerOptions(postgresql_url)

    @settings(max_examples=8, database=None)
    @given(histories, moments, moments)
    def holds(done: list[tuple[object, ...]], begin: int, end: int) -> None:
        with writing(options) as opened:
            for table in ("tag", "roll_up", "entry_row", "entry_key", "series", "dimension_set"):
                execute(opened.connection, f"DELETE FROM {table}")
        assert_equal_to_the_model(options, done, window(*sorted((begin, end))))

    holds()


def write(options: LedgerOptions, *wanted: Entry) -> None:
    with writing(options) as opened:
        entries.write_all(opened.connection, wanted, NOW, "a")


def sum_of(options: LedgerOptions, **conditions: object) -> int:
    with reading(options) as opened:
        found = totals(opened.connection, Selection(NOVEMBER, **conditions))  # type: ignore[arg-type]
    return sum(one.amount_nano for one in found)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, 111111),
        ({"categories": ("storage", "network")}, 110),
        ({"categories": ()}, 0),
        ({"charge_categories": ("credit",)}, 1000),
        ({"clouds": ("east",), "regions": ("r1",)}, 1),
        ({"projects": ("p1", "shop")}, 11),
        ({"tags": {"team": "a"}}, 11000),
        ({"tags": {"team": "a", "env": "x"}}, 10000),
        ({"tags": {"team": "x"}}, 0),
        ({"sources": ("robot",)}, 100000),
        ({"metrics": ("instance",)}, 1),
        ({"resources": ("r-1", "vm")}, 11),
    ],
)
def test_every_condition_chooses(ledger: LedgerOptions, conditions: dict[str, object], expected: int) -> None:
    of_east = {
        "cloud": "east",
        "region": "r1",
        "project_id": "p1",
        "metric": "instance",
        "resource_id": "r-1",
    }
    write(
        ledger,
        entry("a", nano=1, **of_east),
        entry(
            "b",
            nano=10,
            category="storage",
            region="r1",
            project_id="p2",
            project_name="shop",
            resource_name="vm",
        ),
        entry("c", nano=100, category="network"),
        entry("d", nano=1000, charge_category="credit", tags={"team": "a"}),
        entry("e", nano=10000, tags={"team": "a", "env": "x"}),
        entry("f", nano=100000, source="robot", tags={"env": "a", 'na"me': "'"}),
    )
    assert sum_of(ledger, **conditions) == expected


def test_names_that_would_break_a_query_are_only_names(ledger: LedgerOptions) -> None:
    odd = """'"%(x)s:y;--$."""
    write(ledger, entry("a", tags={odd: odd}, project_id=odd))
    with reading(ledger) as opened:
        found = totals(
            opened.connection,
            Selection(NOVEMBER, projects=(odd,), tags={odd: odd}),
            (f"tag:{odd}", "project"),
        )
    assert [one.keys for one in found] == [{f"tag:{odd}": odd, "project": odd}]


def test_absent_and_empty_are_two_things(ledger: LedgerOptions) -> None:
    write(ledger, entry("a", nano=1, region=None), entry("b", nano=2, region=""))
    with reading(ledger) as opened:
        found = totals(opened.connection, Selection(NOVEMBER), ("region",))
    assert [(one.keys["region"], one.amount_nano) for one in found] == [(None, 1), ("", 2)]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Zurich", "Asia/Kathmandu", "America/St_Johns"])
def test_days_of_any_zone_tile_a_month(ledger: LedgerOptions, zone: str) -> None:
    clock = ZoneInfo(zone)
    write(ledger, *(entry(f"k{hour}", hour * 3_600 + 1_234, 1) for hour in range(24 * 30)))
    midnights = [at_local((FIRST + timedelta(days=day)).date(), FIRST.time(), clock) for day in range(4, 20)]
    days = [Window(begin, end) for begin, end in pairwise(midnights)]
    with reading(ledger) as opened:
        connection, statements = counted(opened.connection)
        found = by_time(connection, Selection(NOVEMBER), days)
    assert [[one.amount_nano for one in of_day] for of_day in found] == [[24]] * 15
    assert len(statements) == 1


def test_windows_are_cut_to_the_selection(ledger: LedgerOptions) -> None:
    write(ledger, entry("a", 100, 1), entry("b", 5_000, 10))
    with reading(ledger) as opened:
        found = by_time(
            opened.connection, Selection(window(0, 1_000)), [window(0, 9_000), window(2_000, 9_000)]
        )
    assert [[one.amount_nano for one in of_window] for of_window in found] == [[1], []]


def test_pages_hold_every_row_once_in_the_order_of_writing(ledger: LedgerOptions) -> None:
    write(ledger, *(entry(f"k{number}", number) for number in range(7)))
    write(ledger, entry("k3", 3, 50))
    after, found = None, []
    with reading(ledger) as opened:
        while page := rows(opened.connection, Selection(NOVEMBER), 4, after):
            assert len(page) <= 4
            found += page
            after = page[-1]["id"]
        valid = rows(opened.connection, Selection(NOVEMBER), 100, valid_only=True)
    third = found[3]["id"]
    told = [(row["key"], row["version"], row["amount_nano"], row["reverses"]) for row in found]
    assert told == [(f"k{number}", 1, 1, None) for number in range(7)] + [
        ("k3", 2, -1, third),
        ("k3", 2, 50, None),
    ]
    assert [row["key"] for row in valid] == ["k0", "k1", "k2", "k4", "k5", "k6", "k3"]


def test_a_reader_sees_one_moment(ledger: LedgerOptions) -> None:
    write(ledger, entry("a", nano=1))
    with reading(ledger) as opened:
        for number in range(2):
            assert [one.amount_nano for one in totals(opened.connection, Selection(NOVEMBER))] == [1]
            write(ledger, entry(f"b{number}", nano=10))
    assert sum_of(ledger) == 21


LARGEST = 2**63 - 1


def test_sums_are_exact_up_to_the_last_unit(ledger: LedgerOptions) -> None:
    write(ledger, entry("a", nano=LARGEST - 1), entry("b", nano=1))
    assert sum_of(ledger) == LARGEST


@pytest.mark.parametrize("apart_s", [0, 100, 86_400])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_sum_beyond_64_bits_is_exact(ledger: LedgerOptions, apart_s: int, sign: int) -> None:
    """On SQLite the addition of two such integers is an error, or a float without a word. 300 of the largest
    entries are 2.8e12 of the currency.
    """
    numbers = range(300)
    many = [entry(str(number), at_s=number % 7 * apart_s, nano=sign * LARGEST) for number in numbers]
    write(ledger, *many)
    write(ledger, entry("smallest", nano=sign))
    with reading(ledger) as opened:
        connection = opened.connection
        expected = sign * (300 * LARGEST + 1)
        by_row = totals(connection, Selection(NOVEMBER), ("source",))
        assert [one.amount_nano for one in (*totals(connection, Selection(NOVEMBER)), *by_row)] == [
            expected
        ] * 2
        assert by_dimensions(connection, [NOVEMBER], ("currency",)) == [{("ICU",): expected}]
        assert sum(replacement.sums(connection, "manual", NOVEMBER).values()) == expected
        assert_roll_up_equals_the_rows(connection)


def test_a_large_sum_of_one_currency_changes_none_of_another(ledger: LedgerOptions) -> None:
    write(ledger, *(entry(str(number), nano=LARGEST, currency="VND") for number in range(3)))
    write(ledger, entry("franc", nano=7, currency="CHF"))
    with reading(ledger) as opened:
        found = totals(opened.connection, Selection(NOVEMBER))
    assert [(one.currency, one.amount_nano) for one in found] == [("CHF", 7), ("VND", 3 * LARGEST)]
