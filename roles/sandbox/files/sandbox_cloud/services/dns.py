# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Designate v2: quotas, which tell no use."""

from __future__ import annotations

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The DNS service's routes."""

    async def version(request: web.Request) -> web.Response:
        link = f"{request.url.origin()}{prefix}/v2"
        known = {"id": "v2", "status": "CURRENT", "links": [{"rel": "self", "href": link}]}
        return answers.body({"versions": {"values": [known]}})

    async def quotas(request: web.Request) -> web.Response:
        own = request["identity"].owner.project_id
        if request.match_info.get("project", own) != own:
            return answers.error("dns", 403)
        return answers.body(dict(cloud.scenario.quotas.dns))

    return [
        web.get(prefix, version),
        web.get(f"{prefix}/", version),
        web.get(f"{prefix}/v2/quotas", quotas),
        web.get(f"{prefix}/v2/quotas/{{project}}", quotas),
    ]
