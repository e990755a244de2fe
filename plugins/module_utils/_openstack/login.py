# Copyright (c) 2026, finops.cloud contributors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause

"""One login: the user's options, clouds.yaml and environment become a token, its catalog and a session
(design/reading-a-cloud.md#login).

Only this file knows the SDK's configuration, and it sends nothing: access.py does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._core.errors import InvalidOption

#: The generic plugins ask the identity service for its versions first; their v3 variants do not.
_V3_VARIANT = {"password": "v3password", "token": "v3token"}
#: What each needs, and what replaces it.
_NEEDED = {
    "v3password": (("username", "user_id"), ("password", "password"), ("project_name", "project_id")),
    "v3token": (("token", "token"), ("project_name", "project_id")),
    "v3applicationcredential": (
        ("application_credential_id", "application_credential_name"),
        ("application_credential_secret", "application_credential_secret"),
    ),
}
#: Keystone makes IDs of projects from UUIDs, with or without dashes.
_PROJECT_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True)
class ProviderEnvironment:
    """The environment variables in which a provider's users keep an application credential, by name.

    default_auth_url: where the provider's cloud is, unless the variable auth_url says otherwise.
    """

    credential_id: str
    secret: str
    region: str
    auth_url: str
    default_auth_url: str


@dataclass(frozen=True)
class ConnectionOptions:
    """The connection options as openstack.cloud names them; api_timeout in seconds, retries included.

    project: the name or ID of another project of the same user to log in to, None for the one that the
    credentials name. provider: whose environment variables count where nothing else names a cloud.
    """

    cloud: str | None = None
    auth: Mapping[str, Any] | None = None
    auth_type: str | None = None
    region_name: str | None = None
    interface: str = "public"
    validate_certs: bool | None = None
    ca_cert: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    api_timeout: int | None = None
    project: str | None = None
    provider: ProviderEnvironment | None = None


@dataclass(frozen=True)
class CloudRegion:
    """What the configuration resolved to. name: the cloud as named in clouds.yaml, None where options or
    environment gave it.
    """

    name: str | None
    session: Any
    auth_url: str
    region_name: str | None
    interface: str


def resolve(options: ConnectionOptions, environment: Mapping[str, str] | None = None) -> CloudRegion:
    """The session to log in with; sends nothing.

    Arguments: the options, and the environment (the process's own where None). Raises InvalidOption for an
    unknown cloud name, an unreadable clouds.yaml, missing credentials or an unknown auth_type.
    """
    environment = os.environ if environment is None else environment
    options = _with_provider_environment(options, environment)
    named = options.cloud or environment.get("OS_CLOUD")
    region = _get_one(options, load_files=bool(named) or not options.auth)
    from_file = region.name if named or not options.auth else None
    return CloudRegion(
        name=None if from_file in ("envvars", "defaults", "") else from_file,
        session=region.get_session(),
        auth_url=region.config["auth"]["auth_url"],
        region_name=region.config.get("region_name") or None,
        interface=options.interface,
    )


def _require_credentials(config: Mapping[str, Any]) -> None:
    """Raise InvalidOption for what a login cannot do without: keystoneauth would fail on it without saying
    so.
    """
    auth = config.get("auth", {})
    if not auth.get("auth_url"):
        problem = (
            "no cloud is named and no auth_url given; set cloud (a name of clouds.yaml), auth, OS_CLOUD or"
            " OS_AUTH_URL."
        )
        raise InvalidOption("cloud", problem)
    for name, instead in _NEEDED.get(config.get("auth_type", ""), ()):
        if not auth.get(name) and not auth.get(instead):
            raise InvalidOption(
                "auth",
                f"misses {name}; give it in auth, in clouds.yaml or as OS_{name.upper()} in the environment.",
            )


def _with_provider_environment(
    options: ConnectionOptions, environment: Mapping[str, str]
) -> ConnectionOptions:
    """The provider's application credential as auth, where neither options nor OS_* name a cloud; only then
    the provider's URL is the default.
    """
    names = options.provider
    if (
        names is None
        or options.cloud
        or options.auth
        or environment.get("OS_CLOUD")
        or environment.get("OS_AUTH_URL")
    ):
        return options
    credential, secret = environment.get(names.credential_id), environment.get(names.secret)
    if not credential:
        return options
    if not secret:
        raise InvalidOption(names.secret, f"is not set although {names.credential_id} is; both are needed.")
    auth = {
        "auth_url": environment.get(names.auth_url) or names.default_auth_url,
        "application_credential_id": credential,
        "application_credential_secret": secret,
    }
    region = options.region_name or environment.get(names.region)
    return replace(options, auth=auth, region_name=region)


def _get_one(options: ConnectionOptions, load_files: bool) -> Any:
    """The SDK's CloudRegion. clouds.yaml is left out where auth is given and no cloud named: a lone cloud
    there would mix in.
    """
    import keystoneauth1.exceptions
    import openstack.exceptions
    import yaml
    from openstack.config import loader

    class Configuration(loader.OpenStackConfig):
        """The SDK's configuration with auth types that need no discovery."""

        def auth_config_hook(self, config: dict[str, Any]) -> dict[str, Any]:
            prepared = without_discovery(scoped_to(config, options.project))
            _require_credentials(prepared)
            return prepared

    given: dict[str, Any] = {
        "auth": dict(options.auth) if options.auth else None,
        "auth_type": options.auth_type,
        "region_name": options.region_name,
        "interface": options.interface,
        "verify": options.validate_certs,
        "cacert": options.ca_cert,
        "cert": options.client_cert,
        "key": options.client_key,
    }
    chosen = {key: value for key, value in given.items() if value is not None}
    configuration = None
    try:
        configuration = Configuration(load_yaml_config=load_files, app_name="finops.cloud")
        return configuration.get_one(cloud=options.cloud, **chosen)
    except openstack.exceptions.ConfigException as error:
        problem = str(error).rstrip(".")
        if problem.startswith("Region "):
            raise InvalidOption("region_name", f"{problem}.") from error
        raise InvalidOption("cloud", f"{problem}.{_known_clouds(configuration)}") from error
    except yaml.YAMLError as error:
        raise InvalidOption("clouds.yaml", "is not valid YAML; check it with any YAML linter.") from error
    except keystoneauth1.exceptions.MissingRequiredOptions as error:
        missing = ", ".join(option.dest for option in error.options)
        raise InvalidOption(
            "auth", f"misses {missing}; give it in auth, in clouds.yaml or as OS_* in the environment."
        ) from error
    except keystoneauth1.exceptions.NoMatchingPlugin as error:
        raise InvalidOption(
            "auth_type",
            f"{error.name} is not an authentication type; use password, token or v3applicationcredential.",
        ) from error


def scoped_to(config: dict[str, Any], project: str | None) -> dict[str, Any]:
    """The configuration with that project instead of its own, by ID where it looks like one; None leaves it.

    Raises InvalidOption for an application credential: Keystone binds it to the project that it was made in.
    """
    if project is None:
        return config
    auth = config.setdefault("auth", {})
    if any(auth.get(f"application_credential_{key}") for key in ("id", "name")):
        problem = (
            "an application credential is bound to one project; log in with a password or a token, or name no"
            " projects."
        )
        raise InvalidOption("projects", problem)
    for key in ("project_id", "project_name"):
        auth.pop(key, None)
    auth["project_id" if _PROJECT_ID.fullmatch(project) else "project_name"] = project
    return config


def _known_clouds(configuration: Any) -> str:
    """What clouds.yaml has to choose from, as a sentence; nothing where no configuration could be read."""
    if configuration is None:
        return ""
    names = ", ".join(sorted(configuration.get_cloud_names()))
    return (
        f" {configuration.config_filename} knows {names}."
        if configuration.config_filename
        else " No clouds.yaml was found."
    )


def without_discovery(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the v3 variant of its auth type, /v3 on the auth URL and a default domain.

    So a login is one request.
    """
    auth = config.setdefault("auth", {})
    for key in ("auth_url",):
        if config.get(key) and not auth.get(key):
            auth[key] = config[key]
    auth_type = config.get("auth_type") or "password"
    if auth.get("application_credential_id") or auth.get("application_credential_name"):
        auth_type = "v3applicationcredential" if auth_type in ("password", "v3password") else auth_type
    config["auth_type"] = _V3_VARIANT.get(auth_type, auth_type)
    if not config["auth_type"].startswith("v3"):
        return config
    url = (auth.get("auth_url") or "").rstrip("/")
    if url and url.rsplit("/", 1)[-1] not in ("v3", "v2.0"):
        url += "/v3"
    if url:
        auth["auth_url"] = url
    for owner, named in (("user", "username"), ("project", "project_name")):
        if auth.get(named) and not auth.get(f"{owner}_domain_id") and not auth.get(f"{owner}_domain_name"):
            fallback = (
                auth.get("default_domain_id") or auth.get("default_domain") or config.get("default_domain")
            )
            name = auth.get("default_domain_name")
            auth[f"{owner}_domain_name" if name else f"{owner}_domain_id"] = name or fallback or "default"
    return config
