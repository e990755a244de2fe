# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small GitLab and GitHub on loopback: the comments of one merge request, in the shapes of their APIs."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ME, SOMEBODY, OTHER_BOT = 7, 8, 9
COMMENTS = {
    "gitlab": "/projects/42/merge_requests/17/notes",
    "github": "/repos/acme/shop/issues/17/comments",
}
TOKEN = "glpat-0123456789abcdef"


@dataclass
class Forge:
    """kind: gitlab or github. bodies: each comment by its number, with its author. app: whether the token is
    one of a job of GitHub, or of an app, with this login. answers: what is answered in place, by method.
    """

    kind: str
    url: str = ""
    comments: dict[int, tuple[int, str]] = field(default_factory=dict)
    app: bool = False
    login: str = "github-actions[bot]"
    page: int = 2
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What a pipeline sets."""
        if self.kind == "gitlab":
            where = {"CI_API_V4_URL": self.url, "CI_PROJECT_ID": "42", "CI_MERGE_REQUEST_IID": "17"}
        else:
            where = {
                "GITHUB_API_URL": self.url,
                "GITHUB_REPOSITORY": "acme/shop",
                "GITHUB_REF": "refs/pull/17/merge",
            }
        return {**where, "COMMENT_TOKEN": TOKEN}

    def shown(self, number: int) -> dict[str, Any]:
        """A comment as the API shows it."""
        author, body = self.comments[number]
        if self.kind == "gitlab":
            return {"id": number, "body": body, "author": {"id": author}, "system": False}
        return {"id": number, "body": body, "user": {"id": author, **self.user_of(author)}}

    def user_of(self, author: int) -> dict[str, str]:
        """Type and login, as GitHub shows them."""
        if author == OTHER_BOT:
            return {"type": "Bot", "login": "renovate[bot]"}
        if self.app and author == ME:
            return {"type": "Bot", "login": self.login}
        return {"type": "User", "login": f"user-{author}"}

    def answer(self, method: str, path: str, sent: Any) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body, by the routes that the two document."""
        parts = urlsplit(path)
        every = COMMENTS[self.kind]
        one, change = {
            "gitlab": (rf"{every}/(\d+)", "PUT"),
            "github": (r"/repos/acme/shop/issues/comments/(\d+)", "PATCH"),
        }[self.kind]
        if parts.path == "/user":
            return (403, {}, {"message": "Resource not accessible"}) if self.app else (200, {}, {"id": ME})
        if parts.path == every and method == "GET":
            return self.list_page(int(parse_qs(parts.query)["page"][0]), every)
        if parts.path == every and method == "POST":
            number = max(self.comments, default=0) + 1
            self.comments[number] = (ME, sent["body"])
            return 201, {}, self.shown(number)
        found = re.fullmatch(one, parts.path)
        if found is not None and method == change and int(found[1]) in self.comments:
            number = int(found[1])
            self.comments[number] = (self.comments[number][0], sent["body"])
            return 200, {}, self.shown(number)
        return 404, {}, {"message": "404 Not found"}

    def list_page(self, page: int, path: str) -> tuple[int, dict[str, str], Any]:
        """A page of comments. GitLab leaves out those that the token may not see, after it has cut pages."""
        numbers = sorted(self.comments)
        begin, end = (page - 1) * self.page, page * self.page
        link = f'<{self.url}{path}?page={page + 1}>; rel="next", ' if end < len(numbers) else ""
        rows = [self.shown(one) for one in numbers[begin:end] if self.comments[one][1] != "hidden"]
        return 200, {"Link": f'{link}<{self.url}{path}?page=1>; rel="first"'}, rows


@contextmanager
def running(forge: Forge) -> Iterator[Forge]:
    """The forge, served while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: Any) -> None:
            """Nothing on the console of the tests."""

        def handle_one(self) -> None:
            forge.heard.append(f"{self.command} {self.path}")
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length)) if length else None
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                status, headers, body = 401, {}, b'{"message": "401 Unauthorized"}'
            elif self.command in forge.answers:
                status, headers, body = forge.answers[self.command]
            else:
                status, headers, said = forge.answer(self.command, self.path, sent)
                body = json.dumps(said).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = handle_one  # noqa: N815

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        forge.url = f"http://127.0.0.1:{server.server_port}"
        yield forge
        server.shutdown()
