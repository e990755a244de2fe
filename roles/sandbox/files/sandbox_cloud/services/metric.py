# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gnocchi: the servers as resources, and measures of what they were given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import Server, stable_id

PAGE_LIMIT = 1000
#: The archive policy's granularities in seconds; without one in the request all of them come mixed.
GRANULARITIES = (3600, 300)
METRICS = ("cpu", "disk.root.size", "memory", "memory.usage", "vcpus")


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The metric service's routes."""

    async def version(request: web.Request) -> web.Response:
        link = f"{request.url.origin()}{prefix}/v1/"
        return answers.body(
            {
                "build": "4.7.1",
                "versions": [{"status": "CURRENT", "links": [{"rel": "self", "href": link}], "id": "v1.0"}],
            }
        )

    def own(request: web.Request) -> tuple[Server, ...]:
        return cloud.scenario.servers if cloud.owns_all(request["identity"]) else ()

    async def resources(request: web.Request) -> web.Response:
        kind = request.match_info["type"]
        if kind not in ("generic", "instance"):
            return answers.error("metric", 404, f"Resource type {kind} does not exist")
        rows = [_resource(cloud, one, kind) for one in own(request)]
        chosen, following = answers.page("metric", request, rows, PAGE_LIMIT)
        headers = {"Link": f'<{following}>; rel="next"'} if following else {}
        return answers.body(chosen, headers=headers)

    async def resource(request: web.Request) -> web.Response:
        return answers.body(_resource(cloud, _found(request, own(request)), request.match_info["type"]))

    async def measures(request: web.Request) -> web.Response:
        server = _found(request, own(request))
        name = request.match_info["metric"]
        if name not in METRICS:
            return answers.error("metric", 404, f"Metric {name} does not exist")
        return answers.body(_measures(cloud, server, name, request))

    async def policies(_request: web.Request) -> web.Response:
        definition = [
            {"timespan": "90 days, 0:00:00", "granularity": "1:00:00", "points": 2160},
            {"timespan": "30 days, 0:00:00", "granularity": "0:05:00", "points": 8640},
        ]
        methods = ["mean", "max", "min", "sum", "count", "rate:mean"]
        return answers.body(
            [{"name": "ceilometer-low", "back_window": 0, "definition": definition, "aggregation_methods": methods}]
        )

    base = f"{prefix}/v1"
    return [
        web.get(prefix, version),
        web.get(f"{prefix}/", version),
        web.get(f"{base}/resource/{{type}}", resources),
        web.get(f"{base}/resource/{{type}}/{{id}}", resource),
        web.get(f"{base}/resource/{{type}}/{{id}}/metric/{{metric}}/measures", measures),
        web.get(f"{base}/archive_policy", policies),
    ]


def _found(request: web.Request, servers: tuple[Server, ...]) -> Server:
    wanted = request.match_info["id"]
    for one in servers:
        if stable_id("server", one.name) == wanted:
            return one
    raise answers.Refused(answers.error("metric", 404, f"Resource {wanted} does not exist"))


def _resource(cloud: Cloud, one: Server, kind: str) -> dict[str, Any]:
    owner, server_id = cloud.scenario.project, stable_id("server", one.name)
    since = cloud.created(one.created_hours_ago).isoformat()
    collector = stable_id("user", "ceilometer").replace("-", "")
    row: dict[str, Any] = {
        "id": server_id,
        "creator": f"{collector}:{collector}",
        "started_at": since,
        "revision_start": since,
        "ended_at": None,
        "user_id": owner.user_id,
        "project_id": owner.project_id,
        "original_resource_id": server_id,
        "type": "instance",
        "revision_end": None,
        "metrics": {name: stable_id("metric", f"{one.name}/{name}") for name in METRICS},
        "created_by_user_id": collector,
        "created_by_project_id": collector,
    }
    own = {
        "display_name": one.name,
        "host": "sandbox",
        "flavor_id": stable_id("flavor", one.flavor),
        "flavor_name": one.flavor,
        "image_ref": None,
    }
    return row | (own if kind == "instance" else {})


def _measures(cloud: Cloud, one: Server, name: str, request: web.Request) -> list[list[Any]]:
    """[timestamp, granularity, value] since the server began, at most 30 days back, every granularity that is asked for."""
    asked = [int(float(request.query["granularity"]))] if "granularity" in request.query else list(GRANULARITIES)
    if any(granularity not in GRANULARITIES for granularity in asked):
        raise answers.Refused(answers.error("metric", 404, f"Granularity {asked[0]} does not exist"))
    since = max(cloud.created(one.created_hours_ago), cloud.now() - timedelta(days=30))
    begin = max(_moment(request.query.get("start")) or since, since)
    end = min(_moment(request.query.get("stop")) or cloud.now(), cloud.now())
    rows = []
    for granularity in asked:
        at = -(-int(begin.timestamp()) // granularity) * granularity
        while at < end.timestamp():
            moment = datetime.fromtimestamp(at, UTC)
            rows.append([moment.isoformat(), float(granularity), _value(cloud, one, name, at)])
            at += granularity
    return rows


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _value(cloud: Cloud, one: Server, name: str, at: int) -> float:
    """What the server was given, or an even third of it for what it used: cpu in nanoseconds since it began."""
    flavor = cloud.scenario.flavors[one.flavor]
    if name == "cpu":
        return (at - cloud.created(one.created_hours_ago).timestamp()) * flavor.vcpus * 1e9 / 3
    given = {
        "vcpus": flavor.vcpus,
        "memory": flavor.ram_mb,
        "memory.usage": flavor.ram_mb / 3,
        "disk.root.size": flavor.disk_gb,
    }
    return float(given[name])
