# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""What each type of login takes, in the variant that needs no discovery (design/reading-a-cloud.md#login).

It changes the SDK's configuration of one cloud, before the SDK makes a login of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from .._core.errors import InvalidOption

#: The generic plugins ask the identity service for its versions first; their v3 variants do not.
_V3_VARIANT = {"password": "v3password", "token": "v3token"}
#: What only the generic plugins take: in their v3 variants it has become the user's and the project's domain.
_GENERIC_ONLY = ("default_domain_id", "default_domain_name", "default_domain")
#: Login types without a token: nothing would tell the project and its services.
_WITHOUT_TOKEN = ("none", "None", "admin_token", "token_endpoint", "http_basic", "v3tokenlessauth")
#: Its options depend on its methods; the SDK collects them itself.
_OPEN_ENDED = ("v3multifactor",)
#: What each needs, and what replaces it.
_NEEDED = {
    "v3password": (("username", "user_id"), ("password", "password")),
    "v3token": (("token", "token"),),
    "v3applicationcredential": (
        ("application_credential_id", "application_credential_name"),
        ("application_credential_secret", "application_credential_secret"),
    ),
}
#: Keystone makes IDs of projects from UUIDs, with or without dashes.
_PROJECT_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def scoped_to(config: dict[str, Any], project: str | None) -> dict[str, Any]:
    """The configuration with that project instead of its own, by ID where it looks like one; None leaves it.

    Raises InvalidOption for an application credential: Keystone binds it to the project that it was made in.
    """
    if project is None:
        return config
    auth = config.setdefault("auth", {})
    bound = config.get("auth_type") == "v3applicationcredential"
    if bound or any(auth.get(f"application_credential_{key}") for key in ("id", "name")):
        raise InvalidOption(
            "projects",
            "an application credential is bound to one project; log in with a password or a token, or name"
            " no projects.",
        )
    for key in ("project_id", "project_name"):
        auth.pop(key, None)
    auth["project_id" if _PROJECT_ID.fullmatch(project) else "project_name"] = project
    return config


def without_discovery(config: dict[str, Any], takes_projects: bool = False) -> dict[str, Any]:
    """The configuration with the v3 variant of its auth type, /v3 on the auth URL and, of a password, a
    default domain, so that login is one request.

    takes_projects: whether the task named the project; then its domain has a default for every auth type.
    Raises InvalidOption for an auth type without a token, and for what an auth type does not take.
    """
    auth = config.setdefault("auth", {})
    auth_type = config.get("auth_type") or "password"
    if auth_type in _WITHOUT_TOKEN:
        raise InvalidOption(
            "auth_type",
            f"{auth_type} gives no token to name the project and its services; use password, token"
            " or v3applicationcredential.",
        )
    if auth.get("application_credential_id") or auth.get("application_credential_name"):
        auth_type = "v3applicationcredential" if auth_type in ("password", "v3password") else auth_type
    config["auth_type"] = _V3_VARIANT.get(auth_type, auth_type)
    _gather(config)
    if not config["auth_type"].startswith("v3"):
        return config
    url = (auth.get("auth_url") or "").rstrip("/")
    if url and url.rsplit("/", 1)[-1] not in ("v3", "v2.0"):
        url += "/v3"
    if url:
        auth["auth_url"] = url
    _fill_domains(config, takes_projects)
    return config


def _fill_domains(config: dict[str, Any], takes_projects: bool) -> None:
    """The default domain that was given, as the generic types do it; of a password, else `default`."""
    auth, auth_type = config["auth"], config["auth_type"]
    identifier, name, either = (auth.pop(key, None) or config.get(key) for key in _GENERIC_ONLY)
    generic = auth_type in _V3_VARIANT.values()
    owners = {"project": "project_name"} if generic or takes_projects else {}
    if auth_type == "v3password":
        owners["user"] = "username"
    if auth_type == "v3password" or takes_projects:
        identifier = identifier or either or "default"
    if not name and not identifier:
        return
    for owner, named in owners.items():
        if auth.get(named) and not auth.get(f"{owner}_domain_id") and not auth.get(f"{owner}_domain_name"):
            auth[f"{owner}_domain_name" if name else f"{owner}_domain_id"] = name or identifier


def _gather(config: dict[str, Any]) -> None:
    """Move what the auth type takes from beside `auth` into it: there a sourced openrc has it.

    The SDK does the same, but only behind the hook that this runs in. Raises InvalidOption for an entry of
    `auth` that the auth type does not take.
    """
    from keystoneauth1 import loading

    auth_type, auth = config["auth_type"], config["auth"]
    if auth_type in _OPEN_ENDED:
        names = {"auth_url"}
    else:
        options = loading.get_plugin_loader(auth_type).get_options()
        names = {one.name.replace("-", "_") for option in options for one in (option, *option.deprecated)}
        names |= {option.dest for option in options}
        unknown = sorted(set(auth) - names - set(_GENERIC_ONLY))
        if unknown:
            raise InvalidOption(
                "auth", f"has {', '.join(unknown)}, which auth_type {auth_type} does not take."
            )
    for name in names:
        if not auth.get(name) and config.get(name):
            auth[name] = config.pop(name)


def require_credentials(config: Mapping[str, Any]) -> None:
    """Raise InvalidOption for what a login cannot do without: keystoneauth would fail on
    it without saying so.
    """
    auth = config.get("auth", {})
    if not auth.get("auth_url"):
        raise InvalidOption(
            "cloud",
            "no cloud is named and no auth_url given; set cloud (a name of clouds.yaml), auth, OS_CLOUD or"
            f" OS_AUTH_URL.{missing_file()}",
        )
    for name, instead in _NEEDED.get(config.get("auth_type", ""), ()):
        if not auth.get(name) and not auth.get(instead):
            raise InvalidOption(
                "auth",
                f"misses {name}; give it in auth, in clouds.yaml or as OS_{name.upper()} in the environment.",
            )


def missing_file() -> str:
    """A sentence about the file that OS_CLIENT_CONFIG_FILE names, where there is none."""
    path = os.environ.get("OS_CLIENT_CONFIG_FILE")
    if not path or os.path.exists(path):
        return ""
    return f" OS_CLIENT_CONFIG_FILE names {path}, which does not exist."
