# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Feeds through the modules, on both stores (design/imports.md#feeds)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ...conftest import Sandbox
from .conftest import Run


@pytest.fixture(params=["sqlite", "postgresql"])
def stored(request: pytest.FixtureRequest, run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a module on a ledger of each store."""
    if request.param == "postgresql":
        monkeypatch.setenv("FINOPS_LEDGER", request.getfixturevalue("postgresql_url"))
    return run


def clouds_with(running: Sandbox, path: Path, **urls: str) -> None:
    """A clouds.yaml that has the sandbox once more under each of these names, with that auth URL."""
    sandbox = yaml.safe_load(Path(running.state["clouds_file"]).read_text())["clouds"]["sandbox"]
    clouds = {name: {**sandbox, "auth": {**sandbox["auth"], "auth_url": url}} for name, url in urls.items()}
    path.write_text(yaml.safe_dump({"clouds": clouds}))


def test_one_project_under_two_spellings_of_the_auth_url_is_one_feed(
    stored: Run, running: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(running.state["url"])
    elsewhere = url.replace("127.0.0.1", "localhost") + "/identity/v3"
    clouds_with(running, tmp_path / "clouds.yaml", here=f"{url}/identity", there=elsewhere)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    asked = {"window": "yesterday"}
    first = stored("cost_import", {"cloud": "here", **asked})
    assert first["changed"] and first["entries"]["recorded"] > 24
    again = stored("cost_import", {"cloud": "there", **asked})
    assert again["cloud"]["auth_url"] != first["cloud"]["auth_url"]
    assert not again["changed"] and not any(again["entries"].values())
    assert again["imported"] == first["imported"]
    summary = stored("cost_summary_info", asked)
    assert summary["cost"]["total"] == first["imported"]
    (feed,) = stored("cost_feed", {})["feeds"]
    assert feed["project_id"] == running.project_id
    assert stored("cost_feed", {"state": "retired", "project": running.project_id})["changed"]
