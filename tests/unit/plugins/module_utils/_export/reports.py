# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules returned of a project, as small as a report takes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from .advices import anomalies, anomaly, recommendation, savings

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CLOUD = {
    "cloud": {"name": "here", "project_name": "shop"},
    "services": {"compute": {"status": "ok", "message": None}},
}


def shares(*rows: tuple[str | None, str | None], by: str, **more: Any) -> list[dict[str, Any]]:
    return [{by: name, **more, "amount": amount, "currency": "CHF"} for name, amount in rows]


def summary(name: str = "web-1", **given: Any) -> dict[str, Any]:
    """Of cost_summary_info: three days of which the last one is rated in part, with a name of a resource, a
    project and a tag.
    """
    cost = {
        "total": "12.5",
        "currency": "CHF",
        "entry_count": 9,
        "by_category": shares(("compute", "10"), ("storage", "2.5"), by="category"),
        "by_project": shares((name, "12.5"), by="project_name", project="p1"),
        "by_metric": shares(("instance", "10"), ("volume.size", "2.5"), (None, "0"), by="metric"),
        "by_resource": shares(
            (name, "10"), (None, "2.5"), by="resource_name", resource="r1", resource_type="vm"
        ),
        "by_day": shares(("2026-11-19", "6"), ("2026-11-21", "6.5"), by="day"),
        "by_tag": {name: shares((name, "7.5"), (None, "5"), by="value")},
        "previous": {
            "period_start": "2026-11-16T00:00:00Z",
            "period_end": "2026-11-18T12:00:00Z",
            "total": "10",
            "currency": "CHF",
            "change": "2.5",
            "relative_change": "0.25",
        },
    }
    feed = {
        "cloud": "here",
        "region": "r",
        "project_id": "p1",
        "project_name": name,
        "rated_through": "2026-11-21T10:00:00Z",
        "retired": False,
        "missing": [],
    }
    return {
        "period_start": "2026-11-19T00:00:00Z",
        "period_end": "2026-11-23T00:00:00Z",
        "unknown": [],
        "tax": "excluded",
        "feeds": [feed],
        "cost": cost,
        **given,
    }


def before(entry_count: int = 5, feeds: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    by_metric = shares(("instance", "3"), ("gone", "7"), by="metric")
    cost = {"currency": "CHF", "entry_count": entry_count, "by_metric": by_metric}
    return {
        "cost": cost,
        "feeds": feeds,
        "period_start": "2026-11-16T00:00:00Z",
        "period_end": "2026-11-18T12:00:00Z",
    }


def budget(name: str, **given: Any) -> dict[str, Any]:
    usual = {
        "name": name,
        "verdict": "allow",
        "reason": f"{name}: fits.",
        "tax": "excluded",
        "currency": "CHF",
        "limit": "100",
        "spent": "40",
        "accrued": "1",
        "reserved": "5",
        "to_come": "20",
        "left": "34",
        "utilization": 0.46,
        "at_least": None,
        "period_start": "2026-11-01T00:00:00Z",
        "period_end": "2026-12-01T00:00:00Z",
        "runs_out_at": None,
        "over_by": None,
        "over_since": None,
        "forecast": {"low": "60", "expected": "70", "high": "80", "enough_data": True, "reason": None},
    }
    return {**usual, **given}


def unknown_budget(name: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("spent", "accrued", "reserved", "to_come", "left", "utilization", "forecast"))
    return budget(name, **nothing, verdict="unknown", reason=f"{name}: is not known.")


def alert(name: str, threshold: str) -> dict[str, Any]:
    return {
        "id": f"{name}/{threshold}",
        "budget": name,
        "period": "monthly/x",
        "basis": "actual",
        "threshold": threshold,
        "amount": "41",
        "currency": "CHF",
        "message": f"{name}: {threshold}",
        "fired_at": "2026-11-20T00:00:00Z",
    }


def realised(name: str) -> dict[str, Any]:
    """What cost_summary_info tells with savings."""
    one = {"resource": "r1", "resource_name": name, "project_id": "p1", "region": "r", "acts": 5,
           "hours_off": 60.0, "expected": "9", "realised": "7.55", "currency": "ICU",
           "problem": None}  # fmt: skip
    return {"resources": [one], "totals": [{"expected": "9", "realised": "7.55", "currency": "ICU"}]}


def everything(name: str = "web-1", zone: str = "UTC") -> dict[str, Any]:
    """A result of each kind, with the name wherever a cloud or a user names something. zone: of days."""
    held = {
        "name": name,
        "state": "held",
        "held_at": "2026-11-21T00:00:00Z",
        "expires_at": "2026-11-21T14:00:00Z",
        "forced": False,
        "forced_verdicts": [],
        "held": [{"amount": "5", "currency": "CHF"}],
        "committed": [],
    }
    idle = {"name": name, "id": "r1", "type": "storage.volume", "reason": "unattached", "age_hours": 48.0}
    quota = {"limit": 10, "used": 9, "utilization": 0.9}
    return {
        "summary": summary(name, savings=realised(name)),
        "before": before(),
        "recent": {
            "cost": {"by_resource": shares(("x", "2.4"), by="resource_name", resource="r1")},
            "period_start": "2026-11-20T10:00:00Z",
            "period_end": "2026-11-21T10:00:00Z",
        },
        "budgets": {
            "budgets": [budget(name), unknown_budget("dark")],
            "alerts": [alert(name, "0.5"), alert(name, "0.9"), alert(name, "0.8")],
            "reservations": [held],
        },
        "usage": [{**CLOUD, "idle": [idle, {**idle, "id": "r9"}]}],
        "savings": [
            savings(
                recommendation(name, "11.75", commands=[f"openstack server resize {name}"]),
                recommendation(name, None, project="p2", kind="schedule", recommended=name),
            )
        ],
        "anomalies": anomalies(
            anomaly("2026-11-19", "2.5", name=name, zone=zone),
            anomaly("2026-11-20", zone=zone, silenced={"reason": name, "until": "2026-12-01"}),
            anomaly("2026-10-20", zone=zone),
        ),
        "quota": [
            {
                **CLOUD,
                "quotas": {"compute": {name: quota, "free": {**quota, "utilization": None}}, "network": None},
            }
        ],
    }
