# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server on loopback that answers with the very bytes that a test makes up, headers included."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


def _nothing(_request: str) -> bytes:
    return b""


@dataclass
class RawServer:
    """Where it is, and what it answers: a function of a request's first line, such as `GET /v3 HTTP/1.1`.

    heard: the first lines so far.
    """

    url: str
    answer: Callable[[str], bytes] = _nothing
    heard: list[str] = field(default_factory=list, repr=False)


def written(status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    """An answer as it is sent. One of HTTP/1.0 is the last of its connection."""
    lines = [f"HTTP/1.0 {status} Said", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@contextmanager
def raw_server() -> Iterator[RawServer]:
    """Have one, until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(f"http://127.0.0.1:{listener.getsockname()[1]}")
        threading.Thread(target=_serve, args=(listener, server), daemon=True).start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, server: RawServer) -> None:
    while True:
        try:
            connection, _address = listener.accept()
        except OSError:
            return
        # A client that has read enough goes away.
        with connection, suppress(OSError):
            line = _request(connection)
            server.heard.append(line)
            connection.sendall(server.answer(line))


def _request(connection: socket.socket) -> str:
    """Read all of a request, and return its first line: what is left unread would reset the connection."""
    connection.settimeout(10)
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _end, body = data.partition(b"\r\n\r\n")
    length = _LENGTH.search(head + b"\r\n")
    while length is not None and len(body) < int(length[1]):
        body += _more(connection)
    return head.partition(b"\r\n")[0].decode("latin-1")


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionResetError
    return data
