# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Neutron as clients change it.

Networks, subnets and floating IPs become parts of the scenario. Routers, ports and security groups, which
nothing else is computed from, are kept as rows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

from aiohttp import web

from sandbox_cloud import answers, changing
from sandbox_cloud.changing import Row, refuse
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import FloatingIp, Network, mac_address, stable_id

Listed = Callable[[str], list[Row]]
#: Path of a list -> what one of it is called, as keys of answers have it.
_SINGULAR = {
    "networks": "network",
    "subnets": "subnet",
    "ports": "port",
    "routers": "router",
    "security-groups": "security_group",
    "security-group-rules": "security_group_rule",
    "floatingips": "floatingip",
}
#: Those that are kept as rows.
_KEPT = ("ports", "routers", "security-groups", "security-group-rules")
#: What a client may change of any of them.
_CHANGED = ("name", "description", "admin_state_up", "external_gateway_info", "security_groups", "tags")


def routes(cloud: Cloud, base: str, listed: Listed) -> list[web.RouteDef]:
    """The routes behind base. listed: all rows of the list of that path."""

    def shown(request: web.Request, path: str) -> Row:
        identity = request["identity"].owner.project_id
        singular = _SINGULAR[path]
        rows = [row for row in listed(path) if row["project_id"] == identity or _is_seen(cloud, row)]
        found = changing.named(rows, "id", request.match_info["id"])
        if found is None:
            name = singular.replace("_", " ").capitalize()
            raise refuse("network", 404, f"{name} {request.match_info['id']} could not be found.")
        return found

    def one(path: str) -> Any:
        async def answer(request: web.Request) -> web.Response:
            return answers.body({_SINGULAR[path]: shown(request, path)})

        return answer

    def create(path: str) -> Any:
        async def answer(request: web.Request) -> web.Response:
            changing.owner_only(cloud, request, "network")
            asked = await changing.content(request, "network", _SINGULAR[path])
            made_id = _MAKERS[path](cloud, asked)
            (row,) = [row for row in listed(path) if row["id"] == made_id]
            return answers.body({_SINGULAR[path]: row}, 201)

        return answer

    def update(path: str) -> Any:
        async def answer(request: web.Request) -> web.Response:
            changing.owner_only(cloud, request, "network")
            row = shown(request, path)
            asked = await changing.content(request, "network", _SINGULAR[path])
            if path == "floatingips" and "port_id" in asked:
                _associate(cloud, row["floating_ip_address"], asked["port_id"])
            elif path in _KEPT:
                row.update({key: asked[key] for key in _CHANGED if key in asked})
            return answers.body({_SINGULAR[path]: shown(request, path)})

        return answer

    def delete(path: str) -> Any:
        async def answer(request: web.Request) -> web.Response:
            changing.owner_only(cloud, request, "network")
            _delete(cloud, path, shown(request, path))
            return web.Response(status=204)

        return answer

    async def interface(request: web.Request) -> web.Response:
        changing.owner_only(cloud, request, "network")
        row, asked = shown(request, "routers"), await request.json()
        subnet_id = asked.get("subnet_id") if isinstance(asked, dict) else None
        subnet = changing.named(listed("subnets"), "id", subnet_id)
        if subnet is None:
            raise refuse("network", 404, f"Subnet {subnet_id} could not be found.")
        port = _router_port(cloud, row, subnet)
        if "add" in request.path:
            _keep(cloud, "ports", port)
        else:
            rows = cloud.made.get("ports", [])
            cloud.made["ports"] = [one for one in rows if one["id"] != port["id"]]
            cloud.rendered.clear()
        told = {"id": row["id"], "subnet_id": subnet_id, "port_id": port["id"]}
        return answers.body({**told, "network_id": subnet["network_id"], "subnet_ids": [subnet_id]})

    return [
        *(
            route
            for path in _SINGULAR
            for route in (
                web.get(f"{base}/{path}/{{id}}", one(path)),
                web.post(f"{base}/{path}", create(path)),
                web.put(f"{base}/{path}/{{id}}", update(path)),
                web.delete(f"{base}/{path}/{{id}}", delete(path)),
            )
        ),
        web.put(f"{base}/routers/{{id}}/add_router_interface", interface),
        web.put(f"{base}/routers/{{id}}/remove_router_interface", interface),
    ]


def _is_seen(cloud: Cloud, row: Row) -> bool:
    shared = {stable_id("network", one.name) for one in cloud.scenario.networks if one.shared or one.external}
    return row.get("network_id", row["id"]) in shared and "port_id" not in row


def _stamp(cloud: Cloud) -> Row:
    owner, now = cloud.scenario.project.project_id, answers.seconds(cloud.now())
    stamp = {"description": "", "tags": [], "created_at": now, "updated_at": now, "revision_number": 1}
    return {"project_id": owner, "tenant_id": owner, **stamp}


def _keep(cloud: Cloud, path: str, row: Row) -> str:
    cloud.made.setdefault(path, []).append(row)
    cloud.rendered.clear()
    return str(row["id"])


def _new_id(cloud: Cloud, kind: str) -> str:
    """One that no other row has, the same in every run."""
    cloud.made_count += 1
    return stable_id(f"made {kind}", str(cloud.made_count))


def _network(cloud: Cloud, asked: Row) -> str:
    name = str(asked.get("name", ""))
    if not name or any(one.name == name for one in cloud.scenario.networks):
        raise refuse("network", 409, f"The sandbox has a network of the name {name!r} already.")
    shared, external = bool(asked.get("shared")), bool(asked.get("router:external"))
    made = Network(name, (), shared=shared, external=external)
    changing.change(cloud, networks=(*cloud.scenario.networks, made))
    return stable_id("network", name)


def _subnet(cloud: Cloud, asked: Row) -> str:
    try:
        cidr = str(ip_network(str(asked.get("cidr"))))
    except ValueError:
        raise refuse("network", 400, f"{asked.get('cidr')!r} is not a valid IP subnet.") from None
    if any(cidr in one.cidrs for one in cloud.scenario.networks):
        raise refuse("network", 409, f"The sandbox has a subnet of {cidr} already.")
    of = _of_id(cloud, asked.get("network_id"))
    names = {**of.subnet_names, cidr: str(asked.get("name", ""))}
    _replace(cloud, dataclasses.replace(of, cidrs=(*of.cidrs, cidr), subnet_names=names))
    return stable_id("subnet", cidr)


def _of_id(cloud: Cloud, network_id: object) -> Network:
    for one in cloud.scenario.networks:
        if stable_id("network", one.name) == network_id:
            return one
    raise refuse("network", 404, f"Network {network_id} could not be found.")


def _replace(cloud: Cloud, network: Network) -> None:
    networks = (network if one.name == network.name else one for one in cloud.scenario.networks)
    changing.change(cloud, networks=tuple(networks))


def _port(cloud: Cloud, asked: Row) -> str:
    of, port_id = _of_id(cloud, asked.get("network_id")), _new_id(cloud, "port")
    number = len(cloud.made.get("ports", []))
    fixed = [
        {"subnet_id": stable_id("subnet", cidr), "ip_address": str(ip_network(cidr)[20 + number])}
        for cidr in of.cidrs[:1]
    ]
    row = _port_row(cloud, port_id, of.name, fixed) | {"name": str(asked.get("name", ""))}
    row["security_groups"] = list(asked.get("security_groups") or row["security_groups"])
    return _keep(cloud, "ports", row)


def _port_row(cloud: Cloud, port_id: str, network: str, fixed: list[Row]) -> Row:
    return {
        "id": port_id,
        "name": "",
        "network_id": stable_id("network", network),
        "mac_address": mac_address(port_id),
        "admin_state_up": True,
        "status": "DOWN",
        "device_id": "",
        "device_owner": "",
        "fixed_ips": fixed,
        "allowed_address_pairs": [],
        "extra_dhcp_opts": [],
        "security_groups": [stable_id("security_group", one) for one in cloud.scenario.security_groups[:1]],
        "binding:vnic_type": "normal",
        "port_security_enabled": True,
        **_stamp(cloud),
    }


def _router_port(cloud: Cloud, router: Row, subnet: Row) -> Row:
    """The port of a router on a subnet, which has the gateway's address."""
    port_id = stable_id("port", f"{router['id']}/{subnet['id']}")
    network = next(one for one in cloud.scenario.networks if subnet["cidr"] in one.cidrs)
    fixed = [{"subnet_id": subnet["id"], "ip_address": subnet["gateway_ip"]}]
    row = _port_row(cloud, port_id, network.name, fixed)
    return row | {"device_id": router["id"], "device_owner": "network:router_interface", "status": "ACTIVE"}


def _router(cloud: Cloud, asked: Row) -> str:
    gateway = asked.get("external_gateway_info")
    if gateway:
        network = _of_id(cloud, gateway.get("network_id"))
        cidr = network.cidrs[0]
        address = {"subnet_id": stable_id("subnet", cidr), "ip_address": str(ip_network(cidr)[3])}
        gateway = {"enable_snat": True, "external_fixed_ips": [address], **gateway}
    row = {
        "id": _new_id(cloud, "router"),
        "name": str(asked.get("name", "")),
        "admin_state_up": True,
        "status": "ACTIVE",
        "external_gateway_info": gateway,
        "availability_zones": [],
        "availability_zone_hints": [],
        "routes": [],
        "flavor_id": None,
        **_stamp(cloud),
    }
    return _keep(cloud, "routers", row)


def _security_group(cloud: Cloud, asked: Row) -> str:
    group_id = _new_id(cloud, "security group")
    egress = [
        _rule_row(cloud, {"security_group_id": group_id, "direction": "egress", "ethertype": version})
        for version in ("IPv4", "IPv6")
    ]
    row = {
        "id": group_id,
        "name": str(asked.get("name", "")),
        "stateful": True,
        "shared": False,
        "security_group_rules": egress,
        **_stamp(cloud),
        "description": str(asked.get("description") or ""),
    }
    return _keep(cloud, "security-groups", row)


def _rule_row(cloud: Cloud, asked: Row) -> Row:
    told = ("security_group_id", "direction", "protocol", "port_range_min", "port_range_max")
    prefix = asked.get("remote_ip_prefix")
    return {
        "id": _new_id(cloud, "rule"),
        **{key: asked.get(key) for key in told},
        "ethertype": asked.get("ethertype", "IPv4"),
        "remote_ip_prefix": prefix,
        "remote_address_group_id": None,
        "normalized_cidr": prefix,
        "remote_group_id": asked.get("remote_group_id"),
        "standard_attr_id": cloud.made_count,
        "belongs_to_default_sg": False,
        **_stamp(cloud),
    }


def _rule(cloud: Cloud, asked: Row) -> str:
    row = _rule_row(cloud, asked)
    for group in cloud.made.get("security-groups", []):
        if group["id"] == row["security_group_id"]:
            group["security_group_rules"].append(row)
    return _keep(cloud, "security-group-rules", row)


def _floating_ip(cloud: Cloud, asked: Row) -> str:
    network = _of_id(cloud, asked.get("floating_network_id"))
    if not network.external or not network.cidrs:
        raise refuse("network", 400, f"Network {network.name} is not a valid external network.")
    taken = {ip_address(one.address) for one in cloud.scenario.floating_ips}
    address = next(str(one) for one in list(ip_network(network.cidrs[0]).hosts())[10:] if one not in taken)
    made = FloatingIp(address, network.name, None, changing.age_h(cloud))
    changing.change(cloud, floating_ips=(*cloud.scenario.floating_ips, made))
    if asked.get("port_id"):
        _associate(cloud, address, asked["port_id"])
    return stable_id("floating_ip", address)


def _associate(cloud: Cloud, address: str, port_id: object) -> None:
    """Give the floating IP to the server that has the port, or to none."""
    servers = {stable_id("port", one.name): one.name for one in cloud.scenario.servers}
    if port_id is not None and port_id not in servers:
        raise refuse("network", 404, f"Port {port_id} could not be found.")
    server = None if port_id is None else servers[str(port_id)]
    changed = (
        dataclasses.replace(one, attached_to=server) if one.address == address else one
        for one in cloud.scenario.floating_ips
    )
    changing.change(cloud, floating_ips=tuple(changed))


def _delete(cloud: Cloud, path: str, row: Row) -> None:
    scenario = cloud.scenario
    if path == "networks":
        changing.change(cloud, networks=tuple(one for one in scenario.networks if one.name != row["name"]))
    elif path == "floatingips":
        address = row["floating_ip_address"]
        rest = tuple(one for one in scenario.floating_ips if one.address != address)
        changing.change(cloud, floating_ips=rest)
    elif path == "subnets":
        of = _of_id(cloud, row["network_id"])
        cidrs = tuple(cidr for cidr in of.cidrs if cidr != row["cidr"])
        _replace(cloud, dataclasses.replace(of, cidrs=cidrs))
    elif row in cloud.made.get(path, []):
        cloud.made[path].remove(row)
        cloud.rendered.clear()
    else:
        raise refuse("network", 409, "The sandbox removes only what was made in it.")


_MAKERS: dict[str, Callable[[Cloud, Row], str]] = {
    "networks": _network,
    "subnets": _subnet,
    "ports": _port,
    "routers": _router,
    "security-groups": _security_group,
    "security-group-rules": _rule,
    "floatingips": _floating_ip,
}
