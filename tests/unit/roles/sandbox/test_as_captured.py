# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sandbox answers in the shape of a real OpenStack: same status, same keys at every level, same JSON
types.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ...conftest import Answer, Sandbox
from ...shape import Shape, differences

CAPTURES = {
    path.stem: json.loads(path.read_text())
    for path in sorted((Path(__file__).parents[2] / "captures").glob("*.json"))
}
#: The service types of the captures -> those of the sandbox's catalog.
TYPES = {"volumev3": "block-storage", "CK1": "rating"}
REAL_PROJECT, REAL_OTHER = "b30781c9679b4ede8107bae21990153e", "12ea6497742b430cb074bc137d80f5fc"
REAL_SERVER = "d8eee402-0439-487e-95bf-6ac3d96d8d00"
#: The captured ids of metrics -> a metric of the sandbox that is stored by a like policy: the last one's
#: knows no std.
REAL_METRICS = {
    "050ec033-2e60-4523-99f5-f181b3b9e5ce": "cpu",
    "077a1e30-8431-419f-a778-33e30a8e4be7": "vcpus",
    "e51fbcad-41e7-4c03-acfa-71ba9171a769": "volume.size",
}
CAPTURED_ON = datetime(2026, 11, 21, tzinfo=UTC)
#: SQL storage: a sandbox with `storage: v1` answers these.
SQL = tuple(name for name in CAPTURES if name.startswith("ck1_"))


def asked_like(sandbox: Sandbox, capture: dict[str, Any]) -> Answer:
    """The captured request, with the sandbox's own ids and days as far from now as the captured ones were."""
    kind = TYPES.get(capture["service"], capture["service"])
    server = next(iter(sandbox.ask("GET", f"{sandbox.catalog['compute']}/servers").body["servers"]))["id"]
    every = sandbox.ask("GET", f"{sandbox.catalog['metric']}/v1/metric").body
    metrics = {
        row["name"]: row["id"]
        for row in every
        if row["resource_id"] == server or row["name"] == "volume.size"
    }
    ours = {REAL_PROJECT: sandbox.project_id, REAL_OTHER: "0" * 32, REAL_SERVER: server}
    ours |= {real: metrics[name] for real, name in REAL_METRICS.items()}

    def renamed(text: str) -> str:
        return re.sub("|".join(ours), lambda found: ours[found[0]], text)

    path = renamed(capture["path"]).replace(" ", "%20")
    days = (
        datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1) - CAPTURED_ON
    )

    def moved(found: re.Match[str]) -> str:
        moment = datetime.fromisoformat(found[0]).replace(tzinfo=UTC)
        return found[0] if moment.year < 2026 else (moment + days).strftime("%Y-%m-%dT%H:%M:%S")

    path = re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d", moved, path)
    request = json.loads(renamed(json.dumps(capture["request"] or {})))
    base = sandbox.catalog[kind] if kind != "identity" else sandbox.state["auth_url"]
    return sandbox.ask(capture["method"], base + path, request.get("json"), request.get("headers"))


def compare(sandbox: Sandbox, name: str) -> None:
    capture = CAPTURES[name]
    real, ours = capture["response"], asked_like(sandbox, capture)
    assert ours.status == real["status"]
    assert differences(Shape().see(real["body"] or None), Shape().see(ours.body)) == []
    told = ("OpenStack-API-Version", "X-OpenStack-Nova-API-Version")
    assert {key: ours.headers.get(key) for key in told} == {key: real["headers"].get(key) for key in told}


@pytest.mark.parametrize("name", [name for name in CAPTURES if name not in SQL])
def test_answers_have_the_shape_of_real_ones(running: Sandbox, name: str) -> None:
    compare(running, name)


def test_sql_storage_answers_have_the_shape_of_real_ones(
    start: Callable[..., Sandbox], tmp_path: Path
) -> None:
    scenario = (Path(__file__).parents[4] / "roles/sandbox/files/scenarios/default.yml").read_text()
    (tmp_path / "v1.yml").write_text(scenario.replace("storage: v2", "storage: v1"))
    sandbox = start("--scenario", str(tmp_path / "v1.yml"))
    for name in SQL:
        compare(sandbox, name)


def test_swift_tells_its_counters_in_headers(running: Sandbox) -> None:
    real, ours = (
        CAPTURES["swift_account_head"]["response"],
        asked_like(running, CAPTURES["swift_account_head"]),
    )
    assert {name for name in ours.headers if name.startswith("X-Account")} == {
        name for name in real["headers"] if name.startswith("X-Account")
    }


def test_a_difference_is_found() -> None:
    """The comparison itself can fail: a key more, a key less, another type, in a list too."""
    real = Shape().see({"rows": [{"a": 1, "b": None}], "total": 1})
    assert differences(real, Shape().see({"rows": [{"a": 2, "b": "x"}], "total": 0})) == []
    for wrong in (
        {"rows": [{"a": 1}], "total": 1},
        {"rows": [{"a": "1", "b": 1}], "total": 1},
        {"rows": [], "total": 1, "c": 1},
    ):
        assert differences(real, Shape().see(wrong)) != []
