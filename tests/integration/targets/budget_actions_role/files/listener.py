# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A webhook, or the launch of a workflow: listener.py FOLDER STATUS... answers one POST by each status and
ends.

Its port is in FOLDER/port, and what it was sent in FOLDER/posted, one JSON text a line. A GET is answered as
AWX does, by FOLDER/asks; with another token than `secret` by 401.
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

folder, statuses = Path(sys.argv[1]), [int(one) for one in sys.argv[2:]]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = self.headers["Authorization"] == "Bearer secret"
        answer = b'{"ask_variables_on_launch": ' + (folder / "asks").read_bytes().strip() + b"}"
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        with (folder / "posted").open("ab") as posted:
            posted.write(sent.replace(b"\n", b"") + b"\n")
        self.send_response(statuses.pop(0))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


server = HTTPServer(("127.0.0.1", 0), Handler)
written = folder / "port.new"
written.write_text(str(server.server_port))
written.rename(folder / "port")
while statuses:
    server.handle_request()
