# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manila 2.0 and newer: shares, and quotas with their use.

Source: Manila's own source of August 2026, manila/api/v2 and manila/api/openstack/wsgi.py.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import Share, stable_id

_NAME = "shared_file_system"
_HEADER = "X-OpenStack-Manila-API-Version"
#: The microversions that added quotas to the first ones.
_SINCE = {
    "share_groups": (2, 40),
    "share_group_snapshots": (2, 40),
    "share_replicas": (2, 53),
    "replica_gigabytes": (2, 53),
    "per_share_gigabytes": (2, 62),
    "backups": (2, 80),
    "backup_gigabytes": (2, 80),
    "encryption_keys": (2, 90),
}
Microversion = tuple[int, int]


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The shared file system service's routes, with the project in the path and without it."""
    base = f"{prefix}/v2"

    async def version(request: web.Request) -> web.Response:
        known = {
            "id": "v2.0",
            "status": "CURRENT",
            "version": cloud.scenario.newest_share_microversion,
            "min_version": "2.0",
            "links": [{"rel": "self", "href": f"{request.url.origin()}{base}/"}],
        }
        return answers.body({"versions": [known]}, 200 if request.path.startswith(base) else 300)

    async def quotas(request: web.Request) -> web.Response:
        asked, identity = _microversion(cloud, request), request["identity"]
        if asked < (2, 25):
            return answers.error(_NAME, 404)
        if request.match_info["quota_project"] != identity.owner.project_id:
            return answers.error(_NAME, 403)
        used = _used(cloud) if cloud.owns_all(identity) else {}
        rows: dict[str, Any] = {
            name: {"limit": limit, "in_use": used.get(name, 0), "reserved": 0}
            for name, limit in cloud.scenario.quotas.shared_file_system.items()
            if asked >= _SINCE.get(name, (2, 0))
        }
        return answers.body({"quota_set": {**rows, "id": identity.owner.project_id}})

    async def shares(request: web.Request) -> web.Response:
        """A list whose next page begins at an offset: the link's marker is ignored, as by Manila."""
        asked = _microversion(cloud, request)
        identity = request["identity"]
        every = cloud.is_operator(identity) and "all_tenants" in request.query
        owned = cloud.scenario.shares if every or cloud.owns_all(identity) else ()
        rows = [_share(cloud, one, asked) for one in owned]
        if every:
            rows = cloud.of_every_project(identity, rows, "project_id")
        rows.sort(
            key=lambda row: row[request.query.get("sort_key", "created_at")],
            reverse=request.query.get("sort_dir", "desc") == "desc",
        )
        limit = answers.asked_limit(_NAME, request, None)
        start = int(request.query.get("offset", "0"))
        chosen = rows[start:] if limit is None else rows[start : start + limit]
        following = None
        if limit and len(chosen) == limit:
            query = {**request.query, "marker": chosen[-1]["id"]}
            following = str(request.url.with_query(query))
        told = answers.listed("shares", chosen, following)
        if request.query.get("with_count") == "true":
            told["count"] = len(rows)
        return answers.body(told)

    return [
        web.get(prefix, version),
        web.get(f"{prefix}/", version),
        web.get(base, version),
        web.get(f"{base}/", version),
        *(
            route
            for within in (base, f"{base}/{{project}}")
            for route in (
                web.get(f"{within}/quota-sets/{{quota_project}}/detail", quotas),
                web.get(f"{within}/shares/detail", shares),
            )
        ),
    ]


def _microversion(cloud: Cloud, request: web.Request) -> Microversion:
    """The microversion asked for, 2.0 where none is. A 406 for one that this Manila does not have."""
    number, newest = request.headers.get(_HEADER, "2.0"), cloud.scenario.newest_share_microversion
    major, _dot, minor = number.partition(".")
    if not (major.isdigit() and minor.isdigit()):
        sentence = f"API Version String {number} is of invalid format. Must be of format MajorNum.MinorNum."
        raise answers.Refused(answers.error(_NAME, 400, sentence))
    asked = int(major), int(minor)
    if not (2, 0) <= asked <= (2, int(newest.partition(".")[2])):
        sentence = f"Version {number} is not supported by the API. Minimum is 2.0 and maximum is {newest}."
        raise answers.Refused(answers.error(_NAME, 406, sentence))
    return asked


def _used(cloud: Cloud) -> dict[str, int]:
    return {
        "shares": len(cloud.scenario.shares),
        "gigabytes": sum(one.size_gb for one in cloud.scenario.shares),
    }


def _share(cloud: Cloud, one: Share, asked: Microversion) -> dict[str, Any]:
    type_id = stable_id("share_type", one.type)
    row = {
        "id": stable_id("share", one.name),
        "size": one.size_gb,
        "availability_zone": "nova",
        "created_at": answers.microseconds(cloud.created(one.created_hours_ago)),
        "status": "available",
        "name": one.name,
        "description": None,
        "project_id": cloud.scenario.project.project_id,
        "snapshot_id": None,
        "share_network_id": None,
        "share_proto": "NFS",
        "metadata": dict(one.metadata),
        "share_type": one.type,
        "volume_type": one.type,
        "links": [],
        "is_public": False,
    }
    return {**row, "share_type": type_id, "share_type_name": one.type} if asked >= (2, 6) else row
