# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cinder as clients change it: volumes, their snapshots and backups, each there at once under a name that no
other has.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox_cloud import answers, changing
from sandbox_cloud.changing import Row, refuse
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import Snapshot, Volume, stable_id
from sandbox_cloud.services import block_storage_quotas as quotas

#: Path of a list -> what one of it is called.
_SINGULAR = {"volumes": "volume", "snapshots": "snapshot", "backups": "backup"}
Rows = Callable[[str, web.Request], list[Row]]


def routes(cloud: Cloud, bases: list[str], listed: Rows) -> list[web.RouteDef]:
    """The routes behind each base. listed: the rows of the list of that path that a request sees."""

    def shown(request: web.Request, path: str) -> Row:
        kind, identifier = _SINGULAR[path].capitalize(), request.match_info["id"]
        return changing.one_of("block_storage", lambda: listed(path, request), kind, identifier)

    def one(path: str) -> Any:
        async def answer(request: web.Request) -> web.Response:
            return answers.body({_SINGULAR[path]: shown(request, path)})

        return answer

    def create(path: str) -> Any:
        async def answer(request: web.Request) -> web.Response:
            changing.owner_only(cloud, request, "block_storage")
            asked = await changing.content(request, "block_storage", _SINGULAR[path])
            name = str(asked.get("name") or "")
            if not name or any(one.name == name for one in getattr(cloud.scenario, path)):
                sentence = f"The sandbox has a {_SINGULAR[path]} of the name {name!r} already."
                raise refuse("block_storage", 409, sentence)
            made = _volume(cloud, name, asked) if path == "volumes" else _copy(cloud, path, name, asked)
            changing.change(cloud, **{path: (*getattr(cloud.scenario, path), made)})
            made_id = stable_id(_SINGULAR[path], name)
            row = changing.one_of("block_storage", lambda: listed(path, request), path, made_id)
            return answers.body({_SINGULAR[path]: row}, 202)

        return answer

    def delete(path: str) -> Any:
        async def answer(request: web.Request) -> web.Response:
            changing.owner_only(cloud, request, "block_storage")
            name = shown(request, path)["name"]
            rest = tuple(one for one in getattr(cloud.scenario, path) if one.name != name)
            changing.change(cloud, **{path: rest})
            return web.Response(status=202)

        return answer

    async def act(request: web.Request) -> web.Response:
        changing.owner_only(cloud, request, "block_storage")
        row, asked = shown(request, "volumes"), await request.json()
        action = next(iter(asked), "") if isinstance(asked, dict) else ""
        if action == "os-extend":
            _extend(cloud, row["name"], int(asked[action]["new_size"]))
        elif action == "os-retype":
            _retype(cloud, row["name"], str(asked[action]["new_type"]))
        elif action != "os-set_bootable":
            raise refuse("block_storage", 400, f"There is no such action: {action[:40]}")
        return web.Response(status=202)

    return [
        route
        for base in bases
        for path in _SINGULAR
        for route in (
            web.get(f"{base}/{path}/{{id}}", one(path)),
            web.post(f"{base}/{path}", create(path)),
            web.delete(f"{base}/{path}/{{id}}", delete(path)),
            *([web.post(f"{base}/{path}/{{id}}/action", act)] if path == "volumes" else []),
        )
    ]


def _type(cloud: Cloud, wanted: object) -> str:
    """The name of the volume type that is asked for by name or ID. Raises Refused where there is none."""
    for one in cloud.scenario.volume_types:
        if wanted in (one, stable_id("volume_type", one)):
            return one
    raise refuse("block_storage", 404, f"Volume type with name {wanted} could not be found.")


def _volume(cloud: Cloud, name: str, asked: Row) -> Volume:
    kind = _type(cloud, asked.get("volume_type") or cloud.scenario.volume_types[0])
    size = asked.get("size")
    if not isinstance(size, int) or size < 1:
        raise refuse("block_storage", 400, f"Invalid input received: size {size!r}")
    quotas.require_volume(cloud, kind, size)
    metadata = {str(key): str(value) for key, value in (asked.get("metadata") or {}).items()}
    return Volume(name, kind, size, created_hours_ago=changing.age_h(cloud), metadata=metadata)


def _copy(cloud: Cloud, path: str, name: str, asked: Row) -> Snapshot:
    volumes = {stable_id("volume", one.name): one for one in cloud.scenario.volumes}
    source = volumes.get(str(asked.get("volume_id")))
    if source is None:
        raise refuse("block_storage", 404, f"Volume {asked.get('volume_id')} could not be found.")
    quotas.require_copy(cloud, path, source)
    return Snapshot(name, source.name, changing.age_h(cloud))


def _extend(cloud: Cloud, name: str, size_gb: int) -> None:
    volume = _named(cloud, name)
    if size_gb <= volume.size_gb:
        sentence = (
            "Invalid input received: New size for extend must be greater than current size. (current:"
            f" {volume.size_gb}, extended: {size_gb})."
        )
        raise refuse("block_storage", 400, sentence)
    quotas.require_extension(cloud, volume, size_gb)
    _replace(cloud, name, size_gb=size_gb)


def _retype(cloud: Cloud, name: str, wanted: str) -> None:
    volume, kind = _named(cloud, name), _type(cloud, wanted)
    if kind != volume.type:
        quotas.require_type(cloud, volume, kind)
        _replace(cloud, name, type=kind)


def _named(cloud: Cloud, name: str) -> Volume:
    return next(one for one in cloud.scenario.volumes if one.name == name)


def _replace(cloud: Cloud, name: str, **fields: Any) -> None:
    volumes = tuple(
        dataclasses.replace(one, **fields) if one.name == name else one for one in cloud.scenario.volumes
    )
    changing.change(cloud, volumes=volumes)
