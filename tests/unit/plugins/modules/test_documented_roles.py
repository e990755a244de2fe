# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of docs/ledger.md work as they are written, in their order, on a server where nobody has made
anything yet; and the password is where no log shows it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ...conftest import POSTGRESQL
from .running import run_module

DOCS = Path(__file__).parents[4] / "docs"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A server of its own, without the role and the database that tests have."""
    argv = [sys.executable, str(POSTGRESQL), "{}", "--directory", str(tmp_path)]

    def server(command: str) -> str:
        started = [command if one == "{}" else one for one in argv]
        return subprocess.run(started, stdout=subprocess.PIPE, check=True, text=True).stdout

    state: dict[str, Any] = json.loads(server("start"))
    where = {name: state[name] for name in ("host", "port")}
    with psycopg.connect(**where, **state["admin"], dbname="postgres", autocommit=True) as admin:
        admin.execute(b"DROP DATABASE finops")
        admin.execute(b"DROP ROLE finops")
    yield state
    server("stop")


def blocks() -> list[tuple[str, str]]:
    """Language and text of the blocks of the section on PostgreSQL."""
    section = (DOCS / "ledger.md").read_text().partition("\n## PostgreSQL\n")[2].partition("\n## ")[0]
    return re.findall(r"```(sql|shell)\n(.*?)```", section, re.DOTALL)


def test_the_documented_commands_work_on_a_fresh_server(fresh: dict[str, Any]) -> None:
    programs = Path(fresh["folder"]) / "programs" / "pginstall" / "bin"
    environment = {
        "PATH": f"{programs}:{os.defpath}", "PGHOST": fresh["host"], "PGPORT": str(fresh["port"]),
        "PGUSER": fresh["admin"]["user"], "PGPASSWORD": fresh["admin"]["password"],
    }  # fmt: skip

    def as_superuser(kind: str, text: str) -> None:
        argv = ["psql", "-v", "ON_ERROR_STOP=1", "-d", "postgres"] if kind == "sql" else ["sh", "-e"]
        ended = subprocess.run(
            argv, input=text, env=environment, cwd=DOCS, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr

    def run(login: str, password: str, module: str, **options: Any) -> dict[str, Any]:
        url = f"postgresql://{login}@{fresh['host']}:{fresh['port']}/finops"
        return run_module(module, {"ledger": url, "ledger_password": password, **options})

    made, roles, logins, _end_session = blocks()
    as_superuser(*made)
    budget = {"name": "team", "limit": "100", "currency": "ICU", "fed_by": "entries"}
    assert run("finops", "a long password", "cost_budget", **budget)["changed"]
    for _time in range(2):
        as_superuser(*roles)
    as_superuser(*logins)
    asked = {"spend": "100", "currency": "ICU", "category": "compute"}
    gate = run("pipeline", "another password", "cost_budget", **asked)
    assert (gate["verdict"], gate["ledger"]) == (
        "allow",
        f"postgresql+psycopg://pipeline@{fresh['host']}:{fresh['port']}/finops",
    )
    denied = run("pipeline", "another password", "cost_budget", **{**budget, "limit": "1000"})
    assert "permission denied for table budget" in denied["msg"]
    assert "permission denied for table hold" in run(
        "importer", "a third password", "cost_reservation", name="r", state="held", amount="1",
        currency="ICU", category="compute", settled_by="entry",
    )["msg"]  # fmt: skip
    assert run("ada", "a fourth password", "cost_budget", **{**budget, "limit": "1000"})["changed"]
    # What a module returns and what it says when it fails has the password nowhere.
    for password in ("another password", "a wrong password"):
        result = run("pipeline", password, "cost_budget", **asked)
        assert password not in json.dumps(result)
        assert bool(result.get("failed")) == (password == "a wrong password")
