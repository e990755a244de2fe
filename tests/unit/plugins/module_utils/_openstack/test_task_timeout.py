# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""However a cloud answers, a task ends at task_timeout (design/reading-a-cloud.md#hostile-answers)."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
import requests
from ansible_collections.finops.cloud.plugins.module_utils._core import deadline
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    CloudError,
    LoginFailed,
    OutOfTime,
    Unavailable,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.masking import Secrets
from ansible_collections.finops.cloud.plugins.module_utils._openstack import compute
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions
from ansible_collections.finops.cloud.plugins.module_utils._openstack.projects import open_projects
from ansible_collections.finops.cloud.plugins.module_utils._openstack.transport import until_answered
from keystoneauth1.exceptions import ConnectFailure, ConnectTimeout

from ....conftest import Sandbox
from ....stopped_clock import StoppedClock

URL = "https://compute.example.org/v2.1/servers?limit=1000"


def answered(status: int, **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    response._content = b"{}"
    return response


def read(
    clock: StoppedClock, send: Callable[[float], Any], task_timeout: float, api_timeout: float = 60
) -> Any:
    return until_answered(send, "servers", URL, api_timeout, Secrets(), clock.deadline(task_timeout))


@pytest.mark.parametrize(("api_timeout", "task_timeout", "given"), [(60, 10, 10), (5, 10, 5), (60, 0, 60)])
def test_a_request_may_take_what_is_less(api_timeout: int, task_timeout: int, given: int) -> None:
    asked: list[float] = []

    def send(seconds: float) -> Any:
        asked.append(seconds)
        return answered(200)

    assert read(StoppedClock(), send, task_timeout, api_timeout).status_code == 200
    assert asked == [given]


def test_a_later_request_may_take_what_the_earlier_ones_left() -> None:
    clock, asked = StoppedClock(), []
    of_task = clock.deadline(10)

    def send(seconds: float) -> Any:
        asked.append(seconds)
        clock.now += 4
        return answered(200)

    for _page in range(3):
        until_answered(send, "servers", URL, 60, Secrets(), of_task)
    with pytest.raises(OutOfTime) as caught:
        until_answered(send, "servers", URL, 60, Secrets(), of_task)
    assert asked == [10, 6, 2]
    assert str(caught.value) == (
        "Reading servers from https://compute.example.org/v2.1/servers failed: task_timeout (10 s) is over;"
        " raise it, or read less in one task"
    )
    assert caught.value.to_result() == {
        "kind": "unavailable", "service": None, "option": "task_timeout", "http_status": None,
    }  # fmt: skip


def test_pauses_between_repeats_end_with_the_task() -> None:
    """Pauses of 0.25, 0.5 and 1 s; the fourth, of 2 s, would end behind 2 s."""
    clock = StoppedClock()
    with pytest.raises(OutOfTime, match=r"\(at the last attempt the service answered 503\)$") as caught:
        read(clock, lambda _seconds: answered(503), 2)
    assert clock.slept == [0.25, 0.5, 1]
    assert caught.value.http_status == 503


def test_a_service_that_wants_to_be_asked_after_the_end_is_not_waited_for() -> None:
    clock = StoppedClock()
    with pytest.raises(OutOfTime, match=r"^Reading servers .* task_timeout \(30 s\) is over"):
        read(clock, lambda _seconds: answered(429, Retry_After="40"), 30)
    assert clock.slept == []


def test_a_request_that_the_end_of_the_task_cuts_names_the_task() -> None:
    clock = StoppedClock()

    def hangs(seconds: float) -> Any:
        clock.now += seconds
        raise ConnectTimeout

    with pytest.raises(OutOfTime, match=r"task_timeout \(7 s\) is over; raise it, or read less in one task$"):
        read(clock, hangs, 7)
    assert clock.now == 7


def test_a_refused_connection_is_told_beside_the_end_of_the_task() -> None:
    def refused(_seconds: float) -> Any:
        raise ConnectFailure("Connection refused")

    with pytest.raises(OutOfTime, match=r"\(at the last attempt the connection was refused; is the URL"):
        read(StoppedClock(), refused, 7)


def test_the_time_of_a_request_that_ends_first_is_named_as_before() -> None:
    clock = StoppedClock()
    with pytest.raises(Unavailable, match="the service answered 503$") as caught:
        read(clock, lambda _seconds: answered(503), 60, 2)
    assert not isinstance(caught.value, OutOfTime)
    assert caught.value.option is None


def test_pages_without_an_end_are_read_until_the_task_ends(
    drilled: Sandbox, cloud: Callable[..., Cloud]
) -> None:
    """Each server takes a second of the clock: the page that is being read is read to its end."""
    clock = StoppedClock()
    nova = cloud(deadline=clock.deadline(30)).service("compute")
    drilled.ask("POST", "/sandbox/faults", {"service": "compute", "kind": "endless_pages"})
    with pytest.raises(OutOfTime, match=r"task_timeout \(30 s\) is over"):
        clock.a_second_each(islice(compute.servers(nova), 10_000))
    pages = drilled.ask("GET", "/sandbox/requests").body["api"]
    assert pages > 1
    assert 30 <= clock.now < 30 + clock.now / pages


def test_logins_to_several_projects_have_one_end(drilled: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", drilled.state["clouds_file"])
    drilled.ask("DELETE", "/sandbox/requests")
    clock = StoppedClock()
    options = ConnectionOptions(cloud="sandbox", deadline=clock.deadline(10))
    clock.now = 10
    with pytest.raises(LoginFailed, match=r"task_timeout \(10 s\) is over"):
        open_projects(options, (), ("PCP-DEMO001", "PCP-DEMO002"))
    assert drilled.ask("GET", "/sandbox/requests").body["token"] == 0


@pytest.mark.parametrize("service", ["identity", "compute"])
def test_an_answer_that_drips_ends_with_the_task(
    service: str, drilled: Sandbox, cloud: Callable[..., Cloud]
) -> None:
    drilled.ask("POST", "/sandbox/faults", {"service": service, "kind": "drip", "seconds": 0.1})
    began = time.monotonic()
    with pytest.raises(CloudError, match=r"task_timeout \(1 s\) is over; raise it") as caught:
        compute.quotas(cloud(api_timeout=60, deadline=deadline.begin(1)).service("compute"))
    assert time.monotonic() - began < 3
    assert isinstance(caught.value, LoginFailed) == (service == "identity")
    assert caught.value.option == "task_timeout"


def test_a_new_token_that_does_not_come_ends_with_the_task(
    drilled: Sandbox, cloud: Callable[..., Cloud]
) -> None:
    nova = cloud(api_timeout=60, deadline=deadline.begin(1.5)).service("compute")
    drilled.ask("POST", "/sandbox/faults", {"service": "compute", "kind": "expired_token"})
    drilled.ask("POST", "/sandbox/faults", {"service": "identity", "kind": "drip", "seconds": 0.1})
    began = time.monotonic()
    with pytest.raises(OutOfTime, match=r"task_timeout \(1.5 s\) is over"):
        compute.quotas(nova)
    assert time.monotonic() - began < 4
