# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a VergeOS system used, priced by the hour: what an hour is, what it costs, and when it is not known
(design/imports.md#vergeos).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    FinopsError,
    InvalidOption,
    UnknownAmount,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._core.usage_record import Tier, UsageRecord
from ansible_collections.finops.cloud.plugins.module_utils._imports.vergeos import (
    UsageImportOptions,
    import_usage,
    parse_prices,
)
from ansible_collections.finops.cloud.plugins.module_utils._imports.vergeos_quantities import by_hour
from ansible_collections.finops.cloud.plugins.module_utils._ledger import feed_hours, feeds
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading
from hypothesis import given
from hypothesis import strategies as st

from ....small_vergeos import GIB, NOVEMBER, SmallVergeos, row

FIRST = datetime.fromtimestamp(NOVEMBER, UTC)
HOUR = timedelta(hours=1)
NOW = FIRST + 10 * HOUR
PRICES = {"cores": "0.01", "ram_gb": "0.002", "tier_1_gb": "0.0001"}


def used(hour: int, **told: Any) -> dict[str, Any]:
    """A row for the hour that begins so many hours after the first of November: 10 cores, 4 GB, 100 GB in
    tier 1.
    """
    numbers = {"used_cores": 10, "used_ram": 4096, "tier_1_used": 100 * GIB}
    return row(hour + 1, NOVEMBER + 3600 * (hour + 1), **{**numbers, **told})


#: 10 x 0.01 + 4 x 0.002 + 100 x 0.0001.
PER_HOUR = "0.118"


@pytest.fixture
def bring(vergeos: SmallVergeos, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Imports these rows into the test's ledger."""

    def do(
        rows: list[dict[str, Any]], prices: dict[str, str] | None = None, **otherwise: Any
    ) -> dict[str, Any]:
        vergeos.put(rows)
        given = {
            "currency": "CHF",
            "reread": False,
            "asked": None,
            "check_mode": False,
            "now": NOW,
            **otherwise,
        }
        price_list = parse_prices(prices or PRICES, given["currency"])
        options = UsageImportOptions(given["asked"], price_list, {}, given["reread"])
        ledger = LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")
        with vergeos.system() as system:
            return import_usage(system, ledger, options, given["now"], "a", given["check_mode"])

    return do


def entries(tmp_path: Path) -> list[tuple[Any, ...]]:
    """What counts: hour, metric, category, quantity and amount."""
    said = (
        "SELECT (period_begin - ?) / 3600, metric, category, quantity, sum(amount_nano) FROM entry JOIN"
        " dimension_set"
        " ON dimension_set.id = dimension_set_id GROUP BY 1, 2 HAVING sum(amount_nano) != 0 ORDER BY 1, 2"
    )
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        return connection.execute(said, (NOVEMBER,)).fetchall()


def feed(tmp_path: Path) -> feeds.Feed:
    with reading(LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")) as ledger:
        (one,) = feeds.read_all(ledger.connection)
    return one


def test_hours_at_the_prices_of_the_list(bring: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    told = bring([used(hour) for hour in range(9)])
    assert (told["imported"], told["run_rate"], told["rated_through"]) == (
        "1.062",
        PER_HOUR,
        "2026-11-01T09:00:00Z",
    )
    assert (told["periods"]["rated"], told["holes"], told["rating_behind"]) == (9, [], False)
    assert entries(tmp_path)[:4] == [
        (0, "vergeos.cores", "compute", "10", 100_000_000),
        (0, "vergeos.ram_gb", "compute", "4", 8_000_000),
        (0, "vergeos.tier_1_gb", "storage", "100", 10_000_000),
        (1, "vergeos.cores", "compute", "10", 100_000_000),
    ]
    known = feed(tmp_path)
    assert known.key.source == f"vergeos {known.key.project_id}"
    assert (known.project_name, known.categories) == ("sandbox-vergeos", {"compute", "storage"})
    again = bring([used(hour) for hour in range(9)])
    assert (again["changed"], again["periods"]["read"]) == (False, 0)


def test_what_its_newest_hours_cost_is_kept_for_forecasts(
    bring: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    bring([used(hour) for hour in range(3)])
    with reading(LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")) as ledger:
        (known,) = feeds.read_all(ledger.connection)
        kept = feed_hours.read_all(ledger.connection)[known.key]
    assert {one.category: one.amounts_nano for one in kept} == {
        "compute": (108_000_000,) * 3,
        "storage": (10_000_000,) * 3,
    }


def test_an_hour_keeps_its_price_unless_it_is_read_anew(
    bring: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    rows = [used(hour) for hour in range(3)]
    bring(rows)
    assert not bring(rows, {**PRICES, "cores": "0.02"})["changed"]
    longer = bring([*rows, used(3)], {**PRICES, "cores": "0.02"})
    assert (longer["entries"]["recorded"], longer["run_rate"]) == (3, "0.218")
    assert bring([*rows, used(3)], {**PRICES, "cores": "0.02"}, reread=True)["entries"]["corrected"] == 3
    assert [amount for _hour, metric, *_rest, amount in entries(tmp_path) if metric == "vergeos.cores"] == [
        200_000_000
    ] * 4


def test_check_mode_writes_nothing(bring: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    planned = bring([used(0)], check_mode=True)
    assert (planned["changed"], planned["entries"]["recorded"]) == (True, 3)
    assert not (tmp_path / "ledger.db").exists()


@pytest.mark.parametrize("field", ["used_cores", "used_ram", "tier_1_used"])
def test_a_null_of_what_has_a_price_is_a_hole_and_named(
    bring: Callable[..., dict[str, Any]], tmp_path: Path, field: str
) -> None:
    told = bring([used(0), used(1, **{field: None}), used(2)])
    assert told["holes"] == [{"begin": "2026-11-01T01:00:00Z", "end": "2026-11-01T02:00:00Z"}]
    assert (told["rating_behind"], told["incomplete_records"]) == (True, [2])
    assert {hour for hour, *_rest in entries(tmp_path)} == {0, 2}
    assert feed(tmp_path).first_hole(Window(FIRST, FIRST + 3 * HOUR)) == Window(
        FIRST + HOUR, FIRST + 2 * HOUR
    )
    # It is filled as soon as the record is.
    filled = bring([used(0), used(1), used(2)])
    assert (filled["entries"]["recorded"], filled["rating_behind"]) == (3, False)


def test_a_null_of_what_has_no_price_costs_nothing(bring: Callable[..., dict[str, Any]]) -> None:
    assert bring([used(0, gpus=None, tier_2_used=None)])["imported"] == PER_HOUR


def test_the_newest_hour_that_is_not_known_is_a_hole_too(bring: Callable[..., dict[str, Any]]) -> None:
    told = bring([used(0), used(1, used_cores=None)])
    assert (told["rated_through"], told["rating_behind"]) == ("2026-11-01T01:00:00Z", True)


def test_nothing_used_is_known_and_costs_nothing(
    bring: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    told = bring([used(0, used_cores=0, used_ram=0, tier_1_used=0)])
    assert (told["imported"], told["run_rate"], told["periods"]["rated"]) == ("0", "0", 1)
    assert feed(tmp_path).first_hole(Window(FIRST, FIRST + HOUR)) is None


@pytest.mark.parametrize("rows", [[], [used(0, used_cores=None)], [{**used(0), "from": NOVEMBER + 1}]])
def test_of_nothing_known_there_is_no_feed(
    bring: Callable[..., dict[str, Any]], tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    with pytest.raises(UnknownAmount, match="has no record that tells all that has a price for a whole hour"):
        bring(rows)
    assert not (tmp_path / "ledger.db").exists()


def test_one_feed_has_one_currency(bring: Callable[..., dict[str, Any]]) -> None:
    bring([used(0)])
    with pytest.raises(InvalidOption, match="^currency: is EUR, but this feed was imported in CHF"):
        bring([used(0), used(1)], currency="EUR")


@pytest.mark.parametrize(
    ("prices", "says"),
    [
        (
            {"core": "1"},
            "^usage_prices.core: 'core' is not a quantity that has a price; use one of cores, ram_gb",
        ),
        ({"cores": "-1"}, "^usage_prices.cores: '-1' is negative"),
        ({"cores": 0.5}, "^usage_prices.cores: is a float"),
        ({"cores": None}, "^usage_prices.cores: is null, which is unknown"),
        ({}, "^usage_prices: is empty"),
    ],
)
def test_a_list_that_is_none(prices: dict[str, Any], says: str) -> None:
    with pytest.raises(FinopsError, match=says):
        parse_prices(prices, "CHF")


def at(key: int, created: float, begin: float | None, end: float | None, cores: int | None) -> UsageRecord:
    def moment(hours: float | None) -> datetime | None:
        return None if hours is None else FIRST + timedelta(hours=hours)

    return UsageRecord(
        "vergeos", "h", key, moment(created), begin=moment(begin), end=moment(end), used_cores=cores
    )


def cores(*oldest_first: UsageRecord, hours: int = 4) -> dict[int, Fraction]:
    """Core hours by hour after the first of November."""
    found = by_hour(reversed(oldest_first), ["cores"], Window(FIRST, FIRST + hours * HOUR))
    return {(hour - FIRST) // HOUR: told["cores"] for hour, told in found.used.items()}


def test_a_record_for_longer_is_spread_and_one_for_parts_is_put_together() -> None:
    assert cores(at(1, 3, 0, 3, 6)) == {0: 6, 1: 6, 2: 6}
    assert cores(at(1, 0.5, 0, 0.5, 4), at(2, 1, 0.5, 1, 8), at(3, 1.5, 1, 1.5, 8)) == {0: 6}


def test_time_that_two_are_for_counts_once_and_as_the_first_that_was_created() -> None:
    hourly = [at(1, 1, 0, 1, 4), at(2, 2, 1, 2, 4)]
    by_hand = at(3, 2.5, 1, 2.5, 100)
    assert cores(*hourly, by_hand, at(4, 3, 2, 3, 4)) == {0: 4, 1: 4, 2: Fraction(100 + 4, 2)}
    assert cores(*hourly, at(9, 4, 0, 4, 1000)) == {0: 4, 1: 4, 2: 1000, 3: 1000}


def test_a_record_of_a_moment_is_for_the_time_since_the_one_before() -> None:
    assert cores(at(1, 0, None, None, 99), at(2, 1, None, None, 5), at(3, 2, None, None, 7)) == {0: 5, 1: 7}
    assert cores(at(1, 1, None, None, 99)) == {}


def test_an_hour_with_a_gap_is_not_known() -> None:
    found = by_hour([at(1, 0.75, 0, 0.75, 4)], ["cores"], Window(FIRST, FIRST + HOUR))
    assert (found.used, found.partly) == ({}, {FIRST})


def test_a_tier_that_a_record_does_not_have_is_not_known() -> None:
    record = UsageRecord(
        "vergeos", "h", 1, FIRST + HOUR, begin=FIRST, end=FIRST + HOUR, tiers=(Tier("0", 1, 1),)
    )
    found = by_hour([record], ["tier_1_gb"], Window(FIRST, FIRST + HOUR))
    assert (found.used, found.unknown) == ({}, {FIRST: {1}})


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12), st.integers(0, 99)), max_size=8))
def test_every_quarter_of_an_hour_is_that_of_one_record(spans: list[tuple[int, int, int]]) -> None:
    """Against the same, reckoned by the quarter: whichever was created first has it."""
    records, owner = [], dict[int, int]()
    for number, (begin, length, used_cores) in enumerate(spans):
        end = begin + length
        records.append(at(number, 20 + number, begin / 4, end / 4, used_cores))
        for quarter in range(begin, end):
            owner.setdefault(quarter, used_cores)
    expected = {
        hour: Fraction(sum(owner[4 * hour + part] for part in range(4)), 4)
        for hour in range(13)
        if all(4 * hour + part in owner for part in range(4))
    }
    assert cores(*records, hours=13) == expected
