# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An export straight from a cloud says how far the file can be trusted: through when it is rated, and which
hours the cloud has left out (design/reading-a-cloud.md#complete-and-fully-rated).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
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
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window, iso
from ansible_collections.finops.cloud.plugins.module_utils._export import export
from ansible_collections.finops.cloud.plugins.module_utils._export.rated import RatedOptions

from tests.unit.fake_rating import Rated, rating_of
from tests.unit.fake_services import Project

from .ledgers import IN_FRANCS

MIDNIGHT = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return MIDNIGHT + hours * HOUR


def exported(
    folder: Path,
    rated: Iterable[float],
    begin: float,
    end: float,
    now: float,
    storage: str = "v2",
    check_mode: bool = False,
    wrong_by: str = "0",
) -> dict[str, Any]:
    """What is said of an export of [begin, end) at now, of a cloud that has rated 50 ICU in these hours."""
    points = [Rated(at(hour), "instance", "1", "50", "one") for hour in rated]
    rating = replace(rating_of(points, storage), wrong_by=wrong_by)
    cloud: Any = Project(rating, {"one": {"team": "web"}})
    options = RatedOptions(Window(at(begin), at(end)), "auto", "ICU", 3600, {})
    target = export.Target(str(folder / "focus.csv"), export.CSV, "1.2", IN_FRANCS)
    return export.from_cloud(cloud, options, target, at(now), check_mode)


def billed(folder: Path) -> list[tuple[str, Decimal]]:
    with (folder / "focus.csv").open(newline="", encoding="utf-8") as stream:
        return [(row["ChargePeriodStart"], Decimal(row["BilledCost"])) for row in csv.DictReader(stream)]


@pytest.mark.parametrize("storage", ["v2", "v1"])
@pytest.mark.parametrize(
    ("rated", "end", "now", "through", "holes", "fully"),
    [
        ((0, 1, 2), 3, 3, 3, [], True),
        ((0, 1, 2, 3), 3, 4, 3, [], True),
        # An hour between the others, and the last one, though it is over.
        ((0, 2), 3, 3, 3, [(1, 2)], False),
        ((0, 1), 3, 3, 2, [(2, 3)], False),
        ((1, 2), 3, 9, 3, [(0, 1)], False),
        # The hour that runs and those to come can't be rated yet, and are no holes.
        ((0, 1), 6, 2.5, 2, [], False),
        # The window ends now at the latest.
        ((0, 1), 6, 2, 2, [], True),
    ],
)
def test_it_says_through_when_it_is_rated_and_what_is_missing(
    tmp_path: Path,
    storage: str,
    rated: tuple[int, ...],
    end: int,
    now: float,
    through: int,
    holes: list[tuple[int, int]],
    fully: bool,
) -> None:
    told = exported(tmp_path, rated, 0, end, now, storage)
    assert told["rated_through"] == iso(at(through))
    assert told["holes"] == [{"begin": iso(at(begin)), "end": iso(at(until))} for begin, until in holes]
    assert told["fully_rated"] is fully
    assert (told["complete"], told["cloud_difference"]) == (True, "0")
    # An ICU costs two hundredths of a franc.
    assert billed(tmp_path) == [(iso(at(hour)), Decimal(1)) for hour in rated if hour < end]


def test_v1_is_held_to_the_clouds_own_sum(tmp_path: Path) -> None:
    """Of 150 ICU 0.0015 may be noise."""
    told = exported(tmp_path, (0, 1, 2), 0, 3, 4, "v1", wrong_by="0.0014")
    assert (told["cloud_difference"], told["complete"]) == ("-0.0014", True)
    (tmp_path / "focus.csv").unlink()
    for wrong_by in ("0.0016", "-0.0016"):
        with pytest.raises(Malformed, match="they add up to 150, but the cloud's own sum is"):
            exported(tmp_path, (0, 1, 2), 0, 3, 4, "v1", wrong_by=wrong_by)
    assert list(tmp_path.iterdir()) == []


def test_where_no_sum_of_the_cloud_is_believed_there_is_no_difference_to_it(tmp_path: Path) -> None:
    assert exported(tmp_path, (0, 1, 2), 0, 3, 4, "loki")["cloud_difference"] is None


def test_a_window_that_begins_now_or_later_is_refused(tmp_path: Path) -> None:
    for begin in (3, 3.5, 700):
        with pytest.raises(InvalidOption, match="^begin: .* is not past; nothing is rated yet"):
            exported(tmp_path, [0, 1, 2], begin, 800, now=3)
    assert exported(tmp_path, [0, 1, 2], 2, 800, now=3)["rated_through"] == iso(at(3))


def test_where_nothing_is_rated_the_cost_is_unknown_and_no_file_is_written(tmp_path: Path) -> None:
    with pytest.raises(UnknownAmount, match="has rated nothing of project shop from 2026-11-02T01:00:00Z"):
        exported(tmp_path, [0], 1, 3, now=3)
    assert list(tmp_path.iterdir()) == []


def test_check_mode_says_the_same_and_writes_no_file(tmp_path: Path) -> None:
    foreseen = exported(tmp_path, [0, 1], 0, 3, now=3, check_mode=True)
    assert list(tmp_path.iterdir()) == []
    assert foreseen["changed"]
    assert exported(tmp_path, [0, 1], 0, 3, now=3) == foreseen
    assert not exported(tmp_path, [0, 1], 0, 3, now=3, check_mode=True)["changed"]
