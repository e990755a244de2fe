# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of an identity service that none gives: each lets in, or is one of our own sentences, on one line
and without a secret (design/reading-a-cloud.md#hostile-answers).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ....raw_server import RawServer, raw_server, written
from .odd_login import (
    ODD_HEADERS,
    PASSWORD,
    REGION,
    TOKEN,
    as_json,
    options,
    refuse_secrets,
    sentences,
    token_answer,
    token_body,
)
from .test_mutated_answers import ODD, mutated

#: What stands in a token in the place of something else; among it what nobody may see.
ODD_IN_TOKEN = st.one_of(
    ODD,
    st.sampled_from(
        [
            PASSWORD, TOKEN, f"http://cloud.example/{TOKEN}", "http://u:pw@cloud.example", "public",
            "RegionOne", "2026-11-29T08:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
            "2099-01-01T00:00:00+99:00",
        ]
    ),
)  # fmt: skip
STATUSES = (*[201] * 10, 200, 204, 300, 302, 400, 401, 403, 404, 409, 413, 429, 500, 502, 503)
PLACE = "http://the-server-of-the-test"


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with raw_server() as one:
        yield one


@st.composite
def answers(draw: st.DrawFn) -> tuple[bytes, str | None]:
    """What an identity service answers to a login, with PLACE for its URL, and the region asked for."""
    token = token_body(PLACE)["token"]
    # A catalog has so much in it that nothing else would be changed.
    parts: list[dict[str, Any]] = [{"body": token.pop("catalog")}, {"body": token}]
    for number in draw(st.lists(st.integers(0, 1), max_size=3)):
        mutated(draw, parts[number], ODD_IN_TOKEN)
    catalog, token = (part["body"] for part in parts)
    whole = {"token": {**token, "catalog": catalog} if isinstance(token, dict) else token}
    headers = {"Content-Type": "application/json", "X-Subject-Token": TOKEN}
    names = st.sampled_from(
        ["X-Subject-Token", "Content-Type", "Retry-After", "Content-Encoding", "Location"]
    )
    headers |= draw(st.dictionaries(names, ODD_HEADERS, max_size=2))
    junk = st.one_of(st.binary(max_size=20), ODD_IN_TOKEN.map(as_json))
    body = draw(junk) if draw(st.integers(0, 9)) == 0 else as_json(whole)
    return written(draw(st.sampled_from(STATUSES)), headers, body), draw(st.sampled_from([REGION, None, ""]))


def check(server: RawServer, asked: tuple[bytes, str | None]) -> None:
    """Log in to it, and have everything told that the token has in it."""
    answer, region = asked
    answer = answer.replace(PLACE.encode(), server.url.encode())
    server.answer = lambda _line: answer
    for sentence in sentences(options(server.url, region_name=region)):
        refuse_secrets(sentence)


def test_the_token_that_is_changed_below_lets_in(server: RawServer) -> None:
    server.answer = lambda _line: token_answer(server.url)
    cloud = Cloud(options(server.url))
    assert (cloud.identity.project_name, cloud.regions) == ("project", {REGION})
    assert cloud.service("compute").url.startswith(server.url)


@settings(max_examples=100, derandomize=True, suppress_health_check=list(HealthCheck))
@given(asked=answers())
def test_a_changed_token_lets_in_or_is_one_sentence(
    server: RawServer, asked: tuple[bytes, str | None]
) -> None:
    check(server, asked)


@pytest.mark.heavy
@settings(max_examples=10_000, derandomize=True, suppress_health_check=list(HealthCheck))
@given(asked=answers())
def test_ten_thousand_changed_tokens(server: RawServer, asked: tuple[bytes, str | None]) -> None:
    check(server, asked)
