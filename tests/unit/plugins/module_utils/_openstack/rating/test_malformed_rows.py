# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rating service may not answer, and which windows its periods cover
(design/reading-a-cloud.md#cloudkitty).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import Malformed
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating.answers import RatedPeriods
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating.api import open_rating

from tests.unit.fake_rating import Rated, rating_of

MIDNIGHT = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = Window(MIDNIGHT, MIDNIGHT + 24 * HOUR)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda row: row[:-1], id="a column less"),
        pytest.param(lambda row: [*row, 1], id="a column more"),
        pytest.param(lambda row: {str(number): value for number, value in enumerate(row)}, id="an object"),
        pytest.param(lambda _row: None, id="null"),
    ],
)
def test_a_row_without_the_columns_is_refused(wrong: Callable[[list[Any]], Any]) -> None:
    rating = rating_of([Rated(MIDNIGHT, "instance", "1", "1")])
    summary = rating._summary

    def broken(reading: str, query: dict[str, Any]) -> Any:
        told = summary(reading, query)
        return {**told, "results": [wrong(row) for row in told["results"]]}

    object.__setattr__(rating, "_summary", broken)
    with pytest.raises(Malformed, match="a row does not have the columns that the answer names"):
        open_rating(rating, "v2", 3600).periods(DAY)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda columns: [["rate"], *columns[1:]], id="a list"),
        pytest.param(lambda columns: [None, *columns[1:]], id="null"),
        pytest.param(lambda columns: [columns[1], *columns[1:]], id="one twice"),
    ],
)
def test_columns_that_are_not_different_texts_are_refused(wrong: Callable[[list[Any]], Any]) -> None:
    rating = rating_of([Rated(MIDNIGHT, "instance", "1", "1")])
    summary = rating._summary

    def broken(reading: str, query: dict[str, Any]) -> Any:
        told = summary(reading, query)
        return {**told, "columns": wrong(told["columns"])}

    object.__setattr__(rating, "_summary", broken)
    with pytest.raises(Malformed, match="the columns that the answer names are not different texts"):
        open_rating(rating, "v2", 3600).periods(DAY)


@pytest.mark.parametrize(
    ("window", "covered"),
    [
        (DAY, True),
        (Window(DAY.begin + HOUR, DAY.end - HOUR), True),
        (Window(DAY.begin - HOUR, DAY.end), False),
        (Window(DAY.begin, DAY.end + HOUR), False),
    ],
)
def test_periods_cover_what_was_looked_at(window: Window, covered: bool) -> None:
    assert RatedPeriods(DAY, {}, 3600).covers(window) is covered
