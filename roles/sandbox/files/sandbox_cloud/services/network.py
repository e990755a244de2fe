# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Neutron 2.0: what a project sees, and what it owns."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import FloatingIp, Network, fixed_address, mac_address, stable_id
from sandbox_cloud.services import network_changes

Rows = list[dict[str, Any]]
#: Query parameters that do not filter.
_NOT_FILTERS = {"fields", "limit", "marker", "page_reverse", "sort_dir", "sort_key"}


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The network service's routes."""
    base = f"{prefix}/v2.0"

    async def version(request: web.Request) -> web.Response:
        link = f"{request.url.origin()}{base}/"
        return answers.body(
            {"versions": [{"id": "v2.0", "status": "CURRENT", "links": [{"rel": "self", "href": link}]}]}
        )

    def listing(key: str, rows: Callable[[Cloud], Rows]) -> Any:
        async def answer(request: web.Request) -> web.Response:
            identity = request["identity"]
            known = _known(cloud, key, rows)
            seen = [
                row
                for row in known
                if row["project_id"] == identity.owner.project_id or _is_shared(cloud, row)
            ]
            if cloud.is_operator(identity) and "project_id" not in request.query:
                seen = cloud.of_every_project(identity, known, "project_id", "tenant_id")
            chosen, following = answers.page("network", request, _filtered(request, seen, known), None)
            fields = request.query.getall("fields", [])
            if fields:
                chosen = [{name: row[name] for name in fields if name in row} for row in chosen]
            return answers.body(answers.listed(key, chosen, following))

        return answer

    async def quotas(request: web.Request) -> web.Response:
        identity = request["identity"]
        if request.match_info["project"] != identity.owner.project_id:
            sentence = (
                "User does not have admin privileges: Only admin is authorized to access quotas for"
                " another project."
            )
            return answers.body(
                {"NeutronError": {"type": "AdminRequired", "message": sentence, "detail": ""}}, 403
            )
        limits = cloud.scenario.quotas.network
        if "/details" not in request.path:
            return answers.body({"quota": dict(limits)})
        used = _used(cloud, identity.owner.project_id)
        return answers.body(
            {
                "quota": {
                    name: {"limit": limit, "used": used.get(name, 0), "reserved": 0}
                    for name, limit in limits.items()
                }
            }
        )

    return [
        web.get(prefix, version),
        web.get(f"{prefix}/", version),
        web.get(f"{base}/quotas/{{project}}", quotas),
        web.get(f"{base}/quotas/{{project}}/details", quotas),
        web.get(f"{base}/quotas/{{project}}/details.json", quotas),
        *(web.get(f"{base}/{path}", listing(key, rows)) for path, (key, rows) in _LISTS.items()),
        *network_changes.routes(cloud, base, lambda path: _known(cloud, *_LISTS[path])),
    ]


def _known(cloud: Cloud, key: str, rows: Callable[[Cloud], Rows]) -> Rows:
    """All rows of a list, made on first use: a large cloud's client is not to wait for the sandbox."""
    made = cloud.made.get(key.replace("_", "-"), [])
    found: Rows = cloud.cached(("network", key), lambda: [*rows(cloud), *made])
    return found


def _filtered(request: web.Request, rows: Rows, known: Rows) -> Rows:
    """The rows that match every query parameter; a field given twice matches either.

    Raises Refused for what is no plain field.
    """
    for name in request.query.keys() - _NOT_FILTERS:
        if known and not all(isinstance(row.get(name, ""), str | int | None) for row in known):
            raise answers.Refused(answers.error("network", 400, f"the sandbox does not filter by {name}"))
        if known and not any(name in row for row in known):
            raise answers.Refused(
                answers.error("network", 400, f"['{name}'] is invalid attribute for filtering")
            )
        wanted = {value.lower() for value in request.query.getall(name)}
        rows = [row for row in rows if str(row.get(name)).lower() in wanted]
    return rows


def _is_shared(cloud: Cloud, row: dict[str, Any]) -> bool:
    """Networks that are shared or external, and their subnets, are seen by everybody."""
    network_id = row.get("network_id") if "cidr" in row else row["id"] if "mtu" in row else None
    return any(
        stable_id("network", one.name) == network_id
        for one in cloud.scenario.networks
        if one.shared or one.external
    )


def _used(cloud: Cloud, project_id: str) -> dict[str, int]:
    """What the project owns, by the singular names of the quotas."""
    counted = {
        name: sum(row["project_id"] == project_id for row in _known(cloud, *_LISTS[path]))
        for name, path in (
            ("network", "networks"),
            ("subnet", "subnets"),
            ("port", "ports"),
            ("router", "routers"),
            ("floatingip", "floatingips"),
            ("security_group", "security-groups"),
        )
    }
    groups = [row for row in _known(cloud, *_LISTS["security-groups"]) if row["project_id"] == project_id]
    return {**counted, "security_group_rule": sum(len(row["security_group_rules"]) for row in groups)}


def _owner_id(cloud: Cloud, one: Network) -> str:
    return (
        cloud.scenario.project.project_id
        if one.owner == "project"
        else stable_id("project", "provider").replace("-", "")
    )


def _stamp(cloud: Cloud, project_id: str, hours_ago: int = 1000) -> dict[str, Any]:
    created = answers.seconds(cloud.created(hours_ago))
    return {
        "project_id": project_id,
        "tenant_id": project_id,
        "description": "",
        "tags": [],
        "created_at": created,
        "updated_at": created,
        "revision_number": 1,
    }


def _networks(cloud: Cloud) -> Rows:
    return [
        {
            "id": stable_id("network", one.name),
            "name": one.name,
            "admin_state_up": True,
            "mtu": 1450,
            "status": "ACTIVE",
            "subnets": [stable_id("subnet", cidr) for cidr in one.cidrs],
            "shared": one.shared,
            "availability_zone_hints": [],
            "availability_zones": [],
            "ipv4_address_scope": None,
            "ipv6_address_scope": None,
            "router:external": one.external,
            "port_security_enabled": True,
            **({"is_default": False} if one.external else {}),
            **_stamp(cloud, _owner_id(cloud, one)),
        }
        for one in cloud.scenario.networks
    ]


def _subnets(cloud: Cloud) -> Rows:
    return [
        {
            "id": stable_id("subnet", cidr),
            "name": one.subnet_names.get(cidr, f"{one.name}4"),
            "network_id": stable_id("network", one.name),
            "ip_version": 4,
            "subnetpool_id": None,
            "enable_dhcp": not one.external,
            "ipv6_ra_mode": None,
            "ipv6_address_mode": None,
            "gateway_ip": str(ip_network(cidr)[1]),
            "cidr": cidr,
            "allocation_pools": [{"start": str(ip_network(cidr)[2]), "end": str(ip_network(cidr)[-2])}],
            "host_routes": [],
            "dns_nameservers": [],
            "router:external": one.external,
            "service_types": [],
            **_stamp(cloud, _owner_id(cloud, one)),
        }
        for one in cloud.scenario.networks
        for cidr in one.cidrs
    ]


def _ports(cloud: Cloud) -> Rows:
    """One per server, per network of a router, and per load balancer.

    Those of floating IPs are not the project's.
    """
    held = [
        *(
            (one.name, one.network, "compute:nova", stable_id("server", one.name))
            for one in cloud.scenario.servers
        ),
        *(
            (f"{one.name}/{network}", network, "network:router_interface", stable_id("router", one.name))
            for one in cloud.scenario.routers
            for network in one.networks
        ),
        *(
            (one.name, one.network, "Octavia", f"lb-{stable_id('load_balancer', one.name)}")
            for one in cloud.scenario.load_balancers
        ),
    ]
    return [_port(cloud, *one) for one in held]


def _port(cloud: Cloud, name: str, network: str, owner: str, device: str) -> dict[str, Any]:
    of = next(one for one in cloud.scenario.networks if one.name == network)
    return {
        "id": stable_id("port", name),
        "name": "",
        "network_id": stable_id("network", network),
        "mac_address": mac_address(stable_id("port", name)),
        "admin_state_up": True,
        "status": "ACTIVE",
        "device_id": device,
        "device_owner": owner,
        "fixed_ips": [
            {"subnet_id": stable_id("subnet", of.cidrs[0]), "ip_address": _port_address(of, name, owner)}
        ],
        "allowed_address_pairs": [],
        "extra_dhcp_opts": [],
        "security_groups": [stable_id("security_group", name) for name in cloud.scenario.security_groups[:1]],
        "binding:vnic_type": "normal",
        "port_security_enabled": True,
        **_stamp(cloud, cloud.scenario.project.project_id),
    }


def _port_address(network: Network, name: str, owner: str) -> str:
    """A router has the gateway's address, others their own."""
    return str(ip_network(network.cidrs[0])[1]) if "router" in owner else fixed_address(network, name)


def _routers(cloud: Cloud) -> Rows:
    # One that a client made has no block before it has a subnet.
    cidrs = {one.name: one.cidrs[0] for one in cloud.scenario.networks if one.cidrs}
    return [
        {
            "id": stable_id("router", one.name),
            "name": one.name,
            "admin_state_up": True,
            "status": "ACTIVE",
            "external_gateway_info": {
                "network_id": stable_id("network", one.gateway),
                "external_fixed_ips": [
                    {
                        "subnet_id": stable_id("subnet", cidrs[one.gateway]),
                        "ip_address": str(ip_network(cidrs[one.gateway])[2]),
                    }
                ],
                "enable_snat": True,
            },
            "availability_zones": [],
            "availability_zone_hints": [],
            "routes": [],
            "flavor_id": None,
            **_stamp(cloud, cloud.scenario.project.project_id),
        }
        for one in cloud.scenario.routers
    ]


def _security_groups(cloud: Cloud) -> Rows:
    project_id = cloud.scenario.project.project_id
    return [
        {
            "id": stable_id("security_group", name),
            "name": name,
            "stateful": True,
            "shared": False,
            "security_group_rules": [_rule(cloud, name, direction) for direction in ("egress", "ingress")],
            **_stamp(cloud, project_id),
        }
        for name in cloud.scenario.security_groups
    ]


def _security_group_rules(cloud: Cloud) -> Rows:
    return [rule for group in _security_groups(cloud) for rule in group["security_group_rules"]]


def _rule(cloud: Cloud, group: str, direction: str) -> dict[str, Any]:
    return {
        "id": stable_id("rule", f"{group}/{direction}"),
        "security_group_id": stable_id("security_group", group),
        "ethertype": "IPv4",
        "direction": direction,
        "protocol": "tcp",
        "port_range_min": 443,
        "port_range_max": 443,
        "remote_ip_prefix": "0.0.0.0/0",
        "remote_address_group_id": None,
        "normalized_cidr": "0.0.0.0/0",
        "remote_group_id": None,
        "standard_attr_id": 35,
        "belongs_to_default_sg": None,
        **_stamp(cloud, cloud.scenario.project.project_id),
    }


def _floating_ips(cloud: Cloud) -> Rows:
    return [_floating_ip(cloud, one) for one in cloud.scenario.floating_ips]


def _floating_ip(cloud: Cloud, one: FloatingIp) -> dict[str, Any]:
    server = next((server for server in cloud.scenario.servers if server.name == one.attached_to), None)
    port = (
        _port(cloud, server.name, server.network, "compute:nova", stable_id("server", server.name))
        if server
        else None
    )
    told = ("name", "network_id", "mac_address", "admin_state_up", "status", "device_id", "device_owner")
    return {
        "id": stable_id("floating_ip", one.address),
        "floating_ip_address": one.address,
        "floating_network_id": stable_id("network", one.network),
        "router_id": stable_id("router", cloud.scenario.routers[0].name)
        if port and cloud.scenario.routers
        else None,
        "port_id": port["id"] if port else None,
        "fixed_ip_address": port["fixed_ips"][0]["ip_address"] if port else None,
        "status": "ACTIVE" if port else "DOWN",
        "port_details": {name: port[name] for name in told} if port else None,
        **_stamp(cloud, cloud.scenario.project.project_id, one.created_hours_ago),
        "tags": list(one.tags),
    }


_LISTS: dict[str, tuple[str, Callable[[Cloud], Rows]]] = {
    "networks": ("networks", _networks),
    "subnets": ("subnets", _subnets),
    "ports": ("ports", _ports),
    "routers": ("routers", _routers),
    "security-groups": ("security_groups", _security_groups),
    "security-group-rules": ("security_group_rules", _security_group_rules),
    "floatingips": ("floatingips", _floating_ips),
}
