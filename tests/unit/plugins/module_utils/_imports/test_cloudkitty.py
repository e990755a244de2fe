# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An import can be repeated, interrupted and corrected, and knows what it does not know
(design/imports.md).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    InvalidOption,
    Malformed,
    UnknownAmount,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.money import from_nano
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, iso
from ansible_collections.finops.cloud.plugins.module_utils._imports.cloudkitty import (
    ImportOptions,
    import_cost,
)
from ansible_collections.finops.cloud.plugins.module_utils._imports.entry_writer import Signature
from ansible_collections.finops.cloud.plugins.module_utils._imports.retiring import retire
from ansible_collections.finops.cloud.plugins.module_utils._ledger import feeds, totals
from ansible_collections.finops.cloud.plugins.module_utils._ledger.feeds import ImportLayout
from ansible_collections.finops.cloud.plugins.module_utils._ledger.sql import LedgerOptions, reading
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.fake_rating import FakeRating, Rated, rating_of
from tests.unit.fake_services import Project, ids

HOUR = timedelta(hours=1)
FIRST = datetime(2026, 11, 2, tzinfo=UTC)
ALL = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
TRAFFIC = "storage.objects.outgoing.bytes"


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerOptions:
    return LedgerOptions(f"sqlite:///{tmp_path}/ledger.db")


def at(hour: int) -> datetime:
    return FIRST + hour * HOUR


def point(
    hour: int, resource: str = "one", amount: str = "1", kind: str = "instance", quantity: str = "1"
) -> Rated:
    return Rated(at(hour), kind, quantity, amount, resource)


def project_of(*points: Rated, servers: dict[str, dict[str, str]] | None = None, **more: Any) -> Project:
    return Project(rating_of(points, **more), {"one": {"team": "web"}} if servers is None else servers)


def options(
    begin: int | None = 0,
    end: int = 24 * 20,
    layout: ImportLayout = ImportLayout(),  # noqa: B008
    **more: Any,
) -> ImportOptions:
    """From the hour `begin` on; None for since the last import."""
    asked = None if begin is None else Window(at(begin), at(end))
    given = {
        "rating_api": "auto",
        "rating_currency": "ICU",
        "collect_period_s": 3600,
        "metric_categories": {},
        **more,
    }
    return ImportOptions(asked=asked, layout=layout, **given)


def brought(
    project: Project,
    ledger: LedgerOptions,
    now: int,
    asked: ImportOptions | None = None,
    check_mode: bool = False,
) -> dict[str, Any]:
    cloud: Any = project
    return import_cost(cloud, ledger, asked or options(), at(now), "me", check_mode)


def rows(
    ledger: LedgerOptions, valid_only: bool = True, window: Window = ALL, **selected: Any
) -> list[dict[str, Any]]:
    with reading(ledger) as opened:
        return totals.rows(
            opened.connection, totals.Selection(window, **selected), 100_000, valid_only=valid_only
        )


def total(ledger: LedgerOptions, window: Window = ALL, **selected: Any) -> Decimal:
    with reading(ledger) as opened:
        found = totals.totals(opened.connection, totals.Selection(window, **selected))
    return from_nano(sum(one.amount_nano for one in found))


def feed_in(ledger: LedgerOptions) -> feeds.Feed:
    with reading(ledger) as opened:
        (found,) = feeds.read_all(opened.connection)
    return found


def written(result: dict[str, Any]) -> dict[str, int]:
    return {outcome: count for outcome, count in result["entries"].items() if count}


def test_the_same_window_again_changes_nothing_and_asks_once(ledger: LedgerOptions) -> None:
    project = project_of(*(point(hour, resource) for hour in range(30) for resource in ("one", "two")))
    first = brought(project, ledger, 31)
    assert first["changed"] and written(first) == {"recorded": 60} and first["imported"] == "60"
    assert total(ledger) == 60 and first["rated_through"] == iso(at(30)) and first["run_rate"] == "2"
    project.rating.asked.clear()
    project.asked.clear()
    again = brought(project, ledger, 31)
    assert not again["changed"] and written(again) == {} and again["cloud_difference"] == "0"
    assert [path for path, _query in project.rating.asked] == ["/v2/summary"] and project.asked == []


def test_points_are_read_only_of_hours_whose_sum_differs(ledger: LedgerOptions) -> None:
    old = [point(hour) for hour in range(48)]
    brought(project_of(*old), ledger, 49)
    project = project_of(*old[:10], point(10, amount="3"), *old[11:], point(48))
    found = brought(project, ledger, 50, options(None))
    # One day less than the newest hour is what an import reads again; hour 10 lies before.
    assert written(found) == {"recorded": 1} and found["periods"]["read"] == 1
    project.rating.asked.clear()
    found = brought(project, ledger, 50)
    assert written(found) == {"corrected": 1}
    asked = [query for path, query in project.rating.asked if path == "/v2/dataframes"]
    assert [(query["begin"], query["end"]) for query in asked] == [(iso(at(10)), iso(at(11)))]


def test_a_reprocessed_hour_becomes_exactly_the_corrections_it_needs(ledger: LedgerOptions) -> None:
    hour = [point(0, "same"), point(0, "dearer"), point(0, "gone"), point(0, "volume", kind="volume.size")]
    brought(project_of(*hour, point(1)), ledger, 2)
    hour = [point(0, "same"), point(0, "dearer", "2.5"), hour[3], point(0, "new", "4"), point(1)]
    assert written(brought(project_of(*hour), ledger, 2, check_mode=True)) == {
        "corrected": 1, "reversed": 1, "recorded": 1, "unchanged": 2,
    }  # fmt: skip
    found = brought(project_of(*hour), ledger, 2)
    assert written(found) == {"corrected": 1, "reversed": 1, "recorded": 1, "unchanged": 2}
    assert total(ledger) == Decimal("9.5") and ids(rows(ledger)) == ["dearer", "new", "one", "same", "volume"]
    history = Counter((row["resource_id"], row["version"], row["amount_nano"]) for row in rows(ledger, False))
    assert {key for key in history if key[0] in ("dearer", "gone")} == {
        ("dearer", 1, 10**9), ("dearer", 2, -(10**9)), ("dearer", 2, 25 * 10**8), ("gone", 1, 10**9),
        ("gone", 2, -(10**9)),
    }  # fmt: skip
    assert rows(ledger, window=Window(at(1), at(2)))[0]["version"] == 1


def test_points_of_one_resource_and_metric_are_one_entry(ledger: LedgerOptions) -> None:
    brought(
        project_of(point(0, amount="1.5"), point(0, amount="2", quantity="3"), point(0, kind="volume")),
        ledger,
        1,
    )
    assert [(row["metric"], row["amount_nano"], row["quantity"]) for row in rows(ledger)] == [
        ("instance", 3_500_000_000, "4"), ("volume", 10**9, "1"),
    ]  # fmt: skip


forms = st.sampled_from(
    [
        ImportLayout(),
        ImportLayout("day"),
        ImportLayout(grouping="type", tagged=False),
        ImportLayout(tagged=False),
        ImportLayout("day", "type", False),
    ]
)
steps = st.lists(st.tuples(st.integers(0, 70), st.integers(1, 40), forms), min_size=1, max_size=5)


@pytest.mark.parametrize("examples", [3, pytest.param(40, marks=pytest.mark.heavy)])
def test_no_form_ever_counts_an_hour_twice_or_loses_one(
    tmp_path_factory: pytest.TempPathFactory, examples: int
) -> None:
    settings(max_examples=examples)(given(steps)(assert_once_in))(tmp_path_factory)


def assert_once_in(
    tmp_path_factory: pytest.TempPathFactory, done: list[tuple[int, int, ImportLayout]]
) -> None:
    """Hour, day and back, by resource or type, over any windows: what was imported is in the ledger once."""
    ledger = LedgerOptions(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db")
    project = project_of(*(point(hour, resource) for hour in range(72) for resource in ("one", "two")))
    for begin, length, layout in done:
        asked = options(begin, min(begin + length, 72), layout=layout)
        brought(project, ledger, 73, asked)
        assert not brought(project, ledger, 73, asked)["changed"]
        imported = sum((one.window.length for one in feed_in(ledger).imported), timedelta())
        assert total(ledger) == 2 * (imported // HOUR)
    brought(project, ledger, 73)
    assert total(ledger) == 144 and {row["period_end"] - row["period_begin"] for row in rows(ledger)} == {
        3600
    }


def test_a_hole_is_named_and_left_out_until_it_is_filled(ledger: LedgerOptions) -> None:
    rated = [point(hour) for hour in range(10)]
    found = brought(project_of(*rated[:3], *rated[5:]), ledger, 11)
    assert found["rating_behind"] and found["holes"] == [{"begin": iso(at(3)), "end": iso(at(5))}]
    hole = feed_in(ledger).first_hole(Window(at(0), at(10)))
    assert hole == Window(at(3), at(5))
    # Up to what is rated, and of what was asked for only.
    first = Window(at(-2), at(0))
    assert list(feed_in(ledger).holes(Window(at(-2), at(20)))) == [first, hole]
    assert list(feed_in(ledger).holes(Window(at(4), at(20)))) == [Window(at(4), at(5))]
    assert list(feed_in(ledger).holes(Window(at(12), at(20)))) == []
    filled = brought(project_of(*rated), ledger, 60, options(None))
    assert filled["periods"]["read"] == 2 and feed_in(ledger).first_hole(Window(at(0), at(10))) is None
    assert total(ledger) == 10


def test_hours_that_the_cloud_lost_are_a_hole_again(ledger: LedgerOptions) -> None:
    rated = [point(hour) for hour in range(10)]
    brought(project_of(*rated), ledger, 11)
    found = brought(project_of(*rated[:4], *rated[5:]), ledger, 11)
    assert found["changed"] and feed_in(ledger).first_hole(Window(at(0), at(10))) == Window(at(4), at(5))
    # What was spent is a lower bound; once the hour is rated anew it is corrected and no more.
    assert total(ledger) == 10
    assert written(brought(project_of(*rated), ledger, 11)) == {"unchanged": 1}


def test_an_hour_that_a_day_lost_is_not_known_any_more(ledger: LedgerOptions) -> None:
    """The day's one entry is without it then, however little behind the cloud may be."""
    rated = [point(hour) for hour in range(10)]
    brought(project_of(*rated), ledger, 11, options(layout=ImportLayout("day")))
    brought(project_of(*rated[:9]), ledger, 11, options(layout=ImportLayout("day")))
    assert total(ledger) == 9 and feed_in(ledger).first_hole(Window(at(0), at(10))) == Window(at(9), at(10))


def test_hours_without_rating_are_empty_while_nothing_is_used(ledger: LedgerOptions) -> None:
    rated = [point(hour) for hour in range(3)]
    found = brought(project_of(*rated, servers={}), ledger, 12)
    assert not found["rating_behind"] and found["rated_through"] == iso(at(12)) and found["run_rate"] == "0"
    assert found["periods"] == {"rated": 3, "empty": 9, "read": 3, "missing": 0}
    # It uses something again: what was found empty when it was new stays so.
    again = brought(project_of(*rated, *(point(hour) for hour in range(12, 15))), ledger, 15)
    assert not again["rating_behind"] and feed_in(ledger).first_hole(Window(at(0), at(15))) is None
    assert total(ledger) == 6


def test_hours_that_were_taken_for_empty_are_looked_at_again(ledger: LedgerOptions) -> None:
    """The cloud was five days behind when the last server was deleted; it rates them later."""
    brought(project_of(*(point(hour) for hour in range(3))), ledger, 4)
    gone = project_of(*(point(hour) for hour in range(3)), servers={})
    assert brought(gone, ledger, 120)["periods"]["empty"] == 117
    assert feed_in(ledger).empty == (Window(at(3), at(120)),)
    rated = project_of(*(point(hour) for hour in range(10)), servers={})
    found = brought(rated, ledger, 121, options(None))
    assert (found["period_start"], written(found)) == (iso(at(3)), {"recorded": 7})
    assert total(ledger) == 10 and feed_in(ledger).empty == (Window(at(10), at(120)),)
    # Nobody looks further back than 40 days.
    assert brought(rated, ledger, 1105, options(None))["rated_through"] == iso(at(1105))
    assert brought(rated, ledger, 1106, options(None))["period_start"] == iso(at(1105 - 40 * 24))


def test_a_late_cloud_is_behind_and_the_usual_lag_is_not(ledger: LedgerOptions) -> None:
    project = project_of(*(point(hour) for hour in range(3)))
    usual = brought(project, ledger, 6)
    assert not usual["rating_behind"] and project.asked == ["/servers/detail"]
    late = brought(project, ledger, 7)
    assert late["rating_behind"] and late["rated_through"] == iso(at(3))
    assert late["holes"] == [{"begin": iso(at(3)), "end": iso(at(7))}]


def test_the_time_before_a_project_can_be_told(ledger: LedgerOptions) -> None:
    project = project_of(*(point(hour) for hour in range(5, 8)))
    assert brought(project, ledger, 8)["holes"] == [{"begin": iso(at(0)), "end": iso(at(5))}]
    told = brought(project, ledger, 8, options(empty_until=at(5)))
    assert not told["rating_behind"] and feed_in(ledger).first_hole(Window(at(0), at(8))) is None


def test_nothing_rated_at_all_is_unknown_and_makes_no_ledger(ledger: LedgerOptions, tmp_path: Path) -> None:
    with pytest.raises(UnknownAmount, match="has rated nothing of project shop"):
        brought(project_of(), ledger, 8)
    assert list(tmp_path.iterdir()) == []
    assert brought(project_of(servers={}), ledger, 8)["rated_through"] == iso(at(8))


def test_check_mode_tells_what_would_come_and_writes_nothing(ledger: LedgerOptions, tmp_path: Path) -> None:
    project = project_of(*(point(hour) for hour in range(5)))
    planned = brought(project, ledger, 6, check_mode=True)
    assert planned["changed"] and written(planned) == {"recorded": 5} and list(tmp_path.iterdir()) == []
    done = brought(project, ledger, 6)
    same = ("entries", "periods", "rated_through", "run_rate", "imported", "holes")
    assert {name: planned[name] for name in same} == {name: done[name] for name in same}
    assert not brought(project, ledger, 6, check_mode=True)["changed"]


def test_what_is_interrupted_goes_on_where_it_stopped(ledger: LedgerOptions) -> None:
    """Each hour is a transaction of its own; what came is there, what did not comes with the next run."""
    wrong = [point(hour) for hour in range(6)]
    project = project_of(*wrong)
    broken = replace(project.rating, points=list(project.rating.points))
    summary = broken._summary

    def telling_more(reading_: str, query: dict[str, Any]) -> Any:
        told = summary(reading_, query)
        told["results"][4][3] += 1
        return told

    object.__setattr__(broken, "_summary", telling_more)
    with pytest.raises(Malformed, match="add up to 1, but the cloud's own sum is 2"):
        brought(Project(broken, {"one": {}}), ledger, 7)
    assert total(ledger) == 4 and feed_in(ledger).rated_through == at(4)
    assert written(brought(project, ledger, 7)) == {"recorded": 2}
    assert {row["version"] for row in rows(ledger)} == {1}


def test_tags_stick_to_the_hours_imported_while_they_held(ledger: LedgerOptions) -> None:
    old = [point(0), point(0, "deleted"), point(0, kind="volume", resource="strange")]
    brought(project_of(*old, servers={"one": {"team": "web"}, "deleted": {"team": "data"}}), ledger, 1)
    new = [point(1), point(1, "deleted")]
    found = brought(project_of(*old, *new, servers={"one": {"team": "shop"}}), ledger, 2)
    assert total(ledger, tags={"team": "web"}) == 1 and total(ledger, tags={"team": "shop"}) == 1
    # Seen once, its tags are known for its last hours; what no list ever had is told as such.
    assert total(ledger, tags={"team": "data"}) == 2 and total(ledger, tags={"tag_status": "unknown"}) == 1
    assert found["unknown_tags"] == []
    assert [rate.tags for rate in feed_in(ledger).run_rates] == [(("team", "data"),), (("team", "shop"),)]
    assert feed_in(ledger).tag_keys == {"team", "tag_status"}


def test_tags_can_be_left_out_and_brought_later(ledger: LedgerOptions) -> None:
    project = project_of(*(point(hour) for hour in range(3)))
    brought(project, ledger, 4, options(layout=ImportLayout(tagged=False)))
    assert project.asked == [] and feed_in(ledger).first_untagged(Window(at(0), at(3))) is not None
    assert written(brought(project, ledger, 4)) == {"corrected": 3}
    assert (
        feed_in(ledger).first_untagged(Window(at(0), at(3))) is None
        and total(ledger, tags={"team": "web"}) == 3
    )


def test_v1_brings_the_same_as_v2(ledger: LedgerOptions, tmp_path: Path) -> None:
    points = [point(hour, resource) for hour in range(30) for resource in ("one", "two")]
    other = LedgerOptions(f"sqlite:///{tmp_path}/other.db")
    v2, v1 = brought(project_of(*points), ledger, 31), brought(project_of(*points, storage="v1"), other, 31)
    assert {**v1, "ledger": None} == {**v2, "ledger": None}
    told = [[{**row, "unit": None, "recorded_at": None} for row in rows(each)] for each in (ledger, other)]
    assert told[0] == told[1]


#: 30 hours that add up to 8175.70114; the cloud adds up 32-bit floats to 0.00321 more.
IN_FLOATS = [*(point(hour, amount="272.5") for hour in range(29)), point(29, amount="273.20114")]


def test_v1_is_held_to_the_clouds_own_sum_and_not_to_its_own_frames(ledger: LedgerOptions) -> None:
    project = project_of(*IN_FLOATS, storage="v1")
    project.rating = replace(project.rating, wrong_by="0.00321")
    for _time in range(2):
        project.rating.asked.clear()
        told = brought(project, ledger, 31, options(rating_api="v1"))
        assert (told["imported"], told["cloud_difference"]) == ("8175.70114", "-0.00321")
        # Two days of frames, and the sum up to the end of the newest; then the points of what is new.
        asked = [(path.rpartition("/")[2], query["end"]) for path, query in project.rating.asked]
        assert asked[:3] == [
            ("dataframes", iso(at(24))), ("dataframes", iso(at(31))), ("summary", iso(at(30)))
        ]  # fmt: skip
    assert total(ledger) == Decimal("8175.70114")
    assert len(asked) == 3


@pytest.mark.parametrize("wrong_by", ["0.09", "-0.09", "8000"])
def test_v1_frames_that_are_not_the_clouds_own_sum_are_an_error(
    ledger: LedgerOptions, tmp_path: Path, wrong_by: str
) -> None:
    """1e-5 of 8175.7 are 0.0818."""
    project = project_of(*IN_FLOATS, storage="v1")
    project.rating = replace(project.rating, wrong_by=wrong_by)
    with pytest.raises(Malformed, match=r"they add up to 8175\.70114, but the cloud's own sum is "):
        brought(project, ledger, 31)
    assert list(tmp_path.iterdir()) == []


def test_v1_without_frames_is_an_error_where_the_cloud_has_a_sum(ledger: LedgerOptions) -> None:
    class WithoutFrames(FakeRating):
        def _v1_dataframes(self, reading: str, query: dict[str, Any]) -> Any:
            return {"dataframes": []}

    rating = rating_of(IN_FLOATS, "v1")
    lost = WithoutFrames(
        "rating", rating.url, rating.project_id, rating.login, points=rating.points, storage="v1"
    )
    project = Project(lost, {"one": {"team": "web"}})
    with pytest.raises(Malformed, match="they add up to 0, but the cloud's own sum is 8175.70114"):
        brought(project, ledger, 31)


def test_an_hour_that_v1_rates_meanwhile_is_of_the_next_import(ledger: LedgerOptions) -> None:
    class Rating(FakeRating):
        def _v1_summary(self, reading: str, query: dict[str, Any]) -> Any:
            self.points.append(point(30, amount="100"))
            return super()._v1_summary(reading, query)

    rating = rating_of(IN_FLOATS, "v1")
    busy = Rating("rating", rating.url, rating.project_id, rating.login, points=rating.points, storage="v1")
    told = brought(Project(busy, {"one": {"team": "web"}}), ledger, 31)
    assert (told["imported"], told["cloud_difference"]) == ("8175.70114", "0")


def test_where_no_sum_of_the_cloud_is_believed_there_is_no_difference_to_it(ledger: LedgerOptions) -> None:
    told = brought(project_of(*IN_FLOATS, storage="loki"), ledger, 31)
    assert (told["imported"], told["cloud_difference"]) == ("8175.70114", None)


@pytest.mark.parametrize("shared", [False, True])
def test_the_free_tier_is_one_credit_that_is_reckoned_anew(ledger: LedgerOptions, shared: bool) -> None:
    """4 TB an hour at 8 ICU: two hours and a half are free; with another region's traffic before, less."""
    if shared:
        there = Project(
            rating_of([point(0, kind=TRAFFIC, quantity="4000", amount="8")], units={TRAFFIC: "GB"}), {}, "q"
        )
        brought(there, ledger, 1)
    hours = [point(hour, kind=TRAFFIC, quantity="4000", amount="8") for hour in range(5)]
    project = project_of(*hours[:2], units={TRAFFIC: "GB"})
    first = brought(project, ledger, 2)
    assert first["free_tier"] == {"scope": "project", "credits": {"2026-11": "12" if shared else "16"}}
    full = brought(project_of(*hours, units={TRAFFIC: "GB"}), ledger, 6)
    assert full["free_tier"]["credits"] == {"2026-11": "12" if shared else "20"}
    assert total(ledger, charge_categories=("credit",)) == -20
    assert not brought(project_of(*hours, units={TRAFFIC: "GB"}), ledger, 6)["changed"]


def test_traffic_of_an_unknown_unit_stays_gross_and_says_so(ledger: LedgerOptions) -> None:
    project = project_of(point(0, kind=TRAFFIC, quantity="4000", amount="8"), units={TRAFFIC: "parcels"})
    assert brought(project, ledger, 1)["free_tier"]["credits"] == {"2026-11": None}
    assert total(ledger) == 8


def test_a_retired_feed_has_no_run_rate_and_can_come_back(ledger: LedgerOptions) -> None:
    project = project_of(*(point(hour) for hour in range(3)))
    brought(project, ledger, 4)
    with pytest.raises(InvalidOption, match="no import has ever carried a cost of project other"):
        ended(ledger, project="other")
    with pytest.raises(InvalidOption, match="^reason: is empty"):
        ended(ledger, reason=" ")
    assert ended(ledger, check_mode=True)["changed"] and not feed_in(ledger).retired
    assert ended(ledger, region="r")["changed"] and feed_in(ledger).retired
    assert feed_in(ledger).retirement == feeds.Retirement(at(4), "ada", "it moved")
    assert not ended(ledger, reason="for another reason")["changed"]
    assert brought(project, ledger, 4)["changed"] and not feed_in(ledger).retired
    assert feed_in(ledger).retirement is None


def ended(
    ledger: LedgerOptions,
    project: str = "shop",
    region: str | None = None,
    reason: str = "it moved",
    check_mode: bool = False,
) -> dict[str, Any]:
    return retire(ledger, project, region, reason, Signature(at(4), "ada"), check_mode)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (options(30), "^begin: 2026-11-03T06:00:00Z is not past"),
        (options(rating_currency="EUR"), "^rating_currency: is EUR, but this feed was imported in ICU"),
        (
            options(collect_period_s=1800),
            "^collect_period: is 1800 s, but this feed was imported in periods of 3600 s",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(ledger: LedgerOptions, asked: ImportOptions, says: str) -> None:
    project = project_of(point(0))
    brought(project, ledger, 2)
    with pytest.raises(InvalidOption, match=says):
        brought(project, ledger, 2, asked)


def test_a_ledger_whose_first_writer_was_killed_is_as_good_as_none(
    ledger: LedgerOptions, tmp_path: Path
) -> None:
    (tmp_path / "ledger.db").touch()
    project = project_of(point(0))
    assert written(brought(project, ledger, 1, check_mode=True)) == {"recorded": 1}
    assert brought(project, ledger, 1)["ledger_created"] and total(ledger) == 1
