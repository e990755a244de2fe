# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keystone v3: logging in, and the catalog."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from sandbox_cloud import answers
from sandbox_cloud.cloud import TOKEN_LIFETIME, Cloud, Identity
from sandbox_cloud.scenario import CatalogRow, Owner, stable_id
from sandbox_cloud.services import rating_query

#: Our name of a service -> type and name in the catalog, and the path that its URL has there.
CATALOG = {
    "compute": ("compute", "nova", "/compute/v2.1"),
    "block_storage": ("block-storage", "cinder", "/volume/v3"),
    "network": ("network", "neutron", "/network"),
    "object_storage": ("object-store", "swift", "/object-store/v1/AUTH_{project_id}"),
    "load_balancer": ("load-balancer", "octavia", "/load-balancer"),
    "image": ("image", "glance", "/image"),
    "rating": ("rating", "cloudkitty", "/rating"),
    "metric": ("metric", "gnocchi", "/metric"),
    "shared_file_system": ("sharev2", "manilav2", "/share/v2"),
    "dns": ("dns", "designate", "/dns"),
    "key_manager": ("key-manager", "barbican", "/key-manager"),
    "database": ("database", "trove", "/database/v1.0/{project_id}"),
}
_DOMAIN = {"id": "default", "name": "Default"}


def routes(cloud: Cloud, prefix: str) -> list[web.RouteDef]:
    """The identity service's routes."""

    async def versions(request: web.Request) -> web.Response:
        link = f"{request.url.origin()}{prefix}/v3/"
        version = {"id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": link}]}
        return answers.body({"versions": {"values": [version]}}, 300)

    async def version(request: web.Request) -> web.Response:
        link = f"{request.url.origin()}{prefix}/v3/"
        return answers.body(
            {"version": {"id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": link}]}}
        )

    async def log_in(request: web.Request) -> web.Response:
        try:
            asked = await request.json()
        except ValueError:
            return answers.error("identity", 400, "The request is no JSON.")
        nameless = _without_domain(asked)
        if nameless:
            sentence = (
                f"Expecting to find domain in {nameless}. The server could not comply with the request."
            )
            return answers.error("identity", 400, sentence)
        owner, method = _owner(cloud, asked)
        if owner is None:
            return answers.unauthorized("identity")
        token, issued = cloud.issue_token(owner)
        return answers.body(
            {"token": _token(cloud, issued, method, str(request.url.origin()))},
            201,
            {"X-Subject-Token": token},
        )

    async def federate(request: web.Request) -> web.Response:
        provider = cloud.scenario.identity_provider
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        asked = (request.match_info["provider"], request.match_info["protocol"])
        if (
            provider is None
            or asked != (provider.name, provider.protocol)
            or bearer not in cloud.access_tokens
        ):
            return answers.unauthorized("identity")
        token, issued = cloud.issue_unscoped(cloud.scenario.project)
        whole = _token(cloud, issued, "mapped", str(request.url.origin()))
        unscoped = {key: value for key, value in whole.items() if key not in ("project", "roles", "catalog")}
        return answers.body({"token": unscoped}, 201, {"X-Subject-Token": token})

    async def catalog(request: web.Request) -> web.Response:
        found = cloud.identity_of(request.headers.get("X-Auth-Token"))
        if found is None:
            return answers.unauthorized("identity")
        rows = _catalog(cloud, found, str(request.url.origin()))
        return answers.body({"catalog": rows, "links": {"self": str(request.url)}})

    async def projects(request: web.Request) -> web.Response:
        found = cloud.identity_of(request.headers.get("X-Auth-Token"))
        if found is None:
            return answers.unauthorized("identity")
        rows = [_project(found.owner, f"{request.url.origin()}{prefix}")]
        return answers.body(
            {"projects": rows, "links": {"next": None, "self": str(request.url), "previous": None}}
        )

    async def project(request: web.Request) -> web.Response:
        found = cloud.identity_of(request.headers.get("X-Auth-Token"))
        if found is None:
            return answers.unauthorized("identity")
        if "project" not in request.match_info and cloud.is_operator(found):
            every = [owner for owner in cloud.scenario.owners if owner.user != found.owner.user]
            rows = [_project(owner, f"{request.url.origin()}{prefix}") for owner in every]
            links = {"next": None, "self": str(request.url), "previous": None}
            return answers.body({"projects": rows, "links": links})
        if request.match_info.get("project") != found.owner.project_id:
            rule = "identity:get_project" if "project" in request.match_info else "identity:list_projects"
            sentence = f"You are not authorized to perform the requested action: {rule}."
            return answers.error("identity", 403, sentence)
        return answers.body({"project": _project(found.owner, f"{request.url.origin()}{prefix}")})

    return [
        web.get(prefix, versions),
        web.get(f"{prefix}/", versions),
        web.get(f"{prefix}/v3", version),
        web.get(f"{prefix}/v3/", version),
        web.post(f"{prefix}/v3/auth/tokens", log_in),
        web.post(
            f"{prefix}/v3/OS-FEDERATION/identity_providers/{{provider}}/protocols/{{protocol}}/auth", federate
        ),
        web.get(f"{prefix}/v3/auth/catalog", catalog),
        web.get(f"{prefix}/v3/auth/projects", projects),
        web.get(f"{prefix}/v3/projects", project),
        web.get(f"{prefix}/v3/projects/{{project}}", project),
    ]


def _project(owner: Owner, base: str) -> dict[str, Any]:
    return {
        "id": owner.project_id,
        "name": owner.project,
        "domain_id": "default",
        "description": "",
        "enabled": True,
        "parent_id": "default",
        "is_domain": False,
        "tags": [],
        "options": {},
        "links": {"self": f"{base}/v3/projects/{owner.project_id}"},
    }


def _without_domain(asked: Any) -> str | None:
    """What is named without the domain that the name is of: Keystone refuses that before it looks at it."""
    try:
        auth = asked["auth"]
        user = auth["identity"].get("password", {}).get("user", {})
        scope = auth.get("scope")
        project = scope.get("project") or {} if isinstance(scope, dict) else {}
        named = {"user": user, "project": project}
        return next(
            (
                kind
                for kind, one in named.items()
                if "name" in one and "id" not in one and "domain" not in one
            ),
            None,
        )
    except (KeyError, TypeError, AttributeError):
        return None


def _in_domain(one: dict[str, Any]) -> bool:
    """Whether it is of the only domain that there is; an ID needs none."""
    domain = one.get("domain")
    return domain is None or domain.get("id") == _DOMAIN["id"] or domain.get("name") == _DOMAIN["name"]


def _owner(cloud: Cloud, asked: Any) -> tuple[Owner | None, str]:
    """Whom the credentials are of, and by which method; None for wrong ones, whatever is wrong about them."""
    try:
        auth = asked["auth"]
        methods = auth["identity"]["methods"]
        by_method = [_by_method(cloud, one, auth["identity"][one]) for one in methods]
        owners = [one for one in by_method[0] if all(one in others for others in by_method[1:])]
        scope = (auth.get("scope") or {}).get("project") if isinstance(auth.get("scope"), dict) else None
        if scope and not _in_domain(scope):
            owners = []
    except (KeyError, TypeError, IndexError, AttributeError):
        return None, ""
    chosen = (
        one
        for one in owners
        if not scope or scope.get("name") == one.project or scope.get("id") == one.project_id
    )
    return next(chosen, None), methods[0]


def _by_method(cloud: Cloud, method: str, credentials: dict[str, Any]) -> list[Owner]:
    """The projects that the credentials may be for; an application credential is bound to one."""
    owners = cloud.scenario.owners
    if method == "password":
        user = credentials["user"]
        same = [one for one in owners if user.get("name") == one.user or user.get("id") == one.user_id]
        return [one for one in same if user["password"] == one.password and _in_domain(user)]
    if method == "application_credential":
        known = cloud.scenario.application_credential
        same_secret = (credentials["id"], credentials["secret"]) == (known.id, known.secret)
        return [cloud.scenario.project] if same_secret else []
    if method == "token":
        found = cloud.identity_of(credentials["id"]) or cloud.unscoped.get(credentials["id"])
        return [one for one in owners if found and one.user == found.owner.user]
    return []


def _token(cloud: Cloud, issued: Identity, method: str, origin: str) -> dict[str, Any]:
    owner = issued.owner
    token = {
        "methods": [method],
        "user": {"domain": _DOMAIN, "id": owner.user_id, "name": owner.user, "password_expires_at": None},
        "audit_ids": [stable_id("audit", owner.user)[:22]],
        "expires_at": answers.microseconds(issued.expires_at) + "Z",
        "issued_at": answers.microseconds(issued.expires_at - TOKEN_LIFETIME) + "Z",
        "project": {"domain": _DOMAIN, "id": owner.project_id, "name": owner.project},
        "is_domain": False,
        "roles": [
            {"id": stable_id("role", name).replace("-", ""), "name": name}
            for name in (*(["admin"] if cloud.is_operator(issued) else []), "member", "reader")
        ],
        "catalog": _catalog(cloud, issued, origin),
    }
    if method == "application_credential":
        known = cloud.scenario.application_credential
        token["application_credential"] = {"id": known.id, "name": "sandbox", "restricted": True}
    return token


def _path(cloud: Cloud, kind: str, path: str, region: str) -> str:
    """Where a service of the region is: rating, which has prices of its own there,
    behind a path of its own.
    """
    return (
        path if kind != "rating" or region == cloud.scenario.region else path + rating_query.in_region(region)
    )


_INTERFACES = ("public", "internal", "admin")


def _rows(cloud: Cloud, service: str) -> list[tuple[str, str, CatalogRow]]:
    """The rows of a service in the catalog, each with its name and the service's prefix."""
    kind, name, path = CATALOG[service]
    own = "/" + path.split("/")[1]
    usual = (CatalogRow(kind, path.removeprefix(own)),)
    prefix = cloud.scenario.prefixes.get(service, own)
    return [(name, prefix, row) for row in cloud.scenario.catalog.get(service, usual)]


def _catalog(cloud: Cloud, identity: Identity, origin: str) -> list[dict[str, Any]]:
    regions = (cloud.scenario.region, *cloud.scenario.other_regions)
    rows = [
        *(row for service in cloud.scenario.services for row in _rows(cloud, service)),
        ("keystone", "/identity", CatalogRow("identity", "/v3")),
    ]
    return [
        {
            "endpoints": [
                {
                    "id": stable_id("endpoint", f"{region}/{row.type}/{interface}").replace("-", ""),
                    "interface": interface,
                    "region_id": region,
                    "url": origin
                    + _path(cloud, row.type, prefix + row.path, region).format(
                        project_id=identity.owner.project_id
                    ),
                    "region": region,
                }
                for region in row.regions or regions
                for interface in row.interfaces or _INTERFACES
            ],
            "id": stable_id("service", row.type).replace("-", ""),
            "type": row.type,
            "name": name,
        }
        for name, prefix, row in rows
    ]
