# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Swift: the account, its containers and their objects."""

from __future__ import annotations

import hashlib
from typing import Any

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import Container

PAGE_LIMIT = 10_000


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The object store's routes."""
    base = f"{prefix}/v1/{{account}}"

    def containers(request: web.Request) -> tuple[Container, ...]:
        """The containers of the token's own account; 403 for another one."""
        if request.match_info["account"] != f"AUTH_{request['identity'].owner.project_id}":
            raise answers.Refused(answers.error("object_storage", 403, "Forbidden"))
        return cloud.scenario.containers if cloud.owns_all(request["identity"]) else ()

    async def account(request: web.Request) -> web.Response:
        known = containers(request)
        headers = _account_headers(cloud, known)
        if request.method == "HEAD":
            return web.Response(status=204, headers=headers, content_type="application/json", charset="utf-8")
        return _listing(
            request, [_container_row(cloud, one) for one in sorted(known, key=lambda one: one.name)], headers
        )

    async def container(request: web.Request) -> web.Response:
        found = next(
            (one for one in containers(request) if one.name == request.match_info["container"]), None
        )
        if found is None:
            return answers.error("object_storage", 404, "Not Found")
        headers = {
            "X-Container-Object-Count": str(found.objects),
            "X-Container-Bytes-Used": str(found.objects * found.object_bytes),
            "X-Storage-Policy": found.storage_policy,
        }
        if request.method == "HEAD":
            return web.Response(status=204, headers=headers, content_type="application/json", charset="utf-8")
        return _listing(
            request, [_object_row(cloud, found, number) for number in range(found.objects)], headers
        )

    return [
        *(web.route(method, path, account) for method in ("HEAD", "GET") for path in (base, f"{base}/")),
        web.route("HEAD", f"{base}/{{container}}", container),
        web.get(f"{base}/{{container}}", container, allow_head=False),
    ]


def _account_headers(cloud: Cloud, known: tuple[Container, ...]) -> dict[str, str]:
    counted = {
        "Container-Count": len(known),
        "Object-Count": sum(one.objects for one in known),
        "Bytes-Used": _bytes(known),
    }
    headers = {f"X-Account-{name}": str(value) for name, value in counted.items()}
    for policy in sorted({one.storage_policy for one in known}):
        of = tuple(one for one in known if one.storage_policy == policy)
        counted = {
            "Container-Count": len(of),
            "Object-Count": sum(one.objects for one in of),
            "Bytes-Used": _bytes(of),
        }
        headers |= {
            f"X-Account-Storage-Policy-{policy}-{name}": str(value) for name, value in counted.items()
        }
    quota = cloud.scenario.quotas.object_storage_bytes
    if quota is not None:
        headers |= {"X-Account-Meta-Quota-Bytes": str(quota), "X-Account-Quota-Bytes": str(quota)}
    return {**headers, "X-Timestamp": "1795221560.76671", "X-Account-Project-Domain-Id": "_unknown"}


def _bytes(known: tuple[Container, ...]) -> int:
    return sum(one.objects * one.object_bytes for one in known)


def _listing(request: web.Request, rows: list[dict[str, Any]], headers: dict[str, str]) -> web.Response:
    """The page that marker and limit ask for: names in lines, or JSON for those who ask
    for it, as Swift does.
    """
    limit, marker = request.query.get("limit", ""), request.query.get("marker", "")
    # Swift takes a limit that is no number for none.
    size = int(limit) if limit.isascii() and limit.isdigit() else PAGE_LIMIT
    if size > PAGE_LIMIT:
        return web.Response(status=412, text=f"Maximum limit is {PAGE_LIMIT}", content_type="text/html")
    chosen = [row for row in rows if row["name"] > marker][:size]
    asks_json = request.query.get("format") == "json" or "application/json" in request.headers.get(
        "Accept", ""
    )
    if asks_json:
        return answers.body(chosen, headers=headers)
    return web.Response(text="".join(f"{row['name']}\n" for row in chosen), headers=headers)


def _container_row(cloud: Cloud, one: Container) -> dict[str, Any]:
    return {
        "name": one.name,
        "count": one.objects,
        "bytes": one.objects * one.object_bytes,
        "last_modified": answers.microseconds(cloud.created(1)),
        "storage_policy": one.storage_policy,
    }


def _object_row(cloud: Cloud, one: Container, number: int) -> dict[str, Any]:
    name = f"o{number:06d}.bin"
    return {
        "bytes": one.object_bytes,
        "hash": hashlib.md5(name.encode(), usedforsecurity=False).hexdigest(),
        "name": name,
        "content_type": "application/octet-stream",
        "last_modified": answers.microseconds(cloud.created(1)),
    }
