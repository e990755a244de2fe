# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of a VergeOS system that none gives: each is read, or is one of our own sentences, on one line and
without a secret (design/reading-a-cloud.md#hostile-answers).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import FinopsError
from ansible_collections.finops.cloud.plugins.module_utils._vergeos import billing
from ansible_collections.finops.cloud.plugins.module_utils._vergeos.system import System, VergeosOptions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter

from ....raw_server import RawServer, raw_server, written
from ....small_vergeos import NOVEMBER, row
from .._openstack.odd_login import ODD_HEADERS, TOKEN, as_json, refuse_secrets
from .._openstack.test_mutated_answers import ODD, mutated

HOST = "vergeos.example"
SYSTEM = {"$key": 1, "yb_version": "26.1", "os_version": "6", "cloud_name": "small"}
STATUSES = (*[200] * 12, 201, 204, 300, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503)
NAMES = (
    "Content-Type",
    "Content-Encoding",
    "Content-Length",
    "Retry-After",
    "Location",
    "Set-Cookie",
    "Link",
)
READERS: dict[str, Callable[[System], Any]] = {
    "the newest": billing.newest,
    "all": lambda system: list(billing.records(system, limit=3)),
    "one": lambda system: billing.record(system, 5),
    "another one": billing.generate,
}
ODD_THERE = st.one_of(ODD, st.sampled_from([TOKEN, -1.5, "NaN", NOVEMBER, "16e2"]))


@dataclass(frozen=True)
class Said:
    """Answers to a login, to each reading of records, and to the request for a new one."""

    system: bytes
    billing: bytes
    action: bytes


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with raw_server() as one:
        yield one


@st.composite
def answer(draw: st.DrawFn, right: Any) -> bytes:
    """The right answer with up to three changes in it, or what is none."""
    whole = {"body": right}
    for _time in range(draw(st.integers(0, 3))):
        mutated(draw, whole, ODD_THERE)
    body = as_json(whole["body"])
    if draw(st.integers(0, 9)) == 0:
        body = draw(st.one_of(st.binary(max_size=20), st.just(body[: len(body) // 2])))
    headers = draw(st.dictionaries(st.sampled_from(NAMES), ODD_HEADERS, max_size=2))
    status = draw(st.sampled_from(STATUSES))
    if status >= 400 and draw(st.booleans()):
        body = as_json({draw(st.sampled_from(["err", "error", "message"])): draw(ODD_THERE)})
    return written(status, {"Content-Type": "application/json", **headers}, body)


@st.composite
def answers(draw: st.DrawFn) -> Said:
    rows = [row(number, NOVEMBER + 3600 * number) for number in (3, 2, 1)]
    login = draw(answer(dict(SYSTEM))) if draw(st.integers(0, 4)) == 0 else written(200, {}, as_json(SYSTEM))
    right = draw(st.sampled_from([rows, rows[:1], rows[0]]))
    return Said(login, draw(answer(right)), draw(answer({"$key": 4})))


def check(server: RawServer, said: Said) -> None:
    """Log in, and read in every way that there is."""

    class InClear(HTTPAdapter):
        """What is sent to the system, sent to the server of the test."""

        def send(self, request: Any, *how: Any, **more: Any) -> Any:
            request.url = request.url.replace(f"https://{HOST}", server.url)
            return super().send(request, *how, **more)

    def respond(line: str) -> bytes:
        if "/billing_actions" in line:
            return said.action
        return said.billing if "/billing" in line else said.system

    server.answer = respond
    hasty = {"timeout_seconds": 1, "retry_total": 1, "retry_backoff_factor": 0.0}
    with mock.patch("requests.adapters.HTTPAdapter", InClear):
        try:
            system = System(VergeosOptions(HOST, token=TOKEN, **hasty))
        except FinopsError as error:
            return refuse_secrets(str(error))
    with system:
        json.dumps(system.to_result())
        for read in READERS.values():
            try:
                read(system)
            except FinopsError as error:
                refuse_secrets(str(error))
    return None


@settings(max_examples=40, derandomize=True, suppress_health_check=list(HealthCheck))
@given(said=answers())
def test_a_changed_answer_is_read_or_is_one_sentence(server: RawServer, said: Said) -> None:
    check(server, said)


@pytest.mark.heavy
@settings(max_examples=10_000, derandomize=True, suppress_health_check=list(HealthCheck))
@given(said=answers())
def test_ten_thousand_changed_answers(server: RawServer, said: Said) -> None:
    check(server, said)
