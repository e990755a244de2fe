# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cloud, the ledger and the run that the tests of this folder share."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql

from ..asked_ledger import parts_of
from ..conftest import Sandbox, command, log_in
from .logins import Login, Secrets, scenario
from .scan import Secret, new_secret, shown_by
from .watched_run import Callbacks, WholeRun, whole_run


def values(secrets: Any) -> tuple[Secret, ...]:
    """All secrets of a dataclass of them."""
    return tuple(getattr(secrets, one.name) for one in fields(secrets))


@dataclass(frozen=True)
class SecretCloud:
    """A sandbox that lets in by secrets of its own."""

    sandbox: Sandbox
    secrets: Secrets


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A short one: ansible-core 2.21 has a socket below TMPDIR, whose path may have 107 characters."""
    with tempfile.TemporaryDirectory(prefix="scan-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretCloud]:
    folder = tmp_path_factory.mktemp("secret-cloud")
    known = Secrets(**{one.name: new_secret(one.name.replace("_", "")) for one in fields(Secrets)})
    (folder / "scenario.yml").write_text(yaml.safe_dump(scenario(known)))
    directory = folder / "sandbox"
    options = ("--directory", str(directory), "--scenario", str(folder / "scenario.yml"))
    state = json.loads(command("start", *options).stdout)
    answer = log_in(state, password=known.password.text)
    project = answer.body["token"]["project"]["id"]
    yield SecretCloud(Sandbox(directory, state, answer.headers["X-Subject-Token"], {}, project), known)
    assert command("stop", "--directory", str(directory)).returncode == 0


@pytest.fixture
def ledger_url(postgresql: dict[str, Any], cloud: SecretCloud) -> str:
    """The URL, without its password, of an empty database whose owner has the ledger's secret as password."""
    name = f"secret_{secrets.token_hex(6)}"
    where = {part: postgresql[part] for part in ("host", "port")}
    with psycopg.connect(**where, **postgresql["admin"], dbname="postgres", autocommit=True) as connection:
        login, password = sql.Identifier(name), sql.Literal(cloud.secrets.ledger.text)
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(login, password))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(login, login))
    return f"postgresql+psycopg://{name}@{where['host']}:{where['port']}/{name}"


@dataclass(frozen=True)
class Runner:
    """Runs playbooks with logins, and holds that nothing of them shows a secret.

    known: every secret that a run could show. stored: all rows of the ledger on PostgreSQL.
    """

    folder: Path
    known: tuple[Secret, ...]
    stored: Callable[[], bytes]

    def run(
        self,
        playbook: str,
        callbacks: Callbacks,
        *logins: Login,
        wrong: Iterable[Secret] = (),
        **environment: str,
    ) -> WholeRun:
        """Run it, and look for the known and the wrong secrets."""
        options: dict[str, Any] = {}
        for number, login in enumerate(logins):
            options |= login.options
            environment |= login.written_to(self.folder / f"login-{number}")
        run = whole_run(self.folder, playbook, callbacks, options, environment)
        assert shown_by({**run.texts, "ledger": self.stored()}, (*self.known, *wrong)) == {}
        run.require_traces(callbacks)
        return run


@pytest.fixture
def runner(
    postgresql: dict[str, Any], ledger_url: str, cloud: SecretCloud, tmp_path: Path
) -> Iterator[Runner]:
    """On the cloud, whose faults are cleared afterwards."""

    def stored() -> bytes:
        with psycopg.connect(**parts_of(ledger_url), **postgresql["admin"]) as connection:
            made = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            rows = [
                row
                for (name,) in made.fetchall()
                for (row,) in connection.execute(f"SELECT t::text FROM {name} AS t".encode())
            ]
        return "\n".join(rows).encode()

    yield Runner(tmp_path, values(cloud.secrets), stored)
    assert cloud.sandbox.ask("DELETE", "/sandbox/faults").body == []
