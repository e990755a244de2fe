# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova as clients change it: servers, what is attached to them, and key pairs.

A server is there at once. It is on the first network that is asked for, and its name is not taken by another.
"""

from __future__ import annotations

import binascii
import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox_cloud import answers, changing
from sandbox_cloud.changing import Row, refuse
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import Resize, Server, Volume, stable_id
from sandbox_cloud.services import block_storage_quotas as quotas

#: The key of a pair for which the client sends none.
_MADE_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKTwTJKOftqVwH3f8dcarpMDJlkz415u/5+7Y7LnbNfe sandbox"
#: What an action does to a server that is in one of these states; None where it removes nothing and stays.
_ACTIONS: dict[str, str] = {
    "os-start": "ACTIVE",
    "os-stop": "SHUTOFF",
    "pause": "PAUSED",
    "unpause": "ACTIVE",
    "suspend": "SUSPENDED",
    "resume": "ACTIVE",
    "shelve": "SHELVED_OFFLOADED",
    "shelveOffload": "SHELVED_OFFLOADED",
    "unshelve": "ACTIVE",
    "reboot": "ACTIVE",
    "confirmResize": "ACTIVE",
}
#: From which states those actions may begin that are refused from others (nova/compute/api.py).
_FROM: dict[str, tuple[str, ...]] = {
    "os-start": ("SHUTOFF",),
    "os-stop": ("ACTIVE", "ERROR"),
    "shelve": ("ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED"),
    "unshelve": ("SHELVED", "SHELVED_OFFLOADED"),
}
_LOCKS = {"lock": True, "unlock": False}
_METADATA_IN = ("ACTIVE", "PAUSED", "SUSPENDED", "SHUTOFF")
Rows = Callable[[web.Request], list[Row]]


def routes(cloud: Cloud, base: str, servers: Rows, flavors: Rows) -> list[web.RouteDef]:
    """The routes behind base. servers, flavors: the rows that a request sees."""

    async def server(request: web.Request) -> web.Response:
        return answers.body({"server": _shown(request, servers)})

    async def flavor(request: web.Request) -> web.Response:
        return answers.body({"flavor": _found(request, flavors, "Flavor")})

    async def create(request: web.Request) -> web.Response:
        changing.owner_only(cloud, request, "compute")
        asked = await changing.content(request, "compute", "server")
        made, volumes = _with_volumes(cloud, asked, _server(cloud, asked))
        changing.change(cloud, servers=(*cloud.scenario.servers, made), volumes=volumes)
        server_id = stable_id("server", made.name)
        told = {
            "id": server_id,
            "links": [{"rel": "self", "href": f"{request.url}/{server_id}"}],
            "OS-DCF:diskConfig": "MANUAL",
            "security_groups": [{"name": "default"}],
            "adminPass": "only-for-the-sandbox",
        }
        return answers.body({"server": told}, 202)

    async def delete(request: web.Request) -> web.Response:
        changing.owner_only(cloud, request, "compute")
        name = _shown(request, servers)["name"]
        released = tuple(
            dataclasses.replace(one, attached_to=None) if one.attached_to == name else one
            for one in cloud.scenario.volumes
        )
        addresses = tuple(
            dataclasses.replace(one, attached_to=None) if one.attached_to == name else one
            for one in cloud.scenario.floating_ips
        )
        rest = tuple(one for one in cloud.scenario.servers if one.name != name)
        changing.change(cloud, servers=rest, volumes=released, floating_ips=addresses)
        return web.Response(status=204)

    async def act(request: web.Request) -> web.Response:
        changing.owner_only(cloud, request, "compute")
        name = _shown(request, servers)["name"]
        asked = await request.json()
        action = next(iter(asked), "") if isinstance(asked, dict) else ""
        if action in ("addSecurityGroup", "removeSecurityGroup"):
            return web.Response(status=202)
        if action in _LOCKS:
            _replace(cloud, name, locked=_LOCKS[action])
            return web.Response(status=202)
        if action == "resize":
            before = next(one.flavor for one in cloud.scenario.servers if one.name == name)
            resized = Resize(changing.age_h(cloud), before)
            flavor = _flavor_of(cloud, asked["resize"])
            _replace(cloud, name, flavor=flavor, status="VERIFY_RESIZE", resized=resized)
            return web.Response(status=202)
        if action not in _ACTIONS:
            raise refuse("compute", 400, f"There is no such action: {action[:40]}")
        _refuse_unless(cloud, name, action, _FROM.get(action))
        _replace(cloud, name, status=_ACTIONS[action])
        return web.Response(status=202)

    async def add_metadata(request: web.Request) -> web.Response:
        changing.owner_only(cloud, request, "compute")
        row, asked = _shown(request, servers), await changing.content(request, "compute", "metadata")
        _refuse_unless(cloud, row["name"], "update metadata", _METADATA_IN)
        metadata = {**row["metadata"], **{str(key): str(value) for key, value in asked.items()}}
        _replace(cloud, row["name"], metadata=metadata)
        return answers.body({"metadata": metadata})

    async def delete_metadata(request: web.Request) -> web.Response:
        changing.owner_only(cloud, request, "compute")
        row, gone = _shown(request, servers), request.match_info["key"]
        metadata = {key: value for key, value in row["metadata"].items() if key != gone}
        _replace(cloud, row["name"], metadata=metadata)
        return web.Response(status=204)

    async def security_groups(request: web.Request) -> web.Response:
        _shown(request, servers)
        name = cloud.scenario.security_groups[0] if cloud.scenario.security_groups else "default"
        return answers.body(
            {"security_groups": [{"id": stable_id("security_group", name), "name": name, "rules": []}]}
        )

    return [
        web.post(f"{base}/servers", create),
        web.get(f"{base}/servers/{{id}}", server),
        web.delete(f"{base}/servers/{{id}}", delete),
        web.post(f"{base}/servers/{{id}}/action", act),
        web.post(f"{base}/servers/{{id}}/metadata", add_metadata),
        web.delete(f"{base}/servers/{{id}}/metadata/{{key}}", delete_metadata),
        web.get(f"{base}/servers/{{id}}/os-security-groups", security_groups),
        web.get(f"{base}/flavors/{{id}}", flavor),
        *_attachment_routes(cloud, base, servers),
        *_key_pair_routes(cloud, base),
    ]


def _found(request: web.Request, rows: Rows, kind: str) -> Row:
    return changing.one_of("compute", lambda: rows(request), kind, request.match_info["id"])


def _shown(request: web.Request, servers: Rows) -> Row:
    return _found(request, servers, "Instance")


def _refuse_unless(cloud: Cloud, name: str, action: str, states: tuple[str, ...] | None) -> None:
    """Raise Refused for a server that is locked, busy, or in none of these states."""
    one = next(one for one in cloud.scenario.servers if one.name == name)
    server_id = stable_id("server", name)
    if one.locked:
        raise refuse("compute", 409, f"Instance {server_id} is locked")
    if states is not None and (one.status not in states or one.task_state is not None):
        state = one.status if one.task_state is None else f"task_state {one.task_state}"
        raise refuse("compute", 409, f"Cannot '{action}' instance {server_id} while it is in {state}")


def _replace(cloud: Cloud, name: str, **fields: Any) -> None:
    servers = tuple(
        dataclasses.replace(one, **fields) if one.name == name else one for one in cloud.scenario.servers
    )
    changing.change(cloud, servers=servers)


def _flavor_of(cloud: Cloud, asked: Any) -> str:
    """The name of the flavor that is asked for. Raises Refused for one that there is not."""
    wanted = asked.get("flavorRef") if isinstance(asked, dict) else None
    for one in cloud.scenario.flavors:
        if stable_id("flavor", one) == wanted:
            return one
    raise refuse("compute", 400, f"Flavor {wanted} could not be found.")


def _server(cloud: Cloud, asked: Row) -> Server:
    """The server that is asked for. Raises Refused as Nova does, and for a name that another server has."""
    name, scenario = str(asked.get("name", "")), cloud.scenario
    flavor = _flavor_of(cloud, asked)
    if not name or any(one.name == name for one in scenario.servers):
        raise refuse("compute", 409, f"The sandbox has a server of the name {name!r} already.")
    metadata = {str(key): str(value) for key, value in (asked.get("metadata") or {}).items()}
    hours = changing.age_h(cloud)
    return Server(name, flavor, _network(cloud, asked), created_hours_ago=hours, metadata=metadata)


def _network(cloud: Cloud, asked: Row) -> str:
    """The name of the first network that is asked for, and where none is, of the project's only one."""
    networks = asked.get("networks")
    owned = [one for one in cloud.scenario.networks if one.owner == "project"]
    if not isinstance(networks, list) or not networks:
        if len(owned) != 1:
            raise refuse("compute", 409, "Multiple possible networks found, use a Network ID to be specific.")
        return owned[0].name
    wanted = networks[0].get("uuid") or _network_of_port(cloud, networks[0].get("port"))
    found = next((one for one in cloud.scenario.networks if stable_id("network", one.name) == wanted), None)
    if found is None:
        raise refuse("compute", 400, f"Network {wanted} could not be found.")
    if not found.cidrs:
        raise refuse("compute", 400, f"Network {wanted} requires a subnet in order to boot instances on.")
    return found.name


def _network_of_port(cloud: Cloud, port_id: object) -> object:
    port = next((row for row in cloud.made.get("ports", []) if row["id"] == port_id), {})
    return port.get("network_id")


def _fits(cloud: Cloud, asked: Row) -> bool:
    """Whether Cinder has room for the volumes that are to be made for a server. Nova asks it after it has
    taken the request, so that a server without room ends in ERROR.
    """
    sizes = [
        int(one.get("volume_size") or 1)
        for one in asked.get("block_device_mapping_v2") or []
        if one.get("source_type") != "volume" and one.get("destination_type") == "volume"
    ]
    more = {"volumes": len(sizes), "gigabytes": sum(sizes)}
    return not sizes or not quotas.exceeded(cloud, quotas.of_type(cloud.scenario.volume_types[0], more))


def _with_volumes(cloud: Cloud, asked: Row, server: Server) -> tuple[Server, tuple[Volume, ...]]:
    """The server as it is then, and all volumes with its own."""
    if not _fits(cloud, asked):
        return dataclasses.replace(server, status="ERROR"), cloud.scenario.volumes
    booted, volumes = _attached(cloud, asked, server)
    return dataclasses.replace(server, boot_volume=booted), volumes


def _attached(cloud: Cloud, asked: Row, server: Server) -> tuple[str | None, tuple[Volume, ...]]:
    """The volume that it boots from, and all volumes with those that are attached to it or made for it."""
    booted, volumes = None, {stable_id("volume", one.name): one for one in cloud.scenario.volumes}
    for number, one in enumerate(asked.get("block_device_mapping_v2") or []):
        source, volume_id = one.get("source_type"), str(one.get("uuid"))
        is_boot = str(one.get("boot_index")) == "0"
        if source == "volume":
            if volume_id not in volumes:
                raise refuse("compute", 400, f"Block Device Mapping is Invalid: {volume_id}.")
            volumes[volume_id] = dataclasses.replace(volumes[volume_id], attached_to=server.name)
            booted = volumes[volume_id].name if is_boot else booted
        elif one.get("destination_type") == "volume":
            # Nova gives it no name; here a name is an identity.
            name, hours = f"{server.name}/root-{number}", server.created_hours_ago
            kind = cloud.scenario.volume_types[0]
            made = Volume(name, kind, int(one.get("volume_size") or 1), server.name, None, hours)
            volumes[stable_id("volume", name)] = made
            booted = name if is_boot else booted
    return booted, tuple(volumes.values())


def _attachment_routes(cloud: Cloud, base: str, servers: Rows) -> list[web.RouteDef]:
    path = f"{base}/servers/{{id}}/os-volume_attachments"

    def told(server_id: str, volume: Volume) -> Row:
        volume_id = stable_id("volume", volume.name)
        return {
            "id": volume_id,
            "volumeId": volume_id,
            "serverId": server_id,
            "device": "/dev/vdb",
            "tag": None,
            "delete_on_termination": False,
            "attachment_id": stable_id("attachment", volume.name),
            "bdm_uuid": stable_id("device", volume.name),
        }

    def attached(request: web.Request) -> list[Row]:
        row = _shown(request, servers)
        return [told(row["id"], one) for one in cloud.scenario.volumes if one.attached_to == row["name"]]

    async def listed(request: web.Request) -> web.Response:
        return answers.body({"volumeAttachments": attached(request)})

    async def one(request: web.Request) -> web.Response:
        volume_id = request.match_info["volume"]
        found = changing.one_of("compute", lambda: attached(request), "volume_id", volume_id)
        return answers.body({"volumeAttachment": found})

    async def attach(request: web.Request) -> web.Response:
        changing.owner_only(cloud, request, "compute")
        row = _shown(request, servers)
        asked = await changing.content(request, "compute", "volumeAttachment")
        volume = _move(cloud, str(asked.get("volumeId")), row["name"])
        return answers.body({"volumeAttachment": told(row["id"], volume)})

    async def detach(request: web.Request) -> web.Response:
        changing.owner_only(cloud, request, "compute")
        _shown(request, servers)
        _move(cloud, request.match_info["volume"], None)
        return web.Response(status=202)

    return [
        web.get(path, listed),
        web.post(path, attach),
        web.get(f"{path}/{{volume}}", one),
        web.delete(f"{path}/{{volume}}", detach),
    ]


def _move(cloud: Cloud, volume_id: str, server: str | None) -> Volume:
    """Attach the volume to that server, or to none. Raises Refused where there is none of that ID."""
    volumes = {stable_id("volume", one.name): one for one in cloud.scenario.volumes}
    if volume_id not in volumes:
        raise refuse("compute", 404, f"Volume {volume_id} could not be found.")
    volumes[volume_id] = dataclasses.replace(volumes[volume_id], attached_to=server)
    changing.change(cloud, volumes=tuple(volumes.values()))
    return volumes[volume_id]


def _fingerprint(public_key: str) -> str:
    """That of a key of OpenSSH. Raises Refused for anything else, as Nova does."""
    # Who makes no key pair starts without it.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    try:
        load_ssh_public_key(public_key.encode())
    except (ValueError, UnsupportedAlgorithm):
        sentence = "Keypair data is invalid: failed to generate fingerprint"
        raise refuse("compute", 400, sentence) from None
    blob = binascii.a2b_base64(public_key.split()[1])
    return hashlib.md5(blob, usedforsecurity=False).digest().hex(":")


def _key_pair_routes(cloud: Cloud, base: str) -> list[web.RouteDef]:
    path = f"{base}/os-keypairs"

    def pairs(request: web.Request) -> list[Row]:
        return cloud.made.get("key pairs", []) if cloud.owns_all(request["identity"]) else []

    def found(request: web.Request) -> Row:
        pair = changing.named(pairs(request), "name", request.match_info["name"])
        if pair is None:
            name, user = request.match_info["name"], request["identity"].owner.user_id
            raise refuse("compute", 404, f"Keypair {name} not found for user {user}")
        return pair

    async def listed(request: web.Request) -> web.Response:
        rows = [
            {name: value for name, value in one.items() if name != "created_at"} for one in pairs(request)
        ]
        return answers.body({"keypairs": [{"keypair": row} for row in rows]})

    async def one(request: web.Request) -> web.Response:
        return answers.body({"keypair": found(request)})

    async def create(request: web.Request) -> web.Response:
        changing.owner_only(cloud, request, "compute")
        asked = await changing.content(request, "compute", "keypair")
        name, key = str(asked.get("name", "")), str(asked.get("public_key") or _MADE_KEY)
        if changing.named(pairs(request), "name", name):
            raise refuse("compute", 409, f"Key pair '{name}' already exists.")
        pair = {
            "name": name,
            "public_key": key,
            "fingerprint": _fingerprint(key),
            "type": "ssh",
            "user_id": request["identity"].owner.user_id,
            "created_at": answers.microseconds(cloud.now()),
        }
        cloud.made.setdefault("key pairs", []).append(pair)
        return answers.body({"keypair": pair}, 201)

    async def delete(request: web.Request) -> web.Response:
        changing.owner_only(cloud, request, "compute")
        cloud.made["key pairs"].remove(found(request))
        return web.Response(status=204)

    return [
        web.get(path, listed),
        web.post(path, create),
        web.get(f"{path}/{{name}}", one),
        web.delete(f"{path}/{{name}}", delete),
    ]
