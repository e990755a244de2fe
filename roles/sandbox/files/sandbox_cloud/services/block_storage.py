# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cinder 3.0 to 3.71: volumes, snapshots, backups, quotas and limits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import Cloud
from sandbox_cloud.scenario import Snapshot, Volume, stable_id
from sandbox_cloud.services import block_storage_changes, block_storage_quotas

SMALLEST, LARGEST = (3, 0), (3, 71)
PAGE_LIMIT = 1000


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The block storage service's routes."""
    base = f"{prefix}/v3"

    async def version(request: web.Request) -> web.Response:
        link = f"{request.url.origin()}{base}/"
        known = {
            "id": "v3.0",
            "status": "CURRENT",
            "version": "3.71",
            "min_version": "3.0",
            "links": [{"rel": "self", "href": link}],
        }
        return answers.body({"versions": [known]}, 200 if request.path.startswith(base) else 300)

    def listing(key: str, rows: Any) -> Any:
        async def answer(request: web.Request) -> web.Response:
            asked = _microversion(request)
            identity, every = request["identity"], "all_tenants" in request.query
            of_all = cloud.is_operator(identity) and every
            owned = rows(asked, str(request.url.origin())) if of_all or cloud.owns_all(identity) else []
            if of_all:
                owned = cloud.of_every_project(identity, owned, "os-vol-tenant-attr:tenant_id")
            for name in ("status", "name"):
                owned = [row for row in owned if row[name] == request.query.get(name, row[name])]
            if "with_count" in request.query and asked < (3, 45) and asked != SMALLEST:
                return answers.error("block_storage", 400, "with_count is not supported before 3.45.")
            chosen, following = answers.page("block_storage", request, owned, PAGE_LIMIT)
            if request.path.rpartition("/")[2] == "volumes":
                chosen = [{name: row[name] for name in ("id", "name", "links")} for row in chosen]
            told = answers.listed(key, chosen, following)
            if "with_count" in request.query and asked >= (3, 45):
                told["count"] = len(owned)
            return _told(told, asked)

        return answer

    async def summary(request: web.Request) -> web.Response:
        asked = _microversion(request)
        if asked < (3, 12):
            return answers.error("block_storage", 404)
        owned = cloud.scenario.volumes if cloud.owns_all(request["identity"]) else ()
        metadata: dict[str, list[str]] = {}
        for one in owned:
            for name, value in one.metadata.items():
                metadata.setdefault(name, [])
                metadata[name] += [value] if value not in metadata[name] else []
        told = {
            "total_count": len(owned),
            "total_size": sum(one.size_gb for one in owned),
            "metadata": metadata,
        }
        return _told({"volume-summary": told}, asked)

    async def quotas(request: web.Request) -> web.Response:
        asked, identity = _microversion(request), request["identity"]
        if request.match_info["project"] != identity.owner.project_id:
            return answers.forbidden(
                "block_storage", "volume_extension:quotas:show", headers=_version_header(asked)
            )
        used = block_storage_quotas.in_use(cloud) if cloud.owns_all(identity) else {}
        rows: dict[str, Any] = {
            name: {"limit": limit, "in_use": used.get(name, 0), "reserved": 0}
            for name, limit in block_storage_quotas.limits(cloud).items()
        }
        if request.query.get("usage", "").lower() != "true":
            rows = {name: row["limit"] for name, row in rows.items()}
        return _told({"quota_set": {**rows, "id": identity.owner.project_id}}, asked)

    async def limits(request: web.Request) -> web.Response:
        asked = _microversion(request)
        used = block_storage_quotas.in_use(cloud) if cloud.owns_all(request["identity"]) else {}
        known = cloud.scenario.quotas.block_storage
        absolute = {
            "maxTotalVolumes": known["volumes"],
            "maxTotalSnapshots": known["snapshots"],
            "maxTotalVolumeGigabytes": known["gigabytes"],
            "maxTotalBackups": known["backups"],
            "maxTotalBackupGigabytes": known["backup_gigabytes"],
            "totalVolumesUsed": used.get("volumes", 0),
            "totalGigabytesUsed": used.get("gigabytes", 0),
            "totalSnapshotsUsed": used.get("snapshots", 0),
            "totalBackupsUsed": used.get("backups", 0),
            "totalBackupGigabytesUsed": used.get("backup_gigabytes", 0),
        }
        return _told({"limits": {"rate": [], "absolute": absolute}}, asked)

    def type_row(name: str) -> dict[str, Any]:
        return {
            "id": stable_id("volume_type", name),
            "name": name,
            "is_public": True,
            "description": f"{name} storage",
            "extra_specs": {},
            "os-volume-type-access:is_public": True,
        }

    async def types(request: web.Request) -> web.Response:
        rows = [type_row(name) for name in cloud.scenario.volume_types]
        return _told({"volume_types": rows}, _microversion(request))

    async def default_type(request: web.Request) -> web.Response:
        """The first type of the scenario is the default."""
        return _told({"volume_type": type_row(cloud.scenario.volume_types[0])}, _microversion(request))

    volumes = listing(
        "volumes",
        lambda asked, origin: cloud.cached(
            ("volumes", asked, origin), lambda: _volumes(cloud, asked, origin)
        ),
    )
    snapshots = listing("snapshots", lambda asked, origin: _copies(cloud, "snapshots", asked, origin))
    backups = listing("backups", lambda asked, origin: _copies(cloud, "backups", asked, origin))

    return [
        web.get(prefix, version),
        web.get(f"{prefix}/", version),
        web.get(base, version),
        web.get(f"{base}/", version),
        # Cinder takes paths with the project and, from 3.67 on, without it.
        *(
            web.get(f"{base}{project}{path}", handler)
            for project in ("", "/{scope:[0-9a-f]{32}}")
            for path, handler in (
                ("/volumes", volumes),
                ("/volumes/detail", volumes),
                ("/volumes/summary", summary),
                ("/snapshots/detail", snapshots),
                ("/backups/detail", backups),
                ("/types", types),
                ("/types/default", default_type),
                ("/limits", limits),
                ("/os-quota-sets/{project}", quotas),
            )
        ),
        *(
            web.route(one.method, one.path, _versioned(one.handler), **one.kwargs)
            for one in block_storage_changes.routes(
                cloud, [base, f"{base}/{{scope:[0-9a-f]{{32}}}}"], partial(_rows_of, cloud)
            )
        ),
    ]


def _versioned(handler: Any) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler, whose answers say of which version they are, as all of Cinder's do."""

    async def answer(request: web.Request) -> web.StreamResponse:
        asked = _microversion(request)
        try:
            told: web.StreamResponse = await handler(request)
        except answers.Refused as refused:
            told = refused.answer
        told.headers.update(_version_header(asked))
        return told

    return answer


def _rows_of(cloud: Cloud, path: str, request: web.Request) -> list[dict[str, Any]]:
    """What the request sees of a list."""
    if not cloud.owns_all(request["identity"]):
        return []
    asked, origin = _microversion(request), str(request.url.origin())
    return _volumes(cloud, asked, origin) if path == "volumes" else _copies(cloud, path, asked, origin)


def _volumes(cloud: Cloud, asked: tuple[int, int], origin: str) -> list[dict[str, Any]]:
    """The newest first."""
    booted = {one.boot_volume for one in cloud.scenario.servers}
    rows = [_volume(cloud, one, one.name in booted, asked, origin) for one in cloud.scenario.volumes]
    return sorted(rows, key=lambda row: row["created_at"], reverse=True)


def _copies(cloud: Cloud, path: str, asked: tuple[int, int], origin: str) -> list[dict[str, Any]]:
    """The rows of snapshots, or of backups."""
    if path == "snapshots":
        return [_snapshot(cloud, one, asked) for one in cloud.scenario.snapshots]
    return [_backup(cloud, one, asked, origin) for one in cloud.scenario.backups]


def _microversion(request: web.Request) -> tuple[int, int]:
    """The microversion asked for, 3.0 where none is. A 406 for one that this Cinder does not have."""
    asked = answers.microversion(request, "volume", LARGEST)
    if asked is None:
        return SMALLEST
    if not SMALLEST <= asked <= LARGEST:
        sentence = (
            f"Version {asked[0]}.{asked[1]} is not supported by the API. Minimum is 3.0 and maximum"
            f" is 3.{LARGEST[1]}."
        )
        raise answers.Refused(answers.error("block_storage", 406, sentence))
    return asked


def _told(content: Any, asked: tuple[int, int]) -> web.Response:
    return answers.body(content, headers=_version_header(asked))


def _version_header(asked: tuple[int, int]) -> dict[str, str]:
    return {"OpenStack-API-Version": f"volume {asked[0]}.{asked[1]}"}


def _volume(cloud: Cloud, one: Volume, bootable: bool, asked: tuple[int, int], origin: str) -> dict[str, Any]:
    volume_id, created, owner = (
        stable_id("volume", one.name),
        cloud.created(one.created_hours_ago),
        cloud.scenario.project,
    )
    row: dict[str, Any] = {
        "id": volume_id,
        "status": "in-use" if one.attached_to or one.attached_host else "available",
        "size": one.size_gb,
        "availability_zone": "nova",
        "created_at": answers.microseconds(created),
        "updated_at": answers.microseconds(created),
        "name": one.name,
        "description": None,
        "volume_type": one.type,
        "snapshot_id": None,
        "source_volid": None,
        "metadata": dict(one.metadata),
        "links": _links(origin, "volumes", volume_id),
        "user_id": owner.user_id,
        "bootable": "true" if bootable else "false",
        "encrypted": False,
        "replication_status": None,
        "consistencygroup_id": None,
        "multiattach": False,
        "attachments": [_attachment(cloud, one)] if one.attached_to or one.attached_host else [],
        "os-vol-tenant-attr:tenant_id": owner.project_id,
    }
    newer: dict[tuple[int, int], dict[str, Any]] = {
        (3, 13): {"group_id": None},
        (3, 48): {"shared_targets": False, "service_uuid": stable_id("cinder", "volume")},
        (3, 63): {"volume_type_id": stable_id("volume_type", one.type)},
        (3, 65): {"consumes_quota": True},
    }
    for since, names in newer.items():
        row |= names if asked >= since else {}
    return row


def _links(origin: str, kind: str, row_id: str) -> list[dict[str, str]]:
    return [
        {"rel": "self", "href": f"{origin}/volume/v3/{kind}/{row_id}"},
        {"rel": "bookmark", "href": f"{origin}/volume/{kind}/{row_id}"},
    ]


def _attachment(cloud: Cloud, one: Volume) -> dict[str, Any]:
    volume_id = stable_id("volume", one.name)
    return {
        "id": volume_id,
        "attachment_id": stable_id("attachment", one.name),
        "volume_id": volume_id,
        "server_id": stable_id("server", one.attached_to) if one.attached_to else None,
        "host_name": one.attached_host,
        "device": "/dev/sdb",
        "attached_at": answers.microseconds(cloud.created(one.created_hours_ago)),
    }


def _snapshot(cloud: Cloud, one: Snapshot, asked: tuple[int, int]) -> dict[str, Any]:
    created, owner = answers.microseconds(cloud.created(one.created_hours_ago)), cloud.scenario.project
    row: dict[str, Any] = {
        "id": stable_id("snapshot", one.name),
        "created_at": created,
        "updated_at": created,
        "name": one.name,
        "description": None,
        "volume_id": stable_id("volume", one.volume),
        "status": "available",
        "size": next(volume.size_gb for volume in cloud.scenario.volumes if volume.name == one.volume),
        "metadata": dict(one.metadata),
        "os-extended-snapshot-attributes:project_id": owner.project_id,
        "os-extended-snapshot-attributes:progress": "100%",
    }
    newer: dict[tuple[int, int], dict[str, Any]] = {
        (3, 14): {"group_snapshot_id": None},
        (3, 41): {"user_id": owner.user_id},
        (3, 65): {"consumes_quota": True},
    }
    for since, names in newer.items():
        row |= names if asked >= since else {}
    return row


def _backup(cloud: Cloud, one: Snapshot, asked: tuple[int, int], origin: str) -> dict[str, Any]:
    created, backup_id = (
        answers.microseconds(cloud.created(one.created_hours_ago)),
        stable_id("backup", one.name),
    )
    row: dict[str, Any] = {
        "id": backup_id,
        "status": "available",
        "size": next(volume.size_gb for volume in cloud.scenario.volumes if volume.name == one.volume),
        "object_count": 1,
        "availability_zone": "nova",
        "container": f"{backup_id[:2]}/{backup_id[2:4]}/{backup_id}",
        "created_at": created,
        "updated_at": created,
        "name": one.name,
        "description": None,
        "fail_reason": None,
        "volume_id": stable_id("volume", one.volume),
        "links": _links(origin, "backups", backup_id),
        "is_incremental": False,
        "has_dependent_backups": False,
        "snapshot_id": None,
        "data_timestamp": created,
    }
    return row | ({"metadata": {}} if asked >= (3, 43) else {})
