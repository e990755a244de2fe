# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cloud whose rating storage adds up a part of the points only costs as much as any other: in a cost, in
the ledger and at a gate (design/reading-a-cloud.md#cut-sums). The same history on another storage is the
oracle.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ...conftest import FILES, Sandbox
from .running import run_module

DEFAULT = FILES / "scenarios" / "default.yml"


@pytest.fixture
def clouds(start: Callable[..., Sandbox], tmp_path: Path) -> tuple[Sandbox, Sandbox]:
    """The same history on another storage, and on Loki's. All that is rated began before the window: what
    begins within it would begin an hour later in a cloud that was started in the next hour.
    """
    history = DEFAULT.read_text().replace("created_hours_ago: 60", "created_hours_ago: 1000")
    (tmp_path / "any.yml").write_text(history)
    (tmp_path / "loki.yml").write_text(history.replace("storage: v2", "storage: loki"))
    return start("--scenario", str(tmp_path / "any.yml")), start("--scenario", str(tmp_path / "loki.yml"))


def window() -> dict[str, str]:
    """Ten whole days that are rated."""
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    return {"begin": f"{end - timedelta(days=10):%Y-%m-%dT00:00:00Z}", "end": f"{end:%Y-%m-%dT00:00:00Z}"}


def run(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, module: str, **options: Any) -> dict[str, Any]:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.state["clouds_file"])
    result = run_module(module, {"cloud": "sandbox", **options})
    assert not result.get("failed"), result
    return result


@pytest.mark.parametrize("more", [{}, {"rated_through": False}, {"group_by": ["resource", "day", "flavor"]}])
def test_a_cost_is_whole(
    clouds: tuple[Sandbox, Sandbox], monkeypatch: pytest.MonkeyPatch, more: dict[str, Any]
) -> None:
    wanted = {**window(), **more}
    oracle, told = (run(monkeypatch, sandbox, "infomaniak_cost_info", **wanted) for sandbox in clouds)
    assert told["complete"]
    for key in ("total", "net", "by_type", "by_resource", "by_day", "by_flavor", "rated_through"):
        assert told["cost"][key] == oracle["cost"][key], key
    # The cloud's own sum is less.
    asked = f"/rating/v2/summary?begin={wanted['begin']}&end={wanted['end']}&limit=1000"
    cut = clouds[1].ask("GET", asked).body
    assert cut["results"][0][cut["columns"].index("rate")] < 0.6 * float(told["cost"]["total"])


def test_an_import_and_a_gate_are_right(
    clouds: tuple[Sandbox, Sandbox], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spent = []
    for name, sandbox in zip(("any", "loki"), clouds, strict=True):
        ledger = {"ledger": f"sqlite:///{tmp_path}/{name}.db"}
        run(monkeypatch, sandbox, "cost_import", **ledger, **window())
        found = run_module(
            "cost_summary_info", {**ledger, **window(), "currency": "ICU", "group_by": ["day", "metric"]}
        )
        assert not found.get("failed"), found
        spent.append({key: found["cost"][key] for key in ("total", "by_day", "by_metric")})
        gate = {"name": "team", "limit": "1000000", "currency": "ICU", "fed_by": "cloud", "spend": "1"}
        period = {"period": "custom", "begin": window()["begin"], "end": "2030-01-01T00:00:00Z"}
        asked = run_module("cost_budget", {**ledger, **gate, **period, "max_staleness": "90d"})
        assert asked.get("verdict") == "allow", asked["reasons"]
        spent[-1]["spent"] = asked["budgets"][0]["spent"]
    assert spent[0] == spent[1]
    assert spent[0]["spent"] == spent[0]["total"]
    assert float(spent[0]["total"]) > 1998
