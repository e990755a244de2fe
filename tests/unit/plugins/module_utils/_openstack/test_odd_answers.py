# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that have ended in a traceback once, by name (design/reading-a-cloud.md#hostile-answers)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    FinopsError,
    InvalidOption,
    Malformed,
    Unavailable,
)
from ansible_collections.finops.cloud.plugins.module_utils._openstack import block_storage, compute
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud, Service

from ....raw_server import RawServer, raw_server, written
from ....stopped_clock import StoppedClock
from .odd_login import options, token_answer

VOLUME = (
    b'{"volumes": [{"id": "a", "name": "b", "status": "in-use", "attachments": [], "metadata": {},'
    b' "created_at": "2026-11-01T00:00:00.000000", "volume_type": "fast", "size": %s}]}'
)
NO_SIZE = "the answer is not the JSON that the API promises|the number in size is too large"


@pytest.fixture
def server() -> Iterator[RawServer]:
    with raw_server() as one:
        yield one


@pytest.fixture
def asked(server: RawServer) -> Callable[..., Service]:
    """Log in, and have the service answer every request with that."""

    def opened(name: str, answer: bytes, clock: StoppedClock | None = None) -> Service:
        server.answer = lambda line: token_answer(server.url) if "/auth/tokens" in line else answer
        of_task = (clock or StoppedClock()).deadline(0)
        return Cloud(replace(options(server.url), deadline=of_task)).service(name)

    return opened


def test_a_retry_after_of_no_ascii_digit_is_not_waited_for(asked: Callable[..., Service]) -> None:
    """A digit to Python's isdigit(), and none to its float(). The pauses are those without the header."""
    clock = StoppedClock()
    nova = asked("compute", written(503, {"Retry-After": "²"}, b"{}"), clock)
    with pytest.raises(Unavailable, match="the service answered 503"):
        list(compute.servers(nova))
    assert clock.slept == [0.25, 0.5, 1, 2, 4]


def test_a_link_to_a_further_page_that_is_none_is_one_sentence(asked: Callable[..., Service]) -> None:
    nova = asked("compute", written(200, {}, b'{"servers": [], "servers_links": [1]}'))
    with pytest.raises(Malformed, match="the answer has no rel where the API promises one"):
        list(compute.servers(nova))


@pytest.mark.parametrize("size", [b"1e400", b"-1e400", b"1" + b"0" * 400, b"1e-400", b"NaN", b"Infinity"])
def test_a_size_that_nothing_has_is_one_sentence(asked: Callable[..., Service], size: bytes) -> None:
    cinder = asked("block_storage", written(200, {}, VOLUME % size))
    with pytest.raises(Malformed, match=NO_SIZE):
        list(block_storage.volumes(cinder))


def test_a_size_that_volumes_have_is_read(asked: Callable[..., Service]) -> None:
    """What the sizes above are refused for is their size."""
    (volume,) = block_storage.volumes(asked("block_storage", written(200, {}, VOLUME % b"10")))
    assert volume.size_gb == 10


@pytest.mark.parametrize("text", ["{}", "{0}", "{nobody}"])
def test_braces_in_a_configuration_are_no_traceback(
    server: RawServer, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """openstacksdk fills in what stands in braces."""
    server.answer = lambda _line: token_answer(server.url)
    with pytest.raises(InvalidOption, match="^cloud: is not configured as openstacksdk reads it"):
        Cloud(options(server.url, region_name=text))


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"auth": "x"}, "^cloud: has an `auth` that is not a dictionary of credentials"),
        ({"compute_endpoint_override": 5}, "the endpoint of compute is not a URL"),
        ({"compute_interface": {"a": 1}}, "^cloud: has a setting of compute that is no text"),
        ({"compute_service_type": [1]}, "has no compute service"),
        ({"compute_api_version": [2]}, "^cloud: has a setting of compute that is no text"),
        ({"verify": 1, "cacert": True}, "^cloud: is not configured as openstacksdk reads it"),
        ({"cert": [1], "key": {}}, "^cloud: is not configured as openstacksdk reads it"),
    ],
    ids=str,
)
def test_a_dictionary_of_another_shape_is_one_sentence(
    server: RawServer, entry: dict[str, Any], says: str
) -> None:
    server.answer = lambda _line: token_answer(server.url)
    given = options(server.url)
    whole = replace(given, auth=None, entry={"auth": given.auth, **entry})
    with pytest.raises(FinopsError, match=says):
        Cloud(whole).service("compute")


@pytest.mark.parametrize("version", [2.1, 2, "2.1"])
def test_a_version_may_be_written_as_a_number(server: RawServer, version: Any) -> None:
    server.answer = lambda _line: token_answer(server.url)
    given = options(server.url, entry={"compute_api_version": version})
    assert Cloud(given).service("compute").url == f"{server.url}/compute/v2.1"
