# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""HTTP as a login and its services use it, whoever answers: no redirect is followed, an answer has a deadline
for its last byte, never behind the task's own, and a largest size, and every token that passes is remembered
as a secret (design/reading-a-cloud.md#hostile-answers).

Functions make the classes, so that only a task that reads a cloud or a system imports requests.
"""

from __future__ import annotations

import io
import threading
import weakref
from dataclasses import dataclass
from http.client import HTTPResponse
from time import monotonic
from typing import Any

from .deadline import Deadline
from .masking import Secrets

MEGABYTE = 1_000_000
DEFAULT_MAX_ANSWER_MB = 256
#: What an adapter decompresses piece by piece.
ACCEPTED_ENCODINGS = "gzip, deflate"
#: A POST of keystoneauth goes on to such an address, with its password.
REDIRECTS = (301, 302, 303, 305, 307, 308)
#: What requests decompresses piece by piece. Others grow without a bound in one piece.
_ENCODINGS = ("", "identity", "gzip", "deflate")


class AnswerRefused(Exception):
    """An answer that is not read to its end; str() is the rest of a sentence. Asking again is of no use."""

    def __init__(self, problem: str, http_status: int) -> None:
        super().__init__(problem)
        self.http_status = http_status


@dataclass(frozen=True)
class AnswerLimit:
    """The largest answer in MB (10^6 bytes), decompressed, and the option that says so, if one does."""

    mb: int
    option: str | None = None


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
        seconds = self._deadline - monotonic()
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


def bounded_adapter(sender: Any, secrets: Secrets, limit: AnswerLimit, deadline: Deadline) -> Any:
    """A class of adapters of requests, made from the class `sender`. The timeout of a request is the time for
    all of it, or, where the sender repeats it, for each answer.

    Arguments: the class, where tokens are remembered, the largest answer, and the end of the task's time.
    Sending raises AnswerRefused for a redirect and for a larger answer, and DeadlinePassed, beside what
    requests raises.
    """
    clock = threading.local()
    pools = _pools_with_deadline(clock, deadline)

    class BoundedAdapter(sender):  # type: ignore[misc]
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
            """Send it; timeout in seconds. Raises AnswerRefused and DeadlinePassed."""
            timeout = deadline.bounded(timeout)
            secrets.remember_headers(request.headers)
            clock.seconds, clock.began = timeout, monotonic()
            clock.repeats = bool(self.max_retries.total)
            response = super().send(request, stream, timeout, verify, cert, proxies)
            secrets.remember_headers(response.headers)
            _refuse_unread(response, limit)
            response.raw.stream = _capped(response.raw, limit)
            return response

    return BoundedAdapter


def _pools_with_deadline(clock: threading.local, deadline: Deadline) -> dict[str, Any]:
    """Connection pools by scheme, whose answers are read until the clock's deadline, headers included, and
    no longer than the task's.
    """
    import urllib3
    from urllib3 import connection

    class DatedResponse(HTTPResponse):
        """An answer that is read until the deadline of its request."""

        def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
            super().__init__(sock, *args, **options)
            raw = self.fp.detach()
            began = monotonic() if clock.repeats else clock.began
            ends = min(began + clock.seconds, monotonic() + deadline.seconds_left)
            self.fp = io.BufferedReader(_UntilDeadline(raw, sock, ends))

    class PlainConnection(connection.HTTPConnection):
        """A connection with such answers."""

        response_class = DatedResponse

        def connect(self) -> None:
            """Connect, also when a request is repeated, in the time that is left."""
            self.timeout = deadline.bounded(clock.seconds)
            super().connect()

    class EncryptedConnection(connection.HTTPSConnection):
        """The same over TLS."""

        response_class = DatedResponse

        def connect(self) -> None:
            """Connect, also when a request is repeated, in the time that is left."""
            self.timeout = deadline.bounded(clock.seconds)
            super().connect()

    class PlainPool(urllib3.HTTPConnectionPool):
        """Connections to one host."""

        ConnectionCls = PlainConnection

    class EncryptedPool(urllib3.HTTPSConnectionPool):
        """The same over TLS."""

        ConnectionCls = EncryptedConnection

    return {"http": PlainPool, "https": EncryptedPool}


def _refuse_unread(response: Any, limit: AnswerLimit) -> None:
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
    if is_announced and (len(length) > 18 or int(length) > limit.mb * MEGABYTE):
        response.close()
        raise _too_large(response.status_code, limit)


def _capped(raw: Any, limit: AnswerLimit) -> Any:
    """The raw response's own stream of decompressed pieces, up to the largest size.

    It keeps no hold of the response that it becomes a part of: as a circle each answer would stay in memory
    until Python looks for circles, which it does by their number and not by their size.
    """
    weak: Any = weakref.ref(raw)

    def stream(*args: Any, **options: Any) -> Any:
        size, response = 0, weak()
        for piece in type(response).stream(response, *args, **options):
            size += len(piece)
            if size > limit.mb * MEGABYTE:
                response.close()
                raise _too_large(response.status, limit)
            yield piece

    return stream


def _too_large(http_status: int, limit: AnswerLimit) -> AnswerRefused:
    size = f"{limit.mb} MB" if limit.option is None else f"{limit.option} ({limit.mb} MB)"
    return AnswerRefused(f"the answer is larger than {size}", http_status)
