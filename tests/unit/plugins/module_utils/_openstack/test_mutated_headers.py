# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers whose headers, status and bytes nobody would send: each is read, or is one of our own sentences, on
one line and without a secret (design/reading-a-cloud.md#hostile-answers).
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import FinopsError
from ansible_collections.finops.cloud.plugins.module_utils._openstack.access import Login, log_in
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Service
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import resolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ....raw_server import RawServer, raw_server, written
from .odd_login import ODD_HEADERS, PASSWORD, TOKEN, as_json, options, refuse_secrets, token_answer
from .test_mutated_answers import OWNER, READERS, captured

HEADERS = (
    "Retry-After", "X-Subject-Token", "X-Auth-Token", "Authorization", "Link", "Content-Type",
    "Content-Encoding", "Content-Length", "Transfer-Encoding", "Location", "Set-Cookie", "WWW-Authenticate",
    "OpenStack-API-Version", "X-OpenStack-Request-ID", "X-Account-Meta-Quota-Bytes", "X-Account-Bytes-Used",
    "X-Account-Object-Count", "X-Account-Container-Count", "X-Account-Meta-Quota-Count", "Connection", "Date",
)  # fmt: skip
#: Of one answer in two the status is the one that it should be.
STATUSES = (201, 204, 206, 300, 302, 304, 400, 401, 403, 404, 406, 409, 410, 413, 429, 500, 502, 503, 999)
ERRORS = (
    {"badRequest": {"message": f"no {PASSWORD}\x1b[2J"}},
    {"error": {"message": f"{TOKEN} " * 100, "code": 401}},
    {"errors": [{"message": "minimum is 2.1 and maximum is 2.²."}]},
    {"message": "The supported version range is: minimum is 1.0 and maximum is 9.99999."},
    {"message": {"message": ["x"]}, "faultstring": 1},
    [PASSWORD],
    PASSWORD,
)
#: Pages that lead on and on are asked for so often.
MOST_REQUESTS = 6


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with raw_server() as one:
        yield one


@st.composite
def answers(draw: st.DrawFn) -> tuple[str, list[bytes]]:
    """A reader's name, and what its service answers one time after the other, the last one from then on."""
    name = draw(st.sampled_from(sorted(READERS)))
    response = captured(name)
    kept = {
        key: str(value)
        for key, value in response["headers"].items()
        if key.lower() not in ("content-length", "content-encoding", "transfer-encoding", "connection")
    }
    return name, [draw(_answer(response, kept)) for _time in range(draw(st.integers(1, 3)))]


@st.composite
def _answer(draw: st.DrawFn, response: dict[str, Any], kept: dict[str, str]) -> bytes:
    odd = draw(st.dictionaries(st.sampled_from(HEADERS), ODD_HEADERS, min_size=1, max_size=4))
    status = draw(st.sampled_from([response["status"]] * len(STATUSES) + [*STATUSES]))
    whole = as_json(response.get("body")) if response.get("body") is not None else b""
    body = draw(
        st.one_of(
            st.just(whole),
            st.just(gzip.compress(whole)),
            st.sampled_from(ERRORS).map(as_json),
            st.integers(0, len(whole)).map(lambda length: whole[:length]),
            st.binary(max_size=20),
        )
    )
    return written(status, {**kept, **odd}, body)


def said(server: RawServer, name: str, bodies: list[bytes]) -> str:
    """The sentence that reading it ends with; empty where all is read. Any other error is the test's."""
    region = resolve(options(server.url))
    asked = 0

    def answer(line: str) -> bytes:
        nonlocal asked
        if "/v3/auth/tokens" in line:
            return token_answer(server.url)
        asked += 1
        if asked > MOST_REQUESTS:
            return written(409, {}, b"{}")
        return bodies[min(asked, len(bodies)) - 1]

    server.answer = answer
    log_in(region, 10)
    login = Login(region.session, region.secrets, region.deadline)
    try:
        READERS[name][1](Service("any", f"{server.url}/any", OWNER, login, 10))
    except FinopsError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", READERS)
def test_an_answer_as_it_came_is_read_from_the_wire(name: str, server: RawServer) -> None:
    """So that the changed ones below get beyond their first line."""
    response = captured(name)
    headers = {key: str(value) for key, value in response["headers"].items() if key.startswith("X-")}
    body = as_json(response["body"]) if response.get("body") is not None else b""
    sentence = said(server, name, [written(response["status"], headers, body)])
    # Pages that do not end, or a window or a project that the capture was not for.
    known = ("answered 409", "was not asked for", "back to a page already read", "more than")
    assert not sentence or any(one in sentence for one in known), sentence


@settings(max_examples=100, derandomize=True, suppress_health_check=list(HealthCheck))
@given(asked=answers())
def test_changed_headers_are_read_or_are_one_sentence(
    server: RawServer, asked: tuple[str, list[bytes]]
) -> None:
    refuse_secrets(said(server, *asked))


@pytest.mark.heavy
@settings(max_examples=10_000, derandomize=True, suppress_health_check=list(HealthCheck))
@given(asked=answers())
def test_ten_thousand_changed_headers(server: RawServer, asked: tuple[str, list[bytes]]) -> None:
    refuse_secrets(said(server, *asked))
