# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An operator reads the cost of every project at once: each is what a login of its own reads, in requests
that do not grow with their number (design/reading-a-cloud.md#every-project).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._core.errors import Malformed
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating import every_cost

from ...conftest import FILES, Sandbox, command, started
from .running import run_module

DEFAULT = FILES / "scenarios" / "default.yml"
OPERATOR = {"cloud": "sandbox-operator", "projects": "all"}
PROJECTS = ("PCP-DEMO001", "PCP-HALF", "PCP-TWICE")
EMPTY = "PCP-OTHER99"
#: What is asked for all projects together.
SHARED = {
    "group_by": ["project", "type", "resource", "hour"],
    "previous": True,
    "forecast": True,
    "metrics": True,
    "window": "yesterday",
}


@pytest.fixture(scope="module")
def _three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    directory = tmp_path_factory.mktemp("three")
    prices = "\n  ".join(
        (
            "  storage: v2",
            "outgoing_gb_per_hour: 100.0",
            "price_factors: {PCP-HALF: 0.5, PCP-TWICE: 2.0}",
        )
    )
    scenario = DEFAULT.read_text().replace("  storage: v2", prices)
    scenario = scenario.replace("    object_gb:", "    outgoing_gb: 0.01\n    object_gb:")
    (directory / "three.yml").write_text(f"{scenario}\nfurther_projects: [PCP-HALF, PCP-TWICE]\n")
    yield started(directory / "sandbox", "--scenario", str(directory / "three.yml"))
    assert command("stop", "--directory", str(directory / "sandbox")).returncode == 0


@pytest.fixture
def three(_three: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox with three projects, one of which pays half, and one twice as much; with traffic."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", _three.state["clouds_file"])
    return _three


def cost(**options: Any) -> dict[str, Any]:
    return run_module("infomaniak_cost_info", options)


def requests_of(sandbox: Sandbox, **options: Any) -> int:
    sandbox.ask("DELETE", "/sandbox/requests")
    told = cost(**OPERATOR, **options)
    assert told.get("complete"), told.get("msg")
    asked = sandbox.ask("GET", "/sandbox/requests").body
    assert (asked["token"], asked["discovery"]) == (1, 0)
    return int(asked["total"])


def logins_of(sandbox: Sandbox) -> dict[str, Any]:
    """A login for each of the projects, by the user that has all three."""
    auth = {
        "auth_url": sandbox.state["auth_url"],
        "username": "PCU-DEMO001",
        "password": "only-for-the-sandbox",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }
    return {"auth": auth, "region_name": "dc3-a", "projects": list(PROJECTS)}


def test_it_is_what_a_login_of_each_project_reads(three: Sandbox) -> None:
    every, each = cost(**OPERATOR, **SHARED), cost(**logins_of(three), **SHARED)
    assert every["complete"], every.get("msg")
    assert each["complete"], each.get("msg")
    # By name, and with the one that has nothing, which is warned of.
    assert [one["project_name"] for one in every["parts"]] == [*PROJECTS[:2], EMPTY, PROJECTS[2]]
    assert any(f"nothing of project {EMPTY}" in warning for warning in every["warnings"])
    rated = [one for one in every["parts"] if one["project_name"] != EMPTY]
    for ours, theirs in zip(rated, each["parts"], strict=True):
        assert {**ours["cost"], "missing_hours": None, "previous": None} == {
            **theirs["cost"],
            "missing_hours": None,
            "previous": None,
        }
        assert {**ours["cost"]["previous"], "missing_hours": None} == {
            **theirs["cost"]["previous"],
            "missing_hours": None,
        }
    assert every["cost"]["total"] == each["cost"]["total"]
    assert every["cost"]["by_project"][:-1] == each["cost"]["by_project"]
    assert (every["cost"]["by_project"][-1]["project_name"], every["cost"]["by_project"][-1]["amount"]) == (
        EMPTY,
        "0",
    )
    assert every["cost"]["by_resource"] == each["cost"]["by_resource"]
    amounts = {one["project_name"]: Decimal(one["amount"]) for one in every["cost"]["by_project"]}
    assert abs(amounts["PCP-TWICE"] - 2 * amounts["PCP-DEMO001"]) < Decimal("0.00001")


def test_its_points_are_those_of_each_project(three: Sandbox, tmp_path: Path) -> None:
    window = {"window": "last_hour"}
    ours, theirs = tmp_path / "every.csv", tmp_path / "each.csv"
    assert cost(**OPERATOR, **window, dest=str(ours))["complete"]
    assert cost(**logins_of(three), **window, dest=str(theirs))["complete"]
    assert ours.read_bytes() == theirs.read_bytes()


def test_its_requests_do_not_grow_with_the_projects(
    three: Sandbox, start: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Token, names, the newest period of the cloud, those of the projects, which others had any,
    the sums by type; free traffic its unit and its hours.
    """
    assert requests_of(three) == 8
    (tmp_path / "many.yml").write_text(f"{DEFAULT.read_text()}\ngenerated_projects: 30\n")
    many = start("--scenario", str(tmp_path / "many.yml"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", many.state["clouds_file"])
    assert requests_of(many) == 6
    assert requests_of(many, rated_through=False) == 3
    assert requests_of(many, window="last_hour") == 6
    # Further: what the period before cost, the resources, and the hours, of all of them.
    further = {"previous": True, "group_by": ["resource", "hour"]}
    assert requests_of(many, window="yesterday", **further) == 9


def test_one_broken_project_is_named_and_the_others_are_read(
    three: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cloud that gives a sum of a project that is none."""
    taken = every_cost.RatingV2.sum_of

    def without_sum(self: Any, reading: str, row: dict[str, Any]) -> Any:
        if row.get("project_id") == three.project_id:
            raise Malformed(reading, self.service.url, "the sum is none")
        return taken(self, reading, row)

    monkeypatch.setattr(every_cost.RatingV2, "sum_of", without_sum)
    told = cost(**OPERATOR)
    assert told["failed"]
    assert told["msg"].startswith(
        "1 of 4 projects could not be read, so the sum is not known. PCP-DEMO001 in"
    )
    assert told["error"]["kind"] == "malformed"
    read = {one["project_name"]: one["cost"] is not None for one in told["parts"]}
    assert read == {"PCP-DEMO001": False, "PCP-HALF": True, EMPTY: True, "PCP-TWICE": True}
    assert told["cost"] is None
    warned = cost(**OPERATOR, on_error="warn")
    assert (warned.get("failed", False), warned["complete"], warned["cost"]) == (False, False, None)
    assert warned["parts"] == told["parts"]


@pytest.mark.parametrize("module", ["infomaniak_cost_info", "cost_import"])
def test_a_project_user_gets_the_sentence_of_the_cause(three: Sandbox, tmp_path: Path, module: str) -> None:
    ledger = {"ledger": f"sqlite:///{tmp_path}/all.db"} if module == "cost_import" else {}
    three.ask("DELETE", "/sandbox/requests")
    told = run_module(module, {"cloud": "sandbox", "projects": "all", **ledger})
    assert told["failed"]
    assert "projects: all is for operators; log in with the role admin" in told["msg"]
    assert told["error"]["kind"] == "forbidden"
    assert three.ask("GET", "/sandbox/requests").body["total"] == 1


@pytest.mark.parametrize("storage", ["v1", "loki"])
def test_sums_that_may_be_cut_are_refused(
    start: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: str
) -> None:
    (tmp_path / "other.yml").write_text(DEFAULT.read_text().replace("storage: v2", f"storage: {storage}"))
    sandbox = start("--scenario", str(tmp_path / "other.yml"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    for rated_through in (True, False):
        told = cost(**OPERATOR, rated_through=rated_through)
        assert told["msg"].startswith("projects: all needs CloudKitty's v2 API with whole sums")
