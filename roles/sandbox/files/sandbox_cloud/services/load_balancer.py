# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Octavia v2: load balancers, and quotas that tell no use."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import LoadBalancer, fixed_address, stable_id
from sandbox_cloud.services import load_balancer_changes


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The load balancer service's routes; v2 and v2.0 are the same."""

    async def version(request: web.Request) -> web.Response:
        link = f"{request.url.origin()}{prefix}/v2"
        return answers.body(
            {"versions": [{"id": "v2.27", "status": "CURRENT", "links": [{"rel": "self", "href": link}]}]}
        )

    def owned(request: web.Request) -> list[dict[str, Any]]:
        identity = request["identity"]
        if cloud.is_operator(identity) and "project_id" not in request.query:
            rows = [_balancer(cloud, one) for one in cloud.scenario.load_balancers]
            return cloud.of_every_project(identity, rows, "project_id", "tenant_id")
        if not cloud.owns_all(identity):
            return []
        return [_balancer(cloud, one) for one in cloud.scenario.load_balancers]

    async def balancers(request: web.Request) -> web.Response:
        identity = request["identity"]
        if request.query.get("project_id", identity.owner.project_id) != identity.owner.project_id:
            return answers.error("load_balancer", 403, "Policy does not allow this request to be performed.")
        rows = [row for row in owned(request) if row["name"] == request.query.get("name", row["name"])]
        chosen, following = answers.page("load_balancer", request, rows, None)
        fields = request.query.getall("fields", [])
        if fields:
            chosen = [{name: row[name] for name in fields if name in row} for row in chosen]
        links = [{"rel": "next", "href": following}] if following else []
        return answers.body({"loadbalancers": chosen, "loadbalancers_links": links})

    async def quotas(request: web.Request) -> web.Response:
        if request.match_info["project"] != request["identity"].owner.project_id:
            return answers.error("load_balancer", 403, "Policy does not allow this request to be performed.")
        return answers.body({"quota": dict(cloud.scenario.quotas.load_balancer)})

    return [
        web.get(prefix, version),
        web.get(f"{prefix}/", version),
        *(web.get(f"{prefix}/{number}/lbaas/loadbalancers", balancers) for number in ("v2", "v2.0")),
        *(web.get(f"{prefix}/{number}/lbaas/quotas/{{project}}", quotas) for number in ("v2", "v2.0")),
        *(
            route
            for number in ("v2", "v2.0")
            for route in load_balancer_changes.routes(cloud, f"{prefix}/{number}", owned)
        ),
    ]


def _balancer(cloud: Cloud, one: LoadBalancer) -> dict[str, Any]:
    network = next(network for network in cloud.scenario.networks if network.name == one.network)
    project_id = cloud.scenario.project.project_id
    return {
        "id": stable_id("load_balancer", one.name),
        "name": one.name,
        "description": "",
        "provisioning_status": "ACTIVE",
        "operating_status": "ONLINE",
        "admin_state_up": True,
        "project_id": project_id,
        "created_at": answers.seconds(cloud.created(one.created_hours_ago)).removesuffix("Z"),
        "updated_at": None,
        "vip_address": fixed_address(network, one.name),
        "vip_port_id": stable_id("port", one.name),
        "vip_subnet_id": stable_id("subnet", network.cidrs[0]),
        "vip_network_id": stable_id("network", one.network),
        "vip_sg_ids": [],
        "additional_vips": [],
        "listeners": [],
        "pools": [],
        "provider": "amphora",
        "flavor_id": None,
        "vip_qos_policy_id": None,
        "tags": list(one.tags),
        "availability_zone": None,
        "vip_vnic_type": "normal",
        "tenant_id": project_id,
    }
