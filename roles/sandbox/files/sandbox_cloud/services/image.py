# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Glance v2: the provider's public images and the project's own."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import Image, stable_id

#: Glance answers 25 images where no limit is asked for, and at most 1000.
DEFAULT_LIMIT, LARGEST_LIMIT = 25, 1000


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The image service's routes."""

    async def versions(request: web.Request) -> web.Response:
        link = f"{request.url.origin()}{prefix}/v2/"
        return answers.body(
            {"versions": [{"id": "v2.17", "status": "CURRENT", "links": [{"rel": "self", "href": link}]}]},
            300,
        )

    async def images(request: web.Request) -> web.Response:
        owned = cloud.owns_all(request["identity"])
        rows = [_image(cloud, one) for one in cloud.scenario.images if one.owner == "other" or owned]
        for name in ("owner", "visibility", "status"):
            rows = [row for row in rows if row[name] == request.query.get(name, row[name])]
        asked = answers.asked_limit("image", request, LARGEST_LIMIT)
        limit = DEFAULT_LIMIT if asked is None or "limit" not in request.query else asked
        start = answers.after_marker("image", [row["id"] for row in rows], request.query.get("marker"))
        chosen = rows[start : start + limit]
        told = {"images": chosen, "first": _path(request, {}), "schema": "/v2/schemas/images"}
        if len(chosen) == limit and chosen:
            told["next"] = _path(request, {"marker": chosen[-1]["id"]})
        return answers.body(told)

    async def image(request: web.Request) -> web.Response:
        owned, image_id = cloud.owns_all(request["identity"]), request.match_info["id"]
        rows = [_image(cloud, one) for one in cloud.scenario.images if one.owner == "other" or owned]
        for row in rows:
            if row["id"] == image_id:
                return answers.body(row)
        return answers.error("image", 404, f"No image found with ID {image_id}")

    return [
        web.get(prefix, versions),
        web.get(f"{prefix}/", versions),
        web.get(f"{prefix}/v2/images", images),
        web.get(f"{prefix}/v2/images/{{id}}", image),
    ]


def _path(request: web.Request, more: dict[str, str]) -> str:
    query = {name: value for name, value in request.query.items() if name != "marker"} | more
    return "/v2/images" + ("?" + urlencode(query) if query else "")


def _image(cloud: Cloud, one: Image) -> dict[str, Any]:
    image_id, created = stable_id("image", one.name), answers.seconds(cloud.created(1000))
    provider = stable_id("project", "provider").replace("-", "")
    return {
        "owner_specified.openstack.md5": "",
        "owner_specified.openstack.sha256": "",
        "owner_specified.openstack.object": f"images/{one.name}",
        "name": one.name,
        "disk_format": "raw",
        "container_format": "bare",
        "visibility": "private" if one.owner == "project" else "public",
        "size": one.size_bytes,
        "virtual_size": one.size_bytes,
        "status": "active",
        "checksum": hashlib.md5(one.name.encode(), usedforsecurity=False).hexdigest(),
        "protected": False,
        "min_ram": 0,
        "min_disk": 0,
        "owner": cloud.scenario.project.project_id if one.owner == "project" else provider,
        "os_hidden": False,
        "os_hash_algo": "sha512",
        "os_hash_value": hashlib.sha512(one.name.encode()).hexdigest(),
        "id": image_id,
        "created_at": created,
        "updated_at": created,
        "tags": [],
        "self": f"/v2/images/{image_id}",
        "file": f"/v2/images/{image_id}/file",
        "schema": "/v2/schemas/image",
        "stores": "fs",
    }
