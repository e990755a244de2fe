# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Gnocchi writes resources, metrics and archive policies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox_cloud import metering
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.metering import Metric, Resource
from sandbox_cloud.scenario import stable_id


def _creator() -> dict[str, str]:
    user, project = (stable_id(kind, "ceilometer").replace("-", "") for kind in ("user", "project"))
    return {"creator": f"{user}:{project}", "created_by_user_id": user, "created_by_project_id": project}


def resource(cloud: Cloud, one: Resource, kind: str, *, details: bool = False) -> dict[str, Any]:
    """A resource as its type shows it: generic shows no attributes of a type, unless
    details are asked for.
    """
    owner, since = cloud.scenario.project, datetime.fromtimestamp(one.since, UTC).isoformat()
    return {
        "id": one.resource_id,
        "started_at": since,
        "revision_start": since,
        "ended_at": None,
        "user_id": owner.user_id,
        "project_id": owner.project_id,
        "original_resource_id": one.original_id,
        "type": one.kind,
        "revision_end": None,
        "metrics": {metric.name: metric.metric_id for metric in one.metrics},
        **_creator(),
        **(one.attributes if details or kind == one.kind else {}),
    }


def metric(one: Metric) -> dict[str, Any]:
    """A metric with its archive policy."""
    return {
        "id": one.metric_id,
        "name": one.name,
        "unit": one.unit,
        "resource_id": one.resource_id,
        "archive_policy": policy(one.policy),
        **_creator(),
    }


def policy(name: str) -> dict[str, Any]:
    """An archive policy; spans of time are written as Python writes them."""
    definition = [
        {
            "timespan": f"{days} days, 0:00:00",
            "granularity": f"{granularity // 3600}:{granularity % 3600 // 60:02}:00",
            "points": days * 86400 // granularity,
        }
        for granularity, days in sorted(metering.POLICIES[name].kept_days.items())
    ]
    methods = list(metering.POLICIES[name].methods)
    return {"name": name, "back_window": 0, "definition": definition, "aggregation_methods": methods}
