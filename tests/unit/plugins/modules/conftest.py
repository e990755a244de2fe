# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module on the sandbox and a ledger of the test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ...conftest import Sandbox
from .clocked import ClockedLedger
from .running import run_module

Run = Callable[[str, dict[str, Any]], dict[str, Any]]


@pytest.fixture
def ledger_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the ledger that modules find in the environment; it is made by the first that writes."""
    file = tmp_path / "ledger.db"
    monkeypatch.setenv("FINOPS_LEDGER", f"sqlite:///{file}")
    return file


@pytest.fixture
def run(running: Sandbox, ledger_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a module; {folder} in its options is the test's."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", running.state["clouds_file"])
    system = running.state["vergeos"]
    for name, value in (("VERGE_HOST", system["host"]), ("VERGE_TOKEN", system["token"])):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", system["ca_cert"])
    return lambda module, options: run_module(
        module, json.loads(json.dumps(options).replace("{folder}", str(tmp_path)))
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def clocked(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClockedLedger:
    """A ledger of the test's own on either store, and its clock."""
    if request.param == "sqlite":
        return ClockedLedger(f"sqlite:///{tmp_path}/ledger.db", monkeypatch)
    return ClockedLedger(request.getfixturevalue("postgresql_url"), monkeypatch)
