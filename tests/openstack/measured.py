# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Gnocchi has measured: the resources, metrics and samples that the sandbox tells of the scenario."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from catalog import Caller
from project import Made
from sandbox_cloud import metering
from sandbox_cloud.cloud import Cloud

MEASURED_DAYS = 3


def make(made: Made, meter: Caller, began: datetime) -> None:
    """Put them there as what a Ceilometer of the provider would have sent. began: from which ages are counted
    back.
    """
    for name, policy in metering.POLICIES.items():
        definition = [
            {"granularity": f"{granularity} s", "timespan": f"{days} days"}
            for granularity, days in policy.kept_days.items()
        ]
        asked = {
            "name": name,
            "back_window": 0,
            "aggregation_methods": policy.methods,
            "definition": definition,
        }
        meter_or_admin(made, "/archive_policy", asked)
    text = {"type": "string", "required": False, "max_length": 255}
    for name, attributes in metering.TYPES.items():
        if name != "generic":
            kind = {"name": name, "attributes": {attribute: dict(text) for attribute in attributes}}
            meter_or_admin(made, "/resource_type", kind)
    cloud = Cloud(made.scenario, began=began)
    for one in metering.resources(cloud):
        _resource(made, meter, one, cloud.now())


def meter_or_admin(made: Made, path: str, content: Any) -> None:
    """What only the administrator may define."""
    made.admin.ask("POST", "metric", f"/v1{path}", json=content)


def _resource(made: Made, meter: Caller, one: metering.Resource, now: datetime) -> None:
    def real(text: str) -> str:
        """With the ids that the real cloud gave."""
        found = next((known for known in made.ids if text.startswith(known)), None)
        return made.ids[found] + text.removeprefix(found) if found else text

    resource_id = real(one.original_id)
    owner = {"project_id": made.member.project_id, "user_id": made.member.user_id}
    attributes = {name: real(value) for name, value in one.attributes.items() if value is not None}
    metrics = {
        metric.name: {"archive_policy_name": metric.policy, "unit": metric.unit} for metric in one.metrics
    }
    since = datetime.fromtimestamp(one.since, UTC).isoformat()
    asked = {"id": resource_id, "started_at": since, **owner, **attributes, "metrics": metrics}
    created = meter.ask("POST", "metric", f"/v1/resource/{one.kind}", json=asked)
    end = int(now.timestamp()) // metering.SAMPLE_S * metering.SAMPLE_S
    begin = end - MEASURED_DAYS * 86400
    samples = {
        metric.name: [
            {"timestamp": datetime.fromtimestamp(at, UTC).isoformat(), "value": metric.sample(at)}
            for at in metric.moments(begin, end)
        ]
        for metric in one.metrics
    }
    meter.ask("POST", "metric", "/v1/batch/resources/metrics/measures", json={created["id"]: samples})
