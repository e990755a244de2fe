# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova 2.1 up to the scenario's newest microversion: servers, quotas, limits and the hours that were used."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import Server, fixed_address, mac_address, stable_id
from sandbox_cloud.services import compute_changes

SMALLEST = (2, 1)
PAGE_LIMIT = 1000
_POWER = {"ACTIVE": 1, "SHUTOFF": 4, "VERIFY_RESIZE": 1, "ERROR": 0, "PAUSED": 3, "SHELVED_OFFLOADED": 4}
_VM_STATE = {
    "ACTIVE": "active",
    "SHUTOFF": "stopped",
    "VERIFY_RESIZE": "resized",
    "ERROR": "error",
    "SHELVED_OFFLOADED": "shelved_offloaded",
}
#: In these states Nova tells how far a server has come.
_PROGRESSING = ("ACTIVE", "BUILD", "DELETED", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING")
#: Dropped from quotas with that microversion; -1 and 0 for those that nova-network once had.
_OLD_QUOTAS = {
    (2, 36): {"fixed_ips": -1, "floating_ips": -1, "security_group_rules": -1, "security_groups": -1},
    (2, 57): {"injected_file_content_bytes": 10240, "injected_file_path_bytes": 255, "injected_files": 5},
}
_LIMIT_NAMES = {
    "maxTotalCores": "cores",
    "maxTotalInstances": "instances",
    "maxTotalKeypairs": "key_pairs",
    "maxServerMeta": "metadata_items",
    "maxTotalRAMSize": "ram",
    "maxServerGroups": "server_groups",
    "maxServerGroupMembers": "server_group_members",
}
_OLD_LIMITS = {
    (2, 36): {
        "maxTotalFloatingIps": -1,
        "maxSecurityGroups": -1,
        "maxSecurityGroupRules": -1,
        "totalFloatingIpsUsed": 0,
        "totalSecurityGroupsUsed": 0,
    },
    (2, 39): {"maxImageMeta": 128},
    (2, 57): {"maxPersonality": 5, "maxPersonalitySize": 10240},
}


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The compute service's routes."""
    base = f"{prefix}/v2.1"

    async def version(request: web.Request) -> web.Response:
        link = f"{request.url.origin()}{base}/"
        known = {
            "id": "v2.1",
            "status": "CURRENT",
            "version": cloud.scenario.newest_compute_microversion,
            "min_version": "2.1",
            "links": [{"rel": "self", "href": link}],
        }
        return answers.body({"version": known} if request.path.startswith(base) else {"versions": [known]})

    def server_rows(request: web.Request) -> list[dict[str, Any]]:
        every = "all_tenants" in request.query
        if not every and not cloud.owns_all(request["identity"]):
            return []
        asked = _microversion(cloud, request)
        key = ("servers", asked, request.url.origin())
        found: list[dict[str, Any]] = cloud.cached(key, lambda: _servers(cloud, asked, request))
        return cloud.of_every_project(request["identity"], found, "tenant_id") if every else found

    def flavor_rows(request: web.Request) -> list[dict[str, Any]]:
        asked, origin = _microversion(cloud, request), f"{request.url.origin()}/compute"
        return [_listed_flavor(cloud, name, asked, origin) for name in cloud.scenario.flavors]

    async def servers(request: web.Request) -> web.Response:
        asked = _microversion(cloud, request)
        if "all_tenants" in request.query and not cloud.is_operator(request["identity"]):
            rule = "os_compute_api:servers:detail:get_all_tenants"
            return answers.forbidden("compute", rule, headers=_versions(asked))
        rows = _filtered(request, server_rows(request))
        chosen, following = answers.page("compute", request, rows, PAGE_LIMIT)
        if not request.path.endswith("/detail"):
            chosen = [{name: row[name] for name in ("id", "name", "links")} for row in chosen]
        return _told(answers.listed("servers", chosen, following), asked)

    async def flavors(request: web.Request) -> web.Response:
        asked = _microversion(cloud, request)
        chosen, following = answers.page("compute", request, flavor_rows(request), PAGE_LIMIT)
        if not request.path.endswith("/detail"):
            chosen = [{name: row[name] for name in ("id", "name", "links")} for row in chosen]
        return _told(answers.listed("flavors", chosen, following), asked)

    async def quotas(request: web.Request) -> web.Response:
        asked, identity = _microversion(cloud, request), request["identity"]
        if request.match_info["project"] != identity.owner.project_id:
            return answers.forbidden(
                "compute", "os_compute_api:os-quota-sets:detail", headers=_versions(asked)
            )
        used = _used(cloud) if cloud.owns_all(identity) else {}
        limits = dict(cloud.scenario.quotas.compute)
        for dropped, names in _OLD_QUOTAS.items():
            limits |= names if asked < dropped else {}
        rows: dict[str, Any] = {
            name: {"limit": limit, "in_use": used.get(name, 0), "reserved": 0}
            for name, limit in sorted(limits.items())
        }
        if not request.path.endswith("/detail"):
            rows = {name: row["limit"] for name, row in rows.items()}
        return _told({"quota_set": {"id": identity.owner.project_id, **rows}}, asked)

    async def limits(request: web.Request) -> web.Response:
        asked = _microversion(cloud, request)
        if "tenant_id" in request.query:
            return answers.forbidden(
                "compute", "os_compute_api:limits:other_project", headers=_versions(asked)
            )
        used = _used(cloud) if cloud.owns_all(request["identity"]) else {}
        absolute = {ours: cloud.scenario.quotas.compute[theirs] for ours, theirs in _LIMIT_NAMES.items()}
        for dropped, names in _OLD_LIMITS.items():
            absolute |= names if asked < dropped else {}
        absolute |= {
            "totalRAMUsed": used.get("ram", 0),
            "totalCoresUsed": used.get("cores", 0),
            "totalInstancesUsed": used.get("instances", 0),
            "totalServerGroupsUsed": 0,
        }
        return _told({"limits": {"rate": [], "absolute": absolute}}, asked)

    async def usage(request: web.Request) -> web.Response:
        asked, identity = _microversion(cloud, request), request["identity"]
        if request.match_info["project"] != identity.owner.project_id:
            return answers.forbidden(
                "compute", "os_compute_api:os-simple-tenant-usage:show", headers=_versions(asked)
            )
        window = [_moment(request.query.get(name), cloud.now()) for name in ("start", "end")]
        if None in window or window[0] > window[1]:  # type: ignore[operator]
            return answers.error(
                "compute", 400, "Invalid start time. The start time cannot occur after the end time."
            )
        owned = cloud.scenario.servers if cloud.owns_all(identity) else ()
        rows = [row for one in owned if (row := _usage(cloud, one, *window))]  # type: ignore[arg-type]
        page = _usage_page(request, identity.owner.project_id, rows, window, asked)  # type: ignore[arg-type]
        return _told(page, asked)

    return [
        web.get(prefix, version),
        web.get(f"{prefix}/", version),
        web.get(base, version),
        web.get(f"{base}/", version),
        web.get(f"{base}/servers", servers),
        web.get(f"{base}/servers/detail", servers),
        web.get(f"{base}/flavors", flavors),
        web.get(f"{base}/flavors/detail", flavors),
        web.get(f"{base}/os-quota-sets/{{project}}", quotas),
        web.get(f"{base}/os-quota-sets/{{project}}/detail", quotas),
        web.get(f"{base}/limits", limits),
        web.get(f"{base}/os-simple-tenant-usage/{{project}}", usage),
        *(
            web.route(one.method, one.path, _versioned(cloud, one.handler), **one.kwargs)
            for one in compute_changes.routes(cloud, base, server_rows, flavor_rows)
        ),
    ]


def _microversion(cloud: Cloud, request: web.Request) -> tuple[int, int]:
    """The microversion asked for, 2.1 where none is. A 406 for one that this Nova does not have."""
    newest = cloud.scenario.newest_compute_microversion
    largest = (2, int(newest.partition(".")[2]))
    asked = answers.microversion(request, "compute", largest)
    if asked is None:
        return SMALLEST
    if not SMALLEST <= asked <= largest:
        number = f"{asked[0]}.{asked[1]}"
        sentence = f"Version {number} is not supported by the API. Minimum is 2.1 and maximum is {newest}."
        raise answers.Refused(answers.error("compute", 406, sentence, headers=_versions(asked)))
    return asked


def _versioned(cloud: Cloud, handler: Any) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler, whose answers say of which version they are, as all of Nova's do."""

    async def answer(request: web.Request) -> web.StreamResponse:
        asked = _microversion(cloud, request)
        try:
            told: web.StreamResponse = await handler(request)
        except answers.Refused as refused:
            told = refused.answer
        told.headers.update(_versions(asked))
        return told

    return answer


def _told(content: Any, asked: tuple[int, int]) -> web.Response:
    return answers.body(content, headers=_versions(asked))


def _versions(asked: tuple[int, int]) -> dict[str, str]:
    number = f"{asked[0]}.{asked[1]}"
    return {"OpenStack-API-Version": f"compute {number}", "X-OpenStack-Nova-API-Version": number}


def _used(cloud: Cloud) -> dict[str, int]:
    """What counts against the quotas. Of key pairs and group members Nova always tells 0."""
    flavors = [cloud.scenario.flavors[one.flavor] for one in cloud.scenario.servers]
    return {
        "cores": sum(one.vcpus for one in flavors),
        "ram": sum(one.ram_mb for one in flavors),
        "instances": len(flavors),
    }


def _filtered(request: web.Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The servers of that status, and with that regular expression in their names."""
    status, name = request.query.get("status"), request.query.get("name")
    if status is not None:
        rows = [row for row in rows if row["status"] == status.upper()]
    if name is not None:
        rows = [row for row in rows if re.search(name, row["name"])]
    return rows


def _servers(cloud: Cloud, asked: tuple[int, int], request: web.Request) -> list[dict[str, Any]]:
    attached: dict[str | None, list[str]] = {}
    for volume in cloud.scenario.volumes:
        attached.setdefault(volume.attached_to, []).append(volume.name)
    floating: dict[str | None, list[str]] = {}
    for address in cloud.scenario.floating_ips:
        floating.setdefault(address.attached_to, []).append(address.address)
    networks = {one.name: one for one in cloud.scenario.networks}
    rows = []
    for one in cloud.scenario.servers:
        fixed = fixed_address(networks[one.network], one.name)
        addresses = [
            _address(fixed, "fixed", one),
            *(_address(ip, "floating", one) for ip in floating.get(one.name, [])),
        ]
        rows.append(_server(cloud, one, attached.get(one.name, []), addresses, asked, request))
    return rows


def _server(
    cloud: Cloud,
    one: Server,
    attached: list[str],
    addresses: list[dict[str, Any]],
    asked: tuple[int, int],
    request: web.Request,
) -> dict[str, Any]:
    identity = request["identity"].owner
    server_id, created = stable_id("server", one.name), cloud.created(one.created_hours_ago)
    origin = f"{request.url.origin()}/compute"
    row: dict[str, Any] = {
        "accessIPv4": "",
        "accessIPv6": "",
        "addresses": {one.network: addresses},
        "created": answers.seconds(created),
        "flavor": _flavor(cloud, one.flavor, asked, origin),
        "hostId": stable_id("host", one.name).replace("-", "") + "aabbccdd00112233445566778",
        "id": server_id,
        "image": "" if one.boot_volume else _image(cloud, origin),
        "links": [
            {"rel": "self", "href": f"{origin}/v2.1/servers/{server_id}"},
            {"rel": "bookmark", "href": f"{origin}/servers/{server_id}"},
        ],
        "metadata": dict(one.metadata),
        "name": one.name,
        "status": one.status,
        "tenant_id": identity.project_id,
        "user_id": identity.user_id,
        "updated": answers.seconds(created),
        "OS-DCF:diskConfig": "MANUAL",
        "OS-EXT-AZ:availability_zone": "nova",
        "config_drive": "",
        "key_name": None,
        "OS-SRV-USG:launched_at": answers.microseconds(created),
        "OS-SRV-USG:terminated_at": None,
        "OS-EXT-STS:task_state": one.task_state,
        "OS-EXT-STS:vm_state": _VM_STATE.get(one.status, one.status.lower()),
        "OS-EXT-STS:power_state": _POWER.get(one.status, 0),
        "os-extended-volumes:volumes_attached": [_attached(name, asked) for name in attached],
        "security_groups": [{"name": "default"}],
    }
    if one.status in _PROGRESSING:
        row["progress"] = 0
    newer: dict[tuple[int, int], dict[str, Any]] = {
        (2, 9): {"locked": one.locked},
        (2, 19): {"description": None},
        (2, 26): {"tags": []},
        (2, 63): {"trusted_image_certificates": None},
        (2, 73): {"locked_reason": None},
        (2, 90): {"OS-EXT-SRV-ATTR:hostname": one.name},
    }
    for since, names in newer.items():
        row |= names if asked >= since else {}
    return row


def _address(address: str, kind: str, one: Server) -> dict[str, Any]:
    """An address, fixed or floating, with the MAC of the server's port."""
    return {
        "version": 4,
        "addr": address,
        "OS-EXT-IPS:type": kind,
        "OS-EXT-IPS-MAC:mac_addr": mac_address(stable_id("port", one.name)),
    }


def _attached(name: str, asked: tuple[int, int]) -> dict[str, Any]:
    return {"id": stable_id("volume", name), **({"delete_on_termination": False} if asked >= (2, 3) else {})}


def _image(cloud: Cloud, origin: str) -> Any:
    if not cloud.scenario.images:
        return ""
    image_id = stable_id("image", cloud.scenario.images[0].name)
    return {"id": image_id, "links": [{"rel": "bookmark", "href": f"{origin}/images/{image_id}"}]}


def _flavor(cloud: Cloud, name: str, asked: tuple[int, int], origin: str) -> dict[str, Any]:
    """An id and a link below 2.47, from then on the flavor itself and no id."""
    flavor_id = stable_id("flavor", name)
    if asked < (2, 47):
        return {"id": flavor_id, "links": [{"rel": "bookmark", "href": f"{origin}/flavors/{flavor_id}"}]}
    flavor = cloud.scenario.flavors[name]
    return {
        "vcpus": flavor.vcpus,
        "ram": flavor.ram_mb,
        "disk": flavor.disk_gb,
        "ephemeral": flavor.ephemeral_gb,
        "swap": 0,
        "original_name": name,
        "extra_specs": dict(flavor.extra_specs),
    }


def _listed_flavor(cloud: Cloud, name: str, asked: tuple[int, int], origin: str) -> dict[str, Any]:
    """A flavor of the list of flavors, which names its size otherwise than a server does."""
    flavor, flavor_id = cloud.scenario.flavors[name], stable_id("flavor", name)
    row = {
        "id": flavor_id,
        "name": name,
        "ram": flavor.ram_mb,
        "disk": flavor.disk_gb,
        "swap": "" if asked < (2, 75) else 0,
        "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral_gb,
        "OS-FLV-DISABLED:disabled": False,
        "vcpus": flavor.vcpus,
        "os-flavor-access:is_public": True,
        "rxtx_factor": 1.0,
        "links": [
            {"rel": "self", "href": f"{origin}/v2.1/flavors/{flavor_id}"},
            {"rel": "bookmark", "href": f"{origin}/flavors/{flavor_id}"},
        ],
    }
    newer: dict[tuple[int, int], dict[str, Any]] = {
        (2, 55): {"description": None},
        (2, 61): {"extra_specs": dict(flavor.extra_specs)},
    }
    for since, names in newer.items():
        row |= names if asked >= since else {}
    return row


def _moment(text: str | None, now: datetime) -> datetime | None:
    """A moment as os-simple-tenant-usage takes it: naive UTC, now where none is given, None
    for what it refuses.
    """
    if text is None:
        return now
    for shape in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f"):
        try:
            return datetime.strptime(text, shape).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _usage(cloud: Cloud, one: Server, begin: datetime, end: datetime) -> dict[str, Any] | None:
    """The hours of a server in the window; a stopped one counts, its flavor is what it has now."""
    started = cloud.created(one.created_hours_ago)
    hours = (min(end, cloud.now()) - max(begin, started)).total_seconds() / 3600
    if hours <= 0:
        return None
    flavor = cloud.scenario.flavors[one.flavor]
    return {
        "hours": hours,
        "flavor": one.flavor,
        "instance_id": stable_id("server", one.name),
        "name": one.name,
        "tenant_id": cloud.scenario.project.project_id,
        "memory_mb": flavor.ram_mb,
        "local_gb": flavor.disk_gb + flavor.ephemeral_gb,
        "vcpus": flavor.vcpus,
        "started_at": answers.microseconds(started),
        "ended_at": None,
        "state": _VM_STATE.get(one.status, one.status.lower()),
        "uptime": int((cloud.now() - started).total_seconds()),
    }


def _usage_page(
    request: web.Request,
    project_id: str,
    rows: list[dict[str, Any]],
    window: list[datetime],
    asked: tuple[int, int],
) -> dict[str, Any]:
    """Totals are those of the page; below 2.40 there is one page and no link to the rest."""
    named = [{"id": row["instance_id"], **row} for row in rows]
    chosen, following = (
        answers.page("compute", request, named, PAGE_LIMIT)
        if asked >= (2, 40)
        else (named[:PAGE_LIMIT], None)
    )
    if not chosen:
        return {"tenant_usage": {}}
    usages = [{name: value for name, value in row.items() if name != "id"} for row in chosen]
    totals = {
        "total_local_gb_usage": sum(row["local_gb"] * row["hours"] for row in usages),
        "total_vcpus_usage": sum(row["vcpus"] * row["hours"] for row in usages),
        "total_memory_mb_usage": sum(row["memory_mb"] * row["hours"] for row in usages),
        "total_hours": sum(row["hours"] for row in usages),
        "start": answers.microseconds(window[0]),
        "stop": answers.microseconds(window[1]),
    }
    usage = {"tenant_id": project_id, "server_usages": usages, **totals}
    return answers.listed("tenant_usage", usage, following)  # type: ignore[arg-type]
