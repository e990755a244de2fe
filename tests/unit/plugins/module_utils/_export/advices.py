# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cost_savings_info and cost_anomaly_info return, in few words."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo


def recommendation(
    name: str = "web-1", counted: str | None = "11.75", project: str = "p-prod", team: str | None = "shop",
    **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """A row of what could be saved: a smaller server."""
    return {
        "id": f"id-{name}", "resource_id": f"{project}-{name}", "name": name, "type": "instance",
        "kind": "resize", "project_id": project, "project_name": {"p-prod": "production"}.get(project),
        "tags": {} if team is None else {"team": team}, "current": "a8-ram16", "recommended": "a4-ram8",
        "saving_per_month": counted, "counted_per_month": counted, "why_unknown": None, "effort": "medium",
        "risk": "medium", "undo_possible": True, "commands": [f"openstack server resize {project}-{name}"],
        **more,
    }  # fmt: skip


def savings(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The result of one project."""
    cloud = {"name": "east", "project_name": "production"}
    return {"currency": "CHF", "complete": True, "cloud": cloud, "recommendations": list(rows), **more}


def anomaly(
    day: str = "2026-11-18", above: str = "91.05", zone: str = "UTC", name: str = "ci-7",
    dimensions: dict[str, str | None] | None = None, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """A day that cost more than expected, of all costs."""
    begin = datetime.combine(date.fromisoformat(day), time(), ZoneInfo(zone))
    told = {"day": day, "actual": "330", "expected": "238.95", "above": above}
    of = dimensions or {}
    series = " ".join(f"{key}={value or ''}" for key, value in of.items()) or "total"
    return {
        "id": f"{series} {day}", "series": series, "dimensions": of, "state": "over", "first_day": day,
        "last_day": day, "actual": "330", "expected": "238.95", "above": above, "confidence": "high",
        "days": [
            {**told, "begin": begin.isoformat(), "end": (begin + timedelta(days=1)).isoformat()},
        ],
        "changes": {"new": "62"}, "silenced": None,
        "resources": [{"resource": "r-7", "name": name, "change": "new"}],
        **more,
    }  # fmt: skip


def anomalies(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The result of all series."""
    return {"currency": "CHF", "anomalies": list(rows), **more}
