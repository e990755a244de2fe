# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""run() for modules that read a cloud: log in, and tell whose numbers these are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from .._core.completeness import ERROR, FORBIDDEN
from .._core.errors import CloudError, FinopsError, InvalidOption, Refused, SeveralErrors
from .._core.periods import iso, now_utc
from .._core.web_address import passwords_in
from .._openstack.connection import Cloud
from .._openstack.projects import EVERY_PROJECT, ProjectLogins, open_every_project, open_projects
from .cloud_arguments import connection_options
from .module import FinopsModule
from .run import collect_less, require

Opened = TypeVar("Opened", Cloud, ProjectLogins)

#: Of `auth`, what is no secret and has to be readable in results (design/reading-a-cloud.md#identity,
#: design/ansible.md#secrets).
_PUBLIC_AUTH = (
    "auth_url", "username", "user_id", "project_name", "project_id", "tenant_name", "tenant_id",
    "user_domain_name", "user_domain_id", "project_domain_name", "project_domain_id", "domain_name",
    "domain_id",
    "default_domain", "application_credential_id", "application_credential_name", "region_name",
)  # fmt: skip


def run_on_cloud(
    module: FinopsModule,
    call: Callable[[Cloud, datetime], Mapping[str, Any]],
    *libraries: str,
    region_option: str | None = None,
) -> None:
    """run() for a module that reads a cloud: one login, and every result tells whose numbers these are and
    when they were read.

    The call gets the login and the moment that stands as collected_at. Where it is refused, the task fails
    with its whole result.

    region_option: the option that names the region to read where it is not the login's.
    """

    def opened() -> tuple[Cloud, dict[str, Any]]:
        cloud = Cloud(connection_options(module.params))
        if region_option is not None and module.params[region_option] is not None:
            cloud = cloud.in_region(module.params[region_option], region_option)
        return cloud, cloud.identity.to_result()

    _run_opened(module, opened, call, *libraries)


def run_on_projects(
    module: FinopsModule, call: Callable[[ProjectLogins, datetime], Mapping[str, Any]], *libraries: str
) -> None:
    """run_on_cloud() for a module with the options regions and projects: one login for each project, and one
    for every project where they are `all`.
    """

    def opened() -> tuple[ProjectLogins, dict[str, Any]]:
        params = module.params
        for name in ("regions", "projects"):
            if params[name] == [] or not all(params[name] or ["-"]):
                raise InvalidOption(name, "has no name in it; leave it out to read what the login is for.")
        options, regions, projects = (
            connection_options(params),
            params["regions"] or (),
            params["projects"] or (),
        )
        if projects == [EVERY_PROJECT]:
            logins = open_every_project(options, regions)
        else:
            logins = open_projects(options, regions, projects)
        return logins, logins.to_result()

    _run_opened(module, opened, call, *libraries)


def _run_opened(
    module: FinopsModule,
    opened: Callable[[], tuple[Opened, dict[str, Any]]],
    call: Callable[[Opened, datetime], Mapping[str, Any]],
    *libraries: str,
) -> None:
    collect_less()
    require(module, "openstack", *libraries)
    reveal_public(module)
    identity: dict[str, Any] = {}
    cloud: Opened | None = None
    refusal: Refused | None = None
    try:
        cloud, whose = opened()
        module.no_log_values.update(cloud.secrets)
        identity = {"cloud": whose}
        now = now_utc()
        result = dict(call(cloud, now))
    except Refused as error:
        refusal, result = error, dict(error.result)
    except FinopsError as error:
        module.fail_json(msg=str(error), error=_failure(error, cloud), **identity)
    for status in (result.get("services") or {}).values():
        if status["status"] in (ERROR, FORBIDDEN):
            module.warn(status["message"])
    for sentence in result.pop("warnings", ()):
        module.warn(sentence)
    whole = {"changed": False, **identity, **result, "collected_at": iso(now)}
    if refusal is not None:
        module.fail_json(msg=str(refusal), error=refusal.to_result(), **whole)
    module.exit_json(**whole)


def _failure(error: FinopsError, cloud: Cloud | ProjectLogins | None) -> dict[str, Any]:
    """The `error` of a result, with the service whose URL could not be read."""
    result = error.to_result()
    first = error.errors[0] if isinstance(error, SeveralErrors) else error
    if result["service"] is None and isinstance(first, CloudError) and cloud is not None:
        result["service"] = cloud.service_at(first.url)
    return result


def reveal_public(module: FinopsModule) -> None:
    """Take what is public in `auth` and `cloud` out of what is censored, unless a secret has that value.

    Of an auth URL the password stays censored.
    """
    auth, cloud = module.params["auth"] or {}, module.params["cloud"]
    if isinstance(cloud, str):
        module.no_log_values.discard(cloud)
        cloud = {}
    inner = (cloud or {}).get("auth") or {}
    public = {str(part[name]) for part in (auth, inner) for name in _PUBLIC_AUTH if part.get(name)}
    public |= {
        str(cloud[name]) for name in ("region_name", "auth_type", "interface") if (cloud or {}).get(name)
    }
    secret = {
        str(value) for part in (auth, inner) for name, value in part.items() if name not in _PUBLIC_AUTH
    }
    module.no_log_values.difference_update(public - secret)
    for part in (auth, inner):
        module.no_log_values.update(passwords_in(str(part.get("auth_url") or "")))
