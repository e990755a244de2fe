# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An OpenID Connect provider: its discovery document, and access tokens for a password or a
client's own credentials.
"""

from __future__ import annotations

import secrets
from base64 import b64encode

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud

PREFIX = "/identity-provider"


def routes(cloud: Cloud) -> list[web.RouteDef]:
    """The provider's routes; none where the scenario has no provider."""
    provider = cloud.scenario.identity_provider
    if provider is None:
        return []
    basic = "Basic " + b64encode(f"{provider.client_id}:{provider.client_secret}".encode()).decode()

    async def discover(request: web.Request) -> web.Response:
        base = f"{request.url.origin()}{PREFIX}"
        grants = ["password", "client_credentials"]
        return answers.body(
            {"issuer": base, "token_endpoint": f"{base}/token", "grant_types_supported": grants}
        )

    async def token(request: web.Request) -> web.Response:
        form = await request.post()
        user = cloud.scenario.project
        by_password = (form.get("username"), form.get("password")) == (user.user, user.password)
        known = form.get("grant_type") == "client_credentials" or (
            form.get("grant_type") == "password" and by_password
        )
        if request.headers.get("Authorization") != basic or not known:
            return answers.body({"error": "invalid_grant"}, 401)
        access_token = f"access-{secrets.token_urlsafe(24)}"
        cloud.access_tokens.add(access_token)
        return answers.body({"access_token": access_token, "token_type": "Bearer", "expires_in": 3600})

    return [
        web.get(f"{PREFIX}/.well-known/openid-configuration", discover),
        web.post(f"{PREFIX}/token", token),
    ]
