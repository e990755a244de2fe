# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An operator imports every project at once: each is what an import of its own would make of it, in requests
that do not grow with their number (design/imports.md#every-project).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.finops.cloud.plugins.module_utils._openstack.rating import every_project

from ...conftest import FILES, Sandbox
from .running import run_module

DEFAULT = FILES / "scenarios" / "default.yml"
OPERATOR = {"cloud": "sandbox-operator", "projects": "all", "import_tags": False}
#: One hour of every project, in a process of its own, whose memory is measured.
HOUR = """
import json, resource, sys, time
from tests.unit.plugins.modules.running import run_module
begun = time.monotonic()
result = run_module("cost_import", json.loads(sys.argv[1]))
memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
told = {"seconds": time.monotonic() - begun, "memory_mb": memory_mb}
print(json.dumps({**told, "result": {**result, "projects": len(result["projects"])}}))
"""


@pytest.fixture(scope="module")
def cloud(start_for_all: Callable[..., Sandbox], tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A sandbox with three projects, one of which pays half, and one twice as much."""
    scenario = DEFAULT.read_text().replace(
        "  storage: v2", "  storage: v2\n  price_factors: {PCP-HALF: 0.5, PCP-TWICE: 2.0}"
    )
    path = tmp_path_factory.mktemp("scenario") / "three.yml"
    path.write_text(f"{scenario}\nfurther_projects: [PCP-HALF, PCP-TWICE]\n")
    return start_for_all("--scenario", str(path))


@pytest.fixture
def three(cloud: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """That cloud is the one that modules log in to."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", cloud.state["clouds_file"])
    cloud.ask("DELETE", "/sandbox/requests")
    return cloud


def imported(ledger: Path, **options: Any) -> dict[str, Any]:
    return run_module("cost_import", {"ledger": f"sqlite:///{ledger}", **options})


def hours(count: int) -> dict[str, str]:
    """So many rated hours, the newest of them some hours ago."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    return {"begin": f"{end - timedelta(hours=count):%FT%TZ}", "end": f"{end:%FT%TZ}"}


def entries_of(ledger: Path) -> list[dict[str, Any]]:
    told = run_module(
        "cost_summary_info",
        {"ledger": f"sqlite:///{ledger}", "window": "last_30_days", "entries": True, "limit": 1000},
    )
    rows = [{key: row[key] for key in row if not key.startswith("recorded_")} for row in told["entries"]]
    return sorted(rows, key=lambda row: (row["project_id"], row["key"]))


def test_each_project_is_what_an_import_of_its_own_makes_of_it(three: Sandbox, tmp_path: Path) -> None:
    window = hours(6)
    told = imported(tmp_path / "all.db", **OPERATOR, **window)
    assert not told.get("failed"), told["msg"]
    assert told["complete"]
    for project in ("PCP-DEMO001", "PCP-HALF", "PCP-TWICE"):
        password = {"username": "PCU-DEMO001", "password": "only-for-the-sandbox"}
        domains = {"user_domain_name": "Default", "project_domain_name": "Default"}
        auth = {"auth_url": three.state["auth_url"], "project_name": project, **password, **domains}
        alone = imported(tmp_path / "one.db", auth=auth, import_tags=False, **window)
        assert not alone.get("failed"), alone["msg"]
        (of_all,) = [one for one in told["projects"] if one["project_name"] == project]
        assert of_all["imported"] == alone["imported"]
        assert of_all["entries"]["recorded"] == alone["entries"]["recorded"] == 6 * 18
        assert of_all["rated_through"] == alone["rated_through"]
    amounts = {one["project_name"]: Decimal(one["imported"]) for one in told["projects"]}
    # Shown with six decimals.
    whole = amounts["PCP-DEMO001"]
    assert abs(amounts["PCP-TWICE"] - 2 * whole) < Decimal("0.00001") < whole
    assert abs(amounts["PCP-HALF"] - whole / 2) < Decimal("0.00001")
    assert abs(Decimal(told["imported"]) - sum(amounts.values())) < Decimal("0.00001")
    of_all, of_each = entries_of(tmp_path / "all.db"), entries_of(tmp_path / "one.db")
    # The name of a login in clouds.yaml is its own.
    assert [{**row, "cloud": None} for row in of_all] == [{**row, "cloud": None} for row in of_each]
    assert len(of_all) == 3 * 6 * 18


def test_it_takes_four_requests_whatever_the_number_of_projects(
    three: Sandbox, start: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Token, names, sums and points."""
    (tmp_path / "many.yml").write_text(f"{DEFAULT.read_text()}\ngenerated_projects: 30\n")
    for sandbox in (three, start("--scenario", str(tmp_path / "many.yml"))):
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
        sandbox.ask("DELETE", "/sandbox/requests")
        assert imported(
            tmp_path / f"{sandbox.project_id}-{sandbox.state['port']}.db", **OPERATOR, **hours(1)
        )["complete"]
        asked = sandbox.ask("GET", "/sandbox/requests").body
        assert (asked["token"], asked["discovery"], asked["total"]) == (1, 0, 4)


def test_again_nothing_changes_and_no_points_are_read(three: Sandbox, tmp_path: Path) -> None:
    window = hours(4)
    imported(tmp_path / "all.db", **OPERATOR, **window)
    three.ask("DELETE", "/sandbox/requests")
    told = imported(tmp_path / "all.db", **OPERATOR, **window)
    assert (told["changed"], told["entries"]["recorded"]) == (False, 0)
    assert three.ask("GET", "/sandbox/requests").body["total"] == 3
    # Since the last import: what was rated meanwhile, and of the day before it, in parts of a day.
    three.ask("DELETE", "/sandbox/requests")
    told = imported(tmp_path / "all.db", **OPERATOR)
    assert told["changed"]
    assert {one["rated_through"] for one in told["projects"]} == {told["rated_through"]}
    assert three.ask("GET", "/sandbox/requests").body["total"] <= 2 + 2 * 2


def test_one_broken_project_does_not_stop_the_others(three: Sandbox, tmp_path: Path) -> None:
    """Its feed is in another currency; it is named, and the others are imported."""
    window = hours(2)
    alone = {"cloud": "sandbox", "rating_currency": "CHF", "import_tags": False}
    assert not imported(tmp_path / "all.db", **alone, **window).get("failed")
    told = imported(tmp_path / "all.db", **OPERATOR, **window)
    assert told["failed"]
    assert told["msg"].startswith(
        "1 of 3 projects could not be imported, the others are. PCP-DEMO001: rating_currency:"
    )
    assert told["error"]["kind"] == "invalid_option"
    broken = {one["project_name"]: one["error"] is not None for one in told["projects"]}
    assert broken == {"PCP-DEMO001": True, "PCP-HALF": False, "PCP-TWICE": False}
    assert told["entries"]["recorded"] == 2 * 2 * 18


def test_a_point_that_is_none_breaks_its_project_only(
    three: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cloud that gives a project's points without an amount."""
    taken = every_project.point_of

    def without_price(service: Any, reading: str, period: Any, kind: str, row: Any) -> Any:
        broken = {**row, "rating": {}} if service.project_id == three.project_id else row
        return taken(service, reading, period, kind, broken)

    monkeypatch.setattr(every_project, "point_of", without_price)
    told = imported(tmp_path / "all.db", **OPERATOR, **hours(1))
    assert told["error"]["kind"] == "malformed"
    assert "PCP-DEMO001: Reading the rated points of all projects" in told["msg"]
    assert told["entries"]["recorded"] == 2 * 18


def test_tags_are_read_once_for_all_projects(three: Sandbox, tmp_path: Path) -> None:
    """Of the first project they are what its own login reads; the others have the same resources."""
    window = hours(2)
    told = imported(tmp_path / "all.db", **{**OPERATOR, "import_tags": True}, **window)
    assert told["complete"], told["msg"]
    assert told["tags_imported"]
    # Token, names, sums, points, and the lists of servers, volumes, addresses and load balancers.
    assert three.ask("GET", "/sandbox/requests").body["total"] == 8
    imported(tmp_path / "one.db", cloud="sandbox", **window)
    of_all, of_one = entries_of(tmp_path / "all.db"), entries_of(tmp_path / "one.db")
    own = [row for row in of_all if row["project_id"] == three.project_id]
    assert [{**row, "cloud": None} for row in own] == [{**row, "cloud": None} for row in of_one]
    tags: dict[str, set[str]] = {}
    for row in of_all:
        tags.setdefault(row["project_id"], set()).add(f"{row['resource_name']} {sorted(row['tags'].items())}")
    assert len(tags) == 3
    assert all(found == tags[three.project_id] for found in tags.values())
    # Nothing is new, so no list is read.
    three.ask("DELETE", "/sandbox/requests")
    assert not imported(tmp_path / "all.db", **{**OPERATOR, "import_tags": True}, **window)["changed"]
    assert three.ask("GET", "/sandbox/requests").body["total"] == 3


def test_tags_that_cannot_be_read_are_not_none(three: Sandbox, tmp_path: Path) -> None:
    """The list of servers fails: nothing is imported, and it is asked for once."""
    three.ask("POST", "/sandbox/faults", {"service": "compute", "kind": "status", "status": 403})
    told = imported(tmp_path / "all.db", **{**OPERATOR, "import_tags": True}, **hours(1))
    three.ask("DELETE", "/sandbox/faults")
    assert told["msg"].startswith(
        "3 of 3 projects could not be imported, the others are. PCP-DEMO001: Reading"
    )
    assert told["entries"]["recorded"] == 0
    assert three.ask("GET", "/sandbox/requests").body["by_service"]["compute"] == 1


@pytest.mark.parametrize("storage", ["v1", "loki"])
def test_a_storage_without_whole_sums_is_refused(
    start: Callable[..., Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: str
) -> None:
    (tmp_path / "other.yml").write_text(DEFAULT.read_text().replace("storage: v2", f"storage: {storage}"))
    sandbox = start("--scenario", str(tmp_path / "other.yml"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    told = imported(tmp_path / "all.db", **OPERATOR, **hours(1))
    assert told["msg"].startswith("projects: all needs CloudKitty's v2 API with whole sums")


def test_check_mode_writes_nothing(three: Sandbox, tmp_path: Path) -> None:
    told = imported(tmp_path / "all.db", **OPERATOR, **hours(1), _ansible_check_mode=True)
    assert told["entries"]["recorded"] == 3 * 18
    assert not (tmp_path / "all.db").exists()


@pytest.mark.heavy
@pytest.mark.parametrize(("projects", "check_mode"), [(1000, False), (10_000, True)])
def test_an_hour_of_many_projects(
    start: Callable[..., Sandbox], tmp_path: Path, capsys: Any, projects: int, check_mode: bool
) -> None:
    """Projects of ten resources: requests, seconds and memory are printed."""
    (tmp_path / "many.yml").write_text(f"{DEFAULT.read_text()}\ngenerated_projects: {projects - 1}\n")
    sandbox = start("--scenario", str(tmp_path / "many.yml"), "--servers", "5")
    sandbox.ask("DELETE", "/sandbox/requests")
    options = {**OPERATOR, **hours(1), "ledger": f"sqlite:///{tmp_path}/all.db", "task_timeout": 0}
    environment = {"OS_CLIENT_CONFIG_FILE": sandbox.state["clouds_file"]}
    told = in_a_process({**options, "_ansible_check_mode": check_mode}, environment)
    asked = sandbox.ask("GET", "/sandbox/requests").body
    figures = f"{asked['total']} requests, {told['seconds']:.0f} s, {told['memory_mb']:.0f} MB"
    what = f"{projects} projects of 10 resources, one hour{', in check mode' if check_mode else ''}"
    with capsys.disabled():
        sys.stdout.write(f"\n{what}: {figures}\n")
    assert told["result"]["complete"]
    assert told["result"]["projects"] == projects
    assert told["result"]["entries"]["recorded"] == 10 * projects
    # Token, names, two periods of each in pages of 5000, and ten points of each in pages of 5000.
    assert asked["total"] == 2 + -(-2 * projects // 5000) + -(-10 * projects // 5000)


def in_a_process(options: dict[str, Any], environment: dict[str, str]) -> dict[str, Any]:
    root = Path(__file__).parents[4]
    variables = {**os.environ, **environment, "PYTHONPATH": f"{root}:{os.environ['PYTHONPATH']}"}
    command = [sys.executable, "-c", HOUR, json.dumps(options)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
    assert ended.returncode == 0, ended.stderr[-2000:]
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found
