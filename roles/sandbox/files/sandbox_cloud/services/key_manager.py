# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Barbican v1: the quotas that are in force, which tell no use."""

from __future__ import annotations

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The key manager's routes."""

    async def version(request: web.Request) -> web.Response:
        link = f"{request.url.origin()}{prefix}/v1/"
        known = {"id": "v1", "status": "stable", "links": [{"rel": "self", "href": link}]}
        return answers.body({"versions": {"values": [known]}}, 300)

    async def quotas(_request: web.Request) -> web.Response:
        return answers.body({"quotas": dict(cloud.scenario.quotas.key_manager)})

    return [
        web.get(prefix, version),
        web.get(f"{prefix}/", version),
        web.get(f"{prefix}/v1/quotas", quotas),
    ]
