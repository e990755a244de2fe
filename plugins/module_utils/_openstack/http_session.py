# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""HTTP as a login and its services use it, whoever answers: no redirect is followed, an answer has a deadline
for its last byte and a largest size, and every token that passes is remembered as a secret
(design/reading-a-cloud.md#hostile-answers).

Functions make the classes, so that only a task that reads a cloud imports requests.
"""

from __future__ import annotations

import io
import threading
import time
import weakref
from http.client import HTTPResponse
from typing import Any

from .masking import Secrets

MEGABYTE = 1_000_000
#: A POST of keystoneauth goes on to such an address, with its password.
REDIRECTS = (301, 302, 303, 305, 307, 308)
#: What requests decompresses piece by piece. Others grow without a bound in one piece.
_ENCODINGS = ("", "identity", "gzip", "deflate")


class AnswerRefused(Exception):
    """An answer that is not read to its end; str() is the rest of a sentence. Asking again is of no use."""

    def __init__(self, problem: str, http_status: int) -> None:
        super().__init__(problem)
        self.http_status = http_status


class _UntilDeadline(io.RawIOBase):
    """What a socket gives, until the deadline. A socket's own timeout begins anew with every byte."""

    def __init__(self, raw: Any, sock: Any, deadline: float) -> None:
        super().__init__()
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there. Raises TimeoutError behind the deadline."""
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(seconds)
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        """Let go of the socket, as its own file does."""
        if not self.closed:
            self._raw.close()
        super().close()


def bounded_session(secrets: Secrets, max_answer_mb: int) -> Any:
    """A requests.Session for one login. The timeout of a request is the time for all of it.

    Arguments: where tokens are remembered, and the largest answer in MB (10^6 bytes), decompressed. Sending
    raises AnswerRefused for a redirect and for a larger answer, beside what requests raises.
    """
    import requests

    session = requests.Session()
    session.headers["Accept-Encoding"] = "gzip, deflate"
    adapter = _bounded_adapter(secrets, max_answer_mb)
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter())
    return session


def _bounded_adapter(secrets: Secrets, max_answer_mb: int) -> Any:
    """The class that sends for all of keystoneauth, its federated logins included."""
    from keystoneauth1.session import TCPKeepAliveAdapter

    clock = threading.local()
    pools = _pools_with_deadline(clock)

    class BoundedAdapter(TCPKeepAliveAdapter):
        """One request, and nothing behind it."""

        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            """Connections of ours."""
            super().init_poolmanager(*args, **options)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
            """Connections of ours through a proxy too."""
            manager = super().proxy_manager_for(*args, **options)
            manager.pool_classes_by_scheme = pools
            return manager

        def send(
            self,
            request: Any,
            stream: bool = False,
            timeout: Any = None,
            verify: Any = True,
            cert: Any = None,
            proxies: Any = None,
        ) -> Any:
            """Send it; timeout in seconds. Raises AnswerRefused."""
            secrets.remember_headers(request.headers)
            clock.deadline = time.monotonic() + timeout
            response = super().send(request, stream, timeout, verify, cert, proxies)
            secrets.remember_headers(response.headers)
            _refuse_unread(response, max_answer_mb)
            response.raw.stream = _capped(response.raw, max_answer_mb)
            return response

    return BoundedAdapter


def _pools_with_deadline(clock: threading.local) -> dict[str, Any]:
    """Connection pools by scheme, whose answers are read until clock.deadline, headers included."""
    import urllib3
    from urllib3 import connection

    class DatedResponse(HTTPResponse):
        """An answer that is read until the deadline of its request."""

        def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
            super().__init__(sock, *args, **options)
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_UntilDeadline(raw, sock, clock.deadline))

    class PlainConnection(connection.HTTPConnection):
        """A connection with such answers."""

        response_class = DatedResponse

    class EncryptedConnection(connection.HTTPSConnection):
        """The same over TLS."""

        response_class = DatedResponse

    class PlainPool(urllib3.HTTPConnectionPool):
        """Connections to one host."""

        ConnectionCls = PlainConnection

    class EncryptedPool(urllib3.HTTPSConnectionPool):
        """The same over TLS."""

        ConnectionCls = EncryptedConnection

    return {"http": PlainPool, "https": EncryptedPool}


def _refuse_unread(response: Any, max_answer_mb: int) -> None:
    """Raise AnswerRefused for what the headers tell already."""
    if response.status_code in REDIRECTS:
        response.close()
        raise AnswerRefused(
            f"the service redirects to another address ({response.status_code}), which is not followed; set"
            " the address that it is at",
            response.status_code,
        )
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        response.close()
        raise AnswerRefused("the answer has a compression that was not requested", response.status_code)
    length = response.headers.get("Content-Length", "")
    is_announced = length.isascii() and length.isdigit() and response.request.method != "HEAD"
    if is_announced and (len(length) > 18 or int(length) > max_answer_mb * MEGABYTE):
        response.close()
        raise _too_large(response.status_code, max_answer_mb)


def _capped(raw: Any, max_answer_mb: int) -> Any:
    """The raw response's own stream of decompressed pieces, up to the largest size.

    It keeps no hold of the response that it becomes a part of: as a circle each answer would stay in memory
    until Python looks for circles, which it does by their number and not by their size.
    """
    weak: Any = weakref.ref(raw)

    def stream(*args: Any, **options: Any) -> Any:
        size, response = 0, weak()
        for piece in type(response).stream(response, *args, **options):
            size += len(piece)
            if size > max_answer_mb * MEGABYTE:
                response.close()
                raise _too_large(response.status, max_answer_mb)
            yield piece

    return stream


def _too_large(http_status: int, max_answer_mb: int) -> AnswerRefused:
    problem = f"the answer is larger than max_answer_mb ({max_answer_mb} MB)"
    return AnswerRefused(problem, http_status)
