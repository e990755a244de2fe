# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keystone's part: the catalog, the projects and users, and the clouds.yaml by which the tests log in as
each of them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import yaml
from keystoneauth1 import session
from keystoneauth1.identity import v3
from places import CLOUDS, HOST, KEYSTONE, OLD_REGION, PASSWORD, PORTS, BedError
from sandbox_cloud.scenario import Scenario

#: Service, type, the name in PORTS, path.
SERVICES = (
    ("nova", "compute", "nova", "/v2.1"),
    ("placement", "placement", "placement", ""),
    ("glance", "image", "glance", ""),
    ("cinder", "block-storage", "cinder", "/v3"),
    ("cinderv3", "volumev3", "cinder", "/v3"),
    ("neutron", "network", "neutron", ""),
    ("swift", "object-store", "swift", "/v1/AUTH_%(tenant_id)s"),
    ("octavia", "load-balancer", "octavia", ""),
    ("gnocchi", "metric", "gnocchi", ""),
    ("cloudkitty", "rating", "cloudkitty", ""),
)
ROLES = ("ResellerAdmin", "load-balancer_member", "load-balancer_admin", "service")
READER, READER_PASSWORD = "PCU-READER1", "reads-only"


@dataclass(frozen=True)
class Caller:
    """Somebody logged in to a project."""

    session: session.Session
    region: str

    @property
    def project_id(self) -> str:
        """Of the project."""
        return str(self.session.get_project_id())

    @property
    def user_id(self) -> str:
        """Of the user."""
        return str(self.session.get_user_id())

    def ask(self, method: str, service: str, path: str, microversion: str | None = None, **more: Any) -> Any:
        """The decoded answer of an API, None for an empty one.

        Raises BedError for any status but a good one.
        """
        where = {"service_type": service, "interface": "public", "region_name": self.region}
        if microversion:
            more.setdefault("headers", {})["OpenStack-API-Version"] = microversion
        answer = self.session.request(
            path, method, endpoint_filter=where, raise_exc=False, redirect=False, **more
        )
        # CloudKitty answers a module that was enabled with a redirect to it.
        if not answer.ok and answer.status_code != 302:
            raise BedError(f"{method} {path} of {service} answered {answer.status_code}: {answer.text[:500]}")
        return answer.json() if answer.content and "json" in answer.headers.get("Content-Type", "") else None


def log_in(user: str, password: str, project: str, region: str) -> Caller:
    """Somebody, by name and password."""
    method = v3.Password(
        KEYSTONE,
        username=user,
        password=password,
        project_name=project,
        user_domain_id="default",
        project_domain_id="default",
    )
    return Caller(session.Session(auth=method), region)


def make(scenario: Scenario) -> None:
    """Make the catalog, projects, users and their roles."""
    admin = log_in("admin", PASSWORD, "admin", scenario.region)

    def create(kind: str, **values: Any) -> str:
        answer = admin.session.post(f"{KEYSTONE}/{kind}s", json={kind: values})
        return str(answer.json()[kind]["id"])

    create("region", id=OLD_REGION)
    for name, kind, port, path in SERVICES:
        service = create("service", name=name, type=kind)
        for interface in ("public", "internal", "admin"):
            where = {"service_id": service, "interface": interface}
            create("endpoint", **where, region_id=scenario.region, url=f"http://{HOST}:{PORTS[port]}{path}")
            if name == "cloudkitty":
                create(
                    "endpoint", **where, region_id=OLD_REGION, url=f"http://{HOST}:{PORTS['cloudkitty_v1']}"
                )
    known = admin.session.get(f"{KEYSTONE}/roles").json()["roles"]
    roles = {row["name"]: row["id"] for row in known}
    roles |= {name: create("role", name=name) for name in ROLES if name not in roles}
    owner, other = scenario.project, scenario.other
    projects = {
        name: create("project", name=name, domain_id="default")
        for name in ("service", owner.project, other.project)
    }
    projects["admin"] = admin.project_id

    def grant(user_id: str, project: str, *names: str) -> None:
        for name in names:
            admin.session.put(f"{KEYSTONE}/projects/{projects[project]}/users/{user_id}/roles/{roles[name]}")

    for user, password, project, granted in (
        ("service", PASSWORD, "service", ("admin", "service")),
        (owner.user, owner.password, owner.project, ("member", "load-balancer_member")),
        (READER, READER_PASSWORD, owner.project, ("reader",)),
        (other.user, other.password, other.project, ("member", "load-balancer_member")),
    ):
        made = create("user", name=user, password=password, domain_id="default")
        grant(made, project, *granted)
    grant(admin.user_id, "admin", "ResellerAdmin", "load-balancer_admin")
    grant(admin.user_id, owner.project, "admin", "ResellerAdmin")


def write_clouds(scenario: Scenario) -> None:
    """Write CLOUDS: the project's member, also by application credential, its reader, another project's
    member, admins.
    """
    owner, other = scenario.project, scenario.other
    member = log_in(owner.user, owner.password, owner.project, scenario.region)
    asked = {"application_credential": {"name": "tests", "roles": [{"name": "reader"}]}}
    made = member.session.post(
        f"{KEYSTONE}/users/{member.user_id}/application_credentials", json=asked
    ).json()
    credential = made["application_credential"]

    def entry(user: str, password: str, project: str, region: str = scenario.region) -> dict[str, Any]:
        who = {"username": user, "password": password, "project_name": project}
        domains = {"user_domain_name": "Default", "project_domain_name": "Default"}
        return {"region_name": region, "auth": {"auth_url": KEYSTONE, **who, **domains}}

    by_credential = {
        "auth_url": KEYSTONE,
        "application_credential_id": credential["id"],
        "application_credential_secret": credential["secret"],
    }
    clouds = {
        "openstack": entry(owner.user, owner.password, owner.project),
        "openstack-app": {
            "region_name": scenario.region, "auth_type": "v3applicationcredential", "auth": by_credential,
        },
        "openstack-reader": entry(READER, READER_PASSWORD, owner.project),
        "openstack-other": entry(other.user, other.password, other.project),
        "openstack-admin": entry("admin", PASSWORD, "admin"),
        "openstack-admin-in-project": entry("admin", PASSWORD, owner.project),
        "openstack-v1": entry(owner.user, owner.password, owner.project, OLD_REGION),
    }  # fmt: skip
    with os.fdopen(os.open(CLOUDS, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as stream:
        yaml.safe_dump({"clouds": clouds}, stream, sort_keys=False)
