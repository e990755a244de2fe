# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""Several projects and regions in one task: one login for each project, which serves all of its regions
(design/reading-a-cloud.md#identity, design/reading-a-cloud.md#login).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from .._core.errors import InvalidOption, LoginFailed
from .connection import Cloud
from .login import ConnectionOptions
from .project_names import project_names

PARALLEL_LOGINS = 8
#: The name that stands for every project of the login's domain.
EVERY_PROJECT = "all"


@dataclass(frozen=True)
class ProjectLogin:
    """The login to a project in a region: the cloud that reads it, or the error of a refused login.

    region and project: as the token says; as they were asked for where there is no token.
    """

    region: str | None
    project: str
    cloud: Cloud | None
    error: LoginFailed | None

    @property
    def opened(self) -> Cloud:
        """The cloud. Raises the login's error where there is none."""
        if self.cloud is None:
            raise self.error or ValueError(f"{self.name} has neither a cloud nor an error")
        return self.cloud

    @property
    def name(self) -> str:
        """How an error names it."""
        return self.project if self.region is None else f"{self.project} in {self.region}"

    def to_result(self) -> dict[str, Any]:
        """Whose numbers these are; the ID of a project that there was no login to is not known."""
        identity = None if self.cloud is None else self.cloud.identity
        return {
            "region": self.region,
            "project_id": None if identity is None else identity.project_id,
            "project_name": self.project if identity is None else identity.project_name,
        }


@dataclass(frozen=True)
class ProjectLogins:
    """What is read, in the order that was asked for, all regions of one project after the other.

    several: whether regions or projects were named, be it only one of them. every: whether it is one
    operator's login for every project.
    """

    all: tuple[ProjectLogin, ...]
    several: bool
    every: bool = False

    def to_result(self) -> dict[str, Any]:
        """The `cloud` key of a result: what all logins have in common, null for what differs."""
        known = [login.cloud.identity for login in self.all if login.cloud is not None]
        identity = known[0].to_result()
        for key in ("region", "project_id", "project_name"):
            if any(login.to_result()[key] != identity[key] for login in self.all):
                identity[key] = None
        return identity

    @property
    def secrets(self) -> frozenset[str]:
        """What no result and no message may have in it: the secrets and tokens of all logins."""
        clouds = (login.cloud for login in self.all if login.cloud is not None)
        return frozenset(secret for cloud in clouds for secret in cloud.secrets)

    def service_at(self, url: str) -> str | None:
        """Our name of the service that the URL belongs to, in any of the places; None where in none."""
        found = (login.cloud.service_at(url) for login in self.all if login.cloud is not None)
        return next(filter(None, found), None)


def open_projects(
    options: ConnectionOptions, regions: Sequence[str], projects: Sequence[str]
) -> ProjectLogins:
    """Log in: one request for each project, in parallel. Empty regions or projects: the login's own.

    A login that is refused is kept with its error, so that the others can still be read. Raises
    LoginFailed where all are refused; InvalidOption for bad options, a region that is not there, or a project
    named twice.
    """
    wanted: list[str | None] = list(dict.fromkeys(projects)) if projects else [None]
    with ThreadPoolExecutor(max_workers=min(len(wanted), PARALLEL_LOGINS)) as pool:
        opened = list(pool.map(lambda project: _opened(options, project), wanted))
    refused = [one for one in opened if isinstance(one, LoginFailed)]
    if len(refused) == len(opened):
        raise refused[0]
    _refuse_twice([one for one in opened if isinstance(one, Cloud)])
    logins = [
        login
        for project, one in zip(wanted, opened, strict=True)
        for login in _regions(one, project, [*dict.fromkeys(regions)], options.region_name)
    ]
    return ProjectLogins(tuple(logins), bool(regions or projects))


def open_every_project(options: ConnectionOptions, regions: Sequence[str]) -> ProjectLogins:
    """Log in once, as an operator, to every project of the login's domain, by name: one request for the token
    and those of project_names(). Raises as these, and InvalidOption for a region that is not there.
    """
    cloud = Cloud(options)
    projects = sorted(project_names(cloud).items(), key=lambda one: (one[1], one[0]))
    clouds = [cloud.in_region(region) for region in dict.fromkeys(regions)] or [cloud]
    logins = [
        ProjectLogin(one.identity.region, name, _about(one, project_id, name), None)
        for project_id, name in projects
        for one in clouds
    ]
    return ProjectLogins(tuple(logins), several=True, every=True)


def _about(operator: Cloud, project_id: str, name: str) -> Cloud:
    """The operator's login, asked about another project."""
    other = copy(operator)
    other.identity = replace(operator.identity, project_id=project_id, project_name=name)
    return other


def _opened(options: ConnectionOptions, project: str | None) -> Cloud | LoginFailed:
    try:
        return Cloud(replace(options, project=project))
    except LoginFailed as error:
        return error


def _regions(
    opened: Cloud | LoginFailed, project: str | None, regions: list[str], region_name: str | None
) -> list[ProjectLogin]:
    if isinstance(opened, LoginFailed):
        named: list[str | None] = [*regions] if regions else [region_name]
        return [ProjectLogin(region, str(project), None, opened) for region in named]
    clouds = [opened.in_region(region) for region in regions] or [opened]
    return [ProjectLogin(cloud.identity.region, cloud.identity.project_name, cloud, None) for cloud in clouds]


def _refuse_twice(clouds: list[Cloud]) -> None:
    """A project named by its name and by its ID would count twice in every sum."""
    seen: set[str] = set()
    for cloud in clouds:
        if cloud.identity.project_id in seen:
            raise InvalidOption(
                "projects", f"names project {cloud.identity.project_name} twice, by its name and by its ID."
            )
        seen.add(cloud.identity.project_id)
