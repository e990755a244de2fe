# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A running sandbox, started as users start it, and a running PostgreSQL."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from .asking import Answer, ask
from .small_vergeos import SmallVergeos

POSTGRESQL = (
    Path(__file__).parents[1] / "integration" / "targets" / "setup_postgresql" / "files" / "server.py"
)
FILES = Path(__file__).parents[2] / "roles" / "sandbox" / "files"

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("share", deadline=None, max_examples=25)
hypothesis.settings.register_profile("full", deadline=None, max_examples=100)
hypothesis.settings.load_profile("share")


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox and a token of its project."""

    directory: Path
    state: dict[str, Any]
    token: str
    catalog: dict[str, str]
    project_id: str

    def ask(
        self, method: str, url: str, content: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """A request with the token; url may be a path of the sandbox itself."""
        return ask(
            method,
            url if "://" in url else self.state["url"] + url,
            content,
            {"X-Auth-Token": self.token, **(headers or {})},
        )


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the sandbox's command line."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox_cloud", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(FILES)},
    )


def log_in(
    state: dict[str, Any],
    user: str = "PCU-DEMO001",
    project: str = "PCP-DEMO001",
    password: str = "only-for-the-sandbox",
) -> Answer:
    who = {"name": user, "password": password, "domain": {"id": "default"}}
    scope = {"project": {"name": project, "domain": {"id": "default"}}}
    asked = {"auth": {"identity": {"methods": ["password"], "password": {"user": who}}, "scope": scope}}
    return ask("POST", f"{state['auth_url']}/auth/tokens", asked)


def started(directory: Path, *options: str) -> Sandbox:
    state = json.loads(command("start", "--directory", str(directory), *options).stdout)
    answer = log_in(state)
    public = {
        row["type"]: endpoint["url"]
        for row in answer.body["token"]["catalog"]
        for endpoint in reversed(row["endpoints"])
        if endpoint["interface"] == "public"
    }
    return Sandbox(
        directory, state, answer.headers["X-Subject-Token"], public, answer.body["token"]["project"]["id"]
    )


def starting(folder: Path) -> Iterator[Callable[..., Sandbox]]:
    """Start sandboxes below the folder, with options of the command line; they are stopped at the end."""
    directories: list[Path] = []

    def one(*options: str) -> Sandbox:
        directories.append(folder / f"sandbox-{len(directories)}")
        return started(directories[-1], *options)

    yield one
    for directory in directories:
        assert command("stop", "--directory", str(directory)).returncode == 0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Sandbox]]:
    """Start sandboxes of one's own."""
    yield from starting(tmp_path)


@pytest.fixture(scope="module")
def start_for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Sandbox]]:
    """Start sandboxes that all tests of a file read, and none changes."""
    yield from starting(tmp_path_factory.mktemp("clouds"))


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    directory = tmp_path_factory.mktemp("drilled")
    yield started(directory)
    assert command("stop", "--directory", str(directory)).returncode == 0


@pytest.fixture
def drilled(_shared: Sandbox) -> Iterator[Sandbox]:
    """One sandbox for faults, which are cleared afterwards."""
    yield _shared
    assert _shared.ask("DELETE", "/sandbox/faults").body == []


@pytest.fixture
def vergeos(drilled: Sandbox) -> Iterator[SmallVergeos]:
    """The VergeOS beside the drilled sandbox, without any record; faults are cleared afterwards."""
    small = SmallVergeos(drilled)
    small.put([])
    drilled.ask("DELETE", "/sandbox/requests")
    yield small
    drilled.ask("DELETE", "/sandbox/faults")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox that nobody changes."""
    directory = tmp_path_factory.mktemp("sandbox")
    yield started(directory)
    assert command("stop", "--directory", str(directory)).returncode == 0


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A real PostgreSQL on loopback: host, port, user, password, admin and the url of an empty database."""
    directory = str(tmp_path_factory.mktemp("postgresql"))

    def server(command: str) -> str:
        argv = [sys.executable, str(POSTGRESQL), command, "--directory", directory]
        return subprocess.run(argv, stdout=subprocess.PIPE, check=True, text=True).stdout

    state: dict[str, Any] = json.loads(server("start"))
    yield state
    server("stop")


@pytest.fixture
def postgresql_url(postgresql: dict[str, Any]) -> str:
    """The URL of an empty database of its own; its owner is an ordinary user."""
    return new_database(postgresql)


def new_database(postgresql: dict[str, Any], template: str = "template1") -> str:
    """Make a database that is a copy of the template, to which nobody may be connected, and return its URL;
    its owner is an ordinary user.
    """
    import psycopg

    name = f"ledger_{secrets.token_hex(6)}"
    where = {name: postgresql[name] for name in ("host", "port")}
    with psycopg.connect(**where, **postgresql["admin"], dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER {postgresql['user']} TEMPLATE {template}")
    return str(postgresql["url"]).rpartition("/")[0] + f"/{name}"
