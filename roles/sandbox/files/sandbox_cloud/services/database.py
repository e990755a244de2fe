# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trove v1.0: quotas with their use."""

from __future__ import annotations

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The database service's routes."""

    async def version(request: web.Request) -> web.Response:
        link = f"{request.url.origin()}{prefix}/v1.0/"
        return answers.body(
            {"versions": [{"id": "v1.0", "status": "CURRENT", "links": [{"rel": "self", "href": link}]}]}
        )

    async def quotas(request: web.Request) -> web.Response:
        identity = request["identity"]
        own = identity.owner.project_id
        if (request.match_info["project"], request.match_info["quota_project"]) != (own, own):
            return answers.error("database", 403)
        used = _used(cloud) if cloud.owns_all(identity) else {}
        rows = [
            {"resource": name, "in_use": used.get(name, 0), "reserved": 0, "limit": limit}
            for name, limit in cloud.scenario.quotas.database.items()
        ]
        return answers.body({"quotas": rows})

    return [
        web.get(prefix, version),
        web.get(f"{prefix}/", version),
        web.get(f"{prefix}/v1.0/{{project}}/mgmt/quotas/{{quota_project}}", quotas),
    ]


def _used(cloud: Cloud) -> dict[str, int]:
    """Instances, the GB of their volumes, and the MB of their flavors' RAM."""
    found = cloud.scenario.databases
    return {
        "instances": len(found),
        "volumes": sum(one.volume_gb for one in found),
        "ram": sum(cloud.scenario.flavors[one.flavor].ram_mb for one in found),
    }
