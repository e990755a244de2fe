# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever tells costs by the hour is imported alike: a source of a new kind needs nothing but to be one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import InvalidOption, Unavailable
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._imports.entry_writer import Signature
from ansible_collections.finops.cloud.plugins.module_utils._imports.free_tier_credit import Credit
from ansible_collections.finops.cloud.plugins.module_utils._imports.rated_entries import Feeding
from ansible_collections.finops.cloud.plugins.module_utils._imports.rated_window import Unit
from ansible_collections.finops.cloud.plugins.module_utils._imports.run import run_import, since_last
from ansible_collections.finops.cloud.plugins.module_utils._imports.source import Stored
from ansible_collections.finops.cloud.plugins.module_utils._ledger import feed_changes, feeds
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading
from ansible_collections.finops.cloud.plugins.module_utils._ledger.watch import unwatched
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating.answers import RatedPoint

FIRST = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = FIRST + 12 * HOUR


@dataclass(frozen=True)
class Meter:
    """A source: so much an hour, told up to some hour; the line is cut before one of them."""

    amounts: Mapping[int, str]
    cut_before: int | None = None
    currency: str = "CHF"
    collect_period_s: int = 3600

    @property
    def feeding(self) -> Feeding:
        return Feeding(
            key=feeds.FeedKey("", "house", "meter"),
            auth_url="https://meter",
            cloud=None,
            project_name="house",
            currency=self.currency,
            currency_option="currency",
            collect_period_s=self.collect_period_s,
            layout=feeds.ImportLayout(feeds.HOUR, feeds.BY_TYPE, False),
            metric_categories={"power": "compute"},
            resources={},
        )

    def window(self, asked: Window, _feed: feeds.Feed | None) -> Window:
        return asked

    def read(self, window: Window, stored: Stored, _now: datetime) -> Reading:
        units = [
            Unit(Window(begin, begin + HOUR), frozenset({begin}), frozenset(), Decimal(amount))
            for hour, amount in sorted(self.amounts.items())
            if window.contains(begin := FIRST + hour * HOUR)
        ]
        wanted = [unit for unit in units if unit.window.begin not in stored.sums]
        return Reading(units, wanted, self.cut_before)


@dataclass(frozen=True)
class Reading:
    """Its delivery."""

    units: Sequence[Unit]
    wanted: Sequence[Unit]
    cut_before: int | None

    @property
    def withdrawn(self) -> Collection[datetime]:
        return ()

    @property
    def resources(self) -> Mapping[str, feed_changes.FeedResource]:
        return {}

    def points(self) -> Iterator[tuple[Unit, Sequence[RatedPoint]]]:
        for unit in self.wanted:
            if self.cut_before is not None and unit.window.begin >= FIRST + self.cut_before * HOUR:
                raise Unavailable("the meter", "https://meter", "the line is cut")
            yield unit, [RatedPoint(unit.window, "power", None, Decimal(1), "kWh", unit.cloud_sum, {})]

    def traffic_unit(self) -> str | None:
        return None

    def holes(self, feed: feeds.Feed | None) -> Collection[datetime]:
        if feed is None:
            return ()
        hours = (FIRST + hour * HOUR for hour in range(int((feed.rated_through - FIRST) / HOUR)))
        return [hour for hour in hours if feed.first_hole(Window(hour, hour + HOUR))]

    def to_result(self, _unknown_tags: Collection[str], _free: Sequence[Credit]) -> dict[str, Any]:
        return {"meter": "house"}


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerOptions:
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def bring(ledger: LedgerOptions, meter: Meter, check_mode: bool = False, **otherwise: Any) -> dict[str, Any]:
    asked = otherwise.get("asked", Window(FIRST, NOW))
    return run_import(meter, asked, ledger, Signature(otherwise.get("now", NOW), "me"), check_mode, unwatched)


def feed_of(ledger: LedgerOptions) -> feeds.Feed:
    with reading(ledger) as opened:
        (one,) = feeds.read_all(opened.connection)
    return one


def test_its_hours_are_imported_and_a_second_run_changes_nothing(ledger: LedgerOptions) -> None:
    meter = Meter({0: "1.5", 1: "2", 3: "4"})
    said = bring(ledger, meter)
    assert said["changed"] and said["ledger_created"]
    assert (said["entries"]["recorded"], said["imported"], said["run_rate"]) == (3, "7.5", "4")
    assert (said["period_start"], said["period_end"]) == ("2026-11-02T00:00:00Z", "2026-11-02T04:00:00Z")
    assert said["periods"] == {"rated": 3, "empty": 0, "read": 3, "missing": 1}
    assert said["holes"] == [{"begin": "2026-11-02T02:00:00Z", "end": "2026-11-02T03:00:00Z"}]
    assert said["rating_behind"]
    assert said["meter"] == "house"
    again = bring(ledger, meter)
    assert (again["changed"], again["periods"]["read"]) == (False, 0)


def test_check_mode_says_what_would_be_and_makes_no_ledger(ledger: LedgerOptions, tmp_path: Path) -> None:
    said = bring(ledger, Meter({0: "1", 1: "2"}), check_mode=True)
    assert (said["changed"], said["entries"]["recorded"]) == (True, 2)
    assert said["rated_through"] == "2026-11-02T02:00:00Z"
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_before_the_source_failed_stays_and_the_rest_follows(ledger: LedgerOptions) -> None:
    amounts = dict.fromkeys(range(6), "1")
    with pytest.raises(Unavailable, match="the line is cut"):
        bring(ledger, Meter(amounts, cut_before=4))
    assert feed_of(ledger).rated_through == FIRST + 4 * HOUR
    # What flows cost on average is measured at its end only.
    assert feed_of(ledger).flow_hours is None
    said = bring(ledger, Meter(amounts))
    assert (said["entries"]["recorded"], said["rated_through"]) == (2, "2026-11-02T06:00:00Z")
    assert (said["flow_hours"], feed_of(ledger).flow_hours) == (6, 6)


def test_the_next_run_begins_with_an_overlap_or_with_the_first_hole(ledger: LedgerOptions) -> None:
    assert since_last(None, NOW) == datetime(2026, 10, 1, tzinfo=UTC)
    bring(
        ledger,
        Meter(dict.fromkeys(range(40), "1")),
        asked=Window(FIRST, FIRST + 40 * HOUR),
        now=FIRST + 40 * HOUR,
    )
    assert since_last(feed_of(ledger), NOW) == FIRST + 16 * HOUR
    later = FIRST + 100 * HOUR
    bring(ledger, Meter({90: "1"}), asked=Window(FIRST + 90 * HOUR, later), now=later)
    assert since_last(feed_of(ledger), later) == FIRST + 40 * HOUR
    bring(ledger, Meter(dict.fromkeys(range(91), "1")), asked=None, now=later)
    assert feed_of(ledger).first_hole(Window(FIRST, FIRST + 91 * HOUR)) is None


@pytest.mark.parametrize(
    ("meter", "asked", "says"),
    [
        (Meter({}), Window(NOW, NOW + HOUR), "^begin: 2026-11-02T12:00:00Z is not past"),
        (Meter({}, currency="EUR"), None, "^currency: is EUR, but this feed was imported in CHF; use that"),
        (Meter({}, collect_period_s=1800), None, "^collect_period: is 1800 s, but .* of 3600 s; use that"),
    ],
)
def test_what_makes_no_sense_is_refused(
    ledger: LedgerOptions, meter: Meter, asked: Window | None, says: str
) -> None:
    bring(ledger, Meter({0: "1"}))
    with pytest.raises(InvalidOption, match=says):
        bring(ledger, meter, asked=asked)
