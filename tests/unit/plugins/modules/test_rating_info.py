# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cost_rating_info tells an operator, and anybody else."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ...conftest import FILES, Sandbox
from .conftest import Run
from .running import run_module

DEFAULT = FILES / "scenarios" / "default.yml"
IN_PROJECT = {"cloud": "sandbox-operator-in-project"}


def on(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, **options: Any) -> dict[str, Any]:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    return run_module("cost_rating_info", {**IN_PROJECT, **options})


def test_an_operator_sees_modules_scopes_and_what_is_rated(run: Run, running: Sandbox) -> None:
    told = run("cost_rating_info", IN_PROJECT)
    assert told["complete"]
    assert [(one["name"], one["enabled"]) for one in told["modules"]] == [
        ("hashmap", True), ("noop", True), ("pyscripts", False),
    ]  # fmt: skip
    (scope,) = told["scopes"]
    assert scope["scope_id"] == running.project_id
    assert scope["rated_through"] == told["period_end"]
    # Of the scenario: five servers run, one is stopped and has a metric of its own.
    of_metric = {one["name"]: one for one in told["metrics"]}
    assert of_metric["instance_up"]["resource_count"] == 5
    assert of_metric["instance_reserved"]["resource_count"] == 1
    assert Decimal(of_metric["volume.size"]["quantity"]) == 20 + 20 + 200 + 50 + 40 + 300 + 10
    assert Decimal(of_metric["ip.floating"]["amount"]) == 3 * Decimal("0.2")
    assert told["resources"]["compute.instance"] == {"total": 6, "rated": 6, "too_new": 0, "unrated": []}
    assert told["resources"]["storage.share"]["total"] is None


def test_it_asks_few_questions(start: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch) -> None:
    """Token, modules, scopes, metrics, newest period, its points, and four lists, however many servers."""
    for sandbox in (start(), start("--servers", "40")):
        sandbox.ask("DELETE", "/sandbox/requests")
        assert on(sandbox, monkeypatch)["complete"]
        asked = sandbox.ask("GET", "/sandbox/requests").body
        assert (asked["token"], asked["discovery"], asked["total"]) == (1, 0, 10)


def test_what_is_not_rated_is_named(
    start: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A server that was made a moment ago, and one that is there for days and has no point."""
    scenario = DEFAULT.read_text().replace("created_hours_ago: 60", "created_hours_ago: 0")
    (tmp_path / "new.yml").write_text(scenario)
    sandbox = start("--scenario", str(tmp_path / "new.yml"))
    told = on(sandbox, monkeypatch)["resources"]["compute.instance"]
    assert (told["total"], told["rated"], told["too_new"], told["unrated"]) == (6, 5, 1, [])
    sandbox.ask(
        "POST", "/sandbox/faults", {"service": "rating", "kind": "empty_404", "path": "/v2/dataframes"}
    )
    told = on(sandbox, monkeypatch)["resources"]["compute.instance"]
    assert (told["total"], told["rated"], told["too_new"], len(told["unrated"])) == (6, 0, 1, 5)
    assert {"web-1", "db-1", "batch-1"} < {one["name"] for one in told["unrated"]}


def test_a_cloud_with_the_v1_api_only_has_no_scopes(
    start: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "v1.yml").write_text(DEFAULT.read_text().replace("storage: v2", "storage: v1"))
    told = on(start("--scenario", str(tmp_path / "v1.yml")), monkeypatch)
    assert told["complete"]
    assert told["scopes"] is None
    assert told["modules"][0]["name"] == "hashmap"
    assert told["resources"]["storage.volume"]["rated"] == 7


def test_every_scope_is_read(
    start: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """1000 are a page; one project more than two of them."""
    names = [f"PCP-{number:05d}" for number in range(2000)]
    (tmp_path / "many.yml").write_text(f"{DEFAULT.read_text()}\nfurther_projects: {names}\n")
    sandbox = start("--scenario", str(tmp_path / "many.yml"))
    assert len({one["scope_id"] for one in on(sandbox, monkeypatch)["scopes"]}) == 2001


def test_anybody_else_gets_one_sentence(run: Run) -> None:
    told = run("cost_rating_info", {"cloud": "sandbox"})
    assert told["failed"]
    assert told["error"] == {"kind": "forbidden", "service": "rating", "option": None, "http_status": 403}
    assert told["msg"].endswith("only an operator may read it; log in with the role admin")
    assert told["msg"].count("failed:") == 1


def test_warned_anybody_else_sees_what_is_theirs(run: Run) -> None:
    told = run("cost_rating_info", {"cloud": "sandbox", "on_error": "warn"})
    assert not told["complete"]
    assert (told["modules"], told["scopes"]) == (None, None)
    assert told["resources"]["compute.instance"]["rated"] == 6
    assert told["services"]["rating"]["status"] == "forbidden"


def test_without_the_client_it_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec

    def missing(name: str, package: str | None = None) -> Any:
        return None if name == "cloudkittyclient" else found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", missing)
    told = run("cost_rating_info", IN_PROJECT)
    assert told["error"]["kind"] == "library"
    assert "python-cloudkittyclient" in told["msg"]
    assert sys.executable in told["msg"]
    # A cost and an estimate need none.
    assert not run("infomaniak_cost_info", {"cloud": "sandbox"}).get("failed")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "malformed", "path": "/v1/rating/modules/"}, "malformed"),
        ({"kind": "status", "status": 500, "path": "/v2/scope"}, "unavailable"),
        ({"kind": "empty_404", "path": "/v1/info/metrics"}, "not_found"),
    ],
)
def test_what_breaks_is_said(
    drilled: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], kind: str
) -> None:
    drilled.ask("POST", "/sandbox/faults", {"service": "rating", **fault})
    assert on(drilled, monkeypatch)["error"]["kind"] == kind


def test_an_expired_token_is_renewed(drilled: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's requests are sent as all others are."""
    fault = {"service": "rating", "kind": "expired_token", "path": "/v1/rating/modules/", "times": 1}
    drilled.ask("POST", "/sandbox/faults", fault)
    assert on(drilled, monkeypatch)["modules"]
