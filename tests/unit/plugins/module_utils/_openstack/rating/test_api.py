# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both APIs of CloudKitty tell the same, pages are complete or an error, and unrated hours
are not rated ones (design/reading-a-cloud.md#cloudkitty,
design/reading-a-cloud.md#windows-sent-to-the-cloud).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    InvalidOption,
    Malformed,
    NotFound,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.money import exact_sum
from ansible_collections.finops.cloud.plugins.module_utils._core.periods import Window
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating.api import Rating, open_rating
from ansible_collections.finops.cloud.plugins.module_utils._openstack.transport import body_of

from .....conftest import Sandbox
from .....fake_rating import Rated, rating_of

HOUR = 3600
Opened = Callable[..., Rating]


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def begun(moment: datetime) -> datetime:
    """The begin of the hour that holds a moment."""
    return moment.replace(minute=0, second=0)


@pytest.fixture
def opened(drilled: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """CloudKitty of the sandbox; what it is asked is counted after the login."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", drilled.state["clouds_file"])

    def one(api: str, cloud: str = "sandbox", collect_period_s: int = HOUR) -> Rating:
        service = Cloud(ConnectionOptions(cloud=cloud, api_timeout=5)).service("rating")
        drilled.ask("DELETE", "/sandbox/requests")
        return open_rating(service, api, collect_period_s)

    return one


def requests(sandbox: Sandbox) -> int:
    total: int = sandbox.ask("GET", "/sandbox/requests").body["total"]
    return total


def last_days(days: int) -> Window:
    end = begun(now())
    return Window(end - timedelta(days=days), end)


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_the_newest_rated_hour_is_not_one_that_is_still_to_come(opened: Opened, api: str) -> None:
    """The sandbox rates an hour one hour after it has ended; InfluxDB shows later ones as rows of null."""
    moment = now()
    assert opened(api).recent_periods(moment).rated_through == begun(moment - timedelta(hours=1))


def test_a_project_without_rated_hours_has_no_newest(opened: Opened) -> None:
    assert opened("v2", "sandbox-other").recent_periods(now()).rated_through is None
    assert opened("auto", "sandbox-other").frames_of_type(last_days(3), "volume.size") == []


def test_frames_add_up_to_the_summary_through_both_apis(drilled: Sandbox, opened: Opened) -> None:
    window = last_days(40)
    by_type = opened("auto").summary_by_type(window)
    assert len(by_type) == 6
    # Up to 960 hours of each type, null rows included, at 1000 rows a page; v1 answers a day a request.
    for api, requests_per_type in (("v2", 1), ("v1", 40)):
        for row in by_type:
            frames = opened(api).frames_of_type(window, row.type)
            assert requests(drilled) == requests_per_type
            assert {frame.cost.type for frame in frames} == {row.type}
            assert {frame.window.length for frame in frames} == {timedelta(hours=1)}
            assert exact_sum(frame.cost.amount for frame in frames) == pytest.approx(row.amount)


def test_a_page_that_is_short_is_no_bill(drilled: Sandbox, opened: Opened) -> None:
    rating = opened("auto")
    drilled.ask("POST", "/sandbox/faults", {"service": "rating", "kind": "short_page", "after": 2})
    with pytest.raises(Malformed, match=r"999 rows came from row 2000 on where \d+ in all were promised"):
        rating.periods(last_days(150))


def test_a_404_in_the_middle_is_no_reason_to_begin_anew(drilled: Sandbox, opened: Opened) -> None:
    rating = opened("auto")
    drilled.ask("POST", "/sandbox/faults", {"service": "rating", "kind": "empty_404", "after": 1})
    with pytest.raises(NotFound):
        rating.periods(last_days(60))
    assert requests(drilled) == 2


def test_another_collect_period_is_an_error_that_names_the_option(opened: Opened) -> None:
    with pytest.raises(InvalidOption, match="^collect_period: is 1800 s, but .* rates periods of 3600 s"):
        opened("v2", collect_period_s=1800).recent_periods(now())


@pytest.mark.parametrize(
    "content",
    ["NaN", '{"rate": NaN}', '{"rate": Infinity}', '{"rate": -Infinity}', '{"rate": 1', "", "<html>"],
)
def test_what_is_no_number_or_no_json_is_malformed(content: str) -> None:
    response = SimpleNamespace(content=content.encode(), status_code=200)
    with pytest.raises(Malformed, match="^Reading cost from http://c failed: the answer is not the JSON"):
        body_of("cost", "http://c?begin=x", "GET", response)


@pytest.mark.parametrize(
    "number", ["0.1", "1570.8673680000002", "1e-06", "123456789012345678901234567890.123"]
)
def test_numbers_stay_exact(number: str) -> None:
    response = SimpleNamespace(content=json.dumps({"rate": 0}).replace("0", number).encode(), status_code=200)
    body: Any = body_of("cost", "http://c", "GET", response)
    assert str(body["rate"]) == str(type(body["rate"])(number))


def test_v1_looks_back_no_further_than_it_has_to() -> None:
    """One request a day, none once the wanted periods are found (design/reading-a-cloud.md#cloudkitty)."""
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    hours = [moment - timedelta(hours=back) for back in (3, 30, 54)]
    for wanted, days in ((1, 1), (2, 2), (3, 3), (4, 8)):
        service = rating_of([Rated(begin, "instance", "1", "2.5") for begin in hours], storage="v1")
        found = open_rating(service, "v1", HOUR).recent_periods(moment, wanted)
        assert list(found.amounts) == hours[min(wanted, 3) - 1 :: -1]
        assert found.rated_through == datetime(2026, 11, 21, 10, tzinfo=UTC)
        assert [path for path, _query in service.asked] == ["/v1/storage/dataframes"] * days
