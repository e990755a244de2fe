# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a verdict into the one comment of its gate on a merge request of GitLab or a pull request of GitHub.

PYTHON comment.py FILE, where FILE is the verdict as Markdown. Its first line is the marker by which the
comment is found that was written before. COMMENT_TOKEN is the token, and the variables that the pipelines of
the two set say where: CI_API_V4_URL, CI_PROJECT_ID and CI_MERGE_REQUEST_IID of GitLab, or GITHUB_API_URL,
GITHUB_REPOSITORY and GITHUB_REF of GitHub. Prints what it did and the comment's number.

Only comments of the token's own user are updated: what another one wrote, that one can edit. The token of a
job of GitHub is that of an app, which may not ask who it is: its comments are those of COMMENT_AUTHOR, by
default github-actions[bot], as which jobs write. With a token of another app it is such as our-app[bot].
Sources: GitLab's REST API, notes and pagination; GitHub's REST API, issue comments and users.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

TIMEOUT_SECONDS = 30
#: A page of a hundred comments of the longest that both take.
LONGEST_ANSWER_BYTES = 128 * 1024 * 1024
FORBIDDEN = 403
#: As whom the jobs of GitHub write.
JOBS_OF_GITHUB = "github-actions[bot]"
PULL_REQUEST = re.compile(r"refs/pull/(\d+)/(?:merge|head)")


class Stop(Exception):
    """Why there is no comment, as one sentence."""


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would take the token along."""

    def redirect_request(self, *_request: Any) -> None:
        return None


class Thread(NamedTuple):
    """Where the comments are: the API, the list of them, and one of them by its number. change: the method
    that updates one.
    """

    api: str
    comments: str
    comment: str
    change: str
    token: str

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[Any, str]:
        """The answer, and its header Link. Raises Stop, and urllib's HTTPError for an answer that is none."""
        request = urllib.request.Request(f"{self.api}{path}", method=method)  # noqa: S310
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Accept", "application/json")
        request.add_header("User-Agent", "finops.cloud")
        if body is not None:
            request.data = json.dumps({"body": body}).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.build_opener(_SameHost).open(request, timeout=TIMEOUT_SECONDS) as answer:
                return json.loads(answer.read(LONGEST_ANSWER_BYTES)), answer.headers.get("Link") or ""
        except urllib.error.HTTPError:
            raise
        except ValueError as error:
            raise Stop(f"{method} {self.api}{path} did not answer with JSON.") from error
        except (OSError, HTTPException) as error:
            raise Stop(f"{method} {self.api}{path} failed: {error}.") from error

    def list_comments(self) -> Iterator[dict[str, Any]]:
        """All comments, the oldest first. A page of GitLab may be short although more follow."""
        page, more = 1, True
        while more:
            rows, link = self.ask("GET", f"{self.comments}?per_page=100&page={page}&sort=asc")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise Stop(f"GET {self.api}{self.comments} did not answer with a list of comments.")
            yield from rows
            page, more = page + 1, 'rel="next"' in link

    def user(self) -> int | None:
        """Whose token it is; None for that of a job of GitHub, which is an app's and may not ask."""
        try:
            said, _link = self.ask("GET", "/user")
        except urllib.error.HTTPError as error:
            if error.code == FORBIDDEN and self.change == "PATCH":
                return None
            raise
        if not isinstance(said, dict) or not isinstance(said.get("id"), int):
            raise Stop(f"GET {self.api}/user did not say whose COMMENT_TOKEN is.")
        return int(said["id"])


def thread() -> Thread:
    """Where the verdict goes, by the environment. Raises Stop."""
    if url := os.environ.get("CI_API_V4_URL"):
        number = given("CI_MERGE_REQUEST_IID", "set it in a merge request pipeline")
        project = quote(given("CI_PROJECT_ID", "GitLab sets it"), safe="")
        notes = f"/projects/{project}/merge_requests/{quote(number, safe='')}/notes"
        return Thread(url.rstrip("/"), notes, notes, "PUT", token())
    if url := os.environ.get("GITHUB_API_URL"):
        repository = quote(given("GITHUB_REPOSITORY", "such as owner/name"))
        pull = PULL_REQUEST.fullmatch(os.environ.get("GITHUB_REF", ""))
        if pull is None:
            raise Stop("GITHUB_REF is not that of a pull request, such as refs/pull/17/merge.")
        issues = f"/repos/{repository}/issues"
        comments = f"{issues}/{pull[1]}/comments"
        return Thread(url.rstrip("/"), comments, f"{issues}/comments", "PATCH", token())
    raise Stop("Neither CI_API_V4_URL of GitLab nor GITHUB_API_URL of GitHub is set.")


def token() -> str:
    """The token that may comment. Raises Stop."""
    return given("COMMENT_TOKEN", "a token that may comment on the merge request")


def given(name: str, what: str) -> str:
    """A variable that has to be there. Raises Stop."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise Stop(f"{name} is not set: {what}.")
    return value


def is_own(comment: dict[str, Any], user: int | None) -> bool:
    """Whether the token's user wrote it; user: None for an app's token, whose login the environment tells."""
    author = comment.get("author") or comment.get("user") or {}
    if user is not None:
        return bool(author.get("id") == user)
    login = os.environ.get("COMMENT_AUTHOR", "").strip() or JOBS_OF_GITHUB
    return author.get("type") == "Bot" and author.get("login") == login


def first_line(text: str) -> str:
    """Without blanks around it."""
    return text.strip().partition("\n")[0].strip()


def upsert(where: Thread, text: str) -> str:
    """Update the comment that begins with the same line, or make it. Returns what was done."""
    user = where.user()
    for comment in where.list_comments():
        body = str(comment.get("body") or "")
        if first_line(body) != first_line(text) or not is_own(comment, user):
            continue
        if body.replace("\r\n", "\n").strip() == text.strip():
            return f"unchanged {comment['id']}"
        where.ask(where.change, f"{where.comment}/{comment['id']}", text)
        return f"updated {comment['id']}"
    made, _link = where.ask("POST", where.comments, text)
    return f"created {made['id']}"


def read_verdict(path: str) -> str:
    """The verdict's text. Raises Stop where it has no marker."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(f"{path} cannot be read: {error}.") from error
    if not re.fullmatch(r"<!-- .+ -->", first_line(text)):
        raise Stop(f"{path} begins with no marker such as <!-- finops.cloud.budget_gate: shop -->.")
    return text


def main(path: str) -> int:
    """Say in one line what was done, or why nothing was."""
    try:
        done = upsert(thread(), read_verdict(path))
    except urllib.error.HTTPError as error:
        why = f"{error.url} answered {error.code} {error.reason}."
    except (KeyError, TypeError, AttributeError):
        why = "An answer has no comment with a number in it."
    except Stop as error:
        why = str(error)
    else:
        sys.stdout.write(f"{done}\n")
        return 0
    sys.stderr.write(f"{why}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
