# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A project that has a feed for each spelling of its cloud's URL has one after the upgrade, and each hour
once (design/imports.md#feeds).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.money import from_nano
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, moment_of
from ansible_collections.finops.cloud.plugins.module_utils._ledger import (
    dimension_sets,
    entries,
    feed_changes,
    feeds,
    totals,
)
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading, writing
from ansible_collections.finops.cloud.plugins.module_utils._ledger.transaction import (
    Transaction,
    insert,
    read,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from .rolled_up import assert_roll_up_equals_the_rows

HERE = Path(__file__).parent
FIRST = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALL = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
OLD, NEW = "https://cloud/identity/v3", "https://cloud:5000/v3"
TRAFFIC = "storage.objects.outgoing.bytes"


def at(hour: int) -> datetime:
    return FIRST + hour * HOUR


@dataclass(frozen=True)
class Old:
    """A feed of schema 4 by one spelling: what each hour cost, the hours that it knows, and more columns."""

    url: str
    amounts: dict[int, str]
    hours: range
    columns: dict[str, Any]
    days: bool = False

    def write(self, transaction: Transaction, number: int) -> None:
        source = f"cloudkitty {self.url} r p1"
        row = {
            "id": number, "told_by": "cloudkitty", "auth_url": self.url, "region": "r", "project_id": "p1",
            "cloud": "c", "project_name": "shop", "currency": "ICU", "collect_period_s": 3600,
            "rated_through": int(at(self.hours.stop).timestamp()), "retired": False, "credit_due_from": None,
            "revision": 3, **self.columns,
        }  # fmt: skip
        insert(transaction, "feed", [row])
        windows = [self.hours] if self.hours else []
        insert(
            transaction,
            "feed_window",
            [
                {
                    "feed_id": number,
                    "begin": int(at(one.start).timestamp()),
                    "end": int(at(one.stop).timestamp()),
                    "resolution": "day" if self.days else "hour",
                    "grouping": "resource",
                    "tagged": True,
                }
                for one in windows
            ],
        )
        rate = {"feed_id": number, "category": "compute", "tags": "{}", "amount_nano": number}
        insert(transaction, "feed_rate", [rate])
        carried = {"feed_id": number, "kind": "tag", "name": f"tag-{number}"}
        insert(transaction, "feed_carried", [carried])
        seen = {"feed_id": number, "resource_id": f"server-{number}", "type": "t", "name": "n", "tags": "{}"}
        insert(transaction, "feed_resource", [seen])
        for hour, amount in self.amounts.items():
            entry = an_entry(source, hour, amount, 24 if self.days else 1)
            record(transaction, entry)


def record(transaction: Transaction, entry: entries.Entry) -> None:
    """A row as schema 4 had it; its sums are made anew by the upgrade."""
    columns = entries.columns(entry)
    of_set = dimension_sets.Dimensions(*(columns.pop(name) for name in dimension_sets.DIMENSIONS))
    number = dimension_sets.ids_of(transaction, [of_set])[of_set]
    signed = {"recorded_at": int(at(0).timestamp()), "recorded_by": "me"}
    row = {**columns, "version": 1, "reverses": None, "dimension_set_id": number, **signed}
    insert(transaction, "entry", [row])


def an_entry(source: str, hour: int, amount: str, hours: int = 1) -> entries.Entry:
    return entries.Entry(
        source=source,
        key=f"{at(hour):%Y-%m-%dT%H}/instance/one",
        charge_category="usage",
        category="compute",
        period=Window(at(hour), at(hour + hours)),
        amount_nano=int(float(amount) * 10**9),
        currency="ICU",
        region="r",
        project_id="p1",
        project_name="shop",
        metric="instance",
    )


def a_credit(url: str, amount: int) -> entries.Entry:
    month = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    source, key = f"free tier of cloudkitty {url} r p1", f"{TRAFFIC}/2026-11"
    nano = -amount * 10**9
    return entries.Entry(source, key, "credit", "storage", month, nano, "ICU", metric=TRAFFIC)


Schema4 = Callable[[], Any]


@contextmanager
def on_sqlite(path: Path) -> Iterator[Transaction]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript((HERE / "schema_4.sql").read_text())
        connection.execute("INSERT INTO ledger_schema (version) VALUES (4)")
        yield Transaction(connection, on_postgresql=False)


@contextmanager
def on_postgresql(url: str) -> Iterator[Transaction]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute((HERE / "schema_4_postgresql.sql").read_bytes())
        connection.execute(b"INSERT INTO ledger_schema (version) VALUES (4)")
        yield Transaction(connection, on_postgresql=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[LedgerOptions, Schema4]:
    """A ledger of schema 4, and what opens it to write rows."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
        return LedgerOptions(url), lambda: on_postgresql(url)
    path = tmp_path / "ledger.db"
    return LedgerOptions(f"sqlite:///{path}"), lambda: on_sqlite(path)


def upgraded(ledger: LedgerOptions) -> feeds.Feed:
    with writing(ledger):
        pass
    with reading(ledger) as opened:
        assert_roll_up_equals_the_rows(opened.connection)
        (feed,) = feeds.read_all(opened.connection)
    return feed


def costs(ledger: LedgerOptions) -> dict[int, Any]:
    """What each hour from FIRST on costs: the sum of all rows that begin then."""
    with reading(ledger) as opened:
        found = read(
            opened.connection, "SELECT period_begin, sum(amount_nano) FROM entry GROUP BY period_begin"
        )
    sums = {int((moment_of(begin) - FIRST) / HOUR): from_nano(int(nano)) for begin, nano in found}
    return {hour: amount for hour, amount in sums.items() if amount}


def total(ledger: LedgerOptions) -> Any:
    with reading(ledger) as opened:
        found = totals.totals(opened.connection, totals.Selection(ALL))
    return from_nano(sum(one.amount_nano for one in found))


def test_one_project_under_two_spellings_of_the_auth_url_is_one_feed(
    old: tuple[LedgerOptions, Schema4],
) -> None:
    """The old URL brought hours 0 to 5, the new one 3 to 8: 3, 4 and 5 were counted twice."""
    ledger, opened = old
    with opened() as transaction:
        before = Old(OLD, dict.fromkeys(range(6), "2"), range(6), {"credit_due_from": None})
        after = Old(NEW, dict.fromkeys(range(3, 9), "3"), range(3, 9), {})
        before.write(transaction, 1)
        after.write(transaction, 2)
    feed = upgraded(ledger)
    assert costs(ledger) == {0: 2, 1: 2, 2: 2, **dict.fromkeys(range(3, 9), 3)}
    assert total(ledger) == 24
    assert (feed.id, feed.key, feed.auth_url) == (2, feeds.FeedKey("r", "p1"), NEW)
    # Newer than both: what was read of either before is out of date.
    assert feed.revision == 4
    assert feed.rated_through == at(9) and feed.first_hole(Window(at(0), at(9))) is None
    assert [rate.amount_nano for rate in feed.run_rates] == [2]
    assert feed.tag_keys == {"tag-1", "tag-2"}
    with reading(ledger) as seen:
        assert set(feed_changes.resources(seen.connection, feed)) == {"server-1", "server-2"}
        rows = totals.rows(seen.connection, totals.Selection(ALL), 100, valid_only=True)
    assert {row["source"] for row in rows} == {"cloudkitty r p1"} and len(rows) == 9


def test_a_credit_that_both_spellings_have_counts_once(old: tuple[LedgerOptions, Schema4]) -> None:
    ledger, opened = old
    with opened() as transaction:
        Old(OLD, {0: "20"}, range(1), {}).write(transaction, 1)
        Old(NEW, {0: "20"}, range(2), {}).write(transaction, 2)
        for url, amount in ((OLD, 5), (NEW, 7)):
            record(transaction, a_credit(url, amount))
    feed = upgraded(ledger)
    assert total(ledger) == 13
    # What is free of the hours of both is calculated by the next import.
    assert feed.credit_due_from == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(("old_due", "new_due"), [(8, 10), (10, 8), (8, None), (None, 8)])
def test_the_free_tier_is_due_from_the_earlier_of_both(
    old: tuple[LedgerOptions, Schema4], old_due: int | None, new_due: int | None
) -> None:
    ledger, opened = old
    with opened() as transaction:
        for number, (url, month) in enumerate(((OLD, old_due), (NEW, new_due)), 1):
            due = None if month is None else int(datetime(2026, month, 1, tzinfo=UTC).timestamp())
            Old(url, {0: "20"}, range(number), {"credit_due_from": due}).write(transaction, number)
    assert upgraded(ledger).credit_due_from == datetime(2026, 8, 1, tzinfo=UTC)


def test_a_credit_of_the_old_spelling_alone_goes_on(old: tuple[LedgerOptions, Schema4]) -> None:
    ledger, opened = old
    with opened() as transaction:
        Old(OLD, {0: "20"}, range(1), {}).write(transaction, 1)
        Old(NEW, {1: "20"}, range(1, 2), {}).write(transaction, 2)
        record(transaction, a_credit(OLD, 5))
    upgraded(ledger)
    assert total(ledger) == 35
    with reading(ledger) as seen:
        only_credits = totals.Selection(ALL, charge_categories=("credit",))
        (row,) = totals.rows(seen.connection, only_credits, 10, valid_only=True)
    assert row["source"] == "free tier of cloudkitty r p1"


def test_a_day_that_overlaps_known_hours_is_a_hole_and_not_counted_twice(
    old: tuple[LedgerOptions, Schema4],
) -> None:
    """The day's one entry cannot be cut: what the other feed does not know of it has to be imported again."""
    ledger, opened = old
    with opened() as transaction:
        Old(OLD, {0: "24"}, range(24), {}, days=True).write(transaction, 1)
        Old(NEW, dict.fromkeys(range(12, 30), "1"), range(12, 30), {}).write(transaction, 2)
    feed = upgraded(ledger)
    assert total(ledger) == 18
    assert feed.first_hole(Window(at(0), at(30))) == Window(at(0), at(12))


def test_what_was_retired_under_one_spelling_only_is_not_retired(old: tuple[LedgerOptions, Schema4]) -> None:
    ledger, opened = old
    with opened() as transaction:
        Old(OLD, {0: "1"}, range(1), {}).write(transaction, 1)
        Old(NEW, {1: "1"}, range(1, 2), {"retired": True}).write(transaction, 2)
    assert not upgraded(ledger).retired


def test_an_upgrade_that_fails_while_feeds_merge_changes_nothing(
    old: tuple[LedgerOptions, Schema4],
) -> None:
    ledger, opened = old
    with opened() as transaction:
        Old(OLD, {0: "1"}, range(1), {}).write(transaction, 1)
        Old(NEW, {0: "1"}, range(1), {}).write(transaction, 2)
    with pytest.raises(ZeroDivisionError), writing(ledger):
        raise ZeroDivisionError
    driver = opened_again(ledger)
    with driver as connection:
        asked = "SELECT count(*), count(DISTINCT auth_url) FROM feed"
        assert connection.execute(asked).fetchall() == [(2, 2)]
        assert connection.execute("SELECT version FROM ledger_schema").fetchall() == [(4,)]
    upgraded(ledger)
    assert total(ledger) == 1


def opened_again(ledger: LedgerOptions) -> Any:
    url = str(ledger.url)
    if url.startswith("sqlite"):
        return closing(sqlite3.connect(url.removeprefix("sqlite:///")))
    return psycopg.connect(url.replace("+psycopg", ""))


hours = st.integers(0, 30).flatmap(lambda begin: st.integers(0, 20).map(lambda n: range(begin, begin + n)))


@pytest.mark.parametrize("examples", [4, pytest.param(200, marks=pytest.mark.heavy)])
def test_however_feeds_were_split_each_hour_is_kept_once(
    tmp_path_factory: pytest.TempPathFactory, examples: int
) -> None:
    settings(max_examples=examples)(given(st.lists(hours, min_size=1, max_size=4)))(
        lambda split: assert_once_in(tmp_path_factory, split)
    )()


def assert_once_in(tmp_path_factory: pytest.TempPathFactory, split: Sequence[range]) -> None:
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    with on_sqlite(path) as transaction:
        for number, known in enumerate(split, start=1):
            one = Old(f"https://cloud-{number}/v3", dict.fromkeys(known, "1"), known, {})
            one.write(transaction, number)
    ledger = LedgerOptions(f"sqlite:///{path}")
    feed = upgraded(ledger)
    every = {hour for known in split for hour in known}
    assert costs(ledger) == dict.fromkeys(every, 1)
    imported = {hour for hour in range(60) if feed.first_hole(Window(at(hour), at(hour + 1))) is None}
    assert imported == every
    assert total(ledger) == len(every)
