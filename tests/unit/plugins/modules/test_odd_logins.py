# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins as people and pipelines write them: each fails with one sentence that shows no secret
(design/reading-a-cloud.md#hostile-answers).
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from .running import run_module

#: Nothing answers, as a login or as a service tells it.
NO_ANSWER = ("login", "unavailable")
PASSWORD = {"username": "u", "password": "s3cr3t-of-the-task", "project_name": "p"}


@pytest.fixture
def closed_port() -> int:
    """A port of loopback on which nothing answers."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def failed(options: dict[str, Any]) -> dict[str, Any]:
    result = run_module("infomaniak_quota_info", {"api_timeout": 2, **options})
    assert result["failed"]
    assert "Traceback" not in json.dumps(result)
    assert result["msg"].isprintable()
    return result


@pytest.mark.parametrize("user", ["u:pw-of-the-url@", "u:pw%2Dof%2Dthe%2Durl@", ":pw-of-the-url@"])
def test_a_password_in_the_auth_url_is_shown_nowhere(closed_port: int, user: str) -> None:
    told = failed({"auth": {**PASSWORD, "auth_url": f"http://{user}127.0.0.1:{closed_port}/v3"}})
    assert told["error"]["kind"] in NO_ANSWER
    for secret in ("pw-of-the-url", "pw%2Dof%2Dthe%2Durl", "s3cr3t-of-the-task"):
        assert secret not in json.dumps(told), told


@pytest.mark.parametrize("auth_url", ["http://[::1", "gopher://c", "identity", "http://", "http://a b/v3"])
def test_an_auth_url_that_is_none_is_one_sentence(auth_url: str) -> None:
    told = failed({"auth": {**PASSWORD, "auth_url": auth_url}})
    assert told["msg"] == "auth_url: is not a URL; give one like https://identity.example.org/v3."
    assert told["error"] == {
        "kind": "invalid_option", "service": None, "option": "auth_url", "http_status": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "kinds"),
    [
        # Read by openstacksdk as the path of a file of certificates.
        ("OS_VERIFY", "false", ("invalid_option",)),
        ("OS_INSECURE", "true", NO_ANSWER),
    ],
)
def test_what_the_environment_says_of_certificates_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, closed_port: int, name: str, value: str, kinds: tuple[str, ...]
) -> None:
    for key, text in PASSWORD.items():
        monkeypatch.setenv(f"OS_{key.upper()}", text)
    monkeypatch.setenv("OS_AUTH_URL", f"https://127.0.0.1:{closed_port}/v3")
    monkeypatch.setenv(name, value)
    assert failed({})["error"]["kind"] in kinds


@pytest.mark.parametrize(
    "clouds",
    ["clouds: [x]", "clouds: {a: x}", "clouds: {a: {auth: x}}", "- a", "clouds: {a: {auth: [1]}}", "clouds:"],
)
def test_a_file_of_clouds_of_another_shape_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clouds: str
) -> None:
    (tmp_path / "clouds.yaml").write_text(clouds)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    told = failed({"cloud": "a"})
    assert told["error"]["kind"] == "invalid_option"
    assert told["msg"].startswith("cloud: ")
