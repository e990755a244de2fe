# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cloud that means it gets no password, no token, no time and no memory
(design/reading-a-cloud.md#hostile-answers).
"""

from __future__ import annotations

import gc
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import (
    CloudError,
    LoginFailed,
    Malformed,
    Unavailable,
)
from ansible_collections.finops.cloud.plugins.module_utils._core.masking import Secrets
from ansible_collections.finops.cloud.plugins.module_utils._openstack import compute
from ansible_collections.finops.cloud.plugins.module_utils._openstack.connection import Cloud
from ansible_collections.finops.cloud.plugins.module_utils._openstack.login import ConnectionOptions

from ....conftest import Sandbox

PASSWORD = "only-for-the-sandbox"
AUTH = {
    "username": "PCU-DEMO001",
    "password": PASSWORD,
    "project_name": "PCP-DEMO001",
    "user_domain_name": "Default",
    "project_domain_name": "Default",
}


def fault(sandbox: Sandbox, **row: Any) -> None:
    assert sandbox.ask("POST", "/sandbox/faults", row).status == 200


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A server of one's own on loopback: its URL, and what it was sent."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _address = server.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(65536))
                    try:
                        answer(connection)
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        finally:
            server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("service", ["identity", "compute"])
def test_nothing_is_sent_on_to_where_a_redirect_leads(
    service: str, status: int, drilled: Sandbox, cloud: Callable[..., Cloud]
) -> None:
    with listening(lambda _connection: None) as (url, heard):
        fault(drilled, service=service, kind="redirect", status=status, location=f"{url}/v3/auth/tokens")
        with pytest.raises(
            CloudError, match=rf"redirects to another address \({status}\), which is not followed"
        ):
            compute.quotas(cloud().service("compute"))
        assert heard == []
    told = drilled.ask("GET", "/sandbox/requests").body
    assert (told["token"], told["api"]) == ((1, 0) if service == "identity" else (1, 1))


@pytest.mark.parametrize("service", ["identity", "compute"])
@pytest.mark.parametrize("kind", ["drip", "endless"])
def test_an_answer_without_an_end_is_read_to_the_deadline_or_the_largest_size(
    kind: str, service: str, drilled: Sandbox, cloud: Callable[..., Cloud]
) -> None:
    fault(drilled, service=service, kind=kind, seconds=0.2)
    began = time.monotonic()
    wanted = {"drip": "no answer within api_timeout", "endless": r"larger than max_answer_mb \(20 MB\)"}[kind]
    with pytest.raises(CloudError, match=wanted) as caught:
        compute.quotas(cloud(api_timeout=2, max_answer_mb=20).service("compute"))
    assert time.monotonic() - began < 4
    assert isinstance(caught.value, LoginFailed) == (service == "identity")


def test_a_login_that_is_forbidden_says_what_to_check(drilled: Sandbox, cloud: Callable[..., Cloud]) -> None:
    fault(drilled, service="identity", kind="status", status=403)
    with pytest.raises(LoginFailed, match=r"answered 403; check that this user or application credential is"):
        cloud()


def test_headers_that_drip_are_read_to_the_deadline() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(100):
            connection.sendall(b"X-%d: y\r\n" % number)
            time.sleep(0.1)

    with listening(drip) as (url, _heard):
        began = time.monotonic()
        with pytest.raises(LoginFailed, match="no answer within api_timeout"):
            Cloud(ConnectionOptions(auth={"auth_url": url, **AUTH}, api_timeout=1))
        assert time.monotonic() - began < 3


def test_a_bomb_of_gzip_is_an_error_before_it_is_unpacked(
    drilled: Sandbox, cloud: Callable[..., Cloud]
) -> None:
    nova = cloud(api_timeout=60).service("compute")
    fault(drilled, service="compute", kind="bomb")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Malformed, match=r"larger than max_answer_mb \(256 MB\)"):
        compute.quotas(nova)
    # Kilobytes: what was read until then, and not the 1.6 GB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000


def test_an_answer_that_was_read_leaves_memory_at_once(drilled: Sandbox, cloud: Callable[..., Cloud]) -> None:
    """An import reads thousands of large ones, and Python looks for circles by their number."""
    nova = cloud().service("compute")
    compute.quotas(nova)
    gc.collect()
    gc.disable()
    try:
        for _time in range(5):
            compute.quotas(nova)
        left = [one for one in gc.get_objects() if isinstance(one, requests.Response)]
    finally:
        gc.enable()
    assert left == []


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x"])
def test_an_encoding_that_nobody_asked_for_is_not_unpacked(encoding: str) -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(
            b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nContent-Encoding: %s\r\n\r\n{}" % encoding.encode()
        )

    with listening(answer) as (url, heard):
        with pytest.raises(LoginFailed, match="has a compression that was not requested"):
            Cloud(ConnectionOptions(auth={"auth_url": url, **AUTH}, api_timeout=2))
        assert b"Accept-Encoding: gzip, deflate\r\n" in heard[0]
        assert len(heard) == 1


def test_an_answer_that_says_that_it_is_too_large_is_not_read() -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n")

    with listening(answer) as (url, _heard), pytest.raises(LoginFailed, match="larger than max_answer_mb"):
        Cloud(ConnectionOptions(auth={"auth_url": url, **AUTH}, api_timeout=2))


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_what_a_service_echoes_of_the_login_is_masked(
    status: int, drilled: Sandbox, cloud: Callable[..., Cloud]
) -> None:
    opened = cloud(api_timeout=1)
    fault(drilled, service="compute", kind="echo", status=status)
    with pytest.raises(CloudError, match=rf"answered {status} \(no ") as caught:
        compute.quotas(opened.service("compute"))
    said = str(caught.value)
    assert "********" in said
    assert r"\x1b[31m" in said
    assert said.isprintable()
    assert not [secret for secret in opened.secrets if secret in said]
    assert PASSWORD in opened.secrets


def test_a_login_that_echoes_the_password_shows_nothing_of_it(
    drilled: Sandbox, cloud: Callable[..., Cloud]
) -> None:
    fault(drilled, service="identity", kind="echo", status=500)
    with pytest.raises(LoginFailed) as caught:
        cloud()
    assert PASSWORD not in str(caught.value)


def test_a_catalog_in_clear_is_refused_behind_an_encrypted_login(drilled: Sandbox) -> None:
    vergeos = drilled.state["vergeos"]
    auth = {"auth_url": f"https://{vergeos['host']}/identity", **AUTH}
    options = {"auth": auth, "region_name": "dc3-a", "api_timeout": 5}
    trusted = {**options, "ca_cert": vergeos["ca_cert"]}
    assert compute.quotas(Cloud(ConnectionOptions(**trusted)).service("compute"))
    fault(drilled, service="identity", kind="http-catalog")
    drilled.ask("DELETE", "/sandbox/requests")
    opened = Cloud(ConnectionOptions(**trusted))
    with pytest.raises(
        Malformed, match="the endpoint of compute is not, so the token would be sent in clear"
    ):
        opened.service("compute")
    assert drilled.ask("GET", "/sandbox/requests").body["api"] == 0
    unverified = Cloud(ConnectionOptions(**options, validate_certs=False))
    assert compute.quotas(unverified.service("compute"))
    own = {"compute_endpoint_override": drilled.state["url"] + "/compute/v2.1"}
    named = Cloud(ConnectionOptions(**trusted, entry=own))
    assert compute.quotas(named.service("compute"))


def test_a_login_that_is_too_slow_is_bounded_in_all(drilled: Sandbox, cloud: Callable[..., Cloud]) -> None:
    fault(drilled, service="compute", kind="slow", seconds=10)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="no answer within api_timeout"):
        compute.quotas(cloud(api_timeout=1).service("compute"))
    assert time.monotonic() - began < 3


def test_secrets_are_masked_in_every_spelling_that_a_server_may_use() -> None:
    secrets = Secrets()
    secrets.remember_credentials(
        {"password": 'p"a/s s', "username": "visible", "client_secret": "hidden-one"}
    )
    secrets.remember_headers({"X-Auth-Token": b"a-token", "Authorization": "Bearer another"})
    text = 'visible p"a/s s p\\"a/s s p%22a%2Fs%20s p%22a%2Fs+s cCJhL3Mgcw== hidden-one a-token another'
    assert secrets.format_line(text) == "visible" + " ********" * 8
    assert secrets.format_line("a\x1b]0;x\x07b\u202ec\nd") == "a\\x1b]0;x\\x07b\\u202ec d"
    assert len(secrets.format_line("x" * 500)) == 200
    short = Secrets()
    short.remember_credentials({"password": "in"})
    assert short.format_line("in it") == "in it"
