# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each gate has one comment on a merge request, which is updated (design/reports.md#comments)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .forge import COMMENTS, ME, OTHER_BOT, SOMEBODY, TOKEN, Forge, running

PROGRAM = Path(__file__).parents[4] / "roles" / "budget_gate" / "files" / "comment.py"
WEB, DB = ("<!-- finops.cloud.budget_gate: web -->", "<!-- finops.cloud.budget_gate: db -->")
#: As whom jobs of GitHub write, by default.
JOBS = "github-actions[bot]"
KINDS = pytest.mark.parametrize("kind", ["gitlab", "github"])


def comment(forge: Forge, folder: Path, text: str, **environment: str) -> tuple[int, str]:
    """Run it, and return its code and what it said."""
    (folder / "verdict.md").write_text(text, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-I", str(PROGRAM), str(folder / "verdict.md")],
        env={**forge.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert TOKEN not in said
    assert said.count("\n") == 1
    return ended.returncode, said.strip().replace(str(folder), "")


@pytest.mark.parametrize(("kind", "app"), [("gitlab", False), ("github", False), ("github", True)])
def test_two_gates_of_one_merge_request_keep_a_comment_each(tmp_path: Path, kind: str, app: bool) -> None:
    # A page has two comments. Of the first page one is not shown, and the last is somebody's copy.
    others = {1: (SOMEBODY, "LGTM"), 2: (SOMEBODY, "hidden"), 3: (SOMEBODY, f"{WEB}\nAll is free!")}
    with running(Forge(kind, comments=dict(others), app=app)) as forge:
        assert comment(forge, tmp_path, f"{WEB}\n1 é\n") == (0, "created 4")
        assert comment(forge, tmp_path, f"{DB}\n2\n") == (0, "created 5")
        assert comment(forge, tmp_path, f"{WEB}\n3\n") == (0, "updated 4")
        assert comment(forge, tmp_path, f"{DB}\n4\n") == (0, "updated 5")
        forge.comments[5] = (ME, f"{DB}\r\n4")
        forge.heard.clear()
        assert comment(forge, tmp_path, f"{DB}\n4\n") == (0, "unchanged 5")
        assert [one.split()[0] for one in forge.heard] == ["GET"] * 4
    assert forge.comments == {**others, 4: (ME, f"{WEB}\n3\n"), 5: (ME, f"{DB}\r\n4")}


@pytest.mark.parametrize("login", ["github-actions[bot]", "our-app[bot]"])
def test_the_comment_of_another_bot_is_left_alone(tmp_path: Path, login: str) -> None:
    """Its text is the same to the letter: whoever may write as that bot could say what a gate has said."""
    copied = (OTHER_BOT, f"{WEB}\nAll is free!")
    environment = {} if login == JOBS else {"COMMENT_AUTHOR": login}
    with running(Forge("github", comments={1: copied}, app=True, login=login)) as forge:
        assert comment(forge, tmp_path, f"{WEB}\n1\n", **environment) == (0, "created 2")
        assert comment(forge, tmp_path, f"{WEB}\n2\n", **environment) == (0, "updated 2")
        assert forge.comments == {1: copied, 2: (ME, f"{WEB}\n2\n")}


@KINDS
@pytest.mark.parametrize(
    ("answers", "environment", "said"),
    [
        ({}, {"COMMENT_TOKEN": ""}, "COMMENT_TOKEN is not set: a token that may comment on the"
         " merge request."),
        ({}, {"COMMENT_TOKEN": "wrong"}, "{url}/user answered 401 Unauthorized."),
        ({"POST": (403, {}, b"{}")}, {}, "{comments} answered 403 Forbidden."),
        ({"POST": (201, {}, b"[]")}, {}, "An answer has no comment with a number in it."),
        ({"GET": (200, {}, b"<html>")}, {}, "GET {url}/user did not answer with JSON."),
        ({"GET": (200, {}, b"[]")}, {}, "GET {url}/user did not say whose COMMENT_TOKEN is."),
        ({"GET": (200, {}, b'{"id": 7}')}, {}, "GET {comments} did not answer with a list of comments."),
        ({"GET": (302, {"Location": "http://127.0.0.1:9/"}, b"")}, {}, "{url}/user answered 302 Found."),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_one_sentence(
    tmp_path: Path, kind: str, answers: dict[str, tuple[int, dict[str, str], bytes]],
    environment: dict[str, str], said: str,
) -> None:  # fmt: skip
    with running(Forge(kind, answers=answers)) as forge:
        code, found = comment(forge, tmp_path, f"{WEB}\n1\n", **environment)
        expected = said.format(url=forge.url, comments=f"{forge.url}{COMMENTS[kind]}")
    assert (code, found) == (1, expected)


@pytest.mark.parametrize(
    ("kind", "text", "environment", "said"),
    [
        ("gitlab", f"{WEB}\n", {"CI_API_V4_URL": ""}, "Neither CI_API_V4_URL of GitLab nor GITHUB_API_URL of"
         " GitHub is set."),
        ("gitlab", f"{WEB}\n", {"CI_MERGE_REQUEST_IID": ""}, "CI_MERGE_REQUEST_IID is not set: set it in a"
         " merge request pipeline."),
        ("github", f"{WEB}\n", {"GITHUB_REF": "refs/heads/main"}, "GITHUB_REF is not that of a pull request,"
         " such as refs/pull/17/merge."),
        ("github", "no marker", {}, "/verdict.md begins with no marker such as"
         " <!-- finops.cloud.budget_gate: shop -->."),
        ("github", f"{WEB}\n", {"GITHUB_API_URL": "http://127.0.0.1:9"}, "GET http://127.0.0.1:9/user failed:"
         " <urlopen error [Errno 111] Connection refused>."),
    ],
)  # fmt: skip
def test_without_a_merge_request_nothing_is_asked(
    tmp_path: Path, kind: str, text: str, environment: dict[str, str], said: str
) -> None:
    with running(Forge(kind)) as forge:
        assert comment(forge, tmp_path, text, **environment) == (1, said)
        assert forge.heard == []


def test_the_role_comments(tmp_path: Path) -> None:
    """As a pipeline runs it: once, then unchanged, then with a token that is none."""
    verdict = tmp_path / "verdict.md"
    verdict.write_text(f"{WEB}\n1\n", encoding="utf-8")
    task = {
        "ansible.builtin.include_role": {"name": "finops.cloud.budget_gate", "tasks_from": "comment"},
        "vars": {"budget_gate_markdown": str(verdict)},
    }
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [task, task]}]
    (tmp_path / "play.yml").write_text(json.dumps(play), encoding="utf-8")

    def run(forge: Forge, **environment: str) -> tuple[int, str]:
        program = Path(sys.executable).with_name("ansible-playbook")
        ended = subprocess.run(
            [str(program), str(tmp_path / "play.yml")],
            env={**os.environ, **forge.environment, **environment},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert TOKEN not in ended.stdout + ended.stderr
        return ended.returncode, ended.stdout

    with running(Forge("gitlab")) as forge:
        code, said = run(forge)
        # The second time it is unchanged.
        assert (code, "changed=1" in said) == (0, True), said
        assert forge.comments == {1: (ME, f"{WEB}\n1\n")}
        code, said = run(forge, COMMENT_TOKEN="wrong")
        assert code == 2
        assert "/user answered 401 Unauthorized." in said
