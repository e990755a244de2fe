# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the ledger promises whoever runs the modules, on SQLite and on PostgreSQL alike (design/ledger.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .running import run_module


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a ledger that nobody has written yet."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return f"sqlite:///{tmp_path}/ledger.db"


def run(store: str, module: str, **options: Any) -> dict[str, Any]:
    """The result of a module, which has not failed."""
    result = run_module(module, {"ledger": store, **options})
    assert not result.get("failed"), result["msg"]
    return result


def record(store: str, key: str, amount: str, currency: str = "ICU", **more: Any) -> dict[str, Any]:
    cost = {"category": "compute", "occurred_at": "2026-11-05", **more}
    return run(store, "cost_entry", key=key, amount=amount, currency=currency, **cost)


def test_two_entries_of_five_billion_vnd_leave_every_gate_and_every_sum_exact(store: str) -> None:
    """Together they are 1e10, in units of 1e-9 more than 64 bits hold."""
    for name, currency, limit in (("hanoi", "VND", "9000000000"), ("zurich", "CHF", "100")):
        run(
            store, "cost_budget", name=name, limit=limit, currency=currency, fed_by="entries",
            period="yearly", scope={"tags": {"office": name}},
        )  # fmt: skip
    for key in ("one", "two"):
        record(store, key, "5000000000", "VND", tags={"office": "hanoi"})
    record(store, "franc", "30.000000001", "CHF", tags={"office": "zurich"})
    summary = run(store, "cost_summary_info", begin="2026-11-01", end="2026-12-01")
    assert {(one["amount"], one["currency"]) for one in summary["cost"]["totals"]} == {
        ("10000000000", "VND"),
        ("30", "CHF"),
    }
    asked = {"currency": "CHF", "tags": {"office": "zurich"}, "category": "compute"}
    gate = run(store, "cost_budget", spend="69.999999999", **asked)
    assert (gate["verdict"], gate["gate_passed"]) == ("allow", True)
    denied = run_module("cost_budget", {"ledger": store, "spend": "70", **asked})
    assert (denied["failed"], denied["verdict"]) == (True, "deny")
    large = run_module(
        "cost_budget",
        {
            "ledger": store,
            "spend": "1",
            "currency": "VND",
            "tags": {"office": "hanoi"},
            "category": "compute",
        },
    )
    assert (large["verdict"], large["budgets"][0]["spent"]) == ("deny", "10000000000")
