# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Octavia as clients change it: load balancers are there at once. What they do is kept as rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox_cloud import answers, changing
from sandbox_cloud.changing import Row, refuse
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import LoadBalancer, stable_id

#: Path of a list -> what one of it is called.
_KEPT = {"listeners": "listener", "pools": "pool", "healthmonitors": "healthmonitor"}
Rows = Callable[[web.Request], list[Row]]


def routes(cloud: Cloud, base: str, balancers: Rows) -> list[web.RouteDef]:
    """The routes behind base. balancers: the rows that a request sees."""

    def shown(request: web.Request) -> Row:
        identifier = request.match_info["id"]
        return changing.one_of("load_balancer", lambda: balancers(request), "Load Balancer", identifier)

    async def one(request: web.Request) -> web.Response:
        return answers.body({"loadbalancer": shown(request)})

    async def create(request: web.Request) -> web.Response:
        changing.owner_only(cloud, request, "load_balancer")
        asked = await changing.content(request, "load_balancer", "loadbalancer")
        name, known = str(asked.get("name", "")), cloud.scenario.load_balancers
        if not name or any(one.name == name for one in known):
            raise refuse(
                "load_balancer", 409, f"The sandbox has a load balancer of the name {name!r} already."
            )
        made = LoadBalancer(name, _network(cloud, asked), changing.age_h(cloud))
        changing.change(cloud, load_balancers=(*known, made))
        row = changing.named(balancers(request), "name", name)
        return answers.body({"loadbalancer": row}, 201)

    async def delete(request: web.Request) -> web.Response:
        changing.owner_only(cloud, request, "load_balancer")
        name = shown(request)["name"]
        rest = tuple(one for one in cloud.scenario.load_balancers if one.name != name)
        changing.change(cloud, load_balancers=rest)
        return web.Response(status=204)

    return [
        web.get(f"{base}/lbaas/loadbalancers/{{id}}", one),
        web.post(f"{base}/lbaas/loadbalancers", create),
        web.delete(f"{base}/lbaas/loadbalancers/{{id}}", delete),
        *(route for path in _KEPT for route in _kept_routes(cloud, base, path)),
    ]


def _network(cloud: Cloud, asked: Row) -> str:
    for one in cloud.scenario.networks:
        subnets = [stable_id("subnet", cidr) for cidr in one.cidrs]
        if stable_id("network", one.name) == asked.get("vip_network_id") or (
            asked.get("vip_subnet_id") in subnets
        ):
            return one.name
    raise refuse("load_balancer", 400, "Validation failure: VIP must contain one of: a port, network, subnet")


def _kept_routes(cloud: Cloud, base: str, path: str) -> list[web.RouteDef]:
    """Listeners, pools and the like, as they were asked for."""
    singular = _KEPT[path]

    def rows(request: web.Request) -> list[Row]:
        return cloud.made.get(path, []) if cloud.owns_all(request["identity"]) else []

    def found(request: web.Request) -> Row:
        identifier = request.match_info["id"]
        return changing.one_of("load_balancer", lambda: rows(request), singular, identifier)

    async def listed(request: web.Request) -> web.Response:
        name = request.query.get("name")
        chosen = [row for row in rows(request) if name in (None, row["name"])]
        return answers.body({path: chosen, f"{path}_links": []})

    async def one(request: web.Request) -> web.Response:
        return answers.body({singular: found(request)})

    async def create(request: web.Request) -> web.Response:
        changing.owner_only(cloud, request, "load_balancer")
        asked = await changing.content(request, "load_balancer", singular)
        owner = cloud.scenario.project.project_id
        cloud.made_count += 1
        state = {"provisioning_status": "ACTIVE", "operating_status": "ONLINE", "admin_state_up": True}
        stamp: dict[str, Any] = {"project_id": owner, "tenant_id": owner, "tags": []}
        row = {"id": stable_id(singular, str(cloud.made_count)), "name": "", **state, **stamp, **asked}
        cloud.made.setdefault(path, []).append(row)
        return answers.body({singular: row}, 201)

    async def delete(request: web.Request) -> web.Response:
        changing.owner_only(cloud, request, "load_balancer")
        cloud.made[path].remove(found(request))
        return web.Response(status=204)

    return [
        web.get(f"{base}/lbaas/{path}", listed),
        web.post(f"{base}/lbaas/{path}", create),
        web.get(f"{base}/lbaas/{path}/{{id}}", one),
        web.delete(f"{base}/lbaas/{path}/{{id}}", delete),
    ]
